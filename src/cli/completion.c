// SPDX-License-Identifier: GPL-3.0-or-later
/* The completion script for bash, from the same tables as the help. */
#include <string.h>

#include "cli/help.h"

static void print_flags(FILE *out, unsigned commands, bool common)
{
    for (size_t i = 0; ie_flag_at(i) != NULL; i++) {
        const ie_flag *flag = ie_flag_at(i);
        if ((flag->commands == IE_CMD_ANY) == common && (flag->commands & commands) != 0) {
            fprintf(out, " %s", flag->name);
        }
    }
}

static void print_command(FILE *out, const ie_command *command)
{
    fprintf(out, "    %s) options=\"", command->name);
    print_flags(out, command->id, false);
    for (size_t i = 0; i < ie_option_count(); i++) {
        const ie_option *option = ie_option_at(i);
        if (ie_option_is_flag(option, command->id)) {
            fprintf(out, " %s", option->flag);
            if (option->type == IE_TYPE_BOOL) {
                fprintf(out, " --no-%s", option->flag + 2);
            }
        }
    }
    fputs("\" ;;\n", out);
}

/* "    --keep) words="quality newest" ;;" for every option whose values are few. */
static void print_choices(FILE *out, const char *name, const char *choices)
{
    fprintf(out, "    %s) words=\"", name);
    for (const char *p = choices; *p != 0; p++) {
        fputc(*p == '|' ? ' ' : *p, out);
    }
    fputs("\" ;;\n", out);
}

void ie_help_completion_bash(FILE *out)
{
    fputs("# bash completion for imgengine; printed by `imgengine completion bash`\n"
          "_imgengine() {\n"
          "  local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
          "  local command=\"\" words=\"\" options=\"\" i\n"
          "  local commands=\"",
          out);
    for (size_t i = 0; ie_command_at(i) != NULL; i++) {
        fprintf(out, "%s%s", i > 0 ? " " : "", ie_command_at(i)->name);
    }
    fputs("\"\n"
          "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "    [[ \" $commands \" == *\" ${COMP_WORDS[i]} \"* ]] && { "
          "command=\"${COMP_WORDS[i]}\"; break; }\n"
          "  done\n"
          "  case \"$before\" in\n",
          out);
    for (size_t i = 0; i < ie_option_count(); i++) {
        const ie_option *option = ie_option_at(i);
        if (option->choices != NULL && ie_option_is_flag(option, IE_CMD_ANY)) {
            print_choices(out, option->flag, option->choices);
        }
    }
    for (size_t i = 0; ie_flag_at(i) != NULL; i++) {
        const ie_flag *flag = ie_flag_at(i);
        if (flag->argument != NULL && strchr(flag->argument, '|') != NULL) {
            print_choices(out, flag->name, flag->argument);
        }
    }
    fputs(
        "    explain) words=\"$(imgengine config keys 2>/dev/null)\" ;;\n"
        "  esac\n"
        "  if [[ -n $words ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$word\")); return; fi\n"
        "  case \"$command\" in\n",
        out);
    for (size_t i = 0; ie_command_at(i) != NULL; i++) {
        print_command(out, ie_command_at(i));
    }
    fputs("    \"\") options=\"$commands\" ;;\n"
          "  esac\n"
          "  [[ $command == config ]] && options+=\" show default explain keys\"\n"
          "  [[ $command == help ]] && options+=\" $commands\"\n"
          "  if [[ $word == -* || -z $command || $command == config || $command == help ]]; then\n"
          "    COMPREPLY=($(compgen -W \"$options",
          out);
    print_flags(out, IE_CMD_ANY, true);
    fputs("\" -- \"$word\"))\n"
          "  fi\n"
          "}\n"
          "complete -o default -o bashdefault -F _imgengine imgengine\n",
          out);
}
