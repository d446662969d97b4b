// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Processors propose: photos in, amended actions out. They are pure; nothing here can reach a disk (they
 * may include only utils and core). plan->actions[i] belongs to photos[i]; both are in scan order and units
 * are formed. A processor never undoes what an earlier one decided: an action that is SKIP or QUARANTINE
 * stays so. Deterministic: the same photos and configuration give the same plan.
 */
#ifndef IE_PROCESSORS_PROCESSOR_H
#define IE_PROCESSORS_PROCESSOR_H

#include "core/config.h"
#include "core/photo.h"
#include "core/plan.h"

/* What the processors must know about the run beside the configuration. */
typedef struct ie_proposal {
    const ie_config *config;
    const char *output;       /* absolute target folder, or NULL: in place */
    ie_photo *const *photos;
    size_t count;
    ie_plan *plan;
    /* Is this absolute path taken on disk (by anything but the file `except`)? Given by the engine, so that
       collisions with existing files are planned around; a pure function of the world at planning time. */
    bool (*taken)(void *user, const char *path, const char *except);
    /* Is a file of the photo's very bytes at this path already? (So that a repeated run copies nothing twice.) */
    bool (*same)(void *user, const ie_photo *photo, const char *path);
    void *user;
} ie_proposal;

typedef struct ie_processor {
    const char *name;  /* "dedupe" … */
    unsigned needs;    /* IE_HAVE_* facts it wants on photos; it must cope without */
    ie_status (*propose)(ie_proposal *proposal, ie_error *err);
} ie_processor;

/* dedupe: among photos (leaders of units) with equal xxh3 and size, distinct inodes: keeps by rule, never
   fewer than min_copies; the others' whole units become QUARANTINE (in place) or SKIP (output), if every
   member of the unit has an equal in the survivor's unit; otherwise KEEP with the reason. */
extern const ie_processor ie_dedupe_processor;
/* convert: sets `format` (and quality) where config.convert says so. */
extern const ie_processor ie_convert_processor;
/* rename: sets `to` for every member of a unit from the leader's template; without `rename` in the request
   the engine calls ie_place_proposal() instead, which keeps relative names. Collisions get "_2", "_3", … in
   path order; a file already at its target name stays. */
extern const ie_processor ie_rename_processor;
/* tag: fills `tags`. */
extern const ie_processor ie_tag_processor;

/* Sets `to` so that names stay: output + path below root (with the new extension where converted). */
ie_status ie_place_propose(ie_proposal *proposal, ie_error *err);
/* Last step: derives each action's kind from format, tags, to and output (see plan.h). */
void ie_plan_settle(ie_proposal *proposal);

#endif
