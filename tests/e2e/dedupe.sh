#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# dedupe on real versions of one picture: what only a duplicate has goes into the one that stays, as exiftool reads it;
# what the user keeps apart stays apart.
#   dedupe.sh IMGENGINE        IMGENGINE_TESTDATA: where the photos lie
imgengine=$(realpath "$1")
data=${IMGENGINE_TESTDATA:-}
# shellcheck source=tests/e2e/checks.sh
. "$(dirname "$(realpath "$0")")/checks.sh"
picture=$data/photos/neardup/g01_dog_bicycle
if [ -z "$data" ] || [ ! -e "${picture}_00_original.jpg" ] || ! command -v exiftool >/dev/null; then
    skip versions_of_a_picture_because_exiftool_or_the_photos_are_not_there
    exit 0
fi

# fresh NAME: the original, and two lesser versions into which a person wrote something
fresh() {
    mkdir "$1" && cp "${picture}_00_original.jpg" "$1/large.jpg" && cp "${picture}_05_resized_50.jpg" "$1/small.jpg" &&
        cp "${picture}_04_recompressed_q60.jpg" "$1/weak.jpg" && chmod u+w "$1"/*.jpg &&
        exiftool -q -overwrite_original -Subject=sea -Subject=sun -Title='A dog' -Rating=4 -XMP-mediapro:CatalogSets=Walks \
            -XMP-mwg-coll:Collections='{CollectionName=Best of,CollectionURI=urn:best}' "$1/small.jpg" &&
        exiftool -q -overwrite_original -Subject=Sea -Description='by the road' -GPSLatitude=59.9 -GPSLatitudeRef=N \
            -GPSLongitude=10.7 -GPSLongitudeRef=E "$1/weak.jpg"
}
# prints FILE TAG…: the values as exiftool reads them, one a line
prints() { exiftool -n -s3 -sep '|' "${@/#/-}" "$file"; }

merged() {
    fresh merge && fingerprint merge >merge.before || return 1
    "$imgengine" dedupe merge --similar --apply || return 1
    [ "$(ls merge)" = large.jpg ] || return 1
    local file=merge/large.jpg
    [ "$(prints Title Rating Description GPSLatitude GPSLongitude)" = "$(printf '%s\n' 'A dog' 4 'by the road' 59.9 10.7)" ] ||
        { prints Title Rating Description GPSLatitude GPSLongitude; return 1; }
    [ "$(prints Subject | tr '|' '\n' | grep . | sort -f | tr '\n' ' ' | tr A-Z a-z)" = 'sea sun ' ] || { prints Subject; return 1; }
    [ "$(prints CatalogSets)" = 'Walks|Best of' ] || { prints CatalogSets; return 1; }
    "$imgengine" dedupe merge --similar --exit-code || return 1
    "$imgengine" undo && fingerprint merge | cmp merge.before -
}
check what_only_duplicates_have_is_merged_once_and_undo_splits_it merged

edited_since() {
    fresh edited && "$imgengine" dedupe edited --similar --apply || return 1
    exiftool -q -overwrite_original -Title='Mine' edited/large.jpg
    "$imgengine" undo --root edited >undo.out
    [ -e edited/small.jpg ] && [ -e edited/weak.jpg ] && [ "$(exiftool -s3 -Title edited/large.jpg)" = Mine ]
}
check a_duplicate_comes_back_though_the_one_that_stays_was_edited_since edited_since

unmerged() {
    fresh plain && cp plain/large.jpg large.before && "$imgengine" dedupe plain --similar --no-merge --keep resolution,quality --apply || return 1
    [ "$(ls plain)" = large.jpg ] && cmp large.before plain/large.jpg
}
check without_merging_the_one_that_stays_is_not_touched unmerged

refused() {
    fresh closed && chmod a-w closed/large.jpg || return 1
    "$imgengine" dedupe closed --similar --set tagging.mode=embed --apply >refused.out || return 1
    [ "$(ls closed | wc -l)" -eq 3 ] && "$imgengine" dedupe closed --similar --set tagging.mode=embed -v | grep -q -e '--no-merge lets it go'
}
check what_cannot_be_merged_is_kept refused

beside() {
    fresh beside && chmod a-w beside/large.jpg && cp beside/large.jpg large.before || return 1
    "$imgengine" dedupe beside --similar --apply && cmp large.before beside/large.jpg || return 1
    local file=beside/large.jpg.xmp
    [ "$(prints Title Rating CatalogSets)" = "$(printf '%s\n' 'A dog' 4 'Walks|Best of')" ] || return 1
    "$imgengine" dedupe beside --similar --exit-code && "$imgengine" undo && [ ! -e beside/large.jpg.xmp ] && [ -e beside/small.jpg ]
}
check a_read_only_photo_gets_it_in_a_sidecar beside

# A HEIC is never written into.
heic() {
    mkdir heic && cp "${picture}_11_as_heic.heic" heic/phone.heic && cp "${picture}_05_resized_50.jpg" heic/small.jpg &&
        chmod u+w heic/* && exiftool -q -overwrite_original -XMP-mwg-coll:Collections='{CollectionName=Best of}' heic/small.jpg &&
        cp heic/phone.heic phone.before || return 1
    "$imgengine" dedupe heic --similar --keep resolution --apply && cmp phone.before heic/phone.heic || return 1
    local file=heic/phone.heic.xmp
    [ "$(prints CatalogSets)" = 'Best of' ] && [ ! -e heic/small.jpg ] || return 1
    "$imgengine" undo && [ ! -e "$file" ] && [ -e heic/small.jpg ]
}
check an_album_goes_beside_a_heic_and_undo_takes_it_away heic

saved() {
    fresh saved && "$imgengine" dedupe saved --similar --plan plan.json >/dev/null && "$imgengine" apply plan.json || return 1
    [ "$(ls saved)" = large.jpg ] && [ "$(exiftool -s3 -Title saved/large.jpg)" = 'A dog' ]
}
check a_saved_plan_merges_too saved

purged() {
    fresh purged && "$imgengine" dedupe purged --similar --apply || return 1
    "$imgengine" purge --root purged --apply || return 1
    [ -z "$(find purged/.imgengine/quarantine -type f)" ] && [ "$(exiftool -s3 -Title purged/large.jpg)" = 'A dog' ]
}
check what_was_merged_is_found_again_by_purge purged

copied() {
    fresh source && fingerprint source >source.before || return 1
    "$imgengine" process source --output copies --set dedupe.similar=true --set rename.enabled=false --apply || return 1
    fingerprint source | cmp source.before - && [ "$(ls copies)" = large.jpg ] || return 1
    [ "$(exiftool -s3 -Title copies/large.jpg)" = 'A dog' ] || return 1
    "$imgengine" process source --output copies --set dedupe.similar=true --set rename.enabled=false --exit-code
}
check a_copy_gets_it_and_the_source_is_not_touched copied

apart() {
    fresh apart && "$imgengine" dedupe --keep-apart apart/large.jpg apart/small.jpg || return 1
    mkdir moved && mv apart/small.jpg moved/other-name.jpg && rm apart/weak.jpg || return 1
    "$imgengine" dedupe apart moved --similar --exit-code || return 1
    "$imgengine" dedupe --list-apart | grep -q "apart/small.jpg" || return 1
    exiftool -q -overwrite_original -Title='Tagged since' moved/other-name.jpg || return 1
    "$imgengine" dedupe apart moved --similar --exit-code || return 1
    "$imgengine" dedupe --forget-apart apart/large.jpg moved/other-name.jpg || return 1
    [ "$("$imgengine" dedupe --list-apart)" = 'Nothing is kept apart.' ] || return 1
    "$imgengine" dedupe apart moved --similar --exit-code
    [ $? -eq 4 ]
}
check what_is_kept_apart_is_known_by_its_picture_until_that_is_taken_back apart

several_pictures() {
    mkdir several && cp "$data/photos/gif/rclip/bee_animated.gif" "$data/photos/heif/rclip/bee.jpg" several/ || return 1
    "$imgengine" dedupe several --similar -v >several.txt 2>&1
    grep -q 'similar scene' several.txt && ! grep -q quarantine several.txt || { cat several.txt; return 1; }
}
check a_file_of_several_pictures_never_goes_for_the_first_of_them several_pictures

with_a_gain_map() {
    mkdir -p map/best && cp "$data/photos/meta-jpeg/libavif/seine_sdr_gainmap_srgb.jpg" map/hdr.jpg || return 1
    "$imgengine" convert map/hdr.jpg --from jpeg --to png --drop-gain-map --output map/best --apply && rm -r map/best/.imgengine || return 1
    "$imgengine" dedupe map --similar --prefer map/best -v --exit-code >map.txt &&
        grep -q 'same pixels.* best/hdr.png, but with an HDR gain map, which that one has not' map.txt || { cat map.txt; return 1; }
}
check a_photo_with_a_gain_map_never_goes_for_one_without with_a_gain_map

unnamed() {
    mkdir unnamed && cp "${picture}_00_original.jpg" unnamed/a.jpg && "$imgengine" convert unnamed --to png 2>unnamed.err || return 1
    grep -q 'unless --from names them: 1 jpeg. --from jpeg converts these' unnamed.err || { cat unnamed.err; return 1; }
    "$imgengine" convert unnamed --to png --from heic 2>unnamed.err && [ ! -s unnamed.err ]
}
check what_is_not_converted_though_a_format_is_asked_for_is_told unnamed

# All versions of the labelled photos, and nothing else, count as duplicates.
labelled() {
    "$imgengine" dedupe "$data/photos/neardup" --similar --evaluate "$data/photos/expected/groups.json" --json >labelled.json || return 1
    python3 - labelled.json <<'END'
import json, sys
found = json.load(open(sys.argv[1]))
found = found.get("evaluation", found)
sys.exit(0 if found["recall"] == 1 and found["precision"] == 1 else str(found)[:300])
END
}
check all_labelled_versions_are_found_and_no_other labelled

exit "$failures"
