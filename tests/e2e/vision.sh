#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs of models by a library that stands in for ONNX Runtime: interrupted ones, and where the library is looked for.
#   vision.sh IMGENGINE STUB
imgengine=$(realpath "$1") stub=$(realpath "$2")
# shellcheck source=tests/e2e/checks.sh
. "$(dirname "$(realpath "$0")")/checks.sh"
export HOME="$work/home" LC_ALL=C
unset HF_TOKEN HF_HOME HF_HUB_CACHE HF_HUB_OFFLINE HF_ENDPOINT
mkdir -p "$HOME"
# sum FILE: of the numbers in it
sum() { awk '{ n += $1 } END { print n + 0 }' "$1" 2>/dev/null || echo 0; }

command -v python3 >/dev/null || { skip "interrupted_runs (no python3)"; exit 0; }
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

# ---- scenes ---------------------------------------------------------------------------------

mkdir -p clip one && cp photos/00.png one
echo vision >clip/vision.onnx
echo text >clip/text.onnx
printf '#version: 0.2\na b\n' >clip/merges.txt
cat >scenes.yaml <<YAML
analysis:
  ml_models:
    runtime: $stub
    scene_detection: clip
    custom_models:
      - {name: clip, layout: clip, path: $work/clip, vision: vision.onnx, text: text.onnx, tokenizer: merges.txt}
  scenes:
    labels: [x, y, z]
    templates: ["{}", "a {}"]
    min_confidence: 0
YAML
# see [OPTION...]: the record of the one photo, looked at anew; log has the runs
see() { rm -f log && ORT_STUB_LOG=$work/log "$imgengine" --config scenes.yaml --catalog scenes.db "$@" analyze one --ml --only scenes --json >scenes.ndjson; }
texts() { grep -c text log; }

texts_once() {
    see && [ "$(texts)" -eq 6 ] || { cat log; return 1; }
    # begin, the words and the end: as long as that and no longer
    [ "$(grep text log | sort -u | tr '\n' ' ')" = 'text 3 text 4 ' ] || { cat log; return 1; }
    touch -d yesterday one/00.png && see && [ "$(texts)" -eq 0 ] && [ "$(cat log)" = 1 ] || return 1 # kept in the catalog
    see --set analysis.scenes.labels=x,y && [ "$(texts)" -eq 4 ] || return 1 # another list
    see --set analysis.scenes.labels=x,y --set 'analysis.scenes.templates=a {}' && [ "$(texts)" -eq 2 ] || return 1
    see && see && [ ! -e log ] || return 1
    # another model under the same name: the photo is looked at again, untouched as it is
    echo other >clip/text.onnx && see && [ "$(texts)" -eq 6 ] || return 1
    echo other >clip/vision.onnx && see && [ "$(texts)" -eq 6 ] || return 1
    ORT_STUB=fixed see --catalog again.db && [ "$(sort -u log | tail -n 1)" = 'text 77' ]
}
# A model that is replaced makes stale what it gave; one that is away for a while does not.
replaced() {
    rm -rf found.db* log
    touch -d yesterday photos/*
    ORT_STUB_LOG=$work/log "${analyze[@]}" >one.ndjson && [ "$(sum log)" -eq 40 ] || return 1
    rm log && ORT_STUB_LOG=$work/log "${analyze[@]}" >/dev/null && [ ! -e log ] || { echo "looked at again"; return 1; }
    mv model.onnx away.onnx && "${analyze[@]}" >/dev/null 2>&1
    "${analyze[@]}" --set analysis.content.similarity=false --set analysis.ml_analysis=false >/dev/null
    mv away.onnx model.onnx && ORT_STUB_LOG=$work/log "${analyze[@]}" >/dev/null && [ ! -e log ] || { echo "not kept"; return 1; }
    echo replaced >model.onnx
    ORT_STUB_LOG=$work/log "${analyze[@]}" >two.ndjson
    [ "$(sum log)" -eq 40 ] || { echo "$(sum log) of 40 looked at again"; return 1; }
    : >model.onnx
}
check a_model_that_is_replaced_makes_stale_what_it_gave replaced

check texts_are_read_once_for_a_list_and_a_model_and_are_not_padded texts_once

thresholds() {
    labels() { grep -oE '"scenes":\[[^]]*\]' scenes.ndjson | grep -oE '"label":"[xyz]"' | tr -d '\n'; }
    see && [ "$(labels)" = '"label":"x""label":"y""label":"z"' ] || { cat scenes.ndjson; return 1; }
    see --set analysis.scenes.thresholds=x=1 && [ "$(labels)" = '"label":"y""label":"z"' ] || return 1
    see --set analysis.scenes.min_confidence=1 --set analysis.scenes.thresholds=z=0 && [ "$(labels)" = '"label":"z"' ] || return 1
    see --set analysis.scenes.most=1 && [ "$(labels)" = '"label":"x"' ]
}
check a_scene_may_have_a_threshold_of_its_own thresholds

tags() {
    see --set tagging.min_confidence=0 || return 1
    local version
    version=$(grep -oE '"scenes_model":\{[^}]*' scenes.ndjson | grep -oE '[0-9a-f]{16}')
    grep -qE '"tags":\[\{"label":"x","confidence":[0-9.]+,"source":"clip","model":"clip","version":"'"$version"'"' scenes.ndjson
}
check a_tag_tells_its_model_and_the_version_of_it tags

exit "$failures"
