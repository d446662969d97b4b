// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/own_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/own_root.h"
#include "storage/journal.h"
#include "utils/fs.h"
#include "utils/text.h"

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

/* ---- making ------------------------------------------------------------------------------- */

int ie_own_folder_add(const char *base, const char *path, mode_t mode, int *made)
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

int ie_own_note(const char *root, int made)
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
    snprintf(text, sizeof text, "%016" PRIx64 "%016" PRIx64 "\nmade %d\n", random[0], random[1],
             made);
    return ie_fs_write_file(path, text, strlen(text), 0600, false);
}

int ie_own_fill(const char *root, int *made)
{
    static const char *const folders[] = {"", "/runs", "/tmp", "/quarantine"};
    int failed = 0;
    for (size_t i = 0; failed == 0 && i < sizeof folders / sizeof *folders; i++) {
        IE_AUTO_FREE char *path = ie_asprintf("%s/" IE_JOURNAL_FOLDER "%s",
                                              strcmp(root, "/") == 0 ? "" : root, folders[i]);
        failed = ie_own_folder_add(root, path, 0700, made);
    }
    return failed;
}

int ie_own_make(const char *root, int *ret_made)
{
    struct stat st;
    int ours = 0;
    *ret_made = 0;
    if (stat(root, &st) == 0) {
        return S_ISDIR(st.st_mode) ? ie_own_fill(root, &ours) : ENOTDIR;
    }
    return errno != ENOENT ? errno : root[0] != '/' ? EINVAL : ie_own_root_make(root, ret_made);
}

int ie_own_levels(const char *root)
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

void ie_own_sweep(const char *root)
{
    IE_AUTO_FREE char *own = ie_path_join(root, IE_JOURNAL_FOLDER);
    DIR *directory = opendir(own);
    const struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        size_t length = strlen(entry->d_name);
        bool half = strncmp(entry->d_name, ".imgengine-", 11) == 0 &&
                    strcmp(entry->d_name + length - 5, ".part") == 0;
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
