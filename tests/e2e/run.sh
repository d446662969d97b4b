#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The program on a library that is made here, as a person would run it.
#   run.sh IMGENGINE MAKE_LIBRARY
# Checks that cannot run here say SKIPPED.
imgengine=$(realpath "$1") make_library=$(realpath "$2")
# shellcheck source=tests/e2e/checks.sh
. "$(dirname "$(realpath "$0")")/checks.sh"
leave() { umount "$work/small" "$work/fixed" 2>/dev/null; }
export LC_ALL=C

"$make_library" lib || exit 1
fingerprint lib >lib.before

planning_changes_nothing() {
    find lib -printf '%p %T@ %s\n' | sort >a
    exits 3 "$imgengine" process lib --in-place --keywords x && find lib -printf '%p %T@ %s\n' | sort | cmp a -
}
check a_plan_changes_nothing_not_even_a_folder planning_changes_nothing

copy_and_undo() {
    exits 3 "$imgengine" process lib --output out --apply || return 1
    fingerprint lib | cmp lib.before - || return 1
    [ "$(find out -name .imgengine -prune -o -type f -print | wc -l)" -ge 12 ] || return 1
    exits 0 "$imgengine" undo || return 1
    [ ! -e out ] && fingerprint lib | cmp lib.before -
}
check copying_never_touches_the_source_and_undo_removes_the_copy copy_and_undo

output_in_own_folder() {
    exits 2 "$imgengine" process lib --output lib/.imgengine/x --apply && grep -q 'another folder' exits.err && [ ! -e lib/.imgengine/x ]
}
check nothing_is_copied_into_a_folder_that_no_scan_sees output_in_own_folder

again_copies_nothing() {
    exits 3 "$imgengine" process lib --output again --keywords x --apply || return 1
    fingerprint again >a
    exits 3 "$imgengine" process lib --output again --keywords x --apply || return 1
    fingerprint again | cmp a -
}
check the_same_command_again_copies_nothing_twice again_copies_nothing

# Also when the archive was worked on since, and when the same photos come from elsewhere.
again_into_a_changed_archive() (
    export XDG_DATA_HOME=$PWD/archive.data # what is moved by hand here is kept by a later purge
    exits 3 "$imgengine" process lib --output archive --apply -q && exits 0 "$imgengine" rename archive --template '{date:%Y}/n{seq}' --apply -q &&
        exits 0 "$imgengine" tag archive --rating 5 --apply -q || { cat exits.err; return 1; }
    mkdir archive/by-hand && mv archive/2023 archive/by-hand/ && cp -r lib card && touch card/*/*.* || return 1
    fingerprint archive >a
    exits 3 "$imgengine" process lib --output archive --apply || return 1
    exits 3 "$imgengine" process card --output archive --apply || return 1
    fingerprint archive | cmp a - || return 1
    # what is gone from there is copied once more
    fingerprint archive | wc -l >a
    rm "$(find archive/by-hand -name '*.jpg' -print -quit)" && exits 3 "$imgengine" process lib --output archive --apply || return 1
    fingerprint archive | wc -l | cmp a -
)
check what_is_in_the_archive_under_another_name_is_not_copied_again again_into_a_changed_archive

in_place_and_undo() {
    exits 3 "$imgengine" process lib --in-place --keywords x,y --caption c --quality-rating --apply || return 1
    fingerprint lib | cmp -s lib.before - && return 1
    exits 0 "$imgengine" undo && fingerprint lib | cmp lib.before -
}
check in_place_changes_come_back_byte_for_byte in_place_and_undo

purged_is_told() {
    cp -a lib freed && rm -rf freed/.imgengine && exits 0 "$imgengine" rename freed --template 'n{seq}' --apply -q || return 1
    exits 0 "$imgengine" dedupe freed --apply -q && exits 0 "$imgengine" purge --apply || return 1
    local gone named
    gone=$("$imgengine" runs --json | jq -r 'select(.state == "purged").id' | head -1)
    named=$("$imgengine" runs --root freed --json | jq -r 'select(.command == "rename").id')
    exits 1 "$imgengine" undo && grep -q "Run $gone is purged.* \`imgengine undo $named\`" exits.err || return 1
    [ -n "$(find freed -name "n[0-9]*")" ] && exits 3 "$imgengine" undo "$named" || return 1
    [ -z "$(find freed -name "n[0-9]*")" ] # the renames are taken back; two of the files are freed
}
check undo_of_the_last_run_says_when_a_later_one_is_purged purged_is_told

killed_at_birth() {
    mkdir born && cp lib/phone/IMG_5533.jpg born/a.jpg && cp born/a.jpg born/b.jpg && cp lib/scans/logo.png born/ || return 1
    exits 0 "$imgengine" dedupe born --apply -q && exits 0 "$imgengine" rename born/logo.png --template x --apply -q || return 1
    local id
    id=$("$imgengine" runs --json | jq -rs '[.[] | select(.command == "rename")][0].id')
    mv born/x.png born/logo.png && find born/.imgengine -type f -name "*$id*" -exec truncate -s 0 {} + || return 1
    "$imgengine" runs | grep -q "$id" && return 1
    exits 0 "$imgengine" undo && cmp born/a.jpg born/b.jpg
}
check a_run_killed_before_its_journal_began_does_not_stand_in_the_way_of_undo killed_at_birth

each_step_and_undo() {
    local code
    for step in "dedupe lib" "rename lib" "tag lib --keywords a --rating 4" "convert lib --to png --from jpeg,webp"; do
        # shellcheck disable=SC2086
        "$imgengine" $step --apply >/dev/null 2>err
        code=$?
        [ $code -eq 0 ] || [ $code -eq 3 ] || { cat err; return 1; }
    done
    for step in 1 2 3 4; do exits 0 "$imgengine" undo || return 1; done
    fingerprint lib | cmp lib.before -
}
check four_runs_undone_in_reverse_restore_everything each_step_and_undo

# stops STAGE COMMAND…: is sent a signal at the first progress of that stage
stops() {
    local stage=$1
    shift
    "$@" --progress json >stops.out 2>stops.err &
    local pid=$!
    for _ in $(seq 1000); do grep -q "\"stage\":\"$stage\"" stops.err && break; sleep 0.01; done
    kill -INT $pid
    wait $pid
    [ $? -eq 130 ] || { tail -n 3 stops.out stops.err; return 1; }
}

interrupted() {
    mkdir many && for i in $(seq 300); do cp lib/phone/IMG_5533.jpg "many/p$i.jpg" || return 1; done
    # analysis and conversion of so many take far longer than a signal
    stops analyze "$imgengine" process many --in-place --apply && [ ! -e many/.imgengine ] || return 1
    grep -q 'Interrupted; this run changed nothing, and what was analyzed' stops.err || { cat stops.err; return 1; }
    stops apply "$imgengine" convert many --from jpeg --to png --apply || return 1
    grep -q ' rewritten, the original' stops.out && grep -q ' not reached, because the run stopped' stops.out || { tail stops.out; return 1; }
    grep -q 'Take it back with: imgengine undo' stops.err && ! grep -q 'Undo with' stops.out && exits 0 "$imgengine" undo
}
check who_interrupts_a_run_is_told_what_was_done_and_what_was_not interrupted

saved_plan() {
    exits 3 "$imgengine" process lib --in-place --plan plan.json || return 1
    exits 0 "$imgengine" apply plan.json || return 1
    fingerprint lib | cmp -s lib.before - && return 1
    exits 0 "$imgengine" undo && fingerprint lib | cmp lib.before -
}
check a_saved_plan_is_applied_and_undone saved_plan

changed_since() {
    cp -a lib changed && exits 0 "$imgengine" rename changed --plan changed.json || return 1
    printf x >>"changed/phone/IMG_5533.jpg"
    "$imgengine" apply changed.json >out.txt 2>&1
    [ -e changed/phone/IMG_5533.jpg ] && grep -q 'IMG_5533' out.txt
}
check a_file_that_changed_since_the_plan_is_left_alone_and_named changed_since

looked_at_again() {
    cp -a lib looked && exits 0 "$imgengine" rename looked -q --template '{seq}_{name}' --plan looked.json || return 1
    printf x >>"looked/phone/IMG_5533.jpg" && fingerprint looked >looked.before || return 1
    exits 3 "$imgengine" apply looked.json --dry-run && grep -A1 '^move *phone/IMG_5533.jpg' exits.out | grep -q 'left alone: it changed' || { cat exits.out; return 1; }
    fingerprint looked | cmp looked.before - || return 1
    exits 3 "$imgengine" apply looked.json --dry-run --json || return 1
    jq -e -n '[inputs | select(.outcome == "skipped") | .shown] == ["looked/phone/IMG_5533.jpg"]' <exits.out
}
check a_dry_run_of_a_saved_plan_tells_what_changed_since looked_at_again

second_run_plans_nothing() {
    cp -a lib twice && exits 3 "$imgengine" process twice --in-place --keywords x --apply || return 1
    "$imgengine" process twice --in-place --keywords x --exit-code >second.txt 2>&1
    local code=$?
    [ $code -ne 4 ] || { cat second.txt; return 1; }
}
check a_second_run_in_place_plans_nothing second_run_plans_nothing

faults_once() {
    mkdir told && cp lib/phone/IMG_5533.jpg told/a.jpg && head -c 3000 told/a.jpg >told/cut.jpg || return 1
    sleep 3 # what is stored within two seconds of its change is looked at again
    exits 3 "$imgengine" tag told --keywords x --set analysis.ml_analysis=false && grep -q 'told/cut.jpg: metadata' exits.err || return 1
    exits 3 "$imgengine" tag told --keywords y && ! grep -q 'told/cut.jpg: metadata' exits.err &&
        grep -q '1 photo has not changed since its faults were found; -v tells them again' exits.err || { cat exits.err; return 1; }
    exits 3 "$imgengine" tag told --keywords y -v && grep -q 'told/cut.jpg: metadata' exits.err || { cat exits.err; return 1; }
    printf x >>told/cut.jpg
    exits 3 "$imgengine" tag told --keywords y && grep -q 'told/cut.jpg: metadata' exits.err
}
check faults_of_unchanged_photos_are_told_once_and_then_counted faults_once

idle_tag() {
    exits 0 "$imgengine" tag told/a.jpg && grep -q 'Nothing was asked to be written.*--keywords' exits.err || { cat exits.err; return 1; }
    exits 0 "$imgengine" tag told/a.jpg --rating 3 && ! grep -q 'Nothing was asked' exits.err
}
check tag_without_anything_to_write_says_what_there_is idle_tag

# ---- bad input -----------------------------------------------------------------------------

# One folder with each kind of unit; $1 names it. The pictures are different, so that none is a duplicate.
units() {
    mkdir -p "$1" && cp "$work/lib/2023 Summer/IMG_0101.JPG" "$1/IMG_1.JPG" || return 1
    cp "$work/lib/2023 Summer/IMG_0102.JPG" "$1/holiday.jpg"; cp "$work/lib/2023 Summer/IMG_0103.JPG" "$1/p(1).jpg"
    cp "$work/lib/phone/IMG_5533.jpg" "$1/q.jpg"; cp "$work/lib/scans/poster.webp" "$1/q-edited.webp"
    cp "$work/lib"/nikon/DSC_0042.* "$1"
    local name long=a_name_that_is_longer_than_takeout_allows_it_to_be
    cp "$work/lib/phone/🌊 sea.jpg" "$1/$long.jpg"
    for name in IMG_1.AAE IMG_E1.AAE IMG_O1.AAE IMG_1.JPG.xmp holiday.xmp 'p.jpg(1).json' \
        q.jpg.supplemental-metadata.json "${long:0:46}.json" DSC_0042.THM; do
        case $name in
        *.json) echo "{\"title\":\"$name\"}" ;;
        *.xmp) echo "<x:xmpmeta xmlns:x='adobe:ns:meta/'><!-- $name --></x:xmpmeta>" ;;
        *) echo "$name" ;;
        esac >"$1/$name"
    done
}

renamed_units() {
    units u && fingerprint u >units.before || return 1
    exits 0 "$imgengine" rename u --template '{date:%H%M%S}_{seq}' --apply -q || return 1
    # 6 units, each of one stem: 3 AAE and an XMP, an XMP, one JSON, an edited picture and a JSON, RAW + JPEG + XMP + THM
    [ "$(ls u | grep -c '_')" = 18 ] || { ls u; return 1; }
    local stems
    stems=$(ls u | grep _ | sed 's/[.-].*//' | sort | uniq -c | awk '{print $1}' | sort | tr '\n' ' ')
    [ "$stems" = '2 2 2 3 4 5 ' ] || { ls u; echo "$stems"; return 1; }
    exits 0 "$imgengine" rename u --template '{date:%H%M%S}_{seq}' --exit-code || { cat exits.out; return 1; }
    exits 0 "$imgengine" undo || return 1
    fingerprint u | diff units.before -
}
check units_of_every_kind_are_renamed_together_and_come_back renamed_units

# An edited picture in the spellings whose name does not begin with the original's stem, with its own sidecars.
edited_units() {
    mkdir -p "$1" && cp "$work/lib/2023 Summer/IMG_0101.JPG" "$1/IMG_1234.JPG" || return 1
    cp "$work/lib/2023 Summer/IMG_0102.JPG" "$1/IMG_E1234.JPG"; cp "$work/lib/2023 Summer/IMG_0103.JPG" "$1/p(1).jpg"
    cp "$work/lib/phone/IMG_5533.jpg" "$1/p-edited(1).jpg"; cp "$work/lib/phone/🌊 sea.jpg" "$1/q(1).jpg"
    cp "$work/lib/scans/poster.webp" "$1/q(1)-edited.webp"
    local name
    for name in IMG_1234.AAE IMG_E1234.AAE IMG_O1234.AAE IMG_E1234.JPG.xmp IMG_1234.JPG.xmp 'p.jpg(1).json'; do
        case $name in
        *.json) echo "{\"title\":\"$name\"}" ;;
        *.xmp) echo "<x:xmpmeta xmlns:x='adobe:ns:meta/'><!-- $name --></x:xmpmeta>" ;;
        *) echo "$name" ;;
        esac >"$1/$name"
    done
}
renamed_edits() {
    edited_units ed && fingerprint ed >edits.before || return 1
    exits 0 "$imgengine" rename ed --template 'n{seq}' --apply -q || return 1
    # Which file came from where is told by what it holds: the edited picture's sidecar stays that one's.
    ls ed | sed 's/^n[0-9]*//' | LC_ALL=C sort | tr '\n' ' ' >suffixes
    [ "$(cat suffixes)" = '-edited.jpg -edited.jpg -edited.jpg.xmp -edited.webp .aae .e.aae .jpg .jpg .jpg .jpg.json .jpg.xmp .o.aae ' ] ||
        { cat suffixes; return 1; }
    [ "$(ls ed | sed 's/[.-].*//' | sort | uniq -c | awk '{print $1}' | sort | tr '\n' ' ')" = '2 3 7 ' ] || { ls ed; return 1; }
    grep -q IMG_E1234 ed/*-edited.jpg.xmp && exits 0 "$imgengine" rename ed --template 'n{seq}' --exit-code || { cat exits.out; return 1; }
    exits 0 "$imgengine" undo && fingerprint ed | diff edits.before -
}
check edited_pictures_in_every_spelling_are_renamed_with_their_originals renamed_edits

# FOLDER SIZES CODE: in place and as copies, every file gets its unit's name, and undo takes it back.
stems_are() {
    find "$1" -name .imgengine -prune -o -type f -print | sed 's|.*/||; s/[.-].*//' | sort | uniq -c | awk '{print $1}' | sort | tr '\n' ' ' >sizes
    [ "$(cat sizes)" = "$2 " ] || { find "$1"; cat sizes; return 1; }
}
processed_units() {
    fingerprint "$1" >units.before || return 1
    exits 0 "$imgengine" convert "$1" --from jpeg --to webp --apply -q || { cat exits.err exits.out; return 1; }
    [ "$(find "$1" -name .imgengine -prune -o -type f -print | wc -l)" = "$(($(wc -l <units.before) / 2))" ] || { ls "$1"; return 1; }
    [ -z "$(find "$1" -name .imgengine -prune -o -iname '*.jpg*' -print | grep -v 'jpg(1).json')" ] || { ls "$1"; return 1; }
    exits 0 "$imgengine" undo && fingerprint "$1" | diff units.before - || return 1
    exits "$3" "$imgengine" process "$1" --in-place --from jpeg --to webp --template 'm{seq}' --apply -q || { cat exits.err exits.out; return 1; }
    stems_are "$1" "$2" || return 1
    exits 0 "$imgengine" undo && fingerprint "$1" | diff units.before - || return 1
    exits "$3" "$imgengine" process "$1" --output po --from jpeg --to webp --template 'm{seq}' --apply -q || { cat exits.err exits.out; return 1; }
    stems_are po "$2" && fingerprint "$1" | diff units.before - || return 1
    exits 0 "$imgengine" undo && [ -z "$(find po -type f 2>/dev/null)" ] && fingerprint "$1" | diff units.before -
}
units pu && check units_of_every_kind_are_converted_and_processed_together_and_come_back processed_units pu '2 2 2 3 4 5' 3 # its RAW has a fault
edited_units pe && check edited_pictures_in_every_spelling_are_converted_and_processed_with_their_originals processed_units pe '2 3 7' 0

quarantined_units() {
    units v && cp -a v copy && mkdir w && mv v copy w && fingerprint w >units.before || return 1
    exits 0 "$imgengine" dedupe w --keep path --prefer w/v --apply -q || { cat exits.err exits.out; return 1; }
    [ -z "$(find w/copy -type f)" ] || { find w/copy -type f; return 1; }
    exits 0 "$imgengine" undo || return 1
    fingerprint w | diff units.before - || return 1
    echo changed >w/copy/IMG_O1.AAE # now the unit is not equal: it stays whole, with the reason
    exits 0 "$imgengine" dedupe w --keep path --prefer w/v --apply -v || return 1
    [ "$(ls w/copy | wc -l)" = 5 ] && grep -q 'IMG_O1.AAE' exits.out || { ls w/copy; cat exits.out; return 1; }
    exits 0 "$imgengine" undo
}
check units_of_every_kind_go_together_or_stay_with_the_reason quarantined_units

copied_units() {
    units c && exits 0 "$imgengine" rename c --template 'new_{seq}' --output moved --apply || return 1
    [ "$(find moved -type f -name 'new_*' | wc -l)" = 18 ] || { find moved; return 1; }
    exits 0 "$imgengine" rename c --template 'new_{seq}' --output moved --exit-code || { cat exits.out; return 1; }
    exits 0 "$imgengine" rename c --include '*.jpg' --template 'x_{seq}' --apply || return 1
    [ -e c/holiday.xmp ] && { ls c; return 1; }
    exits 0 "$imgengine" undo
}
check units_are_copied_once_and_sidecars_come_with_what_is_included copied_units

bad_catalog() {
    echo "not a database, but long enough to look at: $(seq 1 200)" >broken.db
    cp broken.db broken.copy
    exits 1 "$imgengine" --catalog broken.db analyze lib && grep -q 'broken.db' exits.err && cmp broken.db broken.copy
}
check a_catalog_that_is_no_database_is_an_error_and_untouched bad_catalog

missing_path() { exits 1 "$imgengine" analyze no-such-folder && grep -q 'no-such-folder' exits.err; }
check a_missing_folder_is_an_error_that_names_it missing_path

listed_missing() {
    printf 'lib/phone/IMG_5533.jpg\0gone.jpg\0' | "$imgengine" analyze --files-from - -0 --json >list.out 2>list.err
    [ $? -eq 3 ] && [ "$(wc -l <list.out)" -eq 1 ] && grep -q 'gone.jpg' list.err
}
check a_missing_file_in_a_list_is_a_fault_and_the_rest_goes_on listed_missing

hostile_jpeg() {
    mkdir -p hostile
    # a header that claims 65,535 x 65,535 and has no data
    printf '\377\330\377\300\000\021\010\377\377\377\377\003\001\042\000\002\021\001\003\021\001\377\331' >hostile/huge.jpg
    : >hostile/empty.jpg
    head -c 5000 /dev/urandom >hostile/garbage.jpg
    printf 'x' >"hostile/new"$'\n'"line.jpg"
    # AddressSanitizer reserves more address space than any limit allows.
    (ldd "$imgengine" | grep -q libasan || ulimit -v 4000000; exits 3 timeout 60 "$imgengine" analyze hostile --json)
}
check hostile_files_are_faults hostile_jpeg

# Root reads everything, so root becomes somebody else for this.
as_nobody=
[ "$(id -u)" -ne 0 ] || as_nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
unreadable_folder() {
    mkdir -p closed/a && cp lib/phone/IMG_5533.jpg closed/ && chmod -R a+rX closed . && chmod 000 closed/a
    # shellcheck disable=SC2086
    exits 3 $as_nobody "$imgengine" --catalog '' analyze closed --json && grep -q 'closed/a' exits.err && [ "$(wc -l <exits.out)" -eq 1 ]
}
# shellcheck disable=SC2086
if $as_nobody "$imgengine" --version >/dev/null 2>&1; then
    check an_unreadable_folder_is_named_and_the_rest_goes_on unreadable_folder
else
    skip an_unreadable_folder_is_named_and_the_rest_goes_on_because_nobody_else_can_run_this_build
fi

full_disk() {
    cp -a lib full-source
    exits 1 "$imgengine" process full-source --output small/out --apply && grep -qi 'space left on device\. Take it back' exits.err || return 1
    fingerprint full-source | cmp <(fingerprint lib) - || return 1
    exits 0 "$imgengine" undo
}
read_only_target() {
    exits 1 "$imgengine" process lib --output fixed/out --apply && grep -q 'fixed' exits.err && fingerprint lib | cmp lib.before -
}
mkdir -p fixed
if mount -t tmpfs -o ro none fixed 2>/dev/null; then
    check a_read_only_target_is_an_error_that_names_it read_only_target
    umount fixed
else
    skip a_read_only_target_is_an_error_because_no_file_system_can_be_mounted_here
fi
mkdir -p small
if mount -t tmpfs -o size=400k none small 2>/dev/null; then
    check a_full_disk_stops_the_run_and_loses_nothing full_disk
    umount small
else
    skip a_full_disk_stops_the_run_because_no_small_file_system_can_be_mounted_here
fi

exit "$failures"
