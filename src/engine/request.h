// SPDX-License-Identifier: GPL-3.0-or-later
/* Does a request make sense? Asked before the long work; reads the file system, changes nothing. */
#ifndef IE_ENGINE_REQUEST_H
#define IE_ENGINE_REQUEST_H

#include "engine/engine.h"

/* Doubts that are no errors become notices. Makes the folders that the configuration names
   absolute. *ret_output: the absolute path of the output folder, which may not exist yet; NULL in
   place; free() it, after errors, too. IE_ERR_USAGE: what was asked for contradicts itself. */
ie_status ie_request_check(ie_engine *engine, const ie_request *request, char **ret_output,
                           ie_error *err) IE_MUST_CHECK;

/* Is its output to hold the whole collection (process --output), and not pictures to give away? */
bool ie_request_makes_library(const ie_request *request);

#endif
