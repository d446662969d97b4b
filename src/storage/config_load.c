// SPDX-License-Identifier: GPL-3.0-or-later
/* The sources of the configuration in their order: /etc, the user's file, --config, the
   environment. */
#include <string.h>

#include "core/options.h"
#include "storage/config_file.h"
#include "utils/error.h"
#include "utils/memory.h"

#define PREFIX "IMGENGINE_"

/* Variables of ours that are no settings. */
static const char *const reserved[] = {"IMGENGINE_TESTDATA", "IMGENGINE_TEST_ONNXRUNTIME",
                                       "IMGENGINE_TEST_MERGES"};

extern char **environ;

/* NULL when neither XDG_CONFIG_HOME nor HOME says where; free() it. */
static char *user_file(void)
{
    const char *folder = getenv("XDG_CONFIG_HOME");
    if (folder != NULL &&
        folder[0] == '/') { /* relative ones are to be ignored: XDG base directories */
        return ie_path_join(folder, "imgengine/config.yaml");
    }
    const char *home = getenv("HOME");
    return home != NULL && home[0] != 0 ? ie_path_join(home, ".config/imgengine/config.yaml")
                                        : NULL;
}

static ie_status read_if_there(const char *path, ie_config *config, ie_error *err)
{
    ie_status status = ie_config_file_read(path, config, err);
    return status == IE_ERR_NOT_FOUND ? IE_OK : status;
}

static bool is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        if (strcmp(name, reserved[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The setting of that variable name, or NULL and the nearest name in *ret_nearest (free() it). */
static const ie_option *option_of_env(const char *name, char **ret_nearest)
{
    IE_AUTO_FREE char *wanted = ie_strndup(name, 100); /* edit distance is quadratic */
    size_t least = SIZE_MAX;
    char *nearest = NULL;
    for (size_t i = 0; i < ie_option_count(); i++) {
        char *known = ie_option_env_name(ie_option_at(i));
        size_t distance = ie_edit_distance(wanted, known);
        if (strcmp(known, name) == 0) {
            free(known);
            free(nearest);
            return ie_option_at(i);
        }
        if (distance < least) {
            free(nearest);
            nearest = known;
            least = distance;
        } else {
            free(known);
        }
    }
    *ret_nearest = nearest;
    return NULL;
}

static ie_status set_from_env(ie_config *config, const char *entry, ie_error *err)
{
    const char *equals = strchr(entry, '=');
    if (equals == NULL || !ie_starts_with(entry, PREFIX)) {
        return IE_OK;
    }
    IE_AUTO_FREE char *name = ie_strndup(entry, (size_t)(equals - entry));
    if (is_reserved(name)) {
        return IE_OK;
    }
    IE_AUTO_FREE char *nearest = NULL;
    const ie_option *option = option_of_env(name, &nearest);
    if (option == NULL) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "The environment variable %s belongs to no setting; the nearest is %s.",
                            ie_shown(name), nearest);
    }
    return ie_config_set(config, option->key, equals + 1, name, err);
}

ie_status ie_config_load(ie_config *config, const char *extra_file, ie_error *err)
{
    IE_AUTO_FREE char *own = user_file();
    ie_status status = read_if_there("/etc/imgengine/config.yaml", config, err);
    if (status == IE_OK && own != NULL) {
        status = read_if_there(own, config, err);
    }
    if (status == IE_OK && extra_file != NULL) {
        status = ie_config_file_read(extra_file, config, err);
    }
    for (char **entry = environ; status == IE_OK && entry != NULL && *entry != NULL; entry++) {
        status = set_from_env(config, *entry, err);
    }
    return status;
}
