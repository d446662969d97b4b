// SPDX-License-Identifier: GPL-3.0-or-later
/* Whether a file is still the one that had a stamp, by what its disk can tell. */
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "storage/stamp.h"
#include "test.h"
#include "utils/mounts.h"

static const char mounts[] =
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw\n"
    "36 22 8:17 /DCIM /media/a\\040-\\040vfat rw,nosuid shared:20 master:2 - ext4 /dev/sdb1 rw\n"
    "37 22 8:33 / /media/card rw - vfat /dev/sdc1 rw,iocharset=utf8\n"
    "38 22 8:49 / /media/stick rw shared:7 - exfat /dev/sdd1 rw\n"
    "39 22 0:44 / /media/net rw - fuse.vfatlike none rw\n"
    "not a line of mounts\n";

static bool lasts(unsigned major, unsigned minor)
{
    FILE *file = fmemopen((char *)mounts, strlen(mounts), "r");
    assert_non_null(file);
    bool last = ie_inodes_last_in(file, makedev(major, minor));
    fclose(file);
    return last;
}

static void inode_numbers_do_not_last_on_fat_and_exfat(void **state)
{
    (void)state;
    assert_true(lasts(254, 0) && lasts(8, 17) && lasts(0, 44));
    assert_false(lasts(8, 33));
    assert_false(lasts(8, 49));
    assert_true(lasts(9, 9)); /* not mounted: nothing is known of it */
}

static void another_inode_is_another_file_where_inode_numbers_last(void **state)
{
    (void)state;
    struct stat st;
    assert_int_equal(stat("/proc/self/mountinfo", &st), 0);
    ie_stamp was = ie_stamp_of(&st), is = was;
    assert_true(ie_stamp_still(&was, &is) && ie_stamp_still_file(&was, &is));
    is.inode++;
    assert_false(ie_stamp_still_file(&was, &is));
    is = was;
    is.ctime_ns++;
    assert_true(ie_stamp_still_file(&was, &is));
    assert_false(ie_stamp_still(&was, &is));
    is.mtime_ns++;
    assert_false(ie_stamp_still_file(&was, &is));
}

/* A share of another computer has a new device number after each start. */
static void a_disk_that_came_back_under_another_number_holds_the_same_files(void **state)
{
    (void)state;
    struct stat st;
    assert_int_equal(stat("/proc/self/mountinfo", &st), 0);
    ie_stamp was = ie_stamp_of(&st), is = was;
    is.device++;
    assert_true(ie_stamp_still(&was, &is));
    is.ctime_ns++;
    assert_false(ie_stamp_still(&was, &is));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_that_came_back_under_another_number_holds_the_same_files),
        cmocka_unit_test(inode_numbers_do_not_last_on_fat_and_exfat),
        cmocka_unit_test(another_inode_is_another_file_where_inode_numbers_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
