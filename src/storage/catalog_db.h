// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * For the files that implement catalog.h beside catalog.c: the database within a catalog. What
 * waits in memory is not in it; ie_catalog_commit() first where that matters.
 */
#ifndef IE_STORAGE_CATALOG_DB_H
#define IE_STORAGE_CATALOG_DB_H

#include "storage/catalog.h"
#include "storage/catalog_row.h"
#include "storage/database.h"

ie_db *ie_catalog_db(ie_catalog *catalog);
ie_row_memo *ie_catalog_memo(ie_catalog *catalog);
/* NULL while the catalog is not held. */
ie_row_cursor *ie_catalog_cursor(ie_catalog *catalog);

/* Paths from `first` up to, but without, `behind`, by their bytes. */
typedef struct ie_path_range {
    char *first, *behind;
} ie_path_range;

/* What a file or folder at `path` (NULL: anywhere) stands for: ranges[0..result - 1], in order. */
size_t ie_path_ranges(const char *path, ie_path_range ret_ranges[2]);
void ie_path_ranges_clear(ie_path_range *ranges, size_t count);

#endif
