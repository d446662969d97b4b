// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * libimgengine: analyze, deduplicate, convert, rename and tag photos without ever losing one.
 *
 * The model. An engine reads photos and fills records; a request turns records into a plan; a plan
 * is data that can be printed, saved, loaded and applied; what was applied is journaled beside the
 * photos and can be undone. Nothing but ie_engine_apply() and ie_engine_undo() changes a user's
 * file.
 *
 * Conventions. Paths are bytes, not text. Functions that can fail return ie_status and fill a
 * caller-owned ie_error (which may be NULL); `ret_` parameters are left alone on failure. An
 * ie_engine is used by one thread at a time; it starts its own worker threads. Callbacks run on a
 * thread of the engine, one at a time, never after the call that was given them returned.
 */
#ifndef IMGENGINE_H
#define IMGENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define IE_API __attribute__((visibility("default")))
#define IE_MUST_CHECK __attribute__((warn_unused_result))
#define IE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define IE_API
#define IE_MUST_CHECK
#define IE_PRINTF(fmt, args)
#endif

/* ---- errors ------------------------------------------------------------------------------- */

/* What stopped a run. What concerns one photo only is a fault in its record, never a status. */
typedef enum ie_status {
    IE_OK = 0,
    IE_ERR_USAGE, /* the caller asked for something that makes no sense: option, template, glob */
    IE_ERR_NOT_FOUND, /* a named file, run or key does not exist */
    IE_ERR_EXISTS,    /* the target name is taken; nothing is ever overwritten */
    IE_ERR_CHANGED,   /* a file is no longer what the plan was made from */
    IE_ERR_FORMAT,    /* bytes that are not what they claim to be (catalog, plan, journal, photo) */
    IE_ERR_LIMIT,     /* larger than a configured limit */
    IE_ERR_UNSUPPORTED, /* this build or this file system cannot do it */
    IE_ERR_BUSY,        /* another run holds the folder or the catalog */
    IE_ERR_NO_SPACE,    /* disk or quota full */
    IE_ERR_IO,          /* any other failure of the system */
    IE_ERR_CANCELLED,   /* interrupted by the user */
    IE_ERR_INTERNAL     /* a bug: numbers that do not add up */
} ie_status;

/* Owned by the caller, written by the callee on failure. `text` is a whole sentence for a
   person. */
typedef struct ie_error {
    ie_status status;
    int system_errno; /* 0 when no system call is to blame */
    char text[768];
} ie_error;

/* ---- configuration ------------------------------------------------------------------------ */

typedef enum ie_option_type {
    IE_TYPE_BOOL,
    IE_TYPE_INT,
    IE_TYPE_REAL,
    IE_TYPE_TEXT,
    IE_TYPE_CHOICE, /* one of `choices`, separated by '|' */
    IE_TYPE_LIST    /* texts; in one string separated by commas */
} ie_option_type;

/* Commands that take an option's flag; IE_CMD_* are or-ed. */
enum {
    IE_CMD_PROCESS = 1 << 0,
    IE_CMD_ANALYZE = 1 << 1,
    IE_CMD_DEDUPE = 1 << 2,
    IE_CMD_RENAME = 1 << 3,
    IE_CMD_TAG = 1 << 4,
    IE_CMD_CONVERT = 1 << 5,
    IE_CMD_UNTAG = 1 << 6,
    IE_CMD_PLANNING = IE_CMD_PROCESS | IE_CMD_DEDUPE | IE_CMD_RENAME | IE_CMD_TAG | IE_CMD_CONVERT |
                      IE_CMD_UNTAG,
    IE_CMD_READING = IE_CMD_PLANNING | IE_CMD_ANALYZE,
    /* those that measure pixels, and those for which models can find something */
    IE_CMD_MEASURING = IE_CMD_PROCESS | IE_CMD_ANALYZE | IE_CMD_DEDUPE,
    IE_CMD_SEEING = IE_CMD_MEASURING | IE_CMD_RENAME | IE_CMD_TAG
};

/* One row of the option table: it makes the default file, the help, the manual and the checks. */
typedef struct ie_option {
    const char *key; /* dotted: "dedupe.keep" */
    ie_option_type type;
    const char *fallback; /* the default, as text */
    double min, max;      /* IE_TYPE_INT and IE_TYPE_REAL, inclusive */
    const char *choices;  /* IE_TYPE_CHOICE; IE_TYPE_LIST whose items are of a few; else NULL */
    const char *flag;     /* "--keep", or NULL: reachable by --set only */
    unsigned commands;    /* IE_CMD_*: which commands take the flag */
    const char *help;     /* one line, lower case, no full stop */
} ie_option;

IE_API size_t ie_option_count(void);
IE_API const ie_option *ie_option_at(size_t index);         /* NULL past the end */
IE_API const ie_option *ie_option_find(const char *key);    /* NULL when unknown */
IE_API const char *ie_option_nearest(const char *key);      /* the most similar known key */

/* The fields of rename templates: "camera", what it is, and an example, "{camera} → EOS R5". NULL
   past the end. Strings are constant. */
IE_API const char *ie_rename_field(size_t index, const char **ret_help, const char **ret_example);

typedef struct ie_config ie_config;

/* All defaults. Free with ie_config_free(). */
IE_API ie_config *ie_config_new(void);
IE_API void ie_config_free(ie_config *config);

/* Reads /etc, the user's file, `extra_file` (may be NULL) and the environment, in that order.
   A missing standard file is fine, a missing `extra_file` is IE_ERR_NOT_FOUND; an unknown key or a
   bad value is IE_ERR_USAGE naming file, line and the nearest right key. */
IE_API ie_status ie_config_load(ie_config *config, const char *extra_file,
                                ie_error *err) IE_MUST_CHECK;

/* Sets one key from text; `origin` says where it came from in ie_config_origin() ("--set",
   "--keep"). */
IE_API ie_status ie_config_set(ie_config *config, const char *key, const char *value,
                               const char *origin, ie_error *err) IE_MUST_CHECK;

/* The value as text, in the form ie_config_set() reads; free() it. NULL when the key is unknown. */
IE_API char *ie_config_text(const ie_config *config, const char *key);
/* Where the value came from: "default", a file with line, "IMGENGINE_…", or the origin given. */
IE_API const char *ie_config_origin(const ie_config *config, const char *key);

/* The commented default configuration as YAML (this text is config/default.yaml). */
IE_API void ie_config_print_default(FILE *out);
/* The effective configuration as YAML. */
IE_API void ie_config_print(const ie_config *config, FILE *out);

/* ---- engine ------------------------------------------------------------------------------- */

typedef struct ie_engine ie_engine;
typedef struct ie_photo ie_photo;
typedef struct ie_plan ie_plan;

typedef enum ie_stage {
    IE_STAGE_SCAN,
    IE_STAGE_ANALYZE,
    IE_STAGE_COMPARE,
    IE_STAGE_APPLY,
    IE_STAGE_UNDO,
    IE_STAGE_FETCH,
    IE_STAGE_PAIRS, /* looks at each pair of photos that may show one picture; done, total: pairs */
    IE_STAGE_PAGES  /* reads the pages among them (forms, slides); done, total: pairs */
} ie_stage;

typedef struct ie_progress {
    ie_stage stage;
    uint64_t done, total; /* files; total is 0 while it is not known */
    uint64_t bytes_done, bytes_total;
    const char *path; /* of the file just finished, or NULL */
} ie_progress;

typedef struct ie_engine_options {
    const char *catalog; /* NULL: $XDG_DATA_HOME/imgengine/catalog.db; "": none, keep nothing */
    void (*progress)(void *user,
                     const ie_progress *progress); /* may be NULL; at most about 20 a second */
    void (*notice)(void *user, const char *text);  /* one-line remarks for a person; may be NULL */
    /* The same of names and folders that cannot be read, which the run goes on without and counts
       as unreadable; NULL: they are notices, too. */
    void (*problem)(void *user, const char *text);
    /* A question that yes or no answers, before something is fetched; NULL: nobody can be asked,
       which is no. */
    bool (*ask)(void *user, const char *question);
    void *user;
    const volatile int
        *cancel; /* set non-zero (from a signal handler, too) to stop after the current file */
} ie_engine_options;

/* The configuration is copied. The catalog is opened when first needed. */
IE_API ie_status ie_engine_open(const ie_config *config, const ie_engine_options *options,
                                ie_engine **ret_engine, ie_error *err) IE_MUST_CHECK;
IE_API void ie_engine_close(ie_engine *engine);

/* What to look at. `paths` are folders or files; `from_list` means they were read from a file list,
   so a missing one is a fault and not an error. */
typedef struct ie_input {
    const char *const *paths;
    size_t count;
    bool from_list;
} ie_input;

/* What is said of the files of one kind of action. */
typedef struct ie_summary_part {
    uint64_t converted, tagged, plain, unconverted, untagged, bytes;
} ie_summary_part;

/* Numbers of a run. found + extra = other + kept + copied + moved + replaced + quarantined +
   skipped + failed + unreached + made + pictures always holds after planning, applying and undoing,
   and found_bytes = accounted_bytes; ie_engine_* return IE_ERR_INTERNAL when it does not. */
typedef struct ie_summary {
    uint64_t found, found_bytes; /* regular files looked at, each inode once */
    uint64_t photos, videos, sidecars;
    uint64_t other;              /* no photo, by content */
    uint64_t misnamed;           /* of these, named like a photo */
    uint64_t lone; /* of these, sidecars whose photo is not beside them; counted when planning */
    uint64_t fresh, cached;      /* photos and videos analyzed now, and taken from the catalog */
    uint64_t faulty;             /* records with at least one fault */
    uint64_t kept, copied, moved, replaced, quarantined; /* planned, or after apply: done */
    uint64_t converted, tagged; /* of copied, replaced, made and pictures: how many were re-encoded
                                   or turned, re-tagged */
    /* of all: to be converted or turned, and not, with the reason in the plan */
    uint64_t unconverted;
    uint64_t untagged; /* of all: something was to be written for them, and is not, with the reason
                          in the plan */
    uint64_t plain; /* of copied: could not be converted or tagged, and were copied as they are */
    uint64_t made;               /* new sidecars beside photos, which hold tags */
    uint64_t pictures;           /* converted, of originals that are copied as well */
    /* actions for files that were not found but are to be made beside them (sidecars, pictures
       converted of originals that are copied as well): all counted sum up to found + extra */
    uint64_t extra;
    uint64_t skipped; /* left alone with a reason: duplicate not copied, world changed, … */
    uint64_t changed; /* of these: planned, but the world had changed when it was to be done */
    uint64_t failed;             /* tried and not done; the reason is in the report */
    uint64_t unreached;          /* planned, and not begun, because the run stopped early */
    uint64_t accounted_bytes;    /* of the files counted from other to failed: equals found_bytes */
    uint64_t written_bytes, saved_bytes;
    uint64_t linked;             /* of quarantined: a link to the photo that stays has the name */
    uint64_t reported, reported_bytes; /* of kept: duplicates that are only reported */
    uint64_t unlinked; /* of kept: duplicates of other bytes, which links do not stand for */
    uint64_t purged; /* of failed, when undoing: purge freed what would come back, for good */
    uint64_t unreadable;         /* folders and files that could not be opened */
    /* the numbers above of each kind; new sidecars and pictures beside them are in none */
    ie_summary_part of_copied, of_moved, of_replaced, of_kept, of_skipped;
    double seconds;
    char run_id[40]; /* of the applied run, else empty */
} ie_summary;

/* Called once a record, in scan order, on one thread. The photo is valid during the call only.
   Returning anything but IE_OK stops the run with that status. */
typedef ie_status (*ie_photo_fn)(void *user, const ie_photo *photo);

/* Scans and analyzes. `only` is a comma list of analyzer names, or NULL for what the configuration
   enables. Faults are in the records. */
IE_API ie_status ie_engine_analyze(ie_engine *engine, const ie_input *input, const char *only,
                                   ie_photo_fn on_photo, void *user, ie_summary *ret_summary,
                                   ie_error *err) IE_MUST_CHECK;

/* The record as one line of JSON (schema imgengine.photo/1, no newline), and as one CSV line whose
   columns ie_photo_csv_header() names. free() the result. */
IE_API char *ie_photo_json(const ie_photo *photo);
IE_API char *ie_photo_csv(const ie_photo *photo);
IE_API const char *ie_photo_csv_header(void);
IE_API const char *ie_photo_path(const ie_photo *photo); /* bytes, NUL-terminated */
IE_API size_t ie_photo_fault_count(const ie_photo *photo);
IE_API const char *ie_photo_fault_text(const ie_photo *photo,
                                       size_t index); /* "decode: truncated: …" */

/* What a planning command wants. Steps run in the order dedupe, convert, rename, tag. */
typedef struct ie_request {
    const char *command;  /* "process", "dedupe", … : for the journal and the report */
    bool dedupe, convert, rename, tag;
    bool similar; /* dedupe finds the same picture in other bytes, whatever dedupe.similar says */
    bool untag;   /* with tag: takes away the keywords that models gave, and writes nothing else */
    bool apply; /* the plan will be applied at once: what an interrupted run left is brought to its
                   end first */
    bool wait;  /* with apply: for another run on the same folder to end; else IE_ERR_BUSY */
    bool verbose;         /* faults that are known from before are told one by one, too */
    /* copy into this folder and never touch the source; NULL: change in place */
    const char *output;
} ie_request;

/* Scans, analyzes what the steps need, and proposes. Changes no file. */
IE_API ie_status ie_engine_plan(ie_engine *engine, const ie_input *input, const ie_request *request,
                                ie_plan **ret_plan, ie_summary *ret_summary,
                                ie_error *err) IE_MUST_CHECK;
IE_API void ie_plan_free(ie_plan *plan);

IE_API size_t ie_plan_count(const ie_plan *plan); /* all actions, those that keep a file included */
IE_API size_t ie_plan_work(const ie_plan *plan);  /* actions that would change something */
/* The plan for a person: one line an action with its reason; `keeps` prints untouched files too. */
IE_API void ie_plan_print(const ie_plan *plan, bool keeps, FILE *out);
/* One action as a line of JSON (schema imgengine.action/1); free() it. NULL past the end. */
IE_API char *ie_plan_action_json(const ie_plan *plan, size_t index);
IE_API ie_status ie_plan_save(const ie_plan *plan, const char *path, ie_error *err) IE_MUST_CHECK;
/* Adds what the plan's actions come to, as they stand: planned, or carried out. */
IE_API void ie_plan_tally(const ie_plan *plan, ie_summary *summary);
/* Was all of this plan done by a run that is not undone, as the journals of its folders say? Then
 *ret_run_id is that run. */
IE_API bool ie_plan_carried_out(const ie_plan *plan, char ret_run_id[40]);
IE_API ie_status ie_plan_load(const char *path, ie_plan **ret_plan, ie_error *err) IE_MUST_CHECK;

/* One line for each thing that is told one by one. */
typedef void (*ie_line_fn)(void *user, const char *line);

/* How the duplicates of a plan compare with photos that people grouped. */
typedef struct ie_evaluation {
    uint64_t labelled; /* files of the plan that the labels speak of; the others do not count */
    uint64_t expected;        /* pairs of files of one labelled group */
    uint64_t right,
        wrong; /* pairs that the plan calls duplicates: of one group, of different groups */
    double recall,
        precision; /* right / expected, right / (right + wrong); 1 when there is nothing to find */
} ie_evaluation;

/* Can these labels be read? Worth asking before a long scan. Errors as of ie_plan_evaluate(). */
IE_API ie_status ie_labels_check(const char *labels, ie_error *err) IE_MUST_CHECK;
/* `labels` is a JSON file with "groups" (and perhaps "real_groups"), each with "files" that show
   the same picture, and "not_duplicates", whose files do not. `on_line` (may be NULL) gets each
   pair that is wrong or missed. IE_ERR_FORMAT: no such file; IE_ERR_NOT_FOUND: none of its files is
   in the plan. */
IE_API ie_status ie_plan_evaluate(const ie_plan *plan, const char *labels, ie_line_fn on_line,
                                  void *user, ie_evaluation *ret_evaluation,
                                  ie_error *err) IE_MUST_CHECK;

/* The duplicates of a plan as one self-contained HTML page: each photo that stays beside those that
   would go, with small pictures, verdict and reason. Reads the photos, so make it before the plan
   is carried out. Never overwrites: IE_ERR_EXISTS. */
IE_API ie_status ie_engine_gallery(ie_engine *engine, const ie_plan *plan, const char *path,
                                   ie_error *err) IE_MUST_CHECK;

#define IE_APART_MAX 100

/* Remembers, or with `apart` false forgets, that these photos are no duplicates of one another:
   each of each other. They are known by their coded pictures, so that it holds under any name and
   whatever tags are written (by their bytes where these cannot be told apart from the metadata).
   ret_known: how many of their pairs were kept apart until now; may be NULL. IE_ERR_USAGE: fewer
   than two or more than IE_APART_MAX, two with the same bytes, or no catalog to remember it in. */
IE_API ie_status ie_engine_keep_apart(ie_engine *engine, const char *const *paths, size_t count,
                                      bool apart, size_t *ret_known, ie_error *err) IE_MUST_CHECK;
/* Gets the paths that two photos had when it was said of them. */
typedef void (*ie_apart_fn)(void *user, const char *a, const char *b);
IE_API ie_status ie_engine_list_apart(ie_engine *engine, ie_apart_fn on_pair, void *user,
                                      ie_error *err) IE_MUST_CHECK;

/* Carries a plan out. Files that changed since the plan was made are left alone and counted as
   skipped. On IE_ERR_CANCELLED and on errors everything done so far is journaled and can be undone.
   `plan` is updated: each action's outcome can then be printed or read as JSON. `wait` waits for
   another run on the same folder instead of failing with IE_ERR_BUSY. */
IE_API ie_status ie_engine_apply(ie_engine *engine, ie_plan *plan, bool wait,
                                 ie_summary *ret_summary, ie_error *err) IE_MUST_CHECK;

/* What ie_engine_apply() would find now, for a dry run of a plan that was saved: compares it with
   the files as they are, changes nothing, and updates outcome and problem of the actions that would
   be left alone or fail. */
IE_API ie_status ie_engine_look(ie_engine *engine, ie_plan *plan, ie_summary *ret_summary,
                                ie_error *err) IE_MUST_CHECK;

/* ---- runs and undo ------------------------------------------------------------------------ */

typedef struct ie_run_info {
    const char *id;      /* "20260114T091233-1f3a" */
    const char *time;    /* ISO 8601, UTC */
    const char *command; /* "process", … */
    const char *root;    /* the folder whose journal this is */
    /* "failed": an error stopped it; what it did until then can be undone */
    const char *state;   /* "done", "interrupted", "failed", "undone", "partly undone", "purged",
                            "partly purged", "offline"; "deleted": the folder and its journal */
    bool journaled;      /* a journal could be read; else the counts are not known */
    uint64_t actions;    /* carried out */
    uint64_t undone;     /* of these: taken back since */
    uint64_t purged; /* of these: cannot be undone any more, because purge freed their originals */
    uint64_t held_files, held_bytes; /* in quarantine */
    bool made_root;                  /* it made the folder itself, and was not undone since */
} ie_run_info;

typedef ie_status (*ie_run_fn)(void *user, const ie_run_info *run);

/* Newest first. `root` NULL: all that the catalog knows; else what lies in that folder's own
   journal. */
IE_API ie_status ie_engine_runs(ie_engine *engine, const char *root, ie_run_fn on_run, void *user,
                                ie_error *err) IE_MUST_CHECK;

/* Strikes a folder from the catalog that was deleted, or whose disk is gone for good: its runs,
   and, when the folder is not there, its photos. Changes no file: runs whose journal is still
   somewhere can be undone with `root`. ret_runs: how many are no longer listed. IE_ERR_NOT_FOUND
   when nothing is known of it. */
IE_API ie_status ie_engine_forget(ie_engine *engine, const char *root, uint64_t *ret_runs,
                                  ie_error *err) IE_MUST_CHECK;

typedef struct ie_undo_request {
    const char *run_id;    /* NULL: the last run that is not undone */
    const char *root;      /* NULL: found through the catalog */
    /* NULL: all of the run; else only actions whose source or target matches */
    const char *path_glob;
    bool dry_run;
    bool wait;
} ie_undo_request;

/* `on_line` gets each thing undone, or refused with the reason. Where the last run is asked for and
   the catalog knows of none that is not undone, nothing is done, and the summary names no run. */
IE_API ie_status ie_engine_undo(ie_engine *engine, const ie_undo_request *request,
                                ie_line_fn on_line, void *user, ie_summary *ret_summary,
                                ie_error *err) IE_MUST_CHECK;

/* ---- models ------------------------------------------------------------------------------- */

/* A neural network of the manifest, or of the configuration. */
typedef struct ie_model_info {
    const char *name, *task; /* "scenes" or "objects" */
    const char *folder;      /* where its files lie or belong, or the file itself; NULL: there is no
                                model of that name */
    const char *repository, *licence; /* NULL: not known */
    bool used;               /* the configuration names it for its task */
    bool here;               /* all its files are there */
    bool ready;              /* here; after verifying: and it can be used */
    const char *problem;     /* why it is not ready, and what to do; else NULL */
} ie_model_info;

typedef ie_status (*ie_model_fn)(void *user, const ie_model_info *model);

/* All models, or that of the name (IE_ERR_USAGE when there is none). `verify` compares each
   whose files are there with the sizes and hashes that are known, loads it, and looks whether it
   takes and gives what its layout says. */
IE_API ie_status ie_engine_models(ie_engine *engine, const char *name, bool verify,
                                  ie_model_fn on_model, void *user, ie_error *err) IE_MUST_CHECK;

/* Fetches the model's files from its repository, as far as they are not here already. *ret_fetched:
   how many came. IE_ERR_UNSUPPORTED: it has no repository, or is the user's own; IE_ERR_NOT_FOUND:
   the hub does not have or give it, or analysis.ml_models.download is never; IE_ERR_FORMAT: what
   came is not what it should be. */
IE_API ie_status ie_engine_model_pull(ie_engine *engine, const char *name, size_t *ret_fetched,
                                      ie_error *err) IE_MUST_CHECK;
/* Takes away what was fetched. IE_ERR_NOT_FOUND: nothing was. */
IE_API ie_status ie_engine_model_remove(ie_engine *engine, const char *name, uint64_t *ret_bytes,
                                        ie_error *err) IE_MUST_CHECK;
/* The model's entry as YAML, as analysis.ml_models.custom_models takes it; free() it. NULL: there
   is none. */
IE_API char *ie_engine_model_yaml(ie_engine *engine, const char *name, ie_error *err);
/* Fetches a runtime, "cpu", "openvino", "webgpu" or "cuda", with the user's pip, into the user's
   data folder; one that is there stays, unless `again`. *ret_text says what is where; free() it. */
IE_API ie_status ie_engine_runtime_fetch(ie_engine *engine, const char *name, bool again,
                                         char **ret_text, ie_error *err) IE_MUST_CHECK;
IE_API ie_status ie_engine_runtime_remove(ie_engine *engine, const char *name,
                                          ie_error *err) IE_MUST_CHECK;

/* ---- purge -------------------------------------------------------------------------------- */

/* The only way that bytes in quarantine are ever freed. What was purged can no longer be undone. */
typedef struct ie_purge_request {
    const char *run_id;   /* NULL: every run, of the age below */
    const char *root;     /* NULL: found through the catalog */
    int64_t older_than_s; /* 0: of any age */
    bool apply;           /* else nothing is changed */
    bool edited;          /* originals whose new file was edited since are freed, too */
    bool wait;
} ie_purge_request;

/* What one run holds in quarantine in one folder and purge (would) free. */
typedef struct ie_purge_run {
    const char *id, *time, *command, *root;
    uint64_t files, bytes; /* bytes that get free: a file that has another hard link frees none */
    uint64_t kept;         /* files that stay in quarantine, each with a line that says why */
} ie_purge_run;

typedef struct ie_purge_counts {
    uint64_t runs, files, bytes, kept;
} ie_purge_counts;

typedef ie_status (*ie_purge_fn)(void *user, const ie_purge_run *run);

/* Folders of which the catalog knows but which are not there now are left out, with a notice. A
   file that is not what was put into quarantine is kept, and so is a duplicate whose survivor
   cannot be found any more. */
IE_API ie_status ie_engine_purge(ie_engine *engine, const ie_purge_request *request,
                                 ie_purge_fn on_run, ie_line_fn on_line, void *user,
                                 ie_purge_counts *ret_counts, ie_error *err) IE_MUST_CHECK;

/* ---- verify and covers -------------------------------------------------------------------- */

typedef enum ie_verify_state {
    IE_VERIFY_OK,
    IE_VERIFY_ROT,        /* other bytes, though size and time are as they were */
    IE_VERIFY_EDITED,     /* other bytes, and another size or time */
    IE_VERIFY_MISSING,    /* the catalog knows it, and it is not there */
    IE_VERIFY_MOVED,      /* not known here, but just the bytes of one that is missing (`other`) */
    IE_VERIFY_UNKNOWN,    /* no hash is stored to compare with */
    IE_VERIFY_UNREADABLE, /* `problem` says why */
    IE_VERIFY_STATES
} ie_verify_state;

typedef struct ie_verify_result {
    ie_verify_state state;
    const char *path;
    uint64_t size;
    const char *stored, *found; /* XXH3-128 as 32 hex digits; NULL when there is none */
    const char *other, *problem;
    bool updated; /* the catalog holds it as it is from now on */
} ie_verify_result;

typedef struct ie_verify_counts {
    uint64_t states[IE_VERIFY_STATES];
    uint64_t bytes;      /* read */
    uint64_t other;      /* files that are no photo, video or sidecar: not looked at */
    uint64_t unreadable; /* folders that could not be read */
    uint64_t offline;    /* files known on disks that are not there: nothing can be said of them */
    double seconds;
} ie_verify_counts;

typedef ie_status (*ie_verify_fn)(void *user, const ie_verify_result *result);

/* Reads every byte of the files at input->paths (none: of all files the catalog knows) and compares
   with the stored hashes. `update` accepts what is there: new, edited and moved files are stored
   and missing ones are forgotten; a file with rot is never accepted. A folder that is offline is
   IE_ERR_NOT_FOUND. Changes no file. */
IE_API ie_status ie_engine_verify(ie_engine *engine, const ie_input *input, bool update,
                                  ie_verify_fn on_result, void *user, ie_verify_counts *ret_counts,
                                  ie_error *err) IE_MUST_CHECK;
IE_API const char *ie_verify_state_name(ie_verify_state state); /* "ok", "rot", … */

typedef enum ie_cover_state {
    IE_COVER_SAME,       /* `other` has the same bytes */
    IE_COVER_IMAGE_DATA, /* `other` has the same picture, bit for bit, with other metadata */
    /* `other` is what a run made of it, by the archive's journals: converted, or with other
       metadata; the file itself is missing */
    IE_COVER_DERIVED,
    IE_COVER_MISSING,
    IE_COVER_UNREADABLE, /* `problem` says why: it cannot be told whether it is there */
    IE_COVER_STATES
} ie_cover_state;

typedef struct ie_cover_result {
    ie_cover_state state;
    const char *path;
    uint64_t size;
    const char *other, *problem;
} ie_cover_result;

typedef struct ie_cover_counts {
    uint64_t states[IE_COVER_STATES];
    uint64_t missing_bytes;
    uint64_t other;      /* files on the card that are no photo, video or sidecar: not looked for */
    uint64_t unreadable; /* folders on the card that could not be read: it is then not covered */
    double seconds;
} ie_cover_counts;

typedef ie_status (*ie_cover_fn)(void *user, const ie_cover_result *result);

/* Is every photo, video and sidecar below `card` also below `archive`? Told by the bytes: same
   size, same hash, then compared byte for byte; by no name, date or catalog. `image_data`: a photo
   whose picture is the same bit for bit but whose metadata differ is covered, too (JPEG, PNG, WebP,
   TIFF). What is missing and was converted into the archive is told as derived, and not covered.
   IE_ERR_USAGE when one lies in the other. */
IE_API ie_status ie_engine_covers(ie_engine *engine, const char *card, const char *archive,
                                  bool image_data, ie_cover_fn on_result, void *user,
                                  ie_cover_counts *ret_counts, ie_error *err) IE_MUST_CHECK;
IE_API const char *ie_cover_state_name(ie_cover_state state); /* "same", "image-data", "derived",
                                                                 "missing", "unreadable" */

/* ---- search ------------------------------------------------------------------------------- */

/* A part of what is looked for. */
typedef struct ie_search_term {
    const char *text; /* a sentence, or the path of a photo */
    bool photo;
    double weight;    /* 1; -1 takes away */
} ie_search_term;

/* Photos by what is in them: the normalised sum of the terms' embeddings, by the model that
   analysis.ml_models.scene_detection names, compared with those of all photos that were looked at
   by it. */
typedef struct ie_search_request {
    const ie_search_term *terms;
    size_t term_count;
    const char *const *paths; /* search in these folders and photos; none: in the whole catalog */
    size_t path_count;
    size_t most;              /* how many to find, at least 1 */
    const char *after, *before; /* "2023", "2023-07", "2023-07-14", "2023-07-14T18:30": taken at or
                                   after the one and before the other; NULL: any time */
    const char *camera;       /* part of make and model, in any case; NULL: any */
    const char *near;         /* "LATITUDE,LONGITUDE,KILOMETRES", degrees; NULL: anywhere */
    const char *const *objects; /* labels of objects, each of which must be in the picture */
    size_t object_count;
    const char *page; /* write a contact sheet as one self-contained HTML page, never over a file;
                         NULL: none */
} ie_search_request;

typedef struct ie_search_counts {
    uint64_t searched; /* photos compared */
    uint64_t found;
    uint64_t filtered; /* of those nearer than the last one found: the filters left them out */
    uint64_t missing, changed; /* likewise: not there now; other bytes than were looked at */
    uint64_t without;  /* photos of the catalog that were not looked at by this model */
    char model[256];   /* the model's name and the checksum of its file */
    double seconds;
} ie_search_counts;

/* Best first; of equally near ones that of the smaller path. `similarity` is the cosine, -1..1. The
   photo is what the catalog knows, valid during the call only. Returning anything but IE_OK ends
   the search with that status. */
typedef ie_status (*ie_match_fn)(void *user, const ie_photo *photo, double similarity);

/* A photo among the terms need not be in the catalog, and is never found itself. A query of photos
   that are stored needs neither model nor runtime. IE_ERR_NOT_FOUND: no model, no runtime, no such
   path, or no photo was looked at by this model; each says the command that helps. */
IE_API ie_status ie_engine_search(ie_engine *engine, const ie_search_request *request,
                                  ie_match_fn on_match, void *user, ie_search_counts *ret_counts,
                                  ie_error *err) IE_MUST_CHECK;

/* ---- information -------------------------------------------------------------------------- */

IE_API const char *ie_version(void);

/* Called with "section", "name", "value" (UTF-8): version, codecs, CPU, threads, catalog,
   limits. */
typedef void (*ie_info_fn)(void *user, const char *section, const char *name, const char *value);
IE_API ie_status ie_engine_info(ie_engine *engine, ie_info_fn on_info, void *user,
                                ie_error *err) IE_MUST_CHECK;

/* IE_ERR_USAGE when `path` is named like a photo, video or sidecar, which no report, list or plan
   is. Worth asking before a long scan; ie_write_report() asks, too. */
IE_API ie_status ie_report_check(const char *path, ie_error *err) IE_MUST_CHECK;

/* Writes a report or list for the user: a temporary file beside `path`, fsync, then rename.
   Replaces an earlier regular file of that name only when `replace`; never a photo. */
IE_API ie_status ie_write_report(const char *path, const void *bytes, size_t size, bool replace,
                                 ie_error *err) IE_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
