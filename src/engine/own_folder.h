// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ROOT and its .imgengine folder: made, marked, and told apart from what was there before.
 *
 * Undo removes the folders that a run made to have ROOT, so a run that is killed at any moment must leave a trace
 * of having made them. That is their sticky bit: mkdir() sets it in the same instant, and it goes once
 * ROOT/.imgengine/volume ("made N") is durable. A sticky folder that is empty, ours and not for everybody to
 * write into is taken for one that was never finished.
 */
#ifndef IE_ENGINE_OWN_FOLDER_H
#define IE_ENGINE_OWN_FOLDER_H

#include <stdbool.h>

/* Makes ROOT, its missing parents and the folders in .imgengine, durably. ret_made: how many levels of ROOT were made,
   now or by a run that was cut short before it could note it. 0 or an errno. */
int ie_own_make(const char *root, int *ret_made);
/* Under the root's lock: notes the id and the levels, takes the marks off. */
int ie_own_finish(const char *root, int made);
/* Levels of folders that were made to have ROOT, as far as they are noted or marked. */
int ie_own_levels(const char *root);
/* The half-written files of ie_fs_write_file() in .imgengine; under the root's lock. */
void ie_own_sweep(const char *root);
/* Sets the mark again, before the note goes. */
void ie_own_mark(const char *root, int levels);
/* Is there nothing in the folder but, perhaps, this one name (may be NULL)? */
bool ie_own_holds_only(const char *path, const char *name);

#endif
