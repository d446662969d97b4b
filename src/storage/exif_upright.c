// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_check.h"
#include "storage/exif_keep.h"
#include "storage/exif_tags.h"
#include "utils/error.h"

static void set_when_there(ie_tags *tags, const char *name, uint32_t value)
{
    if (ie_tags_has(tags, name)) {
        (void)!ie_tags_set_number(tags, name, (long)value);
    }
}

/* Only XMP is of interest here: what exiv2 makes of EXIF is put back afterwards. */
static ie_status set_xmp(const char *path, uint32_t width, uint32_t height, ie_error *err)
{
    IE_AUTO_TAGS ie_tags *tags = NULL;
    ie_status status = ie_tags_open(path, &tags, err);
    if (status != IE_OK) {
        return status;
    }
    set_when_there(tags, "Xmp.tiff.Orientation", 1);
    set_when_there(tags, "Xmp.tiff.ImageWidth", width);
    set_when_there(tags, "Xmp.tiff.ImageLength", height);
    set_when_there(tags, "Xmp.exif.PixelXDimension", width);
    set_when_there(tags, "Xmp.exif.PixelYDimension", height);
    if (!ie_tags_changed(tags)) {
        return IE_OK;
    }
    if (ie_tags_complaint(tags) != NULL) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "its metadata is damaged and would not come over whole (exiv2: %s)",
                            ie_tags_complaint(tags));
    }
    return ie_tags_save(tags, path, err);
}

ie_status ie_exif_set_upright(const char *temp_path, uint32_t width, uint32_t height, ie_error *err)
{
    IE_AUTO_KEPT ie_exif_kept kept = {0};
    ie_photo *was = NULL, *is = NULL;
    ie_status status = ie_exif_facts(temp_path, IE_FORMAT_JPEG, &was, err);
    status = status == IE_OK ? ie_exif_keep(temp_path, &kept, err) : status;
    status = status == IE_OK ? set_xmp(temp_path, width, height, err) : status;
    if (status == IE_OK && kept.bytes != NULL) {
        ie_exif_kept_upright(&kept, width, height);
        status = ie_exif_kept_restore(&kept, temp_path, err);
    }
    status = status == IE_OK ? ie_exif_facts(temp_path, IE_FORMAT_JPEG, &is, err) : status;
    if (status == IE_OK) {
        const char *what = is->orientation != 1 ? "orientation"
                                                : ie_exif_difference(was->metadata, is->metadata);
        status = what == NULL ? IE_OK
                              : ie_error_set(err, IE_ERR_UNSUPPORTED,
                                             "its %s would not read as it should", what);
    }
    ie_photo_free(was);
    ie_photo_free(is);
    return status;
}
