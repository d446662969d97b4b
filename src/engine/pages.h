// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The third look, at pages only (engine/ink.h): what two sketches call the same picture is read
 * again from the files, at the size at which its text can be read, and two pages whose text differs
 * are a similar scene. Reads files on several threads; changes none. Each page is read once, so
 * long as all of them fit into some memory.
 */
#ifndef IE_ENGINE_PAGES_H
#define IE_ENGINE_PAGES_H

#include "engine/compare.h"
#include "processors/processor.h"

/* Makes IE_MATCH_SIMILAR_SCENE of those IE_MATCH_SAME_PICTURE whose text differs, or of which
   one cannot be read any more. Depends on the files only. */
void ie_pages_tell_apart(const ie_compare *compare, ie_photo **photos, size_t count, ie_pair *pairs,
                         size_t pair_count);

#endif
