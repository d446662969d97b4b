// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What image_data.h says, one function a family of formats. Each adds the picture to the hasher and
 * gives false on damage or without a picture. TIFF: at most 64 directories, each once; BigTIFF is
 * not known, because nothing writes tags into it.
 */
#ifndef IE_STORAGE_IMAGE_DATA_PARTS_H
#define IE_STORAGE_IMAGE_DATA_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utils/hash.h"

/* The picture of every directory, SubIFDs included. */
bool ie_image_data_tiff(const uint8_t *bytes, size_t size, ie_hasher *hasher);
bool ie_image_data_gif(const uint8_t *bytes, size_t size, ie_hasher *hasher);
bool ie_image_data_jp2(const uint8_t *bytes, size_t size, ie_hasher *hasher);
/* The codestream alone, so that a bare one equals the same in a container. */
bool ie_image_data_jxl(const uint8_t *bytes, size_t size, ie_hasher *hasher);
/* HEIC and AVIF: every item that is no metadata, with the properties and references between
   pictures. Sequences: false. */
bool ie_image_data_heif(const uint8_t *bytes, size_t size, ie_hasher *hasher);

#endif
