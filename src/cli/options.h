// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The command line, parsed. Two tables say what there is: the library's option table (ie_option_at)
 * for everything that is configuration, and flags[] in options.c for what concerns one invocation
 * only. An option of the library costs nothing here. Options may stand before or after the command;
 * `--` ends them. Texts point into argv, except for settings, which own theirs.
 */
#ifndef IE_CLI_OPTIONS_H
#define IE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "imgengine.h"

typedef struct ie_command ie_command;

/* One configuration value given on the command line. */
typedef struct ie_setting {
    char *key, *value;
    const char *origin; /* "--set", "--keep" */
} ie_setting;

/* The values of an option that may be repeated. */
typedef struct ie_values {
    const char **items;
    size_t count, room;
} ie_values;

typedef struct ie_options {
    const ie_command *command; /* NULL: none was given */
    const char **arguments;    /* what is neither option nor command, in order */
    size_t argument_count, argument_room;
    ie_setting *settings; /* first those of --set, then those of flags; each group in its order */
    size_t setting_count, setting_room, set_count;

    bool help, version, json, quiet, verbose;
    bool in_place, apply, dry_run, exit_code, wait, csv, null_separated, manual, edited;
    bool update, image_data, ai, force;
    bool keep_apart, forget_apart, list_apart;
    const char *config_file, *catalog, *progress;
    const char *output, *plan_file, *report, *files_from, *only, *root, *path_glob, *older_than,
        *archive, *evaluate, *forget;
    const char *top, *after, *before, *camera, *near, *page;
    ie_values likes, objects;
} ie_options;

typedef enum ie_flag_kind {
    IE_FLAG_SWITCH,  /* sets a bool of ie_options */
    IE_FLAG_TEXT,    /* sets a text of ie_options */
    IE_FLAG_TEXTS,   /* appends to an ie_values of ie_options */
    IE_FLAG_SET,     /* KEY=VALUE */
    IE_FLAG_SETTING, /* sets the configuration key `key`, to `value` when that is not NULL */
} ie_flag_kind;

typedef struct ie_flag {
    const char *name; /* "--output" */
    char letter;      /* 'o', or 0 */
    ie_flag_kind kind;
    size_t offset;           /* SWITCH, TEXT, TEXTS: in ie_options */
    const char *key, *value; /* SETTING */
    const char *argument;    /* what the help calls the value, NULL when there is none */
    unsigned commands;       /* IE_CMD_*; IE_CMD_ANY makes it a common option */
    const char *help;        /* one line, lower case, no full stop */
} ie_flag;

const ie_flag *ie_flag_at(size_t index); /* NULL past the end */
/* Rows of the library's table that are options of these commands and not shadowed by a
   flag here. */
bool ie_option_is_flag(const ie_option *option, unsigned commands);

/* Fills options (zero-initialised). IE_ERR_USAGE with one line that says what was wrong and what is
   near. */
ie_status ie_options_parse(int argc, char **argv, ie_options *options, ie_error *err) IE_MUST_CHECK;
void ie_options_clear(ie_options *options);

#endif
