#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes a small library, plans, applies, shows, undoes, and proves that every byte and name is back.
#   demo.sh BUILD_FOLDER [KEEP_FOLDER]     with KEEP_FOLDER the library stays there to play with
set -eu
build=$1
work=${2:-}
if [ -z "$work" ]; then
    work=$(mktemp -d "${TMPDIR:-/tmp}/imgengine-demo.XXXXXX")
    trap 'rm -rf "$work"' EXIT
else
    mkdir "$work"
    work=$(CDPATH= cd -- "$work" && pwd)
fi
# The demo keeps its catalog to itself and reads no configuration of yours.
export XDG_DATA_HOME="$work/data" XDG_CONFIG_HOME="$work/config"
cd "$work"

say() { printf '\n\033[1m== %s\033[0m\n' "$1"; }
imgengine() {
    printf '\n\033[2m$ imgengine'; printf ' %s' "$@"; printf '\033[0m\n'
    code=0
    "$build/imgengine" "$@" || code=$?
    # 3: finished, but some photos have faults; the demo has a broken one on purpose.
    [ "$code" -eq 0 ] || [ "$code" -eq 3 ] || { echo "demo: exit code $code" >&2; exit 1; }
}
# Every file's name, bytes and times. .imgengine holds the journal, which stays.
fingerprint() {
    (cd "$1" && find . -path ./.imgengine -prune -o -type f -print0 | LC_ALL=C sort -z |
        xargs -0 sh -c 'for f; do sha256sum "$f"; stat -c "%n %a %Y" "$f"; done' sh)
}

say "A library made for this demo: duplicates, a RAW+JPEG pair, a broken file, odd names"
"$build/demo/make-library" photos
"$build/imgengine" -q analyze photos || [ $? -eq 3 ]
fingerprint photos >before.txt

say "1. Copy it, organised, into a new folder. First the plan: nothing is changed"
imgengine process photos --output organized
say "   The same with --apply"
imgengine process photos --output organized --apply
(cd organized && find . -name .imgengine -prune -o -type f -print | LC_ALL=C sort)
say "   Undo: the new folder goes, the source was never touched"
imgengine undo
[ ! -e organized ] || { echo "demo: organized is still there" >&2; exit 1; }
fingerprint photos | cmp - before.txt && echo "photos: every name, byte and time as before"

say "2. Organise it in place: duplicates into quarantine, new names, keywords"
imgengine process photos --in-place --keywords demo --apply
(cd photos && find . -name .imgengine -prune -o -type f -print | LC_ALL=C sort)
say "   Undo"
imgengine undo
fingerprint photos | cmp - before.txt && echo "photos: every name, byte and time is back"
imgengine runs
