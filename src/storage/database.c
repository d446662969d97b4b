// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/database.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "utils/error.h"
#include "utils/late.h"
#include "utils/memory.h"

/* Loaded at first use: see utils/late.h. */
// clang-format off
#define CALLS(X)                                                                                   \
    X(sqlite3_bind_blob64) X(sqlite3_bind_int64) X(sqlite3_bind_text) X(sqlite3_busy_timeout)      \
    X(sqlite3_clear_bindings) X(sqlite3_close) X(sqlite3_column_blob) X(sqlite3_column_bytes)      \
    X(sqlite3_column_int64) X(sqlite3_column_text) X(sqlite3_errcode) X(sqlite3_errmsg)            \
    X(sqlite3_exec) X(sqlite3_finalize) X(sqlite3_get_autocommit) X(sqlite3_open_v2)               \
    X(sqlite3_prepare_v2) X(sqlite3_prepare_v3) X(sqlite3_reset) X(sqlite3_step)                   \
    X(sqlite3_system_errno)
// clang-format on
static struct {
    CALLS(IE_LATE_MEMBER)
} libsqlite;
#define sqlite3_bind_blob64 (libsqlite.sqlite3_bind_blob64)
#define sqlite3_bind_int64 (libsqlite.sqlite3_bind_int64)
#define sqlite3_bind_text (libsqlite.sqlite3_bind_text)
#define sqlite3_busy_timeout (libsqlite.sqlite3_busy_timeout)
#define sqlite3_clear_bindings (libsqlite.sqlite3_clear_bindings)
#define sqlite3_close (libsqlite.sqlite3_close)
#define sqlite3_column_blob (libsqlite.sqlite3_column_blob)
#define sqlite3_column_bytes (libsqlite.sqlite3_column_bytes)
#define sqlite3_column_int64 (libsqlite.sqlite3_column_int64)
#define sqlite3_column_text (libsqlite.sqlite3_column_text)
#define sqlite3_errcode (libsqlite.sqlite3_errcode)
#define sqlite3_errmsg (libsqlite.sqlite3_errmsg)
#define sqlite3_exec (libsqlite.sqlite3_exec)
#define sqlite3_finalize (libsqlite.sqlite3_finalize)
#define sqlite3_get_autocommit (libsqlite.sqlite3_get_autocommit)
#define sqlite3_open_v2 (libsqlite.sqlite3_open_v2)
#define sqlite3_prepare_v2 (libsqlite.sqlite3_prepare_v2)
#define sqlite3_prepare_v3 (libsqlite.sqlite3_prepare_v3)
#define sqlite3_reset (libsqlite.sqlite3_reset)
#define sqlite3_step (libsqlite.sqlite3_step)
#define sqlite3_system_errno (libsqlite.sqlite3_system_errno)

static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static bool loaded;

static void load(void)
{
    static const char *const names[] = {CALLS(IE_LATE_NAME)};
    loaded = ie_late_load(IE_LIBRARY_SQLITE3, names, sizeof names / sizeof *names, &libsqlite);
}

#define APPLICATION_ID 0x494d4743 /* "IMGC" */
#define BUSY_MS 20000
/* Of new catalogs; SQLite reads a page a time, and the embeddings of a million photos are a
   gigabyte. */
#define PAGE_SIZE "PRAGMA page_size = 16384"

static const char *const statements[IE_SQL_COUNT_OF] = {
    [IE_SQL_FIND] =
        "SELECT size, mtime_ns, ctime_ns, inode, device, stored_ns, versions, record, format "
        "FROM files WHERE path = ?1",
    [IE_SQL_FIND_FROM] =
        "SELECT size, mtime_ns, ctime_ns, inode, device, stored_ns, versions, record, format, path "
        "FROM files WHERE path >= ?1 ORDER BY path",
    [IE_SQL_PUT] = "INSERT OR REPLACE INTO files(path, size, mtime_ns, ctime_ns, inode, device, "
                   "stored_ns, format, versions, record) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
                   "?9, ?10)",
    [IE_SQL_MOVE] =
        "UPDATE OR REPLACE files SET path = ?2, ctime_ns = ifnull(?3, ctime_ns) WHERE path = ?1",
    [IE_SQL_FORGET] = "DELETE FROM files WHERE path = ?1",
    [IE_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [IE_SQL_BEGIN_READ] = "BEGIN",
    [IE_SQL_COMMIT] = "COMMIT",
    [IE_SQL_ROLLBACK] = "ROLLBACK",
    /* Without rows that wait aside for a file to come back (engine/noting.h); their names come
       behind all paths. Such are few, and `path` is not in the index that counts the others. */
    [IE_SQL_COUNT] = "SELECT (SELECT count(*) FROM files WHERE format <> 'unknown') - (SELECT "
                     "count(*) FROM files WHERE path >= x'30' AND format <> 'unknown')",
    [IE_SQL_ADD_RUN] =
        "INSERT INTO runs(id, time, command) VALUES(?1, ?2, ?3) ON CONFLICT(id) DO NOTHING",
    [IE_SQL_ADD_ROOT] = "INSERT OR IGNORE INTO run_roots(run, root) VALUES(?1, ?2)",
    [IE_SQL_UNDONE] = "UPDATE runs SET undone = 1 WHERE id = ?1",
    [IE_SQL_RUNS] = "SELECT id, time, command, undone FROM runs ORDER BY number DESC",
    [IE_SQL_SET_VOLUME] = "INSERT OR REPLACE INTO volumes(root, volume, place) VALUES(?1, ?2, ?3)",
    [IE_SQL_DROP_VOLUME] = "DELETE FROM volumes WHERE root = ?1",
    [IE_SQL_VOLUMES] = "SELECT root, volume, place FROM volumes ORDER BY root",
    [IE_SQL_DROP_RUN] = "DELETE FROM run_roots WHERE run = ?1",
    [IE_SQL_FORGET_ROOT] = "DELETE FROM run_roots WHERE root = ?1",
    [IE_SQL_FORGET_RUNS] = "DELETE FROM runs WHERE id NOT IN (SELECT run FROM run_roots)",
    [IE_SQL_STORED] =
        "SELECT path, size, mtime_ns, ctime_ns, inode, device, format, versions, record FROM files "
        "WHERE path = ?1 OR (path >= ?2 AND path < ?3) ORDER BY path",
    [IE_SQL_DROP_STALE] =
        "DELETE FROM embeddings WHERE path = ?1 AND NOT EXISTS (SELECT 1 FROM files WHERE path = "
        "?1 AND size = ?2 AND mtime_ns = ?3 AND ctime_ns = ?4 AND inode = ?5 AND device = ?6)",
    [IE_SQL_PUT_EMBEDDING] =
        "INSERT OR REPLACE INTO embeddings(path, model, dimension, vector) VALUES(?1, ?2, ?3, ?4)",
    [IE_SQL_CLEAR_EMBEDDINGS] = "DELETE FROM embeddings WHERE path = ?1",
    [IE_SQL_MOVE_EMBEDDINGS] = "UPDATE OR REPLACE embeddings SET path = ?2 WHERE path = ?1",
    [IE_SQL_EMBEDDING] = "SELECT dimension, vector FROM embeddings WHERE path = ?1 AND model = ?2",
    [IE_SQL_EMBEDDINGS] = "SELECT rowid, dimension, vector FROM embeddings "
                          "WHERE path >= ?2 AND path < ?3 AND model = ?1 ORDER BY path",
    [IE_SQL_EMBEDDING_RECORDS] =
        "SELECT e.rowid, e.path, f.record FROM embeddings e JOIN files f ON f.path = e.path "
        "WHERE e.path >= ?2 AND e.path < ?3 AND e.model = ?1 ORDER BY e.path",
    [IE_SQL_EMBEDDING_PATH] = "SELECT path FROM embeddings WHERE rowid = ?1",
    [IE_SQL_EMBEDDING_MODELS] = "SELECT model, max(dimension), count(*) FROM embeddings WHERE "
                                "+path < x'30' GROUP BY model ORDER BY count(*) DESC, model",
    [IE_SQL_TEXTS] = "SELECT dimension, vectors FROM texts WHERE model = ?1 AND list = ?2",
    [IE_SQL_PUT_TEXTS] =
        "INSERT OR REPLACE INTO texts(model, list, dimension, vectors) VALUES(?1, ?2, ?3, ?4)",
    [IE_SQL_TRIM_TEXTS] = "DELETE FROM texts WHERE rowid NOT IN (SELECT rowid FROM texts ORDER BY "
                          "rowid DESC LIMIT 32)",
    [IE_SQL_SET_APART] =
        "INSERT OR REPLACE INTO apart(a, b, name_a, name_b) VALUES(?1, ?2, ?3, ?4)",
    [IE_SQL_DROP_APART] = "DELETE FROM apart WHERE a = ?1 AND b = ?2",
    [IE_SQL_APART] = "SELECT a, b, name_a, name_b FROM apart ORDER BY name_a, name_b, a, b",
    [IE_SQL_FORMATS] = "SELECT format, count(*) FROM files GROUP BY format UNION ALL SELECT "
                       "format, -count(*) FROM files WHERE path >= x'30' GROUP BY format",
    [IE_SQL_FORMATS_BELOW] =
        "SELECT format, count(*) FROM files WHERE path >= ?1 AND path < ?2 GROUP BY format",
    [IE_SQL_ROOTS] = "SELECT root FROM run_roots WHERE run = ?1 ORDER BY rowid",
};

/* Step n takes a catalog of version n to version n + 1. Steps are never changed once released. */
static const char *const steps[] = {
    "CREATE TABLE files(path BLOB NOT NULL PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER "
    "NOT NULL, ctime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, device INTEGER NOT NULL, "
    "stored_ns INTEGER NOT NULL, format TEXT NOT NULL, versions TEXT NOT NULL, record TEXT NOT "
    "NULL);CREATE INDEX files_by_format ON files(format);CREATE TABLE runs(number INTEGER PRIMARY "
    "KEY, id TEXT NOT NULL UNIQUE, time TEXT NOT NULL, command TEXT NOT NULL, undone INTEGER NOT "
    "NULL DEFAULT 0);CREATE TABLE run_roots(run TEXT NOT NULL, root BLOB NOT NULL, UNIQUE(run, "
    "root));",
    "CREATE TABLE volumes(root BLOB NOT NULL PRIMARY KEY, volume TEXT NOT NULL);",
    "CREATE TABLE embeddings(path BLOB NOT NULL, model TEXT NOT NULL, dimension INTEGER NOT NULL, "
    "vector BLOB NOT NULL, UNIQUE(path, model));CREATE TABLE texts(model TEXT NOT NULL, list TEXT "
    "NOT NULL, dimension INTEGER NOT NULL, vectors BLOB NOT NULL, UNIQUE(model, list));",
    ("CREATE TABLE apart(a BLOB NOT NULL, b BLOB NOT NULL, name_a BLOB NOT NULL, name_b BLOB NOT "
     "NULL, UNIQUE(a, b));"),
    "ALTER TABLE volumes ADD COLUMN place TEXT;",
};
#define VERSION ((int)(sizeof steps / sizeof *steps))

struct ie_db {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *prepared[IE_SQL_COUNT_OF];
    int last[IE_SQL_COUNT_OF]; /* what the statement's last step gave */
};

/* ---- errors ------------------------------------------------------------------------------- */

static ie_status failed(ie_db *db, ie_error *err)
{
    int code = sqlite3_errcode(db->db) & 0xff, cause = sqlite3_system_errno(db->db);
    const char *name = ie_shown(db->path);
    if (code == SQLITE_FULL || ((code == SQLITE_IOERR || code == SQLITE_CANTOPEN) &&
                                (cause == ENOSPC || cause == EDQUOT))) {
        return ie_error_set(err, IE_ERR_NO_SPACE,
                            "The disk of the catalog %s is full; make room and run again", name);
    }
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
        return ie_error_set(
            err, IE_ERR_BUSY,
            "Another program has held the catalog %s for %d seconds; try again later", name,
            BUSY_MS / 1000);
    }
    if (code == SQLITE_NOTADB) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "%s is no catalog of Image Engine and was left as it is; name another "
                            "file with --catalog",
                            name);
    }
    if (code == SQLITE_CORRUPT) {
        return ie_error_set(
            err, IE_ERR_FORMAT,
            "The catalog %s is damaged (%s); move it away and a new one is made from your photos",
            name, sqlite3_errmsg(db->db));
    }
    const char *advice = code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_PERM
                             ? "; name a file in a folder you may write to with --catalog"
                             : "";
    return ie_error_set(err, IE_ERR_IO, "The catalog %s cannot be used: %s%s%s%s", name,
                        sqlite3_errmsg(db->db), cause != 0 ? ": " : "",
                        cause != 0 ? strerror(cause) : "", advice);
}

/* ---- statements --------------------------------------------------------------------------- */

static sqlite3_stmt *prepare(ie_db *db, ie_db_sql sql)
{
    sqlite3_stmt **place = &db->prepared[sql];
    if (*place == NULL) {
        db->last[sql] =
            sqlite3_prepare_v3(db->db, statements[sql], -1, SQLITE_PREPARE_PERSISTENT, place, NULL);
    }
    return *place;
}

void ie_db_bind_int(ie_db *db, ie_db_sql sql, int index, int64_t value)
{
    sqlite3_bind_int64(prepare(db, sql), index, value);
}

void ie_db_bind_text(ie_db *db, ie_db_sql sql, int index, const char *text)
{
    sqlite3_bind_text(prepare(db, sql), index, text, -1, SQLITE_STATIC);
}

void ie_db_bind_path(ie_db *db, ie_db_sql sql, int index, const char *path)
{
    sqlite3_bind_blob64(prepare(db, sql), index, path, strlen(path), SQLITE_STATIC);
}

void ie_db_bind_blob(ie_db *db, ie_db_sql sql, int index, const void *bytes, size_t size)
{
    sqlite3_bind_blob64(prepare(db, sql), index, bytes, size, SQLITE_STATIC);
}

bool ie_db_next(ie_db *db, ie_db_sql sql)
{
    sqlite3_stmt *stmt = prepare(db, sql);
    if (stmt != NULL) {
        db->last[sql] = sqlite3_step(stmt);
    }
    return stmt != NULL && db->last[sql] == SQLITE_ROW;
}

ie_status ie_db_end(ie_db *db, ie_db_sql sql, ie_error *err)
{
    int last = db->last[sql];
    ie_status status = last == SQLITE_DONE || last == SQLITE_ROW ? IE_OK : failed(db, err);
    if (db->prepared[sql] != NULL) {
        sqlite3_reset(db->prepared[sql]);
        sqlite3_clear_bindings(db->prepared[sql]);
    }
    return status;
}

ie_status ie_db_run(ie_db *db, ie_db_sql sql, ie_error *err)
{
    ie_db_next(db, sql);
    return ie_db_end(db, sql, err);
}

int64_t ie_db_int(ie_db *db, ie_db_sql sql, int column)
{
    return sqlite3_column_int64(db->prepared[sql], column);
}

const char *ie_db_text(ie_db *db, ie_db_sql sql, int column, size_t *ret_size)
{
    /* _text and not _blob: only then is there a NUL behind it. */
    const char *text = (const char *)sqlite3_column_text(db->prepared[sql], column);
    *ret_size = (size_t)sqlite3_column_bytes(db->prepared[sql], column);
    return text;
}

const void *ie_db_blob(ie_db *db, ie_db_sql sql, int column, size_t *ret_size)
{
    const void *bytes = sqlite3_column_blob(db->prepared[sql], column);
    *ret_size = (size_t)sqlite3_column_bytes(db->prepared[sql], column);
    return bytes;
}

ie_status ie_db_begin(ie_db *db, ie_error *err)
{
    return ie_db_run(db, IE_SQL_BEGIN, err);
}

ie_status ie_db_finish(ie_db *db, ie_status status, ie_error *err)
{
    if (status == IE_OK) {
        status = ie_db_run(db, IE_SQL_COMMIT, err);
    }
    if (status != IE_OK && sqlite3_get_autocommit(db->db) == 0) {
        ie_db_next(db, IE_SQL_ROLLBACK);
        ie_db_end(db, IE_SQL_ROLLBACK, NULL);
    }
    return status;
}

const char *ie_db_library(void)
{
    return "SQLite " SQLITE_VERSION;
}

/* ---- opening ------------------------------------------------------------------------------ */

/* The one number a statement gives; -1 when it fails. */
static int64_t number_of(ie_db *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(db->db, sql, -1, &stmt, NULL) == SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        value = sqlite3_column_int64(stmt, 0);
    }
    sqlite3_finalize(stmt);
    return value;
}

/* Is it ours, or empty, and not of a newer version? Only reads. */
static ie_status check_owner(ie_db *db, bool writable, int64_t *ret_version, ie_error *err)
{
    int64_t owner = number_of(db, "PRAGMA application_id");
    int64_t version = owner >= 0 ? number_of(db, "PRAGMA user_version") : -1;
    int64_t tables = version >= 0 ? number_of(db, "SELECT count(*) FROM sqlite_master") : -1;
    const char *name = ie_shown(db->path);
    if (owner < 0 || version < 0 || tables < 0) {
        return failed(db, err);
    }
    if (owner != APPLICATION_ID && (owner != 0 || version != 0 || tables != 0)) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "%s is another program's database and was left as it is; name another "
                            "file with --catalog",
                            name);
    }
    if (version > VERSION) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "The catalog %s was made by a newer Image Engine (its version is %lld, "
                            "this one knows %d) and was left as it is; update, or name another "
                            "file with --catalog",
                            name, (long long)version, VERSION);
    }
    if (version < VERSION && !writable) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "The catalog %s is of an older version; any analyze or planning "
                            "command brings it up to date",
                            name);
    }
    *ret_version = version;
    return IE_OK;
}

/* In one transaction; what another process did meanwhile is seen inside it. */
static ie_status migrate(ie_db *db, ie_error *err)
{
    int64_t version = 0;
    ie_status status = ie_db_begin(db, err);
    if (status != IE_OK) {
        return status;
    }
    status = check_owner(db, true, &version, err);
    for (; status == IE_OK && version < VERSION; version++) {
        if (sqlite3_exec(db->db, steps[version], NULL, NULL, NULL) != SQLITE_OK) {
            status = failed(db, err);
        }
    }
    if (status == IE_OK) {
        char pragmas[96];
        snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 APPLICATION_ID, VERSION);
        status =
            sqlite3_exec(db->db, pragmas, NULL, NULL, NULL) == SQLITE_OK ? IE_OK : failed(db, err);
    }
    return ie_db_finish(db, status, err);
}

/* SQLite calls no busy handler for this one, and two new processes may meet here. */
static ie_status use_wal(ie_db *db, ie_error *err)
{
    const struct timespec pause = {.tv_nsec = 10000000};
    for (int tries = 0; tries < BUSY_MS / 10; tries++) {
        int code = sqlite3_exec(db->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
                                NULL, NULL, NULL);
        if (code != SQLITE_BUSY) {
            return code == SQLITE_OK ? IE_OK : failed(db, err);
        }
        nanosleep(&pause, NULL);
    }
    return failed(db, err);
}

ie_status ie_db_open(const char *path, bool writable, ie_db **ret_db, ie_error *err)
{
    pthread_once(&load_once, load);
    if (!loaded) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "SQLite (" IE_LIBRARY_SQLITE3
                            "), which keeps the catalog, cannot be loaded; install it, or do "
                            "without a catalog: --catalog ''");
    }
    ie_db *db = ie_alloc(sizeof *db);
    /* With "./" in front no name means something special to SQLite. */
    db->path = ie_asprintf("%s%s", path[0] == '/' ? "" : "./", path);
    ie_status status = IE_OK;
    int64_t version = 0;
    int flags = (writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(db->path, &db->db, flags, NULL) != SQLITE_OK) {
        status = failed(db, err);
    } else {
        sqlite3_busy_timeout(db->db, BUSY_MS);
        sqlite3_exec(db->db, PAGE_SIZE, NULL, NULL, NULL);
        /* In one transaction, lest another process make the catalog between two of the
           questions. */
        sqlite3_exec(db->db, "BEGIN", NULL, NULL, NULL);
        status = check_owner(db, writable, &version, err);
        sqlite3_exec(db->db, "COMMIT", NULL, NULL, NULL);
    }
    if (status == IE_OK && version < VERSION) {
        status = migrate(db, err);
    }
    if (status == IE_OK && writable) {
        status = use_wal(db, err);
    }
    if (status != IE_OK) {
        ie_db_close(db);
        return status;
    }
    sqlite3_exec(db->db, "PRAGMA cache_size = -16000", NULL, NULL, NULL);
    *ret_db = db;
    return IE_OK;
}

void ie_db_close(ie_db *db)
{
    if (db == NULL) {
        return;
    }
    for (int i = 0; i < IE_SQL_COUNT_OF; i++) {
        sqlite3_finalize(db->prepared[i]);
    }
    sqlite3_close(db->db);
    free(db->path);
    free(db);
}
