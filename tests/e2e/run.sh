#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The program on real photos, as a person would run it.
#   run.sh IMGENGINE MAKE_LIBRARY        IMGENGINE_TESTDATA: where the photos lie
# The last word of each check's name group says what it needs; checks that cannot run here say SKIPPED.
imgengine=$(realpath "$1") make_library=$(realpath "$2")
data=${IMGENGINE_TESTDATA:-}
# shellcheck source=tests/e2e/checks.sh
. "$(dirname "$(realpath "$0")")/checks.sh"
leave() { umount "$work/small" "$work/fixed" 2>/dev/null; }
export LC_ALL=C

# names, bytes, modes, times of everything but journals
fingerprint() {
    (cd "$1" && find . -name .imgengine -prune -o -type f -print0 | sort -z |
        xargs -0 -r sh -c 'sha256sum "$@"; stat -c "%n %a %u %Y %h" "$@"' sh)
}

# ---- a library made here -------------------------------------------------------------------

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

# ---- real photos ---------------------------------------------------------------------------

if [ -z "$data" ] || [ ! -d "$data/photos" ]; then
    skip the_checks_on_real_photos_because_IMGENGINE_TESTDATA_is_not_set
    exit "$failures"
fi
photos=$data/photos

# What exiv2 finds damaged cannot be converted, which shows only when it is tried. All want one name.
failing_conversion() {
    local torn=(process torn --output torn.out --set convert.from=jpeg --set convert.to=png --template x)
    mkdir torn && cp "$photos"/meta-jpeg/{Piexif/r_olympus,elodie/with-null-coordinates,exifr/broken1,go-exif/gps,me-java/simple}.jpg \
        "$photos"/png/*/*.png torn/ && chmod -R u+w torn && touch -d 2020-01-02 torn/*
    exits 3 "$imgengine" "${torn[@]}" --json --apply || return 1
    jq -e -n '[inputs | select(.fell_back and .outcome == "done" and .format == "jpeg" and (.problem | test("not converted")))] | length > 2' <exits.out || return 1
    jq -e -n '[inputs | select(.schema == "imgengine.summary/1")][0] | .failed == 0 and .plain > 2 and .copied + .skipped == .found' <exits.out || return 1
    (cd torn && sha256sum ./*.jpg | cut -d' ' -f1 | sort -u) >want
    (cd torn.out && find . -name '*.jpg' -exec sha256sum {} + | cut -d' ' -f1 | sort -u) | cmp want - || return 1
    fingerprint torn.out >a
    exits 3 "$imgengine" "${torn[@]}" --apply || exits 0 true || return 1
    fingerprint torn.out | cmp a - || return 1
    "$imgengine" undo >/dev/null 2>&1
    [ ! -e torn.out ]
}
check what_cannot_be_converted_is_copied_as_it_is_once failing_conversion

# Light for HDR screens in a JPEG XL, metadata that exiv2 finds damaged, a caption that no PNG takes: each shows only when it is tried.
failing_in_place() {
    local in_place=(process stays --in-place --set convert.from=jxl,tiff,jpeg --set convert.to=png --set 'rename.template=p-{name}' --apply)
    mkdir stays && cp "$photos/jxl/testdata/pq_gradient.jxl" "$photos/meta-jpeg/Piexif/r_olympus.jpg" stays/ &&
        cp "$photos/meta-jpeg/me-java/manuallyAddedThumbnail.jpg" stays/ && chmod u+w stays/* &&
        echo '<x:xmpmeta xmlns:x="adobe:ns:meta/"/>' >stays/r_olympus.jpg.xmp && fingerprint stays >a || return 1
    exits 3 "$imgengine" "${in_place[@]}" --keywords x --json || return 1
    [ "$(ls stays | tr '\n' ' ')" = 'p-manuallyAddedThumbnail.jpg p-pq_gradient.jxl p-r_olympus.jpg p-r_olympus.jpg.xmp ' ] || { ls stays; return 1; }
    jq -e -n '[inputs | select(.fell_back and .outcome == "done") | .problem] |
        (map(select(test("^not converted: .*; not tagged: .*; renamed as it is$"))) | length == 1) and
        (map(select(test("^not converted and not tagged: .*; renamed as it is$"))) | length == 1) and
        (map(select(test("^not converted: .*; renamed and tagged as it is$"))) | length == 1)' <exits.out || { cat exits.out; return 1; }
    jq -e -n '[inputs | select(.schema == "imgengine.summary/1")][0] | .failed == 0 and .plain == 3' <exits.out || return 1
    "$imgengine" undo && fingerprint stays | cmp a -
}
check what_cannot_be_converted_in_place_still_gets_its_name_and_tags failing_in_place

# The archive was renamed; what came to the card since is no part of what is there.
new_beside_old() (
    export XDG_DATA_HOME=$PWD/beside.data
    mkdir beside && cp "$photos/neardup/g01_dog_bicycle_00_original.jpg" beside/IMG_0001.jpg &&
        "$imgengine" process beside --output beside.out --apply -q && "$imgengine" rename beside.out --template x1 --apply -q || return 1
    cp "$photos/neardup/g02_eagle_00_original.jpg" beside/IMG_0001-edited.jpg && cp "$photos/video/go-mp4/sample.mp4" beside/IMG_0001.mp4 || return 1
    "$imgengine" process beside --output beside.out --apply && "$imgengine" covers beside --in beside.out || return 1
    [ "$(cd beside.out && ls ./*.* | tr '\n' ' ')" = './x1-edited.jpg ./x1.jpg ./x1.mp4 ' ] || { ls beside.out; return 1; }
    # what stayed for a duplicate counts only as long as it is that picture
    mkdir hand.out && cp -p beside/IMG_0001.jpg hand.out/0keep.jpg && rm beside/*edited* beside/*.mp4 || return 1
    "$imgengine" process beside --output hand.out --apply -q && "$imgengine" dedupe hand.out --apply -q || return 1
    [ "$(find hand.out -name .imgengine -prune -o -type f -print)" = hand.out/0keep.jpg ] || { find hand.out; return 1; }
    "$imgengine" process beside --output hand.out --exit-code || return 1
    cp "$photos/neardup/g02_eagle_00_original.jpg" other.jpg && mv other.jpg hand.out/0keep.jpg || return 1
    "$imgengine" process beside --output hand.out --apply && "$imgengine" covers beside --in hand.out || return 1
    # nor does one that was put in its place and tagged there
    "$imgengine" process beside --output own.out --template '{name}' --apply -q && cp "$photos/neardup/g02_eagle_00_original.jpg" own.out/IMG_0001.jpg &&
        chmod u+w own.out/*.jpg && "$imgengine" tag own.out --keywords x --apply -q || return 1
    "$imgengine" process beside --output own.out --template '{name}' --apply && "$imgengine" covers beside --in own.out || return 1
    # a plan that takes photos to be there does not hold when they are gone
    cp "$photos/neardup/g03_horses_00_original.jpg" beside/ && "$imgengine" process beside --output own.out --template '{name}' --plan own.plan -q &&
        rm -r own.out && exits 1 "$imgengine" apply own.plan && grep -q 'Make the plan anew' exits.err && [ ! -e own.out ]
)
check what_is_new_beside_a_photo_of_the_archive_is_copied new_beside_old

# What was copied whole before is not stripped by asking once more; and what could not be stripped is told before.
stripped_copies() {
    "$imgengine" convert "$photos/meta-jpeg/elodie" "$photos/meta-jpeg/libavif" --from bmp --output whole --apply >log 2>&1
    fingerprint whole >whole.before
    "$imgengine" convert "$photos/meta-jpeg/elodie" "$photos/meta-jpeg/libavif" --from bmp --output whole --strip gps --apply >log 2>&1
    [ "$(grep -c 'there is a copy already, and it is not stripped of gps' log)" -ge 5 ] && fingerprint whole | cmp whole.before - || return 1
    "$imgengine" convert "$photos/meta-jpeg/elodie" "$photos/meta-jpeg/libavif" --from bmp --output bare --strip gps >planned 2>&1
    grep -q 'not copied: it cannot be stripped of gps: it holds more than one picture' planned && ! grep -q exiv2 planned || return 1
    "$imgengine" convert "$photos/meta-jpeg/elodie" "$photos/meta-jpeg/libavif" --from bmp --output bare --strip gps --apply >log 2>&1
    ! grep -q failed log && [ -e bare/with-location.jpg ] &&
        "$imgengine" analyze bare --only metadata --json -q | jq -e -s 'map(select(.metadata.gps)) == []' || return 1
    "$imgengine" convert "$photos/meta-jpeg/elodie" "$photos/meta-jpeg/libavif" --from bmp --output bare --strip gps >log 2>&1
    grep -q 'There is nothing to do' log && ! grep -q 'there is a copy already' log
}
check stripped_copies_are_told_from_whole_ones stripped_copies

"$imgengine" --catalog '' -j 1 analyze "$photos" --json >one.json 2>one.err
code=$?
[ $code -eq 3 ] && ok the_real_photos_are_analyzed_and_the_broken_ones_are_faults || { echo "exit $code"; tail -3 one.err; no the_real_photos_are_analyzed_and_the_broken_ones_are_faults; }

valid_records() {
    [ "$(jq -n '[inputs | select(.schema == "imgengine.photo/1" and (.path | type) == "string" and .format != null)] | length' one.json)" \
        -eq "$(wc -l <one.json)" ]
}
check every_record_is_valid_json_of_its_schema valid_records

all_photos() {
    # What the manifest calls a photo has a record. Formats that no photo tool takes for one are listed.
    awk -F'\t' 'NR > 1 && $4 !~ /x-empty|octet-stream|XMP|MP4|MOV|M4V/ {print $1}' "$photos/MANIFEST.tsv" | sort >want
    jq -r .path one.json | sed "s|^$photos/||" | sort >have
    comm -23 want have >missing
    [ ! -s missing ] || { echo "no record for:"; cat missing; return 1; }
}
check each_photo_of_the_manifest_has_a_record all_photos

same_bytes() { "$imgengine" --catalog '' -j 4 analyze "$photos" --json 2>/dev/null | cmp one.json -; }
check one_and_four_threads_give_the_same_bytes same_bytes

expected() {
    jq -n --arg root "$photos/" --slurpfile want "$photos/expected/metadata.json" '
      def close(a; b; e): ((a - b) | fabs) <= e;
      (reduce inputs as $r ({}; .[$r.path | ltrimstr($root)] = $r)) as $have
      | $want[0].files | to_entries[]
      | .key as $file | .value as $w | ($have[$file] // null) as $h | select($h != null)
      | [ (if $w.datetime_original and ($w.datetime_original | test("^[0-9]{4}:[0-9]{2}:[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"))
             and ($w.datetime_original | startswith("0000") | not)
             and (($h.metadata.captured.local // "")[0:19] != ($w.datetime_original[0:10] | gsub(":"; "-")) + "T" + $w.datetime_original[11:19])
           then "date \($w.datetime_original) is \($h.metadata.captured)" else empty end),
          (if $w.make and $h.metadata.camera.make != ($w.make | tostring) then "make \($w.make) is \($h.metadata.camera.make)" else empty end),
          (if $w.model and $h.metadata.camera.model != ($w.model | tostring) then "model \($w.model) is \($h.metadata.camera.model)" else empty end),
          (if $w.lat and $w.lon and (($h.metadata.gps.latitude == null) or (close($w.lat; $h.metadata.gps.latitude; 1e-5) | not)
             or (close($w.lon; $h.metadata.gps.longitude; 1e-5) | not))
           then "gps \($w.lat),\($w.lon) is \($h.metadata.gps)" else empty end) ]
      | .[] | "\($file): \(.)"' one.json >different || return 1
    [ ! -s different ] || { cat different; return 1; }
}
check dates_cameras_and_positions_equal_the_expected_values expected

second_run_reads_nothing() {
    "$imgengine" --catalog c.db analyze "$photos" --json >a.json 2>/dev/null
    sleep 2.1; "$imgengine" --catalog c.db analyze "$photos" --json >b.json 2>/dev/null
    cmp a.json b.json && cmp one.json a.json || return 1
    strace -f -y -e trace=openat,open -o trace.txt "$imgengine" --catalog c.db analyze "$photos" --json >/dev/null 2>&1
    local opened
    opened=$(sed -n 's/.* = [0-9]*<\(.*\)>$/\1/p' trace.txt | grep -F "$photos" | while IFS= read -r path; do [ -d "$path" ] || echo "$path"; done)
    [ -z "$opened" ] || { echo "$opened"; return 1; }
}
check a_second_run_gives_the_same_and_reads_no_file second_run_reads_nothing

second_dedupe_reads_nothing() {
    local run
    mkdir equal && cp "$photos"/neardup/*_00_original* "$photos"/neardup/*_01_exact_copy* equal
    sleep 2.1
    for run in 1 2; do
        strace -f -y -e trace=openat,open -o "dedupe.$run" "$imgengine" --catalog d.db dedupe equal -v >"plan.$run" 2>/dev/null
        grep -v O_DIRECTORY "dedupe.$run" | grep -cF "$PWD/equal/" >"opened.$run"
    done
    [ "$(grep -c quarantine plan.1)" -ge 25 ] && diff <(grep equal/ plan.1) <(grep equal/ plan.2) || return 1
    [ "$(cat opened.1)" -ge 60 ] && [ "$(cat opened.2)" = 0 ] || { cat opened.?; return 1; }
}
check a_second_search_for_duplicates_reads_no_file second_dedupe_reads_nothing

# Every analyzer looks at the same opened file, and no byte of it is asked for twice.
each_file_is_read_once() {
    local real=$(realpath "$photos") # strace tells real names
    mkdir -p traces && strace -ff -y -s 0 -e trace=openat,read,pread64,readv,preadv,preadv2,mmap -o traces/t \
        "$imgengine" --catalog '' analyze ${1:-} "$real" --json >/dev/null 2>&1
    cat traces/t.* | awk -v root="$real" '
        /O_DIRECTORY/ { next }
        /^openat/ { sub(/.* = /, "openat = ") } # what was opened, not from where
        { at = index($0, "<" root "/") }
        at == 0 { next }
        { rest = substr($0, at + 1); path = substr(rest, 1, index(rest, ">") - 1) }
        /^openat/ { opened[path]++; next }
        /^mmap/ { print "mapped: " path; next }
        $NF > 0 { got[path] += $NF }
        END { for (path in opened) print opened[path], got[path] + 0, path }' >reads.txt
    rm -r traces
    [ "$(grep -c "$real/.*[.]jpg" reads.txt)" -ge 300 ] || return 1
    ! grep '^mapped' reads.txt && while read -r opened got path; do
        [ "$opened" = 1 ] && [ "$got" -le "$(stat -c %s "$path")" ] || { echo "$path: opened $opened times, $got bytes"; return 1; }
    done <reads.txt
}
check each_file_is_opened_once_and_each_byte_read_at_most_once each_file_is_read_once
check each_file_is_read_once_for_everything_there_is each_file_is_read_once \
    '--exact --only metadata,hashes,quality,colors,similar,image_data'

live_photos() {
    mkdir -p live/a live/b && cp "$photos/livephoto/Lychee/train.jpg" live/a/IMG_1.JPG &&
        cp "$photos/livephoto/Lychee/train.mov" live/a/other.MOV && cp live/a/IMG_1.JPG live/b/copy.jpg || return 1
    fingerprint live >live.before
    exits 0 "$imgengine" rename live/a --template '{date:%Y}_{seq}' --apply || return 1
    [ "$(ls live/a | sed 's/.*_//' | tr '\n' ' ')" = '1.jpg 1.mov ' ] ||
        { ls live/a; return 1; }
    exits 0 "$imgengine" undo && fingerprint live | diff live.before - || return 1
    # the still has an equal and its video has none: told by identifier, also where dedupe reads no metadata
    exits 0 "$imgengine" dedupe live --keep path --prefer live/b -v || { cat exits.err; return 1; }
    grep -q 'other.MOV' exits.out && ! grep -q quarantine exits.out || { cat exits.out; return 1; }
}
check a_live_photo_of_two_names_is_one_unit live_photos

search_by_photo_and_text() {
    mkdir -p found/near && cp -a "$photos"/neardup/g1[789]* found/near && chmod -R u+w found || return 1
    cat >ml.yaml <<YAML
analysis:
  ml_models:
    runtime: $IMGENGINE_TEST_ONNXRUNTIME
    scene_detection: tiny
    custom_models:
      - {name: tiny, layout: clip, path: $data/golden, vision: clip_tiny_vision.onnx, text: clip_tiny_text.onnx, tokenizer: $IMGENGINE_TEST_MERGES}
YAML
    local one=found/near/g18_people_detection3_00_original.jpg
    fingerprint found >found.before
    exits 0 "$imgengine" --config ml.yaml --catalog found.db analyze found --only scenes --json || return 1
    exits 0 "$imgengine" --config ml.yaml --catalog found.db search --like "$one" -k 1 || return 1
    grep -q '^ 1\.000  .*/g18_people_detection3_01_exact_copy.jpg$' exits.out || { cat exits.out; return 1; }
    exits 0 "$imgengine" --config ml.yaml --catalog found.db search 'a dog' found -k 5 --json --html page.html || return 1
    jq 'select(.schema == "imgengine.match/1") | .similarity' exits.out >similar && [ "$(wc -l <similar)" -eq 5 ] &&
        sort -g -r similar | cmp - similar || { cat exits.out; return 1; }
    [ "$(grep -c '<img ' page.html)" -eq 5 ] && ! grep -oE '(src|href)="[^"]{5}' page.html | grep -vE '"(data:|file:)' ||
        return 1
    fingerprint found | cmp found.before - || return 1
    rm found/near/g18_people_detection3_01_exact_copy.jpg
    exits 0 "$imgengine" --config ml.yaml --catalog found.db search --like "$one" -k 1 || return 1
    grep -q 'not there now' exits.err && ! grep -q exact_copy exits.out || return 1
    exits 2 "$imgengine" --config ml.yaml --catalog found.db search dog -dog
}
if [ -n "${IMGENGINE_TEST_ONNXRUNTIME:-}" ] && [ -n "${IMGENGINE_TEST_MERGES:-}" ]; then
    check search_by_photo_and_text_finds_the_nearest_and_writes_a_page search_by_photo_and_text
else
    skip search_by_photo_and_text_finds_the_nearest_because_the_runtime_or_the_vocabulary_is_missing
fi

# The plan knows beforehand what the run would only find while converting; profiles that libpng takes for broken are mended.
conversions_are_foreseen() {
    mkdir seen && cp "$photos"/avif/libavif/colors_hdr_p3.avif "$photos"/tiff/TwelveMonkeys/flower-rgb-contig-32.tif \
        "$photos"/tiff/commons-imaging/BigTIFF.tif "$photos"/tiff/commons-imaging/BigTIFFMotorola.tif \
        "$photos"/tiff/exifr/tif-with-iptc-icc-xmp.tif "$photos"/jpeg-variants/TwelveMonkeys/cmm-exception-adobe-rgb.jpg seen && chmod u+w seen/* || return 1
    exits 0 "$imgengine" convert seen --from jpeg,avif,tiff --to png -o pngs -q || { cat exits.err; return 1; }
    grep -c 'a BigTIFF, of which' exits.out | grep -qx 2 && grep -q 'light is coded for HDR' exits.out && grep -q 'has 32 bits a channel' exits.out ||
        { cat exits.out; return 1; }
    exits 0 "$imgengine" convert seen --from jpeg,avif,tiff --to png -o pngs --apply && grep -q '6  copied (2 converted, 4 not converted' exits.out &&
        [ "$(find pngs -name '*.png' | wc -l)" -eq 2 ] || { cat exits.out; return 1; }
    grep -q 'damaged.*damaged' exits.out && return 1
    exits 3 "$imgengine" convert "$photos"/malformed --from jpeg,png --to webp -o webps -q
    ! grep -E 'does not decode.*bytes kept as they are' exits.out
}
check a_plan_foresees_what_cannot_be_converted_and_says_it_once conversions_are_foreseen

# A library of copies never has a RAW's preview alone; what cannot be made of one costs the copy nothing.
raws_come_along() {
    mkdir raws && cp "$photos"/raw/imagemeta/CRW.CRW raws/a.crw && cp "$photos"/raw/exif-py/nikon*.dng raws/b.dng && chmod u+w raws/* || return 1
    exits 3 "$imgengine" process raws -o kept --rules raw=jpeg --keywords sea --apply || return 1
    (cd kept && find . -name .imgengine -prune -o -type f -print | grep -oE '[a-z]+$' | sort | uniq -c | tr -s ' \n' ' ') >a
    [ "$(cat a)" = ' 1 crw 1 dng 1 jpg 2 xmp ' ] || { cat a exits.out; return 1; }
    cmp "$(find kept -name '*.crw')" raws/a.crw && cmp "$(find kept -name '*.dng')" raws/b.dng || return 1
    grep -q 'failed .*b.dng: not converted: its metadata is damaged.*; the original is copied' exits.out || { cat exits.out; return 1; }
    fingerprint kept >kept.before
    exits 0 "$imgengine" process raws -o kept --rules raw=jpeg --keywords sea --apply && ! grep '^skip' exits.out && fingerprint kept | cmp kept.before - || return 1
    exits 0 "$imgengine" undo && [ ! -e kept ] || return 1
    # what convert put there does not stand for the RAW
    exits 3 "$imgengine" convert raws -o kept --rules raw=jpeg --apply && grep -q 'the RAW itself is not copied' exits.out || return 1
    exits 0 "$imgengine" process raws -o kept --apply && cmp "$(find kept -name '*.crw')" raws/a.crw
}
check a_library_of_copies_has_the_raws_themselves_and_what_is_made_of_them raws_come_along

# check_exiftool NAME COMMAND…: one that asks exiftool what was written
check_exiftool() {
    if command -v exiftool >/dev/null; then check "$@"; else skip "$1_because_exiftool_is_not_installed"; fi
}

# The place goes into EXIF, where viewers look for it, and the camera's notes stay what they were.
places_in_exif() {
    mkdir placed && cp "$photos"/neardup/g{08,13,14,24,26,27}*_00_* "$photos"/meta-jpeg/Piexif/r_{sony,pen,canon}.jpg placed && chmod u+w placed/* || return 1
    local one
    for one in placed/*.jpg; do exiftool -a -G1 -s -MakerNotes:all "$one"; done >notes.before 2>/dev/null
    fingerprint placed >placed.before
    exits 0 "$imgengine" tag placed --gps=-48.2,16.3 --rating 4 --apply || { cat exits.out; return 1; }
    for one in placed/*.jpg; do exiftool -a -G1 -s -MakerNotes:all "$one"; done 2>/dev/null | cmp notes.before - || return 1
    for one in placed/*.jpg; do
        [ "$(exiftool -n -s3 -GPS:GPSLatitude -GPS:GPSLatitudeRef -IFD0:Rating "$one" | tr '\n' ' ')" = '48.2 S 4 ' ] || { exiftool -a -G1 "$one"; return 1; }
    done
    exits 0 "$imgengine" undo && fingerprint placed | cmp placed.before - || return 1
    # an altitude without a place stays, and one that only XMP has comes along
    mkdir high && cp "$photos"/neardup/g08*_00_* high/exif.jpg && chmod u+w high/exif.jpg && exiftool -q -overwrite_original -gps:all= -xmp:all= high/exif.jpg &&
        cp high/exif.jpg high/xmp.jpg && exiftool -q -overwrite_original -EXIF:GPSAltitude=123 -EXIF:GPSAltitudeRef=0 high/exif.jpg &&
        exiftool -q -overwrite_original -XMP:GPSAltitude=123 high/xmp.jpg || return 1
    exits 0 "$imgengine" tag high --gps=48.2,16.3 --apply || { cat exits.out; return 1; }
    for one in high/*.jpg; do
        [ "$(exiftool -n -s3 -GPS:GPSLatitude -GPS:GPSAltitude "$one" | tr '\n' ' ')" = '48.2 123 ' ] || { exiftool -a -G1 "$one"; return 1; }
    done
    exits 0 "$imgengine" undo
}
check_exiftool places_and_ratings_go_into_exif_and_the_cameras_notes_stay places_in_exif

# What stands in the way of stripping is named, with what helps.
strip_says_why() {
    exits 3 "$imgengine" convert "$photos"/heif/pillow_heif/L_exif_xmp_iptc.heic -o bared --strip gps --apply &&
        grep -q 'camera.s notes in it (Exif.*; --strip all takes everything out' exits.out || { cat exits.out; return 1; }
    exits 0 "$imgengine" convert "$photos"/heif/pillow_heif/L_exif_xmp_iptc.heic -o bared --strip all --apply && [ -f bared/L_exif_xmp_iptc.jpg ]
}
check what_cannot_be_stripped_says_why_and_what_helps strip_says_why

# With --keep-original a converted photo and its original both come over, once, and covers is content.
originals_come_along() {
    mkdir card.ko && cp "$photos"/heif/pillow_heif/xiaomi.heic card.ko && chmod u+w card.ko/* || return 1
    exits 0 "$imgengine" process card.ko -o lib.ko --apply && grep -q '1 photo comes converted, and its original is not copied' exits.err || return 1
    exits 3 "$imgengine" covers card.ko --in lib.ko && grep -q '^derived .*xiaomi.heic → lib.ko/.*jpg$' exits.out || { cat exits.out; return 1; }
    exits 0 "$imgengine" undo && exits 0 "$imgengine" process card.ko -o lib.ko --keep-original --apply && [ ! -s exits.err ] || return 1
    [ "$(find lib.ko -name '*.jpg' | wc -l) $(find lib.ko -name '*.heic' | wc -l)" = '1 1' ] && exits 0 "$imgengine" covers card.ko --in lib.ko || return 1
    exits 0 "$imgengine" process card.ko -o lib.ko --keep-original --exit-code && mv card.ko card.ko2 &&
        exits 0 "$imgengine" process card.ko2 -o lib.ko --keep-original --exit-code || { cat exits.out; return 1; }
    exits 0 "$imgengine" rename lib.ko --template 'n{seq}' --apply && exits 0 "$imgengine" process card.ko2 -o lib.ko --keep-original --exit-code ||
        { cat exits.out; return 1; }
}
check with_keep_original_a_library_has_the_original_and_what_it_became originals_come_along

# Keywords that another program wrote into the archive make no photo new; another picture under its name does.
edited_copies() {
    mkdir card.ed && cp "$photos"/neardup/g0[1-4]*_00_* card.ed && chmod u+w card.ed/* || return 1
    exits 0 "$imgengine" process card.ed -o lib.ed --apply || return 1
    find lib.ed -name '*.jpg' -exec exiftool -q -overwrite_original -XMP:Rating=5 {} + || return 1
    exits 0 "$imgengine" process card.ed -o lib.ed --exit-code || { cat exits.out; return 1; }
    cp -a lib.ed lib.bare && find lib.bare/2* -name '*.jpg' -exec exiftool -q -overwrite_original -all= {} + &&
        exits 0 "$imgengine" process card.ed -o lib.bare && grep -q '4  to copy' exits.out || { cat exits.out; return 1; }
    mv card.ed card.other && exits 0 "$imgengine" process card.other -o lib.ed --exit-code || { cat exits.out; return 1; }
    local one=$(find lib.ed -name '*.jpg' | head -n 1)
    rm "$one" && cp "$photos"/neardup/g05*_00_* "$one" && chmod u+w "$one" || return 1
    exits 0 "$imgengine" process card.other -o lib.ed && grep -q '1  to copy' exits.out || { cat exits.out; return 1; }
}
check_exiftool what_another_program_tagged_in_the_archive_is_not_copied_again edited_copies

# Carried out already means that all of it stands; else each file is looked at.
applied_again() {
    mkdir card.ag && cp "$photos"/neardup/g0[1-3]*_00_* card.ag && exits 0 "$imgengine" process card.ag -o lib.ag --plan ag.json &&
        exits 0 "$imgengine" apply ag.json && exits 0 "$imgengine" apply ag.json && grep -q 'carried out already' exits.out || return 1
    local last=$(find lib.ag/2* -name '*.jpg' | sort | tail -n 1)
    rm "$last" && exits 3 "$imgengine" apply ag.json && [ -e "$last" ] && ! grep -q 'carried out already' exits.out || { cat exits.out; return 1; }
    chmod -R u+w card.ag && exits 0 "$imgengine" tag card.ag --keywords cat --plan ag1.json && exits 0 "$imgengine" tag card.ag --keywords dog --plan ag2.json &&
        exits 0 "$imgengine" apply ag1.json && exits 0 "$imgengine" apply ag1.json && grep -q 'carried out already' exits.out &&
        exits 3 "$imgengine" apply ag2.json && ! grep -q 'carried out already' exits.out || { cat exits.out; return 1; }
}
check a_plan_of_which_something_is_gone_is_carried_out_again applied_again

# The rows above the line are the files found, whatever else is made; found + extra is what JSON counts.
sums_add_up() {
    cp -a "$photos" sums && chmod -R u+w sums || return 1
    local command
    for command in 'process sums --output sum.out --rules raw=jpeg --keywords x' 'process sums --in-place' 'convert sums' 'dedupe sums' 'rename sums' \
        'tag sums --keywords x' 'tag sums --keywords x --apply' 'process sums --output sum.out --rules raw=jpeg --keywords x --apply'; do
        # shellcheck disable=SC2086
        "$imgengine" $command 2>/dev/null | awk '/^ +[0-9]+  /{n[++rows] = $1; text[rows] = $0} /^ +-----$/{line = rows}
            END {for (i = 1; i <= line; i++) sum += n[i]
                 for (i = line + 2; i <= rows; i++) if (text[i] ~ /counted above/) more = n[i]
                 print sum, n[line + 1] + more; exit !(line && sum == n[line + 1] + more)}' || { echo "$command"; return 1; }
    done
    "$imgengine" process sums --output sums.out --rules raw=jpeg --keywords z --json 2>/dev/null | grep '"imgengine.summary/1"' | jq -e '.other + .kept + .copied + .moved + .replaced + .quarantined +
        .skipped + .failed + .unreached + .made + .pictures == .found + .extra and .extra > 0'
}
check the_numbers_of_a_summary_add_up_to_the_files_found sums_add_up

real_copy_and_undo() {
    (cd "$photos" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >photos.before
    exits 3 "$imgengine" process "$photos" --output out --apply || return 1
    (cd "$photos" && find . -type f -print0 | sort -z | xargs -0 sha256sum) | cmp photos.before - || return 1
    [ "$(find out -type f | wc -l)" -gt 500 ] || return 1
    exits 0 "$imgengine" undo || return 1
    [ ! -e out ] || { find out | head; return 1; }
    (cd "$photos" && find . -type f -print0 | sort -z | xargs -0 sha256sum) | cmp photos.before -
}
check the_real_photos_are_copied_and_undone_without_a_trace real_copy_and_undo

real_in_place() {
    cp -a "$photos" real && chmod -R u+w real && fingerprint real >real.before
    exits 3 "$imgengine" process real --in-place --keywords x --apply || return 1
    exits 0 "$imgengine" undo || return 1
    fingerprint real | diff real.before - | head
    fingerprint real | cmp real.before -
}
check the_real_photos_organised_in_place_come_back_byte_for_byte real_in_place

exit "$failures"
