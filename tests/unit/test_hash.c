// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include "utils/hash.h"

static void hashes_have_the_published_values(void **state)
{
    char hex[65];
    ie_hash128_hex(ie_hash128_of("", 0), hex);
    assert_string_equal(hex, "99aa06d3014798d86001c324468d497f"); /* XXH3-128 of nothing, seed 0 */
    ie_digest *digest = ie_digest_new(IE_DIGEST_SHA256);
    ie_digest_add(digest, "abc", 3);
    ie_digest_end(digest, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest = ie_digest_new(IE_DIGEST_MD5);
    ie_digest_add(digest, "abc", 3);
    ie_digest_end(digest, hex);
    assert_string_equal(hex, "900150983cd24fb0d6963f7d28e17f72");
}

static void pieces_hash_like_the_whole(void **state)
{
    uint8_t bytes[5000];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 31);
    }
    ie_hasher *hasher = ie_hasher_new();
    for (size_t i = 0; i < sizeof bytes; i += 1000) {
        ie_hasher_add(hasher, bytes + i, 1000);
    }
    assert_true(ie_hash128_equal(ie_hasher_value(hasher), ie_hash128_of(bytes, sizeof bytes)));
    ie_hasher_free(hasher);
}

static void a_seed_gives_other_values(void **state)
{
    for (size_t size = 1; size < 300; size += 7) { /* short and long texts go different ways */
        char text[300];
        memset(text, 'k', size);
        uint64_t hash = ie_hash64_seeded(text, size, 5);
        assert_true(ie_hash64_seeded(text, size, 5) == hash);
        assert_true(ie_hash64_seeded(text, size, 6) != hash);
        text[size - 1] = 'l';
        assert_true(ie_hash64_seeded(text, size, 5) != hash);
    }
}

static void hex_is_read_back_and_nothing_else(void **state)
{
    ie_hash128 hash = ie_hash128_of("x", 1), back;
    char hex[33];
    ie_hash128_hex(hash, hex);
    assert_true(ie_hash128_parse(hex, &back));
    assert_true(ie_hash128_equal(hash, back));
    hex[5] = 'g';
    assert_false(ie_hash128_parse(hex, &back));
    assert_false(ie_hash128_parse("12", &back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_have_the_published_values),
        cmocka_unit_test(pieces_hash_like_the_whole),
        cmocka_unit_test(a_seed_gives_other_values),
        cmocka_unit_test(hex_is_read_back_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
