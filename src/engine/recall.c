// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/recall.h"

#include "storage/sidecar.h"

/* Decoding in vain leaves a fault; where there is none, earlier versions lost it. */
#define DECODED (IE_HAVE_HASHES | IE_HAVE_QUALITY | IE_HAVE_COLORS | IE_HAVE_SKETCH)

static unsigned wanted_of(const ie_pipeline *pipeline, const ie_photo *photo)
{
    ie_kind kind = ie_format_kind(photo->format);
    if (kind == IE_KIND_NONE) {
        return IE_HAVE_FORMAT;
    }
    unsigned wanted = pipeline->wanted | IE_HAVE_FORMAT;
    if (kind == IE_KIND_VIDEO) {
        return wanted & (IE_HAVE_FORMAT | IE_HAVE_METADATA);
    }
    return wanted;
}

/* What was tried and failed counts as done: the same bytes would fail the same way again. */
static bool is_complete(const ie_pipeline *pipeline, const ie_photo *photo)
{
    if ((photo->have & IE_HAVE_FORMAT) == 0) {
        return false;
    }
    bool shaped = (pipeline->shape_formats >> photo->format & 1) == 0 || photo->bits > 0 ||
                  ie_format_kind(photo->format) == IE_KIND_RAW;
    return shaped && (wanted_of(pipeline, photo) & ~(photo->have | photo->tried)) == 0;
}

bool ie_recall(const ie_pipeline *pipeline, ie_photo *photo)
{
    ie_catalog *reader = pipeline->reader;
    if (reader == NULL) {
        return false;
    }
    bool found = (pipeline->prints_only ? ie_catalog_find_text : ie_catalog_find)(
        reader, pipeline->versions, pipeline->version_count, photo);
    if (photo->stored != NULL) {
        if (is_complete(pipeline, photo) && ie_sidecars_unchanged(photo)) {
            return true;
        }
        photo->stored = NULL;
        photo->have = photo->tried = 0;
        found = ie_catalog_find(reader, pipeline->versions, pipeline->version_count, photo);
    }
    if (found && photo->fault_count == 0) {
        photo->tried &= photo->have | ~(unsigned)DECODED;
    }
    if (found && (photo->have & IE_HAVE_METADATA) != 0 && !ie_sidecars_unchanged(photo)) {
        photo->have &= ~(unsigned)IE_HAVE_METADATA;
        photo->tried &= ~(unsigned)IE_HAVE_METADATA;
        ie_photo_forget_faults(photo, "sidecar");
    }
    return found && is_complete(pipeline, photo);
}
