#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reduced decode does to embeddings of a full-size CLIP: reduced.py IMGENGINE FOLDER RUNTIME PHOTO...  FOLDER is what
export.py wrote, with CLIP's merges.txt in FOLDER/clip. Prints the lowest and the median cosine between the embeddings of each
photo's shared reduced decode and of its exact one; fails below 0.995."""
import array
import math
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile

imgengine, folder, runtime, photos = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2]), sys.argv[3], sys.argv[4:]
work = tempfile.mkdtemp(prefix="bench-reduced.")


def half(bits):
    sign, exponent, fraction = bits >> 15, bits >> 10 & 31, bits & 1023
    value = fraction * 2.0 ** -24 if exponent == 0 else (1 + fraction / 1024) * 2.0 ** (exponent - 15)
    return -value if sign else value


def embeddings(exact):
    catalog = os.path.join(work, f"{exact}.db")
    subprocess.run([imgengine, "--catalog", catalog, "-q", "--set", f"analysis.content.exact={exact}", "--set",
                    f"analysis.ml_models.runtime={runtime}", "--set", "analysis.ml_models.device=cpu", "--set",
                    f"analysis.ml_models.custom_models=name=openai/clip-vit-base-patch32;path={folder}/clip", "--set",
                    "analysis.scenes.labels=a,b", "analyze", "--ml", "--only", "scenes", *photos],
                   stdout=subprocess.DEVNULL, check=False)  # damaged photos have a status of their own
    with sqlite3.connect(catalog) as db:
        return {path: [half(b) for b in array.array("H", vector)] for path, vector in db.execute("SELECT path, vector FROM embeddings")}


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


exact, reduced = embeddings("true"), embeddings("false")
found = [cosine(exact[path], reduced[path]) for path in exact]
differ = sum(exact[path] != reduced[path] for path in exact)
print(f"{len(found)} photos, {differ} differ: cosine at least {min(found):.5f}, median {statistics.median(found):.5f}")
sys.exit(0 if exact.keys() == reduced.keys() and differ > 0 and min(found) >= 0.995 else 1)
