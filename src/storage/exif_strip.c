// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_strip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "storage/bytes.h"
#include "storage/exif_check.h"
#include "storage/exif_strip_colors.h"
#include "storage/exif_tags.h"
#include "storage/image_data.h"
#include "storage/iptc_digest.h"
#include "storage/span.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

#define MAX_FILE_BYTES UINT32_MAX
#define MIN_SERIAL 5 /* shorter ones stand in any file by chance */

/* ---- by exiv2's names ---------------------------------------------------------------------- */

static bool has_word(const char *name, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcasestr(name, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}

/* exiv2 shows what it finds in maker notes in groups of their own: "Exif.Canon.SerialNumber". */
static bool in_notes(const char *name)
{
    static const char *const plain[] = {
        "Exif.Image",      "Exif.Photo.",   "Exif.GPSInfo.", "Exif.Iop.",
        "Exif.Thumbnail.", "Exif.SubImage", "Exif.Mpf",      NULL};
    for (size_t i = 0; plain[i] != NULL; i++) {
        if (ie_starts_with(name, plain[i])) {
            return strcmp(name, "Exif.Photo.MakerNote") == 0 ||
                   strcmp(name, "Exif.Image.DNGPrivateData") == 0;
        }
    }
    return ie_starts_with(name, "Exif.");
}

static bool goes(const char *name, unsigned strip)
{
    static const char *const places[] = {"gps",   "latitude", "longitude", "location",
                                         ".City", "State",    "Country",   NULL};
    static const char *const serials[] = {
        "serial", "OwnerName", "UniqueID", ".0xfde8", ".0xfde9" /* Adobe: owner, serial number */,
        NULL};
    return (strip & IE_STRIP_ALL) != 0 || in_notes(name) ||
           ((strip & IE_STRIP_GPS) != 0 && has_word(name, places)) ||
           ((strip & IE_STRIP_SERIALS) != 0 && has_word(name, serials));
}

enum { NAME_BYTES = 96 };

/* `name` is given the first one; NULL is fine. */
static bool any_left(const ie_tags *tags, unsigned strip, ie_tags *writable, char *name)
{
    static const enum ie_tags_family families[] = {IE_TAGS_EXIF, IE_TAGS_XMP, IE_TAGS_IPTC};
    bool any = false;
    for (size_t f = 0; f < 3; f++) {
        IE_AUTO_TEXTS ie_texts names = ie_tags_names(tags, families[f]);
        for (size_t i = 0; i < names.count; i++) {
            bool lies = strcmp(names.items[i], "Exif.Image.Orientation") == 0;
            if (!lies && goes(names.items[i], strip)) {
                if (name != NULL && !any) {
                    snprintf(name, NAME_BYTES, "%s", names.items[i]);
                }
                any = true;
                if (writable != NULL) {
                    ie_tags_clear(writable, names.items[i]);
                }
            }
        }
    }
    return any;
}

static ie_status check_tags(const ie_tags *tags, ie_error *err)
{
    if (ie_tags_complaint(tags) != NULL) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "its metadata is damaged, so that nobody can tell what it says");
    }
    return ie_tags_has(tags, "Xmp.xmpNote.HasExtendedXMP")
               ? ie_error_set(err, IE_ERR_UNSUPPORTED,
                              "its XMP goes on in further blocks, which may say the same")
               : IE_OK;
}

static ie_status clear_tags(const char *path, unsigned strip, ie_error *err)
{
    IE_AUTO_TAGS ie_tags *tags = NULL;
    ie_status status = ie_tags_open(path, &tags, err);
    status = status == IE_OK ? check_tags(tags, err) : status;
    if (status != IE_OK || !ie_tags_any(tags)) {
        return status;
    }
    any_left(tags, strip, tags, NULL);
    ie_tags_clear_thumbnail(tags);
    return ie_tags_save(tags, path, err);
}

static bool exiv2_finds_some(const char *path, unsigned strip, char name[NAME_BYTES])
{
    IE_AUTO_TAGS ie_tags *tags = NULL;
    snprintf(name, NAME_BYTES, "metadata");
    return ie_tags_open(path, &tags, NULL) != IE_OK || any_left(tags, strip, NULL, name);
}

/* ---- all, of JPEG and PNG ------------------------------------------------------------------- */

static bool stays(uint8_t marker, const uint8_t *body, size_t size)
{
    static const char icc[] = "ICC_PROFILE", adobe[] = "Adobe", jfif[] = "JFIF";
    switch (marker) {
    case 0xe0:
        return size >= sizeof jfif && memcmp(body, jfif, sizeof jfif) == 0;
    case 0xe2:
        return size >= sizeof icc && memcmp(body, icc, sizeof icc) == 0;
    case 0xee:
        return size >= sizeof adobe - 1 && memcmp(body, adobe, sizeof adobe - 1) == 0;
    default:
        return (marker < 0xe0 || marker > 0xef) && marker != 0xfe;
    }
}

/* An EXIF block that says how the picture lies, and nothing else. */
static void add_orientation(ie_buffer *out, uint8_t orientation)
{
    const uint8_t block[] = {0xff, 0xe1, 0, 34, 'E', 'x',         'i', 'f', 0,    0,    'M', 'M',
                             0,    42,   0, 0,  0,   8,           0,   1,   0x01, 0x12, 0,   3,
                             0,    0,    0, 1,  0,   orientation, 0,   0,   0,    0,    0,   0};
    ie_buffer_add(out, block, sizeof block);
}

/* What decides the picture, and nothing behind it. False: no JPEG of the usual structure. */
static bool bare_jpeg(const uint8_t *bytes, size_t size, uint8_t orientation,
                      const ie_profile *profile, ie_buffer *out)
{
    size_t at = 2;
    if (size < 4 || ie_be16(bytes) != 0xffd8) {
        return false;
    }
    ie_buffer_add(out, bytes, 2);
    if (orientation > 1) {
        add_orientation(out, orientation);
    }
    while (size - at >= 4 && bytes[at] == 0xff) {
        uint8_t marker = bytes[at + 1];
        size_t length = (size_t)ie_be16(bytes + at + 2);
        if (marker == 0xff) {
            at++;
            continue;
        }
        if (length < 2 || length > size - at - 2) {
            return false;
        }
        if (marker == 0xda) {
            ie_strip_add_profile(out, profile);
            size_t end = ie_image_data_jpeg_end(bytes, size);
            ie_buffer_add(out, bytes + at, end > at ? end - at : 0);
            return end > at;
        }
        if (stays(marker, bytes + at + 4, length - 2)) {
            ie_buffer_add(out, bytes + at, length + 2);
        }
        at += length + 2;
    }
    return false;
}

/* Every chunk but texts, times and EXIF. */
static bool bare_png(const uint8_t *bytes, size_t size, ie_buffer *out)
{
    static const char *const metadata[] = {"tEXt", "zTXt", "iTXt", "tIME", "eXIf"};
    size_t at = 8;
    if (size < 8) {
        return false;
    }
    ie_buffer_add(out, bytes, 8);
    while (size - at >= 12) {
        size_t length = ie_be32(bytes + at);
        bool drop = false;
        if (length > size - at - 12) {
            return false;
        }
        for (size_t i = 0; i < sizeof metadata / sizeof *metadata; i++) {
            drop = drop || memcmp(bytes + at + 4, metadata[i], 4) == 0;
        }
        if (!drop) {
            ie_buffer_add(out, bytes + at, length + 12);
        }
        bool end = memcmp(bytes + at + 4, "IEND", 4) == 0;
        at += length + 12;
        if (end) {
            return true;
        }
    }
    return false;
}

static ie_status write_bare(const char *path, ie_format format, ie_bytes *file, uint8_t orientation,
                            ie_error *err)
{
    ie_buffer out = {0};
    ie_profile profile = {0};
    const uint8_t *bytes = ie_bytes_load(file, MAX_FILE_BYTES);
    const size_t size = (size_t)ie_bytes_size(file);
    ie_status status = ie_strip_profile(file, format, &profile, err);
    if (status != IE_OK) {
        return status;
    }
    bool good = bytes != NULL &&
                (format == IE_FORMAT_PNG ? bare_png(bytes, size, &out)
                                         : bare_jpeg(bytes, size, orientation, &profile, &out));
    free(profile.data);
    if (!good) {
        status =
            ie_error_set(err, IE_ERR_FORMAT, "its %s structure is damaged", ie_format_name(format));
    } else {
        int failed = ie_fs_write_file(path, out.data, out.size, S_IRUSR | S_IWUSR, true);
        status = failed != 0 ? ie_error_errno(err, failed, "%s cannot be written", ie_shown(path))
                             : IE_OK;
    }
    ie_buffer_free(&out);
    return status;
}

/* ---- the proof ----------------------------------------------------------------------------- */

static bool said_nothing(const ie_metadata *m)
{
    return (m->captured_source == IE_DATE_NONE || m->captured_source == IE_DATE_FILE) &&
           m->make == NULL && m->model == NULL && m->lens == NULL && m->serial == NULL &&
           m->software == NULL && m->title == NULL && m->caption == NULL && m->comment == NULL &&
           m->keywords.count == 0 && m->creator == NULL && m->copyright == NULL &&
           m->region_count == 0 && isnan(m->latitude) && m->unique_id == NULL;
}

/* What is still there, or NULL. */
static const char *rest_of(const ie_metadata *was, const ie_photo *is, unsigned strip)
{
    const ie_metadata *m = is->metadata;
    ie_metadata wanted = *was;
    if ((strip & IE_STRIP_ALL) != 0) {
        return said_nothing(m) ? NULL : "metadata";
    }
    if ((strip & IE_STRIP_GPS) != 0) {
        /* Without the clock of the satellites nobody knows the zone any more. */
        wanted.latitude = wanted.longitude = wanted.altitude_m = NAN;
        if (m->city != NULL || m->state != NULL || m->country != NULL) {
            return "place";
        }
    }
    if ((strip & IE_STRIP_SERIALS) != 0) {
        wanted.serial = NULL;
    }
    wanted.captured.has_offset = m->captured.has_offset;
    wanted.captured.offset_minutes = m->captured.offset_minutes;
    return ie_exif_difference(&wanted, m);
}

static bool bytes_hold(const char *path, const char *text)
{
    ie_bytes *bytes = NULL;
    if (text == NULL || strlen(text) < MIN_SERIAL) {
        return false;
    }
    if (ie_bytes_open(path, &bytes, NULL) != IE_OK) {
        return true;
    }
    const uint8_t *data = ie_bytes_load(bytes, MAX_FILE_BYTES);
    bool found =
        data == NULL || memmem(data, (size_t)ie_bytes_size(bytes), text, strlen(text)) != NULL;
    ie_bytes_close(bytes);
    return found;
}

static ie_status prove(const char *path, ie_format format, const ie_photo *was, unsigned strip,
                       ie_error *err)
{
    ie_photo *is = NULL;
    ie_status status = ie_exif_facts(path, format, &is, err);
    if (status != IE_OK) {
        return status;
    }
    char name[NAME_BYTES];
    bool serials = (strip & (IE_STRIP_SERIALS | IE_STRIP_ALL)) != 0;
    const char *what = rest_of(was->metadata, is, strip);
    what = what == NULL && is->orientation != was->orientation ? "orientation" : what;
    what = what == NULL && exiv2_finds_some(path, strip, name) ? name : what;
    what =
        what == NULL && serials && bytes_hold(path, was->metadata->serial) ? "serial number" : what;
    ie_photo_free(is);
    if (what == name && in_notes(name)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "exiv2 leaves some of the camera's notes in it (%s), which may say the "
                            "same; --strip all takes everything out",
                            name);
    }
    return what == NULL
               ? IE_OK
               : ie_error_set(
                     err, IE_ERR_UNSUPPORTED, "its %s would not be as it should afterwards%s", what,
                     (strip & IE_STRIP_ALL) != 0 ? "" : "; --strip all takes everything out");
}

static ie_status check_picture(const char *path, ie_format format, ie_hash128 was, ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    ie_hash128 is;
    const uint8_t *data = ie_bytes_load(bytes, MAX_FILE_BYTES);
    bool same = data != NULL &&
                ie_image_data_hash(data, (size_t)ie_bytes_size(bytes), format, &is) &&
                ie_hash128_equal(was, is);
    ie_bytes_close(bytes);
    return same ? IE_OK
                : ie_error_set(err, IE_ERR_FORMAT,
                               "stripping it would have changed the picture itself");
}

/* All of it from JPEG and PNG goes without exiv2. */
static bool goes_bare(ie_format format, unsigned strip)
{
    return (format == IE_FORMAT_JPEG || format == IE_FORMAT_PNG) && (strip & IE_STRIP_ALL) != 0;
}

/* What is in the way of taking out parts. */
static ie_status check_bytes(const uint8_t *data, size_t size, ie_format format,
                             ie_hash128 *ret_picture, ie_error *err)
{
    const char *pinned = ie_image_data_pinned(data, size, format);
    if (pinned != NULL) { /* what is in the way of new metadata in a JPEG, may tell of the old */
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "%s",
                            format == IE_FORMAT_JPEG
                                ? "it holds more than one picture (a preview, a gain map) or "
                                  "unknown data, which may say the same"
                                : pinned);
    }
    if (format == IE_FORMAT_JPEG && ie_image_data_motion(data, size)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "it carries a video, which may say the same");
    }
    return ie_image_data_hash(data, size, format, ret_picture)
               ? IE_OK
               : ie_error_set(err, IE_ERR_FORMAT, "its %s structure is damaged",
                              ie_format_name(format));
}

static bool is_known(ie_format format, unsigned strip)
{
    return format == IE_FORMAT_JPEG || format == IE_FORMAT_PNG || format == IE_FORMAT_WEBP ||
           (format == IE_FORMAT_TIFF && (strip & IE_STRIP_ALL) == 0);
}

static ie_status load(const char *path, ie_bytes **ret_bytes, const uint8_t **ret_data,
                      ie_error *err)
{
    ie_status status = ie_bytes_open(path, ret_bytes, err);
    *ret_data = status == IE_OK ? ie_bytes_load(*ret_bytes, MAX_FILE_BYTES) : NULL;
    return status == IE_OK && *ret_data == NULL
               ? ie_error_set(err, IE_ERR_FORMAT, "it cannot be read")
               : status;
}

static ie_status check_colours(ie_bytes *bytes, ie_format format, unsigned strip, ie_error *err)
{
    ie_profile profile = {0};
    ie_status status =
        (strip & IE_STRIP_ALL) != 0 ? ie_strip_profile(bytes, format, &profile, err) : IE_OK;
    free(profile.data);
    return status;
}

static ie_status strip_bytes(const char *path, ie_format format, const ie_photo *was,
                             unsigned strip, ie_error *err)
{
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_status status = load(path, &bytes, &data, err);
    if (status == IE_OK && goes_bare(format, strip)) {
        status = write_bare(path, format, bytes, was->orientation, err);
    } else if (status == IE_OK) {
        ie_hash128 picture;
        bool in_step = false;
        status = check_colours(bytes, format, strip, err);
        status = status == IE_OK
                     ? check_bytes(data, (size_t)ie_bytes_size(bytes), format, &picture, err)
                     : status;
        status = status == IE_OK ? ie_iptc_in_step(path, format, &in_step, err) : status;
        status = status == IE_OK ? clear_tags(path, strip, err) : status;
        status = status == IE_OK && in_step ? ie_iptc_refresh_digest(path, format, err) : status;
        status = status == IE_OK ? check_picture(path, format, picture, err) : status;
    }
    ie_bytes_close(bytes);
    return status;
}

ie_status ie_exif_strip_check(const char *path, ie_format format, unsigned strip, ie_error *err)
{
    if (!is_known(format, strip)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "it cannot be taken out of %s files",
                            ie_format_name(format));
    }
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_hash128 picture;
    ie_status status = load(path, &bytes, &data, err);
    status = status == IE_OK ? check_colours(bytes, format, strip, err) : status;
    if (goes_bare(format, strip)) {
        ie_bytes_close(bytes);
        return status;
    }
    status = status == IE_OK
                 ? check_bytes(data, (size_t)ie_bytes_size(bytes), format, &picture, err)
                 : status;
    if (status == IE_OK) {
        IE_AUTO_TAGS ie_tags *tags = NULL;
        status = ie_tags_open_memory(data, (size_t)ie_bytes_size(bytes), &tags, err);
        status = status == IE_OK ? check_tags(tags, err) : status;
    }
    ie_bytes_close(bytes);
    return status;
}

ie_status ie_exif_strip(const char *temp_path, ie_format format, unsigned strip, ie_error *err)
{
    if (!is_known(format, strip)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "it cannot be taken out of %s files",
                            ie_format_name(format));
    }
    ie_photo *was = NULL;
    ie_status status = ie_exif_facts(temp_path, format, &was, err);
    status = status == IE_OK ? strip_bytes(temp_path, format, was, strip, err) : status;
    status = status == IE_OK ? prove(temp_path, format, was, strip, err) : status;
    ie_photo_free(was);
    return status;
}

static bool facts_say_nothing(const char *path, ie_format format, unsigned strip)
{
    ie_photo *photo = NULL;
    if (ie_exif_facts(path, format, &photo, NULL) != IE_OK) {
        return false;
    }
    const ie_metadata *m = photo->metadata;
    bool silent = ((strip & IE_STRIP_ALL) == 0 || said_nothing(m)) &&
                  ((strip & IE_STRIP_SERIALS) == 0 || m->serial == NULL) &&
                  ((strip & IE_STRIP_GPS) == 0 || (isnan(m->latitude) && m->city == NULL &&
                                                   m->state == NULL && m->country == NULL));
    ie_photo_free(photo);
    return silent;
}

bool ie_exif_is_stripped(const char *path, ie_format format, unsigned strip, const char *serial)
{
    if (format == IE_FORMAT_BMP) {
        return true;
    }
    ie_bytes *bytes = NULL;
    const uint8_t *data = NULL;
    ie_hash128 picture;
    char name[NAME_BYTES];
    bool good = is_known(format, strip) && load(path, &bytes, &data, NULL) == IE_OK &&
                check_bytes(data, (size_t)ie_bytes_size(bytes), format, &picture, NULL) == IE_OK;
    ie_bytes_close(bytes);
    bool serials = (strip & (IE_STRIP_SERIALS | IE_STRIP_ALL)) != 0;
    return good && facts_say_nothing(path, format, strip) && !exiv2_finds_some(path, strip, name) &&
           !(serials && bytes_hold(path, serial));
}
