// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/template_fields.h"

#include <math.h>
#include <string.h>

#include "core/metadata_fields.h"
#include "core/record.h"
#include "utils/memory.h"

/* ---- texts ---- */

/* Without the spaces around it, which cameras pad their names with. */
static void add_text(ie_buffer *out, const char *text)
{
    if (text == NULL) {
        return;
    }
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL) {
        length--;
    }
    ie_buffer_add(out, text, length);
}

static bool starts_with_nocase(const char *text, const char *word, size_t length)
{
    IE_AUTO_FREE char *start = ie_strndup(text, length);
    IE_AUTO_FREE char *whole = ie_strndup(word, length);
    return strlen(start) == length && ie_equal_nocase(start, whole);
}

/* "Canon", "Canon EOS R5" → "EOS R5"; "NIKON CORPORATION", "NIKON D850" → "D850". */
static void camera(const ie_photo *photo, const char *format, ie_buffer *out)
{
    const char *make_name = photo->metadata->make, *text = photo->metadata->model;
    if (text == NULL) {
        return;
    }
    text += strspn(text, " ");
    if (make_name != NULL) {
        make_name += strspn(make_name, " ");
        size_t lengths[] = {strlen(make_name), strcspn(make_name, " ")};
        for (size_t i = 0; i < 2; i++) {
            size_t length = lengths[i];
            const char *rest = text + length;
            if (length > 0 && starts_with_nocase(text, make_name, length) && *rest == ' ' &&
                rest[strspn(rest, " ")] != 0) {
                text = rest;
                break;
            }
        }
    }
    add_text(out, text);
}

static void make(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata->make);
}

static void model(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata->model);
}

static void lens(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata->lens);
}

static void city(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata->city);
}

static void country(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata->country);
}

static void label(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata->label);
}

static void creator(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata->creator);
}

static void burst(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata->burst_id);
}

/* The name before any renaming, where a program kept it. */
static void original(const ie_photo *photo, const char *format, ie_buffer *out)
{
    const char *text = photo->metadata->original_name;
    const char *base = ie_path_base(text != NULL ? text : photo->path),
               *extension = ie_path_extension(base);
    ie_buffer_add(out, base, extension[0] != 0 ? (size_t)(extension - base) - 1 : strlen(base));
}

static void title(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata->title);
}

static void name(const ie_photo *photo, const char *format, ie_buffer *out)
{
    const char *base = ie_path_base(photo->path), *extension = ie_path_extension(photo->path);
    ie_buffer_add(out, base, extension[0] != 0 ? (size_t)(extension - base) - 1 : strlen(base));
}

static void folder(const ie_photo *photo, const char *format, ie_buffer *out)
{
    IE_AUTO_FREE char *directory =
        ie_path_directory(photo->real_path != NULL ? photo->real_path : photo->path);
    add_text(out, ie_path_base(directory));
}

static void ext(const ie_photo *photo, const char *format, ie_buffer *out)
{
    ie_buffer_text(out, ie_path_extension(photo->path));
}

static void format_name(const ie_photo *photo, const char *format, ie_buffer *out)
{
    if (photo->format != IE_FORMAT_UNKNOWN) {
        ie_buffer_text(out, ie_format_name(photo->format));
    }
}

/* ---- numbers ---- */

static void width(const ie_photo *photo, const char *format, ie_buffer *out)
{
    if (photo->width > 0) {
        ie_buffer_printf(out, "%u", photo->width);
    }
}

static void height(const ie_photo *photo, const char *format, ie_buffer *out)
{
    if (photo->height > 0) {
        ie_buffer_printf(out, "%u", photo->height);
    }
}

static void iso(const ie_photo *photo, const char *format, ie_buffer *out)
{
    if (photo->metadata->iso > 0) {
        ie_buffer_printf(out, "%d", photo->metadata->iso);
    }
}

static void rating(const ie_photo *photo, const char *format, ie_buffer *out)
{
    if (photo->metadata->rating != IE_ABSENT) {
        ie_buffer_printf(out, "%d", photo->metadata->rating);
    }
}

static void hash(const ie_photo *photo, const char *format, ie_buffer *out)
{
    if (photo->have & IE_HAVE_XXH3) {
        char hex[33];
        ie_hash128_hex(photo->xxh3, hex);
        ie_buffer_add(out, hex, 8);
    }
}

/* Five decimals are about a metre. Made of whole numbers, so that no locale puts a comma in, and of
   the seven decimals that the catalog keeps, so that a half is rounded alike before and after. */
static void add_degrees(double value, ie_buffer *out)
{
    if (isfinite(value) && fabs(value) <= 360) {
        long units = lround(round(fabs(value) * 1e7) / 100);
        ie_buffer_printf(out, "%s%ld.%05ld", value < 0 && units > 0 ? "-" : "", units / 100000,
                         units % 100000);
    }
}

static void lat(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_degrees(photo->metadata->latitude, out);
}

static void lon(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_degrees(photo->metadata->longitude, out);
}

/* ---- any key of the record ---- */

/* The key's value, or the list's item of that number, from 0. */
static const json_t *child(const json_t *value, const char *key)
{
    int64_t index;
    if (json_is_array(value)) {
        return ie_parse_int(key, 0, 1000000, &index) ? json_array_get(value, (size_t)index) : NULL;
    }
    return json_object_get(value, key);
}

static void add_json(const json_t *value, ie_buffer *out)
{
    if (json_is_string(value)) {
        add_text(out, json_string_value(value));
    } else if (json_is_integer(value)) {
        ie_buffer_printf(out, "%lld", (long long)json_integer_value(value));
    } else if (json_is_boolean(value)) {
        ie_buffer_text(out, json_is_true(value) ? "true" : "false");
    } else if (json_is_real(value)) {
        IE_AUTO_FREE char *number = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
        ie_buffer_text(out, number != NULL ? number : "");
    }
}

/* Of a list all texts, with commas. */
static void dotted(const ie_photo *photo, const char *path, ie_buffer *out)
{
    IE_AUTO_JSON json_t *record = ie_record_json(photo);
    const json_t *roots[] = {record, json_object_get(record, "metadata")};
    for (size_t i = 0; i < 2; i++) {
        const json_t *value = roots[i];
        for (const char *p = path; value != NULL && *p != 0;) {
            IE_AUTO_FREE char *key = ie_strndup(p, strcspn(p, "."));
            p += strlen(key) + (p[strlen(key)] == '.');
            value = child(value, key);
        }
        for (size_t k = 0; k < json_array_size(value); k++) {
            if (k > 0) {
                ie_buffer_text(out, ", ");
            }
            add_json(json_array_get(value, k), out);
        }
        add_json(value, out);
        if (value != NULL) {
            return;
        }
    }
}

static const ie_field dotted_field = {"a.b",  "any key of the record", "", false,
                                      dotted, IE_NUMBER_NONE};

static bool is_record_key(const char *path)
{
    static const char *const groups[] = {"hash.", "content.", "vision.", "metadata.", "captured."};
    static const char *const keys[] = {"size", "mtime", "orientation", "bits"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        if (ie_starts_with(path, groups[i]) && path[strlen(groups[i])] != 0) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(path, keys[i]) == 0) {
            return true;
        }
    }
    static const char *const parts[] = {"exposure", "gps", "location"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strcmp(path, parts[i]) == 0) {
            return false;
        }
    }
    IE_AUTO_FREE char *list = ie_strndup(path, strcspn(path, ".")); /* "keywords.0" */
    return ie_metadata_fields_named(path) != 0 || strcmp(path, "regions") == 0 ||
           (path[strlen(list)] == '.' &&
            (strcmp(list, "regions") == 0 || ie_metadata_fields_named(list) != 0) &&
            strspn(path + strlen(list) + 1, "0123456789") > 0);
}

bool ie_field_is_dotted(const ie_field *field)
{
    return field == &dotted_field;
}

unsigned ie_field_needs(const ie_field *field, const char *format)
{
    if (field->value == hash || (field == &dotted_field && ie_starts_with(format, "hash."))) {
        return IE_HAVE_XXH3;
    }
    if (field != &dotted_field) {
        return 0;
    }
    return ie_starts_with(format, "content.colors") ? IE_HAVE_COLORS
           : ie_starts_with(format, "content.")     ? IE_HAVE_HASHES | IE_HAVE_QUALITY
           : ie_starts_with(format, "vision.")      ? IE_HAVE_SCENES | IE_HAVE_OBJECTS
                                                    : 0;
}

bool ie_field_shows_bytes(const ie_field *field, const char *format)
{
    static const char *const keys[] = {"hash.xxh3", "hash.sha256", "size", "mtime"};
    for (size_t i = 0; field == &dotted_field && i < sizeof keys / sizeof *keys; i++) {
        if (strcmp(format, keys[i]) == 0) {
            return true;
        }
    }
    return field->value == hash;
}

bool ie_field_shows_name(const ie_field *field, const char *format)
{
    (void)format;
    return field->value == name || field->value == original || field->value == folder;
}

/* ---- modifiers ---- */

bool ie_modifier_valid(const char *modifier)
{
    size_t digits = strspn(modifier, "0123456789");
    bool width = modifier[0] == '0' && digits >= 2 && digits <= 3 && modifier[digits] == 0;
    return width || strcmp(modifier, "upper") == 0 || strcmp(modifier, "lower") == 0;
}

/* ASCII letters only: which other letters have two cases depends on the language. */
void ie_modifier_apply(const char *modifier, size_t start, ie_buffer *out)
{
    if (modifier[0] == '0') {
        int64_t width = 0;
        ie_parse_int(modifier + 1, 0, 99, &width);
        IE_AUTO_FREE char *value = ie_strndup(out->data + start, out->size - start);
        size_t length = strlen(value);
        out->size = start;
        for (size_t i = length; i < (size_t)width && length > 0; i++) {
            ie_buffer_char(out, '0');
        }
        ie_buffer_text(out, value);
        return;
    }
    bool upper = modifier[0] == 'u';
    for (size_t i = start; i < out->size; i++) {
        char c = out->data[i];
        if (upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z') {
            out->data[i] = (char)(c ^ 32);
        }
    }
}

/* ---- the table ---- */

#define COUNTS(name, help, example, numbering) {name, help, example, false, NULL, numbering}
#define FIELD(name, help, example, value) {name, help, example, false, value, IE_NUMBER_NONE}

static const ie_field custom_field = FIELD("custom.NAME", "what rename.fields defines", "", NULL);

static const ie_field fields[] = {
    {"date",
     "when it was taken, by the camera's clock; parts as in strftime: %Y %m %d %H %M %S %f %y %j "
     "%B %b %A %a %I %p %F %T",
     "{date:%Y-%m-%d_%H%M%S} → 2023-07-14_091233", true, ie_date_add, IE_NUMBER_NONE},
    FIELD("camera", "camera model without its maker's name", "{camera} → EOS R5", camera),
    FIELD("make", "maker of the camera", "{make} → Canon", make),
    FIELD("model", "camera model as the camera writes it", "{model} → Canon EOS R5", model),
    FIELD("lens", "lens", "{lens} → RF24-105mm F4 L IS USM", lens),
    FIELD("name", "the file's name until now, without extension", "{name} → IMG_0042", name),
    FIELD("ext",
          "the file's extension until now; the template then says where the extension stands",
          "{name}.{ext} → IMG_0042.CR3", ext),
    FIELD("folder", "the folder that it lies in until now, without those above",
          "{folder}_{name} → Oslo 2023_IMG_0042", folder),
    FIELD("format", "format, told by content", "{format} → cr3", format_name),
    FIELD("width", "width in pixels", "{width} → 8192", width),
    FIELD("height", "height in pixels", "{height} → 5464", height),
    FIELD("iso", "sensitivity", "ISO{iso} → ISO400", iso),
    FIELD("rating", "stars, 0 to 5, and -1 for rejected", "{rating} → 4", rating),
    FIELD("hash", "first 8 digits of the content's hash (XXH3)", "{hash} → 0123abcd", hash),
    FIELD("title", "title", "{title|name} → Harbour at dawn", title),
    FIELD("city", "city, where the photo names one", "{city} → Oslo", city),
    FIELD("country", "country, where the photo names one", "{country} → Norway", country),
    FIELD("label", "colour label", "{label} → Red", label),
    FIELD("creator", "who took it", "{creator} → Ann", creator),
    COUNTS("seq", "number among all photos of the run, by their dates, from 1", "{seq:04} → 0007",
           IE_NUMBER_SEQ),
    COUNTS("counter", "number within the new folder, by their dates, from 1",
           "{date:%Y}/{counter:03} → 2023/007", IE_NUMBER_COUNTER),
    FIELD("burst", "identifier of the burst it belongs to", "{burst|name} → 5F1C2B", burst),
    COUNTS("burst_index", "number within its burst, from 1; photos of no burst have none",
           "{burst|name}_{burst_index|\"0\"} → 5F1C2B_7", IE_NUMBER_BURST),
    FIELD("original", "the name before it was renamed, where it was kept, without extension",
          "{original} → IMG_0042", original),
    FIELD("lat", "latitude in degrees, south is negative", "{lat} → 59.91273", lat),
    FIELD("lon", "longitude in degrees, west is negative", "{lon} → -10.74609", lon),
};

enum { FIELDS = sizeof fields / sizeof *fields };

/* What else may stand in braces, for help: a test expands these examples, too. */
static const ie_field forms[] = {
    FIELD("date:%H%M%S.%f", "sub-seconds, as many digits as the photo has",
          "{date:%H%M%S.%f} → 091233.120", NULL),
    FIELD("exposure.f_number", "any key of the record by its dotted path",
          "f{exposure.f_number} → f2.8", NULL),
    FIELD("custom.NAME", "what rename.fields defines, here NAME={country}/{city}",
          "{custom.NAME}/{name} → Norway/Oslo/IMG_0042", NULL),
    FIELD("camera|make|\"unknown\"", "the first that has a value; a text always has one",
          "{location.state|city|\"unknown\"} → Oslo", NULL),
    FIELD("camera:lower", "in small letters; upper: in capitals",
          "{camera:lower}_{make:upper} → eos r5_CANON", NULL),
    FIELD("iso:05", "padded with zeros to that width", "{iso:05} → 00400", NULL),
    FIELD("if rating>=4", "a choice by = != < <= > >=, or by whether there is a value",
          "{if rating>=4}best{else}rest{end}{if city}_{city}{end} → best_Oslo", NULL),
};

const ie_field *ie_form_at(size_t index)
{
    return index < sizeof forms / sizeof *forms ? &forms[index] : NULL;
}

const ie_field *ie_field_at(size_t index)
{
    return index < FIELDS ? &fields[index] : NULL;
}

const ie_field *ie_field_find(const char *wanted)
{
    for (size_t i = 0; i < FIELDS; i++) {
        if (strcmp(fields[i].name, wanted) == 0) {
            return &fields[i];
        }
    }
    if (ie_starts_with(wanted, IE_CUSTOM_PREFIX) && wanted[strlen(IE_CUSTOM_PREFIX)] != 0) {
        return &custom_field;
    }
    return is_record_key(wanted) ? &dotted_field : NULL;
}

const ie_field *ie_field_custom(void)
{
    return &custom_field;
}

bool ie_field_is_number(const ie_field *field)
{
    return field->numbering != IE_NUMBER_NONE || field->value == width || field->value == height ||
           field->value == iso || field->value == rating || field->value == lat ||
           field->value == lon;
}

/* The field whose name `wanted` begins with: "extension" is ext. */
static const char *beginning_of(const char *wanted)
{
    const char *longest = NULL;
    for (size_t i = 0; i < FIELDS; i++) {
        size_t length = strlen(fields[i].name);
        if (length >= 3 && ie_starts_with(wanted, fields[i].name) &&
            (longest == NULL || length > strlen(longest))) {
            longest = fields[i].name;
        }
    }
    return longest;
}

char *ie_field_nearest(const char *wanted)
{
    IE_AUTO_FREE char *start = ie_strndup(wanted, 40); /* edit distance is quadratic */
    size_t least = 3; /* more than two slips are another word */
    char *nearest = NULL;
    for (size_t i = 0; i < FIELDS || ie_metadata_field_at(i - FIELDS) != NULL; i++) {
        const ie_metadata_field *key = i < FIELDS ? NULL : ie_metadata_field_at(i - FIELDS);
        char *name = key == NULL          ? ie_strdup(fields[i].name)
                     : key->group != NULL ? ie_asprintf("%s.%s", key->group, key->key)
                                          : ie_strdup(key->key);
        size_t distance = ie_edit_distance(start, name);
        if (distance < least) {
            least = distance;
            free(nearest);
            nearest = name;
        } else {
            free(name);
        }
    }
    const char *beginning = nearest == NULL ? beginning_of(start) : NULL;
    return beginning != NULL ? ie_strdup(beginning) : nearest;
}

void ie_field_names(ie_buffer *out)
{
    for (size_t i = 0; i < FIELDS; i++) {
        ie_buffer_printf(out, "%s%s", i > 0 ? ", " : "", fields[i].name);
    }
}
