// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the disk says about a journal entry. The world, not the journal, decides what happened: a
 * journal line may be missing after a crash, a file never lies about being there. What cannot be
 * seen (a failing disk, no permission) is neither there nor gone: the world is then `blind`, and
 * nothing may be decided by it. Read-only, but for the set of folders that wait to be synced.
 */
#ifndef IE_ENGINE_WORLD_H
#define IE_ENGINE_WORLD_H

#include <sys/stat.h>

#include "storage/journal.h"
#include "storage/stamp.h"

/* Is it a regular file of this size, mtime, inode and device? */
bool ie_stamp_fits(const ie_stamp *stamp, const struct stat *st);
/* The same without inode and device, which may change when a disk is mounted again. */
bool ie_stamp_looks(const ie_stamp *stamp, const struct stat *st);

/* A name as it is now. */
typedef struct ie_sight {
    bool there;
    struct stat st;
} ie_sight;

/* Where an entry's files are now. */
typedef struct ie_world {
    ie_sight from, to, temp, park, quarantine, undo;
    bool to_listed; /* only when they are one file: `to` is a name in its folder */
    bool folded;  /* `from` and `to` are one directory entry, on a file system that folds case */
    bool doubled; /* `from` and `to` are two names of one file: a rename by link and unlink was cut
                     short */
    int blind;    /* the errno of a name that could not be looked at; 0: all were */
    const char *unseen; /* that name, the entry's */
} ie_world;

void ie_world_look(const ie_entry *entry, ie_world *ret_world);
bool ie_same_inode(const ie_sight *a, const ie_sight *b); /* both there and one file */
/* MOVE by rename: is the file at `to` (or half way: at both)? */
bool ie_world_moved(const ie_entry *entry, const ie_world *world);
/* Is this path the new file of the entry, to the last byte? 0 or the errno of looking. */
int ie_entry_made_this(const ie_entry *entry, const char *path, const ie_sight *sight,
                       bool *ret_made);
/* Was the entry carried out completely? IE_ERR_IO when that cannot be seen. */
ie_status ie_entry_carried_out(const ie_entry *entry, bool *ret_carried_out,
                               ie_error *err) IE_MUST_CHECK;
/* Where undo puts a new file before it removes it: beside `temp`; free() it. NULL when nothing is
   made. */
char *ie_entry_undo_path(const ie_entry *entry);
/* Is this path a regular file of these bytes? 0 or the errno of looking. */
int ie_path_holds(const char *path, uint64_t size, ie_hash128 hash, bool *ret_holds);
bool ie_errno_gone(
    int number); /* says that there is no such file, and not that it cannot be seen */

/* Folders whose names changed and that were not synced yet. */
typedef struct ie_touched {
    char **folders;
    size_t count, room;
} ie_touched;

void ie_touched_add_parent(ie_touched *touched, const char *path);
/* Syncs all and empties the set; folders that are gone are fine. 0 or the first errno. */
int ie_touched_sync(ie_touched *touched);
void ie_touched_free(ie_touched *touched);

#endif
