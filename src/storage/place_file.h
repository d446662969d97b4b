// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Lists of places: CSV (RFC 4180) with the columns file, lat, lon and perhaps alt, in any order
 * when the first line names them; or JSON, an array of objects with these keys ("latitude",
 * "longitude", "altitude" serve, too), as exiftool -j -n writes it. Every byte is hostile.
 */
#ifndef IE_STORAGE_PLACE_FILE_H
#define IE_STORAGE_PLACE_FILE_H

#include "core/places.h"
#include "imgengine.h"

/* Adds to the places and sorts them. IE_ERR_NOT_FOUND, IE_ERR_IO: it cannot be read; IE_ERR_FORMAT,
   naming the line or entry: something that is no place; IE_ERR_LIMIT: more than 64 MiB. */
ie_status ie_places_read(const char *path, ie_places *places, ie_error *err) IE_MUST_CHECK;

#endif
