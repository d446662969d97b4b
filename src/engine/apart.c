// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/apart.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/crew.h"
#include "storage/bytes.h"
#include "storage/image_data.h"
#include "utils/error.h"

/* What a photo is known by. Tags change the bytes, but not the coded picture; a file whose coded
   picture cannot be told from what is around it has its bytes only. */
typedef struct names {
    ie_hash128 picture, bytes;
    bool has_picture;
} names;

/* ---- what the plan must not put together ----------------------------------------------------- */

typedef struct key {
    uint8_t bytes[2 * sizeof(ie_hash128)]; /* the smaller first */
} key;

typedef struct key_list {
    key *items;
    size_t count, room;
} key_list;

static key key_of(const ie_hash128 *a, const ie_hash128 *b)
{
    key k;
    bool turned = memcmp(a->bytes, b->bytes, sizeof a->bytes) > 0;
    memcpy(k.bytes, (turned ? b : a)->bytes, sizeof a->bytes);
    memcpy(k.bytes + sizeof a->bytes, (turned ? a : b)->bytes, sizeof a->bytes);
    return k;
}

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(key));
}

static void add_key(void *user, const ie_apart *pair)
{
    key_list *list = user;
    IE_GROW(list->items, list->count, list->room);
    list->items[list->count++] = key_of(&pair->a, &pair->b);
}

#define WAYS 4

/* The hashes that a pair may be remembered by, that which is remembered today first; each file by
   its picture or, as long ago for all, by its bytes. Two files of one coded picture are told apart
   by their bytes. Returns how many. */
static size_t ways_of(const names *a, const names *b, const ie_hash128 *ret_ways[WAYS][2])
{
    size_t count = 0;
    bool one_picture = a->has_picture && b->has_picture && ie_hash128_equal(a->picture, b->picture);
    for (unsigned way = one_picture ? WAYS - 1 : 0; way < WAYS; way++) {
        bool bytes_a = (way & 1) != 0, bytes_b = (way & 2) != 0;
        if ((!bytes_a && !a->has_picture) || (!bytes_b && !b->has_picture)) {
            continue;
        }
        ret_ways[count][0] = bytes_a ? &a->bytes : &a->picture;
        ret_ways[count++][1] = bytes_b ? &b->bytes : &b->picture;
    }
    return count;
}

static bool is_apart(const key_list *list, const names *a, const names *b)
{
    const ie_hash128 *ways[WAYS][2];
    size_t count = ways_of(a, b, ways);
    for (size_t i = 0; i < count; i++) {
        key wanted = key_of(ways[i][0], ways[i][1]);
        if (bsearch(&wanted, list->items, list->count, sizeof wanted, compare_keys) != NULL) {
            return true;
        }
    }
    return false;
}

typedef struct reading {
    ie_photo *const *photos;
    size_t *list;
    size_t count;
} reading;

static void read_picture(void *user, ie_worker *worker, size_t index)
{
    const reading *r = user;
    ie_worker_analyze(worker, r->photos[r->list[index]], IE_HAVE_IMAGE_DATA, 0);
}

static int by_index(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* Of the photos in pairs those whose coded picture is not known yet. */
static void read_pictures(ie_engine *engine, ie_photo *const *photos, const ie_pair *pairs,
                          size_t count)
{
    reading r = {.photos = photos, .list = ie_alloc((2 * count + 1) * sizeof *r.list)};
    for (size_t i = 0; i < 2 * count; i++) {
        r.list[i] = i % 2 == 0 ? pairs[i / 2].a : pairs[i / 2].b;
    }
    qsort(r.list, 2 * count, sizeof *r.list, by_index);
    for (size_t i = 0; i < 2 * count; i++) {
        if ((photos[r.list[i]]->have & IE_HAVE_IMAGE_DATA) == 0 &&
            (i == 0 || r.list[i] != r.list[i - 1])) {
            r.list[r.count++] = r.list[i];
        }
    }
    ie_crew_run(engine->config, engine->cancel, r.count, read_picture, &r);
    free(r.list);
}

static names names_of(const ie_photo *photo)
{
    return (names){.picture = photo->image_data, .bytes = photo->xxh3,
                   .has_picture = (photo->have & IE_HAVE_IMAGE_DATA) != 0};
}

ie_status ie_apart_filter(ie_engine *engine, ie_photo *const *photos, ie_pair *pairs, size_t *count,
                          ie_error *err)
{
    if (engine->reader == NULL || *count == 0) {
        return IE_OK;
    }
    key_list list = {0};
    ie_status status = ie_catalog_apart(engine->reader, add_key, &list, err);
    if (status == IE_OK && list.count > 0) {
        qsort(list.items, list.count, sizeof *list.items, compare_keys);
        read_pictures(engine, photos, pairs, *count);
        if (engine->cancel != NULL &&
            *engine->cancel != 0) { /* what was not read would be taken for duplicates */
            free(list.items);
            return ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; this run changed nothing.");
        }
        size_t kept = 0;
        for (size_t i = 0; i < *count; i++) {
            names a = names_of(photos[pairs[i].a]), b = names_of(photos[pairs[i].b]);
            if (!is_apart(&list, &a, &b)) {
                pairs[kept++] = pairs[i];
            }
        }
        *count = kept;
    }
    free(list.items);
    return status;
}

/* ---- what the user says ---------------------------------------------------------------------- */

typedef struct named {
    char *path; /* absolute */
    names by;
} named;

static ie_status need_catalog(ie_engine *engine, ie_error *err)
{
    ie_status status = ie_engine_catalog(engine, err);
    return status == IE_OK && engine->writer == NULL
               ? ie_error_set(err, IE_ERR_USAGE,
                              "What is kept apart is remembered in the catalog; leave --catalog at "
                              "its default or name a file.")
               : status;
}

/* As the analyzer of that name has it. Returns what the file is. */
static ie_format hash_picture(const ie_engine *engine, const char *path, ie_bytes *bytes, names *by)
{
    uint64_t size = ie_bytes_size(bytes);
    size_t head = size < IE_SNIFF_BYTES ? (size_t)size : IE_SNIFF_BYTES;
    const uint8_t *start = ie_bytes_at(bytes, 0, head);
    ie_format format = start != NULL ? ie_format_sniff(start, head, path) : IE_FORMAT_UNKNOWN;
    const uint8_t *data =
        ie_image_data_known(format)
            ? ie_bytes_load(bytes, (uint64_t)engine->config->limits.max_file_bytes)
            : NULL;
    by->has_picture = data != NULL && ie_image_data_hash(data, (size_t)size, format, &by->picture);
    return format;
}

static ie_status hash_file(const ie_engine *engine, const char *path, bool apart, named *ret_file,
                           ie_error *err)
{
    ie_bytes *bytes;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    if (ie_bytes_xxh3(bytes, &ret_file->by.bytes)) {
        ie_kind kind = ie_format_kind(hash_picture(engine, path, bytes, &ret_file->by));
        bool photo = kind == IE_KIND_PHOTO || kind == IE_KIND_RAW || kind == IE_KIND_VIDEO;
        if (apart && !photo) {
            status = ie_error_set(err, IE_ERR_USAGE,
                                  "%s is neither a photo nor a video; only these are kept apart.",
                                  ie_shown(path));
        }
    } else {
        status = ie_error_errno(err, ie_bytes_errno(bytes), "%s cannot be read", ie_shown(path));
    }
    ie_bytes_close(bytes);
    char *real = status == IE_OK ? realpath(path, NULL) : NULL;
    ret_file->path = real != NULL ? real : ie_strdup(path);
    return status;
}

typedef struct pair_list {
    ie_apart *items;
    size_t count, room;
} pair_list;

/* What is remembered of the pair in any other way goes, so that it is there once or not at all. */
static void note_pair(const named *a, const named *b, bool apart, pair_list *to)
{
    const ie_hash128 *ways[WAYS][2];
    size_t count = ways_of(&a->by, &b->by, ways);
    for (size_t i = 0; i < count; i++) {
        IE_GROW(to->items, to->count, to->room);
        to->items[to->count++] = (ie_apart){.a = *ways[i][0],
                                            .b = *ways[i][1],
                                            .name_a = a->path,
                                            .name_b = b->path,
                                            .forget = !apart || i > 0};
    }
}

static ie_status note_pairs(const named *files, size_t count, bool apart, pair_list *to,
                            ie_error *err)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = i + 1; k < count; k++) {
            if (ie_hash128_equal(files[i].by.bytes, files[k].by.bytes)) {
                return ie_error_set(
                    err, IE_ERR_USAGE,
                    "%s and %s have the same bytes; nothing tells them apart, and "
                    "nothing was changed. To keep both, use --min-copies or --protect.",
                    ie_shown(files[i].path), ie_shown(files[k].path));
            }
            note_pair(&files[i], &files[k], apart, to);
        }
    }
    return IE_OK;
}

static ie_status count_known(ie_engine *engine, const named *files, size_t count,
                             size_t *ret_known, ie_error *err)
{
    key_list list = {0};
    ie_status status = ie_catalog_apart(engine->reader, add_key, &list, err);
    if (status == IE_OK && list.count > 0) {
        qsort(list.items, list.count, sizeof *list.items, compare_keys);
    }
    *ret_known = 0;
    for (size_t i = 0; status == IE_OK && list.count > 0 && i < count; i++) {
        for (size_t k = i + 1; k < count; k++) {
            *ret_known += is_apart(&list, &files[i].by, &files[k].by);
        }
    }
    free(list.items);
    return status;
}

ie_status ie_engine_keep_apart(ie_engine *engine, const char *const *paths, size_t count,
                               bool apart, size_t *ret_known, ie_error *err)
{
    if (count < 2 || count > IE_APART_MAX) {
        return ie_error_set(
            err, IE_ERR_USAGE,
            "Name two photos, or some more (%d at most): each is kept apart from each of "
            "the others.",
            IE_APART_MAX);
    }
    ie_status status = need_catalog(engine, err);
    named *files = ie_alloc(count * sizeof *files);
    for (size_t i = 0; status == IE_OK && i < count; i++) {
        status = hash_file(engine, paths[i], apart, &files[i], err);
    }
    pair_list pairs = {0};
    if (status == IE_OK) {
        status = note_pairs(files, count, apart, &pairs, err);
    }
    if (status == IE_OK && ret_known != NULL) {
        status = count_known(engine, files, count, ret_known, err);
    }
    if (status == IE_OK) {
        status = ie_catalog_set_apart(engine->writer, pairs.items, pairs.count, err);
    }
    free(pairs.items);
    for (size_t i = 0; i < count; i++) {
        free(files[i].path);
    }
    free(files);
    return status;
}

typedef struct listing {
    ie_apart_fn on_pair;
    void *user;
} listing;

static void list_pair(void *user, const ie_apart *pair)
{
    const listing *l = user;
    l->on_pair(l->user, pair->name_a, pair->name_b);
}

ie_status ie_engine_list_apart(ie_engine *engine, ie_apart_fn on_pair, void *user, ie_error *err)
{
    listing l = {on_pair, user};
    ie_status status = need_catalog(engine, err);
    return status == IE_OK ? ie_catalog_apart(engine->reader, list_pair, &l, err) : status;
}
