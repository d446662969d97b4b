// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/world.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

bool ie_stamp_fits(const ie_stamp *stamp, const struct stat *st)
{
    ie_stamp now = ie_stamp_of(st);
    return S_ISREG(st->st_mode) && ie_stamp_still_file(stamp, &now) && stamp->device == now.device;
}

bool ie_stamp_looks(const ie_stamp *stamp, const struct stat *st)
{
    ie_stamp now = ie_stamp_of(st);
    return S_ISREG(st->st_mode) && stamp->size == now.size && stamp->mtime_ns == now.mtime_ns;
}

bool ie_errno_gone(int number)
{
    return number == ENOENT || number == ENOTDIR || number == ELOOP || number == ENAMETOOLONG;
}

static void go_blind(ie_world *world, const char *path, int number)
{
    if (world->blind == 0) {
        world->blind = number;
        world->unseen = path;
    }
}

static void look(ie_world *world, const char *path, ie_sight *ret_sight)
{
    ret_sight->there = path != NULL && lstat(path, &ret_sight->st) == 0;
    if (path != NULL && !ret_sight->there && !ie_errno_gone(errno)) {
        go_blind(world, path, errno);
    }
}

bool ie_same_inode(const ie_sight *a, const ie_sight *b)
{
    return a->there && b->there && a->st.st_ino == b->st.st_ino && a->st.st_dev == b->st.st_dev;
}

static bool listed(ie_world *world, const char *path)
{
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    bool found = false;
    int failed = ie_place_open(NULL, path, &place);
    failed = failed != 0 ? failed : ie_place_listed(&place, &found);
    if (failed != 0 && !ie_errno_gone(failed)) {
        go_blind(world, path, failed);
    }
    return found;
}

void ie_world_look(const ie_entry *entry, ie_world *ret_world)
{
    IE_AUTO_FREE char *undo = ie_entry_undo_path(entry);
    ie_world world = {0};
    look(&world, entry->from, &world.from);
    look(&world, entry->to, &world.to);
    look(&world, entry->temp, &world.temp);
    look(&world, entry->park, &world.park);
    look(&world, entry->quarantine, &world.quarantine);
    look(&world, undo, &world.undo);
    world.unseen = world.unseen == undo ? entry->temp : world.unseen;
    if (entry->kind == IE_ACTION_MOVE && ie_same_inode(&world.from, &world.to)) {
        bool from_listed = listed(&world, entry->from);
        world.to_listed = listed(&world, entry->to);
        world.doubled = from_listed && world.to_listed;
        world.folded = !world.doubled;
    }
    *ret_world = world;
}

bool ie_world_moved(const ie_entry *entry, const ie_world *world)
{
    if (!world->to.there || !ie_stamp_looks(&entry->stamp, &world->to.st)) {
        return false;
    }
    if (world->folded) {
        return world->to_listed;
    }
    bool still_at_from = world->from.there && !world->doubled &&
                         world->from.st.st_ino == entry->stamp.inode &&
                         ie_stamp_looks(&entry->stamp, &world->from.st);
    return !still_at_from;
}

int ie_path_holds(const char *path, uint64_t size, ie_hash128 hash, bool *ret_holds)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st = {0};
    ie_copied copied = {0};
    int failed = fd < 0 || fstat(fd, &st) != 0 ? errno : 0;
    bool fits = failed == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size;
    failed = fits ? ie_fs_hash(fd, &copied) : failed;
    if (fd >= 0) {
        close(fd);
    }
    if (failed != 0 && !ie_errno_gone(failed)) {
        return failed;
    }
    *ret_holds = fits && failed == 0 && copied.size == size && ie_hash128_equal(copied.xxh3, hash);
    return 0;
}

/* Does the symbolic link lead where the entry's does? 0 or the errno of looking. */
static int leads_there(const ie_entry *entry, const char *path, bool *ret_leads)
{
    IE_AUTO_FREE char *folder = ie_path_directory(entry->to);
    IE_AUTO_FREE char *relative = ie_path_relative(entry->survivor, folder);
    size_t size = strlen(entry->survivor) + strlen(relative);
    IE_AUTO_FREE char *target = ie_alloc(size + 2);
    ssize_t got = readlink(path, target, size + 1);
    if (got < 0 && !ie_errno_gone(errno) && errno != EINVAL) {
        return errno;
    }
    *ret_leads =
        got >= 0 && (strcmp(target, entry->survivor) == 0 || strcmp(target, relative) == 0);
    return 0;
}

int ie_entry_made_this(const ie_entry *entry, const char *path, const ie_sight *sight,
                       bool *ret_made)
{
    *ret_made = false;
    if (entry->link == IE_LINK_SYMBOLIC) {
        return sight->there && S_ISLNK(sight->st.st_mode) ? leads_there(entry, path, ret_made) : 0;
    }
    bool may = entry->ready && sight->there && S_ISREG(sight->st.st_mode) &&
               (uint64_t)sight->st.st_size == entry->made.size;
    return may ? ie_path_holds(path, entry->made.size, entry->made_xxh3, ret_made) : 0;
}

ie_status ie_entry_carried_out(const ie_entry *entry, bool *ret_carried_out, ie_error *err)
{
    ie_world world;
    bool moved = false, made = false;
    ie_world_look(entry, &world);
    if (entry->kind == IE_ACTION_MOVE && !entry->makes) {
        moved = ie_world_moved(entry, &world) && !world.doubled && !world.park.there;
    } else {
        bool original_away =
            entry->quarantine == NULL ||
            (world.quarantine.there && !ie_same_inode(&world.quarantine, &world.from));
        int failed = original_away && entry->makes
                         ? ie_entry_made_this(entry, entry->to, &world.to, &made)
                         : 0;
        if (failed != 0) {
            go_blind(&world, entry->to, failed);
        }
        moved = original_away && (!entry->makes || made);
    }
    if (world.blind != 0) {
        return ie_error_errno(err, world.blind,
                              "%s cannot be looked at, so nothing is decided about it",
                              ie_shown(world.unseen));
    }
    *ret_carried_out = moved;
    return IE_OK;
}

char *ie_entry_undo_path(const ie_entry *entry)
{
    if (entry->temp == NULL) {
        return NULL;
    }
    return ie_asprintf("%.*s.undo", (int)(strlen(entry->temp) - strlen(".new")), entry->temp);
}

void ie_touched_add_parent(ie_touched *touched, const char *path)
{
    char *folder = ie_path_directory(path);
    for (size_t i = touched->count; i > 0; i--) {
        if (strcmp(touched->folders[i - 1], folder) == 0) {
            free(folder);
            return;
        }
    }
    IE_GROW(touched->folders, touched->count, touched->room);
    touched->folders[touched->count++] = folder;
}

int ie_touched_sync(ie_touched *touched)
{
    int first = 0;
    for (size_t i = 0; i < touched->count; i++) {
        int failed = ie_fs_sync_directory(touched->folders[i]);
        if (failed != 0 && failed != ENOENT && first == 0) {
            first = failed;
        }
        free(touched->folders[i]);
    }
    touched->count = 0;
    return first;
}

void ie_touched_free(ie_touched *touched)
{
    for (size_t i = 0; i < touched->count; i++) {
        free(touched->folders[i]);
    }
    free(touched->folders);
    *touched = (ie_touched){0};
}
