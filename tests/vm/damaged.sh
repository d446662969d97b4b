# SPDX-License-Identifier: GPL-3.0-or-later
# A disk that cannot read one photo, then nothing at all; that becomes read-only; that is full. Sourced by checks.sh.
photo="/disk/lib/2023 Summer/IMG_0102.JPG"
whole="0 $sectors linear $loop 0"

bad_block() { # the sixth of the photo
    local at
    at=$(filefrag -e -b4096 "$photo" | awk '/^ *0:/ { gsub(/\.\./, "", $4); print $4 * 8 + 40 }')
    { echo "0 $at linear $loop 0"; echo "$at 8 error"; echo "$((at + 8)) $((sectors - at - 8)) linear $loop $((at + 8))"; } >table
    device table && ! cat "$photo" >/dev/null 2>&1
}
one_photo() {
    sync && bad_block || return 1
    exits 3 "$imgengine" analyze /disk/lib && [ "$(grep -c 'IMG_0102.JPG cannot be read: Input/output error' exits.out)" = 1 ] || return 1
    exits 3 "$imgengine" process /disk/lib --output /disk/out --apply && grep -q "not copied: .*IMG_0102.JPG cannot be read" exits.out || { cat exits.out; return 1; }
    [ "$(find /disk/out -iname '*.jpg' | wc -l)" -ge 5 ] && exits 0 "$imgengine" undo && [ ! -e /disk/out ]
}
well_again() {
    device --table "$whole" && exits 3 "$imgengine" analyze /disk/lib && ! grep -q 'cannot be read' exits.out && unchanged
}
nothing_read() {
    exits 3 "$imgengine" dedupe /disk/lib --plan plan.json && sync && device --table "0 $sectors error" || return 1
    exits 1 "$imgengine" apply plan.json && grep -q /disk/lib exits.err || return 1
    umount /disk; device --table "$whole" && fsck.ext4 -fy /dev/mapper/disk >/dev/null 2>&1
    attach && unchanged
}
read_only() {
    exits 3 "$imgengine" dedupe /disk/lib --apply && fingerprint /disk/lib >deduped && mount -o remount,ro /disk || return 1
    for words in "undo" "rename /disk/lib --template n{seq} --apply" "process /disk/lib --output /disk/out --apply"; do
        # shellcheck disable=SC2086
        exits 1 "$imgengine" $words && grep -q 'Read-only file system' exits.err && ! grep -q 'undo' exits.err || return 1
    done
    fingerprint /disk/lib | cmp deduped - && mount -o remount,rw /disk && exits 0 "$imgengine" undo && unchanged
}
full() {
    dd if=/dev/zero of=/disk/fill bs=4k 2>/dev/null
    exits 1 "$imgengine" process /disk/lib --in-place --keywords x --apply && grep -q 'No space left' exits.err && unchanged || return 1
    rm /disk/fill && exits 3 "$imgengine" process /disk/lib --in-place --keywords x --apply && exits 0 "$imgengine" undo && unchanged
}
export XDG_DATA_HOME="$work/data" # the catalog elsewhere
check one_photo_that_cannot_be_read_stops_nothing one_photo
check it_is_looked_at_again_when_the_disk_is_well well_again
check a_disk_that_reads_nothing_any_more_loses_nothing nothing_read
check a_disk_that_becomes_read_only_says_so_and_loses_nothing read_only
check a_full_disk_says_so_and_loses_nothing full
