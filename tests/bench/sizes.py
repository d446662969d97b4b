#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far the default mode's hashes are from the exact ones at each size of picture, and how sharpness depends on size.

    sizes.py BUILD/imgengine FOLDER [COUNT]

Takes COUNT (20) JPEGs below FOLDER, resamples each (vips, Lanczos) so that the longer side is 320 to 6000 pixels, saves
them as JPEG of quality 92 with 4:2:0, and prints a table for each hash: in how many percent the default mode gives the
exact mode's bits, or differs in 1 or 2 at most, and the most it differs, the last row of all sizes; then how much sharpness at 3 MP differs from 24 MP's.
"""
import json, os, subprocess, sys, tempfile

SIDES = [320, 640, 1024, 1600, 2048, 3000, 4000, 6000]
HASHES = ["phash", "ahash", "dhash", "whash"]


def analyze(program, folder, only, *more):
    lines = subprocess.run([program, "--catalog", "", "-q", "analyze", "--json", "--only", only, *more, folder],
                           stdout=subprocess.PIPE).stdout.splitlines()
    records = (json.loads(line) for line in lines)
    return {os.path.basename(r["path"]): r["content"] for r in records if "content" in r}


def cell(bits):
    share = [100 * sum(b <= most for b in bits) / len(bits) for most in (0, 1, 2)]
    return "{:.1f} / {:.1f} / {:.1f} %, {}".format(*share, max(bits))


def main():
    program, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 20
    names = sorted(os.path.join(d, f) for d, _, files in os.walk(folder) for f in files
                   if f.lower().endswith((".jpg", ".jpeg")) and ".imgengine" not in d)[:count]
    sharpness, every = {}, {h: [] for h in HASHES}
    print("| longer side | " + " | ".join(f"{h} = 0 / <= 1 / <= 2, most" for h in HASHES) + " |\n|---|---|---|---|---|")
    for side in SIDES:
        with tempfile.TemporaryDirectory() as work:
            for i, name in enumerate(names):
                subprocess.run(["vips", "thumbnail", name, f"{work}/{i}.jpg[Q=92,subsample_mode=on,strip]", str(side), "--size", "both",
                                "--no-rotate"], check=True)
            default, exact = analyze(program, work, "hashes"), analyze(program, work, "hashes", "--exact")
            quality = analyze(program, work, "quality")
        cells = []
        for h in HASHES:
            bits = [bin(int(default[n][h], 16) ^ int(exact[n][h], 16)).count("1") for n in exact]
            every[h] += bits
            cells.append(cell(bits))
        print(f"| {side} | " + " | ".join(cells) + " |", flush=True)
        sharpness[side] = {n: c["sharpness"] for n, c in quality.items()}
    print("| all | " + " | ".join(cell(every[h]) for h in HASHES) + " |")
    change = sorted(100 * (sharpness[2048][n] / s - 1) for n, s in sharpness[6000].items())
    print(f"\nSharpness at 2048 pixels (3 MP) to 6000 (24 MP) of {len(change)} photos: {change[0]:+.1f} to {change[-1]:+.1f} %")


if __name__ == "__main__":
    main()
