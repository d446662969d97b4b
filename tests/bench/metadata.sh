#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Reading metadata, warm cache: ours beside exiftool, exiv2 and Pillow, one process each over all files, in turns;
# prints the median seconds and photos a second of each.   metadata.sh BUILD FOLDER [ROUNDS]
set -u
build=$(cd "$1" && pwd) folder=$2 rounds=${3:-5}
list=$(mktemp)
trap 'rm -f "$list" "$list".*' EXIT
find "$folder" -type f \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.tif' -o -iname '*.heic' \) | sort >"$list"
count=$(wc -l <"$list")
run() { # NAME
    case $1 in
    imgengine-1) "$build/imgengine" analyze --only metadata --json -q -j1 --catalog '' --files-from "$list" ;;
    imgengine-all) "$build/imgengine" analyze --only metadata --json -q --catalog '' --files-from "$list" ;;
    exiftool) exiftool -j -n -fast2 -@ "$list" ;;
    exiv2) xargs -d '\n' exiv2 -q -Pkv <"$list" ;;
    pillow) python3 -c 'import sys
from PIL import Image
for name in open(sys.argv[1]):
    try:
        with Image.open(name[:-1]) as image:
            image.getexif().get_ifd(0x8769)
    except Exception:
        pass' "$list" ;;
    esac
}
names="imgengine-1 imgengine-all"
for tool in exiftool exiv2; do command -v "$tool" >/dev/null && names+=" $tool"; done
python3 -c 'import PIL' 2>/dev/null && names+=" pillow"
for name in $names; do run "$name" >/dev/null 2>&1; done
for _ in $(seq "$rounds"); do
    for name in $names; do
        begin=$EPOCHREALTIME
        run "$name" >/dev/null 2>&1
        echo "$begin $EPOCHREALTIME" >>"$list.$name"
    done
done
for name in $names; do
    awk '{print $2 - $1}' "$list.$name" | sort -n | awk -v name="$name" -v count="$count" \
        '{s[NR] = $1} END {m = s[int((NR + 1) / 2)]; printf "%-14s %8.3f s %10.0f photos/s\n", name, m, count / m}'
done
