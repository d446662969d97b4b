// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What every command that works needs: the configuration (files, environment, --set, flags), the
 * engine with its callbacks, the progress bar, and the files to look at. A command opens a session,
 * does its work, and closes it; errors below come back as ie_status and are printed once, by the
 * command's end.
 */
#ifndef IE_CLI_SESSION_H
#define IE_CLI_SESSION_H

#include "cli/options.h"
#include "cli/progress.h"
#include "imgengine.h"

typedef struct ie_session {
    const ie_options *options;
    ie_config *config;
    ie_engine *engine;
    ie_bar *bar;
    char **notices; /* everything the engine remarked, for the report */
    size_t notice_count, notice_room;
    const char **paths; /* of the input */
    size_t path_count, path_room;
    char *list;        /* the bytes of --files-from; paths point into it */
    bool options_fine; /* a wrong usage from here on is not the command line's form */
} ie_session;

/* Reads the configuration as the options say; free it with ie_config_free(). */
ie_status ie_session_config(const ie_options *options, ie_config **ret_config,
                            ie_error *err) IE_MUST_CHECK;

/* A session that has its options and is else zero. Close it also when this failed. */
ie_status ie_session_open(ie_session *session, ie_error *err) IE_MUST_CHECK;
void ie_session_close(ie_session *session);

/* The paths given as arguments or by --files-from; ret_input points into the session, which need
   not be open yet. */
ie_status ie_session_input(ie_session *session, ie_input *ret_input, ie_error *err) IE_MUST_CHECK;

/* A remark on standard error, off the bar's line; not with --quiet. */
void ie_session_remark(ie_session *session, const char *format, ...) IE_PRINTF(2, 3);

/* Closes the session and flushes standard output. Prints the error when status is not IE_OK; gives
   the exit code, which is `code` when all went well. */
int ie_session_end(ie_session *session, ie_status status, const ie_error *err, int code);

#endif
