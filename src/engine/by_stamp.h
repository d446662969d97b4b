// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The files below a folder, to be found by their stamps: a file that was moved by hand keeps
 * inode, size and time. The folder is walked once, when it is made. Reads only; one thread.
 */
#ifndef IE_ENGINE_BY_STAMP_H
#define IE_ENGINE_BY_STAMP_H

#include "core/config.h"
#include "core/photo.h"

typedef struct ie_by_stamp ie_by_stamp;

/* What cannot be read, or is excluded from scans, is not in it. */
ie_by_stamp *ie_by_stamp_new(const ie_config *config, const char *folder);
void ie_by_stamp_free(ie_by_stamp *files); /* NULL is fine */
/* The first path by bytes of the very file that had this stamp; NULL: there is none. Valid until
   ie_by_stamp_free(). */
const char *ie_by_stamp_find(const ie_by_stamp *files, const ie_stamp *stamp);

#endif
