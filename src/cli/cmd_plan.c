// SPDX-License-Identifier: GPL-3.0-or-later
/* process, dedupe, convert, rename and tag: one front, since they differ by data only. */
#include "cli/cmd_plan.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/apart.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/report.h"
#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

bool ie_wants_page(const ie_options *options)
{
    return options->report != NULL && options->command->id == IE_CMD_DEDUPE &&
           (ie_ends_with_nocase(options->report, ".html") ||
            ie_ends_with_nocase(options->report, ".htm"));
}

static ie_status check_options(const ie_options *options, ie_error *err)
{
    const char *name = options->command->name;
    if (ie_wants_page(options) && access(options->report, F_OK) == 0) {
        return ie_error_set(err, IE_ERR_EXISTS,
                            "%s exists already and is not overwritten; choose another name.",
                            ie_shown(options->report));
    }
    if (options->plan_file != NULL && access(options->plan_file, F_OK) == 0) {
        return ie_error_set(err, IE_ERR_EXISTS,
                            "%s exists already and is not overwritten; choose another name.",
                            ie_shown(options->plan_file));
    }
    if (options->apply && options->dry_run) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "--apply and --dry-run contradict each other; give one.");
    }
    if (options->evaluate != NULL && (options->apply || options->plan_file != NULL)) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "--evaluate only judges; leave out --apply and --plan.");
    }
    if (options->evaluate != NULL && ie_labels_check(options->evaluate, err) != IE_OK) {
        return err->status;
    }
    if (options->output != NULL && options->in_place) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "--output and --in-place contradict each other; give one.");
    }
    if (options->command->id == IE_CMD_UNTAG && !options->ai) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "untag needs to know what to take away: --ai, the keywords that models "
                            "gave.");
    }
    if (options->output != NULL && options->output[0] == 0) {
        return ie_error_set(err, IE_ERR_USAGE, "--output needs the name of a folder.");
    }
    if (options->command->id == IE_CMD_PROCESS && options->output == NULL && !options->in_place) {
        return ie_error_set(
            err, IE_ERR_USAGE,
            "%s needs to know where the result goes: --output DIR copies into a folder, "
            "--in-place changes the photos where they are.",
            name);
    }
    return IE_OK;
}

static bool configured(const ie_session *session, const char *key)
{
    IE_AUTO_FREE char *text = ie_config_text(session->config, key);
    return text != NULL && strcmp(text, "true") == 0;
}

/* `process` takes the steps that the configuration enables; the others are a step each. */
static ie_request request_of(const ie_session *session)
{
    const ie_options *options = session->options;
    unsigned id = options->command->id;
    ie_request request = {
        .command = options->command->name,
        .apply = options->apply,
        .wait = options->wait,
        .verbose = options->verbose,
        .output = options->output,
        .dedupe = id == IE_CMD_DEDUPE,
        .similar = options->evaluate != NULL,
        .convert = id == IE_CMD_CONVERT,
        .rename = id == IE_CMD_RENAME,
        .tag = id == IE_CMD_TAG || id == IE_CMD_UNTAG,
        .untag = id == IE_CMD_UNTAG,
    };
    if (id == IE_CMD_PROCESS) {
        request.dedupe = configured(session, "dedupe.enabled");
        request.convert = configured(session, "convert.enabled");
        request.rename = configured(session, "rename.enabled");
        request.tag = true; /* what is written into photos, the tagging keys decide one by one */
    }
    return request;
}

void ie_plan_print_json(const ie_session *session, const ie_plan *plan, const ie_summary *summary)
{
    size_t count = ie_plan_count(plan);
    for (size_t i = 0; i < count && ie_output_ok(); i++) {
        IE_AUTO_FREE char *line = ie_plan_action_json(plan, i);
        puts(line);
    }
    IE_AUTO_FREE char *line =
        ie_json_line(ie_summary_json(session->options->command->name, summary));
    puts(line);
}

static void print_next_step(const ie_session *session, const ie_summary *summary, size_t work)
{
    const ie_options *options = session->options;
    bool found = summary->reported > 0 || summary->unlinked > 0;
    if (work == 0 && options->command->id == IE_CMD_DEDUPE && options->output == NULL) {
        puts(found ? "\nNothing would be changed."
                   : "\nThere is nothing to do: no duplicate is to go.");
    } else if (work == 0) {
        puts("\nThere is nothing to do.");
    } else if (options->plan_file != NULL) {
        printf("\nNothing was changed. The plan is saved; carry it out with: imgengine apply %s\n",
               ie_shown(options->plan_file));
    } else {
        puts("\nNothing was changed. Add --apply to carry it out.");
    }
}

static ie_status show_plan(ie_session *session, const ie_plan *plan, const ie_summary *summary,
                           ie_error *err)
{
    const ie_options *options = session->options;
    if (options->json) {
        if (!options->apply) {
            ie_plan_print_json(session, plan, summary);
        }
        return IE_OK;
    }
    ie_plan_print(plan, options->verbose, stdout);
    if (!options->apply) {
        if (ie_plan_work(plan) > 0 || options->verbose) {
            putchar('\n');
        }
        ie_summary_print(summary, IE_TENSE_PLANNED, stdout);
        print_next_step(session, summary, ie_plan_work(plan));
        return IE_OK;
    }
    fflush(stdout);
    return ie_output_ok() ? IE_OK
                          : ie_error_set(err, IE_ERR_IO,
                                         "The plan could not be shown, so it was not carried out.");
}

static void print_pair(void *user, const char *line)
{
    (void)user;
    puts(line);
}

static ie_status evaluate(const ie_options *options, const ie_plan *plan, ie_error *err)
{
    ie_evaluation e;
    ie_status status =
        ie_plan_evaluate(plan, options->evaluate,
                         options->verbose && !options->json ? print_pair : NULL, NULL, &e, err);
    if (status != IE_OK) {
        return status;
    }
    if (options->json) {
        json_t *object = json_object();
        ie_json_text(object, "schema", "imgengine.evaluation/1");
        ie_json_int(object, "labelled", (int64_t)e.labelled);
        ie_json_int(object, "expected", (int64_t)e.expected);
        ie_json_int(object, "right", (int64_t)e.right);
        ie_json_int(object, "wrong", (int64_t)e.wrong);
        ie_json_real(object, "recall", e.recall, 6);
        ie_json_real(object, "precision", e.precision, 6);
        IE_AUTO_FREE char *line = ie_json_line(object);
        puts(line);
    } else {
        printf(
            "labelled files found  %llu\nlabelled pairs        %llu\nfound of them         %llu  "
            "(recall %.4f)\nfound wrongly         %llu  (precision %.4f)\n",
            (unsigned long long)e.labelled, (unsigned long long)e.expected,
            (unsigned long long)e.right, e.recall, (unsigned long long)e.wrong, e.precision);
    }
    return IE_OK;
}

static ie_status plan_and_apply(ie_session *session, const ie_input *input, int *ret_code,
                                ie_error *err)
{
    const ie_options *options = session->options;
    ie_summary summary = {0};
    ie_plan *plan = NULL;
    ie_request request = request_of(session);
    ie_status status = ie_engine_plan(session->engine, input, &request, &plan, &summary, err);
    ie_bar_erase(session->bar);
    if (status == IE_OK && options->evaluate != NULL) {
        status = evaluate(options, plan, err);
        *ret_code = ie_summary_exit(&summary);
        ie_plan_free(plan);
        return status;
    }
    if (status == IE_OK && options->plan_file != NULL) {
        status = ie_plan_save(plan, options->plan_file, err);
    }
    if (status == IE_OK && ie_wants_page(options)) {
        status = ie_engine_gallery(session->engine, plan, options->report, err);
    }
    if (status == IE_OK) {
        status = show_plan(session, plan, &summary, err);
    }
    if (status == IE_OK) {
        *ret_code = ie_summary_exit(&summary);
    }
    if (status == IE_OK && options->apply) {
        status = ie_plan_carry_out(session, plan, &summary, ret_code, err);
    } else if (status == IE_OK) {
        if (options->report != NULL && !ie_wants_page(options)) {
            status = ie_report_write(options->report, session, &summary, plan, NULL, err);
        }
        *ret_code = options->exit_code && (ie_plan_work(plan) > 0 || summary.reported > 0)
                        ? IE_EXIT_WORK
                        : *ret_code;
    }
    ie_plan_free(plan);
    return status;
}

static int run_plan(const ie_options *options)
{
    if (ie_wants_apart(options)) {
        return ie_run_apart(options);
    }
    ie_session session = {.options = options};
    ie_error err = {0};
    int code = IE_EXIT_DONE;
    ie_status status = check_options(options, &err);
    ie_input input;
    if (status == IE_OK) {
        status = ie_session_input(&session, &input, &err);
    }
    if (status == IE_OK) {
        status = ie_session_open(&session, &err);
    }
    if (status == IE_OK) {
        status = plan_and_apply(&session, &input, &code, &err);
    }
    return ie_session_end(&session, status, &err, code);
}

static const char *const process_examples[] = {
    "imgengine process ~/Pictures --output ~/Organized",
    "show what would be copied where, and why",
    "imgengine process ~/Pictures --output ~/Organized --apply",
    "do it; ~/Pictures is never touched",
    "imgengine process ~/Pictures --in-place --apply",
    "put ~/Pictures itself in order",
    "imgengine process ~/Pictures --in-place --plan plan.json",
    "save the plan, to be carried out later",
    NULL,
};

const ie_command ie_command_process = {
    .name = "process",
    .id = IE_CMD_PROCESS,
    .arguments = "PATH...",
    .max_arguments = SIZE_MAX,
    .brief = "find duplicates, convert, rename and tag in one go",
    .text =
        "Reads the photos once, then makes one plan of all steps that the configuration enables: "
        "duplicates, conversion, names, tags. It prints the plan with a reason for each file and "
        "changes nothing unless --apply is given. With --output the photos are copied and the "
        "source is never touched; with --in-place they change where they are. `imgengine undo` "
        "takes everything back.",
    .examples = process_examples,
    .run = run_plan,
};

static const char *const dedupe_examples[] = {
    "imgengine dedupe ~/Pictures",
    "show duplicates, which copy stays, and why",
    "imgengine dedupe ~/Pictures --apply",
    "move the duplicates into quarantine",
    "imgengine dedupe ~/Pictures --similar",
    "find smaller, re-encoded, cropped and turned versions, too",
    "imgengine dedupe ~/Pictures --similar --report duplicates.html",
    "a page with the pictures of each group side by side",
    "imgengine dedupe --keep-apart a.jpg b.jpg",
    "these are no duplicates of one another from now on, wherever they are moved",
    "imgengine dedupe ~/Pictures ~/Backup --exit-code",
    "exit with 4 when there are duplicates",
    NULL,
};

const ie_command ie_command_dedupe = {
    .name = "dedupe",
    .id = IE_CMD_DEDUPE,
    .arguments = "PATH...",
    .max_arguments = SIZE_MAX,
    .brief = "find duplicates and keep the best copy",
    .text =
        "Finds photos with the same bytes under any name and decides by rule which copy stays. "
        "With --similar, the same picture in other bytes, too: each line says what the two have in "
        "common. With --apply the others go into quarantine below the folder's .imgengine, after "
        "their bytes were compared once more, or those of the photo that stays verified. Nothing "
        "is ever deleted, and `imgengine undo` brings every file back.",
    .examples = dedupe_examples,
    .run = run_plan,
};

static const char *const rename_examples[] = {
    "imgengine rename ~/Pictures",
    "show the new names",
    "imgengine rename ~/Pictures --apply",
    "rename; companions such as RAW and sidecar files follow",
    "imgengine rename ~/Camera --output ~/Pictures --apply",
    "copy under the new names",
    NULL,
};

const ie_command ie_command_rename = {
    .name = "rename",
    .id = IE_CMD_RENAME,
    .arguments = "PATH...",
    .max_arguments = SIZE_MAX,
    .brief = "name photos by date, camera and the like",
    .text =
        "Gives photos names made from a template of their date, camera, place and so on. It makes "
        "the folders below the given one, too: photos leave those that they lay in. A taken name "
        "is never overwritten: the newcomer gets a number. RAW, JPEG, video and sidecar files that "
        "belong together keep a common name. Names are in Unicode's NFC and fit for Windows, macOS "
        "and Linux. Where {seq}, {counter} or {burst_index} counts, a photo that has a number "
        "already keeps it, and others take the first free ones in the order of their dates.",
    .examples = rename_examples,
    .run = run_plan,
};

static const char *const tag_examples[] = {
    "imgengine tag ~/Pictures --keywords 'Places|Norway|Oslo,sea' --rating 4",
    "show into which photos these keywords and this rating would be written",
    "imgengine tag ~/Pictures --keywords 'Places|Norway|Oslo,sea' --rating 4 --apply",
    "write them into the photos, or beside those that take none safely",
    "imgengine tag ~/Raw --mode sidecar --caption 'Moving day' --apply",
    "touch no photo, write XMP files beside them",
    "imgengine tag ~/Trip --gpx track.gpx --clock-offset +02:00:30",
    "places from a track; the camera's clock was two hours and 30 s ahead of UTC",
    NULL,
};

const ie_command ie_command_tag = {
    .name = "tag",
    .id = IE_CMD_TAG,
    .arguments = "PATH...",
    .max_arguments = SIZE_MAX,
    .brief = "write keywords, captions and ratings into photos",
    .text = "Writes keywords, caption, title, rating and place into the photos' own EXIF, IPTC and "
            "XMP; for RAW files, read-only ones and those that could not be written safely into an "
            "XMP file beside them, which is made, or changed so that what other programs wrote "
            "there stays. Each photo is rewritten as a new file that replaces the old one only "
            "when its picture is proven unchanged; the original stays in quarantine. `imgengine "
            "undo` puts it back.",
    .examples = tag_examples,
    .run = run_plan,
};

static const char *const untag_examples[] = {
    "imgengine untag ~/Pictures --ai",
    "show which keywords of models would go",
    "imgengine untag ~/Pictures --ai --apply",
    "take them away; a person's keywords stay",
    NULL,
};

const ie_command ie_command_untag = {
    .name = "untag",
    .id = IE_CMD_UNTAG,
    .arguments = "PATH...",
    .max_arguments = SIZE_MAX,
    .brief = "take away the keywords that models gave",
    .text = "What `tag` writes from models is noted in the photo itself, with model and "
            "confidence. This takes away exactly those keywords and the note, also when others "
            "were edited since; a person's keyword is never removed. As with `tag`, the original "
            "stays in quarantine and `imgengine undo` puts it back.",
    .examples = untag_examples,
    .run = run_plan,
};

static const char *const convert_examples[] = {
    "imgengine convert ~/Pictures",
    "show what would be converted",
    "imgengine convert ~/Pictures --output ~/Shareable --apply",
    "converted copies in another folder",
    "imgengine convert ~/Pictures --from heic,tiff --to webp --quality 85 --apply",
    "only these formats, to WebP; the originals go into quarantine",
    "imgengine convert ~/Pictures --drop-gain-map --output ~/Shareable --apply",
    "photos with an HDR gain map, too, without the map",
    "imgengine convert ~/Pictures --upright --apply",
    "JPEGs that lie on a side, too: turned without loss",
    NULL,
};

const ie_command ie_command_convert = {
    .name = "convert",
    .id = IE_CMD_CONVERT,
    .arguments = "PATH...",
    .max_arguments = SIZE_MAX,
    .brief = "convert photos to another format",
    .text = "Converts photos: what is transparent becomes PNG, other pictures JPEG, or what the "
            "options say. EXIF, XMP, IPTC and colour profile come along, and the picture stays "
            "upright. In place, the original goes into quarantine once the new file is proven: it "
            "decodes, has the same size, and looks like the original (--min-similarity). What "
            "would lose something (frames, transparency, more than 8 bits, a gain map, a video "
            "behind the picture) is left as it is; with --output it is copied as it is. The plan "
            "or the run says which and why. A JPEG is never encoded anew as a JPEG (but with "
            "--recompress); --upright turns it by its blocks, and the new file is proven to hold "
            "the same coefficients.",
    .examples = convert_examples,
    .run = run_plan,
};
