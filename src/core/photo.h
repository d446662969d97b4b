// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_photo: one file's record. Its arena owns every string and array in it, so one free ends it.
 * Pixels never go in it. A photo belongs to one thread at a time. What is absent is NULL, NaN, 0
 * for counts that cannot be 0, IE_ABSENT for integers that can; `have` says which analyzers have
 * spoken.
 */
#ifndef IE_CORE_PHOTO_H
#define IE_CORE_PHOTO_H

#include <stdbool.h>
#include <stdint.h>

#include "core/embedding.h"
#include "core/format.h"
#include "imgengine.h"
#include "utils/hash.h"
#include "utils/memory.h"

#define IE_ABSENT INT32_MIN

/* Identity of a file's content for the cache: when all five are equal it is taken as unchanged. */
typedef struct ie_stamp {
    uint64_t size;
    int64_t mtime_ns, ctime_ns;
    uint64_t inode, device;
} ie_stamp;

bool ie_stamp_equal(const ie_stamp *a, const ie_stamp *b);
/* Same inode, size and mtime: what survives a rename, which changes ctime. */
bool ie_stamp_same_file(const ie_stamp *a, const ie_stamp *b);

/* Bits of ie_photo.have; the analyzers' own bits are in analyzers/analyzer.h's table. */
enum {
    IE_HAVE_FORMAT = 1 << 0,   /* format (and, when an image was opened, size) is known */
    IE_HAVE_METADATA = 1 << 1,
    IE_HAVE_HASHES = 1 << 2,
    IE_HAVE_QUALITY = 1 << 3,
    IE_HAVE_COLORS = 1 << 4,
    IE_HAVE_XXH3 = 1 << 5,
    IE_HAVE_SHA256 = 1 << 6,
    IE_HAVE_SCENES = 1 << 7,
    IE_HAVE_OBJECTS = 1 << 8,
    IE_HAVE_SKETCH = 1 << 9,
    IE_HAVE_IMAGE_DATA = 1 << 10
};

/* Where a date came from, best first. */
typedef enum ie_date_source {
    IE_DATE_NONE = 0,
    IE_DATE_EXIF,           /* DateTimeOriginal */
    IE_DATE_EXIF_DIGITIZED, /* DateTimeDigitized (exiftool: CreateDate) */
    IE_DATE_XMP,
    IE_DATE_IPTC,
    IE_DATE_QUICKTIME,
    IE_DATE_EXIF_MODIFIED,  /* DateTime */
    IE_DATE_SIDECAR,
    IE_DATE_NAME,
    IE_DATE_FOLDER,
    IE_DATE_FILE,           /* modification time */
    IE_DATE_SOURCES
} ie_date_source;

const char *ie_date_source_name(ie_date_source source); /* "exif", "exif_digitized", …, "file" */
ie_date_source ie_date_source_by_name(const char *name);

/* Local time as the camera's clock showed it. Never converted: without an offset the zone is
   unknown. */
typedef struct ie_datetime {
    int16_t year; /* 0: absent */
    uint8_t month, day, hour, minute, second; /* 1..12, 1..31, 0..23, 0..59, 0..60 */
    uint8_t subsec_digits;                    /* how many digits were given, 0..9 */
    uint32_t nanosecond;
    bool has_offset;
    int16_t offset_minutes; /* east of UTC */
} ie_datetime;

/* Checks ranges, leap years too. */
bool ie_datetime_valid(const ie_datetime *time);
/* "2023-07-14T09:12:33.120" (as many decimals as were given); buffer of 40. "" when absent. */
const char *ie_datetime_text(const ie_datetime *time, char buffer[40]);
bool ie_datetime_parse(const char *iso, ie_datetime *ret_time); /* the same form back; no offset */
/* Seconds since 1970 as if the local time were UTC: for ordering only. */
int64_t ie_datetime_order(const ie_datetime *time);
/* From UTC nanoseconds and an offset in minutes. */
ie_datetime ie_datetime_from_unix(int64_t ns, int offset_minutes, bool has_offset);

/* Texts in an arena. Who changes them by other means than ie_text_list_add() sets room to 0. */
typedef struct ie_text_list {
    const char **items;
    uint32_t count;
    uint32_t room; /* of items; 0: nobody knows of any */
} ie_text_list;

/* A named area, mostly a face. */
typedef struct ie_region {
    const char *name, *type; /* "Face", "Pet", "Focus", …; either may be NULL */
    double box[4];           /* left, top, right, bottom as shares of width and height, 0..1 */
} ie_region;

/* What most members are to the record is said once, in core/metadata_fields.c. */
typedef struct ie_metadata {
    ie_datetime captured;
    ie_date_source captured_source;
    double captured_confidence;  /* 0..1 */
    const char *captured_reason; /* why the confidence is low, or what was concluded; NULL */
    const char *make, *model, *lens, *serial, *lens_make, *software;
    double lens_min_mm, lens_max_mm; /* focal lengths the lens can take; NaN: absent */
    double f_number, exposure_time_s, focal_length_mm; /* NaN: absent */
    int32_t iso, focal_length_35mm;                    /* 0: absent */
    int8_t flash;                                      /* 0, 1; -1: absent */
    double bias_ev;                                    /* exposure compensation; NaN: absent */
    const char *metering;      /* "pattern", "spot", … */
    const char *white_balance; /* "auto", "manual" */
    double latitude, longitude; /* signed decimal degrees, WGS 84; NaN: absent; both or none */
    double altitude_m;          /* negative below sea level */
    const char *title, *caption;
    const char *comment; /* EXIF UserComment */
    ie_text_list keywords; /* in file order, without repeats */
    int32_t rating;        /* 0..5, -1 rejected; IE_ABSENT */
    int8_t favorite;       /* 0, 1; -1: absent */
    ie_text_list hierarchy; /* keywords with their place in a tree: "Places|Norway|Oslo" */
    ie_text_list people;
    ie_text_list albums; /* collections of the photo that programs wrote into it: their names */
    /* keywords that this program wrote from models: "beach|0.710|model|version" */
    ie_text_list generated;
    ie_region *regions;
    uint32_t region_count;
    /* 1: a program says that it developed or changed the picture; -1: none says so */
    int8_t edited;
    const char *label;      /* colour label as its program calls it: "Red" */
    const char *creator, *copyright, *city, *state, *country;
    const char *unique_id, *burst_id, *content_id; /* of the image; its burst; its Live Photo */
    const char *original_name; /* xmpMM:PreservedFileName */
    double own_quality;        /* the quality score that this program wrote, 0..1; NaN: absent */
    double duration_s;         /* of videos; NaN: absent */
    ie_text_list sidecars; /* what was read beside it: "a.jpg.xmp 1280 1689318753000000000", size
                              and mtime_ns */
    ie_text_list conflicts;    /* facts on which a sidecar and the file differ */
} ie_metadata;

typedef struct ie_color {
    uint8_t r, g, b; /* sRGB */
    float share;     /* 0..1 of the pixels */
} ie_color;

/* How a picture may lie: an EXIF orientation less one. From 4 on it is transposed, then mirrored
   left to right (1, 2, 5, 6) and top to bottom (2, 3, 6, 7). 0: as it is. */
#define IE_TURNS 8

#define IE_SKETCH_SIDE 64
#define IE_SKETCH_CHROMA 16

/* A small likeness of the upright picture, stretched to a square: what candidates are
   compared by. */
typedef struct ie_sketch {
    uint8_t gray[IE_SKETCH_SIDE * IE_SKETCH_SIDE];
    int8_t a[IE_SKETCH_CHROMA * IE_SKETCH_CHROMA],
        b[IE_SKETCH_CHROMA * IE_SKETCH_CHROMA]; /* red to green, yellow to blue */
} ie_sketch;

#define IE_CUTS 8 /* ways to cut it at one edge, or at two that meet */

typedef struct ie_content {
    uint64_t phash, ahash, dhash, whash; /* bit 63 is the first bit */
    uint64_t turned[IE_TURNS]; /* pHash of the picture lying otherwise; [0] is phash */
    /* pHash of the middle nine tenths of both sides: what a crop of it looks like */
    uint64_t inner;
    uint64_t cuts[IE_CUTS]; /* those of the picture less a strip: left, upper, right, lower, then
                               left and upper, and on */
    double sharpness;     /* variance of the Laplacian, grey levels squared */
    double peak_sharpness; /* where it is sharpest; analyzers/sharpness.h */
    bool blurred;
    double noise;         /* standard deviation, grey levels */
    double dynamic_range; /* the rest 0..1 */
    double exposure, contrast, clipped_shadows, clipped_highlights, quality;
    int32_t jpeg_quality; /* 1..100, from the quantisation table; 0: absent */
    ie_color colors[8];
    uint32_t color_count;
} ie_content;

/* What gave the results of one network. */
typedef struct ie_label_model {
    const char *name;      /* "openai/clip-vit-base-patch32"; NULL: unknown */
    const char *version;   /* checksum of its file: 16 hex digits */
    const char *precision; /* "fp32", "bf16", "int8", …: in which it was computed */
} ie_label_model;

typedef struct ie_label {
    const char *label;
    double confidence;
    const char *source;          /* the model's name without what stands before its last slash */
    /* tags: which one in full; NULL elsewhere, and where it is not known */
    const ie_label_model *model;
    double box[4]; /* objects: left, top, right, bottom in pixels of the upright photo */
} ie_label;

typedef struct ie_vision {
    ie_label *scenes, *objects, *tags;
    uint32_t scene_count, object_count, tag_count;
    ie_label_model scenes_model, objects_model;
} ie_vision;

/* Something wrong with one photo; the run goes on. */
typedef struct ie_fault {
    const char *stage; /* "open", "metadata", "decode", … */
    /* one word for programs: "truncated", "unsupported", "too_large", "vanished", … */
    const char *code;
    const char *text;  /* for a person */
} ie_fault;

/* What passes over all photos look at stands first, in few cache lines. */
struct ie_photo {
    ie_arena *arena;
    uint64_t sequence;    /* scan order, from 0 */
    const char *path;     /* as the user will see it: argument + relative part */
    const char *real_path;/* absolute, links resolved at the root; what plans and the catalog use */
    uint32_t root;        /* index of the scan's root folder */
    ie_stamp stamp;
    uint32_t mode, links; /* st_mode, st_nlink */
    bool alone;           /* its folder held no sidecar when the walk listed it */
    ie_format format;
    uint32_t unit;        /* photos with the same number are one asset group; see unit.h */
    uint32_t have;        /* IE_HAVE_* */
    /* IE_HAVE_* of analyzers that ran; where `have` lacks the bit a fault says why */
    uint32_t tried;
    uint32_t fault_count;
    ie_fault *faults;
    uint32_t width, height; /* stored, before orientation; 0: unknown */
    uint8_t orientation; /* 1..8, EXIF; 1 also when absent; for HEIF and AVIF always 1 (upright by
                            container) */
    bool has_alpha,
        animated; /* known with HASHES/QUALITY; transparent pixels may exist / several frames */
    uint8_t bits;         /* a channel; 0: unknown */
    ie_hash128 xxh3, image_data; /* of the file; of the coded picture in it */
    const char *sha256; /* IE_HAVE_SHA256; else NULL */
    /* Never NULL; until somebody writes into them, one that says that all is absent, for all. */
    const ie_metadata *metadata;
    const ie_content *content;
    const ie_vision *vision;
    ie_sketch *sketch; /* IE_HAVE_SKETCH; else NULL */
    ie_embedding *embedding; /* of its scenes' model, until it is stored; on the heap, because
                                records are kept for long */
    const char *stored; /* instead of all facts: the record as the catalog has it; else NULL */
};

/* All facts absent; owns a new arena. */
ie_photo *ie_photo_new(void);
/* The same in a pool's memory, with room for so many bytes of texts. */
ie_photo *ie_photo_new_in(ie_pool *pool, size_t text_bytes);
void ie_photo_free(ie_photo *photo); /* NULL is fine */
/* This photo's own, to be written into: in its arena, and as they are. */
ie_metadata *ie_photo_own_metadata(ie_photo *photo);
ie_content *ie_photo_own_content(ie_photo *photo);
ie_vision *ie_photo_own_vision(ie_photo *photo);
void ie_metadata_init(ie_metadata *metadata); /* all absent */
void ie_photo_fault(ie_photo *photo, const char *stage, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void ie_photo_forget_faults(ie_photo *photo, const char *stage);
/* Makes vision.tags anew from scenes and objects: each label once, with its highest confidence,
   best first. */
void ie_photo_make_tags(ie_photo *photo, double min_confidence);
bool ie_text_list_has(const ie_text_list *list, const char *text);
void ie_text_list_add(ie_text_list *list, ie_arena *arena,
                      const char *text); /* repeats are dropped */

#endif
