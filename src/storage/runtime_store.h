// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ONNX Runtime and its providers, fetched into $XDG_DATA_HOME/imgengine/runtime as pip unpacks
 * them. They are published for Python, so pip fetches them: from the index that the user's own pip
 * configuration names, checked against that index' hashes. Nothing of Python's is needed to run
 * them afterwards.
 */
#ifndef IE_STORAGE_RUNTIME_STORE_H
#define IE_STORAGE_RUNTIME_STORE_H

#include <stddef.h>

#include "imgengine.h"

typedef struct ie_runtime_kind {
    const char *name;    /* "cpu" */
    const char *package; /* what pip is asked for */
    const char *folder;  /* in the package, and below the runtime folder */
    const char *library; /* a pattern of the library in it */
    const char *text;    /* what it is, for people */
    int where;           /* on which machines; of the store */
} ie_runtime_kind;

/* The one of this name for this machine. IE_ERR_USAGE lists the kinds. */
ie_status ie_runtime_kind_find(const char *name, const ie_runtime_kind **ret_kind,
                               ie_error *err) IE_MUST_CHECK;

/* The library of the kind in the runtime folder; free() it. NULL: it is not there. */
char *ie_runtime_library(const ie_runtime_kind *kind);

/* Fetches the newest, in place of what is there. *ret_version: free() it. IE_ERR_NOT_FOUND: no pip,
   or the index has no such package for this machine; IE_ERR_BUSY: another process does just that.
 */
ie_status ie_runtime_fetch(const ie_runtime_kind *kind, const volatile int *cancel,
                           char **ret_version, ie_error *err) IE_MUST_CHECK;

/* IE_ERR_NOT_FOUND: it was not there. */
ie_status ie_runtime_remove(const ie_runtime_kind *kind, ie_error *err) IE_MUST_CHECK;

#endif
