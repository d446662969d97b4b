// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/report.h"
#include "cli/session.h"
#include "utils/error.h"
#include "utils/json_view.h"
#include "utils/memory.h"

/* Texts of a record; the next one takes the place of the last in the same slot. */
typedef struct texts {
    ie_buffer slots[3];
} texts;

typedef struct analyze_run {
    ie_session *session;
    json_t *faults; /* for the report; NULL when there is none */
    ie_buffer block; /* kept from photo to photo, as are the texts: there may be a million that are
                        known */
    texts texts;
} analyze_run;

/* Before each fact of a block: lines are indented, and the facts of one stand apart by two
   blanks. */
static void begin_part(ie_buffer *block)
{
    ie_buffer_text(block, block->data[block->size - 1] == '\n' ? "    " : "  ");
}

static void add_part(ie_buffer *block, const char *format, ...) IE_PRINTF(2, 3);

static void add_part(ie_buffer *block, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    begin_part(block);
    ie_buffer_text(block, text);
}

static void end_line(ie_buffer *block)
{
    if (block->data[block->size - 1] != '\n') {
        ie_buffer_char(block, '\n');
    }
}

#define MEMBERS(view, names, values) \
    ie_json_view_members(view, names, sizeof(names) / sizeof *(names), values)

static void add_date(ie_buffer *block, ie_json_view captured, texts *t)
{
    enum { LOCAL, OFFSET, SOURCE, COUNT };
    static const char *const names[] = {"local", "offset", "source"};
    ie_json_view of[COUNT];
    MEMBERS(captured, names, of);
    if (ie_json_view_text(of[LOCAL], &t->slots[LOCAL]) == NULL) {
        return;
    }
    char *local = t->slots[LOCAL].data, *middle = strchr(local, 'T');
    if (middle != NULL) {
        *middle = ' ';
    }
    const char *offset = ie_json_view_text(of[OFFSET], &t->slots[OFFSET]),
               *source = ie_json_view_text(of[SOURCE], &t->slots[SOURCE]);
    const char *const parts[] = {local,
                                 offset != NULL ? " " : "",
                                 offset != NULL ? offset : "",
                                 " (",
                                 source != NULL ? source : "unknown source",
                                 ")"};
    begin_part(block);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        ie_buffer_text(block, parts[i]);
    }
}

static void add_exposure(ie_buffer *block, ie_json_view exposure)
{
    enum { FOCAL, F, TIME, ISO, COUNT };
    static const char *const names[] = {"focal_length_mm", "f_number", "time_s", "iso"};
    ie_json_view of[COUNT];
    MEMBERS(exposure, names, of);
    double focal = ie_json_view_real(of[FOCAL]), f = ie_json_view_real(of[F]),
           time = ie_json_view_real(of[TIME]);
    int64_t iso = ie_json_view_int(of[ISO], 0);
    if (!isnan(focal) && focal > 0) {
        add_part(block, "%.4g mm", focal);
    }
    if (!isnan(f) && f > 0) {
        add_part(block, "f/%.3g", f);
    }
    if (!isnan(time) && time > 0) {
        add_part(block, time < 0.3 ? "1/%.0f s" : "%.3g s", time < 0.3 ? 1 / time : time);
    }
    if (iso > 0) {
        add_part(block, "ISO %lld", (long long)iso);
    }
}

static void add_camera(ie_buffer *block, ie_json_view camera, texts *t)
{
    static const char *const names[] = {"make", "model"};
    ie_json_view of[2];
    MEMBERS(camera, names, of);
    const char *make = ie_json_view_text(of[0], &t->slots[0]),
               *model = ie_json_view_text(of[1], &t->slots[1]);
    if (model != NULL) {
        /* Many models repeat the maker: "Canon" "Canon EOS 5D". */
        size_t first = make != NULL ? strcspn(make, " ") : 0;
        bool repeats = make == NULL || strncasecmp(make, model, first) == 0;
        add_part(block, "%s%s%s", repeats ? "" : ie_shown(make), repeats ? "" : " ",
                 ie_shown(model));
    } else if (make != NULL) {
        add_part(block, "%s", ie_shown(make));
    }
}

static void add_place(ie_buffer *block, ie_json_view gps)
{
    static const char *const names[] = {"latitude", "longitude"};
    ie_json_view of[2];
    MEMBERS(gps, names, of);
    double latitude = ie_json_view_real(of[0]), longitude = ie_json_view_real(of[1]);
    if (!isnan(latitude) && !isnan(longitude)) {
        add_part(block, "%.5f, %.5f", latitude, longitude);
    }
}

static void add_words(ie_buffer *block, ie_json_view titled, ie_json_view keywords,
                      ie_json_view rated, texts *t)
{
    const char *title = ie_json_view_text(titled, &t->slots[0]);
    int64_t rating = ie_json_view_int(rated, INT64_MIN);
    ie_buffer joined = {0};
    for (ie_json_view keyword = {0}; ie_json_view_next(keywords, &keyword);) {
        const char *text = ie_json_view_text(keyword, &t->slots[1]);
        ie_buffer_printf(&joined, "%s%s", joined.size > 0 ? ", " : "",
                         ie_shown(text != NULL ? text : ""));
    }
    if (title != NULL) {
        add_part(block, "\"%s\"", ie_shown(title));
    }
    if (joined.size > 0) {
        add_part(block, "keywords: %s", joined.data);
    }
    if (rating != INT64_MIN) {
        add_part(block, "rating %lld", (long long)rating);
    }
    ie_buffer_free(&joined);
}

static void add_labels(ie_buffer *block, ie_json_view list, texts *t)
{
    static const char *const names[] = {"label", "confidence"};
    ie_json_view label = {0}, of[2];
    for (int i = 0; i < 5 && ie_json_view_next(list, &label); i++) {
        MEMBERS(label, names, of);
        const char *text = ie_json_view_text(of[0], &t->slots[0]);
        if (text != NULL) {
            add_part(block, "%s %.2f", ie_shown(text), ie_json_view_real(of[1]));
        }
    }
}

static void add_content(ie_buffer *block, ie_json_view content, texts *t)
{
    enum { QUALITY, BLURRED, COLORS, COUNT };
    static const char *const names[] = {"quality", "blurred", "colors"}, *const of_color[] = {
                                                                             "hex"};
    ie_json_view of[COUNT], color = {0}, hex;
    MEMBERS(content, names, of);
    double quality = ie_json_view_real(of[QUALITY]);
    if (!isnan(quality)) {
        add_part(block, "quality %.2f%s", quality,
                 ie_json_view_true(of[BLURRED]) ? " (blurred)" : "");
    }
    ie_buffer joined = {0};
    for (int i = 0; i < 3 && ie_json_view_next(of[COLORS], &color); i++) {
        MEMBERS(color, of_color, &hex);
        const char *text = ie_json_view_text(hex, &t->slots[0]);
        ie_buffer_printf(&joined, "%s%s", joined.size > 0 ? " " : "", text != NULL ? text : "");
    }
    if (joined.size > 0) {
        add_part(block, "%s", joined.data);
    }
    ie_buffer_free(&joined);
}

static void print_metadata(ie_buffer *block, ie_json_view metadata, texts *t)
{
    enum { CAPTURED, CAMERA, EXPOSURE, GPS, TITLE, KEYWORDS, RATING, COUNT };
    static const char *const names[] = {"captured", "camera",   "exposure", "gps",
                                        "title",    "keywords", "rating"};
    ie_json_view of[COUNT];
    MEMBERS(metadata, names, of);
    add_date(block, of[CAPTURED], t);
    end_line(block);
    add_camera(block, of[CAMERA], t);
    add_exposure(block, of[EXPOSURE]);
    add_place(block, of[GPS]);
    end_line(block);
    add_words(block, of[TITLE], of[KEYWORDS], of[RATING], t);
    end_line(block);
}

/* A block a photo: its path; when, with what, where; what it looks like; its faults. */
static void print_block(analyze_run *run, const ie_photo *photo, ie_json_view record)
{
    enum { FORMAT, WIDTH, HEIGHT, SIZE, METADATA, CONTENT, VISION, COUNT };
    static const char *const names[] = {"format",   "width",   "height", "size",
                                        "metadata", "content", "vision"},
                             *const lists[] = {"scenes", "objects"};
    char size[32];
    texts *t = &run->texts;
    ie_buffer *block = &run->block;
    ie_json_view of[COUNT], labels[2];
    MEMBERS(record, names, of);
    ie_buffer_clear(block);
    ie_buffer_text(block, ie_shown(ie_photo_path(photo)));
    ie_buffer_char(block, '\n');
    const char *format = ie_json_view_text(of[FORMAT], &t->slots[0]);
    int64_t width = ie_json_view_int(of[WIDTH], 0), height = ie_json_view_int(of[HEIGHT], 0);
    if (width > 0 && height > 0) {
        add_part(block, "%s %lldx%lld", format != NULL ? format : "unknown", (long long)width,
                 (long long)height);
    } else {
        add_part(block, "%s", format != NULL ? format : "unknown format");
    }
    add_part(block, "%s", ie_size_text((uint64_t)ie_json_view_int(of[SIZE], 0), size));
    print_metadata(block, of[METADATA], t);
    add_content(block, of[CONTENT], t);
    MEMBERS(of[VISION], lists, labels);
    add_labels(block, labels[0], t);
    add_labels(block, labels[1], t);
    end_line(block);
    for (size_t i = 0; i < ie_photo_fault_count(photo); i++) {
        ie_buffer_printf(block, "    fault: %s\n", ie_photo_fault_text(photo, i));
    }
    fwrite(block->data, 1, block->size, stdout);
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
        if (options->json) {
            puts(line);
        } else {
            print_block(run, photo, (ie_json_view){line, line + strlen(line)});
        }
    }
    note_faults(run, photo);
    return ie_output_ok() ? IE_OK : IE_ERR_CANCELLED;
}

static void print_end(const ie_session *session, const ie_summary *summary)
{
    const ie_options *options = session->options;
    /* NDJSON and CSV are the records and nothing else, so that two runs can be compared; --report
       has the numbers. */
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
    ie_buffer_free(&run.block);
    for (size_t i = 0; i < sizeof run.texts.slots / sizeof *run.texts.slots; i++) {
        ie_buffer_free(&run.texts.slots[i]);
    }
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
