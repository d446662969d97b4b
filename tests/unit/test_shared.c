// SPDX-License-Identifier: GPL-3.0-or-later
/* Things that worker threads share: made once, freed by the last. */
#include "analyzers/shared.h"

#include <stdatomic.h>
#include <unistd.h>

#include "test.h"
#include "utils/error.h"
#include "utils/memory.h"

static atomic_int made, freed, alive;
static ie_shared things = {PTHREAD_MUTEX_INITIALIZER, NULL};
static const char *const prefixes[] = {"analysis.ml_models.", NULL};

static ie_status make(const ie_config *config, const char *catalog, void **ret_thing, ie_error *err)
{
    if (config->analysis.runtime[0] == '!') {
        return ie_error_set(err, IE_ERR_NOT_FOUND, "There is none.");
    }
    usleep(2000);
    made++;
    alive++;
    *ret_thing = ie_alloc(16);
    return IE_OK;
}

static void unmake(void *thing)
{
    freed++;
    alive--;
    free(thing);
}

static void *work(void *argument)
{
    for (int i = 0; i < 20; i++) {
        void *thing = NULL;
        if (ie_shared_take(&things, argument, prefixes, NULL, make, &thing, NULL) != IE_OK ||
            alive > 2) {
            return argument;
        }
        usleep(100);
        ie_shared_give(&things, thing, unmake);
    }
    return NULL;
}

static void threads_share_one_thing_a_configuration(void **state)
{
    ie_config *configs[2] = {ie_config_new(), ie_config_new()};
    assert_int_equal(ie_config_set(configs[1], "analysis.ml_models.device", "cpu", "test", NULL),
                     IE_OK);
    pthread_t threads[6];
    for (int i = 0; i < 6; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, configs[i % 2]), 0);
    }
    for (int i = 0; i < 6; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(made, freed);
    assert_int_equal(alive, 0);
    assert_null(things.entries);
    ie_config_free(configs[0]);
    ie_config_free(configs[1]);
}

static void other_settings_do_not_tell_configurations_apart(void **state)
{
    ie_config *a = ie_config_new(), *b = ie_config_new();
    assert_int_equal(ie_config_set(b, "dedupe.min_copies", "3", "test", NULL), IE_OK);
    void *one = NULL, *two = NULL;
    assert_int_equal(ie_shared_take(&things, a, prefixes, NULL, make, &one, NULL), IE_OK);
    assert_int_equal(ie_shared_take(&things, b, prefixes, NULL, make, &two, NULL), IE_OK);
    assert_ptr_equal(one, two);
    ie_shared_give(&things, one, unmake);
    assert_int_equal(alive, 1);
    ie_shared_give(&things, two, unmake);
    assert_int_equal(alive, 0);
    ie_config_free(a);
    ie_config_free(b);
}

static void a_failure_is_told_and_not_kept(void **state)
{
    ie_config *config = ie_config_new();
    ie_error err = {0};
    void *thing = NULL;
    assert_int_equal(ie_config_set(config, "analysis.ml_models.runtime", "!", "test", NULL), IE_OK);
    assert_int_equal(ie_shared_take(&things, config, prefixes, NULL, make, &thing, &err),
                     IE_ERR_NOT_FOUND);
    assert_string_equal(err.text, "There is none.");
    assert_null(things.entries);
    ie_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_one_thing_a_configuration),
        cmocka_unit_test(other_settings_do_not_tell_configurations_apart),
        cmocka_unit_test(a_failure_is_told_and_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
