// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A root in use: its .imgengine folder made ready, and the lock on it. Whoever changes files below
 * ROOT holds the lock (flock on ROOT/.imgengine/lock, so a process that dies gives it back by
 * itself; the text inside says who holds it, for a person). Readers take no lock.
 */
#ifndef IE_ENGINE_LOCK_H
#define IE_ENGINE_LOCK_H

#include "imgengine.h"

typedef struct ie_lock ie_lock;

typedef struct ie_lock_options {
    bool create; /* make ROOT, its missing parents and .imgengine; else IE_ERR_NOT_FOUND without
                    .imgengine */
    bool wait;   /* for the holder to finish, until cancel; else IE_ERR_BUSY saying who it is */
    const volatile int *cancel; /* may be NULL */
} ie_lock_options;

/* ret_made: how many levels of folders were made to have ROOT (0: it was there). */
ie_status ie_lock_take(const char *root, const ie_lock_options *options, ie_lock **ret_lock,
                       int *ret_made, ie_error *err) IE_MUST_CHECK;
void ie_lock_release(ie_lock *lock); /* NULL is fine */

#endif
