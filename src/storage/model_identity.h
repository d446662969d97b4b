// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which model it is that gave a result, told by the file and not by its name: two exports of one
 * name differ.
 */
#ifndef IE_STORAGE_MODEL_IDENTITY_H
#define IE_STORAGE_MODEL_IDENTITY_H

#include "imgengine.h"

/* 16 hex digits from the file's size and samples of it (whole files take seconds): the same file
   has the same ones wherever it lies. IE_ERR_IO when it cannot be read. */
ie_status ie_model_checksum(const char *path, char ret_hex[17], ie_error *err) IE_MUST_CHECK;

#endif
