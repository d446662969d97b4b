// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which photos may show the same picture, by their pHashes alone: within the radius in any of the
 * eight ways a picture can lie, or when one is near the pHash of a part of the other (its middle,
 * or all but a strip at an edge or at two), which is what a crop looks like. Of photos of equal
 * bytes only the first takes part. Pure but for cancelling.
 */
#ifndef IE_ENGINE_CANDIDATES_H
#define IE_ENGINE_CANDIDATES_H

#include "engine/compare.h"
#include "processors/processor.h"

/* Pairs a < b, sorted, each turn of a pair once, without verdicts; free() them, whatever is
   returned. Photos without IE_HAVE_HASHES take no part. IE_ERR_CANCELLED, IE_ERR_LIMIT without
   memory or with too many photos. */
ie_status ie_candidates_find(const ie_compare *compare, ie_photo **photos, size_t count,
                             ie_pair **ret_pairs, size_t *ret_count, ie_error *err) IE_MUST_CHECK;

#endif
