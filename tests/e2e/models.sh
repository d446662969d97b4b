#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Models fetched from a server of the hub's layout that runs here.
#   models.sh IMGENGINE STUB          STUB: a library that stands in for ONNX Runtime
imgengine=$(realpath "$1") stub=$(realpath "$2") here=$(dirname "$(realpath "$0")")
# shellcheck source=tests/e2e/checks.sh
. "$(dirname "$(realpath "$0")")/checks.sh"
server=
leave() {
    [ -z "$server" ] || kill "$server" 2>/dev/null
    umount "$work/small" 2>/dev/null
}
export HOME="$work/home" LC_ALL=C no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
unset HF_TOKEN HF_HOME HF_HUB_CACHE HF_HUB_OFFLINE HF_ENDPOINT
mkdir -p "$HOME"

# Each begins with nothing pulled and a server that behaves.
before_each() {
    rm -rf data cache hub/cut hub/slow hub/wrong hub/private hub/norange hub/busy
    : >hub/log
}

command -v python3 >/dev/null || { skip "models_are_pulled (no python3)"; exit 0; }
real_python=$(python3 -c 'import sys; print(sys.executable)')
mkdir -p hub/org/mini/onnx config/imgengine
head -c 3000000 /dev/urandom >hub/org/mini/onnx/vision_model.onnx
head -c 200000 /dev/urandom >hub/org/mini/onnx/text_model.onnx
echo "#version: 0.2" >hub/org/mini/merges.txt
cat >config/imgengine/config.yaml <<'YAML'
analysis:
  ml_models:
    custom_models:
      - {name: mini, layout: clip, repository: org/mini}
      - {name: renamed, layout: clip, repository: old/mini, revision: v1}
      - {name: nowhere, layout: clip, repository: org/nothing}
      - {name: holey, layout: clip, repository: org/mini, text: onnx/gone.onnx}
      - {name: ../../outside, layout: clip, repository: org/mini}
      - {name: pinned, layout: clip, repository: org/mini, vision_sha256: 0000000000000000000000000000000000000000000000000000000000000000}
YAML
python3 "$here/hub.py" hub >ports 2>hub.err &
server=$!
for _ in $(seq 100); do [ -s ports ] && break; sleep 0.05; done
read -r hub_port store_port <ports || { cat hub.err; no server_starts; exit 1; }
export HF_ENDPOINT="http://127.0.0.1:$hub_port/"
models="$work/data/imgengine/models"

whole() { # whole NAME: all files are there and equal, and nothing else
    for file in onnx/vision_model.onnx onnx/text_model.onnx merges.txt; do
        cmp "hub/org/mini/$file" "$models/$1/$file" || return 1
    done
    [ "$(find "$models/$1" -type f | wc -l)" -eq 4 ] || { find "$models/$1"; return 1; }
}
nothing_left() { [ -z "$(find data -type f ! -name pulled.json 2>/dev/null)" ] || { find data; return 1; }; }

pull() {
    exits 0 "$imgengine" models pull mini && whole mini && grep -q 'fetched 3 files' exits.out || return 1
    : >hub/log
    exits 0 "$imgengine" models pull mini && grep -q 'here already' exits.out && [ ! -s hub/log ] || return 1
    exits 0 "$imgengine" models path mini && [ "$(cat exits.out)" = "$models/mini" ]
}
check a_pull_fetches_every_file_and_a_second_asks_nobody pull

renamed() { exits 0 "$imgengine" models pull renamed && whole renamed; }
check a_renamed_repository_and_a_tag_are_followed renamed

token() {
    : >hub/private
    exits 1 "$imgengine" models pull mini && grep -q 'HF_TOKEN' exits.err && nothing_left || return 1
    exits 1 env HF_TOKEN=bad "$imgengine" models pull mini && grep -q 'holder of HF_TOKEN' exits.err || return 1
    exits 0 env HF_TOKEN=good "$imgengine" models pull mini && whole mini || return 1
    grep -q '^hub GET .* token$' hub/log && grep -q '^store GET' hub/log && ! grep -q '^store .* token$' hub/log
}
check a_private_repository_wants_a_token_which_the_store_never_sees token

missing() {
    exits 1 "$imgengine" models pull nowhere && grep -q 'org/nothing' exits.err || return 1
    exits 1 "$imgengine" models pull holey && grep -q 'no file onnx/gone.onnx' exits.err
}
check what_the_hub_does_not_have_is_named missing

cut_off() {
    echo 700000 >hub/cut
    exits 0 "$imgengine" models pull mini && whole mini || return 1
    grep -q '^store GET .*vision_model.onnx bytes=700000-' hub/log && grep -q 'bytes=2800000-' hub/log
}
check a_connection_that_breaks_off_goes_on_where_it_was cut_off

no_ranges() {
    echo 20000 >hub/slow
    "$imgengine" models pull mini >/dev/null 2>&1 &
    local pid=$!
    sleep 1
    kill -9 $pid
    wait $pid 2>/dev/null
    rm hub/slow
    : >hub/norange
    exits 0 "$imgengine" models pull mini && whole mini
}
check a_server_without_ranges_sends_it_all_again no_ranges

killed() {
    echo 100000 >hub/slow
    "$imgengine" models pull mini >/dev/null 2>&1 &
    local pid=$!
    for _ in $(seq 100); do
        [ "$(cat "$models"/mini/onnx/.vision*.part 2>/dev/null | wc -c)" -gt 200000 ] && break
        sleep 0.05
    done
    exits 1 "$imgengine" models pull mini && grep -q 'Another process' exits.err || return 1
    kill -9 $pid
    wait $pid 2>/dev/null
    [ ! -e "$models/mini/onnx/vision_model.onnx" ] || return 1
    : >hub/log
    rm hub/slow
    exits 0 "$imgengine" models pull mini && whole mini && grep -qE '^store GET .*vision_model.onnx bytes=[1-9]' hub/log
}
check a_pull_that_was_killed_goes_on_and_two_never_mix killed

interrupted() {
    echo 100000 >hub/slow
    "$imgengine" models pull mini >/dev/null 2>stop.err &
    local pid=$!
    sleep 0.6
    kill -INT $pid
    wait $pid
    [ $? -eq 130 ] || return 1
    exits 0 "$imgengine" models remove mini && [ ! -e "$models/mini" ]
}
check a_pull_that_is_interrupted_stops_soon_and_leaves_only_what_remove_knows interrupted

damaged_part() {
    mkdir -p "$models/mini/onnx"
    local hash
    hash=$(sha256sum hub/org/mini/onnx/vision_model.onnx | cut -c1-12)
    head -c 1000000 /dev/zero >"$models/mini/onnx/.vision_model.onnx.$hash.part"
    exits 0 "$imgengine" models pull mini && whole mini
}
check a_damaged_beginning_is_fetched_anew damaged_part

wrong() {
    : >hub/wrong
    exits 1 "$imgengine" models pull mini && grep -q 'SHA-256' exits.err && nothing_left
}
check wrong_bytes_are_refused_and_nothing_is_kept wrong

pinned() { exits 1 "$imgengine" models pull pinned && grep -q 'nothing was fetched' exits.err && nothing_left && ! grep -q GET hub/log; }
check a_hash_of_the_entry_goes_before_the_hub pinned

busy() { echo 2 >hub/busy && exits 0 "$imgengine" models pull mini && whole mini; }
check a_busy_server_is_asked_again busy

outside() { exits 2 "$imgengine" models pull ../../outside || exits 1 "$imgengine" models pull ../../outside && ! [ -e "$work/data/outside" ] && [ ! -s hub/log ]; }
check a_name_that_leads_out_of_the_folder_is_refused outside

offline() {
    exits 1 "$imgengine" models pull mini --offline && [ ! -s hub/log ] || return 1
    exits 1 env HF_HUB_OFFLINE=1 "$imgengine" models pull mini && [ ! -s hub/log ] || return 1
    exits 1 env HF_ENDPOINT=http://127.0.0.1:9 "$imgengine" models pull mini && grep -q 'cannot be fetched' exits.err
}
check offline_asks_nobody_and_an_unreachable_hub_is_named offline

hub_cache() {
    local snapshot="$HOME/.cache/huggingface/hub/models--org--mini/snapshots/abc"
    mkdir -p "$snapshot/onnx" "$HOME/.cache/huggingface/hub/models--org--mini/refs"
    printf abc >"$HOME/.cache/huggingface/hub/models--org--mini/refs/main"
    cp hub/org/mini/onnx/*.onnx "$snapshot/onnx/"
    exits 0 "$imgengine" models pull mini && [ ! -e "$models/mini/onnx" ] && cmp hub/org/mini/merges.txt "$models/mini/merges.txt"
    local code=$?
    ! grep -q onnx hub/log || code=1
    rm -rf "$HOME/.cache"
    return $code
}
check what_the_cache_of_hugging_face_has_is_not_fetched hub_cache

verify() {
    exits 0 "$imgengine" models pull mini || return 1
    "$real_python" -c 'import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(100); byte = f.read(1)[0]
    f.seek(100); f.write(bytes([byte ^ 1]))' "$models/mini/onnx/text_model.onnx"
    exits 1 "$imgengine" models verify mini && grep -q 'SHA-256' exits.out || return 1
    exits 0 "$imgengine" models pull mini && whole mini
}
check verify_finds_a_changed_byte_and_pull_mends_it verify

removed() {
    exits 0 "$imgengine" models pull mini && touch "$models/mini/mine" || return 1
    exits 0 "$imgengine" models remove mini && [ "$(find "$models" -type f)" = "$models/mini/mine" ] || return 1
    exits 1 "$imgengine" models remove mini
}
check remove_takes_what_was_pulled_and_nothing_else removed

full_disk() {
    mkdir -p small && mount -t tmpfs -o size=2m tmpfs small 2>/dev/null || return 77
    local code=0
    exits 1 env XDG_DATA_HOME="$work/small" "$imgengine" models pull mini && grep -q 'MB are free' exits.err || code=1
    [ -z "$(find small -type f ! -name pulled.json)" ] || code=1
    umount small
    return $code
}
full_disk_or_skip() {
    full_disk
    local code=$?
    [ $code -ne 77 ] || { touch skipped; return 0; }
    return $code
}
check a_full_disk_is_told_before_it_is_full full_disk_or_skip
[ ! -e skipped ] || skip "a_full_disk_is_told_before_it_is_full (no mount here)"

unknown() {
    exits 2 "$imgengine" models pull mino && grep -q 'did you mean mini?' exits.err || return 1
    exits 2 "$imgengine" models path detr-resnet && grep -q 'did you mean facebook/detr-resnet-50?' exits.err || return 1
    exits 2 "$imgengine" models verify xyzzy && grep -q 'there are openai/clip-vit-base-patch32, .*, mini' exits.err || return 1
    local set=(--set analysis.ml_models.scene_detection=clip-vit-base-patch31)
    exits 0 "$imgengine" models "${set[@]}" && grep -q '^clip-vit-base-patch31  *scenes  *unknown' exits.out &&
        grep -q 'did you mean openai/clip-vit-base-patch32?' exits.out || return 1
    exits 1 "$imgengine" models verify "${set[@]}" && exits 0 "$imgengine" models path "${set[@]}" || return 1
    exits 0 "$imgengine" info "${set[@]}" && grep -q '^  clip-vit-base-patch31  *There is no model' exits.out || return 1
    exits 0 "$imgengine" models list --json "${set[@]}" && grep '"name":"clip-vit-base-patch31"' exits.out | grep -q '"ready":false'
}
check a_name_that_no_model_has_is_told_with_the_one_that_is_meant unknown

whole_command() { exits 0 "$imgengine" models && grep -qx '    imgengine models pull openai/clip-vit-base-patch32' exits.out; }
check a_command_to_copy_is_never_broken_over_two_lines whole_command

shown() {
    exits 0 "$imgengine" models show mini && grep -q 'repository: org/mini' exits.out || return 1
    { printf 'analysis:\n  ml_models:\n    custom_models:\n'; for m in facebook/detr-resnet-50 openai/clip-vit-base-patch32; do
        "$imgengine" models show $m; done | sed 's/^/      /'; } >again.yaml
    exits 0 "$imgengine" --config again.yaml models list && "$imgengine" --config again.yaml models show facebook/detr-resnet-50 >a &&
        "$imgengine" models show facebook/detr-resnet-50 | cmp a -
}
check an_entry_that_is_shown_can_be_configured shown

by_itself() {
    mkdir -p photos && printf '\377\330\377\331' >photos/a.jpg
    local set="--set analysis.ml_models.scene_detection=mini --set analysis.ml_models.object_detection="
    local missing=$work/none.so
    # shellcheck disable=SC2086
    exits 3 "$imgengine" analyze photos --ml --set analysis.ml_models.runtime="$missing" $set && [ ! -s hub/log ] || return 1
    rm -rf data
    # shellcheck disable=SC2086
    exits 3 "$imgengine" analyze photos --ml --set analysis.ml_models.runtime="$missing" $set \
        --set analysis.ml_models.download=auto && whole mini
}
check with_auto_a_missing_model_comes_when_a_photo_needs_it by_itself

lazy() {
    mkdir -p empty
    exits 0 "$imgengine" analyze empty --ml --set analysis.ml_models.scene_detection=mini \
        --set analysis.ml_models.object_detection= --set analysis.ml_models.download=auto && [ ! -s hub/log ]
}
check with_auto_nothing_comes_when_no_photo_needs_it lazy

# What is fetched looks in the same run: the first photo that is not known brings the model, once for all of
# them, and photos that are known need none.
mkdir -p hub/org/eye/onnx eyed
head -c 50000 /dev/urandom >hub/org/eye/onnx/model.onnx
python3 - <<'PY'
import struct, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
for n in range(5):
    rows = b"".join(b"\0" + bytes((x * 3 + n * 5, y * 3, (x ^ y) + n)[c] % 256 for x in range(64) for c in range(3)) for y in range(64))
    with open(f"eyed/{n}.png", "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
PY
cat >eye.yaml <<YAML
analysis:
  ml_analysis: true
  ml_models:
    runtime: $stub
    download: auto
    scene_detection: ""
    object_detection: eye
    custom_models:
      - {name: eye, layout: sigmoid, repository: org/eye, side: 32, labels: coco80}
YAML

end_to_end() {
    local analyze=("$imgengine" --config eye.yaml --catalog eye.db analyze eyed --json)
    rm -f eye.db*
    exits 0 "${analyze[@]}" --set analysis.ml_models.download=never && ! grep -q objects_model exits.out && [ ! -s hub/log ] || return 1
    exits 0 "${analyze[@]}" && [ "$(grep -c '"objects_model":{"name":"eye"' exits.out)" -eq 5 ] || return 1
    cmp hub/org/eye/onnx/model.onnx "$models/eye/onnx/model.onnx" && [ "$(grep -c '^store GET .*model.onnx' hub/log)" -eq 1 ] || return 1
    cp exits.out again.out
    exits 0 "$imgengine" --config eye.yaml models remove eye || return 1
    : >hub/log
    exits 0 "${analyze[@]}" && cmp again.out exits.out && [ ! -s hub/log ]
}
check with_auto_the_first_photo_that_needs_a_model_gets_it_in_the_same_run end_to_end

# on_terminal ANSWER COMMAND...: with a terminal as standard input and error, answers the one question
cat >terminal.py <<'PY'
import os, subprocess, sys, time
master, slave = os.openpty()
child = subprocess.Popen(sys.argv[2:], stdin=slave, stderr=slave, stdout=subprocess.DEVNULL)
os.close(slave)
said = b""
try:
    while piece := os.read(master, 1000):
        said += piece
        if said.count(b"[y/N] ") == 1 and piece.endswith(b"[y/N] "):
            os.write(master, sys.argv[1].encode() + b"\n")
except OSError:
    pass
print(said.decode().replace("\r", ""))
sys.exit(child.wait())
PY
on_terminal() { "$real_python" terminal.py "$@"; }

asked() {
    local set=(--set "analysis.ml_models.scene_detection=mini" --set "analysis.ml_models.object_detection="
        --set "analysis.ml_models.runtime=$work/none.so")
    on_terminal n "$imgengine" "${set[@]}" analyze photos --ml >said.txt
    [ "$(grep -c 'Fetch what is missing for mini now' said.txt)" -eq 1 ] && [ ! -s hub/log ] && [ ! -e "$models/mini" ] || return 1
    # Without a terminal nobody is asked.
    exits 3 "$imgengine" "${set[@]}" analyze photos --ml && ! grep -q 'y/N' exits.err && [ ! -s hub/log ] || return 1
    rm -rf data
    on_terminal y "$imgengine" "${set[@]}" --set analysis.ml_models.download=never analyze photos --ml >said.txt
    ! grep -q 'y/N' said.txt && [ ! -s hub/log ] || return 1
    on_terminal y "$imgengine" "${set[@]}" analyze photos --ml >said.txt
    [ "$(grep -c 'y/N' said.txt)" -eq 1 ] && whole mini || { cat said.txt; return 1; }
}
check on_a_terminal_it_asks_once_and_fetches_on_yes_only asked

# ---- the runtime; python3 that stands in for pip -------------------------------------------

mkdir -p bin wheel/onnxruntime/capi wheel/onnxruntime-9.8.7.dist-info
echo library >wheel/onnxruntime/capi/libonnxruntime.so.9.8.7
echo python >wheel/onnxruntime/capi/onnxruntime_pybind11_state.so
echo x >wheel/onnxruntime-9.8.7.dist-info/METADATA
(cd wheel && python3 -m zipfile -c ../onnxruntime-9.8.7-py3-none-any.whl onnxruntime onnxruntime-9.8.7.dist-info)
cat >bin/python3 <<STUB
#!/bin/sh
case "\$*" in
*"-m pip download"*)
    [ ! -e "$work/no_pip" ] || { echo "\$0: No module named pip" >&2; exit 1; }
    [ ! -e "$work/no_wheel" ] || { printf 'Looking\nERROR: No matching distribution found\n' >&2; exit 1; }
    [ ! -e "$work/slow_pip" ] || exec sleep 30
    while [ "\$1" != --dest ]; do shift; done
    cp "$work"/*.whl "\$2" ;;
*) exec "$real_python" "\$@" ;;
esac
STUB
chmod +x bin/python3
runtime=$work/data/imgengine/runtime
stubbed() { env PATH="$work/bin:$PATH" "$imgengine" "$@"; }

fetched() {
    mkdir -p "$runtime" && echo old >"$runtime/libonnxruntime.so.1.2.3" && mkdir -p "$runtime/.new/x/rest"
    exits 0 stubbed models runtime cpu --force && grep -q '9.8.7' exits.out || return 1
    [ "$(cd "$runtime" && find . -type f)" = ./onnxruntime/capi/libonnxruntime.so.9.8.7 ] || { find "$runtime"; return 1; }
    touch no_wheel
    exits 0 stubbed models runtime && grep -q 'here already' exits.out || return 1
    exits 1 stubbed models runtime --force && grep -q 'No matching distribution' exits.err || return 1
    [ -e "$runtime/onnxruntime/capi/libonnxruntime.so.9.8.7" ] && [ ! -e "$runtime/.new" ] || return 1
    rm no_wheel
    exits 0 stubbed models remove cpu && [ -z "$(find "$runtime" -type f)" ]
}
check a_runtime_is_fetched_in_place_of_the_old_one_or_not_at_all fetched

no_pip() {
    touch no_pip
    exits 1 stubbed models runtime && grep -q 'apt-get install python3-pip' exits.err
    local code=$?
    rm no_pip
    return $code
}
check without_pip_it_says_how_to_get_it no_pip

stopped() {
    touch slow_pip
    env PATH="$work/bin:$PATH" "$imgengine" models runtime >/dev/null 2>&1 &
    local pid=$!
    sleep 0.7
    exits 1 stubbed models runtime && grep -q 'Another process' exits.err || return 1
    kill -INT $pid
    wait $pid
    local code=$?
    rm slow_pip
    [ $code -eq 130 ] && [ ! -e "$runtime/.new" ]
}
check fetching_a_runtime_can_be_interrupted stopped

wrong_package() {
    mv onnxruntime-9.8.7-py3-none-any.whl keep
    (mkdir -p other/onnxruntime && cd other && echo x >onnxruntime/nothing && python3 -m zipfile -c ../other.whl onnxruntime)
    exits 1 stubbed models runtime && grep -q 'has no' exits.err && [ -z "$(find "$runtime" -type f)" ] || return 1
    echo garbage >other.whl
    exits 1 stubbed models runtime && grep -q 'cannot be unpacked' exits.err && [ -z "$(find "$runtime" -type f)" ]
}
check a_package_without_the_library_is_refused wrong_package

exit "$failures"
