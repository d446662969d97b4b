// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/xmp_digest.h"

#include <string.h>

#include "storage/xml.h"

#define NS_RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#define MAX_NODES 128 /* deeper than documents get */

/* An element being read. Fields of a structure come in any order, items of a list in theirs. */
typedef struct node {
    uint64_t name, fields, items;
    bool has_parts;
    ie_buffer text;
} node;

typedef struct digester {
    const ie_xmp_change *changes;
    size_t count;
    int rdf_depth, left_out; /* depth of the property left out; 0: none */
    node nodes[MAX_NODES];   /* by depth */
    uint64_t sum[2];
} digester;

static uint64_t hash_of(const void *bytes, size_t size)
{
    ie_hash128 hash = ie_hash128_of(bytes, size);
    uint64_t value;
    memcpy(&value, hash.bytes, sizeof value);
    return value;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    const uint64_t both[2] = {a, b};
    return hash_of(both, sizeof both);
}

static bool is_left_out(const digester *d, const char *name)
{
    for (size_t i = 0; i < d->count; i++) {
        size_t length = strlen(d->changes[i].space);
        if (strncmp(name, d->changes[i].space, length) == 0 && name[length] == ' ' &&
            strcmp(name + length + 1, d->changes[i].name) == 0) {
            return true;
        }
    }
    return false;
}

static void add_property(digester *d, uint64_t name, uint64_t value)
{
    uint64_t both = mix(name, value);
    d->sum[0] += both;
    d->sum[1] += mix(both, 1);
}

static void start_description(digester *d, const char **attributes)
{
    for (int i = 0; attributes[i] != NULL; i += 2) {
        bool property =
            strchr(attributes[i], ' ') != NULL; /* old packets say "about" without a prefix */
        if (property && !ie_starts_with(attributes[i], NS_RDF " ") &&
            !is_left_out(d, attributes[i])) {
            add_property(d, hash_of(attributes[i], strlen(attributes[i])),
                         hash_of(attributes[i + 1], strlen(attributes[i + 1])));
        }
    }
}

static void start_node(node *n, const char *name, const char **attributes)
{
    ie_buffer text = n->text;
    ie_buffer_clear(&text);
    *n = (node){.name = hash_of(name, strlen(name)), .text = text};
    for (int i = 0; attributes[i] != NULL; i += 2) {
        const char *value = attributes[i + 1];
        if (strcmp(attributes[i], NS_RDF " resource") == 0) {
            ie_buffer_text(&n->text, value);
        } else if (!ie_starts_with(attributes[i], NS_RDF " ")) {
            n->fields +=
                mix(hash_of(attributes[i], strlen(attributes[i])), hash_of(value, strlen(value)));
            n->has_parts |= !ie_starts_with(attributes[i], "http://www.w3.org/XML/1998/namespace ");
        }
    }
}

static void start(ie_xml *xml, const char *name, const char **attributes)
{
    digester *d = xml->user;
    int level = d->rdf_depth > 0 ? xml->depth - d->rdf_depth : 0;
    if (d->rdf_depth == 0) {
        d->rdf_depth = strcmp(name, NS_RDF " RDF") == 0 ? xml->depth : 0;
    } else if (level == 1) {
        start_description(d, attributes);
    } else if (d->left_out == 0 && level == 2 && is_left_out(d, name)) {
        d->left_out = xml->depth;
    } else if (d->left_out == 0 && xml->depth < MAX_NODES) {
        start_node(&d->nodes[xml->depth], name, attributes);
    }
}

static void end(ie_xml *xml, const char *name)
{
    digester *d = xml->user;
    int level = d->rdf_depth > 0 ? xml->depth - d->rdf_depth : 0;
    if (d->left_out > 0) {
        d->left_out = d->left_out == xml->depth ? 0 : d->left_out;
        return;
    }
    if (d->rdf_depth > 0 && level == 0) {
        d->rdf_depth = 0;
    }
    if (level < 2) {
        return;
    }
    node *n = &d->nodes[xml->depth], *above = &d->nodes[xml->depth - 1];
    uint64_t content = n->has_parts ? 0 : hash_of(n->text.data, n->text.size);
    uint64_t value = n->fields + n->items + content;
    bool inner = strcmp(name, NS_RDF " Description") == 0;
    if (level == 2) {
        add_property(d, n->name, value);
    } else if (inner) {
        above->fields += n->fields; /* a structure, spelled out */
        above->has_parts = true;
    } else if (strcmp(name, NS_RDF " li") == 0) {
        above->items = mix(above->items, value);
        above->has_parts = true;
    } else {
        above->fields += mix(n->name, value);
        above->has_parts = true;
    }
}

static void take_text(ie_xml *xml, const char *text, size_t length)
{
    digester *d = xml->user;
    if (d->left_out == 0 && d->rdf_depth > 0 && xml->depth - d->rdf_depth >= 2) {
        ie_buffer_add(&d->nodes[xml->depth].text, text, length);
    }
}

bool ie_xmp_digest(const uint8_t *packet, size_t size, const ie_xmp_change *changes, size_t count,
                   ie_hash128 *ret_digest)
{
    while (size > 0 &&
           (packet[size - 1] == 0 || packet[size - 1] == ' ' || packet[size - 1] == '\n')) {
        size--;
    }
    if (size == 0) {
        *ret_digest = (ie_hash128){0};
        return true;
    }
    digester *d = ie_alloc(sizeof *d);
    d->changes = changes;
    d->count = count;
    ie_xml xml = {.user = d, .start = start, .end = end, .text = take_text};
    bool good = ie_xml_parse(&xml, packet, size);
    if (good) {
        memcpy(ret_digest->bytes, d->sum, sizeof ret_digest->bytes);
    }
    for (int i = 0; i < MAX_NODES; i++) {
        ie_buffer_free(&d->nodes[i].text);
    }
    free(d);
    return good;
}
