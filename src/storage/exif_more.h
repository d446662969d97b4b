// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * EXIF tags beyond date, camera, exposure and place: who made the picture, how the camera metered,
 * what the lens can do, the identifiers that tie pictures together, and the GPS clock. Apple's
 * MakerNote is a TIFF directory behind a header of 14 bytes, offsets counted from the note's start
 * (as exiftool's Apple.pm has it); of it the burst's and the Live Photo's identifiers are read.
 */
#ifndef IE_STORAGE_EXIF_MORE_H
#define IE_STORAGE_EXIF_MORE_H

#include "storage/exif_value.h"

/* Takes one tag of the main or the EXIF directory; others are ignored. */
void ie_exif_more(const ie_exif_entry *entry, ie_arena *arena, ie_facts *facts);
/* "0000:00:00 …": a clock that was never set. */
bool ie_exif_date_is_zero(const ie_exif_entry *entry);
/* GPSTimeStamp (7) and GPSDateStamp (29): each its own part of facts->gps_utc. */
void ie_exif_gps_time(const ie_exif_entry *entry, ie_facts *facts);
/* Drops halves: a GPS time of day without a date, or a date alone. */
void ie_exif_gps_finish(ie_facts *facts);

/* EXIF's words for MeteringMode and WhiteBalance; NULL for numbers it does not name. */
const char *ie_exif_metering(uint32_t mode);
const char *ie_exif_white_balance(uint32_t mode);

#endif
