#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What removing duplicates costs, with proof, beside fclones:
#   tests/bench/dedupe.sh [--as-is] FOLDER [ROUNDS] [FCLONES]
# Makes a corpus in $TMPDIR from the files of FOLDER: each of them twice with other bytes, and a third of these once more
# under another name; or, as it is, a copy of FOLDER with the duplicates that are in it. Each case gets a fresh tree of hard links to it. Runs the cases interleaved, cold (the files are
# put out of the page cache by POSIX_FADV_DONTNEED, which needs no rights) and warm, and prints medians: seconds, CPU
# seconds, bytes asked of the kernel and bytes that came from the disk; then what applying costs beside the plan alone (the
# proof byte by byte, the journal, quarantine and syncs), and the ratio to fclones.
set -eu
as_is=
[ "${1:-}" != --as-is ] || { as_is=1; shift; }
folder=$1 rounds=${2:-3} fclones=${3:-$(command -v fclones || true)}
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/imgengine-dedupe.XXXXXX")
trap 'rm -rf "$work"' EXIT
master=$work/master results=$work/results
mkdir -p "$master/a" "$master/b"
n=0
[ -z "$as_is" ] || cp -a "$folder/." "$master/a"
while [ -z "$as_is" ] && IFS= read -r -d '' file; do
    for i in 1 2; do
        n=$((n + 1))
        cp "$file" "$master/a/$n.jpg"
        printf '%s' "$i" >>"$master/a/$n.jpg"
        [ $((n % 3)) -ne 0 ] || cp "$master/a/$n.jpg" "$master/b/copy of $n.jpg"
    done
done < <(find "$folder" -iname '*.jpg' -type f -print0 | sort -z)
sync
names=() commands=()
add() { names+=("$1"); commands+=("$2"); }
ours="'$here/build/imgengine' --catalog '' -q dedupe"
add 'imgengine dedupe: the plan alone' "$ours \"\$1\""
add 'imgengine dedupe --apply, with proof, journal and undo' "$ours --apply \"\$1\""
if [ -n "$fclones" ]; then
    add 'fclones group: the report alone' "'$fclones' group \"\$1\" >\"\$1.groups\""
    add 'fclones group, fclones remove' "'$fclones' group \"\$1\" >\"\$1.groups\" && '$fclones' remove <\"\$1.groups\""
fi
evict() { find "$master" -type f -exec sh -c 'for f; do dd of="$f" oflag=nocache conv=notrunc,fdatasync count=0 status=none </dev/null; done' sh {} +; }
for ((round = 0; round <= rounds; round++)); do
    for state in cold warm; do
        for i in "${!names[@]}"; do
            tree=$work/tree
            cp -al "$master" "$tree"
            sync
            if [ $state = cold ]; then evict; else find "$master" -type f -exec cat {} + >/dev/null; fi
            # The shell's own counters include those of the children that it waited for.
            sh -c '{ '"${commands[$i]}"'; } >/dev/null 2>"$1.err" || exit 1; cat /proc/$$/io >"$1.io"; times >"$1.times"' \
                sh "$tree" & pid=$!
            start=$(date +%s.%N)
            wait $pid || { cat "$tree.err" >&2; exit 1; }
            end=$(date +%s.%N)
            left=$(find "$tree" -name .imgengine -prune -o -type f -print | wc -l)
            awk -v r="$round" -v s=$state -v i="$i" -v start="$start" -v end="$end" -v left="$left" '
                FILENAME ~ /io$/ && $1 == "rchar:" {asked = $2}
                FILENAME ~ /io$/ && $1 == "read_bytes:" {disk = $2}
                FILENAME ~ /times$/ {for (k = 1; k <= 2; k++) {split($k, t, /[ms]/); cpu += 60 * t[1] + t[2]}}
                END {print r, s, i, end - start, cpu, asked, disk, left}' "$tree.io" "$tree.times" >>"$results"
            rm -rf "$tree" "$tree".*
        done
    done
done
printf '%s files, %s MB, %s rounds, medians, %s cores\n\n' "$(find "$master" -type f | wc -l)" "$(du -sm "$master" | cut -f1)" "$rounds" "$(nproc)"
printf '| | seconds | CPU s | MB asked for | MB from the disk | files left |\n|---|---|---|---|---|---|\n'
for state in cold warm; do
    for i in "${!names[@]}"; do
        awk -v s=$state -v i="$i" '$1 > 0 && $2 == s && $3 == i' "$results" | sort -n -k4 |
            awk -v name="${names[$i]}, $state" '{w[NR] = $4; c[NR] = $5; a[NR] = $6; d[NR] = $7; l = $8}
                END {h = int((NR + 1) / 2)
                    printf "| %s | %.2f | %.2f | %.0f | %.0f | %d |\n", name, w[h], c[h], a[h] / 1e6, d[h] / 1e6, l}'
    done
done
median() { # STATE CASE COLUMN
    awk -v s="$1" -v i="$2" -v c="$3" '$1 > 0 && $2 == s && $3 == i {print $c}' "$results" | sort -n |
        awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'
}
echo
for state in cold warm; do
    awk -v s=$state -v plan="$(median $state 0 4)" -v all="$(median $state 1 4)" -v read_plan="$(median $state 0 6)" \
        -v read_all="$(median $state 1 6)" -v theirs="$([ -z "$fclones" ] || median $state 3 4)" 'BEGIN {
            printf "%s: applying costs %.2f s and %.0f MB beside the plan", s, all - plan, (read_all - read_plan) / 1e6
            if (theirs > 0) printf "; the whole is %.2f of fclones group and remove", all / theirs
            print "."}'
done
