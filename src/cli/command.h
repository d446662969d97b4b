// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A command of the program: one row in main.c's table, one cmd_*.c that owns the row's texts and
 * its function. Help, manual and shell completion are printed from these rows and from the two
 * tables of options (options.h), so that a new command or option is documented by existing.
 */
#ifndef IE_CLI_COMMAND_H
#define IE_CLI_COMMAND_H

#include <stddef.h>

#include "cli/options.h"
#include "imgengine.h"

/* What the shell sees. */
enum {
    IE_EXIT_DONE = 0,
    IE_EXIT_ERROR = 1,
    IE_EXIT_USAGE = 2,
    IE_EXIT_FAULTS = 3, /* finished; some photos have faults */
    IE_EXIT_WORK = 4,   /* with --exit-code: the plan has work */
    IE_EXIT_INTERRUPTED = 130,
    /* The pipe it writes into was closed: what the shell says of programs that end by SIGPIPE, so
       that scripts know it from an error. */
    IE_EXIT_NO_READER = 141
};

/* Commands beside those that imgengine.h numbers (IE_CMD_*), in the same mask. */
enum {
    IE_CMD_APPLY = 1 << 16,
    IE_CMD_UNDO = 1 << 17,
    IE_CMD_RUNS = 1 << 18,
    IE_CMD_CONFIG = 1 << 19,
    IE_CMD_INFO = 1 << 20,
    IE_CMD_HELP = 1 << 21,
    IE_CMD_COMPLETION = 1 << 22,
    IE_CMD_PURGE = 1 << 23,
    IE_CMD_VERIFY = 1 << 24,
    IE_CMD_COVERS = 1 << 25,
    IE_CMD_MODELS = 1 << 26,
    IE_CMD_SEARCH = 1 << 27,
    IE_CMD_ANY = 0x7fffffff
};

struct ie_command {
    const char *name;
    unsigned id;           /* one IE_CMD_* bit */
    const char *arguments; /* for the usage line: "PATH..." */
    size_t min_arguments, max_arguments;
    bool signed_words; /* "-word" is an argument and not some letters of options; one letter is an
                          option still */
    const char *brief;                     /* one line, no full stop */
    const char *text;                      /* two to four plain sentences */
    const char *const *examples;           /* pairs: command line, what it does; ends with NULL */
    int (*run)(const ie_options *options); /* returns an IE_EXIT_* */
};

/* The table of main.c, in the order of the help; NULL past the end, NULL when there is none. */
const ie_command *ie_command_at(size_t index);
const ie_command *ie_command_find(const char *name);
const char *ie_command_nearest(const char *name); /* NULL when nothing is near */

extern const ie_command ie_command_process, ie_command_analyze, ie_command_dedupe,
    ie_command_rename, ie_command_tag, ie_command_untag, ie_command_convert, ie_command_apply,
    ie_command_undo, ie_command_runs, ie_command_purge, ie_command_verify, ie_command_covers,
    ie_command_search, ie_command_config, ie_command_info, ie_command_models, ie_command_help,
    ie_command_completion;

#endif
