#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What runs over all real photos read, and how often; that they say the same with any number of threads; that their
# numbers add up.
#   accounts.sh IMGENGINE        IMGENGINE_TESTDATA: where the photos lie
imgengine=$(realpath "$1")
# shellcheck source=tests/e2e/checks.sh
. "$(dirname "$(realpath "$0")")/checks.sh"
export LC_ALL=C
needs_photos of_what_is_read_and_counted

"$imgengine" --catalog '' -j 1 analyze "$photos" --json >one.json 2>/dev/null

same_bytes() { "$imgengine" --catalog '' -j 4 analyze "$photos" --json 2>/dev/null | cmp one.json -; }
check one_and_four_threads_give_the_same_bytes same_bytes

second_run_reads_nothing() {
    "$imgengine" --catalog c.db analyze "$photos" --json >a.json 2>/dev/null
    sleep 2.1; "$imgengine" --catalog c.db analyze "$photos" --json >b.json 2>/dev/null
    cmp a.json b.json && cmp one.json a.json || return 1
    strace -f -y -e trace=openat,open -o trace.txt "$imgengine" --catalog c.db analyze "$photos" --json >/dev/null 2>&1
    local opened
    opened=$(sed -n 's/.* = [0-9]*<\(.*\)>$/\1/p' trace.txt | grep -F "$photos" | while IFS= read -r path; do [ -d "$path" ] || echo "$path"; done)
    [ -z "$opened" ] || { echo "$opened"; return 1; }
}
check a_second_run_gives_the_same_and_reads_no_file second_run_reads_nothing

second_dedupe_reads_nothing() {
    local run
    mkdir equal && cp "$photos"/neardup/*_00_original* "$photos"/neardup/*_01_exact_copy* equal
    sleep 2.1
    for run in 1 2; do
        strace -f -y -e trace=openat,open -o "dedupe.$run" "$imgengine" --catalog d.db dedupe equal -v >"plan.$run" 2>/dev/null
        grep -v O_DIRECTORY "dedupe.$run" | grep -cF "$PWD/equal/" >"opened.$run"
    done
    [ "$(grep -c quarantine plan.1)" -ge 25 ] && diff <(grep equal/ plan.1) <(grep equal/ plan.2) || return 1
    [ "$(cat opened.1)" -ge 60 ] && [ "$(cat opened.2)" = 0 ] || { cat opened.?; return 1; }
}
check a_second_search_for_duplicates_reads_no_file second_dedupe_reads_nothing

# Every analyzer looks at the same opened file, and no byte of it is asked for twice.
each_file_is_read_once() {
    local real=$(realpath "$photos") # strace tells real names
    mkdir -p traces && strace -ff -y -s 0 -e trace=openat,read,pread64,readv,preadv,preadv2,mmap -o traces/t \
        "$imgengine" --catalog '' analyze ${1:-} "$real" --json >/dev/null 2>&1
    cat traces/t.* | awk -v root="$real" '
        /O_DIRECTORY/ { next }
        /^openat/ { sub(/.* = /, "openat = ") } # what was opened, not from where
        { at = index($0, "<" root "/") }
        at == 0 { next }
        { rest = substr($0, at + 1); path = substr(rest, 1, index(rest, ">") - 1) }
        /^openat/ { opened[path]++; next }
        /^mmap/ { print "mapped: " path; next }
        $NF > 0 { got[path] += $NF }
        END { for (path in opened) print opened[path], got[path] + 0, path }' >reads.txt
    rm -r traces
    [ "$(grep -c "$real/.*[.]jpg" reads.txt)" -ge 300 ] || return 1
    ! grep '^mapped' reads.txt && while read -r opened got path; do
        [ "$opened" = 1 ] && [ "$got" -le "$(stat -c %s "$path")" ] || { echo "$path: opened $opened times, $got bytes"; return 1; }
    done <reads.txt
}
check each_file_is_opened_once_and_each_byte_read_at_most_once each_file_is_read_once
check each_file_is_read_once_for_everything_there_is each_file_is_read_once \
    '--exact --only metadata,hashes,quality,colors,similar,image_data'

# The rows above the line are the files found, whatever else is made; found + extra is what JSON counts.
sums_add_up() {
    cp -a "$photos" sums && chmod -R u+w sums || return 1
    local command
    for command in 'process sums --output sum.out --rules raw=jpeg --keywords x' 'process sums --in-place' 'convert sums' 'dedupe sums' 'rename sums' \
        'tag sums --keywords x' 'tag sums --keywords x --apply' 'process sums --output sum.out --rules raw=jpeg --keywords x --apply'; do
        # shellcheck disable=SC2086
        "$imgengine" $command 2>/dev/null | awk '/^ +[0-9]+  /{n[++rows] = $1; text[rows] = $0} /^ +-----$/{line = rows}
            END {for (i = 1; i <= line; i++) sum += n[i]
                 for (i = line + 2; i <= rows; i++) if (text[i] ~ /counted above/) more = n[i]
                 print sum, n[line + 1] + more; exit !(line && sum == n[line + 1] + more)}' || { echo "$command"; return 1; }
    done
    "$imgengine" process sums --output sums.out --rules raw=jpeg --keywords z --json 2>/dev/null | grep '"imgengine.summary/1"' | jq -e '.other + .kept + .copied + .moved + .replaced + .quarantined +
        .skipped + .failed + .unreached + .made + .pictures == .found + .extra and .extra > 0'
}
check the_numbers_of_a_summary_add_up_to_the_files_found sums_add_up

exit "$failures"
