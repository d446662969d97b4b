#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Reading metadata, warm cache: ours beside exiftool, exiv2 and Pillow, one process each over all files, in turns;
# prints the medians of each: seconds, photos a second, CPU ms a photo.   metadata.sh BUILD FOLDER [ROUNDS]
# PYTHON names a Python that has Pillow; python3 else.
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
    pillow) "${PYTHON:-python3}" -c 'import sys
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
"${PYTHON:-python3}" -c 'import PIL' 2>/dev/null && names+=" pillow"
for name in $names; do run "$name" >/dev/null 2>&1; done
for _ in $(seq "$rounds"); do
    for name in $names; do
        TIMEFORMAT='%R %U %S'
        { time run "$name" >/dev/null 2>&1; } 2>>"$list.$name"
    done
done
printf '%s files, %s rounds, medians, %s cores\n\n| | seconds | photos/s | CPU ms a photo |\n|---|---|---|---|\n' "$count" "$rounds" "$(nproc)"
for name in $names; do
    awk -v name="$name" -v count="$count" '
        function median(list, n,   i, j, t) {
            for (i = 1; i < n; i++) for (j = i + 1; j <= n; j++) if (list[j] < list[i]) {t = list[i]; list[i] = list[j]; list[j] = t}
            return list[int((n + 1) / 2)]
        }
        {wall[NR] = $1; cpu[NR] = $2 + $3}
        END {m = median(wall, NR)
             printf "| %s | %.3f | %.0f | %.3f |\n", name, m, count / (m > 0 ? m : 0.001), 1000 * median(cpu, NR) / count}' "$list.$name"
done
