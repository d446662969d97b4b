// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Reads a plan's text back. A plan file may come from anywhere, so reading believes nothing: what
 * parses could have been made by ie_plan_text() from a plan that processors made. Whether it still
 * fits the world is apply's question.
 */
#include <stdlib.h>
#include <string.h>

#include "core/plan.h"
#include "core/plan_check.h"
#include "core/plan_parse.h"
#include "core/recoding.h"
#include "core/strip.h"
#include "utils/error.h"
#include "utils/text.h"

#define PLAN_SCHEMA "imgengine.plan/1"
#define ACTION_SCHEMA "imgengine.action/1"
#define MAX_PATH_BYTES 32768
#define MAX_ROOTS 65536

/* Each reader gives NULL when all is well, else what is wrong as the end of a sentence. */

static bool parse_unsigned(const char *digits, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (digits == NULL || digits[0] == 0) {
        return false;
    }
    for (; *digits != 0; digits++) {
        if (*digits < '0' || *digits > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*digits - '0'), &value)) {
            return false;
        }
    }
    *ret_value = value;
    return true;
}

static bool is_clean_path(const char *path)
{
    if (path[0] != '/' || strlen(path) > MAX_PATH_BYTES) {
        return false;
    }
    if (path[1] == 0) {
        return true;
    }
    for (const char *part = path + 1;; part++) {
        size_t length = strcspn(part, "/");
        if (length == 0 || (length == 1 && part[0] == '.') ||
            (length == 2 && part[0] == '.' && part[1] == '.')) {
            return false;
        }
        part += length;
        if (*part == 0) {
            return true;
        }
    }
}

/* A path that is a file's: clean, not "/", and not among our own journals and quarantines. */
static bool is_file_path(const char *path)
{
    if (!is_clean_path(path) || path[1] == 0) {
        return false;
    }
    for (const char *p = path; (p = strstr(p, "/.imgengine")) != NULL; p++) {
        if (p[11] == 0 || p[11] == '/') {
            return false;
        }
    }
    return true;
}

static bool read_path(ie_plan *plan, const json_t *object, const char *key, const char **ret_path)
{
    IE_AUTO_FREE char *path = ie_json_get_path(object, key);
    if (path == NULL) {
        IE_AUTO_FREE char *key_b64 = ie_asprintf("%s_b64", key);
        return json_object_get(object, key) == NULL && json_object_get(object, key_b64) == NULL;
    }
    *ret_path = ie_arena_strdup(plan->arena, path);
    return true;
}

bool ie_plan_read_text(ie_plan *plan, const json_t *object, const char *key, const char **ret_text)
{
    const char *text = ie_json_get_text(object, key);
    *ret_text = ie_arena_strdup(plan->arena, text);
    return text != NULL || json_object_get(object, key) == NULL;
}

static bool read_stamp(const json_t *object, ie_stamp *ret_stamp)
{
    ie_stamp stamp;
    const char *mtime = ie_json_get_text(object, "mtime_ns");
    const char *ctime_text = ie_json_get_text(object, "ctime_ns");
    if (!parse_unsigned(ie_json_get_text(object, "size"), &stamp.size) || stamp.size > INT64_MAX ||
        mtime == NULL || !ie_parse_int(mtime, INT64_MIN, INT64_MAX, &stamp.mtime_ns) ||
        ctime_text == NULL || !ie_parse_int(ctime_text, INT64_MIN, INT64_MAX, &stamp.ctime_ns) ||
        !parse_unsigned(ie_json_get_text(object, "inode"), &stamp.inode) ||
        !parse_unsigned(ie_json_get_text(object, "device"), &stamp.device)) {
        return false;
    }
    *ret_stamp = stamp;
    return true;
}

static bool read_format(const json_t *object, const char *key, ie_format *ret_format)
{
    const char *name = ie_json_get_text(object, key);
    if (name == NULL) {
        return false;
    }
    *ret_format = ie_format_by_name(name);
    return *ret_format != IE_FORMAT_UNKNOWN || strcmp(name, ie_format_name(IE_FORMAT_UNKNOWN)) == 0;
}

bool ie_plan_read_number(const json_t *object, const char *key, int64_t min, int64_t max,
                         int64_t absent, int64_t *ret_value)
{
    const json_t *value = json_object_get(object, key);
    if (value == NULL) {
        *ret_value = absent;
        return absent >= min && absent <= max;
    }
    *ret_value = json_integer_value(value);
    return json_is_integer(value) && *ret_value >= min && *ret_value <= max;
}

static const char *check_target(const ie_plan *plan, const ie_action *action)
{
    const char *root = plan->roots[action->root];
    bool makes = action->kind == IE_ACTION_COPY || action->kind == IE_ACTION_MOVE ||
                 action->kind == IE_ACTION_REPLACE;
    if (!makes) {
        return action->to != NULL ? "has a target, which its kind does not take" : NULL;
    }
    if (action->to == NULL) {
        return "has no target";
    }
    if (!is_file_path(action->to) || !ie_path_below(action->to, root) ||
        strcmp(action->to, root) == 0) {
        return "has a target that is no plain path below its root folder";
    }
    if (plan->copies && action->kind != IE_ACTION_COPY) {
        return "would change a source file in a plan that only copies";
    }
    bool stays = strcmp(action->to, action->from) == 0;
    if (stays && action->kind != IE_ACTION_REPLACE) {
        return "has its own source as target";
    }
    return NULL;
}

static const char *check_derivation(const ie_action *action)
{
    bool makes = action->kind == IE_ACTION_COPY || action->kind == IE_ACTION_REPLACE;
    if (ie_action_makes_sidecar(action)) {
        bool sound = action->kind == IE_ACTION_COPY && ie_tag_edit_any(action->tags) &&
                     action->tags->beside && ie_ends_with_nocase(action->to, ".xmp") &&
                     ie_format_kind(action->from_format) != IE_KIND_NONE;
        return sound ? NULL : "makes a sidecar in a way that no plan does";
    }
    if (ie_action_derives(action) && action->kind == IE_ACTION_MOVE) {
        return "is a move that would change bytes";
    }
    if (action->kind == IE_ACTION_REPLACE && !ie_action_derives(action)) {
        return "replaces a file by the same bytes";
    }
    ie_kind from = ie_format_kind(action->from_format);
    if (makes && action->format != action->from_format &&
        (action->quality < 1 || ie_format_kind(action->format) != IE_KIND_PHOTO ||
         (from != IE_KIND_PHOTO && from != IE_KIND_RAW))) {
        return "converts between formats that cannot be converted, or without a quality";
    }
    return NULL;
}

/* What is made of a RAW is never worth as much. */
static const char *check_raw(const ie_action *action)
{
    bool gone = action->kind == IE_ACTION_REPLACE && action->format != action->from_format;
    return gone && ie_format_kind(action->from_format) == IE_KIND_RAW
               ? "would replace a RAW by what is made of it"
               : NULL;
}

static const char *check_remake(const ie_action *action)
{
    if (action->remake == IE_REMAKE_NONE) {
        return NULL;
    }
    bool turns = action->remake == IE_REMAKE_TURN || action->remake == IE_REMAKE_TRIM;
    bool sound = action->format == action->from_format &&
                 (turns ? action->orientation > 1 : action->quality > 0);
    return sound && action->format == IE_FORMAT_JPEG
               ? NULL
               : "turns or encodes a picture in a way that no plan does";
}

/* Beside what was found there are only sidecars, and pictures of originals that are copied. */
static const char *check_extra(const ie_action *action)
{
    bool sidecar = action->format == IE_FORMAT_SIDECAR || action->from_format == IE_FORMAT_SIDECAR;
    bool picture = ie_action_makes_picture(action) && action->kind == IE_ACTION_COPY;
    return !action->extra || sidecar || picture ? NULL : "stands beside a file as no plan has it";
}

static const char *check_action(const ie_plan *plan, const ie_action *action)
{
    if (action->from == NULL || !is_file_path(action->from)) {
        return "has a source that is no plain absolute path";
    }
    bool leaves = action->kind == IE_ACTION_MOVE || action->kind == IE_ACTION_REPLACE ||
                  action->kind == IE_ACTION_QUARANTINE;
    if (leaves && !ie_path_below(action->from, plan->roots[action->root])) {
        return "has a source outside its root folder";
    }
    if (action->kind == IE_ACTION_QUARANTINE && plan->copies) {
        return "would change a source file in a plan that only copies";
    }
    if (action->kind == IE_ACTION_QUARANTINE && action->survivor == NULL) {
        return "drops a file without naming the one that stays";
    }
    if (action->survivor != NULL &&
        (!is_file_path(action->survivor) || strcmp(action->survivor, action->from) == 0)) {
        return "has a survivor that is no other file's plain absolute path";
    }
    const char *wrong = check_target(plan, action);
    wrong = wrong != NULL ? wrong : check_remake(action);
    wrong = wrong != NULL ? wrong : check_raw(action);
    wrong = wrong != NULL ? wrong : check_extra(action);
    return wrong != NULL ? wrong : check_derivation(action);
}

static int index_of_name(const char *name, const char *(*name_of)(int), int count)
{
    for (int i = 0; name != NULL && i < count; i++) {
        if (strcmp(name, name_of(i)) == 0) {
            return i;
        }
    }
    return -1;
}

static const char *kind_name_at(int i)
{
    return ie_action_kind_name((ie_action_kind)i);
}

static const char *outcome_name_at(int i)
{
    return ie_outcome_name((ie_outcome)i);
}

static const char *verdict_name_at(int i)
{
    return ie_match_name((ie_match)i);
}

static const char *remake_name_at(int i)
{
    return ie_remake_name((ie_remake)i);
}

static const char *read_remake(const json_t *object, ie_action *action)
{
    if (json_object_get(object, "remake") == NULL) {
        return NULL;
    }
    int remake = index_of_name(ie_json_get_text(object, "remake"), remake_name_at, IE_REMAKES);
    if (remake < 0) {
        return "has an unknown way to make its picture anew";
    }
    action->remake = (ie_remake)remake;
    return NULL;
}

static const char *read_recoding(const json_t *object, ie_action *action)
{
    if (json_object_get(object, "recoding") == NULL) {
        return NULL;
    }
    const char *text = ie_json_get_text(object, "recoding");
    return text != NULL && ie_recoding_parse(text, &action->recoding)
               ? NULL
               : "has an unknown way to code its picture anew";
}

/* Without a verdict the bytes must be the same: the strictest. */
static const char *read_verdict(const json_t *object, ie_action *action)
{
    const char *name = ie_json_get_text(object, "verdict"),
               *hex = ie_json_get_text(object, "survivor_xxh3");
    int verdict = IE_MATCH_NONE;
    if (json_object_get(object, "verdict") != NULL) {
        verdict = index_of_name(name, verdict_name_at, IE_MATCHES);
        if (!ie_match_is_duplicate((ie_match)verdict)) {
            return "has a verdict that makes no duplicate";
        }
    } else if (action->survivor != NULL) {
        verdict = IE_MATCH_SAME_BYTES;
    }
    if (verdict != IE_MATCH_NONE && action->survivor == NULL) {
        return "has a verdict without a survivor";
    }
    bool needs_hash = verdict > IE_MATCH_SAME_BYTES,
         has_hash = json_object_get(object, "survivor_xxh3") != NULL;
    if (needs_hash != has_hash ||
        (has_hash && (hex == NULL || !ie_hash128_parse(hex, &action->survivor_xxh3)))) {
        return "has no hash of its survivor, or one that its verdict does not take";
    }
    action->verdict = (ie_match)verdict;
    return NULL;
}

static const char *read_link(const json_t *object, ie_action *action)
{
    if (json_object_get(object, "link") == NULL) {
        return NULL;
    }
    action->link = ie_link_by_name(ie_json_get_text(object, "link"));
    bool sound = action->link != IE_LINK_NONE && action->link != IE_LINKS &&
                 action->kind == IE_ACTION_QUARANTINE && action->verdict == IE_MATCH_SAME_BYTES;
    return sound ? NULL : "has a link that no duplicate of the same bytes takes";
}

static const char *read_fields(ie_plan *plan, const json_t *object, ie_action *action)
{
    int kind = index_of_name(ie_json_get_text(object, "kind"), kind_name_at, IE_ACTION_KINDS);
    int outcome =
        index_of_name(ie_json_get_text(object, "outcome"), outcome_name_at, IE_OUTCOME_FAILED + 1);
    if (kind < 0 || outcome < 0) {
        return "has an unknown kind or outcome";
    }
    int64_t root, unit, quality, orientation, gives;
    if (!ie_plan_read_number(object, "root", 0, (int64_t)plan->root_count - 1, -1, &root)) {
        return "has no root folder of this plan";
    }
    if (!ie_plan_read_number(object, "gives", 0, INT64_MAX, 0, &gives)) {
        return "gives to no line";
    }
    if (!ie_plan_read_number(object, "unit", 0, UINT32_MAX, -1, &unit) ||
        !ie_plan_read_number(object, "quality", 0, 100, 0, &quality) ||
        !ie_plan_read_number(object, "orientation", 1, 8, -1, &orientation)) {
        return "has a unit, quality or orientation out of range";
    }
    action->kind = (ie_action_kind)kind;
    action->outcome = (ie_outcome)outcome;
    action->root = (uint32_t)root;
    action->unit = (uint32_t)unit;
    action->gives = (size_t)gives;
    action->quality = (int)quality;
    action->orientation = (uint8_t)orientation;
    action->extra = json_is_true(json_object_get(object, "extra"));
    if (!read_format(object, "from_format", &action->from_format) ||
        !read_format(object, "format", &action->format)) {
        return "has an unknown format";
    }
    if (!read_path(plan, object, "from", &action->from) ||
        !read_path(plan, object, "to", &action->to) ||
        !read_path(plan, object, "shown", &action->shown) ||
        !read_path(plan, object, "survivor", &action->survivor)) {
        return "has a malformed path";
    }
    if (!read_stamp(json_object_get(object, "stamp"), &action->stamp) ||
        (action->survivor != NULL &&
         !read_stamp(json_object_get(object, "survivor_stamp"), &action->survivor_stamp))) {
        return "has no complete stamp";
    }
    if (!ie_plan_read_text(plan, object, "reason", &action->reason) ||
        !ie_plan_read_text(plan, object, "problem", &action->problem)) {
        return "has a reason or problem that is no text";
    }
    action->unconverted = json_is_true(json_object_get(object, "unconverted"));
    action->untagged = json_is_true(json_object_get(object, "untagged"));
    action->unlinked = json_is_true(json_object_get(object, "unlinked"));
    const char *wrong = read_verdict(object, action);
    wrong = wrong != NULL ? wrong : read_link(object, action);
    wrong = wrong != NULL ? wrong : read_remake(object, action);
    wrong = wrong != NULL ? wrong : read_recoding(object, action);
    wrong = wrong != NULL ? wrong : ie_plan_read_strip(object, action);
    return wrong != NULL ? wrong : ie_plan_read_tags(plan, json_object_get(object, "tags"), action);
}

static ie_status read_action(ie_plan *plan, const char *line, size_t size, size_t number,
                             ie_error *err)
{
    char what[64];
    snprintf(what, sizeof what, "Line %zu of the plan", number);
    IE_AUTO_JSON json_t *object = NULL;
    ie_status status = ie_json_parse(line, size, what, &object, err);
    if (status != IE_OK) {
        return status;
    }
    const char *schema = ie_json_get_text(object, "schema");
    ie_action action = {0};
    const char *wrong = schema == NULL || strcmp(schema, ACTION_SCHEMA) != 0
                            ? "is no action of schema " ACTION_SCHEMA
                            : read_fields(plan, object, &action);
    if (wrong == NULL) {
        if (action.shown == NULL) {
            action.shown = action.from;
        }
        wrong = check_action(plan, &action);
    }
    if (wrong != NULL) {
        return ie_error_set(err, IE_ERR_FORMAT, "Line %zu of the plan %s; make the plan anew.",
                            number, wrong);
    }
    IE_GROW(plan->actions, plan->count, plan->room);
    plan->actions[plan->count++] = action;
    return IE_OK;
}

static bool read_roots(ie_plan *plan, const json_t *roots)
{
    const json_t *root;
    size_t i;
    if (!json_is_array(roots) || json_array_size(roots) > MAX_ROOTS) {
        return false;
    }
    json_array_foreach((json_t *)roots, i, root) {
        IE_AUTO_FREE char *path = ie_json_get_path(root, "path");
        if (path == NULL || !is_clean_path(path) || strcmp(path, "/") == 0 ||
            ie_plan_root(plan, path) != i) {
            return false;
        }
    }
    return true;
}

static ie_status read_head(const char *line, size_t size, ie_plan **ret_plan, uint64_t *ret_count,
                           ie_error *err)
{
    IE_AUTO_JSON json_t *object = NULL;
    bool read = ie_json_parse(line, size, "Line 1 of the plan", &object, NULL) == IE_OK;
    const char *schema = read ? ie_json_get_text(object, "schema") : NULL;
    const char *command = ie_json_get_text(object, "command");
    const json_t *copies = json_object_get(object, "copies");
    int64_t count = ie_json_get_int(object, "actions", -1);
    if (schema == NULL || strcmp(schema, PLAN_SCHEMA) != 0 || command == NULL ||
        !json_is_boolean(copies) || count < 0) {
        return ie_error_set(err, IE_ERR_FORMAT, "This file does not begin like a plan of schema "
                                                PLAN_SCHEMA "; was it saved with --plan?");
    }
    ie_plan *plan = ie_plan_new(command);
    plan->copies = json_is_true(copies);
    if (!read_roots(plan, json_object_get(object, "roots"))) {
        ie_plan_free(plan);
        return ie_error_set(err, IE_ERR_FORMAT, "Line 1 of the plan has a root folder that is no "
                                                "plain absolute path, or is /.");
    }
    *ret_plan = plan;
    *ret_count = (uint64_t)count;
    return IE_OK;
}

static ie_status read_actions(ie_plan *plan, const char *bytes, const char *end, uint64_t count,
                              ie_error *err)
{
    while (bytes < end) {
        const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
        stop = stop != NULL ? stop : end;
        ie_status status = read_action(plan, bytes, (size_t)(stop - bytes), plan->count + 2, err);
        if (status != IE_OK) {
            return status;
        }
        bytes = stop < end ? stop + 1 : end;
    }
    if (plan->count != count) {
        return ie_error_set(
            err, IE_ERR_FORMAT,
            "The plan has %zu actions but announces %llu; it is cut off or was edited.",
            plan->count, (unsigned long long)count);
    }
    return ie_plan_check(plan, err);
}

ie_status ie_plan_parse(const char *bytes, size_t size, ie_plan **ret_plan, ie_error *err)
{
    const char *end = bytes + size;
    const char *stop = size > 0 ? memchr(bytes, '\n', size) : NULL;
    stop = stop != NULL ? stop : end;
    ie_plan *plan = NULL;
    uint64_t count = 0;
    ie_status status = read_head(bytes, (size_t)(stop - bytes), &plan, &count, err);
    if (status != IE_OK) {
        return status;
    }
    status = read_actions(plan, stop < end ? stop + 1 : end, end, count, err);
    if (status != IE_OK) {
        ie_plan_free(plan);
        return status;
    }
    *ret_plan = plan;
    return IE_OK;
}
