// SPDX-License-Identifier: GPL-3.0-or-later
#include "processors/suffixes.h"

#include <stdlib.h>
#include <string.h>

#include "core/unit.h"
#include "processors/names.h"
#include "utils/text.h"

static void lower(char *text)
{
    for (; *text != 0; text++) {
        *text = *text >= 'A' && *text <= 'Z' ? (char)(*text + 32) : *text;
    }
}

static bool starts_nocase(const char *text, const char *prefix, size_t length)
{
    IE_AUTO_FREE char *head = ie_strndup(text, length);
    return strlen(head) == length && ie_equal_nocase(head, prefix);
}

/* A TIFF by content under a RAW's name may be a RAW of a camera not known here. */
static bool is_misnamed(const ie_photo *photo, const char *extension)
{
    return ie_format_kind(photo->format) == IE_KIND_PHOTO &&
           !ie_format_extension_fits(photo->format, extension) &&
           !(photo->format == IE_FORMAT_TIFF &&
             ie_format_kind(ie_format_claimed(photo->real_path)) == IE_KIND_RAW);
}

static void set_media(const ie_naming *naming, const ie_photo *photo, const ie_action *action,
                      ie_suffix *suffix)
{
    const char *extension = ie_path_extension(photo->real_path);
    size_t tail = extension[0] != 0 ? strlen(extension) + 1 : 0, length = strlen(suffix->from);
    if (tail > length) {
        suffix->to = ie_asprintf("%s%s", suffix->mark, suffix->from);
        return;
    }
    const char *wanted = extension;
    IE_AUTO_FREE char *lowered = ie_strdup(extension);
    if (action->format != action->from_format) {
        wanted = ie_format_extension(action->format);
    } else if (naming->renames && is_misnamed(photo, extension)) {
        wanted = ie_format_extension(photo->format);
        suffix->corrected = true;
    } else if (naming->renames && naming->proposal->config->rename.lowercase_extension) {
        lower(lowered);
        wanted = lowered;
    }
    suffix->to = ie_asprintf("%s%.*s%s%s", suffix->mark, (int)(length - tail), suffix->from,
                             wanted[0] != 0 ? "." : "", wanted);
}

/* "IMG_1.HEIC.xmp" follows IMG_1.HEIC to "….jpg.xmp". */
static bool follow_member(ie_suffix *suffix, const ie_suffix *owner)
{
    size_t length = strlen(owner->from);
    if (owner->to == NULL || length == 0 || strcmp(owner->mark, suffix->mark) != 0 ||
        !starts_nocase(suffix->from, owner->from, length) || suffix->from[length] != '.') {
        return false;
    }
    suffix->to = ie_asprintf("%s%s", owner->to, suffix->from + length);
    return true;
}

static void set_sidecar(const ie_naming *naming, const ie_suffix *const *media, size_t media_count,
                        const ie_suffix *leader, const char *path, ie_suffix *suffix)
{
    bool done = false;
    for (size_t i = 0; !done && i < media_count; i++) {
        done = follow_member(suffix, media[i]);
    }
    if (!done && naming->renames && leader->to != NULL &&
        ie_ends_with_nocase(suffix->from, ".json")) {
        /* Takeout's a.jpg(1).json of a(1).jpg, or a name cut short: without the photo's extension
           it would be nobody's. */
        suffix->to = ie_asprintf("%s.json", leader->to);
        done = true;
    }
    char form = naming->renames ? ie_unit_aae_form(path) : 0;
    if (!done && form != 0) {
        suffix->to = ie_asprintf(".%c.aae", form);
        done = true;
    }
    if (!done) {
        suffix->to = ie_asprintf("%s%s", suffix->mark, suffix->from);
    }
    if (naming->renames && naming->proposal->config->rename.lowercase_extension) {
        char *extension = strrchr(suffix->to, '.');
        lower(extension != NULL ? extension : suffix->to + strlen(suffix->to));
    }
}

/* Names in a unit that differ in case only would be one name on some disks. */
static void part_equals(ie_suffix *all, size_t count)
{
    ie_names *names = ie_names_new();
    for (size_t i = 0; i < count; i++) {
        ie_name *name = ie_names_get(names, all[i].to);
        IE_AUTO_FREE char *wanted = ie_strdup(all[i].to);
        const char *dot = strrchr(wanted, '.');
        dot = dot != NULL ? dot : wanted + strlen(wanted);
        uint32_t number = name->next;
        while (ie_names_get(names, all[i].to)->taken) {
            free(all[i].to);
            all[i].to = ie_asprintf("%.*s.%u%s", (int)(dot - wanted), wanted, number++ + 2, dot);
        }
        ie_names_get(names, all[i].to)->taken = true;
        ie_names_get(names, wanted)->next = number;
    }
    ie_names_free(names);
}

ie_suffix *ie_suffixes_new(const ie_naming *naming, size_t unit)
{
    const ie_members *members = naming->members;
    const ie_proposal *proposal = naming->proposal;
    size_t start = members->start[unit], count = members->start[unit + 1] - start, leader = 0;
    const char *leader_path = proposal->photos[members->leader[unit]]->real_path;
    ie_suffix *all = ie_alloc(count * sizeof *all);
    const ie_suffix **media = ie_alloc(count * sizeof *media);
    size_t media_count = 0;
    const char *mark = "";
    for (size_t i = 0; i < count; i++) {
        size_t index = members->member[start + i];
        const ie_photo *photo = proposal->photos[index];
        leader = index == members->leader[unit] ? i : leader;
        all[i].from = ie_unit_suffix(leader_path, photo->real_path);
        all[i].mark = "";
        if (naming->renames &&
            ie_unit_edited(leader_path, photo->real_path, &mark) == all[i].from) {
            all[i].mark = mark;
        }
        if (photo->format != IE_FORMAT_SIDECAR) {
            set_media(naming, photo, &proposal->plan->actions[index], &all[i]);
            media[media_count++] = &all[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (all[i].to == NULL) {
            set_sidecar(naming, media, media_count, &all[leader],
                        proposal->photos[members->member[start + i]]->real_path, &all[i]);
        }
    }
    free(media);
    if (naming->renames && count > 1) {
        part_equals(all, count);
    }
    return all;
}

void ie_suffixes_free(ie_suffix *suffixes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(suffixes[i].to);
    }
    free(suffixes);
}

void ie_capital_name(ie_format format, char ret_name[16])
{
    snprintf(ret_name, 16, "%s", ie_format_name(format));
    for (char *p = ret_name; *p != 0; p++) {
        *p = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
    }
}
