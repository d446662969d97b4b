// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Configuration files in YAML by libyaml, the one place that includes it. Nested mappings make
 * dotted keys; sequences make lists. Anchors, tags and several documents are refused, so are
 * duplicate keys.
 */
#ifndef IE_STORAGE_CONFIG_FILE_H
#define IE_STORAGE_CONFIG_FILE_H

#include "core/config.h"

/* Sets every key of the file; the origin is "path:line". IE_ERR_NOT_FOUND when there is no such
   file; IE_ERR_USAGE names path:line, what is wrong and the nearest right key. */
ie_status ie_config_file_read(const char *path, ie_config *config, ie_error *err) IE_MUST_CHECK;

#endif
