// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/catalog_db.h"

ie_status ie_catalog_set_volume(ie_catalog *catalog, const char *root, const char *volume,
                                const char *place, ie_error *err)
{
    ie_db *db = ie_catalog_db(catalog);
    ie_db_sql sql = volume != NULL ? IE_SQL_SET_VOLUME : IE_SQL_DROP_VOLUME;
    ie_status status = ie_catalog_commit(catalog, err);
    if (status == IE_OK) {
        status = ie_db_begin(db, err);
    }
    if (status != IE_OK) {
        return status;
    }
    ie_db_bind_path(db, sql, 1, root);
    if (volume != NULL) {
        ie_db_bind_text(db, sql, 2, volume);
        if (place != NULL) {
            ie_db_bind_text(db, sql, 3, place);
        }
    }
    status = ie_db_run(db, sql, err);
    return ie_db_finish(db, status, err);
}

ie_status ie_catalog_volumes(ie_catalog *catalog, ie_catalog_volume_fn on_volume, void *user,
                             ie_error *err)
{
    ie_db *db = ie_catalog_db(catalog);
    while (ie_db_next(db, IE_SQL_VOLUMES)) {
        size_t size;
        const char *root = ie_db_text(db, IE_SQL_VOLUMES, 0, &size);
        const char *volume = ie_db_text(db, IE_SQL_VOLUMES, 1, &size);
        if (root != NULL && volume != NULL) {
            on_volume(user, root, volume, ie_db_text(db, IE_SQL_VOLUMES, 2, &size));
        }
    }
    return ie_db_end(db, IE_SQL_VOLUMES, err);
}

ie_status ie_catalog_forget_root(ie_catalog *catalog, const char *root, ie_error *err)
{
    static const ie_db_sql steps[] = {IE_SQL_DROP_VOLUME, IE_SQL_FORGET_ROOT, IE_SQL_FORGET_RUNS};
    ie_db *db = ie_catalog_db(catalog);
    ie_status status = ie_catalog_commit(catalog, err);
    status = status == IE_OK ? ie_db_begin(db, err) : status;
    if (status != IE_OK) {
        return status;
    }
    for (size_t i = 0; status == IE_OK && i < sizeof steps / sizeof *steps; i++) {
        if (steps[i] != IE_SQL_FORGET_RUNS) {
            ie_db_bind_path(db, steps[i], 1, root);
        }
        status = ie_db_run(db, steps[i], err);
    }
    return ie_db_finish(db, status, err);
}
