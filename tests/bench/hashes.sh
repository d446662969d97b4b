#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# CPU ms a photo of the hashes, and of all that the pixels tell, to libjpeg-turbo's grey decode at 1/8 alone, for JPEGs:
#   tests/bench/hashes.sh FOLDER [ROUNDS] [BUILD]
# Interleaved, page cache warm, one thread, without a catalog; medians, and each round's ratio to turbo. `analyze` counts
# wholly: starting, reading the files, decoding, hashing, printing.
set -eu
folder=$1 rounds=${2:-7}
here=$(cd "$(dirname "$0")/../.." && pwd)
build=${3:-$here/build}
ninja -C "$build" imgengine tests/bench/bench_gray8 >/dev/null
mapfile -d '' -t files < <(find "$folder" -name .imgengine -prune -o -type f \( -iname '*.jpg' -o -iname '*.jpeg' \) -print0)
count=${#files[@]}
results=$(mktemp)
trap 'rm -f "$results"' EXIT
decode() { "$build"/tests/bench/bench_gray8 "$1" "${files[@]}" | cut -d' ' -f1; }
analyze() {
    local times
    times=$( { /usr/bin/env time -f '%U %S' "$build"/imgengine --catalog '' -q -j 1 analyze --only "$1" --json "$folder" >/dev/null; } 2>&1 | tail -1)
    awk -v n="$count" '{print 1000 * ($1 + $2) / n}' <<<"$times"
}
cases=('libjpeg-turbo, grey 1/8' 'DC decoder alone' 'analyze --only hashes' 'analyze --only hashes,metadata'
       'analyze --only hashes,quality,colors,metadata')
for ((round = 0; round <= rounds; round++)); do # round 0 warms the page cache
    echo "$round $(decode turbo) $(decode dc) $(analyze hashes) $(analyze hashes,metadata) $(analyze hashes,quality,colors,metadata)" >>"$results"
done
printf '%s photos, %s rounds, medians, %s cores\n\n| case | CPU ms a photo | to libjpeg-turbo |\n|---|---|---|\n' "$count" "$rounds" "$(nproc)"
for i in 0 1 2 3 4; do
    median() { awk -v c=$((i + 2)) "\$1 > 0 {print $1}" "$results" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
    printf '| %s | %.2f | %.3f |\n' "${cases[$i]}" "$(median '$c')" "$(median '$c / $2')"
done
