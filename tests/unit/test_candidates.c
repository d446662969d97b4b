// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <string.h>

#include "engine/candidates.h"

#define COUNT 3

static uint64_t random_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Photos whose hashes have nothing in common. */
static void make(ie_photo *photos[COUNT])
{
    uint64_t state = UINT64_C(88172645463325252);
    for (size_t i = 0; i < COUNT; i++) {
        photos[i] = ie_photo_new();
        photos[i]->format = IE_FORMAT_JPEG;
        photos[i]->unit = (uint32_t)i;
        photos[i]->have |= IE_HAVE_HASHES;
        ie_content *content = ie_photo_own_content(photos[i]);
        for (size_t k = 0; k < IE_TURNS; k++) {
            content->turned[k] = random_bits(&state);
        }
        content->inner = random_bits(&state);
        for (size_t k = 0; k < IE_CUTS; k++) {
            content->cuts[k] = random_bits(&state);
        }
    }
}

static size_t find(ie_photo *photos[COUNT], ie_pair **ret_pairs)
{
    ie_config *config = ie_config_new();
    ie_compare compare = {.config = config};
    ie_error err = {0};
    size_t count = 0;
    assert_int_equal(ie_candidates_find(&compare, photos, COUNT, ret_pairs, &count, &err), IE_OK);
    ie_config_free(config);
    return count;
}

static void expect(ie_photo *photos[COUNT], size_t wanted, unsigned turn)
{
    ie_pair *pairs = NULL;
    size_t count = find(photos, &pairs);
    assert_int_equal(count, wanted);
    if (count > 0) {
        assert_int_equal(pairs[0].a, 0);
        assert_int_equal(pairs[0].b, 2);
        assert_int_equal(pairs[0].turn, turn);
    }
    free(pairs);
    for (size_t i = 0; i < COUNT; i++) {
        ie_photo_free(photos[i]);
    }
}

static void pictures_with_nothing_in_common_are_no_candidates(void **state)
{
    (void)state;
    ie_photo *photos[COUNT];
    make(photos);
    expect(photos, 0, 0);
}

static void a_turned_crop_at_any_edge_is_a_candidate_from_either_side(void **state)
{
    (void)state;
    for (size_t cut = 0; cut < IE_CUTS; cut++) {
        ie_photo *photos[COUNT];
        make(photos);
        ie_photo_own_content(photos[2])->turned[5] = photos[0]->content->cuts[cut] ^ 0xff;
        expect(photos, 1, 5);
        make(photos);
        ie_photo_own_content(photos[0])->turned[5] = photos[2]->content->cuts[cut] ^ 0xff;
        expect(photos, 1, 7); /* what undoes that turn */
    }
}

static void a_pair_that_is_near_in_many_ways_is_one_candidate(void **state)
{
    (void)state;
    ie_photo *photos[COUNT];
    make(photos);
    uint64_t hash = photos[0]->content->turned[0];
    ie_photo_own_content(photos[2])->turned[0] = hash ^ 1;
    for (size_t i = 0; i < COUNT; i += 2) {
        ie_photo_own_content(photos[i])->inner = hash ^ 2;
        for (size_t k = 0; k < IE_CUTS; k++) {
            ie_photo_own_content(photos[i])->cuts[k] = hash ^ (UINT64_C(1) << k);
        }
    }
    expect(photos, 1, 0);
}

static void two_parts_that_are_alike_make_no_candidate(void **state)
{
    (void)state;
    ie_photo *photos[COUNT];
    make(photos);
    ie_photo_own_content(photos[0])->cuts[4] = photos[0]->content->inner;
    ie_photo_own_content(photos[2])->cuts[3] = photos[0]->content->inner;
    expect(photos, 0, 0);
}

/* All that is near in any way by the words of the header, found by comparing all with all. */
static size_t count_near(ie_photo **photos, size_t count, const ie_pair *pairs, size_t found)
{
    const unsigned inverse[IE_TURNS] = {0, 1, 2, 3, 4, 7, 6, 5};
    size_t all = 0;
    for (size_t i = 0; i < count * count * IE_TURNS; i++) {
        uint32_t a = (uint32_t)(i / IE_TURNS / count), b = (uint32_t)(i / IE_TURNS % count);
        unsigned turn = i % IE_TURNS;
        const ie_content *x = photos[a]->content, *y = photos[b]->content;
        bool near = __builtin_popcountll(x->turned[0] ^ y->turned[turn]) <= 12;
        for (size_t part = 0; part <= IE_CUTS; part++) {
            uint64_t of_x = part == 0 ? x->inner : x->cuts[part - 1],
                     of_y = part == 0 ? y->inner : y->cuts[part - 1];
            near = near || __builtin_popcountll(of_x ^ y->turned[turn]) <= 12 ||
                   __builtin_popcountll(x->turned[inverse[turn]] ^ of_y) <= 12;
        }
        if (a < b && near) {
            assert_true(all < found && pairs[all].a == a && pairs[all].b == b &&
                        pairs[all].turn == turn);
            all++;
        }
    }
    return all;
}

static void whatever_is_near_is_found_once_in_each_turn(void **state)
{
    (void)state;
    enum { MANY = 60 };
    ie_photo *photos[MANY];
    uint64_t random = UINT64_C(88172645463325252), pool[12];
    for (size_t i = 0; i < 12; i++) {
        pool[i] = random_bits(&random);
    }
    for (size_t i = 0; i < MANY; i++) {
        photos[i] = ie_photo_new();
        photos[i]->format = IE_FORMAT_JPEG;
        photos[i]->unit = (uint32_t)i;
        photos[i]->have |= IE_HAVE_HASHES;
        ie_content *content = ie_photo_own_content(photos[i]);
        uint64_t *hashes[] = {content->turned, &content->inner,
                              content->cuts};
        const size_t counts[] = {IE_TURNS, 1, IE_CUTS};
        for (size_t k = 0; k < 3; k++) {
            for (size_t m = 0; m < counts[k]; m++) {
                /* Most are near nothing; of the others some are equal, some near. */
                uint64_t bits = random_bits(&random), of_pool = pool[bits % 12];
                uint64_t flipped = UINT64_C(0x1f) << bits % 59;
                hashes[k][m] = bits >> 60 == 0   ? of_pool
                               : bits >> 60 == 1 ? of_pool ^ flipped
                                                 : bits;
            }
        }
    }
    ie_config *config = ie_config_new();
    ie_compare compare = {.config = config};
    ie_error err = {0};
    ie_pair *pairs = NULL;
    size_t count = 0;
    assert_int_equal(ie_candidates_find(&compare, photos, MANY, &pairs, &count, &err), IE_OK);
    assert_true(count > 100);
    assert_int_equal(count_near(photos, MANY, pairs, count), count);
    free(pairs);
    ie_config_free(config);
    for (size_t i = 0; i < MANY; i++) {
        ie_photo_free(photos[i]);
    }
}

/* White pages: all their hashes are one. */
static ie_status search_blank(size_t count, const volatile int *cancel, size_t *ret_most,
                              size_t *ret_turned)
{
    ie_photo **photos = ie_alloc(count * sizeof *photos);
    for (size_t i = 0; i < count; i++) {
        photos[i] = ie_photo_new();
        photos[i]->format = IE_FORMAT_PNG;
        photos[i]->unit = (uint32_t)i;
        photos[i]->have |= IE_HAVE_HASHES;
    }
    ie_config *config = ie_config_new();
    ie_compare compare = {.config = config, .cancel = cancel};
    ie_error err = {0};
    ie_pair *pairs = NULL;
    size_t found = 0;
    ie_status status = ie_candidates_find(&compare, photos, count, &pairs, &found, &err);
    size_t *partners = ie_alloc(count * sizeof *partners);
    for (size_t i = 0; i < found; i++) {
        *ret_turned += pairs[i].turn != 0;
        partners[pairs[i].a]++;
        partners[pairs[i].b]++;
    }
    for (size_t i = 0; i < count; i++) {
        *ret_most = partners[i] > *ret_most ? partners[i] : *ret_most;
        ie_photo_free(photos[i]);
    }
    free(partners);
    free(pairs);
    free(photos);
    ie_config_free(config);
    return status;
}

static void a_blank_picture_has_few_partners_each_in_one_turn(void **state)
{
    (void)state;
    size_t most = 0, turned = 0;
    assert_int_equal(search_blank(20000, NULL, &most, &turned), IE_OK);
    assert_int_equal(turned, 0);
    assert_int_equal(most, 512);
}

static void a_search_among_equal_hashes_can_be_cancelled(void **state)
{
    (void)state;
    const volatile int cancel = 1;
    size_t most = 0, turned = 0;
    assert_int_equal(search_blank(2000, &cancel, &most, &turned), IE_ERR_CANCELLED);
    assert_int_equal(most, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_with_nothing_in_common_are_no_candidates),
        cmocka_unit_test(a_turned_crop_at_any_edge_is_a_candidate_from_either_side),
        cmocka_unit_test(a_pair_that_is_near_in_many_ways_is_one_candidate),
        cmocka_unit_test(whatever_is_near_is_found_once_in_each_turn),
        cmocka_unit_test(a_blank_picture_has_few_partners_each_in_one_turn),
        cmocka_unit_test(a_search_among_equal_hashes_can_be_cancelled),
        cmocka_unit_test(two_parts_that_are_alike_make_no_candidate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
