// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

#define TEXT(field) IE_FLAG_TEXT, offsetof(ie_options, field), NULL, NULL
#define TEXTS(field) IE_FLAG_TEXTS, offsetof(ie_options, field), NULL, NULL
#define SWITCH(field) IE_FLAG_SWITCH, offsetof(ie_options, field), NULL, NULL
#define SETTING(key, value) IE_FLAG_SETTING, 0, key, value

static const ie_flag flags[] = {
    {"--config", 0, TEXT(config_file), "FILE", IE_CMD_ANY, "read this configuration file last"},
    {"--set", 0, IE_FLAG_SET, 0, NULL, NULL, "KEY=VALUE", IE_CMD_ANY,
     "set one configuration key; may be repeated"},
    {"--catalog", 0, TEXT(catalog), "FILE", IE_CMD_ANY,
     "keep results in this file; an empty name keeps none"},
    {"--jobs", 'j', SETTING("processing.max_workers", NULL), "N", IE_CMD_ANY,
     "work on N photos at a time; 0 means one for each core"},
    {"--json", 0, SWITCH(json), NULL, IE_CMD_ANY,
     "write one JSON object a line to standard output"},
    {"--progress", 0, TEXT(progress), "auto|bar|json|none", IE_CMD_ANY,
     "how to show progress on standard error (default: auto)"},
    {"--quiet", 'q', SWITCH(quiet), NULL, IE_CMD_ANY, "say nothing but errors on standard error"},
    {"--verbose", 'v', SWITCH(verbose), NULL, IE_CMD_ANY,
     "say more; list files that stay as they are, too"},
    {"--help", 'h', SWITCH(help), NULL, IE_CMD_ANY, "show this help"},
    {"--version", 0, SWITCH(version), NULL, IE_CMD_ANY, "show the version"},

    {"--output", 'o', TEXT(output), "DIR",
     IE_CMD_PROCESS | IE_CMD_CONVERT | IE_CMD_RENAME | IE_CMD_TAG,
     "copy into this folder and never touch the source"},
    {"--in-place", 0, SWITCH(in_place), NULL, IE_CMD_PLANNING, "change the photos where they are"},
    {"--apply", 0, SWITCH(apply), NULL, IE_CMD_PLANNING | IE_CMD_PURGE, "carry the plan out"},
    {"--dry-run", 'n', SWITCH(dry_run), NULL,
     IE_CMD_PLANNING | IE_CMD_APPLY | IE_CMD_UNDO | IE_CMD_PURGE,
     "only show what would be done (for planning commands the default)"},
    {"--ai", 0, SWITCH(ai), NULL, IE_CMD_UNTAG, "the keywords that models gave"},
    {"--plan", 0, TEXT(plan_file), "FILE", IE_CMD_PLANNING,
     "save the plan, for `imgengine apply FILE`"},
    {"--exit-code", 0, SWITCH(exit_code), NULL, IE_CMD_PLANNING,
     "exit with 4 when the plan has work"},
    {"--evaluate", 0, TEXT(evaluate), "FILE", IE_CMD_DEDUPE,
     "judge --similar: precision and recall against the labelled groups of this JSON file"},
    {"--keep-apart", 0, SWITCH(keep_apart), NULL, IE_CMD_DEDUPE,
     "make no plan; remember that these photos are no duplicates of one another, under any name"},
    {"--forget-apart", 0, SWITCH(forget_apart), NULL, IE_CMD_DEDUPE,
     "make no plan; take that back for these photos"},
    {"--list-apart", 0, SWITCH(list_apart), NULL, IE_CMD_DEDUPE,
     "make no plan; list what --keep-apart remembered"},
    {"--wait", 0, SWITCH(wait), NULL, IE_CMD_PLANNING | IE_CMD_APPLY | IE_CMD_UNDO | IE_CMD_PURGE,
     "wait for another run on the same folder to finish"},
    {"--report", 0, TEXT(report), "FILE", IE_CMD_READING | IE_CMD_APPLY,
     "write a report as one JSON document; dedupe: as a page with pictures when FILE ends in "
     ".html"},
    {"--csv", 0, SWITCH(csv), NULL, IE_CMD_ANALYZE,
     "write comma-separated values to standard output"},
    {"--only", 0, TEXT(only), "NAME,...", IE_CMD_ANALYZE,
     "run only these analyzers: metadata, hashes, quality, ..."},
    {"--no-ml", 0, SETTING("analysis.ml_analysis", "false"), NULL, IE_CMD_SEEING,
     "run no machine-learning model"},
    {"--offline", 0, SETTING("analysis.ml_models.download", "never"), NULL,
     IE_CMD_SEEING | IE_CMD_MODELS | IE_CMD_SEARCH, "fetch no model or runtime from elsewhere"},
    {"--force", 0, SWITCH(force), NULL, IE_CMD_MODELS, "fetch a runtime anew, though one is here"},
    {"--files-from", 0, TEXT(files_from), "FILE", IE_CMD_READING | IE_CMD_VERIFY,
     "read the list of photos from this file, one a line; - is standard input"},
    {"--null", '0', SWITCH(null_separated), NULL, IE_CMD_READING | IE_CMD_VERIFY,
     "names in --files-from end with a zero byte (find -print0)"},
    {"--root", 0, TEXT(root), "DIR", IE_CMD_UNDO | IE_CMD_RUNS | IE_CMD_PURGE,
     "read this folder's own journal instead of the catalog"},
    {"--forget", 0, TEXT(forget), "DIR", IE_CMD_RUNS,
     "strike this folder, deleted or gone for good, from the catalog; no file is touched"},
    {"--path", 0, TEXT(path_glob), "GLOB", IE_CMD_UNDO, "take back only what matches"},
    {"--older-than", 0, TEXT(older_than), "AGE", IE_CMD_PURGE,
     "only what runs put there this long ago or longer: 12h, 30d, 8w, 1y"},
    {"--edited", 0, SWITCH(edited), NULL, IE_CMD_PURGE,
     "also free originals whose new file was changed since by another program"},
    {"--update", 0, SWITCH(update), NULL, IE_CMD_VERIFY,
     "store what is new, moved or edited, and forget what is missing; never accepts rot"},
    {"--in", 0, TEXT(archive), "DIR", IE_CMD_COVERS, "the archive that shall hold everything"},
    {"--image-data", 0, SWITCH(image_data), NULL, IE_CMD_COVERS,
     "the same picture with other metadata counts, too (JPEG, PNG, WebP, TIFF)"},
    {"--like", 0, TEXTS(likes), "PHOTO", IE_CMD_SEARCH,
     "look for photos like this one, which need not be in the catalog; may be repeated"},
    {"--top", 'k', TEXT(top), "N", IE_CMD_SEARCH, "how many photos to find (default: 20)"},
    {"--after", 0, TEXT(after), "DATE", IE_CMD_SEARCH,
     "taken at or after 2023, 2023-07, 2023-07-14 or 2023-07-14T18:30"},
    {"--before", 0, TEXT(before), "DATE", IE_CMD_SEARCH, "taken before that"},
    {"--camera", 0, TEXT(camera), "NAME", IE_CMD_SEARCH, "whose make and model have this in them"},
    {"--near", 0, TEXT(near), "LAT,LON,KM", IE_CMD_SEARCH,
     "taken within so many kilometres of a place, in degrees"},
    {"--object", 0, TEXTS(objects), "LABEL", IE_CMD_SEARCH,
     "on which the detector found this (dog, car, ...); may be repeated, then all of them"},
    {"--html", 0, TEXT(page), "FILE", IE_CMD_SEARCH,
     "write a page with small pictures of what was found, too; never over a file"},
    {"--man", 0, SWITCH(manual), NULL, IE_CMD_HELP, "print the manual page (roff) instead"},
};

/* An option as it was met: a flag of ours, or a row of the library's table. */
typedef struct found_option {
    const ie_flag *flag;
    const ie_option *option;
    bool negated; /* --no-NAME */
    bool takes_value;
} found_option;

const ie_flag *ie_flag_at(size_t index)
{
    return index < sizeof flags / sizeof *flags ? &flags[index] : NULL;
}

static const ie_flag *flag_named(const char *name)
{
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (strcmp(flags[i].name, name) == 0) {
            return &flags[i];
        }
    }
    return NULL;
}

bool ie_option_is_flag(const ie_option *option, unsigned commands)
{
    return option->flag != NULL && (option->commands & commands) != 0 &&
           flag_named(option->flag) == NULL;
}

/* The option called `name` ("--keep") among those of `commands`. */
static bool find_long(const char *name, unsigned commands, found_option *ret_found)
{
    const ie_flag *flag = flag_named(name);
    if (flag != NULL && (flag->commands & commands) != 0) {
        *ret_found = (found_option){.flag = flag, .takes_value = flag->argument != NULL};
        return true;
    }
    bool negated = ie_starts_with(name, "--no-");
    for (size_t i = 0; i < ie_option_count(); i++) {
        const ie_option *option = ie_option_at(i);
        if (!ie_option_is_flag(option, commands)) {
            continue;
        }
        bool is_bool = option->type == IE_TYPE_BOOL;
        if (strcmp(option->flag, name) == 0) {
            *ret_found = (found_option){.option = option, .takes_value = !is_bool};
            return true;
        }
        if (negated && is_bool && strcmp(option->flag + 2, name + 5) == 0) {
            *ret_found = (found_option){.option = option, .negated = true};
            return true;
        }
    }
    return false;
}

static const ie_flag *find_letter(char letter, unsigned commands)
{
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (flags[i].letter == letter && (flags[i].commands & commands) != 0) {
            return &flags[i];
        }
    }
    return NULL;
}

static void take_nearer(const char *name, const char *candidate, const char **best,
                        size_t *distance)
{
    size_t d = ie_edit_distance(name, candidate);
    if (d < *distance) {
        *distance = d;
        *best = candidate;
    }
}

static const char *nearest_option(const char *name, unsigned commands)
{
    const char *best = NULL;
    size_t distance = 2 + (strlen(name) - 2) / 4; /* its two dashes are never wrong */
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if ((flags[i].commands & commands) != 0) {
            take_nearer(name, flags[i].name, &best, &distance);
        }
    }
    for (size_t i = 0; i < ie_option_count(); i++) {
        if (ie_option_is_flag(ie_option_at(i), commands)) {
            take_nearer(name, ie_option_at(i)->flag, &best, &distance);
        }
    }
    return best;
}

/* The commands that `found` belongs to, for people: "analyze, dedupe". */
static char *commands_text(const found_option *found)
{
    unsigned mask = found->flag != NULL ? found->flag->commands : found->option->commands;
    ie_buffer text = {0};
    for (size_t i = 0; ie_command_at(i) != NULL; i++) {
        if ((ie_command_at(i)->id & mask) != 0) {
            ie_buffer_printf(&text, "%s%s", text.size > 0 ? ", " : "", ie_command_at(i)->name);
        }
    }
    return ie_buffer_take(&text);
}

static ie_status unknown_option(const char *name, const ie_command *command, ie_error *err)
{
    const char *who = command != NULL ? command->name : "imgengine";
    found_option elsewhere;
    if (command != NULL && find_long(name, IE_CMD_ANY, &elsewhere)) {
        IE_AUTO_FREE char *owners = commands_text(&elsewhere);
        return ie_error_set(err, IE_ERR_USAGE, "%s has no option %s; it belongs to: %s.", who, name,
                            owners);
    }
    const char *near = nearest_option(name, command != NULL ? command->id : IE_CMD_ANY);
    if (near != NULL) {
        return ie_error_set(err, IE_ERR_USAGE, "%s has no option %s; did you mean %s?", who,
                            ie_shown(name), near);
    }
    return ie_error_set(err, IE_ERR_USAGE, "%s has no option %s.", who, ie_shown(name));
}

static void add_setting(ie_options *options, char *take_key, char *take_value, const char *origin)
{
    IE_GROW(options->settings, options->setting_count, options->setting_room);
    options->settings[options->setting_count++] = (ie_setting){take_key, take_value, origin};
}

/* --set goes before all flags, so that a flag always wins. */
static ie_status add_set(ie_options *options, const char *text, ie_error *err)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals == text) {
        return ie_error_set(err, IE_ERR_USAGE, "--set needs KEY=VALUE, but it got \"%s\".",
                            ie_shown(text));
    }
    add_setting(options, ie_strndup(text, (size_t)(equals - text)), ie_strdup(equals + 1), "--set");
    size_t last = options->setting_count - 1;
    ie_setting setting = options->settings[last];
    memmove(options->settings + options->set_count + 1, options->settings + options->set_count,
            (last - options->set_count) * sizeof *options->settings);
    options->settings[options->set_count++] = setting;
    return IE_OK;
}

/* The first use of a list's flag replaces the default, the following ones append. */
static void add_flag_setting(ie_options *options, const ie_option *option, const char *value)
{
    if (option->type == IE_TYPE_LIST) {
        for (size_t i = options->set_count; i < options->setting_count; i++) {
            ie_setting *earlier = &options->settings[i];
            if (strcmp(earlier->key, option->key) == 0) {
                char *joined = ie_asprintf("%s,%s", earlier->value, value);
                free(earlier->value);
                earlier->value = joined;
                return;
            }
        }
    }
    add_setting(options, ie_strdup(option->key), ie_strdup(value), option->flag);
}

static ie_status take_option(ie_options *options, const found_option *found, const char *value,
                             ie_error *err)
{
    if (found->option != NULL) {
        add_flag_setting(options, found->option,
                         value != NULL    ? value
                         : found->negated ? "false"
                                          : "true");
        if (strcmp(found->option->key, "analysis.ml_models.require") == 0 && !found->negated &&
            value == NULL) {
            /* Who requires the models wants them run. */
            add_setting(options, ie_strdup("analysis.ml_analysis"), ie_strdup("true"),
                        found->option->flag);
        }
        return IE_OK;
    }
    const ie_flag *flag = found->flag;
    char *field = (char *)options + flag->offset;
    switch (flag->kind) {
    case IE_FLAG_SWITCH:
        *(bool *)field = true;
        break;
    case IE_FLAG_TEXT:
        *(const char **)field = value;
        break;
    case IE_FLAG_TEXTS: {
        ie_values *values = (ie_values *)(void *)field;
        IE_GROW(values->items, values->count, values->room);
        values->items[values->count++] = value;
        break;
    }
    case IE_FLAG_SET:
        return add_set(options, value, err);
    case IE_FLAG_SETTING:
        add_setting(options, ie_strdup(flag->key), ie_strdup(value != NULL ? value : flag->value),
                    flag->name);
        break;
    }
    return IE_OK;
}

/* Walks over argv. The first pass only looks for the command, because it decides which options
   there are. */
typedef struct argument_walk {
    int argc, at;
    char **argv;
    ie_options *options;
    const ie_command *command;
    bool looking; /* first pass: nothing is stored, nothing unknown is an error */
} argument_walk;

static unsigned known_commands(const argument_walk *walk)
{
    return walk->command != NULL ? walk->command->id : IE_CMD_ANY;
}

static ie_status need_value(argument_walk *walk, const char *name, const char **ret_value,
                            ie_error *err)
{
    if (walk->at + 1 >= walk->argc) {
        return ie_error_set(err, IE_ERR_USAGE, "%s needs a value.", name);
    }
    *ret_value = walk->argv[++walk->at];
    return IE_OK;
}

static ie_status walk_long(argument_walk *walk, ie_error *err)
{
    const char *text = walk->argv[walk->at];
    size_t length = strcspn(text, "=");
    const char *value = text[length] == '=' ? text + length + 1 : NULL;
    IE_AUTO_FREE char *name = ie_strndup(text, length);
    found_option found;
    if (!find_long(name, known_commands(walk), &found)) {
        return walk->looking ? IE_OK : unknown_option(name, walk->command, err);
    }
    if (!found.takes_value && value != NULL) {
        bool is_bool = found.option != NULL && !found.negated;
        if (!is_bool && !walk->looking) {
            return ie_error_set(err, IE_ERR_USAGE, "%s takes no value.", name);
        }
    }
    if (found.takes_value && value == NULL) {
        if (walk->looking && walk->at + 1 >= walk->argc) {
            return IE_OK;
        }
        ie_status status = need_value(walk, name, &value, err);
        if (status != IE_OK) {
            return status;
        }
    }
    return walk->looking ? IE_OK : take_option(walk->options, &found, value, err);
}

/* "-qj4": letters without a value may stand together, the last may take the rest or the next
   argument. */
static ie_status walk_letters(argument_walk *walk, ie_error *err)
{
    for (const char *p = walk->argv[walk->at] + 1; *p != 0; p++) {
        const ie_flag *flag = find_letter(*p, known_commands(walk));
        if (flag == NULL) {
            char name[] = {'-', *p, 0};
            return walk->looking ? IE_OK : unknown_option(name, walk->command, err);
        }
        found_option found = {.flag = flag};
        const char *value = NULL;
        bool ends = flag->argument != NULL;
        if (ends && p[1] != 0) {
            value = p + 1;
        } else if (ends) {
            char name[] = {'-', *p, 0};
            ie_status status = need_value(walk, name, &value, err);
            if (status != IE_OK) {
                return walk->looking ? IE_OK : status;
            }
        }
        if (!walk->looking) {
            ie_status status = take_option(walk->options, &found, value, err);
            if (status != IE_OK) {
                return status;
            }
        }
        if (ends) {
            break;
        }
    }
    return IE_OK;
}

static ie_status walk_word(argument_walk *walk, bool *command_seen, ie_error *err)
{
    const char *word = walk->argv[walk->at];
    if (*command_seen) {
        if (!walk->looking) {
            ie_options *options = walk->options;
            IE_GROW(options->arguments, options->argument_count, options->argument_room);
            options->arguments[options->argument_count++] = word;
        }
        return IE_OK;
    }
    *command_seen = true;
    walk->command = ie_command_find(word);
    if (walk->command != NULL) {
        return IE_OK;
    }
    const char *near = ie_command_nearest(word);
    return near != NULL
               ? ie_error_set(err, IE_ERR_USAGE, "There is no command \"%s\"; did you mean %s?",
                              ie_shown(word), near)
               : ie_error_set(err, IE_ERR_USAGE, "There is no command \"%s\".", ie_shown(word));
}

/* "-people" for a command that takes such words; "-k" and "-k20" are options still. */
static bool is_signed_word(const argument_walk *walk, bool command_seen)
{
    const char *text = walk->argv[walk->at];
    if (!command_seen || walk->command == NULL || !walk->command->signed_words || text[1] == '-' ||
        text[2] == 0) {
        return false;
    }
    const ie_flag *flag = find_letter(text[1], walk->command->id);
    return flag == NULL || flag->argument == NULL || text[2] < '0' || text[2] > '9';
}

/* "-json" is "--json" with a dash too few, and not a word. */
static ie_status walk_signed_word(argument_walk *walk, bool *command_seen, ie_error *err)
{
    const char *text = walk->argv[walk->at];
    IE_AUTO_FREE char *name = ie_asprintf("-%s", text);
    found_option found;
    if (!walk->looking && find_long(name, walk->command->id, &found)) {
        return ie_error_set(
            err, IE_ERR_USAGE,
            "Did you mean %s? To take a text away that is an option's name, write -- %s.", name,
            text);
    }
    return walk_word(walk, command_seen, err);
}

static ie_status walk_arguments(argument_walk *walk, ie_error *err)
{
    bool ended = false, command_seen = false;
    for (walk->at = 1; walk->at < walk->argc; walk->at++) {
        const char *text = walk->argv[walk->at];
        ie_status status;
        if (ended || text[0] != '-' || text[1] == 0) {
            status = walk_word(walk, &command_seen, err);
        } else if (strcmp(text, "--") == 0) {
            ended = true;
            continue;
        } else if (is_signed_word(walk, command_seen)) {
            status = walk_signed_word(walk, &command_seen, err);
        } else if (text[1] == '-') {
            status = walk_long(walk, err);
        } else {
            status = walk_letters(walk, err);
        }
        if (status != IE_OK) {
            return status;
        }
    }
    return IE_OK;
}

ie_status ie_options_parse(int argc, char **argv, ie_options *options, ie_error *err)
{
    argument_walk look = {.argc = argc, .argv = argv, .looking = true};
    ie_status status = walk_arguments(&look, err);
    if (status != IE_OK) {
        return status;
    }
    options->command = look.command;
    argument_walk walk = {.argc = argc, .argv = argv, .options = options, .command = look.command};
    return walk_arguments(&walk, err);
}

void ie_options_clear(ie_options *options)
{
    for (size_t i = 0; i < options->setting_count; i++) {
        free(options->settings[i].key);
        free(options->settings[i].value);
    }
    free(options->settings);
    free(options->arguments);
    free(options->likes.items);
    free(options->objects.items);
    *options = (ie_options){0};
}
