// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/catalog_row.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/record.h"
#include "storage/catalog_db.h"
#include "storage/fact_version.h"
#include "storage/stamp.h"
#include "utils/text.h"

#define COARSE_NS 2000000000 /* FAT */
#define FINE_NS 50000000     /* more than a tick of any kernel's clock */

/* As far as a row is looked for step by step: beyond are those of a subfolder. */
#define NEAR_ROWS 4

/* Raised when ie_record_json() writes the same facts otherwise. */
#define SEAL "record 1 "
#define SEAL_SIZE (sizeof SEAL - 1 + 16 + sizeof " f")

/* ---- the seal ----------------------------------------------------------------------------- */

static void write_seal(const char *record, size_t size, char ret_seal[SEAL_SIZE + 1])
{
    uint64_t half;
    ie_hash128 hash = ie_hash128_of(record, size);
    memcpy(&half, hash.bytes, sizeof half);
    snprintf(ret_seal, SEAL_SIZE + 1, SEAL "%016" PRIx64 " f\n", half);
}

void ie_row_seal(const char *record, char **versions)
{
    char seal[SEAL_SIZE + 1];
    write_seal(record, strlen(record), seal);
    char *sealed = ie_asprintf("%s%s", seal, *versions);
    free(*versions);
    *versions = sealed;
}

const char *ie_row_unsealed(const char *versions)
{
    if (!ie_starts_with(versions, "record ")) {
        return versions;
    }
    const char *end = strchr(versions, '\n');
    return end != NULL ? end + 1 : versions;
}

/* ---- the row ------------------------------------------------------------------------------ */

ie_stamp ie_row_stamp(ie_db *db, ie_db_sql sql)
{
    return (ie_stamp){
        .size = (uint64_t)ie_db_int(db, sql, 0),
        .mtime_ns = ie_db_int(db, sql, 1),
        .ctime_ns = ie_db_int(db, sql, 2),
        .inode = (uint64_t)ie_db_int(db, sql, 3),
        .device = (uint64_t)ie_db_int(db, sql, 4),
    };
}

/* How long a second change may go without another time. Digits below the second, in both times, are
   only there where the clock is fine. */
static int64_t clock_tick(const ie_stamp *stamp)
{
    bool fine = stamp->mtime_ns % 1000000000 != 0 && stamp->ctime_ns % 1000000000 != 0;
    return fine ? FINE_NS : COARSE_NS;
}

const char *ie_row_current(ie_db *db, ie_db_sql sql, const ie_stamp *stamp)
{
    size_t size;
    ie_stamp stored = ie_row_stamp(db, sql);
    int64_t young = ie_db_int(db, sql, 5) - clock_tick(&stored);
    bool racy = stored.mtime_ns > young && stored.ctime_ns > young;
    const char *text =
        ie_stamp_still(&stored, stamp) && !racy ? ie_db_text(db, sql, 6, &size) : NULL;
    return text != NULL ? ie_row_unsealed(text) : NULL;
}

json_t *ie_row_record(ie_db *db, ie_db_sql sql)
{
    json_t *record = NULL;
    size_t size;
    const char *text = ie_db_text(db, sql, 7, &size);
    if (text == NULL || ie_json_parse(text, size, "record", &record, NULL) != IE_OK) {
        return NULL;
    }
    return record;
}

static const ie_row_memo *memo_of(ie_row_memo *memo, const char *text,
                                  const ie_fact_version *versions, size_t count)
{
    size_t room = sizeof memo->versions / sizeof *memo->versions, size = count * sizeof *versions;
    if (memo->text != NULL && memo->count == count && count <= room &&
        strcmp(memo->text, text) == 0 && memcmp(memo->versions, versions, size) == 0) {
        return memo;
    }
    ie_fact_bits bits = ie_fact_versions_current(text, versions, count);
    free(memo->text);
    *memo = (ie_row_memo){
        .text = ie_strdup(text), .count = count, .have = bits.have, .tried = bits.tried};
    memcpy(memo->versions, versions, count <= room ? size : 0);
    int lines = 0;
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    memo->all = lines == __builtin_popcount(bits.have) + __builtin_popcount(bits.tried);
    return memo;
}

static bool take_row(ie_db *db, ie_db_sql sql, const ie_row_memo *bits, ie_photo *photo)
{
    IE_AUTO_JSON json_t *record = ie_row_record(db, sql);
    ie_facts_keep(record, bits->have);
    if (record == NULL || !ie_record_read(record, photo)) {
        return false;
    }
    photo->have &= bits->have;
    photo->tried = bits->tried | photo->have;
    return true;
}

/* The record as it stands, when all of it is to be printed and nothing in it is needed here. Labels
   depend on settings that stored facts do not, faults are counted, sidecars looked at. No quote
   within a text stands in front of a colon without a backslash before it. */
static bool take_text(ie_db *db, ie_db_sql sql, const ie_row_memo *bits, ie_photo *photo)
{
    size_t sealed_size, size;
    char seal[SEAL_SIZE + 1];
    const char *sealed = ie_db_text(db, sql, 6, &sealed_size);
    const char *text = ie_db_text(db, sql, 7, &size),
               *format = ie_db_text(db, sql, 8, &(size_t){0});
    if (!bits->all || bits->tried != 0 || text == NULL || format == NULL ||
        !ie_starts_with(sealed, SEAL)) {
        return false;
    }
    write_seal(text, size, seal);
    if (strncmp(sealed, seal, SEAL_SIZE) != 0 || strstr(text, "\"faults\":") != NULL ||
        strstr(text, "\"vision\":") != NULL || strstr(text, "\"sidecars\":") != NULL) {
        return false;
    }
    photo->format = ie_format_by_name(format);
    photo->have = photo->tried = bits->have;
    photo->stored = ie_arena_strndup(photo->arena, text, size);
    return true;
}

/* The order of BLOBs, and that of the rows. */
static int compare_row(ie_db *db, const char *path, size_t size)
{
    size_t stored;
    const void *blob = ie_db_blob(db, IE_SQL_FIND_FROM, 9, &stored);
    int order = blob != NULL ? memcmp(blob, path, stored < size ? stored : size) : 0;
    return order != 0 ? order : (stored > size) - (stored < size);
}

static void seek(ie_row_cursor *cursor, ie_db *db, const char *path, size_t size)
{
    ie_row_cursor_close(cursor, db);
    ie_buffer_clear(&cursor->from);
    ie_buffer_add(&cursor->from, path, size);
    ie_db_bind_path(db, IE_SQL_FIND_FROM, 1, cursor->from.data);
    cursor->open = true;
    cursor->row = ie_db_next(db, IE_SQL_FIND_FROM);
}

/* Goes to the path's row; is there one? */
static bool go_to(ie_row_cursor *cursor, ie_db *db, const char *path)
{
    size_t size = strlen(path);
    if (!cursor->open || strcmp(path, cursor->asked.data) < 0) {
        seek(cursor, db, path, size);
    }
    ie_buffer_clear(&cursor->asked);
    ie_buffer_add(&cursor->asked, path, size);
    int order = cursor->row ? compare_row(db, path, size) : 1;
    for (int steps = 0; order < 0 && steps < NEAR_ROWS; steps++) {
        cursor->row = ie_db_next(db, IE_SQL_FIND_FROM);
        order = cursor->row ? compare_row(db, path, size) : 1;
    }
    if (order < 0) {
        seek(cursor, db, path, size);
        order = cursor->row ? compare_row(db, path, size) : 1;
    }
    return order == 0;
}

void ie_row_cursor_close(ie_row_cursor *cursor, ie_db *db)
{
    if (cursor->open) {
        ie_db_end(db, IE_SQL_FIND_FROM, NULL);
        cursor->open = cursor->row = false;
    }
}

static bool find(ie_catalog *catalog, const ie_fact_version *versions, size_t count, bool as_text,
                 ie_photo *photo)
{
    ie_db *db = ie_catalog_db(catalog);
    ie_row_cursor *cursor = ie_catalog_cursor(catalog);
    ie_db_sql sql = cursor != NULL ? IE_SQL_FIND_FROM : IE_SQL_FIND;
    if (cursor == NULL) {
        ie_db_bind_path(db, IE_SQL_FIND, 1, photo->real_path);
    }
    bool known = cursor != NULL ? go_to(cursor, db, photo->real_path) : ie_db_next(db, IE_SQL_FIND);
    const char *text = known ? ie_row_current(db, sql, &photo->stamp) : NULL;
    const ie_row_memo *bits =
        text != NULL ? memo_of(ie_catalog_memo(catalog), text, versions, count) : NULL;
    /* All else rests on the format. */
    bool found = bits != NULL && (bits->have & IE_HAVE_FORMAT) != 0 &&
                 ((as_text && take_text(db, sql, bits, photo)) || take_row(db, sql, bits, photo));
    if (cursor == NULL) {
        ie_db_end(db, IE_SQL_FIND, NULL);
    }
    return found;
}

bool ie_catalog_find(ie_catalog *catalog, const ie_fact_version *versions, size_t count,
                     ie_photo *photo)
{
    return find(catalog, versions, count, false, photo);
}

bool ie_catalog_find_text(ie_catalog *catalog, const ie_fact_version *versions, size_t count,
                          ie_photo *photo)
{
    return find(catalog, versions, count, true, photo);
}

bool ie_catalog_recall(ie_catalog *catalog, ie_photo *photo)
{
    ie_db *db = ie_catalog_db(catalog);
    ie_db_bind_path(db, IE_SQL_FIND, 1, photo->real_path);
    bool found = ie_db_next(db, IE_SQL_FIND);
    if (found) {
        photo->stamp = ie_row_stamp(db, IE_SQL_FIND);
        IE_AUTO_JSON json_t *record = ie_row_record(db, IE_SQL_FIND);
        found = record != NULL && ie_record_read(record, photo);
    }
    ie_db_end(db, IE_SQL_FIND, NULL);
    return found;
}
