// SPDX-License-Identifier: GPL-3.0-or-later
/* The page of a plan's duplicates, and the small JPEGs in it. */
#include "test.h"

#include "engine/engine.h"
#include "storage/jpeg_file.h"
#include "tree.h"

static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *p = strstr(text, part); p != NULL; p = strstr(p + 1, part)) {
        count++;
    }
    return count;
}

/* A plan in which one file goes for another; the page it makes; free() it. */
static char *page_of(const char *stays, const char *goes, const char *bytes)
{
    char *root = tree_new();
    tree_write(root, stays, bytes);
    tree_write(root, goes, bytes);
    ie_plan *plan = ie_plan_new("dedupe");
    IE_AUTO_FREE char *survivor = ie_path_join(root, stays);
    tree_plan(plan, IE_ACTION_KEEP, root, stays, NULL, 0);
    ie_action *action = tree_plan(plan, IE_ACTION_QUARANTINE, root, goes, NULL, 1);
    tree_plan_survivor(plan, action, survivor);
    action->verdict = IE_MATCH_SAME_PICTURE;
    action->reason = "duplicate of a: same picture, turned, in grey; that one: in colour";
    for (size_t i = 0; i < plan->count; i++) {
        plan->actions[i].from_format = IE_FORMAT_PNM;
    }
    ie_action *sidecar = tree_plan(plan, IE_ACTION_COPY, root, stays, "made.xmp", 0);
    sidecar->from_format = IE_FORMAT_PNM;
    sidecar->format = IE_FORMAT_SIDECAR;
    sidecar->reason = "of the sidecar";
    ie_config *config = ie_config_new();
    ie_engine *engine = NULL;
    const ie_engine_options options = {.catalog = ""};
    assert_int_equal(ie_engine_open(config, &options, &engine, NULL), IE_OK);
    IE_AUTO_FREE char *path = ie_path_join(root, "page.html");
    ie_error err = {0};
    if (ie_engine_gallery(engine, plan, path, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(ie_engine_gallery(engine, plan, path, &err), IE_ERR_EXISTS);
    char *page = tree_read(path);
    ie_engine_close(engine);
    ie_config_free(config);
    ie_plan_free(plan);
    tree_remove(root);
    free(root);
    return page;
}

static void a_group_shows_who_stays_and_who_goes(void **state)
{
    (void)state;
    IE_AUTO_FREE char *page = page_of("a.pgm", "b.pgm", "P5 2 2 255\nabcd");
    assert_int_equal(occurrences(page, "<section>"), 1);
    assert_int_equal(occurrences(page, "<figure class=\"stays\">"), 1);
    assert_int_equal(occurrences(page, "<figure class=\"goes\">"), 1);
    assert_int_equal(occurrences(page, "src=\"data:image/jpeg;base64,/9j/"), 2);
    assert_int_equal(occurrences(page, "<b>same picture, turned, in grey</b>"), 1);
    assert_int_equal(occurrences(page, "of the sidecar"), 0);
    assert_true(strstr(page, "stays") < strstr(page, "goes\""));
    assert_int_equal(occurrences(page, "http://") + occurrences(page, "https://") +
                         occurrences(page, "<script"),
                     0);
}

static void a_name_is_text_and_never_markup(void **state)
{
    (void)state;
    IE_AUTO_FREE char *page =
        page_of("<script>alert('x')&\".pgm", "%41\xff.pgm", "P5 2 2 255\nabcd");
    assert_null(strstr(page, "<script"));
    assert_non_null(strstr(page, "&lt;script&gt;alert(&#39;x&#39;)&amp;&quot;.pgm"));
    assert_non_null(strstr(page, "/%2541%FF.pgm\"")); /* the address has the name's very bytes */
}

static void what_cannot_be_shown_is_listed(void **state)
{
    (void)state;
    IE_AUTO_FREE char *page = page_of("a.pgm", "b.pgm", "no picture");
    assert_int_equal(occurrences(page, "no picture</span>"), 2);
}

static void a_small_jpeg_decodes_to_what_went_in(void **state)
{
    (void)state;
    uint8_t data[32 * 24 * 3], row[32 * 3];
    for (size_t i = 0; i < sizeof data; i++) {
        data[i] = (uint8_t)(i % 3 == 0 ? 200 : 60);
    }
    ie_pixels pixels = {.data = data, .width = 32, .height = 24, .channels = 3};
    size_t size = 0;
    IE_AUTO_FREE uint8_t *jpeg = ie_jpeg_encode(&pixels, 90, &size);
    ie_decode_fault fault;
    ie_jpeg *open = ie_jpeg_open(jpeg, size, 1000, &fault);
    assert_non_null(open);
    ie_jpeg_rows rows;
    uint32_t width, height;
    assert_true(ie_jpeg_start(open, 1, IE_JPEG_RGB, &rows, &width, &height, &fault));
    assert_int_equal(width, 32);
    assert_int_equal(height, 24);
    assert_true(ie_jpeg_read(open, row, 1, &fault));
    assert_true(abs(row[0] - 200) < 6 && abs(row[1] - 60) < 6 && abs(row[2] - 60) < 6);
    ie_jpeg_close(open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_shows_who_stays_and_who_goes),
        cmocka_unit_test(a_name_is_text_and_never_markup),
        cmocka_unit_test(what_cannot_be_shown_is_listed),
        cmocka_unit_test(a_small_jpeg_decodes_to_what_went_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
