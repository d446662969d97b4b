// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/xmp_facts.h"

#include <math.h>
#include <string.h>

#include "storage/exif_more.h"
#include "storage/xmp_names.h"
#include "storage/xmp_value.h"
#include "utils/text.h"

/* Apple writes plain degrees, and the hemisphere in a property of its own. */
static void set_angle(const char *value, double *angle, double *plain)
{
    *angle = ie_xmp_angle(value);
    *plain = isnan(*angle) ? fabs(ie_xmp_real(value)) : NAN;
}

static double with_ref(double angle, double plain, char ref, const char *hemispheres)
{
    if (!isnan(angle) || ref == 0 || strchr(hemispheres, ref) == NULL) {
        return angle;
    }
    return ref == hemispheres[1] ? -plain : plain;
}

static void set_text(ie_xmp_taker *r, const char **fact, const char *value)
{
    if (*fact == NULL) {
        *fact = ie_facts_text(r->arena, value, strlen(value));
    }
}

/* One language of an alternative: x-default wins over the first. */
static void set_alternative(ie_xmp_taker *r, const char **fact, bool *is_default,
                            bool is_default_language, const char *value)
{
    bool better = *fact == NULL || (is_default_language && !*is_default);
    const char *text = better ? ie_facts_text(r->arena, value, strlen(value)) : NULL;
    if (text != NULL) {
        *fact = text;
        *is_default = is_default_language;
    }
}

static void set_date(ie_xmp_taker *r, ie_xmp_field which, const char *value)
{
    int i = (int)(which - IE_XMP_DATE_ORIGINAL);
    if (r->dates[i].year == 0) {
        ie_facts_date(value, strlen(value), &r->dates[i], &r->date_only[i]);
    }
}

static void set_real(double *fact, const char *value)
{
    double number = ie_xmp_real(value);
    if (isnan(*fact) && number > 0) {
        *fact = number;
    }
}

static void set_rating(ie_metadata *m, const char *value)
{
    double rating = ie_xmp_real(value);
    if (rating >= -1 && rating <= 5) {
        m->rating = (int32_t)floor(rating);
    }
}

static void set_percent(ie_facts *facts, const char *value)
{
    double percent = ie_xmp_real(value);
    if (percent >= 0 && percent <= 100) {
        facts->percent = (int32_t)percent;
    }
}

/* digiKam's numbers for colours, in its own order. */
static void set_color_label(ie_xmp_taker *r, const char *value)
{
    static const char *const colors[] = {"Red",     "Orange", "Yellow", "Green", "Blue",
                                         "Magenta", "Gray",   "Black",  "White"};
    double number = ie_xmp_real(value);
    if (number >= 1 && number <= 9) {
        r->color = colors[(int)number - 1];
    }
}

static void set_edited(ie_metadata *m, ie_xmp_field which, const char *value)
{
    bool edited =
        which == IE_XMP_HISTORY_END ? ie_xmp_real(value) > 0 : ie_equal_nocase(value, "true");
    m->edited = edited ? 1 : m->edited;
}

static void set_positive(int32_t *fact, const char *value)
{
    double number = ie_xmp_real(value);
    if (*fact == 0 && number >= 1 && number <= 10000000) {
        *fact = (int32_t)lround(number);
    }
}

/* "24/1 70/1 0/0 0/0" (aux:LensInfo). */
static void set_lens_range(ie_metadata *m, const char *value)
{
    IE_AUTO_FREE char *first = ie_strndup(value, strcspn(value, " "));
    const char *rest = value + strlen(first);
    rest += strspn(rest, " ");
    IE_AUTO_FREE char *second = ie_strndup(rest, strcspn(rest, " "));
    double shortest = ie_xmp_real(first), longest = ie_xmp_real(second);
    if (isnan(m->lens_min_mm) && shortest > 0 && longest >= shortest && longest < 100000) {
        m->lens_min_mm = shortest;
        m->lens_max_mm = longest;
    }
}

static void set_exposure(ie_metadata *m, ie_xmp_field which, const char *value)
{
    double number = ie_xmp_real(value);
    uint32_t mode = number >= 0 && number < 256 ? (uint32_t)number : 254;
    switch (which) {
    case IE_XMP_F_NUMBER:
        set_real(&m->f_number, value);
        break;
    case IE_XMP_EXPOSURE_TIME:
        set_real(&m->exposure_time_s, value);
        break;
    case IE_XMP_ISO:
    case IE_XMP_SENSITIVITY:
        set_positive(&m->iso, value);
        break;
    case IE_XMP_FOCAL_LENGTH:
        set_real(&m->focal_length_mm, value);
        break;
    case IE_XMP_FOCAL_LENGTH_35:
        set_positive(&m->focal_length_35mm, value);
        break;
    case IE_XMP_BIAS:
        m->bias_ev = fabs(number) <= 100 ? number : m->bias_ev;
        break;
    case IE_XMP_METERING:
        m->metering = ie_exif_metering(mode);
        break;
    case IE_XMP_WHITE_BALANCE:
        m->white_balance = ie_exif_white_balance(mode);
        break;
    default:
        set_lens_range(m, value);
        break;
    }
}

static void add_word(ie_xmp_taker *r, ie_text_list *list, const char *value)
{
    const char *word = ie_facts_text(r->arena, value, strlen(value));
    if (word != NULL) {
        ie_text_list_add(list, r->arena, word);
    }
}

/* digiKam's tree has slashes where Lightroom's has bars. A keyword without a place in a tree is
   told by dc:subject already. */
static void add_branch(ie_xmp_taker *r, const char *value, char separator)
{
    if (strchr(value, separator) == NULL) {
        return;
    }
    IE_AUTO_FREE char *path = ie_strdup(value);
    for (char *p = path; separator != '|' && *p != 0; p++) {
        *p = *p == separator ? '|' : *p;
    }
    add_word(r, &r->facts->m.hierarchy, path);
}

static void add_creator(ie_xmp_taker *r, const char *value)
{
    ie_metadata *m = &r->facts->m;
    const char *name = ie_facts_text(r->arena, value, strlen(value));
    if (name != NULL && m->creator == NULL) {
        m->creator = name;
    } else if (name != NULL && strlen(m->creator) < 1000) {
        m->creator = ie_arena_printf(r->arena, "%s; %s", m->creator, name);
    }
}

/* "beach|0.710|clip; dog|0.900|detr" */
static void add_generated(ie_xmp_taker *r, const char *value)
{
    while (*value != 0) {
        size_t length = strcspn(value, ";");
        IE_AUTO_FREE char *entry = ie_strndup(value, length);
        add_word(r, &r->facts->m.generated, entry + strspn(entry, " "));
        value += length + (value[length] != 0);
    }
}

static void set_words(ie_xmp_taker *r, ie_xmp_field which, const char *value, bool is_default)
{
    ie_metadata *m = &r->facts->m;
    switch (which) {
    case IE_XMP_SUBJECT:
        add_word(r, &m->keywords, value);
        break;
    case IE_XMP_TITLE:
        set_alternative(r, &m->title, &r->title_is_default, is_default, value);
        break;
    case IE_XMP_DESCRIPTION:
        set_alternative(r, &m->caption, &r->caption_is_default, is_default, value);
        break;
    case IE_XMP_RIGHTS:
        set_alternative(r, &m->copyright, &r->rights_is_default, is_default, value);
        break;
    case IE_XMP_COMMENT:
        set_alternative(r, &m->comment, &r->comment_is_default, is_default, value);
        break;
    case IE_XMP_CREATOR:
        add_creator(r, value);
        break;
    case IE_XMP_HIERARCHY:
        add_branch(r, value, '|');
        break;
    case IE_XMP_TAGS_LIST:
        add_branch(r, value, '/');
        break;
    case IE_XMP_COLLECTIONS:
    case IE_XMP_ALBUMS:
        add_word(r, &m->albums, value);
        break;
    case IE_XMP_PERSONS:
    case IE_XMP_PEOPLE:
        add_word(r, &m->people, value);
        break;
    default:
        add_generated(r, value);
        break;
    }
}

static void set_place(ie_xmp_taker *r, ie_xmp_field field, const char *value)
{
    switch (field) {
    case IE_XMP_LATITUDE:
        set_angle(value, &r->latitude, &r->latitude_plain);
        break;
    case IE_XMP_LONGITUDE:
        set_angle(value, &r->longitude, &r->longitude_plain);
        break;
    case IE_XMP_LATITUDE_REF:
        r->latitude_ref = value[0];
        break;
    case IE_XMP_LONGITUDE_REF:
        r->longitude_ref = value[0];
        break;
    case IE_XMP_ALTITUDE:
        r->altitude = ie_xmp_real(value);
        break;
    case IE_XMP_ALTITUDE_REF:
        r->below_sea = value[0] == '1';
        break;
    default:
        break;
    }
}

bool ie_xmp_is_structured(int property)
{
    return property == IE_XMP_COLLECTIONS;
}

void ie_xmp_take(ie_xmp_taker *r, int property, const char *value, bool is_default)
{
    ie_metadata *m = &r->facts->m;
    value += strspn(value, " \t\r\n");
    switch ((ie_xmp_field)property) {
    case IE_XMP_RATING:
        set_rating(m, value);
        break;
    case IE_XMP_DATE_ORIGINAL:
    case IE_XMP_DATE_CREATED:
    case IE_XMP_CREATE_DATE:
        set_date(r, (ie_xmp_field)property, value);
        break;
    case IE_XMP_LATITUDE:
    case IE_XMP_LONGITUDE:
    case IE_XMP_LATITUDE_REF:
    case IE_XMP_LONGITUDE_REF:
    case IE_XMP_ALTITUDE:
    case IE_XMP_ALTITUDE_REF:
        set_place(r, (ie_xmp_field)property, value);
        break;
    case IE_XMP_OWN_QUALITY:
        m->own_quality = ie_xmp_real(value);
        break;
    case IE_XMP_PERCENT:
    case IE_XMP_PERCENT_EXIV2:
        set_percent(r->facts, value);
        break;
    case IE_XMP_LENS:
        set_text(r, &r->aux_lens, value);
        break;
    case IE_XMP_AUX_SERIAL:
        set_text(r, &r->aux_serial, value);
        break;
    case IE_XMP_COLOR_LABEL:
        set_color_label(r, value);
        break;
    case IE_XMP_HAS_SETTINGS:
    case IE_XMP_ALREADY_APPLIED:
    case IE_XMP_HISTORY_END:
        set_edited(m, (ie_xmp_field)property, value);
        break;
    default:
        if (property >= IE_XMP_MAKE) {
            set_text(r, (const char **)((char *)m + ie_xmp_text_at(property)), value);
        } else if (property >= IE_XMP_F_NUMBER && property <= IE_XMP_LENS_INFO) {
            set_exposure(m, (ie_xmp_field)property, value);
        } else {
            set_words(r, (ie_xmp_field)property, value, is_default);
        }
        break;
    }
}

ie_xmp_taker ie_xmp_taker_new(ie_arena *arena, ie_facts *facts)
{
    return (ie_xmp_taker){
        .arena = arena,
        .facts = facts,
        .latitude = NAN,
        .longitude = NAN,
        .latitude_plain = NAN,
        .longitude_plain = NAN,
        .altitude = NAN,
    };
}

void ie_xmp_taker_finish(ie_xmp_taker *r)
{
    for (int i = 0; i < 3 && r->facts->original.year == 0; i++) {
        r->facts->original = r->dates[i];
        r->facts->date_only = r->date_only[i];
    }
    if (r->facts->m.rating == IE_ABSENT && r->facts->percent != IE_ABSENT) {
        r->facts->m.rating = ie_facts_stars(r->facts->percent);
    }
    ie_metadata *m = &r->facts->m;
    m->label = m->label != NULL ? m->label : r->color;
    m->lens = m->lens != NULL ? m->lens : r->aux_lens;
    m->serial = m->serial != NULL ? m->serial : r->aux_serial;
    if (isfinite(r->altitude)) {
        r->facts->m.altitude_m = r->below_sea ? -r->altitude : r->altitude;
    }
    ie_facts_set_place(&r->facts->m,
                       with_ref(r->latitude, r->latitude_plain, r->latitude_ref, "NS"),
                       with_ref(r->longitude, r->longitude_plain, r->longitude_ref, "EW"));
}
