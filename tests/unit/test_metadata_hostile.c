// SPDX-License-Identifier: GPL-3.0-or-later
/* The metadata reader on real files cut short and changed at random: no crash, no nonsense in the
   record. */
#include "test.h"

#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "storage/gpx_file.h"
#include "storage/image_data.h"
#include "storage/meta_container.h"
#include "storage/metadata_file.h"
#include "storage/place_file.h"
#include "storage/sidecar.h"
#include "utils/text.h"

/* IMGENGINE_STRESS=1 asks for the long version: every file up to SMALL_BYTES, cut at 500 places and
   changed 20,000 times. */
static bool long_version;
static size_t cuts = 500, mutations = 2000;
#define SMALL_BYTES 16384
#define MOST_SECONDS 2 /* a file that takes longer hangs */

static const char *const samples[] = {
    "livephoto/Lychee/train.mov",
    "livephoto/Lychee/train.jpg",
    "heif/pillow_heif/L_exif_xmp_iptc.heic",
    "avif/libavif/paris_icc_exif_xmp.avif",
    "jxl/testdata/1x1_exif_xmp.jxl",
    "png/libavif/paris_icc_exif_xmp.png",
    "png/pillow_heif/xmp.png",
    "webp/Piexif/tool1.webp",
    "gif/commons-imaging/Oregon Scientific DS6639 - DSC_0307 - small.gif",
    "raw/imagemeta/CRW.CRW",
    "raw/exif-py/sony_alpha_a7iii_raw_image.ARW",
    "meta-jpeg/exifr/issue-exifr-13.jpg",
    "malformed/exifr/RangeError_Offset_outside_bounds.jpg",
    "video/go-mp4/sample.mp4",
};

/* xorshift64: the same numbers everywhere. */
static uint64_t random_state;
static size_t files, reads, faulty;
static double longest_s; /* of all reads, in CPU time */

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state >> 32) % limit);
}

static void assert_sane_text(const char *text)
{
    assert_true(text == NULL || (text[0] != 0 && ie_utf8_valid(text)));
}

static void assert_sane(const ie_photo *photo)
{
    const ie_metadata *m = photo->metadata;
    assert_true(m->captured.year == 0 || ie_datetime_valid(&m->captured));
    assert_int_equal(m->captured.year != 0, m->captured_source != IE_DATE_NONE);
    assert_int_equal(isnan(m->latitude), isnan(m->longitude));
    assert_true(isnan(m->latitude) || (fabs(m->latitude) <= 90 && fabs(m->longitude) <= 180));
    assert_true(!isinf(m->altitude_m) && !isinf(m->f_number) && !isinf(m->exposure_time_s));
    assert_false(m->f_number <= 0 || m->exposure_time_s <= 0 || m->focal_length_mm <= 0);
    assert_true(m->iso >= 0 && m->flash >= -1 && m->flash <= 1);
    assert_true(photo->orientation >= 1 && photo->orientation <= 8);
    assert_true(m->rating == IE_ABSENT || (m->rating >= -1 && m->rating <= 5));
    assert_int_equal(photo->width == 0, photo->height == 0);
    assert_sane_text(m->make);
    assert_sane_text(m->model);
    assert_sane_text(m->lens);
    assert_sane_text(m->title);
    assert_sane_text(m->caption);
    for (uint32_t i = 0; i < m->keywords.count; i++) {
        assert_sane_text(m->keywords.items[i]);
    }
    assert_true(photo->fault_count <= 2);
}

/* The copy is exactly as large as the bytes, so that a sanitizer sees one byte too many. */
static void read_and_check(ie_format format, const uint8_t *bytes, size_t size)
{
    ie_photo *photo = ie_photo_new();
    photo->format = format;
    ie_bytes *wrapped = ie_bytes_wrap(bytes, size);
    struct timespec begin, end;
    ie_hash128 hash;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    ie_metadata_read(wrapped, photo);
    ie_image_data_hash(bytes, size, format, &hash);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    ie_bytes_close(wrapped);
    assert_sane(photo);
    double seconds =
        (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    assert_true(seconds < MOST_SECONDS);
    longest_s = fmax(longest_s, seconds);
    reads++;
    faulty += photo->fault_count > 0;
    ie_photo_free(photo);
}

/* Where metadata stands: mostly in the first bytes, sometimes at the end. */
static size_t random_place(size_t size)
{
    uint32_t head = size < 4096 ? (uint32_t)size : 4096;
    switch (random_below(4)) {
    case 0:
        return random_below((uint32_t)size);
    case 1:
        return size - 1 - random_below(head);
    default:
        return random_below(head);
    }
}

static void mutate(uint8_t *bytes, size_t size)
{
    static const uint8_t edges[] = {0, 1, 0x7f, 0x80, 0xff};
    for (uint32_t i = 0, count = 1 + random_below(8); i < count; i++) {
        size_t at = random_place(size);
        uint32_t run = random_below(8) == 0 ? 4 : 1;
        uint8_t value = random_below(2) == 0 ? edges[random_below(5)] : (uint8_t)random_below(256);
        for (uint32_t j = 0; j < run && at + j < size; j++) {
            bytes[at + j] = value;
        }
    }
}

static void stress(const char *path)
{
    ie_bytes *file;
    assert_int_equal(ie_bytes_open(path, &file, NULL), IE_OK);
    size_t size = ie_bytes_size(file), head = size < IE_SNIFF_BYTES ? size : IE_SNIFF_BYTES;
    const uint8_t *whole = ie_bytes_load(file, 100 << 20);
    assert_non_null(whole);
    ie_format format = ie_format_sniff(whole, head, path);
    assert_int_not_equal(format, IE_FORMAT_UNKNOWN);
    files++;
    size_t take = size < 200000 ? size : 200000; /* what lies behind is pixels */
    for (size_t i = 0; i < cuts; i++) {
        size_t cut = i < cuts / 2 ? i * (take < 4096 ? take : 4096) / (cuts / 2) : i * take / cuts;
        uint8_t *copy = ie_alloc(cut);
        memcpy(copy, whole, cut);
        read_and_check(format, copy, cut);
        free(copy);
    }
    uint8_t *copy = ie_alloc(take);
    for (size_t i = 0; i < mutations; i++) {
        memcpy(copy, whole, take);
        mutate(copy, take);
        read_and_check(format, copy, take);
    }
    free(copy);
    ie_bytes_close(file);
}

static int stress_small(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    ie_bytes *file;
    uint8_t head[IE_SNIFF_BYTES];
    if (kind != FTW_F || st->st_size == 0 || st->st_size > SMALL_BYTES ||
        ie_bytes_open(path, &file, NULL) != IE_OK) {
        return 0;
    }
    size_t size = ie_bytes_size(file) < sizeof head ? ie_bytes_size(file) : sizeof head;
    memcpy(head, ie_bytes_at(file, 0, size), size);
    ie_bytes_close(file);
    if (ie_format_kind(ie_format_sniff(head, size, path)) != IE_KIND_NONE) {
        stress(path);
    }
    return 0;
}

static void files_cut_and_changed_at_random_do_no_harm(void **state)
{
    const char *folder = testdata();
    if (folder == NULL) {
        printf("skipped: IMGENGINE_TESTDATA is not set\n");
        skip();
    }
    random_state = 0x9e3779b97f4a7c15;
    IE_AUTO_FREE char *photos = ie_path_join(folder, "photos");
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        IE_AUTO_FREE char *path = ie_path_join(photos, samples[i]);
        stress(path);
    }
    if (long_version) {
        assert_int_equal(nftw(photos, stress_small, 16, FTW_PHYS), 0);
    }
    printf("%zu files, %zu reads, %zu with a fault, the longest %.3f s\n", files, reads, faulty,
           longest_s);
    assert_true(faulty > 0);
}

static void every_format_survives_bytes_of_every_other(void **state)
{
    const char *folder = testdata();
    if (folder == NULL) {
        printf("skipped: IMGENGINE_TESTDATA is not set\n");
        skip();
    }
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        IE_AUTO_FREE char *path = ie_asprintf("%s/photos/%s", folder, samples[i]);
        for (int format = 0; format < IE_FORMAT_COUNT; format++) {
            ie_bytes *file;
            assert_int_equal(ie_bytes_open(path, &file, NULL), IE_OK);
            ie_photo *photo = ie_photo_new();
            photo->format = (ie_format)format;
            ie_metadata_read(file, photo);
            assert_sane(photo);
            ie_photo_free(photo);
            ie_bytes_close(file);
        }
    }
}

static void expect_fault(const char *folder, const char *name, const char *code)
{
    IE_AUTO_FREE char *path = ie_asprintf("%s/photos/%s", folder, name);
    ie_bytes *file;
    assert_int_equal(ie_bytes_open(path, &file, NULL), IE_OK);
    ie_photo *photo = ie_photo_new();
    size_t size = ie_bytes_size(file), head = size < IE_SNIFF_BYTES ? size : IE_SNIFF_BYTES;
    photo->format = ie_format_sniff(ie_bytes_at(file, 0, head), head, path);
    photo->stamp = ie_bytes_stamp(file);
    ie_metadata_read(file, photo);
    assert_sane(photo);
    assert_int_equal(photo->fault_count, 1);
    assert_string_equal(photo->faults[0].code, code);
    assert_int_not_equal(photo->metadata->captured.year, 0); /* the file's time at least */
    ie_photo_free(photo);
    ie_bytes_close(file);
}

static void damaged_files_have_one_fault_and_still_a_date(void **state)
{
    const char *folder = testdata();
    if (folder == NULL) {
        printf("skipped: IMGENGINE_TESTDATA is not set\n");
        skip();
    }
    expect_fault(folder, "malformed/pillow_heif/truncated.heic", "damaged");
    expect_fault(folder, "malformed/pillow_heif/corrupted.heic", "damaged");
    expect_fault(folder, "malformed/goexif/huge_tag_exif.jpg", "damaged");
    expect_fault(folder, "malformed/small/png-truncated.png", "damaged");
    expect_fault(folder, "malformed/TwelveMonkeys/broken-adobe-segment-length-beyond-eof.jpg",
                 "damaged");
}

/* What lies beside a photo is as hostile as the photo. */
static void read_sidecar(bool json, const uint8_t *bytes, size_t size)
{
    ie_photo *photo = ie_photo_new();
    ie_facts facts;
    ie_facts_init(&facts);
    if (json) {
        ie_takeout_read((const char *)bytes, size, photo->arena, &facts);
        *ie_photo_own_metadata(photo) = facts.m;
    } else {
        ie_metadata_merge_sidecar(bytes, size, photo);
    }
    assert_sane(photo);
    ie_photo_free(photo);
}

static void sidecars_cut_and_changed_at_random_do_no_harm(void **state)
{
    static const char xmp[] =
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-"
        "syntax-ns#'><rdf:Description xmlns:mwg-rs='http://www.metadataworkinggroup.com/schemas/"
        "regions/' xmlns:stArea='http://ns.adobe.com/xmp/sType/Area#' xmlns:exif='http://ns.adobe."
        "com/exif/1.0/' xmlns:aux='http://ns.adobe.com/exif/1.0/aux/' exif:GPSLatitude='52,12.5N' "
        "exif:GPSLongitude='10,1.5E' exif:ISOSpeedRatings='99' aux:LensInfo='24/1 70/1 0/0 0/0' "
        "exif:DateTimeOriginal='2023-07-14T09:12:33.5+02:00'><mwg-rs:Regions><mwg-rs:RegionList>"
        "<rdf:Bag><rdf:li><rdf:Description mwg-rs:Name='A'><mwg-rs:Area stArea:x='0.5' stArea:y="
        "'0.4' stArea:w='0.2' stArea:h='0.3'/></rdf:Description></rdf:li></rdf:Bag></mwg-rs:"
        "RegionList></mwg-rs:Regions></rdf:Description></rdf:RDF></x:xmpmeta>";
    static const char json[] =
        "{\"description\":\"At sea\",\"photoTakenTime\":{\"timestamp\":\"1689318753\"},"
        "\"geoData\":{\"latitude\":59.5,\"longitude\":10.25,\"altitude\":12.0},"
        "\"people\":[{\"name\":\"Ann\"}],\"favorited\":true}";
    const struct {
        const char *text;
        size_t size;
    } both[] = {{xmp, sizeof xmp - 1}, {json, sizeof json - 1}};
    random_state = 0x9e3779b97f4a7c15;
    for (size_t which = 0; which < 2; which++) {
        size_t size = both[which].size;
        for (size_t i = 0; i < size + mutations; i++) {
            size_t take = i < size ? i : size;
            uint8_t *copy = ie_alloc(take + 1);
            memcpy(copy, both[which].text, take);
            if (i >= size) {
                mutate(copy, take);
            }
            read_sidecar(which == 1, copy, take);
            free(copy);
        }
    }
}

/* Tracks and lists of places are files that somebody else made, too. */
static void read_places(const char *path, bool track, const uint8_t *bytes, size_t size)
{
    ie_error err = {0};
    struct timespec begin, end;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    if (track) {
        ie_track points = {0};
        bool good = ie_gpx_read(path, &points, &err) == IE_OK;
        ie_track_clear(&points);
        assert_true(good || err.text[0] != 0);
    } else {
        ie_places places = {0};
        bool good = ie_places_read(path, &places, &err) == IE_OK;
        ie_places_clear(&places);
        assert_true(good || err.text[0] != 0);
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    assert_true(end.tv_sec - begin.tv_sec < MOST_SECONDS);
}

static void tracks_and_lists_cut_and_changed_at_random_do_no_harm(void **state)
{
    static const char gpx[] =
        "<gpx version=\"1.1\" xmlns=\"http://www.topografix.com/GPX/1/1\"><trk><trkseg><trkpt "
        "lat=\"59.5\" lon=\"10.25\">"
        "<ele>12.5</ele><time>2023-07-14T09:12:33Z</time></trkpt><trkpt lat=\"-59.6\" "
        "lon=\"-10.5\"><time>2023-07-14T09:12:43.5"
        "+02:00</time></trkpt></trkseg></trk></gpx>";
    static const char csv[] =
        "file,lat,lon,alt\na.jpg,59.5,10.25,7\n\"b, \"\"c\"\".jpg\",-40,3.5,\n";
    static const char json[] = "[{\"file\":\"a.jpg\",\"lat\":59.5,\"lon\":10.25,\"alt\":7},{"
                               "\"SourceFile\":\"b\",\"GPSLatitude\":1,"
                               "\"GPSLongitude\":2}]";
    const struct {
        const char *name, *text;
        size_t size;
    } all[] = {{"gpx", gpx, sizeof gpx - 1},
               {"csv", csv, sizeof csv - 1},
               {"json", json, sizeof json - 1}};
    char folder[] = "/tmp/imgengine-hostile-XXXXXX";
    assert_non_null(mkdtemp(folder));
    random_state = 0x9e3779b97f4a7c15;
    for (size_t which = 0; which < 3; which++) {
        IE_AUTO_FREE char *path = ie_asprintf("%s/places.%s", folder, all[which].name);
        for (size_t i = 0; i < all[which].size + mutations; i++) {
            size_t take = i < all[which].size ? i : all[which].size;
            uint8_t *copy = ie_alloc(take + 1);
            memcpy(copy, all[which].text, take);
            if (i >= all[which].size) {
                mutate(copy, take);
            }
            read_places(path, which == 0, copy, take);
            free(copy);
        }
        unlink(path);
    }
    rmdir(folder);
}

/* Bits from the lowest on, as RFC 1951 has them; a Huffman code from its highest on. */
typedef struct bit_writer {
    ie_buffer out;
    uint32_t bits, count;
} bit_writer;

static void add_bit(bit_writer *w, uint32_t bit)
{
    w->bits |= bit << w->count++;
    if (w->count == 8) {
        const uint8_t byte = (uint8_t)w->bits;
        ie_buffer_add(&w->out, &byte, 1);
        w->bits = w->count = 0;
    }
}

static void add_code(bit_writer *w, uint32_t code, unsigned length)
{
    while (length > 0) {
        add_bit(w, code >> --length & 1);
    }
}

/* A megabyte of 'a' in 7 kB: one letter, and copies of 258 bytes from one byte before (3.2.5, 3.2.6
   of RFC 1951), in zlib's format (RFC 1950). */
static bit_writer megabyte_of_a(void)
{
    enum { COPIES = 4064, LENGTH_258 = 0xc5, LETTER_A = 0x30 + 'a' };
    bit_writer w = {0};
    uint32_t a = 1, b = 0;
    ie_buffer_add(&w.out, "\x78\x9c", 2);
    add_bit(&w, 1); /* the last block, with the fixed codes */
    add_bit(&w, 1);
    add_bit(&w, 0);
    add_code(&w, LETTER_A, 8);
    for (int i = 0; i < COPIES; i++) {
        add_code(&w, LENGTH_258, 8);
        add_code(&w, 0, 5);
    }
    add_code(&w, 0, 7);
    while (w.count > 0) {
        add_bit(&w, 0);
    }
    for (int i = 0; i < 1 + COPIES * 258; i++) {
        a = (a + 'a') % 65521;
        b = (b + a) % 65521;
    }
    const uint8_t sum[] = {(uint8_t)(b >> 8), (uint8_t)b, (uint8_t)(a >> 8), (uint8_t)a};
    ie_buffer_add(&w.out, sum, sizeof sum);
    return w;
}

static void texts_that_grow_without_end_are_read_up_to_a_bound(void **state)
{
    enum { CHUNKS = 300 };
    static const char keyword[] = "Comment\0"; /* and zlib's method, 0 */
    bit_writer text = megabyte_of_a();
    ie_buffer png = {0};
    ie_buffer_add(&png, "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\b\0\0\0\0crc!", 33);
    const uint32_t size = (uint32_t)(sizeof keyword + text.out.size);
    const uint8_t head[] = {0, 0, (uint8_t)(size >> 8), (uint8_t)size, 'z', 'T', 'X', 't'};
    for (int i = 0; i < CHUNKS; i++) {
        ie_buffer_add(&png, head, sizeof head);
        ie_buffer_add(&png, keyword, sizeof keyword);
        ie_buffer_add(&png, text.out.data, text.out.size);
        ie_buffer_add(&png, "crc!", 4);
    }
    ie_bytes *bytes = ie_bytes_wrap(png.data, png.size);
    ie_photo *photo = ie_photo_new();
    ie_meta meta = {0};
    photo->format = IE_FORMAT_PNG;
    photo->path = photo->real_path = "bomb.png";
    ie_meta_find(bytes, photo, &meta);
    assert_in_range(meta.inflated, IE_META_MAX_INFLATED - IE_META_MAX_BLOCK,
                    IE_META_MAX_INFLATED + IE_META_MAX_BLOCK);
    ie_meta_clear(&meta);
    ie_photo_free(photo);
    ie_bytes_close(bytes);
    ie_buffer_free(&png);
    ie_buffer_free(&text.out);
}

int main(void)
{
    long_version = getenv("IMGENGINE_STRESS") != NULL;
    if (long_version) {
        mutations = 20000;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_cut_and_changed_at_random_do_no_harm),
        cmocka_unit_test(sidecars_cut_and_changed_at_random_do_no_harm),
        cmocka_unit_test(tracks_and_lists_cut_and_changed_at_random_do_no_harm),
        cmocka_unit_test(every_format_survives_bytes_of_every_other),
        cmocka_unit_test(damaged_files_have_one_fault_and_still_a_date),
        cmocka_unit_test(texts_that_grow_without_end_are_read_up_to_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
