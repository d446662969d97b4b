// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Processors propose: photos in, amended actions out. They are pure; nothing here can reach a disk
 * (they may include only utils and core). plan->actions[i] belongs to photos[i]; both are in scan
 * order and units are formed. A processor never undoes what an earlier one decided: an action that
 * is SKIP or QUARANTINE stays so. Deterministic: the same photos and configuration give the same
 * plan.
 */
#ifndef IE_PROCESSORS_PROCESSOR_H
#define IE_PROCESSORS_PROCESSOR_H

#include "core/config.h"
#include "core/photo.h"
#include "core/places.h"
#include "core/plan.h"
#include "core/track.h"

/* Two photos that look alike; indices of the proposal's photos, a < b. */
typedef struct ie_pair {
    uint32_t a, b;
    uint8_t verdict; /* ie_match; small, because there may be millions of pairs */
    uint8_t turn;    /* how b must be laid to look like a (photo.h) */
    uint8_t overlap; /* percent of the larger one that both show */
    bool other_page; /* a similar scene, because what can be read on them differs */
} ie_pair;

/* What can be seen of a photo's file, and beside it, before anything is written there. Absent:
   NULL. */
typedef struct ie_outlook {
    const char *refusal; /* why tags cannot be written into the file: the end of a sentence */
    const char *sidecar; /* absolute path of the XMP file that readers take as its */
    ie_stamp sidecar_stamp;
    const ie_metadata *beside;  /* what that says */
    const ie_metadata *own;     /* what the file says without it; only with a sidecar */
    const char *beside_refusal; /* why no sidecar can be written */
} ie_outlook;

/* What converting, turning or stripping a photo would find in its file. */
typedef struct ie_prospect {
    /* why it is not done: the rest of a sentence; NULL: nothing is in the way */
    const char *refusal;
    uint32_t cut_width, cut_height; /* turning: pixels that would have to be cut off */
    uint32_t width, height;         /* of a RAW's preview; 0: not looked at */
    bool cmyk;                      /* which the new file cannot hold */
} ie_prospect;

/* What came of a track for one photo. */
typedef enum ie_tracked {
    IE_TRACKED_PLACED,
    IE_TRACKED_BEFORE,  /* it has a place already, and keeps it */
    IE_TRACKED_UNDATED, /* it does not say when it was taken */
    IE_TRACKED_UNZONED, /* its clock's distance from UTC is not known */
    IE_TRACKED_FAR,     /* the track has no point near its time */
    IE_TRACKED
} ie_tracked;

/* What the processors must know about the run beside the configuration. */
typedef struct ie_proposal {
    const ie_config *config;
    const char *output; /* absolute target folder, or NULL: in place */
    const char *const
        *roots; /* absolute scan roots, by photo->root; NULL is fine in place (the plan's) */
    ie_photo *const *photos;
    size_t count;
    /* found by `dedupe --similar`; photos of equal bytes are in them once at most */
    const ie_pair *pairs;
    size_t pair_count;
    ie_plan *plan;
    /* Is this absolute path taken on disk (by anything but the file `except`)? Given by the engine,
       so that collisions with existing files are planned around; a pure function of the world at
       planning time. */
    bool (*taken)(void *user, const char *path, const char *except);
    /* Does this taken path already hold what the photo would become there (the same bytes, or what
       an earlier run made of it)? May be NULL: never. Asked with an output folder only. */
    bool (*same)(void *user, const ie_photo *photo, const char *path);
    /* Where in the output the photo as it is now is already, put there by an earlier run and not
       changed since by other programs; else NULL. Says whether that run made it a plain copy
       because it could not convert it. May be NULL. */
    const char *(*made)(void *user, const ie_photo *photo, bool *ret_plain);
    /* The path that the photo had before an earlier run in place gave it the one it has, as
       journals tell; NULL: none did. May be NULL: no run ever did. */
    const char *(*former)(void *user, const ie_photo *photo);
    /* Fills the outlook (zeroed) of a photo that something is to be written for; memory from the
       arena. May be NULL: nothing is in the way and there is no sidecar. */
    void (*look)(void *user, const ie_photo *photo, const ie_action *action, ie_arena *arena,
                 ie_outlook *ret_outlook);
    /* Fills the prospect (zeroed) of a photo whose action is to recode it as far as it says, or to
       strip it. May be NULL: all is well. */
    void (*foresee)(const ie_config *config, const ie_photo *photo, const ie_action *action,
                    ie_arena *arena, ie_prospect *ret_prospect);
    /* Is what convert.strip would take out of the photo gone from its copy at this path? May be
       NULL: yes. */
    bool (*stripped)(const ie_photo *photo, const char *path, unsigned strip);
    /* Do two photos of the same bytes lie in the same blocks of the disk? May be NULL: no. */
    bool (*shares)(const ie_photo *a, const ie_photo *b);
    /* Of two files of one picture: what beside the picture the one that goes carries and the one
       that stays does not, as the rest of a sentence; NULL: nothing. May be NULL: never. */
    const char *(*loses)(const ie_config *config, const ie_photo *goes, const ie_photo *stays);
    void *user;
    const ie_track *track;   /* for photos that have no place; NULL: none */
    const ie_places *places; /* the same, by name; NULL: none */
    size_t *tracked; /* IE_TRACKED counts, which the tag processor adds to; NULL: not wanted */
    bool library;    /* the output is to hold all that is found, as it is where another format could
                        not stand for it (beside.h) */
    bool untag;      /* the tag processor takes away what models gave, instead of adding */
} ie_proposal;

typedef struct ie_processor {
    const char *name; /* "dedupe" … */
    unsigned needs;   /* IE_HAVE_* facts it wants on photos; it must cope without */
    ie_status (*propose)(ie_proposal *proposal, ie_error *err);
} ie_processor;

/* dedupe: among photos (leaders of units) with equal xxh3 and size and distinct inodes keeps the
   first by protect, prefer, the rule, files beside it, path; never fewer than min_copies. The
   others' whole units become QUARANTINE (in place) or SKIP (output), if every member of the unit
   has an equal in the unit that stays; otherwise KEEP with the reason. Nothing below a protected
   folder is ever dropped. */
extern const ie_processor ie_dedupe_processor;
/* convert: sets `format`, `quality` and `recoding` of photos that convert.rules name, or without
   rules of those whose format is in convert.from; what the new format could not hold is left as it
   is, with the reason. With convert.upright sets `remake` of JPEGs that do not lie upright, and are
   not converted. */
extern const ie_processor ie_convert_processor;
/* rename: sets `to` for every member of a unit from the leader's template; without `rename` in the
   request the engine calls ie_place_propose() instead, which keeps names. Units whose names collide
   get "_2", "_3", … in the order of their dates, then paths; one that already has a name of its own
   in that row keeps it. */
extern const ie_processor ie_rename_processor;
/* IE_HAVE_* that the template looks at, beside the processor's own. IE_ERR_USAGE: the template, its
   custom fields and the other settings do not fit together. */
ie_status ie_rename_needs(const ie_config *config, unsigned *ret_needs,
                          ie_error *err) IE_MUST_CHECK;
/* tag: fills `tags` with what the photo does not have yet. */
extern const ie_processor ie_tag_processor;
/* Does the configuration name anything to write? */
bool ie_tag_asked(const ie_config *config);

/* Sets `to` so that names stay: output + path below root; in place only for what is converted and
   the sidecars that carry its name. Run it, or rename, after convert. */
ie_status ie_place_propose(ie_proposal *proposal, ie_error *err);
/* Can tags be written into files of this format? */
bool ie_tags_embed(ie_format format);
/* The step before the last: each edit that processors gave (ie_action_give) gets its place by
   tagging.mode: the file itself, or an XMP sidecar beside it, which is that file's action or a new
   one behind the others; or it is refused with the reason. */
ie_status ie_writing_propose(ie_proposal *proposal, ie_error *err);
/* After it: a version of a picture whose knowledge could not be placed with the one that stays does
   not go. */
ie_status ie_merge_settle(ie_proposal *proposal, ie_error *err);
/* With an output folder and convert.strip: what the copies are stripped of; files that cannot be
   are SKIP. After naming. */
void ie_strip_propose(ie_proposal *proposal);
/* Does the original of what is converted in place stay beside the new file? With
   convert.keep_original; a RAW always. */
bool ie_original_stays(const ie_proposal *proposal, const ie_action *action);
/* Last step: derives each action's kind from format, tags, to and output (see plan.h). */
void ie_plan_settle(ie_proposal *proposal);

#endif
