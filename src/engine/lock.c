// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/journal.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

#define POLL_NS 100000000

struct ie_lock {
    int fd;
};

/* ---- folders ------------------------------------------------------------------------------ */

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
    for (size_t at = have; root[at] != 0;) {
        at += strspn(root + at, "/");
        at += strcspn(root + at, "/");
        memcpy(part, root, at);
        part[at] = 0;
        int failed = make_folder(base, part, 0777, made);
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
    int failed = ie_fs_write_file(path, text, strlen(text), 0600, false);
    return failed == EEXIST ? 0 : failed; /* another process was quicker */
}

static ie_status make_folders(const char *root, int *made, ie_error *err)
{
    static const char *const folders[] = {"", "/runs", "/tmp", "/quarantine"};
    int failed = make_root(root, made), ours = 0;
    for (size_t i = 0; failed == 0 && i < sizeof folders / sizeof *folders; i++) {
        IE_AUTO_FREE char *path = ie_asprintf("%s/" IE_JOURNAL_FOLDER "%s", strcmp(root, "/") == 0 ? "" : root,
                                              folders[i]);
        failed = make_folder(root, path, 0700, &ours);
    }
    if (failed == 0) {
        failed = make_volume(root, *made);
    }
    if (failed != 0) {
        return ie_error_errno(err, failed, "The folder %s/" IE_JOURNAL_FOLDER ", which keeps journal and quarantine, "
                              "cannot be made; nothing was changed", ie_shown(root));
    }
    return IE_OK;
}

/* ---- the lock ----------------------------------------------------------------------------- */

static int open_lock_file(const char *root, ie_place *ret_place, int *ret_fd)
{
    IE_AUTO_FREE char *path = ie_path_join(root, IE_JOURNAL_FOLDER "/lock");
    int failed = ie_place_open(root, path, ret_place);
    for (int tries = 0; failed == 0 && tries < 3; tries++) {
        int result = ie_fs_open_append(ret_place, ret_fd);
        if (result == ENOENT) {
            result = ie_fs_create(ret_place, 0600, ret_fd);
        }
        if (result != ENOENT && result != EEXIST) {
            return result;
        }
    }
    return failed != 0 ? failed : EAGAIN;
}

/* Is the locked file still the one that others would open? Undo may have removed it meanwhile. */
static bool still_in_place(const ie_place *place, int fd)
{
    struct stat there, here;
    return ie_place_stat(place, &there) == 0 && fstat(fd, &here) == 0 && there.st_ino == here.st_ino &&
           there.st_dev == here.st_dev;
}

static ie_status busy(const char *root, int fd, ie_error *err)
{
    char text[200] = "";
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = 0;
    text[strcspn(text, "\n")] = 0;
    return ie_error_set(err, IE_ERR_BUSY, "%s is in use by another run (%s). Wait for it to end, or use --wait.",
                        ie_shown(root), text[0] != 0 ? text : "it has not said who it is");
}

/* Who holds the lock, for busy(). A failure here does no harm. */
static void write_holder(const ie_place *place, int fd)
{
    char host[65] = "", text[200];
    gethostname(host, sizeof host - 1);
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    int length = snprintf(text, sizeof text, "process %ld on %s since ", (long)getpid(), host);
    strftime(text + length, sizeof text - (size_t)length, "%Y-%m-%dT%H:%M:%SZ\n", &utc);
    if (ie_fs_truncate(fd, place->path, 0) == 0) {
        (void)!ie_fs_write(fd, place->path, text, strlen(text));
    }
}

static ie_status lock_file(const char *root, const ie_lock_options *options, int fd, ie_error *err)
{
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return ie_error_errno(err, errno, "%s cannot be locked, so nothing is changed there", ie_shown(root));
        }
        if (errno == EWOULDBLOCK && !options->wait) {
            return busy(root, fd, err);
        }
        if (options->cancel != NULL && *options->cancel) {
            return ie_error_set(err, IE_ERR_CANCELLED, "Interrupted while waiting for another run on %s.",
                                ie_shown(root));
        }
        nanosleep(&(struct timespec){.tv_nsec = POLL_NS}, NULL);
    }
    return IE_OK;
}

static ie_status check_folder(const char *root, ie_error *err)
{
    IE_AUTO_FREE char *path = ie_path_join(root, IE_JOURNAL_FOLDER "/runs");
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        return IE_OK;
    }
    return ie_error_set(err, IE_ERR_NOT_FOUND, "%s has no journal: no run was carried out there, or the disk is not "
                        "mounted.", ie_shown(root));
}

ie_status ie_lock_take(const char *root, const ie_lock_options *options, ie_lock **ret_lock, int *ret_made,
                       ie_error *err)
{
    int made = 0;
    for (;;) {
        ie_status status = options->create ? make_folders(root, &made, err) : check_folder(root, err);
        if (status != IE_OK) {
            return status;
        }
        IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
        int fd = -1, failed = open_lock_file(root, &place, &fd);
        if (failed != 0) {
            return ie_error_errno(err, failed, "The lock of %s cannot be opened", ie_shown(root));
        }
        status = lock_file(root, options, fd, err);
        if (status == IE_OK && still_in_place(&place, fd)) {
            write_holder(&place, fd);
            *ret_lock = ie_alloc(sizeof **ret_lock);
            (*ret_lock)->fd = fd;
            *ret_made = made;
            return IE_OK;
        }
        close(fd);
        if (status != IE_OK) {
            return status;
        }
    }
}

void ie_lock_release(ie_lock *lock)
{
    if (lock != NULL) {
        close(lock->fd);
        free(lock);
    }
}
