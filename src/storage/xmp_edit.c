// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/xmp_edit.h"

#include <stdlib.h>
#include <string.h>

#include "storage/xml.h"
#include "utils/error.h"

#define NS_RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define XML_LANG "http://www.w3.org/XML/1998/namespace lang"

static const char empty_packet[] =
    "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\" x:xmptk=\"Image Engine\">\n"
    " <rdf:RDF xmlns:rdf=\"" NS_RDF "\">\n"
    " </rdf:RDF>\n"
    "</x:xmpmeta>\n"
    "<?xpacket end=\"w\"?>\n";

/* Bytes that go, and what comes in their place. In rising order, never overlapping. */
typedef struct splice {
    size_t at, length;
    char *text;
} splice;

/* A change on its way through the packet. */
typedef struct pending {
    const ie_xmp_change *change;
    ie_text_list add; /* still to come */
    /* that the packet has for its namespace: Adobe's toolkit takes no second one */
    const char *prefix;
    bool done;        /* it has its place */
} pending;

typedef struct editor {
    ie_arena *arena;
    const char *bytes;
    pending *pending;
    size_t count;
    splice *splices;
    size_t splice_count, splice_room;
    int rdf_depth;
    const char *about;
    size_t rdf_end, rdf_behind; /* its end tag; equal when it is <rdf:RDF/> */
    pending *current;           /* of the property being read; NULL: not ours */
    size_t begin;               /* of the property */
    size_t first_splice;
    const char *container;      /* its raw name, when there is one with room for items */
    size_t inside;              /* behind the container's tag */
    size_t item;                /* where the item begins */
    bool item_is_default;
    uint32_t kept;
    ie_buffer text;
} editor;

static void add_escaped(ie_buffer *out, const char *text)
{
    for (; *text != 0; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\r') {
            ie_buffer_text(out, c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;"
                                                   : c == '"' ? "&quot;" : "&#13;");
        } else if (c >= 0x20 || c == '\n' || c == '\t') {
            ie_buffer_char(out, (char)c); /* other controls cannot stand in XML */
        }
    }
}

static void add_splice(editor *e, size_t at, size_t length, char *take_text)
{
    IE_GROW(e->splices, e->splice_count, e->splice_room);
    e->splices[e->splice_count++] = (splice){at, length, take_text};
}

/* Takes back what was changed since; a whole that goes needs no changes within. */
static void drop_splices(editor *e, size_t first)
{
    while (e->splice_count > first) {
        free(e->splices[--e->splice_count].text);
    }
}

/* The name as it stands in a tag, "rdf:Bag". */
static const char *raw_name(editor *e, size_t tag)
{
    const char *name = e->bytes + tag + 1;
    return ie_arena_strndup(e->arena, name, strcspn(name, " \t\r\n/>"));
}

/* Does the parser's "space name prefix" name that? */
static bool is_named(const char *name, const char *space, const char *local)
{
    size_t length = strlen(space), rest = strlen(local);
    return strncmp(name, space, length) == 0 && name[length] == ' ' &&
           strncmp(name + length + 1, local, rest) == 0 &&
           (name[length + 1 + rest] == 0 || name[length + 1 + rest] == ' ');
}

static void note_prefix(editor *e, const char *name)
{
    const char *local = strchr(name, ' ');
    const char *prefix = local != NULL ? strchr(local + 1, ' ') : NULL;
    for (size_t i = 0; i < e->count && prefix != NULL; i++) {
        const char *space = e->pending[i].change->space;
        bool of_it =
            strlen(space) == (size_t)(local - name) && memcmp(name, space, strlen(space)) == 0;
        if (of_it && e->pending[i].prefix == NULL) {
            e->pending[i].prefix = ie_arena_strdup(e->arena, prefix + 1);
        }
    }
}

static const char *prefix_of(const pending *p)
{
    return p->prefix != NULL ? p->prefix : p->change->prefix;
}

static pending *find_change(editor *e, const char *name)
{
    note_prefix(e, name);
    for (size_t i = 0; i < e->count; i++) {
        if (is_named(name, e->pending[i].change->space, e->pending[i].change->name)) {
            return &e->pending[i];
        }
    }
    return NULL;
}

static bool is_list(const pending *p)
{
    return p->change->form == IE_XMP_BAG || p->change->form == IE_XMP_SEQ;
}

static bool listed(const ie_text_list *list, const char *text)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static const char *trimmed(editor *e, const char *text)
{
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL) {
        length--;
    }
    return ie_arena_strndup(e->arena, text, length);
}

/* An item that was no item but the whole value: it comes first in the list that is made. */
static void carry(editor *e, pending *p, const char *value)
{
    const char *text = trimmed(e, value);
    if (text[0] == 0 || listed(&p->change->drop, text)) {
        return;
    }
    ie_text_list all = {0};
    ie_text_list_add(&all, e->arena, text);
    for (uint32_t i = 0; i < p->add.count; i++) {
        ie_text_list_add(&all, e->arena, p->add.items[i]);
    }
    p->add = all;
}

/* ---- attributes of a description ---------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const splice *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

static void take_attributes(editor *e, ie_xml *xml, const char **attributes)
{
    size_t first = e->splice_count;
    for (int i = 0; attributes[i] != NULL; i += 2) {
        if (is_named(attributes[i], NS_RDF, "about") && e->about == NULL) {
            e->about = ie_arena_strdup(e->arena, attributes[i + 1]);
        }
        pending *p = find_change(e, attributes[i]);
        const char *local = strchr(attributes[i], ' ');
        const char *prefix = local != NULL ? strchr(local + 1, ' ') : NULL;
        size_t at, length;
        if (p == NULL || prefix == NULL) {
            continue;
        }
        IE_AUTO_FREE char *qualified =
            ie_asprintf("%s:%.*s", prefix + 1, (int)(prefix - local - 1), local + 1);
        if (!ie_xml_find_attribute(e->bytes, xml->at, xml->behind, qualified, &at, &length)) {
            xml->stop = true;
            return;
        }
        ie_buffer text = {0};
        if (p->change->form == IE_XMP_TEXT && p->change->text != NULL && !p->done) {
            ie_buffer_printf(&text, " %s=\"", qualified);
            add_escaped(&text, p->change->text);
            ie_buffer_char(&text, '"');
            p->done = true;
        } else if (is_list(p)) {
            carry(e, p, attributes[i + 1]);
        }
        add_splice(e, at, length, ie_buffer_take(&text));
    }
    if (e->splice_count > first) {
        qsort(e->splices + first, e->splice_count - first, sizeof *e->splices, by_place);
    }
}

/* ---- elements -------------------------------------------------------------------------------- */

static void start(ie_xml *xml, const char *name, const char **attributes)
{
    editor *e = xml->user;
    if (e->rdf_depth == 0) {
        e->rdf_depth = e->rdf_behind == 0 && is_named(name, NS_RDF, "RDF") ? xml->depth : 0;
        return;
    }
    int level = xml->depth - e->rdf_depth; /* 1 description, 2 property, 3 container, 4 item */
    if (level == 1) {
        take_attributes(e, xml, attributes);
    } else if (level == 2) {
        e->current = find_change(e, name);
        e->begin = xml->at;
        e->first_splice = e->splice_count;
        e->container = NULL;
        e->kept = 0;
        ie_buffer_clear(&e->text);
    } else if (e->current != NULL && level == 3 && e->bytes[xml->behind - 2] != '/') {
        bool list = is_named(name, NS_RDF, "Bag") || is_named(name, NS_RDF, "Seq") ||
                    is_named(name, NS_RDF, "Alt");
        e->container = list && e->container == NULL ? raw_name(e, xml->at) : NULL;
        e->inside = xml->behind;
    } else if (e->current != NULL && level == 4) {
        e->item = xml->at;
        e->item_is_default = false;
        ie_buffer_clear(&e->text);
        for (int i = 0; attributes[i] != NULL; i += 2) {
            e->item_is_default |= strncmp(attributes[i], XML_LANG, strlen(XML_LANG)) == 0 &&
                                  ie_equal_nocase(attributes[i + 1], "x-default");
        }
    }
}

static char *item_text(const editor *e, const char *container, const char *value, bool is_default)
{
    ie_buffer text = {0};
    int prefix = (int)(strchr(container, ':') != NULL ? strcspn(container, ":") + 1 : 0);
    ie_buffer_printf(&text, "<%.*sli%s>", prefix, container,
                     is_default ? " xml:lang=\"x-default\"" : "");
    add_escaped(&text, value);
    ie_buffer_printf(&text, "</%.*sli>", prefix, container);
    return ie_buffer_take(&text);
}

static void remove_item(ie_text_list *list, const char *text, ie_arena *arena)
{
    ie_text_list left = {0};
    for (uint32_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) != 0) {
            ie_text_list_add(&left, arena, list->items[i]);
        }
    }
    *list = left;
}

static void end_item(editor *e, size_t behind)
{
    pending *p = e->current;
    const char *value = trimmed(e, e->text.data != NULL ? e->text.data : "");
    if (is_list(p) && listed(&p->change->drop, value)) {
        size_t at = e->item;
        while (at > e->inside && strchr(" \t\r\n", e->bytes[at - 1]) != NULL) {
            at--;
        }
        add_splice(e, at, behind - at, ie_strdup(""));
    } else if (is_list(p)) {
        e->kept++;
        remove_item(&p->add, value, e->arena);
    } else if (p->change->form == IE_XMP_LANGUAGE && e->item_is_default &&
               p->change->text != NULL && !p->done) {
        add_splice(e, e->item, behind - e->item, item_text(e, e->container, p->change->text, true));
        p->done = true;
    }
}

/* The end tag of a list of items. */
static void end_container(editor *e, size_t at)
{
    pending *p = e->current;
    if (is_list(p) && !p->done && e->kept + p->add.count > 0) {
        for (uint32_t i = 0; i < p->add.count; i++) {
            add_splice(e, at, 0, item_text(e, e->container, p->add.items[i], false));
        }
        p->done = true;
        e->kept = UINT32_MAX; /* its place is here */
    } else if (p->change->form == IE_XMP_LANGUAGE && p->change->text != NULL) {
        if (!p->done) {
            add_splice(e, e->inside, 0, item_text(e, e->container, p->change->text, true));
        }
        p->done = true;
        e->kept = UINT32_MAX;
    }
}

static void end_property(editor *e, size_t behind)
{
    pending *p = e->current;
    e->current = NULL;
    if (e->kept == UINT32_MAX) {
        return;
    }
    ie_buffer text = {0};
    if (p->change->form == IE_XMP_TEXT && p->change->text != NULL && !p->done) {
        const char *name = raw_name(e, e->begin);
        ie_buffer_printf(&text, "<%s>", name);
        add_escaped(&text, p->change->text);
        ie_buffer_printf(&text, "</%s>", name);
        p->done = true;
    } else if (is_list(p) && e->container == NULL && e->text.data != NULL) {
        carry(e, p, e->text.data);
    }
    drop_splices(e, e->first_splice);
    add_splice(e, e->begin, behind - e->begin, ie_buffer_take(&text));
}

static void end(ie_xml *xml, const char *name)
{
    editor *e = xml->user;
    (void)name;
    int level = xml->depth - e->rdf_depth;
    if (e->rdf_depth > 0 && e->current != NULL && level == 4 && e->container != NULL) {
        end_item(e, xml->behind);
    } else if (e->current != NULL && level == 3 && e->container != NULL) {
        end_container(e, xml->at);
    } else if (e->current != NULL && level == 2) {
        end_property(e, xml->behind);
    }
    if (e->rdf_depth > 0 && level == 0) {
        e->rdf_end = xml->at;
        e->rdf_behind = xml->behind;
        e->rdf_depth = 0;
    }
}

static void take_text(ie_xml *xml, const char *text, size_t length)
{
    editor *e = xml->user;
    if (e->current != NULL) {
        ie_buffer_add(&e->text, text, length);
    }
}

/* ---- what is new ----------------------------------------------------------------------------- */

static void add_property(ie_buffer *out, const pending *p)
{
    static const char *const kinds[] = {
        [IE_XMP_LANGUAGE] = "Alt", [IE_XMP_BAG] = "Bag", [IE_XMP_SEQ] = "Seq"};
    const ie_xmp_change *c = p->change;
    ie_buffer_printf(out, "   <%s:%s>", prefix_of(p), c->name);
    if (c->form == IE_XMP_TEXT) {
        add_escaped(out, c->text);
    } else {
        ie_text_list items = p->add;
        const char *text[] = {c->text};
        items = c->form == IE_XMP_LANGUAGE ? (ie_text_list){text, 1, 0} : items;
        ie_buffer_printf(out, "<rdf:%s>", kinds[c->form]);
        for (uint32_t i = 0; i < items.count; i++) {
            ie_buffer_printf(out, "<rdf:li%s>",
                             c->form == IE_XMP_LANGUAGE ? " xml:lang=\"x-default\"" : "");
            add_escaped(out, items.items[i]);
            ie_buffer_text(out, "</rdf:li>");
        }
        ie_buffer_printf(out, "</rdf:%s>", kinds[c->form]);
    }
    ie_buffer_printf(out, "</%s:%s>\n", prefix_of(p), c->name);
}

static bool is_new(const pending *p)
{
    bool wanted = is_list(p) ? p->add.count > 0 : p->change->text != NULL;
    return wanted && !p->done && !p->change->only_present;
}

static void add_description(ie_buffer *out, const editor *e)
{
    ie_buffer_text(out, " <rdf:Description xmlns:rdf=\"" NS_RDF "\" rdf:about=\"");
    add_escaped(out, e->about != NULL ? e->about : "");
    ie_buffer_char(out, '"');
    for (size_t i = 0; i < e->count; i++) {
        bool said = !is_new(&e->pending[i]);
        for (size_t j = 0; j < i && !said; j++) {
            said = is_new(&e->pending[j]) &&
                   strcmp(prefix_of(&e->pending[j]), prefix_of(&e->pending[i])) == 0;
        }
        if (!said) {
            const pending *p = &e->pending[i];
            ie_buffer_printf(out, "\n    xmlns:%s=\"%s\"", prefix_of(p), p->change->space);
        }
    }
    ie_buffer_text(out, ">\n");
    for (size_t i = 0; i < e->count; i++) {
        if (is_new(&e->pending[i])) {
            add_property(out, &e->pending[i]);
        }
    }
    ie_buffer_text(out, "  </rdf:Description>\n ");
}

static void add_new(editor *e)
{
    bool any = false;
    for (size_t i = 0; i < e->count; i++) {
        any |= is_new(&e->pending[i]);
    }
    if (!any) {
        return;
    }
    ie_buffer text = {0};
    if (e->rdf_end == e->rdf_behind) { /* <rdf:RDF/> */
        size_t open = e->rdf_end;
        while (e->bytes[open] != '<') {
            open--;
        }
        ie_buffer_text(&text, ">");
        add_description(&text, e);
        ie_buffer_printf(&text, "</%s>", raw_name(e, open));
        add_splice(e, e->rdf_end - 2, 2, ie_buffer_take(&text));
    } else {
        add_description(&text, e);
        add_splice(e, e->rdf_end, 0, ie_buffer_take(&text));
    }
}

static ie_status run(editor *e, size_t size, ie_buffer *out, ie_error *err)
{
    ie_xml xml = {.user = e, .start = start, .end = end, .text = take_text, .prefixes = true};
    if (!ie_xml_parse(&xml, e->bytes, size) || e->rdf_behind == 0) {
        return ie_error_set(err, IE_ERR_FORMAT, "its XMP is not well-formed and is left as it is");
    }
    add_new(e);
    size_t at = 0;
    for (size_t i = 0; i < e->splice_count; i++) {
        const splice *s = &e->splices[i];
        if (s->at < at || s->at > size || s->length > size - s->at) {
            return ie_error_set(err, IE_ERR_FORMAT,
                                "its XMP is built in a way that is not understood");
        }
        ie_buffer_add(out, e->bytes + at, s->at - at);
        ie_buffer_text(out, s->text);
        at = s->at + s->length;
    }
    ie_buffer_add(out, e->bytes + at, size - at);
    return IE_OK;
}

ie_status ie_xmp_edit(const char *packet, size_t size, const ie_xmp_change *changes, size_t count,
                      ie_buffer *ret_packet, ie_error *err)
{
    if (size == 0) {
        packet = empty_packet;
        size = sizeof empty_packet - 1;
    }
    while (size > 0 && packet[size - 1] == 0) {
        size--;
    }
    if (memchr(packet, 0, size) != NULL) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "its XMP is coded in another way than UTF-8");
    }
    editor e = {.arena = ie_arena_new(),
                .count = count,
                .pending = ie_alloc((count + 1) * sizeof *e.pending)};
    e.bytes = ie_arena_strndup(e.arena, packet, size);
    for (size_t i = 0; i < count; i++) {
        e.pending[i] = (pending){.change = &changes[i]};
        for (uint32_t j = 0; j < changes[i].add.count; j++) {
            ie_text_list_add(&e.pending[i].add, e.arena, changes[i].add.items[j]);
        }
    }
    ie_buffer out = {0};
    ie_status status = run(&e, size, &out, err);
    drop_splices(&e, 0);
    free(e.splices);
    free(e.pending);
    ie_buffer_free(&e.text);
    ie_arena_free(e.arena);
    if (status == IE_OK) {
        *ret_packet = out;
    } else {
        ie_buffer_free(&out);
    }
    return status;
}
