// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_strip_colors.h"

#include <stdlib.h>
#include <string.h>

#include "storage/meta_container.h"

static const char profile_name[] =
    "ICC_PROFILE\0\1\1"; /* the first of one; the NUL behind it is not part of it */

typedef struct said {
    bool profile;
    unsigned components; /* of a JPEG's frame; 0: not known */
} said;

static bool is_frame(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static said of_jpeg(const ie_span *file)
{
    said says = {0};
    uint64_t at = 2;
    const uint8_t *p;
    for (int i = 0; i < IE_META_MAX_STEPS && (p = ie_span_at(file, at, 4)) != NULL &&
                    p[0] == 0xff && p[1] != 0xda;
         i++) {
        if (p[1] == 0xff) {
            at++;
            continue;
        }
        const uint8_t marker = p[1];
        const uint64_t length = ie_be16(p + 2);
        const uint8_t *name = marker == 0xe2 ? ie_span_at(file, at + 4, 12) : NULL;
        const uint8_t *count = is_frame(marker) ? ie_span_at(file, at + 9, 1) : NULL;
        says.profile =
            says.profile || (name != NULL && length >= 14 && memcmp(name, profile_name, 12) == 0);
        says.components = count != NULL ? *count : says.components;
        at += 2 + (length < 2 ? 2 : length);
    }
    return says;
}

/* PNG: 8 bytes, then length, type, body and checksum; WebP: 12 bytes, then type, length and body to
   an even end. */
static said of_chunks(const ie_span *file, bool png)
{
    said says = {0};
    uint64_t at = png ? 8 : 12;
    const uint8_t *p;
    for (int i = 0; i < IE_META_MAX_STEPS && !says.profile && (p = ie_span_at(file, at, 8)) != NULL;
         i++) {
        uint64_t length = png ? ie_be32(p) : ie_le32(p + 4);
        says.profile = memcmp(p + (png ? 4 : 0), png ? "iCCP" : "ICCP", 4) == 0;
        at += png ? length + 12 : 8 + length + length % 2;
    }
    return says;
}

ie_status ie_strip_profile(ie_bytes *bytes, ie_format format, ie_profile *ret_profile,
                           ie_error *err)
{
    const size_t size = (size_t)ie_bytes_size(bytes);
    const uint8_t *data = ie_bytes_load(bytes, UINT32_MAX);
    const ie_span file = ie_span_memory(data, data != NULL ? size : 0);
    const bool jpeg = format == IE_FORMAT_JPEG;
    if (!jpeg && format != IE_FORMAT_PNG && format != IE_FORMAT_WEBP) {
        return IE_OK;
    }
    const said says = jpeg ? of_jpeg(&file) : of_chunks(&file, format == IE_FORMAT_PNG);
    ie_color_space space, unused;
    ie_meta meta = {0};
    ie_photo *photo = ie_photo_new();
    photo->format = format;
    ie_meta_find(bytes, photo, &meta);
    bool needed =
        data != NULL &&
        ie_color_space_find(data, size, format, &meta, says.profile, &space) == IE_COLORS_OTHER &&
        ie_color_space_find(data, size, format, NULL, says.profile, &unused) == IE_COLORS_PROFILE;
    ie_meta_clear(&meta);
    ie_photo_free(photo);
    if (!needed || says.components > 3) { /* the words of EXIF are for three colours, or grey */
        return IE_OK;
    }
    bool made = jpeg && (says.components == 1 || says.components == 3) &&
                ie_profile_make(&space, says.components == 1, ret_profile);
    if (made && ret_profile->size < UINT16_MAX - sizeof profile_name - 2) {
        return IE_OK;
    }
    free(ret_profile->data);
    *ret_profile = (ie_profile){0};
    return ie_error_set(
        err, IE_ERR_UNSUPPORTED,
        "only its EXIF says what its colours are (Adobe RGB or the like), and %s",
        !jpeg ? "without it they would be others"
        : ie_profile_ready()
            ? "no profile that fits into it can be made of that"
            : "LittleCMS (liblcms2), which makes a profile of that, is not installed");
}

void ie_strip_add_profile(ie_buffer *out, const ie_profile *profile)
{
    const size_t length = 2 + sizeof profile_name - 1 + profile->size;
    const uint8_t head[] = {0xff, 0xe2, (uint8_t)(length >> 8), (uint8_t)length};
    if (profile->data != NULL) {
        ie_buffer_add(out, head, sizeof head);
        ie_buffer_add(out, profile_name, sizeof profile_name - 1);
        ie_buffer_add(out, profile->data, profile->size);
    }
}
