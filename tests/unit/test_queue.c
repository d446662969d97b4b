// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "utils/queue.h"

static void items_come_out_in_the_order_they_went_in(void **state)
{
    int values[5];
    ie_queue *queue = ie_queue_new(5, 100);
    for (int i = 0; i < 5; i++) {
        assert_true(ie_queue_push(queue, &values[i], 1));
    }
    for (int i = 0; i < 5; i++) {
        assert_ptr_equal(ie_queue_pop(queue), &values[i]);
    }
    ie_queue_free(queue);
}

static void a_closed_queue_drains_and_then_gives_null(void **state)
{
    int value;
    ie_queue *queue = ie_queue_new(2, 100);
    assert_true(ie_queue_push(queue, &value, 1));
    ie_queue_close(queue);
    assert_false(ie_queue_push(queue, &value, 1));
    assert_ptr_equal(ie_queue_pop(queue), &value);
    assert_null(ie_queue_pop(queue));
    ie_queue_free(queue);
}

typedef struct blocked {
    ie_queue *queue;
    int *item;
    size_t bytes;
    atomic_bool through;
} blocked;

static void *push_blocked(void *argument)
{
    blocked *b = argument;
    ie_queue_push(b->queue, b->item, b->bytes);
    atomic_store(&b->through, true);
    return NULL;
}

static void a_push_over_the_byte_bound_waits_for_a_pop(void **state)
{
    int values[2];
    ie_queue *queue = ie_queue_new(10, 100);
    assert_true(ie_queue_push(queue, &values[0], 90)); /* one item is let in, whatever its size */
    blocked b = {.queue = queue, .item = &values[1], .bytes = 20};
    pthread_t thread;
    pthread_create(&thread, NULL, push_blocked, &b);
    usleep(20000);
    assert_false(atomic_load(&b.through));
    assert_ptr_equal(ie_queue_pop(queue), &values[0]);
    assert_ptr_equal(ie_queue_pop(queue), &values[1]);
    pthread_join(thread, NULL);
    assert_true(atomic_load(&b.through));
    ie_queue_free(queue);
}

#define EACH 20000

typedef struct crowd {
    ie_queue *queue;
    int *numbers;
    atomic_long sum, count;
} crowd;

static void *produce(void *argument)
{
    crowd *c = argument;
    for (int i = 0; i < EACH; i++) {
        ie_queue_push(c->queue, &c->numbers[i], 1 + (size_t)i % 7);
    }
    return NULL;
}

static void *consume(void *argument)
{
    crowd *c = argument;
    int *number;
    while ((number = ie_queue_pop(c->queue)) != NULL) {
        atomic_fetch_add(&c->sum, *number);
        atomic_fetch_add(&c->count, 1);
    }
    return NULL;
}

static void nothing_is_lost_or_doubled_between_many_threads(void **state)
{
    crowd c = {.queue = ie_queue_new(16, 20), .numbers = calloc(EACH, sizeof(int))};
    long expected = 0;
    for (int i = 0; i < EACH; i++) {
        c.numbers[i] = i;
        expected += 3L * i;
    }
    pthread_t producers[3], consumers[3];
    for (int i = 0; i < 3; i++) {
        pthread_create(&producers[i], NULL, produce, &c);
        pthread_create(&consumers[i], NULL, consume, &c);
    }
    for (int i = 0; i < 3; i++) {
        pthread_join(producers[i], NULL);
    }
    ie_queue_close(c.queue);
    for (int i = 0; i < 3; i++) {
        pthread_join(consumers[i], NULL);
    }
    assert_int_equal(atomic_load(&c.count), 3L * EACH);
    assert_int_equal(atomic_load(&c.sum), expected);
    ie_queue_free(c.queue);
    free(c.numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_come_out_in_the_order_they_went_in),
        cmocka_unit_test(a_closed_queue_drains_and_then_gives_null),
        cmocka_unit_test(a_push_over_the_byte_bound_waits_for_a_pop),
        cmocka_unit_test(nothing_is_lost_or_doubled_between_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
