#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ours beside PyTorch eager and bare inference, in turns: compare.py IMGENGINE FOLDER ROUNDS RUNTIME[,RUNTIME...] PHOTO...
FOLDER is what export.py wrote, with CLIP's merges.txt in FOLDER/clip; each RUNTIME a libonnxruntime.so for ours, used with the
device it chooses by itself. The python that runs this is the one that has torch, transformers and onnxruntime. One thread each;
CPU milliseconds (user and system) a photo, from JPEG to tags, but for the bare inference, which has its tensors ready. Loading
is left out: of ours by taking the time of the first batch alone from that of all, and of CLIP with four copies of each
photo, because loading takes seconds and varies by some. The least of the rounds, since other load only adds; then ratios to
the first two."""
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

imgengine, folder, rounds = os.path.realpath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve(), int(sys.argv[3])
runtimes = [os.path.realpath(r) for r in sys.argv[4].split(",")]
*photos, spare = [os.path.realpath(p) for p in sys.argv[5:]]  # the last one only to load everything once
here = pathlib.Path(__file__).resolve().parent
work = pathlib.Path(tempfile.mkdtemp(prefix="bench-ml."))
ONLY = {"clip": "scenes", "detr": "objects"}
BATCH = {"clip": 8, "detr": 1}
COPIES = {"clip": 4, "detr": 1}

(work / "models.yaml").write_text(f"""analysis:
  ml_models:
    custom_models:
      - {{name: openai/clip-vit-base-patch32, layout: clip, path: {folder}/clip}}
      - {{name: facebook/detr-resnet-50, layout: detr, path: {folder}/detr}}
""")


def cpu_of(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "XDG_DATA_HOME": str(work / "data")})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def primed(kind, runtime):
    return work / f"{kind}.{runtimes.index(runtime)}.db"


def ours(kind, runtime, which):
    # A copy of a catalog that knows the scenes' texts already, and none of these photos.
    catalog = work / "run.db"
    if primed(kind, runtime).exists():
        shutil.copy(primed(kind, runtime), catalog)
    for rest in work.glob("run.db-*"):
        rest.unlink()
    return cpu_of([imgengine, "--config", work / "models.yaml", "--catalog", catalog, "-j", "1", "--progress", "none", "-q",
                   "--set", f"analysis.ml_models.runtime={runtime}", "--set", f"analysis.ml_models.batch_size={BATCH[kind]}",
                   "analyze", "--ml", "--only", ONLY[kind], *which])


def copies(kind):
    made = []
    for n in range(COPIES[kind]):
        for i, photo in enumerate(photos):
            made.append(work / f"{n}-{i}{os.path.splitext(photo)[1]}")
            shutil.copy(photo, made[-1])
    return made


def loading_and_all(kind, runtime):
    which = copies(kind)
    return ours(kind, runtime, which[:BATCH[kind]]), ours(kind, runtime, which)


def least(kind, found):
    if isinstance(found[0], float):
        return min(found)
    few, every = (min(times) for times in zip(*found))
    return (every - few) / (len(photos) * COPIES[kind] - BATCH[kind]) * 1000


def other(kind, engine):
    out = subprocess.run([sys.executable, here / "eager.py", folder, kind, engine, "1", str(BATCH[kind]), *photos], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return float(out.split(": ")[1].split(" ")[0])


for kind in BATCH:
    cases = {"PyTorch eager": lambda k=kind: other(k, "torch"), "ONNX Runtime, bare": lambda k=kind: other(k, "ort")}
    for r in runtimes:
        ours(kind, r, [spare])
        shutil.move(work / "run.db", primed(kind, r))
        cases[f"imgengine, {os.path.basename(r)}"] = lambda k=kind, r=r: loading_and_all(k, r)
    times = {name: [] for name in cases}
    for _ in range(rounds):
        for name, measure in cases.items():
            times[name].append(measure())
    torch, bare = (min(times[n]) for n in list(cases)[:2])
    for name, found in times.items():
        ms = least(kind, found)
        print(f"{kind}  {name:44} {ms:8.1f} ms   {torch / ms:5.2f} x PyTorch   {ms / bare:5.2f} of bare inference", flush=True)
