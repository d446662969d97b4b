// SPDX-License-Identifier: GPL-3.0-or-later
#include "collection.h"

#define DEDUPE ie_dedupe_processor.propose

static void pair(collection *c, uint32_t a, uint32_t b, ie_match verdict, uint8_t turn)
{
    c->pairs[c->pair_count++] = (ie_pair){.a = a, .b = b, .verdict = verdict, .turn = turn};
}

/* A photo of other bytes and of this size. */
static ie_photo *version(collection *c, const char *path, uint32_t width)
{
    ie_photo *photo = add(c, path, IE_FORMAT_JPEG, (unsigned)c->count + 100);
    photo->width = width;
    photo->height = width * 3 / 4;
    return photo;
}

static void the_version_with_more_pixels_stays_and_the_verdict_is_told(void **state)
{
    (void)state;
    collection c = collection_new();
    version(&c, "/p/a.jpg", 1000);
    version(&c, "/p/b.jpg", 4000);
    version(&c, "/p/c.jpg", 4000);
    pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 5);
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_QUARANTINE, NULL);
    assert_string_equal(c.plan->actions[0].survivor, "/p/b.jpg");
    assert_int_equal(c.plan->actions[0].verdict, IE_MATCH_SAME_PICTURE);
    assert_true(ie_hash128_equal(c.plan->actions[0].survivor_xxh3, c.photos[1]->xxh3));
    expect_reason(&c, 0,
                  "duplicate of b.jpg: same picture, turned, smaller (1000 x 750); "
                  "that one: more pixels");
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 1, "kept: more pixels; 1 other version of this picture");
    expect(&c, 2, IE_ACTION_KEEP, NULL);
    assert_null(c.plan->actions[2].reason);
    collection_end(&c);
}

static void what_a_version_is_to_the_one_that_stays_is_told(void **state)
{
    (void)state;
    collection c = collection_new();
    version(&c, "/p/a.jpg", 4000);
    version(&c, "/p/b.webp", 3900)->format = IE_FORMAT_WEBP;
    version(&c, "/p/c.jpg", 2000);
    pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
    pair(&c, 0, 2, IE_MATCH_SAME_PICTURE, 2);
    c.pairs[1].overlap = 90;
    PROPOSE(&c, DEDUPE);
    expect_reason(&c, 1, "duplicate of a.jpg: same picture, as WEBP; that one: more pixels");
    expect_reason(&c, 2,
                  "duplicate of a.jpg: same picture, upside down, cropped (90 %), "
                  "smaller (2000 x 1500); that one: more pixels");
    collection_end(&c);
}

static void there_are_no_chains(void **state)
{
    (void)state;
    collection c = collection_new();
    version(&c, "/p/a.jpg", 4000);
    version(&c, "/p/b.jpg", 3000);
    version(&c, "/p/c.jpg", 2000);
    version(&c, "/p/d.jpg", 1000);
    pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
    pair(&c, 1, 2, IE_MATCH_SAME_PICTURE, 0);
    pair(&c, 2, 3, IE_MATCH_SAME_PICTURE, 0);
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    expect(&c, 1, IE_ACTION_QUARANTINE, NULL);
    expect(&c, 2, IE_ACTION_KEEP, NULL);
    expect(&c, 3, IE_ACTION_QUARANTINE, NULL);
    assert_string_equal(c.plan->actions[3].survivor, "/p/c.jpg");
    collection_end(&c);
}

static void links_stand_for_the_same_bytes_only(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "dedupe.action", "hardlink");
    version(&c, "/p/a.jpg", 4000);
    version(&c, "/p/b.jpg", 3000);
    pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
    PROPOSE(&c, DEDUPE);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 1, "kept: same picture as a.jpg, but links stand for the same bytes only");
    assert_true(c.plan->actions[1].unlinked);
    assert_null(strchr(c.plan->actions[1].reason, ';')); /* said once */
    ie_summary summary = {0};
    ie_plan_tally(c.plan, &summary);
    assert_int_equal(summary.unlinked, 1);
    set(&c, "dedupe.action", "report");
    PROPOSE(&c, DEDUPE);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    assert_string_equal(c.plan->actions[1].survivor, "/p/a.jpg");
    collection_end(&c);
}

/* b is a small copy of the shot a, and looks like a part of the shot c, which is ranked first. */
static void a_copy_belongs_to_the_shot_that_shows_as_much(void **state)
{
    (void)state;
    collection c = collection_new();
    version(&c, "/p/c.jpg", 5000);
    version(&c, "/p/a.jpg", 4000);
    version(&c, "/p/b.jpg", 1000);
    pair(&c, 0, 2, IE_MATCH_SAME_PICTURE, 0);
    c.pairs[0].overlap = 85;
    pair(&c, 1, 2, IE_MATCH_SAME_PICTURE, 0);
    c.pairs[1].overlap = 100;
    pair(&c, 0, 1, IE_MATCH_SIMILAR_SCENE, 0);
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect(&c, 2, IE_ACTION_QUARANTINE, NULL);
    assert_string_equal(c.plan->actions[2].survivor, "/p/a.jpg");
    collection_end(&c);
}

/* In random graphs: what goes matches the very one that stays for it, which stays; and so in any
   order of the pairs. */
static void in_any_graph_what_goes_matches_the_one_that_stays(void **state)
{
    (void)state;
    uint32_t random = 1;
    for (int round = 0; round < 400; round++) {
        collection c = collection_new();
        ie_match found[8][8] = {{IE_MATCH_NONE}};
        const char *survivors[8] = {NULL};
        for (uint32_t i = 0; i < 8; i++) {
            char path[] = "/p/a.jpg";
            path[3] = (char)('a' + i);
            random = random * 1664525 + 1013904223;
            version(&c, path, 1000 + (random >> 16) % 4 * 500);
        }
        for (uint32_t i = 0; i < 28; i++) {
            random = random * 1664525 + 1013904223;
            uint32_t a = (random >> 8) % 8, b = (random >> 16) % 8;
            if (a < b && found[a][b] == IE_MATCH_NONE) {
                found[a][b] = found[b][a] =
                    (random >> 24) % 4 == 0 ? IE_MATCH_SIMILAR_SCENE : IE_MATCH_SAME_PICTURE;
                pair(&c, a, b, found[a][b], 0);
                c.pairs[c.pair_count - 1].overlap = (uint8_t)(80 + (random >> 20) % 21);
            }
        }
        for (int turned = 0; turned < 2; turned++) {
            PROPOSE(&c, DEDUPE);
            for (size_t i = 0; i < 8; i++) {
                const ie_action *action = &c.plan->actions[i];
                if (action->survivor != NULL) {
                    size_t stays = (size_t)(action->survivor[3] - 'a');
                    assert_int_equal(found[i][stays], IE_MATCH_SAME_PICTURE);
                    assert_int_equal(c.plan->actions[stays].kind, IE_ACTION_KEEP);
                }
                const char *now =
                    action->survivor != NULL ? c.photos[action->survivor[3] - 'a']->real_path : "";
                assert_true(turned == 0 || strcmp(survivors[i], now) == 0);
                survivors[i] = now;
            }
            for (size_t i = 0; i < c.pair_count / 2; i++) {
                ie_pair swap = c.pairs[i];
                c.pairs[i] = c.pairs[c.pair_count - 1 - i];
                c.pairs[c.pair_count - 1 - i] = swap;
            }
        }
        collection_end(&c);
    }
}

static void a_similar_scene_is_only_reported(void **state)
{
    (void)state;
    collection c = collection_new();
    version(&c, "/p/a.jpg", 4000);
    version(&c, "/p/b.jpg", 3000);
    pair(&c, 0, 1, IE_MATCH_SIMILAR_SCENE, 0);
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 1, "kept: similar scene as a.jpg, another picture");
    collection_end(&c);
}

static void equals_of_a_version_that_goes_follow_it(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1);
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1);
    version(&c, "/p/c.jpg", 4000);
    pair(&c, 0, 2, IE_MATCH_SAME_PICTURE, 0);
    PROPOSE(&c, DEDUPE);
    for (size_t i = 0; i < 2; i++) {
        expect(&c, i, IE_ACTION_QUARANTINE, NULL);
        assert_string_equal(c.plan->actions[i].survivor, "/p/c.jpg");
        assert_int_equal(c.plan->actions[i].verdict, IE_MATCH_SAME_PICTURE);
        expect_reason(&c, i,
                      "duplicate of c.jpg: same picture, smaller (400 x 300); "
                      "that one: more pixels");
    }
    expect(&c, 2, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 2, "2 other versions");
    collection_end(&c);
}

static void equals_take_versions_away_together(void **state)
{
    (void)state;
    collection c = collection_new();
    add(&c, "/p/b.jpg", IE_FORMAT_JPEG, 1)->width = 4000;
    add(&c, "/p/a.jpg", IE_FORMAT_JPEG, 1)->width = 4000;
    version(&c, "/p/c.jpg", 500);
    pair(&c, 0, 2, IE_MATCH_SAME_PICTURE, 0);
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_QUARANTINE, NULL);
    assert_int_equal(c.plan->actions[0].verdict, IE_MATCH_SAME_BYTES);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect(&c, 2, IE_ACTION_QUARANTINE, NULL);
    assert_string_equal(c.plan->actions[2].survivor, "/p/a.jpg");
    collection_end(&c);
}

static void nothing_in_a_protected_folder_goes(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "dedupe.protect", "/p/safe");
    version(&c, "/p/safe/a.jpg", 500);
    version(&c, "/p/safe/b.jpg", 600);
    version(&c, "/p/c.jpg", 4000);
    pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
    pair(&c, 0, 2, IE_MATCH_SAME_PICTURE, 0);
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect(&c, 2, IE_ACTION_QUARANTINE, NULL);
    expect_reason(&c, 2, "in a protected folder");
    collection_end(&c);
}

/* Colours that brightness does not explain, or none. */
static void paint(ie_photo *photo, bool colored)
{
    photo->sketch = ie_arena_alloc(photo->arena, sizeof *photo->sketch);
    memset(photo->sketch, 0, sizeof *photo->sketch);
    for (size_t i = 0; colored && i < sizeof photo->sketch->a; i++) {
        photo->sketch->a[i] = i % 3 == 0 ? 40 : -20;
    }
    photo->have |= IE_HAVE_SKETCH;
}

static void what_has_colours_or_more_bits_never_goes_for_what_has_not(void **state)
{
    (void)state;
    static const struct {
        bool colored[2];
        uint8_t bits[2];
        const char *setting, *value;
        int goes; /* -1: neither */
        const char *reason;
    } rows[] = {
        {{false, false}, {8, 8}, "dedupe.prefer", "/p/b", 0, "in the preferred folder"},
        {{true, false}, {8, 8}, "dedupe.prefer", "/p/b", 1, "that one: in colour"},
        {{false, false}, {16, 8}, "dedupe.prefer", "/p/b", -1, "but with more bits a channel"},
        {{false, false}, {8, 16}, "dedupe.keep", "largest", 0, "more pixels"},
        {{true, false},
         {8, 8},
         "dedupe.protect",
         "/p/b",
         -1,
         "but in colour, which that one is not"},
        {{true, true}, {16, 8}, "dedupe.protect", "/p/b", -1, "but with more bits a channel"},
        {{true, false}, {8, 16}, "dedupe.keep", "largest", -1, "but with more bits a channel"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        collection c = collection_new();
        set(&c, rows[i].setting, rows[i].value);
        ie_photo *a = version(&c, "/p/a/x.jpg", 1000), *b = version(&c, "/p/b/x.jpg", 4000);
        paint(a, rows[i].colored[0]);
        paint(b, rows[i].colored[1]);
        a->bits = rows[i].bits[0];
        b->bits = rows[i].bits[1];
        pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
        PROPOSE(&c, DEDUPE);
        for (int k = 0; k < 2; k++) {
            expect(&c, (size_t)k, rows[i].goes == k ? IE_ACTION_QUARANTINE : IE_ACTION_KEEP, NULL);
        }
        size_t told = rows[i].goes == 1 || (rows[i].goes < 0 && rows[i].bits[1] == 16) ? 1 : 0;
        expect_reason(&c, told, rows[i].reason);
        collection_end(&c);
    }
}

/* Files that nothing was compared with have no sketch. */
static void photos_without_a_sketch_among_them_change_no_decision(void **state)
{
    (void)state;
    collection c = collection_new();
    uint32_t seed = 1;
    for (uint32_t i = 0; i < 90; i++) {
        char path[32];
        seed = seed * 1664525u + 1013904223u;
        snprintf(path, sizeof path, "/p/%02u.jpg", i);
        version(&c, path, 1000 + (seed >> 20));
        if (i % 3 != 0) {
            paint(c.photos[i], i % 3 == 1);
        }
    }
    for (uint32_t i = 0; i + 3 < 90; i++) { /* each once, with one of its kind */
        if (i % 3 != 0 && i / 3 % 2 == 0) {
            pair(&c, i, i + 3, IE_MATCH_SAME_PICTURE, 0);
        }
    }
    PROPOSE(&c, DEDUPE);
    for (size_t i = 0; i < c.pair_count; i++) {
        const size_t a = c.pairs[i].a, b = c.pairs[i].b;
        expect(&c, c.photos[a]->width < c.photos[b]->width ? a : b, IE_ACTION_QUARANTINE, NULL);
    }
    collection_end(&c);
}

static void a_version_stays_whose_companion_has_no_copy(void **state)
{
    (void)state;
    collection c = collection_new();
    version(&c, "/p/a.jpg", 500);
    add(&c, "/p/a.jpg.xmp", IE_FORMAT_UNKNOWN, 3);
    version(&c, "/p/b.jpg", 4000);
    pair(&c, 0, 2, IE_MATCH_SAME_PICTURE, 0);
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 0, "a.jpg.xmp has no copy there");
    collection_end(&c);
}

static void the_wanted_number_of_versions_stays(void **state)
{
    (void)state;
    collection c = collection_new();
    set(&c, "dedupe.min_copies", "2");
    version(&c, "/p/a.jpg", 500);
    version(&c, "/p/b.jpg", 1000);
    version(&c, "/p/c.jpg", 4000);
    pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
    pair(&c, 0, 2, IE_MATCH_SAME_PICTURE, 0);
    pair(&c, 1, 2, IE_MATCH_SAME_PICTURE, 0);
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_QUARANTINE, NULL);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect(&c, 2, IE_ACTION_KEEP, NULL);
    collection_end(&c);
}

/* Of two photos of the same picture, 0 and 1, the one that stays by this --keep. */
static void stays_by(collection *c, const char *keep, size_t expected)
{
    set(c, "dedupe.keep", keep);
    PROPOSE(c, DEDUPE);
    expect(c, 1 - expected, IE_ACTION_QUARANTINE, NULL);
    assert_int_not_equal(c->plan->actions[expected].kind, IE_ACTION_QUARANTINE);
}

static void the_rules_decide_in_their_order(void **state)
{
    (void)state;
    collection c = collection_new();
    ie_photo *raw = version(&c, "/p/a.cr2", 1000), *jpeg = version(&c, "/q/b.jpg", 4000);
    raw->format = IE_FORMAT_CR2;
    ie_photo_own_content(raw)->quality = 0.3;
    ie_photo_own_content(jpeg)->quality = 0.9;
    ie_photo_own_metadata(jpeg)->rating = 5;
    ie_datetime_parse("2020-01-01T00:00:00", &ie_photo_own_metadata(jpeg)->captured);
    ie_photo_own_metadata(raw)->make = "Canon";
    ie_photo_own_metadata(raw)->model = "Canon";
    pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
    stays_by(&c, "quality", 0);
    stays_by(&c, "largest", 1);
    stays_by(&c, "smallest", 0);
    stays_by(&c, "newest", 0);
    stays_by(&c, "oldest", 1);
    stays_by(&c, "raw,resolution", 0);
    stays_by(&c, "resolution,raw", 1);
    stays_by(&c, "original-metadata,quality", 0);
    stays_by(&c, "quality,original-metadata", 1);
    stays_by(&c, "rating,raw", 1);
    stays_by(&c, "protect,raw,original-metadata,resolution,quality,rating,older,path", 0);
    collection_end(&c);
}

static void a_mark_that_makes_a_copy_larger_does_not_make_it_better(void **state)
{
    (void)state;
    collection c = collection_new();
    version(&c, "/p/a_marked.jpg", 4000)->stamp.size += 1000;
    version(&c, "/p/original.jpg", 4000);
    c.photos[0]->stamp.mtime_ns = c.photos[1]->stamp.mtime_ns + 1;
    pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
    PROPOSE(&c, DEDUPE);
    expect(&c, 0, IE_ACTION_QUARANTINE, NULL);
    expect_reason(&c, 0, "duplicate of original.jpg: same picture; that one: the older file");
    collection_end(&c);
}

static void scores_that_differ_by_chance_leave_the_choice_to_the_jpeg_quality(void **state)
{
    (void)state;
    collection c = collection_new();
    ie_photo_own_content(version(&c, "/p/a_brighter.jpg", 4000))->jpeg_quality = 71;
    ie_photo_own_content(version(&c, "/p/original.jpg", 4000))->jpeg_quality = 73;
    ie_photo_own_content(c.photos[0])->quality = 0.52;
    ie_photo_own_content(c.photos[1])->quality = 0.50;
    pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
    stays_by(&c, "quality", 1);
    expect_reason(&c, 0, "that one: saved with less loss (JPEG quality 73 against 71)");
    ie_photo_own_content(c.photos[0])->quality = 0.55;
    stays_by(&c, "quality", 0);
    expect_reason(&c, 1, "that one: higher quality (0.55 against 0.50)");
    stays_by(&c, "jpeg-quality", 1);
    collection_end(&c);
}

/* However the steps of a score would fall: of 100 pairs that differ by chance none is decided by
   it. */
static void no_step_of_the_score_decides_what_chance_made(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        collection c = collection_new();
        ie_photo_own_content(version(&c, "/p/a.jpg", 4000))->quality = 0.40 + i * 0.002;
        ie_photo_own_content(version(&c, "/p/b.jpg", 4000))->quality = 0.42 + i * 0.002;
        ie_photo_own_content(c.photos[0])->jpeg_quality = 90;
        ie_photo_own_content(c.photos[1])->jpeg_quality = 80;
        pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
        PROPOSE(&c, DEDUPE);
        expect(&c, 1, IE_ACTION_QUARANTINE, NULL);
        collection_end(&c);
    }
}

static void what_is_lossless_only_since_it_was_converted_is_no_better(void **state)
{
    (void)state;
    for (int same_pixels = 0; same_pixels < 2; same_pixels++) {
        collection c = collection_new();
        version(&c, "/p/a.png", 4000)->format = IE_FORMAT_PNG;
        ie_photo_own_content(version(&c, "/p/b.jpg", 4000))->jpeg_quality = 80;
        c.photos[0]->stamp.mtime_ns = c.photos[1]->stamp.mtime_ns + 1;
        pair(&c, 0, 1, same_pixels ? IE_MATCH_SAME_PIXELS : IE_MATCH_SAME_PICTURE, 0);
        stays_by(&c, "quality", same_pixels ? 1 : 0);
        collection_end(&c);
    }
}

static void edited_versions_stay_or_go_as_the_user_says(void **state)
{
    (void)state;
    collection c = collection_new();
    ie_photo_own_metadata(version(&c, "/p/a.jpg", 4000))->edited = 1;
    ie_photo_own_metadata(version(&c, "/p/b.jpg", 4000))->title = "A dog";
    pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
    stays_by(&c, "edited", 0);
    expect_reason(&c, 1, "that one: edited");
    stays_by(&c, "unedited", 1);
    expect_reason(&c, 0, "that one: no program says that it edited it");
    stays_by(&c, "metadata,edited", 1);
    expect_reason(&c, 0, "that one: has more metadata");
    collection_end(&c);
}

/* One of a camera that writes none, or of nobody knows what, was rather made of the JPEG. */
static void a_phones_heic_stays_over_a_jpeg_made_of_it(void **state)
{
    (void)state;
    static const char *const makers[] = {"Apple", "Google", "HMD Global", "Canon", NULL};
    for (size_t i = 0; i < 5; i++) {
        collection c = collection_new();
        version(&c, "/p/a.jpg", 3000);
        version(&c, "/p/b.heic", 3000);
        c.photos[0]->have |= IE_HAVE_QUALITY;
        ie_photo_own_content(c.photos[0])->jpeg_quality = 95;
        c.photos[1]->format = IE_FORMAT_HEIC;
        for (size_t k = 0; k < 2 && makers[i] != NULL; k++) {
            ie_metadata *m = ie_photo_own_metadata(c.photos[k]);
            m->make = makers[i];
            m->model = "one";
            m->captured_source = IE_DATE_EXIF;
            m->captured = (ie_datetime){.year = 2023, .month = 5, .day = 1};
        }
        pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
        PROPOSE(&c, DEDUPE);
        expect(&c, i < 3 ? 0 : 1, IE_ACTION_QUARANTINE, NULL);
        collection_end(&c);
    }
}

static void a_heic_is_the_cameras_own_only_since_cameras_write_them(void **state)
{
    (void)state;
    for (int year = 2016; year <= 2018; year += 2) {
        collection c = collection_new();
        version(&c, "/p/a.heic", 3000);
        version(&c, "/p/b.jpg", 4000);
        c.photos[0]->format = IE_FORMAT_HEIC;
        for (size_t i = 0; i < 2; i++) {
            ie_metadata *m = ie_photo_own_metadata(c.photos[i]);
            m->make = "Apple";
            m->model = "iPhone";
            m->captured_source = IE_DATE_EXIF;
            m->captured = (ie_datetime){.year = (int16_t)year, .month = 5, .day = 1};
        }
        pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
        PROPOSE(&c, DEDUPE);
        expect(&c, year < 2017 ? 0 : 1, IE_ACTION_QUARANTINE, NULL);
        collection_end(&c);
    }
}

static void with_an_output_folder_other_versions_are_not_copied(void **state)
{
    (void)state;
    collection c = collection_new();
    c.output = "/out";
    version(&c, "/p/a.jpg", 1000);
    version(&c, "/p/b.jpg", 4000);
    pair(&c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
    PROPOSE(&c, DEDUPE, ie_place_propose);
    expect(&c, 0, IE_ACTION_SKIP, NULL);
    expect_reason(&c, 0, "not copied");
    collection_end(&c);
}

/* ---- what only one has -------------------------------------------------------------------- */

#define MERGE DEDUPE, ie_place_propose, ie_writing_propose, ie_merge_settle

static void keyword(ie_photo *photo, const char *text)
{
    ie_text_list_add(&ie_photo_own_metadata(photo)->keywords, photo->arena, text);
}

/* A large one, and a small one of which people wrote more. */
static void two_versions(collection *c)
{
    ie_photo *large = version(c, "/p/large.jpg", 4000), *small = version(c, "/p/small.jpg", 1000);
    pair(c, 0, 1, IE_MATCH_SAME_PICTURE, 0);
    keyword(large, "Sea");
    keyword(small, "sea");
    keyword(small, "sun");
    ie_photo_own_metadata(small)->title = "A dog";
    ie_photo_own_metadata(small)->rating = 4;
    ie_photo_own_metadata(small)->latitude = 59.9;
    ie_photo_own_metadata(small)->longitude = 10.7;
}

static void what_only_the_one_that_goes_has_is_given_to_the_one_that_stays(void **state)
{
    (void)state;
    collection c = collection_new();
    two_versions(&c);
    PROPOSE(&c, MERGE);
    expect(&c, 0, IE_ACTION_REPLACE, "/p/large.jpg");
    const ie_tag_edit *tags = c.plan->actions[0].tags;
    assert_int_equal(tags->add_keywords.count, 1);
    assert_string_equal(tags->add_keywords.items[0], "sun");
    assert_string_equal(tags->title, "A dog");
    assert_null(tags->caption);
    assert_int_equal(tags->rating, 4);
    assert_true(tags->has_place && tags->latitude > 59.89 && tags->latitude < 59.91);
    expect(&c, 1, IE_ACTION_QUARANTINE, NULL);
    assert_int_equal(c.plan->actions[1].gives, 1);
    expect_reason(&c, 1, "gives it what only it has: keyword sun, title, rating, place");
    collection_end(&c);
}

static void albums_that_only_the_one_that_goes_is_in_are_given_too(void **state)
{
    (void)state;
    collection c = collection_new();
    two_versions(&c);
    static const char *const both[] = {"Holidays", "Best of"};
    for (size_t i = 0; i < 2; i++) {
        ie_text_list_add(&ie_photo_own_metadata(c.photos[1])->albums, c.photos[1]->arena, both[i]);
    }
    ie_text_list_add(&ie_photo_own_metadata(c.photos[0])->albums, c.photos[0]->arena, "Holidays");
    PROPOSE(&c, MERGE);
    const ie_tag_edit *tags = c.plan->actions[0].tags;
    assert_int_equal(tags->albums.count, 1);
    assert_string_equal(tags->albums.items[0], "Best of");
    expect_reason(&c, 1, "keyword sun, album Best of, title");
    expect_reason(&c, 0, "album Best of");
    collection_end(&c);
}

static void what_both_say_is_left_as_the_one_that_stays_says_it(void **state)
{
    (void)state;
    collection c = collection_new();
    two_versions(&c);
    ie_photo_own_metadata(c.photos[0])->title = "Another dog";
    ie_photo_own_metadata(c.photos[0])->rating = 5;
    ie_photo_own_metadata(c.photos[0])->latitude = 1;
    ie_photo_own_metadata(c.photos[0])->longitude = 1;
    keyword(c.photos[0], "sun");
    PROPOSE(&c, MERGE);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    expect(&c, 1, IE_ACTION_QUARANTINE, NULL);
    assert_int_equal(c.plan->actions[1].gives, 0);
    collection_end(&c);
}

static void of_two_that_contradict_each_other_the_first_gives(void **state)
{
    (void)state;
    collection c = collection_new();
    two_versions(&c);
    ie_photo *third = version(&c, "/p/tiny.jpg", 500);
    pair(&c, 0, 2, IE_MATCH_SAME_PICTURE, 0);
    ie_photo_own_metadata(third)->title = "A cat";
    keyword(third, "SUN");
    ie_photo_own_metadata(third)->rating = 4;
    PROPOSE(&c, MERGE);
    assert_string_equal(c.plan->actions[0].tags->title, "A dog");
    expect_reason(&c, 2, "gives it what only it has: keyword sun, rating");
    assert_int_equal(c.plan->actions[0].tags->add_keywords.count, 1);
    collection_end(&c);
}

static void without_merging_nothing_is_written(void **state)
{
    (void)state;
    collection c = collection_new();
    two_versions(&c);
    set(&c, "dedupe.merge", "false");
    PROPOSE(&c, MERGE);
    assert_int_equal(c.plan->actions[0].kind + c.plan->actions[1].kind,
                     IE_ACTION_KEEP + IE_ACTION_QUARANTINE);
    collection_end(&c);
}

static void what_cannot_be_written_keeps_the_version_that_has_it(void **state)
{
    (void)state;
    collection c = collection_new();
    two_versions(&c);
    c.photos[0]->mode = 0444;
    set(&c, "tagging.mode", "embed");
    PROPOSE(&c, MERGE);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect_reason(
        &c, 1,
        "what only this one has (keyword sun, title, rating, place) cannot be written there: it is "
        "read-only");
    assert_null(c.plan->actions[1].survivor);
    collection_end(&c);
}

static void a_sidecar_takes_what_the_file_cannot(void **state)
{
    (void)state;
    collection c = collection_new();
    two_versions(&c);
    c.photos[0]->mode = 0444;
    propose_all(&c, (proposer[]){MERGE}, 4);
    expect(&c, 1, IE_ACTION_QUARANTINE, NULL);
    assert_int_equal(c.plan->count, 3);
    expect(&c, 2, IE_ACTION_COPY, "/p/large.jpg.xmp");
    collection_end(&c);
}

static void nothing_is_written_into_a_protected_folder(void **state)
{
    (void)state;
    collection c = collection_new();
    two_versions(&c);
    set(&c, "dedupe.protect", "/p/large.jpg");
    PROPOSE(&c, MERGE);
    expect(&c, 0, IE_ACTION_KEEP, NULL);
    expect(&c, 1, IE_ACTION_KEEP, NULL);
    expect_reason(&c, 1, "it lies in a protected folder");
    collection_end(&c);
}

static void a_place_that_can_be_given_does_not_decide_what_stays(void **state)
{
    (void)state;
    collection c = collection_new();
    two_versions(&c);
    stays_by(&c, "original-metadata,resolution", 0);
    set(&c, "dedupe.merge", "false");
    stays_by(&c, "original-metadata,resolution", 1);
    collection_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_version_with_more_pixels_stays_and_the_verdict_is_told),
        cmocka_unit_test(what_a_version_is_to_the_one_that_stays_is_told),
        cmocka_unit_test(there_are_no_chains),
        cmocka_unit_test(a_similar_scene_is_only_reported),
        cmocka_unit_test(links_stand_for_the_same_bytes_only),
        cmocka_unit_test(a_copy_belongs_to_the_shot_that_shows_as_much),
        cmocka_unit_test(in_any_graph_what_goes_matches_the_one_that_stays),
        cmocka_unit_test(equals_of_a_version_that_goes_follow_it),
        cmocka_unit_test(equals_take_versions_away_together),
        cmocka_unit_test(nothing_in_a_protected_folder_goes),
        cmocka_unit_test(what_has_colours_or_more_bits_never_goes_for_what_has_not),
        cmocka_unit_test(photos_without_a_sketch_among_them_change_no_decision),
        cmocka_unit_test(a_version_stays_whose_companion_has_no_copy),
        cmocka_unit_test(the_wanted_number_of_versions_stays),
        cmocka_unit_test(the_rules_decide_in_their_order),
        cmocka_unit_test(scores_that_differ_by_chance_leave_the_choice_to_the_jpeg_quality),
        cmocka_unit_test(no_step_of_the_score_decides_what_chance_made),
        cmocka_unit_test(what_is_lossless_only_since_it_was_converted_is_no_better),
        cmocka_unit_test(edited_versions_stay_or_go_as_the_user_says),
        cmocka_unit_test(with_an_output_folder_other_versions_are_not_copied),
        cmocka_unit_test(a_mark_that_makes_a_copy_larger_does_not_make_it_better),
        cmocka_unit_test(what_only_the_one_that_goes_has_is_given_to_the_one_that_stays),
        cmocka_unit_test(what_both_say_is_left_as_the_one_that_stays_says_it),
        cmocka_unit_test(albums_that_only_the_one_that_goes_is_in_are_given_too),
        cmocka_unit_test(of_two_that_contradict_each_other_the_first_gives),
        cmocka_unit_test(without_merging_nothing_is_written),
        cmocka_unit_test(what_cannot_be_written_keeps_the_version_that_has_it),
        cmocka_unit_test(a_sidecar_takes_what_the_file_cannot),
        cmocka_unit_test(nothing_is_written_into_a_protected_folder),
        cmocka_unit_test(a_place_that_can_be_given_does_not_decide_what_stays),
        cmocka_unit_test(a_phones_heic_stays_over_a_jpeg_made_of_it),
        cmocka_unit_test(a_heic_is_the_cameras_own_only_since_cameras_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
