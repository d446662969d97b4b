// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/own_root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/own_folder.h"
#include "storage/journal.h"
#include "utils/fs.h"
#include "utils/text.h"

#define MAX_LEVELS 1000

/* The topmost level of ROOT that is missing. */
static char *first_missing(const char *root)
{
    char *level = ie_strdup(root);
    for (;;) {
        struct stat st;
        char *parent = ie_path_directory(level);
        if (strcmp(parent, level) == 0 || stat(parent, &st) == 0 || errno != ENOENT) {
            free(parent);
            return level;
        }
        free(level);
        level = parent;
    }
}

/* Where the level `top` is built, and taken to be removed. */
static char *aside_of(const char *top)
{
    const char *base = ie_path_base(top);
    char hex[33];
    ie_hash128_hex(ie_hash128_of(base, strlen(base)), hex);
    IE_AUTO_FREE char *parent = ie_path_directory(top);
    IE_AUTO_FREE char *name = ie_asprintf(".imgengine-%.16s.root", hex);
    return ie_path_join(parent, name);
}

/* A change of one name; the folder it is in may be reached over links. */
static int change(int (*act)(const ie_place *), const char *path)
{
    IE_AUTO_FREE char *parent = ie_path_directory(path);
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    int failed = ie_place_open(parent, path, &place);
    failed = failed != 0 ? failed : act(&place);
    return failed == ENOENT ? 0 : failed;
}

static int move(const char *from, const char *to)
{
    IE_AUTO_FREE char *parent = ie_path_directory(from);
    IE_AUTO_PLACE ie_place source = IE_PLACE_NONE;
    IE_AUTO_PLACE ie_place target = IE_PLACE_NONE;
    int failed = ie_place_open(parent, from, &source);
    failed = failed != 0 ? failed : ie_place_open(parent, to, &target);
    failed = failed != 0 ? failed : ie_fs_rename(&source, &target);
    return failed != 0 ? failed : ie_fs_sync_parent(&target);
}

/* EAGAIN: a living process works on it, or it is gone. A file system without locks has one process
   at most. */
static int hold(const char *aside, int *ret_fd)
{
    struct stat there, here;
    int fd = open(aside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return errno == ENOENT ? EAGAIN : errno;
    }
    bool mine = (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) &&
                lstat(aside, &there) == 0 && fstat(fd, &here) == 0 && there.st_ino == here.st_ino &&
                there.st_dev == here.st_dev;
    if (!mine) {
        close(fd);
        return EAGAIN;
    }
    *ret_fd = fd;
    return 0;
}

/* ---- taking apart ------------------------------------------------------------------------- */

/* The only thing in the folder, when that is a folder and not .imgengine; free() it. */
static char *only_level(const char *path)
{
    char *only = NULL;
    DIR *directory = opendir(path);
    const struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            only = ie_path_join(path, entry->d_name);
            break;
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    struct stat st;
    bool level = only != NULL && strcmp(ie_path_base(only), IE_JOURNAL_FOLDER) != 0 &&
                 lstat(only, &st) == 0 && S_ISDIR(st.st_mode) &&
                 ie_own_holds_only(path, ie_path_base(only));
    if (!level) {
        free(only);
        only = NULL;
    }
    return only;
}

/* Journals, and half-written files of ours. */
static int remove_records(const char *folder)
{
    int failed = 0;
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    while (failed == 0 && directory != NULL && (entry = readdir(directory)) != NULL) {
        if (ie_ends_with_nocase(entry->d_name, ".journal") ||
            ie_starts_with(entry->d_name, ".imgengine-")) {
            IE_AUTO_FREE char *path = ie_path_join(folder, entry->d_name);
            failed = change(ie_fs_unlink, path);
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return failed;
}

/* Stops before it removes any record when files are left in quarantine. The note of what was made
   goes last. */
static int remove_own(const char *level)
{
    IE_AUTO_FREE char *own = ie_path_join(level, IE_JOURNAL_FOLDER);
    IE_AUTO_FREE char *quarantine = ie_path_join(own, "quarantine"),
                      *temporary = ie_path_join(own, "tmp");
    IE_AUTO_FREE char *runs = ie_path_join(own, "runs"), *lock = ie_path_join(own, "lock");
    IE_AUTO_FREE char *volume = ie_path_join(own, "volume");
    if (ie_fs_gone(own)) {
        return 0;
    }
    int failed = change(ie_fs_rmdir, quarantine);
    failed = failed != 0 ? failed : change(ie_fs_rmdir, temporary);
    failed = failed != 0 ? failed : remove_records(runs);
    failed = failed != 0 ? failed : change(ie_fs_rmdir, runs);
    failed = failed != 0 ? failed : ie_fs_sync_directory(own);
    failed = failed != 0 ? failed : remove_records(own);
    failed = failed != 0 ? failed : change(ie_fs_unlink, volume);
    failed = failed != 0 ? failed : change(ie_fs_unlink, lock);
    return failed != 0 ? failed : change(ie_fs_rmdir, own);
}

/* Removes a ROOT with the levels above it up to `top`, or all but `top`; ENOTEMPTY when anything
   else is in there. */
static int dismantle(const char *top, bool keep_top)
{
    IE_AUTO_FREE char *level = ie_strdup(top);
    int depth = 1;
    for (char *below; depth < MAX_LEVELS && (below = only_level(level)) != NULL; depth++) {
        free(level);
        level = below;
    }
    int failed = ie_own_holds_only(level, IE_JOURNAL_FOLDER) ? remove_own(level) : ENOTEMPTY;
    for (; failed == 0 && depth > (keep_top ? 1 : 0); depth--) {
        failed = change(ie_fs_rmdir, level);
        char *parent = ie_path_directory(level);
        free(level);
        level = parent;
    }
    return failed != 0 ? failed : ie_fs_sync_directory(level);
}

/* What holds anything of the user's has its place under the right name. */
static int dismantle_or_put_back(const char *aside, const char *top, bool keep_aside)
{
    int failed = dismantle(aside, keep_aside);
    if (failed != 0 && !ie_fs_gone(aside)) {
        (void)move(aside, top);
    }
    return failed;
}

/* 0 when nothing is aside (any more). */
static int clear_aside(const char *aside, const char *top)
{
    int fd = -1;
    if (ie_fs_gone(aside)) {
        return 0;
    }
    int failed = hold(aside, &fd);
    if (failed == 0) {
        failed = dismantle_or_put_back(aside, top, false);
        close(fd);
    }
    return failed;
}

bool ie_own_root_is_aside(const char *root)
{
    IE_AUTO_FREE char *top = first_missing(root), *aside = aside_of(top);
    return ie_fs_gone(root) && ie_fs_exists(aside);
}

bool ie_own_root_sweep(const char *root)
{
    if (!ie_fs_gone(root)) {
        return false;
    }
    IE_AUTO_FREE char *top = first_missing(root), *aside = aside_of(top);
    return ie_fs_exists(aside) && clear_aside(aside, top) == 0;
}

/* ---- making ------------------------------------------------------------------------------- */

/* The levels of `root` from `top` on, with the former's name for the latter, and what belongs into
   ROOT. */
static int build(const char *root, const char *top, const char *aside, int *ret_made)
{
    IE_AUTO_FREE char *inner = ie_asprintf("%s%s", aside, root + strlen(top));
    int made = 1, ours = 0, failed = 0;
    for (size_t at = strlen(aside); failed == 0 && inner[at] == '/'; ) {
        at += strspn(inner + at, "/");
        at += strcspn(inner + at, "/");
        IE_AUTO_FREE char *level = ie_strndup(inner, at);
        failed = ie_own_folder_add(aside, level, 0777, &made);
    }
    failed = failed != 0 ? failed : ie_own_fill(inner, &ours);
    failed = failed != 0 ? failed : ie_own_note(inner, made);
    *ret_made = made;
    return failed;
}

/* Where folders cannot be renamed without replacing. */
static int make_in_place(const char *root, const char *top, int *ret_made)
{
    int failed = 0, ours = 0;
    IE_AUTO_FREE char *base = ie_path_directory(top);
    *ret_made = 0;
    for (size_t at = strlen(top); failed == 0; at += strcspn(root + at, "/")) {
        IE_AUTO_FREE char *level = ie_strndup(root, at);
        failed = ie_own_folder_add(base, level, 0777, ret_made);
        if (root[at] == 0) {
            break;
        }
        at += strspn(root + at, "/");
    }
    return failed != 0 ? failed : ie_own_fill(root, &ours);
}

int ie_own_root_make(const char *root, int *ret_made)
{
    IE_AUTO_FREE char *top = first_missing(root), *aside = aside_of(top),
                      *base = ie_path_directory(top);
    int fd = -1, added = 0;
    struct stat st;
    int failed = clear_aside(aside, top);
    failed = failed != 0 ? failed : ie_own_folder_add(base, aside, 0777, &added);
    failed = failed != 0 ? failed : added == 0 ? EAGAIN : hold(aside, &fd);
    if (failed != 0) {
        return failed == ENOTEMPTY && !ie_fs_gone(top) ? EAGAIN : failed;
    }
    failed = build(root, top, aside, ret_made);
    failed = failed != 0 ? failed : move(aside, top);
    if (failed != 0 && !ie_fs_gone(aside)) {
        (void)dismantle(aside, false); /* what stays is removed by the next run */
    }
    close(fd);
    if (failed == EOPNOTSUPP) {
        return make_in_place(root, top, ret_made);
    }
    return failed == EEXIST ? (stat(top, &st) == 0 && S_ISDIR(st.st_mode) ? EAGAIN : ENOTDIR)
                            : failed;
}

/* ---- removing ----------------------------------------------------------------------------- */

/* The topmost of the levels that holds nothing but the one below it. */
static char *topmost(const char *root, int levels)
{
    char *top = ie_strdup(root);
    for (int i = 1; i < levels; i++) {
        char *parent = ie_path_directory(top);
        if (!ie_own_holds_only(parent, ie_path_base(top))) {
            free(parent);
            break;
        }
        free(top);
        top = parent;
    }
    return top;
}

void ie_own_root_remove(const char *root, int levels)
{
    IE_AUTO_FREE char *top = topmost(root, levels), *aside = aside_of(top);
    int fd = -1;
    if (!ie_own_holds_only(root, IE_JOURNAL_FOLDER) || clear_aside(aside, top) != 0 ||
        hold(top, &fd) != 0) {
        return;
    }
    int failed = move(top, aside);
    if (failed == EOPNOTSUPP) {
        (void)dismantle(top, false);
    } else if (failed == 0) {
        (void)dismantle_or_put_back(aside, top, true);
    } else if (!ie_fs_gone(aside)) {
        (void)move(aside, top); /* moved, but perhaps not for good */
    }
    close(fd);
}
