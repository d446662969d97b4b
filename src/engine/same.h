// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Tells the planner that a photo is in the output folder already, so that the same command given
 * again copies nothing twice: a file of equal bytes at that path, or the one that an earlier run
 * made there from this very photo (converted or tagged, hence of other bytes), as that folder's
 * journals say. Reads only; one thread.
 */
#ifndef IE_ENGINE_SAME_H
#define IE_ENGINE_SAME_H

#include "core/photo.h"

typedef struct ie_same ie_same;

/* `output` absolute; NULL: nothing is the same. A journal that cannot be read is as if it were not
   there. */
ie_same *ie_same_new(const char *output);
void ie_same_free(ie_same *same);
/* For ie_proposal.same; `user` is an ie_same. */
bool ie_same_is_there(void *user, const ie_photo *photo, const char *path);
/* For ie_proposal.made. */
const char *ie_same_made(void *user, const ie_photo *photo, bool *ret_plain);

/* Can both be read, and do they hold the same bytes? */
bool ie_same_bytes(const char *a_path, const char *b_path);

#endif
