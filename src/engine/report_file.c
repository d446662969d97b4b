// SPDX-License-Identifier: GPL-3.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/format.h"
#include "core/takeout.h"
#include "core/unit.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

/* By content and by name: whatever may be a picture is not a report. */
static bool is_photo(const char *path)
{
    uint8_t head[IE_SNIFF_BYTES];
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? pread(fd, head, sizeof head, 0) : 0;
    if (fd >= 0) {
        close(fd);
    }
    return got > 0 && ie_format_sniff(head, (size_t)got, path) != IE_FORMAT_UNKNOWN;
}

/* Of JSON only Takeout's of a photo or video: plan.2024-05-01.json belongs to none. */
static bool is_sidecar(const char *path)
{
    const char *extension = ie_path_extension(path);
    if (!ie_equal_nocase(extension, "json")) {
        return ie_sidecar_name(path);
    }
    IE_AUTO_FREE char *stem = ie_strndup(path, (size_t)(extension - path) - 1);
    IE_AUTO_FREE char *photo = ie_takeout_photo(stem, "");
    return ie_format_claimed(photo) != IE_FORMAT_UNKNOWN;
}

ie_status ie_report_check(const char *path, ie_error *err)
{
    return ie_format_claimed(path) == IE_FORMAT_UNKNOWN && !is_sidecar(path)
               ? IE_OK
               : ie_error_set(err, IE_ERR_USAGE,
                              "%s is named like a photo, video or sidecar, and what would be "
                              "written there is none; choose another name.",
                              ie_shown(path));
}

ie_status ie_write_report(const char *path, const void *bytes, size_t size, bool replace,
                          ie_error *err)
{
    if (ie_report_check(path, err) != IE_OK) {
        return IE_ERR_USAGE;
    }
    if (is_photo(path)) {
        return ie_error_set(err, IE_ERR_EXISTS,
                            "%s is a photo and is not overwritten; choose another name.",
                            ie_shown(path));
    }
    int failed = ie_fs_write_file(path, bytes, size, 0644, replace);
    if (failed == EEXIST) {
        return ie_error_set(err, IE_ERR_EXISTS,
                            "%s exists already and is not overwritten; choose another name.",
                            ie_shown(path));
    }
    return failed == 0 ? IE_OK
                       : ie_error_errno(err, failed, "%s cannot be written", ie_shown(path));
}
