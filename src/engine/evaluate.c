// SPDX-License-Identifier: GPL-3.0-or-later
/* How good the duplicates of a plan are, against photos that people grouped (docs/similar.md has
   the format). */
#include <stdlib.h>
#include <string.h>

#include "core/plan.h"
#include "storage/bytes.h"
#include "utils/error.h"
#include "utils/json.h"
#include "utils/text.h"

#define MAX_LABEL_BYTES ((uint64_t)1 << 30)
#define UNLABELLED UINT32_MAX

typedef struct evaluation {
    const ie_plan *plan;
    size_t files; /* actions of files that were found: a sidecar to be made has its photo's path */
    size_t *by_name;  /* these by base name, then path */
    size_t *by_from;  /* these by path */
    uint32_t *label;  /* by action: its group in the labels */
    uint32_t labels;
    size_t *group;    /* by action: the action that stays for it */
    ie_line_fn on_line;
    void *user;
    ie_evaluation result;
} evaluation;

static int by_name(const void *a, const void *b, void *user)
{
    const ie_plan *plan = user;
    const char *x = plan->actions[*(const size_t *)a].from,
               *y = plan->actions[*(const size_t *)b].from;
    int order = strcmp(ie_path_base(x), ie_path_base(y));
    return order != 0 ? order : strcmp(x, y);
}

static int by_from(const void *a, const void *b, void *user)
{
    const ie_plan *plan = user;
    return strcmp(plan->actions[*(const size_t *)a].from, plan->actions[*(const size_t *)b].from);
}

/* How many of the last parts of both paths are equal. */
static size_t common_parts(const char *a, const char *b)
{
    const char *p = a + strlen(a), *q = b + strlen(b);
    size_t parts = 0;
    while (p > a && q > b && p[-1] == q[-1]) {
        p--;
        q--;
        parts += *p == '/';
    }
    return parts + ((p == a && (q == b || q[-1] == '/')) || (q == b && p > a && p[-1] == '/'));
}

/* The file that the label's path means: of those with its name the one whose folders agree best.
   Labels are relative to a folder that need not be the one that was scanned. */
static size_t file_of(const evaluation *e, const char *path)
{
    const char *name = ie_path_base(path);
    size_t low = 0, high = e->files, best = SIZE_MAX, most = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(ie_path_base(e->plan->actions[e->by_name[middle]].from), name) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < e->files; low++) {
        const char *from = e->plan->actions[e->by_name[low]].from;
        if (strcmp(ie_path_base(from), name) != 0) {
            break;
        }
        size_t parts = common_parts(from, path);
        if (parts > most) {
            most = parts;
            best = e->by_name[low];
        }
    }
    return best;
}

static void label_file(evaluation *e, const char *path, uint32_t label)
{
    size_t at = path != NULL ? file_of(e, path) : SIZE_MAX;
    if (at != SIZE_MAX && e->label[at] == UNLABELLED) {
        e->label[at] = label;
        e->result.labelled++;
    }
}

/* A list of groups, each with "files": paths, or objects with a "path". With `apart` each file is a
   group of its own. */
static void label_groups(evaluation *e, const json_t *groups, bool apart)
{
    size_t i, k;
    const json_t *group, *file;
    json_array_foreach((json_t *)groups, i, group) {
        json_array_foreach(json_object_get(group, "files"), k, file) {
            label_file(
                e, json_is_string(file) ? json_string_value(file) : ie_json_get_text(file, "path"),
                e->labels);
            e->labels += apart;
        }
        e->labels++;
    }
}

/* Each group lists its files; a slip there would otherwise count as nothing labelled. */
static ie_status check_groups(const char *path, const json_t *labels, const char *key,
                              ie_error *err)
{
    size_t i;
    const json_t *group;
    json_array_foreach(json_object_get(labels, key), i, group) {
        if (!json_is_array(json_object_get(group, "files"))) {
            return ie_error_set(err, IE_ERR_FORMAT,
                                "%s: entry %zu of \"%s\" has no list \"files\".", ie_shown(path),
                                i + 1, key);
        }
    }
    return IE_OK;
}

static ie_status load_labels(const char *path, json_t **ret_labels, ie_error *err)
{
    ie_bytes *bytes = NULL;
    json_t *labels = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    const uint8_t *text = ie_bytes_load(bytes, MAX_LABEL_BYTES);
    status = text != NULL
                 ? ie_json_parse((const char *)text, (size_t)ie_bytes_size(bytes), ie_shown(path),
                                 &labels, err)
                 : ie_error_errno(err, ie_bytes_errno(bytes), "%s cannot be read", ie_shown(path));
    ie_bytes_close(bytes);
    if (status == IE_OK && !json_is_array(json_object_get(labels, "groups"))) {
        status = ie_error_set(err, IE_ERR_FORMAT, "%s has no list \"groups\" of labelled photos.",
                              ie_shown(path));
    }
    static const char *const keys[] = {"groups", "real_groups", "not_duplicates"};
    for (size_t i = 0; status == IE_OK && i < sizeof keys / sizeof *keys; i++) {
        status = check_groups(path, labels, keys[i], err);
    }
    if (status == IE_OK) {
        *ret_labels = labels;
    } else {
        json_decref(labels);
    }
    return status;
}

ie_status ie_labels_check(const char *path, ie_error *err)
{
    IE_AUTO_JSON json_t *labels = NULL;
    return load_labels(path, &labels, err);
}

static ie_status read_labels(evaluation *e, const char *path, ie_error *err)
{
    IE_AUTO_JSON json_t *labels = NULL;
    ie_status status = load_labels(path, &labels, err);
    if (status == IE_OK) {
        label_groups(e, json_object_get(labels, "groups"), false);
        label_groups(e, json_object_get(labels, "real_groups"), false);
        label_groups(e, json_object_get(labels, "not_duplicates"), true);
    }
    return status;
}

static size_t action_at(const evaluation *e, const char *path)
{
    size_t low = 0, high = e->files;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(e->plan->actions[e->by_from[middle]].from, path);
        if (order == 0) {
            return e->by_from[middle];
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return SIZE_MAX;
}

static void group_actions(evaluation *e)
{
    for (size_t i = 0; i < e->plan->count; i++) {
        const ie_action *action = &e->plan->actions[i];
        size_t survivor = action->survivor != NULL && ie_match_is_duplicate(action->verdict)
                              ? action_at(e, action->survivor)
                              : SIZE_MAX;
        e->group[i] = survivor != SIZE_MAX ? survivor : i;
    }
}

static int by_group(const void *a, const void *b, void *user)
{
    const evaluation *e = user;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    if (e->group[x] != e->group[y]) {
        return e->group[x] < e->group[y] ? -1 : 1;
    }
    return x < y ? -1 : x > y;
}

static int by_label(const void *a, const void *b, void *user)
{
    const evaluation *e = user;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    if (e->label[x] != e->label[y]) {
        return e->label[x] < e->label[y] ? -1 : 1;
    }
    return x < y ? -1 : x > y;
}

static void tell(const evaluation *e, const char *what, size_t a, size_t b)
{
    if (e->on_line != NULL) {
        IE_AUTO_FREE char *line =
            ie_asprintf("%s: %s, %s", what, ie_shown(e->plan->actions[a].from),
                        ie_shown(e->plan->actions[b].from));
        e->on_line(e->user, line);
    }
}

/* Pairs of list[from..to): how many are found and labelled alike, and what is wrong with the
   others. */
static void count_pairs(evaluation *e, const size_t *list, size_t from, size_t to, bool found)
{
    for (size_t i = from; i < to; i++) {
        for (size_t k = i + 1; k < to; k++) {
            size_t a = list[i], b = list[k];
            bool alike = e->label[a] == e->label[b], together = e->group[a] == e->group[b];
            if (found && !alike) {
                e->result.wrong++;
                tell(e, "wrong", a, b);
            } else if (!found && !together) {
                tell(e, "missed", a, b);
            }
            e->result.right += found && alike;
            e->result.expected += !found;
        }
    }
}

static void count_runs(evaluation *e, bool found)
{
    size_t count = 0;
    size_t *list = ie_alloc((e->plan->count + 1) * sizeof *list);
    for (size_t i = 0; i < e->plan->count; i++) {
        if (e->label[i] != UNLABELLED) {
            list[count++] = i;
        }
    }
    qsort_r(list, count, sizeof *list, found ? by_group : by_label, e);
    for (size_t i = 0, end; i < count; i = end) {
        end = i + 1;
        while (end < count && (found ? e->group[list[i]] == e->group[list[end]]
                                     : e->label[list[i]] == e->label[list[end]])) {
            end++;
        }
        count_pairs(e, list, i, end, found);
    }
    free(list);
}

ie_status ie_plan_evaluate(const ie_plan *plan, const char *labels, ie_line_fn on_line, void *user,
                           ie_evaluation *ret_evaluation, ie_error *err)
{
    size_t count = plan->count;
    evaluation e = {
        .plan = plan,
        .by_name = ie_alloc((count + 1) * sizeof *e.by_name),
        .by_from = ie_alloc((count + 1) * sizeof *e.by_from),
        .label = ie_alloc((count + 1) * sizeof *e.label),
        .group = ie_alloc((count + 1) * sizeof *e.group),
        .on_line = on_line,
        .user = user,
    };
    for (size_t i = 0; i < count; i++) {
        e.label[i] = UNLABELLED;
        if (!ie_action_makes_sidecar(&plan->actions[i])) {
            e.by_name[e.files] = e.by_from[e.files] = i;
            e.files++;
        }
    }
    qsort_r(e.by_name, e.files, sizeof *e.by_name, by_name, (void *)plan);
    qsort_r(e.by_from, e.files, sizeof *e.by_from, by_from, (void *)plan);
    ie_status status = read_labels(&e, labels, err);
    if (status == IE_OK && e.result.labelled == 0) {
        status =
            ie_error_set(err, IE_ERR_NOT_FOUND,
                         "None of the files that %s labels is among these photos, so there is "
                         "nothing to judge. A label means the file whose last path parts agree.",
                         ie_shown(labels));
    }
    if (status == IE_OK) {
        group_actions(&e);
        count_runs(&e, false);
        count_runs(&e, true);
        uint64_t found = e.result.right + e.result.wrong;
        e.result.recall =
            e.result.expected > 0 ? (double)e.result.right / (double)e.result.expected : 1;
        e.result.precision = found > 0 ? (double)e.result.right / (double)found : 1;
        *ret_evaluation = e.result;
    }
    free(e.by_name);
    free(e.by_from);
    free(e.label);
    free(e.group);
    return status;
}
