// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "cli/report.h"
#include "cli/session.h"
#include "utils/memory.h"

static void on_line(void *user, const char *text)
{
    ie_session *session = user;
    ie_bar_erase(session->bar);
    if (session->options->json) {
        json_t *object = json_object();
        ie_json_text(object, "schema", "imgengine.undo/1");
        ie_json_text(object, "text", text);
        IE_AUTO_FREE char *line = ie_json_line(object);
        puts(line);
    } else {
        puts(text);
    }
}

static void print_refused(const ie_summary *summary, bool unnamed)
{
    bool one = summary->purged == 1;
    if (summary->purged > 0) {
        printf("\n%" PRIu64 " file%s of the run cannot be brought back any more: purge freed %s, "
               "or that of a file that goes with %s, for good.\n",
               summary->purged, one ? "" : "s", one ? "its original" : "their originals",
               one ? "it" : "them");
    }
    if (summary->failed > 0 && unnamed) {
        printf("\n%sAn earlier run is taken back by its name; `imgengine runs` lists them.\n",
               summary->failed == summary->purged ? ""
               : summary->purged > 0
                   ? "What else was not undone stays with this run, for another try. "
                   : "What was not undone stays with this run, for another try. ");
    }
}

static void print_end(const ie_session *session, const ie_summary *summary)
{
    const ie_options *options = session->options;
    if (options->json) {
        IE_AUTO_FREE char *line = ie_json_line(ie_summary_json("undo", summary));
        puts(line);
        return;
    }
    if (summary->run_id[0] == 0 && options->root == NULL) {
        puts(
            "There is nothing to undo: the catalog knows of no run that is not undone. With --root "
            "DIR the runs in that folder's own journal are undone.");
        return;
    }
    if (summary->found == 0 && summary->failed == 0) {
        return; /* nothing is left of the run, as was said */
    }
    putchar('\n');
    ie_summary_print(summary, options->dry_run ? IE_TENSE_UNDO_PLANNED : IE_TENSE_UNDONE, stdout);
    print_refused(summary, options->argument_count == 0);
    if (options->dry_run) {
        puts("\nNothing was changed. Leave out --dry-run to do it.");
    }
}

static int run_undo(const ie_options *options)
{
    ie_session session = {.options = options};
    ie_error err = {0};
    ie_summary summary = {0};
    ie_status status = ie_session_open(&session, &err);
    if (status == IE_OK) {
        ie_undo_request request = {
            .run_id = options->argument_count > 0 ? options->arguments[0] : NULL,
            .root = options->root,
            .path_glob = options->path_glob,
            .dry_run = options->dry_run,
            .wait = options->wait,
        };
        if (!options->dry_run) {
            ie_interrupt_changing();
        }
        status = ie_engine_undo(session.engine, &request, on_line, &session, &summary, &err);
        ie_bar_erase(session.bar);
    }
    if (status == IE_OK) {
        print_end(&session, &summary);
    }
    return ie_session_end(&session, status, &err, ie_summary_exit(&summary));
}

static const char *const examples[] = {
    "imgengine undo",
    "take back the last run",
    "imgengine undo --dry-run",
    "show what that would do",
    "imgengine undo 20260114T091233-1f3a",
    "take back this run; `imgengine runs` lists them",
    "imgengine undo --root ~/Pictures --path '*.png'",
    "only some files, from that folder's own journal",
    NULL,
};

const ie_command ie_command_undo = {
    .name = "undo",
    .id = IE_CMD_UNDO,
    .arguments = "[RUN]",
    .max_arguments = 1,
    .brief = "take back a run: every file, name and tag",
    .text =
        "Takes back what a run did, newest first, from the journal that lies with the photos. "
        "Without RUN it is the last run that is not undone, unless a later one is purged or was in "
        "another folder: then that run is named, and nothing is done. When there is none, that is "
        "said and no error. A file that changed since then is "
        "left alone and told of.",
    .examples = examples,
    .run = run_undo,
};
