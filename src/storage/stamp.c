// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/stamp.h"

#include "utils/mounts.h"

ie_stamp ie_stamp_of(const struct stat *st)
{
    return (ie_stamp){
        .size = (uint64_t)st->st_size,
        .mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
        .ctime_ns = (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec,
        .inode = st->st_ino,
        .device = st->st_dev,
    };
}

/* The mounts are read only for a file that looks the same under another number. */
static bool looks_alone(const ie_stamp *was, const ie_stamp *now)
{
    return was->size == now->size && was->mtime_ns == now->mtime_ns && !ie_inodes_last(now->device);
}

bool ie_stamp_still_file(const ie_stamp *was, const ie_stamp *now)
{
    return ie_stamp_same_file(was, now) || looks_alone(was, now);
}

bool ie_stamp_still(const ie_stamp *was, const ie_stamp *now)
{
    return (ie_stamp_same_file(was, now) && was->ctime_ns == now->ctime_ns) ||
           (was->device == now->device && looks_alone(was, now));
}
