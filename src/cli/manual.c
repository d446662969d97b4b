// SPDX-License-Identifier: GPL-3.0-or-later
/* The manual page, in the man(7) macros, from the same tables as the help. */
#include <string.h>

#include "cli/help.h"
#include "utils/memory.h"

/* Text as roff: its control characters and minus signs are escaped. */
static void roff(FILE *out, const char *text)
{
    for (const char *p = text; *p != 0; p++) {
        bool starts = p == text;
        if (starts && (*p == '.' || *p == '\'')) {
            fputs("\\&", out);
        }
        if (*p == '\\') {
            fputs("\\e", out);
        } else if (*p == '-') {
            fputs("\\-", out);
        } else {
            fputc(*p, out);
        }
    }
}

static void section(FILE *out, const char *macro, const char *title)
{
    fprintf(out, ".%s ", macro);
    roff(out, title);
    fputc('\n', out);
}

static void paragraph(FILE *out, const char *text)
{
    roff(out, text);
    fputc('\n', out);
}

static void entry(FILE *out, char letter, const char *name, const char *argument, const char *help)
{
    fputs(".TP\n", out);
    if (letter != 0) {
        fprintf(out, "\\fB\\-%c\\fR, ", letter);
    }
    fputs("\\fB", out);
    roff(out, name);
    fputs("\\fR", out);
    if (argument != NULL && argument[0] != 0) {
        fputs(" \\fI", out);
        roff(out, argument);
        fputs("\\fR", out);
    }
    fputc('\n', out);
    paragraph(out, help);
}

static void command_section(FILE *out, const ie_command *command)
{
    section(out, "SS", command->name);
    fprintf(out, "\\fBimgengine %s\\fR [options]", command->name);
    if (command->arguments[0] != 0) {
        fputs(" \\fI", out);
        roff(out, command->arguments);
        fputs("\\fR", out);
    }
    fputs("\n.PP\n", out);
    paragraph(out, command->text);
    for (size_t i = 0; ie_flag_at(i) != NULL; i++) {
        const ie_flag *flag = ie_flag_at(i);
        if (ie_flag_is_own(flag, command)) {
            entry(out, flag->letter, flag->name, flag->argument, flag->help);
        }
    }
    for (size_t i = 0; i < ie_option_count(); i++) {
        const ie_option *option = ie_option_at(i);
        if (ie_option_is_flag(option, command->id)) {
            entry(out, 0, option->flag, ie_option_argument(option), option->help);
        }
    }
    fputs(".PP\nExamples:\n", out);
    for (const char *const *p = command->examples; *p != NULL; p += 2) {
        entry(out, 0, p[0], NULL, p[1]);
    }
}

static void configuration_section(FILE *out)
{
    section(out, "SH", "CONFIGURATION");
    paragraph(out, "Later sources win: defaults, /etc/imgengine/config.yaml, "
                   "$XDG_CONFIG_HOME/imgengine/config.yaml, --config FILE, environment variables "
                   "such as IMGENGINE_DEDUPE_KEEP, --set KEY=VALUE, options.");
    for (size_t i = 0; i < ie_option_count(); i++) {
        const ie_option *option = ie_option_at(i);
        entry(out, 0, option->key,
              option->type == IE_TYPE_BOOL ? "true|false" : ie_option_argument(option),
              option->help);
        if (option->fallback[0] != 0) {
            fputs("Default: ", out);
            paragraph(out, option->fallback);
        }
    }
}

static void fields_section(FILE *out)
{
    const char *name, *help, *example;
    section(out, "SH", "FIELDS OF TEMPLATES");
    for (size_t i = 0; (name = ie_rename_field(i, &help, &example)) != NULL; i++) {
        IE_AUTO_FREE char *left = ie_asprintf("{%s}", name);
        IE_AUTO_FREE char *right = ie_asprintf("%s: %s", help, example);
        entry(out, 0, left, NULL, right);
    }
}

void ie_help_manual(FILE *out)
{
    fprintf(out, ".TH IMGENGINE 1 \"\" \"imgengine %s\" \"User Commands\"\n", ie_version());
    section(out, "SH", "NAME");
    paragraph(out, "imgengine - manage photos without ever losing one");
    section(out, "SH", "SYNOPSIS");
    fputs("\\fBimgengine\\fR [common options] \\fICOMMAND\\fR [options] [paths]\n", out);
    section(out, "SH", "DESCRIPTION");
    paragraph(out, "Analyzes, deduplicates, converts, renames and tags photos. A command that "
                   "changes files prints its plan first and changes nothing unless --apply is "
                   "given; imgengine undo takes everything back.");
    section(out, "SH", "COMMON OPTIONS");
    for (size_t i = 0; ie_flag_at(i) != NULL; i++) {
        const ie_flag *flag = ie_flag_at(i);
        if (flag->commands == IE_CMD_ANY) {
            entry(out, flag->letter, flag->name, flag->argument, flag->help);
        }
    }
    section(out, "SH", "COMMANDS");
    for (size_t i = 0; ie_command_at(i) != NULL; i++) {
        command_section(out, ie_command_at(i));
    }
    fields_section(out);
    configuration_section(out);
    section(out, "SH", "EXIT STATUS");
    entry(out, 0, "0", NULL, "done");
    entry(out, 0, "1", NULL, "an error stopped the run");
    entry(out, 0, "2", NULL, "wrong usage");
    entry(out, 0, "3", NULL, "finished, but some photos have faults");
    entry(out, 0, "4", NULL, "the plan has work (with --exit-code)");
    entry(out, 0, "130", NULL, "interrupted");
    entry(out, 0, "141", NULL, "its output was not read to the end: the pipe was closed");
}
