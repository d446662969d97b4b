// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/report.h"
#include "cli/session.h"
#include "utils/error.h"
#include "utils/memory.h"

typedef struct analyze_run {
    ie_session *session;
    json_t *faults; /* for the report; NULL when there is none */
} analyze_run;

static void add_part(ie_buffer *line, const char *format, ...) IE_PRINTF(2, 3);

/* Facts of a line stand apart by two blanks. */
static void add_part(ie_buffer *line, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ie_buffer_printf(line, "%s%s", line->size > 0 ? "  " : "", text);
}

static void end_line(ie_buffer *line)
{
    if (line->size > 0) {
        printf("    %s\n", line->data);
    }
    ie_buffer_clear(line);
}

static void add_date(ie_buffer *line, const json_t *metadata)
{
    const json_t *captured = json_object_get(metadata, "captured");
    const char *local = ie_json_get_text(captured, "local");
    if (local == NULL) {
        return;
    }
    IE_AUTO_FREE char *text = ie_strdup(local);
    char *middle = strchr(text, 'T');
    if (middle != NULL) {
        *middle = ' ';
    }
    const char *offset = ie_json_get_text(captured, "offset"),
               *source = ie_json_get_text(captured, "source");
    add_part(line, "%s%s%s (%s)", text, offset != NULL ? " " : "", offset != NULL ? offset : "",
             source != NULL ? source : "unknown source");
}

static void add_camera(ie_buffer *line, const json_t *metadata)
{
    const json_t *camera = json_object_get(metadata, "camera"),
                 *exposure = json_object_get(metadata, "exposure");
    const char *make = ie_json_get_text(camera, "make"), *model = ie_json_get_text(camera, "model");
    if (model != NULL) {
        /* Many models repeat the maker: "Canon" "Canon EOS 5D". */
        size_t first = make != NULL ? strcspn(make, " ") : 0;
        bool repeats = make == NULL || strncasecmp(make, model, first) == 0;
        add_part(line, "%s%s%s", repeats ? "" : ie_shown(make), repeats ? "" : " ",
                 ie_shown(model));
    } else if (make != NULL) {
        add_part(line, "%s", ie_shown(make));
    }
    double focal = ie_json_get_real(exposure, "focal_length_mm"),
           f = ie_json_get_real(exposure, "f_number"), time = ie_json_get_real(exposure, "time_s");
    int64_t iso = ie_json_get_int(exposure, "iso", 0);
    if (!isnan(focal) && focal > 0) {
        add_part(line, "%.4g mm", focal);
    }
    if (!isnan(f) && f > 0) {
        add_part(line, "f/%.3g", f);
    }
    if (!isnan(time) && time > 0) {
        add_part(line, time < 0.3 ? "1/%.0f s" : "%.3g s", time < 0.3 ? 1 / time : time);
    }
    if (iso > 0) {
        add_part(line, "ISO %lld", (long long)iso);
    }
}

static void add_words(ie_buffer *line, const json_t *metadata)
{
    const char *title = ie_json_get_text(metadata, "title");
    int64_t rating = ie_json_get_int(metadata, "rating", INT64_MIN);
    ie_buffer keywords = {0};
    size_t index;
    const json_t *keyword;
    json_array_foreach(json_object_get(metadata, "keywords"), index, keyword)
    {
        ie_buffer_printf(&keywords, "%s%s", index > 0 ? ", " : "",
                         ie_shown(json_string_value(keyword)));
    }
    if (title != NULL) {
        add_part(line, "\"%s\"", ie_shown(title));
    }
    if (keywords.size > 0) {
        add_part(line, "keywords: %s", keywords.data);
    }
    if (rating != INT64_MIN) {
        add_part(line, "rating %lld", (long long)rating);
    }
    ie_buffer_free(&keywords);
}

static void add_labels(ie_buffer *line, const json_t *vision, const char *list)
{
    size_t index;
    const json_t *label;
    json_array_foreach(json_object_get(vision, list), index, label)
    {
        const char *text = ie_json_get_text(label, "label");
        if (text != NULL && index < 5) {
            add_part(line, "%s %.2f", ie_shown(text), ie_json_get_real(label, "confidence"));
        }
    }
}

static void add_content(ie_buffer *line, const json_t *content)
{
    double quality = ie_json_get_real(content, "quality");
    if (!isnan(quality)) {
        add_part(line, "quality %.2f%s", quality,
                 json_is_true(json_object_get(content, "blurred")) ? " (blurred)" : "");
    }
    IE_AUTO_FREE char *colors = ie_strdup("");
    size_t index;
    const json_t *color;
    json_array_foreach(json_object_get(content, "colors"), index, color)
    {
        const char *hex = ie_json_get_text(color, "hex");
        if (hex != NULL && index < 3) {
            char *more = ie_asprintf("%s%s%s", colors, index > 0 ? " " : "", hex);
            free(colors);
            colors = more;
        }
    }
    if (colors[0] != 0) {
        add_part(line, "%s", colors);
    }
}

/* A block a photo: its path; when, with what, where; what it looks like; its faults. */
static void print_block(const ie_photo *photo, const json_t *record)
{
    char size[32];
    ie_buffer line = {0};
    const json_t *metadata = json_object_get(record, "metadata");
    printf("%s\n", ie_shown(ie_photo_path(photo)));
    const char *format = ie_json_get_text(record, "format");
    int64_t width = ie_json_get_int(record, "width", 0),
            height = ie_json_get_int(record, "height", 0);
    if (width > 0 && height > 0) {
        add_part(&line, "%s %lldx%lld", format != NULL ? format : "unknown", (long long)width,
                 (long long)height);
    } else {
        add_part(&line, "%s", format != NULL ? format : "unknown format");
    }
    add_part(&line, "%s", ie_size_text((uint64_t)ie_json_get_int(record, "size", 0), size));
    add_date(&line, metadata);
    end_line(&line);
    add_camera(&line, metadata);
    const json_t *gps = json_object_get(metadata, "gps");
    double latitude = ie_json_get_real(gps, "latitude"),
           longitude = ie_json_get_real(gps, "longitude");
    if (!isnan(latitude) && !isnan(longitude)) {
        add_part(&line, "%.5f, %.5f", latitude, longitude);
    }
    end_line(&line);
    add_words(&line, metadata);
    end_line(&line);
    add_content(&line, json_object_get(record, "content"));
    const json_t *vision = json_object_get(record, "vision");
    add_labels(&line, vision, "scenes");
    add_labels(&line, vision, "objects");
    end_line(&line);
    for (size_t i = 0; i < ie_photo_fault_count(photo); i++) {
        printf("    fault: %s\n", ie_photo_fault_text(photo, i));
    }
    ie_buffer_free(&line);
}

static void note_faults(analyze_run *run, const ie_photo *photo)
{
    const ie_options *options = run->session->options;
    for (size_t i = 0; i < ie_photo_fault_count(photo); i++) {
        const char *text = ie_photo_fault_text(photo, i);
        if (options->json || options->csv) {
            ie_session_remark(run->session, "%s: %s", ie_shown(ie_photo_path(photo)), text);
        }
        if (run->faults != NULL) {
            json_t *fault = json_object();
            ie_json_path(fault, "path", ie_photo_path(photo));
            ie_json_text(fault, "text", text);
            json_array_append_new(run->faults, fault);
        }
    }
}

static ie_status on_photo(void *user, const ie_photo *photo)
{
    analyze_run *run = user;
    const ie_options *options = run->session->options;
    ie_bar_erase(run->session->bar);
    if (options->csv) {
        IE_AUTO_FREE char *line = ie_photo_csv(photo);
        puts(line);
    } else {
        IE_AUTO_FREE char *line = ie_photo_json(photo);
        IE_AUTO_JSON json_t *record = NULL;
        if (options->json) {
            puts(line);
        } else if (ie_json_parse(line, strlen(line), "a record", &record, NULL) == IE_OK) {
            print_block(photo, record);
        }
    }
    note_faults(run, photo);
    return ie_output_ok() ? IE_OK : IE_ERR_CANCELLED;
}

static void print_end(const ie_session *session, const ie_summary *summary)
{
    const ie_options *options = session->options;
    /* NDJSON and CSV are the records and nothing else, so that two runs can be compared; --report has the numbers. */
    if (!options->json && !options->csv) {
        if (summary->photos + summary->videos > 0) {
            putchar('\n');
        }
        ie_summary_print(summary, IE_TENSE_READ, stdout);
    }
}

static int run_analyze(const ie_options *options)
{
    ie_session session = {.options = options};
    ie_error err = {0};
    ie_input input;
    ie_summary summary = {0};
    analyze_run run = {.session = &session,
                       .faults = options->report != NULL ? json_array() : NULL};
    ie_status status = IE_OK;
    if (options->json && options->csv) {
        status = ie_error_set(&err, IE_ERR_USAGE, "Give either --json or --csv, not both.");
    }
    if (status == IE_OK) {
        status = ie_session_input(&session, &input, &err);
    }
    if (status == IE_OK) {
        status = ie_session_open(&session, &err);
    }
    if (status == IE_OK) {
        if (options->csv) {
            puts(ie_photo_csv_header());
        }
        status = ie_engine_analyze(session.engine, &input, options->only, on_photo, &run, &summary,
                                   &err);
        ie_bar_erase(session.bar);
    }
    if (status == IE_OK) {
        print_end(&session, &summary);
    }
    if (status == IE_OK && options->report != NULL) {
        status = ie_report_write(options->report, &session, &summary, NULL, run.faults, &err);
        run.faults = NULL;
    }
    json_decref(run.faults);
    return ie_session_end(&session, status, &err, ie_summary_exit(&summary));
}

static const char *const examples[] = {
    "imgengine analyze ~/Pictures",
    "print what is known of each photo",
    "imgengine analyze ~/Pictures --json > photos.ndjson",
    "the same for programs, one object a line",
    "imgengine analyze --csv --only metadata ~/Pictures",
    "dates, cameras and places as a table",
    "find . -name '*.jpg' -print0 | imgengine analyze --files-from - -0",
    "look at the files of a list",
    NULL,
};

const ie_command ie_command_analyze = {
    .name = "analyze",
    .id = IE_CMD_ANALYZE,
    .arguments = "PATH...",
    .max_arguments = SIZE_MAX,
    .brief = "read photos and tell what is in them",
    .text = "Reads every photo below the given folders once and prints its date, camera, place, "
            "quality and faults. No file is written except the catalog, which remembers the "
            "results, so that a second run reads only what is new. Damaged photos are told of and "
            "do not stop the run.",
    .examples = examples,
    .run = run_analyze,
};
