// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/sidecar_write.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "storage/bytes.h"
#include "storage/exif_extra.h"
#include "storage/exif_keep.h"
#include "storage/facts.h"
#include "storage/metadata_file.h"
#include "storage/xmp_digest.h"
#include "storage/xmp_facts.h"
#include "utils/error.h"
#include "utils/fs.h"

#define NS_DC "http://purl.org/dc/elements/1.1/"
#define NS_XMP "http://ns.adobe.com/xap/1.0/"
#define NS_XMPMM "http://ns.adobe.com/xap/1.0/mm/"
#define NS_EXIF "http://ns.adobe.com/exif/1.0/"
#define NS_LR "http://ns.adobe.com/lightroom/1.0/"
#define NS_DIGIKAM "http://www.digikam.org/ns/1.0/"
#define NS_MEDIAPRO "http://ns.iview-multimedia.com/mediapro/1.0/"
#define NS_MICROSOFT "http://ns.microsoft.com/photo/1.0/"

#define MAX_SIDECAR_BYTES (4 << 20)

/* ---- the edit as properties ------------------------------------------------------------------ */

typedef struct list {
    ie_xmp_change *changes;
    size_t count;
} list;

static ie_xmp_change *add(list *l, const char *space, const char *prefix, const char *name,
                          ie_xmp_form form)
{
    ie_xmp_change *change = &l->changes[l->count++];
    *change = (ie_xmp_change){.space = space, .prefix = prefix, .name = name, .form = form};
    return change;
}

static void add_text(list *l, const char *space, const char *prefix, const char *name,
                     const char *text)
{
    add(l, space, prefix, name, IE_XMP_TEXT)->text = text;
}

static const char *joined(const ie_text_list *first, const ie_text_list *second, ie_arena *arena)
{
    ie_text_list all = {0};
    const ie_text_list *lists[] = {first, second};
    for (int which = 0; which < 2; which++) {
        for (uint32_t i = 0; i < lists[which]->count; i++) {
            ie_text_list_add(&all, arena, lists[which]->items[i]);
        }
    }
    const char *text = NULL;
    for (uint32_t i = 0; i < all.count; i++) {
        text = text == NULL ? all.items[i] : ie_arena_printf(arena, "%s; %s", text, all.items[i]);
    }
    return text;
}

static void add_keywords(list *l, const ie_tag_edit *edit, const ie_metadata *before,
                         ie_arena *arena)
{
    static const ie_text_list none = {0};
    if (edit->add_keywords.count > 0 || edit->forget_generated) {
        ie_xmp_change *subject = add(l, NS_DC, "dc", "subject", IE_XMP_BAG);
        subject->add = edit->add_keywords;
        for (uint32_t i = 0; edit->forget_generated && i < before->generated.count; i++) {
            const char *entry = before->generated.items[i];
            const char *label = ie_arena_strndup(arena, entry, strcspn(entry, "|"));
            ie_text_list_add(&subject->drop, arena, label);
        }
    }
    if (edit->generated.count > 0 || edit->forget_generated) {
        add_text(
            l, IE_XMP_NAMESPACE, "imgengine", "GeneratedKeywords",
            joined(edit->forget_generated ? &none : &before->generated, &edit->generated, arena));
    }
    if (edit->hierarchy.count > 0) {
        add(l, NS_LR, "lr", "hierarchicalSubject", IE_XMP_BAG)->add = edit->hierarchy;
        ie_xmp_change *tags = add(l, NS_DIGIKAM, "digiKam", "TagsList", IE_XMP_SEQ);
        for (uint32_t i = 0; i < edit->hierarchy.count; i++) {
            char *path = ie_arena_strdup(arena, edit->hierarchy.items[i]);
            for (char *p = path; *p != 0; p++) {
                *p = *p == '|' ? '/' : *p;
            }
            ie_text_list_add(&tags->add, arena, path);
        }
    }
}

static void add_place(list *l, const ie_tag_edit *edit, ie_arena *arena)
{
    char latitude[64], longitude[64];
    ie_xmp_place(edit->latitude, edit->longitude, latitude, longitude);
    add_text(l, NS_EXIF, "exif", "GPSLatitude", ie_arena_strdup(arena, latitude));
    add_text(l, NS_EXIF, "exif", "GPSLongitude", ie_arena_strdup(arena, longitude));
    if (edit->has_altitude) {
        add_text(l, NS_EXIF, "exif", "GPSAltitude",
                 ie_arena_printf(arena, "%lld/100", llround(fabs(edit->altitude_m) * 100)));
        add_text(l, NS_EXIF, "exif", "GPSAltitudeRef", edit->altitude_m < 0 ? "1" : "0");
    }
}

size_t ie_xmp_changes(const ie_tag_edit *edit, const ie_metadata *before, ie_arena *arena,
                      ie_xmp_change ret_changes[IE_XMP_CHANGES])
{
    list l = {ret_changes, 0};
    add_keywords(&l, edit, before, arena);
    if (edit->albums.count > 0) {
        add(&l, NS_MEDIAPRO, "mediapro", "CatalogSets", IE_XMP_BAG)->add = edit->albums;
    }
    if (edit->title != NULL) {
        add(&l, NS_DC, "dc", "title", IE_XMP_LANGUAGE)->text = edit->title;
    }
    if (edit->caption != NULL) {
        add(&l, NS_DC, "dc", "description", IE_XMP_LANGUAGE)->text = edit->caption;
    }
    if (edit->rating != IE_ABSENT) {
        add_text(&l, NS_XMP, "xmp", "Rating", ie_arena_printf(arena, "%d", edit->rating));
        ie_xmp_change *percent = add(&l, NS_MICROSOFT, "MicrosoftPhoto", "Rating", IE_XMP_TEXT);
        percent->text = ie_arena_printf(arena, "%d", ie_exif_percent(edit->rating));
        percent->only_present = true;
    }
    if (edit->has_place) {
        add_place(&l, edit, arena);
    }
    if (edit->has_quality) {
        add_text(&l, IE_XMP_NAMESPACE, "imgengine", "Quality",
                 ie_arena_printf(arena, "%.4f", edit->quality));
    }
    if (edit->original_name != NULL) {
        add_text(&l, NS_XMPMM, "xmpMM", "PreservedFileName", edit->original_name);
    }
    return l.count;
}

/* ---- the file -------------------------------------------------------------------------------- */

static ie_status load(const char *path, ie_buffer *ret_text, ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    if (ie_bytes_size(bytes) > MAX_SIDECAR_BYTES) {
        status = ie_error_set(err, IE_ERR_UNSUPPORTED, "%s is larger than any sidecar should be",
                              ie_shown(path));
    } else if (ie_bytes_size(bytes) > 0) {
        const uint8_t *data = ie_bytes_load(bytes, MAX_SIDECAR_BYTES);
        if (data == NULL) {
            status =
                ie_error_errno(err, ie_bytes_errno(bytes), "%s cannot be read", ie_shown(path));
        } else {
            ie_buffer_add(ret_text, data, (size_t)ie_bytes_size(bytes));
        }
    }
    ie_bytes_close(bytes);
    return status;
}

static ie_photo *facts_of(const ie_buffer *text)
{
    ie_photo *photo = ie_photo_new();
    if (text->size > 0) {
        ie_metadata_merge_sidecar((const uint8_t *)text->data, text->size, photo);
    }
    return photo;
}

ie_status ie_sidecar_facts(const char *path, ie_photo **ret_photo, ie_error *err)
{
    ie_buffer text = {0};
    ie_status status = load(path, &text, err);
    if (status == IE_OK) {
        *ret_photo = facts_of(&text);
    }
    ie_buffer_free(&text);
    return status;
}

static bool has_all(const ie_text_list *have, const ie_text_list *wanted)
{
    for (uint32_t i = 0; i < wanted->count; i++) {
        bool found = false;
        for (uint32_t j = 0; j < have->count && !found; j++) {
            found = strcmp(have->items[j], wanted->items[i]) == 0;
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static bool same_text(const char *wanted, const char *is)
{
    return wanted == NULL || (is != NULL && strcmp(wanted, is) == 0);
}

static bool reads_as_asked(const ie_tag_edit *edit, const ie_metadata *before,
                           const ie_metadata *after, ie_arena *arena)
{
    ie_text_list stay =
        edit->forget_generated ? ie_exif_own_keywords(before, arena) : before->keywords;
    bool place = !edit->has_place || (fabs(after->latitude - edit->latitude) < 1e-6 &&
                                      fabs(after->longitude - edit->longitude) < 1e-6);
    return has_all(&after->keywords, &edit->add_keywords) && has_all(&after->keywords, &stay) &&
           has_all(&after->hierarchy, &edit->hierarchy) &&
           has_all(&after->generated, &edit->generated) && has_all(&after->albums, &edit->albums) &&
           has_all(&after->albums, &before->albums) &&
           !(edit->forget_generated && after->generated.count > edit->generated.count) &&
           same_text(edit->title, after->title) && same_text(edit->caption, after->caption) &&
           same_text(edit->original_name, after->original_name) &&
           (edit->rating == IE_ABSENT || edit->rating == after->rating) && place;
}

static ie_status check(const ie_buffer *old, const ie_buffer *text, const ie_tag_edit *edit,
                       const ie_photo *before, const ie_xmp_change *changes, size_t count,
                       ie_error *err)
{
    ie_hash128 was, is;
    if (!ie_xmp_digest((const uint8_t *)old->data, old->size, changes, count, &was) ||
        !ie_xmp_digest((const uint8_t *)text->data, text->size, changes, count, &is) ||
        !ie_hash128_equal(was, is)) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "writing into its sidecar would have changed what others wrote there");
    }
    ie_photo *after = facts_of(text);
    bool good = reads_as_asked(edit, before->metadata, after->metadata, after->arena);
    ie_photo_free(after);
    return good ? IE_OK
                : ie_error_set(err, IE_ERR_FORMAT,
                               "its sidecar would not read as it should after writing");
}

ie_status ie_sidecar_write(const char *temp_path, const ie_tag_edit *edit, ie_error *err)
{
    ie_buffer old = {0}, text = {0};
    ie_xmp_change changes[IE_XMP_CHANGES];
    ie_status status = load(temp_path, &old, err);
    if (status != IE_OK) {
        return status;
    }
    ie_photo *before = facts_of(&old);
    size_t count = ie_xmp_changes(edit, before->metadata, before->arena, changes);
    status = ie_xmp_edit(old.size > 0 ? old.data : "", old.size, changes, count, &text, err);
    if (status == IE_OK) {
        status = check(&old, &text, edit, before, changes, count, err);
    }
    bool same =
        status == IE_OK && old.size == text.size && memcmp(old.data, text.data, old.size) == 0;
    if (status == IE_OK && !same) {
        int failed = ie_fs_write_file(temp_path, text.data, text.size, S_IRUSR | S_IWUSR, true);
        status = failed == 0
                     ? IE_OK
                     : ie_error_errno(err, failed, "%s cannot be written", ie_shown(temp_path));
    }
    ie_photo_free(before);
    ie_buffer_free(&old);
    ie_buffer_free(&text);
    return status;
}
