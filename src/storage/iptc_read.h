// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * IPTC-IIM (IIM 4.2): records of title, caption, keywords and date, and the Photoshop image
 * resources that carry them (Adobe Photoshop File Formats Specification, "Image Resource Blocks").
 * Pure but for the arena.
 */
#ifndef IE_STORAGE_IPTC_READ_H
#define IE_STORAGE_IPTC_READ_H

#include "storage/facts.h"
#include "storage/span.h"

#define IE_IRB_IPTC 0x0404
#define IE_IRB_EXIF 0x0422
#define IE_IRB_XMP 0x0424

/* Reads title, caption, keywords and original date. Text: UTF-8 where it is that, else Latin-1. */
void ie_iptc_read(const uint8_t *bytes, size_t size, ie_arena *arena, ie_facts *facts);

/* The data of resource `id` among image resource blocks; size 0 when there is none. */
ie_span ie_irb_find(const ie_span *blocks, uint16_t id);

#endif
