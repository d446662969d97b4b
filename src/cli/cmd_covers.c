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

static void print_json(const ie_cover_result *result)
{
    json_t *object = json_object();
    ie_json_text(object, "schema", "imgengine.cover/1");
    ie_json_path(object, "path", result->path);
    ie_json_text(object, "state", ie_cover_state_name(result->state));
    ie_json_int(object, "size", (int64_t)result->size);
    ie_json_path(object, "other", result->other);
    ie_json_text(object, "problem", result->problem);
    IE_AUTO_FREE char *line = ie_json_line(object);
    puts(line);
}

static ie_status on_result(void *user, const ie_cover_result *result)
{
    ie_session *session = user;
    bool covered = result->state == IE_COVER_SAME || result->state == IE_COVER_IMAGE_DATA;
    bool derived = result->state == IE_COVER_DERIVED;
    if (session->options->json) {
        print_json(result);
    } else if (!covered || session->options->verbose) {
        const char *more = covered || derived ? result->other : result->problem;
        ie_bar_erase(session->bar);
        printf("%-10s %s%s%s\n", ie_cover_state_name(result->state), ie_shown(result->path),
               more == NULL ? ""
               : covered    ? " = "
               : derived    ? " → "
                            : ": ",
               more != NULL ? ie_shown(more) : "");
    }
    return ie_output_ok() ? IE_OK : IE_ERR_CANCELLED;
}

static bool is_covered(const ie_cover_counts *counts)
{
    uint64_t files = 0;
    for (int i = 0; i < IE_COVER_STATES; i++) {
        files += counts->states[i];
    }
    return files > 0 && counts->states[IE_COVER_MISSING] + counts->states[IE_COVER_DERIVED] == 0 &&
           counts->states[IE_COVER_UNREADABLE] == 0 && counts->unreadable == 0;
}

static void print_end(const ie_session *session, const ie_cover_counts *counts)
{
    const uint64_t *n = counts->states;
    const char *archive = session->options->archive;
    uint64_t files = 0;
    for (int i = 0; i < IE_COVER_STATES; i++) {
        files += n[i];
    }
    if (session->options->json) {
        json_t *object = json_object();
        ie_json_text(object, "schema", "imgengine.covers/1");
        json_object_set_new(object, "covered", json_boolean(is_covered(counts)));
        for (int i = 0; i < IE_COVER_STATES; i++) {
            ie_json_int(object, ie_cover_state_name((ie_cover_state)i), (int64_t)n[i]);
        }
        ie_json_int(object, "missing_bytes", (int64_t)counts->missing_bytes);
        ie_json_int(object, "other", (int64_t)counts->other);
        ie_json_int(object, "unreadable_folders", (int64_t)counts->unreadable);
        ie_json_real(object, "seconds", counts->seconds, 3);
        IE_AUTO_FREE char *line = ie_json_line(object);
        puts(line);
        return;
    }
    char size[32];
    uint64_t missing = n[IE_COVER_MISSING] + n[IE_COVER_DERIVED];
    if (is_covered(counts)) {
        if (files == 1) {
            printf("The one photo, video or sidecar there is in %s", ie_shown(archive));
        } else {
            printf("All %" PRIu64 " photos, videos and sidecars are in %s", files,
                   ie_shown(archive));
        }
        if (n[IE_COVER_IMAGE_DATA] > 0) {
            printf(", %" PRIu64 " of them with other metadata", n[IE_COVER_IMAGE_DATA]);
        }
        puts(".");
    } else if (files == 0 && counts->unreadable == 0) {
        puts("NOT covered: there are no photos, so nothing was looked for. Is the card there?");
    } else {
        printf("NOT covered: %" PRIu64 " of %" PRIu64 " file%s %s not in %s (%s)", missing, files,
               files == 1 ? "" : "s", missing == 1 ? "is" : "are", ie_shown(archive),
               ie_size_text(counts->missing_bytes, size));
        if (n[IE_COVER_DERIVED] > 0) {
            printf(", %" PRIu64 " of them only as what was made of %s (→)", n[IE_COVER_DERIVED],
                   missing == 1 ? "it" : "them");
        }
        printf(counts->unreadable + n[IE_COVER_UNREADABLE] > 0 ? ", and %" PRIu64
                                                                 " could not be read.\n"
                                                               : ".\n",
               counts->unreadable + n[IE_COVER_UNREADABLE]);
    }
    if (n[IE_COVER_DERIVED] > 0) {
        puts("process --keep-original copies what it converts as it is, too; --image-data lets "
             "other metadata pass.");
    }
    if (counts->other > 0) {
        printf("Not looked for, because %s: %" PRIu64 " file%s.\n",
               counts->other == 1 ? "it is no photo" : "they are no photos", counts->other,
               counts->other == 1 ? "" : "s");
    }
}

static int run_covers(const ie_options *options)
{
    ie_session session = {.options = options};
    ie_error err = {0};
    ie_cover_counts counts = {0};
    ie_status status = IE_OK;
    if (options->archive == NULL || options->archive[0] == 0 || options->arguments[0][0] == 0) {
        status = ie_error_set(&err, IE_ERR_USAGE,
                              "covers needs two folders: imgengine covers CARD --in ARCHIVE.");
    }
    if (status == IE_OK) {
        status = ie_session_open(&session, &err);
    }
    if (status == IE_OK) {
        status = ie_engine_covers(session.engine, options->arguments[0], options->archive,
                                  options->image_data, on_result, &session, &counts, &err);
        ie_bar_erase(session.bar);
    }
    if (status == IE_OK) {
        print_end(&session, &counts);
    }
    return ie_session_end(&session, status, &err,
                          is_covered(&counts) ? IE_EXIT_DONE : IE_EXIT_FAULTS);
}

static const char *const examples[] = {
    "imgengine covers /media/card --in ~/Pictures",
    "may this card be erased?",
    "imgengine covers /media/card --in ~/Pictures --image-data",
    "the same, where the archive's photos were tagged since",
    NULL,
};

const ie_command ie_command_covers = {
    .name = "covers",
    .id = IE_CMD_COVERS,
    .arguments = "CARD",
    .min_arguments = 1,
    .max_arguments = 1,
    .brief = "is everything on a card in the archive?",
    .text = "Exits with 0 only if every photo, video and sidecar on CARD exists in the archive "
            "too: same size, same hash, then compared byte for byte. Else it lists what is missing "
            "and exits with 3; behind an arrow stands what a run made of a file in the archive: "
            "converted, or with other metadata, which is not the file itself. Names, dates and the "
            "catalog are not trusted; all is read now. It changes no file.",
    .examples = examples,
    .run = run_covers,
};
