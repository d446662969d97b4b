// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/whereabouts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "utils/error.h"
#include "utils/fs.h"
#include "utils/memory.h"
#include "utils/text.h"

#define MOUNT "mount"

/* A folder deleted and made again may get the same inode, but not the same time of birth. Where the
   file system keeps none, nothing is told. */
static char *identity_of(const char *path)
{
    struct statx sx;
    struct statfs fs;
    if (statx(AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &sx) != 0 ||
        (sx.stx_mask & STATX_BTIME) == 0 || statfs(path, &fs) != 0) {
        return NULL;
    }
    uint32_t id[2] = {0};
    memcpy(id, &fs.f_fsid, sizeof fs.f_fsid < sizeof id ? sizeof fs.f_fsid : sizeof id);
    return ie_asprintf("%08" PRIx32 "%08" PRIx32 ".%" PRIu64 ".%" PRId64 ".%09" PRIu32, id[0],
                       id[1], (uint64_t)sx.stx_ino, (int64_t)sx.stx_btime.tv_sec,
                       sx.stx_btime.tv_nsec);
}

/* The same for the folder that ROOT lies in; MOUNT when another disk begins with ROOT. */
static char *identity_above(const char *root)
{
    uint64_t own = 0, above = 0;
    IE_AUTO_FREE char *parent = ie_path_directory(root);
    if (ie_fs_mount(parent, &above) != 0 || ie_fs_mount(root, &own) != 0) {
        return NULL;
    }
    return own != above || strcmp(root, "/") == 0 ? ie_strdup(MOUNT) : identity_of(parent);
}

char *ie_whereabouts_note(const char *root)
{
    IE_AUTO_FREE char *own = identity_of(root), *above = own != NULL ? identity_above(root) : NULL;
    return above != NULL ? ie_asprintf("%s %s", own, above) : NULL;
}

ie_whereabouts ie_whereabouts_tell(const char *root, const char *noted)
{
    const char *space = noted != NULL ? strchr(noted, ' ') : NULL;
    if (space == NULL) {
        return IE_ROOT_AWAY;
    }
    IE_AUTO_FREE char *own = identity_of(root);
    if (own != NULL && strlen(own) == (size_t)(space - noted) &&
        memcmp(own, noted, strlen(own)) == 0) {
        return IE_ROOT_STRIPPED;
    }
    /* A folder that cannot be looked at is neither there nor gone. For one that is gone,
       ie_fs_mount() tells of the folder above it, so that this holds for both. */
    IE_AUTO_FREE char *above = own != NULL || ie_fs_gone(root) ? identity_above(root) : NULL;
    bool same = above != NULL && strcmp(above, MOUNT) != 0 && strcmp(above, space + 1) == 0;
    return !same ? IE_ROOT_AWAY : own != NULL ? IE_ROOT_ANEW : IE_ROOT_DELETED;
}

ie_status ie_folder_resolve(const char *folder, const char *what, char **ret_path, ie_error *err)
{
    IE_AUTO_FREE char *whole = NULL;
    if (folder[0] == '/') {
        whole = ie_strdup(folder);
    } else {
        IE_AUTO_FREE char *here = getcwd(NULL, 0);
        if (here == NULL) {
            return ie_error_errno(err, errno, "The current folder cannot be read");
        }
        whole = ie_path_join(here, folder);
    }
    size_t length = strlen(whole);
    while (length > 1 && whole[length - 1] == '/') {
        whole[--length] = 0;
    }
    ie_buffer rest = {0};
    for (;;) {
        char *real = realpath(whole, NULL);
        if (real != NULL) {
            *ret_path = rest.size > 0 ? ie_path_join(real, rest.data) : ie_strdup(real);
            free(real);
            ie_buffer_free(&rest);
            return IE_OK;
        }
        const char *base = ie_path_base(whole);
        if (errno != ENOENT || strcmp(base, "..") == 0 || strcmp(base, ".") == 0 ||
            base == whole + 0) {
            ie_status status =
                ie_error_errno(err, errno, "%s %s cannot be used", what, ie_shown(folder));
            ie_buffer_free(&rest);
            return status;
        }
        IE_AUTO_FREE char *joined = rest.size > 0 ? ie_path_join(base, rest.data) : ie_strdup(base);
        ie_buffer_clear(&rest);
        ie_buffer_text(&rest, joined);
        char *parent = ie_path_directory(whole);
        free(whole);
        whole = parent;
    }
}
