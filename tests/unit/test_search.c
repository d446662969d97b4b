// SPDX-License-Identifier: GPL-3.0-or-later
/* Search: which of the photos that the catalog knows are found, in which order, and what is said of
   the others. Most with embeddings made here, of which a query by photo needs no model; the last
   with the golden tiny CLIP. */
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/search.h"
#include "storage/embeddings.h"
#include "tree.h"
#include "vision_help.h"

#define MODEL "openai/clip-vit-base-patch32@1"

typedef struct fixture {
    char *root;
    ie_config *config;
    ie_engine *engine;
    char found[4096]; /* names of the photos that were found, each with a blank */
    double similarities[64];
    size_t count;
} fixture;

static void open_engine(fixture *f, const volatile int *cancel)
{
    IE_AUTO_FREE char *path = ie_path_join(f->root, "c.db");
    const ie_engine_options options = {.catalog = path, .cancel = cancel};
    assert_int_equal(ie_engine_open(f->config, &options, &f->engine, NULL), IE_OK);
    assert_int_equal(ie_engine_catalog(f->engine, NULL), IE_OK);
}

static int set_up(void **state)
{
    fixture *f = ie_alloc(sizeof *f);
    f->root = tree_new();
    setenv("XDG_DATA_HOME", f->root, 1); /* no model is here */
    setenv("HF_HUB_CACHE", f->root, 1);
    f->config = ie_config_new();
    open_engine(f, NULL);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    ie_engine_close(f->engine);
    ie_config_free(f->config);
    tree_remove(f->root);
    free(f->root);
    free(f);
    return 0;
}

/* A file, what is stored of it, and its embedding (cos, sin) of an angle in degrees; NAN: it has
   none. */
static ie_photo *make(fixture *f, const char *name, const char *model, double degrees)
{
    tree_write(f->root, name, name);
    ie_photo *photo = ie_photo_new();
    IE_AUTO_FREE char *path = ie_path_join(f->root, name);
    photo->path = photo->real_path = ie_arena_strdup(photo->arena, path);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    photo->stamp =
        (ie_stamp){.size = (uint64_t)st.st_size,
                   .mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
    photo->format = IE_FORMAT_JPEG;
    photo->have = IE_HAVE_FORMAT | IE_HAVE_METADATA | IE_HAVE_OBJECTS;
    float values[4] = {(float)cos(degrees * M_PI / 180), (float)sin(degrees * M_PI / 180)};
    photo->embedding = isnan(degrees) ? NULL : ie_embedding_new(model, values, 4);
    return photo;
}

static void keep(fixture *f, ie_photo *take_photo)
{
    ie_engine *e = f->engine;
    assert_int_equal(ie_catalog_store(e->writer, e->versions, e->version_count, take_photo, NULL),
                     IE_OK);
    assert_int_equal(ie_catalog_commit(e->writer, NULL), IE_OK);
    ie_photo_free(take_photo);
}

static void add(fixture *f, const char *name, double degrees)
{
    keep(f, make(f, name, MODEL, degrees));
}

static ie_status on_match(void *user, const ie_photo *photo, double similarity)
{
    fixture *f = user;
    size_t used = strlen(f->found);
    snprintf(f->found + used, sizeof f->found - used, "%s ",
             ie_photo_path(photo) + strlen(f->root) + 1);
    if (f->count < sizeof f->similarities / sizeof *f->similarities) {
        f->similarities[f->count] = similarity;
    }
    f->count++;
    return IE_OK;
}

/* Photos like q.jpg, which is at 0 degrees. */
static ie_status search_like(fixture *f, ie_search_request request, ie_search_counts *ret_counts,
                             ie_error *err)
{
    IE_AUTO_FREE char *path = ie_path_join(f->root, "q.jpg");
    const ie_search_term term = {path, true, 1};
    f->found[0] = 0;
    f->count = 0;
    request.terms = &term;
    request.term_count = 1;
    request.most = request.most > 0 ? request.most : 10;
    return ie_engine_search(f->engine, &request, on_match, f, ret_counts, err);
}

static ie_search_counts good(fixture *f, ie_search_request request)
{
    ie_search_counts counts = {0};
    ie_error err = {0};
    if (search_like(f, request, &counts, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(counts.found, f->count);
    return counts;
}

static void the_nearest_come_first_and_equal_ones_by_path(void **state)
{
    fixture *f = *state;
    add(f, "q.jpg", 0);
    add(f, "far.jpg", 170);
    add(f, "c.jpg", 30);
    add(f, "a.jpg", 30);
    add(f, "b.jpg", 30);
    add(f, "near.jpg", 10);
    ie_search_counts counts = good(f, (ie_search_request){0});
    assert_string_equal(f->found, "near.jpg a.jpg b.jpg c.jpg far.jpg ");
    assert_true(fabs(f->similarities[0] - cos(10 * M_PI / 180)) < 1e-3);
    assert_true(fabs(f->similarities[4] - cos(170 * M_PI / 180)) < 1e-3);
    assert_int_equal(counts.searched, 6);
    assert_string_equal(counts.model, MODEL);
    good(f, (ie_search_request){.most = 2});
    assert_string_equal(f->found, "near.jpg a.jpg ");
}

static void what_is_gone_or_changed_is_passed_over_and_counted(void **state)
{
    fixture *f = *state;
    add(f, "q.jpg", 0);
    add(f, "gone.jpg", 1);
    add(f, "changed.jpg", 2);
    add(f, "here.jpg", 3);
    add(f, "unseen.jpg", NAN);
    IE_AUTO_FREE char *gone = ie_path_join(f->root, "gone.jpg");
    unlink(gone);
    tree_write(f->root, "changed.jpg", "other and longer bytes");
    ie_search_counts counts = good(f, (ie_search_request){0});
    assert_string_equal(f->found, "here.jpg ");
    assert_int_equal(counts.missing, 1);
    assert_int_equal(counts.changed, 1);
    assert_int_equal(counts.without, 1);
}

static void only_what_lies_below_the_paths_is_searched_and_once(void **state)
{
    fixture *f = *state;
    add(f, "q.jpg", 0);
    IE_AUTO_FREE char *p = ie_path_join(f->root, "p"), *p2 = ie_path_join(f->root, "p-2");
    IE_AUTO_FREE char *one = ie_path_join(f->root, "p/b.jpg");
    mkdir(p, 0755);
    mkdir(p2, 0755);
    add(f, "p/b.jpg", 5);
    add(f, "p-2/a.jpg", 5);
    add(f, "outside.jpg", 1);
    add(f, "p/unseen.jpg", NAN);
    add(f, "unseen.jpg", NAN);
    const char *paths[] = {p, one, p2, p};
    ie_search_counts counts = good(f, (ie_search_request){.paths = paths, .path_count = 4});
    assert_string_equal(f->found, "p-2/a.jpg p/b.jpg ");
    assert_int_equal(counts.without, 1);
    good(f, (ie_search_request){.paths = paths + 1, .path_count = 1});
    assert_string_equal(f->found, "p/b.jpg ");
    const char *nowhere = "/nowhere/at/all";
    assert_int_equal(
        search_like(f, (ie_search_request){.paths = &nowhere, .path_count = 1}, &counts, NULL),
        IE_ERR_NOT_FOUND);
}

static void embeddings_of_two_models_never_meet(void **state)
{
    fixture *f = *state;
    add(f, "q.jpg", 0);
    add(f, "a.jpg", 50);
    keep(f, make(f, "b.jpg", "openai/clip-vit-base-patch32@2", 1));
    keep(f, make(f, "c.jpg", "another@1", 1));
    ie_search_counts counts = good(f, (ie_search_request){0});
    assert_string_equal(f->found, "a.jpg ");
    assert_int_equal(counts.without, 2);
}

static void a_vector_that_is_no_number_is_left_out(void **state)
{
    fixture *f = *state;
    add(f, "q.jpg", 0);
    ie_photo *photo = make(f, "nan.jpg", MODEL, 1);
    photo->embedding->values[3] = 0x7e00;
    keep(f, photo);
    add(f, "a.jpg", 50);
    ie_search_counts counts = good(f, (ie_search_request){0});
    assert_string_equal(f->found, "a.jpg ");
    assert_int_equal(counts.without, 1);
}

static void many_that_are_filtered_do_not_hide_one_that_is_not(void **state)
{
    fixture *f = *state;
    add(f, "q.jpg", 0);
    char name[32];
    for (int i = 0; i < 1500; i++) {
        snprintf(name, sizeof name, "x%d.jpg", i);
        ie_photo *photo = make(f, name, MODEL, 1);
        *ie_photo_own_metadata(photo) =
            (ie_metadata){.make = "Nikon", .model = "Z 6", .latitude = -33.9, .longitude = 18.4};
        ie_photo_own_metadata(photo)->caption =
            "Not a \"dog\", no \"captured\":{\"local\":\"2023-07-14T09:12:33\"";
        assert_true(
            ie_datetime_parse("2019-01-01T00:00:00", &ie_photo_own_metadata(photo)->captured));
        assert_int_equal(ie_catalog_store(f->engine->writer, f->engine->versions,
                                          f->engine->version_count, photo, NULL),
                         IE_OK);
        ie_photo_free(photo);
    }
    ie_photo *photo = make(f, "dog.jpg", MODEL, 80);
    ie_photo_own_vision(photo)->objects =
        ie_arena_alloc(photo->arena, sizeof *photo->vision->objects);
    photo->vision->objects[0] = (ie_label){.label = "dog", .confidence = 0.9, .source = "detector"};
    ie_photo_own_vision(photo)->object_count = 1;
    *ie_photo_own_metadata(photo) =
        (ie_metadata){.make = "FUJIFILM", .model = "X-T5", .latitude = 48.137, .longitude = 11.575};
    assert_true(ie_datetime_parse("2023-07-14T09:12:33", &ie_photo_own_metadata(photo)->captured));
    keep(f, photo);
    const char *objects[] = {"Dog"};
    const ie_search_request requests[] = {
        {.objects = objects, .object_count = 1, .most = 1},
        {.after = "2023-07", .before = "2024", .most = 1},
        {.camera = "fujifilm x", .most = 1},
        {.near = "48.1,11.6,10", .most = 1},
        {.objects = objects,
         .object_count = 1,
         .after = "2023",
         .camera = "x-t5",
         .near = "48.1,11.6,10",
         .most = 5},
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        ie_search_counts counts = good(f, requests[i]);
        assert_string_equal(f->found, "dog.jpg ");
        assert_int_equal(counts.filtered, 1500);
    }
    good(f, (ie_search_request){.camera = "leica", .most = 1});
    assert_string_equal(f->found, "");
}

static void a_page_is_written_and_never_over_a_file(void **state)
{
    fixture *f = *state;
    add(f, "q.jpg", 0);
    add(f, "a&b.jpg", 50);
    IE_AUTO_FREE char *page = ie_path_join(f->root, "p.html");
    good(f, (ie_search_request){.page = page});
    IE_AUTO_FREE char *text = tree_read(page);
    assert_non_null(strstr(text, "a&amp;b.jpg</span>"));
    assert_non_null(strstr(text, "<b>0.643</b>"));
    assert_non_null(strstr(text, "no picture"));
    ie_search_counts counts;
    assert_int_equal(search_like(f, (ie_search_request){.page = page}, &counts, NULL),
                     IE_ERR_EXISTS);
    assert_int_equal(f->count, 0);
}

static void an_empty_catalog_and_an_interruption_are_told(void **state)
{
    fixture *f = *state;
    ie_search_counts counts;
    ie_error err = {0};
    tree_write(f->root, "q.jpg", "q.jpg");
    assert_int_equal(search_like(f, (ie_search_request){0}, &counts, &err), IE_ERR_NOT_FOUND);
    add(f, "q.jpg", 0);
    add(f, "a.jpg", 50);
    ie_engine_close(f->engine);
    const volatile int cancel = 1;
    open_engine(f, &cancel);
    assert_int_equal(search_like(f, (ie_search_request){0}, &counts, &err), IE_ERR_CANCELLED);
}

/* ---- filters -------------------------------------------------------------------------------- */

static bool passes(ie_search_request request, const ie_photo *photo)
{
    ie_search_filter filter;
    ie_error err = {0};
    if (ie_search_filter_read(&request, &filter, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    assert_true(ie_search_filter_any(&filter));
    return ie_search_filter_passes(&filter, photo);
}

static void a_date_is_at_or_after_the_one_and_before_the_other(void **state)
{
    (void)state;
    ie_photo *photo = ie_photo_new();
    assert_false(passes((ie_search_request){.after = "1900"}, photo));
    assert_true(ie_datetime_parse("2023-07-14T09:12:33", &ie_photo_own_metadata(photo)->captured));
    static const struct {
        const char *after, *before;
        bool passes;
    } cases[] = {
        {"2023", NULL, true},
        {"2024", NULL, false},
        {"2023-07-14", NULL, true},
        {"2023-07-15", NULL, false},
        {"2023-07-14T09:12:33", NULL, true},
        {"2023-07-14T09:13", NULL, false},
        {NULL, "2023", false},
        {NULL, "2023-08", true},
        {NULL, "2023-07-14T09:12:33", false},
        {"2023-07", "2023-08", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ie_search_request request = {.after = cases[i].after, .before = cases[i].before};
        assert_int_equal(passes(request, photo), cases[i].passes);
    }
    ie_photo_free(photo);
}

static void a_camera_is_part_of_make_and_model(void **state)
{
    (void)state;
    ie_photo *photo = ie_photo_new();
    assert_false(passes((ie_search_request){.camera = "canon"}, photo));
    ie_photo_own_metadata(photo)->make = "FUJIFILM";
    ie_photo_own_metadata(photo)->model = "X-T4";
    assert_true(passes((ie_search_request){.camera = "fuji"}, photo));
    assert_true(passes((ie_search_request){.camera = "x-t4"}, photo));
    assert_true(passes((ie_search_request){.camera = "Fujifilm X"}, photo));
    assert_false(passes((ie_search_request){.camera = "X-T40"}, photo));
    ie_photo_free(photo);
}

static void a_place_is_within_the_distance_on_the_globe(void **state)
{
    (void)state;
    ie_photo *photo = ie_photo_new();
    assert_false(passes((ie_search_request){.near = "0,0,30000"}, photo));
    ie_photo_own_metadata(photo)->latitude = 48.8584; /* to 51.5007, -0.1246 it is 340.9 km */
    ie_photo_own_metadata(photo)->longitude = 2.2945;
    assert_true(passes((ie_search_request){.near = "51.5007,-0.1246,342"}, photo));
    assert_false(passes((ie_search_request){.near = "51.5007, -0.1246, 339"}, photo));
    ie_photo_own_metadata(photo)->longitude = 179.99;
    ie_photo_own_metadata(photo)->latitude = 0;
    assert_true(passes((ie_search_request){.near = "0,-179.99,3"}, photo));
    ie_photo_free(photo);
}

static void what_cannot_be_read_is_a_usage_error(void **state)
{
    (void)state;
    static const ie_search_request bad[] = {
        {.after = "yesterday"},
        {.after = "2023-13"},
        {.after = "2023-02-30"},
        {.before = ""},
        {.after = " 2023"},
        {.after = "+023"},
        {.after = "2024", .before = "2023"},
        {.near = ""},
        {.near = "1,2"},
        {.near = "1,2,3,4"},
        {.near = "91,0,1"},
        {.near = "0,181,1"},
        {.near = "0,0,0"},
        {.near = "nan,0,1"},
        {.camera = ""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ie_search_filter filter;
        assert_int_equal(ie_search_filter_read(&bad[i], &filter, NULL), IE_ERR_USAGE);
    }
}

/* ---- with a model --------------------------------------------------------------------------- */

static void set(ie_config *config, const char *key, const char *value)
{
    assert_int_equal(ie_config_set(config, key, value, "test", NULL), IE_OK);
}

static double number(const json_t *rows, size_t row, size_t i)
{
    return json_number_value(json_array_get(json_array_get(rows, row), i));
}

/* The cosine of one golden picture's embedding and `like` times another's plus the texts' with
   their weights. */
static double expected(const json_t *clip, size_t image, size_t like, double like_weight,
                       const double weights[6])
{
    const json_t *images = json_object_get(clip, "image_embeds_normalized");
    const json_t *texts = json_object_get(clip, "text_embeds_normalized");
    double dot = 0, length = 0;
    for (size_t i = 0; i < json_array_size(json_array_get(images, 0)); i++) {
        double sum = like_weight * number(images, like, i);
        for (size_t t = 0; t < 6; t++) {
            sum += weights[t] * number(texts, t, i);
        }
        dot += sum * number(images, image, i);
        length += sum * sum;
    }
    return dot / sqrt(length);
}

static void the_tiny_clip_finds_what_the_reference_says(void **state)
{
    fixture *f = *state;
    const char *merges = getenv("IMGENGINE_TEST_MERGES");
    if (testdata() == NULL || test_runtime() == NULL || merges == NULL || merges[0] == 0) {
        printf("  no test data, ONNX Runtime or vocabulary (scripts/setup)\n");
        skip();
    }
    ie_engine_close(f->engine);
    IE_AUTO_FREE char *entry =
        ie_asprintf("name=tiny;layout=clip;path=%s/golden;vision=clip_tiny_vision.onnx;"
                    "text=clip_tiny_text.onnx;tokenizer=%s",
                    testdata(), merges);
    ie_buffer list = {0};
    ie_config_list_append(&list, entry);
    set(f->config, "analysis.ml_models.runtime", test_runtime());
    set(f->config, "analysis.ml_models.device", "cpu");
    set(f->config, "analysis.ml_models.custom_models", list.data);
    ie_buffer_free(&list);
    set(f->config, "analysis.ml_models.scene_detection", "tiny");
    set(f->config, "analysis.content.exact", "true");
    open_engine(f, NULL);
    IE_AUTO_JSON json_t *golden = test_json(testdata(), "golden/golden_models.json");
    const json_t *clip = json_object_get(golden, "clip"), *names = json_object_get(clip, "images");
    char *paths[4];
    for (size_t i = 0; i < 4; i++) {
        paths[i] = ie_asprintf("%s/golden/images/%s", testdata(),
                               json_string_value(json_array_get(names, i)));
    }
    /* The first is not in the catalog. */
    const ie_input input = {.paths = (const char *const *)(paths + 1), .count = 3};
    ie_summary summary;
    assert_int_equal(ie_engine_analyze(f->engine, &input, "scenes", NULL, NULL, &summary, NULL),
                     IE_OK);
    const char *dog = json_string_value(json_array_get(json_object_get(clip, "texts"), 1));
    const char *snow = json_string_value(json_array_get(json_object_get(clip, "texts"), 3));
    const ie_search_term terms[] = {{dog, false, 1}, {paths[0], true, 1}, {snow, false, -1}};
    static const struct {
        size_t first, count;
        double like, weights[6];
    } cases[] = {{0, 1, 0, {0, 1}}, {1, 1, 1, {0}}, {0, 3, 1, {0, 1, 0, -1}}};
    for (size_t c = 0; c < 3; c++) {
        const ie_search_request request = {
            .terms = terms + cases[c].first, .term_count = cases[c].count, .most = 3};
        ie_search_counts counts;
        f->count = 0;
        assert_int_equal(ie_engine_search(f->engine, &request, on_match, f, &counts, NULL), IE_OK);
        assert_int_equal(f->count, 3);
        double best[3];
        for (size_t i = 0; i < 3; i++) {
            best[i] = expected(clip, i + 1, 0, cases[c].like, cases[c].weights);
        }
        for (size_t i = 0; i < 3; i++) {
            size_t before = 0; /* how many are nearer: its place */
            for (size_t k = 0; k < 3; k++) {
                before += best[k] > best[i];
            }
            assert_true(fabs(f->similarities[before] - best[i]) < 1e-3);
        }
    }
    const ie_search_term nothing[] = {{dog, false, 1}, {dog, false, -1}}, blank = {" ", false, 1};
    ie_search_request request = {.terms = nothing, .term_count = 2, .most = 3};
    ie_search_counts counts;
    assert_int_equal(ie_engine_search(f->engine, &request, on_match, f, &counts, NULL),
                     IE_ERR_USAGE);
    request = (ie_search_request){.terms = &blank, .term_count = 1, .most = 3};
    assert_int_equal(ie_engine_search(f->engine, &request, on_match, f, &counts, NULL),
                     IE_ERR_USAGE);
    for (size_t i = 0; i < 4; i++) {
        free(paths[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_nearest_come_first_and_equal_ones_by_path, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_gone_or_changed_is_passed_over_and_counted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(only_what_lies_below_the_paths_is_searched_and_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(embeddings_of_two_models_never_meet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_vector_that_is_no_number_is_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_that_are_filtered_do_not_hide_one_that_is_not, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_page_is_written_and_never_over_a_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_catalog_and_an_interruption_are_told, set_up,
                                        tear_down),
        cmocka_unit_test(a_date_is_at_or_after_the_one_and_before_the_other),
        cmocka_unit_test(a_camera_is_part_of_make_and_model),
        cmocka_unit_test(a_place_is_within_the_distance_on_the_globe),
        cmocka_unit_test(what_cannot_be_read_is_a_usage_error),
        cmocka_unit_test_setup_teardown(the_tiny_clip_finds_what_the_reference_says, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
