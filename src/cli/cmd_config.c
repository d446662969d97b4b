// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/session.h"
#include "utils/error.h"
#include "utils/json.h"
#include "utils/memory.h"

/* "IMGENGINE_DEDUPE_KEEP" for "dedupe.keep". */
static char *environment_name(const char *key)
{
    char *name = ie_asprintf("IMGENGINE_%s", key);
    for (char *p = name; *p != 0; p++) {
        *p = *p == '.' ? '_' : *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
    }
    return name;
}

static const char *shown_value(const char *text)
{
    return text[0] != 0 ? ie_shown(text) : "(empty)";
}

static void print_range(const ie_option *option)
{
    switch (option->type) {
    case IE_TYPE_BOOL:
        puts("  values       true or false");
        break;
    case IE_TYPE_CHOICE:
        fputs("  values       ", stdout);
        for (const char *p = option->choices; *p != 0; p++) {
            fputs(*p == '|' ? ", " : (char[]){*p, 0}, stdout);
        }
        putchar('\n');
        break;
    case IE_TYPE_INT:
    case IE_TYPE_REAL:
        printf("  values       %s from %.15g to %.15g\n",
               option->type == IE_TYPE_INT ? "a whole number" : "a number", option->min,
               option->max);
        break;
    case IE_TYPE_LIST:
        puts("  values       texts separated by commas");
        break;
    case IE_TYPE_TEXT:
        puts("  values       any text");
        break;
    }
}

static void print_flags(const ie_option *option)
{
    if (option->flag == NULL) {
        return;
    }
    printf("  option       %s (", option->flag);
    bool first = true;
    for (size_t i = 0; ie_command_at(i) != NULL; i++) {
        if ((ie_command_at(i)->id & option->commands) != 0) {
            printf("%s%s", first ? "" : ", ", ie_command_at(i)->name);
            first = false;
        }
    }
    puts(")");
}

static void print_option_json(const ie_config *config, const ie_option *option)
{
    IE_AUTO_FREE char *value = ie_config_text(config, option->key);
    IE_AUTO_FREE char *environment = environment_name(option->key);
    json_t *object = json_object();
    ie_json_text(object, "schema", "imgengine.option/1");
    ie_json_text(object, "key", option->key);
    ie_json_text(object, "value", value);
    ie_json_text(object, "default", option->fallback);
    ie_json_text(object, "origin", ie_config_origin(config, option->key));
    ie_json_text(object, "help", option->help);
    ie_json_text(object, "choices", option->choices);
    ie_json_text(object, "option", option->flag);
    ie_json_text(object, "environment", environment);
    IE_AUTO_FREE char *line = ie_json_line(object);
    puts(line);
}

static void explain(const ie_config *config, const ie_option *option)
{
    IE_AUTO_FREE char *value = ie_config_text(config, option->key);
    IE_AUTO_FREE char *environment = environment_name(option->key);
    printf("%s = %s\n  ", option->key, shown_value(value != NULL ? value : ""));
    ie_print_wrapped(stdout, option->help, 2, 2, 80);
    printf("  comes from   %s\n", ie_shown(ie_config_origin(config, option->key)));
    printf("  default      %s\n", shown_value(option->fallback != NULL ? option->fallback : ""));
    print_range(option);
    print_flags(option);
    printf("  environment  %s\n", environment);
}

static void explain_as_asked(const ie_options *options, const ie_config *config,
                             const ie_option *option)
{
    if (options->json) {
        print_option_json(config, option);
    } else {
        explain(config, option);
    }
}

/* A key, or a section: all its keys. False: it is neither. */
static bool explain_one(const ie_options *options, const ie_config *config, const char *name)
{
    const ie_option *option = ie_option_find(name);
    size_t length = strlen(name), found = option != NULL;
    if (option != NULL) {
        explain_as_asked(options, config, option);
    }
    for (size_t i = 0; option == NULL && i < ie_option_count(); i++) {
        const char *key = ie_option_at(i)->key;
        if (strncmp(key, name, length) == 0 && key[length] == '.') {
            if (found++ > 0 && !options->json) {
                putchar('\n');
            }
            explain_as_asked(options, config, ie_option_at(i));
        }
    }
    return found > 0;
}

static ie_status explain_keys(const ie_options *options, const ie_config *config, ie_error *err)
{
    if (options->argument_count < 2) {
        return ie_error_set(
            err, IE_ERR_USAGE,
            "config explain needs a key or a section; `imgengine config keys` lists them.");
    }
    for (size_t i = 1; i < options->argument_count; i++) {
        const char *key = options->arguments[i];
        if (!explain_one(options, config, key)) {
            const char *near = ie_option_nearest(key);
            return ie_error_set(
                err, IE_ERR_USAGE,
                "There is no configuration key or section \"%s\"; the nearest key is %s.",
                ie_shown(key), near != NULL ? near : "unknown");
        }
    }
    return IE_OK;
}

static ie_status show(const ie_options *options, const ie_config *config, ie_error *err)
{
    if (!options->json) {
        ie_config_print(config, stdout);
        return IE_OK;
    }
    for (size_t i = 0; i < ie_option_count(); i++) {
        print_option_json(config, ie_option_at(i));
    }
    return IE_OK;
}

static ie_status print_default(const ie_options *options, const ie_config *config, ie_error *err)
{
    ie_config_print_default(stdout);
    return IE_OK;
}

static ie_status print_keys(const ie_options *options, const ie_config *config, ie_error *err)
{
    for (size_t i = 0; i < ie_option_count(); i++) {
        puts(ie_option_at(i)->key);
    }
    return IE_OK;
}

static const struct {
    const char *name;
    bool loads,
        takes_keys; /* default and keys must work even where a configuration file is broken */
    ie_status (*run)(const ie_options *options, const ie_config *config, ie_error *err);
} parts[] = {
    {"show", true, false, show},
    {"default", false, false, print_default},
    {"explain", true, true, explain_keys},
    {"keys", false, false, print_keys},
};

static ie_status run_part(const ie_options *options, ie_error *err)
{
    const char *name = options->argument_count > 0 ? options->arguments[0] : "show";
    size_t i = 0;
    while (i < sizeof parts / sizeof *parts && strcmp(parts[i].name, name) != 0) {
        i++;
    }
    if (i == sizeof parts / sizeof *parts) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "config can show, default, explain and keys, but not \"%s\".",
                            ie_shown(name));
    }
    if (!parts[i].takes_keys && options->argument_count > 1) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "config %s takes no further argument, but got \"%s\".", name,
                            ie_shown(options->arguments[1]));
    }
    ie_config *config = NULL;
    ie_status status = parts[i].loads ? ie_session_config(options, &config, err) : IE_OK;
    if (status == IE_OK) {
        status = parts[i].run(options, config, err);
    }
    ie_config_free(config);
    return status;
}

static int run_config(const ie_options *options)
{
    ie_error err = {0};
    /* Its own errors name what there is; a session without an engine still ends the same way. */
    ie_session session = {.options = options, .options_fine = true};
    ie_status status = run_part(options, &err);
    return ie_session_end(&session, status, &err, IE_EXIT_DONE);
}

static const char *const examples[] = {
    "imgengine config",
    "the settings in force, as YAML",
    "imgengine config default > ~/.config/imgengine/config.yaml",
    "a commented file to start from",
    "imgengine config explain dedupe.keep",
    "what a key means and where its value comes from",
    NULL,
};

const ie_command ie_command_config = {
    .name = "config",
    .id = IE_CMD_CONFIG,
    .arguments = "[show | default | explain KEY|SECTION... | keys]",
    .max_arguments = SIZE_MAX,
    .brief = "show and explain the configuration",
    .text = "Shows the settings in force, the commented defaults, or what one key means and where "
            "its value comes from. Later sources win: defaults, /etc/imgengine/config.yaml, "
            "$XDG_CONFIG_HOME/imgengine/config.yaml, --config FILE, IMGENGINE_SECTION_KEY in the "
            "environment, --set, and the options of a command.",
    .examples = examples,
    .run = run_config,
};
