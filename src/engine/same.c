// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/same.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/by_stamp.h"
#include "engine/sameness.h"
#include "processors/names.h"
#include "storage/bytes.h"
#include "storage/journal.h"
#include "storage/stamp.h"
#include "utils/mounts.h"
#include "utils/text.h"

#define FALLBACK_REACH 4096 /* entries; a batch is far smaller, but a unit may be large */
#define NONE SIZE_MAX

/* A file of the output. */
typedef struct file {
    const char *path; /* in the arena; NULL: none any more */
    ie_stamp made;    /* by a run; zero: not known */
    uint64_t size;    /* its bytes, as a run made or proved them; xxh3 all 0: not known */
    ie_hash128 xxh3;
    size_t instead;   /* the file that stayed when this one was put away as a duplicate, or NONE */
    enum { UNASKED, EQUAL, OTHER } bytes; /* those of the file that is there now */
} file;

/* What a run copied there, and where that is now; what was taken back is not listed. */
typedef struct product {
    const char *from; /* in the arena */
    ie_stamp source;
    ie_hash128 source_xxh3;
    size_t file;
    bool plain; /* in that run its conversion failed */
    enum {
        UNSEEN,
        PICTURE,
        ANOTHER
    } edited; /* the file at its path, which another program wrote */
} product;

struct ie_same {
    const ie_config *config;
    const char *output; /* NULL: none */
    bool by_content;
    ie_by_stamp *strays; /* the output's files; made when one is not where a run left it */
    ie_arena *arena;
    ie_names *names; /* owner: 1 + the file at that path; of photos, next: 1 + its place in seen */
    ie_hash128 *seen;  /* hashes of photos that were asked for */
    file *files;
    product *products; /* in the order of the runs */
    size_t *by_path, *by_source, *by_bytes; /* their indices; of equal ones the newest first */
    size_t count, room, file_count, file_room, seen_count, seen_room;
};

/* ---- reading the journals ------------------------------------------------------------------- */

/* Case counts here, and ie_names folds it: so the path's hash is its name there. */
static ie_name *name_of(const ie_same *same, const char *path)
{
    char hex[33];
    ie_hash128_hex(ie_hash128_of(path, strlen(path)), hex);
    return ie_names_get(same->names, hex);
}

static size_t add_file(ie_same *same, const char *path, ie_stamp made, uint64_t size,
                       ie_hash128 xxh3)
{
    IE_GROW(same->files, same->file_count, same->file_room);
    same->files[same->file_count] = (file){.path = ie_arena_strdup(same->arena, path),
                                           .made = made,
                                           .size = size,
                                           .xxh3 = xxh3,
                                           .instead = NONE};
    name_of(same, path)->owner = same->file_count + 1;
    return same->file_count++;
}

/* One that no run made is known by its bytes, which were proven when its duplicate went. */
static size_t survivor_of(ie_same *same, const ie_entry *entry)
{
    uint64_t owner = name_of(same, entry->survivor)->owner;
    ie_hash128 xxh3 = entry->proven ? entry->survivor_xxh3 : (ie_hash128){0};
    return owner > 0
               ? (size_t)owner - 1
               : add_file(same, entry->survivor, (ie_stamp){0}, entry->survivor_size, xxh3);
}

/* Entries of a log that were to copy and failed, in its order. */
typedef struct failures {
    size_t *indices, count, room;
} failures;

/* Apply begins such a group anew: the plain copy's entry comes after the failed one. */
static bool failed_before(const ie_log *log, const failures *failed, size_t index)
{
    for (size_t i = failed->count; i > 0 && index - failed->indices[i - 1] <= FALLBACK_REACH; i--) {
        if (strcmp(log->entries[failed->indices[i - 1]].from, log->entries[index].from) == 0) {
            return true;
        }
    }
    return false;
}

static void add_product(ie_same *same, const ie_log *log, const failures *failed, size_t index)
{
    const ie_entry *entry = &log->entries[index];
    if (!entry->ready || entry->beside) {
        return; /* a sidecar is no copy of what it is made for */
    }
    IE_GROW(same->products, same->count, same->room);
    same->products[same->count++] = (product){
        .from = ie_arena_strdup(same->arena, entry->from),
        .source = entry->stamp,
        .source_xxh3 = entry->source_xxh3,
        .file = add_file(same, entry->to, entry->made, entry->made.size, entry->made_xxh3),
        .plain = entry->made.size == entry->stamp.size && failed_before(log, failed, index),
    };
}

/* Was it the file that we know which the run found there, and not one put in its place? */
static bool found_it(const file *f, const ie_entry *entry)
{
    const ie_hash128 none = {0};
    bool known = f->made.mtime_ns != 0 || f->made.size != 0;
    if (known) {
        return ie_stamp_still_file(&f->made, &entry->stamp);
    }
    return f->size == entry->stamp.size && !ie_hash128_equal(f->xxh3, none) &&
           (!entry->ready || ie_hash128_equal(f->xxh3, entry->source_xxh3));
}

/* Renamed, rewritten or put away in the output itself. */
static void follow(ie_same *same, const ie_entry *entry)
{
    uint64_t owner = name_of(same, entry->from)->owner;
    if (owner == 0) {
        return; /* of no file that a run made */
    }
    size_t index = (size_t)owner - 1;
    name_of(same, entry->from)->owner = 0;
    if (!found_it(&same->files[index], entry)) {
        same->files[index].path = NULL;
        same->files[index].instead = NONE;
    } else if (entry->kind == IE_ACTION_QUARANTINE) {
        size_t instead = entry->survivor != NULL ? survivor_of(same, entry) : NONE;
        same->files[index].path = NULL;
        same->files[index].instead = instead;
    } else {
        file *f = &same->files[index];
        f->path = ie_arena_strdup(same->arena, entry->to);
        if (entry->ready) {
            f->made = entry->made;
            f->size = entry->made.size;
            f->xxh3 = entry->made_xxh3;
        }
        name_of(same, entry->to)->owner = index + 1;
    }
}

static void read_log(ie_same *same, const ie_log *log)
{
    failures failed = {0};
    for (size_t i = 0; i < log->count; i++) {
        const ie_entry *entry = &log->entries[i];
        bool copies = entry->kind == IE_ACTION_COPY;
        if (entry->state == IE_ENTRY_FAILED && copies) {
            IE_GROW(failed.indices, failed.count, failed.room);
            failed.indices[failed.count++] = i;
        } else if (entry->state == IE_ENTRY_DONE && copies) {
            add_product(same, log, &failed, i);
        } else if (entry->state == IE_ENTRY_DONE &&
                   (entry->to != NULL || entry->kind == IE_ACTION_QUARANTINE)) {
            follow(same, entry);
        }
    }
    free(failed.indices);
}

/* ---- looking products up -------------------------------------------------------------------- */

static int newest_first(size_t x, size_t y)
{
    return (x < y) - (x > y);
}

static int compare_paths(const char *a, const char *b)
{
    return a == NULL || b == NULL ? (a != NULL) - (b != NULL) : strcmp(a, b);
}

static const char *path_of(const ie_same *same, size_t index)
{
    return same->files[same->products[index].file].path;
}

static int by_path(const void *a, const void *b, void *same)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    int order = compare_paths(path_of(same, x), path_of(same, y));
    return order != 0 ? order : newest_first(x, y);
}

static int by_source(const void *a, const void *b, void *same_)
{
    const ie_same *same = same_;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    int order = strcmp(same->products[x].from, same->products[y].from);
    return order != 0 ? order : newest_first(x, y);
}

static int compare_bytes(uint64_t a_size, ie_hash128 a, uint64_t b_size, ie_hash128 b)
{
    return a_size != b_size ? (a_size < b_size ? -1 : 1) : memcmp(a.bytes, b.bytes, sizeof a.bytes);
}

static int by_bytes(const void *a, const void *b, void *same_)
{
    const ie_same *same = same_;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    const product *p = &same->products[x], *q = &same->products[y];
    int order = compare_bytes(p->source.size, p->source_xxh3, q->source.size, q->source_xxh3);
    return order != 0 ? order : newest_first(x, y);
}

static size_t *sorted(ie_same *same, int (*compare)(const void *, const void *, void *))
{
    size_t *indices = ie_alloc((same->count + 1) * sizeof *indices);
    for (size_t i = 0; i < same->count; i++) {
        indices[i] = i;
    }
    if (same->count > 1) {
        qsort_r(indices, same->count, sizeof *indices, compare, same);
    }
    return indices;
}

ie_same *ie_same_new(const ie_config *config, const char *output, bool by_content)
{
    ie_same *same = ie_alloc(sizeof *same);
    ie_run_ids ids = {0};
    same->config = config;
    same->output = output;
    same->by_content = by_content;
    same->arena = ie_arena_new();
    same->names = ie_names_new();
    if (output != NULL && ie_run_ids_read(output, &ids, NULL) == IE_OK) {
        for (size_t i = ids.count; i > 0; i--) { /* the newest last */
            ie_log *log = NULL;
            if (ie_log_read(output, ids.ids[i - 1], &log, NULL) == IE_OK) {
                read_log(same, log);
                ie_log_free(log);
            }
        }
        ie_run_ids_free(&ids);
    }
    same->by_path = sorted(same, by_path);
    same->by_source = sorted(same, by_source);
    same->by_bytes = sorted(same, by_bytes);
    return same;
}

void ie_same_free(ie_same *same)
{
    if (same == NULL) {
        return;
    }
    ie_arena_free(same->arena);
    ie_names_free(same->names);
    ie_by_stamp_free(same->strays);
    free(same->seen);
    free(same->files);
    free(same->products);
    free(same->by_path);
    free(same->by_source);
    free(same->by_bytes);
    free(same);
}

/* Does this path hold the bytes that the file had? Read once. */
static bool holds_bytes(file *f, const char *path)
{
    ie_bytes *bytes = NULL;
    ie_hash128 hash;
    if (f->bytes == UNASKED) {
        bool equal = !ie_hash128_equal(f->xxh3, (ie_hash128){0}) &&
                     ie_bytes_open(path, &bytes, NULL) == IE_OK &&
                     ie_bytes_size(bytes) == f->size && ie_bytes_xxh3(bytes, &hash) &&
                     ie_hash128_equal(hash, f->xxh3);
        f->bytes = equal ? EQUAL : OTHER;
        ie_bytes_close(bytes);
    }
    return f->bytes == EQUAL;
}

/* Where inodes do not last, size and time alone may be those of another photo of a burst. */
static const char *moved_to(ie_same *same, file *f)
{
    struct stat st;
    if (same->strays == NULL) {
        same->strays = ie_by_stamp_new(same->config, same->output);
    }
    const char *path = ie_by_stamp_find(same->strays, &f->made);
    bool sure = path != NULL && lstat(path, &st) == 0 && ie_inodes_last(ie_stamp_of(&st).device);
    return path != NULL && (sure || holds_bytes(f, path)) ? path : NULL;
}

/* The file that a product is now, or that stayed for it, if it is as the last run left it; else
   NULL. */
static const char *now_at(ie_same *same, const product *p)
{
    struct stat st;
    file *f = &same->files[p->file];
    for (size_t steps = 0; f->path == NULL && f->instead != NONE && steps < same->file_count;
         steps++) {
        f = &same->files[f->instead];
    }
    bool known = f->made.mtime_ns != 0 || f->made.size != 0;
    if (f->path == NULL) {
        return NULL;
    }
    if (lstat(f->path, &st) != 0) {
        return known && (errno == ENOENT || errno == ENOTDIR) ? moved_to(same, f) : NULL;
    }
    ie_stamp now = ie_stamp_of(&st);
    bool still = known ? ie_stamp_still_file(&f->made, &now) : holds_bytes(f, f->path);
    return S_ISREG(st.st_mode) && still ? f->path : NULL;
}

/* Where it was put there is a file that another program has written since, which shows the photo's
   very picture and says no less of it: keywords were added, say. NULL: not so. */
static const char *edited_at(const ie_same *same, product *p, const ie_photo *photo)
{
    const file *f = &same->files[p->file];
    if (p->edited == UNSEEN) {
        p->edited = f->path != NULL && ie_is_kept_by(same->config, photo->real_path, f->path)
                        ? PICTURE
                        : ANOTHER;
    }
    return p->edited == PICTURE ? f->path : NULL;
}

/* Of a RAW only a RAW: the picture that was made of it does not stand for it. */
static const char *stands_for(ie_same *same, product *p, const ie_photo *photo)
{
    const char *path = now_at(same, p);
    path = path != NULL ? path : edited_at(same, p, photo);
    bool stands = path != NULL && (ie_format_kind(photo->format) != IE_KIND_RAW ||
                                   ie_format_kind(ie_format_claimed(path)) == IE_KIND_RAW);
    return stands ? path : NULL;
}

static bool is_source(const product *p, const ie_photo *photo)
{
    return strcmp(p->from, photo->real_path) == 0 && ie_stamp_still_file(&p->source, &photo->stamp);
}

/* Made from this photo as it is now, and not touched since? */
static bool is_product(ie_same *same, const ie_photo *photo, const char *path)
{
    size_t low = 0, high = same->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_paths(path_of(same, same->by_path[middle]), path) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < same->count; low++) {
        product *p = &same->products[same->by_path[low]];
        if (compare_paths(path_of(same, same->by_path[low]), path) != 0) {
            return false;
        }
        if (is_source(p, photo) && stands_for(same, p, photo) != NULL) {
            return true;
        }
    }
    return false;
}

/* Of the photo's bytes, read once however often it is asked for; all 0: cannot be read. */
static ie_hash128 hash_of(ie_same *same, const ie_photo *photo)
{
    ie_name *name = name_of(same, photo->real_path);
    if (name->next == 0) {
        ie_bytes *bytes = NULL;
        ie_hash128 hash = {0};
        if ((photo->have & IE_HAVE_XXH3) != 0) {
            hash = photo->xxh3;
        } else if (ie_bytes_open(photo->real_path, &bytes, NULL) != IE_OK ||
                   !ie_bytes_xxh3(bytes, &hash)) {
            hash = (ie_hash128){0};
        }
        ie_bytes_close(bytes);
        IE_GROW(same->seen, same->seen_count, same->seen_room);
        same->seen[same->seen_count++] = hash;
        name->next = (uint32_t)same->seen_count;
    }
    return same->seen[name->next - 1];
}

/* The first that is there, or the first of the photo's own format: where the original was copied
   beside what was made of it, it stands for the photo. */
static product *better(ie_same *same, product *found, product *p, const ie_photo *photo)
{
    bool sure = found != NULL && ie_format_claimed(stands_for(same, found, photo)) == photo->format;
    const char *path = sure ? NULL : stands_for(same, p, photo);
    return path != NULL && (found == NULL || ie_format_claimed(path) == photo->format) ? p : found;
}

static product *made_of_path(ie_same *same, const ie_photo *photo)
{
    size_t low = 0, high = same->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(same->products[same->by_source[middle]].from, photo->real_path) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    product *found = NULL;
    for (; low < same->count; low++) {
        product *p = &same->products[same->by_source[low]];
        if (strcmp(p->from, photo->real_path) != 0) {
            break;
        }
        found = is_source(p, photo) ? better(same, found, p, photo) : found;
    }
    return found;
}

/* The first of at least this size and hash. */
static size_t first_of_bytes(const ie_same *same, uint64_t size, ie_hash128 hash)
{
    size_t low = 0, high = same->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const product *p = &same->products[same->by_bytes[middle]];
        if (compare_bytes(p->source.size, p->source_xxh3, size, hash) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The same bytes under another name: from another card, say. */
static product *made_of_bytes(ie_same *same, const ie_photo *photo)
{
    const ie_hash128 none = {0};
    uint64_t size = photo->stamp.size;
    size_t at = same->by_content ? first_of_bytes(same, size, none) : same->count;
    if (at == same->count || same->products[same->by_bytes[at]].source.size != size) {
        return NULL; /* it need not be read */
    }
    ie_hash128 hash = hash_of(same, photo);
    product *found = NULL;
    for (at = first_of_bytes(same, size, hash); at < same->count; at++) {
        product *p = &same->products[same->by_bytes[at]];
        if (compare_bytes(p->source.size, p->source_xxh3, size, hash) != 0 ||
            ie_hash128_equal(hash, none)) {
            break;
        }
        found = better(same, found, p, photo);
    }
    return found;
}

const char *ie_same_made(void *user, const ie_photo *photo, bool *ret_plain)
{
    ie_same *same = user;
    product *p = made_of_path(same, photo);
    p = p == NULL ? made_of_bytes(same, photo) : p;
    *ret_plain = p != NULL && p->plain;
    return p != NULL ? stands_for(same, p, photo) : NULL;
}

bool ie_same_is_there(void *user, const ie_photo *photo, const char *path)
{
    ie_same *same = user;
    return same->output != NULL &&
           (is_product(same, photo, path) || ie_same_bytes(photo->real_path, path));
}
