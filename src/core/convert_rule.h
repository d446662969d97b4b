// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What is converted to what (convert.rules): "heic=jpeg", "tiff=png|jpeg", "png/photo=jpeg",
 * "raw=jpeg", "any=keep". Left of "=" stands a format, "raw" (every camera's) or "any", and perhaps
 * one kind of picture; right of it what it becomes: the first format that can hold the picture. The
 * first rule that fits a photo decides. Where there are rules they alone say what is converted;
 * without, convert.from and convert.to do. Pure, thread-safe.
 */
#ifndef IE_CORE_CONVERT_RULE_H
#define IE_CORE_CONVERT_RULE_H

#include "core/config.h"
#include "core/photo.h"

typedef enum ie_picture_kind {
    IE_PICTURE_ANY,
    IE_PICTURE_PHOTO,   /* of PNG only: see ie_picture_is_photo() */
    IE_PICTURE_DRAWING, /* of PNG only: drawings, screenshots, writing */
    IE_PICTURE_TRANSPARENT,
    IE_PICTURE_OPAQUE,
    IE_PICTURE_KINDS
} ie_picture_kind;

enum { IE_RULE_TARGETS = 8 };

typedef struct ie_convert_rule {
    uint64_t formats; /* a bit an ie_format */
    ie_picture_kind kind;
    bool keep;        /* it is left as it is; then there are no targets */
    ie_format to[IE_RULE_TARGETS]; /* IE_FORMAT_UNKNOWN: chosen by itself */
    uint32_t to_count;
} ie_convert_rule;

/* IE_ERR_USAGE with the known words. */
ie_status ie_convert_rule_parse(const char *text, ie_convert_rule *ret_rule,
                                ie_error *err) IE_MUST_CHECK;
ie_status ie_convert_rules_check(const char *text,
                                 ie_error *err); /* for the option: all of its rules */
ie_status ie_convert_formats_check(const char *text, ie_error *err); /* for convert.from */
/* The text of the first rule that fits, and what it says; NULL: none. */
const char *ie_convert_rule_find(const ie_config_list *rules, const ie_photo *photo,
                                 ie_convert_rule *ret_rule);
/* The formats that a conversion may change, a bit each: their pixels are to be looked at. */
uint64_t ie_convert_formats(const ie_config *config);

/* The formats that may come out of it, a bit each; by itself (auto) that is JPEG and PNG. */
uint64_t ie_convert_targets(const ie_config *config);

/* Is a PNG a photograph? A camera is named in it, or it takes at least a byte for each pixel of 8
   bits: noise and fine detail do not pack without loss, areas and writing do. Not an icon. */
bool ie_picture_is_photo(const ie_photo *photo);
double
ie_picture_bytes_a_pixel(const ie_photo *photo); /* of its file; 0 when the size is unknown */

#endif
