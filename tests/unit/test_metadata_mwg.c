// SPDX-License-Identifier: GPL-3.0-or-later
/* EXIF, XMP and IPTC weighed against each other as the Metadata Working Group says, their character
   sets, and what Windows and Microsoft write. */
#include "exif_help.h"

#include "storage/metadata_file.h"
#include "utils/hash.h"
#include "utils/text.h"

/* One dataset of a record: "\x1c", record, number, length, text. */
static void add_dataset(ie_buffer *iim, unsigned record, unsigned number, const char *text)
{
    size_t length = strlen(text);
    const uint8_t head[5] = {0x1c, (uint8_t)record, (uint8_t)number, (uint8_t)(length >> 8),
                             (uint8_t)length};
    ie_buffer_add(iim, head, 5);
    ie_buffer_add(iim, text, length);
}

static void add_resource(ie_buffer *out, uint8_t number, const void *data, size_t size)
{
    const uint8_t head[12] = {'8', 'B', 'I', 'M', 4, number, 0, 0, 0, 0, (uint8_t)(size >> 8),
                              (uint8_t)size};
    ie_buffer_add(out, head, 12);
    ie_buffer_add(out, data, size);
    if (size % 2 != 0) {
        ie_buffer_char(out, 0);
    }
}

typedef enum digest { NONE, IN_STEP, STALE } digest;

static void add_iim(ie_buffer *jpeg, const ie_buffer *iim, digest kind)
{
    ie_buffer resources = {0};
    ie_buffer_add(&resources, "Photoshop 3.0", 14);
    add_resource(&resources, 4, iim->data, iim->size);
    if (kind != NONE) {
        char hex[65];
        uint8_t bytes[16] = {0};
        ie_digest *md5 = ie_digest_new(IE_DIGEST_MD5);
        ie_digest_add(md5, iim->data, iim->size);
        ie_digest_end(md5, hex);
        for (int i = 0; i < 16; i++) {
            unsigned value;
            assert_int_equal(sscanf(hex + 2 * i, "%2x", &value), 1);
            bytes[i] = (uint8_t)(kind == IN_STEP ? value : value ^ 0xff);
        }
        add_resource(&resources, 0x25, bytes, 16);
    }
    add_segment(jpeg, 0xed, resources.data, resources.size);
    ie_buffer_free(&resources);
}

static ie_photo *read_jpeg(ie_buffer *jpeg)
{
    ie_photo *photo = ie_photo_new();
    end_jpeg(jpeg);
    photo->format = IE_FORMAT_JPEG;
    ie_bytes *bytes = ie_bytes_wrap(jpeg->data, jpeg->size);
    ie_metadata_read(bytes, photo);
    ie_bytes_close(bytes);
    ie_buffer_free(jpeg);
    return photo;
}

/* A JPEG with these XMP properties and this IPTC. */
static ie_photo *read_both(const char *xmp, ie_buffer *iim, digest kind)
{
    ie_buffer jpeg = {0};
    begin_jpeg(&jpeg);
    if (xmp != NULL) {
        add_xmp(&jpeg, xmp);
    }
    add_iim(&jpeg, iim, kind);
    ie_buffer_free(iim);
    return read_jpeg(&jpeg);
}

static ie_buffer caption_and_date(void)
{
    ie_buffer iim = {0};
    add_dataset(&iim, 2, 120, "of IPTC");
    add_dataset(&iim, 2, 55, "20230714");
    add_dataset(&iim, 2, 60, "091233+0200");
    return iim;
}

#define XMP_BOTH                                                                                   \
    "<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>of XMP</rdf:li></rdf:Alt>"              \
    "</dc:description><exif:DateTimeOriginal>2020-01-02T03:04:05</exif:DateTimeOriginal>"

static void the_stored_digest_decides_between_xmp_and_iptc(void **state)
{
    static const struct {
        digest kind;
        const char *caption, *date;
        ie_date_source source;
    } cases[] = {
        {NONE, "of XMP", "2020-01-02T03:04:05", IE_DATE_XMP},
        {IN_STEP, "of XMP", "2020-01-02T03:04:05", IE_DATE_XMP},
        {STALE, "of IPTC", "2023-07-14T09:12:33", IE_DATE_IPTC},
    };
    for (size_t i = 0; i < 3; i++) {
        char text[40];
        ie_buffer iim = caption_and_date();
        ie_photo *photo = read_both(XMP_BOTH, &iim, cases[i].kind);
        assert_string_equal(photo->metadata->caption, cases[i].caption);
        assert_string_equal(ie_datetime_text(&photo->metadata->captured, text), cases[i].date);
        assert_int_equal(photo->metadata->captured_source, cases[i].source);
        ie_photo_free(photo);
    }
}

static void a_newer_iptc_without_a_time_of_day_leaves_xmps_date(void **state)
{
    char text[40];
    ie_buffer iim = {0};
    add_dataset(&iim, 2, 55, "20230714");
    ie_photo *photo = read_both(XMP_BOTH, &iim, STALE);
    assert_string_equal(ie_datetime_text(&photo->metadata->captured, text), "2020-01-02T03:04:05");
    ie_photo_free(photo);
}

#define LONG_WORD "a keyword that is longer than the sixty-four bytes which IPTC has for it"
#define LONG_CITY "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"

static void what_iptc_cut_is_completed_from_xmp(void **state)
{
    ie_buffer iim = {0};
    IE_AUTO_FREE char *word = ie_strndup(LONG_WORD, 64), *city = ie_strndup(LONG_CITY, 32);
    add_dataset(&iim, 2, 25, word);
    add_dataset(&iim, 2, 25, "sea");
    add_dataset(&iim, 2, 90, city);
    ie_photo *photo =
        read_both("<dc:subject><rdf:Bag><rdf:li>" LONG_WORD "</rdf:li></rdf:Bag></dc:subject>"
                  "<p:City xmlns:p='http://ns.adobe.com/photoshop/1.0/'>" LONG_CITY "</p:City>",
                  &iim, STALE);
    assert_int_equal(photo->metadata->keywords.count, 2);
    assert_string_equal(photo->metadata->keywords.items[0], "sea");
    assert_string_equal(photo->metadata->keywords.items[1], LONG_WORD);
    assert_string_equal(photo->metadata->city, LONG_CITY);
    ie_photo_free(photo);
}

static void a_short_iptc_text_is_not_taken_for_a_cut_one(void **state)
{
    ie_buffer iim = {0};
    add_dataset(&iim, 2, 25, "Rome");
    ie_photo *photo =
        read_both("<dc:subject><rdf:Bag><rdf:li>Romeo</rdf:li></rdf:Bag></dc:subject>", &iim, NONE);
    assert_int_equal(photo->metadata->keywords.count, 2);
    ie_photo_free(photo);
}

static void a_text_cut_within_a_character_loses_only_its_rest(void **state)
{
    ie_buffer iim = {0};
    add_dataset(&iim, 1, 90, "\x1b%G");
    add_dataset(&iim, 2, 90, "Plac\xc3\xa9 l\xc3");
    add_dataset(&iim, 2, 25, "\xe6\xb5\xb7\xe6\xb5");
    ie_photo *photo = read_both(NULL, &iim, NONE);
    assert_string_equal(photo->metadata->city, "Plac\xc3\xa9 l");
    assert_string_equal(photo->metadata->keywords.items[0], "\xe6\xb5\xb7");
    ie_photo_free(photo);
}

static void iptc_is_read_in_its_own_character_set(void **state)
{
    static const struct {
        const char *mark, *bytes, *want;
    } cases[] = {
        {"\x1b%G", "Caf\xc3\xa9", "Caf\xc3\xa9"},   /* UTF-8 */
        {NULL, "Caf\xc3\xa9", "Caf\xc3\xa9"},       /* it by its form */
        {NULL, "Caf\xe9 noir", "Caf\xc3\xa9 noir"}, /* else Latin-1 */
        {NULL, "a \x96 \x93z\x94",
         "a \xe2\x80\x93 \xe2\x80\x9cz\xe2\x80\x9d"},     /* as Windows means it */
        {NULL, "Troms\xf8", "Troms\xc3\xb8"},             /* at its end, too */
        {"\x1b.A", "Caf\xc3\xa9", "Caf\xc3\x83\xc2\xa9"}, /* Latin-1 by its mark */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ie_buffer iim = {0};
        if (cases[i].mark != NULL) {
            add_dataset(&iim, 1, 90, cases[i].mark);
        }
        add_dataset(&iim, 2, 120, cases[i].bytes);
        ie_photo *photo = read_both(NULL, &iim, NONE);
        assert_string_equal(photo->metadata->caption, cases[i].want);
        ie_photo_free(photo);
    }
}

/* An EXIF block of one entry: in the main directory, or in the EXIF directory behind it. */
static ie_photo *read_tag(uint16_t tag, uint8_t type, const void *value, uint32_t size,
                          bool in_exif)
{
    uint8_t tiff[512] = {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0};
    uint32_t at = 10;
    if (in_exif) {
        const uint8_t pointer[12] = {0x69, 0x87, 4, 0, 1, 0, 0, 0, 26};
        memcpy(tiff + at, pointer, 12);
        tiff[26] = 1;
        at = 28;
    }
    uint32_t count = type == 3 ? size / 2 : size, data = at + 16;
    tiff[at] = (uint8_t)tag;
    tiff[at + 1] = (uint8_t)(tag >> 8);
    tiff[at + 2] = type;
    tiff[at + 4] = (uint8_t)count;
    if (size <= 4) {
        data = at + 8;
    } else {
        tiff[at + 8] = (uint8_t)data;
    }
    memcpy(tiff + data, value, size);
    ie_buffer jpeg = {0}, segment = {0};
    begin_jpeg(&jpeg);
    ie_buffer_add(&segment, "Exif\0", 6);
    ie_buffer_add(&segment, tiff, sizeof tiff);
    add_segment(&jpeg, 0xe1, segment.data, segment.size);
    ie_buffer_free(&segment);
    return read_jpeg(&jpeg);
}

static void a_users_comment_is_read_by_its_prefix(void **state)
{
    static const struct {
        const char *bytes, *want;
        uint32_t size;
    } cases[] = {
        {"ASCII\0\0\0At sea", "At sea", 14},
        {"\0\0\0\0\0\0\0\0M\xe5ne", "M\xc3\xa5ne", 12},
        {"UNICODE\0A\0t\0", "At", 12},
        {"UNICODE\0\0A\0t", "At", 12},
        {"UNICODE\0\xfe\xff\x6d\x77", "\xe6\xb5\xb7", 12},
        {"UNICODE\0\x77\x6d", "\xe6\xb5\xb7", 10}, /* by the structure's byte order */
        {"ASCII\0\0\0   ", NULL, 11},
        {"JIS\0\0\0\0\0\x33\x24", NULL, 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ie_photo *photo = read_tag(0x9286, 7, cases[i].bytes, cases[i].size, true);
        assert_int_equal(photo->fault_count, 0);
        if (cases[i].want == NULL) {
            assert_null(photo->metadata->comment);
        } else {
            assert_string_equal(photo->metadata->comment, cases[i].want);
        }
        ie_photo_free(photo);
    }
}

static void microsofts_percents_are_stars(void **state)
{
    static const struct {
        uint8_t percent, stars;
    } cases[] = {{0, 0}, {1, 1}, {25, 2}, {50, 3}, {75, 4}, {99, 5}, {100, 5}, {30, 2}, {90, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const uint8_t value[2] = {cases[i].percent, 0};
        ie_photo *photo = read_tag(0x4749, 3, value, 2, false);
        assert_int_equal(photo->metadata->rating, cases[i].stars);
        ie_photo_free(photo);
        ie_buffer jpeg = {0};
        IE_AUTO_FREE char *xmp =
            ie_asprintf("<m:Rating xmlns:m='http://ns.microsoft.com/photo/1.0/'>%u</m:Rating>",
                        cases[i].percent);
        begin_jpeg(&jpeg);
        add_xmp(&jpeg, xmp);
        photo = read_jpeg(&jpeg);
        assert_int_equal(photo->metadata->rating, cases[i].stars);
        ie_photo_free(photo);
    }
}

static void a_rating_in_stars_wins_over_percents(void **state)
{
    ie_buffer jpeg = {0};
    begin_jpeg(&jpeg);
    add_xmp(&jpeg, "<m:Rating xmlns:m='http://ns.microsoft.com/photo/1.0/'>99</m:Rating>"
                   "<x:Rating xmlns:x='http://ns.adobe.com/xap/1.0/'>-1</x:Rating>");
    ie_photo *photo = read_jpeg(&jpeg);
    assert_int_equal(photo->metadata->rating, -1);
    ie_photo_free(photo);
}

static void windows_title_counts_where_there_is_no_other(void **state)
{
    ie_photo *photo = read_tag(0x9c9b, 1, "B\0o\0a\0t\0\0\0", 10, false);
    assert_string_equal(photo->metadata->title, "Boat");
    ie_photo_free(photo);
}

#define CRS "xmlns:crs='http://ns.adobe.com/camera-raw-settings/1.0/'"

static void developed_pictures_say_that_they_are_edited(void **state)
{
    static const struct {
        const char *xmp;
        int want;
    } cases[] = {
        {"<crs:HasSettings " CRS ">True</crs:HasSettings>", 1},
        {"<crs:HasSettings " CRS ">False</crs:HasSettings>", -1},
        {"<crs:AlreadyApplied " CRS ">True</crs:AlreadyApplied>", 1},
        {"<d:history_end xmlns:d='http://darktable.sf.net/'>3</d:history_end>", 1},
        {"<d:history_end xmlns:d='http://darktable.sf.net/'>0</d:history_end>", -1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ie_buffer jpeg = {0};
        begin_jpeg(&jpeg);
        add_xmp(&jpeg, cases[i].xmp);
        ie_photo *photo = read_jpeg(&jpeg);
        assert_int_equal(photo->metadata->edited, cases[i].want);
        ie_photo_free(photo);
    }
}

static void digikams_colours_have_names(void **state)
{
    ie_buffer jpeg = {0};
    begin_jpeg(&jpeg);
    add_xmp(&jpeg, "<k:ColorLabel xmlns:k='http://www.digikam.org/ns/1.0/'>4</k:ColorLabel>");
    ie_photo *photo = read_jpeg(&jpeg);
    assert_string_equal(photo->metadata->label, "Green");
    ie_photo_free(photo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_stored_digest_decides_between_xmp_and_iptc),
        cmocka_unit_test(a_newer_iptc_without_a_time_of_day_leaves_xmps_date),
        cmocka_unit_test(what_iptc_cut_is_completed_from_xmp),
        cmocka_unit_test(a_short_iptc_text_is_not_taken_for_a_cut_one),
        cmocka_unit_test(a_text_cut_within_a_character_loses_only_its_rest),
        cmocka_unit_test(iptc_is_read_in_its_own_character_set),
        cmocka_unit_test(a_users_comment_is_read_by_its_prefix),
        cmocka_unit_test(microsofts_percents_are_stars),
        cmocka_unit_test(a_rating_in_stars_wins_over_percents),
        cmocka_unit_test(windows_title_counts_where_there_is_no_other),
        cmocka_unit_test(developed_pictures_say_that_they_are_edited),
        cmocka_unit_test(digikams_colours_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
