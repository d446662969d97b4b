// SPDX-License-Identifier: GPL-3.0-or-later
/* Half precision, and embeddings in the catalog: with their photo, by their model, and gone when
   the bytes changed. */
#include "storage/embeddings.h"

#include <math.h>

#include "tree.h"
#include "utils/half.h"

static void every_half_comes_back_from_its_float(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 0x10000; half++) {
        float value = ie_half_to_float((uint16_t)half);
        int exponent = (int)(half >> 10 & 31);
        double size =
            exponent == 0 ? ldexp(half & 0x3ff, -24) : ldexp(1024 + (half & 0x3ff), exponent - 25);
        if (exponent == 31) {
            assert_true((half & 0x3ff) != 0 ? isnan(value) : isinf(value));
            continue;
        }
        assert_true(value == (float)((half & 0x8000) != 0 ? -size : size));
        assert_int_equal(ie_half_from_float(value), half);
    }
}

static void numbers_between_halves_go_to_the_nearest_and_ties_to_even(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 0x7bff; half++) {
        float low = ie_half_to_float((uint16_t)half), high = ie_half_to_float((uint16_t)(half + 1));
        float middle = low + (high - low) / 2;
        assert_int_equal(ie_half_from_float(middle), half + (half & 1));
        assert_int_equal(ie_half_from_float(nextafterf(middle, 0)), half);
        assert_int_equal(ie_half_from_float(-nextafterf(middle, INFINITY)), (half + 1) | 0x8000);
    }
    assert_true(isinf(ie_half_to_float(ie_half_from_float(1e9f))));
    assert_true(isnan(ie_half_to_float(ie_half_from_float(NAN))));
}

typedef struct fixture {
    char *folder;
    ie_catalog *catalog;
    uint64_t device; /* added to the stamps' */
} fixture;

static const ie_fact_version versions[] = {{"format", IE_HAVE_FORMAT, 1, 0, 0},
                                           {"scenes", IE_HAVE_SCENES, 1, 1, 0}};

static int set_up(void **state)
{
    fixture *f = ie_alloc(sizeof *f);
    f->folder = tree_new();
    IE_AUTO_FREE char *path = ie_path_join(f->folder, "c.db");
    *state = f;
    return ie_catalog_open(path, true, &f->catalog, NULL) != IE_OK;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    ie_catalog_close(f->catalog);
    tree_remove(f->folder);
    free(f->folder);
    free(f);
    return 0;
}

/* Stores a photo with the embedding (value, 0, 0, …) by the model; NULL: without one. */
static void store(fixture *f, const char *path, uint64_t size, const char *model, float value)
{
    float values[8] = {value};
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = ie_arena_strdup(photo->arena, path);
    photo->stamp = (ie_stamp){
        .size = size, .mtime_ns = 1000, .ctime_ns = 1000, .inode = 3, .device = 4 + f->device};
    photo->format = IE_FORMAT_JPEG;
    photo->have = IE_HAVE_FORMAT | IE_HAVE_SCENES;
    photo->embedding = model != NULL ? ie_embedding_new(model, values, 8) : NULL;
    assert_int_equal(ie_catalog_store(f->catalog, versions, 2, photo, NULL), IE_OK);
    ie_photo_free(photo);
}

/* The first number of the stored embedding; NaN when there is none. */
static float first_of(fixture *f, const char *model, const char *path)
{
    assert_int_equal(ie_catalog_commit(f->catalog, NULL), IE_OK);
    ie_embedding *embedding = ie_catalog_embedding(f->catalog, model, path);
    float first = embedding != NULL ? ie_half_to_float(embedding->values[0]) : NAN;
    assert_true(embedding == NULL || embedding->dimension == 8);
    ie_embedding_free(embedding);
    return first;
}

static void an_embedding_is_stored_with_its_photo(void **state)
{
    fixture *f = *state;
    store(f, "/a.jpg", 1, "clip@1", 0.5f);
    assert_true(first_of(f, "clip@1", "/a.jpg") == 0.5f);
    assert_true(isnan(first_of(f, "clip@1", "/b.jpg")));
}

static void two_models_are_never_mixed(void **state)
{
    fixture *f = *state;
    store(f, "/a.jpg", 1, "clip@1", 0.5f);
    store(f, "/a.jpg", 1, "clip@2", 0.25f);
    assert_true(first_of(f, "clip@1", "/a.jpg") == 0.5f);
    assert_true(first_of(f, "clip@2", "/a.jpg") == 0.25f);
    assert_true(isnan(first_of(f, "clip", "/a.jpg")));
}

static void an_embedding_stays_when_other_facts_are_stored_and_goes_with_changed_bytes(void **state)
{
    fixture *f = *state;
    store(f, "/a.jpg", 1, "clip@1", 0.5f);
    store(f, "/a.jpg", 1, NULL, 0);
    assert_true(first_of(f, "clip@1", "/a.jpg") == 0.5f);
    store(f, "/a.jpg", 2, NULL, 0);
    assert_true(isnan(first_of(f, "clip@1", "/a.jpg")));
}

static void an_embedding_stays_when_its_disk_came_back_under_another_number(void **state)
{
    fixture *f = *state;
    store(f, "/a.jpg", 1, "clip@1", 0.5f);
    assert_int_equal(ie_catalog_commit(f->catalog, NULL), IE_OK);
    f->device = 1;
    store(f, "/a.jpg", 1, NULL, 0);
    assert_int_equal(ie_catalog_commit(f->catalog, NULL), IE_OK);
    assert_true(first_of(f, "clip@1", "/a.jpg") == 0.5f);
}

static void an_embedding_follows_a_renamed_file_and_is_forgotten_with_it(void **state)
{
    fixture *f = *state;
    store(f, "/a.jpg", 1, "clip@1", 0.5f);
    store(f, "/b.jpg", 2, "clip@1", 0.25f);
    assert_int_equal(ie_catalog_moved(f->catalog, "/a.jpg", "/b.jpg", NULL), IE_OK);
    assert_true(isnan(first_of(f, "clip@1", "/a.jpg")));
    assert_true(first_of(f, "clip@1", "/b.jpg") == 0.5f);
    assert_int_equal(ie_catalog_moved(f->catalog, "/b.jpg", "/b.jpg", NULL), IE_OK);
    assert_true(first_of(f, "clip@1", "/b.jpg") == 0.5f);
    assert_int_equal(ie_catalog_forget(f->catalog, "/b.jpg", NULL), IE_OK);
    assert_true(isnan(first_of(f, "clip@1", "/b.jpg")));
}

typedef struct sum {
    float numbers;
    int count;
    char models[200];
    ie_catalog *catalog;
    char last[40];
} sum;

static ie_status add(void *user, int64_t row, const uint16_t *values, size_t dimension)
{
    sum *s = user;
    assert_int_equal(dimension, 8);
    IE_AUTO_FREE char *path = ie_catalog_embedding_path(s->catalog, row);
    assert_true(path != NULL && strcmp(s->last, path) < 0);
    snprintf(s->last, sizeof s->last, "%s", path);
    s->numbers += ie_half_to_float(values[0]);
    s->count++;
    return IE_OK;
}

static ie_status stop(void *user, int64_t row, const uint16_t *values, size_t dimension)
{
    (void)row, (void)values, (void)dimension;
    ++*(int *)user;
    return IE_ERR_CANCELLED;
}

static ie_status add_model(void *user, const char *model, size_t dimension, uint64_t photos)
{
    sum *s = user;
    size_t used = strlen(s->models);
    snprintf(s->models + used, sizeof s->models - used, "%s %zu %d;", model, dimension,
             (int)photos);
    return IE_OK;
}

static void embeddings_are_listed_by_model_and_folder_in_the_order_of_paths(void **state)
{
    fixture *f = *state;
    store(f, "/p/b.jpg", 1, "clip@1", 2);
    store(f, "/p/a.jpg", 1, "clip@1", 1);
    store(f, "/p2/c.jpg", 1, "clip@1", 4);
    store(f, "/p/a.jpg", 1, "other@1", 8);
    assert_int_equal(ie_catalog_commit(f->catalog, NULL), IE_OK);
    static const struct {
        const char *path;
        float sum;
        int count;
    } cases[] = {{NULL, 7, 3}, {"/p", 3, 2}, {"/", 7, 3}, {"/p/b.jpg", 2, 1}, {"/q", 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sum s = {.catalog = f->catalog};
        assert_int_equal(ie_catalog_embeddings(f->catalog, "clip@1", cases[i].path, add, &s, NULL),
                         IE_OK);
        assert_true(s.numbers == cases[i].sum);
        assert_int_equal(s.count, cases[i].count);
    }
    int calls = 0;
    assert_int_equal(ie_catalog_embeddings(f->catalog, "clip@1", NULL, stop, &calls, NULL),
                     IE_ERR_CANCELLED);
    assert_int_equal(calls, 1);
    sum models = {0};
    assert_int_equal(ie_catalog_embedding_models(f->catalog, add_model, &models, NULL), IE_OK);
    assert_string_equal(models.models, "clip@1 8 3;other@1 8 1;");
}

static void texts_are_kept_for_their_list_and_model(void **state)
{
    fixture *f = *state;
    const float rows[6] = {1, 2, 3, 4, 5, 6};
    size_t dimension = 0;
    assert_int_equal(ie_catalog_keep_texts(f->catalog, "clip@1", "list", rows, 3, 2, NULL), IE_OK);
    float *back = ie_catalog_texts(f->catalog, "clip@1", "list", 3, &dimension);
    assert_non_null(back);
    assert_int_equal(dimension, 2);
    assert_memory_equal(back, rows, sizeof rows);
    free(back);
    assert_null(ie_catalog_texts(f->catalog, "clip@1", "list", 2, &dimension));
    assert_null(ie_catalog_texts(f->catalog, "clip@2", "list", 3, &dimension));
    assert_null(ie_catalog_texts(f->catalog, "clip@1", "other", 3, &dimension));
}

static void only_the_newest_lists_of_texts_stay(void **state)
{
    fixture *f = *state;
    const float row[2] = {1, 2};
    size_t dimension;
    for (int i = 0; i < 40; i++) {
        IE_AUTO_FREE char *list = ie_asprintf("%d", i);
        assert_int_equal(ie_catalog_keep_texts(f->catalog, "clip@1", list, row, 1, 2, NULL), IE_OK);
    }
    assert_null(ie_catalog_texts(f->catalog, "clip@1", "7", 1, &dimension));
    float *last = ie_catalog_texts(f->catalog, "clip@1", "8", 1, &dimension);
    assert_non_null(last);
    free(last);
}

int main(void)
{
#define IN_CATALOG(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_comes_back_from_its_float),
        cmocka_unit_test(numbers_between_halves_go_to_the_nearest_and_ties_to_even),
        IN_CATALOG(an_embedding_is_stored_with_its_photo),
        IN_CATALOG(two_models_are_never_mixed),
        IN_CATALOG(an_embedding_stays_when_other_facts_are_stored_and_goes_with_changed_bytes),
        IN_CATALOG(an_embedding_stays_when_its_disk_came_back_under_another_number),
        IN_CATALOG(an_embedding_follows_a_renamed_file_and_is_forgotten_with_it),
        IN_CATALOG(embeddings_are_listed_by_model_and_folder_in_the_order_of_paths),
        IN_CATALOG(texts_are_kept_for_their_list_and_model),
        IN_CATALOG(only_the_newest_lists_of_texts_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
