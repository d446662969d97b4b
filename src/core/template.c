// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/template.h"

#include <stdlib.h>
#include <string.h>

#include "core/template_parts.h"
#include "utils/memory.h"

/* 200 of the 255 bytes that file systems allow: the rest is for "_12345" and
   ".supplemental-metadata.json". */
enum { PART_BYTES = 200, EXTENSION_BYTES = 16 };

void ie_template_free(ie_template *pattern)
{
    if (pattern == NULL) {
        return;
    }
    for (size_t i = 0; i < pattern->count; i++) {
        for (size_t k = 0; k < pattern->pieces[i].count; k++) {
            ie_template_free(pattern->pieces[i].choices[k].custom);
        }
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

unsigned ie_template_needs(const ie_template *pattern)
{
    unsigned needs = 0;
    for (size_t i = 0; i < pattern->count; i++) {
        for (size_t k = 0; k < pattern->pieces[i].count; k++) {
            const ie_choice *choice = &pattern->pieces[i].choices[k];
            needs |= choice->custom != NULL  ? ie_template_needs(choice->custom)
                     : choice->field != NULL ? ie_field_needs(choice->field, choice->text)
                                             : 0;
        }
    }
    return needs;
}

bool ie_template_has_ext(const ie_template *pattern)
{
    return pattern->has_ext;
}

/* Is there a field of that kind in it? */
static bool any_field(const ie_template *pattern,
                      bool (*is)(const ie_field *field, const char *format))
{
    for (size_t i = 0; i < pattern->count; i++) {
        for (size_t k = 0; k < pattern->pieces[i].count; k++) {
            const ie_choice *choice = &pattern->pieces[i].choices[k];
            if (choice->custom != NULL ? any_field(choice->custom, is)
                                       : choice->field != NULL && is(choice->field, choice->text)) {
                return true;
            }
        }
    }
    return false;
}

bool ie_template_shows_bytes(const ie_template *pattern)
{
    return any_field(pattern, ie_field_shows_bytes);
}

bool ie_template_shows_name(const ie_template *pattern)
{
    return any_field(pattern, ie_field_shows_name);
}

/* ---- values ---- */

typedef struct expansion {
    const ie_photo *photo;
    int day_begins;
    uint32_t number;
    ie_numbering numbering; /* what was counted */
} expansion;

/* In a date without a time of day, what was taken before the day began is the day before's. */
static void add_field(const ie_choice *choice, const expansion *e, ie_buffer *out)
{
    const ie_photo *photo = e->photo;
    ie_photo shifted;
    ie_metadata earlier;
    bool day = choice->field->takes_format && !ie_date_format_has_clock(choice->text);
    if (day && e->day_begins > 0 && photo->metadata->captured.year != 0) {
        shifted = *photo;
        earlier = *photo->metadata;
        shifted.metadata = &earlier;
        earlier.captured = ie_datetime_from_unix(
            (ie_datetime_order(&photo->metadata->captured) - e->day_begins * 60LL) * 1000000000, 0,
            false);
        photo = &shifted;
    }
    choice->field->value(photo, choice->text, out);
}

static void add_number(ie_numbering numbering, expansion *e, ie_buffer *out)
{
    if (numbering != IE_NUMBER_BURST || e->photo->metadata->burst_id != NULL) {
        ie_buffer_printf(out, "%u", e->number);
        e->numbering = numbering;
    }
}

static bool add_pieces(const ie_template *pattern, expansion *e, bool whole, ie_buffer *out);

/* True when there was a value. */
static bool add_value(const ie_choice *choice, expansion *e, ie_buffer *out)
{
    size_t before = out->size;
    if (choice->custom != NULL) {
        if (!add_pieces(choice->custom, e, true, out)) {
            out->size = before;
        }
    } else if (choice->field == NULL) {
        ie_buffer_text(out, choice->text);
        return true;
    } else if (choice->field->numbering != IE_NUMBER_NONE) {
        add_number(choice->field->numbering, e, out);
    } else {
        add_field(choice, e, out);
    }
    if (choice->modifier != NULL && out->size > before) {
        ie_modifier_apply(choice->modifier, before, out);
    }
    bool own_slashes = choice->custom != NULL || choice->field->takes_format;
    for (size_t i = before; i < out->size && !own_slashes; i++) {
        /* A date's '/' was written in the template; any other comes from a photo and makes no
           folder. */
        out->data[i] = out->data[i] == '/' ? '_' : out->data[i];
    }
    return out->size > before;
}

static bool add_piece_value(const ie_piece *piece, expansion *e, ie_buffer *out)
{
    for (size_t i = 0; i < piece->count; i++) {
        if (add_value(&piece->choices[i], e, out)) {
            return true;
        }
    }
    return false;
}

/* ---- conditions ---- */

static bool compare(ie_compare_kind kind, const char *value, const char *operand)
{
    double a, b;
    bool numbers = ie_parse_real(value, &a) && ie_parse_real(operand, &b);
    int order = numbers                          ? (a > b) - (a < b)
                : ie_equal_nocase(value, operand) ? 0
                                                  : ie_compare_natural(value, operand);
    switch (kind) {
    case IE_IS_EQUAL:
        return order == 0;
    case IE_IS_OTHER:
        return order != 0;
    case IE_IS_LESS:
        return order < 0;
    case IE_IS_MORE:
        return order > 0;
    case IE_IS_AT_MOST:
        return order <= 0;
    case IE_IS_AT_LEAST:
        return order >= 0;
    case IE_IS_THERE:
        break;
    }
    return true;
}

/* What is not known is neither less nor more, and it is other than anything. */
static bool holds(const ie_piece *piece, const expansion *e)
{
    ie_buffer value = {0};
    expansion aside = *e; /* looking at a number does not make a row of names */
    bool there = add_value(&piece->choices[0], &aside, &value);
    bool result =
        there ? compare(piece->compare, value.data, piece->operand != NULL ? piece->operand : "")
              : piece->compare == IE_IS_OTHER;
    ie_buffer_free(&value);
    return result;
}

/* `whole`: nothing instead of "unknown" parts; false when there is a part without a value. */
static bool add_pieces(const ie_template *pattern, expansion *e, bool whole, ie_buffer *out)
{
    for (size_t i = 0; i < pattern->count;) {
        const ie_piece *piece = &pattern->pieces[i];
        bool jumps =
            piece->kind == IE_PIECE_ELSE || (piece->kind == IE_PIECE_IF && !holds(piece, e));
        if (piece->kind == IE_PIECE_VALUE && !add_piece_value(piece, e, out)) {
            if (whole) {
                return false;
            }
            ie_buffer_text(out, "unknown");
        }
        i = jumps ? piece->jump : i + 1;
    }
    return true;
}

/* ---- names ---- */

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

char *ie_template_expand(const ie_template *pattern, const ie_photo *photo, uint32_t number,
                         ie_numbering *ret_numbering)
{
    ie_buffer text = {0}, path = {0};
    expansion e = {.photo = photo, .day_begins = pattern->day_begins, .number = number};
    add_pieces(pattern, &e, false, &text);
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
    *ret_numbering = e.numbering;
    return ie_buffer_take(&path);
}

const char *ie_rename_field(size_t index, const char **ret_help, const char **ret_example)
{
    size_t fields = 0;
    while (ie_field_at(fields) != NULL) {
        fields++;
    }
    const ie_field *field = index < fields ? ie_field_at(index) : ie_form_at(index - fields);
    if (field == NULL) {
        return NULL;
    }
    *ret_help = field->help;
    *ret_example = field->example;
    return field->name;
}
