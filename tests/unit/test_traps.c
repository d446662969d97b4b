// SPDX-License-Identifier: GPL-3.0-or-later
/* What conversions get wrong with the libraries' defaults, one test for each, done as apply would
   do it. */
#include "exif_help.h"
#include "pictures.h"

#include <errno.h>
#include <math.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "core/recoding.h"
#include "engine/derive.h"
#include "storage/gain_map.h"
#include "storage/jpeg_file.h"
#include "storage/raw_develop.h"

typedef struct wanted {
    ie_format to;
    int quality;         /* 0: 90 */
    uint8_t orientation; /* 0: as the file says */
    unsigned recoding;
} wanted;

/* The new file, or NULL with the error filled. */
static const char *converts(const char *from, wanted w, ie_error *err)
{
    ie_config *config = ie_config_new();
    ie_photo *photo = facts_of(from, format_of(from));
    assert_int_equal(ie_config_set(config, "convert.min_similarity", "0.95", "test", NULL), IE_OK);
    const ie_action action = {.kind = IE_ACTION_COPY,
                              .from = from,
                              .from_format = photo->format,
                              .format = w.to,
                              .quality = w.quality > 0 ? w.quality : 90,
                              .recoding = w.recoding,
                              .remake = w.to == photo->format ? IE_REMAKE_ENCODE : IE_REMAKE_NONE,
                              .orientation =
                                  w.orientation > 0 ? w.orientation : photo->orientation};
    const char *path = picture_file(NULL, 0);
    ie_error inner = {0};
    ie_status status = ie_derive(config, &action, path, &inner);
    if (status != IE_OK && err == NULL) {
        fail_msg("%s: %s", from, inner.text);
    }
    if (err != NULL) {
        *err = inner;
    }
    ie_photo_free(photo);
    ie_config_free(config);
    return status == IE_OK ? path : NULL;
}

static ie_image_facts facts_in(const char *path)
{
    ie_image_facts facts;
    assert_int_equal(ie_image_check(path, PIXEL_LIMIT, &facts, NULL), IE_OK);
    return facts;
}

static void a_picture_that_its_container_turns_is_not_turned_again(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from,
                   "orientation/libavif/abc_color_irot_alpha_NOirot.avif"); /* stored 512 x 256 */
    const char *path = converts(from, (wanted){.to = IE_FORMAT_PNG, .orientation = 6}, NULL);
    assert_int_equal(facts_in(path).width, 256);
    assert_int_equal(facts_in(path).height, 512);
}

static void a_gain_map_is_refused_or_left_with_all_that_speaks_of_it(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "meta-jpeg/libavif/seine_sdr_gainmap_srgb.jpg");
    assert_true(holds(from, "hdrgm") && holds(from, "MPF"));
    ie_error err = {0};
    assert_null(converts(from, (wanted){.to = IE_FORMAT_WEBP}, &err));
    assert_non_null(strstr(err.text, "--drop-gain-map"));
    static const ie_format formats[] = {IE_FORMAT_JPEG, IE_FORMAT_WEBP, IE_FORMAT_PNG};
    for (size_t i = 0; i < 3; i++) {
        const char *path =
            converts(from, (wanted){.to = formats[i], .recoding = IE_RECODE_DROP_GAIN_MAP}, NULL);
        assert_false(holds(path, "hdrgm") || holds(path, "MPF") ||
                     holds(path, "Container:Directory"));
        file_bytes bytes = bytes_of(path);
        assert_false(ie_gain_map_in(bytes.data, bytes.size, formats[i]));
        free(bytes.data);
    }
}

static void writing_metadata_leaves_a_second_picture_where_it_is_found(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "meta-jpeg/libavif/seine_sdr_gainmap_srgb.jpg");
    const char *words[] = {"sea"};
    ie_tag_edit edit = {.add_keywords = {words, 1}, .rating = IE_ABSENT};
    ie_config *config = ie_config_new();
    const ie_action action = {.kind = IE_ACTION_REPLACE,
                              .from = from,
                              .from_format = IE_FORMAT_JPEG,
                              .format = IE_FORMAT_JPEG,
                              .orientation = 1,
                              .tags = &edit};
    ie_error err = {0};
    assert_int_equal(ie_derive(config, &action, picture_file(NULL, 0), &err), IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "second picture"));
    ie_config_free(config);
}

static void iptc_comes_over_where_there_is_none_as_xmp(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "meta-jpeg/exifr/issue-exifr-59.jpg"); /* its keywords are in IPTC alone */
    static const ie_format formats[] = {IE_FORMAT_PNG, IE_FORMAT_WEBP};
    for (size_t i = 0; i < 2; i++) {
        const char *path = converts(from, (wanted){.to = formats[i]}, NULL);
        ie_photo *is = facts_of(path, formats[i]);
        assert_int_equal(is->metadata->keywords.count, 3);
        assert_string_equal(is->metadata->keywords.items[0], "Alvin the Squirrel");
        assert_true(holds(path, "dc:subject"));
        ie_photo_free(is);
    }
}

static void exif_comes_over_into_tiff(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "meta-jpeg/elodie/with-location.jpg");
    ie_photo *is = facts_of(converts(from, (wanted){.to = IE_FORMAT_TIFF}, NULL), IE_FORMAT_TIFF);
    assert_string_equal(is->metadata->model, "Canon EOS REBEL T2i");
    assert_true(is->metadata->exposure_time_s > 0 && is->metadata->latitude != 0);
    ie_photo_free(is);
}

static void sixteen_bits_of_a_linear_picture_become_sixteen_of_an_usual_one(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "png/image/basn2c16.png"); /* its gAMA chunk says 1.0 */
    if (!ie_image_can_write(IE_FORMAT_JXL)) {
        print_message("this libvips does not write JPEG XL\n");
        skip();
    }
    assert_int_equal(facts_in(converts(from, (wanted){.to = IE_FORMAT_JXL}, NULL)).bits, 16);
}

static void a_full_disk_is_no_fault_of_the_photo(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "meta-jpeg/elodie/with-location.jpg");
    char folder[80], path[96];
    snprintf(folder, sizeof folder, "%s/small", picture_folder);
    snprintf(path, sizeof path, "%s/new", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    if (mount("tmpfs", folder, "tmpfs", 0, "size=4k") != 0) {
        print_message("no small file system can be mounted here\n");
        rmdir(folder);
        skip();
    }
    static const ie_format formats[] = {IE_FORMAT_PNG, IE_FORMAT_JPEG, IE_FORMAT_WEBP,
                                        IE_FORMAT_TIFF};
    ie_config *config = ie_config_new();
    ie_status status[4];
    ie_error err[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        close(open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600));
        const ie_action action = {.kind = IE_ACTION_COPY,
                                  .from = from,
                                  .from_format = IE_FORMAT_JPEG,
                                  .format = formats[i],
                                  .quality = 95,
                                  .orientation = 1,
                                  .remake = formats[i] == IE_FORMAT_JPEG ? IE_REMAKE_ENCODE
                                                                         : IE_REMAKE_NONE};
        status[i] = ie_derive(config, &action, path, &err[i]);
        unlink(path);
    }
    ie_config_free(config);
    assert_int_equal(umount(folder), 0);
    rmdir(folder);
    for (size_t i = 0; i < 4; i++) {
        if (status[i] == IE_OK || status[i] == IE_ERR_FORMAT || err[i].system_errno != ENOSPC) {
            fail_msg("%s: %s", ie_format_name(formats[i]), err[i].text);
        }
    }
}

/* ---- JPEG to JPEG -------------------------------------------------------------------------- */

/* Horizontal and vertical sampling of luma, as the frame header has them. */
static int sampling_of(const char *path)
{
    file_bytes bytes = bytes_of(path);
    int sampling = -1;
    for (size_t at = 2; at + 12 < bytes.size && sampling < 0;) {
        const uint8_t *p = bytes.data + at;
        sampling = p[1] == 0xc0 || p[1] == 0xc2 ? p[11] : -1;
        at += 2 + ((size_t)p[2] << 8 | p[3]);
    }
    free(bytes.data);
    return sampling;
}

static void a_jpeg_keeps_its_sampling_profile_and_size_at_any_quality(void **state)
{
    (void)state;
    static const char *const names[] = {"meta-jpeg/elodie/with-location.jpg",
                                        "orientation/sharp/Landscape_1.jpg",
                                        "meta-jpeg/exifr/BonTonARTSTORplusIPTC.jpg",
                                        "meta-jpeg/libultrahdr/minnie-320x240-yuv-icc.jpg"};
    bool halved = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        SAMPLE_OR_SKIP(from, names[i]);
        for (int quality = 85; quality <= 95; quality += 10) {
            const char *path =
                converts(from, (wanted){.to = IE_FORMAT_JPEG, .quality = quality}, NULL);
            ie_image_facts was = facts_in(from), is = facts_in(path);
            assert_int_equal(sampling_of(path), sampling_of(from));
            halved |= sampling_of(from) == 0x22;
            assert_true(is.width == was.width && is.height == was.height &&
                        ie_hash128_equal(was.icc, is.icc));
        }
        const char *full =
            converts(from, (wanted){.to = IE_FORMAT_JPEG, .recoding = IE_RECODE_FULL_CHROMA}, NULL);
        assert_int_equal(sampling_of(full), 0x11);
    }
    assert_true(halved);
}

static void a_progressive_jpeg_is_made_when_asked(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "orientation/sharp/Landscape_1.jpg");
    for (unsigned i = 0; i < 2; i++) {
        file_bytes bytes = bytes_of(converts(
            from, (wanted){.to = IE_FORMAT_JPEG, .recoding = i > 0 ? IE_RECODE_PROGRESSIVE : 0u},
            NULL));
        ie_decode_fault fault;
        ie_jpeg *jpeg = ie_jpeg_open(bytes.data, bytes.size, PIXEL_LIMIT, &fault);
        assert_non_null(jpeg);
        assert_int_equal(ie_jpeg_get_facts(jpeg)->progressive, i);
        ie_jpeg_close(jpeg);
        free(bytes.data);
    }
}

static void a_jpeg_with_torn_data_stays(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "orientation/sharp/Landscape_1.jpg");
    file_bytes bytes = bytes_of(from);
    for (int i = 0; i < 3; i++) {
        size_t size = i == 0 ? bytes.size / 2 : bytes.size;
        if (i > 0) { /* a marker and garbage amid the scan */
            memcpy(bytes.data + bytes.size / 2, i == 1 ? "\xff\xd9\xff\xd8" : "\0\xff\x01\0", 4);
        }
        const char *torn = picture_file(bytes.data, size);
        ie_error err = {0};
        assert_null(converts(torn, (wanted){.to = IE_FORMAT_JPEG}, &err));
        assert_int_equal(err.status, IE_ERR_FORMAT);
    }
    free(bytes.data);
}

/* ---- colours ------------------------------------------------------------------------------- */

static double mean_of(const char *path, ie_format format, uint32_t channel)
{
    ie_pixels pixels = decoded(path, format);
    assert_int_equal(pixels.channels, 3);
    double sum = 0;
    for (size_t i = 0; i < (size_t)pixels.width * pixels.height; i++) {
        sum += pixels.data[i * 3 + channel];
    }
    sum /= (double)pixels.width * pixels.height;
    free(pixels.data);
    return sum;
}

static void a_wide_gamut_stays_with_its_profile_unless_srgb_is_asked_for(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "meta-jpeg/exifr/BonTonARTSTORplusIPTC.jpg"); /* Adobe RGB */
    ie_image_facts was = facts_in(from);
    assert_true(was.has_icc && holds(from, "Adobe RGB"));
    const char *kept = converts(from, (wanted){.to = IE_FORMAT_PNG}, NULL);
    assert_true(ie_hash128_equal(was.icc, facts_in(kept).icc));
    assert_true(fabs(mean_of(from, IE_FORMAT_JPEG, 0) - mean_of(kept, IE_FORMAT_PNG, 0)) < 0.01);
    const char *srgb =
        converts(from, (wanted){.to = IE_FORMAT_PNG, .recoding = IE_RECODE_SRGB}, NULL);
    assert_false(ie_hash128_equal(was.icc, facts_in(srgb).icc));
    /* What is colourful in Adobe RGB has higher numbers in sRGB's smaller triangle. */
    double spread_was = mean_of(from, IE_FORMAT_JPEG, 0) - mean_of(from, IE_FORMAT_JPEG, 2);
    double spread_is = mean_of(srgb, IE_FORMAT_PNG, 0) - mean_of(srgb, IE_FORMAT_PNG, 2);
    assert_true(fabs(spread_is) > fabs(spread_was) + 1);
    const char *jpeg =
        converts(from, (wanted){.to = IE_FORMAT_JPEG, .recoding = IE_RECODE_SRGB}, NULL);
    assert_false(holds(jpeg, "Adobe RGB (1998)"));
}

static void cmyk_becomes_rgb_of_8_bits_where_it_must_and_stays_where_it_can(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "jpeg-variants/testdata/flower_small.cmyk.jpg");
    assert_true(facts_in(from).cmyk);
    ie_image_facts png = facts_in(converts(from, (wanted){.to = IE_FORMAT_PNG}, NULL));
    assert_true(!png.cmyk && png.bits == 8 && !png.has_alpha);
    ie_image_facts tiff = facts_in(converts(from, (wanted){.to = IE_FORMAT_TIFF}, NULL));
    assert_true(tiff.cmyk);
    ie_image_facts srgb =
        facts_in(converts(from, (wanted){.to = IE_FORMAT_TIFF, .recoding = IE_RECODE_SRGB}, NULL));
    assert_false(srgb.cmyk);
}

static void sixteen_bits_stay_sixteen_or_the_photo_stays(void **state)
{
    (void)state;
    ie_buffer bytes = {0};
    make_png(&bytes, 40, 24, 16, -1, 1);
    const char *deep = picture_file(bytes.data, bytes.size);
    ie_buffer_free(&bytes);
    assert_int_equal(
        facts_in(converts(deep, (wanted){.to = IE_FORMAT_TIFF, .recoding = IE_RECODE_SRGB}, NULL))
            .bits,
        16);
    ie_error err = {0};
    assert_null(converts(deep, (wanted){.to = IE_FORMAT_WEBP}, &err));
    assert_non_null(strstr(err.text, "16 bits"));
}

static void transparency_never_falls_on_black(void **state)
{
    (void)state;
    ie_buffer bytes = {0};
    make_png(&bytes, 40, 24, 8, 0, 1);
    const char *clear = picture_file(bytes.data, bytes.size);
    ie_buffer_free(&bytes);
    ie_error err = {0};
    assert_null(converts(clear, (wanted){.to = IE_FORMAT_JPEG}, &err));
    assert_non_null(strstr(err.text, "transparent"));
    assert_true(facts_in(converts(clear, (wanted){.to = IE_FORMAT_TIFF}, NULL)).has_alpha);
}

static void several_frames_are_not_cut_to_one(void **state)
{
    (void)state;
    static const char *const names[] = {"gif/rclip/bee_animated.gif",
                                        "avif/libavif/colors-animated-8bpc.avif",
                                        "png/image/ball.png"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        SAMPLE_OR_SKIP(from, names[i]);
        ie_error err = {0};
        assert_null(converts(from, (wanted){.to = IE_FORMAT_WEBP}, &err));
        assert_non_null(strstr(err.text, "frames"));
    }
}

/* ---- RAW ----------------------------------------------------------------------------------- */

enum { RAW_WIDTH = 64, RAW_HEIGHT = 48 };

typedef struct directory {
    ie_buffer entries, extra;
    uint32_t at, count; /* where it will stand, with `count` entries */
} directory;

static void entry(directory *d, uint32_t tag, uint32_t type, uint32_t count, const void *data,
                  size_t size)
{
    uint8_t small[4] = {0};
    le_add(&d->entries, tag, 2);
    le_add(&d->entries, type, 2);
    le_add(&d->entries, count, 4);
    if (size <= 4) {
        memcpy(small, data, size);
        ie_buffer_add(&d->entries, small, 4);
    } else {
        le_add(&d->entries, d->at + 2 + d->count * 12 + 4 + (uint32_t)d->extra.size, 4);
        ie_buffer_add(&d->extra, data, size);
        if (size % 2 != 0) {
            ie_buffer_char(&d->extra, 0);
        }
    }
}

static void number(directory *d, uint32_t tag, uint32_t value)
{
    entry(d, tag, 4, 1, &value, 4);
}

static void end_directory(directory *d, ie_buffer *file)
{
    assert_int_equal(file->size, d->at);
    assert_int_equal(d->entries.size, d->count * 12);
    le_add(file, d->count, 2);
    ie_buffer_add(file, d->entries.data, d->entries.size);
    le_add(file, 0, 4);
    ie_buffer_add(file, d->extra.data, d->extra.size);
    ie_buffer_free(&d->entries);
    ie_buffer_free(&d->extra);
}

/* The sensor's data: red on the left, blue on the right, behind RGGB filters. */
static void add_mosaic(ie_buffer *file)
{
    for (uint32_t y = 0; y < RAW_HEIGHT; y++) {
        for (uint32_t x = 0; x < RAW_WIDTH; x++) {
            bool left = x < RAW_WIDTH / 2, red = y % 2 == 0 && x % 2 == 0,
                 blue = y % 2 == 1 && x % 2 == 1;
            le_add(file, red ? (left ? 50000 : 4000) : blue ? (left ? 4000 : 50000) : 6000, 2);
        }
    }
}

enum { SUB_AT = 600, JPEG_AT = 800 };

static void add_zeros(ie_buffer *file, size_t up_to)
{
    assert_true(file->size <= up_to);
    while (file->size < up_to) {
        ie_buffer_char(file, 0);
    }
}

static void add_preview_directory(ie_buffer *file, size_t jpeg_size)
{
    directory sub = {.at = SUB_AT, .count = 6};
    number(&sub, 254, 1);
    number(&sub, 256, 40);
    number(&sub, 257, 24);
    number(&sub, 259, 7);
    number(&sub, 513, jpeg_size > 0 ? JPEG_AT : 0);
    number(&sub, 514, (uint32_t)jpeg_size);
    end_directory(&sub, file);
}

/* `dng` false: without the version that makes it one, so that only its picture tells. */
static void add_main_directory(ie_buffer *file, uint32_t data_at, bool dng)
{
    static const int32_t matrix[18] = {32404, 10000, -15371, 10000, -4985, 10000,
                                       -9692, 10000, 18760,  10000, 415,   10000,
                                       556,   10000, -2040,  10000, 10572, 10000};
    static const uint32_t neutral[6] = {1, 1, 1, 1, 1, 1};
    directory main = {.at = 8, .count = dng ? 21 : 20};
    number(&main, 254, 0);
    number(&main, 256, RAW_WIDTH);
    number(&main, 257, RAW_HEIGHT);
    number(&main, 258, 16);
    number(&main, 259, 1);
    number(&main, 262, 32803);
    entry(&main, 271, 2, 5, "Test", 5);
    entry(&main, 272, 2, 6, "Maker", 6);
    number(&main, 273, data_at);
    number(&main, 274, 6);
    number(&main, 277, 1);
    number(&main, 279, RAW_WIDTH * RAW_HEIGHT * 2);
    number(&main, 330, SUB_AT);
    entry(&main, 33421, 3, 2, "\2\0\2", 4);
    entry(&main, 33422, 1, 4, "\0\1\1\2", 4);
    if (dng) {
        entry(&main, 50706, 1, 4, "\1\4\0\0", 4);
    }
    entry(&main, 50708, 2, 11, "Test Maker", 11);
    number(&main, 50717, 65535);
    entry(&main, 50721, 10, 9, matrix, sizeof matrix);
    entry(&main, 50728, 5, 3, neutral, sizeof neutral);
    number(&main, 50778, 21);
    end_directory(&main, file);
}

/* A DNG that lies on its side, whose preview is the JPEG, or that has none. */
static const char *raw_file(const uint8_t *jpeg, size_t jpeg_size, bool dng)
{
    ie_buffer file = {0};
    ie_buffer_add(&file, "II*\0\10\0\0\0", 8);
    add_main_directory(&file, (uint32_t)(JPEG_AT + jpeg_size), dng);
    add_zeros(&file, SUB_AT);
    add_preview_directory(&file, jpeg_size);
    add_zeros(&file, JPEG_AT);
    if (jpeg_size > 0) {
        ie_buffer_add(&file, jpeg, jpeg_size);
    }
    add_mosaic(&file);
    const char *path = picture_file(file.data, file.size);
    ie_buffer_free(&file);
    return path;
}

static const char *dng_with_preview(ie_pixels *ret_preview)
{
    ie_buffer ppm = {0};
    make_ppm(&ppm, 40, 24);
    const char *jpeg =
        converted(picture_file(ppm.data, ppm.size), IE_FORMAT_PNM, IE_FORMAT_JPEG, 95, 1);
    ie_buffer_free(&ppm);
    *ret_preview = decoded(jpeg, IE_FORMAT_JPEG);
    file_bytes bytes = bytes_of(jpeg);
    const char *path = raw_file(bytes.data, bytes.size, true);
    free(bytes.data);
    return path;
}

static void a_raw_gives_its_preview_upright_once_and_never_its_mosaic(void **state)
{
    (void)state;
    ie_pixels preview = {0};
    const char *raw = dng_with_preview(&preview);
    assert_int_equal(format_of(raw), IE_FORMAT_DNG);
    const char *path = converts(raw, (wanted){.to = IE_FORMAT_PNG}, NULL);
    ie_pixels is = decoded(path, IE_FORMAT_PNG);
    assert_true(is.width == 24 && is.height == 40 && is.channels == 3);
    /* Turned a quarter to the right: its upper left was the lower left. */
    const uint8_t *was = preview.data + (size_t)23 * 40 * 3;
    assert_memory_equal(is.data, was, 3);
    ie_photo *photo = facts_of(path, IE_FORMAT_PNG);
    assert_string_equal(photo->metadata->model, "Maker");
    assert_int_equal(photo->orientation, 1);
    ie_photo_free(photo);
    free(is.data);
    free(preview.data);
}

static void a_raw_without_preview_says_what_helps(void **state)
{
    (void)state;
    ie_error err = {0};
    assert_null(converts(raw_file(NULL, 0, true), (wanted){.to = IE_FORMAT_JPEG}, &err));
    assert_non_null(strstr(err.text, "--raw develop"));
}

static void a_mosaic_that_nobody_takes_for_a_raw_is_not_converted(void **state)
{
    (void)state;
    const char *raw = raw_file(NULL, 0, false);
    assert_int_equal(format_of(raw), IE_FORMAT_TIFF);
    ie_error err = {0};
    assert_null(converts(raw, (wanted){.to = IE_FORMAT_PNG}, &err));
    assert_non_null(strstr(err.text, "mosaic"));
}

static void a_developed_raw_has_the_colours_of_its_filters_and_16_bits(void **state)
{
    (void)state;
    if (!ie_raw_can_develop()) {
        print_message("skipped: there is no LibRaw\n");
        skip();
    }
    ie_pixels preview = {0};
    const char *raw = dng_with_preview(&preview);
    free(preview.data);
    const char *path =
        converts(raw, (wanted){.to = IE_FORMAT_PNG, .recoding = IE_RECODE_DEVELOP}, NULL);
    assert_int_equal(facts_in(path).bits, 16);
    ie_pixels is = decoded(path, IE_FORMAT_PNG);
    assert_true(is.width == RAW_HEIGHT && is.height == RAW_WIDTH && is.channels == 3);
    const uint8_t *upper = is.data + (8 * is.width + 20) * 3,
                  *lower = is.data + (56 * is.width + 20) * 3;
    assert_true(upper[0] > upper[2] + 100 &&
                lower[2] > lower[0] + 100); /* the left is the top now */
    free(is.data);
    assert_int_equal(
        facts_in(converts(raw, (wanted){.to = IE_FORMAT_JPEG, .recoding = IE_RECODE_DEVELOP}, NULL))
            .bits,
        8);
}

static void a_damaged_raw_is_not_developed(void **state)
{
    (void)state;
    ie_pixels preview = {0};
    file_bytes bytes = bytes_of(dng_with_preview(&preview));
    free(preview.data);
    for (size_t i = 0; ie_raw_can_develop() && i < 400; i++) {
        uint8_t *copy = malloc(bytes.size);
        memcpy(copy, bytes.data, bytes.size);
        size_t size = i % 2 == 0 ? bytes.size * i / 400 : bytes.size;
        if (i % 2 != 0) {
            copy[bytes.size - 1 - i] = (uint8_t)(i * 37);
        }
        ie_developed developed = {0};
        if (ie_raw_develop(copy, size, 8, 100000, &developed, NULL) == IE_OK) {
            assert_true((uint64_t)developed.width * developed.height <= 100000);
        }
        free(developed.data);
        free(copy);
    }
    free(bytes.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_that_its_container_turns_is_not_turned_again),
        cmocka_unit_test(a_gain_map_is_refused_or_left_with_all_that_speaks_of_it),
        cmocka_unit_test(writing_metadata_leaves_a_second_picture_where_it_is_found),
        cmocka_unit_test(iptc_comes_over_where_there_is_none_as_xmp),
        cmocka_unit_test(exif_comes_over_into_tiff),
        cmocka_unit_test(sixteen_bits_of_a_linear_picture_become_sixteen_of_an_usual_one),
        cmocka_unit_test(a_full_disk_is_no_fault_of_the_photo),
        cmocka_unit_test(a_jpeg_keeps_its_sampling_profile_and_size_at_any_quality),
        cmocka_unit_test(a_progressive_jpeg_is_made_when_asked),
        cmocka_unit_test(a_jpeg_with_torn_data_stays),
        cmocka_unit_test(a_wide_gamut_stays_with_its_profile_unless_srgb_is_asked_for),
        cmocka_unit_test(cmyk_becomes_rgb_of_8_bits_where_it_must_and_stays_where_it_can),
        cmocka_unit_test(sixteen_bits_stay_sixteen_or_the_photo_stays),
        cmocka_unit_test(transparency_never_falls_on_black),
        cmocka_unit_test(several_frames_are_not_cut_to_one),
        cmocka_unit_test(a_raw_gives_its_preview_upright_once_and_never_its_mosaic),
        cmocka_unit_test(a_raw_without_preview_says_what_helps),
        cmocka_unit_test(a_mosaic_that_nobody_takes_for_a_raw_is_not_converted),
        cmocka_unit_test(a_developed_raw_has_the_colours_of_its_filters_and_16_bits),
        cmocka_unit_test(a_damaged_raw_is_not_developed),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
