// SPDX-License-Identifier: GPL-3.0-or-later
/* After an undo: the folders a run made go when they are empty, and the root itself when a run made
   it and every run in it is undone. */
#ifndef IE_ENGINE_UNDO_ROOT_H
#define IE_ENGINE_UNDO_ROOT_H

#include "storage/journal.h"

/* 0, or the errno of one that is empty and could not be removed. */
int ie_undo_remove_folders(const ie_log *log);
/* Only under the root's lock, with no journal open. */
void ie_undo_remove_root(const char *root);

#endif
