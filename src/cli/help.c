// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/help.h"

#include <stdlib.h>
#include <string.h>

#include "cli/print.h"
#include "utils/memory.h"

#define WIDTH 90
#define HELP_COLUMN 28

const char *ie_option_argument(const ie_option *option)
{
    switch (option->type) {
    case IE_TYPE_BOOL:
        return "";
    case IE_TYPE_INT:
        return "N";
    case IE_TYPE_REAL:
        return "X";
    case IE_TYPE_CHOICE:
        return option->choices;
    case IE_TYPE_LIST:
        return "A,B,...";
    case IE_TYPE_TEXT:
        break;
    }
    return "TEXT";
}

bool ie_flag_is_own(const ie_flag *flag, const ie_command *command)
{
    return flag->commands != IE_CMD_ANY && (flag->commands & command->id) != 0;
}

/* "  --name VALUE   help", the help beginning on a line of its own when the left side is long. */
static void print_row(FILE *out, const char *left, const char *help)
{
    size_t columns = ie_columns(left);
    fprintf(out, "  %s", left);
    if (columns + 3 > HELP_COLUMN) {
        fputc('\n', out);
        columns = 0;
    } else {
        columns += 2;
    }
    ie_print_wrapped(out, help, HELP_COLUMN, columns, WIDTH);
}

static void print_flag(const ie_flag *flag, FILE *out)
{
    char letter[] = {'-', flag->letter, ',', ' ', 0};
    IE_AUTO_FREE char *left = ie_asprintf("%s%s%s%s", flag->letter != 0 ? letter : "    ",
                                          flag->name, flag->argument != NULL ? " " : "",
                                          flag->argument != NULL ? flag->argument : "");
    print_row(out, left, flag->help);
}

static void print_option(const ie_option *option, FILE *out)
{
    const char *argument = ie_option_argument(option);
    bool is_on = option->type == IE_TYPE_BOOL && strcmp(option->fallback, "true") == 0;
    /* A switch that is on already is shown by the form that does something. */
    IE_AUTO_FREE char *left = ie_asprintf("    --%s%s%s%s", is_on ? "no-" : "", option->flag + 2,
                                          argument[0] != 0 ? " " : "", argument);
    IE_AUTO_FREE char *help = is_on ? ie_asprintf("do not %s", option->help)
                              : option->type == IE_TYPE_BOOL || option->fallback[0] == 0
                                  ? ie_strdup(option->help)
                                  : ie_asprintf("%s (default: %s)", option->help, option->fallback);
    print_row(out, left, help);
}

static void print_common(FILE *out)
{
    for (size_t i = 0; ie_flag_at(i) != NULL; i++) {
        if (ie_flag_at(i)->commands == IE_CMD_ANY) {
            print_flag(ie_flag_at(i), out);
        }
    }
}

void ie_help_program(FILE *out)
{
    fputs("Usage: imgengine [common options] COMMAND [options] [paths]\n\n", out);
    ie_print_wrapped(
        out,
        "Analyzes, deduplicates, converts, renames and tags photos without ever losing one. A "
        "command that changes files prints its plan first and changes nothing unless --apply is "
        "given; `imgengine undo` takes everything back.",
        0, 0, WIDTH);
    fputs("\nCommands:\n", out);
    for (size_t i = 0; ie_command_at(i) != NULL; i++) {
        fprintf(out, "  %-12s %s\n", ie_command_at(i)->name, ie_command_at(i)->brief);
    }
    fputs("\nCommon options:\n", out);
    print_common(out);
    fputs("\nExit codes: 0 done, 1 error, 2 wrong usage, 3 finished but some photos have faults,\n"
          "4 the plan has work (with --exit-code), 130 interrupted,\n"
          "141 its output was not read to the end.\n\n"
          "`imgengine COMMAND --help` says more about a command.\n",
          out);
}

static void print_own_options(const ie_command *command, FILE *out)
{
    bool any = false;
    for (size_t i = 0; ie_flag_at(i) != NULL; i++) {
        if (ie_flag_is_own(ie_flag_at(i), command)) {
            fputs(any ? "" : "\nOptions:\n", out);
            print_flag(ie_flag_at(i), out);
            any = true;
        }
    }
    any = false;
    for (size_t i = 0; i < ie_option_count(); i++) {
        if (ie_option_is_flag(ie_option_at(i), command->id)) {
            fputs(
                any ? ""
                    : "\nSettings (also configuration keys; `imgengine config keys` lists all):\n",
                out);
            print_option(ie_option_at(i), out);
            any = true;
        }
    }
}

static void print_fields(FILE *out)
{
    const char *name, *help, *example;
    fputs("\nFields of templates:\n", out);
    for (size_t i = 0; (name = ie_rename_field(i, &help, &example)) != NULL; i++) {
        IE_AUTO_FREE char *left = ie_asprintf("{%s}", name);
        IE_AUTO_FREE char *right = ie_asprintf("%s: %s", help, example);
        print_row(out, left, right);
    }
}

void ie_help_command(const ie_command *command, FILE *out)
{
    fprintf(out, "Usage: imgengine %s [options]%s%s\n\n", command->name,
            command->arguments[0] != 0 ? " " : "", command->arguments);
    ie_print_wrapped(out, command->text, 0, 0, WIDTH);
    fputs("\nExamples:\n", out);
    for (const char *const *p = command->examples; *p != NULL; p += 2) {
        fprintf(out, "  %s\n      %s\n", p[0], p[1]);
    }
    print_own_options(command, out);
    if (command->id == IE_CMD_RENAME) {
        print_fields(out);
    }
    fputs("\nCommon options:\n", out);
    print_common(out);
}
