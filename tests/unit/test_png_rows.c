// SPDX-License-Identifier: GPL-3.0-or-later
/* PNGs read by our own rows: they are libpng's to the bit, and whatever is unusual or wrong is left
   to it. */
#include "pictures.h"

#include "storage/image_jpeg.h"
#include "storage/png_rows.h"

/* What a PNG is made of. */
typedef struct shape {
    uint32_t width, height;
    uint8_t channels, bits, color, interlaced;
    int filter;        /* of each row; 5: a row each of all */
    uint32_t parts;    /* IDAT chunks */
    const char *extra; /* a chunk before the picture */
    const char *body;  /* its 9 bytes; NULL: 8 of 0 */
    uint32_t missing;  /* rows that are not there */
    int window;        /* bits */
} shape;

static const shape usual = {
    .width = 61, .height = 40, .channels = 3, .bits = 8, .color = 2, .filter = 5, .window = 15};

static void pack(ie_buffer *rows, int window, ie_buffer *out)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
    const uLong bound = deflateBound(&stream, (uLong)rows->size);
    Bytef *packed = ie_alloc(bound);
    stream.next_in = (Bytef *)rows->data;
    stream.avail_in = (uInt)rows->size;
    stream.next_out = packed;
    stream.avail_out = (uInt)bound;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    ie_buffer_add(out, packed, stream.total_out);
    deflateEnd(&stream);
    free(packed);
}

/* Filtered bytes are anything: whatever they are, they stand for some picture. */
static void add_rows(const shape *s, ie_buffer *rows)
{
    uint32_t seed = 3;
    for (uint32_t y = 0; y + s->missing < s->height; y++) {
        ie_buffer_char(rows, (char)(s->filter == 5 ? y % 5 : (uint32_t)s->filter));
        for (uint32_t i = 0; i < s->width * s->channels * s->bits / 8; i++) {
            seed = seed * 1664525u + 1013904223u;
            ie_buffer_char(rows, (char)(i % 7 == 0 ? 0 : seed >> 24));
        }
    }
}

static void make(const shape *s, ie_buffer *out)
{
    ie_buffer rows = {0}, packed = {0}, header = {0};
    be32_add(&header, s->width);
    be32_add(&header, s->height);
    const uint8_t kind[5] = {s->bits, s->color, 0, 0, s->interlaced};
    ie_buffer_add(&header, kind, sizeof kind);
    add_rows(s, &rows);
    pack(&rows, s->window, &packed);
    ie_buffer_add(out, "\x89PNG\r\n\x1a\n", 8);
    png_chunk(out, "IHDR", header.data, header.size);
    if (s->extra != NULL) {
        const char nothing[8] = {0};
        png_chunk(out, s->extra, s->body != NULL ? s->body : nothing, s->body != NULL ? 9 : 8);
    }
    const size_t parts = s->parts > 0 ? s->parts : 1;
    for (size_t i = 0; i < parts; i++) {
        const size_t from = packed.size * i / parts, to = packed.size * (i + 1) / parts;
        png_chunk(out, "IDAT", packed.data + from, to - from);
    }
    png_chunk(out, "IEND", NULL, 0);
    ie_buffer_free(&rows);
    ie_buffer_free(&packed);
    ie_buffer_free(&header);
}

/* NULL: it is left to libpng. */
static uint8_t *read_rows(const uint8_t *bytes, size_t size, ie_png_facts *ret_facts)
{
    ie_png *png = ie_png_open(bytes, size, PIXEL_LIMIT, ret_facts);
    if (png == NULL) {
        return NULL;
    }
    const size_t stride = (size_t)ret_facts->width * ret_facts->channels;
    uint8_t *all = ie_alloc(stride * ret_facts->height);
    for (uint32_t y = 0; y < ret_facts->height; y++) {
        const uint8_t *row = ie_png_row(png);
        if (row == NULL) {
            free(all);
            all = NULL;
            break;
        }
        memcpy(all + y * stride, row, stride);
    }
    assert_true(all == NULL || ie_png_row(png) == NULL);
    ie_png_close(png);
    return all;
}

static bool is_left(const shape *s)
{
    ie_buffer png = {0};
    ie_png_facts facts;
    make(s, &png);
    uint8_t *rows = read_rows((const uint8_t *)png.data, png.size, &facts);
    const bool left = rows == NULL;
    free(rows);
    ie_buffer_free(&png);
    return left;
}

static void rows_are_those_of_libpng(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1}, {2, 3}, {61, 40}, {64, 5}, {1, 30}, {257, 33}};
    for (size_t i = 0; i < 6 * 6 * 2; i++) {
        shape s = usual;
        s.width = sizes[i / 12][0];
        s.height = sizes[i / 12][1];
        s.filter = (int)(i / 2 % 6);
        s.channels = i % 2 == 0 ? 3 : 1;
        s.color = i % 2 == 0 ? 2 : 0;
        s.parts = 1 + (uint32_t)i % 3;
        ie_buffer png = {0};
        make(&s, &png);
        ie_png_facts facts;
        ie_pixels want = {0};
        const uint8_t *bytes = (const uint8_t *)png.data;
        uint8_t *rows = read_rows(bytes, png.size, &facts);
        assert_non_null(rows);
        assert_int_equal(
            ie_image_decode(bytes, png.size, IE_FORMAT_PNG, 0, PIXEL_LIMIT, &want, NULL, NULL),
            IE_OK);
        assert_int_equal(facts.channels, want.channels);
        assert_memory_equal(rows, want.data, (size_t)s.width * s.height * s.channels);
        free(want.data);
        free(rows);
        ie_buffer_free(&png);
    }
}

static void what_is_unusual_is_left(void **state)
{
    (void)state;
    static const shape shapes[] = {{.bits = 16},
                                   {.color = 6, .channels = 4},
                                   {.color = 4, .channels = 2},
                                   {.interlaced = 1},
                                   {.color = 3, .channels = 1},
                                   {.filter = 6},
                                   {.extra = "tRNS"},
                                   {.extra = "acTL"},
                                   {.extra = "PLTE"},
                                   {.extra = "CrIt"},
                                   {.missing = 1},
                                   {.window = 9}};
    assert_false(is_left(&usual));
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const shape *o = &shapes[i];
        shape s = usual;
        s.bits = o->bits > 0 ? o->bits : s.bits;
        s.color = o->color > 0 ? o->color : s.color;
        s.channels = o->channels > 0 ? o->channels : s.channels;
        s.interlaced = o->interlaced;
        s.filter = o->filter > 0 ? o->filter : s.filter;
        s.extra = o->extra;
        s.missing = o->missing;
        s.window = o->window > 0 ? o->window : s.window;
        if (!is_left(&s)) {
            fail_msg("the %zu. of them is not left", i);
        }
    }
    shape s = usual;
    s.extra = "prVt"; /* what only its maker knows */
    assert_false(is_left(&s));
}

/* Each byte counts: but for what is behind the end, none can change unseen. */
static void a_png_with_any_other_byte_is_left(void **state)
{
    (void)state;
    ie_buffer png = {0};
    ie_png_facts facts;
    shape s = usual;
    s.parts = 3;
    s.width = 20;
    s.height = 9;
    s.extra = "prVt";
    make(&s, &png);
    uint8_t *bytes = (uint8_t *)png.data;
    for (size_t i = 0; i < png.size; i++) {
        bytes[i] ^= 0x21;
        uint8_t *rows = read_rows(bytes, png.size, &facts);
        if (rows != NULL) {
            fail_msg("byte %zu of %zu", i, png.size);
        }
        bytes[i] ^= 0x21;
        assert_null(read_rows(bytes, i, &facts));
    }
    ie_buffer_free(&png);
}

static void a_header_that_promises_too_much_takes_no_memory(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {
        {0, 40}, {61, 0}, {30000, 30000}, {1000001, 1}, {UINT32_MAX, UINT32_MAX}, {9000, 9000}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        ie_buffer png = {0}, header = {0}, out = {0};
        ie_png_facts facts;
        make(&usual, &png);
        be32_add(&header, sizes[i][0]);
        be32_add(&header, sizes[i][1]);
        ie_buffer_add(&header, "\10\2\0\0\0", 5);
        ie_buffer_add(&out, png.data, 8);
        png_chunk(&out, "IHDR", header.data, header.size);
        ie_buffer_add(&out, png.data + 33, png.size - 33);
        assert_null(ie_png_open((const uint8_t *)out.data, out.size, PIXEL_LIMIT, &facts));
        ie_buffer_free(&png);
        ie_buffer_free(&header);
        ie_buffer_free(&out);
    }
}

static void the_header_alone_tells_the_shape(void **state)
{
    (void)state;
    ie_buffer png = {0};
    ie_png_facts facts;
    ie_image_facts image;
    make(&usual, &png);
    const uint8_t *bytes = (const uint8_t *)png.data;
    assert_true(ie_png_look(bytes, 33 + 12, PIXEL_LIMIT, &facts));
    assert_int_equal(facts.width, 61);
    assert_int_equal(facts.height, 40);
    assert_false(ie_png_look(bytes, 33 + 11, PIXEL_LIMIT, &facts));
    assert_false(ie_png_look(bytes, png.size, 61 * 40 - 1, &facts));
    assert_true(ie_image_png_facts(bytes, 33 + 12, PIXEL_LIMIT, &image));
    assert_int_equal(image.width, 61);
    assert_int_equal(image.bits, 8);
    ie_buffer_free(&png);
}

static ie_png_facts facts_with(const char *chunk, const char *body)
{
    ie_buffer png = {0};
    ie_png_facts facts;
    shape s = usual;
    s.extra = chunk;
    s.body = body;
    make(&s, &png);
    assert_true(ie_png_look((const uint8_t *)png.data, png.size, PIXEL_LIMIT, &facts));
    ie_buffer_free(&png);
    return facts;
}

static void resolution_and_a_profile_are_told(void **state)
{
    (void)state;
    ie_png_facts facts = facts_with("pHYs", "\0\0\x2e\x23\0\0\x0b\xb8\1"); /* 11811, 3000 a metre */
    assert_float_equal(facts.per_mm[0], 11.811, 1e-9);
    assert_float_equal(facts.per_mm[1], 3, 1e-9);
    assert_false(facts.has_icc);
    facts = facts_with("pHYs", "\0\0\x2e\x23\0\0\x0b\xb8\0"); /* a ratio alone */
    assert_float_equal(facts.per_mm[0], 0, 0);
    facts = facts_with("iCCP", "a\0\0\0\0\0\0\0");
    assert_true(facts.has_icc);
    assert_float_equal(facts.per_mm[1], 0, 0);
}

/* Without libvips: what is left to that costs its start. */
static void a_usual_png_becomes_a_jpeg_from_its_rows_and_a_short_one_does_not(void **state)
{
    (void)state;
    const ie_convert_options options = {
        .quality = 92, .orientation = 1, .to = IE_FORMAT_JPEG, .max_pixels = PIXEL_LIMIT};
    for (uint32_t missing = 0; missing < 2; missing++) {
        ie_buffer png = {0};
        ie_converted converted = {0};
        ie_pixels seen = {0};
        shape s = usual;
        s.missing = missing;
        make(&s, &png);
        ie_bytes *file = ie_bytes_wrap((const uint8_t *)png.data, png.size);
        assert_int_equal(
            ie_image_png_to_jpeg(file, (const uint8_t *)png.data, png.size, &options, &converted),
            missing == 0);
        if (missing == 0) {
            assert_int_equal(converted.width, s.width);
            assert_int_equal(converted.height, s.height);
            assert_int_equal(ie_image_decode(converted.bytes, converted.size, IE_FORMAT_JPEG, 0,
                                             PIXEL_LIMIT, &seen, NULL, NULL),
                             IE_OK);
            assert_int_equal(seen.height, s.height);
        }
        free(seen.data);
        ie_converted_clear(&converted);
        ie_bytes_close(file);
        ie_buffer_free(&png);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_those_of_libpng),
        cmocka_unit_test(what_is_unusual_is_left),
        cmocka_unit_test(a_png_with_any_other_byte_is_left),
        cmocka_unit_test(a_header_that_promises_too_much_takes_no_memory),
        cmocka_unit_test(the_header_alone_tells_the_shape),
        cmocka_unit_test(resolution_and_a_profile_are_told),
        cmocka_unit_test(a_usual_png_becomes_a_jpeg_from_its_rows_and_a_short_one_does_not),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
