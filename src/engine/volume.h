// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Is a root's disk there? A root that was ever changed holds an id in ROOT/.imgengine/volume; the
 * catalog remembers it. When the catalog knows an id and the folder does not show it, the disk is
 * not mounted, or another one is in its place: the root is offline. An empty mount point must never
 * be taken for photos that are gone, nor be filled as if it were the disk. Reads only, but for the
 * catalog.
 */
#ifndef IE_ENGINE_VOLUME_H
#define IE_ENGINE_VOLUME_H

#include "engine/engine.h"

/* The id that lies in the folder; NULL when there is none. free() it. */
char *ie_volume_read(const char *root);

/* IE_ERR_NOT_FOUND when `path` is, or lies below, a root that is offline; says which and what to
   do. */
ie_status ie_volume_check(ie_engine *engine, const char *path, ie_error *err) IE_MUST_CHECK;
/* What becomes of a folder that was surely deleted or moved away, and is another one now: the work
   begins anew there. */
typedef enum ie_anew {
    IE_ANEW_SILENT,
    IE_ANEW_TELL,   /* a notice says so */
    IE_ANEW_FORGET, /* a run is about to do that: the catalog forgets the runs in the old one, as
                       runs --forget does */
} ie_anew;

/* The same of a folder whose photos are to be changed where they are. */
ie_status ie_volume_check_place(ie_engine *engine, const char *path, ie_anew anew,
                                ie_error *err) IE_MUST_CHECK;
/* The same of an output folder, which need not be there. */
ie_status ie_volume_check_output(ie_engine *engine, const char *output, ie_anew anew,
                                 ie_error *err) IE_MUST_CHECK;
/* Is this very root offline? False when nothing is known of it. */
bool ie_volume_offline(ie_engine *engine, const char *root);

/* Of one that is offline: was it surely deleted, and is not on a disk that is away? */
bool ie_volume_deleted(ie_engine *engine, const char *root);

/* Does `path` lie in a root whose disk is not there? False for one that was surely deleted, and for
   one that is the very folder without its .imgengine: what is not there now is gone. */
bool ie_volume_away(ie_engine *engine, const char *path);

/* Notes the id that lies in the folder; forgets the root when there is none, since undo took it
   away. A catalog that cannot be written is told as a notice. */
void ie_volume_note(ie_engine *engine, const char *root);

#endif
