// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The drop proof: the only value that lets a file go into quarantine as a duplicate. Nothing but
 * ie_drop_prove() can make one, and it does so only when it has, at that moment, opened both files,
 * seen that they are two regular files that are not the same inode, that neither changed since the
 * plan was made, and: same bytes: compared them byte for byte; another verdict that makes a
 * duplicate: read all of the survivor and found the very bytes (XXH3-128) that the verdict was
 * reached with, so that the picture that stays is the one that was looked at. The proof keeps both
 * files open, so that what was compared can be told from what may have taken its place;
 * ie_drop_proof_holds() looks again right before the move.
 */
#ifndef IE_ENGINE_PROOF_H
#define IE_ENGINE_PROOF_H

#include "core/plan.h"

typedef struct ie_drop_proof ie_drop_proof;

/* IE_ERR_CHANGED: one of them is not what the plan says, is gone, the bytes differ, or the verdict
   makes no duplicate; IE_ERR_IO and
   others: one cannot be read. The text is the problem, for the action. */
ie_status ie_drop_prove(const ie_action *action, ie_drop_proof **ret_proof,
                        ie_error *err) IE_MUST_CHECK;
/* Are both names still the files that were compared, and these unchanged? */
bool ie_drop_proof_holds(const ie_drop_proof *proof);
/* The same after hard links to the survivor were made, which changes its ctime: its bytes are read
   once more. */
bool ie_drop_proof_holds_linked(const ie_drop_proof *proof);
const char *ie_drop_proof_path(const ie_drop_proof *proof); /* of the file that may go */
/* The bytes that were seen to stay: for the journal, so that purge can look for them again. */
void ie_drop_proof_survivor(const ie_drop_proof *proof, uint64_t *ret_size, ie_hash128 *ret_xxh3);
void ie_drop_proof_free(ie_drop_proof *proof); /* NULL is fine */

#endif
