// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_extra.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "storage/exif_keep.h"
#include "utils/text.h"

static bool was_generated(const ie_metadata *before, const char *keyword)
{
    size_t length = strlen(keyword);
    for (uint32_t i = 0; i < before->generated.count; i++) {
        const char *entry = before->generated.items[i];
        if (strcspn(entry, "|") == length && memcmp(entry, keyword, length) == 0) {
            return true;
        }
    }
    return false;
}

ie_text_list ie_exif_own_keywords(const ie_metadata *before, ie_arena *arena)
{
    ie_text_list own = {0};
    for (uint32_t i = 0; i < before->keywords.count; i++) {
        if (!was_generated(before, before->keywords.items[i])) {
            ie_text_list_add(&own, arena, before->keywords.items[i]);
        }
    }
    return own;
}

static bool forget(ie_tags *tags, const ie_metadata *before)
{
    static const char xmp[] = "Xmp.dc.subject", iptc[] = "Iptc.Application2.Keywords";
    IE_AUTO_TEXTS ie_texts subjects = ie_tags_list(tags, xmp);
    IE_AUTO_TEXTS ie_texts coded = ie_tags_list(tags, iptc);
    IE_AUTO_TEXTS ie_texts left = {0};
    bool good = true;
    ie_tags_clear(tags, xmp);
    for (size_t i = 0; i < subjects.count && good; i++) {
        if (!was_generated(before, subjects.items[i])) {
            good = ie_tags_append_xmp(tags, xmp, subjects.items[i]);
        }
    }
    for (size_t i = 0; i < coded.count; i++) {
        if (!was_generated(before, coded.items[i])) {
            ie_texts_add(&left, coded.items[i]);
        }
    }
    if (left.count == 0) {
        ie_tags_clear(tags, iptc);
    } else {
        good = good && ie_tags_set_iptc(tags, iptc, &left);
    }
    ie_tags_clear(tags, IE_GENERATED_TAG);
    return good;
}

static bool note_generated(ie_tags *tags, const ie_metadata *before, const ie_text_list *add)
{
    ie_buffer text = {0};
    const ie_text_list *lists[] = {&before->generated, add};
    for (int which = 0; which < 2; which++) {
        for (uint32_t i = 0; i < lists[which]->count; i++) {
            ie_buffer_printf(&text, "%s%s", text.size > 0 ? "; " : "", lists[which]->items[i]);
        }
    }
    bool good = ie_tags_set(tags, IE_GENERATED_TAG, text.data);
    ie_buffer_free(&text);
    return good;
}

static bool add_branches(ie_tags *tags, const char *name, char separator, const ie_text_list *paths)
{
    IE_AUTO_TEXTS ie_texts present = ie_tags_list(tags, name);
    bool good = true;
    for (uint32_t i = 0; i < paths->count && good; i++) {
        IE_AUTO_FREE char *path = ie_strdup(paths->items[i]);
        for (char *p = path; *p != 0; p++) {
            *p = *p == '|' ? separator : *p;
        }
        if (!ie_texts_have(&present, path)) {
            good = ie_tags_append_xmp(tags, name, path);
        }
    }
    return good;
}

/* Degrees, minutes and hundred thousandths of seconds as EXIF's three rationals: a centimetre is
   three of them. */
static void exif_angle(double degrees, char buffer[64])
{
    long long units = llround(fabs(degrees) * 3600 * 100000);
    snprintf(buffer, 64, "%lld/1 %lld/1 %lld/100000", units / 360000000, units / 6000000 % 60,
             units % 6000000);
}

static void xmp_angle(double degrees, char positive, char negative, char buffer[64])
{
    long long units = llround(fabs(degrees) * 60 * 10000000);
    snprintf(buffer, 64, "%lld,%lld.%07lld%c", units / 600000000, units / 10000000 % 60,
             units % 10000000, degrees < 0 ? negative : positive);
}

void ie_xmp_place(double latitude, double longitude, char ret_latitude[64], char ret_longitude[64])
{
    xmp_angle(latitude, 'N', 'S', ret_latitude);
    xmp_angle(longitude, 'E', 'W', ret_longitude);
}

static bool set_xmp_place(ie_tags *tags, const ie_tag_edit *edit)
{
    char latitude[64], longitude[64], altitude[64];
    ie_xmp_place(edit->latitude, edit->longitude, latitude, longitude);
    snprintf(altitude, sizeof altitude, "%lld/100", llround(fabs(edit->altitude_m) * 100));
    return ie_tags_set(tags, "Xmp.exif.GPSLatitude", latitude) &&
           ie_tags_set(tags, "Xmp.exif.GPSLongitude", longitude) &&
           (!edit->has_altitude ||
            (ie_tags_set(tags, "Xmp.exif.GPSAltitude", altitude) &&
             ie_tags_set(tags, "Xmp.exif.GPSAltitudeRef", edit->altitude_m < 0 ? "1" : "0")));
}

bool ie_exif_write_place(ie_tags *tags, const ie_tag_edit *edit, double known_m)
{
    char text[64];
    bool good = ie_tags_set(tags, "Exif.GPSInfo.GPSVersionID", "2 3 0 0") &&
                ie_tags_set(tags, "Exif.GPSInfo.GPSLatitudeRef", edit->latitude < 0 ? "S" : "N") &&
                ie_tags_set(tags, "Exif.GPSInfo.GPSLongitudeRef", edit->longitude < 0 ? "W" : "E");
    exif_angle(edit->latitude, text);
    good = good && ie_tags_set(tags, "Exif.GPSInfo.GPSLatitude", text);
    exif_angle(edit->longitude, text);
    good = good && ie_tags_set(tags, "Exif.GPSInfo.GPSLongitude", text);
    double altitude = edit->has_altitude ? edit->altitude_m : known_m;
    bool stays = !edit->has_altitude && ie_tags_has(tags, "Exif.GPSInfo.GPSAltitude");
    if (!stays && fabs(altitude) < 1e7) {
        snprintf(text, sizeof text, "%lld/100", llround(fabs(altitude) * 100));
        good = good && ie_tags_set(tags, "Exif.GPSInfo.GPSAltitude", text) &&
               ie_tags_set(tags, "Exif.GPSInfo.GPSAltitudeRef", altitude < 0 ? "1" : "0");
    }
    return good;
}

static bool add_albums(ie_tags *tags, const ie_text_list *albums)
{
    static const char name[] = "Xmp.mediapro.CatalogSets";
    IE_AUTO_TEXTS ie_texts present = ie_tags_list(tags, name);
    bool good = true;
    for (uint32_t i = 0; i < albums->count && good; i++) {
        good = ie_texts_have(&present, albums->items[i]) ||
               ie_tags_append_xmp(tags, name, albums->items[i]);
    }
    return good;
}

static bool write_own(ie_tags *tags, const ie_tag_edit *edit)
{
    char text[32];
    snprintf(text, sizeof text, "%.4f", edit->quality);
    return (!edit->has_quality || ie_tags_set(tags, IE_QUALITY_TAG, text)) &&
           (edit->original_name == NULL ||
            ie_tags_set(tags, "Xmp.xmpMM.PreservedFileName", edit->original_name));
}

bool ie_exif_write_extra(ie_tags *tags, const ie_metadata *before, const ie_tag_edit *edit)
{
    return (edit->hierarchy.count == 0 ||
            (add_branches(tags, "Xmp.lr.hierarchicalSubject", '|', &edit->hierarchy) &&
             add_branches(tags, "Xmp.digiKam.TagsList", '/', &edit->hierarchy))) &&
           add_albums(tags, &edit->albums) &&
           (edit->generated.count == 0 || note_generated(tags, before, &edit->generated)) &&
           (!edit->has_place || set_xmp_place(tags, edit)) && write_own(tags, edit) &&
           (!edit->forget_generated || forget(tags, before));
}

bool ie_exif_write_xmp_rating(ie_tags *tags, int32_t rating)
{
    static const char percent[] = "Xmp.MicrosoftPhoto.Rating";
    return ie_tags_set_number(tags, "Xmp.xmp.Rating", rating) &&
           (!ie_tags_has(tags, percent) ||
            ie_tags_set_number(tags, percent, ie_exif_percent(rating)));
}

bool ie_exif_write_rating(ie_tags *tags, int32_t rating)
{
    return ie_tags_set_number(tags, "Exif.Image.Rating", rating) &&
           (!ie_tags_has(tags, "Exif.Image.RatingPercent") ||
            ie_tags_set_number(tags, "Exif.Image.RatingPercent", ie_exif_percent(rating)));
}
