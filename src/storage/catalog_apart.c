// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "storage/catalog_db.h"

static ie_status set_pair(ie_db *db, const ie_apart *pair, ie_error *err)
{
    ie_db_sql sql = pair->forget ? IE_SQL_DROP_APART : IE_SQL_SET_APART;
    bool turned = memcmp(pair->a.bytes, pair->b.bytes, sizeof pair->a.bytes) > 0;
    const ie_hash128 *first = turned ? &pair->b : &pair->a, *second = turned ? &pair->a : &pair->b;
    ie_db_bind_blob(db, sql, 1, first->bytes, sizeof first->bytes);
    ie_db_bind_blob(db, sql, 2, second->bytes, sizeof second->bytes);
    if (!pair->forget) {
        ie_db_bind_path(db, sql, 3, turned ? pair->name_b : pair->name_a);
        ie_db_bind_path(db, sql, 4, turned ? pair->name_a : pair->name_b);
    }
    return ie_db_run(db, sql, err);
}

ie_status ie_catalog_set_apart(ie_catalog *catalog, const ie_apart *pairs, size_t count,
                               ie_error *err)
{
    ie_db *db = ie_catalog_db(catalog);
    ie_status status = ie_catalog_commit(catalog, err);
    if (status == IE_OK) {
        status = ie_db_begin(db, err);
    }
    if (status != IE_OK) {
        return status;
    }
    for (size_t i = 0; status == IE_OK && i < count; i++) {
        status = set_pair(db, &pairs[i], err);
    }
    return ie_db_finish(db, status, err);
}

static bool read_hash(ie_db *db, int column, ie_hash128 *ret_hash)
{
    size_t size;
    const void *bytes = ie_db_blob(db, IE_SQL_APART, column, &size);
    if (bytes == NULL || size != sizeof ret_hash->bytes) {
        return false;
    }
    memcpy(ret_hash->bytes, bytes, size);
    return true;
}

ie_status ie_catalog_apart(ie_catalog *catalog, ie_catalog_apart_fn on_pair, void *user,
                           ie_error *err)
{
    ie_db *db = ie_catalog_db(catalog);
    while (ie_db_next(db, IE_SQL_APART)) {
        size_t size;
        ie_apart pair = {.name_a = ie_db_text(db, IE_SQL_APART, 2, &size),
                         .name_b = ie_db_text(db, IE_SQL_APART, 3, &size)};
        if (read_hash(db, 0, &pair.a) && read_hash(db, 1, &pair.b) && pair.name_a != NULL &&
            pair.name_b != NULL) {
            on_pair(user, &pair);
        }
    }
    return ie_db_end(db, IE_SQL_APART, err);
}
