// SPDX-License-Identifier: GPL-3.0-or-later
/* Hashes and quality against imagehash, Pillow, OpenCV and numpy (golden/README.md of the test
   data). */
#include <math.h>

#include "content_help.h"
#include "utils/json.h"
#include "utils/text.h"

enum { PHASH, AHASH, DHASH, WHASH, HASHES };
static const char *const hash_names[HASHES] = {"phash", "ahash", "dhash", "whash"};

/* Pillow clips 16-bit samples at 255 (the picture turns white); ours are the upper 8 bits, on
   purpose. */
static bool differs_on_purpose(const char *name)
{
    return strcmp(name, "gray16.png") == 0 || strcmp(name, "gray16.tif") == 0;
}

static json_t *load_golden(char **ret_folder)
{
    *ret_folder = ie_path_join(testdata(), "golden");
    IE_AUTO_FREE char *path = ie_path_join(*ret_folder, "golden_images.json");
    size_t size = 0;
    uint8_t *text = rig_load(path, &size);
    assert_non_null(text);
    json_t *whole;
    assert_int_equal(ie_json_parse((char *)text, size, "golden", &whole, NULL), IE_OK);
    free(text);
    return whole;
}

static ie_photo *analyze(content_rig *rig, const char *folder, const char *name,
                         const json_t *golden)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/images/%s", folder, name);
    size_t size = 0;
    uint8_t *data = rig_load(path, &size);
    assert_non_null(data);
    int64_t orientation = ie_json_get_int(golden, "orientation", 1);
    ie_photo *photo = rig_photo(rig, data, size, name, (uint8_t)orientation, RIG_ALL);
    free(data);
    return photo;
}

static void hashes_of(const ie_photo *photo, uint64_t out[HASHES])
{
    out[PHASH] = photo->content->phash;
    out[AHASH] = photo->content->ahash;
    out[DHASH] = photo->content->dhash;
    out[WHASH] = photo->content->whash;
}

static bool is_fragile(const json_t *values, int hash)
{
    char key[32];
    snprintf(key, sizeof key, "%s_fragile", hash_names[hash]);
    return json_is_true(json_object_get(values, key));
}

typedef struct tally {
    int equal, near, far, fragile, on_purpose, missing;
} tally;

/* Adds a picture's four distances to the table; prints each that is not 0. */
static void compare_hashes(const char *name, const ie_photo *photo, const json_t *golden, int near,
                           tally tallies[HASHES])
{
    const json_t *values = json_object_get(golden, "rgb");
    uint64_t ours[HASHES];
    hashes_of(photo, ours);
    for (int i = 0; i < HASHES; i++) {
        if ((photo->have & IE_HAVE_HASHES) == 0) {
            tallies[i].missing++;
            continue;
        }
        uint64_t theirs = strtoull(ie_json_get_text(values, hash_names[i]), NULL, 16);
        int bits = __builtin_popcountll(ours[i] ^ theirs);
        bool fragile = is_fragile(values, i);
        bool purpose = differs_on_purpose(name);
        tallies[i].fragile += fragile;
        tallies[i].on_purpose += !fragile && purpose;
        tallies[i].equal += !fragile && !purpose && bits == 0;
        tallies[i].near += !fragile && !purpose && bits > 0 && bits <= near;
        tallies[i].far += !fragile && !purpose && bits > near;
        if (bits != 0) {
            printf("  %-28s %s %2d bits%s%s\n", name, hash_names[i], bits,
                   fragile ? " (fragile)" : "", purpose ? " (on purpose)" : "");
        }
    }
    if (photo->fault_count > 0) {
        printf("  %-28s %s\n", name, photo->faults[0].text);
    }
}

static void print_table(const tally tallies[HASHES])
{
    printf("  hash   equal  near   far  fragile  on purpose  missing\n");
    for (int i = 0; i < HASHES; i++) {
        const tally *t = &tallies[i];
        printf("  %s  %5d %5d %5d  %7d  %10d  %7d\n", hash_names[i], t->equal, t->near, t->far,
               t->fragile, t->on_purpose, t->missing);
    }
}

static void exact_hashes_are_equal_bit_for_bit(void **state)
{
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    char *folder;
    json_t *whole = load_golden(&folder);
    content_rig rig;
    rig_open(&rig, true);
    tally tallies[HASHES] = {{0}};
    const char *name;
    json_t *golden;
    json_object_foreach(json_object_get(whole, "images"), name, golden)
    {
        ie_photo *photo = analyze(&rig, folder, name, golden);
        compare_hashes(name, photo, golden, 2, tallies);
        ie_photo_free(photo);
    }
    print_table(tallies);
    for (int i = 0; i < HASHES; i++) {
        assert_true(tallies[i].equal >= 40);
        assert_int_equal(tallies[i].near + tallies[i].far + tallies[i].missing, 0);
    }
    rig_close(&rig);
    free(folder);
    json_decref(whole);
}

/* libheif's versions turn YCbCr into RGB with different rounding: some pixels are a grey
   level off. */
static double tolerance(const char *name)
{
    return ie_ends_with_nocase(name, ".avif") || ie_ends_with_nocase(name, ".heic") ? 1e-3 : 1e-9;
}

static void check_number(const char *name, const char *what, double ours, double theirs,
                         int *differences)
{
    if (!(fabs(ours - theirs) <= tolerance(name) * fmax(1.0, fabs(theirs)))) {
        printf("  %-28s %s %.12g instead of %.12g\n", name, what, ours, theirs);
        ++*differences;
    }
}

static void exact_quality_is_what_opencv_and_numpy_say(void **state)
{
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    char *folder;
    json_t *whole = load_golden(&folder);
    content_rig rig;
    rig_open(&rig, true);
    int differences = 0;
    const char *name;
    json_t *golden;
    json_object_foreach(json_object_get(whole, "images"), name, golden)
    {
        if (differs_on_purpose(name)) {
            continue;
        }
        ie_photo *photo = analyze(&rig, folder, name, golden);
        const ie_content *content = photo->content;
        const json_t *exposure = json_object_get(golden, "exposure");
        double fit = 1.0 - 2.0 * fabs(ie_json_get_real(exposure, "mean") - 0.5) -
                     ie_json_get_real(exposure, "under") - ie_json_get_real(exposure, "over");
        check_number(name, "sharpness", content->sharpness,
                     ie_json_get_real(golden, "laplacian_var"), &differences);
        check_number(name, "noise", content->noise, ie_json_get_real(golden, "noise"),
                     &differences);
        check_number(name, "range", content->dynamic_range,
                     ie_json_get_real(golden, "dynamic_range"), &differences);
        check_number(name, "contrast", content->contrast, ie_json_get_real(golden, "contrast"),
                     &differences);
        check_number(name, "exposure", content->exposure, fmax(0.0, fit), &differences);
        ie_photo_free(photo);
    }
    assert_int_equal(differences, 0);
    rig_close(&rig);
    free(folder);
    json_decref(whole);
}

/* The reduced decode of small pictures is nearly the full one; large ones are in the other test. */
static void default_hashes_stay_near(void **state)
{
    if (testdata() == NULL) {
        printf("  no test data\n");
        skip();
    }
    char *folder;
    json_t *whole = load_golden(&folder);
    content_rig rig;
    rig_open(&rig, false);
    tally tallies[HASHES] = {{0}};
    const char *name;
    json_t *golden;
    json_object_foreach(json_object_get(whole, "images"), name, golden)
    {
        ie_photo *photo = analyze(&rig, folder, name, golden);
        compare_hashes(name, photo, golden, 2, tallies);
        ie_photo_free(photo);
    }
    print_table(tallies);
    assert_int_equal(tallies[PHASH].far, 0);
    assert_true(tallies[AHASH].far + tallies[DHASH].far + tallies[WHASH].far <= 6);
    rig_close(&rig);
    free(folder);
    json_decref(whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_hashes_are_equal_bit_for_bit),
        cmocka_unit_test(exact_quality_is_what_opencv_and_numpy_say),
        cmocka_unit_test(default_hashes_stay_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
