// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/report.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/print.h"
#include "utils/error.h"
#include "utils/memory.h"

static const struct {
    const char *name;
    size_t offset;
} numbers[] = {
#define NUMBER(field)                                                                              \
    {                                                                                              \
#field, offsetof(ie_summary, field)                                                        \
    }
    NUMBER(found),       NUMBER(found_bytes),    NUMBER(photos),   NUMBER(videos),
    NUMBER(sidecars),    NUMBER(other),          NUMBER(misnamed), NUMBER(lone),
    NUMBER(fresh),       NUMBER(cached),         NUMBER(faulty),   NUMBER(kept),
    NUMBER(copied),      NUMBER(moved),          NUMBER(replaced), NUMBER(quarantined),
    NUMBER(converted),   NUMBER(unconverted),    NUMBER(untagged), NUMBER(tagged),
    NUMBER(plain),       NUMBER(skipped),        NUMBER(changed),  NUMBER(failed),
    NUMBER(unreached),   NUMBER(unreadable),     NUMBER(made),     NUMBER(written_bytes),
    NUMBER(saved_bytes), NUMBER(purged),         NUMBER(linked),   NUMBER(unlinked),
    NUMBER(reported),    NUMBER(reported_bytes), NUMBER(pictures), NUMBER(extra),
#undef NUMBER
};

json_t *ie_summary_json(const char *command, const ie_summary *summary)
{
    json_t *object = json_object();
    ie_json_text(object, "schema", "imgengine.summary/1");
    ie_json_text(object, "command", command);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint64_t value;
        memcpy(&value, (const char *)summary + numbers[i].offset, sizeof value);
        ie_json_int(object, numbers[i].name, (int64_t)value);
    }
    ie_json_real(object, "seconds", summary->seconds, 3);
    if (summary->run_id[0] != 0) {
        ie_json_text(object, "run", summary->run_id);
    }
    return object;
}

int ie_summary_exit(const ie_summary *summary)
{
    bool faults = summary->faulty > 0 || summary->failed > 0 || summary->changed > 0 ||
                  summary->plain > 0 || summary->unreadable > 0;
    return faults ? IE_EXIT_FAULTS : IE_EXIT_DONE;
}

/* One row of the table: a number, what it counts ("one|many"), and remarks joined by commas. */
typedef struct table_row {
    uint64_t count;
    const char *label;
    ie_buffer remark;
} table_row;

static void remark(table_row *row, const char *format, ...) IE_PRINTF(2, 3);

static void remark(table_row *row, const char *format, ...)
{
    char text[160];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ie_buffer_printf(&row->remark, "%s%s", row->remark.size > 0 ? ", " : "", text);
}

static void print_row(table_row *row, bool always, FILE *out)
{
    if (row->count > 0 || always) {
        size_t one = strcspn(row->label, "|");
        bool many = row->count != 1 && row->label[one] != 0;
        fprintf(out, "%9llu  %.*s", (unsigned long long)row->count, many ? INT_MAX : (int)one,
                row->label + (many ? one + 1 : 0));
        if (row->remark.size > 0) {
            fprintf(out, " (%s)", row->remark.data);
        }
        fputc('\n', out);
    }
    ie_buffer_free(&row->remark);
}

static void remark_count(table_row *row, uint64_t count, const char *what)
{
    if (count > 0) {
        remark(row, "%llu %s", (unsigned long long)count, what);
    }
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void print_kinds(const ie_summary *summary, FILE *out)
{
    table_row photos = {summary->photos, "photo|photos", {0}};
    table_row videos = {summary->videos, "video|videos", {0}};
    table_row sidecars = {summary->sidecars, "sidecar file|sidecar files", {0}};
    table_row other = {summary->other, "other file|other files", {0}};
    remark_count(&other, summary->misnamed, "named like a photo");
    table_row useless = {
        .count = summary->kept -
                 least(summary->kept, summary->photos + summary->videos + summary->sidecars),
        .label = "file that could not be used, for the reason given|files that "
                 "could not be used, each with its reason"};
    print_row(&photos, true, out);
    print_row(&videos, false, out);
    print_row(&sidecars, false, out);
    print_row(&useless, false, out);
    print_row(&other, false, out);
}

/* What is said of each kind of action: planned, done, to be undone, undone. */
enum {
    SAY_COPIED,
    SAY_MOVED,
    SAY_REPLACED,
    SAY_QUARANTINED,
    SAY_KEPT,
    SAY_SKIPPED,
    SAY_KINDS /* of files that were found; what is made beside them comes after their sum */,
    SAY_MADE = SAY_KINDS,
    SAY_PICTURES,
    SAY_ALL
};

static const char *const sayings[][SAY_ALL] = {
    [IE_TENSE_PLANNED] =
        {"to copy", "to move or rename", "to rewrite, the original goes into quarantine",
         "duplicate to move into quarantine|duplicates to move into quarantine",
         "to leave as it is|to leave as they are", "to skip, each with its reason",
         "sidecar to make beside them|sidecars to make beside them",
         "converted picture to make beside them|converted pictures to make beside them"},
    [IE_TENSE_DONE] = {"copied", "moved or renamed", "rewritten, the original is in quarantine",
                       "duplicate moved into quarantine|duplicates moved into quarantine",
                       "left as it was|left as they were", "skipped, each with its reason",
                       "sidecar made beside them|sidecars made beside them",
                       "converted picture made beside them|converted pictures made beside them"},
    /* Undoing counts files brought back as moved, and files the run had made as replaced. */
    [IE_TENSE_UNDO_PLANNED] = {"to copy", "to bring back", "made by the run, to take away",
                               "to quarantine", "to leave as it is|to leave as they are",
                               "not part of this undo", "", ""},
    [IE_TENSE_UNDONE] = {"copied", "brought back", "made by the run, taken away", "quarantined",
                         "left as it was|left as they were", "not part of this undo", "", ""},
};

/* What is no file that was found, so that the numbers above are those of the files. */
static void print_beside(const ie_summary *summary, ie_tense tense, FILE *out)
{
    table_row more = {.count =
                          summary->extra - least(summary->extra, summary->made + summary->pictures),
                      .label = "more beside them, counted above"};
    table_row made = {.count = summary->made, .label = sayings[tense][SAY_MADE]};
    table_row pictures = {.count = summary->pictures, .label = sayings[tense][SAY_PICTURES]};
    print_row(&more, false, out);
    print_row(&made, false, out);
    print_row(&pictures, false, out);
}

static void remark_part(table_row *row, const ie_summary_part *part)
{
    char size[32];
    remark_count(row, part->converted, "converted");
    remark_count(row, part->tagged, "tagged");
    remark_count(row, part->plain, "as they are after all, each with its reason");
    remark_count(row, part->unconverted, "not converted or turned, each with its reason");
    remark_count(row, part->untagged, "not tagged, each with its reason");
    if (part->bytes > 0) {
        remark(row, "%s", ie_size_text(part->bytes, size));
    }
}

static void print_actions(const ie_summary *summary, ie_tense tense, FILE *out)
{
    char size[32];
    table_row row[SAY_KINDS];
    const uint64_t counts[SAY_KINDS] = {summary->copied,      summary->moved, summary->replaced,
                                        summary->quarantined, summary->kept,  summary->skipped};
    for (size_t i = 0; i < SAY_KINDS; i++) {
        row[i] = (table_row){.count = counts[i], .label = sayings[tense][i]};
    }
    remark_part(&row[SAY_COPIED], &summary->of_copied);
    remark_part(&row[SAY_MOVED], &summary->of_moved);
    remark_part(&row[SAY_REPLACED], &summary->of_replaced);
    remark_part(&row[SAY_KEPT], &summary->of_kept);
    remark_part(&row[SAY_SKIPPED], &summary->of_skipped);
    if (summary->saved_bytes > 0) {
        remark(&row[SAY_QUARANTINED], "%s", ie_size_text(summary->saved_bytes, size));
    }
    remark_count(&row[SAY_QUARANTINED], summary->linked,
                 tense == IE_TENSE_PLANNED ? "to give their names to links"
                                           : "gave their names to links");
    if (summary->reported > 0) {
        remark(&row[SAY_KEPT], "%llu of them %s, %s", (unsigned long long)summary->reported,
               summary->reported == 1 ? "a duplicate" : "duplicates",
               ie_size_text(summary->reported_bytes, size));
    }
    remark_count(&row[SAY_KEPT], summary->unlinked,
                 "the same picture in other bytes, which a link does not stand for");
    for (size_t i = 0; i < SAY_KINDS; i++) {
        print_row(&row[i], false, out);
    }
    print_row(
        &(table_row){
            .count = summary->failed,
            .label = tense < IE_TENSE_UNDO_PLANNED ? "failed" : "refused, each with its reason",
        },
        false, out);
    print_row(&(table_row){.count = summary->unreached,
                           .label = "not reached, because the run stopped"},
              false, out);
    table_row other = {.count = summary->other,
                       .label = "other file, not touched|other files, not touched"};
    remark_count(&other, summary->misnamed, "named like a photo");
    remark_count(&other, summary->lone,
                 summary->lone == 1 ? "sidecar without a photo" : "sidecars without a photo");
    print_row(&other, false, out);
}

void ie_summary_print(const ie_summary *summary, ie_tense tense, FILE *out)
{
    char size[32], time[32];
    if (tense == IE_TENSE_READ) {
        print_kinds(summary, out);
    } else {
        print_actions(summary, tense, out);
    }
    bool undo = tense == IE_TENSE_UNDO_PLANNED || tense == IE_TENSE_UNDONE;
    const char *files = undo ? (summary->found == 1 ? "file of the run" : "files of the run")
                             : (summary->found == 1 ? "file found" : "files found");
    fprintf(out, "%9s\n%9llu  %s, %s, in %s\n", "-----", (unsigned long long)summary->found, files,
            ie_size_text(summary->found_bytes, size), ie_duration_text(summary->seconds, time));
    if (summary->cached > 0) {
        fprintf(out, "%9llu  analyzed now, %llu known from the catalog\n",
                (unsigned long long)summary->fresh, (unsigned long long)summary->cached);
    }
    if (summary->faulty > 0) {
        fprintf(out, "%9llu  of them %s faults\n", (unsigned long long)summary->faulty,
                summary->faulty == 1 ? "has" : "have");
    }
    if (summary->unreadable > 0) {
        fprintf(out, "%9llu  more could not be read\n", (unsigned long long)summary->unreadable);
    }
    if (tense != IE_TENSE_READ && !undo) {
        print_beside(summary, tense, out);
    }
}

static void add_actions(ie_buffer *text, const ie_plan *plan)
{
    ie_buffer_text(text, ",\n\"actions\":[");
    size_t count = plan != NULL ? ie_plan_count(plan) : 0;
    for (size_t i = 0; i < count; i++) {
        IE_AUTO_FREE char *action = ie_plan_action_json(plan, i);
        ie_buffer_printf(text, "%s\n%s", i > 0 ? "," : "", action);
    }
    ie_buffer_text(text, "]");
}

static void add_member(ie_buffer *text, const char *key, json_t *take_value)
{
    IE_AUTO_FREE char *value = ie_json_line(take_value);
    ie_buffer_printf(text, ",\n\"%s\":%s", key, value);
}

ie_status ie_report_write(const char *path, const ie_session *session, const ie_summary *summary,
                          const ie_plan *plan, json_t *take_faults, ie_error *err)
{
    const char *command = session->options->command->name;
    ie_buffer text = {0};
    ie_buffer_printf(&text,
                     "{\"schema\":\"imgengine.report/1\",\n\"version\":\"%s\",\n\"command\":\"%s\"",
                     ie_version(), command);
    add_member(&text, "summary", ie_summary_json(command, summary));
    json_t *notices = json_array();
    for (size_t i = 0; i < session->notice_count; i++) {
        json_t *notice = json_string(session->notices[i]);
        if (notice !=
            NULL) { /* not UTF-8: the engine escapes paths, so this is no path of the user */
            json_array_append_new(notices, notice);
        }
    }
    add_member(&text, "notices", notices);
    if (take_faults != NULL) {
        add_member(&text, "faults", take_faults);
    }
    if (plan != NULL) {
        add_actions(&text, plan);
    }
    ie_buffer_text(&text, "}\n");
    ie_status status = ie_write_report(path, text.data, text.size, true, err);
    ie_buffer_free(&text);
    return status;
}
