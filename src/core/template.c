// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/template.h"

#include <string.h>

#include "core/template_fields.h"
#include "utils/error.h"
#include "utils/memory.h"

/* 200 of the 255 bytes that file systems allow: the rest is for "_12345" and
 * ".supplemental-metadata.json". */
enum { PART_BYTES = 200, EXTENSION_BYTES = 16, MAX_TEMPLATE_BYTES = 4096 };

/* One of a field's fall-backs: a field with its format, or (field NULL) text that always has a
 * value. */
struct choice {
    const ie_field *field;
    const char *text;
    const char *modifier; /* NULL: none */
};

/* What stands between braces; plain text is one choice of text. */
struct piece {
    struct choice *choices;
    size_t count, room;
};

struct ie_template {
    ie_arena *arena; /* owns the texts; the arrays are the heap's, because they grow */
    struct piece *pieces;
    size_t count, room;
    bool has_ext;
    int day_begins; /* minutes after midnight */
};

/* ---- parsing ---- */

struct parser {
    const char *text, *p;
    ie_template *pattern;
    ie_error *err;
};

/* In characters, from 1. */
static size_t position(const struct parser *parser, const char *at)
{
    size_t characters = 1;
    for (const unsigned char *p = (const unsigned char *)parser->text; (const char *)p < at;
         characters++) {
        size_t length = ie_utf8_char(p);
        p += length > 0 ? length : 1;
    }
    return characters;
}

/* "Position N of the template "…": text." */
static ie_status IE_PRINTF(3, 4)
    refuse(const struct parser *parser, const char *at, const char *format, ...)
{
    char text[400], shown[120];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return ie_error_set(parser->err, IE_ERR_USAGE, "Position %zu of the template \"%s\": %s",
                        position(parser, at), ie_show_path(parser->text, shown, sizeof shown),
                        text);
}

static struct piece *add_piece(ie_template *pattern)
{
    IE_GROW(pattern->pieces, pattern->count, pattern->room);
    pattern->pieces[pattern->count] = (struct piece){0};
    return &pattern->pieces[pattern->count++];
}

static void add_choice(struct piece *piece, const ie_field *field, const char *text)
{
    IE_GROW(piece->choices, piece->count, piece->room);
    piece->choices[piece->count++] = (struct choice){.field = field, .text = text};
}

/* Up to the next lone brace; doubled braces stand for themselves. */
static ie_status parse_plain(struct parser *parser)
{
    ie_buffer plain = {0};
    for (; *parser->p != 0; parser->p++) {
        char c = *parser->p;
        if ((c == '{' || c == '}') && parser->p[1] == c) {
            parser->p++;
        } else if (c == '{') {
            break;
        } else if (c == '}') {
            ie_buffer_free(&plain);
            return refuse(parser, parser->p,
                          "this brace closes nothing; write }} for a brace itself.");
        }
        ie_buffer_char(&plain, c);
    }
    if (plain.size > 0) {
        add_choice(add_piece(parser->pattern), NULL,
                   ie_arena_strdup(parser->pattern->arena, plain.data));
    }
    ie_buffer_free(&plain);
    return IE_OK;
}

static void skip_spaces(struct parser *parser)
{
    parser->p += strspn(parser->p, " ");
}

/* A copy of begin..end without the spaces at its end. */
static char *trimmed(struct parser *parser, const char *begin, const char *end)
{
    while (end > begin && end[-1] == ' ') {
        end--;
    }
    return ie_arena_strndup(parser->pattern->arena, begin, (size_t)(end - begin));
}

static ie_status parse_quoted(struct parser *parser, struct piece *piece)
{
    const char *begin = parser->p + 1, *end = strchr(begin, '"');
    if (end == NULL) {
        return refuse(parser, parser->p, "this quotation mark is never closed.");
    }
    add_choice(piece, NULL, ie_arena_strndup(parser->pattern->arena, begin, (size_t)(end - begin)));
    parser->p = end + 1;
    return IE_OK;
}

static ie_status check_format(struct parser *parser, const ie_field *field, const char *begin,
                              const char *format)
{
    if (!field->takes_format) {
        return ie_modifier_valid(format)
                   ? IE_OK
                   : refuse(parser, begin,
                            "the field %s takes no such format; upper, lower, or a width such as 04 "
                            "may stand here.",
                            field->name);
    }
    if (format[0] == 0) {
        return refuse(parser, begin, "a format is missing after the colon, such as %%Y-%%m-%%d.");
    }
    const char *fault = ie_date_format_fault(format);
    if (fault != NULL) {
        size_t length = ie_utf8_char((const unsigned char *)fault + 1);
        return refuse(parser, begin + (fault - format),
                      "\"%%%.*s\" is no part of a date; after %% may stand one of %s.", (int)length,
                      fault + 1, ie_date_format_letters);
    }
    return IE_OK;
}

static ie_status refuse_name(struct parser *parser, const char *at, const char *name)
{
    char shown[80];
    const char *near = ie_field_nearest(name);
    ie_show_path(name, shown, sizeof shown);
    if (near != NULL) {
        return refuse(parser, at, "there is no field \"%s\"; the nearest is \"%s\".", shown, near);
    }
    ie_buffer names = {0};
    ie_field_names(&names);
    ie_status status = refuse(parser, at, "there is no field \"%s\"; there are %s.", shown, names.data);
    ie_buffer_free(&names);
    return status;
}

static ie_status parse_field(struct parser *parser, struct piece *piece)
{
    const char *begin = parser->p, *end = begin + strcspn(begin, ":|}{\"");
    const char *name = trimmed(parser, begin, end), *format = NULL;
    if (name[0] == 0) {
        return refuse(parser, begin, "the name of a field is missing, such as {date} or {name}.");
    }
    const ie_field *field = strchr(name, '.') != NULL ? ie_field_dotted(name) : ie_field_find(name);
    if (field == NULL) {
        return refuse_name(parser, begin, name);
    }
    if (*end == ':') {
        begin = end + 1;
        end = begin + strcspn(begin, "|}");
        format = trimmed(parser, begin, end);
        ie_status status = check_format(parser, field, begin, format);
        if (status != IE_OK) {
            return status;
        }
    }
    parser->pattern->has_ext |= strcmp(name, "ext") == 0;
    add_choice(piece, field, format);
    struct choice *choice = &piece->choices[piece->count - 1];
    if (!field->takes_format) {
        choice->modifier = format;
        choice->text = strchr(name, '.') != NULL ? name : NULL;
    }
    parser->p = end;
    return IE_OK;
}

/* From '{' to behind '}'. */
static ie_status parse_braces(struct parser *parser)
{
    const char *open = parser->p;
    struct piece *piece = add_piece(parser->pattern);
    for (;;) {
        parser->p++; /* over '{' or '|' */
        skip_spaces(parser);
        bool quoted = *parser->p == '"';
        ie_status status = quoted ? parse_quoted(parser, piece) : parse_field(parser, piece);
        if (status != IE_OK) {
            return status;
        }
        skip_spaces(parser);
        if (*parser->p == '}') {
            parser->p++;
            return IE_OK;
        }
        if (*parser->p == 0) {
            return refuse(parser, open, "this brace is never closed; write {{ for a brace itself.");
        }
        if (*parser->p != '|') {
            return refuse(parser, parser->p, "here | or } was expected.");
        }
    }
}

static ie_status parse_all(struct parser *parser)
{
    size_t length = strlen(parser->text);
    if (length == 0) {
        return ie_error_set(parser->err, IE_ERR_USAGE, "The template for names is empty.");
    }
    if (length > MAX_TEMPLATE_BYTES) {
        return ie_error_set(parser->err, IE_ERR_USAGE,
                            "The template for names is longer than %d bytes.", MAX_TEMPLATE_BYTES);
    }
    if (parser->text[0] == '/' || parser->text[length - 1] == '/') {
        return refuse(
            parser, parser->text[0] == '/' ? parser->text : parser->text + length - 1,
            "a template neither begins nor ends with /; its names lie below the chosen folder.");
    }
    for (const char *part = parser->text; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == 0)) {
            return refuse(parser, part, "no part may be \"..\"; the names lie below the chosen folder.");
        }
    }
    ie_status status = IE_OK;
    while (status == IE_OK && *parser->p != 0) {
        bool braces = *parser->p == '{' && parser->p[1] != '{';
        status = braces ? parse_braces(parser) : parse_plain(parser);
    }
    return status;
}

ie_status ie_template_parse(const char *text, ie_template **ret_template, ie_error *err)
{
    ie_template *pattern = ie_alloc(sizeof *pattern);
    pattern->arena = ie_arena_new();
    struct parser parser = {.text = text, .p = text, .pattern = pattern, .err = err};
    ie_status status = parse_all(&parser);
    if (status != IE_OK) {
        ie_template_free(pattern);
        return status;
    }
    *ret_template = pattern;
    return IE_OK;
}

void ie_template_free(ie_template *pattern)
{
    if (pattern == NULL) {
        return;
    }
    for (size_t i = 0; i < pattern->count; i++) {
        free(pattern->pieces[i].choices);
    }
    free(pattern->pieces);
    ie_arena_free(pattern->arena);
    free(pattern);
}

void ie_template_day_begins(ie_template *pattern, int minutes)
{
    pattern->day_begins = minutes;
}

/* ---- expanding ---- */

/* True when there was a value. */
static bool add_value(const struct choice *choice, const ie_photo *photo, int day_begins,
                      ie_buffer *out)
{
    if (choice->field == NULL) {
        ie_buffer_text(out, choice->text);
        return true;
    }
    size_t before = out->size;
    ie_photo shifted;
    bool day = choice->field->takes_format && !ie_date_format_has_clock(choice->text);
    if (day && day_begins > 0 && photo->metadata.captured.year != 0) {
        shifted = *photo;
        shifted.metadata.captured = ie_datetime_from_unix(
            (ie_datetime_order(&photo->metadata.captured) - day_begins * 60LL) * 1000000000, 0,
            false);
        photo = &shifted;
    }
    choice->field->value(photo, choice->text, out);
    if (choice->modifier != NULL && out->size > before) {
        ie_modifier_apply(choice->modifier, before, out);
    }
    for (size_t i = before; i < out->size && !choice->field->takes_format; i++) {
        /* A date's '/' was written in the template; any other comes from a photo and makes no
         * folder. */
        out->data[i] = out->data[i] == '/' ? '_' : out->data[i];
    }
    return out->size > before;
}

static void add_piece_value(const struct piece *piece, const ie_photo *photo, int day_begins,
                            ie_buffer *out)
{
    for (size_t i = 0; i < piece->count; i++) {
        if (add_value(&piece->choices[i], photo, day_begins, out)) {
            return;
        }
    }
    ie_buffer_text(out, "unknown");
}

/* `keep_extension`: a long name is cut before its extension, not after. */
static void add_part(const char *part, bool keep_extension, ie_buffer *path)
{
    const char *dot = keep_extension ? strrchr(part, '.') : NULL;
    size_t tail = dot != NULL ? strlen(dot) : 0;
    if (tail < 2 || tail > EXTENSION_BYTES || dot == part) {
        tail = 0;
    }
    IE_AUTO_FREE char *stem = ie_strndup(part, strlen(part) - tail);
    IE_AUTO_FREE char *safe = ie_safe_name(stem, PART_BYTES - tail);
    if (tail == 0) {
        ie_buffer_text(path, safe);
        return;
    }
    IE_AUTO_FREE char *whole = ie_asprintf("%s%s", safe, dot);
    IE_AUTO_FREE char *safe_whole = ie_safe_name(whole, PART_BYTES);
    ie_buffer_text(path, safe_whole);
}

char *ie_template_expand(const ie_template *pattern, const ie_photo *photo, bool *ret_ext_used)
{
    ie_buffer text = {0}, path = {0};
    for (size_t i = 0; i < pattern->count; i++) {
        add_piece_value(&pattern->pieces[i], photo, pattern->day_begins, &text);
    }
    char *whole = ie_buffer_take(&text);
    for (char *part = whole; part != NULL;) {
        char *slash = strchr(part, '/');
        if (slash != NULL) {
            *slash = 0;
        }
        add_part(part, pattern->has_ext && slash == NULL, &path);
        if (slash != NULL) {
            ie_buffer_char(&path, '/');
        }
        part = slash != NULL ? slash + 1 : NULL;
    }
    free(whole);
    *ret_ext_used = pattern->has_ext;
    return ie_buffer_take(&path);
}

const char *ie_template_field(size_t index, const char **ret_help, const char **ret_example)
{
    const ie_field *field = ie_field_at(index);
    if (field == NULL) {
        return NULL;
    }
    *ret_help = field->help;
    *ret_example = field->example;
    return field->name;
}
