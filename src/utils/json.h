// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * JSON by jansson, whose header is included here and nowhere else. What is added: texts and paths
 * that are not UTF-8, numbers that JSON does not know, and stable one-line output.
 */
#ifndef IE_UTILS_JSON_H
#define IE_UTILS_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "imgengine.h"

/* Each adds nothing when the value is absent (NULL text, NaN or infinite number). */
void ie_json_text(json_t *object, const char *key,
                  const char *text); /* not UTF-8: read as Latin-1 */
void ie_json_real(json_t *object, const char *key, double value, int decimals);
void ie_json_int(json_t *object, const char *key, int64_t value);
/* "key": the path as text; and "key_b64" with the exact bytes when it is not UTF-8. */
void ie_json_path(json_t *object, const char *key, const char *path);
/* The path's bytes ("key_b64" wins); free() it. NULL when absent or malformed. */
char *ie_json_get_path(const json_t *object, const char *key);

const char *ie_json_get_text(const json_t *object,
                             const char *key);                  /* NULL when absent or no text */
double ie_json_get_real(const json_t *object, const char *key); /* NaN when absent or no number */
int64_t ie_json_get_int(const json_t *object, const char *key, int64_t absent);

/* One line, keys in insertion order, no newline; releases the object. free() the text. */
char *ie_json_line(json_t *take_object);
/* Parses one whole document; IE_ERR_FORMAT names `what` and the place. Depth and size are
   bounded. */
ie_status ie_json_parse(const char *bytes, size_t size, const char *what, json_t **ret_value,
                        ie_error *err) IE_MUST_CHECK;

void ie_json_release(json_t **value);
#define IE_AUTO_JSON __attribute__((cleanup(ie_json_release)))

#endif
