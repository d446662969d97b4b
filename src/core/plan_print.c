// SPDX-License-Identifier: GPL-3.0-or-later
/* The plan for a person: a heading for each root folder, a line an action, a unit's members
   together. */
#include <stdlib.h>
#include <string.h>

#include "core/plan.h"
#include "utils/text.h"

#define MAX_COLUMNS 110
#define VERB_COLUMNS 12 /* "quarantine" and two spaces */

/* Paths escape the backslash, so that what is shown is unambiguous; reasons already hold such
   paths. */
static void add_safe(ie_buffer *out, const char *text, bool is_path)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p != 0) {
        const unsigned char *first = p;
        while (*p >= 0x20 && *p < 0x7f && *p != '\\') { /* what most texts are all of */
            p++;
        }
        ie_buffer_add(out, first, (size_t)(p - first));
        size_t length = ie_utf8_char(p);
        bool control = *p < 0x20 || *p == 0x7f || (length == 2 && p[0] == 0xc2 && p[1] < 0xa0);
        if (*p == 0) {
            break;
        }
        if (length > 0 && !control && !(is_path && *p == '\\')) {
            ie_buffer_add(out, p, length);
            p += length;
        } else {
            ie_buffer_printf(out, "\\x%02x", *p++);
        }
    }
}

static size_t columns(const char *utf8)
{
    size_t count = 0;
    for (; *utf8 != 0; utf8++) {
        count += ((unsigned char)*utf8 & 0xc0) != 0x80;
    }
    return count;
}

static const char *below(const char *path, const char *root)
{
    if (!ie_path_below(path, root) || strcmp(path, root) == 0) {
        return path;
    }
    path += strlen(root);
    return *path == '/' ? path + 1 : path;
}

typedef struct row {
    const ie_action *action;
    size_t first;  /* the smallest index in its unit of those shown: units are in scan order */
    unsigned rank; /* the leader has the least */
} row;

static unsigned rank_of(ie_format format)
{
    switch (ie_format_kind(format)) {
    case IE_KIND_RAW:
        return 0;
    case IE_KIND_PHOTO:
        return format == IE_FORMAT_HEIC ? 1 : 2;
    case IE_KIND_VIDEO:
        return 3;
    default:
        return 4;
    }
}

static int compare_units(const void *a, const void *b)
{
    const row *x = a, *y = b;
    if (x->action->unit != y->action->unit) {
        return x->action->unit < y->action->unit ? -1 : 1;
    }
    return x->action < y->action ? -1 : x->action > y->action;
}

static int compare_rows(const void *a, const void *b)
{
    const row *x = a, *y = b;
    if (x->first != y->first) {
        return x->first < y->first ? -1 : 1;
    }
    if (x->rank != y->rank) {
        return x->rank < y->rank ? -1 : 1;
    }
    return x->action < y->action ? -1 : x->action > y->action;
}

static bool is_trivial(const ie_action *action)
{
    return action->reason != NULL && (ie_starts_with(action->reason, IE_REASON_THERE) ||
                                      strcmp(action->reason, IE_REASON_NO_PHOTO) == 0);
}

static bool is_shown(const ie_action *action, bool keeps)
{
    if (keeps || ie_action_is_work(action) || action->problem != NULL || action->unconverted ||
        action->untagged || action->survivor != NULL) {
        return true;
    }
    return action->kind == IE_ACTION_SKIP && !is_trivial(action);
}

/* Those that are shown, most often a few of many. */
static row *rows_in_order(const ie_plan *plan, bool keeps, size_t *ret_count)
{
    row *rows = NULL;
    size_t count = 0, room = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const ie_action *action = &plan->actions[i];
        if (is_shown(action, keeps)) {
            IE_GROW(rows, count, room);
            rows[count++] = (row){action, i, rank_of(action->from_format)};
        }
    }
    if (count > 1) {
        qsort(rows, count, sizeof *rows, compare_units);
        for (size_t i = 1; i < count; i++) {
            if (rows[i].action->unit == rows[i - 1].action->unit) {
                rows[i].first = rows[i - 1].first;
            }
        }
        qsort(rows, count, sizeof *rows, compare_rows);
    }
    *ret_count = count;
    return rows;
}

static void add_names(ie_buffer *out, const ie_plan *plan, const ie_action *action)
{
    const char *root = action->root < plan->root_count ? plan->roots[action->root] : "";
    if (ie_action_makes_sidecar(action) && action->to != NULL) {
        ie_buffer_text(out, "sidecar ");
        add_safe(out, below(action->to, root), true);
        return;
    }
    add_safe(out, plan->copies ? action->shown : below(action->from, root), true);
    if (action->to != NULL && strcmp(action->to, action->from) != 0) {
        ie_buffer_text(out, " → ");
        add_safe(out, below(action->to, root), true);
    }
}

/* Appends the text in the same line, or in one of its own when that would get too long. */
static void add_remark(ie_buffer *line, const char *text)
{
    ie_buffer safe = {0};
    ie_buffer_text(&safe, "");
    add_safe(&safe, text, false);
    if (columns(line->data) + 2 + columns(safe.data) <= MAX_COLUMNS) {
        ie_buffer_printf(line, "  %s", safe.data);
    } else {
        ie_buffer_printf(line, "\n%*s%s", VERB_COLUMNS + 4, "", safe.data);
    }
    ie_buffer_free(&safe);
}

static const char *verb_of(const ie_action *action)
{
    static const char *const links[IE_LINKS] = {
        [IE_LINK_HARD] = "hard link", [IE_LINK_REF] = "reflink", [IE_LINK_SYMBOLIC] = "symlink",
    };
    if (action->kind == IE_ACTION_KEEP && action->survivor != NULL) {
        return "duplicate";
    }
    if (ie_action_makes_sidecar(action)) {
        return "write"; /* what is copied is no photo */
    }
    return action->link != IE_LINK_NONE ? links[action->link] : ie_action_kind_name(action->kind);
}

static void print_row(const ie_plan *plan, const ie_action *action, bool member, FILE *out)
{
    ie_buffer line = {0};
    ie_buffer_printf(&line, "%-*s", VERB_COLUMNS, verb_of(action));
    ie_buffer_text(&line, member ? "  " : "");
    add_names(&line, plan, action);
    if (action->reason != NULL) {
        add_remark(&line, action->reason);
    }
    fprintf(out, "%s\n", line.data);
    ie_buffer_clear(&line);
    if (action->outcome == IE_OUTCOME_FAILED || action->outcome == IE_OUTCOME_SKIPPED) {
        ie_buffer_printf(&line, "%*s%s: ", VERB_COLUMNS + 4, "",
                         action->outcome == IE_OUTCOME_FAILED ? "failed" : "left alone");
        add_safe(&line, action->problem != NULL ? action->problem : "no reason was given", false);
        fprintf(out, "%s\n", line.data);
    }
    ie_buffer_free(&line);
}

static void print_heading(const ie_plan *plan, uint32_t root, FILE *out)
{
    ie_buffer line = {0};
    ie_buffer_text(&line, plan->copies ? "copies into " : "in ");
    add_safe(&line, root < plan->root_count ? plan->roots[root] : "(no folder)", true);
    fprintf(out, "%s:\n", line.data);
    ie_buffer_free(&line);
}

void ie_plan_print(const ie_plan *plan, bool keeps, FILE *out)
{
    size_t count;
    IE_AUTO_FREE row *rows = rows_in_order(plan, keeps, &count);
    const ie_action *last = NULL;
    for (size_t i = 0; i < count; i++) {
        const ie_action *action = rows[i].action;
        if (last == NULL || last->root != action->root) {
            print_heading(plan, action->root, out);
        }
        print_row(plan, action, last != NULL && last->unit == action->unit, out);
        last = action;
    }
}
