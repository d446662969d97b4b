// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/session.h"
#include "utils/error.h"
#include "utils/json.h"
#include "utils/memory.h"

typedef struct runs_list {
    ie_session *session;
    size_t count;
} runs_list;

static void print_json(const ie_run_info *run)
{
    json_t *object = json_object();
    ie_json_text(object, "schema", "imgengine.run/1");
    ie_json_text(object, "id", run->id);
    ie_json_text(object, "time", run->time);
    ie_json_text(object, "command", run->command);
    ie_json_path(object, "root", run->root);
    ie_json_text(object, "state", run->state);
    ie_json_int(object, "actions", (int64_t)run->actions);
    ie_json_int(object, "purged", (int64_t)run->purged);
    ie_json_int(object, "held_files", (int64_t)run->held_files);
    ie_json_int(object, "held_bytes", (int64_t)run->held_bytes);
    IE_AUTO_FREE char *line = ie_json_line(object);
    puts(line);
}

static ie_status on_run(void *user, const ie_run_info *run)
{
    runs_list *list = user;
    list->count++;
    if (list->session->options->json) {
        print_json(run);
        return ie_output_ok() ? IE_OK : IE_ERR_CANCELLED;
    }
    if (list->count == 1) {
        printf("%-21s  %-20s  %-8s  %-13s  %7s  %10s  %s\n", "RUN", "TIME (UTC)", "COMMAND",
               "STATE", "ACTIONS", "QUARANTINE", "FOLDER");
    }
    char size[32];
    printf("%-21s  %-20s  %-8s  %-13s  %7llu  %10s  %s\n", run->id, run->time, run->command,
           run->state, (unsigned long long)run->actions,
           run->held_bytes > 0 ? ie_size_text(run->held_bytes, size) : "-", ie_shown(run->root));
    return ie_output_ok() ? IE_OK : IE_ERR_CANCELLED;
}

static int run_runs(const ie_options *options)
{
    ie_session session = {.options = options};
    ie_error err = {0};
    runs_list list = {.session = &session};
    ie_status status = ie_session_open(&session, &err);
    if (status == IE_OK) {
        status = ie_engine_runs(session.engine, options->root, on_run, &list, &err);
    }
    if (status == IE_OK && list.count == 0 && !options->json) {
        puts(options->root != NULL ? "No run is journaled in this folder."
                                   : "No run is known yet.");
    }
    return ie_session_end(&session, status, &err, IE_EXIT_DONE);
}

static const char *const examples[] = {
    "imgengine runs",
    "all runs that the catalog knows, newest first",
    "imgengine runs --root /media/disk/Pictures",
    "those in that folder's own journal",
    NULL,
};

const ie_command ie_command_runs = {
    .name = "runs",
    .id = IE_CMD_RUNS,
    .arguments = "",
    .brief = "list what was done",
    .text = "Lists the runs that changed files, newest first, with what can still be undone and "
            "how much lies in quarantine. The journal travels with the photos: --root reads it "
            "from there when the catalog does not know the disk.",
    .examples = examples,
    .run = run_runs,
};
