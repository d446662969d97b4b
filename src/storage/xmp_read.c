// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/xmp_read.h"

#include <string.h>

#include "storage/xml.h"
#include "storage/xmp_facts.h"
#include "storage/xmp_regions.h"
#include "utils/text.h"

#define MAX_VALUE 65536

#define NS_RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

typedef struct reader {
    ie_xmp_taker taker;
    ie_xmp_regions regions;
    int depth; /* of the element being read */
    int rdf_depth; /* of rdf:RDF; 0: outside */
    int current;   /* ie_xmp_property(); 0: none that we know */
    int field;     /* depth of the field that counts of a structure; 0: not in it */
    bool in_item, item_is_default, has_items;
    ie_buffer text;
    bool refused;
} reader;

static void start_property(reader *r, const char *name)
{
    r->current = ie_xmp_property(name);
    r->has_items = false;
    r->item_is_default = false;
    ie_buffer_clear(&r->text);
}

static void start_item(reader *r, const char **attributes)
{
    r->in_item = true;
    r->has_items = true;
    r->item_is_default = false;
    ie_buffer_clear(&r->text);
    for (int i = 0; attributes[i] != NULL; i += 2) {
        if (strcmp(attributes[i], "http://www.w3.org/XML/1998/namespace lang") == 0) {
            r->item_is_default = ie_equal_nocase(attributes[i + 1], "x-default");
        }
    }
}

/* Fields are attributes of the item (or of a description in it), or elements at any depth
   below it. */
static void start_in_structure(reader *r, const char *name, const char **attributes)
{
    for (int i = 0; attributes[i] != NULL; i += 2) {
        if (strcmp(attributes[i], IE_XMP_COLLECTION_NAME) == 0) {
            ie_xmp_take(&r->taker, r->current, attributes[i + 1], false);
        }
    }
    if (r->field == 0 && strcmp(name, IE_XMP_COLLECTION_NAME) == 0) {
        r->field = r->depth;
        ie_buffer_clear(&r->text);
    }
}

static void end_in_structure(reader *r, int level)
{
    if (r->depth == r->field) {
        ie_xmp_take(&r->taker, r->current, r->text.data != NULL ? r->text.data : "", false);
        r->field = 0;
    }
    r->current = level == 2 ? 0 : r->current;
}

/* Areas are structures of structures: of each element its attributes and its own text. */
static void start_in_region(reader *r, const char *name, const char **attributes)
{
    ie_xmp_regions_begin(&r->regions, r->depth, strcmp(name, NS_RDF " li") == 0);
    for (int i = 0; attributes[i] != NULL; i += 2) {
        ie_xmp_regions_value(&r->regions, attributes[i], attributes[i + 1]);
    }
    ie_buffer_clear(&r->text);
}

static void start_element(ie_xml *xml, const char *name, const char **attributes)
{
    reader *r = xml->user;
    r->depth = xml->depth;
    if (r->rdf_depth == 0) {
        r->rdf_depth = strcmp(name, NS_RDF " RDF") == 0 ? r->depth : 0;
        return;
    }
    int level = r->depth - r->rdf_depth; /* 1 description, 2 property, 3 container, 4 item */
    if (level == 1) {
        for (int i = 0; attributes[i] != NULL; i += 2) {
            int which = ie_xmp_property(attributes[i]);
            if (which != 0 && !ie_xmp_is_structured(which)) {
                ie_xmp_take(&r->taker, which, attributes[i + 1], false);
            }
        }
    } else if (level == 2) {
        start_property(r, name);
        if (ie_xmp_regions_enter(&r->regions, name)) {
            start_in_region(r, name, attributes);
        }
    } else if (r->regions.style != 0) {
        start_in_region(r, name, attributes);
    } else if (ie_xmp_is_structured(r->current)) {
        start_in_structure(r, name, attributes);
    } else if (level == 4 && r->current != 0 && strcmp(name, NS_RDF " li") == 0) {
        start_item(r, attributes);
    }
}

static const char *text_of(const reader *r)
{
    return r->text.data != NULL ? r->text.data : "";
}

static void end_in_region(reader *r, const char *name, int level)
{
    ie_xmp_regions_value(&r->regions, name, text_of(r));
    ie_xmp_regions_end(&r->regions, r->depth);
    ie_buffer_clear(&r->text);
    if (level == 2) {
        ie_xmp_regions_leave(&r->regions);
    }
}

static void end_element(ie_xml *xml, const char *name)
{
    reader *r = xml->user;
    r->depth = xml->depth;
    int level = r->depth - r->rdf_depth;
    if (r->regions.style != 0) {
        end_in_region(r, name, level);
    } else if (r->rdf_depth > 0 && ie_xmp_is_structured(r->current)) {
        end_in_structure(r, level);
    } else if (r->rdf_depth > 0 && r->current != 0) {
        bool item = level == 4 && r->in_item;
        if (item || (level == 2 && !r->has_items)) {
            ie_xmp_take(&r->taker, r->current, text_of(r), r->item_is_default);
            ie_buffer_clear(&r->text);
        }
        if (level == 4) {
            r->in_item = false;
        }
        if (level == 2) {
            r->current = 0;
        }
    }
    if (r->depth == r->rdf_depth) {
        r->rdf_depth = 0;
    }
    r->depth--;
}

static void take_text(ie_xml *xml, const char *text, size_t length)
{
    reader *r = xml->user;
    int level = r->depth - r->rdf_depth;
    bool wanted = r->regions.style != 0 ||
                  (ie_xmp_is_structured(r->current)
                       ? r->field > 0 && r->depth == r->field
                       : r->current != 0 && (level == 2 || (level == 4 && r->in_item)));
    if (wanted && r->text.size + length <= MAX_VALUE) {
        ie_buffer_add(&r->text, text, length);
    }
}

/* Parses until the end or the first fault; true when the packet was well-formed. */
static bool parse(reader *r, const uint8_t *bytes, size_t size)
{
    ie_xml xml = {.user = r, .start = start_element, .end = end_element, .text = take_text};
    bool good = ie_xml_parse(&xml, bytes, size);
    r->refused = xml.stop;
    return good;
}

static reader new_reader(ie_arena *arena, ie_facts *facts)
{
    return (reader){
        .taker = ie_xmp_taker_new(arena, facts),
        .regions = {.arena = arena, .m = &facts->m},
    };
}

void ie_xmp_read(const uint8_t *bytes, size_t size, ie_arena *arena, ie_facts *facts)
{
    while (size > 0 &&
           (bytes[size - 1] == 0 || bytes[size - 1] == ' ' || bytes[size - 1] == '\n')) {
        size--;
    }
    reader r = new_reader(arena, facts);
    bool good = parse(&r, bytes, size);
    ie_buffer_free(&r.text);
    if (!good && !r.refused && size > 0 && memchr(bytes, 0, size) == NULL) {
        /* Some writers put Latin-1 into a packet that says UTF-8. */
        IE_AUTO_FREE char *readable = ie_utf8_from_latin1((const char *)bytes, size);
        if (strlen(readable) != size) {
            ie_facts_init(facts);
            r = new_reader(arena, facts);
            good = parse(&r, (const uint8_t *)readable, strlen(readable));
            ie_buffer_free(&r.text);
        }
    }
    ie_xmp_taker_finish(&r.taker);
    facts->damaged |= !good;
}

const char *ie_xmp_library(void)
{
    return ie_xml_library();
}
