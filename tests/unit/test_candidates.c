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
        ie_content *content = &photos[i]->content;
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
        photos[2]->content.turned[5] = photos[0]->content.cuts[cut] ^ 0xff;
        expect(photos, 1, 5);
        make(photos);
        photos[0]->content.turned[5] = photos[2]->content.cuts[cut] ^ 0xff;
        expect(photos, 1, 7); /* what undoes that turn */
    }
}

static void a_pair_that_is_near_in_many_ways_is_one_candidate(void **state)
{
    (void)state;
    ie_photo *photos[COUNT];
    make(photos);
    uint64_t hash = photos[0]->content.turned[0];
    photos[2]->content.turned[0] = hash ^ 1;
    for (size_t i = 0; i < COUNT; i += 2) {
        photos[i]->content.inner = hash ^ 2;
        for (size_t k = 0; k < IE_CUTS; k++) {
            photos[i]->content.cuts[k] = hash ^ (UINT64_C(1) << k);
        }
    }
    expect(photos, 1, 0);
}

static void two_parts_that_are_alike_make_no_candidate(void **state)
{
    (void)state;
    ie_photo *photos[COUNT];
    make(photos);
    photos[2]->content.cuts[3] = photos[0]->content.cuts[4] = photos[0]->content.inner;
    expect(photos, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_with_nothing_in_common_are_no_candidates),
        cmocka_unit_test(a_turned_crop_at_any_edge_is_a_candidate_from_either_side),
        cmocka_unit_test(a_pair_that_is_near_in_many_ways_is_one_candidate),
        cmocka_unit_test(two_parts_that_are_alike_make_no_candidate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
