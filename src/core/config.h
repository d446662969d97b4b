// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_config: every setting, as a plain struct filled from ONE option table (options.c), which also
 * prints the default file, the help and the manual. Read-only once an engine has it, hence shared
 * by threads freely. No I/O here: storage/config_file reads YAML and calls ie_config_set().
 */
#ifndef IE_CORE_CONFIG_H
#define IE_CORE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "imgengine.h"
#include "utils/text.h"

typedef struct ie_config_list {
    char **items;
    uint32_t count;
} ie_config_list;

/* What decides which of several duplicates stays. The first five were once the only ones, given
   alone. */
typedef enum ie_keep_rule {
    IE_KEEP_QUALITY,
    IE_KEEP_NEWEST,
    IE_KEEP_OLDEST,
    IE_KEEP_LARGEST,
    IE_KEEP_SMALLEST,
    IE_KEEP_PROTECT,
    IE_KEEP_RAW,
    IE_KEEP_ORIGINAL_METADATA,
    IE_KEEP_RESOLUTION,
    IE_KEEP_RATING,
    IE_KEEP_OLDER,
    IE_KEEP_PATH,
    IE_KEEP_JPEG_QUALITY,
    IE_KEEP_METADATA,
    IE_KEEP_UNEDITED,
    IE_KEEP_EDITED,
    IE_KEEP_RULES
} ie_keep_rule;

/* What becomes of a duplicate. */
typedef enum ie_dedupe_way {
    IE_DEDUPE_QUARANTINE, IE_DEDUPE_HARDLINK, IE_DEDUPE_REFLINK, IE_DEDUPE_SYMLINK, IE_DEDUPE_REPORT
} ie_dedupe_way;

struct ie_config {
    struct {
        bool recursive, hidden, follow_symlinks, require_marker;
        ie_config_list include,
            exclude; /* globs on the path below its root, and on the name alone */
    } scan;
    struct {
        bool metadata, content; /* analysis.metadata.enabled, analysis.content.enabled */
        ie_config_list date_order; /* analysis.metadata.date_order: names of ie_date_source */
        char *name_pattern;        /* analysis.metadata.name_pattern: POSIX extended, or empty */
        ie_config_list prefer;  /* analysis.metadata.prefer: "file", "sidecar", "FIELD=sidecar" */
        bool exact;             /* analysis.content.exact */
        int64_t colors;         /* analysis.content.colors, 1..8 */
        double blur_threshold;  /* analysis.content.blur_threshold */
        bool ml_analysis;
        char *use_gpu;          /* auto, true, false */
        int64_t ml_batch_size;
        char *scene_detection, *object_detection; /* names of the manifest; empty: none */
        char *runtime,
            *device; /* ONNX Runtime's library; provider to use; empty: found by itself */
        ie_config_list custom_models; /* entries as core/model.h reads them */
        bool require_ml;
        char *download; /* never, ask, auto */
        struct {
            ie_config_list labels, templates, thresholds; /* thresholds: "label=0.3" */
            double min_confidence;
            int64_t most;
        } scenes;
        double object_confidence; /* analysis.objects.min_confidence */
    } analysis;
    struct {
        int64_t max_workers; /* 0: all cores */
    } processing;
    struct {
        bool enabled;        /* in `process` */
        int action;          /* an ie_dedupe_way */
        ie_config_list keep; /* names of ie_keep_rule, the weightiest first */
        bool similar;        /* the same picture in other bytes, too */
        int64_t radius;      /* bits of 64 in which the pHashes of candidates may differ */
        int64_t min_copies;
        bool merge; /* what only a duplicate says is written to the one that stays */
        ie_config_list prefer, protect; /* folders, made absolute by the engine */
    } dedupe;
    struct {
        bool enabled;
        ie_config_list rules; /* convert_rule.h; empty: from and to */
        ie_config_list from; /* format names to convert, "raw" for all of them */
        char *to;            /* auto, jpeg, png, webp, tiff, … */
        int64_t quality;     /* 1..100 */
        double min_similarity; /* SSIM of the new picture with the old, 0..1 */
        bool upright, trim;  /* turn JPEGs without loss; and cut off what does not fit */
        char *chroma;        /* auto, 4:4:4 */
        bool progressive;
        bool pack_tiff;
        bool to_srgb;        /* colours are converted; else their profile stays */
        char *raw;           /* preview, develop */
        ie_config_list strip; /* names of strip.h */
        bool recompress;     /* a JPEG may become a JPEG */
        bool drop_gain_map;  /* an HDR gain map may be left behind */
        bool keep_original;  /* in place: the original stays beside the new file instead of
                                quarantine */
    } convert;
    struct {
        bool enabled;
        char *pattern;       /* rename.template */
        ie_config_list fields; /* "NAME=template": {custom.NAME} */
        bool keep_original_name; /* in xmpMM:PreservedFileName */
        bool lowercase_extension;
        char *day_begins;           /* "HH:MM" */
        double min_date_confidence; /* below it a photo goes to undated/ */
    } rename;
    struct {
        bool embed_tags;     /* write tags found by analysis */
        double min_confidence;
        ie_config_list keywords; /* added to every photo */
        char *caption, *title;   /* set when not empty */
        char *gps;               /* "LAT,LON" for photos that have no place; or empty */
        char *gpx;               /* a file, or empty */
        char *gps_from;          /* a list of places, "sidecar", or empty */
        char *clock_offset;      /* "+01:00:30" ahead of UTC, or empty */
        char *max_gap;           /* "10m" */
        char *mode;              /* embed, sidecar, auto */
        int iptc;                /* an ie_iptc_use */
        bool quality_rating;     /* rating 1..5 from the quality score, where there is none */
        bool quality_score;      /* written into our own XMP namespace */
        int64_t rating;          /* set when >= 0 */
    } tagging;
    struct {
        int64_t max_pixels, max_file_bytes;
    } limits;
    char **origins; /* one a table row, NULL = default */
};

const char *ie_keep_rule_name(ie_keep_rule rule); /* "quality", … */
int ie_keep_rule_by_name(const char *name); /* ASCII case ignored; -1: there is none */
ie_config *ie_config_copy(const ie_config *config); /* with its origins; ie_config_free() it */

/* Adds one item to a list in text form: items are separated by commas; a backslash stands before a
   comma, a backslash or a space that belongs to the item. Spaces around items mean nothing, empty
   items are none. What ie_config_set() reads and ie_config_text() gives. */
void ie_config_list_append(ie_buffer *text, const char *item);
ie_config_list ie_config_list_parse(const char *text); /* free it with ie_config_list_free() */
void ie_config_list_free(ie_config_list *list);        /* back to zero-initialised */

#endif
