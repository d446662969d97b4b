// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_check.h"

#include <math.h>
#include <string.h>

#include "storage/metadata_file.h"
#include "utils/text.h"

ie_status ie_exif_facts(const char *path, ie_format format, ie_photo **ret_photo, ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    ie_photo *photo = ie_photo_new();
    photo->format = format;
    photo->stamp = ie_bytes_stamp(bytes);
    ie_metadata_read(bytes, photo);
    ie_bytes_close(bytes);
    *ret_photo = photo;
    return IE_OK;
}

/* Readers differ in blanks at the ends. */
static bool same_text(const char *a, const char *b)
{
    static const char blanks[] = " \t\r\n";
    a = a == NULL ? "" : a + strspn(a, blanks);
    b = b == NULL ? "" : b + strspn(b, blanks);
    size_t a_length = strlen(a), b_length = strlen(b);
    while (a_length > 0 && strchr(blanks, a[a_length - 1]) != NULL) {
        a_length--;
    }
    while (b_length > 0 && strchr(blanks, b[b_length - 1]) != NULL) {
        b_length--;
    }
    return a_length == b_length && memcmp(a, b, a_length) == 0;
}

bool ie_exif_has_all(const ie_text_list *list, const ie_text_list *wanted)
{
    for (uint32_t i = 0; i < wanted->count; i++) {
        bool found = false;
        for (uint32_t j = 0; j < list->count && !found; j++) {
            found = same_text(list->items[j], wanted->items[i]);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static bool same_real(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool same_date(const ie_metadata *a, const ie_metadata *b)
{
    char first[40], second[40];
    return strcmp(ie_datetime_text(&a->captured, first), ie_datetime_text(&b->captured, second)) ==
               0 &&
           a->captured.has_offset == b->captured.has_offset &&
           a->captured.offset_minutes == b->captured.offset_minutes;
}

const char *ie_exif_difference(const ie_metadata *was, const ie_metadata *is)
{
    bool dated = was->captured_source != IE_DATE_FILE && was->captured_source != IE_DATE_NONE;
    return dated && !same_date(was, is) ? "date"
           : !same_text(was->make, is->make) || !same_text(was->model, is->model) ||
                   !same_text(was->serial, is->serial)
               ? "camera"
           : !same_text(was->lens, is->lens) ? "lens"
           : !same_real(was->latitude, is->latitude) || !same_real(was->longitude, is->longitude) ||
                   !same_real(was->altitude_m, is->altitude_m)
               ? "place"
           : !same_real(was->f_number, is->f_number) ||
                   !same_real(was->exposure_time_s, is->exposure_time_s) ||
                   !same_real(was->focal_length_mm, is->focal_length_mm) || was->iso != is->iso ||
                   was->focal_length_35mm != is->focal_length_35mm || was->flash != is->flash
               ? "exposure"
           : !same_text(was->title, is->title)               ? "title"
           : !same_text(was->caption, is->caption)           ? "caption"
           : !same_text(was->creator, is->creator)           ? "creator"
           : !same_text(was->copyright, is->copyright)       ? "copyright"
           : !ie_exif_has_all(&is->keywords, &was->keywords) ? "keywords"
           : was->rating != is->rating                       ? "rating"
                                                             : NULL;
}

bool ie_exif_keep_date(ie_tags *tags, const ie_metadata *before)
{
    static const char tag[] = "Xmp.photoshop.DateCreated";
    char date[40];
    if (before->captured_source != IE_DATE_IPTC || before->captured.has_offset) {
        return true;
    }
    /* XMP often has the day alone. */
    IE_AUTO_FREE char *present = ie_tags_text(tags, tag);
    ie_datetime_text(&before->captured, date);
    return (present != NULL && !ie_starts_with(date, present)) || ie_tags_set(tags, tag, date);
}
