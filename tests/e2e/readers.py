#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any photos, read by exiftool, exiv2 and ours: each field on which the first two agree must be ours as well, and where
neither finds one of a field's tags we must not invent one.
    readers.py IMGENGINE FILE|FOLDER...     compares these
    readers.py IMGENGINE --variants         makes photos with odd values (needs $IMGENGINE_TESTDATA) and compares them
Prints a table: fields compared, equal, differing; and each difference."""
import datetime, json, math, os, re, shutil, subprocess, sys, tempfile
from fractions import Fraction



def exif(tag, theirs=None):
    return ("IFD0:" + tag, "Exif.Image." + (theirs or tag))


def photo(tag, theirs=None):
    return ("ExifIFD:" + tag, "Exif.Photo." + (theirs or tag))


def xmp(space, tag, theirs=None):
    return (f"XMP-{space}:{tag}", f"Xmp.{space}.{theirs or (tag.lower() if space == 'dc' else tag)}")


def iptc(tag, theirs):
    return ("IPTC:" + tag, "Iptc.Application2." + theirs)


# Our key, how values compare, and where they stand in the order that the Metadata Working Group gives.
FIELDS = [
    ("camera.make", "text", [exif("Make"), xmp("tiff", "Make")]),
    ("camera.model", "text", [exif("Model"), xmp("tiff", "Model")]),
    ("camera.lens", "text", [photo("LensModel"), xmp("exifEX", "LensModel"), xmp("aux", "Lens")]),
    ("camera.serial", "text", [photo("SerialNumber", "BodySerialNumber"), xmp("exifEX", "SerialNumber", "BodySerialNumber"),
                               xmp("aux", "SerialNumber")]),
    ("camera.lens_make", "text", [photo("LensMake"), xmp("exifEX", "LensMake")]),
    ("exposure.f_number", "positive", [photo("FNumber"), xmp("exif", "FNumber")]),
    ("exposure.time_s", "positive", [photo("ExposureTime"), xmp("exif", "ExposureTime")]),
    ("exposure.iso", "positive", [photo("ISO", "ISOSpeedRatings"), xmp("exif", "ISO", "ISOSpeedRatings")]),
    ("exposure.focal_length_mm", "positive", [photo("FocalLength"), xmp("exif", "FocalLength")]),
    ("exposure.focal_length_35mm", "positive", [photo("FocalLengthIn35mmFormat", "FocalLengthIn35mmFilm"),
                                                xmp("exif", "FocalLengthIn35mmFormat", "FocalLengthIn35mmFilm")]),
    ("exposure.flash", "flash", [photo("Flash")]),
    ("exposure.bias_ev", "real", [photo("ExposureCompensation", "ExposureBiasValue"),
                                  xmp("exif", "ExposureCompensation", "ExposureBiasValue")]),
    ("exposure.metering", "metering", [photo("MeteringMode"), xmp("exif", "MeteringMode")]),
    ("exposure.white_balance", "balance", [photo("WhiteBalance"), xmp("exif", "WhiteBalance")]),
    ("gps.latitude", "place", [("GPS:GPSLatitude", "Exif.GPSInfo.GPSLatitude"), xmp("exif", "GPSLatitude")]),
    ("gps.longitude", "place", [("GPS:GPSLongitude", "Exif.GPSInfo.GPSLongitude"), xmp("exif", "GPSLongitude")]),
    ("gps.altitude_m", "altitude", [("GPS:GPSAltitude", "Exif.GPSInfo.GPSAltitude"), xmp("exif", "GPSAltitude")]),
    ("captured.local", "date", [photo("DateTimeOriginal"), photo("CreateDate", "DateTimeDigitized"),
                                xmp("exif", "DateTimeOriginal"), xmp("photoshop", "DateCreated"), xmp("xmp", "CreateDate")]),
    ("captured.offset", "offset", [photo("OffsetTimeOriginal")]),
    ("title", "text", [xmp("dc", "Title"), iptc("ObjectName", "ObjectName")]),
    ("caption", "text", [exif("ImageDescription"), xmp("dc", "Description"), iptc("Caption-Abstract", "Caption")]),
    ("keywords", "texts", [xmp("dc", "Subject"), iptc("Keywords", "Keywords")]),
    ("rating", "rating", [xmp("xmp", "Rating")]),
    ("label", "text", [xmp("xmp", "Label")]),
    ("creator", "text", [exif("Artist"), xmp("dc", "Creator"), iptc("By-line", "Byline")]),
    ("copyright", "text", [exif("Copyright"), xmp("dc", "Rights"), iptc("CopyrightNotice", "Copyright")]),
    ("software", "text", [exif("Software"), xmp("xmp", "CreatorTool")]),
    ("unique_id", "text", [photo("ImageUniqueID")]),
    ("location.city", "text", [xmp("photoshop", "City"), iptc("City", "City")]),
    ("location.state", "text", [xmp("photoshop", "State"), iptc("Province-State", "ProvinceState")]),
    ("location.country", "text", [xmp("photoshop", "Country"), iptc("Country-PrimaryLocationName", "CountryName")]),
    ("original_name", "text", [xmp("xmpMM", "PreservedFileName")]),
]
METERING = {1: "average", 2: "center_weighted", 3: "spot", 4: "multi_spot", 5: "pattern", 6: "partial", 255: "other"}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, errors="replace").stdout


def exiftool(paths, work):
    """path → {"Group1:Tag": value}"""
    with open(work + "/list", "w") as names:
        names.write("\n".join(paths))
    out = run("exiftool", "-q", "-q", "-m", "-j", "-G1", "-n", "-struct", "-charset", "iptc=latin1", "-@", work + "/list")
    return {record["SourceFile"]: record for record in json.loads(out or "[]")}


def exiv2(path):
    """key → [values], as texts"""
    found, last = {}, None
    for line in run("exiv2", "-q", "-Pkv", path).splitlines():
        match = re.match(r"((?:Exif|Iptc|Xmp)\.[\w.-]+)(?:\[\d+\][\w/:\[\]?]*)?\s*(.*)", line)
        if match and not re.match(r"\S+[\[/]", line):
            last = found.setdefault(match.group(1), [])
            last.append(match.group(2))
        elif last and not match:
            last[-1] += "\n" + line
    return found


def number(text):
    """What a value says as a number, of EXIF's fractions, too; None: none."""
    try:
        return float(Fraction(str(text).split()[0]))
    except (ValueError, ZeroDivisionError, IndexError, OverflowError):
        return None


def degrees(text):
    """"52/1 12/1 30/1" or "59,54.834N"; None: none."""
    match = re.fullmatch(r"(\d+),([\d.]+)(?:,([\d.]+))?([NSEW])", str(text))
    if match:
        value = float(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
        return -value if match[4] in "SW" else value
    parts = [number(part) for part in str(text).split()]
    return None if len(parts) != 3 or None in parts else parts[0] + parts[1] / 60 + parts[2] / 3600


def words(value):
    return [str(item).strip() for item in (value if isinstance(value, list) else [value]) if str(item).strip()]


def text(value):
    if isinstance(value, dict):
        value = value.get("x-default", next(iter(value.values()), ""))
    return "; ".join(words(value))


def unlang(value):
    match = re.match(r'lang="([^"]*)" (.*)', value, re.S)
    return value if not match else re.split(r', lang="', match.group(2))[0]


def agreed(kind, tags, a, b):
    """(known, value): what both programs read; known is False where they differ or one of them reads nothing."""
    union = []
    for one, two in tags:
        x, y = a.get(one), b.get(two)
        if x is None and y is None:
            continue
        if kind == "texts":
            mine = words(x) if x is not None else []
            theirs = [w.strip() for w in (y or []) if w.strip()] if two.startswith("Iptc") else \
                [w for w in re.split(r", ", ", ".join(y or [])) if w.strip()]
            if [m for m in mine] != theirs:
                return False, None
            union += [m for m in mine if m not in union]
            continue
        if x is None or y is None:
            return False, None
        if kind == "text":
            x, y = text(x), unlang(", ".join(y) if not two.startswith("Iptc") else "; ".join(y)).strip()
            x = x.strip()
            if x.replace("; ", ", ") != y.replace("; ", ", "):
                return False, None
            if x:
                return True, x
        elif kind == "date":
            x, y = str(x).strip(), y[0].strip()
            if two.startswith("Xmp"):
                y = y.replace("-", ":", 2).replace("T", " ")
            if x != y:
                return False, None
            if re.fullmatch(r"\d{4}:\d\d:\d\d", y):
                return False, None
            y = y[:19] if y[16:17] == ":" else y[:16] + ":00"  # XMP may leave out the seconds
            try:
                return True, datetime.datetime.strptime(y, "%Y:%m:%d %H:%M:%S").isoformat()
            except ValueError:
                continue
        elif kind == "offset":
            return (str(x) == y[0] and re.fullmatch(r"[+-]\d\d:\d\d", y[0]) is not None), x
        elif kind in ("place", "altitude"):
            y = degrees(y[0]) if kind == "place" else number(y[0])
            x = number(x)
            if x is None or y is None or abs(x - y) > 1e-7 * max(1, abs(x)):
                return False, None
            ref = b.get(two + "Ref", [""])[0].strip()
            known = kind == "altitude" or ref in tuple("NSEW") or two.startswith("Xmp")
            return known, -x if ref in ("S", "W", "1") else x
        else:
            x, y = number(x), number(y[0])
            if x == 65535 and "ISO" in one:  # it says that it does not fit; other tags have it
                return False, None
            if x is None or y is None or abs(x - y) > 1e-6 * max(1, abs(x)):
                return False, None
            if kind != "positive" or x > 0:
                return True, x
    return True, union or None


def same(kind, want, got):
    if kind == "texts" or want is None or got is None:
        return (want or None) == (got or None)
    if kind == "text":
        return want == (got.strip() if isinstance(got, str) else got)
    if kind == "date":
        return want == got[:19]
    if kind == "flash":
        return bool(int(want) & 1) == got
    if kind == "metering":
        return METERING.get(int(want)) == got
    if kind == "balance":
        return {0: "auto", 1: "manual"}.get(int(want)) == got
    if kind == "offset":
        return want == got
    return math.isclose(want, got, rel_tol=2e-6, abs_tol=2e-7)


def at(record, key):
    for part in key.split("."):
        record = record.get(part) if isinstance(record, dict) else None
    return record


def compare(imgengine, paths, work):
    theirs = exiftool(paths, work)
    table = {key: [0, 0] for key, _, _ in FIELDS}
    bad = 0
    out = run(imgengine, "--catalog", "", "--json", "analyze", "--only", "metadata", "--files-from", work + "/list")
    for line in out.split("\n")[:-1]:  # splitlines() takes U+0085 and the like for ends of lines
        record = json.loads(line)
        path = record.get("path")
        if path not in theirs or "metadata" not in record or record["metadata"].get("sidecars"):
            continue
        a, b = theirs[path], exiv2(path)
        if not b:
            continue
        newer = a.get("Photoshop:IPTCDigest") not in (None, a.get("File:CurrentIPTCDigest"))
        for key, kind, tags in FIELDS:
            known, want = agreed(kind, tags, a, b)
            if not known or newer and any("IPTC" in one for one, _ in tags):
                continue
            got = at(record["metadata"], key)
            if kind == "date" and want is None or kind == "rating" and want is not None and not -1 <= want <= 5:
                continue
            if want is None:
                continue
            table[key][0] += 1
            if same(kind, want, got):
                table[key][1] += 1
            else:
                bad += 1
                print(f"{path}: {key}: exiftool and exiv2 read {str(want)[:90]!r}, ours {str(got)[:90]!r}")
    print(f"{'field':28} compared equal differing")
    for key, (count, equal) in table.items():
        if count:
            print(f"{key:28} {count:8} {equal:5} {count - equal:9}")
    print(f"{sum(c for c, _ in table.values())} values compared, {bad} differing")
    return bad


def files_below(arguments):
    for argument in arguments:
        if os.path.isfile(argument):
            yield argument
        for root, folders, names in os.walk(argument):
            folders.sort()
            for name in sorted(names):
                if os.path.isfile(os.path.join(root, name)) and "\n" not in name:
                    yield os.path.join(root, name)


BASES = ["meta-jpeg/exif-js/dsc_09827.jpg", "meta-jpeg/Piexif/r_canon.jpg", "tiff/exifr/Bush-dog.tif",
         "png/exif-rs/exif.png", "webp/exif-rs/exif.webp", "avif/exifr/Irvine_CA.avif", "heif/pillow_heif/L_exif_xmp_iptc.heic",
         "raw/exif-py/sony_alpha_a7iii_raw_image.ARW"]
XMP_ONLY = """-XMP-tiff:Make=Leica -XMP-tiff:Model=Q3 -XMP-exifEX:LensModel=Summilux -XMP-exifEX:SerialNumber=77 -XMP-exif:FNumber=1.7
    -XMP-exif:ExposureTime=1/3000 -XMP-exif:ISO=64 -XMP-exif:FocalLength=28.5 -XMP-exif:FocalLengthIn35mmFormat=28
    -XMP-exif:ExposureCompensation=-1/3 -XMP-exif:MeteringMode#=3 -XMP-exif:WhiteBalance#=1 -XMP-exif:GPSLatitude=-33.8567844
    -XMP-exif:GPSLongitude=151.2152967 -XMP-exif:GPSAltitude=-4.25 -XMP-exif:DateTimeOriginal=2021:02:03T04:05:06.789-03:30
    -XMP-xmp:CreatorTool=ours -XMP-photoshop:City=Sydney -XMP-photoshop:State=NSW -XMP-photoshop:Country=Australia"""
VARIANTS = {
    "xmp-only": ["-exif:all=", "-iptc:all=", *XMP_ONLY.split(), "-XMP-dc:Title=Ópera", "-XMP-dc:Description=a\nb", "-XMP-xmp:Rating=-1",
                 "-XMP-dc:Subject=x y", "-XMP-dc:Subject=Ω", "-XMP-dc:Creator=A", "-XMP-dc:Creator=B", "-XMP-dc:Rights=©"],
    "xmp-aux": ["-exif:all=", "-XMP-aux:Lens=50mm f/1.4", "-XMP-aux:SerialNumber=00123", "-XMP-exif:DateTimeOriginal=2021:02:03 04:05"],
    "xmp-compact": ["-api", "Compact=Shorthand,NoNewline,NoPadding", *XMP_ONLY.split()],
    "xmp-languages": ["-XMP-dc:Title-de=Titel", "-XMP-dc:Title=title", "-XMP-dc:Description-fr=autre", "-XMP-dc:Description=main"],
    "iptc-only": ["-exif:all=", "-xmp:all=", "-IPTC:ObjectName=Name", "-IPTC:Caption-Abstract=Cap", "-IPTC:Keywords=a", "-IPTC:Keywords=b c",
                  "-IPTC:By-line=One", "-IPTC:City=Bonn", "-IPTC:Province-State=NRW", "-IPTC:Country-PrimaryLocationName=Deutschland",
                  "-IPTC:CopyrightNotice=c", "-IPTC:DateCreated=2020:02:29", "-IPTC:TimeCreated=23:59:58+01:00"],
    "iptc-utf8": ["-xmp:all=", "-IPTC:CodedCharacterSet=UTF8", "-IPTC:ObjectName=Žluťoučký", "-IPTC:City=Þórshöfn", "-IPTC:Keywords=日本"],
    "all-three": ["-EXIF:ImageDescription=exif", "-XMP-dc:Description=xmp", "-IPTC:Caption-Abstract=iptc", "-EXIF:Artist=exif",
                  "-XMP-dc:Creator=xmp", "-IPTC:By-line=iptc", "-EXIF:Copyright=exif", "-XMP-dc:Rights=xmp", "-XMP-dc:Subject=xmp",
                  "-IPTC:Keywords=iptc", "-XMP-dc:Title=xmp", "-IPTC:ObjectName=iptc", "-XMP-photoshop:City=xmp", "-IPTC:City=iptc"],
    "blank-exif": ["-EXIF:ImageDescription=   ", "-XMP-dc:Description=under it", "-EXIF:Artist= ", "-XMP-dc:Creator=under it"],
    "utf8-exif": ["-EXIF:ImageDescription=Žluťoučký kůň", "-EXIF:Artist=Zoë; Bjørn", "-EXIF:Copyright=© Å", "-EXIF:Make=Ünicode"],
    "big-endian": ["-all=", "-ExifByteOrder=MM", "-EXIF:FNumber=5.6", "-EXIF:Make=M", "-EXIF:GPSLatitude=1.5", "-EXIF:GPSLatitudeRef=S",
                   "-EXIF:GPSLongitude=2.25", "-EXIF:GPSLongitudeRef=W", "-EXIF:ExposureTime=30", "-EXIF:ISO=51200"],
    "little-endian": ["-all=", "-ExifByteOrder=II", "-EXIF:FNumber=0.95", "-EXIF:Model=I", "-EXIF:ExposureTime=1/32000",
                      "-EXIF:GPSAltitude=8848.86", "-EXIF:GPSAltitudeRef#=0", "-EXIF:Flash#=89", "-EXIF:MeteringMode#=255"],
    "south-pole": ["-EXIF:GPSLatitude=90", "-EXIF:GPSLatitudeRef=S", "-EXIF:GPSLongitude=180", "-EXIF:GPSLongitudeRef=W",
                   "-EXIF:GPSAltitude=0.001", "-EXIF:GPSAltitudeRef#=1"],
    "equator": ["-EXIF:GPSLatitude=0", "-EXIF:GPSLatitudeRef=N", "-EXIF:GPSLongitude=0", "-EXIF:GPSLongitudeRef=E"],
    "subsec": ["-EXIF:DateTimeOriginal=1999:12:31 23:59:59", "-EXIF:SubSecTimeOriginal=  9", "-EXIF:OffsetTimeOriginal=-09:30"],
    "subsec-long": ["-EXIF:DateTimeOriginal=2019:01:01 00:00:00", "-EXIF:SubSecTimeOriginal=123456789", "-EXIF:OffsetTimeOriginal=Z"],
    "no-date": ["-EXIF:DateTimeOriginal#=0000:00:00 00:00:00", "-EXIF:CreateDate=2012:12:12 12:12:12"],
    "bad-date": ["-EXIF:DateTimeOriginal#=2023:02:30 10:00:00", "-EXIF:CreateDate=2012:12:12 12:12:12"],
    "stars": ["-XMP-xmp:Rating=3", "-EXIF:Rating=5", "-XMP-xmp:Label=Grün"],
    "odd-numbers": ["-EXIF:FNumber=inf", "-EXIF:ExposureTime=undef", "-EXIF:FocalLength=0", "-EXIF:ExposureCompensation=-2.6667"],
    "long-texts": ["-EXIF:ImageDescription=" + "lang " * 9000, "-XMP-dc:Title=" + "t" * 3000, "-EXIF:Software=s" * 400],
    "iso": ["-EXIF:ISO=65535", "-EXIF:SensitivityType#=2", "-EXIF:RecommendedExposureIndex=204800"],
    "unique": ["-EXIF:ImageUniqueID=ABCDEF0123456789ABCDEF0123456789", "-EXIF:LensModel=x" * 30, "-EXIF:SerialNumber=00 01"],
}


def make_variants(photos, folder):
    steps = []
    for base in BASES:
        for name, arguments in VARIANTS.items():
            stem, extension = os.path.splitext(base.replace("/", "_"))
            target = f"{folder}/{stem}-{name}{extension}"
            shutil.copyfile(os.path.join(photos, base), target)
            steps += ["-q", "-q", "-m", "-overwrite_original", *(a.replace("\n", " ") for a in arguments), target, "-execute"]
    with open(folder + ".steps", "w") as out:
        out.write("\n".join(steps) + "\n")
    run("exiftool", "-@", folder + ".steps")
    return list(files_below([folder]))


def main():
    imgengine = os.path.realpath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="imgengine-readers.") as work:
        if sys.argv[2] != "--variants":
            return 1 if compare(imgengine, list(files_below(sys.argv[2:])), work) else 0
        testdata = os.environ.get("IMGENGINE_TESTDATA")
        name = "odd_values_are_read_as_exiftool_and_exiv2_do"
        if not testdata or not shutil.which("exiftool") or not shutil.which("exiv2"):
            print(f"[  SKIPPED ] {name}: IMGENGINE_TESTDATA, exiftool or exiv2 is missing")
            return 0
        os.mkdir(work + "/photos")
        bad = compare(imgengine, make_variants(testdata + "/photos", work + "/photos"), work)
        print(f"[  FAILED  ] {name}" if bad else f"[       OK ] {name}")
        return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
