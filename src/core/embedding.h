// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_embedding: what a picture looks like to one model, as a vector of length 1. Only embeddings of
 * the same model may be compared, hence its identity stands with them: name and a checksum of its
 * file. In half precision, in which the cosine of two differs by less than 0.0005 from that of the
 * originals.
 */
#ifndef IE_CORE_EMBEDDING_H
#define IE_CORE_EMBEDDING_H

#include <stddef.h>
#include <stdint.h>

#define IE_EMBEDDING_MAX 4096 /* dimensions */

typedef struct ie_embedding {
    char *model;       /* "openai/clip-vit-base-patch32@0123456789abcdef" */
    size_t dimension;  /* 1..IE_EMBEDDING_MAX */
    uint16_t values[]; /* IEEE binary16 */
} ie_embedding;

ie_embedding *ie_embedding_new(const char *model, const float *values, size_t dimension);
ie_embedding *ie_embedding_copy(const ie_embedding *embedding); /* NULL of NULL */
void ie_embedding_free(ie_embedding *embedding); /* NULL is fine */

#endif
