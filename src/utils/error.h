// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Filling an ie_error. The types stand in imgengine.h because callers of the library own them.
 * An error is set where it is understood and passed up unchanged; every function takes err == NULL.
 */
#ifndef IE_UTILS_ERROR_H
#define IE_UTILS_ERROR_H

#include "imgengine.h"

/* Sets status and text, returns status: `return ie_error_set(err, IE_ERR_USAGE, "…", …);` */
ie_status ie_error_set(ie_error *err, ie_status status, const char *format, ...) IE_PRINTF(3, 4);

/* Sets the status that fits errno (ENOSPC, EDQUOT → NO_SPACE; ENOENT → NOT_FOUND; EEXIST → EXISTS;
   else IO) and the text "<format>: <strerror>". Call it before anything else may change errno. */
ie_status ie_error_errno(ie_error *err, int saved_errno, const char *format, ...) IE_PRINTF(3, 4);

/* Printable form of a path's bytes for messages: control bytes and bytes that are not UTF-8 become
   \xHH. Writes at most size bytes with the NUL, cutting with "…"; returns buffer. */
const char *ie_show_path(const char *path, char *buffer, size_t size);
/* The same into one of a few per-thread buffers, valid until the eighth next call. */
const char *ie_shown(const char *path);

#endif
