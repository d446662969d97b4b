// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "utils/gate.h"

static void only_so_many_get_in_until_places_come_back(void **state)
{
    (void)state;
    ie_gate *gate = ie_gate_new(2);
    assert_true(ie_gate_try(gate));
    ie_gate_enter(gate);
    assert_false(ie_gate_try(gate));
    ie_gate_leave(gate, 2);
    assert_true(ie_gate_try(gate));
    assert_true(ie_gate_try(gate));
    assert_false(ie_gate_try(gate));
    ie_gate_free(gate);
}

typedef struct visit {
    ie_gate *gate;
    atomic_int inside;
} visit;

static void *enter(void *argument)
{
    visit *v = argument;
    ie_gate_enter(v->gate);
    atomic_fetch_add(&v->inside, 1);
    return NULL;
}

static void all_who_wait_get_in_when_as_many_places_come_back_at_once(void **state)
{
    (void)state;
    visit v = {.gate = ie_gate_new(0)};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        pthread_create(&threads[i], NULL, enter, &v);
    }
    usleep(20000);
    assert_int_equal(atomic_load(&v.inside), 0);
    ie_gate_leave(v.gate, 3);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
    assert_int_equal(atomic_load(&v.inside), 3);
    assert_false(ie_gate_try(v.gate));
    ie_gate_free(v.gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_so_many_get_in_until_places_come_back),
        cmocka_unit_test(all_who_wait_get_in_when_as_many_places_come_back_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
