// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The APP1 segments of a JPEG, which hold EXIF and XMP, each told by the name at its beginning:
 * found among the segments before the picture, and exchanged whole, with all other bytes as they
 * are. Works on temporary copies only. Every byte is hostile.
 */
#ifndef IE_STORAGE_JPEG_APP1_H
#define IE_STORAGE_JPEG_APP1_H

#include "storage/bytes.h"

/* Where a segment is in its file, marker and length included. */
typedef struct ie_app1 {
    size_t at, size;
} ie_app1;

/* The whole file; ie_bytes_close(). *ret_data belongs to it. */
ie_status ie_app1_open(const char *path, ie_bytes **ret_bytes, const uint8_t **ret_data,
                       ie_error *err) IE_MUST_CHECK;
/* How many segments have this name; *ret_first is the first of them. */
int ie_app1_find(const uint8_t *data, size_t size, const void *name, size_t name_size,
                 ie_app1 *ret_first);
/* Writes the file with these bytes in place of the segment; `data` is the file as it was opened. */
ie_status ie_app1_replace(const char *path, const uint8_t *data, size_t size, const ie_app1 *old,
                          const void *bytes, size_t bytes_size, ie_error *err) IE_MUST_CHECK;

#endif
