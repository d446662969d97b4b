// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The walk: turns arguments into files, in a stable order (bytes of the name, a folder's files
 * before its subfolders; arguments in their order), each inode once however many roads lead to it.
 * Reads directories and stats; opens no file. Hidden names and `.imgengine` are skipped unless
 * configured (.imgengine always). Symbolic links are not followed unless asked; an argument itself
 * may be one. Belongs to one thread.
 */
#ifndef IE_STORAGE_SCAN_H
#define IE_STORAGE_SCAN_H

#include "core/config.h"
#include "core/photo.h"

typedef struct ie_scan ie_scan;

typedef struct ie_scan_counts {
    uint64_t files, bytes;   /* given out */
    uint64_t repeated; /* the same inode by another road: argument twice, hard link, bind mount */
    uint64_t excluded, hidden, symlinks; /* not looked at */
    uint64_t unreadable;     /* folders and names that could not be read */
} ie_scan_counts;

/* The lists scan.include and scan.exclude hold for file arguments, too; a folder argument itself is
   always entered. An argument inside a `.imgengine` folder is IE_ERR_USAGE. `problem` is called for
   what cannot be read (the walk goes on): path and a sentence. A path that does not exist is
   IE_ERR_NOT_FOUND here when it is an argument, a problem when from_list. */
ie_status ie_scan_open(const ie_config *config, const ie_input *input,
                       void (*problem)(void *user, const char *path, const char *text), void *user,
                       ie_scan **ret_scan, ie_error *err) IE_MUST_CHECK;
void ie_scan_close(ie_scan *scan);

/* All photos that are still to come will be kept, and none is freed soon. */
void ie_scan_keep_all(ie_scan *scan);
/* The next regular file as a photo with path, real_path, root, stamp, mode, links and sequence set,
   now the caller's; NULL at the end. Hard links: the first path is given out, links tells that
   there are more. */
ie_photo *ie_scan_next(ie_scan *scan);
ie_scan_counts ie_scan_count(const ie_scan *scan);

/* The roots as absolute paths without links: a folder argument itself, a file argument's folder.
   Roots are added as arguments are reached; all are known when ie_scan_next() gave NULL. */
uint32_t ie_scan_root_count(const ie_scan *scan);
const char *ie_scan_root(const ie_scan *scan, uint32_t index);

/* Is some part of the path a folder of our own journals and quarantine? No scan looks in there. */
bool ie_scan_in_own_folder(const char *path);

#endif
