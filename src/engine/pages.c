// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/pages.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/crew.h"
#include "engine/ink.h"
#include "storage/source.h"
#include "storage/stamp.h"
#include "utils/error.h"

/* Of pages that stay in memory; the rest is read once for each pair. */
#define MOST_KEPT (256u << 20)

#define MUCH_SMALLER 0.4 /* of the samples */

typedef enum kind { NOT_READ, PAGE, NO_PAGE, UNREADABLE } kind;

typedef struct page {
    ie_pixels pixels; /* its grey view; data NULL when it is not kept */
    kind is;
} page;

typedef struct look {
    const ie_compare *compare;
    ie_photo **photos;
    ie_pair *pairs;
    page *pages;        /* by photo */
    size_t *doubtful;   /* pairs */
    uint32_t *wanted;   /* photos */
    atomic_size_t kept; /* bytes */
} look;

/* A photo may be looked at by several threads, so what decoding says goes to a stand-in. */
static ie_pixels copy_view(const ie_config *config, const ie_photo *photo, ie_bytes *bytes)
{
    const ie_source_options options = {.max_pixels = (uint64_t)config->limits.max_pixels,
                                       .max_file_bytes = (uint64_t)config->limits.max_file_bytes,
                                       .views = IE_VIEW_GRAY};
    ie_photo *other = ie_photo_new();
    other->path = other->real_path = photo->real_path;
    other->format = photo->format;
    other->orientation = photo->orientation;
    ie_scratch *scratch = ie_scratch_new();
    ie_source *source = ie_source_new(bytes, other, &options, scratch);
    const ie_pixels *gray = ie_source_gray(source);
    ie_pixels copy = {0};
    if (gray != NULL && gray->channels == 1) {
        size_t size = (size_t)gray->width * gray->height;
        copy = *gray;
        copy.data = ie_try_alloc(size, 1);
        if (copy.data != NULL) {
            memcpy(copy.data, gray->data, size);
        }
    }
    ie_source_free(source);
    ie_scratch_free(scratch);
    ie_photo_free(other);
    return copy;
}

static page read_page(const ie_config *config, const ie_photo *photo)
{
    page p = {.is = UNREADABLE};
    ie_bytes *bytes = NULL;
    ie_error err = {0};
    if (ie_bytes_open(photo->real_path, &bytes, &err) != IE_OK) {
        return p;
    }
    const ie_stamp now = ie_bytes_stamp(bytes);
    if (ie_stamp_still_file(&photo->stamp, &now)) {
        p.pixels = copy_view(config, photo, bytes);
    }
    ie_bytes_close(bytes);
    if (p.pixels.data != NULL) {
        p.is = ie_ink_is_page(&p.pixels) ? PAGE : NO_PAGE;
    }
    return p;
}

static void read_one(void *user, ie_worker *worker, size_t index)
{
    look *l = user;
    page *p = &l->pages[l->wanted[index]];
    (void)worker;
    *p = read_page(l->compare->config, l->photos[l->wanted[index]]);
    size_t size = (size_t)p->pixels.width * p->pixels.height;
    bool fits = p->pixels.data != NULL && atomic_fetch_add(&l->kept, size) + size <= MOST_KEPT;
    if (!fits) {
        free(p->pixels.data);
        p->pixels.data = NULL;
    }
}

/* The page as it was kept, or read into *ret_own. */
static const ie_pixels *page_of(const look *l, uint32_t photo, page *ret_own)
{
    if (l->pages[photo].pixels.data != NULL) {
        return &l->pages[photo].pixels;
    }
    *ret_own = read_page(l->compare->config, l->photos[photo]);
    return ret_own->pixels.data != NULL ? &ret_own->pixels : NULL;
}

/* A photo that was brightened until much of it is white looks like a page, and a page so small that
   its lines run into one another does not. */
static bool are_pages(const page *a, const ie_pixels *of_a, const page *b, const ie_pixels *of_b)
{
    double size_a = (double)of_a->width * of_a->height, size_b = (double)of_b->width * of_b->height;
    bool a_is = a->is == PAGE || (b->is == PAGE && size_a < MUCH_SMALLER * size_b);
    bool b_is = b->is == PAGE || (a->is == PAGE && size_b < MUCH_SMALLER * size_a);
    return a_is && b_is;
}

static void compare_one(void *user, ie_worker *worker, size_t index)
{
    look *l = user;
    ie_pair *pair = &l->pairs[l->doubtful[index]];
    const ie_sketch *of_a = l->photos[pair->a]->sketch, *of_b = l->photos[pair->b]->sketch;
    page own_a = {0}, own_b = {0};
    (void)worker;
    const ie_pixels *a = page_of(l, pair->a, &own_a), *b = page_of(l, pair->b, &own_b);
    if (a == NULL || b == NULL ||
        (are_pages(&l->pages[pair->a], a, &l->pages[pair->b], b) &&
         ie_ink_other(of_a, a, of_b, b, pair->turn) >= IE_INK_OTHER)) {
        pair->verdict = IE_MATCH_SIMILAR_SCENE;
    }
    free(own_a.pixels.data);
    free(own_b.pixels.data);
}

static bool is_doubtful(const look *l, const ie_pair *pair)
{
    return pair->verdict == IE_MATCH_SAME_PICTURE &&
           ie_ink_may_be_page(l->photos[pair->a]->sketch) &&
           ie_ink_may_be_page(l->photos[pair->b]->sketch);
}

void ie_pages_tell_apart(const ie_compare *compare, ie_photo **photos, size_t count, ie_pair *pairs,
                         size_t pair_count)
{
    look l = {.compare = compare,
              .photos = photos,
              .pairs = pairs,
              .pages = ie_alloc((count + 1) * sizeof *l.pages),
              .wanted = ie_alloc((count + 1) * sizeof *l.wanted)};
    size_t doubts = 0, room = 0, wanted = 0;
    for (size_t i = 0; i < pair_count; i++) {
        if (is_doubtful(&l, &pairs[i])) {
            IE_GROW(l.doubtful, doubts, room);
            l.doubtful[doubts++] = i;
            const uint32_t both[] = {pairs[i].a, pairs[i].b};
            for (int k = 0; k < 2; k++) {
                bool listed = l.pages[both[k]].is != NOT_READ;
                l.pages[both[k]].is = UNREADABLE; /* until it was read */
                l.wanted[wanted] = both[k];
                wanted += !listed;
            }
        }
    }
    ie_crew_run(compare->config, compare->cancel, wanted, read_one, &l);
    ie_crew_run(compare->config, compare->cancel, doubts, compare_one, &l);
    for (size_t i = 0; i < count; i++) {
        free(l.pages[i].pixels.data);
    }
    free(l.pages);
    free(l.wanted);
    free(l.doubtful);
}
