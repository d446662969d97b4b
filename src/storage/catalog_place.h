// SPDX-License-Identifier: GPL-3.0-or-later
/* Where the catalog lies: its file and folders are made here, before SQLite sees them. Pure but for
   that. */
#ifndef IE_STORAGE_CATALOG_PLACE_H
#define IE_STORAGE_CATALOG_PLACE_H

#include "imgengine.h"

/* Makes an empty file (0600) unless it is there, and missing folders (0700) if that is the default
   place; never changes one that is. IE_ERR_NOT_FOUND: the folder of another place is not there.
   IE_ERR_FORMAT when the name is taken by something that is no regular file. */
ie_status ie_catalog_create(const char *path, ie_error *err) IE_MUST_CHECK;

#endif
