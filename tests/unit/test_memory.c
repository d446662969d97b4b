// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <pthread.h>
#include <stdint.h>

#include "utils/memory.h"

#define ARENAS 500 /* several pieces of memory full */

static void *free_arenas(void *argument)
{
    ie_arena **arenas = argument;
    for (size_t i = 0; i < ARENAS; i += 2) {
        ie_arena_free(arenas[i]);
    }
    return NULL;
}

static void
arenas_of_a_pool_keep_apart_what_they_hold_and_outlive_it_and_their_neighbours(void **state)
{
    (void)state;
    ie_arena *arenas[ARENAS];
    char *texts[ARENAS], *more[ARENAS];
    ie_pool *pool = ie_pool_new();
    for (size_t i = 0; i < ARENAS; i++) {
        arenas[i] = ie_arena_new_in(pool, 400);
        texts[i] = ie_arena_alloc(arenas[i], 400);
        assert_int_equal((uintptr_t)texts[i] % 16, 0);
        memset(texts[i], (int)(i % 251), 400);
    }
    ie_pool_free(pool);
    pthread_t thread;
    pthread_create(&thread, NULL, free_arenas, arenas);
    for (size_t i = 1; i < ARENAS; i += 2) { /* what does not fit goes elsewhere */
        more[i] = ie_arena_printf(arenas[i], "%900zu", i);
    }
    pthread_join(thread, NULL);
    for (size_t i = 1; i < ARENAS; i += 2) {
        for (size_t k = 0; k < 400; k++) {
            assert_int_equal((unsigned char)texts[i][k], i % 251);
        }
        assert_int_equal(strlen(more[i]), 900);
        assert_int_equal(strtol(more[i], NULL, 10), (long)i);
        ie_arena_free(arenas[i]);
    }
}

static void what_an_arena_gives_is_zeroed(void **state)
{
    (void)state;
    ie_pool *pool = ie_pool_new();
    for (int round = 0; round < 3; round++) {
        ie_arena *arena = ie_arena_new_in(pool, 100);
        for (int part = 0; part < 40; part++) {
            unsigned char *bytes = ie_arena_alloc(arena, 77);
            for (int i = 0; i < 77; i++) {
                assert_int_equal(bytes[i], 0);
                bytes[i] = 0xff;
            }
        }
        ie_arena_free(arena);
    }
    ie_pool_free(pool);
}

static void a_pool_whose_arenas_are_kept_holds_many_of_them_apart(void **state)
{
    (void)state;
    enum { MANY = 5000 }; /* five megabytes: several huge pages, and the small pieces before them */
    static ie_arena *arenas[MANY];
    static size_t *numbers[MANY];
    ie_pool *pool = ie_pool_new();
    ie_pool_keep(pool);
    for (size_t i = 0; i < MANY; i++) {
        arenas[i] = ie_arena_new_in(pool, 1000);
        numbers[i] = ie_arena_alloc(arenas[i], 1000);
        assert_int_equal(numbers[i][124], 0);
        numbers[i][0] = numbers[i][124] = i;
    }
    ie_arena *large = ie_arena_new_in(pool, 3 << 20); /* larger than any piece */
    memset(ie_arena_alloc(large, 3 << 20), 1, 3 << 20);
    ie_pool_free(pool);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(numbers[i][0], i);
        assert_int_equal(numbers[i][124], i);
        ie_arena_free(arenas[i]);
    }
    ie_arena_free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            arenas_of_a_pool_keep_apart_what_they_hold_and_outlive_it_and_their_neighbours),
        cmocka_unit_test(what_an_arena_gives_is_zeroed),
        cmocka_unit_test(a_pool_whose_arenas_are_kept_holds_many_of_them_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
