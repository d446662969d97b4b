// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <math.h>

#include "core/record.h"
#include "utils/text.h"

static void fill_content(ie_photo *photo)
{
    *ie_photo_own_content(photo) = (ie_content){
        .phash = 0x8000000000000001,
        .ahash = 0,
        .dhash = UINT64_MAX,
        .whash = 0x0123456789abcdef,
        .sharpness = 123.25,
        .peak_sharpness = 456.5,
        .blurred = true,
        .noise = 2.5,
        .dynamic_range = 0.9375,
        .exposure = 0.5,
        .contrast = 0.25,
        .clipped_shadows = 0.125,
        .clipped_highlights = 0.0625,
        .jpeg_quality = 92,
        .quality = 0.8125,
        .colors = {{1, 2, 255, 0.75f}, {0, 0, 0, 0.25f}},
        .color_count = 2,
    };
    static ie_label scene = {.label = "beach", .confidence = 0.75};
    static ie_label object = {.label = "dog", .confidence = 0.5, .box = {1, 2.5, 30, 40}};
    static const ie_label_model model = {.name = "openai/clip-vit-base-patch32",
                                         .version = "0123456789abcdef"};
    static ie_label tag = {
        .label = "sea", .confidence = 0.125, .source = "clip-vit-base-patch32", .model = &model};
    *ie_photo_own_vision(photo) = (ie_vision){
        .scenes = &scene,
        .objects = &object,
        .tags = &tag,
        .scene_count = 1,
        .object_count = 1,
        .tag_count = 1,
        .scenes_model = {"openai/clip-vit-base-patch32", "0123456789abcdef", "bf16"},
    };
}

static ie_photo *full_photo(void)
{
    ie_photo *photo = ie_photo_new();
    photo->path = "a/b.jpg";
    photo->stamp = (ie_stamp){.size = 12345678901, .mtime_ns = 1700000000123456789};
    photo->format = IE_FORMAT_JPEG;
    photo->width = 4000, photo->height = 3000, photo->orientation = 6, photo->bits = 8;
    photo->has_alpha = photo->animated = true;
    photo->have = 0x1ff | IE_HAVE_IMAGE_DATA;
    photo->xxh3 = ie_hash128_of("x", 1);
    photo->image_data = ie_hash128_of("y", 1);
    char sha256[65] = {0};
    memset(sha256, 'a', 64);
    photo->sha256 = ie_arena_strdup(photo->arena, sha256);
    ie_metadata *m = ie_photo_own_metadata(photo);
    assert_true(ie_datetime_parse("2023-07-14T09:12:33.120", &m->captured));
    m->captured.has_offset = true;
    m->captured.offset_minutes = -210;
    m->captured_source = IE_DATE_XMP;
    m->captured_confidence = 0.75;
    m->make = "Canon", m->model = "EOS \"5\"", m->lens = "50mm, f/1.8", m->serial = "007";
    m->f_number = 2.8, m->exposure_time_s = 0.000125, m->focal_length_mm = 35, m->iso = 200;
    m->focal_length_35mm = 52, m->flash = 0;
    m->latitude = -33.8567844, m->longitude = 151.2152967, m->altitude_m = -3.5;
    m->title = "Straße", m->caption = "two\nlines", m->rating = 0;
    ie_text_list_add(&m->keywords, photo->arena, "sea");
    ie_text_list_add(&m->keywords, photo->arena, "sun, sand");
    fill_content(photo);
    ie_photo_fault(photo, "decode", "truncated", "the file ends %d bytes early", 17);
    return photo;
}

static ie_photo *round_trip(const ie_photo *photo)
{
    IE_AUTO_FREE char *line = ie_json_line(ie_record_json(photo));
    IE_AUTO_JSON json_t *record = NULL;
    assert_int_equal(ie_json_parse(line, strlen(line), "record", &record, NULL), IE_OK);
    ie_photo *back = ie_photo_new();
    assert_true(ie_record_read(record, back));
    return back;
}

static void reading_what_was_written_restores_every_fact(void **state)
{
    (void)state;
    ie_photo *photo = full_photo(), *back = round_trip(photo);
    assert_int_equal(back->have, photo->have);
    assert_int_equal(back->format, photo->format);
    assert_memory_equal(&back->xxh3, &photo->xxh3, sizeof photo->xxh3);
    assert_string_equal(back->sha256, photo->sha256);
    assert_memory_equal(&back->image_data, &photo->image_data, sizeof photo->image_data);
    assert_int_equal(back->metadata->captured.offset_minutes, -210);
    assert_int_equal(back->metadata->captured.subsec_digits, 3);
    assert_int_equal(back->metadata->captured_source, IE_DATE_XMP);
    assert_int_equal(back->metadata->flash, 0);
    assert_int_equal(back->metadata->rating, 0);
    assert_true(back->metadata->f_number == 2.8 && back->metadata->exposure_time_s == 0.000125);
    assert_true(back->metadata->latitude == -33.8567844 && back->metadata->altitude_m == -3.5);
    assert_string_equal(back->metadata->caption, "two\nlines");
    assert_int_equal(back->content->dhash, UINT64_MAX);
    assert_true(back->content->blurred && back->content->sharpness == 123.25 &&
                back->content->peak_sharpness == 456.5);
    assert_true(back->content->clipped_shadows == 0.125 &&
                back->content->clipped_highlights == 0.0625);
    assert_int_equal(back->content->jpeg_quality, 92);
    assert_int_equal(back->content->colors[0].b, 255);
    assert_true(back->vision->objects[0].box[1] == 2.5);
    assert_string_equal(back->vision->tags[0].model->version, "0123456789abcdef");
    /* The rest: same stamp and path given, the same line comes out. */
    back->path = photo->path;
    back->stamp = photo->stamp;
    IE_AUTO_FREE char *before = ie_photo_json(photo);
    IE_AUTO_FREE char *after = ie_photo_json(back);
    assert_string_equal(before, after);
    ie_photo_free(photo);
    ie_photo_free(back);
}

static void the_record_has_the_documented_shape(void **state)
{
    (void)state;
    ie_photo *photo = full_photo();
    IE_AUTO_FREE char *line = ie_photo_json(photo);
    const char *parts[] = {
        "{\"schema\":\"imgengine.photo/1\",\"path\":\"a/b.jpg\",\"size\":12345678901,"
        "\"mtime\":\"2023-11-14T22:13:20.123456789Z\",\"format\":\"jpeg\",\"width\":4000,"
        "\"height\":3000,"
        "\"orientation\":6,",
        "\"captured\":{\"local\":\"2023-07-14T09:12:33.120\",\"offset\":\"-03:30\",\"source\":"
        "\"xmp\","
        "\"confidence\":0.75}",
        "\"exposure\":{\"f_number\":2.8",
        "\"gps\":{\"latitude\":-33.8567844,\"longitude\":151.2152967,\"altitude_m\":-3.5}",
        "\"content\":{\"phash\":\"8000000000000001\",\"ahash\":\"0000000000000000\"",
        "\"colors\":[{\"hex\":\"#0102ff\",\"share\":0.75}",
        "\"objects\":[{\"label\":\"dog\",\"confidence\":0.5,\"box\":[1.0,2.5,30.0,40.0]}]",
        "\"faults\":[{\"stage\":\"decode\",\"code\":\"truncated\",\"text\":\"the file ends 17 "
        "bytes early\"}]}",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strstr(line, parts[i]) == NULL) {
            fail_msg("%s lacks %s", line, parts[i]);
        }
    }
    ie_photo_free(photo);
}

static void absent_facts_are_absent_keys(void **state)
{
    (void)state;
    ie_photo *photo = ie_photo_new();
    photo->path = "x";
    IE_AUTO_FREE char *line = ie_photo_json(photo);
    assert_string_equal(line, "{\"schema\":\"imgengine.photo/1\",\"path\":\"x\",\"size\":0,"
                              "\"mtime\":\"1970-01-01T00:00:00.000000000Z\"}");
    ie_photo *back = round_trip(photo);
    assert_int_equal(back->have, 0);
    assert_int_equal(back->metadata->rating, IE_ABSENT);
    assert_true(isnan(back->metadata->latitude) && back->metadata->flash == -1);
    photo->have = IE_HAVE_FORMAT | IE_HAVE_METADATA | IE_HAVE_COLORS;
    ie_photo_free(back);
    back = round_trip(photo);
    assert_int_equal(back->have, photo->have); /* looked at, nothing found: that is a fact, too */
    ie_photo_free(back);
    ie_photo_free(photo);
}

static void a_path_that_is_not_utf8_keeps_its_bytes(void **state)
{
    (void)state;
    ie_photo *photo = ie_photo_new();
    photo->path = "caf\xe9\n.jpg";
    IE_AUTO_JSON json_t *record = ie_record_json(photo);
    IE_AUTO_FREE char *path = ie_json_get_path(record, "path");
    assert_string_equal(path, photo->path);
    assert_non_null(ie_json_get_text(record, "path_b64"));
    ie_photo_free(photo);
}

static void texts_that_are_not_utf8_are_read_as_latin1(void **state)
{
    (void)state;
    ie_photo *photo = ie_photo_new();
    photo->path = "x";
    photo->have = IE_HAVE_METADATA;
    ie_text_list_add(&ie_photo_own_metadata(photo)->keywords, photo->arena, "caf\xe9");
    ie_photo *back = round_trip(photo);
    assert_string_equal(back->metadata->keywords.items[0], "café");
    ie_photo_free(back);
    ie_photo_free(photo);
}

static void facts_of_wrong_type_are_left_absent(void **state)
{
    (void)state;
    const char *odd =
        "{\"schema\":\"imgengine.photo/"
        "1\",\"format\":7,\"width\":-5,\"height\":\"9\",\"orientation\":99,"
        "\"bits\":9999,\"hash\":{\"xxh3\":\"zz\",\"sha256\":\"abc\"},\"content\":{\"phash\":\"12\","
        "\"sharpness\":1,\"blurred\":3,\"colors\":[{\"hex\":\"red\",\"share\":1},4,"
        "{\"hex\":\"#ffffff\",\"share\":0.5}]},"
        "\"metadata\":{\"captured\":{\"local\":\"2023-02-31T00:00:00\"},\"camera\":[],\"exposure\":"
        "{\"iso\":99999999999,\"f_number\":\"x\",\"flash\":1},\"gps\":{\"latitude\":91,"
        "\"longitude\":0},"
        "\"keywords\":[1,\"k\",null],\"rating\":77},\"vision\":{\"scenes\":[5,{\"label\":3}],"
        "\"objects\":{}},"
        "\"faults\":[{\"stage\":1}]}";
    IE_AUTO_JSON json_t *record = NULL;
    assert_int_equal(ie_json_parse(odd, strlen(odd), "record", &record, NULL), IE_OK);
    ie_photo *photo = ie_photo_new();
    assert_true(ie_record_read(record, photo));
    assert_int_equal(photo->have, IE_HAVE_METADATA | IE_HAVE_COLORS | IE_HAVE_SCENES);
    assert_int_equal(photo->width, 0);
    assert_int_equal(photo->orientation, 1);
    assert_int_equal(photo->content->color_count, 1);
    assert_int_equal(photo->vision->scene_count, 0);
    assert_int_equal(photo->metadata->captured.year, 0);
    assert_int_equal(photo->metadata->iso, 0);
    assert_int_equal(photo->metadata->flash, -1);
    assert_true(isnan(photo->metadata->latitude) && isnan(photo->metadata->f_number));
    assert_int_equal(photo->metadata->keywords.count, 1);
    assert_int_equal(photo->metadata->rating, IE_ABSENT);
    assert_int_equal(photo->fault_count, 0);
    ie_photo_free(photo);
}

static void the_same_fault_met_twice_is_told_once(void **state)
{
    (void)state;
    ie_photo *photo = ie_photo_new();
    ie_photo_fault(photo, "decode", "truncated", "cut");
    ie_photo_fault(photo, "decode", "truncated", "cut");
    ie_photo_fault(photo, "metadata", "truncated", "cut");
    assert_int_equal(photo->fault_count, 2);
    assert_string_equal(ie_photo_fault_text(photo, 1), "metadata: truncated: cut");
    ie_photo_free(photo);
}

static void a_foreign_schema_is_refused(void **state)
{
    (void)state;
    const char *foreign[] = {"{}", "[]", "3", "{\"schema\":\"imgengine.photo/2\"}",
                             "{\"schema\":1}"};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        IE_AUTO_JSON json_t *record = NULL;
        assert_int_equal(ie_json_parse(foreign[i], strlen(foreign[i]), "record", &record, NULL),
                         IE_OK);
        ie_photo *photo = ie_photo_new();
        assert_false(ie_record_read(record, photo));
        ie_photo_free(photo);
    }
}

/* Splits one RFC 4180 line in place. */
static size_t split_csv(char *line, char *fields[], size_t room)
{
    size_t count = 0;
    for (char *in = line; count < room;) {
        char *out = in;
        bool quoted = *in == '"';
        fields[count++] = out;
        in += quoted;
        while (*in != 0 && (quoted ? !(in[0] == '"' && in[1] != '"') : *in != ',')) {
            in += quoted && *in == '"';
            *out++ = *in++;
        }
        in += quoted;
        bool more = *in == ',';
        *out = 0;
        if (!more) {
            return count;
        }
        in++;
    }
    return count;
}

static const char *column(char *fields[], size_t count, const char *name)
{
    IE_AUTO_FREE char *header = ie_strdup(ie_photo_csv_header());
    char *names[64];
    size_t columns = split_csv(header, names, 64);
    assert_int_equal(columns, count);
    for (size_t i = 0; i < columns; i++) {
        if (strcmp(names[i], name) == 0) {
            return fields[i];
        }
    }
    fail_msg("no column %s", name);
    return NULL;
}

static void csv_quotes_what_rfc_4180_wants_quoted(void **state)
{
    (void)state;
    ie_photo *photo = full_photo();
    IE_AUTO_FREE char *line = ie_photo_csv(photo);
    char *fields[64];
    size_t count = split_csv(line, fields, 64);
    assert_string_equal(column(fields, count, "path"), "a/b.jpg");
    assert_string_equal(column(fields, count, "model"), "EOS \"5\"");
    assert_string_equal(column(fields, count, "lens"), "50mm, f/1.8");
    assert_string_equal(column(fields, count, "caption"), "two\nlines");
    assert_string_equal(column(fields, count, "keywords"), "sea;sun, sand");
    assert_string_equal(column(fields, count, "latitude"), "-33.8567844");
    assert_string_equal(column(fields, count, "exposure_time_s"), "0.000125");
    assert_string_equal(column(fields, count, "iso"), "200");
    assert_string_equal(column(fields, count, "rating"), "0");
    assert_string_equal(column(fields, count, "captured_offset"), "-03:30");
    assert_string_equal(column(fields, count, "faults"),
                        "decode: truncated: the file ends 17 bytes early");
    ie_photo_free(photo);
}

static void csv_leaves_absent_facts_empty(void **state)
{
    (void)state;
    ie_photo *photo = ie_photo_new();
    photo->path = "x";
    IE_AUTO_FREE char *line = ie_photo_csv(photo);
    char *fields[64];
    size_t count = split_csv(line, fields, 64);
    const char *empty[] = {"width",  "captured", "captured_source", "latitude",
                           "rating", "phash",    "quality",         "iso"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        assert_string_equal(column(fields, count, empty[i]), "");
    }
    assert_null(ie_photo_fault_text(photo, 0));
    ie_photo_free(photo);
}

/* The fast way to write it may not differ by a byte from the library's. */
static void the_head_is_the_beginning_of_the_whole_line(void **state)
{
    static const char *const paths[] = {
        "/a/b.jpg", "a \"b\".jpg",        "back\\slash", "tab\tnewline\n",
        "\x7f~ !",  "gr\xc3\xbc\xc3\x9f", "latin\xe4",   "",
        "/ slash"};
    static const int64_t times[] = {0,         -1,        1700000000123456789, 1,
                                    INT64_MAX, INT64_MIN, -62135596800000000};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        for (size_t t = 0; t < sizeof times / sizeof *times; t++) {
            ie_photo *photo = full_photo();
            photo->path = paths[i];
            photo->stamp.mtime_ns = times[t];
            ie_buffer head = {0};
            ie_record_add_head(&head, photo);
            IE_AUTO_FREE char *line = ie_json_line(ie_record_json(photo));
            assert_true(head.size > 60);
            assert_memory_equal(line, head.data, head.size);
            assert_int_equal(strncmp(line + head.size, ",\"format\":", 10), 0);
            ie_buffer_free(&head);
            ie_photo_free(photo);
        }
    }
}

static void a_time_is_written_with_its_digits(void **state)
{
    char text[40];
    ie_datetime time = {.year = 987, .month = 1, .day = 2, .hour = 3, .minute = 4, .second = 60,
                        .nanosecond = 120000000, .subsec_digits = 3};
    assert_string_equal(ie_datetime_text(&time, text), "0987-01-02T03:04:60.120");
    time.subsec_digits = 0;
    assert_string_equal(ie_datetime_text(&time, text), "0987-01-02T03:04:60");
    time.subsec_digits = 9, time.nanosecond = 7, time.year = 12345;
    assert_string_equal(ie_datetime_text(&time, text), "12345-01-02T03:04:60.000000007");
    time.year = -5;
    assert_string_equal(ie_datetime_text(&time, text), "-005-01-02T03:04:60.000000007");
    time.year = 0;
    assert_string_equal(ie_datetime_text(&time, text), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_what_was_written_restores_every_fact),
        cmocka_unit_test(the_record_has_the_documented_shape),
        cmocka_unit_test(the_head_is_the_beginning_of_the_whole_line),
        cmocka_unit_test(a_time_is_written_with_its_digits),
        cmocka_unit_test(absent_facts_are_absent_keys),
        cmocka_unit_test(a_path_that_is_not_utf8_keeps_its_bytes),
        cmocka_unit_test(texts_that_are_not_utf8_are_read_as_latin1),
        cmocka_unit_test(facts_of_wrong_type_are_left_absent),
        cmocka_unit_test(the_same_fault_met_twice_is_told_once),
        cmocka_unit_test(a_foreign_schema_is_refused),
        cmocka_unit_test(csv_quotes_what_rfc_4180_wants_quoted),
        cmocka_unit_test(csv_leaves_absent_facts_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
