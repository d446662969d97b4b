// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "core/options.h"
#include "utils/error.h"
#include "utils/late.h"
#include "utils/memory.h"

/* Loaded at first use: see utils/late.h. */
// clang-format off
#define CALLS(X)                                                                                   \
    X(yaml_event_delete) X(yaml_parser_delete) X(yaml_parser_initialize) X(yaml_parser_parse)      \
    X(yaml_parser_set_input_string)
// clang-format on
static struct {
    CALLS(IE_LATE_MEMBER)
} libyaml;
#define yaml_event_delete (libyaml.yaml_event_delete)
#define yaml_parser_delete (libyaml.yaml_parser_delete)
#define yaml_parser_initialize (libyaml.yaml_parser_initialize)
#define yaml_parser_parse (libyaml.yaml_parser_parse)
#define yaml_parser_set_input_string (libyaml.yaml_parser_set_input_string)

static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static bool loaded;

static void load(void)
{
    static const char *const names[] = {CALLS(IE_LATE_NAME)};
    loaded = ie_late_load(IE_LIBRARY_YAML, names, sizeof names / sizeof *names, &libyaml);
}

enum { MAX_FILE_BYTES = 256 * 1024 }; /* the default file with all its comments has 6 KiB */

#define PIPE_WAIT_MS 5000

typedef struct reader {
    yaml_parser_t parser;
    const char *path;
    ie_config *config;
    ie_error *err;
    char **seen; /* full keys and sections; only known ones come here, hence few */
    size_t seen_count, seen_room;
} reader;

/* ---- the file's bytes ---- */

/* A pipe (as a shell makes of <(...)) may be a moment late; one that nobody writes to must not hang
   us. */
static ssize_t read_piece(int fd, char *piece, size_t size)
{
    for (;;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int polled = poll(&ready, 1, PIPE_WAIT_MS);
        if (polled == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        ssize_t got = polled > 0 ? read(fd, piece, size) : -1;
        if (got >= 0 || (errno != EINTR && errno != EAGAIN)) {
            return got;
        }
    }
}

static ie_status read_bytes(const char *path, ie_buffer *ret_bytes, ie_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return ie_error_set(err, IE_ERR_NOT_FOUND, "There is no configuration file %s.",
                            ie_shown(path));
    }
    char piece[16384];
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0 && ret_bytes->size <= MAX_FILE_BYTES) {
        got = read_piece(fd, piece, sizeof piece);
        if (got > 0) {
            ie_buffer_add(ret_bytes, piece, (size_t)got);
        }
    }
    int saved_errno = errno;
    if (fd >= 0) {
        close(fd);
    }
    if (got < 0) {
        return ie_error_errno(err, saved_errno, "Cannot read the configuration file %s",
                              ie_shown(path));
    }
    if (ret_bytes->size > MAX_FILE_BYTES) {
        return ie_error_set(
            err, IE_ERR_USAGE,
            "%s is larger than %d KiB; that is no configuration file of Image Engine.",
            ie_shown(path), MAX_FILE_BYTES / 1024);
    }
    return IE_OK;
}

/* ---- YAML ---- */

static size_t line_of(const yaml_event_t *event)
{
    return event->start_mark.line + 1;
}

/* "path:line: text." */
static ie_status IE_PRINTF(3, 4) refuse(reader *r, size_t line, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return ie_error_set(r->err, IE_ERR_USAGE, "%s:%zu: %s", ie_shown(r->path), line, text);
}

/* libyaml says of a tab in front of a key only that it "cannot start any token". */
static bool tab_stops_it(const yaml_parser_t *p)
{
    return p->problem != NULL && strstr(p->problem, "start any token") != NULL &&
           p->buffer.pointer < p->buffer.last && *p->buffer.pointer == '\t';
}

/* The next event, to be deleted by the caller. Anchors, aliases and tags end here. */
static ie_status next_event(reader *r, yaml_event_t *ret_event)
{
    if (!yaml_parser_parse(&r->parser, ret_event)) {
        const yaml_parser_t *p = &r->parser;
        size_t line = p->problem_mark.line + 1;
        return tab_stops_it(p) ? refuse(r, line, "a tab indents this line; YAML wants blanks.")
                               : refuse(r, line, "this is not valid YAML: %s.",
                                        p->problem != NULL ? p->problem : "unreadable");
    }
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (ret_event->type) {
    case YAML_ALIAS_EVENT:
        anchor = ret_event->data.alias.anchor;
        break;
    case YAML_SCALAR_EVENT:
        anchor = ret_event->data.scalar.anchor;
        tag = ret_event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = ret_event->data.sequence_start.anchor;
        tag = ret_event->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = ret_event->data.mapping_start.anchor;
        tag = ret_event->data.mapping_start.tag;
        break;
    default:
        break;
    }
    if (anchor != NULL || tag != NULL) {
        size_t line = line_of(ret_event);
        yaml_event_delete(ret_event);
        return refuse(r, line, "%s are not understood here; write the value out plainly.",
                      tag != NULL ? "YAML tags (!)" : "YAML anchors (&) and aliases (*)");
    }
    return IE_OK;
}

/* The scalar's text, or NULL when it has a NUL inside. Owned by the event. */
static const char *scalar_text(const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    return strlen(text) == event->data.scalar.length ? text : NULL;
}

static bool is_null(const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (text[0] == 0 || strcmp(text, "~") == 0 || strcmp(text, "null") == 0);
}

static bool is_section(const char *key)
{
    size_t length = strlen(key);
    for (size_t i = 0; i < ie_option_count(); i++) {
        const char *known = ie_option_at(i)->key;
        if (strncmp(known, key, length) == 0 && known[length] == '.') {
            return true;
        }
    }
    return false;
}

static ie_status check_key(reader *r, const char *key, size_t line)
{
    if (ie_option_find(key) == NULL && !is_section(key)) {
        char shown[120];
        const char *nearest = ie_option_nearest(key), *last = strrchr(nearest, '.') + 1;
        IE_AUTO_FREE char *word = ie_strndup(key, 100); /* edit distance is quadratic */
        IE_AUTO_FREE char *section = ie_strndup(nearest, strcspn(nearest, "."));
        bool meant = strchr(key, '.') == NULL &&
                     ie_edit_distance(word, section) < ie_edit_distance(word, last);
        return refuse(r, line, "there is no %s \"%s\"; the nearest is \"%s\".",
                      meant ? "section" : "setting", ie_show_path(key, shown, sizeof shown),
                      meant ? section : nearest);
    }
    for (size_t i = 0; i < r->seen_count; i++) {
        if (strcmp(r->seen[i], key) == 0) {
            return refuse(r, line, "%s stands in this file twice; remove one.", key);
        }
    }
    IE_GROW(r->seen, r->seen_count, r->seen_room);
    r->seen[r->seen_count++] = ie_strdup(key);
    return IE_OK;
}

static ie_status set_value(reader *r, const char *key, const char *text, size_t line)
{
    IE_AUTO_FREE char *origin = ie_asprintf("%s:%zu", r->path, line);
    return ie_config_set(r->config, key, text, origin, r->err);
}

static ie_status read_scalar(reader *r, const char *key, const yaml_event_t *event)
{
    const char *text = scalar_text(event);
    size_t line = line_of(event);
    if (ie_option_find(key) == NULL) {
        /* A section whose lines are all commented out is an empty scalar. */
        return is_null(event)
                   ? IE_OK
                   : refuse(r, line, "%s is a section with settings in it, not a value.", key);
    }
    if (text == NULL) {
        return refuse(r, line, "the value of %s has a NUL character in it.", key);
    }
    return set_value(r, key, is_null(event) ? "" : text, line);
}

static void add_escaped(ie_buffer *entry, const char *text)
{
    for (; *text != 0; text++) {
        if (*text == ';' || *text == '\\') {
            ie_buffer_char(entry, '\\');
        }
        ie_buffer_char(entry, *text);
    }
}

/* An item that is a mapping becomes "key=value;key=value". From behind its start to behind
   its end. */
static ie_status read_entry(reader *r, const char *key, ie_buffer *entry)
{
    for (bool value = false;; value = !value) {
        yaml_event_t event;
        ie_status status = next_event(r, &event);
        if (status != IE_OK) {
            return status;
        }
        bool end = event.type == YAML_MAPPING_END_EVENT && !value;
        const char *text = event.type == YAML_SCALAR_EVENT ? scalar_text(&event) : NULL;
        if (text != NULL) {
            ie_buffer_text(entry, value ? "=" : entry->size > 0 ? ";" : "");
            add_escaped(entry, text);
        } else if (!end) {
            status = refuse(r, line_of(&event),
                            "the items of %s must be plain texts or lines of \"key: value\".", key);
        }
        yaml_event_delete(&event);
        if (end || status != IE_OK) {
            return status;
        }
    }
}

static bool takes_entries(const char *key)
{
    return strcmp(key, "analysis.ml_models.custom_models") == 0;
}

/* From behind the sequence's start to behind its end. */
static ie_status read_items(reader *r, const char *key, ie_buffer *list)
{
    for (;;) {
        yaml_event_t event;
        ie_status status = next_event(r, &event);
        if (status != IE_OK) {
            return status;
        }
        bool end = event.type == YAML_SEQUENCE_END_EVENT;
        const char *text = event.type == YAML_SCALAR_EVENT ? scalar_text(&event) : NULL;
        if (text != NULL) {
            ie_config_list_append(list, text);
        } else if (event.type == YAML_MAPPING_START_EVENT && takes_entries(key)) {
            ie_buffer entry = {0};
            status = read_entry(r, key, &entry);
            ie_config_list_append(list, entry.data != NULL ? entry.data : "");
            ie_buffer_free(&entry);
        } else if (!end) {
            status = refuse(r, line_of(&event), "the items of %s must be plain texts.", key);
        }
        yaml_event_delete(&event);
        if (end || status != IE_OK) {
            return status;
        }
    }
}

static ie_status read_list(reader *r, const char *key, size_t line)
{
    const ie_option *option = ie_option_find(key);
    if (option == NULL || option->type != IE_TYPE_LIST) {
        return refuse(r, line, "%s is %s, not a list.", key,
                      option == NULL ? "a section" : "one value");
    }
    ie_buffer list = {0};
    ie_status status = read_items(r, key, &list);
    if (status == IE_OK) {
        status = set_value(r, key, list.data != NULL ? list.data : "", line);
    }
    ie_buffer_free(&list);
    return status;
}

/* Settings whose items may be written as lines of "key: value", in YAML's own way of saying
   "key=value". */
static bool takes_pairs(const char *key)
{
    return strcmp(key, "convert.rules") == 0;
}

/* The value of such a line: one text, or several that stand for "a|b". */
static ie_status read_choices(reader *r, const char *key, const yaml_event_t *first,
                              ie_buffer *pair)
{
    size_t line = line_of(first);
    const char *text = first->type == YAML_SCALAR_EVENT ? scalar_text(first) : NULL;
    if (text != NULL) {
        ie_buffer_text(pair, text);
        return IE_OK;
    }
    if (first->type != YAML_SEQUENCE_START_EVENT) {
        return refuse(r, line, "what stands behind a colon in %s must be plain texts.", key);
    }
    ie_buffer list = {0};
    ie_status status = read_items(r, key, &list);
    ie_config_list items = ie_config_list_parse(list.data != NULL ? list.data : "");
    for (uint32_t i = 0; i < items.count; i++) {
        ie_buffer_text(pair, i > 0 ? "|" : "");
        ie_buffer_text(pair, items.items[i]);
    }
    ie_config_list_free(&items);
    ie_buffer_free(&list);
    return status;
}

/* From behind the mapping's start to behind its end, in the file's order, which is the rules'. */
static ie_status read_pairs(reader *r, const char *key, size_t line)
{
    ie_buffer list = {0}, pair = {0};
    ie_status status = IE_OK;
    bool end = false;
    for (bool value = false; status == IE_OK && !end; value = !value) {
        yaml_event_t event;
        status = next_event(r, &event);
        if (status != IE_OK) {
            break;
        }
        const char *text = event.type == YAML_SCALAR_EVENT ? scalar_text(&event) : NULL;
        end = event.type == YAML_MAPPING_END_EVENT && !value;
        if (value) {
            status = read_choices(r, key, &event, &pair);
            ie_config_list_append(&list, status == IE_OK ? pair.data : "");
            ie_buffer_free(&pair);
        } else if (text != NULL) {
            ie_buffer_printf(&pair, "%s=", text);
        } else if (!end) {
            status = refuse(r, line_of(&event),
                            "what stands before a colon in %s must be plain text.", key);
        }
        yaml_event_delete(&event);
    }
    if (status == IE_OK) {
        status = set_value(r, key, list.data != NULL ? list.data : "", line);
    }
    ie_buffer_free(&pair);
    ie_buffer_free(&list);
    return status;
}

static ie_status read_mapping(reader *r, const char *prefix);

static ie_status read_value(reader *r, const char *key)
{
    yaml_event_t event;
    ie_status status = next_event(r, &event);
    if (status != IE_OK) {
        return status;
    }
    if (event.type == YAML_SCALAR_EVENT) {
        status = read_scalar(r, key, &event);
    } else if (event.type == YAML_SEQUENCE_START_EVENT) {
        status = read_list(r, key, line_of(&event));
    } else if (takes_pairs(key)) {
        status = read_pairs(r, key, line_of(&event));
    } else if (is_section(key)) {
        status = read_mapping(r, key);
    } else {
        status = refuse(r, line_of(&event), "%s takes a value; no settings stand below it.", key);
    }
    yaml_event_delete(&event);
    return status;
}

/* From behind the mapping's start to behind its end. Only known sections are entered, so the
   recursion is as deep as the longest key of the table has dots. */
static ie_status read_mapping(reader *r, const char *prefix)
{
    for (;;) {
        yaml_event_t event;
        ie_status status = next_event(r, &event);
        if (status != IE_OK) {
            return status;
        }
        size_t line = line_of(&event);
        bool end = event.type == YAML_MAPPING_END_EVENT;
        const char *name = event.type == YAML_SCALAR_EVENT ? scalar_text(&event) : NULL;
        IE_AUTO_FREE char *key =
            ie_asprintf("%s%s%s", prefix, prefix[0] != 0 ? "." : "", name != NULL ? name : "");
        yaml_event_delete(&event);
        if (end) {
            return IE_OK;
        }
        status = name == NULL ? refuse(r, line, "the name of a setting must be plain text.")
                              : check_key(r, key, line);
        if (status == IE_OK) {
            status = read_value(r, key);
        }
        if (status != IE_OK) {
            return status;
        }
    }
}

static ie_status read_document(reader *r)
{
    yaml_event_t event;
    int documents = 0;
    for (;;) {
        ie_status status = next_event(r, &event);
        if (status != IE_OK) {
            return status;
        }
        yaml_event_type_t type = event.type;
        size_t line = line_of(&event);
        if (type == YAML_MAPPING_START_EVENT) {
            status = read_mapping(r, "");
        } else if (type == YAML_SEQUENCE_START_EVENT ||
                   (type == YAML_SCALAR_EVENT && !is_null(&event))) {
            status = refuse(
                r, line, "a configuration is made of lines like \"scan:\" and \"hidden: true\".");
        } else if (type == YAML_DOCUMENT_START_EVENT && documents++ > 0) {
            status = refuse(r, line, "only one YAML document may stand in a configuration file.");
        }
        yaml_event_delete(&event);
        if (status != IE_OK || type == YAML_STREAM_END_EVENT) {
            return status;
        }
    }
}

ie_status ie_config_file_read(const char *path, ie_config *config, ie_error *err)
{
    ie_buffer bytes = {0};
    reader r = {.path = path, .config = config, .err = err};
    ie_status status = read_bytes(path, &bytes, err);
    if (status == IE_OK && bytes.size > 0) {
        pthread_once(&load_once, load);
    }
    if (status == IE_OK && bytes.size > 0 && !loaded) {
        status = ie_error_set(err, IE_ERR_UNSUPPORTED,
                              "%s cannot be read: libyaml (" IE_LIBRARY_YAML
                              ") cannot be loaded; install it",
                              ie_shown(path));
    } else if (status == IE_OK && bytes.size > 0) {
        if (!yaml_parser_initialize(&r.parser)) {
            abort(); /* out of memory */
        }
        yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes.data, bytes.size);
        status = read_document(&r);
        yaml_parser_delete(&r.parser);
    }
    for (size_t i = 0; i < r.seen_count; i++) {
        free(r.seen[i]);
    }
    free(r.seen);
    ie_buffer_free(&bytes);
    return status;
}
