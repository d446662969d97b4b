// SPDX-License-Identifier: GPL-3.0-or-later
/* Comparing bytes with what the catalog holds of them. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/unit.h"
#include "engine/engine.h"
#include "engine/parallel.h"
#include "engine/volume.h"
#include "engine/world.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

/* Files are read in rounds, so that results come while it goes on and memory for them stays
   small. */
#define ROUND_FILES 256
#define ROUND_BYTES ((uint64_t)1 << 30)

/* A file that is to be looked at, because it was found, is in the catalog, or both. */
typedef struct item {
    char *path, *shown;
    bool stored, has_xxh3;
    ie_stamp old; /* of the stored row */
    ie_hash128 old_xxh3;
    bool there, is_file;
    /* found by reading */
    ie_verify_state state;
    bool other, hashed, updated;
    ie_format format;
    ie_stamp stamp;
    ie_hash128 xxh3;
    char *problem;
    const char *twin; /* MOVED: the path of the missing one */
} item;

typedef struct verifying {
    ie_engine *engine;
    bool update;
    item *items;
    size_t count, room;
    item **missing; /* with a hash, sorted by it */
    size_t missing_count;
    ie_verify_fn on_result;
    void *user;
    ie_verify_counts counts;
    uint64_t done;
} verifying;

static const char *const state_names[IE_VERIFY_STATES] = {
    "ok", "rot", "edited", "missing", "moved", "unknown", "unreadable"};

const char *ie_verify_state_name(ie_verify_state state)
{
    return state_names[state];
}

static const ie_fact_version *fact_version(const ie_engine *engine, unsigned have)
{
    const ie_fact_version *version = engine->versions;
    while (version->have != have) {
        version++; /* format and xxh3 are always there */
    }
    return version;
}

/* ---- what to look at ---------------------------------------------------------------------- */

static item *add_item(verifying *v, const char *path)
{
    IE_GROW(v->items, v->count, v->room);
    v->items[v->count] = (item){.path = ie_strdup(path)};
    return &v->items[v->count++];
}

static void add_stored(void *user, const ie_stored_file *file)
{
    item *added = add_item(user, file->path);
    added->stored = true;
    added->format = file->format;
    added->has_xxh3 = file->has_xxh3;
    added->old = file->stamp;
    added->old_xxh3 = file->xxh3;
}

static void on_problem(void *user, const char *path, const char *text)
{
    verifying *v = user;
    (void)path;
    ie_engine_problem(v->engine, text);
}

static ie_status add_found(verifying *v, const ie_input *input, ie_error *err)
{
    ie_scan *scan;
    ie_status status = ie_scan_open(v->engine->config, input, on_problem, v, &scan, err);
    if (status != IE_OK) {
        return status;
    }
    for (ie_photo *photo; (photo = ie_scan_next(scan)) != NULL; ie_photo_free(photo)) {
        item *added = add_item(v, photo->real_path);
        added->shown = ie_strdup(photo->path);
    }
    v->counts.unreadable = ie_scan_count(scan).unreadable;
    ie_scan_close(scan);
    return IE_OK;
}

static ie_status add_known(verifying *v, const ie_input *input, ie_error *err)
{
    const ie_fact_version *version = fact_version(v->engine, IE_HAVE_XXH3);
    ie_status status = IE_OK;
    if (v->engine->reader == NULL) {
        return IE_OK;
    }
    for (size_t i = 0; status == IE_OK && i < input->count; i++) {
        IE_AUTO_FREE char *real = realpath(input->paths[i], NULL);
        status = real != NULL ? ie_volume_check(v->engine, real, err) : IE_OK;
        if (status == IE_OK && real != NULL) {
            status = ie_catalog_files(v->engine->reader, real, version, add_stored, v, err);
        }
    }
    if (input->count == 0) {
        status = ie_catalog_files(v->engine->reader, "/", version, add_stored, v, err);
    }
    return status;
}

static int by_path(const void *a, const void *b)
{
    const item *x = a, *y = b;
    int order = strcmp(x->path, y->path);
    return order != 0 ? order : (int)y->stored - (int)x->stored;
}

static void item_clear(item *i)
{
    free(i->path);
    free(i->shown);
    free(i->problem);
}

/* One item for each path: what is stored and what was found come together. */
static void merge(verifying *v)
{
    size_t kept = 0;
    if (v->count > 1) {
        qsort(v->items, v->count, sizeof *v->items, by_path);
    }
    for (size_t i = 0; i < v->count; i++) {
        item *last = kept > 0 ? &v->items[kept - 1] : NULL;
        if (last == NULL || strcmp(last->path, v->items[i].path) != 0) {
            v->items[kept++] = v->items[i];
            continue;
        }
        if (last->shown == NULL) {
            last->shown = v->items[i].shown;
            v->items[i].shown = NULL;
        }
        item_clear(&v->items[i]);
    }
    v->count = kept;
}

static int by_hash(const void *a, const void *b)
{
    const item *x = *(item *const *)a, *y = *(item *const *)b;
    return memcmp(x->old_xxh3.bytes, y->old_xxh3.bytes, sizeof x->old_xxh3.bytes);
}

static void look_at_names(verifying *v)
{
    v->missing = ie_alloc((v->count + 1) * sizeof *v->missing);
    for (size_t i = 0; i < v->count; i++) {
        struct stat st;
        item *it = &v->items[i];
        it->there = lstat(it->path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
        it->is_file = it->there && S_ISREG(st.st_mode);
        it->state = it->there ? IE_VERIFY_UNKNOWN : IE_VERIFY_MISSING;
        /* What was no photo when it was stored is nobody's loss. */
        it->other = !it->there && it->format == IE_FORMAT_UNKNOWN && !it->has_xxh3;
        if (!it->there && it->has_xxh3) {
            v->missing[v->missing_count++] = it;
        }
    }
    if (v->missing_count > 1) {
        qsort(v->missing, v->missing_count, sizeof(item *), by_hash);
    }
}

/* ---- reading ------------------------------------------------------------------------------ */

static void unreadable(item *it, int number)
{
    char reason[128];
    it->state = IE_VERIFY_UNREADABLE;
    it->problem = ie_strdup(strerror_r(number, reason, sizeof reason));
}

static bool worth_a_look(const item *it)
{
    return it->has_xxh3 || it->format != IE_FORMAT_UNKNOWN || ie_sidecar_name(it->path) ||
           ie_format_claimed(it->path) != IE_FORMAT_UNKNOWN;
}

static void judge(item *it)
{
    if (!it->has_xxh3) {
        it->state = IE_VERIFY_UNKNOWN;
    } else if (it->stamp.size == it->old.size && ie_hash128_equal(it->xxh3, it->old_xxh3)) {
        it->state = IE_VERIFY_OK;
    } else {
        bool same_stamp = it->stamp.size == it->old.size && it->stamp.mtime_ns == it->old.mtime_ns;
        it->state = same_stamp ? IE_VERIFY_ROT : IE_VERIFY_EDITED;
    }
}

static void read_open(item *it, int fd)
{
    uint8_t head[IE_SNIFF_BYTES];
    struct stat st, after;
    ie_copied copied = {0};
    ssize_t got = pread(fd, head, sizeof head, 0);
    if (got < 0 || fstat(fd, &st) != 0) {
        unreadable(it, errno);
        return;
    }
    it->format = got > 0 ? ie_format_sniff(head, (size_t)got, it->path) : IE_FORMAT_UNKNOWN;
    if (!worth_a_look(it)) {
        it->other = true;
        return;
    }
    /* What is in memory says nothing of the disk. */
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    int failed = ie_fs_hash(fd, &copied);
    if (failed != 0 || fstat(fd, &after) != 0) {
        unreadable(it, failed != 0 ? failed : errno);
        return;
    }
    it->stamp = ie_stamp_of(&after);
    it->xxh3 = copied.xxh3;
    it->hashed = true;
    if (st.st_mtim.tv_sec != after.st_mtim.tv_sec || st.st_mtim.tv_nsec != after.st_mtim.tv_nsec ||
        copied.size != it->stamp.size) {
        it->hashed = false;
        it->state = IE_VERIFY_UNREADABLE;
        it->problem = ie_strdup("it was changed while it was read");
        return;
    }
    judge(it);
}

static void read_item(void *user, size_t index)
{
    verifying *v = user;
    item *it = &v->items[index];
    if (!it->there) {
        return;
    }
    int fd = it->is_file ? open(it->path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC)
                         : -1;
    if (fd >= 0) {
        read_open(it, fd);
        close(fd);
    } else if (it->is_file) {
        unreadable(it, errno);
    } else {
        it->state = IE_VERIFY_EDITED; /* a folder or link has its name now */
    }
}

/* ---- telling ------------------------------------------------------------------------------ */

static void find_twin(verifying *v, item *it)
{
    item wanted = {.old_xxh3 = it->xxh3}, *key = &wanted;
    item **found = it->hashed && it->state == IE_VERIFY_UNKNOWN && v->missing_count > 0
                       ? bsearch(&key, v->missing, v->missing_count, sizeof(item *), by_hash)
                       : NULL;
    if (found == NULL) {
        return;
    }
    while (found > v->missing && by_hash(found - 1, found) == 0) {
        found--;
    }
    for (; found < v->missing + v->missing_count && by_hash(found, &key) == 0; found++) {
        if ((*found)->old.size == it->stamp.size && (*found)->state == IE_VERIFY_MISSING) {
            it->state = IE_VERIFY_MOVED;
            it->twin = (*found)->path;
            (*found)->state = IE_VERIFY_MOVED; /* told by its new name */
            return;
        }
    }
}

ie_status ie_engine_note_bytes(ie_engine *engine, const char *path, ie_format format,
                               const ie_stamp *stamp, ie_hash128 xxh3, ie_error *err)
{
    const ie_fact_version versions[] = {*fact_version(engine, IE_HAVE_FORMAT),
                                        *fact_version(engine, IE_HAVE_XXH3)};
    IE_AUTO_FREE char *own = ie_strdup(path);
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = own;
    photo->stamp = *stamp;
    photo->format = format;
    photo->xxh3 = xxh3;
    photo->have = photo->tried = IE_HAVE_FORMAT | IE_HAVE_XXH3;
    ie_status status = ie_catalog_store(engine->writer, versions, 2, photo, err);
    ie_photo_free(photo);
    return status;
}

static ie_status update(verifying *v, item *it, ie_error *err)
{
    if (!v->update || v->engine->writer == NULL) {
        return IE_OK;
    }
    ie_status status = IE_OK;
    if (it->state == IE_VERIFY_MISSING) {
        status = ie_catalog_forget(v->engine->writer, it->path, err);
    } else if (it->hashed && it->state != IE_VERIFY_ROT && it->state != IE_VERIFY_OK) {
        status = ie_engine_note_bytes(v->engine, it->path, it->format, &it->stamp, it->xxh3, err);
        if (status == IE_OK && it->twin != NULL) {
            status = ie_catalog_forget(v->engine->writer, it->twin, err);
        }
    } else {
        return IE_OK;
    }
    it->updated = status == IE_OK;
    return status;
}

static ie_status tell(verifying *v, item *it, ie_error *err)
{
    char stored[33], found[33];
    v->counts.bytes += it->hashed ? it->stamp.size : 0;
    if (it->other) {
        v->counts.other += it->there;
        return IE_OK;
    }
    ie_status status = update(v, it, err);
    if (status != IE_OK) {
        return status;
    }
    v->counts.states[it->state]++;
    ie_hash128_hex(it->old_xxh3, stored);
    ie_hash128_hex(it->xxh3, found);
    const ie_verify_result result = {
        .state = it->state,
        .path = it->shown != NULL ? it->shown : it->path,
        .size = it->hashed ? it->stamp.size : it->old.size,
        .stored = it->has_xxh3 ? stored : NULL,
        .found = it->hashed ? found : NULL,
        .other = it->twin,
        .problem = it->problem,
        .updated = it->updated,
    };
    status = v->on_result != NULL ? v->on_result(v->user, &result) : IE_OK;
    return status == IE_OK ? IE_OK : ie_error_set(err, status, "The output cannot be written.");
}

static void tell_progress(verifying *v, size_t done)
{
    if (v->engine->progress != NULL) {
        const ie_progress progress = {.stage = IE_STAGE_COMPARE,
                                      .done = done,
                                      .total = v->count,
                                      .bytes_done = v->counts.bytes};
        v->engine->progress(v->engine->user, &progress);
    }
}

static ie_status run_rounds(verifying *v, ie_error *err)
{
    const ie_parallel parallel = {v->engine->config, v->engine->cancel, read_item, v};
    ie_status status = IE_OK;
    for (size_t first = 0, end; status == IE_OK && first < v->count; first = end) {
        uint64_t bytes = 0;
        for (end = first; end < v->count && end - first < ROUND_FILES && bytes < ROUND_BYTES;
             end++) {
            bytes += v->items[end].old.size;
        }
        ie_parallel_run(&parallel, first, end);
        if (v->engine->cancel != NULL && *v->engine->cancel != 0) {
            return ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; not all was verified.");
        }
        for (size_t i = first; status == IE_OK && i < end; i++) {
            find_twin(v, &v->items[i]);
            if (v->items[i].there) {
                status = tell(v, &v->items[i], err);
            }
        }
        tell_progress(v, end);
    }
    /* Those that are not there come last: till now one may have turned up under another name. */
    for (size_t i = 0; status == IE_OK && i < v->count; i++) {
        if (!v->items[i].there && v->items[i].state == IE_VERIFY_MISSING) {
            status = tell(v, &v->items[i], err);
        }
    }
    return status;
}

/* Without paths all disks are meant; of one that is not there nothing can be said. Files come in
   the order of their paths, so that each folder is asked about once. */
static void leave_out_offline(verifying *v)
{
    IE_AUTO_FREE char *asked = NULL;
    size_t kept = 0;
    bool away = false;
    for (size_t i = 0; i < v->count; i++) {
        if (!v->items[i].there) {
            char *folder = ie_path_directory(v->items[i].path);
            away = asked != NULL && strcmp(asked, folder) == 0 ? away
                                                               : ie_volume_away(v->engine, folder);
            free(asked);
            asked = folder;
        }
        if (!v->items[i].there && away) {
            item_clear(&v->items[i]);
            v->counts.offline++;
        } else {
            v->items[kept++] = v->items[i];
        }
    }
    v->count = kept;
    if (v->counts.offline > 0) {
        ie_engine_notice(v->engine, "Left out, because %s offline: %llu file%s.",
                         v->counts.offline == 1 ? "its disk is" : "their disks are",
                         (unsigned long long)v->counts.offline, v->counts.offline == 1 ? "" : "s");
    }
}

ie_status ie_engine_verify(ie_engine *engine, const ie_input *input, bool accept,
                           ie_verify_fn on_result, void *user, ie_verify_counts *ret_counts,
                           ie_error *err)
{
    double start = ie_seconds_now();
    verifying v = {.engine = engine, .update = accept, .on_result = on_result, .user = user};
    ie_status status = ie_engine_catalog(engine, err);
    if (status == IE_OK && engine->reader == NULL) {
        status = ie_error_set(err, IE_ERR_USAGE,
                              "Files are compared with what the catalog holds of them, and "
                              "--catalog \"\" says that there is none.");
    }
    if (status == IE_OK) {
        status = add_known(&v, input, err);
    }
    if (status == IE_OK && input->count > 0) {
        status = add_found(&v, input, err);
    }
    if (status == IE_OK) {
        merge(&v);
        look_at_names(&v);
        if (input->count == 0) {
            free(v.missing);
            v.missing_count = 0;
            leave_out_offline(&v);
            look_at_names(&v);
        }
        status = run_rounds(&v, err);
    }
    if (status == IE_OK && engine->writer != NULL) {
        status = ie_catalog_commit(engine->writer, err);
    }
    for (size_t i = 0; i < v.count; i++) {
        item_clear(&v.items[i]);
    }
    free(v.items);
    free(v.missing);
    v.counts.seconds = ie_seconds_now() - start;
    *ret_counts = v.counts;
    return status;
}
