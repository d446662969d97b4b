// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_tags.h"

#include <errno.h>
#include <gexiv2/gexiv2.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "storage/bytes.h"
#include "storage/exif_file.h"
#include "storage/xmp_facts.h"
#include "utils/error.h"
#include "utils/late.h"
#include "utils/text.h"

#define MAX_FILE_BYTES UINT32_MAX

/* Loaded at first use: see utils/late.h. */
#define CALLS(X)                                                                                   \
    X(gexiv2_get_version)                                                                          \
    X(gexiv2_initialize) X(gexiv2_log_set_handler) X(gexiv2_log_set_level)                         \
        X(gexiv2_metadata_clear_iptc) X(gexiv2_metadata_get_exif_data)                             \
            X(gexiv2_metadata_get_exif_tags) X(gexiv2_metadata_get_iptc_tags) X(                   \
                gexiv2_metadata_get_pixel_height) X(gexiv2_metadata_get_pixel_width)               \
                X(gexiv2_metadata_get_xmp_tags) X(gexiv2_metadata_has_exif) X(                     \
                    gexiv2_metadata_has_iptc) X(gexiv2_metadata_has_xmp) X(gexiv2_metadata_new)    \
                    X(gexiv2_metadata_open_buf) X(gexiv2_metadata_save_file) X(                    \
                        gexiv2_metadata_try_clear_tag) X(gexiv2_metadata_try_erase_exif_thumbnail) \
                        X(gexiv2_metadata_try_generate_xmp_packet)                                 \
                            X(gexiv2_metadata_try_get_tag_multiple)                                \
                                X(gexiv2_metadata_try_get_tag_raw)                                 \
                                    X(gexiv2_metadata_try_get_tag_string)                          \
                                        X(gexiv2_metadata_try_get_tag_type)                        \
                                            X(gexiv2_metadata_try_has_tag)                         \
                                                X(gexiv2_metadata_try_register_xmp_namespace)      \
                                                    X(gexiv2_metadata_try_set_tag_long)            \
                                                        X(gexiv2_metadata_try_set_tag_multiple)    \
                                                            X(gexiv2_metadata_try_set_tag_string)

/* GLib's are found among what gexiv2 brings along. Newer headers have macros of some names. */
#undef g_bytes_get_data
#undef g_bytes_get_size
#undef g_bytes_unref
#undef g_clear_error
#undef g_free
#undef g_object_unref
#undef g_strfreev
#define GLIB_CALLS(X)                                                                              \
    X(g_bytes_get_data) X(g_bytes_get_size) X(g_bytes_unref) X(g_clear_error) X(g_free)            \
    X(g_object_unref) X(g_strfreev)

static struct {
    CALLS(IE_LATE_MEMBER)
    GLIB_CALLS(IE_LATE_MEMBER)
} libgexiv2; /* guarded by the lock below */

#define g_bytes_get_data (libgexiv2.g_bytes_get_data)
#define g_bytes_get_size (libgexiv2.g_bytes_get_size)
#define g_bytes_unref (libgexiv2.g_bytes_unref)
#define g_clear_error (libgexiv2.g_clear_error)
#define g_free (libgexiv2.g_free)
#define g_object_unref (libgexiv2.g_object_unref)
#define g_strfreev (libgexiv2.g_strfreev)
#define gexiv2_get_version (libgexiv2.gexiv2_get_version)
#define gexiv2_initialize (libgexiv2.gexiv2_initialize)
#define gexiv2_log_set_handler (libgexiv2.gexiv2_log_set_handler)
#define gexiv2_log_set_level (libgexiv2.gexiv2_log_set_level)
#define gexiv2_metadata_clear_iptc (libgexiv2.gexiv2_metadata_clear_iptc)
#define gexiv2_metadata_get_exif_data (libgexiv2.gexiv2_metadata_get_exif_data)
#define gexiv2_metadata_get_exif_tags (libgexiv2.gexiv2_metadata_get_exif_tags)
#define gexiv2_metadata_get_iptc_tags (libgexiv2.gexiv2_metadata_get_iptc_tags)
#define gexiv2_metadata_get_pixel_height (libgexiv2.gexiv2_metadata_get_pixel_height)
#define gexiv2_metadata_get_pixel_width (libgexiv2.gexiv2_metadata_get_pixel_width)
#define gexiv2_metadata_get_xmp_tags (libgexiv2.gexiv2_metadata_get_xmp_tags)
#define gexiv2_metadata_has_exif (libgexiv2.gexiv2_metadata_has_exif)
#define gexiv2_metadata_has_iptc (libgexiv2.gexiv2_metadata_has_iptc)
#define gexiv2_metadata_has_xmp (libgexiv2.gexiv2_metadata_has_xmp)
#define gexiv2_metadata_new (libgexiv2.gexiv2_metadata_new)
#define gexiv2_metadata_open_buf (libgexiv2.gexiv2_metadata_open_buf)
#define gexiv2_metadata_save_file (libgexiv2.gexiv2_metadata_save_file)
#define gexiv2_metadata_try_clear_tag (libgexiv2.gexiv2_metadata_try_clear_tag)
#define gexiv2_metadata_try_erase_exif_thumbnail                                                   \
    (libgexiv2.gexiv2_metadata_try_erase_exif_thumbnail)
#define gexiv2_metadata_try_generate_xmp_packet (libgexiv2.gexiv2_metadata_try_generate_xmp_packet)
#define gexiv2_metadata_try_get_tag_multiple (libgexiv2.gexiv2_metadata_try_get_tag_multiple)
#define gexiv2_metadata_try_get_tag_raw (libgexiv2.gexiv2_metadata_try_get_tag_raw)
#define gexiv2_metadata_try_get_tag_string (libgexiv2.gexiv2_metadata_try_get_tag_string)
#define gexiv2_metadata_try_get_tag_type (libgexiv2.gexiv2_metadata_try_get_tag_type)
#define gexiv2_metadata_try_has_tag (libgexiv2.gexiv2_metadata_try_has_tag)
#define gexiv2_metadata_try_register_xmp_namespace                                                 \
    (libgexiv2.gexiv2_metadata_try_register_xmp_namespace)
#define gexiv2_metadata_try_set_tag_long (libgexiv2.gexiv2_metadata_try_set_tag_long)
#define gexiv2_metadata_try_set_tag_multiple (libgexiv2.gexiv2_metadata_try_set_tag_multiple)
#define gexiv2_metadata_try_set_tag_string (libgexiv2.gexiv2_metadata_try_set_tag_string)

struct ie_tags {
    GExiv2Metadata *metadata;
    bool changed;
    char complaint[200]; /* "" for none */
};

static pthread_mutex_t exiv2_lock = PTHREAD_MUTEX_INITIALIZER;
static bool started;         /* guarded by the lock, as the next is */
static ie_tags *complaining; /* whose complaints are heard */

/* Nothing is lost: no directory may follow those of EXIF (Exif 2.32, 4.6.3), where some programs
   leave a number all the same. */
static bool is_harmless(const char *text)
{
    return strstr(text, "has an unexpected next pointer; ignored") != NULL;
}

static void on_log(GExiv2LogLevel level, const gchar *text)
{
    (void)level;
    if (complaining != NULL && complaining->complaint[0] == 0 && !is_harmless(text)) {
        snprintf(complaining->complaint, sizeof complaining->complaint, "%.*s",
                 (int)strcspn(text, "\n"), text);
    }
}

/* ---- texts -------------------------------------------------------------------------------- */

void ie_texts_add(ie_texts *texts, const char *text)
{
    IE_GROW(texts->items, texts->count + 1, texts->room);
    texts->items[texts->count++] = ie_strdup(text);
    texts->items[texts->count] = NULL;
}

bool ie_texts_have(const ie_texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->count; i++) {
        if (strcmp(texts->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

void ie_texts_free(ie_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++) {
        free(texts->items[i]);
    }
    free(texts->items);
    *texts = (ie_texts){0};
}

static ie_texts texts_take(char **values, bool repeats)
{
    ie_texts texts = {0};
    for (size_t i = 0; values != NULL && values[i] != NULL; i++) {
        if (repeats || !ie_texts_have(&texts, values[i])) {
            ie_texts_add(&texts, values[i]);
        }
    }
    g_strfreev(values);
    return texts;
}

/* ---- open, close, save -------------------------------------------------------------------- */

static bool start(void)
{
    static const char *const names[] = {CALLS(IE_LATE_NAME) GLIB_CALLS(IE_LATE_NAME)};
    if (!ie_late_load(IE_LIBRARY_GEXIV2, names, sizeof names / sizeof *names, &libgexiv2)) {
        return false;
    }
    gexiv2_log_set_handler(on_log);
    gexiv2_log_set_level(GEXIV2_LOG_LEVEL_WARN);
    return gexiv2_initialize() &&
           gexiv2_metadata_try_register_xmp_namespace(IE_XMP_NAMESPACE, "imgengine", NULL);
}

ie_status ie_tags_open_memory(const uint8_t *bytes, size_t size, ie_tags **ret_tags, ie_error *err)
{
    pthread_mutex_lock(&exiv2_lock);
    started = started || start();
    if (!started) {
        pthread_mutex_unlock(&exiv2_lock);
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "exiv2 (" IE_LIBRARY_GEXIV2
                            "), which writes metadata, cannot be loaded; install it");
    }
    ie_tags *tags = ie_alloc(sizeof *tags);
    tags->metadata = gexiv2_metadata_new();
    complaining = tags;
    GError *error = NULL;
    bool good = gexiv2_metadata_open_buf(tags->metadata, bytes, (glong)size, &error);
    complaining = NULL;
    if (!good) {
        /* "The file contains data of an unknown image type": 11 up to exiv2 0.27, 12 since 0.28 */
        bool unknown = error != NULL && (error->code == 11 || error->code == 12);
        ie_status status = ie_error_set(err, unknown ? IE_ERR_UNSUPPORTED : IE_ERR_FORMAT,
                                        "its metadata cannot be read: %s",
                                        error != NULL ? error->message : "unknown reason");
        g_clear_error(&error);
        ie_tags_close(tags);
        return status;
    }
    *ret_tags = tags;
    return IE_OK;
}

ie_status ie_tags_open(const char *path, ie_tags **ret_tags, ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    const uint8_t *data = ie_bytes_load(bytes, MAX_FILE_BYTES);
    if (data != NULL) {
        status = ie_tags_open_memory(data, (size_t)ie_bytes_size(bytes), ret_tags, err);
    } else if (ie_bytes_size(bytes) > MAX_FILE_BYTES) {
        status = ie_error_set(err, IE_ERR_LIMIT, "%s is larger than 4 GiB", ie_shown(path));
    } else {
        status =
            ie_bytes_size(bytes) == 0
                ? ie_error_set(err, IE_ERR_FORMAT, "%s is empty", ie_shown(path))
                : ie_error_errno(err, ie_bytes_errno(bytes), "%s cannot be read", ie_shown(path));
    }
    ie_bytes_close(bytes);
    return status;
}

void ie_tags_close(ie_tags *tags)
{
    if (tags != NULL) {
        g_object_unref(tags->metadata);
        free(tags);
        pthread_mutex_unlock(&exiv2_lock);
    }
}

void ie_tags_close_pointer(ie_tags **tags)
{
    ie_tags_close(*tags);
}

ie_status ie_tags_save(ie_tags *tags, const char *path, ie_error *err)
{
    GError *error = NULL;
    errno = 0;
    if (gexiv2_metadata_save_file(tags->metadata, path, &error)) {
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

const char *ie_exif_library(void)
{
    static char name[48];
    pthread_mutex_lock(&exiv2_lock);
    started = started || start();
    if (!started) {
        snprintf(name, sizeof name, "gexiv2 (does not start)");
    } else if (name[0] == 0) {
        int version = gexiv2_get_version();
        snprintf(name, sizeof name, "gexiv2 %d.%d.%d", version / 10000, version / 100 % 100,
                 version % 100);
    }
    pthread_mutex_unlock(&exiv2_lock);
    return name;
}

/* ---- asking ------------------------------------------------------------------------------- */

const char *ie_tags_complaint(const ie_tags *tags)
{
    return tags->complaint[0] != 0 ? tags->complaint : NULL;
}

bool ie_tags_any(const ie_tags *tags)
{
    return gexiv2_metadata_has_exif(tags->metadata) || gexiv2_metadata_has_xmp(tags->metadata) ||
           gexiv2_metadata_has_iptc(tags->metadata);
}

bool ie_tags_any_iptc(const ie_tags *tags)
{
    return gexiv2_metadata_has_iptc(tags->metadata);
}

bool ie_tags_changed(const ie_tags *tags)
{
    return tags->changed;
}

bool ie_tags_has(const ie_tags *tags, const char *name)
{
    return gexiv2_metadata_try_has_tag(tags->metadata, name, NULL);
}

char *ie_tags_text(const ie_tags *tags, const char *name)
{
    char *value = ie_tags_has(tags, name)
                      ? gexiv2_metadata_try_get_tag_string(tags->metadata, name, NULL)
                      : NULL;
    char *text = value != NULL ? ie_strdup(value) : NULL;
    g_free(value);
    return text;
}

size_t ie_tags_bytes(const ie_tags *tags, const char *name)
{
    GBytes *bytes = ie_tags_has(tags, name)
                        ? gexiv2_metadata_try_get_tag_raw(tags->metadata, name, NULL)
                        : NULL;
    size_t size = bytes != NULL ? g_bytes_get_size(bytes) : 0;
    g_bytes_unref(bytes);
    return size;
}

ie_texts ie_tags_list(const ie_tags *tags, const char *name)
{
    char **values = ie_tags_has(tags, name)
                        ? gexiv2_metadata_try_get_tag_multiple(tags->metadata, name, NULL)
                        : NULL;
    return texts_take(values, true);
}

ie_texts ie_tags_names(const ie_tags *tags, enum ie_tags_family family)
{
    return texts_take(family == IE_TAGS_EXIF  ? gexiv2_metadata_get_exif_tags(tags->metadata)
                      : family == IE_TAGS_XMP ? gexiv2_metadata_get_xmp_tags(tags->metadata)
                                              : gexiv2_metadata_get_iptc_tags(tags->metadata),
                      false);
}

char *ie_tags_packet(const ie_tags *tags)
{
    gchar *packet = gexiv2_metadata_try_generate_xmp_packet(tags->metadata, 0, 0, NULL);
    char *text = packet != NULL ? ie_strdup(packet) : NULL;
    g_free(packet);
    return text;
}

void ie_tags_exif_block(const ie_tags *tags, bool big_endian, ie_buffer *out)
{
    GBytes *block = gexiv2_metadata_has_exif(tags->metadata)
                        ? gexiv2_metadata_get_exif_data(
                              tags->metadata,
                              big_endian ? GEXIV2_BYTE_ORDER_BIG : GEXIV2_BYTE_ORDER_LITTLE, NULL)
                        : NULL;
    gsize size = 0;
    const void *data = block != NULL ? g_bytes_get_data(block, &size) : NULL;
    if (data != NULL) {
        ie_buffer_add(out, data, size);
    }
    g_bytes_unref(block);
}

/* ---- changing ----------------------------------------------------------------------------- */

bool ie_tags_set(ie_tags *tags, const char *name, const char *text)
{
    IE_AUTO_FREE char *present = ie_tags_text(tags, name);
    if (present != NULL && strcmp(present, text) == 0) {
        return true;
    }
    tags->changed = true;
    return gexiv2_metadata_try_set_tag_string(tags->metadata, name, text, NULL);
}

bool ie_tags_set_number(ie_tags *tags, const char *name, long number)
{
    char text[24];
    snprintf(text, sizeof text, "%ld", number);
    IE_AUTO_FREE char *present = ie_tags_text(tags, name);
    if (present != NULL && strcmp(present, text) == 0) {
        return true;
    }
    tags->changed = true;
    return ie_starts_with(name, "Exif.")
               ? gexiv2_metadata_try_set_tag_long(tags->metadata, name, number, NULL)
               : gexiv2_metadata_try_set_tag_string(tags->metadata, name, text, NULL);
}

/* exiv2 shows such a value, and takes it, as: lang="x-default" Text, lang="de" Text */
bool ie_tags_set_language(ie_tags *tags, const char *name, const char *text)
{
    IE_AUTO_FREE char *present = ie_tags_text(tags, name);
    IE_AUTO_FREE char *wanted = ie_asprintf("lang=\"x-default\" %s", text);
    if (present != NULL && ie_starts_with(present, wanted)) {
        const char *rest = present + strlen(wanted);
        if (rest[0] == 0 || ie_starts_with(rest, ", lang=\"")) {
            return true;
        }
    }
    tags->changed = true;
    return gexiv2_metadata_try_set_tag_string(tags->metadata, name, wanted, NULL);
}

bool ie_tags_set_iptc(ie_tags *tags, const char *name, const ie_texts *values)
{
    IE_AUTO_TEXTS ie_texts present = ie_tags_list(tags, name);
    bool equal = present.count == values->count;
    for (size_t i = 0; equal && i < present.count; i++) {
        equal = strcmp(present.items[i], values->items[i]) == 0;
    }
    if (equal) {
        return true;
    }
    tags->changed = true;
    return gexiv2_metadata_try_set_tag_multiple(tags->metadata, name, (const gchar **)values->items,
                                                NULL);
}

/* Not gexiv2_metadata_try_set_tag_multiple(): of an XMP tag that is not there yet it removes
   another one (0.14.0). */
bool ie_tags_append_xmp(ie_tags *tags, const char *name, const char *text)
{
    tags->changed = true;
    return gexiv2_metadata_try_set_tag_string(tags->metadata, name, text, NULL);
}

void ie_tags_clear(ie_tags *tags, const char *name)
{
    if (ie_tags_has(tags, name)) {
        tags->changed = true;
        gexiv2_metadata_try_clear_tag(tags->metadata, name, NULL);
    }
}

void ie_tags_clear_iptc(ie_tags *tags)
{
    tags->changed = true;
    gexiv2_metadata_clear_iptc(tags->metadata);
}

void ie_tags_clear_thumbnail(ie_tags *tags)
{
    tags->changed = true;
    gexiv2_metadata_try_erase_exif_thumbnail(tags->metadata, NULL);
}

/* A known dataset whose values are texts. */
static bool is_text(const char *name)
{
    const char *type =
        strstr(name, ".0x") == NULL ? gexiv2_metadata_try_get_tag_type(name, NULL) : NULL;
    return type != NULL && strcmp(type, "String") == 0;
}

bool ie_tags_iptc_to_utf8(ie_tags *tags)
{
    IE_AUTO_TEXTS ie_texts names = ie_tags_names(tags, IE_TAGS_IPTC);
    bool good = true;
    for (size_t i = 0; i < names.count && good; i++) {
        if (!is_text(names.items[i]) || ie_starts_with(names.items[i], "Iptc.Envelope.")) {
            continue;
        }
        IE_AUTO_TEXTS ie_texts values = ie_tags_list(tags, names.items[i]);
        IE_AUTO_TEXTS ie_texts coded = {0};
        bool valid = true;
        for (size_t j = 0; j < values.count; j++) {
            IE_AUTO_FREE char *text = ie_utf8_from_latin1(values.items[j], strlen(values.items[j]));
            ie_texts_add(&coded, text);
            valid = valid && ie_utf8_valid(values.items[j]);
        }
        good = valid || ie_tags_set_iptc(tags, names.items[i], &coded);
    }
    return good && ie_tags_set(tags, "Iptc.Envelope.CharacterSet", "\033%G");
}
