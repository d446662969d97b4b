// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Files beside a photo that tell of it: XMP (a.jpg.xmp before a.xmp) and Google Takeout's JSON
 * (a.jpg.json, a.jpg.supplemental-metadata.json, the same cut to 46 bytes, and the (1) of doubles).
 * Found by a short fixed list of names, so that it costs a few looks a photo and no folder listing.
 * What was found, with size and mtime, is part of the record: a stored record whose list no longer
 * fits is stale, though the photo itself did not change. Thread-safe.
 */
#ifndef IE_STORAGE_SIDECAR_H
#define IE_STORAGE_SIDECAR_H

#include "storage/dates.h"
#include "storage/facts.h"

/* At most one of each kind: "NAME SIZE MTIME_NS", as in ie_metadata.sidecars. */
ie_text_list ie_sidecars_beside(const char *photo_path, ie_arena *arena);
/* NAME of such an entry; free() it. */
char *ie_sidecar_entry_name(const char *entry);
/* Is that what the record says? Of a photo that is `alone` no file is looked at. */
bool ie_sidecars_unchanged(const ie_photo *photo);

/* Reads those of photo->metadata->sidecars and merges them: `prefer` as analysis.metadata.prefer.
   Dates go to `dates`. What both say differently is listed in conflicts. An unreadable one is a
   fault of stage "sidecar". */
void ie_sidecars_merge(ie_photo *photo, const ie_config_list *prefer, ie_dates *dates);

/* The facts in Takeout's JSON; damaged when it is none. */
void ie_takeout_read(const char *bytes, size_t size, ie_arena *arena, ie_facts *facts);

#endif
