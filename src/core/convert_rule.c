// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert_rule.h"

#include <string.h>

#include "core/option_checks.h"
#include "utils/error.h"

static const char *const kind_names[IE_PICTURE_KINDS] = {"", "photo", "drawing", "transparent",
                                                         "opaque"};

/* The formats that can be written by a conversion; "auto" and "keep" stand beside them. */
static const ie_format targets[] = {IE_FORMAT_JPEG, IE_FORMAT_PNG, IE_FORMAT_WEBP, IE_FORMAT_TIFF,
                                    IE_FORMAT_AVIF, IE_FORMAT_JXL};

enum { ICON_PIXELS = 64 * 64 };

static uint64_t bit_of(ie_format format)
{
    return UINT64_C(1) << format;
}

/* All formats of pictures that a word means, a bit each; 0: none. */
static uint64_t formats_named(const char *name)
{
    bool raw = ie_equal_nocase(name, "raw"), any = ie_equal_nocase(name, "any");
    ie_format named = ie_format_by_word(name);
    uint64_t formats = 0;
    for (int i = IE_FORMAT_UNKNOWN + 1; i < IE_FORMAT_COUNT; i++) {
        ie_format format = (ie_format)i;
        ie_kind kind = ie_format_kind(format);
        bool picture = kind == IE_KIND_PHOTO || kind == IE_KIND_RAW;
        bool meant = any || (raw && kind == IE_KIND_RAW) || format == named;
        formats |= picture && meant ? bit_of(format) : 0;
    }
    return formats;
}

static ie_status unknown_format(const char *name, ie_error *err)
{
    char shown[80];
    ie_show_path(name, shown, sizeof shown);
    ie_buffer known = {0};
    for (int i = IE_FORMAT_UNKNOWN + 1; i < IE_FORMAT_COUNT; i++) {
        if (formats_named(ie_format_name((ie_format)i)) != 0) {
            ie_buffer_text(&known, ie_format_name((ie_format)i));
            ie_buffer_text(&known, ", ");
        }
    }
    ie_status status = ie_error_set(
        err, IE_ERR_USAGE, "There is no format \"%s\"; there are %sand raw for all RAW files.",
        shown, known.data);
    ie_buffer_free(&known);
    return status;
}

ie_status ie_convert_formats_check(const char *text, ie_error *err)
{
    ie_config_list names = ie_config_list_parse(text);
    ie_status status = IE_OK;
    for (uint32_t i = 0; status == IE_OK && i < names.count; i++) {
        status = formats_named(names.items[i]) != 0 ? IE_OK : unknown_format(names.items[i], err);
    }
    ie_config_list_free(&names);
    return status;
}

/* ---- one rule ----------------------------------------------------------------------------- */

static ie_status read_source(const char *text, size_t length, ie_convert_rule *rule, ie_error *err)
{
    IE_AUTO_FREE char *name = ie_strndup(text, length);
    char shown[80];
    char *slash = strchr(name, '/');
    if (slash != NULL) {
        *slash = 0;
        for (int i = 1; i < IE_PICTURE_KINDS; i++) {
            rule->kind =
                ie_equal_nocase(kind_names[i], slash + 1) ? (ie_picture_kind)i : rule->kind;
        }
        if (rule->kind == IE_PICTURE_ANY) {
            return ie_error_set(err, IE_ERR_USAGE,
                                "There is no kind of picture \"%s\"; there are photo, drawing, "
                                "transparent and opaque.",
                                ie_show_path(slash + 1, shown, sizeof shown));
        }
    }
    rule->formats = formats_named(name);
    if (rule->formats == 0) {
        return unknown_format(name, err);
    }
    bool of_png = rule->kind == IE_PICTURE_PHOTO || rule->kind == IE_PICTURE_DRAWING;
    return !of_png || rule->formats == bit_of(IE_FORMAT_PNG)
               ? IE_OK
               : ie_error_set(err, IE_ERR_USAGE,
                              "Whether it is a photo or a drawing is told of png only, not of %s.",
                              name);
}

static ie_status read_target(const char *text, size_t length, ie_convert_rule *rule, ie_error *err)
{
    IE_AUTO_FREE char *name = ie_strndup(text, length);
    char shown[80];
    if (ie_equal_nocase(name, "keep")) {
        rule->keep = true;
        return IE_OK;
    }
    bool known = ie_equal_nocase(name, "auto");
    ie_format to = IE_FORMAT_UNKNOWN;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        if (ie_format_by_word(name) == targets[i]) {
            to = targets[i];
            known = true;
        }
    }
    if (!known) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "Nothing is converted to \"%s\"; there are jpeg, png, webp, tiff, "
                            "avif, jxl, auto and keep.",
                            ie_show_path(name, shown, sizeof shown));
    }
    if (rule->to_count == IE_RULE_TARGETS) {
        return ie_error_set(err, IE_ERR_USAGE, "A rule names at most %d formats to convert to.",
                            IE_RULE_TARGETS);
    }
    rule->to[rule->to_count++] = to;
    return IE_OK;
}

ie_status ie_convert_rule_parse(const char *text, ie_convert_rule *ret_rule, ie_error *err)
{
    ie_convert_rule rule = {0};
    const char *equals = strchr(text, '=');
    char shown[80];
    if (equals == NULL || equals == text) {
        return ie_error_set(
            err, IE_ERR_USAGE,
            "\"%s\" is no rule; rules are like heic=jpeg, tiff=png|jpeg, png/photo=jpeg, raw=keep.",
            ie_show_path(text, shown, sizeof shown));
    }
    ie_status status = read_source(text, (size_t)(equals - text), &rule, err);
    for (const char *p = equals + 1; status == IE_OK && p != NULL;) {
        const char *bar = strchr(p, '|');
        status = read_target(p, bar != NULL ? (size_t)(bar - p) : strlen(p), &rule, err);
        p = bar != NULL ? bar + 1 : NULL;
    }
    if (status == IE_OK && rule.keep && rule.to_count > 0) {
        status = ie_error_set(err, IE_ERR_USAGE, "The rule \"%s\" both keeps and converts.",
                              ie_show_path(text, shown, sizeof shown));
    }
    if (status == IE_OK) {
        *ret_rule = rule;
    }
    return status;
}

ie_status ie_convert_rules_check(const char *text, ie_error *err)
{
    ie_config_list rules = ie_config_list_parse(text);
    ie_status status = IE_OK;
    for (uint32_t i = 0; status == IE_OK && i < rules.count; i++) {
        ie_convert_rule rule;
        status = ie_convert_rule_parse(rules.items[i], &rule, err);
    }
    ie_config_list_free(&rules);
    return status;
}

/* ---- all of them -------------------------------------------------------------------------- */

double ie_picture_bytes_a_pixel(const ie_photo *photo)
{
    double pixels = (double)photo->width * photo->height;
    return pixels > 0 ? (double)photo->stamp.size / pixels : 0;
}

bool ie_picture_is_photo(const ie_photo *photo)
{
    double packed = photo->bits > 8 ? 2 : 1;
    bool icon = (uint64_t)photo->width * photo->height < ICON_PIXELS; /* mostly header */
    return photo->metadata->make != NULL || photo->metadata->model != NULL ||
           (!icon && ie_picture_bytes_a_pixel(photo) >= packed);
}

static bool fits(const ie_convert_rule *rule, const ie_photo *photo)
{
    if ((rule->formats >> photo->format & 1) == 0) {
        return false;
    }
    switch (rule->kind) {
    case IE_PICTURE_PHOTO:
        return ie_picture_is_photo(photo);
    case IE_PICTURE_DRAWING:
        return !ie_picture_is_photo(photo);
    case IE_PICTURE_TRANSPARENT:
        return photo->has_alpha;
    case IE_PICTURE_OPAQUE:
        return !photo->has_alpha;
    default:
        return true;
    }
}

const char *ie_convert_rule_find(const ie_config_list *rules, const ie_photo *photo,
                                 ie_convert_rule *ret_rule)
{
    for (uint32_t i = 0; i < rules->count; i++) {
        ie_convert_rule rule;
        if (ie_convert_rule_parse(rules->items[i], &rule, NULL) == IE_OK && fits(&rule, photo)) {
            *ret_rule = rule;
            return rules->items[i];
        }
    }
    return NULL;
}

uint64_t ie_convert_formats(const ie_config *config)
{
    const ie_config_list *rules = &config->convert.rules;
    uint64_t formats = 0;
    for (uint32_t i = 0; i < rules->count; i++) {
        ie_convert_rule rule;
        formats |= ie_convert_rule_parse(rules->items[i], &rule, NULL) == IE_OK ? rule.formats : 0;
    }
    for (uint32_t i = 0; rules->count == 0 && i < config->convert.from.count; i++) {
        formats |= formats_named(config->convert.from.items[i]);
    }
    return formats;
}

uint64_t ie_convert_targets(const ie_config *config)
{
    const ie_config_list *rules = &config->convert.rules;
    const uint64_t chosen = bit_of(IE_FORMAT_JPEG) | bit_of(IE_FORMAT_PNG);
    ie_format to = ie_format_by_name(config->convert.to);
    uint64_t formats = rules->count > 0 ? 0 : to != IE_FORMAT_UNKNOWN ? bit_of(to) : chosen;
    for (uint32_t i = 0; i < rules->count; i++) {
        ie_convert_rule rule;
        bool read = ie_convert_rule_parse(rules->items[i], &rule, NULL) == IE_OK;
        for (uint32_t k = 0; read && k < rule.to_count; k++) {
            formats |= rule.to[k] != IE_FORMAT_UNKNOWN ? bit_of(rule.to[k]) : chosen;
        }
    }
    return formats;
}
