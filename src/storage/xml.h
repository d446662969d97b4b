// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * XML as events: names with their namespaces, texts, and where in the bytes each stands, so that a
 * document can be changed without writing it anew. The one place that knows expat. Every byte is
 * hostile: documents with a DOCTYPE are refused (entities that grow), depth is bounded.
 */
#ifndef IE_STORAGE_XML_H
#define IE_STORAGE_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "utils/error.h"

typedef struct ie_xml {
    void *user;
    /* Names are "namespace local"; with `prefixes` "namespace local prefix" where there is a
       prefix. Attributes are names and values in turn, ended by NULL. */
    void (*start)(struct ie_xml *xml, const char *name, const char **attributes);
    void (*end)(struct ie_xml *xml, const char *name);
    void (*text)(struct ie_xml *xml, const char *text, size_t length); /* in pieces */
    bool prefixes;
    /* during a call: */
    size_t at, behind; /* the tag's bytes; of the end of <a/> both are the end */
    int depth;         /* of the element: the root's is 1 */
    bool stop;         /* set it to end the parsing: the document counts as unsound */
} ie_xml;

/* True when the document is well-formed; bytes behind its end do not count. Handlers are called as
   far as it could be read. Deeper than 100 elements, or a DOCTYPE: unsound, and `stop` is set. */
bool ie_xml_parse(ie_xml *xml, const void *bytes, size_t size);

/* Where ` prefix:local="…"` stands in the start tag between `at` and `behind` of a text that ends
   with a NUL; false when it does not. */
bool ie_xml_find_attribute(const char *bytes, size_t at, size_t behind, const char *qualified,
                           size_t *ret_at, size_t *ret_length);

/* IE_ERR_UNSUPPORTED: libexpat is not installed; says so. Without it every packet would be unsound.
 */
ie_status ie_xml_ready(ie_error *err) IE_MUST_CHECK;
const char *ie_xml_library(void); /* its version */

#endif
