// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/apart.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "storage/bytes.h"
#include "utils/error.h"

/* ---- what the plan must not put together -------------------------------------------------------------- */

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

ie_status ie_apart_filter(ie_engine *engine, ie_photo *const *photos, ie_pair *pairs, size_t *count, ie_error *err)
{
    if (engine->reader == NULL || *count == 0) {
        return IE_OK;
    }
    key_list list = {0};
    ie_status status = ie_catalog_apart(engine->reader, add_key, &list, err);
    if (status == IE_OK && list.count > 0) {
        qsort(list.items, list.count, sizeof *list.items, compare_keys);
        size_t kept = 0;
        for (size_t i = 0; i < *count; i++) {
            key wanted = key_of(&photos[pairs[i].a]->xxh3, &photos[pairs[i].b]->xxh3);
            if (bsearch(&wanted, list.items, list.count, sizeof wanted, compare_keys) == NULL) {
                pairs[kept++] = pairs[i];
            }
        }
        *count = kept;
    }
    free(list.items);
    return status;
}

/* ---- what the user says --------------------------------------------------------------------------------- */

typedef struct named {
    char *path; /* absolute */
    ie_hash128 hash;
} named;

static ie_status need_catalog(ie_engine *engine, ie_error *err)
{
    ie_status status = ie_engine_catalog(engine, err);
    return status == IE_OK && engine->writer == NULL
               ? ie_error_set(err, IE_ERR_USAGE, "What is kept apart is remembered in the catalog; leave --catalog at "
                              "its default or name a file.")
               : status;
}

static ie_status hash_file(const char *path, named *ret_file, ie_error *err)
{
    ie_bytes *bytes;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    if (!ie_bytes_xxh3(bytes, &ret_file->hash)) {
        status = ie_error_errno(err, ie_bytes_errno(bytes), "%s cannot be read", ie_shown(path));
    }
    ie_bytes_close(bytes);
    char *real = status == IE_OK ? realpath(path, NULL) : NULL;
    ret_file->path = real != NULL ? real : ie_strdup(path);
    return status;
}

static ie_status note_pair(ie_engine *engine, const named *a, const named *b, bool apart, ie_error *err)
{
    if (ie_hash128_equal(a->hash, b->hash)) {
        return ie_error_set(err, IE_ERR_USAGE, "%s and %s have the same bytes; nothing tells them apart. To keep both, use "
                            "--min-copies or --protect.", ie_shown(a->path), ie_shown(b->path));
    }
    const ie_apart pair = {.a = a->hash, .b = b->hash, .name_a = a->path, .name_b = b->path};
    return ie_catalog_set_apart(engine->writer, &pair, apart, err);
}

ie_status ie_engine_keep_apart(ie_engine *engine, const char *const *paths, size_t count, bool apart, ie_error *err)
{
    if (count < 2 || count > IE_APART_MAX) {
        return ie_error_set(err, IE_ERR_USAGE, "Name two photos, or some more (%d at most): each is kept apart from each of "
                            "the others.", IE_APART_MAX);
    }
    ie_status status = need_catalog(engine, err);
    named *files = ie_alloc(count * sizeof *files);
    for (size_t i = 0; status == IE_OK && i < count; i++) {
        status = hash_file(paths[i], &files[i], err);
    }
    for (size_t i = 0; status == IE_OK && i < count; i++) {
        for (size_t k = i + 1; status == IE_OK && k < count; k++) {
            status = note_pair(engine, &files[i], &files[k], apart, err);
        }
    }
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
