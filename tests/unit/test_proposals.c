// SPDX-License-Identifier: GPL-3.0-or-later
/* convert, tag and the last step. */
#include <math.h>

#include "collection.h"
#include "storage/exif_file.h"

#define CONVERT ie_convert_processor.propose
#define TAG ie_tag_processor.propose

static void a_photo_becomes_jpeg_or_png_as_its_alpha_asks(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/a.heic", IE_FORMAT_HEIC, 1);
    add(&c, "/p/b.webp", IE_FORMAT_WEBP, 2)->has_alpha = true;
    add(&c, "/p/c.jpg", IE_FORMAT_JPEG, 3);
    add(&c, "/p/d.cr2", IE_FORMAT_CR2, 4);
    PROPOSE(&c, CONVERT, ie_place_propose);
    expect(&c, 0, IE_ACTION_REPLACE, "/p/a.jpg");
    assert_int_equal(IE_FORMAT_JPEG, c.plan->actions[0].format);
    assert_true(c.plan->actions[0].quality > 0);
    expect(&c, 1, IE_ACTION_REPLACE, "/p/b.png");
    expect(&c, 2, IE_ACTION_KEEP, NULL);
    expect(&c, 3, IE_ACTION_KEEP, NULL);
    collection_end(&c);
}

static void nothing_is_squeezed_into_less_than_it_is(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/a.webp", IE_FORMAT_WEBP, 1)->animated = true;
    add(&c, "/p/b.avif", IE_FORMAT_AVIF, 2)->bits = 10;
    ie_photo_fault(add(&c, "/p/c.heic", IE_FORMAT_HEIC, 3), "decode", "truncated", "cut off");
    add(&c, "/p/d.heic", IE_FORMAT_HEIC, 4)->bits = 0;
    const char *const reasons[] = {"would lose frames", "more than 8 bits",
                                   "it does not decode (cut off)", "not looked at"};
    PROPOSE(&c, CONVERT, ie_place_propose);
    for (size_t i = 0; i < 4; i++) {
        expect(&c, i, IE_ACTION_KEEP, NULL);
        expect_reason(&c, i, reasons[i]);
    }
    collection_end(&c);
    c = collection_new();
    set(&c, "convert.to", "jpeg");
    add(&c, "/p/a.webp", IE_FORMAT_WEBP, 1)->has_alpha = true;
    PROPOSE(&c, CONVERT, ie_place_propose);
    expect_reason(&c, 0, "transparency, which JPEG cannot hold");
    collection_end(&c);
    c = collection_new();
    set(&c, "convert.rules", "png=avif,tiff=png");
    add(&c, "/p/a.png", IE_FORMAT_PNG, 1)->bits = 16;
    add(&c, "/p/b.png", IE_FORMAT_PNG, 2);
    add(&c, "/p/c.tif", IE_FORMAT_TIFF, 3)->bits = 32;
    add(&c, "/p/d.tif", IE_FORMAT_TIFF, 4)->animated = true;
    add(&c, "/p/e.png", IE_FORMAT_JPEG, 5);
    PROPOSE(&c, CONVERT, ie_place_propose);
    expect_reason(&c, 0, "converted to AVIF of 12 bits a channel");
    expect_reason(&c, 1, "converted to AVIF (");
    expect(&c, 2, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 2, "has 32 bits a channel");
    expect_reason(&c, 3, "it has several pages");
    expect_reason(&c, 4, "it is a JPEG, though its name says png");
    collection_end(&c);
}

static void what_could_not_be_read_is_skipped_and_not_another_file(void **state)
{
    (void)state;
    for (int copies = 0; copies < 2; copies++) {
        collection c = collection_new();
        c.output = copies ? "/o" : NULL;
        ie_photo_fault(add(&c, "/p/a.jpg", IE_FORMAT_UNKNOWN, 1), "open", "denied", "no way in");
        add(&c, "/p/notes.txt", IE_FORMAT_UNKNOWN, 2);
        PROPOSE(&c, ie_place_propose);
        expect(&c, 0, IE_ACTION_SKIP, NULL);
        expect_reason(&c, 0, "no way in");
        ie_summary sum = {0};
        ie_plan_summarize(c.plan, &sum);
        assert_int_equal(sum.skipped, 1);
        assert_int_equal(sum.other, 1);
        collection_end(&c);
    }
}

static void tags_are_added_once(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "tagging.keywords", "Rome,2023");
    set(&c, "tagging.caption", "Summer");
    set(&c, "tagging.rating", "4");
    ie_photo *photo = add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    ie_text_list_add(&ie_photo_own_metadata(photo)->keywords, photo->arena, "rome");
    PROPOSE(&c, TAG, ie_place_propose, ie_writing_propose);
    expect(&c, 0, IE_ACTION_REPLACE, "/p/a.jpg");
    const ie_tag_edit *tags = c.plan->actions[0].tags;
    assert_int_equal(1, tags->add_keywords.count);
    assert_string_equal("2023", tags->add_keywords.items[0]);
    assert_string_equal("Summer", tags->caption);
    assert_null(tags->title);
    assert_int_equal(4, tags->rating);
    expect_reason(&c, 0, "tags: +2023, caption, rating 4");
    ie_text_list_add(&ie_photo_own_metadata(photo)->keywords, photo->arena, "2023");
    ie_photo_own_metadata(photo)->caption = "Summer";
    ie_photo_own_metadata(photo)->rating = 4;
    PROPOSE(&c, TAG, ie_place_propose, ie_writing_propose);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    collection_end(&c);
}

static void a_keyword_with_a_place_in_a_tree_is_shown_with_it(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "tagging.keywords", "sea,Places|Norway|Oslo,a,b,c,d|e");
    ie_photo *photo = add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    PROPOSE(&c, TAG, ie_place_propose, ie_writing_propose);
    expect_reason(&c, 0, "tags: +sea +Places|Norway|Oslo +a +b +c and 1 more");
    ie_text_list_add(&ie_photo_own_metadata(photo)->keywords, photo->arena,
                     "Oslo"); /* without its place */
    PROPOSE(&c, TAG, ie_place_propose, ie_writing_propose);
    expect_reason(&c, 0, "tags: +sea +a +b +c +d|e and 1 more");
    set(&c, "tagging.keywords", "Places|Norway|Oslo");
    PROPOSE(&c, TAG, ie_place_propose, ie_writing_propose);
    expect_reason(&c, 0, "tags: +Places|Norway|Oslo");
    collection_end(&c);
}

static void it_is_known_whether_anything_is_to_be_written(void **state)
{
    (void)state;
    static const char *const asking[][2] = {
        {"tagging.keywords", "a"},
        {"tagging.title", "a"},
        {"tagging.caption", "a"},
        {"tagging.rating", "0"},
        {"tagging.gps", "1,2"},
        {"tagging.gpx", "a.gpx"},
        {"tagging.gps_from", "sidecar"},
        {"tagging.quality_rating", "true"},
        {"tagging.quality_score", "true"},
        {"analysis.ml_analysis", "true"},
    };
    collection c = collection_new();
    assert_false(ie_tag_asked(c.config));
    set(&c, "tagging.mode", "sidecar");
    set(&c, "tagging.clock_offset", "+01:00");
    assert_false(ie_tag_asked(c.config));
    collection_end(&c);
    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++) {
        c = collection_new();
        set(&c, asking[i][0], asking[i][1]);
        assert_true(ie_tag_asked(c.config));
        collection_end(&c);
    }
}

static void tags_are_proposed_for_the_formats_that_take_them(void **state)
{
    (void)state;
    for (int format = IE_FORMAT_UNKNOWN + 1; format < IE_FORMAT_SIDECAR; format++) {
        collection c = collection_new();
        set(&c, "tagging.keywords", "Rome");
        set(&c, "tagging.mode", "embed");
        add(&c, "/p/a", (ie_format)format, 1);
        PROPOSE(&c, TAG, ie_place_propose, ie_writing_propose);
        assert_int_equal(c.plan->actions[0].tags != NULL, ie_exif_can_write((ie_format)format));
        collection_end(&c);
    }
}

static void only_sure_tags_are_embedded(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "tagging.min_confidence", "0.5");
    ie_photo *photo = add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    ie_label labels[] = {{.label = "beach", .confidence = 0.7},
                         {.label = "dog", .confidence = 0.4}};
    ie_photo_own_vision(photo)->tags = labels;
    ie_photo_own_vision(photo)->tag_count = 2;
    PROPOSE(&c, TAG, ie_place_propose, ie_writing_propose);
    assert_int_equal(1, c.plan->actions[0].tags->add_keywords.count);
    assert_string_equal("beach", c.plan->actions[0].tags->add_keywords.items[0]);
    set(&c, "tagging.embed_tags", "false");
    PROPOSE(&c, TAG, ie_place_propose, ie_writing_propose);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    collection_end(&c);
}

static void quality_rates_only_what_has_no_rating(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "tagging.quality_rating", "true");
    ie_photo_own_content(add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1))->quality = 1.0;
    ie_photo_own_content(add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 2))->quality = 0.59;
    ie_photo_own_metadata(add(&c, "/p/c.jpg", IE_FORMAT_JPEG, 3))->rating = 2;
    ie_photo_own_content(add(&c, "/p/d.jpg", IE_FORMAT_JPEG, 4))->quality = NAN;
    PROPOSE(&c, TAG, ie_place_propose, ie_writing_propose);
    assert_int_equal(5, c.plan->actions[0].tags->rating);
    assert_int_equal(3, c.plan->actions[1].tags->rating);
    expect(&c, 2, IE_ACTION_KEEP, NULL);
    expect(&c, 3, IE_ACTION_KEEP, NULL);
    collection_end(&c);
}

static void what_cannot_be_written_into_is_not_tagged(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "tagging.keywords", "Rome");
    set(&c, "tagging.mode", "embed");
    add(&c, "/p/a.cr2", IE_FORMAT_CR2, 1);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 2)->have = IE_HAVE_FORMAT;
    ie_photo_fault(add(&c, "/p/c.jpg", IE_FORMAT_JPEG, 3), "metadata", "corrupt", "bad");
    PROPOSE(&c, TAG, ie_place_propose, ie_writing_propose);
    for (size_t i = 0; i < 3; i++) {
        expect(&c, i, IE_ACTION_KEEP, NULL);
        expect_reason(&c, i, "not tagged");
        expect_reason(&c, i, "--mode auto writes it into an XMP file beside the photo");
        assert_true(c.plan->actions[i].untagged);
    }
    expect_reason(&c, 0, "nothing is written into cr2 files");
    /* A converted photo is tagged in its new format. */
    add(&c, "/p/d.heic", IE_FORMAT_HEIC, 4);
    PROPOSE(&c, CONVERT, TAG, ie_place_propose, ie_writing_propose);
    expect(&c, 3, IE_ACTION_REPLACE, "/p/d.jpg");
    assert_non_null(c.plan->actions[3].tags);
    collection_end(&c);
}

static const ie_action *made_beside(const collection *c, size_t index)
{
    for (size_t i = c->count; i < c->plan->count; i++) {
        if (strcmp(c->plan->actions[i].from, c->plan->actions[index].from) == 0) {
            return &c->plan->actions[i];
        }
    }
    return NULL;
}

static void what_cannot_be_written_into_gets_a_sidecar(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "tagging.keywords", "Rome");
    add(&c, "/p/a.cr2", IE_FORMAT_CR2, 1);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 2)->mode = 0444;
    add(&c, "/p/c.jpg", IE_FORMAT_JPEG, 3)->mode = 0644;
    PROPOSE(&c, TAG, ie_place_propose, ie_writing_propose);
    const char *const paths[] = {"/p/a.cr2.xmp", "/p/b.jpg.xmp"};
    for (size_t i = 0; i < 2; i++) {
        expect(&c, i, IE_ACTION_KEEP, NULL);
        const ie_action *made = made_beside(&c, i);
        assert_non_null(made);
        assert_int_equal(made->kind, IE_ACTION_COPY);
        assert_string_equal(made->to, paths[i]);
        assert_true(made->extra && made->tags->beside && ie_action_makes_sidecar(made));
    }
    expect(&c, 2, IE_ACTION_REPLACE, "/p/c.jpg");
    assert_null(made_beside(&c, 2));
    collection_end(&c);
}

static void a_new_sidecar_takes_the_new_name_of_its_photo_and_its_keywords(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "tagging.mode", "sidecar");
    set(&c, "tagging.keywords", "Rome");
    set(&c, "rename.template", "new");
    ie_photo *photo = add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    ie_text_list_add(&ie_photo_own_metadata(photo)->keywords, photo->arena, "Ann");
    PROPOSE(&c, TAG, ie_rename_processor.propose, ie_writing_propose);
    expect(&c, 0, IE_ACTION_MOVE, "/p/new.jpg");
    const ie_action *made = made_beside(&c, 0);
    assert_string_equal(made->to, "/p/new.jpg.xmp");
    assert_int_equal(made->unit, c.plan->actions[0].unit);
    assert_int_equal(made->tags->add_keywords.count, 2);
    assert_string_equal(made->tags->add_keywords.items[0], "Ann");
    collection_end(&c);
}

static void a_plan_with_a_new_sidecar_reads_back_as_it_was(void **state)
{
    (void)state;
    collection c = collection_new();
    ie_error err = {0};
    size_t size;
    ie_plan *back = NULL;
    set(&c, "tagging.rating", "3");
    add(&c, "/p/a.cr2", IE_FORMAT_CR2, 1);
    PROPOSE(&c, TAG, ie_place_propose, ie_writing_propose);
    IE_AUTO_FREE char *text = ie_plan_text(c.plan, &size);
    if (ie_plan_parse(text, size, &back, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    IE_AUTO_FREE char *again = ie_plan_text(back, &size);
    assert_string_equal(text, again);
    assert_true(back->actions[1].extra && back->actions[1].tags->beside);
    ie_plan_free(back);
    collection_end(&c);
}

static void damaged_photos_are_copied_as_they_are(void **state)
{
    (void)state;
    collection c = collection_new();
    c.output = "/out";
    ie_photo_fault(add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1), "decode", "truncated", "cut off");
    ie_photo_fault(add(&c, "/p/b.jpg", IE_FORMAT_UNKNOWN, 2), "open", "denied", "no permission");
    PROPOSE(&c, ie_place_propose);
    expect(&c, 0, IE_ACTION_COPY, "/out/a.jpg");
    expect_reason(&c, 0, "damaged (cut off)");
    expect(&c, 1, IE_ACTION_SKIP, NULL);
    expect_reason(&c, 1, "no permission");
    collection_end(&c);
}

static void what_dedupe_drops_nobody_else_touches(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "tagging.keywords", "Rome");
    add(&c, "/p/a.webp", IE_FORMAT_WEBP, 1);
    add(&c, "/p/b.webp", IE_FORMAT_WEBP, 1);
    PROPOSE(&c, ie_dedupe_processor.propose, CONVERT, TAG, ie_rename_processor.propose,
            ie_writing_propose);
    assert_int_equal(IE_ACTION_REPLACE, c.plan->actions[0].kind);
    expect(&c, 1, IE_ACTION_QUARANTINE, NULL);
    assert_null(c.plan->actions[1].tags);
    collection_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_photo_becomes_jpeg_or_png_as_its_alpha_asks),
        cmocka_unit_test(nothing_is_squeezed_into_less_than_it_is),
        cmocka_unit_test(what_could_not_be_read_is_skipped_and_not_another_file),
        cmocka_unit_test(tags_are_added_once),
        cmocka_unit_test(a_keyword_with_a_place_in_a_tree_is_shown_with_it),
        cmocka_unit_test(it_is_known_whether_anything_is_to_be_written),
        cmocka_unit_test(tags_are_proposed_for_the_formats_that_take_them),
        cmocka_unit_test(only_sure_tags_are_embedded),
        cmocka_unit_test(quality_rates_only_what_has_no_rating),
        cmocka_unit_test(what_cannot_be_written_into_is_not_tagged),
        cmocka_unit_test(what_cannot_be_written_into_gets_a_sidecar),
        cmocka_unit_test(a_new_sidecar_takes_the_new_name_of_its_photo_and_its_keywords),
        cmocka_unit_test(a_plan_with_a_new_sidecar_reads_back_as_it_was),
        cmocka_unit_test(damaged_photos_are_copied_as_they_are),
        cmocka_unit_test(what_dedupe_drops_nobody_else_touches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
