// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a template is made of: template_parse.c makes it, template.c expands it. A list of pieces;
 * an {if} knows where to go on when it does not hold, so that nothing here is recursive but a
 * custom field, which is a template that has no custom fields.
 */
#ifndef IE_CORE_TEMPLATE_PARTS_H
#define IE_CORE_TEMPLATE_PARTS_H

#include "core/template.h"
#include "core/template_fields.h"

/* One of a field's fall-backs; without a field and a template a text, which always has a value. */
typedef struct ie_choice {
    const ie_field *field;
    const char *text;     /* the text; the format of a date; the path of a dotted field */
    const char *modifier; /* NULL: none */
    ie_template *custom;  /* owned by the template */
} ie_choice;

typedef enum ie_piece_kind {
    IE_PIECE_VALUE,
    IE_PIECE_IF,
    IE_PIECE_ELSE,
    IE_PIECE_END
} ie_piece_kind;

typedef enum ie_compare_kind {
    IE_IS_THERE, IE_IS_EQUAL, IE_IS_OTHER, IE_IS_LESS, IE_IS_MORE, IE_IS_AT_MOST, IE_IS_AT_LEAST
} ie_compare_kind;

/* What stands between braces; plain text is one choice of text. */
typedef struct ie_piece {
    ie_piece_kind kind;
    ie_choice *choices; /* of an IF the one that it looks at */
    size_t count, room;
    ie_compare_kind compare;
    const char *operand;
    size_t jump; /* IF: where to go on when it does not hold; ELSE: behind its END */
} ie_piece;

struct ie_template {
    ie_arena *arena; /* owns the texts; the arrays are the heap's, because they grow */
    ie_piece *pieces;
    size_t count, room;
    bool has_ext;
    int day_begins;         /* minutes after midnight */
    ie_numbering numbering; /* of the last piece that counts */
};

#endif
