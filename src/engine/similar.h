// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Near duplicates: which photos show the same picture in other bytes. Candidates are photos of near
 * pHashes (engine/candidates.h); each pair of them gets a second, independent look at the pictures'
 * sketches (engine/structure.h), and those that pass it are looked at once more for equal coded
 * pictures and equal pixels. What is flat or smooth has hashes that mean nothing: of such photos
 * only those are paired whose coded picture or pixels are equal. Photos of equal bytes are judged
 * once, by the first of them.
 *
 * Reads files on several threads; changes none. The result depends on the photos and the
 * configuration only.
 */
#ifndef IE_ENGINE_SIMILAR_H
#define IE_ENGINE_SIMILAR_H

#include "engine/compare.h"
#include "processors/processor.h"

/* Needs IE_HAVE_HASHES (a photo without takes no part); call it after ie_compare_run(). Candidates
   get their sketch, xxh3 and compare->facts. Pairs are sorted; verdicts are
   IE_MATCH_SAME_IMAGE_DATA and weaker; free() them. IE_ERR_CANCELLED, IE_ERR_LIMIT without memory.
 */
ie_status ie_similar_run(const ie_compare *compare, ie_photo **photos, size_t count,
                         ie_pair **ret_pairs, size_t *ret_count, ie_error *err) IE_MUST_CHECK;

#endif
