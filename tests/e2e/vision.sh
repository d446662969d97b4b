#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs of models by a library that stands in for ONNX Runtime: interrupted ones, and where the library is looked for.
#   vision.sh IMGENGINE STUB
set -u
imgengine=$(realpath "$1") stub=$(realpath "$2")
work=$(mktemp -d "${TMPDIR:-/tmp}/imgengine-vision.XXXXXX")
trap 'rm -rf "$work"' EXIT
export XDG_DATA_HOME="$work/data" XDG_CONFIG_HOME="$work/config" XDG_CACHE_HOME="$work/cache" HOME="$work/home" LC_ALL=C
unset HF_TOKEN HF_HOME HF_HUB_CACHE HF_HUB_OFFLINE HF_ENDPOINT
mkdir -p "$HOME"
cd "$work" || exit 1
failures=0

ok() { echo "[       OK ] $1"; }
no() { echo "[  FAILED  ] $1"; failures=$((failures + 1)); }
check() {
    local name=$1
    shift
    if "$@" >check.out 2>&1; then ok "$name"; else tail -n 20 check.out; no "$name"; fi
}
# sum FILE: of the numbers in it
sum() { awk '{ n += $1 } END { print n + 0 }' "$1" 2>/dev/null || echo 0; }

command -v python3 >/dev/null || { echo "[  SKIPPED ] interrupted_runs (no python3)"; exit 0; }
python3 - <<'PY'
import os, struct, zlib
os.makedirs("photos")
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
for n in range(40):
    rows = b"".join(b"\0" + bytes((x * 3 + n * 5, y * 3, (x ^ y) + n)[c] % 256 for x in range(64) for c in range(3)) for y in range(64))
    with open(f"photos/{n:02}.png", "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
PY
: >model.onnx
cat >models.yaml <<YAML
analysis:
  ml_analysis: true
  ml_models:
    runtime: $stub
    scene_detection: ""
    object_detection: stub
    batch_size: 4
    custom_models:
      - {name: stub, layout: sigmoid, path: $work/model.onnx, side: 32, labels: coco80}
YAML
analyze=("$imgengine" --config models.yaml --catalog found.db -j 2 analyze photos --json)

# interrupted WORDS: what was looked at before the signal is stored, and nothing of it looked at again.
interrupted() {
    local words=$1 most=$2 start
    rm -rf found.db* log* data
    sha256sum photos/* >before.txt
    ORT_STUB="$words slow=150" ORT_STUB_LOG=$work/log1 "${analyze[@]}" >one.ndjson 2>one.err &
    local pid=$!
    for _ in $(seq 200); do [ "$(sum log1)" -ge 9 ] && break; sleep 0.05; done
    start=$(date +%s%N)
    kill -INT $pid
    wait $pid
    [ $? -eq 130 ] || { echo "exit $?"; cat one.err; return 1; }
    [ $((($(date +%s%N) - start) / 1000000)) -lt 3000 ] || { echo "it took too long to stop"; return 1; }
    # The proof of a device is two pictures, once on it and once on the CPU, and not of the photos.
    local proof=0 looked stored again
    [ -z "$words" ] || proof=4
    looked=$(($(sum log1) - proof))
    [ "$looked" -ge 5 ] && [ "$looked" -lt 40 ] || { echo "$looked photos were looked at"; return 1; }
    ORT_STUB=$words ORT_STUB_LOG=$work/log2 "${analyze[@]}" >two.ndjson || return 1
    again=$(sum log2) stored=$((40 - again))
    echo "looked at $looked, stored $stored, then $again"
    [ $((looked - stored)) -le "$most" ] && [ $((looked - stored)) -ge 0 ] || return 1
    [ "$(grep -c '"objects_model"' two.ndjson)" -eq 40 ] && sha256sum --quiet -c before.txt
}
check a_run_that_is_interrupted_between_photos_keeps_what_it_has_seen interrupted "" 2
check a_run_that_is_interrupted_between_batches_keeps_what_it_has_seen interrupted gpu 4

killed() {
    rm -rf found.db* log*
    ORT_STUB="gpu slow=100" ORT_STUB_LOG=$work/log1 "${analyze[@]}" >one.ndjson 2>one.err &
    local pid=$!
    for _ in $(seq 200); do [ "$(sum log1)" -ge 9 ] && break; sleep 0.05; done
    kill -9 $pid
    wait $pid 2>/dev/null
    ORT_STUB=gpu "${analyze[@]}" >two.ndjson && [ "$(grep -c '"objects_model"' two.ndjson)" -eq 40 ]
}
check a_run_that_is_killed_is_made_good_by_the_next killed

# ---- where the runtime is looked for --------------------------------------------------------

mkdir -p data/imgengine/runtime system
for place in option.so file.so environment.so data/imgengine/runtime/libonnxruntime.so.9.9.9 system/libonnxruntime.so.1; do
    cp "$stub" "$place"
done
printf 'analysis:\n  ml_models:\n    runtime: %s\n' "$work/file.so" >runtime.yaml
found() { # found PATH COMMAND...: the runtime that info names
    local want=$1
    shift
    "$@" info --json >info.ndjson && grep '"name":"runtime"' info.ndjson | grep -q "1.99.0-stub, API 23, $want\"" ||
        { grep '"section":"models"' info.ndjson; return 1; }
}
order() {
    local key=IMGENGINE_ANALYSIS_ML_MODELS_RUNTIME
    found "$work/option.so" env $key="$work/environment.so" "$imgengine" --config runtime.yaml \
        --set analysis.ml_models.runtime="$work/option.so" || return 1
    found "$work/environment.so" env $key="$work/environment.so" "$imgengine" --config runtime.yaml || return 1
    found "$work/file.so" "$imgengine" --config runtime.yaml || return 1
    found "$work/data/imgengine/runtime/libonnxruntime.so.9.9.9" env LD_LIBRARY_PATH="$work/system" "$imgengine" || return 1
    found libonnxruntime.so.1 env XDG_DATA_HOME="$work/none" LD_LIBRARY_PATH="$work/system" "$imgengine"
}
check a_runtime_is_looked_for_in_the_settings_then_the_data_folder_then_the_system order

devices() {
    ORT_STUB="gpu openvino" "$imgengine" --config models.yaml info >info.txt || return 1
    grep -q 'device  *WebGpuExecutionProvider on Stub GPU' info.txt &&
        grep -q 'device  *OpenVINOExecutionProvider on the CPU.*compiled in' info.txt && grep -q '^  stub  *'"$work" info.txt
}
check info_lists_the_runtime_its_devices_and_the_models devices

exit "$failures"
