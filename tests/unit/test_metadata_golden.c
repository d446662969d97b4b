// SPDX-License-Identifier: GPL-3.0-or-later
/* Compares our metadata reader with what exiftool and exiv2 agree on, file by file and field by
   field. */
#include "test.h"

#include <math.h>

#include "storage/metadata_file.h"
#include "utils/error.h"
#include "utils/json.h"
#include "utils/text.h"

enum {
    DATE,
    SUBSEC,
    OFFSET,
    MAKE,
    MODEL,
    LENS,
    F_NUMBER,
    EXPOSURE,
    ISO,
    FOCAL,
    FOCAL_35,
    FLASH,
    LATITUDE,
    LONGITUDE,
    ALTITUDE,
    TITLE,
    CAPTION,
    KEYWORDS,
    RATING,
    ORIENTATION,
    WIDTH,
    HEIGHT,
    SOFTWARE,
    BIAS,
    LENS_MAKE,
    CREATOR,
    COPYRIGHT,
    CITY,
    COUNTRY,
    FIELDS
};

static const char *const field_names[FIELDS] = {
    "date",     "subsec",      "offset",   "make",   "model",    "lens",
    "f_number", "exposure",    "iso",      "focal",  "focal_35", "flash",
    "latitude", "longitude",   "altitude", "title",  "caption",  "keywords",
    "rating",   "orientation", "width",    "height",
    "software", "bias",        "lens_make", "creator", "copyright", "city",
    "country",
};

static unsigned compared[FIELDS], equal[FIELDS], on_purpose[FIELDS], absent_checked, absent_wrong;

#define NIKON_DNG "raw/exif-py/nikon_z_9_high_efficiency_compressed_dx_cropped_max_overexposed.dng"

/* Where the two tools agree and we differ on purpose. */
static const struct {
    const char *path;
    int field;
    const char *reason;
} exceptions[] = {
    {"orientation/libavif/clop_irot_imor.avif", WIDTH,
     "irot turns it by 90 degrees; no tool gave the upright size"},
    {"orientation/libavif/clop_irot_imor.avif", HEIGHT, "as its width"},
    {NIKON_DNG, WIDTH, "256 x 171 is the preview in IFD0; the raw picture is 5392 x 3592"},
    {NIKON_DNG, HEIGHT, "as its width"},
    {NIKON_DNG, ISO,
     "65535 says that it does not fit 16 bits; RecommendedExposureIndex has 102400"},
};

static void check(const char *path, int field, bool same, const char *want, const char *got)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
        if (exceptions[i].field == field && strcmp(exceptions[i].path, path) == 0) {
            assert_false(same); /* else it is none any more */
            compared[field]++;
            on_purpose[field]++;
            return;
        }
    }
    compared[field]++;
    equal[field] += same;
    if (!same) {
        printf("%s: %s: expected %s, got %s\n", path, field_names[field], want,
               got != NULL ? got : "nothing");
    }
}

/* Tools trim differently; blanks at the ends carry no meaning. */
static bool same_text(const char *want, const char *got)
{
    size_t length = strlen(want);
    while (length > 0 && (unsigned char)want[length - 1] <= ' ') {
        length--;
    }
    return got == NULL ? length == 0 : strlen(got) == length && memcmp(want, got, length) == 0;
}

static void check_text(const char *path, int field, const char *want, const char *got)
{
    if (want != NULL) {
        check(path, field, same_text(want, got), want, got);
    }
}

/* The expected values are rounded to 9 decimals. */
static void check_real(const char *path, int field, double want, double got, bool zero_is_absent)
{
    if (isnan(want)) {
        return;
    }
    char want_text[40], got_text[40];
    snprintf(want_text, sizeof want_text, "%.12g", want);
    snprintf(got_text, sizeof got_text, "%.12g", got);
    bool same =
        zero_is_absent && want == 0 ? isnan(got) : fabs(want - got) <= 1e-9 * fmax(1, fabs(want));
    check(path, field, same, want_text, got_text);
}

static void check_int(const char *path, int field, int64_t want, int64_t got)
{
    if (want != INT64_MIN) {
        char want_text[32], got_text[32];
        snprintf(want_text, sizeof want_text, "%lld", (long long)want);
        snprintf(got_text, sizeof got_text, "%lld", (long long)got);
        check(path, field, want == got, want_text, got_text);
    }
}

/* An EXIF date that the calendar knows; "2023:07:14 09:12:33" → ISO form. */
static bool calendar_date(const char *exif, char iso[20])
{
    ie_datetime time;
    if (exif == NULL || strlen(exif) < 19) {
        return false;
    }
    snprintf(iso, 20, "%s", exif);
    iso[4] = iso[7] = '-';
    iso[10] = 'T';
    return ie_datetime_parse(iso, &time);
}

static void check_dates(const char *path, const json_t *want, const ie_metadata *m)
{
    static const struct {
        const char *key;
        ie_date_source source;
    } dates[] = {
        {"datetime_original", IE_DATE_EXIF},
        {"datetime_digitized", IE_DATE_EXIF_DIGITIZED},
        {"datetime", IE_DATE_EXIF_MODIFIED},
    };
    char iso[20], got[40];
    for (size_t i = 0; i < 3; i++) {
        if (!calendar_date(ie_json_get_text(want, dates[i].key), iso)) {
            continue;
        }
        /* XMP and IPTC, which the expected values leave out, rank before DateTime. */
        if (i == 2 && m->captured_source != IE_DATE_EXIF_MODIFIED) {
            bool better =
                m->captured_source >= IE_DATE_XMP && m->captured_source < IE_DATE_EXIF_MODIFIED;
            check(path, DATE, better, iso, ie_date_source_name(m->captured_source));
            return;
        }
        ie_datetime_text(&m->captured, got);
        check(path, DATE, m->captured_source == dates[i].source && strncmp(got, iso, 19) == 0, iso,
              got);
        const char *subsec = ie_json_get_text(want, "subsec_original"),
                   *offset = ie_json_get_text(want, "offset");
        if (i == 0 && subsec != NULL) {
            check(path, SUBSEC, strlen(got) > 20 && same_text(subsec, got + 20), subsec, got);
        }
        if (i == 0 && offset != NULL) {
            int minutes = abs(m->captured.offset_minutes);
            snprintf(got, sizeof got, "%c%02d:%02d", m->captured.offset_minutes < 0 ? '-' : '+',
                     minutes / 60, minutes % 60);
            check(path, OFFSET, m->captured.has_offset && strcmp(got, offset) == 0, offset, got);
        }
        return;
    }
}

static void expect_words(json_t *words, const json_t *from)
{
    size_t i;
    json_t *word;
    json_array_foreach(from, i, word)
    {
        char *text = ie_strdup(json_string_value(word));
        size_t length = strlen(text);
        while (length > 0 && (unsigned char)text[length - 1] <= ' ') {
            text[--length] = 0;
        }
        if (length > 0 && json_object_get(words, text) == NULL) {
            json_object_set_new(words, text, json_true());
        }
        free(text);
    }
}

/* XMP's keywords, then IPTC's that are new, in this order. */
static void check_keywords(const char *path, const json_t *want, const json_t *disputed,
                           const ie_metadata *m)
{
    const json_t *xmp = json_object_get(want, "xmp_subject"),
                 *iptc = json_object_get(want, "iptc_keywords");
    if ((xmp == NULL && iptc == NULL) || json_object_get(disputed, "xmp_subject") != NULL ||
        json_object_get(disputed, "iptc_keywords") != NULL) {
        return;
    }
    IE_AUTO_JSON json_t *words = json_object();
    expect_words(words, xmp);
    expect_words(words, iptc);
    bool same = json_object_size(words) == m->keywords.count;
    uint32_t i = 0;
    const char *word;
    json_t *unused;
    ie_buffer expected = {0}, found = {0};
    json_object_foreach(words, word, unused)
    {
        same = same && i < m->keywords.count && strcmp(word, m->keywords.items[i]) == 0;
        i++;
        ie_buffer_printf(&expected, "[%s]", word);
    }
    for (i = 0; i < m->keywords.count; i++) {
        ie_buffer_printf(&found, "[%s]", m->keywords.items[i]);
    }
    check(path, KEYWORDS, same, expected.data != NULL ? expected.data : "none", found.data);
    ie_buffer_free(&expected);
    ie_buffer_free(&found);
}

/* The first of the keys that says something; NULL when none does, or when the tools differ
   on one. */
static const char *first_text(const json_t *want, const json_t *disputed, const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        const char *text = ie_json_get_text(want, *keys);
        if (json_object_get(disputed, *keys) != NULL) {
            return NULL;
        }
        if (text != NULL && !same_text(text, NULL)) {
            return text;
        }
    }
    return NULL;
}

static void check_size(const char *path, const json_t *want, const ie_photo *photo)
{
    bool upright = photo->format == IE_FORMAT_HEIC || photo->format == IE_FORMAT_AVIF ||
                   photo->format == IE_FORMAT_JXL;
    int64_t orientation = ie_json_get_int(want, "orientation", INT64_MIN);
    if (orientation != INT64_MIN) {
        check_int(path, ORIENTATION,
                  upright || orientation < 1 || orientation > 8 ? 1 : orientation,
                  photo->orientation);
    }
    /* HEIF, AVIF and JPEG XL are turned by their containers: their size is that of the upright
       picture. */
    int64_t width = ie_json_get_int(want, "stored_width", INT64_MIN);
    int64_t height = ie_json_get_int(want, "stored_height", INT64_MIN);
    if (upright && json_object_get(want, "display_width") != NULL) {
        width = ie_json_get_int(want, "display_width", INT64_MIN);
        height = ie_json_get_int(want, "display_height", INT64_MIN);
    }
    check_int(path, WIDTH, width, photo->width);
    check_int(path, HEIGHT, height, photo->height);
}

static void check_file(const char *path, const json_t *want, const json_t *disputed,
                       const ie_photo *photo)
{
    const ie_metadata *m = photo->metadata;
    static const char *const title[] = {"xmp_title", "iptc_title", NULL};
    static const char *const caption[] = {"image_description", "xmp_description", "iptc_caption",
                                          NULL};
    check_dates(path, want, m);
    check_text(path, MAKE, ie_json_get_text(want, "make"), m->make);
    check_text(path, MODEL, ie_json_get_text(want, "model"), m->model);
    check_text(path, LENS, ie_json_get_text(want, "lens_model"), m->lens);
    check_real(path, F_NUMBER, ie_json_get_real(want, "fnumber"), m->f_number, true);
    check_real(path, EXPOSURE, ie_json_get_real(want, "exposure_time"), m->exposure_time_s, true);
    check_int(path, ISO, ie_json_get_int(want, "iso", INT64_MIN), m->iso);
    check_real(path, FOCAL, ie_json_get_real(want, "focal_length"), m->focal_length_mm, true);
    check_int(path, FOCAL_35, ie_json_get_int(want, "focal_length_35mm", INT64_MIN),
              m->focal_length_35mm);
    int64_t flash = ie_json_get_int(want, "flash", INT64_MIN);
    check_int(path, FLASH, flash == INT64_MIN ? flash : flash & 1, m->flash);
    check_real(path, LATITUDE, ie_json_get_real(want, "lat"), m->latitude, false);
    check_real(path, LONGITUDE, ie_json_get_real(want, "lon"), m->longitude, false);
    check_real(path, ALTITUDE, ie_json_get_real(want, "alt"), m->altitude_m, false);
    check_text(path, TITLE, first_text(want, disputed, title), m->title);
    check_text(path, CAPTION, first_text(want, disputed, caption), m->caption);
    check_keywords(path, want, disputed, m);
    check_int(path, RATING, ie_json_get_int(want, "xmp_rating", INT64_MIN), m->rating);
    check_size(path, want, photo);
    static const char *const creator[] = {"artist", NULL}, *const byline[] = {"iptc_byline", NULL};
    const json_t *names = json_object_get(want, "xmp_creator");
    const char *first = first_text(want, disputed, creator);
    if (first == NULL && json_object_get(disputed, "artist") == NULL) {
        first = json_array_size(names) == 1 ? json_string_value(json_array_get(names, 0))
                : names == NULL             ? first_text(want, disputed, byline)
                                            : NULL;
    }
    check_text(path, SOFTWARE, ie_json_get_text(want, "software"), m->software);
    check_real(path, BIAS, ie_json_get_real(want, "exposure_bias"), m->bias_ev, false);
    check_text(path, LENS_MAKE, ie_json_get_text(want, "lens_make"), m->lens_make);
    check_text(path, CREATOR, first, m->creator);
    check_text(path, COPYRIGHT, ie_json_get_text(want, "copyright"), m->copyright);
    check_text(path, CITY, ie_json_get_text(want, "iptc_city"), m->city);
    check_text(path, COUNTRY, ie_json_get_text(want, "iptc_country"), m->country);
}

/* Facts of ours that the expected values cannot know, because they were read from EXIF, IPTC and
   some of XMP. */
static bool beyond_expected(const char *path)
{
    static const char *const files[] = {
        "ml/scikit-image/chelsea.png",        /* camera and exposure stand in XMP only */
        "heif/pillow_heif/L_xmp_latin1.heic", /* Latin-1 in its XMP, which the tools give up on */
        "meta-jpeg/exifr/issue-exifr-13.jpg", /* XPKeywords */
        "meta-jpeg/me-java/windowsXpFields.jpg", /* XPKeywords */
        "png/libspng/cten0g04.png", /* texts with a language, which are neither */
        "meta-jpeg/Piexif/L01.jpg",
        "meta-jpeg/Piexif/L02.jpg", /* EXIF tags in IFD0, which one tool leaves out */
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(path, files[i]) == 0) {
            return true;
        }
    }
    return ie_ends_with_nocase(path, ".xmp"); /* only some texts of sidecars were noted */
}

/* Neither tool found anything: a value of ours would be an invention. */
static void check_absent(const char *path, const json_t *want, const json_t *disputed,
                         const ie_metadata *m)
{
    const struct {
        const char *keys[3];
        bool present;
    } facts[] = {
        {{"make"}, m->make != NULL},
        {{"model"}, m->model != NULL},
        {{"fnumber"}, !isnan(m->f_number)},
        {{"exposure_time"}, !isnan(m->exposure_time_s)},
        {{"iso"}, m->iso != 0},
        {{"focal_length"}, !isnan(m->focal_length_mm)},
        {{"focal_length_35mm"}, m->focal_length_35mm != 0},
        {{"flash"}, m->flash >= 0},
        {{"lat"}, !isnan(m->latitude)},
        {{"lon"}, !isnan(m->longitude)},
        {{"alt"}, !isnan(m->altitude_m)},
        {{"image_description", "xmp_description", "iptc_caption"}, m->caption != NULL},
        {{"xmp_subject", "iptc_keywords"}, m->keywords.count > 0},
        {{"datetime_original"}, m->captured_source == IE_DATE_EXIF},
        {{"datetime_digitized"}, m->captured_source == IE_DATE_EXIF_DIGITIZED},
        {{"datetime"}, m->captured_source == IE_DATE_EXIF_MODIFIED},
    };
    if (beyond_expected(path)) {
        return;
    }
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        bool known = false;
        for (int k = 0; k < 3 && facts[i].keys[k] != NULL; k++) {
            known = known || json_object_get(want, facts[i].keys[k]) != NULL ||
                    json_object_get(disputed, facts[i].keys[k]) != NULL;
        }
        absent_checked += !known;
        if (!known && facts[i].present) {
            absent_wrong++;
            printf("%s: %s: neither tool has one, we do\n", path, facts[i].keys[0]);
        }
    }
}

static json_t *load(const char *folder, const char *name)
{
    IE_AUTO_FREE char *path = ie_asprintf("%s/photos/expected/%s", folder, name);
    ie_bytes *bytes;
    json_t *value;
    assert_int_equal(ie_bytes_open(path, &bytes, NULL), IE_OK);
    const uint8_t *text = ie_bytes_load(bytes, 100 << 20);
    assert_non_null(text);
    assert_int_equal(ie_json_parse((const char *)text, ie_bytes_size(bytes), name, &value, NULL),
                     IE_OK);
    ie_bytes_close(bytes);
    return value;
}

static ie_photo *read_file(const char *folder, const char *name)
{
    IE_AUTO_FREE char *path = ie_asprintf("%s/photos/%s", folder, name);
    ie_photo *photo = ie_photo_new();
    ie_bytes *bytes;
    assert_int_equal(ie_bytes_open(path, &bytes, NULL), IE_OK);
    photo->stamp = ie_bytes_stamp(bytes);
    size_t size = ie_bytes_size(bytes), head = size < IE_SNIFF_BYTES ? size : IE_SNIFF_BYTES;
    if (ie_ends_with_nocase(name, ".xmp")) {
        const uint8_t *all = ie_bytes_load(bytes, 1 << 20);
        assert_non_null(all);
        ie_metadata_merge_sidecar(all, size, photo);
    } else {
        const uint8_t *start = ie_bytes_at(bytes, 0, head);
        photo->format = start != NULL ? ie_format_sniff(start, head, path) : IE_FORMAT_UNKNOWN;
        ie_metadata_read(bytes, photo);
    }
    ie_bytes_close(bytes);
    return photo;
}

static void fields_equal_what_exiftool_and_exiv2_agree_on(void **state)
{
    const char *folder = testdata();
    if (folder == NULL) {
        printf("skipped: IMGENGINE_TESTDATA is not set\n");
        skip();
    }
    IE_AUTO_JSON json_t *expected = load(folder, "metadata.json");
    IE_AUTO_JSON json_t *disagreements = load(folder, "metadata_disagreements.json");
    const char *path;
    json_t *want;
    size_t files = 0;
    json_object_foreach(json_object_get(expected, "files"), path, want)
    {
        ie_photo *photo = read_file(folder, path);
        check_file(path, want, json_object_get(disagreements, path), photo);
        check_absent(path, want, json_object_get(disagreements, path), photo->metadata);
        ie_photo_free(photo);
        files++;
    }
    unsigned all = 0, good = 0, purpose = 0;
    printf("%-12s %9s %6s %9s %10s\n", "field", "compared", "equal", "differing", "on purpose");
    for (int i = 0; i < FIELDS; i++) {
        printf("%-12s %9u %6u %9u %10u\n", field_names[i], compared[i], equal[i],
               compared[i] - equal[i], on_purpose[i]);
        assert_true(compared[i] > 0);
        all += compared[i];
        good += equal[i];
        purpose += on_purpose[i];
    }
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++) {
        printf("on purpose: %s of %s: %s\n", field_names[exceptions[i].field], exceptions[i].path,
               exceptions[i].reason);
    }
    printf("%zu files, %u values, %u equal, %u differing on purpose\n", files, all, good, purpose);
    printf("%u absences checked, %u wrong\n", absent_checked, absent_wrong);
    assert_true(files > 800);
    assert_int_equal(all, good + purpose);
    assert_int_equal(absent_wrong, 0);
}

static bool near(double want, double got, double share)
{
    return isnan(want) || want == 0 || fabs(want - got) <= share * fabs(want);
}

/* Their own tests round: 1 % for lengths and times. */
static void fields_equal_what_other_projects_expect_of_their_files(void **state)
{
    const char *folder = testdata();
    if (folder == NULL) {
        printf("skipped: IMGENGINE_TESTDATA is not set\n");
        skip();
    }
    IE_AUTO_JSON json_t *expected = load(folder, "golden_upstream.json");
    const char *source, *path;
    json_t *files, *want;
    size_t count = 0;
    json_object_foreach(json_object_get(expected, "sources"), source, files)
    {
        json_object_foreach(files, path, want)
        {
            ie_photo *photo = read_file(folder, path);
            const ie_metadata *m = photo->metadata;
            char iso[20], got[40];
            if (calendar_date(ie_json_get_text(want, "datetime_original"), iso)) {
                assert_int_equal(strncmp(ie_datetime_text(&m->captured, got), iso, 19), 0);
                assert_int_equal(m->captured_source, IE_DATE_EXIF);
            }
            assert_true(near(ie_json_get_real(want, "exposure_time"), m->exposure_time_s, 0.01));
            assert_true(near(ie_json_get_real(want, "fnumber"), m->f_number, 0.01));
            assert_true(near(ie_json_get_real(want, "focal_length"), m->focal_length_mm, 0.01));
            int64_t iso_speed = ie_json_get_int(want, "iso", m->iso),
                    turn = ie_json_get_int(want, "orientation", photo->orientation);
            assert_int_equal(iso_speed, m->iso);
            assert_int_equal(turn, photo->orientation);
            ie_photo_free(photo);
            count++;
        }
    }
    assert_true(count >= 10);
}

static void videos_say_when_and_where_and_how_large(void **state)
{
    const char *folder = testdata();
    if (folder == NULL) {
        printf("skipped: IMGENGINE_TESTDATA is not set\n");
        skip();
    }
    IE_AUTO_JSON json_t *expected = load(folder, "video.json");
    const char *path;
    json_t *want;
    json_object_foreach(json_object_get(expected, "files"), path, want)
    {
        ie_photo *photo = read_file(folder, path);
        const ie_metadata *m = photo->metadata;
        printf("%s\n", path);
        assert_int_equal(photo->width, ie_json_get_int(want, "width", 0));
        assert_int_equal(photo->height, ie_json_get_int(want, "height", 0));
        double latitude = ie_json_get_real(want, "lat"), longitude = ie_json_get_real(want, "lon");
        assert_true(isnan(latitude) || fabs(latitude - m->latitude) < 1e-4);
        assert_true(isnan(longitude) || fabs(longitude - m->longitude) < 1e-4);
        assert_true(near(ie_json_get_real(want, "alt"), m->altitude_m, 1e-4));
        const char *make = ie_json_get_text(want, "make"),
                   *created = ie_json_get_text(want, "creation_time_utc");
        const char *local = ie_json_get_text(want, "apple_creation_date");
        char got[40];
        if (make != NULL) {
            assert_string_equal(make, m->make);
            assert_string_equal(ie_json_get_text(want, "model"), m->model);
        }
        if (created != NULL || local != NULL) {
            const char *date = local != NULL ? local : created;
            assert_int_equal(strncmp(ie_datetime_text(&m->captured, got), date, 19), 0);
            bool in_xmp = strcmp(path, "names/phockup/exif.mp4") ==
                          0; /* which ranks before the movie's header */
            assert_int_equal(m->captured_source, in_xmp ? IE_DATE_XMP : IE_DATE_QUICKTIME);
            int minutes = local != NULL && strstr(local, "+0100") != NULL ? 60 : 0;
            assert_true(in_xmp ||
                        (m->captured.has_offset && m->captured.offset_minutes == minutes));
        }
        ie_photo_free(photo);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_equal_what_exiftool_and_exiv2_agree_on),
        cmocka_unit_test(fields_equal_what_other_projects_expect_of_their_files),
        cmocka_unit_test(videos_say_when_and_where_and_how_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
