// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/own_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/journal.h"
#include "utils/fs.h"
#include "utils/text.h"

#define MARK S_ISVTX

/* ---- marks -------------------------------------------------------------------------------- */

bool ie_own_holds_only(const char *path, const char *name)
{
    DIR *directory = opendir(path);
    bool only = directory != NULL;
    const struct dirent *entry;
    errno = 0;
    while (only && (entry = readdir(directory)) != NULL) {
        only = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
               (name != NULL && strcmp(entry->d_name, name) == 0);
    }
    only = only && errno == 0;
    if (directory != NULL) {
        closedir(directory);
    }
    return only;
}

static bool is_marked(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & MARK) != 0 && st.st_uid == geteuid() &&
           (st.st_mode & (S_IWOTH | S_ISGID)) == 0;
}

/* Folders from `path` upwards that a run made and could not note; the first may hold this name (or NULL: nothing). */
static int unfinished_levels(const char *path, const char *holds)
{
    int levels = 0;
    IE_AUTO_FREE char *at = ie_strdup(path), *name = holds != NULL ? ie_strdup(holds) : NULL;
    while (is_marked(at) && ie_own_holds_only(at, name)) {
        levels++;
        free(name);
        name = ie_strdup(ie_path_base(at));
        char *parent = ie_path_directory(at);
        free(at);
        at = parent;
    }
    return levels;
}

static int set_marks(const char *root, int levels, bool marked)
{
    int failed = 0;
    IE_AUTO_FREE char *at = ie_strdup(root);
    for (int i = 0; failed == 0 && i < levels; i++) {
        if (is_marked(at) != marked) {
            failed = ie_fs_mark_folder(at, marked);
        }
        char *parent = ie_path_directory(at);
        free(at);
        at = parent;
    }
    return failed;
}

void ie_own_mark(const char *root, int levels)
{
    (void)set_marks(root, levels, true);
}

/* ---- making ------------------------------------------------------------------------------- */

/* 0 when the folder was made or is there; counts those made. */
static int make_folder(const char *base, const char *path, mode_t mode, int *made)
{
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    struct stat st;
    int failed = ie_place_open(base, path, &place);
    if (failed == 0) {
        failed = ie_fs_mkdir(&place, mode);
        if (failed == 0) {
            (*made)++;
            return ie_fs_sync_parent(&place);
        }
    }
    if (failed == EEXIST) {
        failed = ie_place_stat(&place, &st);
        return failed != 0 ? failed : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
    }
    return failed;
}

/* ROOT and its missing parents; the nearest existing folder may be reached over links. */
static int make_root(const char *root, int *made)
{
    struct stat st;
    if (stat(root, &st) == 0) {
        *made = unfinished_levels(root, IE_JOURNAL_FOLDER);
        return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
    }
    if (errno != ENOENT || root[0] != '/') {
        return errno != ENOENT ? errno : EINVAL;
    }
    size_t have = strlen(root);
    IE_AUTO_FREE char *part = ie_strdup(root);
    do {
        while (have > 0 && part[have - 1] != '/') {
            have--;
        }
        while (have > 0 && part[have - 1] == '/') {
            have--;
        }
        part[have] = 0;
    } while (have > 0 && stat(part, &st) != 0 && errno == ENOENT);
    IE_AUTO_FREE char *base = ie_strdup(have > 0 ? part : "/");
    *made = unfinished_levels(base, NULL);
    for (size_t at = have; root[at] != 0;) {
        at += strspn(root + at, "/");
        at += strcspn(root + at, "/");
        memcpy(part, root, at);
        part[at] = 0;
        int failed = make_folder(base, part, MARK | 0777, made);
        if (failed != 0) {
            return failed;
        }
    }
    return 0;
}

/* The id that tells this root from another disk mounted at the same path; and how many levels of folders were made
   to have it, so that undo can remove them, even when there was no time to begin a journal. */
static int make_volume(const char *root, int made)
{
    IE_AUTO_FREE char *path = ie_path_join(root, IE_JOURNAL_FOLDER "/volume");
    uint64_t random[2];
    char text[64];
    if (ie_fs_exists(path)) {
        return 0;
    }
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        return errno;
    }
    snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64 "\nmade %d\n", random[0], random[1], made);
    return ie_fs_write_file(path, text, strlen(text), 0600, false);
}

int ie_own_make(const char *root, int *ret_made)
{
    static const char *const folders[] = {"", "/runs", "/tmp", "/quarantine"};
    int made = 0, ours = 0;
    int failed = make_root(root, &made);
    for (size_t i = 0; failed == 0 && i < sizeof folders / sizeof *folders; i++) {
        IE_AUTO_FREE char *path = ie_asprintf("%s/" IE_JOURNAL_FOLDER "%s", strcmp(root, "/") == 0 ? "" : root,
                                              folders[i]);
        failed = make_folder(root, path, 0700, &ours);
    }
    *ret_made = made;
    return failed;
}

static int levels_in_volume(const char *root)
{
    IE_AUTO_FREE char *path = ie_path_join(root, IE_JOURNAL_FOLDER "/volume");
    char text[64] = "";
    int64_t made;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t got = fd >= 0 ? pread(fd, text, sizeof text - 1, 0) : 0;
    if (fd >= 0) {
        close(fd);
    }
    text[got > 0 ? got : 0] = 0;
    char *line = strstr(text, "\nmade ");
    if (line == NULL) {
        return 0;
    }
    line[6 + strcspn(line + 6, "\n")] = 0;
    return ie_parse_int(line + 6, 0, 1000, &made) ? (int)made : 0;
}

int ie_own_levels(const char *root)
{
    int noted = levels_in_volume(root), marked = unfinished_levels(root, IE_JOURNAL_FOLDER);
    return noted > marked ? noted : marked;
}

void ie_own_sweep(const char *root)
{
    IE_AUTO_FREE char *own = ie_path_join(root, IE_JOURNAL_FOLDER);
    DIR *directory = opendir(own);
    const struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        size_t length = strlen(entry->d_name);
        bool half = strncmp(entry->d_name, ".imgengine-", 11) == 0 && strcmp(entry->d_name + length - 5, ".part") == 0;
        IE_AUTO_FREE char *path = half ? ie_path_join(own, entry->d_name) : NULL;
        IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
        if (half && ie_place_open(root, path, &place) == 0) {
            (void)ie_fs_unlink(&place); /* one that stays does no harm */
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
}

int ie_own_finish(const char *root, int made)
{
    int failed = make_volume(root, made);
    int levels = failed == 0 ? levels_in_volume(root) : 0;
    return failed != 0 ? failed : set_marks(root, levels, false);
}
