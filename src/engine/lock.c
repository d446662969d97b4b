// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/own_folder.h"
#include "engine/own_root.h"
#include "storage/journal.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

#define POLL_NS 100000000
#define MAKING_NS 10000000
#define MAKING_TRIES 1000

struct ie_lock {
    int fd;
};

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
    return ie_place_stat(place, &there) == 0 && fstat(fd, &here) == 0 &&
           there.st_ino == here.st_ino && there.st_dev == here.st_dev;
}

static ie_status busy(const char *root, int fd, ie_error *err)
{
    char text[200] = "";
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    text[got > 0 ? got : 0] = 0;
    text[strcspn(text, "\n")] = 0;
    return ie_error_set(err, IE_ERR_BUSY,
                        "%s is in use by another run (%s). Wait for it to end, or use --wait.",
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
            return ie_error_errno(err, errno, "%s cannot be locked, so nothing is changed there",
                                  ie_shown(root));
        }
        if (errno == EWOULDBLOCK && !options->wait) {
            return busy(root, fd, err);
        }
        if (options->cancel != NULL && *options->cancel) {
            return ie_error_set(err, IE_ERR_CANCELLED,
                                "Interrupted while waiting for another run on %s; nothing was "
                                "changed there.",
                                ie_shown(root));
        }
        nanosleep(&(struct timespec){.tv_nsec = POLL_NS}, NULL);
    }
    return IE_OK;
}

static ie_status check_folder(const char *root, ie_error *err)
{
    IE_AUTO_FREE char *runs = ie_path_join(root, IE_JOURNAL_FOLDER "/runs");
    IE_AUTO_FREE char *volume = ie_path_join(root, IE_JOURNAL_FOLDER "/volume");
    struct stat st;
    /* Only the latter: undo was cut short while it removed the folder. */
    if ((lstat(runs, &st) == 0 && S_ISDIR(st.st_mode)) ||
        (lstat(volume, &st) == 0 && S_ISREG(st.st_mode))) {
        return IE_OK;
    }
    return ie_error_set(err, IE_ERR_NOT_FOUND,
                        "%s has no journal: no run was carried out there, or the disk is not "
                        "mounted.",
                        ie_shown(root));
}

static ie_status cannot_be_made(const char *root, int failed, ie_error *err)
{
    if (failed == EINTR) { /* make_folder() */
        return ie_error_set(err, IE_ERR_CANCELLED, "Interrupted before anything was changed in %s.",
                            ie_shown(root));
    }
    return ie_error_errno(err, failed,
                          "The folder %s/" IE_JOURNAL_FOLDER
                          ", which keeps journal and quarantine, "
                          "cannot be made; nothing was changed",
                          ie_shown(root));
}

/* Nothing to lock: what an undo that was killed has left aside of it goes, too. */
static ie_status find_folder(const char *root, ie_error *err)
{
    (void)ie_own_root_sweep(root);
    return check_folder(root, err);
}

/* Another process that makes the same folder has done so in a moment. */
static int make_folder(const char *root, const ie_lock_options *options, int *ret_made)
{
    int failed = EAGAIN;
    for (int tries = 0; failed == EAGAIN && tries < MAKING_TRIES; tries++) {
        if (tries > 0) {
            nanosleep(&(struct timespec){.tv_nsec = MAKING_NS}, NULL);
        }
        failed = options->cancel != NULL && *options->cancel ? EINTR : ie_own_make(root, ret_made);
    }
    return failed;
}

/* The lock is held, so nobody else writes into the folder. */
static ie_status finish_folder(const char *root, int made, int fd, ie_error *err)
{
    int failed = ie_own_note(root, made);
    if (failed == 0) {
        return IE_OK;
    }
    close(fd);
    return cannot_be_made(root, failed, err);
}

ie_status ie_lock_take(const char *root, const ie_lock_options *options, ie_lock **ret_lock,
                       int *ret_made, ie_error *err)
{
    for (;;) {
        int made = 0;
        int failed = options->create ? make_folder(root, options, &made) : 0;
        ie_status status = failed != 0 ? cannot_be_made(root, failed, err) : find_folder(root, err);
        if (status != IE_OK) {
            return status;
        }
        IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
        int fd = -1;
        failed = open_lock_file(root, &place, &fd);
        if (failed != 0) {
            return ie_error_errno(err, failed,
                                  "The lock of %s cannot be opened, so nothing is changed there",
                                  ie_shown(root));
        }
        status = lock_file(root, options, fd, err);
        if (status == IE_OK && still_in_place(&place, fd)) {
            ie_own_sweep(root);
            status = options->create ? finish_folder(root, made, fd, err) : IE_OK;
            if (status != IE_OK) {
                return status;
            }
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
