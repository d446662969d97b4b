// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ROOT and its .imgengine folder: made, and told apart from what was there before. Undo removes the
 * folders that a run made to have ROOT: ROOT/.imgengine/volume says how many ("made N"), and it is
 * in ROOT from the very moment that ROOT has its name (see own_root.h). A folder without that note
 * is the user's own.
 */
#ifndef IE_ENGINE_OWN_FOLDER_H
#define IE_ENGINE_OWN_FOLDER_H

#include <stdbool.h>
#include <sys/types.h>

/* Makes ROOT with its missing parents, and the folders in .imgengine, durably. ret_made: how many
   levels of ROOT were made. 0 or an errno: EAGAIN when another process is making it, too: look
   again. */
int ie_own_make(const char *root, int *ret_made);
/* Levels of folders that were made to have ROOT, as they are noted. */
int ie_own_levels(const char *root);
/* The half-written files of ie_fs_write_file() in .imgengine; under the root's lock. */
void ie_own_sweep(const char *root);
/* Is there nothing in the folder but, perhaps, this one name (may be NULL)? */
bool ie_own_holds_only(const char *path, const char *name);

/* The parts of it. All durable; 0 or an errno. */
int ie_own_folder_add(const char *base, const char *path, mode_t mode,
                      int *made);             /* or it is there; counts those made */
int ie_own_fill(const char *root, int *made); /* .imgengine and what is in it */
/* The id that tells this root from another disk mounted at the same path, and how many levels were
   made to have it. One that is there stays as it is. Under the root's lock, or where nobody else
   looks. */
int ie_own_note(const char *root, int made);

#endif
