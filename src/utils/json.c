// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

void ie_json_text(json_t *object, const char *key, const char *text)
{
    if (text == NULL) {
        return;
    }
    if (json_object_set_new(object, key, json_string(text)) == 0) {
        return;
    }
    IE_AUTO_FREE char *readable = ie_utf8_from_latin1(text, strlen(text));
    json_object_set_new(object, key, json_string(readable));
}

void ie_json_real(json_t *object, const char *key, double value, int decimals)
{
    if (!isfinite(value)) {
        return;
    }
    double scale = pow(10, decimals), rounded = round(value * scale) / scale;
    if (!isfinite(rounded)) {
        rounded = value;
    }
    json_object_set_new(object, key, json_real(rounded == 0 ? 0.0 : rounded));
}

void ie_json_int(json_t *object, const char *key, int64_t value)
{
    json_object_set_new(object, key, json_integer(value));
}

void ie_json_path(json_t *object, const char *key, const char *path)
{
    if (path == NULL) {
        return;
    }
    ie_json_text(object, key, path);
    if (!ie_utf8_valid(path)) {
        IE_AUTO_FREE char *key_b64 = ie_asprintf("%s_b64", key);
        IE_AUTO_FREE char *bytes = ie_base64(path, strlen(path));
        json_object_set_new(object, key_b64, json_string(bytes));
    }
}

char *ie_json_get_path(const json_t *object, const char *key)
{
    IE_AUTO_FREE char *key_b64 = ie_asprintf("%s_b64", key);
    const char *encoded = ie_json_get_text(object, key_b64);
    if (encoded == NULL) {
        const char *text = ie_json_get_text(object, key);
        return text != NULL ? ie_strdup(text) : NULL;
    }
    size_t size;
    char *bytes = ie_base64_decode(encoded, &size);
    if (bytes != NULL && strlen(bytes) != size) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

const char *ie_json_get_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

double ie_json_get_real(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

int64_t ie_json_get_int(const json_t *object, const char *key, int64_t absent)
{
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) ? json_integer_value(value) : absent;
}

char *ie_json_line(json_t *take_object)
{
    char *line = json_dumps(take_object, JSON_COMPACT | JSON_REAL_PRECISION(15) | JSON_ENCODE_ANY);
    json_decref(take_object);
    return line != NULL ? line : ie_strdup("null");
}

ie_status ie_json_parse(const char *bytes, size_t size, const char *what, json_t **ret_value,
                        ie_error *err)
{
    json_error_t problem;
    json_t *value = json_loadb(bytes, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    if (value == NULL) {
        return ie_error_set(err, IE_ERR_FORMAT, "%s is not valid JSON: line %d: %s", what,
                            problem.line, problem.text);
    }
    *ret_value = value;
    return IE_OK;
}

void ie_json_release(json_t **value)
{
    json_decref(*value);
}
