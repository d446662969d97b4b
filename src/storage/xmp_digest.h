// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What an XMP packet says, whatever way it is spelled: a number for each property that is not among
 * those left out. Two packets of equal digests hold the same properties of the same values:
 * attributes or elements, one description or many, prefixes, blanks between tags and the order of
 * properties do not count. The proof that writing some properties left all others alone. Pure.
 */
#ifndef IE_STORAGE_XMP_DIGEST_H
#define IE_STORAGE_XMP_DIGEST_H

#include "storage/xmp_edit.h"
#include "utils/hash.h"

/* Of all properties but those of `changes`. False when the packet is not well-formed. An empty
   packet, and one of only such properties, have the digest {0}. */
bool ie_xmp_digest(const uint8_t *packet, size_t size, const ie_xmp_change *changes, size_t count,
                   ie_hash128 *ret_digest);

#endif
