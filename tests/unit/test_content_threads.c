// SPDX-License-Identifier: GPL-3.0-or-later
/* Each thread with its own rig gets the same facts; also run under ThreadSanitizer. */
#include <pthread.h>

#include "content_help.h"

typedef struct job {
    const uint8_t *data;
    size_t size;
    ie_content content;
} job;

static void *work(void *arg)
{
    job *j = arg;
    content_rig rig;
    rig_open(&rig, false);
    for (int i = 0; i < 5; i++) {
        ie_photo *photo = rig_photo(&rig, j->data, j->size, "a.jpg", 1, RIG_ALL);
        j->content = *photo->content;
        ie_photo_free(photo);
    }
    rig_close(&rig);
    return NULL;
}

static void threads_agree(void **state)
{
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    char path[4096];
    size_t size = 0;
    snprintf(path, sizeof path, "%s/golden/images/photo_china.jpg", testdata());
    uint8_t *data = rig_load(path, &size);
    assert_non_null(data);
    pthread_t threads[4];
    job jobs[4];
    for (int i = 0; i < 4; i++) {
        jobs[i] = (job){.data = data, .size = size};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &jobs[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_memory_equal(&jobs[i].content, &jobs[0].content, sizeof jobs[0].content);
    }
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
