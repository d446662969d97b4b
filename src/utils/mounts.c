// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/mounts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>

static bool counts_inodes(const char *type)
{
    static const char *const types[] = {"vfat", "msdos", "exfat"};
    size_t length = strcspn(type, " \n");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strlen(types[i]) == length && memcmp(type, types[i], length) == 0) {
            return true;
        }
    }
    return false;
}

/* "36 35 98:0 /root /mount/point options optional:fields - type source options" */
static bool is_of(const char *line, uint64_t device)
{
    unsigned major, minor;
    return sscanf(line, "%*d %*d %u:%u ", &major, &minor) == 2 && makedev(major, minor) == device;
}

bool ie_inodes_last_in(FILE *mounts, uint64_t device)
{
    bool last = true;
    char *line = NULL;
    size_t room = 0;
    while (last && getline(&line, &room, mounts) > 0) {
        /* Blanks in names are written as \040, so that the first lone dash is the separator. */
        const char *type = strstr(line, " - ");
        last = type == NULL || !is_of(line, device) || !counts_inodes(type + 3);
    }
    free(line);
    return last;
}

bool ie_inodes_last(uint64_t device)
{
    /* After chmod -R it is asked for each of a million files in a row. */
    static _Thread_local struct {
        uint64_t device;
        time_t second;
        bool known, last;
    } memo;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (memo.known && memo.device == device && memo.second == now.tv_sec) {
        return memo.last;
    }
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    if (mounts == NULL) {
        return true;
    }
    memo.last = ie_inodes_last_in(mounts, device);
    memo.device = device;
    memo.second = now.tv_sec;
    memo.known = true;
    fclose(mounts);
    return memo.last;
}
