// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/template_fields.h"

#include <math.h>
#include <string.h>

#include "core/metadata_fields.h"
#include "core/record.h"
#include "utils/memory.h"

/* ---- dates ---- */

const char ie_date_format_letters[] = "YmdHMSyjBbAaIpFTf%";

const char *ie_date_format_fault(const char *format)
{
    for (const char *p = strchr(format, '%'); p != NULL; p = strchr(p + 2, '%')) {
        if (p[1] == 0 || strchr(ie_date_format_letters, p[1]) == NULL) {
            return p;
        }
    }
    return NULL;
}

/* In English whatever the locale: a name must not depend on who makes it. */
static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};

static int64_t day_number(const ie_datetime *t)
{
    ie_datetime midnight = {.year = t->year, .month = t->month, .day = t->day};
    return ie_datetime_order(&midnight) / 86400;
}

static int day_of_year(const ie_datetime *t)
{
    ie_datetime first = {.year = t->year, .month = 1, .day = 1};
    return (int)(day_number(t) - day_number(&first)) + 1;
}

static const char *weekday(const ie_datetime *t)
{
    int64_t day = (day_number(t) + 4) % 7; /* 1970-01-01 was a Thursday */
    return weekdays[day < 0 ? day + 7 : day];
}

static void add_subseconds(const ie_datetime *t, ie_buffer *out)
{
    char digits[16];
    snprintf(digits, sizeof digits, "%09u", t->nanosecond);
    ie_buffer_add(out, digits, t->subsec_digits);
}

static void add_name(ie_buffer *out, const char *name, bool full)
{
    ie_buffer_add(out, name, full ? strlen(name) : 3);
}

static void add_date_part(const ie_datetime *t, char letter, ie_buffer *out)
{
    switch (letter) {
    case 'Y':
        ie_buffer_printf(out, "%04d", t->year);
        break;
    case 'y':
        ie_buffer_printf(out, "%02d", t->year % 100);
        break;
    case 'm':
        ie_buffer_printf(out, "%02u", t->month);
        break;
    case 'd':
        ie_buffer_printf(out, "%02u", t->day);
        break;
    case 'H':
        ie_buffer_printf(out, "%02u", t->hour);
        break;
    case 'M':
        ie_buffer_printf(out, "%02u", t->minute);
        break;
    case 'S':
        ie_buffer_printf(out, "%02u", t->second);
        break;
    case 'I':
        ie_buffer_printf(out, "%02u", (t->hour + 11u) % 12 + 1);
        break;
    case 'p':
        ie_buffer_text(out, t->hour < 12 ? "AM" : "PM");
        break;
    case 'j':
        ie_buffer_printf(out, "%03d", day_of_year(t));
        break;
    case 'B':
    case 'b':
        add_name(out, months[t->month - 1], letter == 'B');
        break;
    case 'A':
    case 'a':
        add_name(out, weekday(t), letter == 'A');
        break;
    case 'F':
        ie_buffer_printf(out, "%04d-%02u-%02u", t->year, t->month, t->day);
        break;
    case 'T':
        ie_buffer_printf(out, "%02u:%02u:%02u", t->hour, t->minute, t->second);
        break;
    case 'f':
        add_subseconds(t, out);
        break;
    default:
        ie_buffer_char(out, '%');
        break;
    }
}

static void date(const ie_photo *photo, const char *format, ie_buffer *out)
{
    const ie_datetime *t = &photo->metadata.captured;
    if (t->year == 0 || !ie_datetime_valid(t)) {
        return;
    }
    for (const char *p = format != NULL ? format : "%F"; *p != 0; p++) {
        if (*p == '%' && p[1] != 0) {
            add_date_part(t, *++p, out);
        } else {
            ie_buffer_char(out, *p);
        }
    }
}

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
    const char *make_name = photo->metadata.make, *text = photo->metadata.model;
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
    add_text(out, photo->metadata.make);
}

static void model(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata.model);
}

static void lens(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata.lens);
}

static void city(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata.city);
}

static void country(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata.country);
}

static void label(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata.label);
}

static void creator(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata.creator);
}

static void burst(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata.burst_id);
}

/* The name before any renaming, where a program kept it. */
static void original(const ie_photo *photo, const char *format, ie_buffer *out)
{
    const char *text = photo->metadata.original_name;
    const char *base = ie_path_base(text != NULL ? text : photo->path),
               *extension = ie_path_extension(base);
    ie_buffer_add(out, base, extension[0] != 0 ? (size_t)(extension - base) - 1 : strlen(base));
}

static void title(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_text(out, photo->metadata.title);
}

static void name(const ie_photo *photo, const char *format, ie_buffer *out)
{
    const char *base = ie_path_base(photo->path), *extension = ie_path_extension(photo->path);
    ie_buffer_add(out, base, extension[0] != 0 ? (size_t)(extension - base) - 1 : strlen(base));
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
    if (photo->metadata.iso > 0) {
        ie_buffer_printf(out, "%d", photo->metadata.iso);
    }
}

static void rating(const ie_photo *photo, const char *format, ie_buffer *out)
{
    if (photo->metadata.rating != IE_ABSENT) {
        ie_buffer_printf(out, "%d", photo->metadata.rating);
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

/* Five decimals are about a metre. Made of whole numbers, so that no locale puts a comma in. */
static void add_degrees(double value, ie_buffer *out)
{
    if (isfinite(value) && fabs(value) <= 360) {
        long units = lround(fabs(value) * 1e5);
        ie_buffer_printf(out, "%s%ld.%05ld", value < 0 && units > 0 ? "-" : "", units / 100000,
                         units % 100000);
    }
}

static void lat(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_degrees(photo->metadata.latitude, out);
}

static void lon(const ie_photo *photo, const char *format, ie_buffer *out)
{
    add_degrees(photo->metadata.longitude, out);
}

/* ---- any key of the record ---- */

static void dotted(const ie_photo *photo, const char *path, ie_buffer *out)
{
    IE_AUTO_JSON json_t *record = ie_record_json(photo);
    const json_t *roots[] = {record, json_object_get(record, "metadata")};
    for (size_t i = 0; i < 2; i++) {
        const json_t *value = roots[i];
        for (const char *p = path; value != NULL && *p != 0;) {
            IE_AUTO_FREE char *key = ie_strndup(p, strcspn(p, "."));
            p += strlen(key) + (p[strlen(key)] == '.');
            value = json_object_get(value, key);
        }
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
        if (value != NULL) {
            return;
        }
    }
}

static const ie_field dotted_field = {"a.b", "any key of the record", "", false, dotted};

const ie_field *ie_field_dotted(const char *path)
{
    static const char *const groups[] = {"hash.", "content.", "metadata.", "captured.", NULL};
    for (size_t i = 0; groups[i] != NULL; i++) {
        if (ie_starts_with(path, groups[i]) && path[strlen(groups[i])] != 0) {
            return &dotted_field;
        }
    }
    return ie_metadata_fields_named(path) != 0 && strchr(path, '.') != NULL ? &dotted_field : NULL;
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

bool ie_date_format_has_clock(const char *format)
{
    for (const char *p = format != NULL ? strchr(format, '%') : NULL; p != NULL && p[1] != 0;
         p = strchr(p + 2, '%')) {
        if (strchr("HMSIpTf", p[1]) != NULL) {
            return true;
        }
    }
    return false;
}

/* ---- the table ---- */

static const ie_field fields[] = {
    {"date",
     "when it was taken, by the camera's clock; parts as in strftime: %Y %m %d %H %M %S %f %y %j "
     "%B %b %A %a %I %p %F %T",
     "{date:%Y-%m-%d_%H%M%S} → 2023-07-14_091233", true, date},
    {"camera", "camera model without its maker's name", "{camera} → EOS R5", false, camera},
    {"make", "maker of the camera", "{make} → Canon", false, make},
    {"model", "camera model as the camera writes it", "{model} → Canon EOS R5", false, model},
    {"lens", "lens", "{lens} → RF24-105mm F4 L IS USM", false, lens},
    {"name", "the file's name until now, without extension", "{name} → IMG_0042", false, name},
    {"ext", "the file's extension until now; the template then says where the extension stands",
     "{name}.{ext} → IMG_0042.CR3", false, ext},
    {"format", "format, told by content", "{format} → cr3", false, format_name},
    {"width", "width in pixels", "{width} → 8192", false, width},
    {"height", "height in pixels", "{height} → 5464", false, height},
    {"iso", "sensitivity", "ISO{iso} → ISO400", false, iso},
    {"rating", "stars, 0 to 5, and -1 for rejected", "{rating} → 4", false, rating},
    {"hash", "first 8 digits of the content's hash (XXH3), where it is known", "{hash} → 0123abcd",
     false, hash},
    {"title", "title", "{title|name} → Harbour at dawn", false, title},
    {"city", "city, where the photo names one", "{city} → Oslo", false, city},
    {"country", "country, where the photo names one", "{country} → Norway", false, country},
    {"label", "colour label", "{label} → Red", false, label},
    {"creator", "who took it", "{creator} → Ann", false, creator},
    {"burst", "identifier of the burst it belongs to", "{burst|name} → 5F1C2B", false, burst},
    {"original", "the name before it was renamed, where it was kept, without extension",
     "{original} → IMG_0042", false, original},
    {"lat", "latitude in degrees, south is negative", "{lat} → 59.91273", false, lat},
    {"lon", "longitude in degrees, west is negative", "{lon} → -10.74609", false, lon},
};

enum { FIELDS = sizeof fields / sizeof *fields };

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
    return NULL;
}

const char *ie_field_nearest(const char *wanted)
{
    IE_AUTO_FREE char *start = ie_strndup(wanted, 40); /* edit distance is quadratic */
    size_t least = SIZE_MAX;
    const char *nearest = "";
    for (size_t i = 0; i < FIELDS; i++) {
        size_t distance = ie_edit_distance(start, fields[i].name);
        if (distance < least) {
            least = distance;
            nearest = fields[i].name;
        }
    }
    return least <= 2 ? nearest : NULL;
}

void ie_field_names(ie_buffer *out)
{
    for (size_t i = 0; i < FIELDS; i++) {
        ie_buffer_printf(out, "%s%s", i > 0 ? ", " : "", fields[i].name);
    }
}
