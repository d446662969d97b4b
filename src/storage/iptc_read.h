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
#define IE_IRB_IPTC_DIGEST 0x0425

/* Reads title, caption, keywords, creator, place and original date. Text: as the block's character
   set says (UTF-8, Latin-1), else UTF-8 where it is that, else Latin-1. */
void ie_iptc_read(const uint8_t *bytes, size_t size, ie_arena *arena, ie_facts *facts);

/* Was the block changed by a program that knows nothing of XMP? `digest` is the MD5 that stood for
   it when both said the same (MWG guidelines 2.0, 3.3.1). */
bool ie_iptc_is_newer(const uint8_t *bytes, size_t size, const uint8_t digest[16]);

/* Texts that were cut at IPTC's limits in bytes take XMP's whole ones, and cut keywords go where
   XMP has them whole. */
void ie_iptc_complete(ie_metadata *iptc, const ie_metadata *xmp);

/* The data of resource `id` among image resource blocks, of several the one after `skip` others;
   size 0 when there is none. */
ie_span ie_irb_find(const ie_span *blocks, uint16_t id, unsigned skip);

#endif
