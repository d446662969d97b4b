#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a full-size CLIP ViT-B/32 and DETR ResNet-50 with random weights, in the layouts of Xenova's exports, and the same
weights for PyTorch: export.py FOLDER. Needs torch, transformers, timm-free DETR, onnx. What they say means nothing; what
they cost is what the real ones cost."""
import pathlib
import sys

import torch
from transformers import (CLIPConfig, CLIPTextModelWithProjection, CLIPVisionModelWithProjection, DetrConfig,
                          DetrForObjectDetection)

folder = pathlib.Path(sys.argv[1])
torch.manual_seed(1)


class Vision(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        return self.model(pixel_values=pixel_values).image_embeds


class Text(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids):
        return self.model(input_ids=input_ids).text_embeds


class Detector(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values, pixel_mask):
        mask = torch.nn.functional.interpolate(pixel_mask[:, None].float(), size=pixel_values.shape[-2:])[:, 0].long()
        out = self.model(pixel_values=pixel_values, pixel_mask=mask)
        return out.logits, out.pred_boxes


def write(model, inputs, path, names, outputs, free):
    path.parent.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        torch.onnx.export(model, inputs, str(path), input_names=names, output_names=outputs, dynamic_axes=free,
                          opset_version=17, dynamo=False)


def clip():
    config = CLIPConfig()
    vision = CLIPVisionModelWithProjection._from_config(config.vision_config, attn_implementation="eager").eval()
    text = CLIPTextModelWithProjection._from_config(config.text_config, attn_implementation="eager").eval()
    torch.save(vision.state_dict(), folder / "clip.pt")
    batch = {0: "batch"}
    write(Vision(vision), (torch.zeros(2, 3, 224, 224),), folder / "clip/onnx/vision_model.onnx", ["pixel_values"],
          ["image_embeds"], {"pixel_values": batch, "image_embeds": batch})
    ids = torch.tensor([[49406, 320, 1125, 49407]] * 2)
    write(Text(text), (ids,), folder / "clip/onnx/text_model.onnx", ["input_ids"], ["text_embeds"],
          {"input_ids": {0: "batch", 1: "length"}, "text_embeds": batch})


def detr():
    config = DetrConfig(use_pretrained_backbone=False, num_labels=91)
    config._attn_implementation = "eager"
    model = DetrForObjectDetection(config).eval()
    torch.save(model.state_dict(), folder / "detr.pt")
    inputs = (torch.zeros(1, 3, 320, 416), torch.ones(1, 64, 64, dtype=torch.int64))
    batch = {0: "batch"}
    write(Detector(model), inputs, folder / "detr/onnx/model.onnx", ["pixel_values", "pixel_mask"],
          ["logits", "pred_boxes"],
          {"pixel_values": {0: "batch", 2: "height", 3: "width"}, "pixel_mask": batch, "logits": batch,
           "pred_boxes": batch})


folder.mkdir(parents=True, exist_ok=True)
clip()
detr()
