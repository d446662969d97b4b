// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/xmp_read.h"

#include <expat.h>
#include <math.h>
#include <string.h>

#include "utils/text.h"

#define MAX_DEPTH 100
#define MAX_VALUE 65536

#define NS_DC "http://purl.org/dc/elements/1.1/"
#define NS_XMP "http://ns.adobe.com/xap/1.0/"
#define NS_EXIF "http://ns.adobe.com/exif/1.0/"
#define NS_EXIFEX "http://cipa.jp/exif/1.0/"
#define NS_AUX "http://ns.adobe.com/exif/1.0/aux/"
#define NS_TIFF "http://ns.adobe.com/tiff/1.0/"
#define NS_PHOTOSHOP "http://ns.adobe.com/photoshop/1.0/"
#define NS_RDF "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

typedef enum field {
    FIELD_NONE,
    SUBJECT,
    TITLE,
    DESCRIPTION,
    RATING,
    DATE_ORIGINAL,
    DATE_CREATED,
    CREATE_DATE,
    MAKE,
    MODEL,
    LENS_MODEL,
    LENS,
    SERIAL,
    AUX_SERIAL,
    F_NUMBER,
    EXPOSURE_TIME,
    ISO,
    FOCAL_LENGTH,
    FOCAL_LENGTH_35,
    LATITUDE,
    LONGITUDE,
    ALTITUDE,
    ALTITUDE_REF,
    FIELD_COUNT
} field;

/* Names as expat gives them: namespace, blank, local name. */
#define NAME(space, local)                                                                         \
    {                                                                                              \
        space " " local, local, sizeof(local) - 1                                                  \
    }
static const struct {
    const char *full, *local;
    size_t length; /* of the local name */
} names[FIELD_COUNT] = {
    [SUBJECT] = NAME(NS_DC, "subject"),
    [TITLE] = NAME(NS_DC, "title"),
    [DESCRIPTION] = NAME(NS_DC, "description"),
    [RATING] = NAME(NS_XMP, "Rating"),
    [DATE_ORIGINAL] = NAME(NS_EXIF, "DateTimeOriginal"),
    [DATE_CREATED] = NAME(NS_PHOTOSHOP, "DateCreated"),
    [CREATE_DATE] = NAME(NS_XMP, "CreateDate"),
    [MAKE] = NAME(NS_TIFF, "Make"),
    [MODEL] = NAME(NS_TIFF, "Model"),
    [LENS_MODEL] = NAME(NS_EXIFEX, "LensModel"),
    [LENS] = NAME(NS_AUX, "Lens"),
    [SERIAL] = NAME(NS_EXIFEX, "BodySerialNumber"),
    [AUX_SERIAL] = NAME(NS_AUX, "SerialNumber"),
    [F_NUMBER] = NAME(NS_EXIF, "FNumber"),
    [EXPOSURE_TIME] = NAME(NS_EXIF, "ExposureTime"),
    [ISO] = NAME(NS_EXIF, "ISOSpeedRatings"),
    [FOCAL_LENGTH] = NAME(NS_EXIF, "FocalLength"),
    [FOCAL_LENGTH_35] = NAME(NS_EXIF, "FocalLengthIn35mmFilm"),
    [LATITUDE] = NAME(NS_EXIF, "GPSLatitude"),
    [LONGITUDE] = NAME(NS_EXIF, "GPSLongitude"),
    [ALTITUDE] = NAME(NS_EXIF, "GPSAltitude"),
    [ALTITUDE_REF] = NAME(NS_EXIF, "GPSAltitudeRef"),
};

typedef struct reader {
    XML_Parser parser;
    ie_arena *arena;
    ie_facts *facts;
    int depth;
    int rdf_depth; /* of rdf:RDF; 0: outside */
    field current;
    bool in_item, item_is_default, has_items;
    bool title_is_default, caption_is_default;
    ie_buffer text;
    ie_datetime dates[3]; /* in order of preference */
    bool date_only[3];
    double latitude, longitude, altitude;
    bool below_sea, refused;
} reader;

static field field_named(const char *name)
{
    const char *blank = strrchr(name, ' '), *local = blank != NULL ? blank + 1 : name;
    for (int i = 1; i < FIELD_COUNT; i++) {
        if (strcmp(names[i].local, local) == 0 && strcmp(names[i].full, name) == 0) {
            return (field)i;
        }
    }
    return FIELD_NONE;
}

/* "28/10" or "2.8"; NaN when it is no number. */
static double real_value(const char *text)
{
    const char *slash = strchr(text, '/');
    double above, below = 1;
    if (slash == NULL) {
        return ie_parse_real(text, &above) ? above : NAN;
    }
    IE_AUTO_FREE char *head = ie_strndup(text, (size_t)(slash - text));
    if (!ie_parse_real(head, &above) || !ie_parse_real(slash + 1, &below) || below == 0) {
        return NAN;
    }
    return above / below;
}

/* "52,12.5806N" or "52,12,34N" (XMP part 2, GPSCoordinate); NaN when it is none. */
static double angle_value(const char *text)
{
    size_t length = strlen(text);
    char sign = length > 1 ? text[length - 1] : 0;
    if (sign == 0 || strchr("NSEW", sign) == NULL) {
        return NAN;
    }
    IE_AUTO_FREE char *copy = ie_strndup(text, length - 1);
    double value = 0, scale = 1;
    char *part = copy;
    for (int i = 0; i < 3 && part != NULL; i++, scale *= 60) {
        char *comma = strchr(part, ',');
        if (comma != NULL) {
            *comma = 0;
        }
        value += real_value(part) / scale;
        part = comma != NULL ? comma + 1 : NULL;
    }
    return sign == 'S' || sign == 'W' ? -value : value;
}

static void set_text(reader *r, const char **fact, const char *value)
{
    if (*fact == NULL) {
        *fact = ie_facts_text(r->arena, value, strlen(value));
    }
}

/* One language of an alternative: x-default wins over the first. */
static void set_alternative(reader *r, const char **fact, bool *is_default, const char *value)
{
    bool better = *fact == NULL || (r->item_is_default && !*is_default);
    const char *text = better ? ie_facts_text(r->arena, value, strlen(value)) : NULL;
    if (text != NULL) {
        *fact = text;
        *is_default = r->item_is_default;
    }
}

static void set_date(reader *r, field which, const char *value)
{
    int i = (int)(which - DATE_ORIGINAL);
    if (r->dates[i].year == 0) {
        ie_facts_date(value, strlen(value), &r->dates[i], &r->date_only[i]);
    }
}

static void set_real(double *fact, const char *value)
{
    double number = real_value(value);
    if (isnan(*fact) && number > 0) {
        *fact = number;
    }
}

static void set_rating(ie_metadata *m, const char *value)
{
    double rating = real_value(value);
    if (rating >= -1 && rating <= 5) {
        m->rating = (int32_t)floor(rating);
    }
}

static void set_positive(int32_t *fact, const char *value)
{
    double number = real_value(value);
    if (*fact == 0 && number >= 1 && number <= 10000000) {
        *fact = (int32_t)lround(number);
    }
}

static void set_camera(reader *r, field which, const char *value)
{
    ie_metadata *m = &r->facts->m;
    switch (which) {
    case MAKE:
        set_text(r, &m->make, value);
        break;
    case MODEL:
        set_text(r, &m->model, value);
        break;
    case LENS_MODEL:
    case LENS:
        set_text(r, &m->lens, value);
        break;
    case SERIAL:
    case AUX_SERIAL:
        set_text(r, &m->serial, value);
        break;
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
    default:
        break;
    }
}

static void set_fact(reader *r, field which, const char *value)
{
    ie_metadata *m = &r->facts->m;
    value += strspn(value, " \t\r\n");
    const char *word;
    switch (which) {
    case SUBJECT:
        word = ie_facts_text(r->arena, value, strlen(value));
        if (word != NULL) {
            ie_text_list_add(&m->keywords, r->arena, word);
        }
        break;
    case TITLE:
        set_alternative(r, &m->title, &r->title_is_default, value);
        break;
    case DESCRIPTION:
        set_alternative(r, &m->caption, &r->caption_is_default, value);
        break;
    case RATING:
        set_rating(m, value);
        break;
    case DATE_ORIGINAL:
    case DATE_CREATED:
    case CREATE_DATE:
        set_date(r, which, value);
        break;
    case LATITUDE:
        r->latitude = angle_value(value);
        break;
    case LONGITUDE:
        r->longitude = angle_value(value);
        break;
    case ALTITUDE:
        r->altitude = real_value(value);
        break;
    case ALTITUDE_REF:
        r->below_sea = value[0] == '1';
        break;
    default:
        set_camera(r, which, value);
        break;
    }
}

static void refuse_doctype(void *user, const char *name, const char *system_id,
                           const char *public_id, int internal)
{
    reader *r = user;
    r->refused = true;
    XML_StopParser(r->parser, XML_FALSE);
}

static void start_property(reader *r, const char *name)
{
    r->current = field_named(name);
    r->has_items = false;
    r->item_is_default = false;
    ie_buffer_clear(&r->text);
}

static void start_item(reader *r, const char **attributes)
{
    r->in_item = true;
    r->has_items = true;
    r->item_is_default = false;
    ie_buffer_clear(&r->text);
    for (int i = 0; attributes[i] != NULL; i += 2) {
        if (strcmp(attributes[i], "http://www.w3.org/XML/1998/namespace lang") == 0) {
            r->item_is_default = ie_equal_nocase(attributes[i + 1], "x-default");
        }
    }
}

static void start_element(void *user, const char *name, const char **attributes)
{
    reader *r = user;
    if (++r->depth > MAX_DEPTH) {
        r->refused = true;
        XML_StopParser(r->parser, XML_FALSE);
        return;
    }
    if (r->rdf_depth == 0) {
        r->rdf_depth = strcmp(name, NS_RDF " RDF") == 0 ? r->depth : 0;
        return;
    }
    int level = r->depth - r->rdf_depth; /* 1 description, 2 property, 3 container, 4 item */
    if (level == 1) {
        for (int i = 0; attributes[i] != NULL; i += 2) {
            field which = field_named(attributes[i]);
            if (which != FIELD_NONE) {
                r->item_is_default = false;
                set_fact(r, which, attributes[i + 1]);
            }
        }
    } else if (level == 2) {
        start_property(r, name);
    } else if (level == 4 && r->current != FIELD_NONE && strcmp(name, NS_RDF " li") == 0) {
        start_item(r, attributes);
    }
}

static void end_element(void *user, const char *name)
{
    reader *r = user;
    int level = r->depth - r->rdf_depth;
    if (r->rdf_depth > 0 && r->current != FIELD_NONE) {
        bool item = level == 4 && r->in_item;
        if (item || (level == 2 && !r->has_items)) {
            set_fact(r, r->current, r->text.data != NULL ? r->text.data : "");
            ie_buffer_clear(&r->text);
        }
        if (level == 4) {
            r->in_item = false;
        }
        if (level == 2) {
            r->current = FIELD_NONE;
        }
    }
    if (r->depth-- == r->rdf_depth) {
        r->rdf_depth = 0;
    }
}

static void take_text(void *user, const char *text, int length)
{
    reader *r = user;
    int level = r->depth - r->rdf_depth;
    bool wanted = r->current != FIELD_NONE && (level == 2 || (level == 4 && r->in_item));
    if (wanted && length > 0 && r->text.size + (size_t)length <= MAX_VALUE) {
        ie_buffer_add(&r->text, text, (size_t)length);
    }
}

static void finish(reader *r)
{
    for (int i = 0; i < 3 && r->facts->original.year == 0; i++) {
        r->facts->original = r->dates[i];
        r->facts->date_only = r->date_only[i];
    }
    if (isfinite(r->altitude)) {
        r->facts->m.altitude_m = r->below_sea ? -r->altitude : r->altitude;
    }
    ie_facts_set_place(&r->facts->m, r->latitude, r->longitude);
}

/* Parses until the end or the first fault; true when the packet was well-formed. */
static bool parse(reader *r, const uint8_t *bytes, size_t size)
{
    r->parser = XML_ParserCreateNS(NULL, ' ');
    if (r->parser == NULL || size > INT32_MAX) {
        XML_ParserFree(r->parser);
        return false;
    }
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, start_element, end_element);
    XML_SetCharacterDataHandler(r->parser, take_text);
    XML_SetStartDoctypeDeclHandler(r->parser, refuse_doctype);
    bool good = XML_Parse(r->parser, (const char *)bytes, (int)size, XML_TRUE) == XML_STATUS_OK;
    /* Padding and other bytes after the packet are usual. */
    enum XML_Error error = XML_GetErrorCode(r->parser);
    good = good || error == XML_ERROR_JUNK_AFTER_DOC_ELEMENT;
    XML_ParserFree(r->parser);
    return good && !r->refused;
}

static reader new_reader(ie_arena *arena, ie_facts *facts)
{
    return (reader){
        .arena = arena, .facts = facts, .latitude = NAN, .longitude = NAN, .altitude = NAN};
}

void ie_xmp_read(const uint8_t *bytes, size_t size, ie_arena *arena, ie_facts *facts)
{
    while (size > 0 &&
           (bytes[size - 1] == 0 || bytes[size - 1] == ' ' || bytes[size - 1] == '\n')) {
        size--;
    }
    reader r = new_reader(arena, facts);
    bool good = parse(&r, bytes, size);
    ie_buffer_free(&r.text);
    if (!good && !r.refused && size > 0 && memchr(bytes, 0, size) == NULL) {
        /* Some writers put Latin-1 into a packet that says UTF-8. */
        IE_AUTO_FREE char *readable = ie_utf8_from_latin1((const char *)bytes, size);
        if (strlen(readable) != size) {
            ie_facts_init(facts);
            r = new_reader(arena, facts);
            good = parse(&r, (const uint8_t *)readable, strlen(readable));
            ie_buffer_free(&r.text);
        }
    }
    finish(&r);
    facts->damaged |= !good;
}

/* Bit i: field i would be news. */
static uint32_t wanted_fields(const ie_facts *known)
{
    const ie_metadata *m = &known->m;
    bool dated = known->original.year != 0 || known->digitized.year != 0;
    uint32_t wanted = 1u << SUBJECT | 1u << TITLE | 1u << RATING;
    wanted |= m->caption == NULL ? 1u << DESCRIPTION : 0;
    wanted |= !dated ? 1u << DATE_ORIGINAL | 1u << DATE_CREATED | 1u << CREATE_DATE : 0;
    wanted |= m->make == NULL ? 1u << MAKE : 0;
    wanted |= m->model == NULL ? 1u << MODEL : 0;
    wanted |= m->lens == NULL ? 1u << LENS_MODEL | 1u << LENS : 0;
    wanted |= m->serial == NULL ? 1u << SERIAL | 1u << AUX_SERIAL : 0;
    wanted |= isnan(m->f_number) ? 1u << F_NUMBER : 0;
    wanted |= isnan(m->exposure_time_s) ? 1u << EXPOSURE_TIME : 0;
    wanted |= m->iso == 0 ? 1u << ISO : 0;
    wanted |= isnan(m->focal_length_mm) ? 1u << FOCAL_LENGTH : 0;
    wanted |= m->focal_length_35mm == 0 ? 1u << FOCAL_LENGTH_35 : 0;
    wanted |= isnan(m->latitude) ? 1u << LATITUDE | 1u << LONGITUDE : 0;
    wanted |= isnan(m->altitude_m) ? 1u << ALTITUDE : 0;
    return wanted;
}

bool ie_xmp_has_news(const uint8_t *bytes, size_t size, const ie_facts *known)
{
    /* UTF-16, and names without a prefix, are for the parser to judge. */
    if (size < 4 || bytes[0] == 0 || bytes[1] == 0 || bytes[0] >= 0xfe ||
        memmem(bytes, size, "xmlns=", 6) != NULL) {
        return true;
    }
    uint32_t wanted = wanted_fields(known);
    const uint8_t *end = bytes + size;
    for (const uint8_t *p = bytes; (p = memchr(p, ':', (size_t)(end - p))) != NULL;) {
        p++;
        for (int i = 1; i < FIELD_COUNT && p < end; i++) {
            const char *local = names[i].local;
            size_t length = names[i].length;
            if (*p == (uint8_t)*local && (wanted >> i & 1) && (size_t)(end - p) > length &&
                memcmp(p, local, length) == 0 && strchr(" =>\t\r\n/", p[length]) != NULL) {
                return true;
            }
        }
    }
    return false;
}

const char *ie_xmp_library(void)
{
    return XML_ExpatVersion();
}
