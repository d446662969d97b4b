// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What kind of file system a device carries, from /proc/self/mountinfo. Disks come and go: an
 * answer holds for the second in which it was given. Thread-safe.
 */
#ifndef IE_UTILS_MOUNTS_H
#define IE_UTILS_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Do files on this device (a stat's st_dev) keep their inode numbers? On FAT and exFAT, which have
   none, Linux counts them up whenever a file is looked at that it does not remember. True where
   that cannot be told. */
bool ie_inodes_last(uint64_t device);
/* The same from a list of mounts, in the form of proc(5), /proc/PID/mountinfo. */
bool ie_inodes_last_in(FILE *mounts, uint64_t device);

#endif
