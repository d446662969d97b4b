// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_db: the catalog's database file and its prepared statements; the one place that includes
 * SQLite. A statement is a row of the table in database.c. Use: bind, then run(), or next() until
 * false and end(). Text and blobs that are bound must live until then. WAL mode: readers are never
 * blocked. Belongs to one thread.
 */
#ifndef IE_STORAGE_DATABASE_H
#define IE_STORAGE_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "imgengine.h"

typedef enum ie_db_sql {
    IE_SQL_FIND, /* path → size, mtime, ctime, inode, device, stored, versions, record, format */
    IE_SQL_FIND_FROM, /* first path → the same and path, of that and all behind it; by path */
    IE_SQL_PUT,      /* path, size, mtime, ctime, inode, device, stored, format, versions, record */
    IE_SQL_MOVE,     /* from, to, ctime or NULL */
    IE_SQL_FORGET,   /* path */
    IE_SQL_COUNT,    /* → photos */
    IE_SQL_ADD_RUN,  /* id, time, command */
    IE_SQL_ADD_ROOT, /* run, root */
    IE_SQL_UNDONE,   /* run: nothing of it is left */
    IE_SQL_RUNS,     /* → id, time, command, undone; newest first */
    IE_SQL_ROOTS,    /* run → root */
    IE_SQL_SET_VOLUME,  /* root, volume, place or NULL */
    IE_SQL_DROP_VOLUME, /* root */
    IE_SQL_VOLUMES,     /* → root, volume, place */
    IE_SQL_DROP_RUN,    /* id: its roots, so that FORGET_RUNS takes it */
    IE_SQL_FORGET_ROOT, /* root: no run is known there */
    IE_SQL_FORGET_RUNS, /* those that are known nowhere go */
    IE_SQL_STORED, /* folder, first path below it, first path behind it → path, size, mtime, ctime,
                      inode, device, format, versions, record */
    IE_SQL_DROP_STALE, /* path, size, mtime, ctime, inode, device: its embeddings go if the row has
                          another stamp */
    IE_SQL_PUT_EMBEDDING,    /* path, model, dimension, vector */
    IE_SQL_CLEAR_EMBEDDINGS, /* path */
    IE_SQL_MOVE_EMBEDDINGS,  /* from, to */
    IE_SQL_EMBEDDING,        /* path, model → dimension, vector */
    IE_SQL_EMBEDDINGS, /* model, first path, first path behind → row, dimension, vector; by path */
    IE_SQL_EMBEDDING_RECORDS, /* model, first path, first path behind → row, path, record; by path
                               */
    IE_SQL_EMBEDDING_PATH,    /* row → path */
    IE_SQL_EMBEDDING_MODELS,  /* → model, dimension, photos */
    IE_SQL_TEXTS,             /* model, list → dimension, vectors */
    IE_SQL_PUT_TEXTS,         /* model, list, dimension, vectors */
    IE_SQL_TRIM_TEXTS,        /* the oldest lists go */
    IE_SQL_SET_APART,         /* hash, greater hash, their names */
    IE_SQL_DROP_APART,        /* hash, greater hash */
    IE_SQL_APART,             /* → hash, greater hash, their names */
    IE_SQL_FORMATS,           /* → format, files */
    IE_SQL_FORMATS_BELOW,     /* first path, first path behind → the same */
    IE_SQL_BEGIN_READ,
    IE_SQL_BEGIN, /* these three by their own functions */
    IE_SQL_COMMIT,
    IE_SQL_ROLLBACK,
    IE_SQL_COUNT_OF
} ie_db_sql;

typedef struct ie_db ie_db;

/* As ie_catalog_open() says; the file exists. */
ie_status ie_db_open(const char *path, bool writable, ie_db **ret_db, ie_error *err) IE_MUST_CHECK;
void ie_db_close(ie_db *db); /* NULL is fine */

/* Parameters count from 1. */
void ie_db_bind_int(ie_db *db, ie_db_sql sql, int index, int64_t value);
void ie_db_bind_text(ie_db *db, ie_db_sql sql, int index, const char *text);
void ie_db_bind_path(ie_db *db, ie_db_sql sql, int index, const char *path); /* a BLOB */
void ie_db_bind_blob(ie_db *db, ie_db_sql sql, int index, const void *bytes, size_t size);

ie_status ie_db_run(ie_db *db, ie_db_sql sql, ie_error *err) IE_MUST_CHECK;
/* True when there is a (further) row. end() is due in any case and gives what stopped the rows. */
bool ie_db_next(ie_db *db, ie_db_sql sql);
ie_status ie_db_end(ie_db *db, ie_db_sql sql, ie_error *err);

/* Columns count from 0; texts and blobs are valid until the next call for this statement. */
int64_t ie_db_int(ie_db *db, ie_db_sql sql, int column);
const char *ie_db_text(ie_db *db, ie_db_sql sql, int column, size_t *ret_size); /* NULL: absent */
const void *ie_db_blob(ie_db *db, ie_db_sql sql, int column,
                       size_t *ret_size); /* NULL: absent or empty */

/* One writer at a time: begin() waits for another process's transaction up to 20 s, then
   IE_ERR_BUSY. */
ie_status ie_db_begin(ie_db *db, ie_error *err) IE_MUST_CHECK;
/* Commits when `status` is IE_OK, else rolls back and hands `status` on. */
ie_status ie_db_finish(ie_db *db, ie_status status, ie_error *err) IE_MUST_CHECK;

const char *ie_db_library(void); /* "SQLite 3.40.1" */

#endif
