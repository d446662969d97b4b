// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Makes a small photo library with everything that makes real ones hard: several cameras and dates, GPS,
 * orientations, exact duplicates under other names, a RAW+JPEG pair with a sidecar, transparency, a truncated
 * file, a text file named .jpg, names that are not UTF-8. Deterministic: the same bytes at every run.
 *
 *   make-library FOLDER    FOLDER must not exist yet
 *
 * Not part of the product; it writes its own new files only.
 */
#include <errno.h>
#include <fcntl.h>
#include <gexiv2/gexiv2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vips/vips.h>

typedef struct tag {
    const char *name, *value;
} tag;

#define MAX_TAGS 10

typedef struct shot {
    const char *name; /* below the folder; its ending chooses the format */
    int seed;         /* of the picture */
    int width, height;
    tag tags[MAX_TAGS];
} shot;

#define MAKER(make, model)                                                                                   \
    {"Exif.Image.Make", make}, {"Exif.Image.Model", model}
#define TAKEN(time)                                                                                          \
    {"Exif.Photo.DateTimeOriginal", time}, {"Exif.Photo.DateTimeDigitized", time}

static const shot shots[] = {
    {"2023 Summer/IMG_0101.JPG", 1, 1200, 800,
     {MAKER("Canon", "Canon EOS R5"), TAKEN("2023:07:14 09:12:33"), {"Exif.Photo.SubSecTimeOriginal", "120"},
      {"Exif.Photo.OffsetTimeOriginal", "+02:00"}, {"Exif.Photo.LensModel", "RF24-105mm F4 L IS USM"},
      {"Exif.Photo.FNumber", "4/1"}, {"Exif.Photo.ExposureTime", "1/250"}}},
    {"2023 Summer/IMG_0102.JPG", 2, 1200, 800,
     {MAKER("Canon", "Canon EOS R5"), TAKEN("2023:07:14 09:12:33"), {"Exif.Photo.SubSecTimeOriginal", "480"}}},
    {"2023 Summer/IMG_0103.JPG", 3, 800, 1200,
     {MAKER("Canon", "Canon EOS R5"), TAKEN("2023:07:14 18:40:02"), {"Exif.Image.Orientation", "6"}}},
    {"phone/IMG_5533.jpg", 4, 1024, 768,
     {MAKER("Apple", "iPhone 13"), TAKEN("2022:12:31 23:59:58"), {"Exif.GPSInfo.GPSLatitudeRef", "N"},
      {"Exif.GPSInfo.GPSLatitude", "48/1 51/1 2964/100"}, {"Exif.GPSInfo.GPSLongitudeRef", "E"},
      {"Exif.GPSInfo.GPSLongitude", "2/1 17/1 4020/100"}, {"Xmp.dc.subject", "new year"}}},
    {"phone/\xf0\x9f\x8c\x8a sea.jpg", 5, 1024, 768,
     {MAKER("Apple", "iPhone 13"), TAKEN("2023:08:02 16:05:00"), {"Exif.Image.Orientation", "3"}}},
    {"nikon/DSC_0042.JPG", 6, 1200, 800,
     {MAKER("NIKON CORPORATION", "NIKON Z 6"), TAKEN("2021:03:03 07:30:00"), {"Exif.Photo.ISOSpeedRatings", "400"}}},
    {"scans/caf\xe9.jpg", 7, 900, 600, {{"Exif.Image.ImageDescription", "scanned slide"}}},
    {"scans/poster.webp", 8, 640, 960, {MAKER("Epson", "Perfection V600"), TAKEN("2019:11:20 12:00:00")}},
};

static int fail(const char *what)
{
    fprintf(stderr, "make-library: %s: %s %s\n", what, strerror(errno), vips_error_buffer());
    return 1;
}

/* A landscape of noise: soft enough to be photo-like, different for every seed. */
static VipsImage *paint(int seed, int width, int height, gboolean alpha)
{
    VipsImage *bands[4] = {NULL}, *joined = NULL, *picture = NULL;
    for (int i = 0; i < 3; i++) {
        VipsImage *noise = NULL;
        if (vips_perlin(&noise, width, height, "cell_size", 40 << i, "seed", seed * 10 + i, NULL) != 0 ||
            vips_linear1(noise, &bands[i], 110.0, 128.0 - 20.0 * i, NULL) != 0) {
            return NULL;
        }
        g_object_unref(noise);
    }
    if (alpha) {
        VipsImage *ramp = NULL;
        if (vips_grey(&ramp, width, height, NULL) != 0 || vips_linear1(ramp, &bands[3], 255.0, 0.0, NULL) != 0) {
            return NULL;
        }
        g_object_unref(ramp);
    }
    if (vips_bandjoin(bands, &joined, alpha ? 4 : 3, NULL) == 0 &&
        vips_cast(joined, &picture, VIPS_FORMAT_UCHAR, NULL) == 0) {
        g_object_unref(joined);
    }
    for (int i = 0; i < (alpha ? 4 : 3); i++) {
        g_object_unref(bands[i]);
    }
    VipsImage *tagged = NULL;
    if (picture != NULL && vips_copy(picture, &tagged, "interpretation", VIPS_INTERPRETATION_sRGB, NULL) == 0) {
        g_object_unref(picture);
    }
    return tagged;
}

static int save(const char *path, int seed, int width, int height, gboolean alpha)
{
    VipsImage *picture = paint(seed, width, height, alpha);
    int result = picture != NULL ? vips_image_write_to_file(picture, path, NULL) : -1;
    g_clear_object(&picture);
    return result;
}

static int write_tags(const char *path, const tag *tags)
{
    GError *error = NULL;
    GExiv2Metadata *metadata = gexiv2_metadata_new();
    gboolean good = gexiv2_metadata_open_path(metadata, path, &error);
    for (int i = 0; good && i < MAX_TAGS && tags[i].name != NULL; i++) {
        good = gexiv2_metadata_try_set_tag_string(metadata, tags[i].name, tags[i].value, &error);
    }
    good = good && gexiv2_metadata_save_file(metadata, path, &error);
    if (!good) {
        fprintf(stderr, "make-library: %s: %s\n", path, error != NULL ? error->message : "no tags written");
        g_clear_error(&error);
    }
    g_object_unref(metadata);
    return good ? 0 : -1;
}

static int write_bytes(const char *path, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    int result = fd >= 0 && write(fd, bytes, size) == (ssize_t)size ? 0 : -1;
    if (fd >= 0) {
        close(fd);
    }
    return result;
}

/* The first `keep` thousandths of a file under another name; 1000 is an exact copy. */
static int copy_part(const char *from, const char *to, size_t keep)
{
    char *bytes = NULL;
    gsize size = 0;
    int result = -1;
    if (g_file_get_contents(from, &bytes, &size, NULL)) {
        result = write_bytes(to, bytes, size * keep / 1000);
    }
    g_free(bytes);
    return result;
}

/* A TIFF that says it is a DNG: what tells a RAW from a TIFF is this tag. */
static int make_raw(const char *path)
{
    char temporary[] = "library-raw.tif";
    static const tag tags[MAX_TAGS] = {{"Exif.Image.DNGVersion", "1 4 0 0"}, MAKER("NIKON CORPORATION", "NIKON Z 6"),
                                       TAKEN("2021:03:03 07:30:00")};
    if (save(temporary, 6, 600, 400, FALSE) != 0 || write_tags(temporary, tags) != 0) {
        return -1;
    }
    return rename(temporary, path);
}

static const char sidecar[] =
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
    "<rdf:Description rdf:about=\"\" xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmp:Rating=\"4\"/>"
    "</rdf:RDF></x:xmpmeta>\n";
static const char not_a_photo[] = "I am a shopping list: bread, film, batteries.\n";

static int set_times(const char *path, long number)
{
    const struct timespec times[2] = {{1600000000 + number * 86400, 0}, {1600000000 + number * 86400, 0}};
    return utimensat(AT_FDCWD, path, times, 0);
}

static int make_folders(const char *root)
{
    static const char *const folders[] = {"2023 Summer", "phone", "nikon", "scans", "backup"};
    if (mkdir(root, 0755) != 0 || chdir(root) != 0) {
        return -1;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
        if (mkdir(folders[i], 0755) != 0) {
            return -1;
        }
    }
    return 0;
}

static int make_oddities(void)
{
    return save("scans/logo.png", 9, 400, 300, TRUE) != 0 || make_raw("nikon/DSC_0042.DNG") != 0 ||
                   write_bytes("nikon/DSC_0042.xmp", sidecar, sizeof sidecar - 1) != 0 ||
                   copy_part("2023 Summer/IMG_0101.JPG", "backup/IMG_0101 (1).JPG", 1000) != 0 ||
                   copy_part("phone/IMG_5533.jpg", "backup/best\nof.jpg", 1000) != 0 ||
                   copy_part("2023 Summer/IMG_0102.JPG", "backup/broken.jpg", 600) != 0 ||
                   write_bytes("phone/list.jpg", not_a_photo, sizeof not_a_photo - 1) != 0
               ? -1
               : 0;
}

int main(int argc, char **argv)
{
    static const char *const odd[] = {"scans/logo.png",          "nikon/DSC_0042.DNG", "nikon/DSC_0042.xmp",
                                      "backup/IMG_0101 (1).JPG", "backup/best\nof.jpg", "backup/broken.jpg",
                                      "phone/list.jpg"};
    if (argc != 2) {
        fputs("usage: make-library FOLDER\n", stderr);
        return 2;
    }
    if (VIPS_INIT(argv[0]) != 0 || !gexiv2_initialize()) {
        return fail("libraries");
    }
    if (make_folders(argv[1]) != 0) {
        return fail(argv[1]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(shots); i++) {
        const shot *s = &shots[i];
        if (save(s->name, s->seed, s->width, s->height, FALSE) != 0 || write_tags(s->name, s->tags) != 0 ||
            set_times(s->name, (long)i) != 0) {
            return fail(s->name);
        }
    }
    if (make_oddities() != 0) {
        return fail("oddities");
    }
    for (size_t i = 0; i < G_N_ELEMENTS(odd); i++) {
        if (set_times(odd[i], 100 + (long)i) != 0) {
            return fail(odd[i]);
        }
    }
    vips_shutdown();
    return 0;
}
