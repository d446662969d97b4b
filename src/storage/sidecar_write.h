// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Writing a tag edit into an XMP sidecar: a new one, or one that other programs wrote too, of which
 * every byte that is not ours to change stays. Works on temporary copies only. Also: which XMP
 * properties an edit touches, for the proof that it touched no other.
 */
#ifndef IE_STORAGE_SIDECAR_WRITE_H
#define IE_STORAGE_SIDECAR_WRITE_H

#include "core/plan.h"
#include "storage/xmp_edit.h"

#define IE_XMP_CHANGES 16

/* The edit as changes of XMP properties; at most IE_XMP_CHANGES. `before`: what the packet says
   now. Texts in the arena or the edit's. Returns how many. */
size_t ie_xmp_changes(const ie_tag_edit *edit, const ie_metadata *before, ie_arena *arena,
                      ie_xmp_change ret_changes[IE_XMP_CHANGES]);

/* `temp_path` holds the old sidecar, or is empty for a new one. Read back by our own reader before
   IE_OK: what was asked is there, all other properties are what they were. IE_ERR_FORMAT,
   IE_ERR_UNSUPPORTED: it is left as it was; errors of writing. */
ie_status ie_sidecar_write(const char *temp_path, const ie_tag_edit *edit,
                           ie_error *err) IE_MUST_CHECK;

/* The facts of a sidecar alone, all else absent; free them with ie_photo_free(). */
ie_status ie_sidecar_facts(const char *path, ie_photo **ret_photo, ie_error *err) IE_MUST_CHECK;

#endif
