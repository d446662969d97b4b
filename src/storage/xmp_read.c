// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/xmp_read.h"

#include <string.h>

#include "storage/xml.h"
#include "storage/xmp_facts.h"
#include "storage/xmp_regions.h"
#include "utils/text.h"

#define MAX_VALUE IE_XMP_MOST_BYTES

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
    bool too_long; /* the text is, and not all of it was kept */
    bool refused;
} reader;

static void clear_text(reader *r)
{
    ie_buffer_clear(&r->text);
    r->too_long = false;
}

/* An attribute, or NULL for the text just read, unless that is too long: a part of a text would be
   another one, so it is left out and told. */
static const char *value_of(reader *r, const char *attribute)
{
    const char *value = attribute != NULL ? attribute : r->text.data != NULL ? r->text.data : "";
    bool too_long = attribute != NULL ? strlen(attribute) > MAX_VALUE : r->too_long;
    r->taker.facts->too_long |= too_long;
    return too_long ? NULL : value;
}

static void take(reader *r, int property, const char *attribute, bool is_default)
{
    const char *value = value_of(r, attribute);
    if (value != NULL) {
        ie_xmp_take(&r->taker, property, value, is_default);
    }
}

static void take_region(reader *r, const char *name, const char *attribute)
{
    const char *value = value_of(r, attribute);
    if (value != NULL) {
        ie_xmp_regions_value(&r->regions, name, value);
    }
}

static void start_property(reader *r, const char *name)
{
    r->current = ie_xmp_property(name);
    r->has_items = false;
    r->item_is_default = false;
    clear_text(r);
}

static void start_item(reader *r, const char **attributes)
{
    r->in_item = true;
    r->has_items = true;
    r->item_is_default = false;
    clear_text(r);
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
            take(r, r->current, attributes[i + 1], false);
        }
    }
    if (r->field == 0 && strcmp(name, IE_XMP_COLLECTION_NAME) == 0) {
        r->field = r->depth;
        clear_text(r);
    }
}

static void end_in_structure(reader *r, int level)
{
    if (r->depth == r->field) {
        take(r, r->current, NULL, false);
        r->field = 0;
    }
    r->current = level == 2 ? 0 : r->current;
}

/* Areas are structures of structures: of each element its attributes and its own text. */
static void start_in_region(reader *r, const char *name, const char **attributes)
{
    ie_xmp_regions_begin(&r->regions, r->depth, strcmp(name, NS_RDF " li") == 0);
    for (int i = 0; attributes[i] != NULL; i += 2) {
        take_region(r, attributes[i], attributes[i + 1]);
    }
    clear_text(r);
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
                take(r, which, attributes[i + 1], false);
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

static void end_in_region(reader *r, const char *name, int level)
{
    take_region(r, name, NULL);
    ie_xmp_regions_end(&r->regions, r->depth);
    clear_text(r);
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
            take(r, r->current, NULL, r->item_is_default);
            clear_text(r);
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
    r->too_long = r->too_long || (wanted && r->text.size + length > MAX_VALUE);
    if (wanted && !r->too_long) {
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
