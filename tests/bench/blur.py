#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which number ranks blur best: blur.py BUILD/imgengine FOLDER [COUNT] [SIGMA,SIGMA...] [NOISE]

Takes COUNT (12) JPEGs below FOLDER (of names with "_original" if there are any), blurs each by a Gaussian of each SIGMA (0,1.5,3,6,12
pixels), adds white noise of NOISE (3) levels, as a sensor does after the lens, and saves it as JPEG of quality 92. For each candidate: Spearman's
rank correlation of its number with sigma over all pictures together; the mean of that within a photo; and how many of the
neighbouring steps of a photo are ranked the right way. Needs numpy, scipy and OpenCV.
"""
import json, os, subprocess, sys, tempfile
import cv2, numpy as np
from scipy.stats import spearmanr

FREQUENCY = np.add.outer(np.arange(8), np.arange(8))
LAPLACE = np.add.outer(np.arange(8) ** 2, np.arange(8) ** 2) ** 2  # what the Laplacian makes of a frequency's energy


def laplace(gray):
    return float(cv2.Laplacian(gray, cv2.CV_64F).var())


def view(gray):
    scale = 1000 / max(gray.shape)
    return gray if scale >= 1 else cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def coefficients(gray):
    """Mean square of each of a block's 64 coefficients: what a walk of the file can sum up."""
    h, w = (side // 8 * 8 for side in gray.shape)
    k = np.arange(8)
    c = np.cos(np.outer(k, 2 * k + 1) * np.pi / 16) * np.where(k == 0, np.sqrt(1 / 8), 0.5)[:, None]
    blocks = gray[:h, :w].astype(np.float32).reshape(h // 8, 8, w // 8, 8).swapaxes(1, 2)
    return np.square(c @ blocks @ c.T).mean(axis=(0, 1))


def measure(path):
    full = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
    small = max(full.shape) <= 1024  # then the analysis view is the picture itself
    half = full if small else cv2.imread(path, cv2.IMREAD_REDUCED_GRAYSCALE_2)
    quarter = cv2.resize(full, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) if small else cv2.imread(path, cv2.IMREAD_REDUCED_GRAYSCALE_4)
    energy = coefficients(full)
    energy[0, 0] = 0
    high, low = energy[FREQUENCY >= 4].sum(), energy[(FREQUENCY > 0) & (FREQUENCY < 4)].sum()
    soft = laplace(cv2.sepFilter2D(quarter, -1, *[np.array([.25, .5, .25])] * 2))
    return {"Laplacian, full size": laplace(full),
            "Laplacian, 1/2": laplace(half), "Laplacian, 1/4": laplace(quarter),
            "1/2 and 1/4: geometric mean": laplace(half) * laplace(quarter),
            "1/2 and softened 1/4: geometric mean": laplace(half) * soft,
            "AC energy, frequencies from 4 on": high, "AC energy, all": high + low, "AC energy, high to all": high / (high + low),
            "AC energy of the pair's bands: geometric mean": (energy * LAPLACE)[:4, :4].sum() * (energy * LAPLACE)[:2, :2].sum()}


def main():
    program, folder = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    sigmas = [float(s) for s in sys.argv[4].split(",")] if len(sys.argv) > 4 else [0, 1.5, 3, 6, 12]
    noise = float(sys.argv[5]) if len(sys.argv) > 5 else 3.0
    names = sorted(os.path.join(d, f) for d, _, files in os.walk(folder) for f in files if f.lower().endswith((".jpg", ".jpeg")))
    names = ([n for n in names if "_original" in n] or names)
    names = names[::max(1, len(names) // count)][:count]
    found = {}
    with tempfile.TemporaryDirectory() as work:
        for i, name in enumerate(names):
            picture, random = cv2.imread(name), np.random.default_rng(i)
            for s, sigma in enumerate(sigmas):
                blurred = cv2.GaussianBlur(picture, (0, 0), sigma) if sigma > 0 else picture
                grain = random.standard_normal(picture.shape, np.float32) * noise
                path = f"{work}/{i:03}-{s}.jpg"
                cv2.imwrite(path, np.clip(blurred + grain, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92])
                found[os.path.basename(path)] = measure(path)
        lines = subprocess.run([program, "--catalog", "", "-q", "analyze", "--json", "--only", "quality", work], stdout=subprocess.PIPE).stdout
    for r in map(json.loads, lines.splitlines()):
        c = r["content"]
        found[os.path.basename(r["path"])].update({"ours: sharpness": c["sharpness"],
                                                    "ours, less noise": c["sharpness"] - .8 * c["noise"] ** 2})
    table = np.array([[list(found[f"{i:03}-{s}.jpg"].values()) for s in range(len(sigmas))] for i in range(len(names))])
    print(f"{len(names)} photos, sigma {sigmas}, noise {noise:g}\n\n| candidate | Spearman | within a photo | steps right |\n|---|---|---|---|")
    for k, candidate in enumerate(found["000-0.jpg"]):
        values = table[:, :, k]
        within = np.mean([spearmanr(v, sigmas)[0] for v in values])
        print(f"| {candidate} | {-spearmanr(values.ravel(), np.tile(sigmas, len(names)))[0]:.3f} | {-within:.3f} | {100 * (np.diff(values) < 0).mean():.0f} % |")


if __name__ == "__main__":
    main()
