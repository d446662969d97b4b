// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_file.h"

#include <math.h>
#include <string.h>

#include "storage/bytes.h"
#include "storage/exif_check.h"
#include "storage/exif_extra.h"
#include "storage/exif_grow.h"
#include "storage/exif_keep.h"
#include "storage/exif_keep_xmp.h"
#include "storage/exif_proof.h"
#include "storage/exif_tags.h"
#include "storage/image_data.h"
#include "storage/iptc_digest.h"
#include "storage/sidecar_write.h"
#include "storage/xmp_digest.h"
#include "storage/meta_embed.h"
#include "utils/error.h"
#include "utils/text.h"

#define MAX_FILE_BYTES UINT32_MAX
/* IPTC IIM 4.2, bytes */
#define KEYWORD_BYTES 64
#define TITLE_BYTES 64
#define CAPTION_BYTES 2000

bool ie_exif_can_write(ie_format format)
{
    return format == IE_FORMAT_JPEG || format == IE_FORMAT_PNG || format == IE_FORMAT_TIFF ||
           format == IE_FORMAT_WEBP;
}

bool ie_exif_can_carry(ie_format format)
{
    return ie_exif_can_write(format) || ie_meta_embeds(format);
}

bool ie_exif_carries_iptc(ie_format format)
{
    return format == IE_FORMAT_JPEG || format == IE_FORMAT_PNG || format == IE_FORMAT_TIFF;
}

/* ---- IPTC --------------------------------------------------------------------------------- */

/* As many whole characters as fit; free() it. */
static char *cut(const char *text, size_t limit)
{
    size_t length = strlen(text);
    if (length > limit) {
        length = limit;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    return ie_strndup(text, length);
}

static bool set_iptc_text(ie_tags *tags, const char *name, const char *text, size_t limit)
{
    IE_AUTO_FREE char *fitting = cut(text, limit);
    return ie_tags_set(tags, name, fitting);
}

/* ---- tags --------------------------------------------------------------------------------- */

/* A keyword that IPTC had no room for is the same keyword. */
static bool known_in_full(const ie_texts *full, const char *text)
{
    for (size_t i = 0; i < full->count; i++) {
        IE_AUTO_FREE char *fitting = cut(full->items[i], KEYWORD_BYTES);
        if (strcmp(full->items[i], text) == 0 || strcmp(fitting, text) == 0) {
            return true;
        }
    }
    return false;
}

static bool write_xmp_keywords(ie_tags *tags, const ie_texts *all, size_t present)
{
    bool good = true;
    for (size_t i = present; i < all->count && good; i++) {
        good = ie_tags_append_xmp(tags, "Xmp.dc.subject", all->items[i]);
    }
    IE_AUTO_TEXTS ie_texts now = ie_tags_list(tags, "Xmp.dc.subject");
    if (!good || now.count == all->count) {
        return good;
    }
    /* It was no list but a single text, which the new one took the place of. */
    ie_tags_clear(tags, "Xmp.dc.subject");
    for (size_t i = 0; i < all->count && good; i++) {
        good = ie_tags_append_xmp(tags, "Xmp.dc.subject", all->items[i]);
    }
    return good;
}

static void add_missing(ie_texts *all, const ie_text_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (!known_in_full(all, list->items[i])) {
            ie_texts_add(all, list->items[i]);
        }
    }
}

/* XMP and IPTC keep in step: each gets what either had, then what only another place had
   (XPKeywords), which nobody would look at any more, then what is new. */
static bool write_keywords(ie_tags *tags, bool iptc, const ie_text_list *read,
                           const ie_text_list *add)
{
    IE_AUTO_TEXTS ie_texts all = ie_tags_list(tags, "Xmp.dc.subject");
    IE_AUTO_TEXTS ie_texts coded = ie_tags_list(tags, "Iptc.Application2.Keywords");
    size_t present = all.count, coded_before = coded.count;
    for (size_t i = 0; i < coded_before; i++) {
        if (coded.items[i][0] != 0 && !known_in_full(&all, coded.items[i])) {
            ie_texts_add(&all, coded.items[i]);
        }
    }
    add_missing(&all, read);
    for (uint32_t i = 0; i < add->count; i++) {
        if (!ie_texts_have(&all, add->items[i])) {
            ie_texts_add(&all, add->items[i]);
        }
    }
    for (size_t i = 0; i < all.count; i++) {
        IE_AUTO_FREE char *fitting = cut(all.items[i], KEYWORD_BYTES);
        if (fitting[0] != 0 && !ie_texts_have(&coded, fitting)) {
            ie_texts_add(&coded, fitting);
        }
    }
    return write_xmp_keywords(tags, &all, present) &&
           (!iptc || coded.count == coded_before ||
            ie_tags_set_iptc(tags, "Iptc.Application2.Keywords", &coded));
}

static bool edit_exif(ie_tags *tags, const ie_metadata *before, const ie_tag_edit *edit)
{
    const char *caption = "Exif.Image.ImageDescription";
    return (edit->caption == NULL || ie_tags_set(tags, caption, edit->caption)) &&
           (edit->rating == IE_ABSENT || ie_exif_write_rating(tags, edit->rating)) &&
           (!edit->has_place || ie_exif_write_place(tags, edit, before->altitude_m));
}

static bool edit_tags(ie_tags *tags, bool iptc, const ie_metadata *before, const ie_tag_edit *edit)
{
    bool texts = edit->add_keywords.count > 0 || edit->forget_generated || edit->title != NULL ||
                 edit->caption != NULL;
    if (iptc && texts && !ie_tags_iptc_to_utf8(tags)) {
        return false;
    }
    if (edit->add_keywords.count > 0 &&
        !write_keywords(tags, iptc, &before->keywords, &edit->add_keywords)) {
        return false;
    }
    if (edit->caption != NULL &&
        !(ie_tags_set_language(tags, "Xmp.dc.description", edit->caption) &&
          (!iptc ||
           set_iptc_text(tags, "Iptc.Application2.Caption", edit->caption, CAPTION_BYTES)))) {
        return false;
    }
    if (edit->title != NULL && !(ie_tags_set_language(tags, "Xmp.dc.title", edit->title) &&
                                 (!iptc || set_iptc_text(tags, "Iptc.Application2.ObjectName",
                                                         edit->title, TITLE_BYTES)))) {
        return false;
    }
    return (edit->rating == IE_ABSENT || ie_exif_write_xmp_rating(tags, edit->rating)) &&
           ie_exif_write_extra(tags, before, edit);
}

/* ---- the file ----------------------------------------------------------------------------- */

static bool texts_are_utf8(const ie_tag_edit *edit)
{
    bool good = (edit->title == NULL || ie_utf8_valid(edit->title)) &&
                (edit->caption == NULL || ie_utf8_valid(edit->caption)) &&
                (edit->original_name == NULL || ie_utf8_valid(edit->original_name));
    const ie_text_list *lists[] = {&edit->add_keywords, &edit->albums};
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        for (uint32_t i = 0; i < lists[l]->count; i++) {
            good = good && lists[l]->items[i][0] != 0 && ie_utf8_valid(lists[l]->items[i]);
        }
    }
    return good;
}

static const char not_written[] = "tags are not written into this file: ";

static ie_status refuse(ie_error *err, ie_status status, const char *why)
{
    return ie_error_set(err, status, "%s%s", not_written, why);
}

static ie_status check_bytes(const uint8_t *bytes, size_t size, ie_format format, ie_error *err)
{
    ie_hash128 hash;
    const char *pinned = ie_image_data_pinned(bytes, size, format);
    if (pinned != NULL) {
        return refuse(err, IE_ERR_UNSUPPORTED, pinned);
    }
    if (!ie_image_data_hash(bytes, size, format, &hash)) {
        return ie_error_set(err, IE_ERR_FORMAT, "%sits %s structure is damaged", not_written,
                            ie_format_name(format));
    }
    return IE_OK;
}

static ie_status check_tags(const ie_tags *tags, ie_format format, ie_error *err)
{
    const char *damage = ie_tags_complaint(tags);
    if (damage != NULL) {
        return ie_error_set(err, IE_ERR_FORMAT, "its metadata is damaged and writing would damage "
                            "it further (exiv2: %s)", damage);
    }
    /* exiv2 moves them, and corrects the offsets only of those that it has taken apart. */
    if (format != IE_FORMAT_JPEG && ie_tags_has(tags, "Exif.Photo.MakerNote") &&
        !ie_tags_has(tags, "Exif.MakerNote.Offset")) {
        return refuse(err, IE_ERR_UNSUPPORTED,
                      "its camera's notes are of an unknown kind and would be damaged");
    }
    return IE_OK;
}

/* exiv2 takes camera's notes apart, and drops tags of JPEGs that belong into TIFF files (Photoshop
   leaves them there). */
static bool exif_stays(const ie_tags *tags)
{
    return ie_tags_has(tags, "Exif.Photo.MakerNote") ||
           ie_tags_has(tags, "Exif.Image.PhotometricInterpretation") ||
           ie_tags_has(tags, "Exif.Image.BitsPerSample") ||
           ie_tags_has(tags, "Exif.Image.Compression");
}

static bool none(ie_hash128 hash)
{
    return ie_hash128_equal(hash, (ie_hash128){0});
}

/* Would exiv2 give back what it does not own? In a JPEG, EXIF and XMP stay as they are whatever it
   would. */
static ie_status check_others(const ie_tags *tags, const uint8_t *bytes, size_t size,
                              ie_format format, bool notes_may_move, ie_error *err)
{
    ie_exif_proof before, after = {0};
    ie_exif_proof_of(bytes, size, format, NULL, 0, &before);
    if (before.no_xml) {
        return refuse(err, IE_ERR_FORMAT, "its XMP is not well-formed");
    }
    if (before.bare_times) {
        return refuse(err, IE_ERR_UNSUPPORTED,
                      "its IPTC times have no zone and would get a wrong one");
    }
    if (before.odd_iptc) {
        return refuse(err, IE_ERR_UNSUPPORTED,
                      "its IPTC is damaged or there twice, and would change");
    }
    if (format == IE_FORMAT_JPEG) {
        return IE_OK;
    }
    if (!none(before.xmp)) {
        IE_AUTO_FREE char *packet = ie_tags_packet(tags);
        if (packet == NULL ||
            !ie_xmp_digest((const uint8_t *)packet, strlen(packet), NULL, 0, &after.xmp) ||
            !ie_hash128_equal(before.xmp, after.xmp)) {
            return refuse(err, IE_ERR_UNSUPPORTED,
                          "what other programs wrote into its XMP would change");
        }
    }
    if (!none(before.notes) && !notes_may_move) {
        return refuse(err, IE_ERR_UNSUPPORTED, "its camera's notes would change");
    }
    return IE_OK;
}

/* Would the packet stay as it is but for what is changed? */
static ie_status check_packet(const char *path, ie_error *err)
{
    IE_AUTO_XMP_KEPT ie_xmp_kept kept = {0};
    ie_buffer packet = {0};
    ie_status status = ie_xmp_keep(path, &kept, err);
    if (status == IE_OK && kept.packet.size > 0) {
        status = ie_xmp_edit(kept.packet.data, kept.packet.size, NULL, 0, &packet, err);
    }
    ie_buffer_free(&packet);
    return status;
}

static ie_status check_file(const char *path, ie_format format, bool notes_may_move, ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    const uint8_t *data = ie_bytes_load(bytes, MAX_FILE_BYTES);
    size_t size = (size_t)ie_bytes_size(bytes);
    status = data != NULL ? check_bytes(data, size, format, err)
                          : ie_error_set(err, IE_ERR_FORMAT, "it cannot be read");
    if (status == IE_OK) {
        IE_AUTO_TAGS ie_tags *tags = NULL;
        IE_AUTO_KEPT ie_exif_kept kept = {0};
        status = ie_tags_open_memory(data, size, &tags, err);
        status = status == IE_OK ? check_tags(tags, format, err) : status;
        if (status == IE_OK) {
            status = check_others(tags, data, size, format, notes_may_move, err);
        }
        if (status == IE_OK && format == IE_FORMAT_JPEG && exif_stays(tags)) {
            status = ie_exif_keep(path, &kept, err);
        }
        status = status == IE_OK && format == IE_FORMAT_JPEG ? check_packet(path, err) : status;
    }
    ie_bytes_close(bytes);
    return status;
}

const char *ie_exif_refusal(const char *path, ie_format format, ie_arena *arena)
{
    ie_error err = {0};
    if (check_file(path, format, false, &err) == IE_OK) {
        return NULL;
    }
    bool repeats = strncmp(err.text, not_written, sizeof not_written - 1) == 0;
    return ie_arena_strdup(arena, err.text + (repeats ? sizeof not_written - 1 : 0));
}

static bool iptc_wanted(const ie_tags *tags, ie_format format, const ie_tag_edit *edit)
{
    return ie_exif_carries_iptc(format) && (edit->iptc == IE_IPTC_ALWAYS ||
                                            (edit->iptc == IE_IPTC_AUTO && ie_tags_any_iptc(tags)));
}

/* With maker notes in a JPEG the EXIF block is kept as it is but for values that have room where
   they stand, and a place or a rating that goes behind all that is there. */
static ie_status edit_with_notes(ie_tags *tags, const char *path, const ie_metadata *before,
                                 const ie_tag_edit *edit, ie_error *err)
{
    IE_AUTO_KEPT ie_exif_kept kept = {0};
    ie_status status = ie_exif_keep(path, &kept, err);
    if (status != IE_OK) {
        return status;
    }
    ie_exif_kept_edit(&kept, edit);
    ie_exif_kept_grow(&kept, edit, before->altitude_m);
    if (!edit_tags(tags, iptc_wanted(tags, IE_FORMAT_JPEG, edit), before, edit)) {
        return ie_error_set(err, IE_ERR_FORMAT, "its metadata does not take the tags");
    }
    status = ie_tags_changed(tags) ? ie_tags_save(tags, path, err) : IE_OK;
    return status == IE_OK ? ie_exif_kept_restore(&kept, path, err) : status;
}

static ie_status edit_file(const char *path, ie_format format, const ie_metadata *before,
                           const ie_tag_edit *edit, ie_error *err)
{
    IE_AUTO_TAGS ie_tags *tags = NULL;
    ie_status status = ie_tags_open(path, &tags, err);
    if (status != IE_OK) {
        return status;
    }
    status = check_tags(tags, format, err);
    if (status != IE_OK) {
        return status;
    }
    if (format == IE_FORMAT_JPEG && exif_stays(tags)) {
        return edit_with_notes(tags, path, before, edit, err);
    }
    if (!edit_tags(tags, iptc_wanted(tags, format, edit), before, edit) ||
        !edit_exif(tags, before, edit)) {
        return ie_error_set(err, IE_ERR_FORMAT, "its metadata does not take the tags");
    }
    return ie_tags_changed(tags) ? ie_tags_save(tags, path, err) : IE_OK;
}

/* The changes of XMP that an edit comes to. XMP gets the keywords too that only IPTC or XPKeywords
   had. */
static size_t changes_of(const ie_tag_edit *edit, const ie_metadata *before, ie_arena *arena,
                         ie_xmp_change ret_changes[IE_XMP_CHANGES])
{
    ie_tag_edit all = *edit;
    if (edit->add_keywords.count > 0) {
        all.add_keywords = (ie_text_list){0};
        for (uint32_t i = 0; i < before->keywords.count; i++) {
            ie_text_list_add(&all.add_keywords, arena, before->keywords.items[i]);
        }
        for (uint32_t i = 0; i < edit->add_keywords.count; i++) {
            ie_text_list_add(&all.add_keywords, arena, edit->add_keywords.items[i]);
        }
    }
    return ie_xmp_changes(&all, before, arena, ret_changes);
}

/* Writes, and proves that nothing else changed. */
static ie_status write_proven(const char *path, ie_format format, ie_photo *before,
                              const ie_tag_edit *edit, ie_error *err)
{
    ie_xmp_change changes[IE_XMP_CHANGES];
    size_t count = changes_of(edit, before->metadata, before->arena, changes);
    IE_AUTO_XMP_KEPT ie_xmp_kept kept = {0};
    ie_exif_proof was, is = {0};
    ie_status status = ie_exif_proof_take(path, format, changes, count, &was, err);
    if (status == IE_OK && format == IE_FORMAT_JPEG) {
        status = ie_xmp_keep(path, &kept, err);
    }
    if (status == IE_OK) {
        status = edit_file(path, format, before->metadata, edit, err);
    }
    if (status == IE_OK) {
        status = ie_xmp_kept_restore(&kept, changes, count, path, err);
    }
    if (status == IE_OK) {
        status = ie_exif_proof_take(path, format, changes, count, &is, err);
        is.notes = edit->notes_may_move ? was.notes : is.notes;
    }
    const char *loss = status == IE_OK ? ie_exif_proof_loss(&was, &is) : NULL;
    if (loss != NULL) {
        status = ie_error_set(err, IE_ERR_FORMAT, "writing tags would have changed %s", loss);
    }
    return status;
}

static bool is_noted(const char *has, const char *wanted)
{
    return wanted == NULL || (has != NULL && strcmp(has, wanted) == 0);
}

/* Another reader than the one that wrote it finds what was written, and the rest as it was. */
static ie_status check_written(const char *path, ie_format format, const ie_metadata *before,
                               const ie_tag_edit *edit, ie_error *err)
{
    ie_photo *photo = NULL;
    ie_status status = ie_exif_facts(path, format, &photo, err);
    if (status != IE_OK) {
        return status;
    }
    ie_metadata wanted = *before;
    wanted.title = edit->title != NULL ? edit->title : wanted.title;
    wanted.caption = edit->caption != NULL ? edit->caption : wanted.caption;
    wanted.rating = edit->rating != IE_ABSENT ? edit->rating : wanted.rating;
    if (edit->forget_generated) {
        wanted.keywords = ie_exif_own_keywords(before, photo->arena);
    }
    if (edit->has_place && fabs(photo->metadata->latitude - edit->latitude) < 1e-6 &&
        fabs(photo->metadata->longitude - edit->longitude) < 1e-6) {
        wanted.latitude = photo->metadata->latitude;
        wanted.longitude = photo->metadata->longitude;
        bool given = edit->has_altitude || /* or written as it was, to the centimetre */
                     fabs(photo->metadata->altitude_m - wanted.altitude_m) < 0.0051;
        wanted.altitude_m = given ? photo->metadata->altitude_m : wanted.altitude_m;
    } else if (edit->has_place) {
        wanted.latitude = edit->latitude;
    }
    bool noted =
        ie_exif_has_all(&photo->metadata->generated, &edit->generated) &&
        ie_exif_has_all(&photo->metadata->hierarchy, &edit->hierarchy) &&
        ie_exif_has_all(&photo->metadata->albums, &edit->albums) &&
        !(edit->forget_generated && photo->metadata->generated.count > 0) &&
        (!edit->has_quality || fabs(edit->quality - photo->metadata->own_quality) < 1e-4) &&
        is_noted(photo->metadata->original_name, edit->original_name);
    const char *what = noted && ie_exif_has_all(&photo->metadata->keywords, &edit->add_keywords)
                           ? ie_exif_difference(&wanted, photo->metadata)
                           : "keywords";
    ie_photo_free(photo);
    return what == NULL
               ? IE_OK
               : ie_error_set(err, IE_ERR_FORMAT,
                              "after writing tags its %s would not read as it should", what);
}

ie_status ie_exif_write(const char *temp_path, ie_format format, const ie_tag_edit *edit,
                        ie_error *err)
{
    if (!ie_exif_can_write(format)) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED, "tags cannot be written into %s files",
                            ie_format_name(format));
    }
    if (!texts_are_utf8(edit)) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "a keyword, title or caption is empty or not valid UTF-8");
    }
    ie_photo *before = NULL;
    ie_status status = check_file(temp_path, format, edit->notes_may_move, err);
    if (status != IE_OK) {
        return status;
    }
    status = ie_exif_facts(temp_path, format, &before, err);
    bool in_step = false;
    status = status == IE_OK ? ie_iptc_in_step(temp_path, format, &in_step, err) : status;
    if (status == IE_OK) {
        status = write_proven(temp_path, format, before, edit, err);
    }
    /* One that was not in step says that IPTC is the newer, which it stays. */
    if (status == IE_OK && in_step) {
        status = ie_iptc_refresh_digest(temp_path, format, err);
    }
    if (status == IE_OK) {
        status = check_written(temp_path, format, before->metadata, edit, err);
    }
    ie_photo_free(before);
    return status;
}
