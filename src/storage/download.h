// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * One file fetched into a folder of the program's own: resumed, checked, and there whole or not at
 * all. While it comes it has a temporary name beside its own, made of what is known of its content,
 * so that another version is never continued; a lock on it keeps two processes from writing it at
 * once. What was fetched stays there when the connection breaks or the process dies, and goes when
 * its hash is wrong or the disk full.
 */
#ifndef IE_STORAGE_DOWNLOAD_H
#define IE_STORAGE_DOWNLOAD_H

#include "storage/http.h"

typedef struct ie_download {
    const char *url, *token; /* token: NULL or "" for none */
    const char *path;        /* absolute; its folders are made; a file of this name gives way */
    uint64_t size;           /* bytes; IE_HTTP_UNKNOWN */
    const char *sha256,
        *git_sha1; /* lower-case hex of all bytes, and of git's blob; "": not known */
    void (*progress)(void *user, uint64_t done, uint64_t total); /* bytes; may be NULL */
    void *user;
    const volatile int *cancel;
} ie_download;

/* ret_sha256: of the file that is there now. IE_ERR_IO: broke off again and again; IE_ERR_FORMAT:
   it is not what it should be; IE_ERR_NO_SPACE; IE_ERR_BUSY: another process fetches it;
   IE_ERR_NOT_FOUND: any answer but success. */
ie_status ie_download_run(ie_http *http, const ie_download *download, char ret_sha256[65],
                          ie_error *err) IE_MUST_CHECK;

/* Is the file of this size and hash? IE_ERR_NOT_FOUND: not there; IE_ERR_FORMAT says what
   differs. */
ie_status ie_download_check(const char *path, uint64_t size, const char *sha256,
                            char ret_sha256[65], ie_error *err) IE_MUST_CHECK;

#endif
