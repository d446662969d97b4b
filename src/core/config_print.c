// SPDX-License-Identifier: GPL-3.0-or-later
/* The configuration as YAML, from the option table: the default file and the effective settings. */
#include <string.h>

#include "core/config.h"
#include "core/options.h"
#include "utils/memory.h"

/* A double-quoted YAML scalar. Bytes that are not UTF-8 cannot stand in YAML; they become
   Latin-1. */
static void print_quoted(const char *text, FILE *out)
{
    IE_AUTO_FREE char *readable = ie_utf8_from_latin1(text, strlen(text));
    fputc('"', out);
    for (const unsigned char *p = (const unsigned char *)readable; *p != 0;) {
        size_t length = ie_utf8_char(p);
        if (*p == '"' || *p == '\\') {
            fprintf(out, "\\%c", *p);
        } else if (*p < 0x20 || *p == 0x7f) {
            fprintf(out, "\\x%02X", *p);
        } else if (length == 2 && p[0] == 0xc2 && p[1] < 0xa0) { /* C1 controls */
            fprintf(out, "\\x%02X", p[1]);
        } else {
            fwrite(p, 1, length, out);
        }
        p += length;
    }
    fputc('"', out);
}

static void print_list(const ie_config_list *list, FILE *out)
{
    fputc('[', out);
    for (uint32_t i = 0; i < list->count; i++) {
        fputs(i > 0 ? ", " : "", out);
        print_quoted(list->items[i], out);
    }
    fputc(']', out);
}

static void print_value(const ie_config *config, const ie_option_row *row, FILE *out)
{
    IE_AUTO_FREE char *text = ie_config_text(config, row->option.key);
    if (row->option.type == IE_TYPE_LIST) {
        print_list((const ie_config_list *)((const char *)config + row->offset), out);
    } else if (row->option.type == IE_TYPE_TEXT) {
        print_quoted(text, out);
    } else {
        fputs(text, out);
    }
    fputc('\n', out);
}

/* How many bytes the keys' common sections take, with the last dot. */
static size_t common_sections(const char *a, const char *b)
{
    size_t common = 0;
    for (size_t i = 0; a[i] != 0 && a[i] == b[i]; i++) {
        common = a[i] == '.' ? i + 1 : common;
    }
    return common;
}

/* Opens the sections of `key` that `previous` was not in; returns the depth. */
static int print_sections(const char *previous, const char *key, FILE *out)
{
    size_t common = common_sections(previous, key);
    int depth = 0;
    for (size_t start = 0;;) {
        size_t length = strcspn(key + start, ".");
        if (key[start + length] == 0) {
            return depth;
        }
        if (start >= common) {
            fprintf(out, "%s%*s%.*s:\n", depth == 0 ? "\n" : "", 2 * depth, "", (int)length,
                    key + start);
        }
        start += length + 1;
        depth++;
    }
}

static void print_comment(const ie_option *option, int depth, FILE *out)
{
    fprintf(out, "%*s# %s", 2 * depth, "", option->help);
    if (option->type == IE_TYPE_INT || option->type == IE_TYPE_REAL) {
        fprintf(out, " (%.0f to %.0f)", option->min, option->max);
    } else if (option->type == IE_TYPE_CHOICE) {
        fputs(" (", out);
        for (const char *p = option->choices; *p != 0; p++) {
            fputs(*p == '|' ? ", " : "", out);
            if (*p != '|') {
                fputc(*p, out);
            }
        }
        fputc(')', out);
    }
    if (option->flag != NULL) {
        fprintf(out, " [%s]", option->flag);
    }
    fputc('\n', out);
}

static void print_all(const ie_config *config, bool comments, FILE *out)
{
    const char *previous = "";
    for (size_t i = 0; i < ie_option_count(); i++) {
        const ie_option_row *row = ie_option_row_at(i);
        const char *key = row->option.key;
        int depth = print_sections(previous, key, out);
        if (comments) {
            print_comment(&row->option, depth, out);
        }
        fprintf(out, "%*s%s: ", 2 * depth, "", strrchr(key, '.') + 1);
        print_value(config, row, out);
        previous = key;
    }
}

void ie_config_print_default(FILE *out)
{
    fputs("# Image Engine: every setting with its default.\n"
          "#\n"
          "# Copy what you want to change to ~/.config/imgengine/config.yaml. Later ones win: the "
          "defaults,\n"
          "# /etc/imgengine/config.yaml, your own file, --config FILE, environment variables such "
          "as\n"
          "# IMGENGINE_DEDUPE_KEEP=newest, and on the command line --set dedupe.keep=newest or a "
          "flag,\n"
          "# which stands in brackets below where there is one.\n",
          out);
    ie_config *config = ie_config_new();
    print_all(config, true, out);
    ie_config_free(config);
}

void ie_config_print(const ie_config *config, FILE *out)
{
    fputs("# Image Engine: the effective configuration.\n", out);
    print_all(config, false, out);
}
