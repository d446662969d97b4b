// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The models that the program fetched itself: files below $XDG_DATA_HOME/imgengine/models/NAME, and
 * beside them pulled.json, which says of each where it came from, its size and its SHA-256, so that
 * it can be checked without the hub. A file that the user put there, or that Hugging Face's tools
 * keep in their cache, is used and never written or taken away.
 */
#ifndef IE_STORAGE_MODEL_STORE_H
#define IE_STORAGE_MODEL_STORE_H

#include "core/model.h"

typedef struct ie_pull {
    bool offline;
    void (*progress)(void *user, const char *file, uint64_t done,
                     uint64_t total); /* bytes; may be NULL */
    void *user;
    const volatile int *cancel;
} ie_pull;

/* Fetches what is not here, or here and not what its entry or pulled.json says. *ret_fetched: files
   that came. IE_ERR_UNSUPPORTED: the model has no repository or is the user's own; else as
   ie_hub_find() and ie_download_run(). */
ie_status ie_model_pull(const ie_model *model, const ie_pull *pull, size_t *ret_fetched,
                        ie_error *err) IE_MUST_CHECK;

/* Checks size and SHA-256 of each file, as far as its entry or pulled.json says them. */
ie_status ie_model_verify(const ie_model *model, ie_error *err) IE_MUST_CHECK;

/* Takes away what was pulled. IE_ERR_NOT_FOUND: nothing was. *ret_bytes: what is free now. */
ie_status ie_model_remove(const ie_model *model, uint64_t *ret_bytes, ie_error *err) IE_MUST_CHECK;

#endif
