#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What tag and untag write, through the command line, as exiftool sees it: a second run plans nothing in each mode, models'
# keywords come and go alone, places come from wherever they are known, and digests follow.
#   tags.sh IMGENGINE            the photos are those of $IMGENGINE_TESTDATA
imgengine=$(realpath "$1") data=${IMGENGINE_TESTDATA:-}
# shellcheck source=tests/e2e/checks.sh
. "$(dirname "$(realpath "$0")")/checks.sh"
photos=$data/photos

if [ -z "$data" ] || ! command -v exiftool >/dev/null; then
    skip "what_tag_writes_through_the_command_line: IMGENGINE_TESTDATA or exiftool is missing"
    exit 0
fi
ours() { "$imgengine" --catalog "$catalog" "$@"; }
# value TAG FILE: what exiftool reads, items joined by /
value() { exiftool -q -q -m -s3 -n -sep / "-$1" "$2"; }
is() { [ "$1" = "$2" ] || { echo "expected '$2', got '$1'"; return 1; }; }
# fresh NAME FILE...: a folder with copies, and a catalog of its own
fresh() {
    local folder=$1
    shift
    rm -rf "$folder" && mkdir "$folder" && cp "$@" "$folder" && chmod -R u+w "$folder" && catalog=$work/$folder.db
}

jpeg=$photos/meta-jpeg/exif-js/dsc_09827.jpg
noted=$photos/meta-jpeg/Piexif/r_canon.jpg # with camera's notes

# ---- idempotence ----

twice() { # MODE
    rm -rf "all-$1" && cp -a "$photos" "all-$1" && chmod -R u+w "all-$1" && catalog=$work/all-$1.db || return 1
    local tags=(--mode "$1" --keywords 'zebra,Places|Norway|Oslo,ærlig' --rating 3 --gps -33.5,151.25 --title Træna
        --caption 'Eine Fähre
in zwei Zeilen')
    exits 3 ours tag "all-$1" "${tags[@]}" --apply || return 1
    [ "$(grep -cE '^(replace|write) ' exits.out)" -gt 600 ] || { tail exits.out; return 1; }
    exits 3 ours tag "all-$1" "${tags[@]}" --exit-code && grep -q 'There is nothing to do' exits.out
}
for mode in embed sidecar auto; do
    check "in_mode_${mode}_a_second_run_on_all_photos_plans_nothing" twice "$mode"
    rm -rf "all-$mode"
done

renamed_twice() { # TEMPLATE...
    local template custom='rename.fields=place={country}/{city},who={creator}'
    for template in "$@"; do
        rm -rf named && cp -a "$photos" named && chmod -R u+w named && catalog=$work/named.db && rm -f "$catalog" || return 1
        exits 3 ours rename named --set "$custom" --template "$template" --apply || return 1
        [ "$(grep -c '^move ' exits.out)" -gt 800 ] || { tail exits.out; return 1; }
        exits 3 ours rename named --set "$custom" --template "$template" --exit-code && grep -q 'There is nothing to do' exits.out ||
            { echo "$template"; return 1; }
    done
}
check renamed_by_a_template_all_photos_keep_their_names_in_a_second_run renamed_twice \
    '{date:%Y}/{date:%Y-%m-%d_%H%M%S.%f}_{camera|make|"unknown"}_{counter:04}' \
    '{if rating>=4}best{else}rest{end}/{name:lower}_{width}x{height}_{hash}' \
    '{date:%Y/%m}/{seq:05}_{burst|title|"none"}.{ext}' '{title}{caption}{keywords}{lens}{creator}' \
    '{date:%y%j_%I%p_%b%a_%f}{if camera}_{camera:upper}{else}_{make|"x"}{end}_{format}_{iso:05}_{rating}' \
    '{title|name}_{model}_{city}_{country}_{label}_{burst|"none"}_{burst_index|counter}_{original}_{lat}_{lon}' \
    '{custom.place|"nowhere"}/{custom.who|"somebody"}/{exposure.f_number}_{exposure.time_s}_{keywords.0|"k"}_{hash.xxh3}'
check a_name_made_of_the_name_or_the_folder_before_stays_in_a_second_run renamed_twice \
    '{name}_{seq}' '{seq:04}{original}.{ext}' '{date:%Y}/{folder}/{name:upper}-{counter}' '{folder}_{name}' \
    '{folder:lower}/{width}x{height}'
# The journal is what tells.
renamed_below() {
    rm -rf below && mkdir -p below/Trip/a && catalog=$work/below.db || return 1
    cp "$jpeg" below/Trip/a/IMG_1.jpg && cp "$noted" below/Trip/IMG_2.jpg || return 1
    exits 0 ours rename below/Trip --template '{folder}/{name}_{seq}' --apply && [ -e below/Trip/a/IMG_1_1.jpg ] &&
        [ -e below/Trip/Trip/IMG_2_2.jpg ] || { ls -R below; return 1; }
    exits 0 ours rename below/Trip --template '{folder}/{name}_{seq}' --exit-code || return 1
    rm -f "$catalog" && exits 0 ours rename below/Trip --template '{folder}/{name}_{seq}' --exit-code || return 1
    # undone, the names are the camera's again
    exits 0 ours undo --root below/Trip && exits 4 ours rename below/Trip --template '{folder}/{name}_{seq}' --exit-code
}
check what_a_name_was_made_of_is_known_until_that_is_undone renamed_below
rm -rf named below

# ---- what is not written into ----

refused() {
    fresh refused "$photos"/heif/pillow_heif/L_exif_xmp_iptc.heic "$photos"/avif/exifr/Irvine_CA.avif \
        "$photos"/jxl/testdata/1x1_exif_xmp.jxl || return 1
    fingerprint refused >refused.before
    exits 0 ours tag refused --mode embed --keywords sea --apply || return 1
    for format in heic avif jxl; do
        grep -q "nothing is written into $format files; --mode auto writes it into an XMP file beside" exits.out ||
            { cat exits.out; return 1; }
    done
    grep -q '3 not tagged, each with its reason' exits.out && fingerprint refused | cmp refused.before - || return 1
    exits 0 ours tag refused --keywords sea --apply && grep -q 'beside the photo: nothing is written into heic files' exits.out &&
        grep -q 'Undo with' exits.out && [ "$(ls refused/*.xmp | wc -l)" -eq 3 ] || { cat exits.out; return 1; }
    is "$(value XMP-dc:Subject refused/Irvine_CA.avif.xmp)" sea || return 1
    exits 0 ours undo && fingerprint refused | cmp refused.before -
}
check heic_avif_and_jxl_are_refused_with_the_reason_or_get_a_sidecar refused

old_names() {
    fresh names "$photos"/raw/imagemeta/CRW.CRW "$jpeg" || return 1
    fingerprint names >names.before
    exits 0 ours rename names --template '{date:%Y}_{seq}' --keep-original-name --apply || return 1
    is "$(value XMP-xmpMM:PreservedFileName names/*.crw.xmp)" CRW.CRW &&
        is "$(value XMP-xmpMM:PreservedFileName names/*.jpg)" dsc_09827.jpg || return 1
    exits 0 ours rename names --template '{date:%Y}_{seq}' --keep-original-name --exit-code || return 1
    exits 0 ours rename names --template '{original}' --apply && [ -e names/CRW.crw.xmp ] && [ -e names/dsc_09827.jpg ] ||
        { ls names; return 1; }
    exits 0 ours undo && exits 0 ours undo && fingerprint names | cmp names.before -
}
check the_old_name_of_a_raw_file_is_kept_beside_it old_names

# ---- models' keywords ----

detected() { # COMMAND...
    "$imgengine" --catalog "$catalog" --config ml.yaml "$@" 2>/dev/null
}
cat >ml.yaml <<YAML
analysis:
  ml_analysis: true
  ml_models:
    runtime: ${IMGENGINE_TEST_ONNXRUNTIME:-}
    custom_models:
      - {name: fastestdet, path: $data/models/FastestDet.onnx}
    object_detection: fastestdet
YAML
models_keywords() { # MODE
    fresh "ai-$1" "$photos/ml/azure-cognitive/dog.jpg" "$photos/ml/scikit-image/chelsea.png" || return 1
    local dog=ai-$1/dog.jpg cat=ai-$1/chelsea.png
    [ "$1" = sidecar ] && dog=$dog.xmp cat=$cat.xmp
    # what a person wrote before stays a person's, also where the model says the same
    exits 0 ours tag "ai-$1/chelsea.png" --mode "$1" --keywords cat,Chelsea --apply || return 1
    fingerprint "ai-$1" >ai.before
    detected tag "ai-$1" --mode "$1" --apply >ai.out || return 1
    is "$(value XMP-dc:Subject "$dog" | cut -d/ -f1)" dog && is "$(value XMP-dc:Subject "$cat")" cat/Chelsea || return 1
    value XMP-imgengine:GeneratedKeywords "$dog" | grep -qE '^dog\|0\.[0-9]{3}\|fastestdet\|[0-9a-f]{16}(; |$)' ||
        { value XMP-imgengine:GeneratedKeywords "$dog"; return 1; }
    is "$(value XMP-imgengine:GeneratedKeywords "$cat")" '' || return 1
    detected tag "ai-$1" --mode "$1" | grep -q 'There is nothing to do' || return 1
    # the person edits: adds, and changes a text
    exiftool -q -overwrite_original -XMP-dc:Subject+=Rex -XMP-dc:Title='My dog' -XMP-photoshop:City=Bonn "$dog" || return 1
    exits 0 ours untag "ai-$1" --ai --mode "$1" || return 1
    grep -q -- '-dog' exits.out && ! grep -q -- '-Rex\|-cat\|-Chelsea' exits.out || { cat exits.out; return 1; }
    fingerprint "ai-$1" >ai.edited
    exits 0 ours untag "ai-$1" --ai --mode "$1" --apply || return 1
    is "$(value XMP-dc:Subject "$dog")" Rex && is "$(value XMP-dc:Title "$dog")" 'My dog' &&
        is "$(value XMP-photoshop:City "$dog")" Bonn && is "$(value XMP-dc:Subject "$cat")" cat/Chelsea &&
        is "$(value XMP-imgengine:GeneratedKeywords "$dog")" '' || return 1
    exits 0 ours untag "ai-$1" --ai --mode "$1" --exit-code || return 1
    exits 0 ours undo && fingerprint "ai-$1" | cmp ai.edited -
}
if [ -n "${IMGENGINE_TEST_ONNXRUNTIME:-}" ] && [ -e "$data/models/FastestDet.onnx" ]; then
    check models_keywords_in_the_photo_come_with_model_version_and_confidence_and_go_alone models_keywords embed
    check models_keywords_in_a_sidecar_come_and_go_alone models_keywords sidecar
else
    skip "models_keywords_come_and_go_alone: IMGENGINE_TEST_ONNXRUNTIME or the model is missing"
fi

# ---- places ----

near() { awk -v a="$1" -v b="$2" 'BEGIN {exit !(a - b < 1e-5 && b - a < 1e-5)}' || { echo "$1 is not $2"; return 1; }; }
at() { # FILE LAT LON
    near "$(value Composite:GPSLatitude "$1")" "$2" && near "$(value Composite:GPSLongitude "$1")" "$3"
}
places() {
    fresh places "$photos/ml/azure-cognitive/dog.jpg" "$photos/ml/scikit-image/chelsea.png" "$photos/ml/caffe/cat.jpg" || return 1
    exiftool -q -overwrite_original -EXIF:DateTimeOriginal='2023:07:14 11:12:33' places/dog.jpg places/cat.jpg || return 1
    fingerprint places >places.before
    # a sidecar's place goes into the photo
    exiftool -q -o places/dog.jpg.xmp -XMP-exif:GPSLatitude=59.9139 -XMP-exif:GPSLongitude=-10.7522 -XMP-exif:GPSAltitude=12.5 ||
        return 1
    exits 0 ours tag places --gps-from sidecar --apply && at places/dog.jpg 59.9139 -10.7522 &&
        near "$(value Composite:GPSAltitude places/dog.jpg)" 12.5 || return 1
    exits 0 ours tag places --gps-from sidecar --exit-code && is "$(value Composite:GPSLatitude places/cat.jpg)" '' || return 1
    exits 0 ours undo && rm places/dog.jpg.xmp && fingerprint places | cmp places.before - || return 1
    # a track: the camera's clock was two hours and 30 s ahead
    cat >track.gpx <<GPX
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="10" lon="20"><ele>100</ele><time>2023-07-14T09:12:00Z</time></trkpt>
<trkpt lat="11" lon="22"><ele>200</ele><time>2023-07-14T09:12:10Z</time></trkpt></trkseg></trk></gpx>
GPX
    exits 0 ours tag places --gpx track.gpx --clock-offset +02:00:30 --apply || return 1
    at places/dog.jpg 10.3 20.6 && near "$(value Composite:GPSAltitude places/dog.jpg)" 130 &&
        is "$(value Composite:GPSLatitude places/chelsea.png)" '' || return 1
    exits 0 ours tag places --gpx track.gpx --clock-offset +02:00:30 --exit-code || return 1
    exits 0 ours tag places --gpx track.gpx --clock-offset +02:00:30 -v && exits 0 ours undo || return 1
    exits 0 ours tag places --gpx track.gpx -v && grep -q 'give it with --clock-offset' exits.out || { cat exits.out; return 1; }
    # lists
    printf 'lon,file,lat\n-3.5,dog.jpg,40.25\n' >list.csv
    exits 0 ours tag places --gps-from list.csv --apply && at places/dog.jpg 40.25 -3.5 && exits 0 ours undo || return 1
    echo '[{"file": "chelsea.png", "lat": -40.25, "lon": 3.5, "alt": 7}]' >list.json
    exits 0 ours tag places --gps-from list.json --apply && at places/chelsea.png -40.25 3.5 && exits 0 ours undo || return 1
    fingerprint places | cmp places.before -
}
check places_come_from_sidecars_tracks_and_lists places

# ---- IPTC ----

digests() {
    fresh iptc "$jpeg" "$noted" || return 1
    cp "$photos/tiff/exifr/tif-with-iptc-icc-xmp.tif" iptc/c.tif && chmod u+w iptc/* || return 1
    exiftool -q -q -overwrite_original -XMP-dc:Subject=cat -IPTC:Keywords=cat -IPTC:ObjectName=Old -IPTC:City=Tromsø iptc/* || return 1
    exiftool -q -q -overwrite_original -IPTCDigest=new iptc/*.jpg iptc/*.tif || return 1
    exits 0 ours tag iptc --mode embed --keywords sea --title Træna --apply || return 1
    for file in iptc/*; do
        is "$(value IPTC:ObjectName "$file")" Træna && value IPTC:Keywords "$file" | grep -q 'cat/sea$' || return 1
        [ -n "$(value Photoshop:IPTCDigest "$file")" ] &&
            is "$(value Photoshop:IPTCDigest "$file")" "$(value File:CurrentIPTCDigest "$file")" ||
            { echo "$file: the digest is not current"; return 1; }
    done
}
check the_digest_of_iptc_follows_what_is_written digests

exit "$failures"
