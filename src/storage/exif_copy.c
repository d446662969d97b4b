// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <string.h>

#include "storage/exif_boxed.h"
#include "storage/exif_check.h"
#include "storage/exif_file.h"
#include "storage/exif_tags.h"
#include "storage/meta_container.h"
#include "utils/error.h"
#include "utils/text.h"

/* ---- what the new file has not, or has otherwise ------------------------------------------- */

static void clear_prefixed(ie_tags *tags, enum ie_tags_family family, const char *const *prefixes)
{
    IE_AUTO_TEXTS ie_texts names = ie_tags_names(tags, family);
    for (size_t i = 0; i < names.count; i++) {
        for (size_t j = 0; prefixes[j] != NULL; j++) {
            if (ie_starts_with(names.items[i], prefixes[j])) {
                ie_tags_clear(tags, names.items[i]);
            }
        }
    }
}

/* How the old file stored its samples, and metadata blocks within EXIF that are carried by
   themselves. */
static void clear_structure(ie_tags *tags)
{
    static const char *const names[] = {"NewSubfileType",
                                        "SubfileType",
                                        "ImageWidth",
                                        "ImageLength",
                                        "BitsPerSample",
                                        "Compression",
                                        "PhotometricInterpretation",
                                        "FillOrder",
                                        "StripOffsets",
                                        "SamplesPerPixel",
                                        "RowsPerStrip",
                                        "StripByteCounts",
                                        "MinSampleValue",
                                        "MaxSampleValue",
                                        "PlanarConfiguration",
                                        "T4Options",
                                        "T6Options",
                                        "TransferFunction",
                                        "Predictor",
                                        "ColorMap",
                                        "TileWidth",
                                        "TileLength",
                                        "TileOffsets",
                                        "TileByteCounts",
                                        "SubIFDs",
                                        "InkSet",
                                        "ExtraSamples",
                                        "SampleFormat",
                                        "SMinSampleValue",
                                        "SMaxSampleValue",
                                        "JPEGTables",
                                        "JPEGProc",
                                        "JPEGInterchangeFormat",
                                        "JPEGInterchangeFormatLength",
                                        "YCbCrCoefficients",
                                        "YCbCrSubSampling",
                                        "YCbCrPositioning",
                                        "ReferenceBlackWhite",
                                        "XMLPacket",
                                        "IPTCNAA",
                                        "ImageResources",
                                        "InterColorProfile"};
    char tag[80];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(tag, sizeof tag, "Exif.Image.%s", names[i]);
        ie_tags_clear(tags, tag);
    }
    static const char *const directories[] = {"Exif.SubImage",   "Exif.Image2.",  "Exif.Image3.",
                                              "Exif.Thumbnail.", "Exif.MpfInfo.", NULL};
    ie_tags_clear_thumbnail(tags);
    clear_prefixed(tags, IE_TAGS_EXIF, directories);
}

/* XMP that points at parts which a new encoding does not have. */
static void clear_parts(ie_tags *tags)
{
    static const char *const prefixes[] = {"Xmp.hdrgm.",
                                           "Xmp.Container.",
                                           "Xmp.GContainer.",
                                           "Xmp.HDRGainMap.",
                                           "Xmp.GCamera.MicroVideo",
                                           "Xmp.GCamera.MotionPhoto",
                                           "Xmp.MPF.",
                                           NULL};
    clear_prefixed(tags, IE_TAGS_XMP, prefixes);
}

/* ---- IPTC for formats without it ----------------------------------------------------------- */

static void list_to_xmp(ie_tags *tags, const char *from, const char *to)
{
    IE_AUTO_TEXTS ie_texts values = ie_tags_list(tags, from);
    IE_AUTO_TEXTS ie_texts present = ie_tags_list(tags, to);
    for (size_t i = 0; i < values.count; i++) {
        if (values.items[i][0] != 0 && !ie_texts_have(&present, values.items[i]) &&
            ie_tags_append_xmp(tags, to, values.items[i])) {
            ie_texts_add(&present, values.items[i]);
        }
    }
}

/* IPTC has 20230714 and 091233+0200; XMP one text: 2023-07-14T09:12:33+02:00. exiv2 shows them with
   their marks. */
static void date_to_xmp(ie_tags *tags)
{
    IE_AUTO_FREE char *date = ie_tags_text(tags, "Iptc.Application2.DateCreated");
    IE_AUTO_FREE char *time = ie_tags_text(tags, "Iptc.Application2.TimeCreated");
    if (date != NULL && date[0] != 0 && !ie_tags_has(tags, "Xmp.photoshop.DateCreated")) {
        IE_AUTO_FREE char *both =
            time != NULL && time[0] != 0 ? ie_asprintf("%sT%s", date, time) : ie_strdup(date);
        (void)!ie_tags_set(tags, "Xmp.photoshop.DateCreated", both);
    }
}

/* Pairs of the MWG guidelines; XMP that is there already wins. */
static void iptc_to_xmp(ie_tags *tags)
{
    static const struct {
        const char *iptc, *xmp;
    } pairs[] = {{"Caption", "dc.description"},
                 {"ObjectName", "dc.title"},
                 {"Copyright", "dc.rights"},
                 {"Headline", "photoshop.Headline"},
                 {"Credit", "photoshop.Credit"},
                 {"Source", "photoshop.Source"},
                 {"City", "photoshop.City"},
                 {"ProvinceState", "photoshop.State"},
                 {"CountryName", "photoshop.Country"},
                 {"SpecialInstructions", "photoshop.Instructions"},
                 {"TransmissionReference", "photoshop.TransmissionReference"},
                 {"Writer", "photoshop.CaptionWriter"},
                 {"BylineTitle", "photoshop.AuthorsPosition"},
                 {"SubLocation", "iptc.Location"},
                 {"CountryCode", "iptc.CountryCode"}};
    char from[80], to[80];
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        snprintf(from, sizeof from, "Iptc.Application2.%s", pairs[i].iptc);
        snprintf(to, sizeof to, "Xmp.%s", pairs[i].xmp);
        IE_AUTO_FREE char *value = ie_tags_has(tags, to) ? NULL : ie_tags_text(tags, from);
        if (value == NULL || value[0] == 0) {
            continue;
        }
        (void)!(ie_starts_with(pairs[i].xmp, "dc.") ? ie_tags_set_language(tags, to, value)
                                                    : ie_tags_set(tags, to, value));
    }
    list_to_xmp(tags, "Iptc.Application2.Keywords", "Xmp.dc.subject");
    if (!ie_tags_has(tags, "Xmp.dc.creator")) {
        list_to_xmp(tags, "Iptc.Application2.Byline", "Xmp.dc.creator");
    }
    date_to_xmp(tags);
}

/* ---- texts of a PNG, comments of a JPEG ----------------------------------------------------- */

/* What XMP says already wins. False: this has no place in XMP. */
static bool text_to_xmp(ie_tags *tags, const char *keyword, const char *text)
{
    static const struct {
        const char *keyword, *xmp;
        bool language;
    } places[] = {{"Title", "Xmp.dc.title", true},
                  {"Description", "Xmp.dc.description", true},
                  {"Copyright", "Xmp.dc.rights", true},
                  {"Comment", "Xmp.exif.UserComment", true},
                  {"Software", "Xmp.xmp.CreatorTool", false}};
    if (strcmp(keyword, "Author") == 0) {
        return ie_tags_has(tags, "Xmp.dc.creator") ||
               ie_tags_append_xmp(tags, "Xmp.dc.creator", text);
    }
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (strcmp(places[i].keyword, keyword) == 0) {
            return ie_tags_has(tags, places[i].xmp) ||
                   (places[i].language ? ie_tags_set_language(tags, places[i].xmp, text)
                                       : ie_tags_set(tags, places[i].xmp, text));
        }
    }
    return false;
}

/* Is there one of this keyword before it? */
static bool is_further(const ie_meta *meta, unsigned index)
{
    for (unsigned i = 0; i < index; i++) {
        if (strcmp(meta->texts[i].keyword, meta->texts[index].keyword) == 0) {
            return true;
        }
    }
    return false;
}

/* exiv2 reads no texts of a PNG but XMP, and one comment of a JPEG, if any. Further ones and those
   of other keywords come along as one text of ours. */
static ie_status texts_to_xmp(const ie_meta *meta, ie_tags *tags, ie_error *err)
{
    ie_buffer others = {0};
    for (unsigned i = 0; i < meta->text_count; i++) {
        const char *keyword = meta->texts[i].keyword, *text = meta->texts[i].text;
        /* ImageMagick's date:create and the like are of the file. */
        if (!ie_starts_with(keyword, "date:") &&
            (is_further(meta, i) || !text_to_xmp(tags, keyword, text))) {
            ie_buffer_printf(&others, "%s%s: %s", others.size > 0 ? "\n" : "", keyword, text);
        }
    }
    bool good = others.size == 0 || ie_tags_set(tags, "Xmp.imgengine.Texts", others.data);
    ie_buffer_free(&others);
    return good && !meta->more_texts
               ? IE_OK
               : ie_error_set(err, IE_ERR_UNSUPPORTED, "its texts (tEXt, iTXt) are too many or too "
                              "long to come over");
}

static ie_status carry_texts(const char *path, ie_format format, ie_bytes *loaded, ie_tags *tags,
                             ie_error *err)
{
    ie_bytes *bytes = loaded;
    ie_status status = loaded == NULL ? ie_bytes_open(path, &bytes, err) : IE_OK;
    if (status != IE_OK) {
        return status;
    }
    ie_meta meta = {0};
    ie_photo *photo = ie_photo_new();
    photo->format = format;
    ie_meta_find(bytes, photo, &meta);
    status = texts_to_xmp(&meta, tags, err);
    ie_meta_clear(&meta);
    ie_photo_free(photo);
    ie_bytes_close(loaded == NULL ? bytes : NULL);
    return status;
}

/* ---- copying ------------------------------------------------------------------------------- */

static void set_when_there(ie_tags *tags, const char *name, int value)
{
    if (ie_tags_has(tags, name)) {
        (void)!ie_tags_set_number(tags, name, value);
    }
}

static void adapt(ie_tags *tags, const ie_exif_target *to)
{
    const int width = (int)to->width, height = (int)to->height;
    clear_structure(tags);
    clear_parts(tags);
    if (ie_tags_any_iptc(tags)) {
        (void)!ie_tags_iptc_to_utf8(tags);
        if (!ie_exif_carries_iptc(to->format)) {
            iptc_to_xmp(tags);
            ie_tags_clear_iptc(tags);
        }
    }
    set_when_there(tags, "Exif.Image.Orientation", to->orientation);
    set_when_there(tags, "Xmp.tiff.Orientation", to->orientation);
    set_when_there(tags, "Exif.Photo.PixelXDimension", width);
    set_when_there(tags, "Exif.Photo.PixelYDimension", height);
    set_when_there(tags, "Xmp.exif.PixelXDimension", width);
    set_when_there(tags, "Xmp.exif.PixelYDimension", height);
    set_when_there(tags, "Xmp.tiff.ImageWidth", width);
    set_when_there(tags, "Xmp.tiff.ImageLength", height);
}

/* Exif 2.32, ColorSpace and DCF 2.0, 5.2: "R98" is sRGB. */
static void say_srgb(ie_tags *tags)
{
    set_when_there(tags, "Exif.Photo.ColorSpace", 1);
    set_when_there(tags, "Xmp.exif.ColorSpace", 1);
    if (ie_tags_has(tags, "Xmp.photoshop.ICCProfile")) {
        (void)!ie_tags_set(tags, "Xmp.photoshop.ICCProfile", "sRGB IEC61966-2.1");
    }
    if (ie_tags_has(tags, "Exif.Iop.InteroperabilityIndex")) {
        (void)!ie_tags_set(tags, "Exif.Iop.InteroperabilityIndex", "R98");
    }
}

/* Formats that have no metadata at all, or none that anybody writes photos with. */
static bool bare(ie_format format)
{
    return format == IE_FORMAT_BMP || format == IE_FORMAT_PNM || format == IE_FORMAT_GIF ||
           format == IE_FORMAT_ICO;
}

/* `snapshot`: see ie_boxed_embed(); empty where exiv2 wrote the file. */
static ie_status carry(ie_tags *tags, bool big_endian, const ie_exif_target *to, ie_texts *snapshot,
                       ie_error *err)
{
    if (!ie_tags_any(tags)) {
        return IE_OK;
    }
    if (ie_tags_complaint(tags) != NULL) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "its metadata is damaged and would not come over whole (exiv2: %s)",
                            ie_tags_complaint(tags));
    }
    if (!ie_exif_can_carry(to->format)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "its metadata (date, camera, place …) cannot be carried into %s files",
                            ie_format_name(to->format));
    }
    if (ie_tags_has(tags, "Xmp.xmpNote.HasExtendedXMP")) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "its extended XMP block would be lost");
    }
    adapt(tags, to);
    if (to->srgb) {
        say_srgb(tags);
    }
    return ie_exif_can_write(to->format)
               ? ie_tags_save(tags, to->path, err)
               : ie_boxed_embed(tags, big_endian, to->path, to->format, snapshot, err);
}

/* CRW has no EXIF; what exiv2 makes of its own numbers for exposures may be wrong (5 s become 1 s).
   The maker's notes have them still. */
static void drop_guesses(ie_tags *tags, const ie_metadata *facts)
{
    static const char *const names[] = {"Exif.Photo.FNumber", "Exif.Photo.ExposureTime",
                                        "Exif.Photo.FocalLength", "Exif.Photo.ISOSpeedRatings",
                                        "Exif.Photo.Flash"};
    for (size_t i = 0; isnan(facts->f_number) && i < sizeof names / sizeof *names; i++) {
        ie_tags_clear(tags, names[i]);
    }
}

static ie_status open_tags(const char *path, ie_format format, ie_bytes *bytes, ie_tags **ret_tags,
                           ie_error *err)
{
    if (format == IE_FORMAT_JXL || format == IE_FORMAT_HEIC || format == IE_FORMAT_AVIF) {
        return ie_boxed_open_tags(path, format, ret_tags, err);
    }
    const uint8_t *data = bytes != NULL ? ie_bytes_load(bytes, UINT64_MAX) : NULL;
    return data != NULL ? ie_tags_open_memory(data, (size_t)ie_bytes_size(bytes), ret_tags, err)
                        : ie_tags_open(path, ret_tags, err);
}

static ie_status copy_tags(const char *from_path, ie_format from_format, ie_bytes *from_bytes,
                           const ie_metadata *facts, const ie_exif_target *to, ie_texts *snapshot,
                           ie_error *err)
{
    IE_AUTO_TAGS ie_tags *tags = NULL;
    ie_status status = open_tags(from_path, from_format, from_bytes, &tags, err);
    if (status != IE_OK || tags == NULL) {
        return status;
    }
    if (from_format == IE_FORMAT_CRW) {
        drop_guesses(tags, facts);
    }
    if (from_format == IE_FORMAT_PNG || from_format == IE_FORMAT_JPEG) {
        status = carry_texts(from_path, from_format, from_bytes, tags, err);
    }
    if (status != IE_OK) {
        return status;
    }
    if (!ie_exif_keep_date(tags, facts)) {
        return ie_error_set(err, IE_ERR_FORMAT, "its date cannot be carried over");
    }
    bool big_endian = ie_boxed_big_endian(from_path, from_format);
    return carry(tags, big_endian, to, snapshot, err);
}

ie_status ie_exif_copy(const char *from_path, ie_format from_format, ie_bytes *from_bytes,
                       const ie_exif_target *to, ie_error *err)
{
    if (bare(from_format)) {
        return IE_OK;
    }
    IE_AUTO_TEXTS ie_texts snapshot = {0};
    ie_photo *from = NULL, *made = NULL;
    ie_status status = ie_exif_facts(from_path, from_format, &from, err);
    if (status == IE_OK) {
        status = copy_tags(from_path, from_format, from_bytes, from->metadata, to, &snapshot, err);
    }
    status = status == IE_OK ? ie_boxed_check(to->path, to->format, &snapshot, err) : status;
    if (status == IE_OK) {
        status = ie_exif_facts(to->path, to->format, &made, err);
    }
    /* exiv2 makes a PNG's description of a JPEG's comment. */
    if (status == IE_OK && to->format == IE_FORMAT_PNG && from->metadata->caption == NULL &&
        from->metadata->comment != NULL && made->metadata->caption != NULL &&
        strcmp(from->metadata->comment, made->metadata->caption) == 0) {
        ie_photo_own_metadata(from)->caption = from->metadata->comment;
    }
    /* Another reader than the one that carried them finds the same facts in the new file. */
    const char *what =
        status == IE_OK ? ie_exif_difference(from->metadata, made->metadata) : NULL;
    if (what != NULL) {
        status =
            ie_error_set(err, IE_ERR_UNSUPPORTED, "its %s would not come over into the %s file",
                         what, ie_format_name(to->format));
    }
    ie_photo_free(from);
    ie_photo_free(made);
    return status;
}
