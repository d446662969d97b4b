// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A ROOT that is not there yet appears as a whole, and one that a run made goes as a whole, so that
 * a run that is killed at any moment never leaves a folder of which nobody knows who made it.
 *
 * It is built aside, under a name of ours in the nearest folder that is there (".imgengine-….root",
 * always the same one for the same ROOT): its levels, .imgengine with its folders, and the note of
 * how many levels were made. All that is made durable, and then one rename, which never replaces
 * anything, gives it its place. Undo takes it aside by the same rename before it removes anything.
 * What a killed run left aside is recognised by its name and by its content, and removed; with
 * anything else in it, it is put back to its place. A living process locks what it has aside
 * (flock).
 *
 * A file system that cannot rename a folder without replacing gets its folders made and removed in
 * place: there, a run that is killed in that instant may leave an empty folder, which is then taken
 * for the user's own.
 */
#ifndef IE_ENGINE_OWN_ROOT_H
#define IE_ENGINE_OWN_ROOT_H

#include <stdbool.h>

/* Makes ROOT, which is missing, with its missing parents and .imgengine. ret_made: the number of
   levels. 0 or an errno: EAGAIN when another process is at it or was faster: look again. */
int ie_own_root_make(const char *root, int *ret_made);
/* Removes ROOT and up to levels - 1 of its parents, as far as they hold nothing else, with what
   .imgengine keeps when no run is left in it. Under ROOT's lock. What cannot be removed stays where
   it was. An empty folder stays aside until ie_own_root_sweep(): the sign that ROOT did not just
   vanish, for whoever has to note that. */
void ie_own_root_remove(const char *root, int levels);
/* Brings to its end what a killed run left aside of ROOT, which is missing. True when there was
   something, and ROOT is surely gone. */
bool ie_own_root_sweep(const char *root);
/* Is ROOT missing because it is being made or removed, or was when a run was killed? */
bool ie_own_root_is_aside(const char *root);

#endif
