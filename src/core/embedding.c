// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/embedding.h"

#include <stdlib.h>
#include <string.h>

#include "utils/half.h"
#include "utils/memory.h"
#include "utils/text.h"

ie_embedding *ie_embedding_new(const char *model, const float *values, size_t dimension)
{
    ie_embedding *embedding = ie_alloc(sizeof *embedding + dimension * sizeof *embedding->values);
    embedding->model = ie_strdup(model);
    embedding->dimension = dimension;
    for (size_t i = 0; i < dimension; i++) {
        embedding->values[i] = ie_half_from_float(values[i]);
    }
    return embedding;
}

ie_embedding *ie_embedding_copy(const ie_embedding *embedding)
{
    if (embedding == NULL) {
        return NULL;
    }
    size_t bytes = sizeof *embedding + embedding->dimension * sizeof *embedding->values;
    ie_embedding *copy = ie_alloc(bytes);
    memcpy(copy, embedding, bytes);
    copy->model = ie_strdup(embedding->model);
    return copy;
}

void ie_embedding_free(ie_embedding *embedding)
{
    if (embedding != NULL) {
        free(embedding->model);
        free(embedding);
    }
}
