// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/xmp_facts.h"

#include <math.h>
#include <string.h>

#include "storage/exif_more.h"
#include "storage/xmp_read.h"
#include "storage/xmp_value.h"
#include "utils/text.h"

#define NS_DC "http://purl.org/dc/elements/1.1/"
#define NS_XMP "http://ns.adobe.com/xap/1.0/"
#define NS_XMPMM "http://ns.adobe.com/xap/1.0/mm/"
#define NS_EXIF "http://ns.adobe.com/exif/1.0/"
#define NS_EXIFEX "http://cipa.jp/exif/1.0/"
#define NS_AUX "http://ns.adobe.com/exif/1.0/aux/"
#define NS_TIFF "http://ns.adobe.com/tiff/1.0/"
#define NS_PHOTOSHOP "http://ns.adobe.com/photoshop/1.0/"
#define NS_LR "http://ns.adobe.com/lightroom/1.0/"
#define NS_DIGIKAM "http://www.digikam.org/ns/1.0/"
#define NS_IPTCEXT "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
#define NS_GCAMERA "http://ns.google.com/photos/1.0/camera/"

typedef enum field {
    FIELD_NONE,
    SUBJECT,
    TITLE,
    DESCRIPTION,
    RATING,
    DATE_ORIGINAL,
    DATE_CREATED,
    CREATE_DATE,
    LATITUDE,
    LONGITUDE,
    ALTITUDE,
    ALTITUDE_REF,
    LATITUDE_REF,
    LONGITUDE_REF,
    F_NUMBER,
    EXPOSURE_TIME,
    ISO,
    FOCAL_LENGTH,
    FOCAL_LENGTH_35,
    BIAS,
    METERING,
    WHITE_BALANCE,
    LENS_INFO,
    RIGHTS,
    CREATOR,
    HIERARCHY,
    TAGS_LIST,
    PERSONS,
    GENERATED,
    MAKE, /* from here on plain texts */
    MODEL,
    LENS_MODEL,
    LENS,
    SERIAL,
    AUX_SERIAL,
    LENS_MAKE,
    TOOL,
    SOFTWARE,
    LABEL,
    CITY,
    STATE,
    COUNTRY,
    UNIQUE_ID,
    BURST_ID,
    PRESERVED,
    FIELD_COUNT
} field;

/* Names as expat gives them: namespace, blank, local name. `text`: where a plain text goes. */
#define NAME(space, local)                                                                         \
    {                                                                                              \
        space " " local, local, sizeof(local) - 1, 0                                               \
    }
#define TEXT(space, local, member)                                                                 \
    {                                                                                              \
        space " " local, local, sizeof(local) - 1, offsetof(ie_metadata, member)                   \
    }
static const struct {
    const char *full, *local;
    size_t length; /* of the local name */
    size_t text;
} names[FIELD_COUNT] = {
    [SUBJECT] = NAME(NS_DC, "subject"),
    [TITLE] = NAME(NS_DC, "title"),
    [DESCRIPTION] = NAME(NS_DC, "description"),
    [RATING] = NAME(NS_XMP, "Rating"),
    [DATE_ORIGINAL] = NAME(NS_EXIF, "DateTimeOriginal"),
    [DATE_CREATED] = NAME(NS_PHOTOSHOP, "DateCreated"),
    [CREATE_DATE] = NAME(NS_XMP, "CreateDate"),
    [LATITUDE] = NAME(NS_EXIF, "GPSLatitude"),
    [LONGITUDE] = NAME(NS_EXIF, "GPSLongitude"),
    [ALTITUDE] = NAME(NS_EXIF, "GPSAltitude"),
    [ALTITUDE_REF] = NAME(NS_EXIF, "GPSAltitudeRef"),
    [LATITUDE_REF] = NAME(NS_EXIF, "GPSLatitudeRef"),
    [LONGITUDE_REF] = NAME(NS_EXIF, "GPSLongitudeRef"),
    [F_NUMBER] = NAME(NS_EXIF, "FNumber"),
    [EXPOSURE_TIME] = NAME(NS_EXIF, "ExposureTime"),
    [ISO] = NAME(NS_EXIF, "ISOSpeedRatings"),
    [FOCAL_LENGTH] = NAME(NS_EXIF, "FocalLength"),
    [FOCAL_LENGTH_35] = NAME(NS_EXIF, "FocalLengthIn35mmFilm"),
    [BIAS] = NAME(NS_EXIF, "ExposureBiasValue"),
    [METERING] = NAME(NS_EXIF, "MeteringMode"),
    [WHITE_BALANCE] = NAME(NS_EXIF, "WhiteBalance"),
    [LENS_INFO] = NAME(NS_AUX, "LensInfo"),
    [RIGHTS] = NAME(NS_DC, "rights"),
    [CREATOR] = NAME(NS_DC, "creator"),
    [HIERARCHY] = NAME(NS_LR, "hierarchicalSubject"),
    [TAGS_LIST] = NAME(NS_DIGIKAM, "TagsList"),
    [PERSONS] = NAME(NS_IPTCEXT, "PersonInImage"),
    [GENERATED] = NAME(IE_XMP_NAMESPACE, "GeneratedKeywords"),
    [MAKE] = TEXT(NS_TIFF, "Make", make),
    [MODEL] = TEXT(NS_TIFF, "Model", model),
    [LENS_MODEL] = TEXT(NS_EXIFEX, "LensModel", lens),
    [LENS] = TEXT(NS_AUX, "Lens", lens),
    [SERIAL] = TEXT(NS_EXIFEX, "BodySerialNumber", serial),
    [AUX_SERIAL] = TEXT(NS_AUX, "SerialNumber", serial),
    [LENS_MAKE] = TEXT(NS_EXIFEX, "LensMake", lens_make),
    [TOOL] = TEXT(NS_XMP, "CreatorTool", software),
    [SOFTWARE] = TEXT(NS_TIFF, "Software", software),
    [LABEL] = TEXT(NS_XMP, "Label", label),
    [CITY] = TEXT(NS_PHOTOSHOP, "City", city),
    [STATE] = TEXT(NS_PHOTOSHOP, "State", state),
    [COUNTRY] = TEXT(NS_PHOTOSHOP, "Country", country),
    [UNIQUE_ID] = TEXT(NS_EXIF, "ImageUniqueID", unique_id),
    [BURST_ID] = TEXT(NS_GCAMERA, "BurstID", burst_id),
    [PRESERVED] = TEXT(NS_XMPMM, "PreservedFileName", original_name),
};

int ie_xmp_property(const char *name)
{
    const char *blank = strrchr(name, ' '), *local = blank != NULL ? blank + 1 : name;
    for (int i = 1; i < FIELD_COUNT; i++) {
        if (strcmp(names[i].local, local) == 0 && strcmp(names[i].full, name) == 0) {
            return i;
        }
    }
    return 0;
}

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

static void set_date(ie_xmp_taker *r, field which, const char *value)
{
    int i = (int)(which - DATE_ORIGINAL);
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

static void set_exposure(ie_metadata *m, field which, const char *value)
{
    double number = ie_xmp_real(value);
    uint32_t mode = number >= 0 && number < 256 ? (uint32_t)number : 254;
    switch (which) {
    case F_NUMBER:
        set_real(&m->f_number, value);
        break;
    case EXPOSURE_TIME:
        set_real(&m->exposure_time_s, value);
        break;
    case ISO:
        set_positive(&m->iso, value);
        break;
    case FOCAL_LENGTH:
        set_real(&m->focal_length_mm, value);
        break;
    case FOCAL_LENGTH_35:
        set_positive(&m->focal_length_35mm, value);
        break;
    case BIAS:
        m->bias_ev = fabs(number) <= 100 ? number : m->bias_ev;
        break;
    case METERING:
        m->metering = ie_exif_metering(mode);
        break;
    case WHITE_BALANCE:
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

static void set_words(ie_xmp_taker *r, field which, const char *value, bool is_default)
{
    ie_metadata *m = &r->facts->m;
    switch (which) {
    case SUBJECT:
        add_word(r, &m->keywords, value);
        break;
    case TITLE:
        set_alternative(r, &m->title, &r->title_is_default, is_default, value);
        break;
    case DESCRIPTION:
        set_alternative(r, &m->caption, &r->caption_is_default, is_default, value);
        break;
    case RIGHTS:
        set_alternative(r, &m->copyright, &r->rights_is_default, is_default, value);
        break;
    case CREATOR:
        add_creator(r, value);
        break;
    case HIERARCHY:
        add_branch(r, value, '|');
        break;
    case TAGS_LIST:
        add_branch(r, value, '/');
        break;
    case PERSONS:
        add_word(r, &m->people, value);
        break;
    default:
        add_generated(r, value);
        break;
    }
}

void ie_xmp_take(ie_xmp_taker *r, int property, const char *value, bool is_default)
{
    ie_metadata *m = &r->facts->m;
    value += strspn(value, " \t\r\n");
    switch ((field)property) {
    case RATING:
        set_rating(m, value);
        break;
    case DATE_ORIGINAL:
    case DATE_CREATED:
    case CREATE_DATE:
        set_date(r, (field)property, value);
        break;
    case LATITUDE:
        set_angle(value, &r->latitude, &r->latitude_plain);
        break;
    case LONGITUDE:
        set_angle(value, &r->longitude, &r->longitude_plain);
        break;
    case LATITUDE_REF:
        r->latitude_ref = value[0];
        break;
    case LONGITUDE_REF:
        r->longitude_ref = value[0];
        break;
    case ALTITUDE:
        r->altitude = ie_xmp_real(value);
        break;
    case ALTITUDE_REF:
        r->below_sea = value[0] == '1';
        break;
    default:
        if (property >= MAKE) {
            set_text(r, (const char **)((char *)m + names[property].text), value);
        } else if (property >= F_NUMBER && property <= LENS_INFO) {
            set_exposure(m, (field)property, value);
        } else {
            set_words(r, (field)property, value, is_default);
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
    if (isfinite(r->altitude)) {
        r->facts->m.altitude_m = r->below_sea ? -r->altitude : r->altitude;
    }
    ie_facts_set_place(&r->facts->m,
                       with_ref(r->latitude, r->latitude_plain, r->latitude_ref, "NS"),
                       with_ref(r->longitude, r->longitude_plain, r->longitude_ref, "EW"));
}

/* Would this field be news beside what is known? */
static bool wanted(int which, const ie_facts *known)
{
    const ie_metadata *m = &known->m;
    switch ((field)which) {
    case DESCRIPTION:
        return m->caption == NULL;
    case DATE_ORIGINAL:
    case DATE_CREATED:
    case CREATE_DATE:
        return known->original.year == 0 && known->digitized.year == 0;
    case F_NUMBER:
        return isnan(m->f_number);
    case EXPOSURE_TIME:
        return isnan(m->exposure_time_s);
    case ISO:
        return m->iso == 0;
    case FOCAL_LENGTH:
        return isnan(m->focal_length_mm);
    case FOCAL_LENGTH_35:
        return m->focal_length_35mm == 0;
    case BIAS:
        return isnan(m->bias_ev);
    case METERING:
        return m->metering == NULL;
    case WHITE_BALANCE:
        return m->white_balance == NULL;
    case LENS_INFO:
        return isnan(m->lens_min_mm);
    case LATITUDE:
    case LONGITUDE:
    case LATITUDE_REF:
    case LONGITUDE_REF:
        return isnan(m->latitude);
    case ALTITUDE:
    case ALTITUDE_REF:
        return isnan(m->altitude_m);
    case RIGHTS:
        return m->copyright == NULL;
    case CREATOR:
        return m->creator == NULL;
    default:
        return which < MAKE ||
               *(const char *const *)((const char *)m + names[which].text) == NULL;
    }
}

_Static_assert(FIELD_COUNT <= 64, "ie_xmp_has_news() keeps a bit a field");

bool ie_xmp_has_news(const uint8_t *bytes, size_t size, const ie_facts *known)
{
    /* UTF-16, and names without a prefix, are for the parser to judge. */
    if (size < 4 || bytes[0] == 0 || bytes[1] == 0 || bytes[0] >= 0xfe ||
        memmem(bytes, size, "xmlns=", 6) != NULL ||
        memmem(bytes, size, IE_XMP_REGIONS_HINT, sizeof IE_XMP_REGIONS_HINT - 1) != NULL) {
        return true;
    }
    uint64_t starts[256] = {0}; /* by first letter, the fields that would be news */
    for (int i = 1; i < FIELD_COUNT; i++) {
        starts[(uint8_t)*names[i].local] |= wanted(i, known) ? 1ull << i : 0;
    }
    const uint8_t *end = bytes + size;
    for (const uint8_t *p = bytes; (p = memchr(p, ':', (size_t)(end - p))) != NULL;) {
        p++;
        for (uint64_t left = p < end ? starts[*p] : 0; left != 0; left &= left - 1) {
            int i = __builtin_ctzll(left);
            size_t length = names[i].length;
            if ((size_t)(end - p) > length && memcmp(p, names[i].local, length) == 0 &&
                strchr(" =>\t\r\n/", p[length]) != NULL) {
                return true;
            }
        }
    }
    return false;
}
