#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""CPU milliseconds a photo: eager.py FOLDER clip|detr torch|ort THREADS BATCH PHOTO...  FOLDER is what export.py wrote.
torch: PyTorch eager with transformers' preprocessing, from JPEG to labels. ort: bare inference of ONNX Runtime on tensors
that are ready, to tell the pipeline's overhead. Loading is not counted."""
import pathlib
import sys
import time

import numpy as np
from PIL import Image, ImageOps

folder, kind, engine, threads, batch = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
paths = sys.argv[6:]
from transformers import CLIPConfig, CLIPImageProcessorPil, DetrConfig, DetrImageProcessorPil

if kind == "clip":
    processor = CLIPImageProcessorPil(size={"shortest_edge": 224}, crop_size=224)
else:
    processor = DetrImageProcessorPil(do_pad=False)


def load(path):
    return ImageOps.exif_transpose(Image.open(path)).convert("RGB")


def with_torch():
    import torch
    from transformers import CLIPVisionModelWithProjection, DetrForObjectDetection
    torch.set_num_threads(threads)
    if kind == "clip":
        model = CLIPVisionModelWithProjection._from_config(CLIPConfig().vision_config)
        model.load_state_dict(torch.load(folder / "clip.pt"))
        labels = torch.nn.functional.normalize(torch.randn(80, 512), dim=-1)
    else:
        model = DetrForObjectDetection(DetrConfig(use_pretrained_backbone=False, num_labels=91))
        model.load_state_dict(torch.load(folder / "detr.pt"))
    model.eval()

    def look(group):
        images = [load(p) for p in group]
        inputs = processor(images=images, return_tensors="pt")
        out = model(**inputs)
        if kind == "clip":
            return (torch.nn.functional.normalize(out.image_embeds, dim=-1) @ labels.T * 100).softmax(-1)
        return processor.post_process_object_detection(out, 0.5, [(i.height, i.width) for i in images])

    with torch.no_grad():
        measure(look)


def with_ort():
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    name = "clip/onnx/vision_model.onnx" if kind == "clip" else "detr/onnx/model.onnx"
    session = onnxruntime.InferenceSession(folder / name, options, providers=["CPUExecutionProvider"])
    ready = {}
    for p in paths:
        image = load(p)
        if kind == "detr":
            inputs = processor(images=image, return_tensors="np")
            h, w = (max(1, round(n / 32)) * 32 for n in inputs["pixel_values"].shape[2:])
            ready[p] = np.ascontiguousarray(np.resize(inputs["pixel_values"], (1, 3, h, w)))
        else:
            ready[p] = processor(images=image, return_tensors="np")["pixel_values"]

    def look(group):
        feeds = {"pixel_values": np.concatenate([ready[p] for p in group])}
        if kind == "detr":
            feeds["pixel_mask"] = np.ones((len(group), 64, 64), np.int64)
        session.run(None, feeds)

    measure(look)


def measure(look):
    look(paths[:batch])
    start, wall = time.process_time(), time.perf_counter()
    for i in range(0, len(paths), batch):
        look(paths[i:i + batch])
    cpu, wall = time.process_time() - start, time.perf_counter() - wall
    print(f"{engine} {kind} threads={threads} batch={batch}: {cpu / len(paths) * 1000:.1f} CPU ms, "
          f"{wall / len(paths) * 1000:.1f} ms a photo")


with_torch() if engine == "torch" else with_ort()
