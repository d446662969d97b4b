// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/options.h"

#include <string.h>

#include "core/config.h"
#include "core/convert_rule.h"
#include "core/model.h"
#include "core/option_checks.h"
#include "core/strip.h"
#include "core/template.h"
#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

// clang-format off
#define AT(member) offsetof(ie_config, member)
#define BOOL(key, member, fallback, flag, commands, help)                                          \
    {{key, IE_TYPE_BOOL, fallback, 0, 0, NULL, flag, commands, help}, AT(member), false, NULL}
#define INT(key, member, fallback, min, max, flag, commands, help)                                 \
    {{key, IE_TYPE_INT, fallback, min, max, NULL, flag, commands, help}, AT(member), false, NULL}
#define REAL(key, member, fallback, min, max, flag, commands, help)                                \
    {{key, IE_TYPE_REAL, fallback, min, max, NULL, flag, commands, help}, AT(member), false, NULL}
#define TEXT(key, member, fallback, check, flag, commands, help)                                   \
    {{key, IE_TYPE_TEXT, fallback, 0, 0, NULL, flag, commands, help}, AT(member), false, check}
#define CHOICE(key, member, numbered, fallback, choices, flag, commands, help)                     \
    {{key, IE_TYPE_CHOICE, fallback, 0, 0, choices, flag, commands, help},                         \
     AT(member), numbered, NULL}
#define LIST(key, member, fallback, check, flag, commands, help)                                   \
    {{key, IE_TYPE_LIST, fallback, 0, 0, NULL, flag, commands, help}, AT(member), false, check}
#define LIST_OF(key, member, fallback, choices, check, flag, commands, help)                       \
    {{key, IE_TYPE_LIST, fallback, 0, 0, choices, flag, commands, help}, AT(member), false, check}
// clang-format on

#define KEEP_CHOICES                                                                               \
    "quality|newest|oldest|largest|smallest|protect|raw|original-metadata|resolution|rating|"      \
    "older|path|jpeg-quality|metadata|unedited|edited"

static ie_status check_template(const char *text, ie_error *err)
{
    ie_template *pattern;
    ie_status status = ie_template_parse(text, NULL, &pattern, err);
    if (status == IE_OK) {
        ie_template_free(pattern);
    }
    return status;
}

static ie_status check_fields(const char *text, ie_error *err)
{
    ie_config_list fields = ie_config_list_parse(text);
    ie_status status = IE_OK;
    for (uint32_t i = 0; status == IE_OK && i < fields.count; i++) {
        status = ie_template_check_custom(fields.items[i], err);
    }
    ie_config_list_free(&fields);
    return status;
}

static ie_status check_models(const char *text, ie_error *err)
{
    ie_config_list entries = ie_config_list_parse(text);
    ie_status status = IE_OK;
    for (uint32_t i = 0; status == IE_OK && i < entries.count; i++) {
        status = ie_model_check_entry(entries.items[i], err);
    }
    ie_config_list_free(&entries);
    return status;
}

static ie_status check_templates(const char *text, ie_error *err)
{
    ie_config_list templates = ie_config_list_parse(text);
    ie_status status = templates.count > 0
                           ? IE_OK
                           : ie_error_set(err, IE_ERR_USAGE,
                                          "At least one template is needed: \"a photo of a {}\".");
    for (uint32_t i = 0; status == IE_OK && i < templates.count; i++) {
        if (strstr(templates.items[i], "{}") == NULL) {
            status = ie_error_set(err, IE_ERR_USAGE, "The template \"%s\" has no {} for the scene.",
                                  ie_shown(templates.items[i]));
        }
    }
    ie_config_list_free(&templates);
    return status;
}

static ie_status check_thresholds(const char *text, ie_error *err)
{
    ie_config_list items = ie_config_list_parse(text);
    ie_status status = IE_OK;
    for (uint32_t i = 0; status == IE_OK && i < items.count; i++) {
        const char *equal = strrchr(items.items[i], '=');
        double value;
        if (equal == NULL || !ie_parse_real(equal + 1, &value) || value < 0 || value > 1) {
            status = ie_error_set(err, IE_ERR_USAGE, "\"%s\" is not of the form label=0.3.",
                                  ie_shown(items.items[i]));
        }
    }
    ie_config_list_free(&items);
    return status;
}

#define SCENES                                                                                     \
    "indoor,outdoor,landscape,portrait,group of "                                                  \
    "people,selfie,crowd,beach,sea,lake,river,waterfall,"                                          \
    "mountains,forest,field,garden,park,desert,snow,sky,sunset,sunrise,night,fog,rain,city,"       \
    "street,"                                                                                      \
    "skyline,building,house,bridge,church,castle,monument,interior,kitchen,living room,bedroom,"   \
    "office,classroom,restaurant,bar,shop,museum,stage,stadium,sports,swimming pool,playground,"   \
    "food,drink,document,screenshot,receipt,drawing,painting,map,sign,car,train,airplane,boat,"    \
    "bicycle,animal,pet,bird,flower,wedding,party,concert,fireworks,toy,close-up,aerial view"

static bool names(const ie_config_list *rules, const char *rule)
{
    for (uint32_t i = 0; i < rules->count; i++) {
        if (strcmp(rules->items[i], rule) == 0) {
            return true;
        }
    }
    return false;
}

/* Of two that say the opposite the later one would never decide anything. */
static ie_status check_opposites(const ie_config_list *rules, ie_error *err)
{
    static const char *const pairs[][2] = {{"newest", "oldest"},   {"newest", "older"},
                                           {"largest", "smallest"}, {"unedited", "edited"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (names(rules, pairs[i][0]) && names(rules, pairs[i][1])) {
            return ie_error_set(err, IE_ERR_USAGE, "%s and %s contradict each other; name one.",
                                pairs[i][0], pairs[i][1]);
        }
    }
    return IE_OK;
}

static ie_status check_keep(const char *text, ie_error *err)
{
    ie_config_list rules = ie_config_list_parse(text);
    ie_status status = IE_OK;
    if (rules.count == 0) {
        status = ie_error_set(err, IE_ERR_USAGE, "Name at least one rule, such as quality.");
    }
    for (uint32_t i = 0; status == IE_OK && i < rules.count; i++) {
        if (ie_keep_rule_by_name(rules.items[i]) < 0) {
            char shown[80];
            status = ie_error_set(
                err, IE_ERR_USAGE,
                "There is no rule \"%s\"; there are protect, raw, original-metadata, resolution, "
                "quality, jpeg-quality, rating, metadata, unedited, edited, older, newest, oldest, "
                "largest, smallest, path.",
                ie_show_path(rules.items[i], shown, sizeof shown));
        }
    }
    if (status == IE_OK) {
        status = check_opposites(&rules, err);
    }
    ie_config_list_free(&rules);
    return status;
}

enum {
    READING = IE_CMD_READING,
    DEDUPING = IE_CMD_PROCESS | IE_CMD_DEDUPE,
    CONVERTING = IE_CMD_PROCESS | IE_CMD_CONVERT,
    RENAMING = IE_CMD_PROCESS | IE_CMD_RENAME,
    TAGGING = IE_CMD_PROCESS | IE_CMD_TAG
};

/* A section's rows stand together: the YAML is printed in this order. */
static const ie_option_row rows[] = {
    BOOL("scan.recursive", scan.recursive, "true", "--recursive", READING,
         "go into the folders below the given ones"),
    LIST("scan.include", scan.include, "", NULL, "--include", READING,
         "globs: look only at files whose name or path below the given folder matches one, and at "
         "sidecars"),
    LIST(
        "scan.exclude", scan.exclude, "", NULL, "--exclude", READING,
        "globs: leave out files and folders whose name or path below the given folder matches one"),
    BOOL("scan.hidden", scan.hidden, "false", "--hidden", READING,
         "look at files and folders whose name begins with a dot, too"),
    BOOL("scan.follow_symlinks", scan.follow_symlinks, "false", "--follow", READING,
         "follow symbolic links"),
    BOOL("scan.require_marker", scan.require_marker, "true", NULL, 0,
         "take a folder as offline when an earlier run left a marker there and it is gone"),

    BOOL("analysis.metadata.enabled", analysis.metadata, "true", NULL, 0,
         "read EXIF, XMP, IPTC and the like: dates, cameras, places, titles"),
    LIST("analysis.metadata.date_order", analysis.date_order,
         "exif,exif_digitized,xmp,iptc,quicktime,sidecar,name,exif_modified,folder",
         ie_check_date_order, NULL, 0,
         "where the date is looked for, best first; the file's own time is always the last"),
    TEXT("analysis.metadata.name_pattern", analysis.name_pattern, "", ie_check_name_pattern, NULL,
         0,
         "own pattern (POSIX extended) of dates in file names: groups for year, month, day, hour, "
         "minute, second"),
    LIST("analysis.metadata.prefer", analysis.prefer,
         "file,title=sidecar,caption=sidecar,rating=sidecar", ie_check_prefer, NULL, 0,
         "who wins where a photo and its sidecar differ: file or sidecar, and FIELD=file or "
         "FIELD=sidecar for single fields of the record"),
    BOOL("analysis.content.enabled", analysis.content, "true", NULL, 0,
         "look at the pixels: perceptual hashes, sharpness, exposure, colours"),
    BOOL("analysis.content.exact", analysis.exact, "false", "--exact", IE_CMD_MEASURING,
         "decode every pixel for hashes and scores: slower, and comparable with other programs"),
    INT("analysis.content.colors", analysis.colors, "5", 1, 8, NULL, 0,
        "how many main colours to find"),
    REAL("analysis.content.blur_threshold", analysis.blur_threshold, "40", 0, 100000, NULL, 0,
         "a photo whose sharpest parts (peak_sharpness in its record) are less sharp than this "
         "counts as blurred"),
    BOOL("analysis.ml_analysis", analysis.ml_analysis, "false", "--ml", IE_CMD_SEEING,
         "find scenes and objects by neural networks; they need a runtime and models"),
    CHOICE("analysis.ml_models.use_gpu", analysis.use_gpu, false, "auto", "auto|true|false", NULL,
           0, "run the models on a GPU when there is one that ONNX Runtime can use"),
    INT("analysis.ml_models.batch_size", analysis.ml_batch_size, "8", 1, 256, NULL, 0,
        "photos a model looks at in one go, where its file allows it and, for detectors, on a GPU"),
    TEXT("analysis.ml_models.device", analysis.device, "", ie_check_device, NULL, 0,
         "run the models here and nowhere else: cpu, cuda, webgpu or openvino; empty chooses"),
    TEXT("analysis.ml_models.runtime", analysis.runtime, "", NULL, NULL, 0,
         "the library of ONNX Runtime (libonnxruntime.so); empty looks for it"),
    BOOL("analysis.ml_models.require", analysis.require_ml, "false", "--require-ml", IE_CMD_SEEING,
         "stop with an error when a model or its runtime is missing; --require-ml includes --ml"),
    CHOICE("analysis.ml_models.download", analysis.download, false, "ask", "never|ask|auto", NULL,
           0,
           "fetch a model or the runtime that is missing when the first photo needs it; ask does "
           "so on a terminal only"),
    TEXT("analysis.ml_models.scene_detection", analysis.scene_detection,
         "openai/clip-vit-base-patch32", NULL, NULL, 0, "model for scenes; empty for none"),
    TEXT("analysis.ml_models.object_detection", analysis.object_detection,
         "facebook/detr-resnet-50", NULL, NULL, 0, "model for objects; empty for none"),
    LIST("analysis.ml_models.custom_models", analysis.custom_models, "", check_models, NULL, 0,
         "models of your own, or changes to the built-in ones: name, layout, path, labels and so "
         "on"),
    LIST("analysis.scenes.labels", analysis.scenes.labels, SCENES, NULL, NULL, 0,
         "the scenes to tell apart"),
    LIST("analysis.scenes.templates", analysis.scenes.templates,
         "a photo of a {},a photo of the {},a good photo of a {},a {} in a photo", check_templates,
         NULL, 0, "sentences to put each scene into; {} stands for it"),
    REAL("analysis.scenes.min_confidence", analysis.scenes.min_confidence, "0.1", 0, 1, NULL, 0,
         "tell scenes only from this confidence on"),
    LIST("analysis.scenes.thresholds", analysis.scenes.thresholds, "", check_thresholds, NULL, 0,
         "confidences of their own for single scenes, such as food=0.4"),
    INT("analysis.scenes.most", analysis.scenes.most, "5", 1, 100, NULL, 0,
        "tell this many scenes of a photo at most"),
    REAL("analysis.objects.min_confidence", analysis.object_confidence, "0.5", 0, 1, NULL, 0,
         "tell objects only from this confidence on"),

    INT("processing.max_workers", processing.max_workers, "0", 0, 1024, NULL, 0,
        "worker threads, 0 for one a core; -j sets it"),

    BOOL("dedupe.enabled", dedupe.enabled, "true", NULL, 0,
         "find duplicates in the command process"),
    CHOICE("dedupe.action", dedupe.action, true, "quarantine",
           "quarantine|hardlink|reflink|symlink|report", "--action", DEDUPING,
           "what becomes of a duplicate: quarantine moves it away; hardlink, reflink and symlink "
           "do so, too, and a link to the photo that stays takes its name (same bytes only); "
           "report only tells"),
    LIST_OF("dedupe.keep", dedupe.keep, "quality", KEEP_CHOICES, check_keep, "--keep", DEDUPING,
            "which one of several equal photos stays: quality, newest, oldest, largest or "
            "smallest; or what decides, in order: "
            "protect,raw,original-metadata,resolution,quality,rating,older,path; also "
            "jpeg-quality, metadata, unedited, edited"),
    BOOL(
        "dedupe.similar", dedupe.similar, "false", "--similar", DEDUPING,
        "find the same picture in other bytes, too: re-encoded, resized, cropped a little, turned, "
        "recoloured (black and white, too), watermarked"),
    INT("dedupe.radius", dedupe.radius, "12", 0, 16, "--radius", DEDUPING,
        "bits of 64 by which the perceptual hashes of similar photos may differ to be compared at "
        "all"),
    INT("dedupe.min_copies", dedupe.min_copies, "1", 1, 100, "--min-copies", DEDUPING,
        "how many of several equal photos stay"),
    BOOL("dedupe.merge", dedupe.merge, "true", "--merge", DEDUPING,
         "write keywords, albums, rating, place, title and caption that only a version that goes "
         "has into the one that stays, or beside it"),
    LIST("dedupe.prefer", dedupe.prefer, "", NULL, "--prefer", DEDUPING,
         "folders whose photos stay when there is an equal one elsewhere, best first"),
    LIST("dedupe.protect", dedupe.protect, "", NULL, "--protect", DEDUPING,
         "folders from which no duplicate is ever taken away"),

    BOOL("convert.enabled", convert.enabled, "true", NULL, 0, "convert in the command process"),
    LIST("convert.rules", convert.rules, "", ie_convert_rules_check, "--rules", CONVERTING,
         "what becomes what, the first that fits; instead of --from and --to, which cannot be "
         "given beside it: heic=jpeg, tiff=png|jpeg (the first that can hold "
         "the picture), png/photo=jpeg, any/transparent=png, raw=jpeg, png/drawing=keep"),
    LIST("convert.from", convert.from, "heic,avif,webp,bmp,jxl,jp2", ie_convert_formats_check,
         "--from", CONVERTING,
         "formats to convert (jpg, tif and heif mean jpeg, tiff and heic); raw is those of all "
         "cameras"),
    CHOICE("convert.to", convert.to, false, "auto", "auto|jpeg|png|webp|tiff|avif|jxl", "--to",
           CONVERTING,
           "format of the new files; auto takes png for what is transparent and jpeg for the rest, "
           "and leaves alone what has more than 8 bits a channel"),
    INT("convert.quality", convert.quality, "92", 1, 100, "--quality", CONVERTING,
        "quality of the new files where their format knows such a thing"),
    CHOICE("convert.chroma", convert.chroma, false, "auto", "auto|4:4:4", "--chroma", CONVERTING,
           "how finely colours are sampled in new JPEG, AVIF and HEIC files: 4:4:4 as finely as "
           "light; auto as a JPEG has it itself, of others half as finely (4:2:0) below quality "
           "90"),
    BOOL("convert.progressive", convert.progressive, "false", "--progressive", CONVERTING,
         "write progressive JPEGs, which show coarsely at once and are a little smaller"),
    BOOL("convert.pack_tiff", convert.pack_tiff, "false", "--pack-tiff", CONVERTING,
         "pack new TIFFs by LZW, without loss: photos take about half the room and four times the "
         "time"),
    BOOL("convert.to_srgb", convert.to_srgb, "false", "--to-srgb", CONVERTING,
         "convert colours to sRGB, which every screen shows; else they stay as they are, with "
         "their profile"),
    CHOICE("convert.raw", convert.raw, false, "preview", "preview|develop", "--raw", CONVERTING,
           "what is converted of a RAW: the largest preview in it, as the camera developed it, or "
           "the sensor's data, developed here; the RAW itself stays, and process --output copies "
           "it, too"),
    REAL("convert.min_similarity", convert.min_similarity, "0.98", 0, 1, "--min-similarity",
         CONVERTING,
         "a new picture less like its original than this (SSIM of luma, of large photos at a "
         "quarter of their size, or the same of their colours; 1 is equal) is thrown away, and the "
         "original stays"),
    BOOL("convert.upright", convert.upright, "false", "--upright", CONVERTING,
         "turn JPEGs that lie on a side upright, without loss and without encoding them anew, "
         "beside what is converted; with --from '' nothing is converted"),
    BOOL("convert.trim", convert.trim, "false", "--trim", CONVERTING,
         "with --upright: turn photos, too, whose sides are no multiples of a JPEG's blocks (8 or "
         "16 pixels), and cut off what is over at the edge"),
    LIST_OF("convert.strip", convert.strip, "", "gps|serials|all", ie_strip_check, "--strip",
            CONVERTING,
            "with --output: take this out of the copies: gps (coordinates, names of places), "
            "serials (of camera and lens, their owner) or all; camera makers' notes and thumbnails "
            "go, too, and what cannot be stripped is not copied"),
    BOOL("convert.recompress", convert.recompress, "false", "--recompress", CONVERTING,
         "encode JPEGs anew as JPEGs, which costs quality each time; with --from jpeg --to jpeg"),
    BOOL("convert.drop_gain_map", convert.drop_gain_map, "false", "--drop-gain-map", CONVERTING,
         "convert photos with an HDR gain map, too, though the new file will be without it"),
    BOOL("convert.keep_original", convert.keep_original, "false", "--keep-original", CONVERTING,
         "leave the original beside the new file instead of putting it into quarantine; with "
         "process --output copy it, too (not together with --strip)"),

    BOOL("rename.enabled", rename.enabled, "true", NULL, 0, "rename in the command process"),
    TEXT("rename.template", rename.pattern, "{date:%Y}/{date:%Y-%m-%d_%H%M%S}_{camera}",
         check_template, "--template", RENAMING,
         "the new names, with fields in braces; a / makes folders"),
    LIST("rename.fields", rename.fields, "", check_fields, NULL, 0,
         "fields of your own, NAME=TEMPLATE each: place={city|country} gives the template "
         "{custom.place}"),
    BOOL("rename.keep_original_name", rename.keep_original_name, "false", "--keep-original-name",
         RENAMING,
         "write the name that a photo had into its metadata (xmpMM:PreservedFileName), or into an "
         "XMP file beside it, as tagging.mode says"),
    BOOL("rename.lowercase_extension", rename.lowercase_extension, "true", NULL, 0,
         "write extensions of renamed files in lower case"),
    TEXT("rename.day_begins", rename.day_begins, "00:00", ie_check_clock, NULL, 0,
         "HH:MM: what was taken earlier belongs to the day before, in dates without a time of day"),
    REAL("rename.min_date_confidence", rename.min_date_confidence, "0", 0, 1, NULL, 0,
         "photos whose date is less sure go to the folder undated under the names they have"),

    BOOL("tagging.embed_tags", tagging.embed_tags, "true", NULL, 0,
         "write what analysis found into the photos as keywords, when tagging"),
    REAL("tagging.min_confidence", tagging.min_confidence, "0.25", 0, 1, NULL, 0,
         "write only what analysis is at least this sure of"),
    LIST("tagging.keywords", tagging.keywords, "", NULL, "--keywords", TAGGING,
         "keywords for every photo"),
    TEXT("tagging.caption", tagging.caption, "", NULL, "--caption", TAGGING,
         "caption for every photo; empty leaves captions alone"),
    TEXT("tagging.title", tagging.title, "", NULL, "--title", TAGGING,
         "title for every photo; empty leaves titles alone"),
    TEXT("tagging.gps", tagging.gps, "", ie_check_place, "--gps", TAGGING,
         "LAT,LON in degrees for every photo that has no place of its own"),
    TEXT("tagging.gpx", tagging.gpx, "", NULL, "--gpx", TAGGING,
         "GPX track that gives photos without a place theirs by their time; empty: none"),
    TEXT("tagging.gps_from", tagging.gps_from, "", NULL, "--gps-from", TAGGING,
         "places of photos that have none: a CSV file (file,lat,lon,alt), a JSON file with the "
         "same keys, or the word sidecar to write the sidecar's place into the photo"),
    TEXT("tagging.clock_offset", tagging.clock_offset, "", ie_check_clock_offset, "--clock-offset",
         TAGGING,
         "how far the camera's clock was ahead of UTC, such as +01:00:30; empty: as the photos say "
         "themselves"),
    TEXT("tagging.max_gap", tagging.max_gap, "10m", ie_check_seconds, "--max-gap", TAGGING,
         "longest time between two points of the track that a place is taken from, such as 90s, "
         "10m or 2h"),
    CHOICE("tagging.mode", tagging.mode, false, "auto", "embed|sidecar|auto", "--mode",
           TAGGING | IE_CMD_UNTAG,
           "write into the photos (embed), into XMP files beside them (sidecar), or into those "
           "photos that take it safely (auto)"),
    CHOICE("tagging.iptc", tagging.iptc, true, "auto", "auto|always|never", "--iptc", TAGGING,
           "write IPTC, too: into photos that have it (auto), into all that can (always), never"),
    INT("tagging.rating", tagging.rating, "-1", -1, 5, "--rating", TAGGING,
        "rating for every photo; -1 leaves ratings alone"),
    BOOL("tagging.quality_rating", tagging.quality_rating, "false", "--quality-rating", TAGGING,
         "rate photos that have no rating 1 to 5 by their quality score"),
    BOOL("tagging.quality_score", tagging.quality_score, "false", "--quality-score", TAGGING,
         "write the quality score (0 to 1) as imgengine:Quality"),

    INT("limits.max_pixels", limits.max_pixels, "1000000000", 1, 1e11, NULL, 0,
        "photos of more pixels are not decoded"),
    INT("limits.max_file_bytes", limits.max_file_bytes, "2147483648", 1, 1e15, NULL, 0,
        "larger files are not read"),
};

enum { ROWS = sizeof rows / sizeof rows[0] };

size_t ie_option_count(void)
{
    return ROWS;
}

const ie_option_row *ie_option_row_at(size_t index)
{
    return index < ROWS ? &rows[index] : NULL;
}

const ie_option *ie_option_at(size_t index)
{
    return index < ROWS ? &rows[index].option : NULL;
}

ptrdiff_t ie_option_index(const char *key)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].option.key, key) == 0) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

const ie_option *ie_option_find(const char *key)
{
    ptrdiff_t index = ie_option_index(key);
    return index >= 0 ? &rows[index].option : NULL;
}

const char *ie_option_nearest(const char *key)
{
    /* Edit distance is quadratic, and a hostile file may hold a key of megabytes. */
    IE_AUTO_FREE char *wanted = ie_strndup(key, 100);
    const char *nearest = rows[0].option.key;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < ROWS; i++) {
        const char *known = rows[i].option.key;
        size_t distance = ie_edit_distance(wanted, known);
        /* "keep" means dedupe.keep, though many keys are fewer edits away. */
        size_t of_last = ie_edit_distance(wanted, strrchr(known, '.') + 1) + 1;
        distance = of_last < distance ? of_last : distance;
        /* A misspelt section alone: any of its settings shows the right spelling. */
        IE_AUTO_FREE char *section = ie_strndup(known, strcspn(known, "."));
        size_t of_section = ie_edit_distance(wanted, section) + 2;
        distance = of_section < distance ? of_section : distance;
        if (distance < least) {
            least = distance;
            nearest = known;
        }
    }
    return nearest;
}

char *ie_option_env_name(const ie_option *option)
{
    char *name = ie_asprintf("IMGENGINE_%s", option->key);
    for (char *p = name; *p != 0; p++) {
        if (*p == '.') {
            *p = '_';
        } else if (*p >= 'a' && *p <= 'z') {
            *p = (char)(*p - 'a' + 'A');
        }
    }
    return name;
}

int ie_choice_index(const char *choices, const char *word)
{
    int index = 0;
    for (const char *p = choices;; index++) {
        size_t length = strcspn(p, "|");
        IE_AUTO_FREE char *choice = ie_strndup(p, length);
        if (ie_equal_nocase(choice, word)) {
            return index;
        }
        if (p[length] == 0) {
            return -1;
        }
        p += length + 1;
    }
}

char *ie_choice_at(const char *choices, int index)
{
    const char *p = choices;
    for (; index > 0; index--) {
        p += strcspn(p, "|") + 1;
    }
    return ie_strndup(p, strcspn(p, "|"));
}
