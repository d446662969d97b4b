// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Does a file carry an HDR gain map, a second picture that says how much brighter a bright screen
 * may show each part of the first? JPEG: Ultra HDR (XMP hdrgm:Version, or the ISO 21496-1 segment)
 * and Apple's (XMP HDRGainMap). HEIF and AVIF: an auxiliary picture of type
 * urn:com:apple:photo:2020:aux:hdrgainmap, or an item of type tmap (ISO 21496-1). JPEG XL: a box of
 * type jhgm. Every byte is hostile: bounded, nothing is allocated. Pure, thread-safe.
 */
#ifndef IE_STORAGE_GAIN_MAP_H
#define IE_STORAGE_GAIN_MAP_H

#include "core/format.h"

/* Is the format one that can carry one? */
bool ie_gain_map_possible(ie_format format);
bool ie_gain_map_in(const uint8_t *bytes, size_t size, ie_format format);

#endif
