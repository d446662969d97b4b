// SPDX-License-Identifier: GPL-3.0-or-later
#include "processors/keep.h"

#include <math.h>
#include <string.h>

#include "core/copy_name.h"
#include "core/sketch.h"
#include "utils/error.h"
#include "utils/text.h"

static const ie_keep_rule standard[] = {
    IE_KEEP_PROTECT,    IE_KEEP_RAW,     IE_KEEP_ORIGINAL_METADATA,
    IE_KEEP_RESOLUTION, IE_KEEP_QUALITY, IE_KEEP_RATING,
    IE_KEEP_OLDER,      IE_KEEP_PATH,
};
enum { STANDARD = sizeof standard / sizeof *standard };

static ie_criterion criterion_of(ie_keep_rule rule)
{
    switch (rule) {
    case IE_KEEP_PROTECT:
        return IE_BY_PROTECTION;
    case IE_KEEP_RAW:
        return IE_BY_RAW;
    case IE_KEEP_ORIGINAL_METADATA:
        return IE_BY_METADATA;
    case IE_KEEP_RESOLUTION:
    case IE_KEEP_LARGEST:
        return IE_BY_RESOLUTION;
    case IE_KEEP_SMALLEST:
        return IE_BY_SMALLNESS;
    case IE_KEEP_QUALITY:
        return IE_BY_QUALITY;
    case IE_KEEP_JPEG_QUALITY:
        return IE_BY_SAVING;
    case IE_KEEP_METADATA:
        return IE_BY_FULLNESS;
    case IE_KEEP_UNEDITED:
        return IE_BY_UNEDITED;
    case IE_KEEP_EDITED:
        return IE_BY_EDITED;
    case IE_KEEP_RATING:
        return IE_BY_RATING;
    case IE_KEEP_OLDER:
    case IE_KEEP_OLDEST:
        return IE_BY_AGE;
    case IE_KEEP_NEWEST:
        return IE_BY_YOUTH;
    case IE_KEEP_PATH:
    case IE_KEEP_RULES:
        break;
    }
    return IE_BY_PATH;
}

/* A criterion that came before says nothing new. */
static void append(ie_keep *keep, ie_criterion by)
{
    for (size_t i = 0; i < keep->count; i++) {
        if (keep->by[i] == by) {
            return;
        }
    }
    if (keep->count < IE_MAX_CRITERIA) {
        keep->by[keep->count++] = by;
    }
    if (by == IE_BY_QUALITY) {
        append(keep, IE_BY_SAVING); /* what looks equally good may have lost more */
    }
}

/* The one rule that is given alone, or IE_KEEP_RULES for a list. */
static ie_keep_rule lone_rule(const ie_config *config)
{
    int rule =
        config->dedupe.keep.count == 1 ? ie_keep_rule_by_name(config->dedupe.keep.items[0]) : -1;
    return rule >= 0 ? (ie_keep_rule)rule : IE_KEEP_RULES;
}

static ie_keep begin(const ie_config *config, bool equals)
{
    ie_keep keep = {.config = config};
    append(&keep, IE_BY_PROTECTION);
    if (!equals) {
        append(&keep, IE_BY_COLOR);
    }
    append(&keep, IE_BY_PREFERENCE);
    return keep;
}

static void append_list(ie_keep *keep)
{
    const ie_config_list *list = &keep->config->dedupe.keep;
    for (uint32_t i = 0; i < list->count; i++) {
        int rule = ie_keep_rule_by_name(list->items[i]);
        if (rule >= 0) {
            append(keep, criterion_of((ie_keep_rule)rule));
        }
    }
}

static void finish(ie_keep *keep)
{
    append(keep, IE_BY_FILES);
    append(keep,
           IE_BY_FILE_AGE); /* before the size: a watermark makes a copy larger, never older */
    append(keep, IE_BY_NAME);
    append(keep, IE_BY_BYTES); /* equal for equals; else the larger file was compressed the less */
    append(keep, IE_BY_PATH);
}

ie_keep ie_keep_of_equals(const ie_config *config)
{
    ie_keep keep = begin(config, true);
    append_list(&keep);
    if (lone_rule(config) == IE_KEEP_QUALITY) {
        append(&keep, IE_BY_RESOLUTION);
        append(&keep, IE_BY_AGE);
    }
    finish(&keep);
    return keep;
}

ie_keep ie_keep_of_similar(const ie_config *config)
{
    ie_keep keep = begin(config, false);
    ie_keep_rule lone = lone_rule(config);
    if (lone != IE_KEEP_QUALITY) {
        append_list(&keep);
    }
    for (size_t i = 0; lone != IE_KEEP_RULES && i < STANDARD - 1; i++) {
        append(&keep, criterion_of(standard[i]));
    }
    finish(&keep);
    return keep;
}

/* ---- comparing ------------------------------------------------------------------------------ */

static int order_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static uint64_t pixels(const ie_photo *photo)
{
    return (uint64_t)photo->width * photo->height;
}

/* Of a second, where it was told: what is not (a file's time) is in no record, and known photos are
   to be judged as new ones. */
static uint64_t fraction(const ie_datetime *time)
{
    return time->subsec_digits > 0 ? time->nanosecond : 0;
}

/* Without a date comes last either way, so that the order is total. */
static int order_dates(const ie_photo *a, const ie_photo *b, bool newest)
{
    const ie_datetime *x = &a->metadata->captured, *y = &b->metadata->captured;
    if (x->year == 0 || y->year == 0) {
        return (x->year == 0) - (y->year == 0);
    }
    int64_t s = ie_datetime_order(x), t = ie_datetime_order(y);
    int order = s != t ? (s < t ? -1 : 1) : order_u64(fraction(x), fraction(y));
    return newest ? -order : order;
}

double ie_keep_quality(const ie_photo *photo)
{
    bool known = (photo->have & IE_HAVE_QUALITY) != 0 && isfinite(photo->content->quality);
    return known ? photo->content->quality : -1;
}

int ie_keep_saved_at(const ie_photo *photo)
{
    switch (photo->format) {
    case IE_FORMAT_JPEG:
        return (photo->have & IE_HAVE_QUALITY) != 0 ? photo->content->jpeg_quality : 0;
    case IE_FORMAT_GIF:
        return 60; /* 256 colours */
    case IE_FORMAT_WEBP:
    case IE_FORMAT_HEIC:
    case IE_FORMAT_AVIF:
    case IE_FORMAT_JXL:
    case IE_FORMAT_JP2:
        return 70;
    default:
        return 100;
    }
}

/* No phone wrote HEIC before iOS 11 of September 2017. */
static bool before_heic(const ie_datetime *time)
{
    return time->year < 2017 || (time->year == 2017 && time->month < 9);
}

/* A HEIC by a maker whose phones write HEIC; of a camera's it is more likely made from a JPEG. */
static bool writes_heic(const ie_photo *photo)
{
    static const char *const makers[] = {"Apple",  "samsung", "Google",  "HMD Global", "Nokia",
                                         "HUAWEI", "HONOR",   "Xiaomi",  "OnePlus",    "OPPO",
                                         "realme", "vivo",    "motorola"};
    const ie_metadata *m = photo->metadata;
    if (before_heic(&m->captured) || m->make == NULL || m->model == NULL ||
        m->captured_source != IE_DATE_EXIF) {
        return false;
    }
    for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
        if (ie_equal_nocase(m->make, makers[i])) {
            return true;
        }
    }
    return false;
}

/* RAW, then a phone's own HEIC, then what is made of them. */
static unsigned derivation(const ie_photo *photo)
{
    if (ie_format_kind(photo->format) == IE_KIND_RAW) {
        return 0;
    }
    return photo->format == IE_FORMAT_HEIC && writes_heic(photo) ? 1 : 2;
}

/* How much of what only the camera knows is left. What people add later (titles, keywords) does not
   count, nor does a place that the other version would be given. */
static unsigned richness(const ie_photo *photo, const ie_config *config)
{
    const ie_metadata *m = photo->metadata;
    bool has_place = !isnan(m->latitude) && !config->dedupe.merge;
    return 4U * (m->captured_source == IE_DATE_EXIF) + 2U * (m->make != NULL) +
           2U * (m->model != NULL) + 2U * has_place + (m->lens != NULL) + (m->serial != NULL) +
           !isnan(m->f_number) + !isnan(m->exposure_time_s) + (m->iso != 0);
}

/* How much is told in it, by the camera or by people. */
static unsigned fullness(const ie_photo *photo, const ie_config *config)
{
    const ie_metadata *m = photo->metadata;
    return richness(photo, config) + m->keywords.count + m->people.count + (m->title != NULL) +
           (m->caption != NULL) + (m->creator != NULL) + (m->copyright != NULL) +
           (m->rating != IE_ABSENT && m->rating != 0);
}

bool ie_keep_colored(const ie_photo *photo)
{
    return (photo->have & IE_HAVE_SKETCH) != 0 && photo->sketch != NULL &&
           ie_sketch_colored(photo->sketch) && !ie_sketch_sepia(photo->sketch);
}

bool ie_keep_deeper(const ie_photo *photo, const ie_photo *other)
{
    bool raw = ie_format_kind(photo->format) == IE_KIND_RAW ||
               ie_format_kind(other->format) == IE_KIND_RAW;
    return !raw && photo->bits > 8 && photo->bits > other->bits;
}

/* What has no sketch is like nothing; wherever it comes, all photos have one order. */
static bool is_gray(const ie_photo *photo)
{
    return photo->sketch != NULL && !ie_keep_colored(photo);
}

static int rating_of(const ie_photo *photo)
{
    return photo->metadata->rating == IE_ABSENT ? 0 : photo->metadata->rating;
}

static int order_by(ie_criterion by, const ie_rival *a, const ie_rival *b, const ie_config *config)
{
    switch (by) {
    case IE_BY_PROTECTION:
        return b->is_protected - a->is_protected;
    case IE_BY_COLOR:
        return is_gray(a->photo) - is_gray(b->photo);
    case IE_BY_PREFERENCE:
        return order_u64(a->preference, b->preference);
    case IE_BY_RAW:
        return order_u64(derivation(a->photo), derivation(b->photo));
    case IE_BY_METADATA:
        return order_u64(richness(b->photo, config), richness(a->photo, config));
    case IE_BY_RESOLUTION:
        return order_u64(pixels(b->photo), pixels(a->photo));
    case IE_BY_SMALLNESS:
        return order_u64(pixels(a->photo), pixels(b->photo));
    case IE_BY_QUALITY:
        return a->poorer - b->poorer;
    case IE_BY_SAVING:
        return b->saved_at - a->saved_at;
    case IE_BY_FULLNESS:
        return order_u64(fullness(b->photo, config), fullness(a->photo, config));
    case IE_BY_UNEDITED:
        return (a->photo->metadata->edited == 1) - (b->photo->metadata->edited == 1);
    case IE_BY_EDITED:
        return (b->photo->metadata->edited == 1) - (a->photo->metadata->edited == 1);
    case IE_BY_RATING:
        return rating_of(b->photo) - rating_of(a->photo);
    case IE_BY_AGE:
        return order_dates(a->photo, b->photo, false);
    case IE_BY_YOUTH:
        return order_dates(a->photo, b->photo, true);
    case IE_BY_FILES:
        return order_u64(b->files, a->files);
    case IE_BY_FILE_AGE:
        return (a->photo->stamp.mtime_ns > b->photo->stamp.mtime_ns) -
               (a->photo->stamp.mtime_ns < b->photo->stamp.mtime_ns);
    case IE_BY_NAME:
        return ie_name_says_copy(a->photo->real_path) - ie_name_says_copy(b->photo->real_path);
    case IE_BY_BYTES:
        return order_u64(b->photo->stamp.size, a->photo->stamp.size);
    case IE_BY_PATH:
        break;
    }
    return strcmp(a->photo->real_path, b->photo->real_path);
}

int ie_keep_order(const ie_keep *keep, const ie_rival *a, const ie_rival *b, ie_criterion *ret_by)
{
    int order = 0;
    *ret_by = IE_BY_PATH;
    for (size_t i = 0; order == 0 && i < keep->count; i++) {
        *ret_by = keep->by[i];
        order = order_by(keep->by[i], a, b, keep->config);
    }
    return order;
}

/* ---- reasons -------------------------------------------------------------------------------- */

/* All that counts is the same; the first of the criteria is what the user asked about. */
static char *first_by_path(const ie_keep *keep)
{
    size_t asked = 0;
    while (asked < keep->count && keep->by[asked++] != IE_BY_PREFERENCE) {
    }
    switch (asked < keep->count ? keep->by[asked] : IE_BY_PATH) {
    case IE_BY_QUALITY:
        return ie_strdup("equal quality, first by path");
    case IE_BY_RESOLUTION:
    case IE_BY_SMALLNESS:
        return ie_strdup("same size, first by path");
    case IE_BY_AGE:
    case IE_BY_YOUTH:
        return ie_strdup("same date, first by path");
    default:
        return ie_strdup("first by path");
    }
}

static char *describe_quality(double better, double other)
{
    if (other < 0) {
        return ie_strdup("its quality is known");
    }
    if (better <= other) {
        return ie_strdup("the other is clearly poorer than one that looks like it");
    }
    int digits = better - other < 0.01 ? 3 : 2;
    return ie_asprintf("higher quality (%.*f against %.*f)", digits, better, digits, other);
}

static char *describe_saving(const ie_rival *better, const ie_rival *other)
{
    bool figures = better->photo->format == IE_FORMAT_JPEG &&
                   other->photo->format == IE_FORMAT_JPEG && other->saved_at > 0;
    return figures ? ie_asprintf("saved with less loss (JPEG quality %d against %d)",
                                 better->saved_at, other->saved_at)
                   : ie_strdup("saved with less loss");
}

char *ie_keep_advantage(const ie_keep *keep, const ie_rival *better, const ie_rival *other)
{
    ie_criterion by;
    const ie_photo *a = better->photo, *b = other->photo;
    ie_keep_order(keep, better, other, &by);
    switch (by) {
    case IE_BY_PROTECTION:
        return ie_strdup("in a protected folder");
    case IE_BY_COLOR:
        return ie_strdup("in colour");
    case IE_BY_PREFERENCE:
        return ie_asprintf("in the preferred folder %s",
                           ie_shown(keep->config->dedupe.prefer.items[better->preference]));
    case IE_BY_RAW:
        return ie_strdup(derivation(a) == 0 ? "the camera's RAW" : "the camera's own HEIC");
    case IE_BY_METADATA:
        return ie_strdup("has more of the camera's metadata");
    case IE_BY_RESOLUTION:
        return a->width == 0 || b->width == 0 || a->format == b->format
                   ? ie_strdup("more pixels")
                   : ie_asprintf("more pixels (%u x %u against %u x %u)", a->width, a->height,
                                 b->width, b->height);
    case IE_BY_SMALLNESS:
        return ie_strdup("fewer pixels");
    case IE_BY_QUALITY:
        return describe_quality(ie_keep_quality(a), ie_keep_quality(b));
    case IE_BY_SAVING:
        return describe_saving(better, other);
    case IE_BY_FULLNESS:
        return ie_strdup("has more metadata");
    case IE_BY_UNEDITED:
        return ie_strdup("no program says that it edited it");
    case IE_BY_EDITED:
        return ie_strdup("edited");
    case IE_BY_RATING:
        return ie_asprintf("higher rating (%d against %d)", rating_of(a), rating_of(b));
    case IE_BY_AGE:
        return ie_strdup("earlier date");
    case IE_BY_YOUTH:
        return ie_strdup("later date");
    case IE_BY_FILES:
        return ie_strdup("has files beside it that the other lacks");
    case IE_BY_FILE_AGE:
        return ie_strdup("the older file");
    case IE_BY_NAME:
        return ie_strdup("the other is named like a copy");
    case IE_BY_BYTES:
        return ie_strdup("the larger file");
    case IE_BY_PATH:
        break;
    }
    return first_by_path(keep);
}
