// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/same.h"

#include <string.h>
#include <sys/stat.h>

#include "storage/bytes.h"
#include "storage/journal.h"
#include "storage/stamp.h"

#define PIECE_BYTES (1 << 16)
#define FALLBACK_REACH 4096 /* entries; a batch is far smaller, but a unit may be large */

/* A file that a run made here and that was not taken back. */
typedef struct product {
    const char *from, *to; /* in the arena */
    ie_stamp source, made;
    bool plain;  /* in that run its conversion failed */
    size_t turn; /* newer runs first */
} product;

struct ie_same {
    bool output;
    ie_arena *arena;
    product *products; /* by `to` */
    size_t *by_source; /* their indices, by `from`; of equal ones the newest first */
    size_t count, room;
};

static int by_target(const void *a, const void *b)
{
    return strcmp(((const product *)a)->to, ((const product *)b)->to);
}

static int by_from(const void *a, const void *b, void *products_)
{
    const product *products = products_, *x = &products[*(const size_t *)a],
                  *y = &products[*(const size_t *)b];
    int order = strcmp(x->from, y->from);
    return order != 0 ? order : (x->turn > y->turn) - (x->turn < y->turn);
}

/* Apply begins such a group anew: the plain copy's entry comes after the failed one. */
static bool failed_before(const ie_log *log, size_t index)
{
    const ie_entry *entry = &log->entries[index];
    for (size_t i = index; i > 0 && index - i < FALLBACK_REACH; i--) {
        const ie_entry *other = &log->entries[i - 1];
        if (other->state == IE_ENTRY_FAILED && other->kind == IE_ACTION_COPY &&
            strcmp(other->from, entry->from) == 0) {
            return true;
        }
    }
    return false;
}

static void add_products(ie_same *same, const ie_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        const ie_entry *entry = &log->entries[i];
        if (entry->kind != IE_ACTION_COPY || entry->state != IE_ENTRY_DONE || !entry->ready) {
            continue;
        }
        IE_GROW(same->products, same->count, same->room);
        same->products[same->count++] = (product){
            .from = ie_arena_strdup(same->arena, entry->from),
            .to = ie_arena_strdup(same->arena, entry->to),
            .source = entry->stamp,
            .made = entry->made,
            .plain = entry->made.size == entry->stamp.size && failed_before(log, i),
            .turn = same->count,
        };
    }
}

ie_same *ie_same_new(const char *output)
{
    ie_same *same = ie_alloc(sizeof *same);
    ie_run_ids ids = {0};
    same->output = output != NULL;
    same->arena = ie_arena_new();
    if (output == NULL || ie_run_ids_read(output, &ids, NULL) != IE_OK) {
        return same;
    }
    for (size_t i = 0; i < ids.count; i++) {
        ie_log *log = NULL;
        if (ie_log_read(output, ids.ids[i], &log, NULL) == IE_OK) {
            add_products(same, log);
            ie_log_free(log);
        }
    }
    ie_run_ids_free(&ids);
    if (same->count > 1) {
        qsort(same->products, same->count, sizeof *same->products, by_target);
    }
    same->by_source = ie_alloc((same->count + 1) * sizeof *same->by_source);
    for (size_t i = 0; i < same->count; i++) {
        same->by_source[i] = i;
    }
    if (same->count > 1) {
        qsort_r(same->by_source, same->count, sizeof *same->by_source, by_from, same->products);
    }
    return same;
}

void ie_same_free(ie_same *same)
{
    ie_arena_free(same->arena);
    free(same->products);
    free(same->by_source);
    free(same);
}

/* Made from this photo as it is now, and not touched since? */
static bool is_product(const ie_same *same, const ie_photo *photo, const char *path)
{
    struct stat st;
    const product key = {.to = path};
    const product *found =
        same->count == 0 ? NULL : bsearch(&key, same->products, same->count, sizeof key, by_target);
    if (found == NULL || lstat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
        return false;
    }
    ie_stamp now = ie_stamp_of(&st);
    while (found > same->products && strcmp(found[-1].to, path) == 0) {
        found--;
    }
    for (; found < same->products + same->count && strcmp(found->to, path) == 0; found++) {
        if (strcmp(found->from, photo->real_path) == 0 &&
            ie_stamp_still_file(&found->source, &photo->stamp) &&
            ie_stamp_still_file(&found->made, &now)) {
            return true;
        }
    }
    return false;
}

bool ie_same_bytes(const char *a_path, const char *b_path)
{
    ie_bytes *a = NULL, *b = NULL;
    bool equal = ie_bytes_open(a_path, &a, NULL) == IE_OK &&
                 ie_bytes_open(b_path, &b, NULL) == IE_OK && ie_bytes_size(a) == ie_bytes_size(b);
    uint64_t size = equal ? ie_bytes_size(a) : 0;
    /* A differing head is the usual difference: look at it before reading all. */
    size_t head = size < PIECE_BYTES ? (size_t)size : PIECE_BYTES;
    if (equal && head > 0) {
        const uint8_t *x = ie_bytes_at(a, 0, head), *y = ie_bytes_at(b, 0, head);
        equal = x != NULL && y != NULL && memcmp(x, y, head) == 0;
    }
    ie_hash128 x, y;
    equal = equal && ie_bytes_xxh3(a, &x) && ie_bytes_xxh3(b, &y) && ie_hash128_equal(x, y);
    ie_bytes_close(a);
    ie_bytes_close(b);
    return equal;
}

const char *ie_same_made(void *user, const ie_photo *photo, bool *ret_plain)
{
    const ie_same *same = user;
    size_t low = 0, high = same->by_source != NULL ? same->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(same->products[same->by_source[middle]].from, photo->real_path) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; same->by_source != NULL && low < same->count; low++) {
        const product *p = &same->products[same->by_source[low]];
        if (strcmp(p->from, photo->real_path) != 0) {
            break;
        }
        if (is_product(same, photo, p->to)) {
            *ret_plain = p->plain;
            return p->to;
        }
    }
    return NULL;
}

bool ie_same_is_there(void *user, const ie_photo *photo, const char *path)
{
    const ie_same *same = user;
    return same->output && (is_product(same, photo, path) || ie_same_bytes(photo->real_path, path));
}
