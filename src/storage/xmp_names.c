// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/xmp_names.h"

#include <math.h>
#include <string.h>

#include "storage/xmp_facts.h"
#include "storage/xmp_read.h"

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
#define NS_MICROSOFT "http://ns.microsoft.com/photo/1.0" /* as Windows and exiftool write it */
#define NS_MICROSOFT_EXIV2 "http://ns.microsoft.com/photo/1.0/"
#define NS_MEDIAPRO "http://ns.iview-multimedia.com/mediapro/1.0/"
#define NS_COLLECTIONS IE_XMP_COLLECTIONS_SPACE
#define NS_CAMERA_RAW "http://ns.adobe.com/camera-raw-settings/1.0/"
#define NS_DARKTABLE "http://darktable.sf.net/"

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
    [IE_XMP_SUBJECT] = NAME(NS_DC, "subject"),
    [IE_XMP_TITLE] = NAME(NS_DC, "title"),
    [IE_XMP_DESCRIPTION] = NAME(NS_DC, "description"),
    [IE_XMP_RATING] = NAME(NS_XMP, "Rating"),
    [IE_XMP_DATE_ORIGINAL] = NAME(NS_EXIF, "DateTimeOriginal"),
    [IE_XMP_DATE_CREATED] = NAME(NS_PHOTOSHOP, "DateCreated"),
    [IE_XMP_CREATE_DATE] = NAME(NS_XMP, "CreateDate"),
    [IE_XMP_LATITUDE] = NAME(NS_EXIF, "GPSLatitude"),
    [IE_XMP_LONGITUDE] = NAME(NS_EXIF, "GPSLongitude"),
    [IE_XMP_ALTITUDE] = NAME(NS_EXIF, "GPSAltitude"),
    [IE_XMP_ALTITUDE_REF] = NAME(NS_EXIF, "GPSAltitudeRef"),
    [IE_XMP_LATITUDE_REF] = NAME(NS_EXIF, "GPSLatitudeRef"),
    [IE_XMP_LONGITUDE_REF] = NAME(NS_EXIF, "GPSLongitudeRef"),
    [IE_XMP_PERCENT] = NAME(NS_MICROSOFT, "Rating"),
    [IE_XMP_PERCENT_EXIV2] = NAME(NS_MICROSOFT_EXIV2, "Rating"),
    [IE_XMP_COLOR_LABEL] = NAME(NS_DIGIKAM, "ColorLabel"),
    [IE_XMP_HAS_SETTINGS] = NAME(NS_CAMERA_RAW, "HasSettings"),
    [IE_XMP_ALREADY_APPLIED] = NAME(NS_CAMERA_RAW, "AlreadyApplied"),
    [IE_XMP_HISTORY_END] = NAME(NS_DARKTABLE, "history_end"),
    [IE_XMP_F_NUMBER] = NAME(NS_EXIF, "FNumber"),
    [IE_XMP_EXPOSURE_TIME] = NAME(NS_EXIF, "ExposureTime"),
    [IE_XMP_ISO] = NAME(NS_EXIF, "ISOSpeedRatings"),
    [IE_XMP_SENSITIVITY] = NAME(NS_EXIFEX, "PhotographicSensitivity"),
    [IE_XMP_FOCAL_LENGTH] = NAME(NS_EXIF, "FocalLength"),
    [IE_XMP_FOCAL_LENGTH_35] = NAME(NS_EXIF, "FocalLengthIn35mmFilm"),
    [IE_XMP_BIAS] = NAME(NS_EXIF, "ExposureBiasValue"),
    [IE_XMP_METERING] = NAME(NS_EXIF, "MeteringMode"),
    [IE_XMP_WHITE_BALANCE] = NAME(NS_EXIF, "WhiteBalance"),
    [IE_XMP_LENS_INFO] = NAME(NS_AUX, "LensInfo"),
    [IE_XMP_RIGHTS] = NAME(NS_DC, "rights"),
    [IE_XMP_CREATOR] = NAME(NS_DC, "creator"),
    [IE_XMP_HIERARCHY] = NAME(NS_LR, "hierarchicalSubject"),
    [IE_XMP_TAGS_LIST] = NAME(NS_DIGIKAM, "TagsList"),
    [IE_XMP_PERSONS] = NAME(NS_IPTCEXT, "PersonInImage"),
    [IE_XMP_PEOPLE] = NAME(NS_MEDIAPRO, "People"),
    [IE_XMP_COMMENT] = NAME(NS_EXIF, "UserComment"),
    [IE_XMP_COLLECTIONS] = NAME(NS_COLLECTIONS, "Collections"),
    [IE_XMP_ALBUMS] = NAME(NS_MEDIAPRO, "CatalogSets"),
    [IE_XMP_GENERATED] = NAME(IE_XMP_NAMESPACE, "GeneratedKeywords"),
    [IE_XMP_OWN_QUALITY] = NAME(IE_XMP_NAMESPACE, "Quality"),
    [IE_XMP_MAKE] = TEXT(NS_TIFF, "Make", make),
    [IE_XMP_MODEL] = TEXT(NS_TIFF, "Model", model),
    [IE_XMP_LENS_MODEL] = TEXT(NS_EXIFEX, "LensModel", lens),
    [IE_XMP_LENS] = TEXT(NS_AUX, "Lens", lens),
    [IE_XMP_SERIAL] = TEXT(NS_EXIFEX, "BodySerialNumber", serial),
    [IE_XMP_AUX_SERIAL] = TEXT(NS_AUX, "SerialNumber", serial),
    [IE_XMP_LENS_MAKE] = TEXT(NS_EXIFEX, "LensMake", lens_make),
    [IE_XMP_TOOL] = TEXT(NS_XMP, "CreatorTool", software),
    [IE_XMP_SOFTWARE] = TEXT(NS_TIFF, "Software", software),
    [IE_XMP_LABEL] = TEXT(NS_XMP, "Label", label),
    [IE_XMP_CITY] = TEXT(NS_PHOTOSHOP, "City", city),
    [IE_XMP_STATE] = TEXT(NS_PHOTOSHOP, "State", state),
    [IE_XMP_COUNTRY] = TEXT(NS_PHOTOSHOP, "Country", country),
    [IE_XMP_UNIQUE_ID] = TEXT(NS_EXIF, "ImageUniqueID", unique_id),
    [IE_XMP_BURST_ID] = TEXT(NS_GCAMERA, "BurstID", burst_id),
    [IE_XMP_PRESERVED] = TEXT(NS_XMPMM, "PreservedFileName", original_name),
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

size_t ie_xmp_text_at(int property)
{
    return names[property].text;
}

/* Would this field be news beside what is known? */
static bool wanted(int which, const ie_facts *known)
{
    const ie_metadata *m = &known->m;
    switch ((ie_xmp_field)which) {
    case IE_XMP_DESCRIPTION:
        return m->caption == NULL;
    case IE_XMP_DATE_ORIGINAL:
    case IE_XMP_DATE_CREATED:
    case IE_XMP_CREATE_DATE:
        return known->original.year == 0 && known->digitized.year == 0;
    case IE_XMP_F_NUMBER:
        return isnan(m->f_number);
    case IE_XMP_EXPOSURE_TIME:
        return isnan(m->exposure_time_s);
    case IE_XMP_ISO:
    case IE_XMP_SENSITIVITY:
        return m->iso == 0;
    case IE_XMP_COMMENT:
        return m->comment == NULL;
    case IE_XMP_FOCAL_LENGTH:
        return isnan(m->focal_length_mm);
    case IE_XMP_FOCAL_LENGTH_35:
        return m->focal_length_35mm == 0;
    case IE_XMP_BIAS:
        return isnan(m->bias_ev);
    case IE_XMP_METERING:
        return m->metering == NULL;
    case IE_XMP_WHITE_BALANCE:
        return m->white_balance == NULL;
    case IE_XMP_LENS_INFO:
        return isnan(m->lens_min_mm);
    case IE_XMP_LATITUDE:
    case IE_XMP_LONGITUDE:
    case IE_XMP_LATITUDE_REF:
    case IE_XMP_LONGITUDE_REF:
        return isnan(m->latitude);
    case IE_XMP_ALTITUDE:
    case IE_XMP_ALTITUDE_REF:
        return isnan(m->altitude_m);
    case IE_XMP_RIGHTS:
        return m->copyright == NULL;
    case IE_XMP_CREATOR:
        return m->creator == NULL;
    default:
        return which < IE_XMP_MAKE ||
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
