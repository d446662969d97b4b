// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where a root lay when it was last changed, so that one that is missing later can be told apart:
 * deleted by hand, or on a disk that is not mounted. What is noted is the identity (file system,
 * inode, time of birth) of ROOT and, when ROOT is no mount point, of the folder it lies in. The
 * very same folder without ROOT in it means: deleted. Any doubt means that the disk is away. Reads
 * only.
 */
#ifndef IE_ENGINE_WHEREABOUTS_H
#define IE_ENGINE_WHEREABOUTS_H

#include "imgengine.h"

typedef enum ie_whereabouts {
    IE_ROOT_AWAY,     /* its disk is not there, as far as can be told */
    IE_ROOT_STRIPPED, /* it is the very folder; .imgengine was taken out of it */
    IE_ROOT_DELETED,  /* the folder it lay in is there, without it */
    IE_ROOT_ANEW,     /* … with another folder of that name in it */
} ie_whereabouts;

/* One line to keep; NULL when nothing can be told. free() it. */
char *ie_whereabouts_note(const char *root);
/* Of a root whose marker is not there. `noted` may be NULL. */
ie_whereabouts ie_whereabouts_tell(const char *root, const char *noted);

/* The absolute path of a folder that may not exist (any more): its deepest existing ancestor,
   resolved, plus the rest, which must be plain names. free() it. `what` begins the sentence when it
   cannot be. */
ie_status ie_folder_resolve(const char *folder, const char *what, char **ret_path,
                            ie_error *err) IE_MUST_CHECK;

#endif
