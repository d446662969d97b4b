// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/exif_proof.h"

#include <string.h>

#include "storage/iptc_read.h"
#include "storage/meta_container.h"
#include "storage/xmp_digest.h"
#include "utils/error.h"
#include "utils/text.h"

#define MAX_FILE_BYTES UINT32_MAX

/* ---- the camera's notes (EXIF 2.32, 4.6) ----------------------------------------------------- */

static uint32_t number_at(const ie_span *tiff, uint64_t at, size_t bytes)
{
    const uint8_t *first = ie_span_at(tiff, 0, 1), *p;
    bool big = first != NULL && first[0] == 'M';
    if ((p = ie_span_at(tiff, at, bytes)) == NULL) {
        return 0;
    }
    return bytes == 2 ? (big ? ie_be16(p) : ie_le16(p)) : big ? ie_be32(p) : ie_le32(p);
}

/* Where the tag's entry stands in the directory; 0 when it does not. */
static uint64_t entry_of(const ie_span *tiff, uint64_t directory, uint32_t tag)
{
    uint32_t count = directory >= 8 ? number_at(tiff, directory, 2) : 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t entry = directory + 2 + (uint64_t)i * 12;
        if (number_at(tiff, entry, 2) == tag) {
            return entry;
        }
    }
    return 0;
}

static ie_hash128 notes_in(const ie_span *tiff)
{
    enum { EXIF_DIRECTORY = 0x8769, MAKER_NOTE = 0x927c };
    uint64_t pointer = entry_of(tiff, number_at(tiff, 4, 4), EXIF_DIRECTORY);
    uint64_t note = pointer != 0 ? entry_of(tiff, number_at(tiff, pointer + 8, 4), MAKER_NOTE) : 0;
    if (note == 0) {
        return (ie_hash128){0};
    }
    uint32_t length = number_at(tiff, note + 4, 4);
    ie_span body =
        ie_span_part(tiff, length <= 4 ? note + 8 : number_at(tiff, note + 8, 4), length);
    const uint8_t *bytes = ie_span_at(&body, 0, body.size);
    return bytes != NULL ? ie_hash128_of(bytes, (size_t)body.size) : (ie_hash128){0};
}

/* ---- IPTC (IIM 4.2) -------------------------------------------------------------------------- */

static bool is_ours(uint8_t record, uint8_t number)
{
    enum { VERSION = 0, TITLE = 5, KEYWORDS = 25, CAPTION = 120, CHARACTER_SET = 90 };
    return record == 2
               ? number == VERSION || number == TITLE || number == KEYWORDS || number == CAPTION
               : record == 1 && number == CHARACTER_SET;
}

/* A dataset by its numbers and its value, a text in UTF-8: how it is coded does not count. */
static ie_hash128 dataset_hash(const uint8_t *head, size_t length)
{
    const char *value = (const char *)head + 5;
    ie_buffer all = {0};
    ie_buffer_add(&all, head + 1, 2);
    if (memchr(value, 0, length) != NULL) {
        ie_buffer_add(&all, value, length);
    } else {
        IE_AUTO_FREE char *text = ie_utf8_from_latin1(value, length);
        ie_buffer_text(&all, text);
    }
    ie_hash128 hash = ie_hash128_of(all.data, all.size);
    ie_buffer_free(&all);
    return hash;
}

static bool only_zeros(const uint8_t *bytes, size_t size)
{
    size_t i = 0;
    while (i < size && bytes[i] == 0) {
        i++;
    }
    return i == size;
}

/* The order of the datasets does not count: writers sort them. */
static ie_hash128 iptc_of(const uint8_t *bytes, size_t size, ie_exif_proof *proof)
{
    enum { TIME_CREATED = 60, TIME_DIGITIZED = 63, TIME_BYTES = 11 }; /* HHMMSS+HHMM */
    uint64_t sum[2] = {0, 0};
    size_t at = 0;
    while (size - at >= 5 && bytes[at] == 0x1c) {
        size_t length = ie_be16(bytes + at + 3);
        if (length >= 0x8000 || length > size - at - 5) {
            break;
        }
        uint8_t number = bytes[at + 1] == 2 ? bytes[at + 2] : 0;
        proof->bare_times |=
            (number == TIME_CREATED || number == TIME_DIGITIZED) && length != TIME_BYTES;
        if (!is_ours(bytes[at + 1], bytes[at + 2])) {
            ie_hash128 hash = dataset_hash(bytes + at, length);
            sum[0] += ie_be64(hash.bytes);
            sum[1] += ie_be64(hash.bytes + 8);
        }
        at += length + 5;
    }
    proof->odd_iptc = !only_zeros(bytes + at, size - at);
    ie_hash128 all;
    memcpy(all.bytes, sum, sizeof all.bytes);
    return all;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void prove_iptc(ie_meta *meta, ie_exif_proof *proof)
{
    const uint8_t *bytes = ie_span_at(&meta->iptc, 0, meta->iptc.size);
    if (bytes == NULL) {
        return;
    }
    proof->iptc = iptc_of(bytes, (size_t)meta->iptc.size, proof);
    /* TIFF files may have it twice; padding apart. */
    const uint8_t *other = ie_span_at(&meta->iptc_other, 0, meta->iptc_other.size);
    if (other != NULL) {
        size_t size = (size_t)(meta->iptc.size < meta->iptc_other.size ? meta->iptc.size
                                                                       : meta->iptc_other.size);
        ie_hash128 part = ie_hash128_of(other, size);
        bool padded = only_zeros(other + size, (size_t)meta->iptc_other.size - size);
        bytes = ie_span_at(&meta->iptc, 0,
                           meta->iptc.size); /* the first may have gone when the second was read */
        padded =
            padded && bytes != NULL && only_zeros(bytes + size, (size_t)meta->iptc.size - size);
        proof->odd_iptc |= !padded || !ie_hash128_equal(part, ie_hash128_of(bytes, size));
    }
}

static void prove(ie_bytes *bytes, ie_format format, const ie_xmp_change *changes, size_t count,
                  ie_exif_proof *proof)
{
    ie_photo *photo = ie_photo_new();
    ie_meta meta = {0};
    photo->format = format;
    *proof = (ie_exif_proof){0};
    ie_meta_find(bytes, photo, &meta);
    ie_meta_add_parts(&meta);
    if (meta.exif_count > 0 && meta.exif[0].kind == IE_EXIF_MAIN) {
        proof->notes = notes_in(&meta.exif[0].span);
    }
    const uint8_t *packet = ie_span_at(&meta.xmp, 0, meta.xmp.size);
    if (packet != NULL) {
        proof->no_xml = !ie_xmp_digest(packet, (size_t)meta.xmp.size, changes, count, &proof->xmp);
    }
    prove_iptc(&meta, proof);
    ie_meta_clear(&meta);
    ie_photo_free(photo);
}

void ie_exif_proof_of(const uint8_t *bytes, size_t size, ie_format format,
                      const ie_xmp_change *changes, size_t count, ie_exif_proof *ret_proof)
{
    ie_bytes *wrapped = ie_bytes_wrap(bytes, size);
    prove(wrapped, format, changes, count, ret_proof);
    ie_bytes_close(wrapped);
}

ie_status ie_exif_proof_take(const char *path, ie_format format, const ie_xmp_change *changes,
                             size_t count, ie_exif_proof *ret_proof, ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status == IE_OK) {
        prove(bytes, format, changes, count, ret_proof);
        ie_bytes_close(bytes);
    }
    return status;
}

const char *ie_exif_proof_loss(const ie_exif_proof *before, const ie_exif_proof *after)
{
    return before->no_xml || after->no_xml || !ie_hash128_equal(before->xmp, after->xmp)
               ? "XMP that other programs wrote"
           : !ie_hash128_equal(before->notes, after->notes) ? "the camera's notes"
           : !ie_hash128_equal(before->iptc, after->iptc)   ? "IPTC that other programs wrote"
                                                            : NULL;
}
