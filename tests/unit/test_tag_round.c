// SPDX-License-Identifier: GPL-3.0-or-later
/* What tag writes is proposed, written into a file, read back, and taken away again. */
#include "test.h"

#include <math.h>
#include <unistd.h>

#include "processors/processor.h"
#include "storage/exif_check.h"
#include "storage/exif_file.h"
#include "utils/text.h"

/* A baseline JPEG of one grey pixel. */
static const uint8_t pixel[] = "\xff\xd8\xff\xdb\0\x43\0\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
                               "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1"
                               "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\xff\xc0\0\x0b"
                               "\x08\0\1\0\1\1\1\x11\0\xff\xc4\0"
                               "\x14\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x03\xff\xc4\0\x14\x10\1\0\0"
                               "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff"
                               "\xda\0\x08\1\1\0\0\x3f\0\x37\xff\xd9";

typedef struct fixture {
    char path[40];
    ie_config *config;
} fixture;

static int set_up(void **state)
{
    fixture *f = ie_alloc(sizeof *f);
    snprintf(f->path, sizeof f->path, "/tmp/imgengine-tag-XXXXXX");
    int fd = mkstemp(f->path);
    assert_int_equal(write(fd, pixel, sizeof pixel - 1), sizeof pixel - 1);
    close(fd);
    f->config = ie_config_new();
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    unlink(f->path);
    ie_config_free(f->config);
    free(f);
    return 0;
}

static ie_photo *read_photo(const fixture *f)
{
    ie_photo *photo = NULL;
    assert_int_equal(ie_exif_facts(f->path, IE_FORMAT_JPEG, &photo, NULL), IE_OK);
    photo->path = photo->real_path = f->path;
    photo->have |= IE_HAVE_METADATA | IE_HAVE_FORMAT;
    return photo;
}

static void see(ie_photo *photo, const char *label, double confidence)
{
    ie_label *tags = ie_arena_alloc(photo->arena, 4 * sizeof *tags);
    for (uint32_t i = 0; i < photo->vision->tag_count; i++) {
        tags[i] = photo->vision->tags[i];
    }
    tags[ie_photo_own_vision(photo)->tag_count++] =
        (ie_label){.label = label, .confidence = confidence, .source = "clip-vit-base-patch32"};
    ie_photo_own_vision(photo)->tags = tags;
    ie_photo_own_vision(photo)->scenes_model = (ie_label_model){
        .name = "openai/clip-vit-base-patch32", .version = "0123456789abcdef", .precision = "fp32"};
}

/* Proposes and writes; true when there was something to write. */
static bool tag(const fixture *f, ie_photo *photo, bool untag)
{
    ie_plan *plan = ie_plan_new("tag");
    ie_plan_root(plan, "/tmp");
    ie_action *action = ie_plan_add(plan, photo);
    ie_proposal proposal = {
        .config = f->config, .photos = &photo, .count = 1, .plan = plan, .untag = untag};
    assert_int_equal(ie_tag_processor.propose(&proposal, NULL), IE_OK);
    bool any = ie_tag_edit_any(action->tags);
    ie_error err = {0};
    if (any && ie_exif_write(f->path, IE_FORMAT_JPEG, action->tags, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    ie_plan_free(plan);
    return any;
}

static void set(const fixture *f, const char *key, const char *value)
{
    assert_int_equal(ie_config_set(f->config, key, value, "test", NULL), IE_OK);
}

static bool has(const ie_text_list *list, const char *text)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static void keywords_of_models_go_and_a_persons_stay(void **state)
{
    fixture *f = *state;
    set(f, "tagging.keywords", "dog,Ann");
    ie_photo *photo = read_photo(f);
    assert_true(tag(f, photo, false)); /* a person's */
    ie_photo_free(photo);

    photo = read_photo(f);
    see(photo, "dog", 0.9); /* the model agrees with the person */
    see(photo, "beach", 0.71);
    see(photo, "harbour", 0.5);
    assert_true(tag(f, photo, false));
    ie_photo_free(photo);

    photo = read_photo(f);
    const ie_metadata *m = photo->metadata;
    assert_int_equal(m->keywords.count, 4);
    assert_int_equal(m->generated.count, 2);
    assert_string_equal(m->generated.items[0],
                        "beach|0.710|clip-vit-base-patch32|0123456789abcdef");
    assert_false(has(&m->generated, "dog|0.900|clip-vit-base-patch32|0123456789abcdef"));
    see(photo, "beach", 0.71);
    assert_false(tag(f, photo, false)); /* a second run has nothing to do */
    ie_photo_free(photo);

    set(f, "tagging.keywords", "later");
    photo = read_photo(f);
    assert_true(tag(f, photo, false)); /* edited since */
    ie_photo_free(photo);
    photo = read_photo(f);
    assert_true(tag(f, photo, true));
    ie_photo_free(photo);

    photo = read_photo(f);
    m = photo->metadata;
    assert_int_equal(m->keywords.count, 3);
    assert_true(has(&m->keywords, "dog") && has(&m->keywords, "Ann") && has(&m->keywords, "later"));
    assert_int_equal(m->generated.count, 0);
    assert_false(tag(f, photo, true));
    ie_photo_free(photo);
}

static void when_all_were_a_models_none_are_left(void **state)
{
    fixture *f = *state;
    ie_photo *photo = read_photo(f);
    see(photo, "beach", 0.71);
    assert_true(tag(f, photo, false));
    ie_photo_free(photo);
    photo = read_photo(f);
    assert_true(tag(f, photo, true));
    ie_photo_free(photo);
    photo = read_photo(f);
    assert_int_equal(photo->metadata->keywords.count, 0);
    ie_photo_free(photo);
}

static void a_branch_is_written_as_a_tree_and_as_a_keyword(void **state)
{
    fixture *f = *state;
    set(f, "tagging.keywords", "Places|Norway|Oslo");
    ie_photo *photo = read_photo(f);
    assert_true(tag(f, photo, false));
    ie_photo_free(photo);
    photo = read_photo(f);
    assert_int_equal(photo->metadata->keywords.count, 1);
    assert_string_equal(photo->metadata->keywords.items[0], "Oslo");
    assert_int_equal(photo->metadata->hierarchy.count, 1); /* Lightroom's and digiKam's are one */
    assert_string_equal(photo->metadata->hierarchy.items[0], "Places|Norway|Oslo");
    assert_false(tag(f, photo, false));
    ie_photo_free(photo);
}

static void a_place_is_given_to_photos_that_have_none(void **state)
{
    fixture *f = *state;
    set(f, "tagging.gps", "-59.9127301,-10.7460902");
    ie_photo *photo = read_photo(f);
    assert_true(tag(f, photo, false));
    ie_photo_free(photo);
    photo = read_photo(f);
    assert_true(fabs(photo->metadata->latitude + 59.9127301) < 1e-7);
    assert_true(fabs(photo->metadata->longitude + 10.7460902) < 1e-7);
    set(f, "tagging.gps", "1,2");
    assert_false(tag(f, photo, false));
    ie_photo_free(photo);
}

/* Once EXIF has a place, readers do not look for the rest of it in XMP. */
static void an_altitude_that_only_xmp_has_goes_along_with_a_new_place(void **state)
{
    static const char packet[] =
        "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
        "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
        "xmlns:exif='http://ns.adobe.com/exif/1.0/' exif:GPSAltitude='1234567/10000' "
        "exif:GPSAltitudeRef='1'/></rdf:RDF></x:xmpmeta>";
    fixture *f = *state;
    const size_t length = sizeof packet - 1 + 2;
    const uint8_t head[] = {0xff, 0xe1, (uint8_t)(length >> 8), (uint8_t)length};
    FILE *file = fopen(f->path, "wb");
    assert_true(fwrite(pixel, 1, 2, file) == 2 && fwrite(head, 1, 4, file) == 4 &&
                fwrite(packet, 1, length - 2, file) == length - 2 &&
                fwrite(pixel + 2, 1, sizeof pixel - 3, file) == sizeof pixel - 3);
    assert_int_equal(fclose(file), 0);
    set(f, "tagging.gps", "48.2,16.3");
    ie_photo *photo = read_photo(f);
    assert_true(tag(f, photo, false));
    ie_photo_free(photo);
    photo = read_photo(f);
    assert_true(fabs(photo->metadata->latitude - 48.2) < 1e-7);
    assert_true(fabs(photo->metadata->altitude_m + 123.4567) < 0.0051);
    ie_photo_free(photo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keywords_of_models_go_and_a_persons_stay, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(when_all_were_a_models_none_are_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_branch_is_written_as_a_tree_and_as_a_keyword, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_place_is_given_to_photos_that_have_none, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            an_altitude_that_only_xmp_has_goes_along_with_a_new_place, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
