// SPDX-License-Identifier: GPL-3.0-or-later
/* Usual TIFFs read without libvips: the rows are its rows to the bit, and whatever is unusual or
   wrong is left to it. */
#include "pictures.h"

#include "storage/tiff_rows.h"

/* A directory's entry that is put in the place of the usual one, or beside it. */
typedef struct entry {
    uint16_t tag, type;
    uint32_t count, value;
} entry;

enum { WIDTH = 30, HEIGHT = 20, ROWS = 7, STRIPS = 3 };

static void make(const entry *other, uint32_t channels, uint32_t next, ie_buffer *out)
{
    enum { ENTRIES = 9, HEAD = 8 + 2 + 12 * (ENTRIES + 1) + 4 };
    enum {
        BITS_AT = HEAD,
        STRIPS_AT = BITS_AT + 8,
        SIZES_AT = STRIPS_AT + 12,
        DATA = SIZES_AT + 12
    };
    const uint32_t stride = WIDTH * channels;
    const entry entries[ENTRIES] = {{256, 4, 1, WIDTH},
                                    {257, 3, 1, HEIGHT},
                                    {258, 3, channels, channels == 1 ? 8 : BITS_AT},
                                    {259, 3, 1, 1},
                                    {262, 3, 1, channels == 1 ? 1 : 2},
                                    {273, 4, STRIPS, STRIPS_AT},
                                    {277, 3, 1, channels},
                                    {278, 3, 1, ROWS},
                                    {279, 4, STRIPS, SIZES_AT}};
    bool placed = other == NULL;
    ie_buffer_add(out, "II*\0\10\0\0\0", 8);
    size_t count_at = out->size, count = 0;
    le_add(out, 0, 2);
    for (size_t i = 0; i < ENTRIES; i++) {
        const entry *e = &entries[i];
        if (!placed && other->tag <= e->tag) {
            tiff_entry(out, other->tag, other->type, other->count, other->value);
            placed = true;
            count++;
            if (other->tag == e->tag) {
                continue;
            }
        }
        tiff_entry(out, e->tag, e->type, e->count, e->value);
        count++;
    }
    if (!placed) {
        tiff_entry(out, other->tag, other->type, other->count, other->value);
        count++;
    }
    out->data[count_at] = (char)count;
    le_add(out, next, 4);
    while (out->size < HEAD) {
        le_add(out, 0, 1);
    }
    for (int i = 0; i < 4; i++) {
        le_add(out, 8, 2);
    }
    for (uint32_t i = 0; i < STRIPS; i++) {
        le_add(out, DATA + i * ROWS * stride, 4);
    }
    for (uint32_t i = 0; i < STRIPS; i++) {
        le_add(out, (i + 1 < STRIPS ? ROWS : HEIGHT - i * ROWS) * stride, 4);
    }
    for (uint32_t i = 0; i < stride * HEIGHT; i++) {
        le_add(out, i * 37 % 251, 1);
    }
}

/* NULL: it is left to libvips. */
static uint8_t *read_rows(const uint8_t *bytes, size_t size, ie_tiff_facts *ret_facts)
{
    ie_bytes *wrapped = ie_bytes_wrap(bytes, size);
    ie_tiff *tiff = ie_tiff_open(wrapped, PIXEL_LIMIT, ret_facts);
    uint8_t *all = NULL;
    if (tiff != NULL) {
        const size_t stride = (size_t)ret_facts->width * ret_facts->channels;
        all = ie_alloc(stride * ret_facts->height);
        for (uint32_t y = 0; y < ret_facts->height; y++) {
            const uint8_t *row = ie_tiff_row(tiff);
            if (row == NULL) {
                free(all);
                all = NULL;
                break;
            }
            memcpy(all + y * stride, row, stride);
        }
        assert_true(all == NULL || ie_tiff_row(tiff) == NULL);
        ie_tiff_close(tiff);
    }
    ie_bytes_close(wrapped);
    return all;
}

static bool is_left(const entry *other, uint32_t channels, uint32_t next)
{
    ie_buffer tiff = {0};
    ie_tiff_facts facts;
    make(other, channels, next, &tiff);
    uint8_t *rows = read_rows((const uint8_t *)tiff.data, tiff.size, &facts);
    const bool left = rows == NULL;
    free(rows);
    ie_buffer_free(&tiff);
    return left;
}

static void assert_equal(const uint8_t *bytes, size_t size, const uint8_t *rows,
                         const ie_tiff_facts *facts)
{
    ie_pixels want = {0};
    assert_int_equal(
        ie_image_decode(bytes, size, IE_FORMAT_TIFF, 0, PIXEL_LIMIT, &want, NULL, NULL), IE_OK);
    assert_int_equal(facts->width, want.width);
    assert_int_equal(facts->height, want.height);
    assert_int_equal(facts->channels, want.channels);
    assert_memory_equal(rows, want.data, (size_t)want.width * want.height * want.channels);
    free(want.data);
}

static void rows_are_those_of_libvips(void **state)
{
    (void)state;
    for (uint32_t channels = 1; channels <= 3; channels += 2) {
        ie_buffer tiff = {0};
        ie_tiff_facts facts;
        make(NULL, channels, 0, &tiff);
        const uint8_t *bytes = (const uint8_t *)tiff.data;
        uint8_t *rows = read_rows(bytes, tiff.size, &facts);
        assert_non_null(rows);
        assert_equal(bytes, tiff.size, rows, &facts);
        free(rows);
        ie_buffer_free(&tiff);
    }
    /* As libvips writes one, larger than a piece. */
    ie_buffer ppm = {0}, tiff = {0};
    make_ppm(&ppm, 700, 500);
    const char *path =
        converted(picture_file(ppm.data, ppm.size), IE_FORMAT_PNM, IE_FORMAT_TIFF, 90, 1);
    ie_buffer_free(&ppm);
    ie_tiff_facts facts;
    picture_read(path, &tiff);
    uint8_t *rows = read_rows((const uint8_t *)tiff.data, tiff.size, &facts);
    assert_non_null(rows);
    assert_equal((const uint8_t *)tiff.data, tiff.size, rows, &facts);
    free(rows);
    ie_buffer_free(&tiff);
}

typedef struct packing {
    uint32_t compression, predictor, channels;
    uint32_t rows; /* of a strip */
    uint32_t unit; /* of the 300 across and 200 down */
} packing;

/* Strips by Deflate. */
static void make_packed(const packing *p, ie_buffer *out)
{
    enum { ENTRIES = 13, BITS_AT = 8 + 2 + 12 * ENTRIES + 4, PER_UNIT_AT = BITS_AT + 6 };
    enum { STRIPS_AT = PER_UNIT_AT + 16 };
    uint8_t samples[WIDTH * HEIGHT * 3];
    for (size_t i = 0; i < sizeof samples; i++) {
        samples[i] = (uint8_t)(i * i % 61);
    }
    ie_buffer data = {0};
    const uint32_t strips = (HEIGHT + p->rows - 1) / p->rows;
    uint32_t starts[HEIGHT], sizes[HEIGHT];
    for (uint32_t i = 0; i < strips; i++) {
        const uint32_t rows = i + 1 < strips ? p->rows : HEIGHT - i * p->rows;
        uint8_t packed[2 * sizeof samples];
        uLongf size = sizeof packed;
        assert_int_equal(compress(packed, &size, samples + i * p->rows * WIDTH * p->channels,
                                  rows * WIDTH * p->channels),
                         Z_OK);
        starts[i] = STRIPS_AT + 8 * strips + (uint32_t)data.size;
        sizes[i] = (uint32_t)size;
        ie_buffer_add(&data, packed, size);
    }
    const entry entries[ENTRIES] = {
        {256, 4, 1, WIDTH},
        {257, 3, 1, HEIGHT},
        {258, 3, p->channels, p->channels == 1 ? 8 : BITS_AT},
        {259, 3, 1, p->compression},
        {262, 3, 1, p->channels == 1 ? 1 : 2},
        {273, 4, strips, strips == 1 ? starts[0] : STRIPS_AT},
        {277, 3, 1, p->channels},
        {278, 3, 1, p->rows},
        {279, 4, strips, strips == 1 ? sizes[0] : STRIPS_AT + 4 * strips},
        {282, 5, 1, PER_UNIT_AT},
        {283, 5, 1, PER_UNIT_AT + 8},
        {296, 3, 1, p->unit},
        {317, 3, 1, p->predictor}};
    ie_buffer_add(out, "II*\0\10\0\0\0", 8);
    le_add(out, ENTRIES, 2);
    for (size_t i = 0; i < ENTRIES; i++) {
        tiff_entry(out, entries[i].tag, entries[i].type, entries[i].count, entries[i].value);
    }
    le_add(out, 0, 4);
    for (int i = 0; i < 3; i++) {
        le_add(out, 8, 2);
    }
    for (uint32_t i = 0; i < 2; i++) {
        le_add(out, 300 - i * 100, 4);
        le_add(out, 1, 4);
    }
    for (uint32_t i = 0; i < 2 * strips; i++) {
        le_add(out, i < strips ? starts[i] : sizes[i - strips], 4);
    }
    ie_buffer_add(out, data.data, data.size);
    ie_buffer_free(&data);
}

static void packed_rows_are_those_of_libvips_and_damaged_ones_are_left(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 8; i++) {
        ie_buffer tiff = {0};
        ie_tiff_facts facts;
        const packing p = {i < 4 ? 8 : 32946, 1 + i % 2, i / 2 % 2 == 0 ? 3 : 1, HEIGHT, 2};
        make_packed(&p, &tiff);
        uint8_t *bytes = (uint8_t *)tiff.data;
        uint8_t *rows = read_rows(bytes, tiff.size, &facts);
        assert_non_null(rows);
        assert_equal(bytes, tiff.size, rows, &facts);
        free(rows);
        int taken = 0; /* libtiff does not look at Deflate's sum */
        for (size_t at = 8 + 2 + 156 + 4 + 6 + 16 + 8; at < tiff.size; at++) {
            bytes[at] ^= 0x21;
            rows = read_rows(bytes, tiff.size, &facts);
            taken += rows != NULL;
            free(rows);
            bytes[at] ^= 0x21;
            assert_null(read_rows(bytes, at, &facts));
        }
        assert_true(taken <= 4);
        ie_buffer_free(&tiff);
    }
    ie_buffer tiff = {0};
    ie_tiff_facts facts;
    make_packed(&(packing){8, 3, 3, HEIGHT, 2}, &tiff);
    assert_null(read_rows((const uint8_t *)tiff.data, tiff.size, &facts));
    ie_buffer_free(&tiff);
}

static void strips_of_any_height_and_both_units_are_those_of_libvips(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < HEIGHT + 1; i++) { /* the last is larger than the picture */
        ie_buffer tiff = {0};
        ie_tiff_facts facts;
        const packing p = {8, 1, 3, i + 1, 1 + i % 3};
        make_packed(&p, &tiff);
        uint8_t *rows = read_rows((const uint8_t *)tiff.data, tiff.size, &facts);
        assert_non_null(rows);
        assert_equal((const uint8_t *)tiff.data, tiff.size, rows, &facts);
        const double per_mm[] = {0, 1 / 25.4, 1 / 10.0}; /* no unit, an inch, a centimetre */
        assert_float_equal(facts.per_mm[0], 300 * per_mm[i % 3], 1e-6);
        assert_float_equal(facts.per_mm[1], 200 * per_mm[i % 3], 1e-6);
        assert_false(facts.has_icc);
        free(rows);
        ie_buffer_free(&tiff);
    }
}

static void what_is_unusual_is_left(void **state)
{
    (void)state;
    static const entry others[] = {
        {256, 3, 1, 0},   {257, 3, 1, 0},   {256, 4, 1, UINT32_MAX}, {257, 4, 1, 1000001},
        {258, 3, 1, 16},  {259, 3, 1, 5},   {262, 3, 1, 0},          {262, 3, 1, 6},
        {273, 4, 2, 200}, {273, 2, 3, 200}, {273, 4, 3, 1u << 30},   {277, 3, 1, 4},
        {278, 3, 1, 0},   {278, 3, 1, 6},   {279, 4, 3, 8},          {254, 4, 1, 1},
        {274, 3, 1, 6},   {284, 3, 1, 2},   {322, 3, 1, 16},         {330, 4, 1, 8},
        {338, 3, 1, 2},
    };
    for (uint32_t channels = 1; channels <= 3; channels += 2) {
        assert_false(is_left(NULL, channels, 0));
        assert_true(is_left(NULL, channels, 8)); /* a second picture */
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            if (!is_left(&others[i], channels, 0)) {
                fail_msg("tag %u of %u is not left", others[i].tag, others[i].value);
            }
        }
    }
    static const entry fine[] = {{266, 3, 1, 2},
                                 {274, 3, 1, 1},
                                 {305, 2, 4, 0x31323334},
                                 {317, 3, 1, 2}, /* of nothing that is packed */
                                 {34675, 7, 64, 8}};
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
        ie_buffer tiff = {0};
        ie_tiff_facts facts;
        make(&fine[i], 3, 0, &tiff);
        uint8_t *rows = read_rows((const uint8_t *)tiff.data, tiff.size, &facts);
        assert_non_null(rows);
        assert_equal((const uint8_t *)tiff.data, tiff.size, rows, &facts);
        assert_int_equal(facts.has_icc, fine[i].tag == 34675);
        const ie_hash128 profile = ie_hash128_of(tiff.data + 8, 64);
        assert_true(!facts.has_icc || memcmp(&facts.icc, &profile, sizeof profile) == 0);
        free(rows);
        ie_buffer_free(&tiff);
    }
}

static void a_cut_file_is_left_wherever_it_is_cut(void **state)
{
    (void)state;
    ie_buffer tiff = {0};
    ie_tiff_facts facts;
    make(NULL, 3, 0, &tiff);
    for (size_t size = 0; size < tiff.size; size++) {
        uint8_t *cut = ie_alloc(size + 1);
        memcpy(cut, tiff.data, size);
        assert_null(read_rows(cut, size, &facts));
        free(cut);
    }
    ie_buffer_free(&tiff);
}

/* Whatever is changed in the directory: what is still taken is taken as libvips takes it. */
static void changed_numbers_never_give_other_rows(void **state)
{
    (void)state;
    static const uint8_t values[] = {0, 1, 2, 3, 7, 16, 127, 128, 255};
    ie_buffer tiff = {0};
    make(NULL, 3, 0, &tiff);
    uint8_t *bytes = (uint8_t *)tiff.data;
    for (size_t i = 0; i < 180 * sizeof values; i++) {
        const size_t at = i / sizeof values;
        const uint8_t kept = bytes[at];
        ie_tiff_facts facts;
        bytes[at] = values[i % sizeof values];
        uint8_t *rows = read_rows(bytes, tiff.size, &facts);
        if (rows != NULL) {
            assert_equal(bytes, tiff.size, rows, &facts);
        }
        free(rows);
        bytes[at] = kept;
    }
    ie_buffer_free(&tiff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_those_of_libvips),
        cmocka_unit_test(packed_rows_are_those_of_libvips_and_damaged_ones_are_left),
        cmocka_unit_test(strips_of_any_height_and_both_units_are_those_of_libvips),
        cmocka_unit_test(what_is_unusual_is_left),
        cmocka_unit_test(a_cut_file_is_left_wherever_it_is_cut),
        cmocka_unit_test(changed_numbers_never_give_other_rows),
    };
    return cmocka_run_group_tests(tests, picture_folder_make, picture_folder_remove);
}
