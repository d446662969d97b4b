// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "cli/cmd_plan.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "cli/report.h"
#include "utils/error.h"
#include "utils/memory.h"

static bool makes_sidecar(const json_t *action)
{
    const char *from = ie_json_get_text(action, "from_format"),
               *to = ie_json_get_text(action, "format");
    return from != NULL && to != NULL && strcmp(to, "sidecar") == 0 && strcmp(from, to) != 0;
}

/* Skipped and failed actions with what stood in their way; the rest was told by the plan. What
   stopped the run is told by its error alone. */
static void print_problems(const ie_plan *plan, const char *stopped)
{
    size_t count = ie_plan_count(plan);
    for (size_t i = 0; i < count; i++) {
        IE_AUTO_FREE char *line = ie_plan_action_json(plan, i);
        IE_AUTO_JSON json_t *action = NULL;
        if (ie_json_parse(line, strlen(line), "an action", &action, NULL) != IE_OK) {
            continue;
        }
        const char *problem = ie_json_get_text(action, "problem");
        IE_AUTO_FREE char *from = ie_json_get_path(action, "shown");
        const char *outcome = ie_json_get_text(action, "outcome");
        if (problem != NULL && from != NULL && outcome != NULL && strcmp(problem, stopped) != 0) {
            bool plain =
                strcmp(outcome, "done") == 0; /* and still a problem: the problem says it all */
            printf("%s%s%s%s: %s\n", plain ? "" : outcome, plain ? "" : " ",
                   makes_sidecar(action) ? "the sidecar of " : "", ie_shown(from), problem);
        }
    }
}

/* Who copies has at least made the folder. */
static bool leaves_anything(const ie_plan *plan)
{
    bool leaves = false;
    size_t count = ie_plan_count(plan);
    for (size_t i = 0; i < count && !leaves; i++) {
        IE_AUTO_FREE char *line = ie_plan_action_json(plan, i);
        IE_AUTO_JSON json_t *action = NULL;
        if (ie_json_parse(line, strlen(line), "an action", &action, NULL) == IE_OK) {
            const char *outcome = ie_json_get_text(action, "outcome"),
                       *kind = ie_json_get_text(action, "kind");
            leaves = (outcome != NULL && strcmp(outcome, "done") == 0) ||
                     (kind != NULL && strcmp(kind, "copy") == 0);
        }
    }
    return leaves;
}

/* Where a run stopped early, what it did is journaled; the error says how to take it back or
   go on. */
static void add_way_back(const ie_plan *plan, const ie_summary *summary, ie_error *err)
{
    if (summary->run_id[0] != 0 && leaves_anything(plan)) {
        size_t used = strlen(err->text);
        bool sentence = used > 0 && err->text[used - 1] == '.';
        snprintf(err->text + used, sizeof err->text - used,
                 "%s Take it back with: imgengine undo %s; or repeat the same command to go on.",
                 sentence ? "" : ".", summary->run_id);
    }
}

/* What only planning knows, beside what was done. */
static void add_planned(ie_summary *summary, const ie_summary *planned)
{
    if (planned == NULL) {
        return;
    }
    summary->photos = planned->photos;
    summary->videos = planned->videos;
    summary->sidecars = planned->sidecars;
    summary->misnamed = planned->misnamed;
    summary->lone = planned->lone;
    summary->fresh = planned->fresh;
    summary->cached = planned->cached;
    summary->faulty = planned->faulty;
    summary->unreadable = planned->unreadable;
    summary->seconds += planned->seconds;
}

/* Of a run that stopped early, its error says the rest. */
static void print_end(const ie_summary *summary, bool whole)
{
    putchar('\n');
    ie_summary_print(summary, IE_TENSE_DONE, stdout);
    if (!whole) {
        return;
    }
    if (summary->copied + summary->made + summary->moved + summary->replaced +
            summary->quarantined ==
        0) {
        puts("\nNothing was changed.");
    } else {
        printf("\nUndo with: imgengine undo %s\n", summary->run_id);
    }
}

ie_status ie_plan_carry_out(ie_session *session, ie_plan *plan, const ie_summary *planned,
                            int *ret_code, ie_error *err)
{
    const ie_options *options = session->options;
    ie_summary summary = {0};
    ie_interrupt_changing();
    ie_status status = ie_engine_apply(session->engine, plan, options->wait, &summary, err);
    ie_bar_erase(session->bar);
    add_planned(&summary, planned);
    if (options->json) {
        ie_plan_print_json(session, plan, &summary);
    } else {
        print_problems(plan, status != IE_OK ? err->text : "");
    }
    *ret_code = ie_summary_exit(&summary);
    ie_error report_err = {0};
    if (options->report != NULL && !ie_wants_page(options) &&
        ie_report_write(options->report, session, &summary, plan, NULL, &report_err) != IE_OK) {
        *ret_code = ie_complain_error(&report_err);
    }
    bool told = status == IE_OK || (summary.run_id[0] != 0 && leaves_anything(plan));
    if (told && !options->json) {
        print_end(&summary, status == IE_OK);
    }
    if (status != IE_OK) {
        add_way_back(plan, &summary, err);
    }
    return status;
}

static uint64_t work_left(const ie_summary *summary)
{
    return summary->copied + summary->moved + summary->replaced + summary->quarantined;
}

static ie_status show(ie_session *session, ie_plan *plan, int *ret_code, ie_error *err)
{
    const ie_options *options = session->options;
    ie_summary summary = {0};
    ie_status status = ie_engine_look(session->engine, plan, &summary, err);
    ie_bar_erase(session->bar);
    if (status != IE_OK) {
        return status;
    }
    *ret_code = ie_summary_exit(&summary);
    if (options->json) {
        ie_plan_print_json(session, plan, &summary);
        return IE_OK;
    }
    ie_plan_print(plan, options->verbose, stdout);
    putchar('\n');
    ie_summary_print(&summary, IE_TENSE_PLANNED, stdout);
    puts(work_left(&summary) > 0 ? "\nNothing was changed. Leave out --dry-run to do it."
         : *ret_code != IE_EXIT_DONE
             ? "\nNothing was changed, and nothing of the plan can be done any more."
             : "\nThere is nothing to do.");
    return IE_OK;
}

/* Given twice, it would be a list of files that are no longer there. */
static bool was_carried_out(const ie_options *options, const ie_plan *plan)
{
    char run_id[40];
    if (!ie_plan_carried_out(plan, run_id)) {
        return false;
    }
    if (options->json) {
        /* This run did nothing and has no name; the other one's is no "run" of this summary. */
        json_t *summary = ie_summary_json("apply", &(const ie_summary){0});
        ie_json_text(summary, "carried_out_by", run_id);
        IE_AUTO_FREE char *line = ie_json_line(summary);
        puts(line);
    } else {
        printf("This plan was carried out already, by run %s; nothing is left to do.\n", run_id);
    }
    return true;
}

static int run_apply(const ie_options *options)
{
    ie_session session = {.options = options};
    ie_error err = {0};
    ie_plan *plan = NULL;
    int code = IE_EXIT_DONE;
    ie_status status = ie_session_open(&session, &err);
    if (status == IE_OK) {
        status = ie_plan_load(options->arguments[0], &plan, &err);
    }
    if (status == IE_OK && was_carried_out(options, plan)) {
        ie_plan_free(plan);
        return ie_session_end(&session, status, &err, IE_EXIT_DONE);
    }
    if (status == IE_OK && options->dry_run) {
        status = show(&session, plan, &code, &err);
        ie_plan_free(plan);
        return ie_session_end(&session, status, &err, code);
    }
    if (status == IE_OK && options->verbose && !options->json) {
        ie_plan_print(plan, true, stdout);
    }
    if (status == IE_OK) {
        status = ie_plan_carry_out(&session, plan, NULL, &code, &err);
    }
    ie_plan_free(plan);
    return ie_session_end(&session, status, &err, code);
}

static const char *const examples[] = {
    "imgengine process ~/Pictures --in-place --plan plan.json",
    "make a plan and save it",
    "imgengine apply plan.json",
    "carry it out",
    "imgengine apply plan.json --dry-run",
    "what would be done now, and what not, because a file changed since the plan was made",
    NULL,
};

const ie_command ie_command_apply = {
    .name = "apply",
    .id = IE_CMD_APPLY,
    .arguments = "PLAN",
    .min_arguments = 1,
    .max_arguments = 1,
    .brief = "carry out a saved plan",
    .text = "Carries out a plan that --plan saved, exactly as it was shown. A file that changed "
            "since then is left alone and told of (with --dry-run, too). Whatever is done is "
            "journaled and can be undone.",
    .examples = examples,
    .run = run_apply,
};
