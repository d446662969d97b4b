// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/interrupt.h"
#include "cli/print.h"
#include "imgengine.h"
#include "utils/error.h"

/* Records by the hundred thousand in pieces of 4 kB are as many system calls as photos. */
#define OUTPUT_BYTES 65536

/* Every command there is, in the order of the help. */
static const ie_command *const commands[] = {
    &ie_command_process, &ie_command_analyze, &ie_command_dedupe,     &ie_command_rename,
    &ie_command_tag,     &ie_command_untag,   &ie_command_convert,    &ie_command_apply,
    &ie_command_undo,    &ie_command_runs,    &ie_command_purge,      &ie_command_verify,
    &ie_command_covers,  &ie_command_search,  &ie_command_config,     &ie_command_info,
    &ie_command_models,  &ie_command_help,    &ie_command_completion,
};

const ie_command *ie_command_at(size_t index)
{
    return index < sizeof commands / sizeof *commands ? commands[index] : NULL;
}

const ie_command *ie_command_find(const char *name)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

const char *ie_command_nearest(const char *name)
{
    const char *best = NULL;
    size_t distance = (strlen(name) + 2) / 3 + 1; /* a slip in three letters */
    if (strlen(name) > 40) {
        return NULL; /* a path, most likely */
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        size_t d =
            ie_starts_with(commands[i]->name, name) ? 1 : ie_edit_distance(name, commands[i]->name);
        if (d < distance) {
            distance = d;
            best = commands[i]->name;
        }
    }
    return best;
}

static ie_status check_arguments(const ie_options *options, ie_error *err)
{
    const ie_command *command = options->command;
    size_t count = options->argument_count;
    if (count > command->max_arguments) {
        return ie_error_set(err, IE_ERR_USAGE, "%s does not take the argument \"%s\".",
                            command->name, ie_shown(options->arguments[command->max_arguments]));
    }
    if (count < command->min_arguments) {
        return ie_error_set(err, IE_ERR_USAGE, "%s needs %s.", command->name, command->arguments);
    }
    return IE_OK;
}

static int run(const ie_options *options)
{
    if (options->version) {
        printf("imgengine %s\n", ie_version());
        return ie_output_end();
    }
    if (options->help) {
        if (options->command != NULL) {
            ie_help_command(options->command, stdout);
        } else {
            ie_help_program(stdout);
        }
        return ie_output_end();
    }
    ie_error err = {0};
    if (options->command == NULL) {
        ie_error_set(&err, IE_ERR_USAGE, "No command was given.");
        return ie_complain_usage(options->command, &err);
    }
    if (check_arguments(options, &err) != IE_OK) {
        return ie_complain_usage(options->command, &err);
    }
    return options->command->run(options);
}

int main(int argc, char **argv)
{
    ie_interrupt_install();
    if (!isatty(STDOUT_FILENO)) {
        setvbuf(stdout, NULL, _IOFBF, OUTPUT_BYTES);
    }
    ie_options options = {0};
    ie_error err = {0};
    ie_status status = ie_options_parse(argc, argv, &options, &err);
    if (status == IE_OK && !options.verbose) {
        ie_messages_separate();
    }
    int code = status == IE_OK ? run(&options) : ie_complain_usage(options.command, &err);
    ie_options_clear(&options);
    return code;
}
