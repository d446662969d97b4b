// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "utils/memory.h"
#include "utils/text.h"

/* Written by tests only, while one thread runs. */
static ie_fs_hook test_hook;

void ie_fs_set_hook(const ie_fs_hook *hook)
{
    test_hook = hook != NULL ? *hook : (ie_fs_hook){0};
}

int ie_fs_before(ie_fs_op op, const char *path, const char *to)
{
    if (test_hook.before == NULL) {
        return 0;
    }
    return test_hook.before(test_hook.user, &(ie_fs_event){op, path, to});
}

int ie_fs_after(ie_fs_op op, const char *path, const char *to, int result)
{
    if (test_hook.after != NULL) {
        test_hook.after(test_hook.user, &(ie_fs_event){op, path, to}, result);
    }
    return result;
}

/* One change: asks the hook, calls, repeats after a signal. `call` gives -1 and errno on failure;
   `failed` becomes 0 or the errno. */
#define CHANGE(failed, op, path, to, call)                                                         \
    do {                                                                                           \
        (failed) = ie_fs_before((op), (path), (to));                                               \
        if ((failed) <= 0) {                                                                       \
            (failed) = (call) < 0 ? errno : 0;                                                     \
        }                                                                                          \
        ie_fs_after((op), (path), (to), (failed));                                                 \
    } while ((failed) == EINTR)

/* ---- places ------------------------------------------------------------------------------- */

static int open_step(int dir, const char *name, size_t length, bool last, int *ret_fd)
{
    char part[256];
    if (length >= sizeof part) {
        return ENAMETOOLONG;
    }
    memcpy(part, name, length);
    part[length] = 0;
    if (strcmp(part, ".") == 0 || strcmp(part, "..") == 0) {
        return EINVAL;
    }
    /* O_PATH needs no read permission on the way; the last one is opened readable, for fsync. */
    int fd = openat(dir, part, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | (last ? O_RDONLY : O_PATH));
    if (fd < 0) {
        return errno;
    }
    *ret_fd = fd;
    return 0;
}

/* Walks from `dir` (taken over) along rest, whose last part is the name and stays unopened. */
static int walk(int dir, const char *rest, int *ret_dir)
{
    int failed = 0;
    const char *slash;
    while (failed == 0 && (slash = strchr(rest, '/')) != NULL) {
        size_t length = (size_t)(slash - rest);
        const char *next = slash + 1;
        if (length > 0) {
            int fd = -1;
            failed = open_step(dir, rest, length, strchr(next, '/') == NULL, &fd);
            close(dir);
            dir = fd;
        }
        rest = next;
    }
    if (failed == 0 && (rest[0] == 0 || strcmp(rest, ".") == 0 || strcmp(rest, "..") == 0)) {
        failed = EINVAL;
        close(dir);
    }
    if (failed == 0) {
        *ret_dir = dir;
    }
    return failed;
}

int ie_place_open(const char *base, const char *path, ie_place *ret_place)
{
    if (path[0] != '/') {
        return EINVAL;
    }
    size_t skip = 1;
    const char *start = "/";
    if (base != NULL && strcmp(base, "/") != 0 && ie_path_below(path, base) &&
        strlen(path) > strlen(base)) {
        start = base;
        skip = strlen(base) + 1;
    }
    int dir = open(start, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        return errno;
    }
    int failed = walk(dir, path + skip, &dir);
    if (failed != 0) {
        return failed;
    }
    ret_place->dir = dir;
    ret_place->path = ie_strdup(path);
    ret_place->name = ie_path_base(ret_place->path);
    return 0;
}

void ie_place_close(ie_place *place)
{
    if (place->path == NULL) {
        return;
    }
    close(place->dir);
    free(place->path);
    *place = IE_PLACE_NONE;
}

int ie_place_stat(const ie_place *place, struct stat *ret_stat)
{
    return fstatat(place->dir, place->name, ret_stat, AT_SYMLINK_NOFOLLOW) != 0 ? errno : 0;
}

int ie_place_read(const ie_place *place, int *ret_fd)
{
    int fd;
    do {
        fd = openat(place->dir, place->name,
                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        return errno;
    }
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return EINVAL;
    }
    *ret_fd = fd;
    return 0;
}

int ie_place_listed(const ie_place *place, bool *ret_listed)
{
    int fd = openat(place->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (directory == NULL) {
        int failed = errno;
        if (fd >= 0) {
            close(fd);
        }
        return failed;
    }
    bool listed = false;
    const struct dirent *entry;
    errno = 0;
    while (!listed && (entry = readdir(directory)) != NULL) {
        listed = strcmp(entry->d_name, place->name) == 0;
    }
    int failed = listed ? 0 : errno;
    closedir(directory);
    if (failed == 0) {
        *ret_listed = listed;
    }
    return failed;
}

int ie_fs_mount(const char *path, uint64_t *ret_mount)
{
    IE_AUTO_FREE char *at = ie_strdup(path);
    for (;;) {
        struct statx sx;
        if (statx(AT_FDCWD, at, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MNT_ID, &sx) == 0) {
            /* Without mount ids (Linux before 5.8) the device has to do; a bind mount then shows as
               EXDEV later. */
            *ret_mount = (sx.stx_mask & STATX_MNT_ID) != 0
                             ? sx.stx_mnt_id
                             : (uint64_t)sx.stx_dev_major << 32 | sx.stx_dev_minor;
            return 0;
        }
        if (errno != ENOENT || strcmp(at, "/") == 0 || at[0] != '/') {
            return errno;
        }
        char *parent = ie_path_directory(at);
        free(at);
        at = parent;
    }
}

bool ie_fs_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

bool ie_fs_gone(const char *path)
{
    struct stat st;
    return lstat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* ---- changes ------------------------------------------------------------------------------ */

int ie_fs_create(const ie_place *place, mode_t mode, int *ret_fd)
{
    int fd = -1;
    int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int failed;
    CHANGE(failed, IE_FS_CREATE, place->path, NULL,
           fd = openat(place->dir, place->name, flags, mode));
    if (failed == 0) {
        *ret_fd = fd;
    }
    return failed;
}

int ie_fs_open_append(const ie_place *place, int *ret_fd)
{
    int fd =
        openat(place->dir, place->name, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return EINVAL;
    }
    *ret_fd = fd;
    return 0;
}

int ie_fs_write(int fd, const char *path, const void *bytes, size_t size)
{
    const uint8_t *next = bytes;
    while (size > 0) {
        ssize_t put = -1;
        int failed = ie_fs_before(IE_FS_WRITE, path, NULL);
        if (failed <= 0) {
            put = write(fd, next, failed == IE_FS_SHORT ? 1 : size);
            failed = put < 0 ? errno : put == 0 ? EIO : 0;
        }
        ie_fs_after(IE_FS_WRITE, path, NULL, failed);
        if (failed == 0) {
            next += put;
            size -= (size_t)put;
        } else if (failed != EINTR) {
            return failed;
        }
    }
    return 0;
}

int ie_fs_truncate(int fd, const char *path, uint64_t size)
{
    int failed;
    CHANGE(failed, IE_FS_TRUNCATE, path, NULL, ftruncate(fd, (off_t)size));
    return failed;
}

int ie_fs_sync(int fd, const char *path)
{
    int failed;
    CHANGE(failed, IE_FS_SYNC, path, NULL, fsync(fd));
    return failed;
}

/* Some file systems (FUSE, network) cannot sync a directory and say EINVAL: there is nothing to be
   done. */
static int sync_directory_fd(int fd, const char *path)
{
    int failed;
    CHANGE(failed, IE_FS_SYNC_DIRECTORY, path, NULL, fsync(fd));
    return failed == EINVAL ? 0 : failed;
}

int ie_fs_sync_parent(const ie_place *place)
{
    IE_AUTO_FREE char *parent = ie_path_directory(place->path);
    return sync_directory_fd(place->dir, parent);
}

int ie_fs_sync_directory(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    int failed = sync_directory_fd(fd, path);
    close(fd);
    return failed;
}

int ie_fs_link(const ie_place *from, const ie_place *to)
{
    int failed;
    CHANGE(failed, IE_FS_LINK, from->path, to->path,
           linkat(from->dir, from->name, to->dir, to->name, 0));
    return failed;
}

/* For file systems without RENAME_NOREPLACE. link() never overwrites either; a crash in between
   leaves two names for the same file, which recovery recognises. */
static int rename_by_link(const ie_place *from, const ie_place *to)
{
    int failed = ie_fs_link(from, to);
    if (failed != 0) {
        return failed == EPERM || failed == ENOSYS || failed == EMLINK ? EOPNOTSUPP : failed;
    }
    failed = ie_fs_unlink(from);
    if (failed != 0) {
        ie_fs_unlink(to);
    }
    return failed;
}

int ie_fs_rename(const ie_place *from, const ie_place *to)
{
    int failed;
    CHANGE(failed, IE_FS_RENAME, from->path, to->path,
           (int)syscall(SYS_renameat2, from->dir, from->name, to->dir, to->name, RENAME_NOREPLACE));
    if (failed == EINVAL || failed == ENOSYS || failed == EOPNOTSUPP) {
        return rename_by_link(from, to);
    }
    return failed;
}

int ie_fs_symlink(const char *target, const ie_place *place)
{
    int failed;
    CHANGE(failed, IE_FS_CREATE, place->path, NULL, symlinkat(target, place->dir, place->name));
    return failed;
}

int ie_fs_unlink(const ie_place *place)
{
    int failed;
    CHANGE(failed, IE_FS_UNLINK, place->path, NULL, unlinkat(place->dir, place->name, 0));
    return failed;
}

int ie_fs_mkdir(const ie_place *place, mode_t mode)
{
    int failed;
    CHANGE(failed, IE_FS_MKDIR, place->path, NULL, mkdirat(place->dir, place->name, mode));
    return failed;
}

int ie_fs_rmdir(const ie_place *place)
{
    int failed;
    CHANGE(failed, IE_FS_RMDIR, place->path, NULL, unlinkat(place->dir, place->name, AT_REMOVEDIR));
    return failed;
}
