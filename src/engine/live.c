// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/live.h"

#include <stdlib.h>
#include <string.h>

#include "storage/bytes.h"
#include "storage/metadata_file.h"
#include "utils/text.h"

static void read_one(ie_photo *photo)
{
    ie_bytes *bytes = NULL;
    if ((photo->have & IE_HAVE_METADATA) != 0 ||
        ie_bytes_open(photo->real_path, &bytes, NULL) != IE_OK) {
        return;
    }
    ie_photo *aside = ie_photo_new();
    aside->path = photo->path;
    aside->real_path = photo->real_path;
    aside->format = photo->format;
    aside->stamp = photo->stamp;
    ie_metadata_read(bytes, aside);
    if (aside->metadata->content_id != NULL) {
        ie_photo_own_metadata(photo)->content_id =
            ie_arena_strdup(photo->arena, aside->metadata->content_id);
    }
    ie_photo_free(aside);
    ie_bytes_close(bytes);
}

static size_t folder_length(const ie_photo *photo)
{
    return (size_t)(ie_path_base(photo->real_path) - photo->real_path);
}

static int by_folder(const void *a, const void *b)
{
    const ie_photo *x = *(ie_photo *const *)a, *y = *(ie_photo *const *)b;
    size_t m = folder_length(x), n = folder_length(y);
    int order = memcmp(x->real_path, y->real_path, m < n ? m : n);
    return order != 0 ? order : m < n ? -1 : m > n;
}

/* The photos of one folder. */
static void read_folder(ie_photo *const *photos, size_t count)
{
    bool live = false;
    for (size_t i = 0; i < count; i++) {
        if (ie_format_kind(photos[i]->format) == IE_KIND_VIDEO) {
            read_one(photos[i]);
            live |= photos[i]->metadata->content_id != NULL;
        }
    }
    for (size_t i = 0; live && i < count; i++) {
        if (photos[i]->format == IE_FORMAT_HEIC || photos[i]->format == IE_FORMAT_JPEG) {
            read_one(photos[i]);
        }
    }
}

void ie_live_read(ie_photo *const *photos, size_t count)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        any |= ie_format_kind(photos[i]->format) == IE_KIND_VIDEO;
    }
    if (!any) {
        return;
    }
    ie_photo **sorted = ie_alloc(count * sizeof *sorted);
    memcpy(sorted, photos, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_folder);
    for (size_t i = 0; i < count;) {
        size_t next = i + 1;
        while (next < count && by_folder(&sorted[i], &sorted[next]) == 0) {
            next++;
        }
        read_folder(sorted + i, next - i);
        i = next;
    }
    free(sorted);
}
