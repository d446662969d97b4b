// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Changing properties in an XMP packet where they stand: every byte of what is not changed stays as
 * it is (other programs' properties, their order, comments, padding). New properties get an
 * rdf:Description of their own at the end. Values that are there already stay with all that hangs
 * on them (languages, qualifiers). Pure.
 */
#ifndef IE_STORAGE_XMP_EDIT_H
#define IE_STORAGE_XMP_EDIT_H

#include "core/photo.h"
#include "utils/text.h"

typedef enum ie_xmp_form {
    IE_XMP_TEXT,
    IE_XMP_LANGUAGE, /* a text a language: the default one is set, the others stay */
    IE_XMP_BAG,
    IE_XMP_SEQ
} ie_xmp_form;

typedef struct ie_xmp_change {
    const char *space, *prefix, *name; /* prefix: for where it is new */
    ie_xmp_form form;
    const char *text;       /* TEXT, LANGUAGE: NULL takes the property away */
    ie_text_list add, drop; /* BAG, SEQ: items that shall be there, and that shall not */
    bool only_present;      /* changed where it is, never made */
} ie_xmp_change;

/* The packet with the changes. size 0: a new packet. IE_ERR_FORMAT: not well-formed, or no RDF;
   IE_ERR_UNSUPPORTED: in another encoding than UTF-8. */
ie_status ie_xmp_edit(const char *packet, size_t size, const ie_xmp_change *changes, size_t count,
                      ie_buffer *ret_packet, ie_error *err) IE_MUST_CHECK;

#endif
