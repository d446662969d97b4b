// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The catalog: SQLite, the one place that includes it. A cache of facts that can be rebuilt from
 * the files, keyed by absolute path and stamp, with the version of the analyzer that gave each
 * fact; and a list of runs. WAL mode: readers are never blocked. A catalog handle belongs to one
 * thread; open two for reading in one thread and writing in another. All text that is a path is a
 * BLOB.
 */
#ifndef IE_STORAGE_CATALOG_H
#define IE_STORAGE_CATALOG_H

#include "core/photo.h"

typedef struct ie_catalog ie_catalog;

/* What results depend on, for staleness: one for each analyzer. */
typedef struct ie_fact_version {
    const char *name;
    unsigned have;  /* IE_HAVE_* bit */
    int version;
    uint64_t settings; /* hash of the settings that change its results */
    uint64_t files; /* hash of the files that it computes with, a model's; 0: has none, or which is
                       not known: any */
} ie_fact_version;

/* Opens or creates (folders too, mode 0700); migrates older versions by a table of steps; a newer
   one or a file that is no SQLite database is IE_ERR_FORMAT naming the file and what to do; the
   file is not touched. */
ie_status ie_catalog_open(const char *path, bool writable, ie_catalog **ret_catalog,
                          ie_error *err) IE_MUST_CHECK;
void ie_catalog_close(ie_catalog *catalog);
/* $XDG_DATA_HOME/imgengine/catalog.db, or below $HOME/.local/share; free() it; NULL when neither is
   set. */
char *ie_catalog_default_path(void);

/* When a row with photo->real_path and an equal stamp exists: fills the facts whose analyzer
   version and settings are the given ones, their `have` bits, `tried` and the faults. A file whose
   mtime and ctime are both less than 2 s before the time it was stored is never taken as unchanged.
   Rows are found once they are committed. False when there is nothing usable. Files that are no
   photo are stored, too. */
bool ie_catalog_find(ie_catalog *catalog, const ie_fact_version *versions, size_t count,
                     ie_photo *photo);

/* The same for one who only prints records: where the record can be printed as it stands, only
   format, `have`, `tried` and `stored` are set, and core/photo_text.c knows what to do with that.
 */
bool ie_catalog_find_text(ie_catalog *catalog, const ie_fact_version *versions, size_t count,
                          ie_photo *photo);

/* Between these two all finds see the catalog as it was at the first of them, and need no lock
   each. hold() again to see what was committed since; do not hold for long, because what is written
   meanwhile makes the log grow. */
void ie_catalog_hold(ie_catalog *catalog);
void ie_catalog_let_go(ie_catalog *catalog);

/* Stores or replaces the photo's row; facts of analyzers that are not among `versions` stay when
   the stamp is the same. Rows wait in memory (256 at most, about a second) and are written in short
   transactions, so that other processes can write, too; commit() writes what waits. Any failure is
   returned once, by the call that sees it; the catalog stays consistent. */
ie_status ie_catalog_store(ie_catalog *catalog, const ie_fact_version *versions, size_t count,
                           const ie_photo *photo, ie_error *err) IE_MUST_CHECK;
ie_status ie_catalog_commit(ie_catalog *catalog, ie_error *err) IE_MUST_CHECK;

/* After a file was renamed or replaced by apply or undo: the row moves along / goes. */
ie_status ie_catalog_moved(ie_catalog *catalog, const char *from, const char *to,
                           ie_error *err) IE_MUST_CHECK;
ie_status ie_catalog_forget(ie_catalog *catalog, const char *path, ie_error *err) IE_MUST_CHECK;

/* Runs: where each run's journals lie (they hold the truth). `roots` absolute paths. */
ie_status ie_catalog_add_run(ie_catalog *catalog, const char *id, const char *time,
                             const char *command, const char *const *roots, size_t root_count,
                             ie_error *err) IE_MUST_CHECK;
/* Notes that nothing of the run is left: its journal may have gone with the folder it made. */
ie_status ie_catalog_run_undone(ie_catalog *catalog, const char *id, ie_error *err) IE_MUST_CHECK;
/* As if it had never been noted. */
ie_status ie_catalog_drop_run(ie_catalog *catalog, const char *id, ie_error *err) IE_MUST_CHECK;
typedef ie_status (*ie_catalog_run_fn)(void *user, const char *id, const char *time,
                                       const char *command, bool undone, const char *const *roots,
                                       size_t root_count);
ie_status ie_catalog_runs(ie_catalog *catalog, ie_catalog_run_fn on_run, void *user,
                          ie_error *err) IE_MUST_CHECK; /* newest first */

/* The id of the disk that lies at a root (see engine/volume.h) and where it lay
   (engine/whereabouts.h; may be NULL), to tell a disk that is away from one whose photos are gone.
   set() with volume NULL forgets the root. */
ie_status ie_catalog_set_volume(ie_catalog *catalog, const char *root, const char *volume,
                                const char *place, ie_error *err) IE_MUST_CHECK;
/* Forgets the root, and the runs that were in no other. */
ie_status ie_catalog_forget_root(ie_catalog *catalog, const char *root,
                                 ie_error *err) IE_MUST_CHECK;
/* Called for each root that has an id. */
typedef void (*ie_catalog_volume_fn)(void *user, const char *root, const char *volume,
                                     const char *place);
ie_status ie_catalog_volumes(ie_catalog *catalog, ie_catalog_volume_fn on_volume, void *user,
                             ie_error *err) IE_MUST_CHECK;

/* What is stored of the file at `path`, or of all files below that folder, in the order of the
   paths' bytes. */
typedef struct ie_stored_file {
    const char *path;
    ie_stamp stamp;
    ie_format format;
    bool has_xxh3; /* by the given version */
    ie_hash128 xxh3;
} ie_stored_file;
typedef void (*ie_catalog_file_fn)(void *user, const ie_stored_file *file);
ie_status ie_catalog_files(ie_catalog *catalog, const char *path,
                           const ie_fact_version *xxh3_version, ie_catalog_file_fn on_file,
                           void *user, ie_error *err) IE_MUST_CHECK;

/* Two photos that the user keeps apart though they look alike, by hashes that tell what they are
   (engine/apart.h); the names are where they lay when that was said, for a person. In either order
   they are one pair. */
typedef struct ie_apart {
    ie_hash128 a, b;
    const char *name_a, *name_b;
    bool forget; /* when given to set_apart() */
} ie_apart;
/* Remembers the pairs, or forgets them, one after the other and all or none. */
ie_status ie_catalog_set_apart(ie_catalog *catalog, const ie_apart *pairs, size_t count,
                               ie_error *err) IE_MUST_CHECK;
typedef void (*ie_catalog_apart_fn)(void *user, const ie_apart *pair);
ie_status ie_catalog_apart(ie_catalog *catalog, ie_catalog_apart_fn on_pair, void *user,
                           ie_error *err) IE_MUST_CHECK;

/* Fills what is stored of the file at photo->real_path, whatever analyzer versions gave it, with
   the stamp it had then. False: nothing is. */
bool ie_catalog_recall(ie_catalog *catalog, ie_photo *photo);
/* How many photos, RAW ones too, are stored at or below `path` (NULL: anywhere). */
ie_status ie_catalog_count_photos(ie_catalog *catalog, const char *path, uint64_t *ret_photos,
                                  ie_error *err) IE_MUST_CHECK;
uint64_t ie_catalog_photo_count(ie_catalog *catalog);
const char *ie_catalog_library(void); /* "SQLite 3.40.1" */

#endif
