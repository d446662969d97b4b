#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The program on real photos, as a person would run it. Checks that cannot run here say SKIPPED.
#   photos.sh IMGENGINE        IMGENGINE_TESTDATA: where the photos lie
imgengine=$(realpath "$1")
# shellcheck source=tests/e2e/checks.sh
. "$(dirname "$(realpath "$0")")/checks.sh"
export LC_ALL=C
needs_photos on_real_photos

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
    exits 0 "$imgengine" convert "$photos/avif/libavif/alpha_noispe.avif" -q && grep -q 'transparency that its decoder cannot read' exits.out || return 1
    mkdir print && cp "$photos"/tiff/TwelveMonkeys/flower-{separated,rgb}-contig-08.tif "$(find "$photos" -name cmyk-sample-no-icc.jpg | head -n 1)" print &&
        exits 0 "$imgengine" convert print --from jpeg,tiff --to png -q && [ "$(grep -c 'CMYK (for print) in RGB' exits.out)" -eq 2 ] &&
        exits 0 "$imgengine" convert print --from tiff --to jpeg -q && ! grep CMYK exits.out || { cat exits.out; return 1; }
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

# What is known of photos that nothing is like has no say in what stays.
known_or_not() {
    exits 3 "$imgengine" --catalog known.db analyze "$photos/meta-jpeg" -q || return 1
    "$imgengine" --catalog known.db dedupe "$photos/meta-jpeg" --similar -v -q >known.plan
    "$imgengine" --catalog '' dedupe "$photos/meta-jpeg" --similar -v -q | diff - known.plan | grep '^[<>].*/' && return 1
    [ "$(grep -c '^quarantine' known.plan)" -ge 5 ]
}
check dedupe_plans_the_same_whatever_was_analyzed_before known_or_not

# In which order the files are named decides nothing.
any_order() {
    find "$photos"/neardup -name 'g0[1-6]*' | sort >listed && tac listed >backwards && sort -t_ -k3 listed >mixed || return 1
    local order
    for order in listed backwards mixed; do
        exits 0 "$imgengine" --catalog '' dedupe --files-from $order --similar -v --json || { cat exits.err; return 1; }
        jq -c 'select(.from) | [.from, .kind, .reason, .verdict, .survivor]' exits.out | sort >plan.$order
    done
    ! jq -r 'select(.from) | .survivor // empty' exits.out | grep heic || return 1 # all of these are made of the JPEGs
    cmp plan.listed plan.backwards && cmp plan.listed plan.mixed && [ "$(grep -c quarantine plan.listed)" -gt 60 ]
}
check the_order_in_which_files_are_named_changes_no_plan any_order

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
