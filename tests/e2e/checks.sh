# SPDX-License-Identifier: GPL-3.0-or-later
# What the end-to-end scripts share; they source it after they have made the paths in their arguments absolute. It
# enters a folder of the script's own, $work, removed at the end, with settings and data of its own, and counts failures:
# the script ends with `exit "$failures"`.
set -u
work=$(mktemp -d "${TMPDIR:-/tmp}/imgengine-$(basename "$0" .sh).XXXXXX")
leave() { :; }       # a script's own clearing up
before_each() { :; } # what a script puts in order before each check
trap 'leave; chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work"' EXIT
export XDG_DATA_HOME="$work/data" XDG_CONFIG_HOME="$work/config" XDG_CACHE_HOME="$work/cache" TZ=UTC LC_ALL=C.UTF-8
cd "$work" || exit 1
failures=0

ok() { echo "[       OK ] $1"; }
no() { echo "[  FAILED  ] $1"; failures=$((failures + 1)); }
skip() { echo "[  SKIPPED ] $1"; }
# check NAME COMMAND…: the command's exit code decides; what it said is shown when it fails
check() {
    local name=$1
    shift
    before_each
    : >exits.out
    : >exits.err
    if "$@" >check.out 2>&1; then
        ok "$name"
    else
        head -n 40 check.out
        tail -n 5 exits.out exits.err
        no "$name"
    fi
}
# exits CODE COMMAND…: its output stays in exits.out and exits.err
exits() {
    local want=$1 got
    shift
    "$@" >exits.out 2>exits.err
    got=$?
    [ "$got" -eq "$want" ] || { echo "exit $got, expected $want: $*"; return 1; }
}
# names, bytes, modes, times of everything but journals
fingerprint() {
    (cd "$1" && find . -name .imgengine -prune -o -type f -print0 | sort -z |
        xargs -0 -r sh -c 'sha256sum "$@"; stat -c "%n %a %u %.9Y %h" "$@"' sh)
}
# needs_photos NAME: where the real photos lie, as $data and $photos; without them the script ends and says so
needs_photos() {
    data=${IMGENGINE_TESTDATA:-}
    photos=$data/photos
    [ -n "$data" ] && [ -d "$photos" ] && return
    skip "the_checks_$1_because_IMGENGINE_TESTDATA_is_not_set"
    exit "$failures"
}
