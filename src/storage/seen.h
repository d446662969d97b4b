// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The set of inodes a scan has met, exact, 8 bytes a slot: one open-addressing table for each
 * device. Belongs to one thread. Grows with the collection (about 16 MB for a million files); it is
 * what makes each file appear once however many roads lead to it.
 */
#ifndef IE_STORAGE_SEEN_H
#define IE_STORAGE_SEEN_H

#include <stdbool.h>
#include <stdint.h>

typedef struct ie_seen ie_seen;

ie_seen *ie_seen_new(void);
void ie_seen_free(ie_seen *seen);
/* True when it was not there before. */
bool ie_seen_add(ie_seen *seen, uint64_t device, uint64_t inode);

#endif
