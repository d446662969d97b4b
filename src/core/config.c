// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/format.h"
#include "core/options.h"
#include "utils/error.h"
#include "utils/memory.h"

static void *value_at(const ie_config *config, const ie_option_row *row)
{
    return (char *)config + row->offset;
}

static bool is_text(const ie_option_row *row)
{
    return row->option.type == IE_TYPE_TEXT ||
           (row->option.type == IE_TYPE_CHOICE && !row->numbered);
}

/* ---- lists ---- */

static bool is_list_mark(char c)
{
    return c == ',' || c == '\\' || c == ' ';
}

void ie_config_list_append(ie_buffer *text, const char *item)
{
    size_t length = strlen(item);
    if (length == 0) {
        return;
    }
    if (text->size > 0) {
        ie_buffer_char(text, ',');
    }
    for (size_t i = 0; i < length; i++) {
        bool inner_space = item[i] == ' ' && i > 0 && i + 1 < length;
        if (is_list_mark(item[i]) && !inner_space) {
            ie_buffer_char(text, '\\');
        }
        ie_buffer_char(text, item[i]);
    }
}

void ie_config_list_free(ie_config_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    free(list->items);
    *list = (ie_config_list){0};
}

/* Reads one item and stands behind its comma then. */
static char *list_item(const char **text)
{
    const char *p = *text + strspn(*text, " ");
    size_t plain = strcspn(p, ",\\");
    if (p[plain] != '\\') { /* most are: nothing is escaped */
        *text = p + plain + (p[plain] == ',');
        while (plain > 0 && p[plain - 1] == ' ') {
            plain--;
        }
        return ie_strndup(p, plain);
    }
    ie_buffer item = {0};
    size_t solid = 0; /* length up to the last character that is no plain space */
    for (; *p != 0 && *p != ','; p++) {
        bool escaped = *p == '\\' && is_list_mark(p[1]);
        p += escaped;
        ie_buffer_char(&item, *p);
        solid = escaped || *p != ' ' ? item.size : solid;
    }
    *text = *p == ',' ? p + 1 : p;
    char *result = ie_buffer_take(&item);
    result[solid] = 0;
    return result;
}

ie_config_list ie_config_list_parse(const char *text)
{
    ie_config_list list = {0};
    size_t room = 0;
    while (*text != 0) {
        char *item = list_item(&text);
        if (item[0] == 0) {
            free(item);
            continue;
        }
        IE_GROW(list.items, list.count, room);
        list.items[list.count++] = item;
    }
    return list;
}

/* ---- checking and storing ---- */

static bool parse_bool(const char *text, bool *ret_value)
{
    int index = ie_choice_index("true|yes|on|false|no|off", text);
    if (index < 0) {
        return false;
    }
    *ret_value = index < 3;
    return true;
}

/* Stores and returns true, or leaves everything alone. */
static bool store(ie_config *config, const ie_option_row *row, const char *text)
{
    const ie_option *option = &row->option;
    void *place = value_at(config, row);
    double real;
    int choice;
    switch (option->type) {
    case IE_TYPE_BOOL:
        return parse_bool(text, place);
    case IE_TYPE_INT:
        return ie_parse_int(text, (int64_t)option->min, (int64_t)option->max, place);
    case IE_TYPE_REAL:
        if (!ie_parse_real(text, &real) || real < option->min || real > option->max) {
            return false;
        }
        *(double *)place = real;
        return true;
    case IE_TYPE_CHOICE:
        choice = ie_choice_index(option->choices, text);
        if (choice < 0) { /* perhaps a format by its other name: jpg, tif */
            choice = ie_choice_index(option->choices, ie_format_name(ie_format_by_word(text)));
        }
        if (choice < 0) {
            return false;
        }
        if (row->numbered) {
            *(int *)place = choice;
        } else {
            free(*(char **)place);
            *(char **)place = ie_choice_at(option->choices, choice);
        }
        return true;
    case IE_TYPE_TEXT: {
        char *copy = ie_strdup(text); /* first: `text` may be the value itself */
        free(*(char **)place);
        *(char **)place = copy;
        return true;
    }
    case IE_TYPE_LIST: {
        ie_config_list list = ie_config_list_parse(text);
        ie_config_list_free(place);
        *(ie_config_list *)place = list;
        return true;
    }
    }
    return false;
}

/* "must be a whole number from 1 to 8"; free() it. */
static char *allowed(const ie_option *option)
{
    switch (option->type) {
    case IE_TYPE_BOOL:
        return ie_strdup("must be true or false");
    case IE_TYPE_INT:
        return ie_asprintf("must be a whole number from %.0f to %.0f", option->min, option->max);
    case IE_TYPE_REAL:
        return ie_asprintf("must be a number from %.0f to %.0f", option->min, option->max);
    case IE_TYPE_CHOICE: {
        ie_buffer text = {0};
        ie_buffer_text(&text, "must be one of ");
        for (const char *p = option->choices; *p != 0; p++) {
            if (*p == '|') {
                ie_buffer_text(&text, ", ");
            } else {
                ie_buffer_char(&text, *p);
            }
        }
        return ie_buffer_take(&text);
    }
    default:
        return ie_strdup("must be text");
    }
}

/* How an error calls the setting: a flag of its own says all. */
static char *name_of(const ie_option_row *row, const char *from)
{
    char place[300];
    return strncmp(from, "--", 2) == 0 && strcmp(from, "--set") != 0
               ? ie_strdup(from)
               : ie_asprintf("%s: %s", ie_show_path(from, place, sizeof place), row->option.key);
}

ie_status ie_config_set(ie_config *config, const char *key, const char *value, const char *origin,
                        ie_error *err)
{
    const char *from = origin != NULL ? origin : "configuration";
    ptrdiff_t index = ie_option_index(key);
    if (index < 0) {
        char shown[120], place[300];
        return ie_error_set(err, IE_ERR_USAGE,
                            "%s: there is no setting \"%s\"; the nearest is \"%s\".",
                            ie_show_path(from, place, sizeof place),
                            ie_show_path(key, shown, sizeof shown), ie_option_nearest(key));
    }
    const ie_option_row *row = ie_option_row_at((size_t)index);
    IE_AUTO_FREE char *named = name_of(row, from);
    ie_error inner;
    if (row->check != NULL && row->check(value, &inner) != IE_OK) {
        return ie_error_set(err, inner.status, "%s: %s", named, inner.text);
    }
    if (!store(config, row, value)) {
        IE_AUTO_FREE char *rule = allowed(&row->option);
        char shown[120];
        return ie_error_set(err, IE_ERR_USAGE, "%s %s, not \"%s\".", named, rule,
                            ie_show_path(value, shown, sizeof shown));
    }
    char *copy = ie_strdup(from);
    free(config->origins[index]);
    config->origins[index] = copy;
    return IE_OK;
}

/* ---- life ---- */

ie_config *ie_config_new(void)
{
    ie_config *config = ie_alloc(sizeof *config);
    config->origins = ie_alloc(ie_option_count() * sizeof *config->origins);
    for (size_t i = 0; i < ie_option_count(); i++) {
        const ie_option_row *row = ie_option_row_at(i);
        if (!store(config, row, row->option.fallback)) {
            abort(); /* a default out of its own range: a bug in the table, seen by the first test
                      */
        }
    }
    return config;
}

void ie_config_free(ie_config *config)
{
    if (config == NULL) {
        return;
    }
    for (size_t i = 0; i < ie_option_count(); i++) {
        const ie_option_row *row = ie_option_row_at(i);
        if (is_text(row)) {
            free(*(char **)value_at(config, row));
        } else if (row->option.type == IE_TYPE_LIST) {
            ie_config_list_free(value_at(config, row));
        }
        free(config->origins[i]);
    }
    free(config->origins);
    free(config);
}

/* Its own copy of what `place` points to; a list's items, too. */
static void own(const ie_option_row *row, void *place)
{
    if (is_text(row)) {
        *(char **)place = ie_strdup(*(char **)place);
    } else if (row->option.type == IE_TYPE_LIST) {
        ie_config_list *list = place;
        char **items = ie_alloc(list->count * sizeof *items);
        for (uint32_t i = 0; i < list->count; i++) {
            items[i] = ie_strdup(list->items[i]);
        }
        list->items = items;
    }
}

ie_config *ie_config_copy(const ie_config *config)
{
    ie_config *copy = ie_alloc(sizeof *copy);
    *copy = *config;
    copy->origins = ie_alloc(ie_option_count() * sizeof *copy->origins);
    for (size_t i = 0; i < ie_option_count(); i++) {
        const ie_option_row *row = ie_option_row_at(i);
        own(row, value_at(copy, row));
        copy->origins[i] = config->origins[i] != NULL ? ie_strdup(config->origins[i]) : NULL;
    }
    return copy;
}

/* ---- reading ---- */

static const char *const keep_names[IE_KEEP_RULES] = {
    [IE_KEEP_QUALITY] = "quality",       [IE_KEEP_NEWEST] = "newest",
    [IE_KEEP_OLDEST] = "oldest",         [IE_KEEP_LARGEST] = "largest",
    [IE_KEEP_SMALLEST] = "smallest",     [IE_KEEP_PROTECT] = "protect",
    [IE_KEEP_RAW] = "raw",               [IE_KEEP_ORIGINAL_METADATA] = "original-metadata",
    [IE_KEEP_RESOLUTION] = "resolution", [IE_KEEP_RATING] = "rating",
    [IE_KEEP_OLDER] = "older",           [IE_KEEP_PATH] = "path",
    [IE_KEEP_JPEG_QUALITY] = "jpeg-quality", [IE_KEEP_METADATA] = "metadata",
    [IE_KEEP_UNEDITED] = "unedited",     [IE_KEEP_EDITED] = "edited",
};

const char *ie_keep_rule_name(ie_keep_rule rule)
{
    return keep_names[rule];
}

int ie_keep_rule_by_name(const char *name)
{
    for (int i = 0; i < IE_KEEP_RULES; i++) {
        if (ie_equal_nocase(keep_names[i], name)) {
            return i;
        }
    }
    return -1;
}

/* A short decimal form that reads back as the same number, with '.' in any locale. */
static char *real_text(double value)
{
    for (int digits = 15;; digits++) {
        char *text = ie_asprintf("%.*g", digits, value);
        for (char *p = text; *p != 0; p++) {
            *p = strchr("0123456789+-e", *p) == NULL ? '.' : *p;
        }
        double back;
        if (digits >= 17 || (ie_parse_real(text, &back) && back == value)) {
            return text;
        }
        free(text);
    }
}

char *ie_config_text(const ie_config *config, const char *key)
{
    ptrdiff_t index = ie_option_index(key);
    if (index < 0) {
        return NULL;
    }
    const ie_option_row *row = ie_option_row_at((size_t)index);
    const void *place = value_at(config, row);
    switch (row->option.type) {
    case IE_TYPE_BOOL:
        return ie_strdup(*(const bool *)place ? "true" : "false");
    case IE_TYPE_INT:
        return ie_asprintf("%lld", (long long)*(const int64_t *)place);
    case IE_TYPE_REAL:
        return real_text(*(const double *)place);
    case IE_TYPE_LIST: {
        const ie_config_list *list = place;
        ie_buffer text = {0};
        for (uint32_t i = 0; i < list->count; i++) {
            ie_config_list_append(&text, list->items[i]);
        }
        return ie_buffer_take(&text);
    }
    default:
        return row->numbered ? ie_choice_at(row->option.choices, *(const int *)place)
                             : ie_strdup(*(char *const *)place);
    }
}

const char *ie_config_origin(const ie_config *config, const char *key)
{
    ptrdiff_t index = ie_option_index(key);
    if (index < 0) {
        return NULL;
    }
    return config->origins[index] != NULL ? config->origins[index] : "default";
}
