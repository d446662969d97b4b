// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Stamps as the disk tells them, and whether a file is still the one that had a stamp. Inode
 * numbers tell files of one size and time apart; where they do not last (utils/mounts.h), size and
 * time of change of the bytes have to do, or a card that was taken out and put in again would hold
 * other files as far as catalog, plans and journals know.
 */
#ifndef IE_STORAGE_STAMP_H
#define IE_STORAGE_STAMP_H

#include <sys/stat.h>

#include "core/photo.h"

ie_stamp ie_stamp_of(const struct stat *st);
/* ie_stamp_same_file(), of a stamp taken earlier and one taken now. */
bool ie_stamp_still_file(const ie_stamp *was, const ie_stamp *now);
/* Likewise, and its status was not changed either, by a rename or other rights. For a file under
   its old path: the device's number is none of it, because network shares and disks that are
   plugged in get another each time. */
bool ie_stamp_still(const ie_stamp *was, const ie_stamp *now);

#endif
