#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which number ranks blur best: blur.py BUILD/imgengine FOLDER [COUNT] [SIGMA,SIGMA...] [NOISE,NOISE...]

Takes COUNT (12) JPEGs below FOLDER (of names with "_original" if there are any), blurs each by a Gaussian of each SIGMA (0,1.5,3,6,12
pixels), adds white noise of NOISE (3) levels, as a sensor does after the lens, and saves it as JPEG of quality 92; with several, each blurred
picture gets each of them. For each candidate: Spearman's rank correlation of its number with sigma over all pictures
together; the mean of that within a photo; and how many of the steps from sigma to sigma of a photo with one noise are
ranked the right way. Needs numpy, scipy and OpenCV.
"""
import json, os, subprocess, sys, tempfile
import cv2, numpy as np
from scipy.stats import spearmanr

FREQUENCY = np.add.outer(np.arange(8), np.arange(8))
LAPLACE = np.add.outer(np.arange(8) ** 2, np.arange(8) ** 2) ** 2  # what the Laplacian makes of a frequency's energy


def laplace(gray):
    return float(cv2.Laplacian(gray, cv2.CV_64F).var())


def soften(gray):
    return cv2.sepFilter2D(gray.astype(np.float32), -1, *[np.array([.25, .5, .25])] * 2)


def peak(gray):
    """The Laplacian's mean square in squares of 16 x 16, and of these the mean of the highest hundredth."""
    h, w = (side // 16 * 16 for side in gray.shape)
    squares = cv2.Laplacian(gray.astype(np.float32), cv2.CV_32F)[:h, :w] ** 2
    local = np.sort(squares.reshape(h // 16, 16, w // 16, 16).mean(axis=(1, 3)).ravel())
    return float(local[-max(1, len(local) // 100):].mean())


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
    return {"Laplacian, full size": laplace(full),
            "Laplacian, 1/2": laplace(half), "Laplacian, 1/4": laplace(quarter),
            "1/2 and 1/4: geometric mean": laplace(half) * laplace(quarter),
            "Laplacian, 1/2, smoothed": float(cv2.Laplacian(soften(half), cv2.CV_32F).var()),
            "peak, 1/2": peak(half), "peak, 1/2, smoothed": peak(soften(half)), "peak, 1/4": peak(quarter),
            "AC energy, frequencies from 4 on": high, "AC energy, all": high + low, "AC energy, high to all": high / (high + low),
            "AC energy of the pair's bands: geometric mean": (energy * LAPLACE)[:4, :4].sum() * (energy * LAPLACE)[:2, :2].sum()}


def main():
    program, folder = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 12
    sigmas = [float(s) for s in sys.argv[4].split(",")] if len(sys.argv) > 4 else [0, 1.5, 3, 6, 12]
    noises = [float(n) for n in sys.argv[5].split(",")] if len(sys.argv) > 5 else [3.0]
    names = sorted(os.path.join(d, f) for d, _, files in os.walk(folder) for f in files if f.lower().endswith((".jpg", ".jpeg")))
    names = ([n for n in names if "_original" in n] or names)
    names = names[::max(1, len(names) // count)][:count]
    found = {}
    with tempfile.TemporaryDirectory() as work:
        for i, name in enumerate(names):
            picture, random = cv2.imread(name), np.random.default_rng(i)
            for s, sigma in enumerate(sigmas):
                blurred = cv2.GaussianBlur(picture, (0, 0), sigma) if sigma > 0 else picture
                for n, noise in enumerate(noises):
                    grain = random.standard_normal(picture.shape, np.float32) * noise
                    path = f"{work}/{i:03}-{n}-{s}.jpg"
                    cv2.imwrite(path, np.clip(blurred + grain, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 92])
                    found[os.path.basename(path)] = measure(path)
        lines = subprocess.run([program, "--catalog", "", "-q", "analyze", "--json", "--only", "quality", work], stdout=subprocess.PIPE).stdout
    for r in map(json.loads, lines.splitlines()):
        c = r["content"]
        found[os.path.basename(r["path"])].update({"ours: sharpness": c["sharpness"], "ours: peak_sharpness": c["peak_sharpness"],
                                                    "ours: blurred": -c["blurred"]})
    table = np.array([[[list(found[f"{i:03}-{n}-{s}.jpg"].values()) for s in range(len(sigmas))] for n in range(len(noises))]
                      for i in range(len(names))])
    print(f"{len(names)} photos, sigma {sigmas}, noise {noises}\n\n| candidate | Spearman | within a photo | steps right |\n|---|---|---|---|")
    for k, candidate in enumerate(found["000-0-0.jpg"]):
        values = table[:, :, :, k]
        truth = np.broadcast_to(sigmas, values.shape)
        if candidate == "ours: blurred":
            print("\nCount as blurred, of each sigma: " + ", ".join(f"{s:g}: {int((values[:, :, j] < 0).sum())} of {values[:, :, j].size}" for j, s in enumerate(sigmas)))
            continue
        within = np.mean([spearmanr(v.ravel(), t.ravel())[0] for v, t in zip(values, truth)])
        print(f"| {candidate} | {-spearmanr(values.ravel(), truth.ravel())[0]:.3f} | {-within:.3f} | {100 * (np.diff(values) < 0).mean():.0f} % |")


if __name__ == "__main__":
    main()
