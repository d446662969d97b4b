// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Tells the planner that a photo is in the output folder already, so that the same command given
 * again copies nothing twice: a file of equal bytes at that path, or the one that an earlier run
 * made there from this very photo (converted or tagged, hence of other bytes), as that folder's
 * journals say. They are followed: what later runs renamed or tagged there is still that file, and
 * for what they put away as a duplicate stands the one that stayed. A file that another program
 * wrote since is still that one while its coded picture is the photo's to the bit and nothing is
 * missing that the photo says (keywords were added, say). When a file is not where it was left, the
 * folder is walked for where it was moved by hand. Reads only; one thread.
 */
#ifndef IE_ENGINE_SAME_H
#define IE_ENGINE_SAME_H

#include "core/config.h"
#include "core/photo.h"

typedef struct ie_same ie_same;

/* `config` and `output` are borrowed; `output` absolute; NULL: nothing is the same. `by_content`:
   what was made from other files of the same bytes counts, too. A journal that cannot be read is as
   if it were not there. */
ie_same *ie_same_new(const ie_config *config, const char *output, bool by_content);
void ie_same_free(ie_same *same);
/* For ie_proposal.same; `user` is an ie_same. */
bool ie_same_is_there(void *user, const ie_photo *photo, const char *path);
/* For ie_proposal.made. */
const char *ie_same_made(void *user, const ie_photo *photo, bool *ret_plain);

#endif
