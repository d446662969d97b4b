# SPDX-License-Identifier: GPL-3.0-or-later
# What inside checks on each file system. Sourced.
mkdir /disk/lib && cp -r --reflink=never "$build/vm/library/." /disk/lib 2>/dev/null # but names that it cannot hold
cp --reflink=never "/disk/lib/2023 Summer/IMG_0101.JPG" /disk/lib/twin.jpg
find /disk/lib -type f -exec touch -d '2020-02-02 02:02:02' {} +
fingerprint /disk/lib >lib.before

known_again() {
    runs analyze /disk/lib && again && runs analyze /disk/lib && grep -q '^ *0  analyzed now' runs.out
}
plan_kept() {
    runs dedupe /disk/lib --plan plan.json && again && runs apply plan.json && grep -q 'moved into quarantine' runs.out && [ ! -e /disk/lib/twin.jpg ] && taken_back
}
case_only() {
    runs rename /disk/lib --template '{folder}/{name:lower}' --apply && ls "/disk/lib/2023 Summer" | grep -qx img_0102.jpg || return 1
    again && runs rename /disk/lib --template '{folder}/{name:lower}' && grep -q 'nothing to do' runs.out && taken_back
}
in_place() {
    runs process /disk/lib --in-place --keywords x --apply && again && runs process /disk/lib --in-place --keywords x &&
        grep -q 'nothing to do' runs.out && taken_back
}
copied() {
    runs process /disk/lib --output /disk/out --keywords x --apply && fingerprint /disk/out >out.before && again &&
        runs process /disk/lib --output /disk/out --keywords x --apply && fingerprint /disk/out | cmp out.before - && taken_back && [ ! -e /disk/out ]
}
link_for() { # ACTION: 0 made, 1 refused as it should be
    if runs dedupe /disk/lib --action "$1" --apply >/dev/null; then
        case $1 in
        hardlink) [ "$(stat -c %h /disk/lib/twin.jpg)" -gt 1 ] ;;
        symlink) [ -L /disk/lib/twin.jpg ] ;;
        reflink) runs dedupe /disk/lib --action reflink && grep -q 'nothing to do' runs.out ;; # it shares its blocks
        esac && taken_back
        return
    fi
    case $kind in vfat | exfat) ;; btrfs | xfs) return 1 ;; *) [ "$1" = reflink ] || return 1 ;; esac
    [ "$(grep -c "knows no" runs.err)" = 1 ] && ! grep -q 'knows no\|failed' runs.out && unchanged && exits 1 "$imgengine" undo
}
# Killed, and the disk as it was at that moment: what was not synced is gone.
power_lost() {
    for pause in 0.5 1 1.5 2 3; do
        "$imgengine" "$@" >/dev/null 2>&1 &
        sleep $pause
        dmsetup suspend --nolockfs --noflush disk && cp --sparse=always /run/disk /run/cut && kill -9 $!
        dmsetup resume disk
        wait
        umount /disk && cp --sparse=always /run/cut /run/disk && echo 3 >/proc/sys/vm/drop_caches && attach || return 1
        runs "$@" || return 1
        while "$imgengine" undo >/dev/null 2>&1; do :; done
        unchanged || return 1
    done
}
programs() { # with /tmp on the disk
    mkdir -p /disk/tests && mount --bind /disk/tests /tmp && rm -rf /dev/shm
    local bad=0
    for name in unit/test_{fs,links,apply,undo,purge,catalog,scan,whereabouts} crash/test_random; do
        (cd /run && CMOCKA_MESSAGE_OUTPUT=stdout timeout 300 "/run/tests/$name" >/run/said 2>&1) || { grep -v ' OK ' /run/said; bad=1; }
    done
    umount /tmp
    return $bad
}

if [ "$kind" = damaged ]; then
    . "$here/damaged.sh"
    return
fi
check what_was_known_is_known_when_the_disk_comes_back known_again
check a_plan_holds_when_the_disk_comes_back plan_kept
check names_change_their_case_and_back case_only
check changes_in_place_come_back_and_a_second_run_plans_none in_place
check copies_are_made_once_and_taken_back copied
for action in hardlink symlink reflink; do
    check "a_${action}_is_made_or_refused_once_and_clearly" link_for $action
done
case $kind in
btrfs | xfs | ext4 | fold)
    cp -r "$build/tests" /run/tests
    check the_programs_of_the_unit_tests_pass_on_it programs
    ;;
esac
case $kind in
btrfs | xfs) check power_lost_while_reflinks_are_made_loses_nothing power_lost dedupe /disk/lib --action reflink --apply ;;
ext4 | fold) check power_lost_in_a_run_loses_nothing power_lost process /disk/lib --in-place --keywords x --apply ;;
esac
