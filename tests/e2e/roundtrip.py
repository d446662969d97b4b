#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tag writes, read by others: the test data's photos are tagged through the command line, then exiftool, exiv2 and
ours must read the same, every field that tag does not own must be what it was (exiftool -a -G1, before and
after), and a second run must plan nothing.
    roundtrip.py IMGENGINE [--all]       PHOTOS are those of $IMGENGINE_TESTDATA; without it the test is skipped."""
import collections, json, os, shutil, subprocess, sys, tempfile

FOLDERS = ["meta-jpeg", "jpeg-variants", "png", "webp", "tiff", "heif", "avif", "jxl", "raw", "malformed", "livephoto"]
PER_FOLDER = 5
TAGS = ["--keywords", "zebra,Places|Norway|Oslo", "--rating", "3", "--caption", "Eine Fähre", "--title", "Træna"]
# What the edit above is about.
OWNED = set("""XMP-dc:Subject XMP-dc:Title XMP-dc:Description XMP-xmp:Rating XMP-lr:HierarchicalSubject
    XMP-digiKam:TagsList XMP-x:XMPToolkit XMP-microsoft:RatingPercent IFD0:ImageDescription IFD0:Rating IFD0:RatingPercent
    IPTC:Keywords IPTC:ObjectName IPTC:Caption-Abstract IPTC:CodedCharacterSet Photoshop:IPTCDigest""".split())
# Not metadata: where things stand in the file, and what exiftool concludes from all of it.
PLACES = ("Offset", "Offsets", "PreviewImageStart", "OtherImageStart", "WebP_Flags")
GROUPS = ("File:", "System:", "ExifTool:", "Composite:")
# A second block of IPTC, which exiv2 adds to TIFF files that have Photoshop's resources, must say what the first says.
failures = 0


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", **options)


def verdict(name, problems):
    global failures
    for problem in problems[:20]:
        print(problem)
    print(f"[  FAILED  ] {name}" if problems else f"[       OK ] {name}")
    failures += bool(problems)


def exiftool(folder):
    out = run("exiftool", "-q", "-q", "-r", "-j", "-G1", "-a", "-struct", "-n", ".", cwd=folder).stdout
    return {record["SourceFile"]: record for record in json.loads(out or "[]")}


def unowned(record):
    return {key: value for key, value in record.items()
            if key != "SourceFile" and key not in OWNED and not key.startswith(GROUPS) and not key.endswith(PLACES)
            and not (key.startswith("IPTC2:") and value == record.get(key.replace("IPTC2:", "IPTC:")))}


def select(photos, everything):
    for folder in sorted(os.listdir(photos)) if everything else FOLDERS:
        count = collections.Counter()
        for root, folders, files in os.walk(os.path.join(photos, folder)):
            folders.sort()
            for name in sorted(files):
                path = os.path.join(root, name)
                count[name.rsplit(".", 1)[-1]] += 1
                if os.path.isfile(path) and not os.path.islink(path) and \
                        (everything or count[name.rsplit(".", 1)[-1]] <= PER_FOLDER):
                    yield os.path.relpath(path, photos)


def main():
    imgengine, testdata = os.path.realpath(sys.argv[1]), os.environ.get("IMGENGINE_TESTDATA")
    if not testdata or not shutil.which("exiftool") or not shutil.which("exiv2"):
        print("[  SKIPPED ] tags_written_by_ours_are_read_by_others: IMGENGINE_TESTDATA, exiftool or exiv2 is missing")
        return 0
    photos = os.path.join(testdata, "photos")
    with tempfile.TemporaryDirectory(prefix="imgengine-roundtrip.") as work:
        os.environ.update(XDG_DATA_HOME=work + "/data", XDG_CONFIG_HOME=work + "/config", TZ="UTC", LC_ALL="C.UTF-8")
        copy = work + "/photos"
        for path in select(photos, "--all" in sys.argv):
            os.makedirs(os.path.dirname(os.path.join(copy, path)), exist_ok=True)
            shutil.copy2(os.path.join(photos, path), os.path.join(copy, path))
            os.chmod(os.path.join(copy, path), 0o644)
        check(imgengine, copy, work)
    return 1 if failures else 0


def check(imgengine, copy, work):
    before = exiftool(copy)
    plan = run(imgengine, "--catalog", work + "/c.db", "--json", "tag", copy, *TAGS)
    embedded, beside = set(), set()
    for line in plan.stdout.splitlines():
        action = json.loads(line)
        if action.get("kind") == "replace":
            embedded.add("." + action["from"][action["from"].index(copy) + len(copy):])
        elif action.get("kind") == "copy":
            beside.add("." + action["to"][action["to"].index(copy) + len(copy):])
    applied = run(imgengine, "--catalog", work + "/c.db", "tag", copy, *TAGS, "--apply")
    failed = [line for line in applied.stdout.splitlines() if line.startswith("failed")]
    verdict("what_the_plan_says_is_what_apply_does", failed or ([] if len(embedded) > 20 and beside else ["too little planned"]))
    again = run(imgengine, "--catalog", work + "/c.db", "--exit-code", "tag", copy, *TAGS)
    verdict("a_second_run_plans_nothing", [] if again.returncode in (0, 3) else [again.stdout + again.stderr])
    after = exiftool(copy)

    equal, differing = 0, []
    for path, record in before.items():
        was, now = unowned(record), unowned(after.get(path, {}))
        for key in was.keys() | now.keys():
            if was.get(key) == now.get(key):
                equal += 1
            else:
                differing.append(f"{path}: {key} was {str(was.get(key))[:60]} and is {str(now.get(key))[:60]}")
    print(f"fields that tag does not own: {equal + len(differing)} compared in {len(before)} files, {equal} equal, "
          f"{len(differing)} differing")
    verdict("every_field_that_is_not_ours_is_what_it_was", differing)

    ours = {}
    for line in run(imgengine, "--catalog", work + "/c.db", "--json", "analyze", copy, "--only", "metadata").stdout.splitlines():
        record = json.loads(line)
        ours["." + record["path"][record["path"].index(copy) + len(copy):]] = record.get("metadata", {})
    problems, read = [], 0
    for path in sorted(embedded | beside):
        record = after.get(path, {})
        keywords = record.get("XMP-dc:Subject", [])
        read += 1
        if not {"zebra", "Oslo"} <= set(keywords if isinstance(keywords, list) else [keywords]) or \
                record.get("XMP-xmp:Rating") != 3 or record.get("XMP-dc:Title") != "Træna":
            problems.append(f"{path}: exiftool reads {keywords}, {record.get('XMP-xmp:Rating')}, {record.get('XMP-dc:Title')}")
        theirs = run("exiv2", "-Pkv", os.path.join(copy, path)).stdout
        for needed in ("zebra", "Oslo", "Træna", "Eine Fähre"):
            if needed not in theirs:
                problems.append(f"{path}: exiv2 does not read {needed}")
        if path in embedded:
            mine = ours.get(path, {})
            if not {"zebra", "Oslo"} <= set(mine.get("keywords", [])) or mine.get("rating") != 3 or \
                    mine.get("title") != "Træna" or mine.get("caption") != "Eine Fähre":
                problems.append(f"{path}: ours reads {mine.get('keywords')}, {mine.get('rating')}, {mine.get('title')}")
    print(f"{read} files read by exiftool, exiv2 and ours: {len(embedded)} photos, {len(beside)} sidecars")
    verdict("all_three_read_what_was_written", problems)


sys.exit(main())
