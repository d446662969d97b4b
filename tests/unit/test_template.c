// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <locale.h>

#include "core/template.h"
#include "core/template_fields.h"
#include "core/unicode.h"
#include "utils/memory.h"

/* A photo with every fact a template can name. */
static int setup(void **state)
{
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = "/p/Oslo 2023/IMG_0042.CR3";
    photo->format = IE_FORMAT_CR3;
    photo->width = 8192;
    photo->height = 5464;
    photo->have = IE_HAVE_XXH3 | IE_HAVE_METADATA;
    assert_true(ie_hash128_parse("0123abcd000000000000000000000000", &photo->xxh3));
    ie_metadata *m = ie_photo_own_metadata(photo);
    assert_true(ie_datetime_parse("2023-07-14T09:12:33.120", &m->captured));
    m->make = "Canon";
    m->model = "Canon EOS R5";
    m->lens = "RF24-105mm F4 L IS USM";
    m->title = "Harbour at dawn";
    m->city = "Oslo";
    m->country = "Norway";
    m->label = "Red";
    m->creator = "Ann";
    m->burst_id = "5F1C2B";
    m->f_number = 2.8;
    m->iso = 400;
    m->rating = 4;
    m->latitude = 59.912733;
    m->longitude = -10.746092;
    *state = photo;
    return 0;
}

static int teardown(void **state)
{
    ie_photo_free(*state);
    return 0;
}

static void assert_name_with(const ie_config_list *custom, const ie_photo *photo, const char *text,
                             const char *expected)
{
    ie_template *pattern = NULL;
    ie_error err = {0};
    if (ie_template_parse(text, custom, &pattern, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    ie_numbering numbering;
    IE_AUTO_FREE char *name = ie_template_expand(pattern, photo, 7, &numbering);
    assert_string_equal(name, expected);
    assert_int_equal(ie_template_has_ext(pattern), strstr(text, "{ext}") != NULL);
    ie_template_free(pattern);
}

static void assert_name(const ie_photo *photo, const char *text, const char *expected)
{
    assert_name_with(NULL, photo, text, expected);
}

static void assert_refused(const char *text, const char *expected)
{
    ie_template *pattern = NULL;
    ie_error err = {0};
    assert_int_equal(ie_template_parse(text, NULL, &pattern, &err), IE_ERR_USAGE);
    assert_null(pattern);
    assert_string_equal(err.text, expected);
}

static void every_field_gives_what_its_example_says(void **state)
{
    const char *help, *example, *name;
    ie_config_list custom = ie_config_list_parse("NAME={country}/{city}");
    size_t rows = 0;
    for (size_t i = 0; (name = ie_rename_field(i, &help, &example)) != NULL; i++) {
        const char *arrow = strstr(example, " → ");
        assert_non_null(arrow);
        IE_AUTO_FREE char *text = ie_strndup(example, (size_t)(arrow - example));
        assert_true(strstr(text, name) != NULL || strchr(name, '|') != NULL);
        assert_name_with(&custom, *state, text, arrow + strlen(" → "));
        assert_true(strlen(help) > 3);
        rows++;
    }
    assert_int_equal(rows, 26 + 7); /* the fields, and what else may stand in braces */
    ie_config_list_free(&custom);
}

static void every_field_without_a_value_is_unknown(void **state)
{
    ie_photo *empty = ie_photo_new();
    empty->path = "/p/x";
    for (size_t i = 0; ie_field_at(i) != NULL; i++) {
        const char *name = ie_field_at(i)->name;
        bool always = strcmp(name, "name") == 0 || strcmp(name, "folder") == 0 ||
                      strcmp(name, "original") == 0 || strcmp(name, "seq") == 0 ||
                      strcmp(name, "counter") == 0;
        if (!always) {
            IE_AUTO_FREE char *text = ie_asprintf("{%s}", name);
            assert_name(empty, text, "unknown");
        }
    }
    ie_photo_free(empty);
}

static void every_letter_of_a_date_is_known(void **state)
{
    static const char *const rows[][2] = {
        {"%Y", "2023"},       {"%m", "07"},       {"%d", "14"},      {"%H", "09"},   {"%M", "12"},
        {"%S", "33"},         {"%y", "23"},       {"%j", "195"},     {"%B", "July"}, {"%b", "Jul"},
        {"%A", "Friday"},     {"%a", "Fri"},      {"%I", "09"},      {"%p", "AM"},   {"%f", "120"},
        {"%F", "2023-07-14"}, {"%T", "09_12_33"}, {"100%%", "100%"},
    };
    size_t count = sizeof rows / sizeof *rows;
    assert_int_equal(count, strlen(ie_date_format_letters));
    setlocale(LC_ALL, "");
    for (size_t i = 0; i < count; i++) {
        IE_AUTO_FREE char *text = ie_asprintf("{date:%s}", rows[i][0]);
        assert_name(*state, text, rows[i][1]);
    }
}

static void dates_count_days_and_hours_as_people_do(void **state)
{
    static const char *const rows[][2] = {
        {"2024-12-31T00:00:00", "366 Tuesday 12 AM"},
        {"2023-12-31T12:00:00", "365 Sunday 12 PM"},
        {"1969-12-31T23:59:59", "365 Wednesday 11 PM"},
        {"1900-03-01T13:00:00", "060 Thursday 01 PM"},
        {"2000-02-29T11:00:00", "060 Tuesday 11 AM"},
    };
    ie_photo *photo = *state;
    for (size_t i = 0; i < 5; i++) {
        assert_true(ie_datetime_parse(rows[i][0], &ie_photo_own_metadata(photo)->captured));
        assert_name(photo, "{date:%j %A %I %p}", rows[i][1]);
    }
    assert_name(photo, "x{date:%f|\"\"}", "x"); /* no sub-seconds were given */
    ie_photo_own_metadata(photo)->captured.month = 13; /* a bug elsewhere must not crash this */
    assert_name(photo, "{date:%B}", "unknown");
}

static void a_slash_in_the_template_makes_folders_and_in_a_value_never(void **state)
{
    ie_photo *photo = *state;
    ie_photo_own_metadata(photo)->title = "a/b\\c/../../etc";
    assert_name(photo, "{date:%Y/%m}/{title}", "2023/07/a_b_c_.._.._etc");
    ie_photo_own_metadata(photo)->title = "..";
    assert_name(photo, "{title}/{title}", "unknown/unknown");
    assert_name(photo, "{title|name}/x", "unknown/x");
}

static void fall_backs_are_taken_in_their_order(void **state)
{
    ie_photo *photo = *state;
    assert_name(photo, "{ camera | make | \"none\" }", "EOS R5");
    ie_photo_own_metadata(photo)->model = NULL;
    assert_name(photo, "{camera|make|\"none\"}", "Canon");
    ie_photo_own_metadata(photo)->make = "  ";
    assert_name(photo, "{camera|make|\"no}|ne\"}", "no}_ne");
    assert_name(photo, "{camera|make}", "unknown");
    assert_name(photo, "a{camera|\"\"}b", "ab");
    assert_name(photo, "{title|date:%Y}", "Harbour at dawn");
    ie_photo_own_metadata(photo)->title = NULL;
    assert_name(photo, "{title|date:%Y|name}", "2023");
}

static void the_maker_is_not_said_twice(void **state)
{
    static const char *const rows[][3] = {
        {"NIKON CORPORATION", "NIKON D850", "D850"},
        {"Apple", "iPhone 12", "iPhone 12"},
        {"SONY", "ILCE-7M3", "ILCE-7M3"},
        {"OLYMPUS IMAGING CORP.  ", "E-M5", "E-M5"},
        {"Canon", "canon PowerShot", "PowerShot"},
        {"Leica", "Leica", "Leica"},
        {"Pan", "Panasonic X", "Panasonic X"},
        {"", " X100 ", "X100"},
        {"HP", "HP ", "HP"},
    };
    ie_photo *photo = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ie_photo_own_metadata(photo)->make = rows[i][0];
        ie_photo_own_metadata(photo)->model = rows[i][1];
        assert_name(photo, "{camera}", rows[i][2]);
    }
}

static void doubled_braces_stand_for_themselves(void **state)
{
    assert_name(*state, "{{{name}}}", "{IMG_0042}");
    assert_name(*state, "}}a{{", "}a{");
}

static void mistakes_are_shown_with_their_place(void **state)
{
    assert_refused("", "The template for names is empty.");
    assert_refused("{dat}", "Position 2 of the template \"{dat}\": there is no field \"dat\"; the "
                            "nearest is \"date\".");
    assert_refused("ä{camra}",
                   "Position 3 of the template \"ä{camra}\": there is no field \"camra\"; "
                   "the nearest is \"camera\".");
    assert_refused("{date:%Y-%Q}",
                   "Position 10 of the template \"{date:%Y-%Q}\": \"%Q\" is no part of a date; "
                   "after % may stand one of YmdHMSyjBbAaIpFTf%.");
    assert_refused("{date:%}",
                   "Position 7 of the template \"{date:%}\": \"%\" is no part of a date; "
                   "after % may stand one of YmdHMSyjBbAaIpFTf%.");
    assert_refused("{date:}",
                   "Position 7 of the template \"{date:}\": a format is missing after the colon, "
                   "such as %Y-%m-%d.");
    assert_refused("{iso:5}", "Position 6 of the template \"{iso:5}\": the field iso takes no such "
                              "format; upper, lower, or a width "
                              "such as 04 may stand here.");
    assert_refused("a{name", "Position 2 of the template \"a{name\": this brace is never closed; "
                             "write {{ for a brace itself.");
    assert_refused("a}b", "Position 2 of the template \"a}b\": this brace closes nothing; "
                          "write }} for a brace itself.");
    assert_refused("{}", "Position 2 of the template \"{}\": the name of a field is missing, "
                         "such as {date} or {name}.");
    assert_refused("{name|}",
                   "Position 7 of the template \"{name|}\": the name of a field is missing, "
                   "such as {date} or {name}.");
    assert_refused(
        "{name|\"x}",
        "Position 7 of the template \"{name|\"x}\": this quotation mark is never closed.");
    assert_refused("{\"x\"y}",
                   "Position 5 of the template \"{\"x\"y}\": here | or } was expected.");
    assert_refused("/a",
                   "Position 1 of the template \"/a\": a template neither begins nor ends with /; "
                   "its names lie below the chosen folder.");
    assert_refused(
        "a//{name}",
        "Position 3 of the template \"a//{name}\": one / follows another; the folder between them "
        "needs a name.");
    assert_refused("a/",
                   "Position 2 of the template \"a/\": a template neither begins nor ends with /; "
                   "its names lie below the chosen folder.");
}

static void names_are_safe_everywhere(void **state)
{
    static const char *const rows[][2] = {
        {"a<b>c:d\"e|f?g*h", "a_b_c_d_e_f_g_h"},
        {"a\nb\x7f\xc2\x85", "a_b__"},
        {"dots...", "dots"},
        {" spaces . ", "spaces"},
        {"CON", "_CON"},
        {"nul.txt", "_nul.txt"},
        {"com1", "_com1"},
        {"COM¹", "_COM¹"},
        {"com", "com"},
        {"COM12", "COM12"},
        {"lpt9 .x", "_lpt9 .x"},
        {".hidden", "_hidden"},
        {"", "unknown"},
        {"..", "unknown"},
        {"caf\xe9", "café"},
        {"日本", "日本"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        IE_AUTO_FREE char *name = ie_safe_name(rows[i][0], 200);
        assert_string_equal(name, rows[i][1]);
    }
}

static void long_parts_are_cut_at_whole_characters(void **state)
{
    char text[1000] = "";
    for (size_t i = 0; i < 300; i++) {
        memcpy(text + 3 * i, "日", 4);
    }
    IE_AUTO_FREE char *name = ie_safe_name(text, 200);
    assert_int_equal(strlen(name), 198);
    assert_true(ie_utf8_valid(name));
    IE_AUTO_FREE char *cut = ie_safe_name("abc. def", 4);
    assert_string_equal(cut, "abc");
    IE_AUTO_FREE char *device = ie_safe_name("con", 3);
    assert_string_equal(device, "_co");
    ie_photo *photo = *state;
    ie_photo_own_metadata(photo)->title = text;
    IE_AUTO_FREE char *expected = ie_asprintf("%.195s.CR3", text);
    assert_name(photo, "{title}.{ext}", expected); /* the extension survives the cut */
}

static void names_that_are_not_utf8_become_readable(void **state)
{
    ie_photo *photo = *state;
    photo->path = "/p/caf\xe9.tar.JPG";
    assert_name(photo, "{name}", "café.tar");
    photo->path = "/p/.jpg";
    assert_name(photo, "{name}", "_jpg");
}

static void any_key_of_the_record_is_a_field(void **state)
{
    ie_photo *photo = *state;
    assert_name(photo, "{exposure.iso}_{exposure.f_number}", "400_2.8");
    assert_name(photo, "{metadata.camera.make}-{hash.xxh3}",
                "Canon-0123abcd000000000000000000000000");
    assert_name(photo, "{location.state|\"none\"}", "none");
    ie_photo_own_metadata(photo)->state = "a/b"; /* makes no folder */
    assert_name(photo, "{location.state}", "a_b");
    assert_refused("{nothing.here}",
                   "Position 2 of the template \"{nothing.here}\": there is no field "
                   "\"nothing.here\"; there are date, camera, make, model, lens, "
                   "name, ext, folder, format, width, height, iso, rating, hash, title, city, "
                   "country, label, creator, seq, counter, burst, burst_index, "
                   "original, lat, lon.");
    assert_refused("../{name}",
                   "Position 1 of the template \"../{name}\": no part may be \"..\"; the "
                   "names lie below the chosen folder.");
}

static void a_part_of_dots_and_blanks_is_refused(void **state)
{
    (void)state;
    static const char *const templates[] = {"   ",        ".",        "...",
                                            ". ./{name}", "{name}/ ", "{name}/./x"};
    for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
        ie_template *pattern;
        ie_error err;
        assert_int_equal(ie_template_parse(templates[i], NULL, &pattern, &err), IE_ERR_USAGE);
        assert_non_null(strstr(err.text, "dots and blanks alone are no name"));
    }
    ie_photo *photo = *state;
    assert_name(photo, "a .{name} -", "a .IMG_0042 -");
}

static void the_original_name_is_the_one_that_was_kept(void **state)
{
    ie_photo *photo = *state;
    ie_photo_own_metadata(photo)->original_name = "DSC_0001.NEF";
    assert_name(photo, "{original}-{name}", "DSC_0001-IMG_0042");
}

static void a_place_is_named_alike_when_it_was_read_and_when_it_is_recalled(void **state)
{
    ie_photo *photo = *state;
    ie_photo_own_metadata(photo)->latitude =
        -15.895724999999998; /* of degrees, minutes and seconds; the catalog keeps 7 decimals */
    ie_photo_own_metadata(photo)->longitude = 15.8957250;
    assert_name(photo, "{lat}", "-15.89573");
    assert_name(photo, "{lon}", "15.89573");
}

static void values_are_padded_and_change_case(void **state)
{
    const ie_photo *photo = *state;
    assert_name(photo, "{iso:06}_{camera:lower}_{make:upper}", "000400_eos r5_CANON");
    assert_name(photo, "{exposure.iso:05}", "00400");
}

static void a_day_may_begin_at_four(void **state)
{
    ie_photo *photo = *state;
    ie_template *pattern = NULL;
    ie_numbering numbering;
    assert_true(ie_datetime_parse("2024-03-01T03:59:59", &ie_photo_own_metadata(photo)->captured));
    assert_int_equal(ie_template_parse("{date:%F}/{date:%F_%H%M}", NULL, &pattern, NULL), IE_OK);
    ie_template_day_begins(pattern, 4 * 60);
    IE_AUTO_FREE char *night = ie_template_expand(pattern, photo, 1, &numbering);
    assert_string_equal(night, "2024-02-29/2024-03-01_0359"); /* the time itself is not moved */
    assert_true(ie_datetime_parse("2024-03-01T04:00:00", &ie_photo_own_metadata(photo)->captured));
    IE_AUTO_FREE char *morning = ie_template_expand(pattern, photo, 1, &numbering);
    assert_string_equal(morning, "2024-03-01/2024-03-01_0400");
    ie_template_free(pattern);
}

static void conditions_choose_what_stands_in_a_name(void **state)
{
    static const char *const rows[][2] = {
        {"{if rating>=4}best{else}rest{end}", "best"},
        {"{if rating > 4}best{else}rest{end}/{name}", "rest/IMG_0042"},
        {"a{if location.state}_{location.state}{end}b", "ab"},
        {"a{if city}_{city}{end}b", "a_Oslob"},
        {"{if city=oslo}x{end}{if city!=Oslo}y{end}{if location.state!=\"\"}z{end}", "xz"},
        {"{if make = \"canon\"}{if iso<800}low{else}high{end}{else}other{end}", "low"},
        {"{if exposure.f_number <= 2.8}wide{end}", "wide"},
        {"{if date:%Y>=2023}new{else}old{end}", "new"},
        {"{if title<A}a{else}b{end}", "b"},
        {"{if title==harbour at dawn}{{if}}{end}", "{if}"},
        {"{if title!=\"a=b|c\"}x{end}", "x"},
        {"{if rating!=\"\"}x{end}", "x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_name(*state, rows[i][0], rows[i][1]);
    }
    assert_refused("a{if city}b",
                   "Position 2 of the template \"a{if city}b\": this {if} has no {end}.");
    assert_refused(
        "a{end}b",
        "Position 2 of the template \"a{end}b\": there is no {if} that this belongs to.");
    assert_refused(
        "{if city}a{else}b{else}c{end}",
        "Position 18 of the template \"{if city}a{else}b{else}c{end}\": there is no {if} that this "
        "belongs to.");
    assert_refused("{if citty}a{end}",
                   "Position 5 of the template \"{if citty}a{end}\": there is no field "
                   "\"citty\"; the nearest is \"city\".");
    assert_refused("{if city ~ x}a{end}", "Position 10 of the template \"{if city ~ x}a{end}\": "
                                          "here } was expected, or one of = != < <= > "
                                          ">= and a value.");
    assert_refused(
        "{if city>1",
        "Position 1 of the template \"{if city>1\": this brace is never closed; write {{ for "
        "a brace itself.");
    ie_buffer deep = {0};
    for (int i = 0; i < 17; i++) {
        ie_buffer_text(&deep, "{if iso}");
    }
    ie_template *pattern = NULL;
    ie_error err = {0};
    assert_int_equal(ie_template_parse(deep.data, NULL, &pattern, &err), IE_ERR_USAGE);
    assert_non_null(strstr(err.text, "at most 16 deep"));
    ie_buffer_free(&deep);
}

static void slips_in_a_choice_are_named(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{if rating>>3}x{end}", "an {if} compares once"},
        {"{if rating>=4 and iso>3}x{end}", "an {if} compares once"},
        {"{if rating>=4|iso}x{end}", "an {if} compares once"},
        {"{if rating>= }x{end}", "a value to compare with is missing; the empty text is \"\"."},
        {"{if rating>=four}x{end}", "rating is a number, and \"four\" is none."},
        {"{if rating>=4 and city}x{end}", "rating is a number"},
        {"{if seq=first}x{end}", "seq is a number"},
        {"{if rating>3}x{els}y{end}", "\"els\"; a choice is written {if FIELD}…{else}…{end}"},
        {"{if rating>3}x{endif}", "a choice is written"},
        {"{IF rating>3}x{END}", "\"IF rating>3\"; a choice is written"},
        {"{if rating>3}x{else if iso}y{end}", "{else} and {end} take nothing else"},
        {"{if rating>3}x{end",
         "Position 15 of the template \"{if rating>3}x{end\": this brace is never closed"},
        {"{if rating>3", "Position 1 of the template \"{if rating>3\": this brace is never closed"},
        {"{if city=\"a>b\"", "this brace is never closed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ie_template *pattern = NULL;
        ie_error err = {0};
        assert_int_equal(ie_template_parse(rows[i][0], NULL, &pattern, &err), IE_ERR_USAGE);
        if (strstr(err.text, rows[i][1]) == NULL) {
            fail_msg("%s", err.text);
        }
    }
}

static void the_nearest_name_may_be_a_key_of_the_record(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"keyword", "keywords"},   {"exposure.fnumber", "exposure.f_number"}, {"extension", "ext"},
        {"datetime", "date"},      {"Camera", "camera"},                      {"hight", "height"},
        {"camera.seriel", "camera.serial"}, {"zzzzz", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        IE_AUTO_FREE char *near = ie_field_nearest(rows[i][0]);
        if (rows[i][1] == NULL) {
            assert_null(near);
        } else {
            assert_non_null(near);
            assert_string_equal(near, rows[i][1]);
        }
    }
}

static void numbers_say_what_they_count(void **state)
{
    static const struct {
        const char *text;
        ie_numbering numbering;
    } rows[] = {
        {"{name}", IE_NUMBER_NONE},
        {"{seq}", IE_NUMBER_SEQ},
        {"{burst_index|counter}", IE_NUMBER_BURST},
        {"{title|seq}", IE_NUMBER_NONE},
        {"{if city}x{else}{seq}{end}", IE_NUMBER_NONE},
        {"{if seq>3}x{end}", IE_NUMBER_NONE},
        {"{counter}_{counter:04}", IE_NUMBER_COUNTER},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ie_template *pattern = NULL;
        ie_numbering numbering;
        assert_int_equal(ie_template_parse(rows[i].text, NULL, &pattern, NULL), IE_OK);
        IE_AUTO_FREE char *name = ie_template_expand(pattern, *state, 1, &numbering);
        assert_int_equal(numbering, rows[i].numbering);
        ie_template_free(pattern);
    }
    assert_refused(
        "{seq}_{counter}",
        "Position 8 of the template \"{seq}_{counter}\": a name counts one thing only; "
        "{burst_index|counter} counts bursts and, for other photos, the files of a folder.");
    assert_refused(
        "{counter}/{name}",
        "Position 10 of the template \"{counter}/{name}\": {counter} counts the files of "
        "a folder and cannot name the folder itself.");
}

static void custom_fields_are_templates_with_a_name(void **state)
{
    ie_photo *photo = *state;
    ie_config_list custom =
        ie_config_list_parse("place={country}/{city},deep={custom.place},n={seq}");
    ie_template *pattern = NULL;
    ie_numbering numbering;
    ie_error err = {0};
    assert_int_equal(ie_template_parse("{custom.place:upper}/{name}", &custom, &pattern, &err),
                     IE_OK);
    IE_AUTO_FREE char *name = ie_template_expand(pattern, photo, 1, &numbering);
    assert_string_equal(name, "NORWAY/OSLO/IMG_0042");
    ie_template_free(pattern);
    ie_photo_own_metadata(photo)->city =
        NULL; /* a part without a value: the whole field has none */
    assert_int_equal(ie_template_parse("{custom.place|\"nowhere\"}", &custom, &pattern, &err),
                     IE_OK);
    IE_AUTO_FREE char *nowhere = ie_template_expand(pattern, photo, 1, &numbering);
    assert_string_equal(nowhere, "nowhere");
    ie_template_free(pattern);
    static const char *const wrong[][2] = {
        {"{custom.deep}", "cannot be made of custom fields"},
        {"{custom.n}", "a custom field cannot count"},
        {"{custom.plaice}", "rename.fields defines no \"plaice\""},
    };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(ie_template_parse(wrong[i][0], &custom, &pattern, &err), IE_ERR_USAGE);
        assert_non_null(strstr(err.text, wrong[i][1]));
    }
    ie_config_list_free(&custom);
    assert_int_equal(ie_template_check_custom("a={name}", &err), IE_OK);
    assert_int_equal(ie_template_check_custom("a b={name}", &err), IE_ERR_USAGE);
    assert_int_equal(ie_template_check_custom("={name}", &err), IE_ERR_USAGE);
    assert_int_equal(ie_template_check_custom("a={nme}", &err), IE_ERR_USAGE);
}

static void lists_of_the_record_are_named_by_number_or_joined(void **state)
{
    ie_photo *photo = *state;
    ie_text_list_add(&ie_photo_own_metadata(photo)->keywords, photo->arena, "boat");
    ie_text_list_add(&ie_photo_own_metadata(photo)->keywords, photo->arena, "sea/side");
    assert_name(photo, "{keywords}-{keywords.1}-{keywords.2|\"none\"}",
                "boat, sea_side-sea_side-none");
    assert_name(photo, "{software|\"none\"}{size}", "none0");
    assert_refused(
        "{exposure}",
        "Position 2 of the template \"{exposure}\": there is no field \"exposure\"; there are "
        "date, camera, make, model, lens, name, ext, folder, format, width, height, iso, rating, "
        "hash, "
        "title, city, country, label, creator, seq, counter, burst, burst_index, original, lat, "
        "lon.");
}

static void a_template_says_what_it_needs(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned needs;
        bool bytes;
    } rows[] = {
        {"{date:%Y}/{name}", 0, false},
        {"{title|hash}", IE_HAVE_XXH3, true},
        {"{if hash.xxh3}x{end}", IE_HAVE_XXH3, true},
        {"{content.phash}", IE_HAVE_HASHES | IE_HAVE_QUALITY, false},
        {"{content.colors.0.hex}", IE_HAVE_COLORS, false},
        {"{vision.scenes.0.label}", IE_HAVE_SCENES | IE_HAVE_OBJECTS, false},
        {"{size}", 0, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ie_template *pattern = NULL;
        assert_int_equal(ie_template_parse(rows[i].text, NULL, &pattern, NULL), IE_OK);
        assert_int_equal(ie_template_needs(pattern), rows[i].needs);
        assert_int_equal(ie_template_shows_bytes(pattern), rows[i].bytes);
        ie_template_free(pattern);
    }
}

static void names_are_composed(void **state)
{
    ie_photo *photo = *state;
    ie_photo_own_metadata(photo)->title = "Cafe\xcc\x81 A\xcc\x8a";
    assert_name(photo, "{title}", "Caf\xc3\xa9 \xc3\x85");
    IE_AUTO_FREE char *a = ie_unicode_folded("/p/CAFE\xcc\x81"),
                      *b = ie_unicode_folded("/p/caf\xc3\xa9");
    assert_string_equal(a, b);
    IE_AUTO_FREE char *odd = ie_unicode_folded("A\xff"), *same = ie_unicode_nfc("e\xcc\x81\xff");
    assert_string_equal(odd, "a\xff");
    assert_string_equal(same, "e\xcc\x81\xff");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_field_gives_what_its_example_says),
        TEST(every_field_without_a_value_is_unknown),
        TEST(every_letter_of_a_date_is_known),
        TEST(dates_count_days_and_hours_as_people_do),
        TEST(a_slash_in_the_template_makes_folders_and_in_a_value_never),
        TEST(fall_backs_are_taken_in_their_order),
        TEST(the_maker_is_not_said_twice),
        TEST(doubled_braces_stand_for_themselves),
        TEST(mistakes_are_shown_with_their_place),
        TEST(names_are_safe_everywhere),
        TEST(long_parts_are_cut_at_whole_characters),
        TEST(names_that_are_not_utf8_become_readable),
        TEST(any_key_of_the_record_is_a_field),
        TEST(a_part_of_dots_and_blanks_is_refused),
        TEST(the_original_name_is_the_one_that_was_kept),
        TEST(a_place_is_named_alike_when_it_was_read_and_when_it_is_recalled),
        TEST(values_are_padded_and_change_case),
        TEST(a_day_may_begin_at_four),
        TEST(conditions_choose_what_stands_in_a_name),
        TEST(slips_in_a_choice_are_named),
        TEST(the_nearest_name_may_be_a_key_of_the_record),
        TEST(numbers_say_what_they_count),
        TEST(custom_fields_are_templates_with_a_name),
        TEST(lists_of_the_record_are_named_by_number_or_joined),
        TEST(a_template_says_what_it_needs),
        TEST(names_are_composed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
