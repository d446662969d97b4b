#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Golden tests of the command line. A row of `rows` is a name and a command line; expected/NAME.txt is what it
# prints on standard output and standard error, and its exit code.
#   run.sh [--update] [--build FOLDER] [NAME...]      --update rewrites the references of these rows, or of all
# Every row runs in a folder of its own. A row that says `lib` finds there a fresh copy of the demo's library.
# What differs from machine to machine or from run to run (sizes of encoded files, times, run names, inodes) is
# replaced by a word before comparing.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$here/../../build update=
wanted=()
while [ $# -gt 0 ]; do
    case $1 in
    --update) update=1 ;;
    --build) shift; build=$1 ;;
    *) wanted+=("$1") ;;
    esac
    shift
done
build=$(cd "$build" && pwd) || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/imgengine-golden.XXXXXX")
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
for name in $(env | grep -o '^IMGENGINE_[A-Z_]*'); do unset "$name"; done
export HOME=$work/home TZ=UTC LC_ALL=C.UTF-8 PATH="$work/bin:$PATH"
unset COLUMNS
export XDG_CONFIG_HOME=$HOME/config
mkdir -p "$HOME" "$work/bin"
ln -s "$build/imgengine" "$work/bin/imgengine"

normalise() {
    sed -E -e "s|$1|.|g" \
        -e 's/[0-9]{8}T[0-9]{6}-[0-9a-z]+/RUN/g' \
        -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z/TIME/g' \
        -e 's/in [0-9.]+ s(\.?)$/in N s\1/; s/"seconds":[0-9.e+-]+/"seconds":N/' \
        -e 's/[0-9]+(\.[0-9]+)? (kB|MB|GB|bytes?)/SIZE/g' \
        -e 's/"([a-z_]*(bytes|size|inode|device|ctime_ns|mtime_ns))":-?[0-9]+/"\1":N/g' \
        -e 's/imgengine [0-9]+\.[0-9]+\.[0-9]+/imgengine VERSION/; s/"version":"[^"]*"/"version":"VERSION"/'
}

# run_row NAME COMMAND: prints what the reference should be
run_row() {
    local folder=$work/rows/$1 code
    mkdir -p "$folder"
    cd "$folder" || exit 1
    case $2 in *lib*) cp -a "$work/library" lib ;; esac
    XDG_DATA_HOME=$work/data/$1 bash -c "$2" >"$work/out" 2>"$work/err" </dev/null
    code=$?
    echo "\$ $2"
    normalise "$folder" <"$work/out"
    [ ! -s "$work/err" ] || { echo "--- standard error"; normalise "$folder" <"$work/err"; }
    echo "--- exit $code"
}

failures=0
verdict() { # NAME PROBLEM
    if [ -z "$2" ]; then
        echo "[       OK ] golden_$1"
    else
        printf '%s\n' "$2"
        echo "[  FAILED  ] golden_$1"
        failures=$((failures + 1))
    fi
}

if grep -q '[^#].*lib' "$here/rows"; then
    "$build/demo/make-library" "$work/library" || exit 1
fi
known=$'\n'
while read -r name command; do
    case $name in '' | '#'*) continue ;; esac
    known+=$name$'\n'
    if [ ${#wanted[@]} -gt 0 ] && [[ " ${wanted[*]} " != *" $name "* ]]; then
        continue
    fi
    reference=$here/expected/$name.txt
    run_row "$name" "$command" >"$work/actual"
    if [ -n "$update" ]; then
        cp "$work/actual" "$reference"
    fi
    verdict "$name" "$(diff -u --label expected --label actual "$reference" "$work/actual" 2>&1)"
done <"$here/rows"
if [ ${#wanted[@]} -eq 0 ]; then
    stale=$(for file in "$here"/expected/*.txt; do
        name=$(basename "$file" .txt)
        [[ $known == *$'\n'"$name"$'\n'* ]] || echo "$name.txt belongs to no row"
    done)
    verdict no_reference_without_a_row "$stale"
fi
[ "$failures" -eq 0 ]
