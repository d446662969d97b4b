// SPDX-License-Identifier: GPL-3.0-or-later
#include "exif_help.h"

#include "storage/exif_tags.h"
#include "storage/meta_container.h"

static const char *const words[] = {"Größe", "New York, NY", "雪"};
static const ie_tag_edit whole = {.iptc = IE_IPTC_ALWAYS, .add_keywords = {(const char **)words, 3},
                                  .title = "Ein Tïtel",
                                  .caption = "Schnee ☃ im \"Juli\"",
                                  .rating = 4};

static const char *const writable[] = {
    "meta-jpeg/Piexif/r_canon.jpg",         "meta-jpeg/exifr/iptc-staff-photographer-example.jpg",
    "meta-jpeg/goexif/sample1.jpg",         "png/exif-rs/exif.png",
    "tiff/exifr/tif-with-iptc-icc-xmp.tif", "webp/exif-rs/exif.webp",
};

static void write_tags(const char *path, ie_format format, const ie_tag_edit *edit)
{
    ie_error err = {0};
    if (ie_exif_write(path, format, edit, &err) != IE_OK) {
        fail_msg("%s: %s", path, err.text);
    }
}

static void expect_answer(const char *path, const char *program, const char *arguments,
                          const char *wanted)
{
    IE_AUTO_FREE char *text = answer(program, arguments, path);
    if (text == NULL) {
        print_message("skipped: %s is not installed\n", program);
    } else if (strcmp(text, wanted) != 0) {
        fail_msg("%s: %s %s says \"%s\" instead of \"%s\"", path, program, arguments, text, wanted);
    }
}

/* One call a program and file: they start slowly. */
static void expect_others_read(const char *path, bool iptc)
{
    const char *format =
        iptc ? "-p '${Title}|${XMP-dc:Description}|${XMP-xmp:Rating}|${IPTC:ObjectName}|"
               "${IPTC:Caption-Abstract}|${IPTC:CodedCharacterSet}'"
             : "-p '${Title}|${XMP-dc:Description}|${XMP-xmp:Rating}'";
    IE_AUTO_FREE char *wanted = iptc ? ie_asprintf("%s|%s|4|%s|%s|UTF8", whole.title, whole.caption,
                                                   whole.title, whole.caption)
                                     : ie_asprintf("%s|%s|4", whole.title, whole.caption);
    expect_answer(path, "exiftool", format, wanted);
    IE_AUTO_FREE char *keywords = answer("exiftool", "-s3 -sep ';' -XMP-dc:Subject", path);
    assert_true(keywords == NULL || strstr(keywords, "Größe;New York, NY;雪") != NULL);
    expect_answer(path, "exiv2", "-Pv -K Xmp.dc.title", "lang=\"x-default\" Ein Tïtel");
}

static void tags_are_read_as_written_by_us_and_by_others(void **state)
{
    (void)state;
    IE_AUTO_FREE char *folder = tree_new();
    for (size_t i = 0; i < sizeof writable / sizeof *writable; i++) {
        SAMPLE_OR_SKIP(from, writable[i]);
        IE_AUTO_FREE char *path = copied(folder, from);
        ie_format format = format_of(path);
        ie_hash128 before = picture_of(path, format);
        write_tags(path, format, &whole);
        assert_true(ie_hash128_equal(before, picture_of(path, format)));
        ie_photo *photo = facts_of(path, format);
        assert_string_equal(photo->metadata->title, whole.title);
        assert_string_equal(photo->metadata->caption, whole.caption);
        assert_int_equal(photo->metadata->rating, 4);
        assert_true(ie_exif_has_all(&photo->metadata->keywords, &whole.add_keywords));
        ie_photo_free(photo);
        expect_others_read(path, ie_exif_carries_iptc(format));
    }
    tree_remove(folder);
}

static void writing_twice_changes_nothing(void **state)
{
    (void)state;
    IE_AUTO_FREE char *folder = tree_new();
    for (size_t i = 0; i < sizeof writable / sizeof *writable; i++) {
        SAMPLE_OR_SKIP(from, writable[i]);
        IE_AUTO_FREE char *path = copied(folder, from);
        ie_format format = format_of(path);
        write_tags(path, format, &whole);
        file_bytes once = bytes_of(path);
        write_tags(path, format, &whole);
        file_bytes twice = bytes_of(path);
        assert_int_equal(once.size, twice.size);
        assert_memory_equal(once.data, twice.data, once.size);
        free(once.data);
        free(twice.data);
    }
    tree_remove(folder);
}

/* ---- maker notes -------------------------------------------------------------------------- */

typedef struct notes {
    file_bytes block; /* the EXIF block */
    size_t at, size;  /* of the notes within it */
} notes;

static size_t number(const notes *n, size_t at, size_t width)
{
    size_t value = 0;
    assert_true(at + width <= n->block.size);
    for (size_t i = 0; i < width; i++) {
        value |= (size_t)n->block.data[at + (n->block.data[0] == 'I' ? i : width - 1 - i)] << 8 * i;
    }
    return value;
}

static size_t entry_of(const notes *n, size_t directory, size_t tag)
{
    for (size_t i = 0, count = number(n, directory, 2); i < count; i++) {
        if (number(n, directory + 2 + i * 12, 2) == tag) {
            return directory + 2 + i * 12;
        }
    }
    fail_msg("there is no tag %zx", tag);
    return 0;
}

static notes notes_of(const char *path)
{
    notes n = {0};
    ie_bytes *bytes = NULL;
    ie_meta meta = {0};
    ie_photo *photo = ie_photo_new();
    photo->format = IE_FORMAT_JPEG;
    assert_int_equal(ie_bytes_open(path, &bytes, NULL), IE_OK);
    ie_meta_find(bytes, photo, &meta);
    assert_true(meta.exif_count > 0);
    n.block.size = (size_t)meta.exif[0].span.size;
    n.block.data = ie_alloc(n.block.size);
    memcpy(n.block.data, ie_span_at(&meta.exif[0].span, 0, n.block.size), n.block.size);
    ie_meta_clear(&meta);
    ie_photo_free(photo);
    ie_bytes_close(bytes);
    size_t exif = number(&n, entry_of(&n, number(&n, 4, 4), 0x8769) + 8, 4);
    size_t entry = entry_of(&n, exif, 0x927c);
    n.at = number(&n, entry + 8, 4);
    n.size = number(&n, entry + 4, 4);
    assert_true(n.at <= n.block.size && n.size <= n.block.size - n.at);
    return n;
}

static void maker_notes_stay_where_they_are_byte_for_byte(void **state)
{
    (void)state;
    static const char *const names[] = {
        "meta-jpeg/Piexif/r_canon.jpg",
        "meta-jpeg/Piexif/r_pana.jpg",
        "meta-jpeg/Piexif/r_sony.jpg",
        "meta-jpeg/Piexif/L01.jpg",
        "meta-jpeg/Piexif/r_casio.jpg",
        "meta-jpeg/Piexif/r_ricoh.jpg",
        "meta-jpeg/Piexif/r_sigma.jpg",
        "meta-jpeg/Piexif/r_pen.jpg",
        "meta-jpeg/Lychee/mongolia.jpeg",
        "meta-jpeg/goexif/has-lens-info.jpg",
        "neardup/g30_eos100d_00_original.jpg",
        "neardup/g24_nikon_e995_00_original.jpg",
        "neardup/g27_nikon_d50_01_exact_copy.jpg",
        "neardup/g14_hemlock_branch_00_original.jpg",
        "neardup/g10_thailand_01_exact_copy.jpg",
    };
    IE_AUTO_FREE char *folder = tree_new();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        SAMPLE_OR_SKIP(from, names[i]);
        IE_AUTO_FREE char *path = copied(folder, from);
        notes before = notes_of(path);
        write_tags(path, IE_FORMAT_JPEG, &whole);
        notes after = notes_of(path);
        if (before.at != after.at || before.size != after.size) {
            fail_msg("%s: notes of %zu bytes at %zu became %zu at %zu", names[i], before.size,
                     before.at, after.size, after.at);
        }
        assert_memory_equal(before.block.data + before.at, after.block.data + after.at,
                            before.size);
        free(before.block.data);
        free(after.block.data);
    }
    tree_remove(folder);
}

static void notes_of_an_unknown_kind_are_not_moved(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "neardup/g14_hemlock_branch_10_as_webp.webp");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = copied(folder, from);
    ie_error err = {0};
    assert_int_equal(ie_exif_write(path, IE_FORMAT_WEBP, &whole, &err), IE_ERR_UNSUPPORTED);
    assert_non_null(strstr(err.text, "notes"));
    tree_remove(folder);
}

/* ---- what must not be touched ------------------------------------------------------------- */

static void a_file_whose_parts_are_found_by_offset_is_refused(void **state)
{
    (void)state;
    IE_AUTO_FREE char *folder = tree_new();
    static const char *const names[] = {"meta-jpeg/libavif/apple_gainmap_new.jpg",
                                        "meta-jpeg/libavif/seine_sdr_gainmap_srgb.jpg"};
    for (size_t i = 0; i < 2; i++) {
        SAMPLE_OR_SKIP(from, names[i]);
        IE_AUTO_FREE char *path = copied(folder, from);
        file_bytes before = bytes_of(path);
        ie_error err = {0};
        assert_int_equal(ie_exif_write(path, IE_FORMAT_JPEG, &whole, &err), IE_ERR_UNSUPPORTED);
        assert_non_null(strstr(err.text, "MPF"));
        file_bytes after = bytes_of(path);
        assert_int_equal(before.size, after.size);
        assert_memory_equal(before.data, after.data, before.size);
        free(before.data);
        free(after.data);
    }
    tree_remove(folder);
}

static void damaged_metadata_is_not_written_over(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "meta-jpeg/elodie/with-null-coordinates.jpg");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = copied(folder, from);
    ie_error err = {0};
    assert_int_equal(ie_exif_write(path, IE_FORMAT_JPEG, &whole, &err), IE_ERR_FORMAT);
    assert_non_null(strstr(err.text, "damage it further"));
    tree_remove(folder);
}

static uint32_t number_at(const uint8_t *p, bool big, int bytes)
{
    uint32_t n = 0;
    for (int i = 0; i < bytes; i++) {
        n |= (uint32_t)p[i] << 8 * (big ? bytes - 1 - i : i);
    }
    return n;
}

/* Behind EXIF's own directory stands where another one would follow, which may not be. */
static bool leave_pointer(uint8_t *tiff)
{
    bool big = tiff[0] == 'M';
    const uint8_t *first = tiff + number_at(tiff + 4, big, 4);
    uint32_t count = number_at(first, big, 2);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = first + 2 + 12 * i;
        if (number_at(entry, big, 2) == 0x8769) {
            uint8_t *own = tiff + number_at(entry + 8, big, 4);
            memset(own + 2 + 12 * number_at(own, big, 2), 1, 4);
            return true;
        }
    }
    return false;
}

static void a_number_behind_a_directory_is_no_damage(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "meta-jpeg/exif-js/dsc_09827.jpg");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(folder, "a.jpg");
    file_bytes bytes = bytes_of(from);
    uint8_t *exif = memmem(bytes.data, bytes.size, "Exif\0", 6);
    assert_true(exif != NULL && leave_pointer(exif + 6));
    bytes_to(path, bytes.data, bytes.size);
    free(bytes.data);
    ie_error err = {0};
    if (ie_exif_write(path, IE_FORMAT_JPEG, &whole, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    tree_remove(folder);
}

static void a_trailer_survives_byte_for_byte(void **state)
{
    (void)state;
    static const uint8_t video[] = "\0\0\0\x18"
                                   "ftypmp42\0\0\0\0isommp42\0\0\0\x08"
                                   "mdat and \xff\xd9 and \xff\xd8 more";
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(folder, "motion.jpg");
    ie_buffer jpeg = {0};
    begin_jpeg(&jpeg);
    end_jpeg(&jpeg);
    size_t length = jpeg.size;
    ie_buffer_add(&jpeg, video, sizeof video);
    bytes_to(path, jpeg.data, jpeg.size);
    write_tags(path, IE_FORMAT_JPEG, &whole);
    file_bytes after = bytes_of(path);
    assert_true(after.size > jpeg.size);
    assert_memory_equal(after.data + after.size - sizeof video, video, sizeof video);
    /* The scan, too. */
    assert_memory_equal(after.data + after.size - sizeof video - 10, jpeg.data + length - 10, 10);
    free(after.data);
    ie_buffer_free(&jpeg);
    tree_remove(folder);
}

/* ---- texts -------------------------------------------------------------------------------- */

static char *jpeg_with(const char *folder, const char *properties, const char *const *texts,
                       const uint8_t *sets, size_t count)
{
    ie_buffer jpeg = {0};
    begin_jpeg(&jpeg);
    if (properties != NULL) {
        add_xmp(&jpeg, properties);
    }
    if (count > 0) {
        add_iptc(&jpeg, texts, sets, count);
    }
    end_jpeg(&jpeg);
    char *path = ie_path_join(folder, "made.jpg");
    bytes_to(path, jpeg.data, jpeg.size);
    ie_buffer_free(&jpeg);
    return path;
}

static ie_texts list_of(const char *path, const char *tag)
{
    IE_AUTO_TAGS ie_tags *tags = NULL;
    assert_int_equal(ie_tags_open(path, &tags, NULL), IE_OK);
    return ie_tags_list(tags, tag);
}

static void iptc_of_another_time_becomes_utf8(void **state)
{
    (void)state;
    static const char *const texts[] = {"Caf\xe9", "Z\xfcrich", "Fran\xe7ois"};
    static const uint8_t sets[] = {25, 90, 80}; /* keyword, city, byline */
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = jpeg_with(folder, NULL, texts, sets, 3);
    write_tags(path, IE_FORMAT_JPEG, &whole);
    IE_AUTO_TEXTS ie_texts keywords = list_of(path, "Iptc.Application2.Keywords");
    assert_int_equal(keywords.count, 4);
    assert_string_equal(keywords.items[0], "Café");
    IE_AUTO_TEXTS ie_texts city = list_of(path, "Iptc.Application2.City");
    assert_string_equal(city.items[0], "Zürich");
    IE_AUTO_TEXTS ie_texts byline = list_of(path, "Iptc.Application2.Byline");
    assert_string_equal(byline.items[0], "François");
    ie_photo *photo = facts_of(path, IE_FORMAT_JPEG);
    assert_int_equal(photo->metadata->keywords.count, 4);
    assert_string_equal(photo->metadata->keywords.items[0], "Café");
    ie_photo_free(photo);
    expect_answer(path, "exiftool", "-s3 -IPTC:City", "Zürich");
    tree_remove(folder);
}

static void other_languages_of_a_text_survive(void **state)
{
    (void)state;
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = jpeg_with(
        folder,
        "<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>old</rdf:li><rdf:li "
        "xml:lang='de-DE'>Ein "
        "Bild</rdf:li><rdf:li xml:lang='fr-FR'>Une image</rdf:li></rdf:Alt></dc:description>",
        NULL, NULL, 0);
    write_tags(path, IE_FORMAT_JPEG, &whole);
    assert_true(holds(path, "xml:lang='de-DE'>Ein Bild<"));
    assert_true(holds(path, "xml:lang='fr-FR'>Une image<"));
    assert_true(holds(path, "xml:lang=\"x-default\">Schnee"));
    assert_false(holds(path, ">old<"));
    tree_remove(folder);
}

static void keywords_are_added_and_nothing_else_goes(void **state)
{
    (void)state;
    static const char *const texts[] = {"both", "only in IPTC"};
    static const uint8_t sets[] = {25, 25};
    static const char *const add[] = {"both", "new"};
    static const ie_tag_edit edit = {.add_keywords = {(const char **)add, 2}, .rating = IE_ABSENT};
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path =
        jpeg_with(folder,
                  "<exif:ApertureValue>4/1</exif:ApertureValue><exif:ColorSpace>1</exif:ColorSpace>"
                  "<dc:subject><rdf:Bag><rdf:li>both</rdf:li><rdf:li>only in XMP</rdf:li></rdf:Bag>"
                  "</dc:subject>",
                  texts, sets, 2);
    write_tags(path, IE_FORMAT_JPEG, &edit);
    IE_AUTO_TEXTS ie_texts xmp = list_of(path, "Xmp.dc.subject");
    IE_AUTO_TEXTS ie_texts iptc = list_of(path, "Iptc.Application2.Keywords");
    assert_int_equal(xmp.count, 4);
    assert_int_equal(iptc.count, 4);
    assert_string_equal(xmp.items[0], "both");
    assert_string_equal(xmp.items[1], "only in XMP");
    assert_true(ie_texts_have(&xmp, "only in IPTC") && ie_texts_have(&xmp, "new"));
    assert_string_equal(iptc.items[1], "only in IPTC");
    assert_true(ie_texts_have(&iptc, "only in XMP") && ie_texts_have(&iptc, "new"));
    assert_true(holds(path, "ApertureValue") && holds(path, "ColorSpace"));
    tree_remove(folder);
}

static void a_bag_that_was_not_there_takes_no_neighbour_away(void **state)
{
    (void)state;
    SAMPLE_OR_SKIP(from, "neardup/g01_dog_bicycle_01_exact_copy.jpg");
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = copied(folder, from);
    assert_true(holds(path, "exif:ApertureValue"));
    write_tags(path, IE_FORMAT_JPEG, &whole);
    assert_true(holds(path, "exif:ApertureValue"));
    tree_remove(folder);
}

static void texts_too_long_for_iptc_are_cut_between_characters(void **state)
{
    (void)state;
    char keyword[80], caption[2100];
    memset(keyword, 'k', sizeof keyword);
    memset(caption, 'c', sizeof caption);
    memcpy(keyword + 63, "é more", 8);
    memcpy(caption + 1998, "☃ more", 9);
    const char *keywords[] = {keyword};
    const ie_tag_edit edit = {.add_keywords = {keywords, 1, 0},
                              .title = keyword,
                              .caption = caption,
                              .rating = IE_ABSENT,
                              .iptc = IE_IPTC_ALWAYS};
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = jpeg_with(folder, NULL, NULL, NULL, 0);
    write_tags(path, IE_FORMAT_JPEG, &edit);
    write_tags(path, IE_FORMAT_JPEG, &edit);
    IE_AUTO_TEXTS ie_texts iptc = list_of(path, "Iptc.Application2.Keywords");
    IE_AUTO_TEXTS ie_texts title = list_of(path, "Iptc.Application2.ObjectName");
    IE_AUTO_TEXTS ie_texts text = list_of(path, "Iptc.Application2.Caption");
    IE_AUTO_TEXTS ie_texts xmp = list_of(path, "Xmp.dc.subject");
    assert_int_equal(iptc.count, 1);
    assert_int_equal(strlen(iptc.items[0]), 63);
    assert_int_equal(strlen(title.items[0]), 63);
    assert_int_equal(strlen(text.items[0]), 1998);
    assert_int_equal(xmp.count, 1);
    assert_string_equal(xmp.items[0], keyword);
    tree_remove(folder);
}

static void only_utf8_goes_in(void **state)
{
    (void)state;
    const char *const bad[] = {"Caf\xe9", ""};
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = jpeg_with(folder, NULL, NULL, NULL, 0);
    for (size_t i = 0; i < 2; i++) {
        const char *keywords[] = {bad[i]};
        const ie_tag_edit edit = {.add_keywords = {keywords, 1, 0}, .rating = IE_ABSENT};
        assert_int_equal(ie_exif_write(path, IE_FORMAT_JPEG, &edit, NULL), IE_ERR_USAGE);
    }
    assert_int_equal(ie_exif_write(path, IE_FORMAT_HEIC, &whole, NULL), IE_ERR_UNSUPPORTED);
    tree_remove(folder);
}

static void times_without_a_zone_are_not_given_one(void **state)
{
    (void)state;
    static const char *const texts[] = {"20230714", "091233"};
    static const uint8_t sets[] = {55, 60};
    IE_AUTO_FREE char *folder = tree_new();
    IE_AUTO_FREE char *path = jpeg_with(folder, NULL, texts, sets, 2);
    assert_int_equal(ie_exif_write(path, IE_FORMAT_JPEG, &whole, NULL), IE_ERR_UNSUPPORTED);
    ie_photo *photo = facts_of(path, IE_FORMAT_JPEG);
    const char *why = ie_exif_refusal(path, IE_FORMAT_JPEG, photo->arena);
    assert_non_null(strstr(why, "zone")); /* the plan knows it, too */
    ie_photo_free(photo);
    tree_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_read_as_written_by_us_and_by_others),
        cmocka_unit_test(writing_twice_changes_nothing),
        cmocka_unit_test(maker_notes_stay_where_they_are_byte_for_byte),
        cmocka_unit_test(notes_of_an_unknown_kind_are_not_moved),
        cmocka_unit_test(a_file_whose_parts_are_found_by_offset_is_refused),
        cmocka_unit_test(a_number_behind_a_directory_is_no_damage),
        cmocka_unit_test(damaged_metadata_is_not_written_over),
        cmocka_unit_test(a_trailer_survives_byte_for_byte),
        cmocka_unit_test(iptc_of_another_time_becomes_utf8),
        cmocka_unit_test(other_languages_of_a_text_survive),
        cmocka_unit_test(keywords_are_added_and_nothing_else_goes),
        cmocka_unit_test(a_bag_that_was_not_there_takes_no_neighbour_away),
        cmocka_unit_test(texts_too_long_for_iptc_are_cut_between_characters),
        cmocka_unit_test(only_utf8_goes_in),
        cmocka_unit_test(times_without_a_zone_are_not_given_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
