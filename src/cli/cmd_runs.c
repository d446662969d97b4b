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
    if (run->journaled) {
        ie_json_int(object, "actions", (int64_t)run->actions);
        ie_json_int(object, "undone", (int64_t)run->undone);
        ie_json_int(object, "purged", (int64_t)run->purged);
        ie_json_int(object, "held_files", (int64_t)run->held_files);
        ie_json_int(object, "held_bytes", (int64_t)run->held_bytes);
    }
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
    char size[32], actions[24] = "-";
    if (run->journaled) {
        snprintf(actions, sizeof actions, "%llu", (unsigned long long)run->actions);
    }
    printf("%-21s  %-20s  %-8s  %-13s  %7s  %10s  %s\n", run->id, run->time, run->command,
           run->state, actions, run->held_bytes > 0 ? ie_size_text(run->held_bytes, size) : "-",
           ie_shown(run->root));
    return ie_output_ok() ? IE_OK : IE_ERR_CANCELLED;
}

/* The journal is what undo needs: where it still lies, nothing is lost by this. */
static ie_status forget(ie_session *session, const char *folder, ie_error *err)
{
    uint64_t runs = 0;
    ie_status status = ie_engine_forget(session->engine, folder, &runs, err);
    if (status == IE_OK && session->options->json) {
        json_t *object = json_object();
        ie_json_text(object, "schema", "imgengine.forgotten/1");
        ie_json_path(object, "root", folder);
        ie_json_int(object, "runs", (int64_t)runs);
        IE_AUTO_FREE char *line = ie_json_line(object);
        puts(line);
    } else if (status == IE_OK) {
        printf("%s is forgotten, with %llu %s. No file was touched.\n", ie_shown(folder),
               (unsigned long long)runs, runs == 1 ? "run" : "runs");
    }
    return status;
}

static int run_runs(const ie_options *options)
{
    ie_session session = {.options = options};
    ie_error err = {0};
    runs_list list = {.session = &session};
    ie_status status = ie_session_open(&session, &err);
    if (status == IE_OK && options->forget != NULL) {
        status = forget(&session, options->forget, &err);
        return ie_session_end(&session, status, &err, IE_EXIT_DONE);
    }
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
    "imgengine runs --forget ~/Organized",
    "that folder was deleted by hand: know nothing of it any more",
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
