// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What the catalog is told once a plan is carried out: rows follow their files to the new names,
 * those of files that went into quarantine wait aside, and the bytes that were written are known
 * from then on. All names change at one time: one photo may have taken the name that another one
 * left.
 */
#ifndef IE_ENGINE_NOTING_H
#define IE_ENGINE_NOTING_H

#include "core/plan.h"
#include "engine/engine.h"

typedef struct ie_written {
    const ie_action *action;
    ie_stamp stamp;
    ie_hash128 xxh3;
} ie_written;

/* Zero-initialised is empty; free() `written`. */
typedef struct ie_noting {
    ie_written *written;
    size_t count, room;
} ie_noting;

/* The action's new file lies there with this stamp and these bytes. */
void ie_noting_add(ie_noting *noting, const ie_action *action, const ie_stamp *stamp,
                   ie_hash128 xxh3);

/* What the row of a file is called that the run put into quarantine, until undo brings it back or
   purge frees it: no path, those are absolute, and behind all of them. free() it. */
char *ie_noting_away(const char *run_id, const char *from);

/* Writes it all, of the run of this id. Without a catalog nothing. The catalog is a cache: a
   failure is told by a notice and is no error. */
void ie_noting_store(const ie_noting *noting, ie_engine *engine, const ie_plan *plan,
                     const char *run_id);

#endif
