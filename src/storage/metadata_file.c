// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/metadata_file.h"

#include <math.h>
#include <time.h>

#include "core/metadata_fields.h"
#include "storage/exif_read.h"
#include "storage/facts.h"
#include "storage/iptc_read.h"
#include "storage/meta_container.h"
#include "storage/sidecar.h"
#include "storage/xmp_read.h"
#include "utils/text.h"

typedef struct sources {
    ie_facts exif, xmp, iptc;
    bool iptc_newer; /* a program that knows no XMP wrote IPTC last */
} sources;

/* XMP's and IPTC's date: the one that knows the time of day too, else the newer, else XMP's. */
static void dates_of_words(const sources *all, ie_dates *dates)
{
    const ie_facts *xmp = &all->xmp, *iptc = &all->iptc;
    bool better = iptc->original.year != 0 && !iptc->date_only;
    if (!better || !(xmp->date_only || all->iptc_newer)) {
        ie_dates_add(dates, IE_DATE_XMP, &xmp->original,
                     xmp->date_only ? IE_SURE_DATE_ONLY : IE_SURE_XMP);
    }
    ie_dates_add(dates, IE_DATE_IPTC, &iptc->original,
                 iptc->date_only ? IE_SURE_DATE_ONLY : IE_SURE_IPTC);
}

static void dates_of_names(const ie_photo *photo, const regex_t *pattern, ie_dates *dates)
{
    ie_datetime time;
    bool date_only = true;
    if (photo->path == NULL) {
        return;
    }
    const char *base = ie_path_base(photo->path);
    if ((pattern != NULL && ie_pattern_date(pattern, base, &time, &date_only)) ||
        ie_name_date(base, &time, &date_only)) {
        ie_dates_add(dates, IE_DATE_NAME, &time, date_only ? IE_SURE_NAME_DAY : IE_SURE_NAME);
    }
    if (ie_folder_date(photo->path, &time)) {
        ie_dates_add(dates, IE_DATE_FOLDER, &time, IE_SURE_FOLDER);
    }
}

static void date_of_file(const ie_photo *photo, ie_dates *dates)
{
    time_t seconds =
        (time_t)(photo->stamp.mtime_ns / 1000000000 - (photo->stamp.mtime_ns % 1000000000 < 0));
    struct tm local;
    if (photo->stamp.mtime_ns != 0 && localtime_r(&seconds, &local) != NULL) {
        ie_datetime time =
            ie_datetime_from_unix(photo->stamp.mtime_ns, (int)(local.tm_gmtoff / 60), true);
        ie_dates_add(dates, IE_DATE_FILE, &time, IE_SURE_FILE);
    }
}

static void collect_dates(const sources *all, const ie_facts *own, const ie_photo *photo,
                          ie_dates *dates)
{
    bool video = ie_format_kind(photo->format) == IE_KIND_VIDEO;
    ie_dates_add(dates, IE_DATE_EXIF, &all->exif.original,
                 all->exif.date_only ? IE_SURE_DATE_ONLY : IE_SURE_EXIF);
    if (!video) { /* CRW: the camera's clock, as in EXIF */
        ie_dates_add(dates, IE_DATE_EXIF, &own->original, IE_SURE_EXIF);
    }
    ie_dates_add(dates, IE_DATE_EXIF_DIGITIZED, &all->exif.digitized, IE_SURE_DIGITIZED);
    dates_of_words(all, dates);
    ie_dates_add(dates, IE_DATE_QUICKTIME, &own->original,
                 own->date_only ? IE_SURE_DATE_ONLY : IE_SURE_QUICKTIME);
    ie_dates_add(dates, IE_DATE_QUICKTIME, &own->digitized, IE_SURE_MOVIE_HEADER);
    ie_dates_add(dates, IE_DATE_EXIF_MODIFIED, &all->exif.modified, IE_SURE_MODIFIED);
    dates->gps_utc = all->exif.gps_utc;
    dates->zeros = all->exif.zero_date;
    date_of_file(photo, dates);
}

static void read_exif(ie_meta *meta, sources *all)
{
    for (unsigned i = 0; i < meta->exif_count; i++) {
        ie_exif_parts parts = {0};
        ie_span span = meta->exif[i].span;
        if (span.size <= 65536 && span.data == NULL) {
            span.data = ie_span_at(&span, 0, span.size); /* one look instead of one a value */
        }
        if (!ie_exif_read(&span, meta->exif[i].kind, meta->photo->arena, &all->exif, &parts)) {
            ie_meta_damaged(meta, "its EXIF block has no TIFF header");
        }
        ie_meta_add_xmp(meta, parts.xmp);
        ie_meta_add_iptc(meta, parts.iptc);
        ie_meta_add_irb(meta, &parts.irb);
        if (parts.jpeg.size > 2 && i == 0) {
            uint32_t width = all->exif.width, height = all->exif.height;
            meta->exif_count = 0; /* the JPEG's EXIF comes next, in its place */
            ie_meta_find_jpeg(meta, &parts.jpeg);
            meta->width = width;
            meta->height = height;
            for (unsigned j = 0; j < meta->exif_count; j++) {
                ie_exif_parts inner = {0};
                ie_exif_read(&meta->exif[j].span, meta->exif[j].kind, meta->photo->arena,
                             &all->exif, &inner);
            }
            break;
        }
    }
}

static void tell_too_long(ie_photo *photo, const char *where)
{
    ie_photo_fault(photo, "metadata", "too_long",
                   "Its %s has a text of more than %d bytes, which was left out.", where,
                   IE_XMP_MOST_BYTES);
}

static void read_blocks(ie_meta *meta, sources *all)
{
    ie_arena *arena = meta->photo->arena;
    read_exif(meta, all);
    const uint8_t *xmp = ie_span_at(&meta->xmp, 0, meta->xmp.size);
    if (xmp != NULL && ie_xmp_has_news(xmp, (size_t)meta->xmp.size, &all->exif)) {
        ie_xmp_read(xmp, (size_t)meta->xmp.size, arena, &all->xmp);
    }
    const uint8_t *iptc = ie_span_at(&meta->iptc, 0, meta->iptc.size);
    if (iptc != NULL) {
        ie_iptc_read(iptc, (size_t)meta->iptc.size, arena, &all->iptc);
        const uint8_t *digest = ie_span_at(&meta->iptc_digest, 0, 16);
        all->iptc_newer =
            digest != NULL && ie_iptc_is_newer(iptc, (size_t)meta->iptc.size, digest);
        ie_iptc_complete(&all->iptc.m, &all->xmp.m);
    }
    if (all->exif.damaged) {
        ie_meta_damaged(meta, "parts of its EXIF data lie outside the file or the block");
    }
    if (all->xmp.damaged) {
        ie_meta_damaged(meta, "its XMP packet is not well-formed");
    }
    if (all->iptc.damaged) {
        ie_meta_damaged(meta, "its IPTC block is cut short");
    }
    if (all->xmp.too_long) {
        tell_too_long(meta->photo, "XMP packet");
    }
}

/* Windows' own tags and Microsoft's percents count only where nothing better speaks. */
static void add_windows(ie_metadata *m, const sources *all)
{
    const ie_facts *exif = &all->exif;
    m->keywords = m->keywords.count == 0 ? exif->m.keywords : m->keywords;
    m->title = m->title == NULL ? exif->xp_title : m->title;
    m->comment = m->comment == NULL ? exif->xp_comment : m->comment;
    m->creator = m->creator == NULL ? exif->xp_author : m->creator;
    if (m->rating == IE_ABSENT && exif->percent != IE_ABSENT) {
        m->rating = ie_facts_stars(exif->percent);
    }
}

static void weigh(const ie_meta *meta, const sources *all, ie_photo *photo)
{
    ie_metadata *m = ie_photo_own_metadata(photo);
    const ie_metadata *exif = &all->exif.m, *xmp = &all->xmp.m;
    ie_metadata_init(m);
    m->rating = xmp->rating;
    ie_metadata first = *exif;
    first.keywords = (ie_text_list){0};
    ie_metadata_merge(m, &first, 0, photo->arena);
    const ie_metadata *iptc = &all->iptc.m;
    ie_metadata_merge(m, all->iptc_newer ? iptc : xmp, 0, photo->arena);
    ie_metadata_merge(m, all->iptc_newer ? xmp : iptc, 0, photo->arena);
    ie_metadata_merge(m, &meta->own.m, 0, photo->arena);
    add_windows(m, all);
    uint8_t orientation =
        all->exif.orientation != 0 ? all->exif.orientation : meta->own.orientation;
    photo->orientation = meta->upright || orientation == 0 ? 1 : orientation;
    uint32_t width = meta->width != 0 ? meta->width : all->exif.width;
    uint32_t height = meta->width != 0 ? meta->height : all->exif.height;
    if (width > 0 && height > 0) {
        photo->width = width;
        photo->height = height;
    }
}

void ie_metadata_read_with(const ie_metadata_options *options, ie_bytes *bytes, ie_photo *photo)
{
    ie_meta meta;
    sources all = {0};
    ie_dates dates = {0};
    ie_facts_init(&all.exif);
    ie_facts_init(&all.xmp);
    ie_facts_init(&all.iptc);
    ie_meta_find(bytes, photo, &meta);
    read_blocks(&meta, &all);
    weigh(&meta, &all, photo);
    collect_dates(&all, &meta.own, photo, &dates);
    dates_of_names(photo, options->name_pattern, &dates);
    if (options->beside) {
        ie_photo_own_metadata(photo)->sidecars =
            photo->alone ? (ie_text_list){0} : ie_sidecars_beside(photo->real_path, photo->arena);
        ie_sidecars_merge(photo, options->prefer, &dates);
    }
    ie_dates_choose(&dates, options->date_order, options->now_s, photo->arena,
                    ie_photo_own_metadata(photo));
    if ((all.exif.gps_bad || meta.own.gps_bad) && isnan(photo->metadata->latitude)) {
        ie_photo_fault(photo, "metadata", "gps",
                       "Its GPS data gives no position: the numbers or the hemispheres are "
                       "missing or impossible. It is treated as having none.");
    }
    ie_meta_clear(&meta);
}

void ie_metadata_read(ie_bytes *bytes, ie_photo *photo)
{
    ie_metadata_read_with(&(ie_metadata_options){0}, bytes, photo);
}

void ie_metadata_merge_sidecar(const uint8_t *bytes, size_t size, ie_photo *photo)
{
    ie_facts facts;
    ie_dates dates = {0};
    ie_metadata *m = ie_photo_own_metadata(photo);
    ie_facts_init(&facts);
    ie_xmp_read(bytes, size, photo->arena, &facts);
    ie_metadata_merge(m, &facts.m, 0, photo->arena);
    ie_dates_add(&dates, m->captured_source, &m->captured, m->captured_confidence);
    ie_dates_add(&dates, IE_DATE_SIDECAR, &facts.original,
                 facts.date_only ? IE_SURE_DATE_ONLY : IE_SURE_SIDECAR);
    ie_dates_choose(&dates, NULL, 0, photo->arena, m);
    if (facts.damaged) {
        ie_photo_fault(photo, "metadata", "damaged",
                       "Its XMP sidecar is not well-formed; what stood before the fault was read.");
    }
    if (facts.too_long) {
        tell_too_long(photo, "XMP sidecar");
    }
}
