// SPDX-License-Identifier: GPL-3.0-or-later
/* Whole files through the door: copies, hashes, attributes, durable small files. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "utils/fs.h"
#include "utils/memory.h"
#include "utils/text.h"

#define PIECE_BYTES (1 << 18)

/* Reads a file to its end, piece by piece, hashing, and writing to to_fd unless that is -1. */
static int stream(int from_fd, int to_fd, const char *to_path, ie_copied *ret_copied)
{
    uint8_t *piece = ie_alloc(PIECE_BYTES);
    ie_hasher *hasher = ie_hasher_new();
    uint64_t size = 0;
    int failed = 0;
    bool reading = false;
    posix_fadvise(from_fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    for (;;) {
        ssize_t got = pread(from_fd, piece, PIECE_BYTES, (off_t)size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            reading = got < 0;
            failed = got < 0 ? errno : 0;
            break;
        }
        ie_hasher_add(hasher, piece, (size_t)got);
        failed = to_fd >= 0 ? ie_fs_write(to_fd, to_path, piece, (size_t)got) : 0;
        if (failed != 0) {
            break;
        }
        size += (uint64_t)got;
    }
    *ret_copied = (ie_copied){size, ie_hasher_value(hasher), reading};
    ie_hasher_free(hasher);
    free(piece);
    return failed;
}

int ie_fs_copy(int from_fd, int to_fd, const char *to_path, ie_copied *ret_copied)
{
    return stream(from_fd, to_fd, to_path, ret_copied);
}

int ie_fs_clone(int from_fd, int to_fd, const char *to_path)
{
    int failed = ie_fs_before(IE_FS_WRITE, to_path, NULL);
    if (failed <= 0) {
        failed = ioctl(to_fd, FICLONE, from_fd) < 0 ? errno : 0;
    }
    return ie_fs_after(IE_FS_WRITE, to_path, NULL, failed);
}

#define EXTENTS 64

typedef union extents {
    struct fiemap map; /* the last member has no size of its own */
    char room[sizeof(struct fiemap) + EXTENTS * sizeof(struct fiemap_extent)];
} extents;

/* Where the bytes from `start` on lie; linux/Documentation/filesystems/fiemap.rst. */
static bool read_extents(int fd, uint64_t start, extents *ret_extents)
{
    *ret_extents = (extents){.map = {.fm_start = start,
                                     .fm_length = FIEMAP_MAX_OFFSET - start,
                                     .fm_flags = FIEMAP_FLAG_SYNC,
                                     .fm_extent_count = EXTENTS}};
    return ioctl(fd, FS_IOC_FIEMAP, &ret_extents->map) == 0 &&
           ret_extents->map.fm_mapped_extents <= EXTENTS;
}

static bool same_blocks(const struct fiemap_extent *a, const struct fiemap_extent *b)
{
    const uint32_t nowhere = FIEMAP_EXTENT_UNKNOWN | FIEMAP_EXTENT_DELALLOC;
    bool in_inode = (a->fe_flags & b->fe_flags & FIEMAP_EXTENT_DATA_INLINE) !=
                    0; /* no blocks that could be saved */
    return a->fe_logical == b->fe_logical && a->fe_length == b->fe_length &&
           ((a->fe_flags | b->fe_flags) & nowhere) == 0 &&
           (in_inode || a->fe_physical == b->fe_physical);
}

bool ie_fs_shares(int a_fd, int b_fd)
{
    extents a, b;
    for (uint64_t start = 0;;) {
        if (!read_extents(a_fd, start, &a) || !read_extents(b_fd, start, &b) ||
            a.map.fm_mapped_extents != b.map.fm_mapped_extents) {
            return false;
        }
        for (uint32_t i = 0; i < a.map.fm_mapped_extents; i++) {
            const struct fiemap_extent *extent = &a.map.fm_extents[i];
            if (!same_blocks(extent, &b.map.fm_extents[i])) {
                return false;
            }
            if ((extent->fe_flags & FIEMAP_EXTENT_LAST) != 0) {
                return true;
            }
            if (extent->fe_logical + extent->fe_length <= start) {
                return false; /* no progress: not to be trusted */
            }
            start = extent->fe_logical + extent->fe_length;
        }
        if (a.map.fm_mapped_extents == 0) {
            return start == 0; /* empty files share what they have */
        }
    }
}

int ie_fs_hash(int fd, ie_copied *ret_copied)
{
    return stream(fd, -1, NULL, ret_copied);
}

/* Attributes are a courtesy where the target cannot hold them; only a failing disk is a failure. */
static void copy_xattrs(int from_fd, int to_fd, const char *to_path)
{
    ssize_t size = flistxattr(from_fd, NULL, 0);
    if (size <= 0 || size > 1 << 20) {
        return;
    }
    IE_AUTO_FREE char *names = ie_alloc((size_t)size + 1);
    size = flistxattr(from_fd, names, (size_t)size);
    IE_AUTO_FREE char *value = ie_alloc(1 << 16);
    for (const char *name = names; size > 0 && name < names + size; name += strlen(name) + 1) {
        ssize_t length = fgetxattr(from_fd, name, value, 1 << 16);
        if (length >= 0 && ie_fs_before(IE_FS_ATTRIBUTES, to_path, NULL) <= 0) {
            int result = fsetxattr(to_fd, name, value, (size_t)length, 0) != 0 ? errno : 0;
            ie_fs_after(IE_FS_ATTRIBUTES, to_path, NULL, result);
        }
    }
}

static int attribute(const char *to_path, int (*change)(int fd, const struct stat *st), int fd,
                     const struct stat *st)
{
    int failed;
    do {
        failed = ie_fs_before(IE_FS_ATTRIBUTES, to_path, NULL);
        if (failed <= 0) {
            failed = change(fd, st) != 0 ? errno : 0;
        }
        ie_fs_after(IE_FS_ATTRIBUTES, to_path, NULL, failed);
    } while (failed == EINTR);
    bool unknown_here =
        failed == EPERM || failed == EOPNOTSUPP || failed == ENOSYS || failed == EINVAL;
    return unknown_here ? 0 : failed;
}

static int change_owner(int fd, const struct stat *st)
{
    struct stat now;
    if (fstat(fd, &now) == 0 && now.st_uid == st->st_uid && now.st_gid == st->st_gid) {
        return 0;
    }
    return fchown(fd, st->st_uid, st->st_gid);
}

static int change_mode(int fd, const struct stat *st)
{
    return fchmod(fd, st->st_mode & 07777);
}

static int change_times(int fd, const struct stat *st)
{
    const struct timespec times[2] = {st->st_atim, st->st_mtim};
    return futimens(fd, times);
}

int ie_fs_copy_attributes(int from_fd, int to_fd, const char *to_path, bool owner)
{
    struct stat st;
    if (fstat(from_fd, &st) != 0) {
        return errno;
    }
    copy_xattrs(from_fd, to_fd, to_path);
    /* The owner before the mode, because a change of owner clears bits of the mode; times last. */
    int failed = owner ? attribute(to_path, change_owner, to_fd, &st) : 0;
    if (failed == 0) {
        failed = attribute(to_path, change_mode, to_fd, &st);
    }
    return failed != 0 ? failed : attribute(to_path, change_times, to_fd, &st);
}

int ie_fs_copy_permissions(int from_fd, int to_fd, const char *to_path, bool owner)
{
    struct stat st;
    if (fstat(from_fd, &st) != 0) {
        return errno;
    }
    int failed = owner ? attribute(to_path, change_owner, to_fd, &st) : 0;
    st.st_mode &= (mode_t) ~(S_IXUSR | S_IXGRP | S_IXOTH | S_ISUID | S_ISGID | S_ISVTX);
    return failed != 0 ? failed : attribute(to_path, change_mode, to_fd, &st);
}

/* The rename of a finished temporary file over an older one: the only overwriting call, for
   reports, plans and our own lock and volume files. */
static int swap_in(const ie_place *temp, const ie_place *target, bool replace)
{
    if (!replace) {
        return ie_fs_rename(temp, target);
    }
    struct stat st;
    if (ie_place_stat(target, &st) == 0 && !S_ISREG(st.st_mode)) {
        return EEXIST;
    }
    int failed = ie_fs_before(IE_FS_RENAME, temp->path, target->path);
    if (failed <= 0) {
        failed = renameat(temp->dir, temp->name, target->dir, target->name) != 0 ? errno : 0;
    }
    return ie_fs_after(IE_FS_RENAME, temp->path, target->path, failed);
}

static int fill_and_swap(const ie_place *temp, const ie_place *target, const void *bytes,
                         size_t size, mode_t mode, bool replace)
{
    int fd;
    int failed = ie_fs_create(temp, mode, &fd);
    if (failed != 0) {
        return failed;
    }
    failed = ie_fs_write(fd, temp->path, bytes, size);
    if (failed == 0) {
        failed = ie_fs_sync(fd, temp->path);
    }
    if (close(fd) != 0 && failed == 0 && errno != EINTR) {
        failed = errno;
    }
    if (failed == 0) {
        failed = swap_in(temp, target, replace);
    }
    if (failed != 0) {
        ie_fs_unlink(temp);
        return failed;
    }
    return ie_fs_sync_parent(target);
}

int ie_fs_write_file(const char *path, const void *bytes, size_t size, mode_t mode, bool replace)
{
    IE_AUTO_FREE char *parent = ie_path_directory(path);
    /* The caller chose this folder, over links if they like. */
    IE_AUTO_FREE char *folder = realpath(parent, NULL);
    if (folder == NULL) {
        return errno;
    }
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, 0) < 0) {
        random = (uint32_t)getpid();
    }
    IE_AUTO_FREE char *target_path = ie_path_join(folder, ie_path_base(path));
    IE_AUTO_FREE char *temp_name = ie_asprintf(".imgengine-%08x.part", random);
    IE_AUTO_FREE char *temp_path = ie_path_join(folder, temp_name);
    IE_AUTO_PLACE ie_place target = IE_PLACE_NONE;
    IE_AUTO_PLACE ie_place temp = IE_PLACE_NONE;
    int failed = ie_place_open(folder, target_path, &target);
    if (failed == 0) {
        failed = ie_place_open(folder, temp_path, &temp);
    }
    return failed != 0 ? failed : fill_and_swap(&temp, &target, bytes, size, mode, replace);
}
