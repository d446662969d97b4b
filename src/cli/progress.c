// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/print.h"
#include "utils/error.h"
#include "utils/json.h"
#include "utils/memory.h"

#define REDRAW_S 0.1
/* Rates forget with this time constant: cached files fly by, new ones take their time. */
#define MEMORY_S 4.0

typedef enum bar_mode { MODE_NONE, MODE_BAR, MODE_JSON } bar_mode;

struct ie_bar {
    bar_mode mode;
    bool drawn;
    ie_stage stage;
    double drawn_at_s, measured_at_s; /* monotonic */
    uint64_t measured_done, measured_bytes;
    double files_rate, bytes_rate; /* a second; NaN: not known yet */
};

static const struct {
    const char *name, *doing;
} stages[] = {
    [IE_STAGE_SCAN] = {"scan", "Looking"},           [IE_STAGE_ANALYZE] = {"analyze", "Analyzing"},
    [IE_STAGE_COMPARE] = {"compare", "Comparing"},   [IE_STAGE_APPLY] = {"apply", "Applying"},
    [IE_STAGE_UNDO] = {"undo", "Undoing"},           [IE_STAGE_FETCH] = {"fetch", "Fetching"},
    [IE_STAGE_PAIRS] = {"pairs", "Comparing pairs"}, [IE_STAGE_PAGES] = {"pages", "Reading pages"},
};

const char *ie_stage_name(ie_stage stage)
{
    return stages[stage].name;
}

static double now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static size_t terminal_width(void)
{
    struct winsize size;
    if (ioctl(fileno(ie_messages()), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    int64_t columns;
    const char *text = getenv("COLUMNS");
    return text != NULL && ie_parse_int(text, 20, 1000, &columns) ? (size_t)columns : 80;
}

ie_status ie_bar_new(const char *mode, bool quiet, ie_bar **ret_bar, ie_error *err)
{
    const char *term = getenv("TERM");
    bool capable = isatty(fileno(ie_messages())) && term != NULL && strcmp(term, "dumb") != 0;
    bar_mode chosen;
    if (mode == NULL || strcmp(mode, "auto") == 0) {
        chosen = capable && !quiet ? MODE_BAR : MODE_NONE;
    } else if (strcmp(mode, "bar") == 0) {
        chosen = MODE_BAR;
    } else if (strcmp(mode, "json") == 0) {
        chosen = MODE_JSON;
    } else if (strcmp(mode, "none") == 0) {
        chosen = MODE_NONE;
    } else {
        return ie_error_set(err, IE_ERR_USAGE, "--progress is auto, bar, json or none, not \"%s\".",
                            ie_shown(mode));
    }
    ie_bar *bar = ie_alloc(sizeof *bar);
    *bar = (ie_bar){.mode = chosen, .stage = (ie_stage)-1};
    *ret_bar = bar;
    return IE_OK;
}

void ie_bar_free(ie_bar *bar)
{
    if (bar != NULL) {
        ie_bar_erase(bar);
        free(bar);
    }
}

void ie_bar_erase(ie_bar *bar)
{
    if (bar->drawn) {
        fputs("\r\033[K", ie_messages());
        fflush(ie_messages());
        bar->drawn = false;
        bar->drawn_at_s = 0;
    }
}

static void measure(ie_bar *bar, const ie_progress *progress, double now)
{
    if (progress->stage != bar->stage) {
        bar->stage = progress->stage;
        bar->measured_at_s = now;
        bar->measured_done = progress->done;
        bar->measured_bytes = progress->bytes_done;
        bar->files_rate = bar->bytes_rate = NAN;
        return;
    }
    double passed = now - bar->measured_at_s;
    if (passed < 0.25 || progress->done < bar->measured_done ||
        progress->bytes_done < bar->measured_bytes) {
        return;
    }
    double files = (double)(progress->done - bar->measured_done) / passed;
    double bytes = (double)(progress->bytes_done - bar->measured_bytes) / passed;
    double weight = isnan(bar->files_rate) ? 1 : 1 - exp(-passed / MEMORY_S);
    bar->files_rate = weight * files + (weight < 1 ? (1 - weight) * bar->files_rate : 0);
    bar->bytes_rate = weight * bytes + (weight < 1 ? (1 - weight) * bar->bytes_rate : 0);
    bar->measured_at_s = now;
    bar->measured_done = progress->done;
    bar->measured_bytes = progress->bytes_done;
}

/* Seconds left, by bytes where they are known because photos differ in size; NaN when nobody can
   say. */
static double time_left(const ie_bar *bar, const ie_progress *progress)
{
    if (progress->bytes_total > progress->bytes_done && bar->bytes_rate > 0) {
        return (double)(progress->bytes_total - progress->bytes_done) / bar->bytes_rate;
    }
    if (progress->total > progress->done && bar->files_rate > 0) {
        return (double)(progress->total - progress->done) / bar->files_rate;
    }
    return NAN;
}

/* As much of the path's end as fits: the name says more than the folders. */
static void add_path(ie_buffer *line, const char *path, size_t room)
{
    if (room < 12) {
        return;
    }
    const char *shown = ie_shown(path);
    size_t columns = ie_columns(shown);
    if (columns + 2 <= room) {
        ie_buffer_printf(line, "  %s", shown);
        return;
    }
    while (*shown != 0 && ie_columns(shown) + 3 > room) {
        size_t length = ie_utf8_char((const unsigned char *)shown);
        shown += length > 0 ? length : 1;
    }
    ie_buffer_printf(line, "  …%s", shown);
}

/* A file that is fetched counts by its bytes. */
static void add_bytes(ie_buffer *line, const ie_progress *progress)
{
    char done[32], total[32];
    ie_buffer_printf(line, " %s", ie_size_text(progress->bytes_done, done));
    if (progress->bytes_total > 0) {
        ie_buffer_printf(line, " of %s (%.0f %%)", ie_size_text(progress->bytes_total, total),
                         100.0 * (double)progress->bytes_done / (double)progress->bytes_total);
    }
}

static void draw(ie_bar *bar, const ie_progress *progress)
{
    ie_buffer line = {0};
    char text[32];
    ie_buffer_text(&line, stages[progress->stage].doing);
    if (progress->stage == IE_STAGE_FETCH) {
        add_bytes(&line, progress);
    } else {
        ie_buffer_printf(&line, " %llu", (unsigned long long)progress->done);
    }
    if (progress->total > 0) {
        ie_buffer_printf(&line, "/%llu", (unsigned long long)progress->total);
    }
    if (bar->files_rate > 0) {
        ie_buffer_printf(&line, "  %.*f/s", bar->files_rate < 10 ? 1 : 0, bar->files_rate);
    }
    if (bar->bytes_rate > 0) {
        ie_buffer_printf(&line, "  %s/s", ie_size_text((uint64_t)bar->bytes_rate, text));
    }
    double left = time_left(bar, progress);
    if (!isnan(left)) {
        /* Tenths would only flicker. */
        if (left < 59.5) {
            snprintf(text, sizeof text, "%.0f s", ceil(left));
        } else {
            ie_duration_text(left, text);
        }
        ie_buffer_printf(&line, "  %s left", text);
    }
    size_t width = terminal_width() - 1, used = ie_columns(line.data);
    if (progress->path != NULL && used < width) {
        add_path(&line, progress->path, width - used);
    }
    while (line.size > 0 && ie_columns(line.data) > width) {
        line.data[--line.size] = 0;
    }
    fprintf(ie_messages(), "\r\033[K%s", line.data);
    fflush(ie_messages());
    bar->drawn = true;
    ie_buffer_free(&line);
}

static void print_json(const ie_bar *bar, const ie_progress *progress)
{
    json_t *object = json_object();
    ie_json_text(object, "schema", "imgengine.progress/1");
    ie_json_text(object, "stage", ie_stage_name(progress->stage));
    ie_json_int(object, "done", (int64_t)progress->done);
    if (progress->total > 0) {
        ie_json_int(object, "total", (int64_t)progress->total);
    }
    ie_json_int(object, "bytes_done", (int64_t)progress->bytes_done);
    if (progress->bytes_total > 0) {
        ie_json_int(object, "bytes_total", (int64_t)progress->bytes_total);
    }
    ie_json_real(object, "rate", bar->files_rate, 1);
    ie_json_real(object, "eta_s", time_left(bar, progress), 1);
    ie_json_path(object, "path", progress->path);
    IE_AUTO_FREE char *line = ie_json_line(object);
    fprintf(ie_messages(), "%s\n", line);
}

void ie_bar_update(ie_bar *bar, const ie_progress *progress)
{
    if (bar->mode == MODE_NONE || (size_t)progress->stage >= sizeof stages / sizeof *stages) {
        return;
    }
    double now = now_s();
    bool new_stage = progress->stage != bar->stage;
    measure(bar, progress, now);
    bool last = progress->stage == IE_STAGE_FETCH
                    ? progress->bytes_total > 0 && progress->bytes_done == progress->bytes_total
                    : progress->total > 0 && progress->done == progress->total;
    if (!new_stage && now - bar->drawn_at_s < REDRAW_S && !(last && bar->mode == MODE_JSON)) {
        return;
    }
    bar->drawn_at_s = now;
    if (bar->mode == MODE_JSON) {
        print_json(bar, progress);
    } else {
        draw(bar, progress);
    }
}
