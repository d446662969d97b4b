#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# CPU seconds of the near-duplicate search over a million hashes, radius 4, 8 and 10; classes of equal hashes included:
#   tests/bench/hamming.sh [ROUNDS] [BUILD] [PROTOTYPE.c]
# With a prototype (a C file that takes COUNT RADIUS rand mih4), both interleaved and the ratio.
set -eu
rounds=${1:-5}
here=$(cd "$(dirname "$0")/../.." && pwd)
build=${2:-$here/build} prototype=${3:-}
ninja -C "$build" tests/bench/bench_hamming >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ -z "$prototype" ] || cc -O3 -march=native -w -o "$work/prototype" "$prototype" -lm
printf '| radius | seconds | search alone | prototype | ratio |\n|---|---|---|---|---|\n'
for radius in 4 8 10; do
    for ((round = 0; round < rounds; round++)); do
        ours=$("$build"/tests/bench/bench_hamming 1000000 "$radius" | sed -E 's/.*search ([0-9.]+) s, together ([0-9.]+) s.*/\2 \1/')
        theirs=0
        [ -z "$prototype" ] || theirs=$("$work/prototype" 1000000 "$radius" rand mih4 | sed -E 's/.*cpu ([0-9.]+) s.*/\1/')
        echo "$ours $theirs"
    done | awk -v radius="$radius" '
        function median(v, n,   i, j, t) { for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (v[j] < v[i]) {t = v[i]; v[i] = v[j]; v[j] = t}; return v[int((n + 1) / 2)] }
        {whole[NR] = $1; search[NR] = $2; other[NR] = $3; ratio[NR] = $3 > 0 ? $1 / $3 : 0}
        END {printf("| %s | %.3f | %.3f | %s |\n", radius, median(whole, NR), median(search, NR),
                median(other, NR) > 0 ? sprintf("%.3f | %.2f", median(other, NR), median(ratio, NR)) : "not given | ")}'
done
