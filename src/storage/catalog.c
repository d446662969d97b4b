// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/catalog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/record.h"
#include "storage/catalog_db.h"
#include "storage/catalog_row.h"
#include "storage/catalog_place.h"
#include "storage/database.h"
#include "storage/fact_version.h"
#include "storage/stamp.h"
#include "utils/error.h"
#include "utils/text.h"

/* A transaction is held only while rows are written, never while photos are analyzed: another
   process may want to write, too. So rows wait here, this many at most and not longer than a second
   or so. */
#define PENDING_ROWS 256
#define PENDING_NS 1000000000

typedef struct pending {
    ie_db_sql kind; /* PUT, MOVE or FORGET */
    char *path, *to;
    ie_stamp stamp;
    int64_t stored_ns;
    ie_format format;
    char *versions, *record;
    bool current; /* the row that is there is of these bytes */
    bool merged;  /* its record holds facts of an earlier run, too */
    ie_embedding *embedding; /* of a PUT, or NULL */
} pending;

struct ie_catalog {
    ie_db *db;
    pending rows[PENDING_ROWS];
    size_t count;
    int64_t oldest_ns;
    bool held;
    ie_row_memo memo;
    ie_row_cursor cursor;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---- opening ------------------------------------------------------------------------------ */

ie_status ie_catalog_open(const char *path, bool writable, ie_catalog **ret_catalog, ie_error *err)
{
    ie_status status = writable ? ie_catalog_create(path, err) : IE_OK;
    if (status == IE_OK && access(path, F_OK) != 0) {
        status = ie_error_errno(err, errno, "The catalog %s cannot be opened", ie_shown(path));
    }
    ie_db *db = NULL;
    if (status == IE_OK) {
        status = ie_db_open(path, writable, &db, err);
    }
    if (status != IE_OK) {
        return status;
    }
    ie_catalog *catalog = ie_alloc(sizeof *catalog);
    catalog->db = db;
    *ret_catalog = catalog;
    return IE_OK;
}

void ie_catalog_close(ie_catalog *catalog)
{
    if (catalog == NULL) {
        return;
    }
    /* A cache: what can no longer be kept is found out again. */
    ie_status ignored = ie_catalog_commit(catalog, NULL);
    (void)ignored;
    ie_catalog_let_go(catalog);
    ie_db_close(catalog->db);
    ie_buffer_free(&catalog->cursor.asked);
    ie_buffer_free(&catalog->cursor.from);
    free(catalog->memo.text);
    free(catalog);
}

void ie_catalog_hold(ie_catalog *catalog)
{
    ie_catalog_let_go(catalog);
    /* When it cannot begin, each find reads by itself. */
    ie_status ignored = ie_db_run(catalog->db, IE_SQL_BEGIN_READ, NULL);
    (void)ignored;
    catalog->held = ignored == IE_OK;
}

void ie_catalog_let_go(ie_catalog *catalog)
{
    if (catalog->held) {
        ie_row_cursor_close(&catalog->cursor, catalog->db);
        ie_status ignored = ie_db_run(catalog->db, IE_SQL_COMMIT, NULL);
        (void)ignored;
        catalog->held = false;
    }
}

const char *ie_catalog_library(void)
{
    return ie_db_library();
}

/* ---- storing ------------------------------------------------------------------------------ */

static void bind_put(ie_db *db, const pending *put)
{
    ie_db_bind_int(db, IE_SQL_PUT, 2, (int64_t)put->stamp.size);
    ie_db_bind_int(db, IE_SQL_PUT, 3, put->stamp.mtime_ns);
    ie_db_bind_int(db, IE_SQL_PUT, 4, put->stamp.ctime_ns);
    ie_db_bind_int(db, IE_SQL_PUT, 5, (int64_t)put->stamp.inode);
    ie_db_bind_int(db, IE_SQL_PUT, 6, (int64_t)put->stamp.device);
    ie_db_bind_int(db, IE_SQL_PUT, 7, put->stored_ns);
    ie_db_bind_text(db, IE_SQL_PUT, 8, ie_format_name(put->format));
    ie_db_bind_text(db, IE_SQL_PUT, 9, put->versions);
    ie_db_bind_text(db, IE_SQL_PUT, 10, put->record);
}

/* A rename changes ctime; when the file at the new name is the row's file otherwise, the row
   follows it. */
static void bind_move(ie_db *db, const pending *move)
{
    struct stat st;
    ie_db_bind_path(db, IE_SQL_MOVE, 2, move->to);
    if (lstat(move->to, &st) != 0) {
        return;
    }
    ie_stamp now = ie_stamp_of(&st);
    ie_db_bind_path(db, IE_SQL_FIND, 1, move->path);
    if (ie_db_next(db, IE_SQL_FIND)) {
        ie_stamp stored = ie_row_stamp(db, IE_SQL_FIND);
        if (ie_stamp_still_file(&stored, &now)) {
            ie_db_bind_int(db, IE_SQL_MOVE, 3,
                           (int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec);
        }
    }
    ie_db_end(db, IE_SQL_FIND, NULL);
}

/* Before the row changes: embeddings of the bytes that were there before go. */
static ie_status drop_stale(ie_db *db, const pending *row, ie_error *err)
{
    ie_db_sql sql = row->kind == IE_SQL_PUT ? IE_SQL_DROP_STALE : IE_SQL_CLEAR_EMBEDDINGS;
    ie_db_bind_path(db, sql, 1, row->kind == IE_SQL_MOVE ? row->to : row->path);
    if (row->kind == IE_SQL_PUT) {
        ie_db_bind_int(db, sql, 2, (int64_t)row->stamp.size);
        ie_db_bind_int(db, sql, 3, row->stamp.mtime_ns);
        ie_db_bind_int(db, sql, 4, row->stamp.ctime_ns);
        ie_db_bind_int(db, sql, 5, (int64_t)row->stamp.inode);
        ie_db_bind_int(db, sql, 6, (int64_t)row->stamp.device);
    }
    return ie_db_run(db, sql, err);
}

static ie_status write_embedding(ie_db *db, const pending *row, ie_error *err)
{
    if (row->kind == IE_SQL_MOVE) {
        ie_db_bind_path(db, IE_SQL_MOVE_EMBEDDINGS, 1, row->path);
        ie_db_bind_path(db, IE_SQL_MOVE_EMBEDDINGS, 2, row->to);
        return ie_db_run(db, IE_SQL_MOVE_EMBEDDINGS, err);
    }
    const ie_embedding *e = row->embedding;
    if (e == NULL) {
        return IE_OK;
    }
    ie_db_bind_path(db, IE_SQL_PUT_EMBEDDING, 1, row->path);
    ie_db_bind_text(db, IE_SQL_PUT_EMBEDDING, 2, e->model);
    ie_db_bind_int(db, IE_SQL_PUT_EMBEDDING, 3, (int64_t)e->dimension);
    ie_db_bind_blob(db, IE_SQL_PUT_EMBEDDING, 4, e->values, e->dimension * sizeof *e->values);
    return ie_db_run(db, IE_SQL_PUT_EMBEDDING, err);
}

static ie_status write_row(ie_db *db, const pending *row, ie_error *err)
{
    bool stays = row->kind == IE_SQL_MOVE && strcmp(row->path, row->to) == 0;
    ie_status status = stays || row->current ? IE_OK : drop_stale(db, row, err);
    if (status != IE_OK) {
        return status;
    }
    ie_db_bind_path(db, row->kind, 1, row->path);
    if (row->kind == IE_SQL_PUT) {
        bind_put(db, row);
    } else if (row->kind == IE_SQL_MOVE) {
        bind_move(db, row);
    }
    status = ie_db_run(db, row->kind, err);
    return status == IE_OK ? write_embedding(db, row, err) : status;
}

static void clear_pending(ie_catalog *catalog)
{
    for (size_t i = 0; i < catalog->count; i++) {
        pending *row = &catalog->rows[i];
        free(row->path);
        free(row->to);
        free(row->versions);
        free(row->record);
        ie_embedding_free(row->embedding);
    }
    catalog->count = 0;
}

ie_status ie_catalog_commit(ie_catalog *catalog, ie_error *err)
{
    if (catalog->count == 0) {
        return IE_OK;
    }
    ie_status status = ie_db_begin(catalog->db, err);
    bool begun = status == IE_OK;
    for (size_t i = 0; status == IE_OK && i < catalog->count; i++) {
        status = write_row(catalog->db, &catalog->rows[i], err);
    }
    clear_pending(catalog);
    return begun ? ie_db_finish(catalog->db, status, err) : status;
}

static ie_status add_pending(ie_catalog *catalog, pending take_row, ie_error *err)
{
    int64_t now = now_ns();
    if (catalog->count == 0) {
        catalog->oldest_ns = now;
    }
    catalog->rows[catalog->count++] = take_row;
    bool due = catalog->count == PENDING_ROWS || now - catalog->oldest_ns > PENDING_NS;
    return due ? ie_catalog_commit(catalog, err) : IE_OK;
}

/* A run that did not ask for some analyzers must not throw away what they once gave for these
   bytes. */
static void merge_stored(ie_db *db, const char *text, const ie_fact_version *versions, size_t count,
                         pending *put, json_t *record)
{
    IE_AUTO_FREE char *others = ie_fact_versions_others(text, versions, count);
    IE_AUTO_JSON json_t *stored = others[0] != 0 ? ie_row_record(db, IE_SQL_FIND) : NULL;
    if (stored == NULL) {
        return;
    }
    ie_facts_drop(stored, versions, count);
    ie_facts_merge(record, stored);
    put->merged = true;
    char *all = ie_asprintf("%s%s", put->versions, others);
    free(put->versions);
    put->versions = all;
}

ie_status ie_catalog_store(ie_catalog *catalog, const ie_fact_version *versions, size_t count,
                           const ie_photo *photo, ie_error *err)
{
    pending put = {
        .kind = IE_SQL_PUT,
        .path = ie_strdup(photo->real_path),
        .stamp = photo->stamp,
        .stored_ns = now_ns(),
        .format = photo->format,
        .embedding = ie_embedding_copy(photo->embedding),
    };
    json_t *record = ie_record_json(photo);
    /* The row has these in columns, and a rename changes the path. */
    static const char *const spare[] = {"path", "path_b64", "size", "mtime"};
    for (size_t i = 0; i < sizeof spare / sizeof *spare; i++) {
        json_object_del(record, spare[i]);
    }
    ie_db_bind_path(catalog->db, IE_SQL_FIND, 1, put.path);
    const char *before = ie_db_next(catalog->db, IE_SQL_FIND)
                             ? ie_row_current(catalog->db, IE_SQL_FIND, &put.stamp)
                             : NULL;
    put.versions = ie_fact_versions_text(versions, count, photo, before);
    put.current = before != NULL;
    if (put.current) {
        merge_stored(catalog->db, before, versions, count, &put, record);
    }
    ie_db_end(catalog->db, IE_SQL_FIND, NULL);
    put.record = ie_json_line(record);
    if (!put.merged) {
        ie_row_seal(put.record, &put.versions);
    }
    return add_pending(catalog, put, err);
}

ie_status ie_catalog_moved(ie_catalog *catalog, const char *from, const char *to, ie_error *err)
{
    return add_pending(
        catalog, (pending){.kind = IE_SQL_MOVE, .path = ie_strdup(from), .to = ie_strdup(to)}, err);
}

ie_status ie_catalog_forget(ie_catalog *catalog, const char *path, ie_error *err)
{
    return add_pending(catalog, (pending){.kind = IE_SQL_FORGET, .path = ie_strdup(path)}, err);
}

ie_row_memo *ie_catalog_memo(ie_catalog *catalog)
{
    return &catalog->memo;
}

ie_row_cursor *ie_catalog_cursor(ie_catalog *catalog)
{
    return catalog->held ? &catalog->cursor : NULL;
}

ie_db *ie_catalog_db(ie_catalog *catalog)
{
    return catalog->db;
}

uint64_t ie_catalog_photo_count(ie_catalog *catalog)
{
    uint64_t count = 0;
    if (ie_db_next(catalog->db, IE_SQL_COUNT)) {
        count = (uint64_t)ie_db_int(catalog->db, IE_SQL_COUNT, 0);
    }
    ie_db_end(catalog->db, IE_SQL_COUNT, NULL);
    return count;
}

/* ---- runs --------------------------------------------------------------------------------- */

static ie_status add_run_rows(ie_db *db, const char *const texts[3], const char *const *roots,
                              size_t root_count, ie_error *err)
{
    for (int i = 0; i < 3; i++) {
        ie_db_bind_text(db, IE_SQL_ADD_RUN, i + 1, texts[i]);
    }
    ie_status status = ie_db_run(db, IE_SQL_ADD_RUN, err);
    for (size_t i = 0; status == IE_OK && i < root_count; i++) {
        ie_db_bind_text(db, IE_SQL_ADD_ROOT, 1, texts[0]);
        ie_db_bind_path(db, IE_SQL_ADD_ROOT, 2, roots[i]);
        status = ie_db_run(db, IE_SQL_ADD_ROOT, err);
    }
    return status;
}

ie_status ie_catalog_add_run(ie_catalog *catalog, const char *id, const char *time,
                             const char *command, const char *const *roots, size_t root_count,
                             ie_error *err)
{
    ie_status status = ie_catalog_commit(catalog, err);
    if (status == IE_OK) {
        status = ie_db_begin(catalog->db, err);
    }
    if (status != IE_OK) {
        return status;
    }
    status = add_run_rows(catalog->db, (const char *[]){id, time, command}, roots, root_count, err);
    return ie_db_finish(catalog->db, status, err);
}

static ie_status change_run(ie_catalog *catalog, ie_db_sql sql, const char *id, ie_error *err)
{
    ie_status status = ie_catalog_commit(catalog, err);
    if (status == IE_OK) {
        status = ie_db_begin(catalog->db, err);
    }
    if (status != IE_OK) {
        return status;
    }
    ie_db_bind_text(catalog->db, sql, 1, id);
    status = ie_db_run(catalog->db, sql, err);
    if (status == IE_OK && sql == IE_SQL_DROP_RUN) {
        status = ie_db_run(catalog->db, IE_SQL_FORGET_RUNS, err);
    }
    return ie_db_finish(catalog->db, status, err);
}

ie_status ie_catalog_run_undone(ie_catalog *catalog, const char *id, ie_error *err)
{
    return change_run(catalog, IE_SQL_UNDONE, id, err);
}

ie_status ie_catalog_drop_run(ie_catalog *catalog, const char *id, ie_error *err)
{
    return change_run(catalog, IE_SQL_DROP_RUN, id, err);
}

static const char *text_at(ie_db *db, ie_db_sql sql, int column, ie_arena *arena)
{
    size_t size;
    const char *text = ie_db_text(db, sql, column, &size);
    return ie_arena_strdup(arena, text != NULL ? text : "");
}

static ie_status read_roots(ie_db *db, const char *id, ie_text_list *roots, ie_arena *arena,
                            ie_error *err)
{
    ie_db_bind_text(db, IE_SQL_ROOTS, 1, id);
    while (ie_db_next(db, IE_SQL_ROOTS)) {
        ie_text_list_add(roots, arena, text_at(db, IE_SQL_ROOTS, 0, arena));
    }
    return ie_db_end(db, IE_SQL_ROOTS, err);
}

typedef struct run_row {
    const char *id, *time, *command;
    bool undone;
} run_row;

/* All rows are read before the first call back, which may use the catalog itself. */
static ie_status read_runs(ie_db *db, ie_arena *arena, run_row **ret_rows, size_t *ret_count,
                           ie_error *err)
{
    size_t count = 0, room = 0;
    run_row *rows = NULL;
    while (ie_db_next(db, IE_SQL_RUNS)) {
        IE_GROW(rows, count, room);
        rows[count].id = text_at(db, IE_SQL_RUNS, 0, arena);
        rows[count].time = text_at(db, IE_SQL_RUNS, 1, arena);
        rows[count].command = text_at(db, IE_SQL_RUNS, 2, arena);
        rows[count++].undone = ie_db_int(db, IE_SQL_RUNS, 3) != 0;
    }
    *ret_rows = rows;
    *ret_count = count;
    return ie_db_end(db, IE_SQL_RUNS, err);
}

ie_status ie_catalog_runs(ie_catalog *catalog, ie_catalog_run_fn on_run, void *user, ie_error *err)
{
    ie_arena *arena = ie_arena_new();
    run_row *rows = NULL;
    size_t count = 0;
    ie_status status = read_runs(catalog->db, arena, &rows, &count, err);
    for (size_t i = 0; status == IE_OK && i < count; i++) {
        ie_text_list roots = {0};
        status = read_roots(catalog->db, rows[i].id, &roots, arena, err);
        if (status == IE_OK) {
            status =
                on_run(user, rows[i].id, rows[i].time, rows[i].command, rows[i].undone, roots.items,
                       roots.count);
        }
    }
    free(rows);
    ie_arena_free(arena);
    return status;
}
