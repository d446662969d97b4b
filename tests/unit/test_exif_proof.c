// SPDX-License-Identifier: GPL-3.0-or-later
/* The proof that writing tags left other programs' metadata alone finds each kind of loss. */
#include "exif_help.h"

#include "storage/exif_proof.h"
#include "utils/text.h"

#define RDF                                                                                        \
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "           \
    "rdf:about=''"

static const ie_xmp_change rating = {.space = "http://ns.adobe.com/xap/1.0/",
                                     .prefix = "xmp",
                                     .name = "Rating",
                                     .form = IE_XMP_TEXT,
                                     .text = "3"};

static void segment(ie_buffer *file, uint8_t marker, const void *bytes, size_t size)
{
    const uint8_t head[] = {0xff, marker, (uint8_t)((size + 2) >> 8), (uint8_t)(size + 2)};
    ie_buffer_add(file, head, sizeof head);
    ie_buffer_add(file, bytes, size);
}

/* A JPEG without a picture: EXIF with a note of four bytes, XMP, IPTC. */
static ie_exif_proof proof_of(const char *note, const char *properties, const char *city,
                              const char *keyword)
{
    ie_buffer file = {0}, block = {0};
    ie_buffer_add(&file, "\xff\xd8", 2);
    ie_buffer_add(&block,
                  "Exif\0\0MM\0\x2a\0\0\0\x08"
                  "\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x1a\0\0\0\0",
                  32);
    ie_buffer_add(&block, "\0\1\x92\x7c\0\7\0\0\0\4", 10);
    ie_buffer_add(&block, note, 4);
    ie_buffer_add(&block, "\0\0\0\0", 4);
    segment(&file, 0xe1, block.data, block.size);
    ie_buffer_clear(&block);
    ie_buffer_add(&block, "http://ns.adobe.com/xap/1.0/", 29);
    ie_buffer_printf(&block,
                     RDF " xmlns:xmp='http://ns.adobe.com/xap/1.0/' "
                         "xmlns:my='urn:mine'>%s</rdf:Description></rdf:RDF>",
                     properties);
    segment(&file, 0xe1, block.data, block.size);
    ie_buffer_clear(&block);
    size_t size = 10 + strlen(city) + strlen(keyword);
    ie_buffer_add(&block, "Photoshop 3.0\0" "8BIM\4\4\0\0\0\0\0", 25);
    ie_buffer_char(&block, (char)size);
    ie_buffer_add(&block, "\x1c\2\x5a\0", 4);
    ie_buffer_char(&block, (char)strlen(city));
    ie_buffer_text(&block, city);
    ie_buffer_add(&block, "\x1c\2\x19\0", 4);
    ie_buffer_char(&block, (char)strlen(keyword));
    ie_buffer_text(&block, keyword);
    ie_buffer_add(&block, "", size % 2);
    segment(&file, 0xed, block.data, block.size);
    ie_buffer_add(&file, "\xff\xd9", 2);
    ie_exif_proof proof;
    ie_exif_proof_of((const uint8_t *)file.data, file.size, IE_FORMAT_JPEG, &rating, 1, &proof);
    ie_buffer_free(&block);
    ie_buffer_free(&file);
    return proof;
}

static const char mine[] = "<xmp:Rating>1</xmp:Rating><my:word>yes</my:word>";

static void what_is_ours_to_change_is_no_loss(void **state)
{
    (void)state;
    ie_exif_proof was = proof_of("note", mine, "Oslo", "sea");
    ie_exif_proof is =
        proof_of("note", "<my:word>yes</my:word><xmp:Rating>4</xmp:Rating>", "Oslo", "mountain");
    assert_null(ie_exif_proof_loss(&was, &is));
}

static void each_loss_is_found(void **state)
{
    (void)state;
    ie_exif_proof was = proof_of("note", mine, "Oslo", "sea");
    ie_exif_proof note = proof_of("mote", mine, "Oslo", "sea");
    assert_string_equal(ie_exif_proof_loss(&was, &note), "the camera's notes");
    ie_exif_proof word =
        proof_of("note", "<xmp:Rating>1</xmp:Rating><my:word>no</my:word>", "Oslo", "sea");
    assert_string_equal(ie_exif_proof_loss(&was, &word), "XMP that other programs wrote");
    ie_exif_proof gone = proof_of("note", "<xmp:Rating>1</xmp:Rating>", "Oslo", "sea");
    assert_string_equal(ie_exif_proof_loss(&was, &gone), "XMP that other programs wrote");
    ie_exif_proof more =
        proof_of("note", "<my:word>yes</my:word><my:more>new</my:more>", "Oslo", "sea");
    assert_string_equal(ie_exif_proof_loss(&was, &more), "XMP that other programs wrote");
    ie_exif_proof broken = proof_of("note", "<my:word>", "Oslo", "sea");
    assert_string_equal(ie_exif_proof_loss(&was, &broken), "XMP that other programs wrote");
    ie_exif_proof city = proof_of("note", mine, "Rome", "sea");
    assert_string_equal(ie_exif_proof_loss(&was, &city), "IPTC that other programs wrote");
}

static void texts_of_iptc_count_by_what_they_say_and_not_by_their_coding(void **state)
{
    (void)state;
    ie_exif_proof was = proof_of("note", mine, "Troms\xf8 \x96", "sea");
    ie_exif_proof recoded =
        proof_of("note", mine, "Tromsø \xe2\x80\x93", "sea"); /* an en dash in Windows-1252 */
    assert_null(ie_exif_proof_loss(&was, &recoded));
    ie_exif_proof lost = proof_of("note", mine, "Troms\xe8 \x96", "sea");
    assert_string_equal(ie_exif_proof_loss(&was, &lost), "IPTC that other programs wrote");
}

static bool is_odd(const char *first, size_t first_size, const char *second, size_t second_size)
{
    ie_buffer file = {0}, block = {0};
    ie_buffer_add(&file, "\xff\xd8", 2);
    ie_buffer_add(&block, "Photoshop 3.0", 14);
    const char *const bytes[] = {first, second};
    const size_t sizes[] = {first_size, second_size};
    for (size_t i = 0; i < 2 && bytes[i] != NULL; i++) {
        ie_buffer_add(&block, "8BIM\4\4\0\0\0\0\0", 11);
        ie_buffer_char(&block, (char)sizes[i]);
        ie_buffer_add(&block, bytes[i], sizes[i]);
        ie_buffer_add(&block, "", sizes[i] % 2);
    }
    segment(&file, 0xed, block.data, block.size);
    ie_buffer_add(&file, "\xff\xd9", 2);
    ie_exif_proof proof;
    ie_exif_proof_of((const uint8_t *)file.data, file.size, IE_FORMAT_JPEG, NULL, 0, &proof);
    ie_buffer_free(&block);
    ie_buffer_free(&file);
    return proof.odd_iptc;
}

static void iptc_that_is_damaged_or_there_twice_is_told(void **state)
{
    (void)state;
    static const char oslo[] = "\x1c\2\x5a\0\4Oslo", rome[] = "\x1c\2\x5a\0\4Rome";
    assert_false(is_odd(oslo, 9, NULL, 0));
    assert_false(is_odd(oslo, 9, oslo, 9)); /* the same twice, as TIFF files have it */
    assert_false(is_odd("\x1c\2\x5a\0\4Oslo\0\0\0", 12, oslo, 9)); /* but for padding */
    assert_true(is_odd(oslo, 9, rome, 9));
    assert_true(is_odd(oslo, 9, "\x1c\2\x5a\0\4Oslo\x1c\2\x19\0\1a", 15));
    assert_true(is_odd("\x1c\2\x5a\0\4Oslo\0\xc4\x1c", 12, NULL, 0));
    assert_true(is_odd("\x1c\2\x5a\0\x40Oslo", 9, NULL, 0));
}

static void any_bytes_can_be_proven(void **state)
{
    (void)state;
    uint8_t bytes[512];
    uint64_t random = 88172645463325252ull;
    for (int round = 0; round < 2000; round++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            bytes[i] = (uint8_t)(random >> 32);
        }
        memcpy(bytes,
               round % 2 == 0 ? "\xff\xd8\xff\xe1\1\xe0"
                                "Exif\0\0II*\0\x08\0\0\0"
                              : "II*\0\x08\0\0\0\3\0\x69\x87\4\0\1\0\0",
               round % 2 == 0 ? 20 : 17);
        ie_exif_proof proof;
        ie_exif_proof_of(bytes, sizeof bytes, round % 2 == 0 ? IE_FORMAT_JPEG : IE_FORMAT_TIFF,
                         NULL, 0, &proof);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_ours_to_change_is_no_loss),
        cmocka_unit_test(each_loss_is_found),
        cmocka_unit_test(texts_of_iptc_count_by_what_they_say_and_not_by_their_coding),
        cmocka_unit_test(iptc_that_is_damaged_or_there_twice_is_told),
        cmocka_unit_test(any_bytes_can_be_proven),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
