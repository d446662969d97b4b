// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The record as JSON, schema imgengine.photo/1 (docs/record.md), and as CSV; and back, for the
 * catalog. Absent facts are absent keys. Reading what writing gave restores every fact
 * (tests/unit/test_record.c).
 */
#ifndef IE_CORE_RECORD_H
#define IE_CORE_RECORD_H

#include "core/photo.h"
#include "utils/json.h"
#include "utils/text.h"

#define IE_RECORD_SCHEMA "imgengine.photo/1"
/* The group that is for the catalog alone: ie_photo_json() leaves it out. */
#define IE_RECORD_SIMILAR "similar"

/* What a set `have` bit promises is written, what its absence leaves open is not. Numbers are
   rounded: degrees to 7 decimals, seconds to 9, scores and noise to 4, confidences to 3, sharpness
   to 2, boxes to 0.1 pixel. */
json_t *ie_record_json(const ie_photo *photo);
/* Its beginning as text, without the closing brace: schema, path, size and mtime. */
void ie_record_add_head(ie_buffer *line, const ie_photo *photo);

/* Fills facts of `photo` (not path, stamp, unit, sequence) from a record's JSON; strings go in its
   arena. Facts of wrong type or range are left absent. `have` gets the bits of what was found;
   faults are added. False when it is no object of this schema. */
bool ie_record_read(const json_t *record, ie_photo *photo);

/* "2026-01-14T09:12:33.000000000Z" from nanoseconds since 1970, UTC; returns buffer. */
const char *ie_record_time(int64_t ns, char buffer[40]);
/* "+02:00", or "" without an offset; returns buffer. */
const char *ie_record_offset(const ie_datetime *time, char buffer[8]);

#endif
