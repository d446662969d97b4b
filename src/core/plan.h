// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The plan: what will be done to which file and why, as data. A dry run prints it, apply takes the
 * very same object; it can be saved and loaded (schema imgengine.plan/1). It has one action for
 * each file that was found (sidecars and videos included), in scan order; processors amend that
 * action and add their reason. The plan owns all its strings.
 *
 * Kinds, and what apply does to bytes and names:
 *   KEEP        nothing.                         SKIP  nothing, though one might expect something;
 * the reason says why (duplicate not copied, unreadable, …). COPY        make a new file at `to`
 * from `from` (re-encoded and/or re-tagged on the way when `format` or `tags` say so); `from` is
 * never touched. With format SIDECAR and a photo as `from`: a new XMP file that holds `tags`; such
 * actions stand behind those of the files found. MOVE        rename `from` to `to`, same bytes.
 *   REPLACE     make a new file at `to` from `from` as COPY does, then put the original into
 * quarantine. `to` may equal `from` (tags) or differ (conversion, or move with tags). QUARANTINE
 * `from` goes into quarantine as a duplicate of `survivor`, after a proof from the bytes: that both
 * have the same, or, for the other verdicts, that the survivor has those it was judged by. With
 * `link` (same bytes only) a link to the survivor takes its name.
 *
 * Quarantine and journal lie in `roots[action.root]`/.imgengine/. Paths are absolute bytes.
 */
#ifndef IE_CORE_PLAN_H
#define IE_CORE_PLAN_H

#include "core/photo.h"
#include "utils/json.h"

typedef enum ie_action_kind {
    IE_ACTION_KEEP,
    IE_ACTION_SKIP,
    IE_ACTION_COPY,
    IE_ACTION_MOVE,
    IE_ACTION_REPLACE,
    IE_ACTION_QUARANTINE,
    IE_ACTION_KINDS
} ie_action_kind;

/* What two files have in common. Never mixed: each duplicate carries the one that was found. */
typedef enum ie_match {
    IE_MATCH_NONE,
    IE_MATCH_SAME_BYTES,
    IE_MATCH_SAME_IMAGE_DATA, /* the coded picture is the same to the bit, the metadata is not */
    IE_MATCH_SAME_PIXELS,     /* decoded they are the same: a lossless copy */
    IE_MATCH_SAME_PICTURE,    /* re-encoded, resized, slightly cropped, recoloured, marked, turned,
                                 mirrored */
    IE_MATCH_SIMILAR_SCENE,   /* two pictures of one thing: only reported, neither goes */
    IE_MATCHES
} ie_match;

typedef enum ie_outcome {
    IE_OUTCOME_PLANNED, /* not applied yet */
    IE_OUTCOME_DONE,
    IE_OUTCOME_SKIPPED, /* the world changed since the plan; `problem` says how; nothing was done */
    IE_OUTCOME_FAILED   /* tried; nothing was lost, nothing half done; `problem` says why */
} ie_outcome;

/* What is done to the picture of a file whose format stays. */
typedef enum ie_remake {
    IE_REMAKE_NONE,
    IE_REMAKE_TURN, /* turned upright without loss, as a whole */
    IE_REMAKE_TRIM, /* the same, and what does not fit whole blocks is cut off at the edges */
    IE_REMAKE_ENCODE, /* encoded anew: only when asked for */
    IE_REMAKES
} ie_remake;

/* What takes the name of a duplicate that goes. */
typedef enum ie_link {
    IE_LINK_NONE,
    IE_LINK_HARD,     /* another name of the survivor's file */
    IE_LINK_REF,      /* a file of its own that shares the survivor's blocks */
    IE_LINK_SYMBOLIC, /* a symbolic link to the survivor, relative on one file system */
    IE_LINKS
} ie_link;

const char *ie_link_name(ie_link link); /* "none", "hard", "reflink", "symbolic" */
ie_link ie_link_by_name(const char *name); /* IE_LINKS when there is none; NULL is fine */

const char *ie_remake_name(ie_remake remake); /* "none", "turn", "trim", "encode" */

/* Into which files IPTC texts are written. */
typedef enum ie_iptc_use {
    IE_IPTC_AUTO /* that have IPTC already */,
    IE_IPTC_ALWAYS,
    IE_IPTC_NEVER,
    IE_IPTC_USES
} ie_iptc_use;

const char *ie_iptc_use_name(ie_iptc_use use); /* "auto", … */

/* What to write into a file's metadata. NULL, 0 counts and IE_ABSENT leave a field alone. */
typedef struct ie_tag_edit {
    ie_text_list add_keywords; /* those that are not there yet */
    const char *title, *caption;
    int32_t rating; /* 0..5 */
    ie_text_list hierarchy; /* "Places|Norway|Oslo", beside their last parts in add_keywords */
    ie_text_list albums; /* names of albums that are not there yet */
    /* of add_keywords those that models gave: "label|confidence|model|version" */
    ie_text_list generated;
    bool forget_generated;  /* takes away the keywords that models gave, and nothing else */
    bool has_place, has_altitude; /* an altitude only with a place */
    double latitude, longitude; /* signed decimal degrees; when has_place */
    double altitude_m;
    bool has_quality;
    double quality;            /* 0..1; when has_quality */
    const char *original_name; /* the file's name until now: xmpMM:PreservedFileName */
    ie_iptc_use iptc;
    bool beside; /* the file it is for is an XMP sidecar, or a new one is made */
    bool notes_may_move; /* set by engine/derive alone: the file was made by a conversion, which
                            moved the notes already */
} ie_tag_edit;

/* Does it ask for anything? NULL does not. */
bool ie_tag_edit_any(const ie_tag_edit *edit);

typedef struct ie_action {
    ie_action_kind kind;
    uint32_t root, unit;
    const char *from, *to;    /* `to` NULL for KEEP, SKIP, QUARANTINE */
    const char *shown;        /* `from` as the user wrote it */
    ie_stamp stamp;           /* of `from` when it was looked at */
    ie_format from_format;
    ie_format format;         /* the new file's; equal to from_format: bytes kept (but for tags) */
    int quality;              /* of the encoder when format differs or it encodes anew */
    ie_remake remake;         /* only when the format stays */
    unsigned recoding;        /* IE_RECODE_* (recoding.h): how its picture is coded anew */
    unsigned strip;           /* IE_STRIP_* (strip.h): taken out of the copy's metadata */
    bool unconverted; /* it was to be converted or turned, and the reason says why that is not done
                       */
    /* something was to be written for it, and the reason says why that is not done */
    bool untagged;
    bool unlinked; /* a duplicate of other bytes: a link was to take its place, but stands for the
                      same bytes only */
    uint8_t orientation;      /* of `from`, 1..8 */
    ie_tag_edit *tags;        /* NULL: none */
    const char *survivor;     /* QUARANTINE (and SKIP of a duplicate, KEEP of one that is only
                                 reported): the file that stays */
    ie_stamp survivor_stamp;
    ie_match verdict;       /* NONE without a survivor */
    ie_link link;           /* QUARANTINE of the same bytes only */
    ie_hash128 survivor_xxh3; /* of its bytes when it was judged; for verdicts other than NONE and
                                 SAME_BYTES */
    size_t gives; /* QUARANTINE: 1 + index of the survivor's action, which is given what this file
                     alone says: both or neither is carried out. 0: nothing */
    const char *refused;    /* why what was given to it is written nowhere; while planning only */
    /* of no file that was found: a sidecar to be made, or one that was not asked for, or a picture
       made of an original that is copied as well */
    bool extra;
    size_t made_of; /* while planning, of such a picture: 1 + index of the original's action; else
                       0 */
    /* "same bytes as b.jpg, which has the higher quality (0.81)"; joined by "; " */
    const char *reason;
    bool fell_back; /* applied: it could not be converted or tagged, `problem` says why, and was
                       copied, renamed or tagged as it is */
    ie_outcome outcome;
    bool follows; /* applied: a sidecar that is not made because of what it goes with, which counts
                     alone */
    const char *problem;
    const char *found; /* while planning: the file that is "already there"; NULL: none is */
} ie_action;

struct ie_plan {
    ie_arena *arena;
    char **roots;        /* absolute; where journals live */
    uint32_t root_count;
    bool copies;         /* made with an output folder */
    bool stopped;        /* applied, and not to its end: what is planned still was not reached */
    const char *command; /* "process" … */
    ie_action *actions;
    size_t count, room;
};

/* Reasons of a SKIP, or their beginnings, that nobody needs to read for each file; ie_plan_print()
   leaves them out. */
#define IE_REASON_THERE "already there"
#define IE_REASON_NO_PHOTO "not a photo"
/* How the reason begins for which a photo gets no place of a track. */
#define IE_REASON_NO_TRACK "no place from the track: "

ie_plan *ie_plan_new(const char *command);
uint32_t ie_plan_root(ie_plan *plan, const char *absolute); /* index; adds it when new */
/* A KEEP action for the photo; the pointer is valid until the next add. */
ie_action *ie_plan_add(ie_plan *plan, const ie_photo *photo);
/* Appends "; text" to the reason (or sets it). */
void ie_action_reason(ie_plan *plan, ie_action *action, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
ie_tag_edit *ie_action_tags(ie_plan *plan, ie_action *action); /* made empty when there is none */
/* This file gets that, too: lists are joined without repeats, single values that are given take the
   place of earlier ones. Texts are copied. Where it is written (into the file, into a sidecar, not
   at all) is decided at the end for all of them (processors/writing.c), so any processor may give,
   before or after naming. */
void ie_action_give(ie_plan *plan, ie_action *action, const ie_tag_edit *edit);
/* Makes `to` hold both, in the arena. */
void ie_tag_edit_join(ie_tag_edit *to, const ie_tag_edit *more, ie_arena *arena);
/* Is it a new sidecar, made from a photo that has an action of its own? */
bool ie_action_makes_sidecar(const ie_action *action);
/* Is it a picture made of an original that has an action of its own? */
bool ie_action_makes_picture(const ie_action *action);
const char *ie_action_kind_name(ie_action_kind kind); /* "keep" … */
const char *ie_match_name(ie_match verdict);      /* "same_bytes" … */
/* Does the verdict say that one of the two files may go? */
bool ie_match_is_duplicate(ie_match verdict);
const char *ie_outcome_name(ie_outcome outcome);       /* "planned" … */
bool ie_action_is_work(const ie_action *action);      /* changes something when applied */
/* Is its picture coded in another way afterwards (another format, turned, encoded anew)? */
bool ie_action_recodes(const ie_action *action);
/* True when the new bytes differ from the old (recoded or tagged). */
bool ie_action_derives(const ie_action *action);

json_t *ie_action_json(const ie_plan *plan,
                       const ie_action *action); /* imgengine.action/1, complete */
/* The whole plan: a header line and a line an action (NDJSON), and back. IE_ERR_FORMAT, naming the
   line, on anything odd: other schema, a count that is not the header's, relative paths or "." and
   ".." in them, unknown kinds, missing targets, a target outside its root or in an .imgengine
   folder, a source outside its root where it would be moved, a file or target that occurs twice, a
   survivor that goes itself. */
char *ie_plan_text(const ie_plan *plan, size_t *ret_size);
/* Of all that ie_plan_text() says: equal for a plan that was saved and read. */
ie_hash128 ie_plan_digest(const ie_plan *plan);
ie_status ie_plan_parse(const char *bytes, size_t size, ie_plan **ret_plan,
                        ie_error *err) IE_MUST_CHECK;

/* Sums the actions into `summary`: planned ones by kind, applied ones by outcome; adds, does not
   reset. Counts each action once in other (no photo, and left alone), kept, copied, moved,
   replaced, quarantined, skipped, failed or, of a plan that stopped, unreached; besides
   converted, tagged, plain (fell back), saved_bytes (quarantined) and written_bytes (the sizes of
   what is copied or replaced: an estimate where the bytes are re-encoded). `found` and the rest are
   the scan's. */
void ie_plan_summarize(const ie_plan *plan, ie_summary *summary);

#endif
