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
        if (model->folder != NULL) {
            puts(model->folder);
        }
        return;
    }
    const char *state = model->folder == NULL ? "unknown"
                        : !model->here        ? "missing"
                        : !model->ready       ? "unfit"
                        : list->verify        ? "good"
                                              : "ready";
    printf("%-32s %-8s %s%s\n", ie_shown(model->name), model->task, state,
           !model->used ? "" : model->ready ? ", in use" : ", and it is asked for");
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

static ie_status list_models(ie_session *session, model_list *list, ie_error *err)
{
    const ie_options *options = session->options;
    const char *what = options->argument_count > 0 ? options->arguments[0] : "list";
    list->paths = strcmp(what, "path") == 0;
    list->verify = strcmp(what, "verify") == 0;
    ie_status status = IE_OK;
    size_t i = 1;
    do {
        const char *name = i < options->argument_count ? options->arguments[i] : NULL;
        status = ie_engine_models(session->engine, name, list->verify, on_model, list, err);
    } while (status == IE_OK && ++i < options->argument_count);
    return status;
}

/* ---- fetching and taking away ---- */

static ie_status pull_one(ie_session *session, const char *name, ie_error *err)
{
    size_t fetched = 0;
    ie_status status = ie_engine_model_pull(session->engine, name, &fetched, err);
    if (status != IE_OK) {
        return status;
    }
    ie_bar_erase(session->bar);
    if (session->options->json) {
        json_t *object = json_object();
        ie_json_text(object, "schema", "imgengine.pull/1");
        ie_json_text(object, "name", name);
        ie_json_int(object, "fetched", (int64_t)fetched);
        IE_AUTO_FREE char *line = ie_json_line(object);
        puts(line);
    } else if (fetched > 0) {
        printf("%s: fetched %zu file%s\n", ie_shown(name), fetched, fetched == 1 ? "" : "s");
    } else {
        printf("%s: is here already\n", ie_shown(name));
    }
    return IE_OK;
}

static ie_status pull_models(ie_session *session, model_list *list, ie_error *err)
{
    (void)list;
    static const char *const used[] = {"analysis.ml_models.scene_detection",
                                       "analysis.ml_models.object_detection"};
    const ie_options *options = session->options;
    ie_status status = IE_OK;
    for (size_t i = 1; status == IE_OK && i < options->argument_count; i++) {
        status = pull_one(session, options->arguments[i], err);
    }
    for (size_t i = 0; status == IE_OK && options->argument_count < 2 && i < 2; i++) {
        IE_AUTO_FREE char *name = ie_config_text(session->config, used[i]);
        status = name[0] != 0 ? pull_one(session, name, err) : IE_OK;
    }
    return status;
}

static bool is_runtime(const char *name)
{
    static const char *const kinds[] = {"cpu", "openvino", "webgpu", "cuda"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static ie_status remove_models(ie_session *session, model_list *list, ie_error *err)
{
    (void)list;
    const ie_options *options = session->options;
    ie_status status = IE_OK;
    if (options->argument_count < 2) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "models remove needs the name of a model or of a runtime.");
    }
    for (size_t i = 1; status == IE_OK && i < options->argument_count; i++) {
        const char *name = options->arguments[i];
        uint64_t bytes = 0;
        char size[32];
        if (is_runtime(name)) {
            status = ie_engine_runtime_remove(session->engine, name, err);
        } else {
            status = ie_engine_model_remove(session->engine, name, &bytes, err);
        }
        if (status == IE_OK) {
            printf(bytes > 0 ? "%s: taken away, %s\n" : "%s: taken away\n", ie_shown(name),
                   ie_size_text(bytes, size));
        }
    }
    return status;
}

static ie_status fetch_runtimes(ie_session *session, model_list *list, ie_error *err)
{
    (void)list;
    const ie_options *options = session->options;
    ie_status status = IE_OK;
    size_t i = 1;
    do {
        IE_AUTO_FREE char *text = NULL;
        const char *name = i < options->argument_count ? options->arguments[i] : "cpu";
        status = ie_engine_runtime_fetch(session->engine, name, options->force, &text, err);
        if (status == IE_OK) {
            puts(text);
        }
    } while (status == IE_OK && ++i < options->argument_count);
    return status;
}

static ie_status show_models(ie_session *session, model_list *list, ie_error *err)
{
    (void)list;
    const ie_options *options = session->options;
    if (options->argument_count < 2) {
        return ie_error_set(err, IE_ERR_USAGE, "models show needs the name of a model.");
    }
    for (size_t i = 1; i < options->argument_count; i++) {
        IE_AUTO_FREE char *yaml = ie_engine_model_yaml(session->engine, options->arguments[i], err);
        if (yaml == NULL) {
            return err->status;
        }
        fputs(yaml, stdout);
    }
    return IE_OK;
}

static const struct {
    const char *name;
    ie_status (*run)(ie_session *session, model_list *list, ie_error *err);
} actions[] = {
    {"list", list_models},       {"path", list_models}, {"verify", list_models},
    {"show", show_models},       {"pull", pull_models}, {"remove", remove_models},
    {"runtime", fetch_runtimes},
};

static ie_status run_action(ie_session *session, model_list *list, ie_error *err)
{
    const ie_options *options = session->options;
    const char *what = options->argument_count > 0 ? options->arguments[0] : "list";
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].name, what) == 0) {
            return actions[i].run(session, list, err);
        }
    }
    return ie_error_set(
        err, IE_ERR_USAGE,
        "models knows list, show, path, verify, pull, remove and runtime, not \"%s\".",
        ie_shown(what));
}

static int run_models(const ie_options *options)
{
    ie_session session = {.options = options};
    ie_error err = {0};
    model_list list = {.options = options};
    ie_status status = ie_session_open(&session, &err);
    if (status == IE_OK) {
        status = run_action(&session, &list, &err);
    }
    return ie_session_end(&session, status, &err, list.failed ? IE_EXIT_ERROR : IE_EXIT_DONE);
}

static const char *const examples[] = {
    "imgengine models",
    "the models there are, and whether their files are here",
    "imgengine models runtime",
    "fetch ONNX Runtime, which runs them",
    "imgengine models runtime openvino",
    "fetch what runs them faster on Intel's hardware",
    "imgengine models pull",
    "fetch the models that the configuration names",
    "imgengine models verify",
    "compare each that is here with its known hash, and see whether it can be used",
    "imgengine models show fastestdet",
    "its entry, to change in the configuration",
    "imgengine models path fastestdet",
    "where that model's files belong",
    "imgengine models remove facebook/detr-resnet-50",
    "free the space of one that was fetched",
    NULL,
};

const ie_command ie_command_models = {
    .name = "models",
    .id = IE_CMD_MODELS,
    .arguments = "[list|show|path|verify|pull|remove|runtime [NAME...]]",
    .max_arguments = 16,
    .brief = "list, fetch and check the neural networks",
    .text = "Lists the models that can find scenes and objects, those of the configuration "
            "included, and says what of them is here and what is missing. They are looked for "
            "where their entry in the configuration says, below the data folder, and in the cache "
            "of Hugging Face's tools. pull fetches a model from the Hugging Face hub (HF_ENDPOINT, "
            "HF_TOKEN) and goes on where an earlier pull stopped; runtime fetches ONNX Runtime or "
            "one of its providers (cpu, openvino, webgpu, cuda) with pip. remove takes away what "
            "was fetched, a model or a runtime.",
    .examples = examples,
    .run = run_models,
};
