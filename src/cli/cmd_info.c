// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/session.h"
#include "utils/error.h"
#include "utils/json.h"
#include "utils/memory.h"

typedef struct info_list {
    ie_session *session;
    char *section; /* the current one; owned */
} info_list;

static void on_info(void *user, const char *section, const char *name, const char *value)
{
    info_list *list = user;
    if (list->session->options->json) {
        json_t *object = json_object();
        ie_json_text(object, "schema", "imgengine.info/1");
        ie_json_text(object, "section", section);
        ie_json_text(object, "name", name);
        ie_json_text(object, "value", value);
        IE_AUTO_FREE char *line = ie_json_line(object);
        puts(line);
        return;
    }
    if (list->section == NULL || strcmp(list->section, section) != 0) {
        printf("%s%s\n", list->section != NULL ? "\n" : "", section);
        free(list->section);
        list->section = ie_strdup(section);
    }
    printf("  %-24s ", ie_shown(name));
    ie_print_wrapped(stdout, ie_shown(value), 27, 27, 100);
}

static int run_info(const ie_options *options)
{
    ie_session session = {.options = options};
    ie_error err = {0};
    info_list list = {.session = &session};
    ie_status status = ie_session_open(&session, &err);
    if (status == IE_OK) {
        status = ie_engine_info(session.engine, on_info, &list, &err);
    }
    free(list.section);
    return ie_session_end(&session, status, &err, IE_EXIT_DONE);
}

static const char *const examples[] = {
    "imgengine info",
    "what this build can do on this machine",
    "imgengine info --json",
    "the same for programs",
    NULL,
};

const ie_command ie_command_info = {
    .name = "info",
    .id = IE_CMD_INFO,
    .arguments = "",
    .brief = "show version, codecs, processor, catalog and limits",
    .text = "Shows the version, the image formats that can be read and written here, the "
            "processor and how many threads are used, where the catalog is, and the limits in "
            "force.",
    .examples = examples,
    .run = run_info,
};
