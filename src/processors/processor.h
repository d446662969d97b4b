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

/* Two photos that look alike; indices of the proposal's photos, a < b. */
typedef struct ie_pair {
    uint32_t a, b;
    ie_match verdict;
    uint8_t turn; /* how b must be laid to look like a (photo.h) */
} ie_pair;

/* What the processors must know about the run beside the configuration. */
typedef struct ie_proposal {
    const ie_config *config;
    const char *output;       /* absolute target folder, or NULL: in place */
    const char *const *roots; /* absolute scan roots, by photo->root; NULL is fine in place (the plan's) */
    ie_photo *const *photos;
    size_t count;
    const ie_pair *pairs; /* found by `dedupe --similar`; photos of equal bytes are in them once at most */
    size_t pair_count;
    ie_plan *plan;
    /* Is this absolute path taken on disk (by anything but the file `except`)? Given by the engine, so that
       collisions with existing files are planned around; a pure function of the world at planning time. */
    bool (*taken)(void *user, const char *path, const char *except);
    /* Does this taken path already hold what the photo would become there (the same bytes, or what an
       earlier run made of it)? May be NULL: never. Asked with an output folder only. */
    bool (*same)(void *user, const ie_photo *photo, const char *path);
    /* The path at which an earlier run into the output put the photo as it is now, if that is there still and
       unchanged; else NULL. Says whether that run made it a plain copy because it could not convert it. May be NULL. */
    const char *(*made)(void *user, const ie_photo *photo, bool *ret_plain);
    void *user;
    bool untag; /* the tag processor takes away what models gave, instead of adding */
} ie_proposal;

typedef struct ie_processor {
    const char *name;  /* "dedupe" … */
    unsigned needs;    /* IE_HAVE_* facts it wants on photos; it must cope without */
    ie_status (*propose)(ie_proposal *proposal, ie_error *err);
} ie_processor;

/* dedupe: among photos (leaders of units) with equal xxh3 and size and distinct inodes keeps the first by
   protect, prefer, the rule, files beside it, path; never fewer than min_copies. The others' whole units
   become QUARANTINE (in place) or SKIP (output), if every member of the unit has an equal in the unit that
   stays; otherwise KEEP with the reason. Nothing below a protected folder is ever dropped. */
extern const ie_processor ie_dedupe_processor;
/* convert: sets `format` and `quality` of photos whose format is in config.convert.from (and of no others,
   whatever the target); what the new format could not hold is left as it is, with the reason. */
extern const ie_processor ie_convert_processor;
/* rename: sets `to` for every member of a unit from the leader's template; without `rename` in the request
   the engine calls ie_place_propose() instead, which keeps names. Units whose names collide get "_2", "_3",
   … in the order of their dates, then paths; one that already has a name of its own in that row keeps it. */
extern const ie_processor ie_rename_processor;
/* tag: fills `tags` with what the photo does not have yet. */
extern const ie_processor ie_tag_processor;

/* Sets `to` so that names stay: output + path below root; in place only for what is converted and the
   sidecars that carry its name. Run it, or rename, after convert. */
ie_status ie_place_propose(ie_proposal *proposal, ie_error *err);
/* Last step: derives each action's kind from format, tags, to and output (see plan.h). */
void ie_plan_settle(ie_proposal *proposal);

#endif
