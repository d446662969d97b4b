#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Throughput of `analyze` on a folder of photos, for instance the benchmark corpus:
#   tests/bench/analyze.sh CORPUS [ROUNDS]
# Runs the cases interleaved, warm, without a catalog, and prints medians: photos a second, CPU ms a photo, peak memory.
# With PEERS=1 exiftool and exiv2 run beside ours, as far as they are installed.
set -eu
corpus=$1 rounds=${2:-5}
here=$(cd "$(dirname "$0")/../.." && pwd)
ours="'$here/build/imgengine' --catalog '' -q"
count=$(find "$corpus" -name .imgengine -prune -o -type f -print | wc -l)
names=() commands=()
add() { names+=("$1"); commands+=("$2"); }
add 'metadata, 1 thread' "$ours -j 1 analyze --only metadata --json '$corpus'"
add 'metadata, all threads' "$ours analyze --only metadata --json '$corpus'"
add 'hashes, 1 thread' "$ours -j 1 analyze --only hashes --json '$corpus'"
add 'everything, 1 thread' "$ours -j 1 analyze --json '$corpus'"
add 'everything, all threads' "$ours analyze --json '$corpus'"
if [ -n "${PEERS:-}" ]; then
    command -v exiftool >/dev/null && add 'exiftool -j -n -fast2' "exiftool -j -n -fast2 -r '$corpus'"
    command -v exiv2 >/dev/null && add 'exiv2 -PEXIkt' "find '$corpus' -name '*.jpg' -print0 | xargs -0 exiv2 -q -PEXIkt"
fi
results=$(mktemp)
trap 'rm -f "$results"' EXIT
for ((round = 0; round <= rounds; round++)); do
    for i in "${!names[@]}"; do
        code=0
        # %e wall s, %U user s, %S system s, %M KB; round 0 warms the page cache and does not count
        /usr/bin/env time -f "$round $i %e %U %S %M" -o "$results" -a sh -c "${commands[$i]}" >/dev/null 2>&1 || code=$?
        # 3: some photos have faults. Anything else measured nothing.
        [ "${code:-0}" -eq 0 ] || [ "$code" -eq 3 ] || { echo "exit $code: ${commands[$i]}" >&2; exit 1; }
    done
done
printf '%s photos, %s rounds, medians, %s cores\n\n' "$count" "$rounds" "$(nproc)"
printf '| case | photos/s | CPU ms a photo | peak MB |\n|---|---|---|---|\n'
for i in "${!names[@]}"; do
    awk -v i="$i" 'NF == 6 && $1 > 0 && $2 == i {print $3, $4 + $5, $6}' "$results" | sort -n |
        awk -v n="$count" -v name="${names[$i]}" '{w[NR] = $1; c[NR] = $2; m[NR] = $3}
            END {h = int((NR + 1) / 2); printf "| %s | %.0f | %.2f | %.0f |\n", name, n / (w[h] > 0 ? w[h] : 0.001), 1000 * c[h] / n, m[h] / 1024}'
done
