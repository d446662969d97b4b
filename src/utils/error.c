// SPDX-License-Identifier: GPL-3.0-or-later
#include "utils/error.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "utils/text.h"

static void set_text(ie_error *err, const char *format, va_list args)
{
    vsnprintf(err->text, sizeof err->text, format, args);
}

ie_status ie_error_set(ie_error *err, ie_status status, const char *format, ...)
{
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        err->status = status;
        err->system_errno = 0;
        set_text(err, format, args);
        va_end(args);
    }
    return status;
}

static ie_status status_of_errno(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
        return IE_ERR_NO_SPACE;
    case ENOENT:
        return IE_ERR_NOT_FOUND;
    case EEXIST:
        return IE_ERR_EXISTS;
    default:
        return IE_ERR_IO;
    }
}

ie_status ie_error_errno(ie_error *err, int saved_errno, const char *format, ...)
{
    ie_status status = status_of_errno(saved_errno);
    if (err != NULL) {
        va_list args;
        va_start(args, format);
        err->status = status;
        err->system_errno = saved_errno;
        set_text(err, format, args);
        va_end(args);
        size_t used = strlen(err->text);
        char reason[128];
        /* GNU strerror_r may return a static text instead of filling the buffer. */
        snprintf(err->text + used, sizeof err->text - used, ": %s",
                 strerror_r(saved_errno, reason, sizeof reason));
    }
    return status;
}

const char *ie_show_path(const char *path, char *buffer, size_t size)
{
    size_t used = 0;
    const unsigned char *p = (const unsigned char *)path;
    while (*p != 0) {
        while (*p >= 0x20 && *p < 0x7f && *p != '\\' &&
               used + 5 <= size) { /* what most paths are all of */
            buffer[used++] = (char)*p++;
        }
        if (*p == 0) {
            break;
        }
        size_t length = ie_utf8_char(p);
        bool plain = length > 0 && *p >= 0x20 && *p != 0x7f && *p != '\\' &&
                     !(length == 2 && p[0] == 0xc2 && p[1] < 0xa0);
        size_t need = plain ? length : 4;
        if (used + need + 4 > size) { /* room for an ellipsis and the NUL */
            if (size >= 4) {
                memcpy(buffer + used, "…", 4);
                return buffer;
            }
            break;
        }
        if (plain) {
            memcpy(buffer + used, p, length);
            p += length;
        } else {
            snprintf(buffer + used, 5, "\\x%02x", *p);
            p++;
        }
        used += need;
    }
    if (size > 0) {
        buffer[used < size ? used : size - 1] = 0;
    }
    return buffer;
}

const char *ie_shown(const char *path)
{
    static _Thread_local char buffers[8][700];
    static _Thread_local unsigned next;
    char *buffer = buffers[next++ % 8];
    return ie_show_path(path != NULL ? path : "(none)", buffer, sizeof buffers[0]);
}
