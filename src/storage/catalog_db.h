// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * For the files that implement catalog.h beside catalog.c: the database within a catalog. What waits in
 * memory is not in it; ie_catalog_commit() first where that matters.
 */
#ifndef IE_STORAGE_CATALOG_DB_H
#define IE_STORAGE_CATALOG_DB_H

#include "storage/catalog.h"
#include "storage/database.h"

ie_db *ie_catalog_db(ie_catalog *catalog);

#endif
