// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/session.h"
#include "utils/error.h"
#include "utils/json.h"
#include "utils/memory.h"

static const char *const meanings[IE_VERIFY_STATES] = {
    [IE_VERIFY_OK] = "as stored",
    [IE_VERIFY_ROT] =
        "other bytes, though size and time are as they were: damaged, or changed in secret",
    [IE_VERIFY_EDITED] = "changed since its hash was stored",
    [IE_VERIFY_MISSING] = "not there any more",
    [IE_VERIFY_MOVED] = "the same bytes as",
    [IE_VERIFY_UNKNOWN] = "no hash is stored yet",
    [IE_VERIFY_UNREADABLE] = "cannot be read",
};

static void print_json(const ie_verify_result *result)
{
    json_t *object = json_object();
    ie_json_text(object, "schema", "imgengine.verify/1");
    ie_json_path(object, "path", result->path);
    ie_json_text(object, "state", ie_verify_state_name(result->state));
    ie_json_int(object, "size", (int64_t)result->size);
    ie_json_text(object, "stored", result->stored);
    ie_json_text(object, "found", result->found);
    ie_json_path(object, "other", result->other);
    ie_json_text(object, "problem", result->problem);
    json_object_set_new(object, "updated", json_boolean(result->updated));
    IE_AUTO_FREE char *line = ie_json_line(object);
    puts(line);
}

static ie_status on_result(void *user, const ie_verify_result *result)
{
    ie_session *session = user;
    bool calm = result->state == IE_VERIFY_OK || result->state == IE_VERIFY_UNKNOWN;
    if (session->options->json) {
        print_json(result);
    } else if (!calm || session->options->verbose) {
        const char *more = result->problem != NULL ? result->problem : result->other;
        ie_bar_erase(session->bar);
        printf("%-10s %s: %s%s%s%s\n", ie_verify_state_name(result->state), ie_shown(result->path),
               meanings[result->state], result->problem != NULL ? ": " : more != NULL ? " " : "",
               more != NULL ? ie_shown(more) : "", result->updated ? " (accepted)" : "");
    }
    return ie_output_ok() ? IE_OK : IE_ERR_CANCELLED;
}

static void print_end(const ie_session *session, const ie_verify_counts *counts)
{
    if (session->options->json) {
        json_t *object = json_object();
        ie_json_text(object, "schema", "imgengine.verified/1");
        for (int i = 0; i < IE_VERIFY_STATES; i++) {
            ie_json_int(object, ie_verify_state_name((ie_verify_state)i),
                        (int64_t)counts->states[i]);
        }
        ie_json_int(object, "other", (int64_t)counts->other);
        ie_json_int(object, "unreadable_folders", (int64_t)counts->unreadable);
        ie_json_int(object, "offline", (int64_t)counts->offline);
        ie_json_int(object, "bytes", (int64_t)counts->bytes);
        ie_json_real(object, "seconds", counts->seconds, 3);
        IE_AUTO_FREE char *line = ie_json_line(object);
        puts(line);
        return;
    }
    char size[32], time[32];
    for (int i = 0; i < IE_VERIFY_STATES; i++) {
        if (counts->states[i] > 0 || i == IE_VERIFY_OK) {
            printf("%9" PRIu64 "  %s\n", counts->states[i],
                   ie_verify_state_name((ie_verify_state)i));
        }
    }
    printf("Read %s in %s.\n", ie_size_text(counts->bytes, size),
           ie_duration_text(counts->seconds, time));
    if (counts->states[IE_VERIFY_UNKNOWN] > 0 && !session->options->update) {
        puts("Of files that are unknown no hash is stored; --update stores them.");
    }
}

static int exit_code(const ie_options *options, const ie_verify_counts *counts)
{
    const uint64_t *n = counts->states;
    bool wrong = n[IE_VERIFY_ROT] > 0 || n[IE_VERIFY_UNREADABLE] > 0 || counts->unreadable > 0;
    bool changed = n[IE_VERIFY_EDITED] > 0 || n[IE_VERIFY_MISSING] > 0;
    return wrong || (changed && !options->update) ? IE_EXIT_FAULTS : IE_EXIT_DONE;
}

static int run_verify(const ie_options *options)
{
    ie_session session = {.options = options};
    ie_error err = {0};
    ie_input input = {0};
    ie_verify_counts counts = {0};
    ie_status status = IE_OK;
    if (options->argument_count > 0 || options->files_from != NULL || options->null_separated) {
        status = ie_session_input(&session, &input, &err);
    }
    if (status == IE_OK) {
        status = ie_session_open(&session, &err);
    }
    if (status == IE_OK) {
        status = ie_engine_verify(session.engine, &input, options->update, on_result, &session,
                                  &counts, &err);
        ie_bar_erase(session.bar);
    }
    if (status == IE_OK) {
        print_end(&session, &counts);
    }
    return ie_session_end(&session, status, &err, exit_code(options, &counts));
}

static const char *const examples[] = {
    "imgengine verify ~/Pictures",
    "compare every byte with what was stored",
    "imgengine verify",
    "the same for all photos that the catalog knows",
    "imgengine verify ~/Pictures --update",
    "store what is new or was edited, forget what is gone",
    NULL,
};

const ie_command ie_command_verify = {
    .name = "verify",
    .id = IE_CMD_VERIFY,
    .arguments = "[PATH...]",
    .max_arguments = (size_t)-1,
    .brief = "compare the bytes with the stored hashes",
    .text = "Reads every byte of the photos, videos and sidecars and compares it with the hash "
            "that the catalog stores of it. Tells rot (other bytes, though size and time are as "
            "they were) from an edit, and lists what is missing. It exits with 3 when anything is "
            "wrong, and changes no file.",
    .examples = examples,
    .run = run_verify,
};
