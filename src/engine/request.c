// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/request.h"

#include <errno.h>
#include <stdlib.h>

#include "core/convert_check.h"
#include "engine/advice.h"
#include "engine/whereabouts.h"
#include "processors/processor.h"
#include "storage/journal.h"
#include "utils/error.h"
#include "utils/text.h"

static ie_status absolute_folders(ie_config_list *list, const char *key, ie_error *err)
{
    for (uint32_t i = 0; i < list->count; i++) {
        char *real = realpath(list->items[i], NULL);
        if (real == NULL) {
            return ie_error_errno(err, errno, "%s names %s", key, ie_shown(list->items[i]));
        }
        free(list->items[i]);
        list->items[i] = real;
    }
    return IE_OK;
}

bool ie_request_makes_library(const ie_request *request)
{
    return request->output != NULL && strcmp(request->command, "process") == 0;
}

ie_status ie_request_check(ie_engine *engine, const ie_request *request, char **ret_output,
                           ie_error *err)
{
    ie_status status = IE_OK;
    if (request->convert && request->output == NULL && engine->config->convert.strip.count > 0) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "--strip (convert.strip) takes metadata out of copies only, and here "
                            "the photos themselves would lose it; name a folder for the copies "
                            "with --output.");
    }
    if (request->convert) {
        bool copies = request->output != NULL && !ie_request_makes_library(request);
        status = ie_convert_check(engine->config, copies, ie_advise_of_doubt, engine, err);
        if (status != IE_OK) {
            return status;
        }
    }
    bool links = engine->config->dedupe.action != IE_DEDUPE_QUARANTINE &&
                 engine->config->dedupe.action != IE_DEDUPE_REPORT;
    if (request->dedupe && links && (request->rename || request->convert || request->tag)) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "Links to photos that this very run renames or rewrites would lead "
                            "astray; make links with the command dedupe, or set "
                            "dedupe.action=quarantine here.");
    }
    if (request->output != NULL) {
        status = ie_folder_resolve(request->output, "The output folder", ret_output, err);
    }
    if (status == IE_OK && *ret_output != NULL && ie_scan_in_own_folder(*ret_output)) {
        status = ie_error_set(
            err, IE_ERR_USAGE,
            "The output %s lies in a " IE_JOURNAL_FOLDER
            " folder, where journals and replaced files are kept; name another folder.",
            ie_shown(*ret_output));
    }
    if (status == IE_OK) {
        status = absolute_folders(&engine->config->dedupe.prefer, "dedupe.prefer", err);
    }
    if (status == IE_OK) {
        status = absolute_folders(&engine->config->dedupe.protect, "dedupe.protect", err);
    }
    return status;
}
