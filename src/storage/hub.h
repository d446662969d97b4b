// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The Hugging Face hub: where a file of a repository is fetched from and what is known of it
 * before. HF_ENDPOINT names another server of the same layout, HF_TOKEN is sent to it (and to
 * nobody else), HF_HUB_OFFLINE=1 forbids going there. Files that the hub keeps in Git LFS tell
 * their SHA-256, the others git's hash of their bytes.
 */
#ifndef IE_STORAGE_HUB_H
#define IE_STORAGE_HUB_H

#include "storage/http.h"

typedef struct ie_hub_file {
    char *url;
    uint64_t size;     /* IE_HTTP_UNKNOWN */
    char sha256[65], git_sha1[41]; /* lower-case hex; "": not known */
    char commit[70];   /* the revision's name that never changes; "": not known */
} ie_hub_file;

/* Asks the hub. `revision` NULL is "main". IE_ERR_NOT_FOUND: no such repository, revision or file,
   or it wants (another) token: the text says which. ret_file: ie_hub_file_clear() it. */
ie_status ie_hub_find(ie_http *http, const char *repository, const char *revision, const char *file,
                      const volatile int *cancel, ie_hub_file *ret_file,
                      ie_error *err) IE_MUST_CHECK;
void ie_hub_file_clear(ie_hub_file *file);
const char *ie_hub_token(void); /* HF_TOKEN, or NULL */
bool ie_hub_offline(void);      /* HF_HUB_OFFLINE */

#endif
