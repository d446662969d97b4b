// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * "Not a duplicate": pairs that the user keeps apart, known by the bytes of both (XXH3-128) wherever they lie. They
 * are the user's own word and no cached fact, so nothing but the user takes them out of the catalog.
 */
#ifndef IE_ENGINE_APART_H
#define IE_ENGINE_APART_H

#include "engine/engine.h"
#include "processors/processor.h"

/* Takes the pairs that are kept apart out of `pairs`, whose photos have IE_HAVE_XXH3. Without a catalog: none. */
ie_status ie_apart_filter(ie_engine *engine, ie_photo *const *photos, ie_pair *pairs, size_t *count,
                          ie_error *err) IE_MUST_CHECK;

#endif
