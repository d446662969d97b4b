// SPDX-License-Identifier: GPL-3.0-or-later
/* For tests of what uses neural networks: where the runtime, the vocabulary and the golden values
   lie. */
#ifndef IE_TEST_VISION_HELP_H
#define IE_TEST_VISION_HELP_H

#include "test.h"
#include "utils/json.h"
#include "utils/memory.h"

static inline char *test_read(const char *path, size_t *ret_size)
{
    FILE *file = path != NULL ? fopen(path, "rb") : NULL;
    if (file == NULL) {
        return NULL;
    }
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *bytes = ie_alloc((size_t)size + 1);
    *ret_size = fread(bytes, 1, (size_t)size, file);
    fclose(file);
    return bytes;
}

/* The library of $IMGENGINE_TEST_ONNXRUNTIME; NULL: such a test says skip(). */
static inline const char *test_runtime(void)
{
    const char *path = getenv("IMGENGINE_TEST_ONNXRUNTIME");
    return path != NULL && path[0] != 0 ? path : NULL;
}

/* The merges of CLIP's vocabulary, $IMGENGINE_TEST_MERGES; free() them. NULL: such a test says
   skip(). */
static inline char *test_vocabulary(size_t *ret_size)
{
    return test_read(getenv("IMGENGINE_TEST_MERGES"), ret_size);
}

static inline json_t *test_json(const char *folder, const char *name)
{
    IE_AUTO_FREE char *path = ie_asprintf("%s/%s", folder, name);
    size_t size = 0;
    IE_AUTO_FREE char *bytes = test_read(path, &size);
    assert_non_null(bytes);
    json_t *whole = json_loadb(bytes, size, JSON_ALLOW_NUL, NULL);
    assert_non_null(whole);
    return whole;
}

#endif
