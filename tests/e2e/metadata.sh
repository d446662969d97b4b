#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What other programs write, read through the command line: fields as digiKam, Lightroom, Immich, Windows and picture
# agencies set them, written by the real exiftool into copies of a made photo, and read back by ours, exiftool and exiv2.
#   metadata.sh IMGENGINE MAKE_LIBRARY
imgengine=$(realpath "$1") make_library=$(realpath "$2")
# shellcheck source=tests/e2e/checks.sh
. "$(dirname "$(realpath "$0")")/checks.sh"
if ! command -v exiftool >/dev/null || ! command -v exiv2 >/dev/null; then
    skip what_other_programs_write_because_exiftool_or_exiv2_is_not_installed
    exit 0
fi
"$make_library" lib || exit 1
# A JPEG, a PNG and a WebP without metadata; formats are told by content.
"$imgengine" --catalog '' analyze lib --only metadata --json 2>/dev/null | jq -r '.format + "\t" + .path' >formats
mkdir plain
for format in jpeg png webp; do
    path=$(awk -F'\t' -v format="$format" '$1 == format {print $2; exit}' formats)
    [ -n "$path" ] && cp "$path" "plain/photo.$format" && exiftool -q -overwrite_original -all= "plain/photo.$format"
done
[ -e plain/photo.jpeg ] || { echo "no JPEG to write into"; exit 1; }

# fresh NAME: a folder with the plain photos
fresh() { rm -rf "$1" && cp -a plain "$1"; }
record() { "$imgengine" --catalog '' analyze "$1" --only metadata --json 2>/dev/null; }
# reads FILE FILTER EXPECTED: the record's metadata through a jq filter, as compact JSON
reads() {
    local got
    got=$(record "$1" | jq -cS ".metadata | $2")
    [ "$got" = "$3" ] || { echo "$1: $2"; echo "expected $3"; echo "got      $got"; return 1; }
}
# agree FILE OURS EXIFTOOL_TAG: the same words by ours and by exiftool
agree() {
    local ours theirs
    ours=$(record "$1" | jq -r ".metadata | $2")
    theirs=$(exiftool -s3 -n -sep '|' "-$3" "$1")
    [ "$ours" = "$theirs" ] || { echo "$1: ours '$ours', exiftool's $3 '$theirs'"; return 1; }
}
# agree_exiv2 FILE OURS KEY: and by exiv2
agree_exiv2() {
    local ours theirs
    ours=$(record "$1" | jq -r ".metadata | $2")
    theirs=$(exiv2 -Pv -K "$3" "$1" 2>/dev/null | sed 's/^lang="[^"]*" //')
    [ "$ours" = "$theirs" ] || { echo "$1: ours '$ours', exiv2's $3 '$theirs'"; return 1; }
}

digikam() {
    fresh digikam
    exiftool -q -overwrite_original -XMP-dc:Subject=Oslo -XMP-dc:Subject=boat -XMP-digiKam:TagsList=Places/Norway/Oslo \
        -XMP-digiKam:TagsList=boat -XMP-lr:HierarchicalSubject='Places|Norway|Oslo' -XMP-lr:HierarchicalSubject=boat \
        -XMP-microsoft:LastKeywordXMP=Places/Norway/Oslo -XMP-xmp:Rating=4 -XMP-microsoft:RatingPercent=75 \
        -XMP-digiKam:ColorLabel=2 -XMP-digiKam:PickLabel=3 -XMP-dc:Description='Båten ved kaia' -XMP-dc:Title=Båt \
        -EXIF:ImageDescription='Båten ved kaia' -EXIF:UserComment='Båten ved kaia' -EXIF:DateTimeOriginal='2023:07:14 09:12:33' \
        -XMP-mwg-rs:RegionInfo='{AppliedToDimensions={W=100,H=80,Unit=pixel},RegionList=[{Name=Ann,Type=Face,Area={X=0.5,Y=0.4,W=0.2,H=0.3,Unit=normalized}}]}' \
        digikam/* || return 1
    for file in digikam/*; do
        reads "$file" '[.keywords, .hierarchy, .rating, .label, .title, .caption, .comment, .people]' \
            '[["Oslo","boat"],["Places|Norway|Oslo"],4,"Orange","Båt","Båten ved kaia","Båten ved kaia",["Ann"]]' || return 1
        reads "$file" '.regions' '[{"box":[0.4,0.25,0.6,0.55],"name":"Ann","type":"Face"}]' || return 1
        reads "$file" '.captured.local' '"2023-07-14T09:12:33"' || return 1
        agree "$file" '.keywords | join("|")' XMP-dc:Subject && agree "$file" .rating XMP-xmp:Rating &&
            agree "$file" .caption EXIF:ImageDescription && agree "$file" .title XMP-dc:Title &&
            agree_exiv2 "$file" .title Xmp.dc.title && agree_exiv2 "$file" .rating Xmp.xmp.Rating || return 1
    done
}
check what_digikam_writes_is_read digikam

lightroom() {
    fresh lightroom
    exiftool -q -overwrite_original -EXIF:DateTimeOriginal='2024:02:29 23:59:59' -EXIF:SubSecTimeOriginal=87 \
        -EXIF:OffsetTimeOriginal=+05:45 -EXIF:OffsetTime=+01:00 -EXIF:Make=Canon -EXIF:Model='Canon EOS R5' \
        -EXIF:LensModel='RF24-70mm F2.8 L IS USM' -EXIF:LensInfo='24 70 2.8 2.8' -EXIF:LensMake=Canon -EXIF:SerialNumber=0420 \
        -EXIF:ExposureTime=1/250 -EXIF:FNumber=2.8 -EXIF:ISO=400 -EXIF:FocalLength=50 -EXIF:FocalLengthIn35mmFormat=50 -EXIF:Flash#=16 \
        -EXIF:ExposureCompensation=-0.67 -EXIF:MeteringMode#=5 -EXIF:WhiteBalance#=1 -EXIF:Software='Adobe Lightroom 13' \
        -EXIF:Artist='Ann Berg' -EXIF:Copyright='© Ann Berg' -EXIF:ImageUniqueID=0123456789abcdef0123456789abcdef \
        -EXIF:GPSLatitude=27.7172453 -EXIF:GPSLatitudeRef=N -EXIF:GPSLongitude=85.3239605 -EXIF:GPSLongitudeRef=E \
        -EXIF:GPSAltitude=1400.5 -EXIF:GPSAltitudeRef#=0 -XMP-xmp:Rating=-1 -XMP-xmp:Label=Red -XMP-dc:Subject=temple \
        -XMP-lr:HierarchicalSubject='Nepal|Kathmandu|temple' -XMP-photoshop:City=Kathmandu -XMP-photoshop:State=Bagmati \
        -XMP-photoshop:Country=Nepal -XMP-crs:HasSettings=True -XMP-crs:AlreadyApplied=True -XMP-xmpMM:PreservedFileName=_R5A0001.CR3 \
        lightroom/* || return 1
    for file in lightroom/*; do
        reads "$file" '[.captured.local, .captured.offset, .captured.source, .captured.confidence]' \
            '["2024-02-29T23:59:59.87","+05:45","exif",1]' || return 1
        reads "$file" .camera '{"lens":"RF24-70mm F2.8 L IS USM","lens_make":"Canon","lens_max_mm":70,"lens_min_mm":24,"make":"Canon","model":"Canon EOS R5","serial":"0420"}' || return 1
        reads "$file" '.exposure | del(.bias_ev)' '{"f_number":2.8,"flash":false,"focal_length_35mm":50,"focal_length_mm":50,"iso":400,"metering":"pattern","time_s":0.004,"white_balance":"manual"}' || return 1
        reads "$file" '.exposure.bias_ev * 100 | round' -67 || return 1
        reads "$file" '[.gps.latitude, .gps.longitude | . * 1e5 | round]' '[2771725,8532396]' || return 1
        reads "$file" '[.gps.altitude_m, .rating, .label, .edited, .original_name]' '[1400.5,-1,"Red",true,"_R5A0001.CR3"]' || return 1
        reads "$file" '[.hierarchy, .location, .creator, .copyright, .software, .unique_id]' \
            '[["Nepal|Kathmandu|temple"],{"city":"Kathmandu","country":"Nepal","state":"Bagmati"},"Ann Berg","© Ann Berg","Adobe Lightroom 13","0123456789abcdef0123456789abcdef"]' || return 1
        agree "$file" .camera.lens EXIF:LensModel && agree "$file" .exposure.f_number EXIF:FNumber &&
            agree_exiv2 "$file" .camera.model Exif.Image.Model && agree_exiv2 "$file" .label Xmp.xmp.Label || return 1
    done
}
check what_lightroom_writes_is_read lightroom

# Immich leaves the photo alone and writes NAME.jpg.xmp beside it.
immich() {
    fresh immich
    exiftool -q -overwrite_original -EXIF:DateTimeOriginal='2020:01:02 03:04:05' -XMP-xmp:Rating=2 immich/photo.jpeg || return 1
    exiftool -q -o immich/photo.jpeg.xmp -XMP-dc:Description='by the sea' -XMP-exif:DateTimeOriginal='2021:06:07 08:09:10+02:00' \
        -XMP-exif:GPSLatitude=59.9139 -XMP-exif:GPSLongitude=10.7522 -XMP-xmp:Rating=5 -XMP-digiKam:TagsList=Trips/Oslo \
        -XMP-dc:Subject=Oslo || return 1
    exiftool -q -o immich/photo.xmp -XMP-dc:Description='the wrong one' || return 1
    reads immich/photo.jpeg '[.caption, .rating, .keywords, .hierarchy, .captured.local]' \
        '["by the sea",5,["Oslo"],["Trips|Oslo"],"2020-01-02T03:04:05"]' || return 1
    reads immich/photo.jpeg '[.gps.latitude, .gps.longitude | . * 1e4 | round]' '[599139,107522]' || return 1
    reads immich/photo.jpeg '.conflicts | map(select(startswith("rating"))) | length' 1 || return 1
    reads immich/photo.jpeg '.conflicts | map(select(startswith("captured")))' \
        '["captured: 2020-01-02T03:04:05 in the file, 2021-06-07T08:09:10 in photo.jpeg.xmp; analysis.metadata.date_order decides"]' || return 1
    local got
    got=$("$imgengine" --catalog '' --set analysis.metadata.prefer=file,rating=file analyze immich/photo.jpeg --only metadata --json |
        jq -c '.metadata.rating')
    [ "$got" = 2 ] || { echo "the stated winner lost: $got"; return 1; }
}
check what_immich_writes_beside_a_photo_is_read immich

windows() {
    fresh windows
    exiftool -q -overwrite_original -XPTitle='Ferie på sjøen' -XPComment='en bemerkning' -XPAuthor='Kari' -XPKeywords='sjø;båt' \
        -EXIF:RatingPercent=75 windows/photo.jpeg || return 1
    reads windows/photo.jpeg '[.title, .comment, .creator, .keywords, .rating]' '["Ferie på sjøen","en bemerkning","Kari",["sjø","båt"],4]'
    fresh windows
    exiftool -q -overwrite_original -XMP-MP:RegionPersonDisplayName=Ann -XMP-MP:RegionRectangle='0.1, 0.2, 0.3, 0.4' \
        -XMP-microsoft:RatingPercent=99 windows/* || return 1
    for file in windows/*; do
        reads "$file" '[.people, .rating, .regions[0].box]' '[["Ann"],5,[0.1,0.2,0.4,0.6]]' || return 1
    done
}
check what_windows_writes_is_read windows

# Photo Mechanic and its kin: IPTC, in step with XMP, then changed by a program that knows IPTC only.
agency() {
    fresh agency
    local long='A caption that the agency wrote'
    exiftool -q -overwrite_original -IPTC:CodedCharacterSet=UTF8 -IPTC:ObjectName=Træna -IPTC:Caption-Abstract="$long" \
        -IPTC:Keywords=fish -IPTC:By-line='Ann Berg' -IPTC:City=Træna -IPTC:Province-State=Nordland \
        -IPTC:Country-PrimaryLocationName=Norge -IPTC:CopyrightNotice='© AP' -IPTC:DateCreated=2023:07:14 \
        -IPTC:TimeCreated=09:12:33+02:00 -XMP-dc:Description='an older caption' -XMP-photoshop:DateCreated='2019:01:01 00:00:01' \
        -IPTCDigest=new agency/photo.jpeg || return 1
    reads agency/photo.jpeg '[.title, .caption, .keywords, .creator, .location, .copyright]' \
        '["Træna","an older caption",["fish"],"Ann Berg",{"city":"Træna","country":"Norge","state":"Nordland"},"© AP"]' || return 1
    reads agency/photo.jpeg '[.captured.local, .captured.source]' '["2019-01-01T00:00:01","xmp"]' || return 1
    exiftool -q -overwrite_original -IPTCDigest=00112233445566778899aabbccddeeff agency/photo.jpeg || return 1
    reads agency/photo.jpeg '[.caption, .captured.local, .captured.offset, .captured.source]' \
        "[\"$long\",\"2023-07-14T09:12:33\",\"+02:00\",\"iptc\"]" || return 1
    local mwg
    mwg=$(exiftool -use MWG -s3 -MWG:Description agency/photo.jpeg)
    [ "$mwg" = "$long" ] || { echo "exiftool reads $mwg"; return 1; }
    exiftool -q -overwrite_original -charset iptc=latin1 -IPTC:CodedCharacterSet= -IPTC:City='Tromsø' agency/photo.jpeg || return 1
    reads agency/photo.jpeg .location.city '"Tromsø"'
}
check what_agencies_write_is_read_and_the_stored_digest_decides agency

hostile_places() {
    fresh places
    local at=0 file
    for file in "-GPSLatitude=59.5 -GPSLongitude=10.5" "-GPSLatitude=59.5 -GPSLatitudeRef=N" \
        "-GPSLongitude=10.5 -GPSLongitudeRef=E" "-GPSLatitude=95 -GPSLatitudeRef=N -GPSLongitude=10 -GPSLongitudeRef=E" \
        "-GPSLatitude=59 -GPSLatitudeRef=N -GPSLongitude=190 -GPSLongitudeRef=W"; do
        at=$((at + 1))
        cp plain/photo.jpeg "places/$at.jpg"
        # shellcheck disable=SC2086
        exiftool -q -n -overwrite_original $file "places/$at.jpg" || return 1
        reads "places/$at.jpg" '.gps.latitude' null || return 1
        record "places/$at.jpg" | jq -e '.faults[0].code == "gps" and (.faults[0].text | length) > 20' >/dev/null || return 1
    done
}
check a_position_without_sense_is_none_and_says_why hostile_places

exit "$failures"
