// SPDX-License-Identifier: GPL-3.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/session.h"
#include "utils/error.h"
#include "utils/json.h"
#include "utils/memory.h"

#define MOST 1000000

typedef struct looking {
    ie_session *session;
    uint64_t rank;
} looking;

/* ---- what and where ---- */

static bool is_signed(const char *argument)
{
    return argument[0] == '+' || argument[0] == '-';
}

static bool says_what(const ie_options *options)
{
    bool says = options->likes.count > 0;
    for (size_t i = 0; i < options->argument_count; i++) {
        says = says || options->arguments[i][0] == '+';
    }
    return says;
}

static ie_status add_path(ie_search_request *request, const char **paths, const char *path,
                          ie_error *err)
{
    if (access(path, F_OK) != 0) {
        return ie_error_set(err, IE_ERR_NOT_FOUND,
                            "There is no file or folder \"%s\" to search in; a text of several "
                            "words goes in quotes, and one to add begins with +.",
                            ie_shown(path));
    }
    paths[request->path_count++] = path;
    return IE_OK;
}

/* What is looked for, and where: the help says the rule. `terms` and `paths` have room for all. */
static ie_status read_arguments(const ie_options *options, ie_search_term *terms,
                                const char **paths, ie_search_request *request, ie_error *err)
{
    bool said = says_what(options);
    ie_status status = IE_OK;
    for (size_t i = 0; i < options->likes.count; i++) {
        terms[request->term_count++] = (ie_search_term){options->likes.items[i], true, 1};
    }
    for (size_t i = 0; status == IE_OK && i < options->argument_count; i++) {
        const char *argument = options->arguments[i];
        if (is_signed(argument)) {
            terms[request->term_count++] =
                (ie_search_term){argument + 1, false, argument[0] == '+' ? 1 : -1};
        } else if (!said) {
            said = true;
            terms[request->term_count++] = (ie_search_term){argument, false, 1};
        } else {
            status = add_path(request, paths, argument, err);
        }
    }
    if (status == IE_OK && !said) {
        status =
            ie_error_set(err, IE_ERR_USAGE, "search needs a text to look for, or --like PHOTO.");
    }
    return status;
}

static ie_status read_top(const char *text, size_t *ret_most, ie_error *err)
{
    int64_t most = 20;
    if (text != NULL && !ie_parse_int(text, 1, MOST, &most)) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "-k needs a number of photos from 1 to %d, not \"%s\".", MOST,
                            ie_shown(text));
    }
    *ret_most = (size_t)most;
    return IE_OK;
}

/* ---- what was found ---- */

static ie_status on_match(void *user, const ie_photo *photo, double similarity)
{
    looking *l = user;
    l->rank++;
    if (l->session->options->json) {
        json_t *object = json_object();
        ie_json_text(object, "schema", "imgengine.match/1");
        ie_json_int(object, "rank", (int64_t)l->rank);
        ie_json_real(object, "similarity", similarity, 6);
        ie_json_path(object, "path", ie_photo_path(photo));
        IE_AUTO_FREE char *line = ie_json_line(object);
        puts(line);
    } else {
        printf("%6.3f  %s\n", similarity, ie_shown(ie_photo_path(photo)));
    }
    return ie_output_ok() ? IE_OK : IE_ERR_CANCELLED;
}

static void print_counts(const ie_search_counts *counts)
{
    json_t *object = json_object();
    ie_json_text(object, "schema", "imgengine.search/1");
    ie_json_text(object, "model", counts->model);
    ie_json_int(object, "found", (int64_t)counts->found);
    ie_json_int(object, "searched", (int64_t)counts->searched);
    ie_json_int(object, "filtered", (int64_t)counts->filtered);
    ie_json_int(object, "missing", (int64_t)counts->missing);
    ie_json_int(object, "changed", (int64_t)counts->changed);
    ie_json_int(object, "without", (int64_t)counts->without);
    ie_json_real(object, "seconds", counts->seconds, 3);
    IE_AUTO_FREE char *line = ie_json_line(object);
    puts(line);
}

static char *photos_text(uint64_t count)
{
    ie_buffer text = {0};
    ie_add_count(&text, count, "photo", NULL);
    return ie_buffer_take(&text);
}

static void tell_the_rest(ie_session *session, const ie_search_request *request,
                          const ie_search_counts *counts)
{
    IE_AUTO_FREE char *searched = photos_text(counts->searched),
                      *missing = photos_text(counts->missing);
    IE_AUTO_FREE char *changed = photos_text(counts->changed),
                      *without = photos_text(counts->without);
    const char *folder = request->path_count > 0 ? ie_shown(request->paths[0]) : "FOLDER";
    if (counts->found < request->most && counts->filtered > 0) {
        ie_session_remark(session, "Of %s searched, %" PRIu64 " were left out by the filters.",
                          searched, counts->filtered);
    }
    if (counts->missing > 0) {
        ie_session_remark(
            session, "%s passed over, because not there now: deleted, or on a disk that is away.",
            missing);
    }
    if (counts->changed > 0) {
        ie_session_remark(
            session,
            "%s passed over, because changed since; imgengine analyze --ml %s looks again.",
            changed, folder);
    }
    if (counts->without > 0) {
        ie_session_remark(
            session,
            "%s not searched, because the model has not looked at them; imgengine analyze --ml %s "
            "does that.",
            without, folder);
    }
    if (request->page != NULL) {
        ie_session_remark(session, "The page is %s.", ie_shown(request->page));
    }
}

static ie_status search(ie_session *session, ie_search_term *terms, const char **paths,
                        ie_error *err)
{
    const ie_options *options = session->options;
    ie_search_request request = {
        .terms = terms,
        .paths = paths,
        .after = options->after,
        .before = options->before,
        .camera = options->camera,
        .near = options->near,
        .objects = options->objects.items,
        .object_count = options->objects.count,
        .page = options->page,
    };
    ie_search_counts counts = {0};
    looking l = {session, 0};
    ie_status status = read_arguments(options, terms, paths, &request, err);
    if (status == IE_OK) {
        status = read_top(options->top, &request.most, err);
    }
    if (status == IE_OK) {
        status = ie_session_open(session, err);
    }
    if (status == IE_OK) {
        status = ie_engine_search(session->engine, &request, on_match, &l, &counts, err);
    }
    if (status == IE_OK) {
        if (options->json) {
            print_counts(&counts);
        }
        tell_the_rest(session, &request, &counts);
    }
    return status;
}

static int run_search(const ie_options *options)
{
    ie_session session = {.options = options};
    ie_error err = {0};
    size_t room = options->argument_count + options->likes.count + 1;
    ie_search_term *terms = ie_alloc(room * sizeof *terms);
    const char **paths = ie_alloc(room * sizeof *paths);
    ie_status status = search(&session, terms, paths, &err);
    int code = ie_session_end(&session, status, &err, IE_EXIT_DONE);
    free(terms);
    free(paths);
    return code;
}

static const char *const examples[] = {
    "imgengine search \"dog on a beach\"",
    "the twenty photos of the catalog that look most like it, best first",
    "imgengine search \"dog on a beach\" ~/Pictures -k 5 --after 2023 --html dogs.html",
    "the best five in this folder, taken since 2023, also as a page with small pictures",
    "imgengine search --like a.jpg +sunset -people",
    "photos like this one, with more of a sunset and less of people",
    "imgengine search snow --near 46.5,8.0,50 --camera fuji --object dog",
    "taken within 50 km of a place, by a camera of that name, with a dog on it",
    NULL,
};

const ie_command ie_command_search = {
    .name = "search",
    .id = IE_CMD_SEARCH,
    .arguments = "[TEXT] [+TEXT] [-TEXT] [PATH]...",
    .min_arguments = 0,
    .max_arguments = SIZE_MAX,
    .signed_words = true,
    .brief = "find photos by what is in them, or like another",
    .text = "Compares what you look for with every photo that `imgengine analyze --ml` has looked "
            "at, here or in the whole catalog, and lists the nearest, best first, with the cosine. "
            "The first argument without a sign is the text, unless --like or +TEXT says already "
            "what to look for; others are the folders and photos to search in. +TEXT adds to it "
            "and -TEXT takes away, so a word behind a single dash is a text here, one letter is an "
            "option still, and behind -- everything is text or path; write ./-name for a path. It "
            "changes no file.",
    .examples = examples,
    .run = run_search,
};
