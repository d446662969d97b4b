// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "processors/naming_work.h"
#include "utils/text.h"

#define MAX_BASE_BYTES 255 /* NAME_MAX of Linux, macOS and Windows alike (there in UTF-16 units) */

static bool may_be_named(const ie_work *w, size_t unit)
{
    const ie_members *members = w->naming->members;
    ie_kind kind = ie_format_kind(w->naming->proposal->photos[members->leader[unit]]->format);
    if (ie_work_size(w, unit) == 0 || kind == IE_KIND_NONE || kind == IE_KIND_SIDECAR) {
        return false;
    }
    for (size_t i = 0; i < ie_work_size(w, unit); i++) {
        if (ie_work_action(w, unit, i)->kind != IE_ACTION_KEEP) {
            return false;
        }
    }
    return true;
}

static bool too_long(const ie_work *w, size_t unit, const ie_suffix *suffixes)
{
    size_t stem = strlen(ie_path_base(w->stems[unit]));
    for (size_t i = 0; i < ie_work_size(w, unit); i++) {
        if (stem + sizeof "_1000000" + strlen(suffixes[i].to) > MAX_BASE_BYTES) {
            return true;
        }
    }
    return false;
}

/* The number that stands in `path` where those of the row stand: the row's names with 1, 11, 111
   and 2, 22, 222 differ there and nowhere else. 0: none. */
static uint32_t counted(const ie_work *w, size_t unit, size_t i, const ie_suffix *suffix,
                        const char *path)
{
    uint32_t ones = 111111;
    for (size_t digits = 6; digits > 0; digits--, ones /= 10) {
        IE_AUTO_FREE char *a = ie_work_target(w, unit, i, suffix, ones);
        IE_AUTO_FREE char *b = ie_work_target(w, unit, i, suffix, 2 * ones);
        size_t at = 0;
        while (a[at] != 0 && a[at] == b[at]) {
            at++;
        }
        if (a[at] == 0 || strncmp(a, path, at) != 0) {
            return 0;
        }
        IE_AUTO_FREE char *number = ie_strndup(path + at, digits);
        int64_t value;
        if (ie_parse_int(number, 1, IE_MAX_NUMBER, &value)) {
            IE_AUTO_FREE char *same = ie_work_target(w, unit, i, suffix, (uint32_t)value);
            if (strcmp(same, path) == 0) {
                return (uint32_t)value;
            }
        }
    }
    return 0;
}

uint32_t ie_work_number_of(const ie_work *w, size_t unit, size_t i, const ie_suffix *suffix,
                           const char *path)
{
    if (w->rows[unit] != NULL) {
        return counted(w, unit, i, suffix, path);
    }
    IE_AUTO_FREE char *first = ie_work_target(w, unit, i, suffix, 1);
    if (strcmp(first, path) == 0) {
        return 1;
    }
    const char *stem = w->stems[unit];
    size_t length = strlen(stem);
    if (!w->naming->renames || strncmp(path, stem, length) != 0 || path[length] != '_') {
        return 0;
    }
    const char *digits = path + length + 1;
    IE_AUTO_FREE char *number = ie_strndup(digits, strspn(digits, "0123456789"));
    int64_t value;
    if (digits[0] == '0' || !ie_parse_int(number, 2, IE_MAX_NUMBER, &value)) {
        return 0;
    }
    IE_AUTO_FREE char *same = ie_work_target(w, unit, i, suffix, (uint32_t)value);
    return strcmp(same, path) == 0 ? (uint32_t)value : 0;
}

/* The number whose names the unit bears already, or 0. */
static uint32_t present_number(const ie_work *w, size_t unit, const ie_suffix *suffixes)
{
    uint32_t number =
        ie_work_number_of(w, unit, 0, &suffixes[0], ie_work_photo(w, unit, 0)->real_path);
    for (size_t i = 1; number > 0 && i < ie_work_size(w, unit); i++) {
        IE_AUTO_FREE char *path = ie_work_target(w, unit, i, &suffixes[i], number);
        number = strcmp(path, ie_work_photo(w, unit, i)->real_path) == 0 ? number : 0;
    }
    return number;
}

static void claim_present(const ie_work *w, size_t unit)
{
    for (size_t i = 0; i < ie_work_size(w, unit); i++) {
        ie_names_get(w->names, ie_work_photo(w, unit, i)->real_path)->taken = true;
    }
}

/* A duplicate's name is free once it is in quarantine, for the very photo that stays, say. */
static bool is_dropped(const ie_work *w, size_t unit)
{
    for (size_t i = 0; i < ie_work_size(w, unit); i++) {
        const ie_action *action = ie_work_action(w, unit, i);
        if (action->kind != IE_ACTION_QUARANTINE || action->link != IE_LINK_NONE) {
            return false;
        }
    }
    return true;
}

/* The number whose names the unit bears, made of its present name or of the one that it had before,
   or 0. */
static uint32_t number_at_home(ie_work *w, size_t unit, const ie_suffix *suffixes)
{
    const ie_naming *naming = w->naming;
    uint32_t number = present_number(w, unit, suffixes);
    if (number > 0 || naming->former == NULL || !naming->former(naming, unit, true)) {
        return number;
    }
    char *stem = w->stems[unit], *row = w->rows[unit];
    w->rows[unit] = NULL;
    w->stems[unit] = naming->stem(naming, unit, 1, &w->rows[unit]);
    number = present_number(w, unit, suffixes);
    free(number > 0 ? stem : w->stems[unit]);
    free(number > 0 ? row : w->rows[unit]);
    if (number == 0) {
        w->stems[unit] = stem;
        w->rows[unit] = row;
        naming->former(naming, unit, false);
    }
    return number;
}

static void settle_fate(ie_work *w, size_t unit)
{
    const ie_naming *naming = w->naming;
    bool in_place = naming->proposal->output == NULL;
    w->fates[unit] = is_dropped(w, unit) ? IE_LEAVES : IE_STAYS;
    w->stems[unit] = may_be_named(w, unit) ? naming->stem(naming, unit, 1, &w->rows[unit]) : NULL;
    if (w->stems[unit] != NULL) {
        ie_suffix *suffixes = ie_suffixes_new(naming, unit);
        uint32_t number = in_place ? number_at_home(w, unit, suffixes) : 0;
        if (number > 0) {
            w->fates[unit] = IE_HOME;
            ie_work_claim(w, unit, number);
        } else if (naming->renames && too_long(w, unit, suffixes)) {
            free(w->stems[unit]);
            w->stems[unit] = NULL;
            for (size_t i = 0; i < ie_work_size(w, unit); i++) {
                ie_action_reason(naming->proposal->plan, ie_work_action(w, unit, i),
                                 "not renamed: the new name would be too long");
            }
        } else {
            w->fates[unit] = ie_work_keeps_originals(w, unit) ? IE_STAYS : IE_LEAVES;
        }
        ie_suffixes_free(suffixes, ie_work_size(w, unit));
    }
    if (in_place && w->fates[unit] != IE_LEAVES) {
        claim_present(w, unit);
    }
}

void ie_work_first(ie_work *w)
{
    for (size_t u = 0; u < w->naming->members->units; u++) {
        settle_fate(w, u);
    }
}
