// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <string.h>

#include "core/template_parts.h"
#include "utils/error.h"
#include "utils/memory.h"

enum { MAX_TEMPLATE_BYTES = 4096, MAX_NESTED = 16 };

struct parser {
    const char *text, *p;
    ie_template *pattern;
    const ie_config_list *custom; /* NULL: any */
    bool is_custom;               /* it is itself the template of a custom field */
    size_t open[MAX_NESTED];      /* pieces: the IF or ELSE whose END is to come */
    size_t depth;
    const char *opened[MAX_NESTED];
    size_t counting_piece;        /* how many pieces there were behind it */
    bool per_folder;              /* {counter} was there */
    bool in_condition;            /* where = and the like end a name */
    ie_error *err;
};

static ie_status parse_template(const char *text, const ie_config_list *custom, bool is_custom,
                                ie_template **ret_template, ie_error *err);

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

static ie_piece *add_piece(ie_template *pattern)
{
    IE_GROW(pattern->pieces, pattern->count, pattern->room);
    pattern->pieces[pattern->count] = (ie_piece){0};
    return &pattern->pieces[pattern->count++];
}

static void add_choice(ie_piece *piece, const ie_field *field, const char *text)
{
    IE_GROW(piece->choices, piece->count, piece->room);
    piece->choices[piece->count++] = (ie_choice){.field = field, .text = text};
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
        if (c == '/' && parser->per_folder) {
            ie_buffer_free(&plain);
            return refuse(
                parser, parser->p,
                "{counter} counts the files of a folder and cannot name the folder itself.");
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

static ie_status parse_quoted(struct parser *parser, ie_piece *piece)
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
        return ie_modifier_valid(format) ? IE_OK
                                         : refuse(parser, begin,
                                                  "the field %s takes no such format; upper, "
                                                  "lower, or a width such as 04 may stand here.",
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

/* "IF rating>4", "endif", "els": no field is meant. */
static bool looks_like_choice(const char *name)
{
    static const char all[][8] = {"if", "else", "end", "endif", "elif", "elsif", "elseif", "fi"};
    IE_AUTO_FREE char *word = ie_strndup(name, strcspn(name, " "));
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (ie_equal_nocase(word, all[i]) ||
            (strlen(word) > 2 && ie_edit_distance(word, all[i]) == 1)) {
            return true;
        }
    }
    return false;
}

static ie_status refuse_name(struct parser *parser, const char *at, const char *name)
{
    char shown[80];
    IE_AUTO_FREE char *near = ie_field_nearest(name);
    ie_show_path(name, shown, sizeof shown);
    if (looks_like_choice(name)) {
        return refuse(parser, at, "there is no field \"%s\"; a choice is written {if FIELD}…{else}…"
                      "{end}, in small letters, and one may stand within another.", shown);
    }
    if (near != NULL) {
        return refuse(parser, at, "there is no field \"%s\"; the nearest is \"%s\".", shown, near);
    }
    ie_buffer names = {0};
    ie_field_names(&names);
    ie_status status =
        refuse(parser, at, "there is no field \"%s\"; there are %s.", shown, names.data);
    ie_buffer_free(&names);
    return status;
}

/* A name has one number at most: with two, neither would say which place the photo has. */
static ie_status note_numbering(struct parser *parser, const ie_field *field, const char *at)
{
    ie_template *pattern = parser->pattern;
    if (field->numbering == IE_NUMBER_NONE || parser->in_condition) {
        return IE_OK;
    }
    if (parser->is_custom) {
        return refuse(parser, at,
                      "a custom field cannot count; write {%s} into the template itself.",
                      field->name);
    }
    bool other_braces =
        pattern->numbering != IE_NUMBER_NONE && parser->counting_piece != pattern->count;
    if (other_braces && pattern->numbering != field->numbering) {
        return refuse(parser, at,
                      "a name counts one thing only; {burst_index|counter} counts bursts and, for "
                      "other photos, the files of a folder.");
    }
    pattern->numbering = field->numbering;
    parser->counting_piece = pattern->count;
    parser->per_folder |= field->numbering == IE_NUMBER_COUNTER;
    return IE_OK;
}

/* "custom.NAME" with its definition from the configuration. */
static ie_status add_custom(struct parser *parser, const char *at, const char *name,
                            ie_choice *choice)
{
    const char *wanted = name + strlen(IE_CUSTOM_PREFIX);
    size_t length = strlen(wanted);
    if (parser->is_custom) {
        return refuse(parser, at, "a custom field cannot be made of custom fields.");
    }
    for (uint32_t i = 0; parser->custom != NULL && i < parser->custom->count; i++) {
        const char *definition = parser->custom->items[i];
        if (strncmp(definition, wanted, length) == 0 && definition[length] == '=') {
            return parse_template(definition + length + 1, NULL, true, &choice->custom,
                                  parser->err);
        }
    }
    return parser->custom == NULL
               ? IE_OK
               : refuse(parser, at, "rename.fields defines no \"%s\"; add %s=TEMPLATE to it.",
                        ie_shown(wanted), ie_shown(wanted));
}

static ie_status parse_field(struct parser *parser, ie_piece *piece)
{
    const char *begin = parser->p, *begin_of_name = begin;
    const char *end = begin + strcspn(begin, parser->in_condition ? ":|}{\"=!<> " : ":|}{\"");
    const char *name = trimmed(parser, begin, end), *format = NULL;
    if (name[0] == 0) {
        return refuse(parser, begin, "the name of a field is missing, such as {date} or {name}.");
    }
    const ie_field *field = ie_field_find(name);
    if (field == NULL) {
        return refuse_name(parser, begin, name);
    }
    if (*end == ':') {
        begin = end + 1;
        end = begin + strcspn(begin, parser->in_condition ? "|}=!<>" : "|}");
        format = trimmed(parser, begin, end);
        ie_status status = check_format(parser, field, begin, format);
        if (status != IE_OK) {
            return status;
        }
    }
    parser->pattern->has_ext |= strcmp(name, "ext") == 0;
    ie_status status = note_numbering(parser, field, parser->p);
    if (status != IE_OK) {
        return status;
    }
    add_choice(piece, field, format);
    ie_choice *choice = &piece->choices[piece->count - 1];
    if (!field->takes_format) {
        choice->modifier = format;
        choice->text = ie_field_is_dotted(field) ? name : NULL;
    }
    parser->p = end;
    return field == ie_field_custom() ? add_custom(parser, begin_of_name, name, choice) : IE_OK;
}

/* ---- {if} {else} {end} ---- */

static bool is_word(const struct parser *parser, const char *word)
{
    const char *p = parser->p + 1 + strspn(parser->p + 1, " ");
    size_t length = strlen(word);
    return strncmp(p, word, length) == 0 &&
           (p[length] == ' ' || p[length] == '}' || p[length] == 0);
}

/* What a field is compared with; without quotation marks it goes to the brace. */
static ie_status take_operand(struct parser *parser, ie_piece *piece)
{
    const char *begin = parser->p;
    bool quoted = begin[0] == '"' && strchr(begin + 1, '"') != NULL;
    parser->p += quoted;
    const char *end = parser->p + strcspn(parser->p, quoted ? "\"" : "}");
    const char *operand =
        quoted ? ie_arena_strndup(parser->pattern->arena, parser->p, (size_t)(end - parser->p))
               : trimmed(parser, parser->p, end);
    const ie_field *field = piece->choices[0].field;
    double number;
    if (!quoted && operand[0] == 0) {
        return refuse(parser, begin, "a value to compare with is missing; the empty text is \"\".");
    }
    if (!quoted && strpbrk(operand, "=!<>&|") != NULL) {
        return refuse(parser, begin, "an {if} compares once, and another may stand within it; a "
                      "text with one of = ! < > & | stands in quotation marks.");
    }
    if (operand[0] != 0 && ie_field_is_number(field) && !ie_parse_real(operand, &number)) {
        return refuse(parser, begin, "%s is a number, and \"%s\" is none.", field->name,
                      ie_shown(operand));
    }
    piece->operand = operand;
    parser->p = end + quoted;
    return IE_OK;
}

static ie_status parse_operand(struct parser *parser, ie_piece *piece)
{
    static const struct {
        const char *sign;
        ie_compare_kind kind;
    } signs[] = {{"!=", IE_IS_OTHER},    {"<=", IE_IS_AT_MOST}, {">=", IE_IS_AT_LEAST},
                 {"==", IE_IS_EQUAL},    {"=", IE_IS_EQUAL},    {"<", IE_IS_LESS},
                 {">", IE_IS_MORE}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (ie_starts_with(parser->p, signs[i].sign)) {
            parser->p += strlen(signs[i].sign);
            skip_spaces(parser);
            piece->compare = signs[i].kind;
            return take_operand(parser, piece);
        }
    }
    return IE_OK;
}

/* "{if rating>=4}": from '{' to behind '}'. */
static ie_status parse_if(struct parser *parser)
{
    const char *open = parser->p;
    if (parser->depth == MAX_NESTED) {
        return refuse(parser, open, "{if} within {if} goes at most %d deep.", MAX_NESTED);
    }
    parser->open[parser->depth] = parser->pattern->count;
    parser->opened[parser->depth++] = open;
    ie_piece *piece = add_piece(parser->pattern);
    piece->kind = IE_PIECE_IF;
    parser->p = strstr(parser->p, "if") + 2;
    skip_spaces(parser);
    parser->in_condition = true;
    ie_status status = parse_field(parser, piece);
    parser->in_condition = false;
    skip_spaces(parser);
    if (status == IE_OK && strchr(parser->p, '}') != NULL) {
        status = parse_operand(parser, piece);
    }
    if (status != IE_OK) {
        return status;
    }
    skip_spaces(parser);
    if (strchr(parser->p, '}') == NULL) {
        return refuse(parser, open, "this brace is never closed; write {{ for a brace itself.");
    }
    if (*parser->p != '}') {
        return refuse(parser, parser->p,
                      "here } was expected, or one of = != < <= > >= and a value.");
    }
    parser->p++;
    return IE_OK;
}

static ie_status parse_else_or_end(struct parser *parser, ie_piece_kind kind)
{
    const char *close = strchr(parser->p, '}'), *open = parser->p;
    if (close == NULL) {
        return refuse(parser, open, "this brace is never closed; write {{ for a brace itself.");
    }
    bool bare = strspn(open + 1, " elsnd") == (size_t)(close - open - 1);
    if (!bare) {
        return refuse(parser, open, "{else} and {end} take nothing else into their braces.");
    }
    size_t *last = parser->depth > 0 ? &parser->open[parser->depth - 1] : NULL;
    if (last == NULL ||
        (kind == IE_PIECE_ELSE && parser->pattern->pieces[*last].kind == IE_PIECE_ELSE)) {
        return refuse(parser, open, "there is no {if} that this belongs to.");
    }
    add_piece(parser->pattern)->kind = kind;
    parser->pattern->pieces[*last].jump = parser->pattern->count;
    if (kind == IE_PIECE_ELSE) {
        *last = parser->pattern->count - 1;
    } else {
        parser->depth--;
    }
    parser->p = close + 1;
    return IE_OK;
}

/* From '{' to behind '}'. */
static ie_status parse_value(struct parser *parser)
{
    const char *open = parser->p;
    ie_piece *piece = add_piece(parser->pattern);
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

static ie_status parse_braces(struct parser *parser)
{
    return is_word(parser, "if")     ? parse_if(parser)
           : is_word(parser, "else") ? parse_else_or_end(parser, IE_PIECE_ELSE)
           : is_word(parser, "end")  ? parse_else_or_end(parser, IE_PIECE_END)
                                     : parse_value(parser);
}

static ie_status check_whole(struct parser *parser)
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
        return refuse(parser, parser->text + (parser->text[0] == '/' ? 0 : length - 1),
                      "a template neither begins nor ends with /; its names lie below the chosen "
                      "folder.");
    }
    for (const char *part = parser->text; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        size_t wide = strcspn(part, "/");
        if (wide > 0 && strspn(part, ". ") >= wide) {
            return strncmp(part, "..", wide) == 0 && wide == 2
                       ? refuse(parser, part, "no part may be \"..\"; the names lie below the "
                                "chosen folder.")
                       : refuse(parser, part, "dots and blanks alone are no name; name a field, "
                                "such as {name} or {date:%%Y-%%m-%%d}.");
        }
    }
    bool inside = false; /* of braces, where a / is no folder's */
    for (const char *p = parser->text; *p != 0; p++) {
        inside = *p == '{' || (inside && *p != '}');
        if (!inside && p[0] == '/' && p[1] == '/') {
            return refuse(parser, p + 1,
                          "one / follows another; the folder between them needs a name.");
        }
    }
    return IE_OK;
}

static ie_status parse_all(struct parser *parser)
{
    ie_status status = check_whole(parser);
    while (status == IE_OK && *parser->p != 0) {
        bool braces = *parser->p == '{' && parser->p[1] != '{';
        status = braces ? parse_braces(parser) : parse_plain(parser);
    }
    return status == IE_OK && parser->depth > 0
               ? refuse(parser, parser->opened[parser->depth - 1], "this {if} has no {end}.")
               : status;
}

static ie_status parse_template(const char *text, const ie_config_list *custom, bool is_custom,
                                ie_template **ret_template, ie_error *err)
{
    ie_template *pattern = ie_alloc(sizeof *pattern);
    pattern->arena = ie_arena_new();
    struct parser parser = {.text = text, .p = text, .pattern = pattern, .err = err};
    parser.custom = custom;
    parser.is_custom = is_custom;
    ie_status status = parse_all(&parser);
    if (status != IE_OK) {
        ie_template_free(pattern);
        return status;
    }
    *ret_template = pattern;
    return IE_OK;
}

ie_status ie_template_parse(const char *text, const ie_config_list *custom,
                            ie_template **ret_template, ie_error *err)
{
    return parse_template(text, custom, false, ret_template, err);
}

ie_status ie_template_check_custom(const char *definition, ie_error *err)
{
    size_t length = strcspn(definition, "=");
    const char *usual = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    if (length == 0 || strspn(definition, usual) != length || definition[length] != '=') {
        return ie_error_set(err, IE_ERR_USAGE, "\"%s\" is not of the form NAME=TEMPLATE, with a "
                            "name of letters, digits, _ and -.", ie_shown(definition));
    }
    ie_template *pattern = NULL;
    ie_status status = parse_template(definition + length + 1, NULL, true, &pattern, err);
    ie_template_free(pattern);
    return status;
}
