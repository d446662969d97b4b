// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One mutex is held from open to save: exiv2's XMP toolkit loses data silently when two threads use it, and
 * its own lock hook does not cure that (Exiv2 pull requests 3011 and 3448). Files are handed over as bytes and never
 * mapped. A file about whose metadata exiv2 complains is not rewritten: what it could not read it would lose.
 */
#include "storage/exif_file.h"

#include <gexiv2/gexiv2.h>
#include <pthread.h>

#include "storage/bytes.h"
#include "utils/error.h"
#include "utils/text.h"

#define MAX_FILE_BYTES UINT32_MAX

static pthread_mutex_t exiv2_lock = PTHREAD_MUTEX_INITIALIZER;
static bool started;    /* these three are guarded by the lock */
static int complaints;  /* of exiv2 since they were last set to 0 */
static char complaint[200];

static void on_log(GExiv2LogLevel level, const gchar *text)
{
    if (complaints++ == 0) {
        snprintf(complaint, sizeof complaint, "%.*s", (int)strcspn(text, "\n"), text);
    }
}

/* Takes the lock and starts the library on first use. */
static bool begin(void)
{
    pthread_mutex_lock(&exiv2_lock);
    if (!started) {
        gexiv2_log_set_handler(on_log);
        gexiv2_log_set_level(GEXIV2_LOG_LEVEL_WARN);
        started = gexiv2_initialize();
    }
    return started;
}

static void end(GExiv2Metadata *metadata)
{
    if (metadata != NULL) {
        g_object_unref(metadata);
    }
    pthread_mutex_unlock(&exiv2_lock);
}

bool ie_exif_can_write(ie_format format)
{
    return format == IE_FORMAT_JPEG || format == IE_FORMAT_PNG || format == IE_FORMAT_TIFF ||
           format == IE_FORMAT_WEBP;
}

static bool carries_iptc(ie_format format)
{
    return format == IE_FORMAT_JPEG || format == IE_FORMAT_PNG || format == IE_FORMAT_TIFF || format == IE_FORMAT_JP2;
}

static bool has(GExiv2Metadata *m, const char *tag)
{
    return gexiv2_metadata_try_has_tag(m, tag, NULL);
}

static void clear(GExiv2Metadata *m, const char *tag)
{
    gexiv2_metadata_try_clear_tag(m, tag, NULL);
}

static bool set_text(GExiv2Metadata *m, const char *tag, const char *text)
{
    return gexiv2_metadata_try_set_tag_string(m, tag, text, NULL);
}

/* Opens a file's metadata; the lock is held. IE_ERR_UNSUPPORTED: exiv2 does not know such files. */
static ie_status open_metadata(const char *path, GExiv2Metadata **ret, ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    const uint8_t *data = ie_bytes_load(bytes, MAX_FILE_BYTES);
    if (data == NULL) {
        status = ie_bytes_size(bytes) > MAX_FILE_BYTES
                     ? ie_error_set(err, IE_ERR_LIMIT, "%s is larger than 4 GiB", ie_shown(path))
                     : ie_error_errno(err, ie_bytes_errno(bytes), "%s cannot be read", ie_shown(path));
        ie_bytes_close(bytes);
        return status;
    }
    GExiv2Metadata *m = gexiv2_metadata_new();
    GError *error = NULL;
    complaints = 0;
    if (!gexiv2_metadata_open_buf(m, data, (glong)ie_bytes_size(bytes), &error)) {
        /* "The file contains data of an unknown image type": 11 up to exiv2 0.27, 12 since 0.28 */
        bool unknown = error != NULL && (error->code == 11 || error->code == 12);
        status = ie_error_set(err, unknown ? IE_ERR_UNSUPPORTED : IE_ERR_FORMAT, "its metadata cannot be read: %s",
                              error != NULL ? error->message : "unknown reason");
        g_clear_error(&error);
        g_object_unref(m);
        m = NULL;
    }
    ie_bytes_close(bytes);
    *ret = m;
    return m != NULL ? IE_OK : status;
}

static ie_status open_sound(const char *path, GExiv2Metadata **ret, ie_error *err)
{
    GExiv2Metadata *m = NULL;
    ie_status status = open_metadata(path, &m, err);
    if (status == IE_OK && complaints > 0) {
        g_object_unref(m);
        return ie_error_set(err, IE_ERR_FORMAT, "its metadata is damaged and writing would lose parts of it (exiv2: %s)",
                            complaint);
    }
    if (status == IE_OK) {
        *ret = m;
    }
    return status;
}

static ie_status save(GExiv2Metadata *m, const char *path, ie_error *err)
{
    GError *error = NULL;
    errno = 0;
    if (gexiv2_metadata_save_file(m, path, &error)) {
        return IE_OK;
    }
    int saved = errno;
    ie_status status = saved == ENOSPC || saved == EDQUOT
                           ? ie_error_errno(err, saved, "%s cannot be written", ie_shown(path))
                           : ie_error_set(err, IE_ERR_FORMAT, "its metadata cannot be written: %s",
                                          error != NULL ? error->message : "unknown reason");
    g_clear_error(&error);
    return status;
}

/* ---- writing tags --------------------------------------------------------------------------- */

/* IPTC says in one place how all its texts are coded; before UTF-8 goes in, what is there must become UTF-8. */
static bool iptc_to_utf8(GExiv2Metadata *m)
{
    char **tags = gexiv2_metadata_get_iptc_tags(m);
    bool good = true;
    for (size_t i = 0; tags != NULL && tags[i] != NULL && good; i++) {
        const char *type = gexiv2_metadata_try_get_tag_type(tags[i], NULL);
        if ((i > 0 && strcmp(tags[i], tags[i - 1]) == 0) || type == NULL || strcmp(type, "String") != 0 ||
            ie_starts_with(tags[i], "Iptc.Envelope.")) {
            continue;
        }
        char **values = gexiv2_metadata_try_get_tag_multiple(m, tags[i], NULL);
        bool changed = false;
        for (size_t j = 0; values != NULL && values[j] != NULL; j++) {
            if (!ie_utf8_valid(values[j])) {
                char *text = ie_utf8_from_latin1(values[j], strlen(values[j]));
                g_free(values[j]);
                values[j] = g_strdup(text);
                free(text);
                changed = true;
            }
        }
        good = !changed || gexiv2_metadata_try_set_tag_multiple(m, tags[i], (const gchar **)values, NULL);
        g_strfreev(values);
    }
    g_strfreev(tags);
    return good && set_text(m, "Iptc.Envelope.CharacterSet", "\033%G");
}

static void list_add(GPtrArray *list, const char *text)
{
    for (guint i = 0; i < list->len; i++) {
        if (strcmp(list->pdata[i], text) == 0) {
            return;
        }
    }
    g_ptr_array_add(list, g_strdup(text));
}

static void list_add_tag(GPtrArray *list, GExiv2Metadata *m, const char *tag)
{
    char **values = gexiv2_metadata_try_get_tag_multiple(m, tag, NULL);
    for (size_t i = 0; values != NULL && values[i] != NULL; i++) {
        if (values[i][0] != 0) {
            list_add(list, values[i]);
        }
    }
    g_strfreev(values);
}

static bool tag_equals(GExiv2Metadata *m, const char *tag, char *const *wanted)
{
    char **values = gexiv2_metadata_try_get_tag_multiple(m, tag, NULL);
    bool equal = values != NULL && g_strv_equal((const gchar *const *)values, (const gchar *const *)wanted);
    g_strfreev(values);
    return equal;
}

static bool set_list(GExiv2Metadata *m, const char *tag, GPtrArray *terminated)
{
    char **values = (char **)terminated->pdata;
    return tag_equals(m, tag, values) || gexiv2_metadata_try_set_tag_multiple(m, tag, (const gchar **)values, NULL);
}

/* XMP and IPTC keep in step: each gets what either had, then what is new. */
static bool write_keywords(GExiv2Metadata *m, bool iptc, const ie_text_list *add)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    list_add_tag(list, m, "Xmp.dc.subject");
    list_add_tag(list, m, "Iptc.Application2.Keywords");
    for (uint32_t i = 0; i < add->count; i++) {
        list_add(list, add->items[i]);
    }
    g_ptr_array_add(list, NULL);
    bool good = set_list(m, "Xmp.dc.subject", list) && (!iptc || set_list(m, "Iptc.Application2.Keywords", list));
    g_ptr_array_unref(list);
    return good;
}

/* exiv2 reads a text that begins with `lang=` as an instruction; naming the language makes it a text. */
static bool set_lang_text(GExiv2Metadata *m, const char *tag, const char *text)
{
    IE_AUTO_FREE char *value = ie_asprintf("lang=\"x-default\" %s", text);
    return set_text(m, tag, value);
}

static bool write_rating(GExiv2Metadata *m, int32_t rating)
{
    static const int percent[6] = {0, 1, 25, 50, 75, 99}; /* as Windows writes them beside 0x4746 */
    char text[16];
    snprintf(text, sizeof text, "%d", rating);
    bool good = set_text(m, "Xmp.xmp.Rating", text) && gexiv2_metadata_try_set_tag_long(m, "Exif.Image.Rating", rating, NULL);
    if (good && rating >= 0 && rating <= 5 && has(m, "Exif.Image.RatingPercent")) {
        good = gexiv2_metadata_try_set_tag_long(m, "Exif.Image.RatingPercent", percent[rating], NULL);
    }
    return good;
}

static bool edit_tags(GExiv2Metadata *m, bool iptc, const ie_tag_edit *edit)
{
    bool texts = edit->add_keywords.count > 0 || edit->title != NULL || edit->caption != NULL;
    if (iptc && texts && !iptc_to_utf8(m)) {
        return false;
    }
    if (edit->add_keywords.count > 0 && !write_keywords(m, iptc, &edit->add_keywords)) {
        return false;
    }
    if (edit->caption != NULL &&
        !(set_lang_text(m, "Xmp.dc.description", edit->caption) &&
          set_text(m, "Exif.Image.ImageDescription", edit->caption) &&
          (!iptc || set_text(m, "Iptc.Application2.Caption", edit->caption)))) {
        return false;
    }
    if (edit->title != NULL && !(set_lang_text(m, "Xmp.dc.title", edit->title) &&
                                 (!iptc || set_text(m, "Iptc.Application2.ObjectName", edit->title)))) {
        return false;
    }
    return edit->rating == IE_ABSENT || write_rating(m, edit->rating);
}

/* What was written is there when the file is read again. */
static bool edit_is_there(GExiv2Metadata *m, const ie_tag_edit *edit)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    list_add_tag(list, m, "Xmp.dc.subject");
    guint before = list->len;
    for (uint32_t i = 0; i < edit->add_keywords.count; i++) {
        list_add(list, edit->add_keywords.items[i]);
    }
    bool good = list->len == before;
    g_ptr_array_unref(list);
    return good && (edit->title == NULL || has(m, "Xmp.dc.title")) &&
           (edit->caption == NULL || has(m, "Xmp.dc.description")) &&
           (edit->rating == IE_ABSENT || has(m, "Xmp.xmp.Rating"));
}

static bool texts_are_utf8(const ie_tag_edit *edit)
{
    bool good = (edit->title == NULL || ie_utf8_valid(edit->title)) &&
                (edit->caption == NULL || ie_utf8_valid(edit->caption));
    for (uint32_t i = 0; i < edit->add_keywords.count; i++) {
        good = good && ie_utf8_valid(edit->add_keywords.items[i]);
    }
    return good;
}

static ie_status write_locked(const char *path, bool iptc, const ie_tag_edit *edit, GExiv2Metadata **m, ie_error *err)
{
    ie_status status = open_sound(path, m, err);
    if (status != IE_OK) {
        return status;
    }
    if (!edit_tags(*m, iptc, edit)) {
        return ie_error_set(err, IE_ERR_FORMAT, "its metadata does not take the tags");
    }
    if ((status = save(*m, path, err)) != IE_OK) {
        return status;
    }
    g_object_unref(*m);
    *m = NULL;
    if ((status = open_metadata(path, m, err)) != IE_OK) {
        return status;
    }
    return edit_is_there(*m, edit) ? IE_OK
                                   : ie_error_set(err, IE_ERR_FORMAT, "the tags are not in the file after writing them");
}

ie_status ie_exif_write(const char *temp_path, ie_format format, const ie_tag_edit *edit, ie_error *err)
{
    if (!ie_exif_can_write(format)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "tags cannot be written into %s files", ie_format_name(format));
    }
    if (!texts_are_utf8(edit)) {
        return ie_error_set(err, IE_ERR_USAGE, "a keyword, title or caption is not valid UTF-8");
    }
    GExiv2Metadata *m = NULL;
    ie_status status = begin() ? write_locked(temp_path, carries_iptc(format), edit, &m, err)
                               : ie_error_set(err, IE_ERR_UNSUPPORTED, "exiv2, which writes tags, does not start");
    end(m);
    return status;
}

/* ---- after a conversion ----------------------------------------------------------------------- */

static void clear_prefixed(GExiv2Metadata *m, char **tags, const char *const *prefixes)
{
    for (size_t i = 0; tags != NULL && tags[i] != NULL; i++) {
        for (size_t j = 0; prefixes[j] != NULL; j++) {
            if (ie_starts_with(tags[i], prefixes[j])) {
                clear(m, tags[i]);
            }
        }
    }
    g_strfreev(tags);
}

/* How the old file stored its samples, and metadata blocks within EXIF that are carried by themselves. */
static void clear_structure(GExiv2Metadata *m)
{
    static const char *const names[] = {
        "NewSubfileType", "SubfileType", "ImageWidth", "ImageLength", "BitsPerSample", "Compression",
        "PhotometricInterpretation", "FillOrder", "StripOffsets", "SamplesPerPixel", "RowsPerStrip", "StripByteCounts",
        "MinSampleValue", "MaxSampleValue", "PlanarConfiguration", "T4Options", "T6Options", "TransferFunction",
        "Predictor", "ColorMap", "TileWidth", "TileLength", "TileOffsets", "TileByteCounts", "SubIFDs", "InkSet",
        "ExtraSamples", "SampleFormat", "SMinSampleValue", "SMaxSampleValue", "JPEGTables", "JPEGProc",
        "JPEGInterchangeFormat", "JPEGInterchangeFormatLength", "YCbCrCoefficients", "YCbCrSubSampling",
        "YCbCrPositioning", "ReferenceBlackWhite", "XMLPacket", "IPTCNAA", "ImageResources", "InterColorProfile",
    };
    char tag[80];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(tag, sizeof tag, "Exif.Image.%s", names[i]);
        clear(m, tag);
    }
    static const char *const directories[] = {"Exif.SubImage", "Exif.Image2.", "Exif.Image3.", "Exif.Thumbnail.",
                                              "Exif.MpfInfo.", NULL};
    clear_prefixed(m, gexiv2_metadata_get_exif_tags(m), directories);
}

/* XMP that points at parts which a new encoding does not have. */
static void clear_foreign_parts(GExiv2Metadata *m)
{
    static const char *const prefixes[] = {"Xmp.hdrgm.", "Xmp.Container.", "Xmp.GContainer.", "Xmp.HDRGainMap.",
                                           "Xmp.GCamera.MicroVideo", "Xmp.GCamera.MotionPhoto", "Xmp.MPF.", NULL};
    clear_prefixed(m, gexiv2_metadata_get_xmp_tags(m), prefixes);
}

/* Pairs of the MWG guidelines, for formats without IPTC; XMP that is there already wins. */
static void iptc_to_xmp(GExiv2Metadata *m)
{
    static const struct {
        const char *iptc, *xmp;
    } pairs[] = {
        {"Caption", "dc.description"}, {"ObjectName", "dc.title"}, {"Copyright", "dc.rights"},
        {"Headline", "photoshop.Headline"}, {"Credit", "photoshop.Credit"}, {"Source", "photoshop.Source"},
        {"City", "photoshop.City"}, {"ProvinceState", "photoshop.State"}, {"CountryName", "photoshop.Country"},
        {"SpecialInstructions", "photoshop.Instructions"}, {"TransmissionReference", "photoshop.TransmissionReference"},
        {"DateCreated", "photoshop.DateCreated"}, {"Writer", "photoshop.CaptionWriter"},
    };
    char from[80], to[80];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        snprintf(from, sizeof from, "Iptc.Application2.%s", pairs[i].iptc);
        snprintf(to, sizeof to, "Xmp.%s", pairs[i].xmp);
        char *value = has(m, to) ? NULL : gexiv2_metadata_try_get_tag_string(m, from, NULL);
        if (value != NULL && value[0] != 0) {
            ie_starts_with(pairs[i].xmp, "dc.") ? set_lang_text(m, to, value) : set_text(m, to, value);
        }
        g_free(value);
    }
    static const char *const lists[][2] = {{"Iptc.Application2.Keywords", "Xmp.dc.subject"},
                                           {"Iptc.Application2.Byline", "Xmp.dc.creator"}};
    for (size_t i = 0; i < 2; i++) {
        GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
        list_add_tag(list, m, lists[i][1]);
        guint before = list->len;
        if (i == 0 || before == 0) {
            list_add_tag(list, m, lists[i][0]);
        }
        if (list->len > before) {
            g_ptr_array_add(list, NULL);
            gexiv2_metadata_try_set_tag_multiple(m, lists[i][1], (const gchar **)list->pdata, NULL);
        }
        g_ptr_array_unref(list);
    }
}

static void set_when_there(GExiv2Metadata *m, const char *tag, int value)
{
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    if (has(m, tag)) {
        set_text(m, tag, text);
    }
}

static void adapt(GExiv2Metadata *m, ie_format to_format, int orientation, int width, int height)
{
    clear_structure(m);
    clear_foreign_parts(m);
    gexiv2_metadata_try_erase_exif_thumbnail(m, NULL);
    if (gexiv2_metadata_has_iptc(m)) {
        iptc_to_utf8(m);
        if (!carries_iptc(to_format)) {
            iptc_to_xmp(m);
            gexiv2_metadata_clear_iptc(m);
        }
    }
    set_when_there(m, "Exif.Image.Orientation", orientation);
    set_when_there(m, "Xmp.tiff.Orientation", orientation);
    set_when_there(m, "Exif.Photo.PixelXDimension", width);
    set_when_there(m, "Exif.Photo.PixelYDimension", height);
    set_when_there(m, "Xmp.exif.PixelXDimension", width);
    set_when_there(m, "Xmp.exif.PixelYDimension", height);
    set_when_there(m, "Xmp.tiff.ImageWidth", width);
    set_when_there(m, "Xmp.tiff.ImageLength", height);
}

static bool has_any(GExiv2Metadata *m)
{
    return gexiv2_metadata_has_exif(m) || gexiv2_metadata_has_xmp(m) || gexiv2_metadata_has_iptc(m);
}

/* Formats that have no metadata at all, or none that anybody writes photos with. */
static bool bare(ie_format format)
{
    return format == IE_FORMAT_BMP || format == IE_FORMAT_PNM || format == IE_FORMAT_GIF || format == IE_FORMAT_ICO;
}

static ie_status copy_locked(const char *from_path, const char *to_path, ie_format to_format, int orientation,
                             GExiv2Metadata **m, ie_error *err)
{
    GExiv2Metadata *target = NULL;
    ie_status status = open_sound(from_path, m, err);
    if (status != IE_OK || !has_any(*m)) {
        return status;
    }
    if (!ie_exif_can_write(to_format)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "its metadata cannot be carried into %s files",
                            ie_format_name(to_format));
    }
    if (has(*m, "Xmp.xmpNote.HasExtendedXMP")) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "its extended XMP block would be lost");
    }
    if ((status = open_metadata(to_path, &target, err)) != IE_OK) {
        return status;
    }
    int width = gexiv2_metadata_get_pixel_width(target), height = gexiv2_metadata_get_pixel_height(target);
    g_object_unref(target);
    adapt(*m, to_format, orientation, width, height);
    return save(*m, to_path, err);
}

ie_status ie_exif_copy(const char *from_path, ie_format from_format, const char *to_temp_path, ie_format to_format,
                       int orientation, ie_error *err)
{
    if (bare(from_format)) {
        return IE_OK;
    }
    GExiv2Metadata *m = NULL;
    ie_status status = begin() ? copy_locked(from_path, to_temp_path, to_format, orientation, &m, err)
                               : ie_error_set(err, IE_ERR_UNSUPPORTED, "exiv2, which carries metadata, does not start");
    end(m);
    return status;
}

const char *ie_exif_library(void)
{
    static char name[48];
    static pthread_mutex_t name_lock = PTHREAD_MUTEX_INITIALIZER;
    int version = gexiv2_get_version();
    pthread_mutex_lock(&name_lock);
    snprintf(name, sizeof name, "gexiv2 %d.%d.%d", version / 10000, version / 100 % 100, version % 100);
    pthread_mutex_unlock(&name_lock);
    return name;
}
