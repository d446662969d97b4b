// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The TIFF half of image_data.h: directories, strips and tiles. BigTIFF is not known here, because
 * nothing writes tags into it. At most 64 directories, each once; every offset is checked against
 * the file.
 */
#ifndef IE_STORAGE_IMAGE_DATA_TIFF_H
#define IE_STORAGE_IMAGE_DATA_TIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utils/hash.h"

/* Adds the picture of every directory (SubIFDs included) to the hasher; false on damage or without
 * a picture. */
bool ie_image_data_tiff(const uint8_t *bytes, size_t size, ie_hasher *hasher);

#endif
