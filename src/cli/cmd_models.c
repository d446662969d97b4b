// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/print.h"
#include "cli/session.h"
#include "utils/error.h"
#include "utils/json.h"
#include "utils/memory.h"

typedef struct model_list {
    const ie_options *options;
    bool paths, verify, failed;
} model_list;

static void print_json(const ie_model_info *model)
{
    json_t *object = json_object();
    ie_json_text(object, "schema", "imgengine.model/1");
    ie_json_text(object, "name", model->name);
    ie_json_text(object, "task", model->task);
    ie_json_text(object, "repository", model->repository);
    ie_json_text(object, "licence", model->licence);
    ie_json_path(object, "path", model->folder);
    json_object_set_new(object, "used", json_boolean(model->used));
    json_object_set_new(object, "here", json_boolean(model->here));
    json_object_set_new(object, "ready", json_boolean(model->ready));
    ie_json_text(object, "problem", model->problem);
    IE_AUTO_FREE char *line = ie_json_line(object);
    puts(line);
}

static void print_line(const model_list *list, const ie_model_info *model)
{
    if (list->paths) {
        puts(model->folder);
        return;
    }
    const char *state = !model->here ? "missing" : !model->ready ? "unfit" : list->verify ? "good" : "ready";
    printf("%-32s %-8s %s%s\n", ie_shown(model->name), model->task, state, model->used ? ", in use" : "");
    if (model->problem != NULL && (model->used || model->here)) {
        printf("    ");
        ie_print_wrapped(stdout, ie_shown(model->problem), 4, 4, 100);
    }
}

static ie_status on_model(void *user, const ie_model_info *model)
{
    model_list *list = user;
    list->failed = list->failed || (list->verify && !model->ready && (model->used || model->here));
    if (list->options->json) {
        print_json(model);
    } else {
        print_line(list, model);
    }
    return ie_output_ok() ? IE_OK : IE_ERR_CANCELLED;
}

static ie_status list_models(const ie_session *session, model_list *list, ie_error *err)
{
    const ie_options *options = session->options;
    const char *what = options->argument_count > 0 ? options->arguments[0] : "list";
    const char *name = options->argument_count > 1 ? options->arguments[1] : NULL;
    list->paths = strcmp(what, "path") == 0;
    list->verify = strcmp(what, "verify") == 0;
    if (!list->paths && !list->verify && strcmp(what, "list") != 0) {
        return ie_error_set(err, IE_ERR_USAGE, "models knows list, path and verify, not \"%s\".", ie_shown(what));
    }
    return ie_engine_models(session->engine, name, list->verify, on_model, list, err);
}

static int run_models(const ie_options *options)
{
    ie_session session = {.options = options};
    ie_error err = {0};
    model_list list = {.options = options};
    ie_status status = ie_session_open(&session, &err);
    if (status == IE_OK) {
        status = list_models(&session, &list, &err);
    }
    return ie_session_end(&session, status, &err, list.failed ? IE_EXIT_ERROR : IE_EXIT_DONE);
}

static const char *const examples[] = {
    "imgengine models",
    "the models there are, and whether their files are here",
    "imgengine models path fastestdet",
    "where that model's files belong",
    "imgengine models verify",
    "load each that is here and see whether it can be used",
    NULL,
};

const ie_command ie_command_models = {
    .name = "models",
    .id = IE_CMD_MODELS,
    .arguments = "[list|path|verify [NAME]]",
    .max_arguments = 2,
    .brief = "list and check the neural networks",
    .text = "Lists the models that can find scenes and objects, those of the configuration "
            "included, and says what of them is here and what is missing. They are looked for "
            "where their entry in the configuration says, below the data folder, and in the cache "
            "of Hugging Face's tools.",
    .examples = examples,
    .run = run_models,
};
