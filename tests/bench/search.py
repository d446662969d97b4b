#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fills a new catalog with made-up photos and embeddings, and measures a search in it.

  search.py IMGENGINE FOLDER COUNT      FOLDER must not exist; COUNT * 1.7 kB are written there

The query is a photo that is stored, so no model is loaded: what is measured is starting, reading all embeddings, ranking
and looking up what was found. Twenty photos near the query exist as files, the others are rows only. Printed: the median
time of three runs of a warm cache, and the peak memory less that of a search among the first hundred.
"""
import os
import random
import re
import resource
import sqlite3
import subprocess
import sys
import time

MODEL = "openai/clip-vit-base-patch32@0123456789abcdef"
NUMBERS = 512
# A half of about 1 / sqrt(512) with any sign and fraction, in each 16 bits.
MASK = int.from_bytes(b"\xff\x83" * NUMBERS, "little")
BASE = int.from_bytes(b"\x00\x28" * NUMBERS, "little")


def vector(rng):
    return ((rng.getrandbits(16 * NUMBERS) & MASK) | BASE).to_bytes(2 * NUMBERS, "little")


def rows(folder, count, rng):
    query = vector(rng)
    record = '{"schema":"imgengine.photo/1","format":"jpeg","width":4000,"height":3000,"metadata":{}}'
    os.mkdir(os.path.join(folder, "0000"))
    for i in range(count):
        path = os.path.join(folder, "%04d" % (i // 1000), "IMG_%07d.jpg" % i)
        stamp = (1, 1)
        near = i < 21
        if near:
            with open(path, "w") as file:
                file.write("x")
            st = os.stat(path)
            stamp = (st.st_size, st.st_mtime_ns)
        values = query[:-2 * i or None] + vector(rng)[len(query) - 2 * i:] if near else vector(rng)
        yield path.encode(), stamp, record, values


def fill(catalog, folder, count):
    db = sqlite3.connect(catalog)
    db.execute("PRAGMA synchronous = OFF")
    rng = random.Random(1)
    for path, stamp, record, values in rows(folder, count, rng):
        db.execute("INSERT INTO files VALUES(?, ?, ?, 1, 1, 1, 1, 'jpeg', '', ?)", (path, *stamp, record))
        db.execute("INSERT INTO embeddings VALUES(?, ?, ?, ?)", (path, MODEL, NUMBERS, values))
    db.commit()
    db.close()


def measure(command):
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["/usr/bin/env", "time", "-f", "%M", *command], capture_output=True, text=True)
    seconds, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    found = [line for line in done.stdout.splitlines() if "IMG_" in line]
    assert done.returncode == 0 and len(found) == 20, done.stderr
    peak = float(re.findall(r"^(\d+)$", done.stderr, re.M)[-1])
    return [seconds, after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime, peak]


def main():
    imgengine, folder, count = sys.argv[1], os.path.abspath(sys.argv[2]), int(sys.argv[3])
    os.makedirs(folder)
    os.environ["XDG_DATA_HOME"] = os.environ["HF_HUB_CACHE"] = os.environ["HOME"] = folder
    peaks = {}
    for n in (100, count) if count > 100 else (100,):
        catalog = os.path.join(folder, "%d.db" % n)
        photos = os.path.join(folder, "photos-%d" % n)
        os.mkdir(photos)
        subprocess.run([imgengine, "--catalog", catalog, "analyze", photos, "-q"], check=True, stdout=subprocess.DEVNULL)
        fill(catalog, photos, n)
        query = os.path.join(photos, "0000", "IMG_0000000.jpg")
        runs = [measure([imgengine, "--catalog", catalog, "search", "--like", query]) for _ in range(4)][1:]
        runs.sort()
        seconds, user, system, peak = runs[1]
        peaks[n] = max(r[3] for r in runs)
        print("%8d photos: %.4f s (user %.4f, system %.4f), peak %.1f MB" % (n, seconds, user, system, peak / 1024))
    if count > 100:
        print("%.0f bytes a photo" % ((peaks[count] - peaks[100]) * 1024 / (count - 100)))


if __name__ == "__main__":
    main()
