// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The journal: what one run is about to do, and did, in one root; docs/journal.md has the format.
 * One file ROOT/.imgengine/runs/RUN.journal, one line a record, each line a checksum and a JSON
 * object, so that a torn last line is recognised. Lines are only ever added. What must be durable
 * before a change is decided by the caller, with ie_journal_flush(sync).
 *
 * Paths below ROOT are stored relative to it, so that the journal still holds when the disk is
 * mounted elsewhere. A journal may come from an untrusted disk: every path that undo would change
 * must lie below ROOT, else its line counts as damaged. A journal belongs to one thread, under the
 * root's lock.
 */
#ifndef IE_STORAGE_JOURNAL_H
#define IE_STORAGE_JOURNAL_H

#include "core/plan.h"

#define IE_JOURNAL_FOLDER ".imgengine"
#define IE_RUN_ID_BYTES 40

typedef enum ie_entry_state {
    IE_ENTRY_INTENDED, /* may or may not have happened: the world tells */
    IE_ENTRY_DONE,
    IE_ENTRY_FAILED,   /* did not happen, or was taken back */
    IE_ENTRY_UNDOING,  /* being undone */
    IE_ENTRY_UNDONE
} ie_entry_state;

/* One action as the journal knows it. Paths are absolute for the root as it is mounted now. */
typedef struct ie_entry {
    uint64_t n;            /* rising within the journal */
    uint64_t group;        /* entries of one group are carried out and taken back together */
    uint64_t part; /* of a group, 0 the first: once all is done, undo takes back each by itself */
    ie_action_kind kind;
    bool makes; /* a new file is made at `to` (COPY, REPLACE, MOVE to another file system, link) */
    ie_link link;          /* QUARANTINE: what takes the name; then `to` is `from` */
    ie_stamp stamp;        /* of `from` */
    const char *from, *to; /* to NULL: QUARANTINE without a link */
    bool beside; /* COPY: not a copy of `from` but a sidecar of it, which may go without it */
    const char *temp;      /* makes: where the new file is made */
    const char *park;      /* MOVE: a stop on the way, to break a cycle of names; else NULL */
    const char *quarantine;/* where the original goes; NULL: it stays or is renamed */
    const char *survivor;  /* QUARANTINE: the file that stays */
    bool proven;           /* QUARANTINE: the fields below hold */
    uint64_t survivor_size;
    ie_hash128 survivor_xxh3; /* the bytes that the proof saw stay */
    bool ready;            /* the fields below hold */
    ie_stamp made;         /* of the new file; its ctime is not kept */
    ie_hash128 made_xxh3, source_xxh3;
    ie_entry_state state;
    bool purged; /* DONE, and what was in quarantine may have been freed: the world tells */
} ie_entry;

/* ---- writing ------------------------------------------------------------------------------ */

typedef struct ie_journal ie_journal;

typedef struct ie_journal_head {
    const char *id, *command;
    int made_root; /* levels of folders this run made to have ROOT: 1 ROOT itself, 2 its parent too,
                      … */
    const char *plan; /* ie_plan_digest(): 32 hex digits; NULL: none */
} ie_journal_head;

/* "20260114T091233-1f3a": the time in UTC and a random part. */
void ie_run_id_new(char ret_id[IE_RUN_ID_BYTES]);
/* Makes it greater than `other`, if it is not; by chance how much, because a copied folder has its
   journals with it and both may go on from the same id. */
void ie_run_id_follow(char id[IE_RUN_ID_BYTES], const char *other);
char *ie_journal_path(const char *root, const char *id); /* free() it */

/* A new journal with its head line, durable (file and folder). IE_ERR_EXISTS when there is one of
   this id. */
ie_status ie_journal_create(const char *root, const ie_journal_head *head, ie_journal **ret_journal,
                            ie_error *err) IE_MUST_CHECK;
/* Goes on with an existing one; a torn end (beyond good_size, from ie_log_read) is cut off. */
ie_status ie_journal_resume(const char *root, const char *id, uint64_t good_size,
                            ie_journal **ret_journal, ie_error *err) IE_MUST_CHECK;
void ie_journal_close(ie_journal *journal); /* NULL is fine; lines not flushed are lost */

/* Each adds one line in memory. */
void ie_journal_mkdir(ie_journal *journal, const char *path); /* a folder about to be made */
void ie_journal_intent(ie_journal *journal, const ie_entry *entry);
void ie_journal_ready(ie_journal *journal, const ie_entry *entry);
void ie_journal_proof(ie_journal *journal, const ie_entry *entry);
/* The entry's new state; problem (may be NULL) says why. */
void ie_journal_state(ie_journal *journal, uint64_t n, ie_entry_state state, const char *problem);
/* What this entry put into quarantine is about to be freed for good. */
void ie_journal_purged(ie_journal *journal, uint64_t n);
/* An action that was left alone or refused, before or instead of anything being done: for the
   record. */
void ie_journal_note(ie_journal *journal, const char *what, const char *path, const char *problem);
void ie_journal_end(ie_journal *journal,
                    const char *state); /* "done", "interrupted", "error", "undone", … */
/* Writes the lines, and makes them durable when `sync`. After a failure the journal takes no more
   lines. */
ie_status ie_journal_flush(ie_journal *journal, bool sync, ie_error *err) IE_MUST_CHECK;

/* ---- reading ------------------------------------------------------------------------------ */

typedef struct ie_log {
    ie_arena *arena; /* owns all of it */
    const char *root, *id, *time, *command;
    int made_root;
    const char *plan; /* as in the head; "" where it has none */
    ie_entry *entries;
    size_t count, room;
    const char **folders; /* made by the run, in order */
    size_t folder_count, folder_room;
    const char *outcome; /* of the run itself: its first end line's state; NULL: cut short */
    /* the last end line's state when it is the last line but for notes; else NULL */
    const char *end;
    bool purging;       /* a purge was cut short: its lines are the last ones */
    uint64_t good_size; /* up to the end of the last sound line */
    uint64_t damaged;   /* unsound lines before that */
} ie_log;

/* IE_ERR_NOT_FOUND when there is no such run; IE_ERR_FORMAT when it has no sound head line. */
ie_status ie_log_read(const char *root, const char *id, ie_log **ret_log,
                      ie_error *err) IE_MUST_CHECK;
void ie_log_free(ie_log *log);
/* Does the journal's last sound line say that nothing is open? Reads only the end of the file. */
bool ie_log_closed(const char *root, const char *id);

typedef struct ie_run_ids {
    char **ids; /* newest first */
    size_t count, room;
} ie_run_ids;

/* The runs in a root; none when there is no journal folder. */
ie_status ie_run_ids_read(const char *root, ie_run_ids *ret_ids, ie_error *err) IE_MUST_CHECK;
void ie_run_ids_free(ie_run_ids *ids);

#endif
