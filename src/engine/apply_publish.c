// SPDX-License-Identifier: GPL-3.0-or-later
/* The renames: the only moment when the user's names change. Each either happens completely or not
   at all. */
#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "engine/carry.h"
#include "engine/world.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

typedef struct publishing {
    ie_run *run;
    ie_step *step;
    size_t index;
    ie_trouble *trouble;
} publishing;

static bool rename_trouble(const publishing *p, int number, const char *from, const char *to)
{
    if (number == EEXIST) {
        return ie_trouble_set(p->trouble, p->index, IE_OUTCOME_FAILED,
                              "the name %s is taken, and nothing is ever overwritten",
                              ie_shown(to));
    }
    if (number == ENOENT) {
        return ie_trouble_set(p->trouble, p->index, IE_OUTCOME_SKIPPED, "it is no longer there");
    }
    if (number == EOPNOTSUPP) {
        return ie_trouble_set(p->trouble, p->index, IE_OUTCOME_FAILED,
                              "the file system of %s cannot rename without "
                              "the danger of overwriting",
                              ie_shown(to));
    }
    return ie_trouble_errno(p->trouble, p->index, number, "%s cannot be renamed to %s",
                            ie_shown(from), ie_shown(to));
}

static bool rename_path(const publishing *p, const char *from_path, const char *to_path)
{
    IE_AUTO_PLACE ie_place from = IE_PLACE_NONE, to = IE_PLACE_NONE;
    int failed = ie_place_open(p->step->root->path, to_path, &to);
    if (failed != 0) {
        return ie_trouble_errno(p->trouble, p->index, failed,
                                "The folder of %s cannot be made or reached", ie_shown(to_path));
    }
    failed = ie_place_open(p->step->root->path, from_path, &from);
    ie_touched_add_parent(&p->run->touched, to_path);
    ie_touched_add_parent(&p->run->touched, from_path);
    if (failed == 0) {
        failed = ie_fs_rename(&from, &to);
    }
    return failed == 0 || rename_trouble(p, failed, from_path, to_path);
}

/* The last look before a name goes. */
static bool still_there(const publishing *p, const char *path)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        return ie_trouble_set(p->trouble, p->index, IE_OUTCOME_SKIPPED, "it is no longer there");
    }
    return ie_stamp_fits(&p->step->action->stamp, &st) ||
           ie_trouble_set(p->trouble, p->index, IE_OUTCOME_SKIPPED,
                          "it changed since the plan was made");
}

static int make_own_folder(const publishing *p, const char *path)
{
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    int failed = ie_place_open(p->step->root->path, path, &place);
    failed = failed != 0 ? failed : ie_fs_mkdir(&place, 0700);
    if (failed == 0) {
        ie_touched_add_parent(&p->run->touched, path);
    }
    return failed == EEXIST ? 0 : failed;
}

static bool make_quarantine(const publishing *p)
{
    const ie_entry *entry = &p->step->entry;
    IE_AUTO_FREE char *folder = ie_path_directory(entry->quarantine);
    IE_AUTO_FREE char *above = ie_path_directory(folder);
    int failed = make_own_folder(p, above);
    failed = failed != 0 ? failed : make_own_folder(p, folder);
    if (failed != 0) {
        return ie_trouble_errno(p->trouble, p->index, failed,
                                "The quarantine folder %s cannot be made", ie_shown(folder));
    }
    return true;
}

static bool into_quarantine(const publishing *p)
{
    const ie_entry *entry = &p->step->entry;
    return still_there(p, entry->from) && rename_path(p, entry->from, entry->quarantine);
}

/* A duplicate goes only with the proof that its bytes stay elsewhere. */
static bool drop_duplicate(const publishing *p, const ie_drop_proof *proof)
{
    if (!make_quarantine(p)) {
        return false;
    }
    if (proof == NULL || strcmp(ie_drop_proof_path(proof), p->step->entry.from) != 0 ||
        !(p->step->entry.link == IE_LINK_HARD ? ie_drop_proof_holds_linked(proof)
                                              : ie_drop_proof_holds(proof))) {
        return ie_trouble_set(p->trouble, p->index, IE_OUTCOME_SKIPPED,
                              "it or the file that stays changed since they were compared");
    }
    return into_quarantine(p);
}

/* The original of a file that was made anew: only once that is complete and durable. */
static bool retire_original(const publishing *p)
{
    if (!p->step->entry.ready) {
        return ie_trouble_set(p->trouble, p->index, IE_OUTCOME_FAILED,
                              "the new file is not complete");
    }
    return make_quarantine(p) && into_quarantine(p);
}

static bool leave_name(const publishing *p)
{
    const ie_entry *entry = &p->step->entry;
    if (entry->kind == IE_ACTION_QUARANTINE) {
        return drop_duplicate(p, p->step->proof);
    }
    if (entry->quarantine != NULL) {
        return retire_original(p);
    }
    return entry->park == NULL ||
           (still_there(p, entry->from) && rename_path(p, entry->from, entry->park));
}

static bool take_name(const publishing *p)
{
    const ie_entry *entry = &p->step->entry;
    if (entry->makes) {
        return rename_path(p, entry->temp, entry->to);
    }
    if (entry->park != NULL) {
        return rename_path(p, entry->park, entry->to);
    }
    return entry->to == NULL ||
           (still_there(p, entry->from) && rename_path(p, entry->from, entry->to));
}

/* Before a new file takes its name: an original that changed meanwhile would stay, and both would
   stand there. */
static bool leaves_source_as_seen(const publishing *p)
{
    return p->step->entry.quarantine == NULL || still_there(p, p->step->entry.from);
}

bool ie_party_publish(ie_run *run, ie_party *party, ie_trouble *trouble)
{
    bool good = true;
    /* In a circle of names, all leave theirs before any takes its new one. Else a new file is in
       place before its original goes, so that a photo is at a visible name at any time. */
    for (int pass = 0; pass < (party->parks ? 2 : 1); pass++) {
        for (size_t i = 0; good && i < party->count; i++) {
            publishing p = {run, &party->steps[i], i, trouble};
            const ie_entry *entry = &party->steps[i].entry;
            bool new_first =
                entry->makes && entry->to != NULL && strcmp(entry->from, entry->to) != 0;
            if (party->parks) {
                good = pass == 0 ? leave_name(&p) : take_name(&p);
            } else {
                good = new_first ? leaves_source_as_seen(&p) && take_name(&p) && leave_name(&p)
                                 : leave_name(&p) && take_name(&p);
            }
        }
    }
    return good;
}

/* What was written is known by its bytes: the file is still that one when size and time are. */
void ie_step_tell(const ie_run *run, const ie_step *step)
{
    struct stat st;
    const ie_entry *entry = &step->entry;
    if (run->options->written == NULL || !entry->makes || !entry->ready ||
        entry->link != IE_LINK_NONE || lstat(entry->to, &st) != 0 || !S_ISREG(st.st_mode)) {
        return;
    }
    ie_stamp now = ie_stamp_of(&st);
    if (now.size == entry->made.size && now.mtime_ns == entry->made.mtime_ns) {
        run->options->written(run->options->run_user, step->action, &now, entry->made_xxh3);
    }
}
