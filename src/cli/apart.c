// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/apart.h"

#include "cli/command.h"
#include "cli/print.h"
#include "cli/session.h"
#include "utils/error.h"
#include "utils/json.h"
#include "utils/memory.h"

bool ie_wants_apart(const ie_options *options)
{
    return options->keep_apart || options->forget_apart || options->list_apart;
}

typedef struct pairs_list {
    bool json;
    size_t count;
} pairs_list;

static void print_pair(void *user, const char *a, const char *b)
{
    pairs_list *list = user;
    list->count++;
    if (!list->json) {
        printf("%s\n  and %s\n", ie_shown(a), ie_shown(b));
        return;
    }
    json_t *object = json_object();
    ie_json_text(object, "schema", "imgengine.apart/1");
    ie_json_path(object, "a", a);
    ie_json_path(object, "b", b);
    IE_AUTO_FREE char *line = ie_json_line(object);
    puts(line);
}

static ie_status check(const ie_options *options, ie_error *err)
{
    if (options->keep_apart + options->forget_apart + options->list_apart > 1) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "Give one of --keep-apart, --forget-apart and --list-apart.");
    }
    if (options->apply || options->plan_file != NULL || options->report != NULL ||
        options->evaluate != NULL || options->files_from != NULL) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "--keep-apart, --forget-apart and --list-apart make no plan; leave out "
                            "--apply, --plan, --report, --evaluate and --files-from.");
    }
    if (options->list_apart && options->argument_count > 0) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "--list-apart lists all that is kept apart, and takes no paths.");
    }
    return IE_OK;
}

static ie_status list_all(ie_session *session, ie_error *err)
{
    pairs_list list = {.json = session->options->json};
    ie_status status = ie_engine_list_apart(session->engine, print_pair, &list, err);
    if (status == IE_OK && list.count == 0 && !list.json) {
        puts("Nothing is kept apart.");
    }
    return status;
}

int ie_run_apart(const ie_options *options)
{
    ie_session session = {.options = options};
    ie_error err = {0};
    ie_status status = check(options, &err);
    if (status == IE_OK) {
        status = ie_session_open(&session, &err);
    }
    if (status == IE_OK && options->list_apart) {
        status = list_all(&session, &err);
    } else if (status == IE_OK) {
        size_t known = 0;
        status = ie_engine_keep_apart(session.engine, options->arguments, options->argument_count,
                                      options->keep_apart, &known, &err);
        if (status == IE_OK && !options->quiet && !options->json) {
            puts(options->keep_apart
                     ? "Remembered: these are no duplicates of one another, under any name."
                 : known > 0 ? "Forgotten: these may be duplicates of one another again."
                             : "Nothing was forgotten: these were not kept apart from one "
                               "another. --list-apart lists what is.");
        }
    }
    return ie_session_end(&session, status, &err, IE_EXIT_DONE);
}
