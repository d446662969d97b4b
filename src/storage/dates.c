// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/dates.h"

#include <stdlib.h>

void ie_dates_add(ie_dates *dates, ie_date_source source, const ie_datetime *time, double sure)
{
    if (dates->of[source].time.year == 0 && time->year != 0 && ie_datetime_valid(time)) {
        dates->of[source].time = *time;
        dates->of[source].sure = sure;
    }
}

const char *ie_date_doubt(const ie_datetime *time, int64_t now_s)
{
    bool new_year = time->month == 1 && time->day == 1;
    if (time->year == 1904 && new_year) {
        return "1904-01-01 is where QuickTime's clock begins, not a date";
    }
    if (time->year == 1970 && new_year) {
        return "1970-01-01 is where Unix' clock begins, not a date";
    }
    if (time->year == 1980 && new_year) {
        return "1980-01-01 is what clocks show that were never set";
    }
    /* Local time of a zone ahead of ours may be up to 14 hours on. */
    if (now_s != 0 && ie_datetime_order(time) > now_s + 86400) {
        return "it lies in the future";
    }
    return NULL;
}

/* Offsets from UTC that are in use, in minutes, apart from whole hours. */
static bool is_offset(int minutes)
{
    static const int odd[] = {-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765};
    if (minutes % 60 == 0) {
        return minutes >= -720 && minutes <= 840;
    }
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        if (odd[i] == minutes) {
            return true;
        }
    }
    return false;
}

/* Local time less GPS time is the zone, if the clock is right to two minutes. */
static bool zone_from_gps(const ie_datetime *local, const ie_datetime *gps, int *ret_minutes)
{
    int64_t seconds = ie_datetime_order(local) - ie_datetime_order(gps);
    if (gps->year == 0 || llabs(seconds) > 15 * 3600) {
        return false;
    }
    int64_t quarters = (seconds + (seconds < 0 ? -450 : 450)) / 900;
    if (llabs(seconds - quarters * 900) > 120 || !is_offset((int)quarters * 15)) {
        return false;
    }
    *ret_minutes = (int)quarters * 15;
    return true;
}

typedef struct order {
    ie_date_source of[IE_DATE_SOURCES];
    size_t count;
} order;

/* Sources that are not named are not asked, but the file's time always is. */
static order order_of(const ie_config_list *names)
{
    order o = {.of = {IE_DATE_EXIF, IE_DATE_EXIF_DIGITIZED, IE_DATE_XMP, IE_DATE_IPTC,
                      IE_DATE_QUICKTIME, IE_DATE_SIDECAR, IE_DATE_NAME, IE_DATE_EXIF_MODIFIED,
                      IE_DATE_FOLDER, IE_DATE_FILE},
               .count = 10};
    if (names == NULL || names->count == 0) {
        return o;
    }
    o.count = 0;
    for (uint32_t i = 0; i < names->count && o.count < IE_DATE_SOURCES - 1; i++) {
        ie_date_source source = ie_date_source_by_name(names->items[i]);
        if (source != IE_DATE_NONE) {
            o.of[o.count++] = source;
        }
    }
    o.of[o.count++] = IE_DATE_FILE;
    return o;
}

/* The first that can be believed; a name or sidecar is heard before a clock that was never set. */
static ie_date_source choose(const ie_dates *dates, const order *o, int64_t now_s)
{
    ie_date_source doubtful = IE_DATE_NONE;
    for (size_t i = 0; i < o->count; i++) {
        const ie_datetime *time = &dates->of[o->of[i]].time;
        bool weak = o->of[i] == IE_DATE_FOLDER || o->of[i] == IE_DATE_FILE;
        if (time->year == 0 || (weak && doubtful != IE_DATE_NONE)) {
            continue;
        }
        if (ie_date_doubt(time, now_s) == NULL) {
            return o->of[i];
        }
        doubtful = doubtful == IE_DATE_NONE ? o->of[i] : doubtful;
    }
    return doubtful;
}

static const char *joined(ie_arena *arena, const char *first, const char *second)
{
    return first == NULL ? second : ie_arena_printf(arena, "%s; %s", first, second);
}

void ie_dates_choose(const ie_dates *dates, const ie_config_list *names, int64_t now_s,
                     ie_arena *arena, ie_metadata *m)
{
    order o = order_of(names);
    ie_date_source source = choose(dates, &o, now_s);
    if (source == IE_DATE_NONE) {
        return;
    }
    m->captured = dates->of[source].time;
    m->captured_source = source;
    m->captured_confidence = dates->of[source].sure;
    const char *doubt = ie_date_doubt(&m->captured, now_s);
    if (doubt != NULL) {
        m->captured_confidence = IE_SURE_SUSPICIOUS;
        m->captured_reason = doubt;
    } else {
        for (size_t i = 0; i < o.count && o.of[i] != source; i++) {
            const ie_datetime *passed = &dates->of[o.of[i]].time;
            doubt = passed->year != 0 ? ie_date_doubt(passed, now_s) : NULL;
            if (doubt != NULL) {
                m->captured_reason =
                    ie_arena_printf(arena, "the date of %s is not believed: %s",
                                    ie_date_source_name(o.of[i]), doubt);
                break;
            }
        }
    }
    if (dates->zeros && source != IE_DATE_EXIF) {
        m->captured_reason =
            joined(arena, m->captured_reason, "the EXIF date is 0000:00:00, that is none");
    }
    int minutes;
    bool exif = (source == IE_DATE_EXIF && dates->of[source].sure > IE_SURE_DATE_ONLY) ||
                source == IE_DATE_EXIF_DIGITIZED;
    if (exif && !m->captured.has_offset && zone_from_gps(&m->captured, &dates->gps_utc, &minutes)) {
        m->captured.has_offset = true;
        m->captured.offset_minutes = (int16_t)minutes;
        m->captured_reason =
            joined(arena, m->captured_reason, "the offset was found from the GPS clock");
    }
}
