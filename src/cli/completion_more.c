// SPDX-License-Identifier: GPL-3.0-or-later
/* The completion scripts for zsh and fish, from the same tables as the help. Both show a line of
   help beside each word. */
#include <string.h>

#include "cli/help.h"

typedef enum shell { ZSH, FISH } shell;

/* Within single quotes. zsh's _describe takes the first ':' for the end of the word. */
static void print_quoted(FILE *out, shell which, const char *text)
{
    for (const char *p = text; *p != 0; p++) {
        if (*p == '\'') {
            fputs(which == ZSH ? "'\\''" : "\\'", out);
        } else if (*p == '\\' || (which == ZSH && *p == ':')) {
            fprintf(out, which == ZSH && *p == '\\' ? "\\\\\\\\" : "\\%c", *p);
        } else {
            fputc(*p, out);
        }
    }
}

static void print_choices(FILE *out, const char *choices)
{
    for (const char *p = choices; *p != 0; p++) {
        fputc(*p == '|' ? ' ' : *p, out);
    }
}

/* What an option is, whichever table it stands in. */
typedef struct word {
    const char *name, *help, *choices; /* choices NULL: any value, or none */
    char letter;
    bool takes;    /* a value */
    bool switches; /* "--no-" turns it off */
} word;

typedef void (*each_word)(FILE *out, const ie_command *command, const word *w);

static word of_flag(const ie_flag *flag)
{
    bool few = flag->argument != NULL && strchr(flag->argument, '|') != NULL;
    return (word){
        flag->name, flag->help, few ? flag->argument : NULL, flag->letter, flag->argument != NULL,
        false};
}

static word of_option(const ie_option *option)
{
    bool boolean = option->type == IE_TYPE_BOOL;
    return (word){option->flag, option->help, option->choices, 0, !boolean, boolean};
}

/* The options of a command; those of all commands with NULL. */
static void for_words(FILE *out, const ie_command *command, each_word print)
{
    for (size_t i = 0; ie_flag_at(i) != NULL; i++) {
        const ie_flag *flag = ie_flag_at(i);
        bool common = flag->commands == IE_CMD_ANY;
        if (command == NULL ? common : !common && (flag->commands & command->id) != 0) {
            word w = of_flag(flag);
            print(out, command, &w);
        }
    }
    for (size_t i = 0; command != NULL && i < ie_option_count(); i++) {
        const ie_option *option = ie_option_at(i);
        if (ie_option_is_flag(option, command->id)) {
            word w = of_option(option);
            print(out, command, &w);
        }
    }
}

/* ---- zsh ----------------------------------------------------------------------------------- */

static void print_zsh_pair(FILE *out, const char *before, const char *name, const char *help)
{
    fprintf(out, "      '%s%s:", before, name);
    print_quoted(out, ZSH, help);
    fputs("'\n", out);
}

static void print_zsh_word(FILE *out, const ie_command *command, const word *w)
{
    (void)command;
    print_zsh_pair(out, "", w->name, w->help);
    if (w->switches) {
        print_zsh_pair(out, "--no-", w->name + 2, "turn that off");
    }
}

static void print_zsh_choices(FILE *out, const ie_command *command, const word *w)
{
    (void)command;
    if (w->choices != NULL) {
        fprintf(out, "    %s) compadd -- ", w->name);
        print_choices(out, w->choices);
        fputs("; return ;;\n", out);
    }
}

static void print_zsh(FILE *out)
{
    fputs("#compdef imgengine\n"
          "# zsh completion for imgengine; printed by `imgengine completion zsh`\n"
          "_imgengine() {\n"
          "  local command='' word\n"
          "  local -a commands options\n"
          "  commands=(\n",
          out);
    for (size_t i = 0; ie_command_at(i) != NULL; i++) {
        print_zsh_pair(out, "", ie_command_at(i)->name, ie_command_at(i)->brief);
    }
    fputs("  )\n"
          "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
          "    if (( ${commands[(I)$word:*]} )); then command=$word; break; fi\n"
          "  done\n"
          "  case ${words[CURRENT-1]} in\n",
          out);
    for_words(out, NULL, print_zsh_choices);
    for (size_t i = 0; ie_command_at(i) != NULL; i++) {
        for_words(out, ie_command_at(i), print_zsh_choices);
    }
    fputs("    explain) compadd -- ${(f)\"$(imgengine config keys 2>/dev/null)\"}; return ;;\n"
          "  esac\n"
          "  case $command in\n",
          out);
    for (size_t i = 0; ie_command_at(i) != NULL; i++) {
        fprintf(out, "    %s) options=(\n", ie_command_at(i)->name);
        for_words(out, ie_command_at(i), print_zsh_word);
        fputs("    ) ;;\n", out);
    }
    fputs("  esac\n"
          "  options+=(\n",
          out);
    for_words(out, NULL, print_zsh_word);
    fputs(
        "  )\n"
        "  if [[ $PREFIX == -* ]]; then _describe -o option options; return; fi\n"
        "  case $command in\n"
        "    ''|help) _describe command commands ;;\n"
        "    config) compadd -- show default explain keys ;;\n"
        "    completion) compadd -- bash zsh fish ;;\n"
        "    *) _files ;;\n"
        "  esac\n"
        "}\n"
        "if [[ $funcstack[1] == _imgengine ]]; then _imgengine; else compdef _imgengine imgengine; "
        "fi\n",
        out);
}

/* ---- fish ---------------------------------------------------------------------------------- */

static void print_fish_line(FILE *out, const ie_command *command, const char *name, const word *w)
{
    fputs("complete -c imgengine", out);
    if (command != NULL) {
        fprintf(out, " -n '__fish_seen_subcommand_from %s'", command->name);
    }
    fprintf(out, " -l %s", name);
    if (w->letter != 0) {
        fprintf(out, " -s %c", w->letter);
    }
    if (w->choices != NULL) {
        fputs(" -x -a '", out);
        print_choices(out, w->choices);
        fputc('\'', out);
    } else if (w->takes) {
        fputs(" -r", out);
    }
    fputs(" -d '", out);
    print_quoted(out, FISH, w->help);
    fputs("'\n", out);
}

static void print_fish_word(FILE *out, const ie_command *command, const word *w)
{
    print_fish_line(out, command, w->name + 2, w);
    if (w->switches) {
        char name[64];
        snprintf(name, sizeof name, "no-%s", w->name + 2);
        print_fish_line(out, command, name, &(word){.help = "turn that off"});
    }
}

static void print_fish(FILE *out)
{
    fputs("# fish completion for imgengine; printed by `imgengine completion fish`\n", out);
    for (size_t i = 0; ie_command_at(i) != NULL; i++) {
        fprintf(out, "complete -c imgengine -n __fish_use_subcommand -f -a %s -d '",
                ie_command_at(i)->name);
        print_quoted(out, FISH, ie_command_at(i)->brief);
        fputs("'\n", out);
    }
    for_words(out, NULL, print_fish_word);
    for (size_t i = 0; ie_command_at(i) != NULL; i++) {
        for_words(out, ie_command_at(i), print_fish_word);
    }
    fputs(
        "complete -c imgengine -n '__fish_seen_subcommand_from config' -f -a 'show default explain "
        "keys'\n"
        "complete -c imgengine -n '__fish_seen_subcommand_from explain' -f -a '(imgengine config "
        "keys 2>/dev/null)'\n"
        "complete -c imgengine -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'\n",
        out);
}

bool ie_help_completion(const char *name, FILE *out)
{
    if (strcmp(name, "bash") == 0) {
        ie_help_completion_bash(out);
    } else if (strcmp(name, "zsh") == 0) {
        print_zsh(out);
    } else if (strcmp(name, "fish") == 0) {
        print_fish(out);
    } else {
        return false;
    }
    return true;
}
