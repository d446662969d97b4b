// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Things that all worker threads use together because each would cost too much of its own, such as
 * a loaded model. The first that asks for a key makes the thing, the last that gives it back frees
 * it. Two threads that ask at once wait for one making. Thread-safe.
 */
#ifndef IE_ANALYZERS_SHARED_H
#define IE_ANALYZERS_SHARED_H

#include <pthread.h>

#include "core/config.h"

typedef struct ie_shared_entry ie_shared_entry;

/* One for each kind of thing, static: {PTHREAD_MUTEX_INITIALIZER, NULL}. */
typedef struct ie_shared {
    pthread_mutex_t lock;
    ie_shared_entry *entries;
} ie_shared;

typedef ie_status (*ie_shared_make_fn)(const ie_config *config, const char *catalog,
                                       void **ret_thing, ie_error *err);

/* The thing for this configuration: the values of all settings whose key begins with one of the
   prefixes (ends with NULL) tell configurations apart; `catalog` is only handed on. A failure is
   not kept: the next one tries again. */
ie_status ie_shared_take(ie_shared *shared, const ie_config *config, const char *const *prefixes,
                         const char *catalog, ie_shared_make_fn make, void **ret_thing,
                         ie_error *err) IE_MUST_CHECK;
void ie_shared_give(ie_shared *shared, void *thing, void (*free_thing)(void *thing));

/* What the settings' values sum up to; free() it. */
char *ie_settings_text(const ie_config *config, const char *const *prefixes);

#endif
