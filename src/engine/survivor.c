// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/survivor.h"

#include <fcntl.h>
#include <unistd.h>

#include "utils/fs.h"
#include "utils/text.h"

/* A picture on its way through the journals. */
typedef struct trail {
    const char *path;
    uint64_t size;
    ie_hash128 xxh3;
    ie_survival worst; /* of the looks so far: what to tell when it is not found */
} trail;

static bool read_content(const char *path, uint64_t *ret_size, ie_hash128 *ret_xxh3)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    ie_copied copied = {0};
    bool good =
        fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ie_fs_hash(fd, &copied) == 0;
    if (fd >= 0) {
        close(fd);
    }
    *ret_size = copied.size;
    *ret_xxh3 = copied.xxh3;
    return good;
}

static bool same_look(const struct stat *a, const struct stat *b)
{
    ie_stamp was = ie_stamp_of(a), is = ie_stamp_of(b);
    return S_ISREG(b->st_mode) && was.size == is.size && was.mtime_ns == is.mtime_ns &&
           was.ctime_ns == is.ctime_ns && was.inode == is.inode && was.device == is.device;
}

/* Is the picture at the trail's name? */
static bool look(trail *t, struct stat *ret_st)
{
    bool holds = false;
    if (lstat(t->path, ret_st) != 0) {
        t->worst = ie_fs_gone(t->path) ? IE_SURVIVAL_GONE : IE_SURVIVAL_UNSEEN;
    } else if (ie_path_holds(t->path, t->size, t->xxh3, &holds) != 0) {
        t->worst = IE_SURVIVAL_UNSEEN;
    } else if (!holds) {
        t->worst = IE_SURVIVAL_CHANGED;
    }
    return holds;
}

/* What a run made of the picture. False when it worked on other bytes under this name, or nobody
   can say. */
static bool follow(trail *t, const ie_entry *entry)
{
    bool same, put_away = entry->kind == IE_ACTION_QUARANTINE;
    if (put_away && entry->proven && ie_hash128_equal(entry->survivor_xxh3, t->xxh3)) {
        same = true;
    } else if (put_away) {
        same = ie_path_holds(entry->quarantine, t->size, t->xxh3, &same) == 0 && same;
    } else if (entry->makes) {
        same = entry->ready && ie_hash128_equal(entry->source_xxh3, t->xxh3);
    } else {
        same = true; /* renamed: the look at the new name tells */
    }
    const char *path = put_away ? entry->survivor : entry->to;
    if (!same || path == NULL) {
        return false;
    }
    t->path = path;
    if (put_away && entry->proven) {
        t->size = entry->survivor_size;
        t->xxh3 = entry->survivor_xxh3;
    } else if (!put_away && entry->makes) {
        t->size = entry->made.size;
        t->xxh3 = entry->made_xxh3;
    }
    return true;
}

/* What the run did with the file of this name; COPY leaves it. */
static const ie_entry *find_step(const ie_log *log, const char *path, const ie_entry *but)
{
    for (size_t k = 0; k < log->count; k++) {
        const ie_entry *entry = &log->entries[k];
        if (entry != but && entry->state == IE_ENTRY_DONE && entry->kind != IE_ACTION_COPY &&
            strcmp(entry->from, path) == 0) {
            return entry;
        }
    }
    return NULL;
}

static bool begin(const ie_entry *entry, trail *ret_trail)
{
    trail t = {.worst = IE_SURVIVAL_GONE};
    bool known = true;
    if (entry->kind != IE_ACTION_QUARANTINE) {
        t = (trail){entry->to, entry->made.size, entry->made_xxh3, IE_SURVIVAL_GONE};
        known = entry->ready;
    } else if (entry->proven) {
        t = (trail){entry->survivor, entry->survivor_size, entry->survivor_xxh3, IE_SURVIVAL_GONE};
    } else {
        t.path = entry->survivor;
        known = read_content(entry->quarantine, &t.size, &t.xxh3);
    }
    *ret_trail = t;
    return known && t.path != NULL;
}

ie_survival ie_survivor_find(ie_log *const *newer, size_t at, const ie_entry *entry,
                             ie_survivor *ret_survivor)
{
    trail t;
    struct stat st;
    bool found = false;
    *ret_survivor = (ie_survivor){0};
    if (!begin(entry, &t)) {
        ret_survivor->path = t.path != NULL ? ie_strdup(t.path) : NULL;
        return t.path != NULL ? IE_SURVIVAL_UNSEEN : IE_SURVIVAL_GONE;
    }
    found = look(&t, &st);
    /* Each run did at most one thing to a name; the run itself may have renamed what stayed. */
    for (size_t i = at + 1; !found && i > 0; i--) {
        bool own = i == at + 1;
        const ie_entry *step = own && entry->kind != IE_ACTION_QUARANTINE
                                   ? NULL
                                   : find_step(newer[i - 1], t.path, entry);
        if (step != NULL && !follow(&t, step)) {
            break;
        }
        found = step != NULL && look(&t, &st);
    }
    *ret_survivor = (ie_survivor){ie_strdup(t.path), found ? st : (struct stat){0}};
    /* It is this file only if nobody exchanged it while it was read. */
    return found && !ie_survivor_stands(ret_survivor) ? IE_SURVIVAL_CHANGED
           : found                                    ? IE_SURVIVES
                                                      : t.worst;
}

bool ie_survivor_stands(const ie_survivor *survivor)
{
    struct stat now;
    return survivor->path != NULL && lstat(survivor->path, &now) == 0 &&
           same_look(&survivor->st, &now);
}

void ie_survivor_clear(ie_survivor *survivor)
{
    free(survivor->path);
    survivor->path = NULL;
}
