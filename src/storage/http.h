// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * HTTP by libcurl, whose header is included by http.c only. One ie_http is one connection that is
 * used again; it belongs to one thread. Redirects are followed here and not by libcurl, so that a
 * token is sent to the origin (scheme, host and port) of the first URL and never to another, and
 * https never becomes http. Proxies and certificates are found as libcurl finds them. Nothing below
 * knows what is fetched.
 */
#ifndef IE_STORAGE_HTTP_H
#define IE_STORAGE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "imgengine.h"

#define IE_HTTP_UNKNOWN UINT64_MAX /* a size that was not said */

/* Headers are cut to what fits. */
typedef struct ie_http_answer {
    int code; /* 200, 206, 302, 404, … */
    uint64_t size;        /* Content-Length */
    uint64_t start;       /* first byte of Content-Range; IE_HTTP_UNKNOWN when there is none */
    uint64_t linked_size; /* X-Linked-Size: of what a redirect leads to */
    char etag[130], linked_etag[130], commit[70],
        problem[80]; /* X-Repo-Commit, X-Error-Code; "" when absent */
} ie_http_answer;

typedef struct ie_http_request {
    const char *url;
    const char *token; /* "Authorization: Bearer …"; NULL or "": none */
    bool head; /* no body. Answers with X-Repo-Commit or X-Linked-Etag are not redirected further */
    uint64_t from;     /* asks for the bytes from here on; 0: for all */
    /* Called before the first byte of the body of a 200 or 206; false stops. May be NULL. */
    bool (*begin)(void *user, const ie_http_answer *answer);
    /* A piece of that body; false stops. */
    bool (*piece)(void *user, const void *bytes, size_t size);
    void *user;
    const volatile int *cancel; /* may be NULL */
} ie_http_request;

typedef struct ie_http ie_http;

ie_status ie_http_new(ie_http **ret_http, ie_error *err) IE_MUST_CHECK;
void ie_http_free(ie_http *http); /* NULL is fine */

/* IE_OK whatever the answer's code is. IE_ERR_IO: no answer, or it broke off (*ret_again: trying
   again may help); IE_ERR_CANCELLED; IE_ERR_INTERNAL when begin or piece stopped it: they know why.
 */
ie_status ie_http_run(ie_http *http, const ie_http_request *request, ie_http_answer *ret_answer,
                      bool *ret_again, ie_error *err) IE_MUST_CHECK;

/* The text with everything but letters, digits and "-._~/" as %XX; free() it. */
char *ie_http_escape(const char *path);

#endif
