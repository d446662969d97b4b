// SPDX-License-Identifier: GPL-3.0-or-later
/* The search against comparing all with all, for every radius, number of chunks and way of counting
   bits. */
#include "test.h"

#include "core/hamming_scan.h"
#include "utils/memory.h"

typedef struct pair {
    uint32_t a, b;
    unsigned distance;
} pair;

typedef struct pairs {
    pair *items;
    size_t count, room, limit;
} pairs;

static uint64_t random_state;

static uint64_t random_bits(void)
{
    random_state += UINT64_C(0x9e3779b97f4a7c15); /* SplitMix64 */
    uint64_t z = random_state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t changed(uint64_t hash, unsigned bits)
{
    while (bits-- > 0) {
        hash ^= UINT64_C(1) << (random_bits() & 63);
    }
    return hash;
}

/* Evenly spread, with a tenth of near copies; or clustered: all near one of a few, with many equal
   ones. */
static uint64_t *make_hashes(size_t count, bool clustered)
{
    uint64_t *hashes = ie_alloc((count + 1) * sizeof *hashes);
    for (size_t i = 0; i < count; i++) {
        if (clustered && i >= 5) {
            hashes[i] = changed(hashes[random_bits() % 5], (unsigned)(random_bits() % 18));
        } else if (i > 0 && random_bits() % 10 == 0) {
            hashes[i] = changed(hashes[random_bits() % i], (unsigned)(random_bits() % 20));
        } else {
            hashes[i] = random_bits();
        }
    }
    return hashes;
}

static bool keep(void *context, uint32_t a, uint32_t b, unsigned distance)
{
    pairs *list = context;
    IE_GROW(list->items, list->count, list->room);
    list->items[list->count++] = (pair){a, b, distance};
    return list->limit == 0 || list->count < list->limit;
}

static int by_classes(const void *left, const void *right)
{
    const pair *x = left, *y = right;
    if (x->a != y->a) {
        return x->a < y->a ? -1 : 1;
    }
    return (x->b > y->b) - (x->b < y->b);
}

static pairs all_with_all(const ie_hash_classes *classes, unsigned radius)
{
    pairs list = {0};
    for (uint32_t a = 0; a < classes->count; a++) {
        for (uint32_t b = a + 1; b < classes->count; b++) {
            unsigned distance =
                (unsigned)__builtin_popcountll(classes->values[a] ^ classes->values[b]);
            if (distance <= radius) {
                keep(&list, a, b, distance);
            }
        }
    }
    return list;
}

static void assert_same(pairs *ours, const pairs *theirs)
{
    assert_int_equal(ours->count, theirs->count);
    if (ours->count > 0) {
        qsort(ours->items, ours->count, sizeof *ours->items, by_classes);
    }
    for (size_t i = 0; i < ours->count; i++) {
        assert_int_equal(ours->items[i].a, theirs->items[i].a);
        assert_int_equal(ours->items[i].b, theirs->items[i].b);
        assert_int_equal(ours->items[i].distance, theirs->items[i].distance);
    }
}

/* All paths and these numbers of chunks give what all with all gives, in one order. */
static void check_radius(const ie_hash_classes *classes, unsigned radius,
                         const unsigned *chunk_counts, size_t counts)
{
    pairs theirs = all_with_all(classes, radius);
    for (size_t c = 0; c < counts; c++) {
        pairs first = {0};
        for (int path = 0; path < IE_HAMMING_PATHS; path++) {
            ie_hamming_scan *scan = ie_hamming_scan_by((ie_hamming_path)path);
            if (scan == NULL) {
                continue;
            }
            pairs ours = {0};
            assert_int_equal(
                ie_hamming_search_by(classes, radius, scan, chunk_counts[c], keep, &ours, NULL),
                IE_OK);
            if (path == 0) {
                first = ours;
                continue;
            }
            assert_int_equal(ours.count, first.count);
            for (size_t i = 0; i < ours.count; i++) {
                assert_true(by_classes(&ours.items[i], &first.items[i]) == 0);
            }
            free(ours.items);
        }
        assert_same(&first, &theirs);
        free(first.items);
    }
    free(theirs.items);
}

static void check_all(size_t count, bool clustered)
{
    static const unsigned chunk_counts[] = {0, 1, 4, 5, 6, 9, 12, 3};
    uint64_t *hashes = make_hashes(count, clustered);
    ie_hash_classes classes;
    assert_int_equal(ie_hash_classes_init(&classes, hashes, count, NULL), IE_OK);
    for (unsigned radius = 0; radius <= IE_HAMMING_MAX_RADIUS; radius++) {
        /* Three chunks have four million places each: one radius is enough. */
        check_radius(&classes, radius, chunk_counts, radius == 8 ? 8 : 7);
    }
    ie_hash_classes_clear(&classes);
    free(hashes);
}

static void evenly_spread_hashes_give_what_all_with_all_gives(void **state)
{
    for (int path = 0; path < IE_HAMMING_PATHS; path++) {
        static const char *const names[] = {"portable", "AVX2", "AVX-512"};
        printf("  %s: %s\n", names[path],
               ie_hamming_scan_by((ie_hamming_path)path) ? "tested" : "not on this machine");
    }
    random_state = 1;
    check_all(700, false);
    check_all(37, false);
}

static void clustered_hashes_give_what_all_with_all_gives(void **state)
{
    random_state = 2;
    check_all(400, true);
}

static void many_hashes_give_what_all_with_all_gives(void **state)
{
    random_state = 3;
    uint64_t *hashes = make_hashes(6000, false);
    ie_hash_classes classes;
    assert_int_equal(ie_hash_classes_init(&classes, hashes, 6000, NULL), IE_OK);
    static const unsigned chunk_counts[] = {0, 4, 5};
    check_radius(&classes, 4, chunk_counts, 3);
    check_radius(&classes, 10, chunk_counts, 3);
    ie_hash_classes_clear(&classes);
    free(hashes);
}

static void none_and_one_have_no_pairs(void **state)
{
    const uint64_t one = 42;
    for (size_t count = 0; count <= 1; count++) {
        ie_hash_classes classes;
        pairs list = {0};
        assert_int_equal(ie_hash_classes_init(&classes, &one, count, NULL), IE_OK);
        assert_int_equal(classes.count, count);
        assert_int_equal(ie_hamming_search(&classes, 16, keep, &list, NULL), IE_OK);
        assert_int_equal(list.count, 0);
        ie_hash_classes_clear(&classes);
    }
}

static void equal_hashes_are_one_class(void **state)
{
    size_t count = 50000;
    uint64_t *hashes = ie_alloc(count * sizeof *hashes);
    for (size_t i = 0; i < count; i++) {
        hashes[i] = UINT64_C(0xfedcba9876543210);
    }
    ie_hash_classes classes;
    pairs list = {0};
    assert_int_equal(ie_hash_classes_init(&classes, hashes, count, NULL), IE_OK);
    assert_int_equal(classes.count, 1);
    assert_int_equal(classes.starts[1], count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(classes.members[i], i);
    }
    assert_int_equal(ie_hamming_search(&classes, 16, keep, &list, NULL), IE_OK);
    assert_int_equal(list.count, 0);
    ie_hash_classes_clear(&classes);
    free(hashes);
}

static void classes_hold_each_hash_once_in_order(void **state)
{
    random_state = 4;
    size_t count = 3000;
    uint64_t *hashes = make_hashes(count, true);
    ie_hash_classes classes;
    assert_int_equal(ie_hash_classes_init(&classes, hashes, count, NULL), IE_OK);
    assert_true(classes.count < count);
    assert_int_equal(classes.starts[0], 0);
    assert_int_equal(classes.starts[classes.count], count);
    for (uint32_t c = 0; c < classes.count; c++) {
        assert_true(c == 0 || classes.values[c - 1] < classes.values[c]);
        assert_true(classes.starts[c] < classes.starts[c + 1]);
        for (uint32_t i = classes.starts[c]; i < classes.starts[c + 1]; i++) {
            assert_true(hashes[classes.members[i]] == classes.values[c]);
            assert_true(i == classes.starts[c] || classes.members[i - 1] < classes.members[i]);
        }
    }
    ie_hash_classes_clear(&classes);
    free(hashes);
}

static int by_value(const void *left, const void *right)
{
    uint64_t x, y;
    memcpy(&x, left, sizeof x);
    memcpy(&y, right, sizeof y);
    return (x > y) - (x < y);
}

static void hashes_with_equal_upper_bits_are_sorted_too(void **state)
{
    random_state = 6;
    size_t count = 20000;
    uint64_t *hashes = ie_alloc(count * sizeof *hashes);
    for (size_t i = 0; i < count; i++) {
        /* One run of 10,000, others of about a hundred. */
        hashes[i] = random_bits() >> 30 | (i % 2 == 0 ? 0 : random_bits() % 100 << 44);
    }
    ie_hash_classes classes;
    assert_int_equal(ie_hash_classes_init(&classes, hashes, count, NULL), IE_OK);
    for (uint32_t c = 0, i = 0; c < classes.count; c++) {
        for (; i < classes.starts[c + 1]; i++) {
            assert_true(hashes[classes.members[i]] == classes.values[c]);
        }
    }
    qsort(hashes, count, sizeof *hashes, by_value);
    for (uint32_t c = 0; c < classes.count; c++) {
        assert_true(hashes[classes.starts[c]] == classes.values[c]);
    }
    ie_hash_classes_clear(&classes);
    free(hashes);
}

static void the_caller_can_end_the_search(void **state)
{
    random_state = 5;
    uint64_t *hashes = make_hashes(500, true);
    ie_hash_classes classes;
    pairs list = {.limit = 3};
    assert_int_equal(ie_hash_classes_init(&classes, hashes, 500, NULL), IE_OK);
    assert_int_equal(ie_hamming_search(&classes, 10, keep, &list, NULL), IE_ERR_CANCELLED);
    assert_int_equal(list.count, 3);
    free(list.items);
    ie_hash_classes_clear(&classes);
    free(hashes);
}

static void a_larger_radius_is_refused(void **state)
{
    ie_hash_classes classes = {0};
    assert_int_equal(ie_hamming_search(&classes, IE_HAMMING_MAX_RADIUS + 1, keep, NULL, NULL),
                     IE_ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evenly_spread_hashes_give_what_all_with_all_gives),
        cmocka_unit_test(clustered_hashes_give_what_all_with_all_gives),
        cmocka_unit_test(many_hashes_give_what_all_with_all_gives),
        cmocka_unit_test(none_and_one_have_no_pairs),
        cmocka_unit_test(equal_hashes_are_one_class),
        cmocka_unit_test(classes_hold_each_hash_once_in_order),
        cmocka_unit_test(hashes_with_equal_upper_bits_are_sorted_too),
        cmocka_unit_test(the_caller_can_end_the_search),
        cmocka_unit_test(a_larger_radius_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
