// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The record as JSON, schema imgengine.photo/1 (docs/record.md), and as CSV; and back, for the catalog.
 * Absent facts are absent keys. Reading what writing gave restores every fact (tests/unit/test_record.c).
 */
#ifndef IE_CORE_RECORD_H
#define IE_CORE_RECORD_H

#include "core/photo.h"
#include "utils/json.h"

json_t *ie_record_json(const ie_photo *photo);

/* Fills facts of `photo` (not path, stamp, unit, sequence) from a record's JSON; strings go in its arena.
   Facts of wrong type are left absent. False when it is no object of this schema. */
bool ie_record_read(const json_t *record, ie_photo *photo);

#endif
