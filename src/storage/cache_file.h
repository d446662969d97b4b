// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Small things that can be computed again, kept below $XDG_CACHE_HOME/imgengine from run to run. Any failure means
 * that there is nothing kept, never an error. A file is written whole or not at all, and carries its checksum.
 * Thread-safe; processes may share the folder.
 */
#ifndef IE_STORAGE_CACHE_FILE_H
#define IE_STORAGE_CACHE_FILE_H

#include <stddef.h>

/* What was kept under the name (no '/'); free() it. NULL: nothing, or it is damaged. */
void *ie_cache_read(const char *name, size_t *ret_size);
void ie_cache_write(const char *name, const void *bytes, size_t size);

#endif
