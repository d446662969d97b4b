// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/catalog_db.h"

#include <stdlib.h>
#include <string.h>

#include "storage/fact_version.h"
#include "utils/memory.h"

static bool stored_hash(ie_db *db, const ie_fact_version *version, ie_hash128 *ret_hash)
{
    size_t size;
    const char *versions = ie_db_text(db, IE_SQL_STORED, 7, &size);
    if (versions == NULL ||
        (ie_fact_versions_current(versions, version, 1).have & version->have) == 0) {
        return false;
    }
    const char *text = ie_db_text(db, IE_SQL_STORED, 8, &size);
    IE_AUTO_JSON json_t *record = NULL;
    if (text == NULL || ie_json_parse(text, size, "record", &record, NULL) != IE_OK) {
        return false;
    }
    const char *hex = ie_json_get_text(json_object_get(record, "hash"), "xxh3");
    return hex != NULL && ie_hash128_parse(hex, ret_hash);
}

static void tell_row(ie_db *db, const ie_fact_version *version, ie_catalog_file_fn on_file,
                     void *user)
{
    size_t size;
    ie_stored_file file = {
        .path = ie_db_text(db, IE_SQL_STORED, 0, &size),
        .stamp = {
            .size = (uint64_t)ie_db_int(db, IE_SQL_STORED, 1),
            .mtime_ns = ie_db_int(db, IE_SQL_STORED, 2),
            .ctime_ns = ie_db_int(db, IE_SQL_STORED, 3),
            .inode = (uint64_t)ie_db_int(db, IE_SQL_STORED, 4),
            .device = (uint64_t)ie_db_int(db, IE_SQL_STORED, 5),
        },
    };
    const char *format = ie_db_text(db, IE_SQL_STORED, 6, &size);
    file.format = format != NULL ? ie_format_by_name(format) : IE_FORMAT_UNKNOWN;
    file.has_xxh3 = stored_hash(db, version, &file.xxh3);
    if (file.path != NULL) {
        on_file(user, &file);
    }
}

size_t ie_path_ranges(const char *path, ie_path_range ret_ranges[2])
{
    if (path == NULL || strcmp(path, "/") == 0) {
        ret_ranges[0] = (ie_path_range){ie_strdup("/"), ie_strdup("0")}; /* '0' follows '/' */
        return 1;
    }
    ret_ranges[0] = (ie_path_range){ie_strdup(path), ie_asprintf("%s\001", path)};
    ret_ranges[1] = (ie_path_range){ie_asprintf("%s/", path), ie_asprintf("%s0", path)};
    return 2;
}

void ie_path_ranges_clear(ie_path_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(ranges[i].first);
        free(ranges[i].behind);
    }
}

static uint64_t photos_of(ie_db *db, ie_db_sql sql)
{
    uint64_t photos = 0;
    while (ie_db_next(db, sql)) {
        size_t size;
        const char *format = ie_db_text(db, sql, 0, &size);
        ie_kind kind = format != NULL ? ie_format_kind(ie_format_by_name(format)) : IE_KIND_NONE;
        photos +=
            kind == IE_KIND_PHOTO || kind == IE_KIND_RAW ? (uint64_t)ie_db_int(db, sql, 1) : 0;
    }
    return photos;
}

ie_status ie_catalog_count_photos(ie_catalog *catalog, const char *path, uint64_t *ret_photos,
                                  ie_error *err)
{
    ie_db *db = ie_catalog_db(catalog);
    uint64_t photos = 0;
    ie_status status = IE_OK;
    if (path == NULL) {
        photos = photos_of(db, IE_SQL_FORMATS);
        status = ie_db_end(db, IE_SQL_FORMATS, err);
    }
    ie_path_range ranges[2];
    size_t count = path != NULL ? ie_path_ranges(path, ranges) : 0;
    for (size_t i = 0; status == IE_OK && i < count; i++) {
        ie_db_bind_path(db, IE_SQL_FORMATS_BELOW, 1, ranges[i].first);
        ie_db_bind_path(db, IE_SQL_FORMATS_BELOW, 2, ranges[i].behind);
        photos += photos_of(db, IE_SQL_FORMATS_BELOW);
        status = ie_db_end(db, IE_SQL_FORMATS_BELOW, err);
    }
    ie_path_ranges_clear(ranges, count);
    if (status == IE_OK) {
        *ret_photos = photos;
    }
    return status;
}

ie_status ie_catalog_files(ie_catalog *catalog, const char *path,
                           const ie_fact_version *xxh3_version, ie_catalog_file_fn on_file,
                           void *user, ie_error *err)
{
    ie_db *db = ie_catalog_db(catalog);
    const char *folder = strcmp(path, "/") == 0 ? "" : path;
    IE_AUTO_FREE char *below = ie_asprintf("%s/", folder),
                      *behind = ie_asprintf("%s0", folder); /* '0' follows '/' */
    ie_db_bind_path(db, IE_SQL_STORED, 1, path);
    ie_db_bind_path(db, IE_SQL_STORED, 2, below);
    ie_db_bind_path(db, IE_SQL_STORED, 3, behind);
    while (ie_db_next(db, IE_SQL_STORED)) {
        tell_row(db, xxh3_version, on_file, user);
    }
    return ie_db_end(db, IE_SQL_STORED, err);
}
