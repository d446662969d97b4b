// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Reading the catalog's row of one file, the one that a statement (IE_SQL_FIND or IE_SQL_FIND_FROM)
 * stands on. A row's versions may begin with a seal, a line "record VERSION HASH f": the record is
 * to the letter what this version writes, in its order, so that it can be printed without being
 * taken apart. A row with another record, of another version, or put together from two runs has no
 * seal that holds and is read key by key, with trust in nothing.
 */
#ifndef IE_STORAGE_CATALOG_ROW_H
#define IE_STORAGE_CATALOG_ROW_H

#include "storage/catalog.h"
#include "storage/database.h"
#include "utils/json.h"
#include "utils/text.h"

/* What the last row's versions came to: nearly all rows have the same ones. `text` is freed by the
   catalog. */
typedef struct ie_row_memo {
    char *text;
    ie_fact_version versions[16]; /* for which; more are never remembered */
    size_t count;
    unsigned have, tried;
    bool all; /* no line but is current */
} ie_row_memo;

/* Where IE_SQL_FIND_FROM stands while the catalog is held. Files are asked for nearly in the order
   of the rows, so the row wanted is mostly the next one, and need not be looked for from the top of
   the tree. */
typedef struct ie_row_cursor {
    bool open, row;    /* started; stands on a row, not behind the last */
    ie_buffer asked;   /* no row lies between this path and the one it stands on */
    ie_buffer from;    /* the first path, lent to the statement */
} ie_row_cursor;

/* Before the transaction that it reads in ends. */
void ie_row_cursor_close(ie_row_cursor *cursor, ie_db *db);

ie_stamp ie_row_stamp(ie_db *db, ie_db_sql sql);

/* The row's fact versions, without a seal, when it speaks of the file as it is now, else NULL. A
   clock's tick hides a change made right after the file was read, so a row stored that soon does
   not count. Both times must be that young: a camera's clock gives photos from the future, and a
   rename makes only ctime young. */
const char *ie_row_current(ie_db *db, ie_db_sql sql, const ie_stamp *stamp);
/* NULL when it is none. */
json_t *ie_row_record(ie_db *db, ie_db_sql sql);

/* Puts a seal for the record in front of the versions. */
void ie_row_seal(const char *record, char **versions);
/* `versions` without its seal. */
const char *ie_row_unsealed(const char *versions);

#endif
