// SPDX-License-Identifier: GPL-3.0-or-later
/* The metadata reader on small files made here, one rule each. */
#include "test.h"

#include <math.h>

#include "storage/meta_container.h"
#include "storage/metadata_file.h"
#include "utils/text.h"

/* A little-endian TIFF structure, written entry by entry; values beyond four bytes lie from 2048
   on. */
typedef struct tiff {
    uint8_t bytes[4096];
    size_t directory, values;
} tiff;

static void put(uint8_t *p, uint32_t value, int size)
{
    for (int i = 0; i < size; i++) {
        p[i] = (uint8_t)(value >> (8 * i));
    }
}

static void begin(tiff *t)
{
    memset(t, 0, sizeof *t);
    memcpy(t->bytes, "II*\0\x08\0\0\0", 8);
    t->directory = 8;
    t->values = 2048;
}

static void add(tiff *t, unsigned tag, unsigned type, uint32_t count, const void *value,
                size_t size)
{
    uint8_t *d = t->bytes + t->directory;
    uint32_t entries = d[0];
    uint8_t *e = d + 2 + 12 * entries;
    put(d, entries + 1, 2);
    put(e, tag, 2);
    put(e + 2, type, 2);
    put(e + 4, count, 4);
    if (size <= 4) {
        memcpy(e + 8, value, size);
        return;
    }
    put(e + 8, (uint32_t)t->values, 4);
    memcpy(t->bytes + t->values, value, size);
    t->values += (size + 1) & ~(size_t)1;
}

static void add_text(tiff *t, unsigned tag, const char *text)
{
    add(t, tag, 2, (uint32_t)strlen(text) + 1, text, strlen(text) + 1);
}

static void add_number(tiff *t, unsigned tag, uint32_t number)
{
    uint8_t value[4];
    put(value, number, 4);
    add(t, tag, 4, 1, value, 4);
}

static void add_rationals(tiff *t, unsigned tag, const uint32_t *pairs, uint32_t count)
{
    uint8_t value[48];
    for (uint32_t i = 0; i < 2 * count; i++) {
        put(value + 4 * i, pairs[i], 4);
    }
    add(t, tag, 5, count, value, 8 * (size_t)count);
}

#define RATIONALS(t, tag, ...)                                                                     \
    add_rationals(t, tag, (const uint32_t[]){__VA_ARGS__},                                         \
                  sizeof((const uint32_t[]){__VA_ARGS__}) / 8)

/* Goes on in a directory of its own, at `at`. */
static void enter(tiff *t, unsigned tag, size_t at)
{
    t->directory = 8;
    add_number(t, tag, (uint32_t)at);
    t->directory = at;
}

#define EXIF_AT 512
#define GPS_AT 1024

static ie_photo *read_bytes(ie_format format, const void *bytes, size_t size)
{
    ie_photo *photo = ie_photo_new();
    photo->format = format;
    photo->stamp.mtime_ns = 86400LL * 365 * 1000000000;
    ie_bytes *wrapped = ie_bytes_wrap(bytes, size);
    ie_metadata_read(wrapped, photo);
    ie_bytes_close(wrapped);
    return photo;
}

static ie_photo *read_tiff(const tiff *t)
{
    return read_bytes(IE_FORMAT_TIFF, t->bytes, sizeof t->bytes);
}

static bool has_fault(const ie_photo *photo, const char *code)
{
    for (uint32_t i = 0; i < photo->fault_count; i++) {
        if (strcmp(photo->faults[i].code, code) == 0 &&
            strcmp(photo->faults[i].stage, "metadata") == 0) {
            return true;
        }
    }
    return false;
}

static void a_zero_denominator_is_absent(void **state)
{
    tiff t;
    begin(&t);
    enter(&t, 0x8769, EXIF_AT);
    RATIONALS(&t, 0x829d, 0, 0);
    RATIONALS(&t, 0x829a, 1, 0);
    RATIONALS(&t, 0x920a, 350, 10);
    ie_photo *photo = read_tiff(&t);
    assert_true(isnan(photo->metadata->f_number));
    assert_true(isnan(photo->metadata->exposure_time_s));
    assert_true(photo->metadata->focal_length_mm == 35);
    assert_int_equal(photo->fault_count, 0);
    ie_photo_free(photo);
}

static void the_original_date_wins_with_its_own_fraction_and_zone(void **state)
{
    tiff t;
    begin(&t);
    add_text(&t, 0x0132, "2024:01:01 00:00:00");
    enter(&t, 0x8769, EXIF_AT);
    add_text(&t, 0x9003, "2023:07:14 09:12:33");
    add_text(&t, 0x9004, "2023:07:15 00:00:00");
    add_text(&t, 0x9011, "-03:30");
    add_text(&t, 0x9012, "+01:00");
    add_text(&t, 0x9291, "120");
    ie_photo *photo = read_tiff(&t);
    char text[40];
    assert_string_equal(ie_datetime_text(&photo->metadata->captured, text),
                        "2023-07-14T09:12:33.120");
    assert_true(photo->metadata->captured.has_offset);
    assert_int_equal(photo->metadata->captured.offset_minutes, -210);
    assert_int_equal(photo->metadata->captured_source, IE_DATE_EXIF);
    assert_true(photo->metadata->captured_confidence == IE_SURE_EXIF);
    ie_photo_free(photo);
}

static void the_zone_of_the_last_change_is_not_the_one_of_the_picture(void **state)
{
    tiff t;
    begin(&t);
    add_text(&t, 0x0132, "2024:01:01 00:00:00");
    enter(&t, 0x8769, EXIF_AT);
    add_text(&t, 0x9003, "2023:07:14 09:12:33");
    add_text(&t, 0x9010, "+05:00");
    ie_photo *photo = read_tiff(&t);
    assert_int_equal(photo->metadata->captured.year, 2023);
    assert_false(photo->metadata->captured.has_offset);
    ie_photo_free(photo);
}

static void blank_and_impossible_dates_are_passed_over(void **state)
{
    static const char *const bad[] = {"0000:00:00 00:00:00",
                                      "    :  :     :  :  ", "2023:02:30 10:00:00", "rubbish",
                                      "2023:07:14 2.:37:53", "2023:07:14 123:1:1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tiff t;
        begin(&t);
        enter(&t, 0x8769, EXIF_AT);
        add_text(&t, 0x9003, bad[i]);
        add_text(&t, 0x9291, "50");
        add_text(&t, 0x9004, "2020:02:29 23:59:59");
        ie_photo *photo = read_tiff(&t);
        char text[40];
        assert_string_equal(ie_datetime_text(&photo->metadata->captured, text),
                            "2020-02-29T23:59:59");
        assert_int_equal(photo->metadata->captured_source, IE_DATE_EXIF_DIGITIZED);
        ie_photo_free(photo);
    }
}

static void a_date_without_a_time_of_day_is_less_sure_and_has_no_fraction(void **state)
{
    static const char *const days[] = {"2023:07:14", "2023:07:14   :  :  "};
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        tiff t;
        begin(&t);
        enter(&t, 0x8769, EXIF_AT);
        add_text(&t, 0x9003, days[i]);
        add_text(&t, 0x9291, "50");
        ie_photo *photo = read_tiff(&t);
        char text[40];
        assert_string_equal(ie_datetime_text(&photo->metadata->captured, text),
                            "2023-07-14T00:00:00");
        assert_int_equal(photo->metadata->captured_source, IE_DATE_EXIF);
        assert_true(photo->metadata->captured_confidence == IE_SURE_DATE_ONLY);
        ie_photo_free(photo);
    }
}

static void the_file_time_is_the_last_resort_and_says_so(void **state)
{
    tiff t;
    begin(&t);
    add_text(&t, 0x0110, "X100");
    ie_photo *photo = read_tiff(&t);
    assert_int_equal(photo->metadata->captured_source, IE_DATE_FILE);
    assert_true(photo->metadata->captured_confidence == IE_SURE_FILE);
    assert_true(photo->metadata->captured.has_offset);
    assert_true(photo->metadata->captured.year == 1970 || photo->metadata->captured.year == 1971);
    ie_photo_free(photo);
}

static void a_position_has_its_signs_and_decimals_in_the_minutes(void **state)
{
    tiff t;
    begin(&t);
    enter(&t, 0x8825, GPS_AT);
    add(&t, 1, 2, 2, "S", 2);
    RATIONALS(&t, 2, 33, 1, 515, 10, 0, 0);
    add(&t, 3, 2, 2, "E", 2);
    RATIONALS(&t, 4, 151, 1, 12, 1, 36, 1);
    add(&t, 5, 1, 1, "\1", 1);
    RATIONALS(&t, 6, 25, 2);
    ie_photo *photo = read_tiff(&t);
    assert_true(fabs(photo->metadata->latitude + (33 + 51.5 / 60)) < 1e-12);
    assert_true(fabs(photo->metadata->longitude - 151.21) < 1e-12);
    assert_true(photo->metadata->altitude_m == -12.5);
    assert_int_equal(photo->fault_count, 0);
    ie_photo_free(photo);
}

static void a_position_that_is_none_is_a_fault_and_not_zero(void **state)
{
    static const struct {
        const char *ref;
        uint32_t latitude[6];
    } bad[] = {
        {"N", {0, 0, 0, 0, 0, 0}}, {"N", {91, 1, 0, 1, 0, 1}}, {"N", {10, 0, 0, 1, 0, 1}},
        {"", {10, 1, 0, 1, 0, 1}}, {"E", {10, 1, 0, 1, 0, 1}}, {"N", {10, 1, 5, 0, 0, 1}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tiff t;
        begin(&t);
        enter(&t, 0x8825, GPS_AT);
        add(&t, 1, 2, 2, bad[i].ref, strlen(bad[i].ref) + 1);
        add_rationals(&t, 2, bad[i].latitude, 3);
        add(&t, 3, 2, 2, "E", 2);
        RATIONALS(&t, 4, 10, 1, 0, 1, 0, 1);
        ie_photo *photo = read_tiff(&t);
        assert_true(isnan(photo->metadata->latitude));
        assert_true(isnan(photo->metadata->longitude));
        assert_true(has_fault(photo, "gps"));
        ie_photo_free(photo);
    }
}

static void directories_that_point_at_themselves_come_to_an_end(void **state)
{
    tiff t;
    begin(&t);
    add_number(&t, 0x8769, 8);
    add_number(&t, 0x8825, 8);
    add_number(&t, 0x014a, 8);
    add_text(&t, 0x010f, "Maker");
    ie_photo *photo = read_tiff(&t);
    assert_string_equal(photo->metadata->make, "Maker");
    ie_photo_free(photo);
}

static void damage_is_a_fault_and_the_rest_is_read(void **state)
{
    tiff t;
    begin(&t);
    add_text(&t, 0x0110, "A longer model name");
    put(t.bytes + 10 + 8, 0xfffffff0, 4); /* the value's place */
    add_text(&t, 0x010f, "Long maker");
    ie_photo *photo = read_tiff(&t);
    assert_null(photo->metadata->model);
    assert_string_equal(photo->metadata->make, "Long maker");
    assert_true(has_fault(photo, "damaged"));
    ie_photo_free(photo);
}

static void texts_are_trimmed_and_made_utf8(void **state)
{
    tiff t;
    begin(&t);
    add_text(&t, 0x010f, "NIKON   ");
    add_text(&t, 0x010e, "Caf\xe9");
    add_text(&t, 0x0110, "    ");
    ie_photo *photo = read_tiff(&t);
    assert_string_equal(photo->metadata->make, "NIKON");
    assert_string_equal(photo->metadata->caption, "Caf\xc3\xa9");
    assert_null(photo->metadata->model);
    ie_photo_free(photo);
}

static void an_iso_beyond_16_bits_is_read_from_its_own_tag(void **state)
{
    tiff t;
    begin(&t);
    enter(&t, 0x8769, EXIF_AT);
    add_number(&t, 0x8827, 65535);
    add_number(&t, 0x8832, 102400);
    ie_photo *photo = read_tiff(&t);
    assert_int_equal(photo->metadata->iso, 102400);
    ie_photo_free(photo);
}

#define RDF_HEAD                                                                                   \
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "                                                \
    "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"                                     \
    "<rdf:Description xmlns:q='http://purl.org/dc/elements/1.1/' "                                 \
    "xmlns:xmp='http://ns.adobe.com/xap/1.0/' "                                                    \
    "xmlns:exif='http://ns.adobe.com/exif/1.0/' "
#define RDF_TAIL "</rdf:Description></rdf:RDF></x:xmpmeta>"

static void a_sidecar_gives_only_what_is_absent(void **state)
{
    static const char xmp[] =
        RDF_HEAD "xmp:Rating='4' exif:DateTimeOriginal='2019-05-06T07:08:09.5+02:00'>"
                 "<q:title><rdf:Alt><rdf:li xml:lang='de'>Titel</rdf:li><rdf:li "
                 "xml:lang='x-default'>Title</rdf:li></rdf:Alt>"
                 "</q:title><q:subject><rdf:Bag><rdf:li>a &amp; "
                 "b</rdf:li><rdf:li>c</rdf:li><rdf:li>c</rdf:li></rdf:Bag></q:subject>"
                 "<q:description><rdf:Alt><rdf:li "
                 "xml:lang='x-default'>New</rdf:li></rdf:Alt></q:description>" RDF_TAIL;
    ie_photo *photo = ie_photo_new();
    ie_photo_own_metadata(photo)->caption = "Old";
    ie_photo_own_metadata(photo)->captured = ie_datetime_from_unix(0, 0, true);
    ie_photo_own_metadata(photo)->captured_source = IE_DATE_FILE;
    ie_metadata_merge_sidecar((const uint8_t *)xmp, sizeof xmp - 1, photo);
    char text[40];
    assert_string_equal(photo->metadata->title, "Title");
    assert_string_equal(photo->metadata->caption, "Old");
    assert_int_equal(photo->metadata->rating, 4);
    assert_int_equal(photo->metadata->keywords.count, 2);
    assert_string_equal(photo->metadata->keywords.items[0], "a & b");
    assert_string_equal(ie_datetime_text(&photo->metadata->captured, text),
                        "2019-05-06T07:08:09.5");
    assert_int_equal(photo->metadata->captured.offset_minutes, 120);
    assert_int_equal(photo->metadata->captured_source, IE_DATE_SIDECAR);
    assert_int_equal(photo->fault_count, 0);
    ie_photo_free(photo);
}

static void entities_are_never_expanded(void **state)
{
    static const char xmp[] =
        "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>" RDF_HEAD
        "><q:title>&b;</q:title>" RDF_TAIL;
    ie_photo *photo = ie_photo_new();
    ie_metadata_merge_sidecar((const uint8_t *)xmp, sizeof xmp - 1, photo);
    assert_null(photo->metadata->title);
    assert_true(has_fault(photo, "damaged"));
    ie_photo_free(photo);
}

static void add_chunk(ie_buffer *png, const char *type, const void *bytes, size_t size)
{
    uint8_t length[4] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8),
                         (uint8_t)size};
    ie_buffer_add(png, length, 4);
    ie_buffer_add(png, type, 4);
    ie_buffer_add(png, bytes, size);
    ie_buffer_add(png, "crc!", 4);
}

static void png_metadata_behind_the_picture_is_found(void **state)
{
    tiff t;
    begin(&t);
    add_text(&t, 0x010f, "Behind");
    static const uint8_t data[8192];
    ie_buffer png = {0};
    ie_buffer_add(&png, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(&png, "IHDR", "\0\0\1\0\0\0\0\x80\x08\2\0\0\0", 13);
    for (int i = 0; i < 37; i++) {
        add_chunk(&png, "IDAT", data, i < 36 ? sizeof data : 100);
    }
    add_chunk(&png, "eXIf", t.bytes, sizeof t.bytes);
    add_chunk(&png, "IEND", "", 0);
    ie_photo *photo = read_bytes(IE_FORMAT_PNG, png.data, png.size);
    assert_int_equal(photo->width, 256);
    assert_int_equal(photo->height, 128);
    assert_string_equal(photo->metadata->make, "Behind");
    assert_int_equal(photo->fault_count, 0);
    ie_photo_free(photo);
    ie_buffer_free(&png);
}

#define PNG_XMP RDF_HEAD "><q:title>In a text</q:title>" RDF_TAIL

/* zlib's format (RFC 1950) around one stored block (RFC 1951). */
static void add_stored(ie_buffer *out, const char *text, size_t size)
{
    uint32_t a = 1, b = 0;
    for (size_t i = 0; i < size; i++) {
        a = (a + (uint8_t)text[i]) % 65521;
        b = (b + a) % 65521;
    }
    const uint8_t head[] = {
        0x78, 0x01, 1, (uint8_t)size, (uint8_t)(size >> 8), (uint8_t)~size, (uint8_t)(~size >> 8)};
    const uint8_t sum[] = {(uint8_t)(b >> 8), (uint8_t)b, (uint8_t)(a >> 8), (uint8_t)a};
    ie_buffer_add(out, head, sizeof head);
    ie_buffer_add(out, text, size);
    ie_buffer_add(out, sum, sizeof sum);
}

static void add_text_chunk(ie_buffer *png, const char *type, const char *head, size_t head_size,
                           const char *text, bool packed)
{
    ie_buffer body = {0};
    ie_buffer_add(&body, head, head_size);
    if (packed) {
        add_stored(&body, text, strlen(text));
    } else {
        ie_buffer_text(&body, text);
    }
    add_chunk(png, type, body.data, body.size);
    ie_buffer_free(&body);
}

static void plain_png_texts_are_facts_below_all_others(void **state)
{
    ie_buffer png = {0};
    ie_buffer_add(&png, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(&png, "IHDR", "\0\0\1\0\0\0\0\x80\x08\2\0\0\0", 13);
    add_text_chunk(&png, "tEXt", "Title", 6, "Below the XMP", false);
    add_text_chunk(&png, "tEXt", "Author", 7, "Ren\xe9", false);
    add_text_chunk(&png, "zTXt", "Copyright\0", 11, "Mine", true);
    add_text_chunk(&png, "iTXt", "Description\0\1\0en\0\0", 18, "Packed", true);
    add_text_chunk(&png, "iTXt", "Description\0\0\0de\0\0", 18, "Zweitens", false);
    add_text_chunk(&png, "tEXt", "XML:com.adobe.xmp", 18, PNG_XMP, false);
    for (int i = 0; i < 2 * IE_META_MAX_TEXTS; i++) {
        add_text_chunk(&png, "tEXt", "Own", 4, "more than there is room for", false);
    }
    add_chunk(&png, "IEND", "", 0);
    ie_photo *photo = read_bytes(IE_FORMAT_PNG, png.data, png.size);
    assert_string_equal(photo->metadata->title, "In a text");
    assert_string_equal(photo->metadata->creator, "Ren\xc3\xa9");
    assert_string_equal(photo->metadata->copyright, "Mine");
    assert_string_equal(photo->metadata->caption, "Packed");
    assert_int_equal(photo->fault_count, 0);
    ie_bytes *bytes = ie_bytes_wrap(png.data, png.size);
    ie_meta meta;
    ie_meta_find(bytes, photo, &meta);
    assert_int_equal(meta.text_count, IE_META_MAX_TEXTS);
    assert_true(meta.more_texts);
    assert_string_equal(meta.texts[3].keyword, "Description");
    ie_meta_clear(&meta);
    ie_bytes_close(bytes);
    ie_photo_free(photo);
    ie_buffer_free(&png);
}

static void xmp_is_found_in_each_kind_of_png_text(void **state)
{
    static const struct {
        const char *type, *before;
        size_t size;
        bool packed;
    } kinds[] = {
        {"tEXt", "XML:com.adobe.xmp", 18, false},
        {"zTXt", "XML:com.adobe.xmp\0", 19, true},
        {"iTXt", "XML:com.adobe.xmp\0\0\0\0", 22, false},
        {"iTXt", "XML:com.adobe.xmp\0\1\0\0", 22, true},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        ie_buffer png = {0}, text = {0};
        ie_buffer_add(&png, "\x89PNG\r\n\x1a\n", 8);
        add_chunk(&png, "IHDR", "\0\0\1\0\0\0\0\x80\x08\2\0\0\0", 13);
        ie_buffer_add(&text, kinds[i].before, kinds[i].size);
        if (kinds[i].packed) {
            add_stored(&text, PNG_XMP, sizeof PNG_XMP - 1);
        } else {
            ie_buffer_add(&text, PNG_XMP, sizeof PNG_XMP - 1);
        }
        add_chunk(&png, kinds[i].type, text.data, text.size);
        add_chunk(&png, "IEND", "", 0);
        ie_photo *photo = read_bytes(IE_FORMAT_PNG, png.data, png.size);
        assert_int_equal(photo->fault_count, 0);
        assert_non_null(photo->metadata->title);
        assert_string_equal(photo->metadata->title, "In a text");
        ie_photo_free(photo);
        ie_buffer_free(&png);
        ie_buffer_free(&text);
    }
}

static void an_empty_file_of_any_format_is_read_without_harm(void **state)
{
    for (int format = 0; format < IE_FORMAT_COUNT; format++) {
        ie_photo *photo = read_bytes((ie_format)format, "", 0);
        assert_int_equal(photo->orientation, 1);
        assert_int_equal(photo->width, 0);
        ie_photo_free(photo);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zero_denominator_is_absent),
        cmocka_unit_test(the_original_date_wins_with_its_own_fraction_and_zone),
        cmocka_unit_test(the_zone_of_the_last_change_is_not_the_one_of_the_picture),
        cmocka_unit_test(blank_and_impossible_dates_are_passed_over),
        cmocka_unit_test(a_date_without_a_time_of_day_is_less_sure_and_has_no_fraction),
        cmocka_unit_test(the_file_time_is_the_last_resort_and_says_so),
        cmocka_unit_test(a_position_has_its_signs_and_decimals_in_the_minutes),
        cmocka_unit_test(a_position_that_is_none_is_a_fault_and_not_zero),
        cmocka_unit_test(directories_that_point_at_themselves_come_to_an_end),
        cmocka_unit_test(damage_is_a_fault_and_the_rest_is_read),
        cmocka_unit_test(texts_are_trimmed_and_made_utf8),
        cmocka_unit_test(an_iso_beyond_16_bits_is_read_from_its_own_tag),
        cmocka_unit_test(a_sidecar_gives_only_what_is_absent),
        cmocka_unit_test(entities_are_never_expanded),
        cmocka_unit_test(png_metadata_behind_the_picture_is_found),
        cmocka_unit_test(plain_png_texts_are_facts_below_all_others),
        cmocka_unit_test(xmp_is_found_in_each_kind_of_png_text),
        cmocka_unit_test(an_empty_file_of_any_format_is_read_without_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
