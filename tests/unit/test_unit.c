// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include "core/unit.h"
#include "utils/error.h"
#include "utils/text.h"

#define MOST 16

typedef struct folder {
    ie_photo *photos[MOST];
    size_t count;
} folder;

static void add(folder *f, const char *path, ie_format format)
{
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = ie_arena_strdup(photo->arena, path);
    photo->format = format;
    f->photos[f->count++] = photo;
}

static void form(folder *f)
{
    ie_units_form(f->photos, f->count);
}

static void assert_units(folder *f, const uint32_t *expected)
{
    form(f);
    for (size_t i = 0; i < f->count; i++) {
        if (f->photos[i]->unit != expected[i]) {
            print_message("%s\n", ie_shown(f->photos[i]->path));
        }
        assert_int_equal(f->photos[i]->unit, expected[i]);
    }
}
#define UNITS(f, ...) assert_units(f, (const uint32_t[]){__VA_ARGS__})

static void clear(folder *f)
{
    for (size_t i = 0; i < f->count; i++) {
        ie_photo_free(f->photos[i]);
    }
}
#define IE_FOLDER __attribute__((cleanup(clear))) folder

static void raw_and_jpeg_of_one_name_are_one_unit(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/IMG_1.CR2", IE_FORMAT_CR2);
    add(&f, "/p/IMG_1.JPG", IE_FORMAT_JPEG);
    add(&f, "/p/IMG_2.JPG", IE_FORMAT_JPEG);
    add(&f, "/p/IMG_2.cr2.txt", IE_FORMAT_UNKNOWN);
    add(&f, "/p/img_3.dng", IE_FORMAT_DNG);
    add(&f, "/p/IMG_3.heic", IE_FORMAT_HEIC);
    UNITS(&f, 0, 0, 1, 2, 3, 3);
}

static void a_live_photo_is_one_unit(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/IMG_1.HEIC", IE_FORMAT_HEIC);
    add(&f, "/p/IMG_1.MOV", IE_FORMAT_MOV);
    add(&f, "/p/IMG_1.AAE", IE_FORMAT_UNKNOWN);
    add(&f, "/p/IMG_2.JPG", IE_FORMAT_JPEG);
    add(&f, "/p/IMG_2.MP4", IE_FORMAT_MP4);
    add(&f, "/p/IMG_3.MOV", IE_FORMAT_MOV);
    add(&f, "/p/IMG_4.PNG", IE_FORMAT_PNG);
    add(&f, "/p/IMG_4.MOV", IE_FORMAT_MOV); /* no Live Photo has a PNG */
    UNITS(&f, 0, 0, 0, 1, 1, 2, 3, 4);
    assert_int_equal(f.photos[2]->format, IE_FORMAT_SIDECAR);
}

static void every_spelling_of_a_sidecar_goes_with_its_photo(void **state)
{
    static const char *const names[] = {
        "/p/a.jpg.xmp",
        "/p/a.xmp",
        "/p/A.AAE",
        "/p/a.thm",
        "/p/a.jpg.json",
        "/p/A.JPG.XMP",
        "/p/a.jpg.supplemental-metadata.json",
        "/p/a.jpg.supplemental-meta.json",
        "/p/a.jpg.s.json",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        IE_FOLDER f = {0};
        add(&f, "/p/0.jpg", IE_FORMAT_JPEG);
        add(&f, names[i], IE_FORMAT_UNKNOWN);
        add(&f, "/p/a.jpg", IE_FORMAT_JPEG);
        UNITS(&f, 0, 1, 1);
        assert_int_equal(f.photos[1]->format, IE_FORMAT_SIDECAR);
        assert_true(ie_sidecar_name(names[i]));
    }
}

static void takeout_numbers_stand_behind_the_extension(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/a(1).jpg", IE_FORMAT_JPEG);
    add(&f, "/p/a.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/a.jpg(1).json", IE_FORMAT_UNKNOWN);
    add(&f, "/p/a.jpg.json", IE_FORMAT_UNKNOWN);
    add(&f, "/p/a.jpg.supplemental-metadata(1).json", IE_FORMAT_UNKNOWN);
    UNITS(&f, 0, 1, 0, 1, 0);
}

static void takeout_describes_an_edited_picture_where_the_original_is_gone(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/a-edited.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/a.jpg.json", IE_FORMAT_UNKNOWN);
    add(&f, "/p/b-edited(2).jpg", IE_FORMAT_JPEG);
    add(&f, "/p/b.jpg(2).json", IE_FORMAT_UNKNOWN);
    add(&f, "/p/c-edited.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/c.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/c.jpg.supplemental-metadata.json", IE_FORMAT_UNKNOWN);
    UNITS(&f, 0, 0, 1, 1, 2, 2, 2);
}

static void what_takeout_calls_edited_in_other_languages_goes_with_its_original(void **state)
{
    static const char *const marks[] = {
        "edited",         "bearbeitet",
        "modifi\xc3\xa9", "modifie\xcc\x81",
        "modificato",     "ha editado",
        "editat",         "bewerkt",
        "edytowane",      "\xe7\xb7\xa8\xe9\x9b\x86\xe6\xb8\x88\xe3\x81\xbf"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        IE_FOLDER f = {0};
        IE_AUTO_FREE char *edited = ie_asprintf("/p/a-%s.jpg", marks[i]),
                          *alone = ie_asprintf("/p/b-%s.jpg", marks[i]);
        add(&f, "/p/a.jpg", IE_FORMAT_JPEG);
        add(&f, edited, IE_FORMAT_JPEG);
        add(&f, "/p/a.jpg.json", IE_FORMAT_UNKNOWN);
        add(&f, alone, IE_FORMAT_JPEG);
        add(&f, "/p/b.jpg.json", IE_FORMAT_UNKNOWN);
        add(&f, "/p/a-party.jpg", IE_FORMAT_JPEG);
        UNITS(&f, 0, 0, 0, 1, 1, 2);
    }
}

/* 46 characters, not bytes, stand before ".json". */
#define LONG_44 "picture of the harbour in the evening, seen "
static void takeout_cuts_long_names(void **state)
{
    assert_int_equal(strlen(LONG_44), 44);
    IE_FOLDER f = {0};
    add(&f, "/p/" LONG_44 "\xc3\xa4\xc3\xb6\xc3\xbc.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/" LONG_44 "\xc3\xa4\xc3\xb6.json", IE_FORMAT_UNKNOWN);
    add(&f, "/p/" LONG_44 "from.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/" LONG_44 "fr.json", IE_FORMAT_UNKNOWN);
    add(&f, "/q/" LONG_44 "from.jpg", IE_FORMAT_JPEG);
    add(&f, "/q/" LONG_44 "from(1).jpg", IE_FORMAT_JPEG);
    add(&f, "/q/" LONG_44 "fr(1).json", IE_FORMAT_UNKNOWN);
    add(&f, "/q/" LONG_44 "f.json", IE_FORMAT_UNKNOWN);
    UNITS(&f, 0, 0, 1, 1, 2, 3, 3, 4);
}

static void takeout_cuts_its_own_word(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/a picture of forty one characters, no.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/a picture of forty one characters, no.jpg.supp.json", IE_FORMAT_UNKNOWN);
    add(&f, "/p/a picture of forty five characters, so it.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/a picture of forty five characters, so it.jpg..json", IE_FORMAT_UNKNOWN);
    UNITS(&f, 0, 0, 1, 1);
}

static void a_cut_name_that_could_be_eithers_goes_with_none(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/" LONG_44 "from 1.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/" LONG_44 "from 2.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/" LONG_44 "fr.json", IE_FORMAT_UNKNOWN);
    UNITS(&f, 0, 1, 2);
    assert_int_equal(f.photos[2]->format, IE_FORMAT_UNKNOWN);
}

static void pictures_that_share_a_stem_are_two_units(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/a.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/a.png", IE_FORMAT_PNG);
    add(&f, "/p/a.xmp", IE_FORMAT_UNKNOWN); /* to the first in path order */
    add(&f, "/p/a.png.xmp", IE_FORMAT_UNKNOWN);
    add(&f, "/p/b.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/b.nef", IE_FORMAT_NEF);
    add(&f, "/p/b.png", IE_FORMAT_PNG);
    add(&f, "/p/b.xmp", IE_FORMAT_UNKNOWN);
    UNITS(&f, 0, 1, 0, 1, 2, 2, 3, 2);
}

static void the_same_spelling_is_preferred_to_another_case(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/A.CR2", IE_FORMAT_CR2);
    add(&f, "/p/A.JPG", IE_FORMAT_JPEG);
    add(&f, "/p/a.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/a.xmp", IE_FORMAT_UNKNOWN);
    add(&f, "/p/A.xmp", IE_FORMAT_UNKNOWN);
    add(&f, "/p/a.JPG.xmp", IE_FORMAT_UNKNOWN);
    UNITS(&f, 0, 0, 1, 1, 0, 1);
}

static void orphan_sidecars_stay_unknown(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/a.xmp", IE_FORMAT_UNKNOWN);
    add(&f, "/p/b.jpg.json", IE_FORMAT_UNKNOWN);
    add(&f, "/p/b.json", IE_FORMAT_UNKNOWN);
    add(&f, "/p/b.jpeg", IE_FORMAT_JPEG);
    add(&f, "/p/notes.txt", IE_FORMAT_UNKNOWN);
    add(&f, "/p/c.xmp", IE_FORMAT_SIDECAR); /* was one when it was last looked at */
    UNITS(&f, 0, 1, 2, 3, 4, 5);
    for (size_t i = 0; i < f.count; i++) {
        assert_int_equal(f.photos[i]->format, i == 3 ? IE_FORMAT_JPEG : IE_FORMAT_UNKNOWN);
    }
}

static void a_thumbnail_is_a_sidecar_though_it_is_a_jpeg(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/MVI_1.MOV", IE_FORMAT_MOV);
    add(&f, "/p/MVI_1.THM", IE_FORMAT_JPEG);
    add(&f, "/p/MVI_2.THM", IE_FORMAT_JPEG); /* alone, it is a picture like any other */
    UNITS(&f, 0, 0, 1);
    assert_int_equal(f.photos[1]->format, IE_FORMAT_SIDECAR);
    assert_int_equal(f.photos[2]->format, IE_FORMAT_JPEG);
}

static void same_names_in_different_folders_do_not_mix(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/x/a.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/y/a.cr2", IE_FORMAT_CR2);
    add(&f, "/p/a.xmp", IE_FORMAT_UNKNOWN);
    add(&f, "/p/X/a.xmp", IE_FORMAT_UNKNOWN);
    add(&f, "/p/y/a.xmp", IE_FORMAT_UNKNOWN);
    UNITS(&f, 0, 1, 2, 3, 1);
}

static void names_that_are_not_utf8_work_too(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/\xe9\xff.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/\xe9\xff.orf", IE_FORMAT_ORF);
    add(&f, "/p/\xe9\xfe.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/\xe9\xff.jpg.xmp", IE_FORMAT_UNKNOWN);
    add(&f, "/p/.xmp", IE_FORMAT_UNKNOWN);
    add(&f, "/p/jpg", IE_FORMAT_JPEG);
    UNITS(&f, 0, 0, 1, 0, 2, 3);
}

static void the_order_of_photos_does_not_matter(void **state)
{
    static const char *const names[] = {"/p/b.jpg", "/p/a.jpg.xmp", "/p/a.cr2", "/p/b.xmp",
                                        "/p/a.jpg"};
    static const ie_format formats[] = {IE_FORMAT_JPEG, IE_FORMAT_UNKNOWN, IE_FORMAT_CR2,
                                        IE_FORMAT_UNKNOWN, IE_FORMAT_JPEG};
    for (size_t shift = 0; shift < 5; shift++) {
        IE_FOLDER f = {0};
        for (size_t i = 0; i < 5; i++) {
            add(&f, names[(i + shift) % 5], formats[(i + shift) % 5]);
        }
        form(&f);
        for (size_t i = 0; i < 5; i++) {
            for (size_t j = 0; j < 5; j++) {
                bool same = f.photos[i]->path[3] == f.photos[j]->path[3];
                assert_int_equal(f.photos[i]->unit == f.photos[j]->unit, same);
            }
        }
        assert_int_equal(f.photos[0]->unit, 0);
    }
}

static void raw_leads_then_heic_then_photos_then_video(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/a.xmp", IE_FORMAT_SIDECAR);
    add(&f, "/p/a.mov", IE_FORMAT_MOV);
    assert_int_equal(ie_unit_leader(f.photos, f.count), 1);
    add(&f, "/p/a.png", IE_FORMAT_PNG);
    add(&f, "/p/a.jpg", IE_FORMAT_JPEG);
    assert_int_equal(ie_unit_leader(f.photos, f.count), 3);
    add(&f, "/p/a.heic", IE_FORMAT_HEIC);
    assert_int_equal(ie_unit_leader(f.photos, f.count), 4);
    add(&f, "/p/a.dng", IE_FORMAT_DNG);
    assert_int_equal(ie_unit_leader(f.photos, f.count), 5);
}

static void a_member_keeps_what_follows_the_stem(void **state)
{
    assert_string_equal(ie_unit_suffix("/p/IMG_1.CR2", "/p/IMG_1.jpg.xmp"), ".jpg.xmp");
    assert_string_equal(ie_unit_suffix("/p/IMG_1.CR2", "/p/img_1.xmp"), ".xmp");
    assert_string_equal(ie_unit_suffix("/p/IMG_1", "/p/IMG_1"), "");
    assert_string_equal(ie_unit_suffix("/p/a(1).jpg", "/p/a.jpg(1).json"), ".json");
    assert_string_equal(ie_unit_suffix("/p/IMG_1.HEIC", "/p/IMG_12.MOV"), ".MOV");
    assert_string_equal(ie_unit_suffix("/p/a.jpg", "/p/a-edited.jpg"), "-edited.jpg");
    assert_string_equal(ie_unit_suffix("a.b.jpg", "a.b.jpg.xmp"), ".jpg.xmp");
}

static void add_live(folder *f, const char *path, ie_format format, const char *id)
{
    add(f, path, format);
    ie_photo_own_metadata(f->photos[f->count - 1])->content_id = id;
}

static void a_live_photo_is_told_by_its_identifier_and_then_by_name(void **state)
{
    IE_FOLDER f = {0};
    add_live(&f, "/p/IMG_1.HEIC", IE_FORMAT_HEIC, "A");
    add_live(&f, "/p/IMG_2.HEIC", IE_FORMAT_HEIC, "B");
    add_live(&f, "/p/IMG_2.MOV", IE_FORMAT_MOV, "A"); /* the name is chance */
    add_live(&f, "/p/clip.mov", IE_FORMAT_MOV, "B");
    add_live(&f, "/p/IMG_3.JPG", IE_FORMAT_JPEG, "C");
    add_live(&f, "/p/IMG_3.MOV", IE_FORMAT_MOV, NULL);
    add_live(&f, "/q/IMG_1.MOV", IE_FORMAT_MOV, "A"); /* another folder */
    UNITS(&f, 0, 1, 0, 1, 2, 2, 3);
}

static void copies_of_a_live_photo_stay_pairs(void **state)
{
    IE_FOLDER f = {0};
    add_live(&f, "/p/IMG_1.HEIC", IE_FORMAT_HEIC, "A");
    add_live(&f, "/p/IMG_1.MOV", IE_FORMAT_MOV, "A");
    add_live(&f, "/p/IMG_1 (1).HEIC", IE_FORMAT_HEIC, "A");
    add_live(&f, "/p/IMG_1 (2).MOV", IE_FORMAT_MOV, "A");
    add_live(&f, "/p/IMG_1 (3).MOV", IE_FORMAT_MOV, "A"); /* one too many */
    UNITS(&f, 0, 0, 1, 1, 2);
}

static void apples_adjustments_go_with_their_picture(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/IMG_1.HEIC", IE_FORMAT_HEIC);
    add(&f, "/p/IMG_1.AAE", IE_FORMAT_UNKNOWN);
    add(&f, "/p/IMG_E1.AAE", IE_FORMAT_UNKNOWN);
    add(&f, "/p/IMG_O1.AAE", IE_FORMAT_UNKNOWN);
    add(&f, "/p/x.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/x.e.aae", IE_FORMAT_UNKNOWN);
    add(&f, "/p/x.o.aae", IE_FORMAT_UNKNOWN);
    add(&f, "/p/IMG_E2.JPG", IE_FORMAT_JPEG); /* no IMG_2 */
    add(&f, "/p/IMG_E2.AAE", IE_FORMAT_UNKNOWN);
    add(&f, "/p/IMG_O3.AAE", IE_FORMAT_UNKNOWN);
    add(&f, "/p/E.aae", IE_FORMAT_UNKNOWN);
    UNITS(&f, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4);
    assert_int_equal(f.photos[9]->format, IE_FORMAT_UNKNOWN);
}

/* 50 000 spellings of one stem, and as many sidecars: quadratic work takes a minute. */
static void apples_edited_picture_goes_with_its_original(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/IMG_E1234.HEIC", IE_FORMAT_HEIC);
    add(&f, "/p/IMG_1234.JPG", IE_FORMAT_JPEG);
    add(&f, "/p/IMG_1234.AAE", IE_FORMAT_UNKNOWN);
    add(&f, "/p/IMG_E1234.AAE", IE_FORMAT_UNKNOWN);
    add(&f, "/p/IMG_O1234.AAE", IE_FORMAT_UNKNOWN);
    add(&f, "/p/IMG_1234.MOV", IE_FORMAT_MOV);
    add(&f, "/p/IMG_E1234.MOV", IE_FORMAT_MOV); /* its still leads it to the original */
    add(&f, "/p/IMG_E1234.HEIC.xmp", IE_FORMAT_UNKNOWN);
    add(&f, "/p/IMG_E77.JPG", IE_FORMAT_JPEG); /* no IMG_77 */
    add(&f, "/p/IMG_Easter.JPG", IE_FORMAT_JPEG);
    add(&f, "/p/IMG_aster.JPG", IE_FORMAT_JPEG);
    add(&f, "/p/IMG_E5.MOV", IE_FORMAT_MOV);
    add(&f, "/p/IMG_5.MOV", IE_FORMAT_MOV);
    UNITS(&f, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 4);
    assert_int_equal(ie_unit_leader(f.photos, 8), 1);
    assert_string_equal(ie_unit_suffix("/p/IMG_1234.JPG", "/p/IMG_E1234.HEIC.xmp"), ".HEIC.xmp");
}

static void a_numbered_picture_and_its_edited_one_are_one_unit_in_both_spellings(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/IMG(1).jpg", IE_FORMAT_JPEG);
    add(&f, "/p/IMG(1)-edited.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/IMG.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/IMG-edited.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/x(12).heic", IE_FORMAT_HEIC);
    add(&f, "/p/x-bearbeitet(12).jpg", IE_FORMAT_JPEG);
    add(&f, "/p/x.jpg(12).json", IE_FORMAT_UNKNOWN);
    add(&f, "/p/IMG.jpg(1).json", IE_FORMAT_UNKNOWN);
    add(&f, "/p/IMG-edited(2).jpg", IE_FORMAT_JPEG); /* no IMG(2) */
    add(&f, "/p/IMG-edited().jpg", IE_FORMAT_JPEG);
    UNITS(&f, 0, 0, 1, 1, 2, 2, 2, 0, 3, 4);
    const char *mark = NULL;
    assert_string_equal(ie_unit_suffix("/p/x(12).heic", "/p/x-bearbeitet(12).jpg"), ".jpg");
    assert_non_null(ie_unit_edited("/p/x(12).heic", "/p/x-bearbeitet(12).jpg", &mark));
    assert_string_equal(mark, "-bearbeitet");
    assert_null(ie_unit_edited("/p/x(12).heic", "/p/x-bearbeitet(1).jpg", &mark));
}

static void both_spellings_of_an_edited_numbered_picture_meet(void **state)
{
    IE_FOLDER f = {0};
    add(&f, "/p/IMG-edited(1).jpg", IE_FORMAT_JPEG);
    add(&f, "/p/IMG(1)-edited.jpg", IE_FORMAT_JPEG);
    add(&f, "/p/IMG(1).jpg", IE_FORMAT_JPEG);
    UNITS(&f, 0, 0, 0);
    assert_int_equal(ie_unit_leader(f.photos, 3), 2);
}

static void a_hostile_folder_takes_no_longer(void **state)
{
    enum { MANY = 50000 };
    ie_photo **photos = ie_alloc(2 * MANY * sizeof *photos);
    for (unsigned i = 0; i < 2 * MANY; i++) {
        photos[i] = ie_photo_new();
        char stem[18] = "aaaaaaaaaaaaaaaaa";
        for (unsigned bit = 0; bit < 17; bit++) {
            stem[bit] = (char)((i % MANY) >> bit & 1 ? 'A' : 'a');
        }
        photos[i]->path =
            ie_arena_printf(photos[i]->arena, i < MANY ? "p/%s.jpg" : "p/%s.zzz.xmp", stem);
        photos[i]->format = i < MANY ? IE_FORMAT_JPEG : IE_FORMAT_UNKNOWN;
    }
    clock_t begin = clock();
    ie_units_form(photos, 2 * MANY);
    assert_true((clock() - begin) / CLOCKS_PER_SEC < 10);
    assert_int_equal(photos[2 * MANY - 1]->unit, 2 * MANY - 1);
    for (size_t i = 0; i < 2 * MANY; i++) {
        ie_photo_free(photos[i]);
    }
    free(photos);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_and_jpeg_of_one_name_are_one_unit),
        cmocka_unit_test(a_live_photo_is_one_unit),
        cmocka_unit_test(every_spelling_of_a_sidecar_goes_with_its_photo),
        cmocka_unit_test(takeout_numbers_stand_behind_the_extension),
        cmocka_unit_test(takeout_describes_an_edited_picture_where_the_original_is_gone),
        cmocka_unit_test(what_takeout_calls_edited_in_other_languages_goes_with_its_original),
        cmocka_unit_test(takeout_cuts_long_names),
        cmocka_unit_test(takeout_cuts_its_own_word),
        cmocka_unit_test(a_cut_name_that_could_be_eithers_goes_with_none),
        cmocka_unit_test(pictures_that_share_a_stem_are_two_units),
        cmocka_unit_test(the_same_spelling_is_preferred_to_another_case),
        cmocka_unit_test(orphan_sidecars_stay_unknown),
        cmocka_unit_test(a_thumbnail_is_a_sidecar_though_it_is_a_jpeg),
        cmocka_unit_test(same_names_in_different_folders_do_not_mix),
        cmocka_unit_test(names_that_are_not_utf8_work_too),
        cmocka_unit_test(the_order_of_photos_does_not_matter),
        cmocka_unit_test(raw_leads_then_heic_then_photos_then_video),
        cmocka_unit_test(a_member_keeps_what_follows_the_stem),
        cmocka_unit_test(a_live_photo_is_told_by_its_identifier_and_then_by_name),
        cmocka_unit_test(copies_of_a_live_photo_stay_pairs),
        cmocka_unit_test(apples_adjustments_go_with_their_picture),
        cmocka_unit_test(apples_edited_picture_goes_with_its_original),
        cmocka_unit_test(a_numbered_picture_and_its_edited_one_are_one_unit_in_both_spellings),
        cmocka_unit_test(both_spellings_of_an_edited_numbered_picture_meet),
        cmocka_unit_test(a_hostile_folder_takes_no_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
