// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan.h"
#include "core/recoding.h"
#include "test.h"
#include "utils/text.h"

#define HEAD                                                                                       \
    "{\"schema\":\"imgengine.plan/"                                                                \
    "1\",\"command\":\"dedupe\",\"copies\":%s,\"roots\":[{\"path\":\"/p\"}],"                      \
    "\"actions\":%d}\n"
#define STAMP                                                                                      \
    "{\"size\":\"1\",\"mtime_ns\":\"-5\",\"ctime_ns\":\"6\",\"inode\":\"18446744073709551615\","   \
    "\"device\":\"1\"}"
#define LINE(kind, from, more) LINE_TO("jpeg", kind, from, more)
#define PICTURE ",\"extra\":true,\"quality\":90"
#define LINE_TO(format, kind, from, more)                                                          \
    "{\"schema\":\"imgengine.action/1\",\"kind\":\"" kind                                          \
    "\",\"root\":0,\"unit\":0,\"from\":\"" from "\",\"from_format\":\"jpeg\",\"format\":\"" format \
    "\",\"orientation\":1,\"outcome\":\"planned\","                                                \
    "\"stamp\":" STAMP more "}\n"
#define TO(path) ",\"to\":\"" path "\""
#define HASH ",\"survivor_xxh3\":\"00112233445566778899aabbccddeeff\""
#define SURVIVOR(path) ",\"survivor\":\"" path "\",\"survivor_stamp\":" STAMP

static ie_photo *photo_at(const char *path, ie_format format, uint32_t unit)
{
    ie_photo *photo = ie_photo_new();
    photo->path = ie_arena_strdup(photo->arena, path + 1);
    photo->real_path = ie_arena_strdup(photo->arena, path);
    photo->format = format;
    photo->unit = unit;
    photo->stamp = (ie_stamp){1234, -1, 1689325953123456789, UINT64_MAX, 7};
    return photo;
}

static ie_action *add(ie_plan *plan, const char *path, ie_format format, uint32_t unit)
{
    ie_photo *photo = photo_at(path, format, unit);
    ie_action *action = ie_plan_add(plan, photo);
    ie_photo_free(photo);
    return action;
}

/* A plan with everything in it. */
static ie_plan *rich_plan(void)
{
    ie_plan *plan = ie_plan_new("process");
    ie_plan_root(plan, "/p/\xff");
    ie_plan_root(plan, "/q");
    ie_action *a = add(plan, "/p/\xff/a\n.heic", IE_FORMAT_HEIC, 0);
    a->kind = IE_ACTION_REPLACE;
    a->to = "/p/\xff/2023/\xe9.jpg";
    a->format = IE_FORMAT_JPEG;
    a->quality = 92;
    a->orientation = 6;
    ie_tag_edit *tags = ie_action_tags(plan, a);
    ie_text_list_add(&tags->add_keywords, plan->arena, "Città");
    tags->title = "t";
    tags->rating = 0;
    ie_action_reason(plan, a, "converted to %s", "JPEG");
    ie_action_reason(plan, a, "tags");
    a = add(plan, "/p/\xff/b.jpg", IE_FORMAT_JPEG, 1);
    a->kind = IE_ACTION_QUARANTINE;
    a->survivor = "/q/c.jpg";
    a->survivor_stamp = (ie_stamp){1, INT64_MIN, INT64_MAX, 0, UINT64_MAX};
    a->verdict = IE_MATCH_SAME_PICTURE;
    a->survivor_xxh3 = ie_hash128_of("survivor", 8);
    a->outcome = IE_OUTCOME_FAILED;
    a->problem = "in use";
    a = add(plan, "/q/c.jpg", IE_FORMAT_JPEG, 2);
    a->root = 1;
    return plan;
}

static void a_plan_comes_back_as_it_was(void **state)
{
    (void)state;
    ie_plan *plan = rich_plan(), *again = NULL;
    size_t size, again_size;
    char *text = ie_plan_text(plan, &size);
    ie_error err = {0};
    if (ie_plan_parse(text, size, &again, &err) != IE_OK) {
        fail_msg("%s\n%s", err.text, text);
    }
    char *again_text = ie_plan_text(again, &again_size);
    assert_string_equal(text, again_text);
    assert_int_equal(3, ie_plan_count(again));
    assert_int_equal(2, ie_plan_work(again));
    const ie_action *a = &again->actions[0];
    assert_string_equal("/p/\xff", again->roots[0]);
    assert_string_equal("/p/\xff/a\n.heic", a->from);
    assert_string_equal("/p/\xff/2023/\xe9.jpg", a->to);
    assert_true(ie_stamp_equal(&plan->actions[0].stamp, &a->stamp));
    assert_true(
        ie_stamp_equal(&plan->actions[1].survivor_stamp, &again->actions[1].survivor_stamp));
    assert_int_equal(again->actions[1].verdict, plan->actions[1].verdict);
    assert_true(ie_hash128_equal(again->actions[1].survivor_xxh3, plan->actions[1].survivor_xxh3));
    assert_int_equal(6, a->orientation);
    assert_int_equal(0, a->tags->rating);
    assert_null(a->tags->caption);
    assert_string_equal("Città", a->tags->add_keywords.items[0]);
    assert_string_equal("converted to JPEG; tags", a->reason);
    free(text);
    free(again_text);
    ie_plan_free(plan);
    ie_plan_free(again);
}

static void a_plan_that_is_cut_off_is_refused_wherever_it_is_cut(void **state)
{
    (void)state;
    ie_plan *plan = rich_plan();
    size_t size;
    char *text = ie_plan_text(plan, &size);
    for (size_t cut = 0; cut < size - 1; cut++) { /* the last newline may be missing */
        ie_plan *again = NULL;
        char *copy = ie_alloc(cut + 1); /* its own block, so that reading beyond is seen */
        memcpy(copy, text, cut);
        assert_int_equal(IE_ERR_FORMAT, ie_plan_parse(copy, cut, &again, NULL));
        assert_null(again);
        free(copy);
    }
    free(text);
    ie_plan_free(plan);
}

static ie_status parse(bool copies, const char *lines, ie_error *err)
{
    int count = 0;
    for (const char *p = lines; *p != 0; p++) {
        count += *p == '\n';
    }
    IE_AUTO_FREE char *head = ie_asprintf(HEAD, copies ? "true" : "false", count);
    IE_AUTO_FREE char *text = ie_asprintf("%s%s", head, lines);
    ie_plan *plan = NULL;
    ie_status status = ie_plan_parse(text, strlen(text), &plan, err);
    ie_plan_free(plan);
    return status;
}

static void sound_lines_are_read(void **state)
{
    (void)state;
    const char *const lines[] = {
        LINE("keep", "/p/a.jpg", ""),
        LINE("move", "/p/a.jpg", TO("/p/x/a.jpg")),
        LINE("move", "/p/a.jpg", TO("/p/b.jpg")) LINE("move", "/p/b.jpg", TO("/p/a.jpg")),
        LINE("replace", "/p/a.jpg", TO("/p/a.jpg") ",\"tags\":{\"rating\":3}"),
        LINE("quarantine", "/p/a.jpg", SURVIVOR("/elsewhere/b.jpg")),
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        ie_error err = {0};
        if (parse(false, lines[i], &err) != IE_OK) {
            fail_msg("%s: %s", err.text, lines[i]);
        }
    }
    assert_int_equal(IE_OK, parse(true, LINE("copy", "/x/a.jpg", TO("/p/a.jpg")), NULL));
    assert_int_equal(IE_OK, parse(true,
                                  LINE("copy", "/x/a.jpg", TO("/p/a.jpg"))
                                      LINE_TO("webp", "copy", "/x/a.jpg", TO("/p/a.webp") PICTURE),
                                  NULL));
}

static void odd_lines_are_refused_with_their_number(void **state)
{
    (void)state;
    const char *const lines[] = {
        "nonsense\n",
        "{}\n",
        LINE("erase", "/p/a.jpg", ""),
        LINE("keep", "a.jpg", ""),
        LINE("keep", "/p/../a.jpg", ""),
        LINE("keep", "/p/./a.jpg", ""),
        LINE("keep", "/p//a.jpg", ""),
        LINE("keep", "/p/a\\u0000.jpg", ""),
        LINE("keep", "/p/a.jpg", TO("/p/b.jpg")),
        LINE("keep", "/p/a.jpg", ",\"from_b64\":\"L2EA\""),
        LINE("keep", "/p/a.jpg", ",\"quality\":101"),
        LINE("keep", "/p/a.jpg", ",\"reason\":3"),
        LINE("keep", "/p/a.jpg", ",\"tags\":[]"),
        LINE("keep", "/p/a.jpg", ",\"tags\":{\"rating\":6}"),
        LINE("keep", "/p/a.jpg", ",\"tags\":{\"add_keywords\":[1]}"),
        LINE("keep", "/p/.imgengine/a.jpg", ""),
        LINE("move", "/p/a.jpg", ""),
        LINE("move", "/p/a.jpg", TO("b.jpg")),
        LINE("move", "/p/a.jpg", TO("/p")),
        LINE("move", "/p/a.jpg", TO("/pp/b.jpg")),
        LINE("move", "/p/a.jpg", TO("/p/.imgengine")),
        LINE("move", "/p/a.jpg", TO("/p/a.jpg")),
        LINE("move", "/x/a.jpg", TO("/p/a.jpg")),
        LINE("move", "/p/a.jpg", TO("/p/b.jpg") ",\"tags\":{\"rating\":3}"),
        LINE("replace", "/p/a.jpg", TO("/p/b.jpg")),
        LINE("quarantine", "/p/a.jpg", ""),
        LINE("quarantine", "/p/a.jpg", ",\"survivor\":\"/p/b.jpg\""),
        LINE("quarantine", "/p/a.jpg", SURVIVOR("/p/a.jpg")),
        LINE("quarantine", "/x/a.jpg", SURVIVOR("/p/b.jpg")),
        LINE("quarantine", "/p/a.jpg", SURVIVOR("/p/b.jpg") ",\"verdict\":\"same\""),
        LINE("quarantine", "/p/a.jpg", SURVIVOR("/p/b.jpg") ",\"verdict\":3"),
        LINE("quarantine", "/p/a.jpg", SURVIVOR("/p/b.jpg") ",\"verdict\":\"none\""),
        LINE("quarantine", "/p/a.jpg", SURVIVOR("/p/b.jpg") ",\"verdict\":\"similar_scene\"" HASH),
        LINE("quarantine", "/p/a.jpg", SURVIVOR("/p/b.jpg") ",\"verdict\":\"same_picture\""),
        LINE("quarantine", "/p/a.jpg", SURVIVOR("/p/b.jpg") ",\"verdict\":\"same_bytes\"" HASH),
        LINE("quarantine", "/p/a.jpg", SURVIVOR("/p/b.jpg") HASH),
        LINE("quarantine", "/p/a.jpg",
             SURVIVOR("/p/b.jpg") ",\"verdict\":\"same_pixels\",\"survivor_xxh3\":\"00\""),
        LINE("keep", "/p/a.jpg", ",\"verdict\":\"same_bytes\""),
        LINE("keep", "/p/a.jpg", "") LINE("keep", "/p/a.jpg", ""),
        LINE("move", "/p/a.jpg", TO("/p/c.jpg")) LINE("move", "/p/b.jpg", TO("/p/c.jpg")),
        LINE("quarantine", "/p/a.jpg", SURVIVOR("/p/b.jpg"))
            LINE("quarantine", "/p/b.jpg", SURVIVOR("/p/a.jpg")),
        LINE("keep", "/p/a.jpg", "")
            LINE_TO("webp", "quarantine", "/p/a.jpg", SURVIVOR("/p/b.jpg") PICTURE),
        LINE("copy", "/p/a.jpg", TO("/p/b.jpg") PICTURE),
        LINE_TO("webp", "replace", "/p/a.jpg", TO("/p/a.webp") PICTURE),
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        ie_error err = {0};
        if (parse(false, lines[i], &err) != IE_ERR_FORMAT || strstr(err.text, "Line ") == NULL) {
            fail_msg("taken, or no line is named (%s): %s", err.text, lines[i]);
        }
    }
    assert_int_equal(IE_ERR_FORMAT, parse(true, LINE("move", "/p/a.jpg", TO("/p/b.jpg")), NULL));
    assert_int_equal(IE_ERR_FORMAT,
                     parse(true, LINE("quarantine", "/p/a.jpg", SURVIVOR("/p/b.jpg")), NULL));
}

static void a_survivor_without_a_verdict_must_have_the_same_bytes(void **state)
{
    (void)state;
    ie_plan *plan = NULL;
    char *text = ie_asprintf(
        HEAD "%s%s", "false", 2, LINE("quarantine", "/p/a.jpg", SURVIVOR("/p/b.jpg")),
        LINE("quarantine", "/p/c.jpg", SURVIVOR("/p/b.jpg") ",\"verdict\":\"same_picture\"" HASH));
    assert_int_equal(ie_plan_parse(text, strlen(text), &plan, NULL), IE_OK);
    assert_int_equal(plan->actions[0].verdict, IE_MATCH_SAME_BYTES);
    assert_int_equal(plan->actions[1].verdict, IE_MATCH_SAME_PICTURE);
    assert_int_equal(plan->actions[1].survivor_xxh3.bytes[15], 0xff);
    ie_plan_free(plan);
    free(text);
}

static void the_whole_system_or_a_crooked_path_is_no_root(void **state)
{
    (void)state;
    static const char *const roots[] = {"/", "p", "/p/../q", "/p/", ""};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        IE_AUTO_FREE char *text =
            ie_asprintf("{\"schema\":\"imgengine.plan/1\",\"command\":\"x\",\"copies\":false,"
                        "\"roots\":[{\"path\":\"%s\"}],\"actions\":0}\n",
                        roots[i]);
        ie_plan *plan = NULL;
        ie_error err;
        assert_int_equal(ie_plan_parse(text, strlen(text), &plan, &err), IE_ERR_FORMAT);
        assert_non_null(strstr(err.text, "root folder"));
    }
}

static void every_action_is_counted_once(void **state)
{
    (void)state;
    ie_plan *plan = rich_plan();
    add(plan, "/p/\xff/notes.txt", IE_FORMAT_UNKNOWN, 3);
    ie_summary sum = {.kept = 10};
    ie_plan_summarize(plan, &sum);
    assert_int_equal(11, sum.kept);
    assert_int_equal(1, sum.replaced);
    assert_int_equal(1, sum.converted);
    assert_int_equal(1, sum.tagged);
    assert_int_equal(1234, sum.written_bytes);
    assert_int_equal(1, sum.failed);
    assert_int_equal(0, sum.quarantined);
    assert_int_equal(1, sum.other);
    ie_plan_free(plan);
}

static char *printed(const ie_plan *plan, bool keeps)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    ie_plan_print(plan, keeps, out);
    fclose(out);
    return text;
}

static void a_plan_is_printed_for_a_person(void **state)
{
    (void)state;
    ie_plan *plan = ie_plan_new("rename");
    ie_plan_root(plan, "/p");
    ie_action *a = add(plan, "/p/a.CR2", IE_FORMAT_CR2, 0);
    a->kind = IE_ACTION_MOVE;
    a->to = "/p/2023/x.cr2";
    ie_action_reason(plan, a, "named by template");
    a = add(plan, "/p/b\x1b.jpg", IE_FORMAT_JPEG, 1);
    a->kind = IE_ACTION_QUARANTINE;
    a->outcome = IE_OUTCOME_FAILED;
    a->problem = "in\nuse";
    a = add(plan, "/p/a.jpg", IE_FORMAT_JPEG, 0);
    a->kind = IE_ACTION_MOVE;
    a->to = "/p/2023/x.jpg";
    ie_action_reason(plan, a, "%090d", 0);
    a = add(plan, "/p/d.dng", IE_FORMAT_DNG, 4); /* a sidecar to be made */
    a->kind = IE_ACTION_COPY;
    a->to = "/p/d.dng.xmp";
    a->format = IE_FORMAT_SIDECAR;
    add(plan, "/p/c.jpg", IE_FORMAT_JPEG, 2);
    a = add(plan, "/p/n.txt", IE_FORMAT_UNKNOWN, 3);
    a->kind = IE_ACTION_SKIP;
    a->reason = IE_REASON_NO_PHOTO;
    char *text = printed(plan, false);
    IE_AUTO_FREE char *wanted =
        ie_asprintf("in /p:\n"
                    "move        a.CR2 → 2023/x.cr2  named by template\n"
                    "move          a.jpg → 2023/x.jpg\n"
                    "                %090d\n"
                    "quarantine  b\\x1b.jpg\n"
                    "                failed: in\\x0ause\n"
                    "write       sidecar d.dng.xmp\n",
                    0);
    assert_string_equal(wanted, text);
    free(text);
    text = printed(plan, true);
    assert_non_null(strstr(text, "keep        c.jpg\n"));
    assert_non_null(strstr(text, "skip        n.txt  not a photo\n"));
    free(text);
    ie_plan_free(plan);
}

static void how_a_picture_is_coded_is_part_of_a_saved_plan(void **state)
{
    (void)state;
    ie_plan *plan = ie_plan_new("convert"), *back = NULL;
    ie_plan_root(plan, "/p");
    ie_action *a = add(plan, "/p/a.CR2", IE_FORMAT_CR2, 0);
    a->kind = IE_ACTION_COPY;
    a->to = "/p/a.jpg";
    a->format = IE_FORMAT_JPEG;
    a->quality = 90;
    a->recoding = IE_RECODE_DEVELOP | IE_RECODE_SRGB | IE_RECODE_FULL_CHROMA |
                  IE_RECODE_PROGRESSIVE | IE_RECODE_DROP_GAIN_MAP;
    size_t size = 0;
    ie_error err = {0};
    char *text = ie_plan_text(plan, &size);
    assert_int_equal(IE_OK, ie_plan_parse(text, size, &back, NULL));
    assert_int_equal(a->recoding, back->actions[0].recoding);
    ie_plan_free(back);
    memcpy(strstr(text, "srgb"), "srgx", 4);
    assert_int_equal(IE_ERR_FORMAT, ie_plan_parse(text, size, &back, &err));
    assert_non_null(strstr(err.text, "unknown way to code"));
    free(text);
    a->kind = IE_ACTION_REPLACE;
    text = ie_plan_text(plan, &size);
    assert_int_equal(IE_ERR_FORMAT, ie_plan_parse(text, size, &back, &err));
    assert_non_null(strstr(err.text, "replace a RAW"));
    free(text);
    ie_plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plan_comes_back_as_it_was),
        cmocka_unit_test(a_plan_that_is_cut_off_is_refused_wherever_it_is_cut),
        cmocka_unit_test(sound_lines_are_read),
        cmocka_unit_test(odd_lines_are_refused_with_their_number),
        cmocka_unit_test(a_survivor_without_a_verdict_must_have_the_same_bytes),
        cmocka_unit_test(the_whole_system_or_a_crooked_path_is_no_root),
        cmocka_unit_test(every_action_is_counted_once),
        cmocka_unit_test(how_a_picture_is_coded_is_part_of_a_saved_plan),
        cmocka_unit_test(a_plan_is_printed_for_a_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
