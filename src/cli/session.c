// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "utils/error.h"
#include "utils/memory.h"

ie_status ie_session_config(const ie_options *options, ie_config **ret_config, ie_error *err)
{
    ie_config *config = ie_config_new();
    ie_status status = ie_config_load(config, options->config_file, err);
    for (size_t i = 0; status == IE_OK && i < options->setting_count; i++) {
        const ie_setting *setting = &options->settings[i];
        status = ie_config_set(config, setting->key, setting->value, setting->origin, err);
    }
    if (status != IE_OK) {
        ie_config_free(config);
        return status;
    }
    *ret_config = config;
    return IE_OK;
}

static void on_progress(void *user, const ie_progress *progress)
{
    ie_session *session = user;
    ie_bar_update(session->bar, progress);
}

static void keep_notice(ie_session *session, const char *text)
{
    IE_GROW(session->notices, session->notice_count, session->notice_room);
    session->notices[session->notice_count++] = ie_strdup(text);
}

static void on_notice(void *user, const char *text)
{
    keep_notice(user, text);
    ie_session_remark(user, "%s", text);
}

/* The exit code tells of them, so that --quiet does not keep them back. */
static void on_problem(void *user, const char *text)
{
    ie_session *session = user;
    keep_notice(session, text);
    ie_bar_erase(session->bar);
    ie_complain("%s", text);
}

/* Only a person at a terminal can be asked. */
static bool on_question(void *user, const char *question)
{
    ie_session *session = user;
    char answer[16];
    if (!isatty(STDIN_FILENO) || !isatty(fileno(ie_messages())) || session->options->quiet) {
        return false;
    }
    ie_bar_erase(session->bar);
    fprintf(ie_messages(), "%s [y/N] ", question);
    fflush(ie_messages());
    return fgets(answer, sizeof answer, stdin) != NULL && (answer[0] == 'y' || answer[0] == 'Y');
}

void ie_session_remark(ie_session *session, const char *format, ...)
{
    if (session->options->quiet) {
        return;
    }
    va_list args;
    va_start(args, format);
    char text[1024];
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ie_bar_erase(session->bar);
    ie_complain("%s", text);
}

/* Hours of work should not end with a report or plan that has nowhere to go. */
static ie_status check_report(const ie_options *options, ie_error *err)
{
    const char *const names[] = {options->report, options->plan_file, options->page};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i] != NULL && ie_report_check(names[i], err) != IE_OK) {
            return IE_ERR_USAGE;
        }
    }
    if (options->report == NULL) {
        return IE_OK;
    }
    bool page = ie_ends_with_nocase(options->report, ".html") ||
                ie_ends_with_nocase(options->report, ".htm");
    if (page && options->command->id != IE_CMD_DEDUPE) {
        return ie_error_set(
            err, IE_ERR_USAGE,
            "The report of %s is a JSON document, and %s is not named like one; only "
            "dedupe writes a page.",
            options->command->name, ie_shown(options->report));
    }
    IE_AUTO_FREE char *folder = ie_path_directory(options->report);
    return access(folder, W_OK) == 0 ? IE_OK
                                     : ie_error_errno(err, errno, "The report %s cannot be written",
                                                      ie_shown(options->report));
}

ie_status ie_session_open(ie_session *session, ie_error *err)
{
    const ie_options *options = session->options;
    ie_status status = ie_bar_new(options->progress, options->quiet, &session->bar, err);
    if (status == IE_OK) {
        status = check_report(options, err);
    }
    if (status == IE_OK) {
        session->options_fine = true;
        status = ie_session_config(options, &session->config, err);
    }
    if (status != IE_OK) {
        return status;
    }
    ie_engine_options engine = {
        .catalog = options->catalog,
        .progress = on_progress,
        .notice = on_notice,
        .problem = on_problem,
        .ask = on_question,
        .user = session,
        .cancel = ie_interrupt_flag(),
    };
    return ie_engine_open(session->config, &engine, &session->engine, err);
}

void ie_session_close(ie_session *session)
{
    ie_engine_close(session->engine);
    ie_config_free(session->config);
    ie_bar_free(session->bar);
    for (size_t i = 0; i < session->notice_count; i++) {
        free(session->notices[i]);
    }
    free(session->notices);
    free(session->paths);
    free(session->list);
    *session = (ie_session){0};
}

int ie_session_end(ie_session *session, ie_status status, const ie_error *err, int code)
{
    if (session->bar != NULL) {
        ie_bar_erase(session->bar);
    }
    if (status == IE_ERR_CANCELLED && !ie_output_ok()) {
        code = IE_EXIT_ERROR; /* we stopped it ourselves, because nobody reads on */
    } else if (status == IE_ERR_USAGE && !session->options_fine) {
        code = ie_complain_usage(session->options->command, err);
    } else if (status != IE_OK) {
        code = ie_complain_error(err);
    }
    ie_session_close(session);
    int output = ie_output_end();
    return output != IE_EXIT_DONE && code != IE_EXIT_INTERRUPTED ? output : code;
}

static const char *list_name(const char *name)
{
    return strcmp(name, "-") == 0 ? "on standard input" : ie_shown(name);
}

static ie_status read_all(FILE *file, const char *name, ie_buffer *list, ie_error *err)
{
    char piece[65536];
    size_t size;
    while ((size = fread(piece, 1, sizeof piece, file)) > 0) {
        ie_buffer_add(list, piece, size);
    }
    return ferror(file)
               ? ie_error_errno(err, errno, "The file list %s cannot be read", list_name(name))
               : IE_OK;
}

static ie_status read_list(const char *name, ie_buffer *list, ie_error *err)
{
    if (strcmp(name, "-") == 0) {
        return read_all(stdin, name, list, err);
    }
    FILE *file = fopen(name, "re");
    if (file == NULL) {
        return ie_error_errno(err, errno, "The file list %s cannot be opened", ie_shown(name));
    }
    ie_status status = read_all(file, name, list, err);
    fclose(file);
    return status;
}

static void add_path(ie_session *session, const char *path)
{
    IE_GROW(session->paths, session->path_count, session->path_room);
    session->paths[session->path_count++] = path;
}

static ie_status input_from_list(ie_session *session, ie_error *err)
{
    const ie_options *options = session->options;
    ie_buffer list = {0};
    ie_status status = read_list(options->files_from, &list, err);
    size_t size = list.size;
    session->list = ie_buffer_take(&list);
    if (status != IE_OK) {
        return status;
    }
    char separator = options->null_separated ? 0 : '\n';
    if (!options->null_separated && memchr(session->list, 0, size) != NULL) {
        return ie_error_set(
            err, IE_ERR_USAGE,
            "The file list %s has zero bytes in it; add --null when its names end with them.",
            list_name(options->files_from));
    }
    for (char *p = session->list, *end = session->list + size; p < end;) {
        char *stop = memchr(p, separator, (size_t)(end - p));
        stop = stop != NULL ? stop : end; /* the buffer itself ends with a zero byte */
        *stop = 0;
        if (*p != 0) {
            add_path(session, p);
        }
        p = stop + 1;
    }
    return IE_OK;
}

ie_status ie_session_input(ie_session *session, ie_input *ret_input, ie_error *err)
{
    const ie_options *options = session->options;
    bool listed = options->files_from != NULL;
    if (options->null_separated && !listed) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "--null says how --files-from separates names; give both.");
    }
    if (listed && options->argument_count > 0) {
        return ie_error_set(err, IE_ERR_USAGE, "Give either paths or --files-from, not both.");
    }
    if (!listed && options->argument_count == 0) {
        return ie_error_set(err, IE_ERR_USAGE, "%s needs at least one folder or photo.",
                            options->command->name);
    }
    if (listed) {
        ie_status status = input_from_list(session, err);
        if (status != IE_OK) {
            return status;
        }
    }
    for (size_t i = 0; i < options->argument_count; i++) {
        if (options->arguments[i][0] == 0) {
            return ie_error_set(err, IE_ERR_USAGE,
                                "An empty path was given; there is no file without a name.");
        }
        add_path(session, options->arguments[i]);
    }
    *ret_input =
        (ie_input){.paths = session->paths, .count = session->path_count, .from_list = listed};
    return IE_OK;
}
