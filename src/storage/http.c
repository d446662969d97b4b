// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/http.h"

#define CURL_DISABLE_TYPECHECK /* its macros hide the functions that are loaded below */
#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#include "utils/error.h"
#include "utils/late.h"
#include "utils/memory.h"
#include "utils/text.h"

#define MAX_REDIRECTS 10
#define CONNECT_S 30L
#define SILENCE_S 30L /* without one byte, then it counts as broken off */

/* Loaded at first use: see utils/late.h. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#define CALLS(X)                                                                                   \
    X(curl_easy_cleanup) X(curl_easy_getinfo) X(curl_easy_init) X(curl_easy_perform)               \
    X(curl_easy_reset) X(curl_easy_setopt) X(curl_easy_strerror) X(curl_global_init)               \
    X(curl_slist_append) X(curl_slist_free_all)

static struct {
    CALLS(IE_LATE_MEMBER)
} libcurl;

#define curl_easy_cleanup (libcurl.curl_easy_cleanup)
#define curl_easy_getinfo (libcurl.curl_easy_getinfo)
#define curl_easy_init (libcurl.curl_easy_init)
#define curl_easy_perform (libcurl.curl_easy_perform)
#define curl_easy_reset (libcurl.curl_easy_reset)
#define curl_easy_setopt (libcurl.curl_easy_setopt)
#define curl_easy_strerror (libcurl.curl_easy_strerror)
#define curl_global_init (libcurl.curl_global_init)
#define curl_slist_append (libcurl.curl_slist_append)
#define curl_slist_free_all (libcurl.curl_slist_free_all)

struct ie_http {
    CURL *curl;
};

/* One exchange. */
typedef struct exchange {
    const ie_http_request *request;
    CURL *curl;
    ie_http_answer answer;
    bool begun, stopped;
    char why[CURL_ERROR_SIZE];
} exchange;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool started;

static void start(void)
{
    static const char *const names[] = {CALLS(IE_LATE_NAME)};
    started = ie_late_load(IE_LIBRARY_CURL, names, sizeof names / sizeof *names, &libcurl) &&
              curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

ie_status ie_http_new(ie_http **ret_http, ie_error *err)
{
    pthread_once(&once, start);
    CURL *curl = started ? curl_easy_init() : NULL;
    if (curl == NULL) {
        return ie_error_set(err, IE_ERR_IO,
                            "libcurl (" IE_LIBRARY_CURL "), which fetches models, does not start.");
    }
    ie_http *http = ie_alloc(sizeof *http);
    http->curl = curl;
    *ret_http = http;
    return IE_OK;
}

void ie_http_free(ie_http *http)
{
    if (http != NULL) {
        curl_easy_cleanup(http->curl);
        free(http);
    }
}

char *ie_http_escape(const char *path)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
    ie_buffer text = {0};
    for (; *path != 0; path++) {
        if (strchr(plain, *path) != NULL) {
            ie_buffer_char(&text, *path);
        } else {
            ie_buffer_printf(&text, "%%%02X", (unsigned char)*path);
        }
    }
    return ie_buffer_take(&text);
}

/* ---- what comes in ---- */

static void clear_answer(ie_http_answer *answer)
{
    *answer = (ie_http_answer){
        .size = IE_HTTP_UNKNOWN, .start = IE_HTTP_UNKNOWN, .linked_size = IE_HTTP_UNKNOWN};
}

static void take_text(char *at, size_t room, const char *value)
{
    snprintf(at, room, "%s", value);
}

static void take_number(uint64_t *at, const char *value)
{
    int64_t number;
    if (ie_parse_int(value, 0, INT64_MAX, &number)) {
        *at = (uint64_t)number;
    }
}

/* "bytes 100-199/200" */
static void take_range(uint64_t *at, const char *value)
{
    if (ie_starts_with(value, "bytes ")) {
        IE_AUTO_FREE char *first = ie_strndup(value + 6, strcspn(value + 6, "-"));
        take_number(at, first);
    }
}

static void take_field(ie_http_answer *a, const char *name, const char *value)
{
    if (ie_equal_nocase(name, "content-length")) {
        take_number(&a->size, value);
    } else if (ie_equal_nocase(name, "content-range")) {
        take_range(&a->start, value);
    } else if (ie_equal_nocase(name, "x-linked-size")) {
        take_number(&a->linked_size, value);
    } else if (ie_equal_nocase(name, "etag")) {
        take_text(a->etag, sizeof a->etag, value);
    } else if (ie_equal_nocase(name, "x-linked-etag")) {
        take_text(a->linked_etag, sizeof a->linked_etag, value);
    } else if (ie_equal_nocase(name, "x-repo-commit")) {
        take_text(a->commit, sizeof a->commit, value);
    } else if (ie_equal_nocase(name, "x-error-code")) {
        take_text(a->problem, sizeof a->problem, value);
    }
}

static size_t on_header(char *bytes, size_t one, size_t size, void *user)
{
    exchange *x = user;
    size_t length = size;
    while (length > 0 && strchr("\r\n \t", bytes[length - 1]) != NULL) {
        length--;
    }
    IE_AUTO_FREE char *line = ie_strndup(bytes, length);
    char *value = strchr(line, ':');
    if (ie_starts_with(line, "HTTP/")) {
        clear_answer(&x->answer); /* a proxy's answer, or "100 Continue", came before */
    } else if (value != NULL) {
        *value++ = 0;
        take_field(&x->answer, line, value + strspn(value, " \t"));
    }
    return one * size;
}

static size_t on_body(char *bytes, size_t one, size_t size, void *user)
{
    exchange *x = user;
    long code = 0;
    curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &code);
    x->answer.code = (int)code;
    if (code != 200 && code != 206) {
        return one * size; /* a page for people */
    }
    if (!x->begun) {
        x->begun = true;
        x->stopped = x->request->begin != NULL && !x->request->begin(x->request->user, &x->answer);
    }
    x->stopped = x->stopped || !x->request->piece(x->request->user, bytes, size);
    return x->stopped ? 0 : one * size;
}

static int on_progress(void *user, curl_off_t total, curl_off_t now, curl_off_t up_total,
                       curl_off_t up_now)
{
    const exchange *x = user;
    (void)total, (void)now, (void)up_total, (void)up_now;
    return x->request->cancel != NULL && *x->request->cancel != 0;
}

/* ---- one exchange, and where it leads ---- */

static void prepare(exchange *x, const char *url, struct curl_slist *headers)
{
    CURL *curl = x->curl;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOBODY, x->request->head ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "imgengine/" IE_VERSION);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SILENCE_S);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, x->why);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, x);
}

/* A Range header of our own: libcurl would make an error of a server that sends all instead. */
static struct curl_slist *headers_for(const ie_http_request *request, bool token)
{
    struct curl_slist *headers = NULL;
    if (request->from > 0) {
        IE_AUTO_FREE char *range =
            ie_asprintf("Range: bytes=%llu-", (unsigned long long)request->from);
        headers = curl_slist_append(headers, range);
    }
    if (token && request->token != NULL && request->token[0] != 0) {
        IE_AUTO_FREE char *line = ie_asprintf("Authorization: Bearer %s", request->token);
        headers = curl_slist_append(headers, line);
    }
    return headers;
}

static ie_status failure(const exchange *x, CURLcode code, const char *url, bool *ret_again,
                         ie_error *err)
{
    *ret_again = code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR ||
                 code == CURLE_SEND_ERROR || code == CURLE_OPERATION_TIMEDOUT ||
                 code == CURLE_GOT_NOTHING || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
    if (x->stopped) {
        return ie_error_set(err, IE_ERR_INTERNAL, "%s was not taken.", ie_shown(url));
    }
    if (code == CURLE_ABORTED_BY_CALLBACK) {
        return ie_error_set(err, IE_ERR_CANCELLED, "Fetching %s was interrupted.", ie_shown(url));
    }
    return ie_error_set(err, IE_ERR_IO, "%s cannot be fetched: %s.", ie_shown(url),
                        x->why[0] != 0 ? x->why : curl_easy_strerror(code));
}

static ie_status once_only(exchange *x, const char *url, bool token, bool *ret_again, ie_error *err)
{
    if (!ie_starts_with(url, "https://") && !ie_starts_with(url, "http://")) {
        return ie_error_set(err, IE_ERR_USAGE, "%s is no address of the web.", ie_shown(url));
    }
    struct curl_slist *headers = headers_for(x->request, token);
    clear_answer(&x->answer);
    prepare(x, url, headers);
    CURLcode code = curl_easy_perform(x->curl);
    curl_easy_setopt(x->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    long answered = 0;
    curl_easy_getinfo(x->curl, CURLINFO_RESPONSE_CODE, &answered);
    x->answer.code = (int)answered;
    return code == CURLE_OK ? IE_OK : failure(x, code, url, ret_again, err);
}

/* Scheme, host and port. */
static bool same_origin(const char *a, const char *b)
{
    const char *host_a = strstr(a, "://"), *host_b = strstr(b, "://");
    if (host_a == NULL || host_b == NULL) {
        return false;
    }
    size_t length_a = (size_t)(host_a - a) + 3 + strcspn(host_a + 3, "/?#\\");
    size_t length_b = (size_t)(host_b - b) + 3 + strcspn(host_b + 3, "/?#\\");
    return length_a == length_b && strncmp(a, b, length_a) == 0;
}

/* Where the answer leads: free() it. NULL: nowhere, or it says itself what was asked. */
static char *next_url(const exchange *x, const char *url)
{
    char *next = NULL;
    bool leads = x->answer.code >= 301 && x->answer.code <= 308;
    if (!leads || curl_easy_getinfo(x->curl, CURLINFO_REDIRECT_URL, &next) != CURLE_OK ||
        next == NULL) {
        return NULL;
    }
    bool said = x->answer.linked_etag[0] != 0 || x->answer.commit[0] != 0;
    if (x->request->head && said && !same_origin(url, next)) {
        return NULL;
    }
    return ie_strdup(next);
}

ie_status ie_http_run(ie_http *http, const ie_http_request *request, ie_http_answer *ret_answer,
                      bool *ret_again, ie_error *err)
{
    exchange x = {.request = request, .curl = http->curl};
    IE_AUTO_FREE char *url = ie_strdup(request->url);
    *ret_again = false;
    for (int i = 0; i <= MAX_REDIRECTS; i++) {
        ie_status status = once_only(&x, url, same_origin(request->url, url), ret_again, err);
        if (status != IE_OK) {
            return status;
        }
        char *next = next_url(&x, url);
        if (next == NULL) {
            *ret_answer = x.answer;
            return IE_OK;
        }
        bool weaker = ie_starts_with(url, "https://") && !ie_starts_with(next, "https://");
        free(url);
        url = next;
        if (weaker) {
            return ie_error_set(err, IE_ERR_IO,
                                "%s leads to %s, which is not encrypted; it was not followed.",
                                ie_shown(request->url), ie_shown(url));
        }
    }
    return ie_error_set(err, IE_ERR_IO, "%s leads elsewhere more than %d times.",
                        ie_shown(request->url), MAX_REDIRECTS);
}
