// SPDX-License-Identifier: GPL-3.0-or-later
/* Help, manual page and shell completion: all printed from the tables, none written by hand. */
#ifndef IE_CLI_HELP_H
#define IE_CLI_HELP_H

#include <stdio.h>

#include "cli/command.h"

void ie_help_program(FILE *out);
void ie_help_command(const ie_command *command, FILE *out);
void ie_help_manual(FILE *out);     /* roff, for man(1) */
/* The completion script for bash, zsh or fish; false: there is none for that shell. */
bool ie_help_completion(const char *name, FILE *out);
void ie_help_completion_bash(FILE *out);

/* What the help calls an option's value: "N", "quality|newest", …; "" for a bool. */
const char *ie_option_argument(const ie_option *option);
/* True when the command takes the flag and it is not one that all commands take. */
bool ie_flag_is_own(const ie_flag *flag, const ie_command *command);

#endif
