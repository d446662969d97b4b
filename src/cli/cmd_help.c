// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/print.h"
#include "utils/error.h"

static int run_help(const ie_options *options)
{
    if (options->manual) {
        ie_help_manual(stdout);
        return ie_output_end();
    }
    if (options->argument_count == 0) {
        ie_help_program(stdout);
        return ie_output_end();
    }
    const char *name = options->arguments[0];
    const ie_command *command = ie_command_find(name);
    if (command == NULL) {
        const char *near = ie_command_nearest(name);
        ie_complain("There is no command \"%s\"%s%s%s See \"imgengine --help\".", ie_shown(name),
                    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
                    near != NULL ? "?" : ".");
        return IE_EXIT_USAGE;
    }
    ie_help_command(command, stdout);
    return ie_output_end();
}

static const char *const help_examples[] = {
    "imgengine help process",
    "what this command does, with its options",
    "imgengine help --man | man -l -",
    "the whole manual",
    NULL,
};

const ie_command ie_command_help = {
    .name = "help",
    .id = IE_CMD_HELP,
    .arguments = "[COMMAND]",
    .max_arguments = 1,
    .brief = "show help for a command, or the manual",
    .text = "Shows help for the program or for one command. With --man it prints the whole manual "
            "page.",
    .examples = help_examples,
    .run = run_help,
};

static int run_completion(const ie_options *options)
{
    if (!ie_help_completion(options->arguments[0], stdout)) {
        ie_complain("completion knows bash, zsh and fish, not \"%s\". See \"imgengine completion "
                    "--help\".",
                    ie_shown(options->arguments[0]));
        return IE_EXIT_USAGE;
    }
    return ie_output_end();
}

static const char *const completion_examples[] = {
    "eval \"$(imgengine completion bash)\"",
    "complete commands and options in this shell",
    "imgengine completion zsh >~/.zfunc/_imgengine",
    "in zsh, with `fpath+=~/.zfunc` before compinit in ~/.zshrc",
    "imgengine completion fish >~/.config/fish/completions/imgengine.fish",
    "in fish",
    NULL,
};

const ie_command ie_command_completion = {
    .name = "completion",
    .id = IE_CMD_COMPLETION,
    .arguments = "bash|zsh|fish",
    .min_arguments = 1,
    .max_arguments = 1,
    .brief = "print the completion script for a shell",
    .text =
        "Prints a script that lets the shell complete commands, options and configuration keys.",
    .examples = completion_examples,
    .run = run_completion,
};
