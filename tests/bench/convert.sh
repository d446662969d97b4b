#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# CPU ms a photo of conversions, to libjpeg-turbo, to the vips command and to ImageMagick, as far as installed:
#   [PAIRS="jpg:jpeg tif:jpeg jpg:png:png[compression=1,filter=all]"] [MAGICK=no] tests/bench/convert.sh FOLDER [ROUNDS] [BUILD] [PHOTOS]
# A pair's third part is how vips writes, its own settings if there is none; MAGICK=no leaves ImageMagick out.
# FOLDER has JPEGs of a camera; PHOTOS (6) of them are taken, and converted by vips into the other sources. Interleaved, page
# cache warm, one thread, medians. Ours counts wholly: starting, looking, converting, metadata, the proof that the new file
# shows the same picture (a decode of it, and SSIM), journal. The others start once a photo and prove nothing.
set -eu
folder=$1 rounds=${2:-5}
here=$(cd "$(dirname "$0")/../.." && pwd)
build=${3:-$here/build} count=${4:-6}
ninja -C "$build" imgengine tests/bench/bench_convert >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME=$work/data VIPS_CONCURRENCY=1 MAGICK_THREAD_LIMIT=1 OMP_NUM_THREADS=1
mapfile -t files < <(find "$folder" -name .imgengine -prune -o -type f -iname '*.jpg' -print | sort | head -n "$count")
count=${#files[@]}
mkdir "$work/jpg"
for i in "${!files[@]}"; do # without metadata: made-up photos have such as nobody would carry over
    exiftool -q -all= -o "$work/jpg/$i.jpg" "${files[$i]}"
done
magick=$(command -v magick || command -v convert || true)
[ "${MAGICK-}" = no ] && magick=

source_of() { # KIND: a folder of them
    [ -d "$work/$1" ] && return
    mkdir "$work/$1"
    for file in "$work"/jpg/*; do vips ${3:-copy} "$file" "$work/$1/$(basename "$file" .jpg).$1$2" ${4:-}; done
}
cpu() { # COMMAND...: seconds of user and system
    { /usr/bin/env time -f '%U %S' "$@" >"$work/out" 2>&1; } 2>&1 || { cat "$work/out" >&2; exit 1; }
    tail -1 "$work/out" | awk '{print $1 + $2}'
}
ours() { # FROM TO
    rm -rf "$work/to"
    cpu "$build"/imgengine --catalog '' -q -j 1 convert "$work/$1" --from "${names[$1]}" --to "$2" --quality 92 --output "$work/to" --apply
    [ "$(find "$work/to" -type f -name "*.${ends[$2]}" | wc -l)" = "$count" ] || { echo "ours: $1 to $2 failed" >&2; exit 1; }
}
by_vips() { # FROM TO SUFFIX
    rm -rf "$work/to"; mkdir "$work/to"
    cpu sh -c 'for f in "$0"/*; do vips copy "$f" "$1/$(basename "$f").$2"; done' "$work/$1" "$work/to" "$3"
}
by_magick() { # FROM TO
    [ -n "$magick" ] || { echo nan; return; }
    rm -rf "$work/to"; mkdir "$work/to"
    cpu sh -c 'for f in "$0"/*; do "$3" "$f" -quality 92 "$1/$(basename "$f").$2"; done' "$work/$1" "$work/to" "${ends[$2]}" "$magick"
}
declare -A names=([jpg]=jpeg [png]=png [heic]=heic [tif]=tiff [webp]=webp [avif]=avif [jxl]=jxl)
declare -A ends=([jpeg]=jpg [png]=png [webp]=webp [tiff]=tif [avif]=avif [jxl]=jxl)
# libvips' own settings where it has such (PNG 6 without filters, WebP effort 4, ...); its AVIFs would be 4:4:4 from quality 90 on
declare -A same=([jpeg]='jpg[Q=92]' [png]='png' [webp]='webp[Q=92]' [tiff]='tif' [avif]='avif[Q=92,subsample_mode=on]'
    [jxl]='jxl[Q=92]')
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

printf '%s photos, %s rounds, medians, %s cores\n\n' "$count" "$rounds" "$(nproc)"
"$build"/tests/bench/bench_convert 92 "$rounds" "$work"/jpg/* >"$work/inside"
column() { cut -d' ' -f"$1" "$work/inside" | median; }
ratio() { awk -v n="$1" '{print $n / $1}' "$work/inside" | median; }
printf '| JPEG to JPEG, in one process | CPU ms a photo | to libjpeg-turbo |\n|---|---|---|\n'
printf '| libjpeg-turbo, decode and encode | %.1f | 1.00 |\n' "$(column 1)"
printf '| the same with tables made for the picture | %.1f | %.2f |\n' "$(column 2)" "$(ratio 2)"
printf '| ours | %.1f | %.2f |\n' "$(column 3)" "$(ratio 3)"
printf '| ours, the proof beside | %.1f | %.2f |\n\n' "$(column 4)" "$(ratio 4)"

printf '| whole commands | ours | vips | ImageMagick | ours to vips | ImageMagick to ours | size, ours to vips |\n|---|---|---|---|---|---|---|\n'
size_of() { find "$work/to" -type f -name "*.$1" -printf '%s\n' | awk '{s += $1} END {print s}'; }
for pair in ${PAIRS:-jpg:jpeg jpg:png jpg:webp jpg:tiff png:jpeg tif:jpeg heic:jpeg}; do
    IFS=: read -r from to other <<<"$pair"
    case $from in png) source_of png '[compression=6]' ;; tif) source_of tif '[compression=deflate]' ;; heic) source_of heic '[Q=90,effort=0]' resize 0.5 ;;
        webp) source_of webp '[Q=92,effort=2]' ;; avif) source_of avif '[Q=80,effort=0]' ;; jxl) source_of jxl '[effort=3]' ;; esac
    [ "$to" = jpeg ] && [ "$from" = jpg ] && export IMGENGINE_CONVERT_RECOMPRESS=true || unset IMGENGINE_CONVERT_RECOMPRESS
    : >"$work/rounds"
    for ((round = 0; round <= rounds; round++)); do # round 0 warms the page cache
        a=$(ours "$from" "$to")
        a_size=$(size_of "${ends[$to]}")
        b=$(by_vips "$from" "$to" "${other:-${same[$to]}}")
        b_size=$(size_of "${ends[$to]}")
        c=$(by_magick "$from" "$to")
        line="$a $b $c"
        [ "$round" -gt 0 ] && echo "$line" >>"$work/rounds"
    done
    one() { awk -v n="$count" "{print $1}" "$work/rounds" | median; }
    printf '| %s to %s%s | %.0f | %.0f | %.0f | %.2f | %.2f | %.2f |\n' "$from" "$to" "${other:+ ($other)}" "$(one '1000 * $1 / n')" "$(one '1000 * $2 / n')" \
        "$(one '1000 * $3 / n')" "$(one '$1 / $2')" "$(one '$3 / $1')" "$(awk -v a="$a_size" -v b="$b_size" 'BEGIN {print a / b}')"
done
