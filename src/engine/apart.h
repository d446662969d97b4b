// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * "Not a duplicate": pairs that the user keeps apart wherever they lie, known by their coded
 * pictures (storage/image_data.h), which tags do not change; by its bytes (XXH3-128) a file whose
 * picture cannot be told from what is around it, two files of one coded picture, and what was
 * remembered before pictures were. They are the user's own word and no cached fact, so nothing but
 * the user takes them out of the catalog.
 */
#ifndef IE_ENGINE_APART_H
#define IE_ENGINE_APART_H

#include "engine/engine.h"
#include "processors/processor.h"

/* Takes the pairs that are kept apart out of `pairs`, whose photos have IE_HAVE_XXH3; where any are
   remembered at all, these photos are read for IE_HAVE_IMAGE_DATA. Without a catalog: none. */
ie_status ie_apart_filter(ie_engine *engine, ie_photo *const *photos, ie_pair *pairs, size_t *count,
                          ie_error *err) IE_MUST_CHECK;

#endif
