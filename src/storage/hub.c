// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/hub.h"

#include <stdlib.h>
#include <string.h>

#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

#define TRIES 3

const char *ie_hub_token(void)
{
    const char *token = getenv("HF_TOKEN");
    return token != NULL && token[0] != 0 && strpbrk(token, "\r\n") == NULL ? token : NULL;
}

bool ie_hub_offline(void)
{
    const char *offline = getenv("HF_HUB_OFFLINE");
    return offline != NULL && (strcmp(offline, "1") == 0 || ie_equal_nocase(offline, "true") ||
                               ie_equal_nocase(offline, "yes") || ie_equal_nocase(offline, "on"));
}

/* ENDPOINT/REPOSITORY/resolve/REVISION/FILE; free() it. */
static char *url_of(const char *repository, const char *revision, const char *file)
{
    const char *endpoint = getenv("HF_ENDPOINT");
    IE_AUTO_FREE char *base =
        ie_strdup(endpoint != NULL && endpoint[0] != 0 ? endpoint : "https://huggingface.co");
    for (size_t length = strlen(base); length > 0 && base[length - 1] == '/'; length--) {
        base[length - 1] = 0;
    }
    IE_AUTO_FREE char *who = ie_http_escape(repository);
    IE_AUTO_FREE char *which = ie_http_escape(revision);
    IE_AUTO_FREE char *what = ie_http_escape(file);
    for (char *slash;
         (slash = strchr(which, '/')) != NULL;) { /* refs/pr/1 is one part of the path */
        char *longer = ie_asprintf("%.*s%%2F%s", (int)(slash - which), which, slash + 1);
        free(which);
        which = longer;
    }
    return ie_asprintf("%s/%s/resolve/%s/%s", base, who, which, what);
}

static bool is_hex(const char *text, size_t length)
{
    return strlen(text) == length && strspn(text, "0123456789abcdef") == length;
}

/* W/"abc" → abc, in place. */
static void bare(char *etag)
{
    char *from = ie_starts_with(etag, "W/") ? etag + 2 : etag;
    from += *from == '"';
    size_t length = strcspn(from, "\"");
    memmove(etag, from, length);
    etag[length] = 0;
}

static ie_status refused(const ie_http_answer *answer, const char *repository, const char *revision,
                         const char *file, const char *url, ie_error *err)
{
    const char *who = ie_shown(repository);
    bool token = ie_hub_token() != NULL;
    if (strcmp(answer->problem, "GatedRepo") == 0) {
        return ie_error_set(err, IE_ERR_NOT_FOUND,
                            "The hub gives %s only to those who accepted its terms: do so on its "
                            "page, and set HF_TOKEN to a token of yours.",
                            who);
    }
    if (answer->code == 401 || answer->code == 403) {
        return ie_error_set(
            err, IE_ERR_NOT_FOUND,
            token
                ? "The hub does not give %s to the holder of HF_TOKEN (%d): it may be private, or "
                  "there is none of that name."
                : "The hub does not give %s to just anyone (%d): there may be none of that name; "
                  "if it is private, set HF_TOKEN to a token of yours.",
            who, answer->code);
    }
    if (answer->code == 404 && strcmp(answer->problem, "RevisionNotFound") == 0) {
        return ie_error_set(err, IE_ERR_NOT_FOUND, "The hub's %s has no revision %s.", who,
                            ie_shown(revision));
    }
    if (answer->code == 404) {
        return ie_error_set(err, IE_ERR_NOT_FOUND, "The hub's %s has no file %s (%s answers 404).",
                            who, ie_shown(file), ie_shown(url));
    }
    return ie_error_set(err, answer->code >= 500 ? IE_ERR_IO : IE_ERR_NOT_FOUND,
                        "%s answers %d instead of %s.", ie_shown(url), answer->code,
                        ie_shown(file));
}

static void take_answer(ie_http_answer *answer, ie_hub_file *file)
{
    bool linked = answer->linked_etag[0] != 0;
    char *etag = linked ? answer->linked_etag : answer->etag;
    bare(etag);
    for (char *p = etag; *p != 0; p++) {
        *p = *p >= 'A' && *p <= 'F' ? (char)(*p - 'A' + 'a') : *p;
    }
    if (linked && is_hex(etag, 64)) {
        memcpy(file->sha256, etag, 65);
    } else if (is_hex(etag, 40)) {
        memcpy(file->git_sha1, etag, 41);
    }
    bool body = answer->code == 200;
    file->size = answer->linked_size != IE_HTTP_UNKNOWN ? answer->linked_size
                 : body                                 ? answer->size
                                                        : IE_HTTP_UNKNOWN;
    snprintf(file->commit, sizeof file->commit, "%s",
             is_hex(answer->commit, 40) ? answer->commit : "");
}

ie_status ie_hub_find(ie_http *http, const char *repository, const char *revision, const char *file,
                      const volatile int *cancel, ie_hub_file *ret_file, ie_error *err)
{
    const char *wanted = revision != NULL && revision[0] != 0 ? revision : "main";
    IE_AUTO_FREE char *url = url_of(repository, wanted, file);
    ie_http_request request = {.url = url, .token = ie_hub_token(), .head = true, .cancel = cancel};
    ie_http_answer answer = {.code = 0};
    ie_status status = IE_OK;
    bool again = true;
    for (int i = 0; again && i < TRIES; i++) {
        status = ie_http_run(http, &request, &answer, &again, err);
        again = status == IE_OK ? answer.code >= 500 : again;
    }
    if (status != IE_OK) {
        return status;
    }
    if (answer.code >= 400 || answer.code < 200) {
        return refused(&answer, repository, wanted, file, url, err);
    }
    *ret_file = (ie_hub_file){.url = NULL};
    take_answer(&answer, ret_file);
    /* What was asked about is what is fetched, though the branch moves on meanwhile. */
    ret_file->url =
        ret_file->commit[0] != 0 ? url_of(repository, ret_file->commit, file) : ie_strdup(url);
    return IE_OK;
}

void ie_hub_file_clear(ie_hub_file *file)
{
    free(file->url);
    *file = (ie_hub_file){.url = NULL};
}
