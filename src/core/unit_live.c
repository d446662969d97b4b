// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "core/unit_former.h"
#include "utils/memory.h"

static const ie_photo *photo_of(const ie_former *f, const ie_former_file *file)
{
    return f->photos[file->photo];
}

static bool is_still(const ie_photo *photo)
{
    return photo->format == IE_FORMAT_HEIC || photo->format == IE_FORMAT_JPEG;
}

static bool is_video(const ie_photo *photo)
{
    return ie_format_kind(photo->format) == IE_KIND_VIDEO;
}

bool ie_former_may_be_live(const ie_photo *still, const ie_photo *video)
{
    const char *a = still->metadata->content_id, *b = video->metadata->content_id;
    return a == NULL || b == NULL || strcmp(a, b) == 0;
}

/* By folder, then identifier, then stills before videos; then the shorter name: IMG_1 before IMG_1
   (1). */
static int compare_ids(const void *left, const void *right, void *former)
{
    const ie_former *f = former;
    const ie_former_file *a = *(ie_former_file *const *)left, *b = *(ie_former_file *const *)right;
    const ie_photo *x = photo_of(f, a), *y = photo_of(f, b);
    int order = ie_former_compare_bytes(a->path, (size_t)(a->base - a->path), b->path,
                                        (size_t)(b->base - b->path));
    order = order != 0 ? order : strcmp(x->metadata->content_id, y->metadata->content_id);
    if (order != 0 || is_video(x) != is_video(y)) {
        return order != 0 ? order : is_video(x) - is_video(y);
    }
    return a->base_length != b->base_length ? (a->base_length < b->base_length ? -1 : 1)
                                            : strcmp(a->path, b->path);
}

static bool is_same_id(const ie_former *f, const ie_former_file *a, const ie_former_file *b)
{
    size_t m = (size_t)(a->base - a->path), n = (size_t)(b->base - b->path);
    return ie_former_compare_bytes(a->path, m, b->path, n) == 0 &&
           strcmp(photo_of(f, a)->metadata->content_id, photo_of(f, b)->metadata->content_id) == 0;
}

/* Files of one identifier: each video that has no still of its name goes to the first still that
   has no video. Two of each, as copies in one folder have it, stay two pairs. */
static void join_equals(ie_former *f, ie_former_file *const *files, size_t count)
{
    size_t still = 0;
    for (size_t i = 0; i < count; i++) {
        size_t video = files[i]->photo;
        if (!is_video(f->photos[video]) || f->paired[video]) {
            continue;
        }
        while (still < count && is_still(f->photos[files[still]->photo]) &&
               f->paired[files[still]->photo]) {
            still++;
        }
        if (still == count || !is_still(f->photos[files[still]->photo])) {
            return;
        }
        f->paired[files[still]->photo] = f->paired[video] = true;
        f->parent[video] = f->parent[files[still]->photo];
    }
}

void ie_former_join_live(ie_former *f)
{
    ie_former_file **files = ie_alloc((f->file_count + 1) * sizeof *files);
    size_t count = 0;
    for (size_t i = 0; i < f->file_count; i++) {
        const ie_photo *photo = photo_of(f, &f->files[i]);
        if (photo->metadata->content_id != NULL && (is_still(photo) || is_video(photo))) {
            files[count++] = &f->files[i];
        }
    }
    qsort_r(files, count, sizeof *files, compare_ids, f);
    for (size_t i = 0; i < count;) {
        size_t next = i + 1;
        while (next < count && is_same_id(f, files[i], files[next])) {
            next++;
        }
        join_equals(f, files + i, next - i);
        i = next;
    }
    free(files);
}
