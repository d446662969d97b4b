// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_bytes: one opened file as bytes, read at most once. Small windows are read where they are
 * asked for and kept; load() reads the whole. Never maps the file: a file cut short by someone else
 * must give a fault, not a SIGBUS. Belongs to one thread.
 */
#ifndef IE_STORAGE_BYTES_H
#define IE_STORAGE_BYTES_H

#include "core/photo.h"

typedef struct ie_bytes ie_bytes;

/* Opens a regular file for reading (no FIFO, device or folder; does not block on them). */
ie_status ie_bytes_open(const char *path, ie_bytes **ret_bytes, ie_error *err) IE_MUST_CHECK;
/* The folder where a file was opened last: from there its neighbours are found without walking down
   all of the path anew. Zeroed at first; one thread's. A folder that is renamed meanwhile is the
   same folder still. */
typedef struct ie_nearby {
    char *folder; /* with a slash at its end; NULL: none yet */
    size_t length, room;
    int fd; /* valid when open */
    bool open;
} ie_nearby;
ie_status ie_bytes_open_near(ie_nearby *nearby, const char *path, ie_bytes **ret_bytes,
                             ie_error *err) IE_MUST_CHECK;
void ie_nearby_clear(ie_nearby *nearby);
/* Bytes already in memory, not owned: for tests, fuzzing and embedded previews. */
ie_bytes *ie_bytes_wrap(const void *memory, size_t size);
void ie_bytes_close(ie_bytes *bytes);

uint64_t ie_bytes_size(const ie_bytes *bytes);
ie_stamp ie_bytes_stamp(const ie_bytes *bytes); /* fstat of the opened file; zero when wrapped */

/* Pointer to `size` bytes at `offset`, valid until close (a later load() keeps it valid); NULL when
   the file is shorter, `size` is 0, or reading fails (see ie_bytes_errno). */
const uint8_t *ie_bytes_at(ie_bytes *bytes, uint64_t offset, size_t size);
/* The same for one who will look at nothing else: no more than that is read. */
const uint8_t *ie_bytes_only(ie_bytes *bytes, uint64_t offset, size_t size);
/* Into memory of the caller's, keeping nothing. False when the file is shorter or reading fails. */
bool ie_bytes_copy(ie_bytes *bytes, uint64_t offset, void *to, size_t size);
/* The whole file; NULL when larger than max_bytes, out of memory, or unreadable. */
const uint8_t *ie_bytes_load(ie_bytes *bytes, uint64_t max_bytes);
/* XXH3-128 over all bytes: from memory when loaded, else streamed. */
bool ie_bytes_xxh3(ie_bytes *bytes, ie_hash128 *ret_hash);
int ie_bytes_errno(const ie_bytes *bytes); /* of the last failed read, or 0 */

#endif
