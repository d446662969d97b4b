// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/download.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "storage/data_folder.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/hash.h"
#include "utils/memory.h"
#include "utils/text.h"

#define MAX_TRIES 5       /* in a row that bring nothing */
#define MAX_TRIES_ALL 200
#define FIRST_WAIT_MS 200 /* doubled each time */
#define SLICE_MS 20

/* A file that comes. */
typedef struct arrival {
    const ie_download *download;
    ie_place part, target;
    int fd;
    uint64_t have;
    bool continued; /* some of it is of an earlier process */
    ie_error why;   /* begin() or piece() stopped */
} arrival;

/* ---- hashes ---- */

typedef struct sums {
    char sha256[65], git_sha1[65];
    uint64_t size;
} sums;

static ie_status read_sums(int fd, const char *path, sums *ret_sums, ie_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return ie_error_errno(err, errno, "%s cannot be read", ie_shown(path));
    }
    ie_digest *sha256 = ie_digest_new(IE_DIGEST_SHA256), *sha1 = ie_digest_new(IE_DIGEST_SHA1);
    if (sha256 == NULL) {
        return ie_error_set(err, IE_ERR_NOT_FOUND,
                            "%s cannot be checked, because libcrypto (OpenSSL) is not there",
                            ie_shown(path));
    }
    char head[40];
    int head_size = snprintf(head, sizeof head, "blob %llu", (unsigned long long)st.st_size);
    if (sha1 != NULL) {
        ie_digest_add(sha1, head, (size_t)head_size + 1); /* git hashes the NUL, too */
    }
    IE_AUTO_FREE uint8_t *piece = ie_alloc(1 << 18);
    ssize_t got = 1;
    *ret_sums = (sums){.size = 0};
    while (got > 0) {
        got = pread(fd, piece, 1 << 18, (off_t)ret_sums->size);
        if (got > 0) {
            ie_digest_add(sha256, piece, (size_t)got);
            if (sha1 != NULL) {
                ie_digest_add(sha1, piece, (size_t)got);
            }
            ret_sums->size += (uint64_t)got;
        } else if (got < 0 && errno == EINTR) {
            got = 1;
        }
    }
    int saved_errno = errno;
    ie_digest_end(sha256, ret_sums->sha256);
    if (sha1 != NULL) {
        ie_digest_end(sha1, ret_sums->git_sha1);
    }
    return got == 0 ? IE_OK : ie_error_errno(err, saved_errno, "%s cannot be read", ie_shown(path));
}

static bool known(const char *hash)
{
    return hash != NULL && hash[0] != 0;
}

static ie_status compare(const sums *is, uint64_t size, const char *sha256, const char *git_sha1,
                         const char *path, ie_error *err)
{
    if (size != IE_HTTP_UNKNOWN && is->size != size) {
        return ie_error_set(err, IE_ERR_FORMAT, "%s has %llu bytes where %llu were expected",
                            ie_shown(path), (unsigned long long)is->size, (unsigned long long)size);
    }
    if (known(sha256) && !ie_equal_nocase(is->sha256, sha256)) {
        return ie_error_set(err, IE_ERR_FORMAT, "%s has the SHA-256 %s where %s was expected",
                            ie_shown(path), is->sha256, ie_shown(sha256));
    }
    if (known(git_sha1) && known(is->git_sha1) && !ie_equal_nocase(is->git_sha1, git_sha1)) {
        return ie_error_set(err, IE_ERR_FORMAT, "%s has the git hash %s where %s was expected",
                            ie_shown(path), is->git_sha1, ie_shown(git_sha1));
    }
    return IE_OK;
}

ie_status ie_download_check(const char *path, uint64_t size, const char *sha256,
                            char ret_sha256[65], ie_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return ie_error_errno(err, errno, "%s cannot be read", ie_shown(path));
    }
    sums is;
    ie_status status = read_sums(fd, path, &is, err);
    close(fd);
    if (status == IE_OK) {
        status = compare(&is, size, sha256, NULL, path, err);
    }
    if (status == IE_OK && ret_sha256 != NULL) {
        memcpy(ret_sha256, is.sha256, sizeof is.sha256);
    }
    return status;
}

/* ---- the part ---- */

static ie_status disk_error(arrival *a, int failed, const char *what, ie_error *err)
{
    if (failed == ENOSPC || failed == EDQUOT) {
        ie_fs_unlink(&a->part);
    }
    return ie_error_errno(err, failed, "%s %s", ie_shown(a->target.path), what);
}

/* Existing or new, locked, and still what the name stands for. */
static ie_status open_part(arrival *a, ie_error *err)
{
    for (int i = 0; i < 20; i++) {
        int failed = ie_fs_open_append(&a->part, &a->fd);
        if (failed == ENOENT) {
            failed = ie_fs_create(&a->part, 0600, &a->fd);
            if (failed == 0) {
                close(a->fd); /* to be opened for appending */
                a->fd = -1;
                continue;
            }
        }
        if (failed == EEXIST) {
            continue;
        }
        if (failed != 0) {
            return disk_error(a, failed, "cannot be written", err);
        }
        struct stat is, named;
        if (flock(a->fd, LOCK_EX | LOCK_NB) != 0) {
            return ie_error_set(err, IE_ERR_BUSY, "Another process is fetching %s.",
                                ie_shown(a->target.path));
        }
        if (fstat(a->fd, &is) == 0 && ie_place_stat(&a->part, &named) == 0 &&
            is.st_ino == named.st_ino) {
            a->have = (uint64_t)is.st_size;
            a->continued = a->have > 0;
            return IE_OK;
        }
        close(a->fd); /* the other process finished just now */
        a->fd = -1;
    }
    return ie_error_set(err, IE_ERR_BUSY, "Other processes are fetching %s.",
                        ie_shown(a->target.path));
}

static int restart(arrival *a)
{
    a->have = 0;
    return ie_fs_truncate(a->fd, a->part.path, 0);
}

static ie_status check_space(arrival *a, ie_error *err)
{
    struct statvfs fs;
    uint64_t size = a->download->size;
    if (size == IE_HTTP_UNKNOWN || fstatvfs(a->fd, &fs) != 0) {
        return IE_OK;
    }
    uint64_t block = fs.f_frsize > 0 ? fs.f_frsize : 1, need = size - a->have;
    if (need / block < fs.f_bavail) {
        return IE_OK;
    }
    ie_fs_unlink(&a->part);
    return ie_error_set(err, IE_ERR_NO_SPACE, "%s needs %llu MB more, and %llu MB are free there.",
                        ie_shown(a->target.path), (unsigned long long)(need / 1000000 + 1),
                        (unsigned long long)(fs.f_bavail * block / 1000000));
}

/* ---- what comes in ---- */

static bool on_begin(void *user, const ie_http_answer *answer)
{
    arrival *a = user;
    int failed = 0;
    if (answer->code != 206 || answer->start != a->have) {
        if (answer->code == 206 && answer->start != 0) {
            ie_error_set(&a->why, IE_ERR_IO, "%s sends other bytes than were asked for.",
                         ie_shown(a->download->url));
            return false;
        }
        failed = restart(a); /* all of it comes, though the rest was asked for */
    }
    if (failed != 0) {
        disk_error(a, failed, "cannot be written", &a->why);
    }
    return failed == 0;
}

static bool on_piece(void *user, const void *bytes, size_t size)
{
    arrival *a = user;
    const ie_download *d = a->download;
    if (d->size != IE_HTTP_UNKNOWN && size > d->size - a->have) {
        ie_error_set(&a->why, IE_ERR_FORMAT, "%s is longer than the %llu bytes that were expected",
                     ie_shown(d->url), (unsigned long long)d->size);
        return false;
    }
    int failed = ie_fs_write(a->fd, a->part.path, bytes, size);
    if (failed != 0) {
        disk_error(a, failed, "cannot be written", &a->why);
        return false;
    }
    a->have += size;
    if (d->progress != NULL) {
        d->progress(d->user, a->have, d->size != IE_HTTP_UNKNOWN ? d->size : 0);
    }
    return true;
}

static bool complete(const arrival *a)
{
    return a->download->size != IE_HTTP_UNKNOWN && a->have == a->download->size;
}

/* One request for what is missing. *ret_again: the next may do better. */
static ie_status try_once(arrival *a, ie_http *http, bool *ret_again, ie_error *err)
{
    const ie_download *d = a->download;
    ie_http_request request = {.url = d->url,
                               .token = d->token,
                               .from = a->have,
                               .begin = on_begin,
                               .piece = on_piece,
                               .user = a,
                               .cancel = d->cancel};
    ie_http_answer answer;
    ie_status status = ie_http_run(http, &request, &answer, ret_again, err);
    if (status == IE_ERR_INTERNAL && a->why.status != IE_OK) {
        *err = a->why;
        return err->status;
    }
    if (status != IE_OK) {
        return status;
    }
    if (answer.code == 200 || answer.code == 206) {
        *ret_again = d->size != IE_HTTP_UNKNOWN && a->have < d->size;
        return !*ret_again ? IE_OK
                           : ie_error_set(err, IE_ERR_IO, "%s broke off after %llu of %llu bytes.",
                                          ie_shown(d->url), (unsigned long long)a->have,
                                          (unsigned long long)d->size);
    }
    *ret_again = answer.code >= 500 || answer.code == 429 || (answer.code == 416 && a->have > 0);
    if (answer.code == 416 && restart(a) != 0) {
        *ret_again = false;
    }
    return ie_error_set(err, answer.code >= 500 ? IE_ERR_IO : IE_ERR_NOT_FOUND,
                        "%s cannot be fetched: the server answers %d.", ie_shown(d->url),
                        answer.code);
}

static void wait_ms(long ms, const volatile int *cancel)
{
    for (; ms > 0 && (cancel == NULL || *cancel == 0); ms -= SLICE_MS) {
        nanosleep(&(struct timespec){0, SLICE_MS * 1000000L}, NULL);
    }
}

static ie_status fetch(arrival *a, ie_http *http, ie_error *err)
{
    long wait = FIRST_WAIT_MS;
    ie_status status = IE_OK;
    for (int tries = 0, all = 0; !complete(a) || a->have == 0; all++) {
        uint64_t before = a->have;
        bool again = false;
        status = try_once(a, http, &again, err);
        tries = a->have > before ? 0 : tries + 1;
        wait = a->have > before ? FIRST_WAIT_MS : wait * 2;
        if (status == IE_OK || !again || tries >= MAX_TRIES || all >= MAX_TRIES_ALL) {
            return status;
        }
        wait_ms(wait, a->download->cancel);
    }
    return status;
}

/* ---- the whole ---- */

static ie_status publish(arrival *a, ie_error *err)
{
    int failed = ie_fs_sync(a->fd, a->part.path);
    if (failed == 0 && ie_fs_exists(a->target.path)) {
        failed =
            ie_fs_unlink(&a->target); /* it was not what it should be, or it would not be fetched */
    }
    if (failed == 0) {
        failed = ie_fs_rename(&a->part, &a->target);
    }
    if (failed == 0) {
        failed = ie_fs_sync_parent(&a->target);
    }
    return failed == 0 ? IE_OK : disk_error(a, failed, "cannot be written", err);
}

static ie_status fetch_and_check(arrival *a, ie_http *http, char ret_sha256[65], ie_error *err)
{
    const ie_download *d = a->download;
    if (d->size != IE_HTTP_UNKNOWN && a->have > d->size) {
        restart(a);
    }
    ie_status status = check_space(a, err);
    if (status == IE_OK) {
        status = fetch(a, http, err);
    }
    sums is;
    if (status == IE_OK) {
        status = read_sums(a->fd, a->part.path, &is, err);
    }
    if (status != IE_OK) {
        if (status == IE_ERR_FORMAT) {
            ie_fs_unlink(&a->part);
        }
        return status;
    }
    ie_error differs = {0};
    status = compare(&is, d->size, d->sha256, d->git_sha1, d->url, &differs);
    if (status != IE_OK && a->continued) {
        a->continued = false; /* what lay there was damaged */
        return restart(a) == 0 ? fetch_and_check(a, http, ret_sha256, err)
                               : ie_error_set(err, status, "%s.", differs.text);
    }
    if (status != IE_OK) {
        ie_fs_unlink(&a->part);
        return ie_error_set(err, status, "%s; nothing of it was kept.", differs.text);
    }
    memcpy(ret_sha256, is.sha256, sizeof is.sha256);
    return publish(a, err);
}

static char *part_path(const ie_download *d, const char *folder)
{
    const char *key = known(d->sha256) ? d->sha256 : known(d->git_sha1) ? d->git_sha1 : "";
    return key[0] != 0 ? ie_asprintf("%s/.%s.%.12s.part", folder, ie_path_base(d->path), key)
                       : ie_asprintf("%s/.%s.%llu.part", folder, ie_path_base(d->path),
                                     (unsigned long long)d->size);
}

ie_status ie_download_run(ie_http *http, const ie_download *download, char ret_sha256[65],
                          ie_error *err)
{
    IE_AUTO_FREE char *folder = ie_path_directory(download->path);
    IE_AUTO_FREE char *path = part_path(download, folder);
    arrival a = {.download = download, .part = IE_PLACE_NONE, .target = IE_PLACE_NONE, .fd = -1};
    int failed = ie_own_folder_make(folder);
    failed = failed != 0 ? failed : ie_place_open(folder, path, &a.part);
    failed = failed != 0 ? failed : ie_place_open(folder, download->path, &a.target);
    ie_status status =
        failed == 0 ? open_part(&a, err)
                    : ie_error_errno(err, failed, "%s cannot be written", ie_shown(download->path));
    if (status == IE_OK) {
        status = fetch_and_check(&a, http, ret_sha256, err);
    }
    if (a.fd >= 0) {
        close(a.fd);
    }
    ie_place_close(&a.part);
    ie_place_close(&a.target);
    return status;
}
