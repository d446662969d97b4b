// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/takeback.h"

#include <errno.h>
#include <stdarg.h>

#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

/* ---- judging ------------------------------------------------------------------------------ */

static ie_verdict refuse(ie_takeback *item, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(item->problem, sizeof item->problem, format, args);
    va_end(args);
    return IE_VERDICT_REFUSED;
}

static bool same_name(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* The members of one group. */
typedef struct group {
    ie_takeback *items;
    size_t count;
    const char *const *freed;
    size_t freed_count;
} group;

/* Is `path` the name that the item goes back to? On file systems that fold names, also by another
   spelling: there is a file at the old name, yet its folder does not list it. */
static bool is_old_name(const ie_takeback *item, const char *path)
{
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    ie_sight sight = {0};
    bool listed = true;
    if (path == NULL || same_name(path, item->entry->from)) {
        return path != NULL;
    }
    sight.there = lstat(path, &sight.st) == 0;
    return ie_same_inode(&sight, &item->world.from) &&
           ie_place_open(NULL, item->entry->from, &place) == 0 &&
           ie_place_listed(&place, &listed) == 0 && !listed;
}

/* Free now, or once others that go back before have gone from it. */
static bool name_is_free(const group *g, const ie_takeback *item, const ie_sight *mover)
{
    const ie_takeback *items = g->items;
    const ie_world *world = &item->world;
    if (!world->from.there || ie_same_inode(&world->from, mover)) {
        return true;
    }
    for (size_t i = 0; i < g->freed_count; i++) {
        if (is_old_name(item, g->freed[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < g->count; i++) {
        const ie_entry *other = items[i].entry;
        bool leaves = other->makes ? items[i].displaces : ie_world_moved(other, &items[i].world);
        if (leaves && is_old_name(item, other->to)) {
            return true;
        }
    }
    return false;
}

/* Is the original where it was, as it was? */
static bool at_its_name(const ie_takeback *item)
{
    return item->world.from.there && ie_stamp_looks(&item->entry->stamp, &item->world.from.st);
}

/* Somebody else changed or took the file before its turn came: of ours there is nothing at any of
   its names. When the old name is free and the new one taken, it may have been moved first and
   changed then. */
static bool was_never_moved(const ie_takeback *item)
{
    const ie_world *world = &item->world;
    bool renamed = !item->entry->makes && world->to.there &&
                   (!world->from.there || world->to.st.st_ino == item->entry->stamp.inode);
    return item->entry->state == IE_ENTRY_INTENDED && !renamed && !item->displaces &&
           !world->undo.there && !world->quarantine.there && !world->park.there;
}

static ie_verdict judge_move(const group *g, ie_takeback *item)
{
    const ie_entry *entry = item->entry;
    const ie_world *world = &item->world;
    if (world->park.there || ie_world_moved(entry, world)) {
        if (world->doubled || world->folded ||
            name_is_free(g, item, world->park.there ? &world->park : &world->to)) {
            return IE_VERDICT_CAN;
        }
        return refuse(item, "the name %s is taken by another file", ie_shown(entry->from));
    }
    if (at_its_name(item) || was_never_moved(item)) {
        return IE_VERDICT_NOTHING;
    }
    return refuse(item, world->to.there ? "%s changed since" : "%s is gone", ie_shown(entry->to));
}

static ie_verdict judge_quarantine(const group *g, ie_takeback *item)
{
    const ie_world *world = &item->world;
    if (world->quarantine.there) {
        if (name_is_free(g, item, &world->quarantine)) {
            return IE_VERDICT_CAN;
        }
        return refuse(item, "the name %s is taken by another file", ie_shown(item->entry->from));
    }
    if (at_its_name(item) || was_never_moved(item)) {
        return IE_VERDICT_NOTHING;
    }
    return refuse(item,
                  item->entry->purged ? "purge freed %s for good" : "%s is no longer in quarantine",
                  ie_shown(item->entry->from));
}

static ie_verdict refuse_blindly(ie_takeback *item, const char *path, int number)
{
    char reason[128];
    item->blind = true;
    return refuse(item, "%s cannot be looked at (%s)", ie_shown(path),
                  strerror_r(number, reason, sizeof reason));
}

/* Is the source's name by now another road (symbolic link, second mount) to the very name that
   would go? Two hard links in different folders are two names. */
static bool source_is_the_copy(const ie_takeback *item)
{
    const ie_world *world = &item->world;
    struct stat from, to;
    if (!ie_same_inode(&world->from, &world->to)) {
        return false;
    }
    IE_AUTO_FREE char *from_folder = ie_path_directory(item->entry->from);
    IE_AUTO_FREE char *to_folder = ie_path_directory(item->entry->to);
    return world->to.st.st_nlink < 2 || stat(from_folder, &from) != 0 ||
           stat(to_folder, &to) != 0 || (from.st_ino == to.st_ino && from.st_dev == to.st_dev);
}

static ie_verdict judge_copy(ie_takeback *item)
{
    const ie_entry *entry = item->entry;
    if (!item->displaces && !item->world.undo.there) {
        if (item->world.to.there && entry->ready && entry->state != IE_ENTRY_INTENDED) {
            return refuse(item, "%s changed since it was made", ie_shown(entry->to));
        }
        return IE_VERDICT_NOTHING;
    }
    if (entry->beside) {
        return IE_VERDICT_CAN;
    }
    if (source_is_the_copy(item)) {
        return refuse(item,
                      "%s, which it was made from, now leads to the copy itself, so this may be "
                      "the last copy",
                      ie_shown(entry->from));
    }
    /* The copy may go only while what it was made from is there, to the last byte. */
    bool source_is_there = false;
    int failed =
        ie_path_holds(entry->from, entry->stamp.size, entry->source_xxh3, &source_is_there);
    if (failed != 0) {
        return refuse_blindly(item, entry->from, failed);
    }
    if (!source_is_there) {
        return refuse(
            item, "%s, which it was made from, is gone or changed, so this may be the last copy",
            ie_shown(entry->from));
    }
    return IE_VERDICT_CAN;
}

static ie_verdict judge_replace(const group *g, ie_takeback *item)
{
    const ie_entry *entry = item->entry;
    const ie_world *world = &item->world;
    bool in_place = same_name(entry->from, entry->to);
    if (!world->quarantine.there) {
        if (!at_its_name(item)) {
            if (was_never_moved(item)) {
                return IE_VERDICT_NOTHING;
            }
            return refuse(item,
                          entry->purged ? "purge freed the original of %s for good"
                                        : "the original of %s is no longer in quarantine",
                          ie_shown(entry->from));
        }
        /* In place and not in quarantine: what is at the name is the original. */
        item->displaces = item->displaces && !in_place;
        return item->displaces || world->undo.there ? IE_VERDICT_CAN : IE_VERDICT_NOTHING;
    }
    if ((uint64_t)world->quarantine.st.st_size != entry->stamp.size) {
        return refuse(item, "the original of %s was changed in quarantine", ie_shown(entry->from));
    }
    /* A rename back by link and unlink was cut short: the original has both names already. */
    bool doubled = ie_same_inode(&world->from, &world->quarantine);
    if (doubled && in_place) {
        item->displaces = false; /* a link's bytes are the original's own */
        return IE_VERDICT_CAN;
    }
    if (world->to.there && !item->displaces && entry->ready &&
        (in_place || entry->state != IE_ENTRY_INTENDED)) {
        return refuse(item, "%s changed since it was written", ie_shown(entry->to));
    }
    if (!(in_place && item->displaces) && !name_is_free(g, item, &world->quarantine)) {
        return refuse(item, "the name %s is taken by another file", ie_shown(entry->from));
    }
    return IE_VERDICT_CAN;
}

static void look(ie_takeback *item)
{
    const ie_entry *entry = item->entry;
    item->problem[0] = 0;
    item->blind = item->displaces = false;
    ie_world_look(entry, &item->world);
    int failed = item->world.blind;
    const char *unseen = item->world.unseen;
    if (failed == 0 && entry->makes) {
        failed = ie_entry_made_this(entry, entry->to, &item->world.to, &item->displaces);
        unseen = entry->to;
    }
    if (failed != 0) {
        (void)refuse_blindly(item, unseen, failed);
    }
}

static ie_verdict judge(const group *g, ie_takeback *item)
{
    switch (item->entry->kind) {
    case IE_ACTION_QUARANTINE:
        return item->entry->makes ? judge_replace(g, item) : judge_quarantine(g, item);
    case IE_ACTION_COPY:
        return judge_copy(item);
    default:
        return item->entry->makes ? judge_replace(g, item) : judge_move(g, item);
    }
}

bool ie_takeback_check(ie_takeback *items, size_t count, const char *const *freed,
                       size_t freed_count)
{
    const group g = {items, count, freed, freed_count};
    for (size_t i = 0; i < count; i++) {
        look(&items[i]);
    }
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        ie_takeback *item = &items[i];
        item->verdict = item->blind ? IE_VERDICT_REFUSED : judge(&g, item);
        good = good && item->verdict != IE_VERDICT_REFUSED;
    }
    return good;
}

/* ---- doing -------------------------------------------------------------------------------- */

typedef struct takeback_work {
    const char *root;
    ie_touched *touched;
    ie_error *err;
} takeback_work;

/* Makes the folders that a restored name needs and that are gone. */
static int make_parents(const takeback_work *work, const char *path)
{
    IE_AUTO_FREE char *folder = ie_path_directory(path);
    for (size_t at = strlen(work->root) + 1; at < strlen(path); at++) {
        if (path[at] != '/') {
            continue;
        }
        IE_AUTO_FREE char *part = ie_strndup(path, at);
        IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
        int failed = ie_place_open(work->root, part, &place);
        if (failed == 0) {
            failed = ie_fs_mkdir(&place, 0777);
            if (failed == 0) {
                ie_touched_add_parent(work->touched, part);
            }
        }
        if (failed != 0 && failed != EEXIST) {
            return failed;
        }
    }
    return 0;
}

static int shift_places(const takeback_work *work, const char *from_path, const char *to_path,
                        ie_place *from, ie_place *to)
{
    int failed = ie_place_open(work->root, from_path, from);
    if (failed == 0) {
        failed = ie_place_open(work->root, to_path, to);
    }
    if (failed == ENOENT) {
        failed = make_parents(work, to_path);
        failed = failed != 0 ? failed : ie_place_open(work->root, to_path, to);
    }
    if (failed == 0) {
        failed = ie_fs_rename(from, to);
    }
    if (failed != EEXIST) {
        return failed;
    }
    ie_sight a = {.there = ie_place_stat(from, &a.st) == 0},
             b = {.there = ie_place_stat(to, &b.st) == 0};
    bool from_listed = false, to_listed = false;
    if (ie_same_inode(&a, &b) && a.st.st_nlink > 1 && ie_place_listed(from, &from_listed) == 0 &&
        ie_place_listed(to, &to_listed) == 0 && from_listed && to_listed) {
        /* An earlier rename by link and unlink was cut short: the file has both names already. */
        return ie_fs_unlink(from);
    }
    return EEXIST;
}

static ie_status shift(const takeback_work *work, const char *from_path, const char *to_path)
{
    IE_AUTO_PLACE ie_place from = IE_PLACE_NONE, to = IE_PLACE_NONE;
    int failed = shift_places(work, from_path, to_path, &from, &to);
    ie_touched_add_parent(work->touched, to_path);
    ie_touched_add_parent(work->touched, from_path);
    if (failed == 0) {
        return IE_OK;
    }
    return ie_error_errno(work->err, failed, "%s could not be moved back to %s",
                          ie_shown(from_path), ie_shown(to_path));
}

static ie_status remove_own(const takeback_work *work, const char *path)
{
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    int failed = ie_place_open(work->root, path, &place);
    failed = failed != 0 ? failed : ie_fs_unlink(&place);
    if (failed != 0 && failed != ENOENT) {
        return ie_error_errno(work->err, failed, "%s, made by this program, could not be removed",
                              ie_shown(path));
    }
    ie_touched_add_parent(work->touched, path);
    return IE_OK;
}

/* The new file leaves its name before it is removed; what then lies aside must be what was
   judged. */
static ie_status set_aside(const takeback_work *work, const ie_takeback *item)
{
    const ie_entry *entry = item->entry;
    if (!entry->makes) {
        /* At both: a rename by link and unlink was cut short, and the name `to` must become free
           all the same. */
        bool through_park =
            entry->park != NULL &&
            (!item->world.park.there || ie_same_inode(&item->world.park, &item->world.to));
        return through_park ? shift(work, entry->to, entry->park) : IE_OK;
    }
    if (!item->displaces) {
        return IE_OK;
    }
    IE_AUTO_FREE char *aside = ie_entry_undo_path(entry);
    ie_status status = shift(work, entry->to, aside);
    ie_sight now = {.there = status == IE_OK && lstat(aside, &now.st) == 0};
    if (status == IE_OK && !now.there) {
        return ie_error_errno(work->err, errno, "%s cannot be looked at", ie_shown(aside));
    }
    if (status == IE_OK && (!ie_same_inode(&now, &item->world.to) ||
                            now.st.st_mtim.tv_sec != item->world.to.st.st_mtim.tv_sec ||
                            now.st.st_mtim.tv_nsec != item->world.to.st.st_mtim.tv_nsec)) {
        status = shift(work, aside, entry->to);
        if (status == IE_OK) {
            status =
                ie_error_set(work->err, IE_ERR_CHANGED,
                             "%s was changed by another program just now.", ie_shown(entry->to));
        }
    }
    return status;
}

static ie_status put_back(const takeback_work *work, const ie_takeback *item)
{
    const ie_entry *entry = item->entry;
    if (entry->quarantine != NULL) {
        return item->world.quarantine.there ? shift(work, entry->quarantine, entry->from) : IE_OK;
    }
    if (entry->makes) {
        return IE_OK;
    }
    return shift(work, entry->park != NULL ? entry->park : entry->to, entry->from);
}

static ie_status tidy(const takeback_work *work, const ie_takeback *item)
{
    const ie_entry *entry = item->entry;
    ie_status status = IE_OK;
    if (entry->makes) {
        IE_AUTO_FREE char *aside = ie_entry_undo_path(entry);
        ie_sight sight = {.there = lstat(aside, &sight.st) == 0};
        int failed = sight.there || ie_errno_gone(errno) ? 0 : errno;
        bool ours = item->displaces;
        /* One left by an earlier, interrupted call is looked at again; other bytes stay where they
           are. */
        if (failed == 0 && !ours) {
            failed = ie_entry_made_this(entry, aside, &sight, &ours);
        }
        if (failed != 0) {
            return ie_error_errno(work->err, failed, "%s cannot be looked at", ie_shown(aside));
        }
        status = ours ? remove_own(work, aside) : IE_OK;
        if (status == IE_OK) {
            status = remove_own(work, entry->temp);
        }
    }
    if (status == IE_OK && entry->quarantine != NULL) {
        IE_AUTO_FREE char *folder = ie_path_directory(entry->quarantine);
        IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
        /* An empty folder of ours that stays does no harm. One that goes cannot be synced itself
           any more. */
        if (ie_place_open(work->root, folder, &place) == 0 && ie_fs_rmdir(&place) == 0) {
            ie_touched_add_parent(work->touched, folder);
        }
    }
    return status;
}

ie_status ie_takeback_do(const char *root, ie_takeback *items, size_t count, ie_touched *touched,
                         ie_error *err)
{
    const takeback_work work = {root, touched, err};
    ie_status status = IE_OK;
    for (size_t i = count; status == IE_OK && i > 0; i--) {
        status = items[i - 1].verdict == IE_VERDICT_CAN ? set_aside(&work, &items[i - 1]) : IE_OK;
    }
    for (size_t i = count; status == IE_OK && i > 0; i--) {
        status = items[i - 1].verdict == IE_VERDICT_CAN ? put_back(&work, &items[i - 1]) : IE_OK;
    }
    for (size_t i = count; status == IE_OK && i > 0; i--) {
        status = tidy(&work, &items[i - 1]);
    }
    return status;
}
