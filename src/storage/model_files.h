// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where a model's files lie: the path its entry gives; $XDG_DATA_HOME/imgengine/models/NAME; the
 * cache of Hugging Face's tools. And reading its small ones: vocabulary, labels. Thread-safe.
 */
#ifndef IE_STORAGE_MODEL_FILES_H
#define IE_STORAGE_MODEL_FILES_H

#include "core/model.h"

/* The file; free() it. IE_ERR_NOT_FOUND says where it was looked for and the command that
   gets it. */
ie_status ie_model_file(const ie_model *model, ie_model_part part, char **ret_path,
                        ie_error *err) IE_MUST_CHECK;
/* Are all its files there? */
ie_status ie_model_check(const ie_model *model, ie_error *err) IE_MUST_CHECK;
/* The folder that `models path` shows: the entry's own path, or the one below the data folder;
   free() it. */
char *ie_model_folder(const ie_model *model);

/* Bytes of a file of at most `most` bytes, NUL behind them; free() them. */
ie_status ie_model_read(const char *path, size_t most, char **ret_bytes, size_t *ret_size,
                        ie_error *err) IE_MUST_CHECK;
/* The labels of a detector, by class number, in the arena. */
ie_status ie_model_labels(const ie_model *model, ie_arena *arena, const char *const **ret_labels,
                          size_t *ret_count, ie_error *err) IE_MUST_CHECK;

#endif
