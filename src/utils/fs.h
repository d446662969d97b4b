// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The one door to the file system: every call that changes it stands in fs.c or fs_copy.c.
 *
 * A place is a name in a directory that is held open. The directory is reached from a trusted base
 * step by step without following a symbolic link, and every change is made relative to it, so that
 * nobody can lead a change elsewhere by swapping a folder for a link. Names are never overwritten:
 * a rename refuses an existing target (renameat2 RENAME_NOREPLACE; link + unlink where the file
 * system lacks it), a new file is made with O_EXCL.
 *
 * Results are 0 or an errno value, because callers decide by it; they know which sentence fits.
 * Calls that were interrupted by a signal are repeated. Thread-safe, but for ie_fs_set_hook().
 */
#ifndef IE_UTILS_FS_H
#define IE_UTILS_FS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "imgengine.h"
#include "utils/hash.h"

/* ---- places ------------------------------------------------------------------------------- */

typedef struct ie_place {
    int dir;          /* the parent directory, open; -1: none */
    char *path;       /* the whole path, for messages */
    const char *name; /* its last part, within path */
} ie_place;

#define IE_PLACE_NONE ((ie_place){.dir = -1})

/* Opens the parent of `path`. When path lies below `base`, base itself may be reached over links,
   what is below may not; else the whole path may not. Errno: ELOOP or ENOTDIR for a link or file on
   the way, EINVAL for
   "." and ".." parts or a relative path. */
int ie_place_open(const char *base, const char *path, ie_place *ret_place);
void ie_place_close(ie_place *place); /* an unopened or closed one is fine */
#define IE_AUTO_PLACE __attribute__((cleanup(ie_place_close)))

int ie_place_stat(const ie_place *place, struct stat *ret_stat); /* of the name itself: lstat */
/* Opens a regular file for reading; ELOOP for a symbolic link, EINVAL for anything else that is no
   file. */
int ie_place_read(const ie_place *place, int *ret_fd);
/* Does the directory list exactly these bytes as a name? (On file systems that fold case, stat says
   yes to others.) 0 or an errno. */
int ie_place_listed(const ie_place *place, bool *ret_listed);
/* The id of the mount that `path`'s nearest existing ancestor lies on; renames between two mounts
   fail. */
int ie_fs_mount(const char *path, uint64_t *ret_mount);
/* Is there a file of this name (a link counts)? False on any error. */
bool ie_fs_exists(const char *path);
/* Is there surely none? False when it cannot be seen. */
bool ie_fs_gone(const char *path);

/* ---- changes ------------------------------------------------------------------------------ */

int ie_fs_create(const ie_place *place, mode_t mode, int *ret_fd); /* new, read and write; EEXIST */
int ie_fs_open_append(const ie_place *place, int *ret_fd);         /* an existing regular file */
int ie_fs_write(int fd, const char *path, const void *bytes, size_t size); /* all of it */
int ie_fs_truncate(int fd, const char *path, uint64_t size);
int ie_fs_sync(int fd, const char *path);
int ie_fs_sync_parent(const ie_place *place); /* makes the names in the place's directory durable */
int ie_fs_sync_directory(const char *path);
/* Never overwrites: EEXIST. EXDEV across mounts; EOPNOTSUPP where the file system cannot do it
   safely. */
int ie_fs_rename(const ie_place *from, const ie_place *to);
/* Only for names that this program made: temporary files, its own copies after proof, its
   records. */
int ie_fs_link(const ie_place *from,
               const ie_place *to); /* another name for a file; EEXIST, EXDEV, EMLINK, EPERM */
int ie_fs_symlink(const char *target, const ie_place *place); /* EEXIST */
int ie_fs_unlink(const ie_place *place);
int ie_fs_mkdir(const ie_place *place, mode_t mode);
int ie_fs_rmdir(const ie_place *place);

/* ---- copies ------------------------------------------------------------------------------- */

typedef struct ie_copied {
    uint64_t size;
    ie_hash128 xxh3;
    bool reading; /* on failure: it was the source that could not be read */
} ie_copied;

/* Appends all bytes of from_fd (from its start) to to_fd; the hash is of the bytes as they were
   read. */
int ie_fs_copy(int from_fd, int to_fd, const char *to_path, ie_copied *ret_copied);
/* Makes the empty to_fd share all blocks of from_fd. EOPNOTSUPP, ENOTTY or EINVAL where the file
   system cannot, EXDEV. */
int ie_fs_clone(int from_fd, int to_fd, const char *to_path);
/* Do two files of the same bytes lie in the same blocks, so that a clone would save nothing? False
   where the file system does not say. */
bool ie_fs_shares(int a_fd, int b_fd);
/* The hash and size of what can be read from fd, from the start. */
int ie_fs_hash(int fd, ie_copied *ret_copied);
/* Gives the new file the old one's mode, extended attributes and times, and its owner when asked,
   as far as permitted and as far as the file system knows them. */
int ie_fs_copy_attributes(int from_fd, int to_fd, const char *to_path, bool owner);
/* Of these only who may read and write it: for a new file that tells of the old one but is none of
   its kind. */
int ie_fs_copy_permissions(int from_fd, int to_fd, const char *to_path, bool owner);
/* A whole file made durable: a temporary file beside it, fsync, rename, fsync of the directory.
   With `replace` an existing regular file of that name gives way; else EEXIST. */
int ie_fs_write_file(const char *path, const void *bytes, size_t size, mode_t mode, bool replace);

/* ---- the seam for tests ------------------------------------------------------------------- */

typedef enum ie_fs_op {
    IE_FS_CREATE,
    IE_FS_WRITE,
    IE_FS_TRUNCATE,
    IE_FS_SYNC,
    IE_FS_SYNC_DIRECTORY,
    IE_FS_RENAME,
    IE_FS_LINK,
    IE_FS_UNLINK,
    IE_FS_MKDIR,
    IE_FS_RMDIR,
    IE_FS_ATTRIBUTES
} ie_fs_op;

typedef struct ie_fs_event {
    ie_fs_op op;
    const char *path, *to; /* `to` for renames and links, else NULL */
} ie_fs_event;

/* from before(), for IE_FS_WRITE: write one byte only, as a full pipe or signal may */
#define IE_FS_SHORT (-1)

typedef struct ie_fs_hook {
    int (*before)(void *user, const ie_fs_event *event); /* 0, or the errno to fail with */
    void (*after)(void *user, const ie_fs_event *event, int result); /* may be NULL */
    void *user;
} ie_fs_hook;

/* Called around every change. For tests, before any thread is started; NULL takes it away. Nothing
   in the product sets it. */
void ie_fs_set_hook(const ie_fs_hook *hook);

/* For fs_copy.c: the two halves of the seam. */
int ie_fs_before(ie_fs_op op, const char *path, const char *to);
int ie_fs_after(ie_fs_op op, const char *path, const char *to, int result);

#endif
