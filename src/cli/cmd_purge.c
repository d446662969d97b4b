// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "cli/session.h"
#include "utils/error.h"
#include "utils/json.h"
#include "utils/memory.h"

typedef struct purge_list {
    ie_session *session;
    size_t count;
} purge_list;

static void on_line(void *user, const char *text)
{
    purge_list *list = user;
    ie_bar_erase(list->session->bar);
    if (list->session->options->json) {
        json_t *object = json_object();
        ie_json_text(object, "schema", "imgengine.remark/1");
        ie_json_text(object, "text", text);
        IE_AUTO_FREE char *line = ie_json_line(object);
        puts(line);
    } else {
        puts(text);
    }
}

static json_t *counts_json(const char *schema, uint64_t files, uint64_t bytes, uint64_t kept)
{
    json_t *object = json_object();
    ie_json_text(object, "schema", schema);
    ie_json_int(object, "files", (int64_t)files);
    ie_json_int(object, "bytes", (int64_t)bytes);
    ie_json_int(object, "kept", (int64_t)kept);
    return object;
}

static ie_status on_run(void *user, const ie_purge_run *run)
{
    purge_list *list = user;
    if (list->session->options->json) {
        json_t *object = counts_json("imgengine.purge/1", run->files, run->bytes, run->kept);
        ie_json_text(object, "id", run->id);
        ie_json_text(object, "time", run->time);
        ie_json_text(object, "command", run->command);
        ie_json_path(object, "root", run->root);
        IE_AUTO_FREE char *line = ie_json_line(object);
        puts(line);
        return ie_output_ok() ? IE_OK : IE_ERR_CANCELLED;
    }
    if (list->count++ == 0) {
        printf("%-21s  %-20s  %-8s  %7s  %10s  %s\n", "RUN", "TIME (UTC)", "COMMAND", "FILES",
               "SIZE", "FOLDER");
    }
    char size[32];
    printf("%-21s  %-20s  %-8s  %7llu  %10s  %s\n", run->id, run->time, run->command,
           (unsigned long long)run->files, ie_size_text(run->bytes, size), ie_shown(run->root));
    return ie_output_ok() ? IE_OK : IE_ERR_CANCELLED;
}

static void print_end(const ie_options *options, const ie_purge_counts *counts)
{
    if (options->json) {
        json_t *object =
            counts_json("imgengine.purged/1", counts->files, counts->bytes, counts->kept);
        ie_json_int(object, "runs", (int64_t)counts->runs);
        json_object_set_new(object, "applied", json_boolean(options->apply));
        IE_AUTO_FREE char *line = ie_json_line(object);
        puts(line);
        return;
    }
    if (counts->files + counts->kept == 0) {
        puts("There is nothing in quarantine to free.");
        return;
    }
    ie_buffer text = {0};
    char size[32];
    ie_buffer_text(&text, options->apply ? "\nFreed " : "\nWould free ");
    ie_add_count(&text, counts->files, "file", NULL);
    ie_buffer_printf(&text, ", %s, of ", ie_size_text(counts->bytes, size));
    ie_add_count(&text, counts->runs, "run", NULL);
    printf("%s.\n", text.data);
    ie_buffer_free(&text);
    if (counts->kept > 0) {
        printf("Kept in quarantine: %llu; the reasons stand above.\n",
               (unsigned long long)counts->kept);
    }
    if (options->apply) {
        printf("%s cannot be restored by undo any more.\n",
               counts->files == 1 ? "This file" : "These files");
    } else {
        puts("After that, undo cannot restore these files any more.\n"
             "Nothing was changed. Add --apply to free them.");
    }
}

/* "30d": a whole number and h, d, w or y. */
static ie_status parse_age(const char *text, int64_t *ret_seconds, ie_error *err)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'h', 3600}, {'d', 86400}, {'w', 7 * 86400}, {'y', 365 * 86400}};
    size_t length = strlen(text);
    IE_AUTO_FREE char *number = ie_strndup(text, length > 0 ? length - 1 : 0);
    int64_t value;
    for (size_t i = 0; length > 0 && i < sizeof units / sizeof *units; i++) {
        if (text[length - 1] == units[i].unit && ie_parse_int(number, 1, 100000, &value)) {
            *ret_seconds = value * units[i].seconds;
            return IE_OK;
        }
    }
    return ie_error_set(
        err, IE_ERR_USAGE,
        "--older-than takes a number with h, d, w or y behind it, such as 30d, not \"%s\".",
        ie_shown(text));
}

static ie_status read_request(const ie_options *options, ie_purge_request *ret_request,
                              ie_error *err)
{
    ie_purge_request request = {
        .run_id = options->argument_count > 0 ? options->arguments[0] : NULL,
        .root = options->root,
        .apply = options->apply,
        .edited = options->edited,
        .wait = options->wait,
    };
    if (options->apply && options->dry_run) {
        return ie_error_set(err, IE_ERR_USAGE, "Give either --apply or --dry-run, not both.");
    }
    if (options->older_than != NULL && request.run_id != NULL) {
        return ie_error_set(err, IE_ERR_USAGE, "Give either a run or --older-than, not both.");
    }
    if (options->older_than != NULL &&
        parse_age(options->older_than, &request.older_than_s, err) != IE_OK) {
        return IE_ERR_USAGE;
    }
    *ret_request = request;
    return IE_OK;
}

static int run_purge(const ie_options *options)
{
    ie_session session = {.options = options};
    ie_error err = {0};
    purge_list list = {.session = &session};
    ie_purge_request request;
    ie_purge_counts counts = {0};
    ie_status status = read_request(options, &request, &err);
    if (status == IE_OK) {
        status = ie_session_open(&session, &err);
    }
    if (status == IE_OK) {
        if (request.apply) {
            ie_interrupt_changing();
        }
        status = ie_engine_purge(session.engine, &request, on_run, on_line, &list, &counts, &err);
    }
    if (status == IE_OK) {
        print_end(options, &counts);
    }
    return ie_session_end(&session, status, &err, counts.kept > 0 ? IE_EXIT_FAULTS : IE_EXIT_DONE);
}

static const char *const examples[] = {
    "imgengine purge",
    "show what lies in quarantine and would be freed",
    "imgengine purge --older-than 30d --apply",
    "free what runs of more than 30 days ago put there",
    "imgengine purge 20260114T091233-1f3a --apply",
    "only what this run put there",
    "imgengine purge --root /media/disk/Pictures",
    "from that folder's own journal, without the catalog",
    NULL,
};

const ie_command ie_command_purge = {
    .name = "purge",
    .id = IE_CMD_PURGE,
    .arguments = "[RUN]",
    .max_arguments = 1,
    .brief = "free what lies in quarantine, for good",
    .text =
        "Frees the space of files that runs put into quarantine. Nothing else ever deletes them, "
        "and undo cannot restore them afterwards. Without --apply it only shows what would be "
        "freed. What stayed in place of each is read first and must hold the very bytes that the "
        "run saw or made, under its name or one that a later run gave it; else the file is kept "
        "and the reason said, as is one that is no longer what was put there.",
    .examples = examples,
    .run = run_purge,
};
