// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/xml.h"

#include <pthread.h>
#include <string.h>

#include <expat.h>

#include "utils/error.h"
#include "utils/late.h"

/* Loaded at first use: see utils/late.h. */
// clang-format off
#define CALLS(X)                                                                                   \
    X(XML_ExpatVersion) X(XML_GetCurrentByteCount) X(XML_GetCurrentByteIndex) X(XML_GetErrorCode)  \
    X(XML_Parse) X(XML_ParserCreateNS) X(XML_ParserFree) X(XML_SetCharacterDataHandler)            \
    X(XML_SetElementHandler) X(XML_SetReturnNSTriplet) X(XML_SetStartDoctypeDeclHandler)           \
    X(XML_SetUserData) X(XML_StopParser)
// clang-format on
static struct {
    CALLS(IE_LATE_MEMBER)
} libexpat;
#define XML_ExpatVersion (libexpat.XML_ExpatVersion)
#define XML_GetCurrentByteCount (libexpat.XML_GetCurrentByteCount)
#define XML_GetCurrentByteIndex (libexpat.XML_GetCurrentByteIndex)
#define XML_GetErrorCode (libexpat.XML_GetErrorCode)
#define XML_Parse (libexpat.XML_Parse)
#define XML_ParserCreateNS (libexpat.XML_ParserCreateNS)
#define XML_ParserFree (libexpat.XML_ParserFree)
#define XML_SetCharacterDataHandler (libexpat.XML_SetCharacterDataHandler)
#define XML_SetElementHandler (libexpat.XML_SetElementHandler)
#define XML_SetReturnNSTriplet (libexpat.XML_SetReturnNSTriplet)
#define XML_SetStartDoctypeDeclHandler (libexpat.XML_SetStartDoctypeDeclHandler)
#define XML_SetUserData (libexpat.XML_SetUserData)
#define XML_StopParser (libexpat.XML_StopParser)

static pthread_once_t load_once = PTHREAD_ONCE_INIT;
static bool loaded;

static void load(void)
{
    static const char *const names[] = {CALLS(IE_LATE_NAME)};
    loaded = ie_late_load(IE_LIBRARY_EXPAT, names, sizeof names / sizeof *names, &libexpat);
}

#define MAX_DEPTH 100

typedef struct running {
    XML_Parser parser;
    ie_xml *xml;
} running;

static void locate(const running *r)
{
    XML_Index at = XML_GetCurrentByteIndex(r->parser);
    r->xml->at = at > 0 ? (size_t)at : 0;
    r->xml->behind = r->xml->at + (size_t)XML_GetCurrentByteCount(r->parser);
}

static void stop_if_asked(const running *r)
{
    if (r->xml->stop) {
        XML_StopParser(r->parser, XML_FALSE);
    }
}

static void on_doctype(void *user, const char *name, const char *system_id, const char *public_id,
                       int internal)
{
    running *r = user;
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)internal;
    r->xml->stop = true;
    stop_if_asked(r);
}

static void on_start(void *user, const char *name, const char **attributes)
{
    running *r = user;
    locate(r);
    if (++r->xml->depth > MAX_DEPTH) {
        r->xml->stop = true;
    } else {
        r->xml->start(r->xml, name, attributes);
    }
    stop_if_asked(r);
}

static void on_end(void *user, const char *name)
{
    running *r = user;
    locate(r);
    if (!r->xml->stop) {
        r->xml->end(r->xml, name);
    }
    r->xml->depth--;
    stop_if_asked(r);
}

static void on_text(void *user, const char *text, int length)
{
    running *r = user;
    if (length > 0 && !r->xml->stop && r->xml->text != NULL) {
        r->xml->text(r->xml, text, (size_t)length);
        stop_if_asked(r);
    }
}

bool ie_xml_parse(ie_xml *xml, const void *bytes, size_t size)
{
    pthread_once(&load_once, load);
    running r = {loaded && size <= INT32_MAX ? XML_ParserCreateNS(NULL, ' ') : NULL, xml};
    xml->depth = 0;
    if (r.parser == NULL) {
        return false;
    }
    XML_SetUserData(r.parser, &r);
    XML_SetReturnNSTriplet(r.parser, xml->prefixes);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    bool good = XML_Parse(r.parser, bytes, (int)size, XML_TRUE) == XML_STATUS_OK;
    /* Padding and other bytes behind the root element are usual in files. */
    good = good || XML_GetErrorCode(r.parser) == XML_ERROR_JUNK_AFTER_DOC_ELEMENT;
    XML_ParserFree(r.parser);
    return good && !xml->stop;
}

ie_status ie_xml_ready(ie_error *err)
{
    pthread_once(&load_once, load);
    return loaded
               ? IE_OK
               : ie_error_set(err, IE_ERR_UNSUPPORTED,
                              "XMP, GPX and other XML cannot be read: libexpat (" IE_LIBRARY_EXPAT
                              ") cannot be loaded. Install it (Debian: libexpat1).");
}

const char *ie_xml_library(void)
{
    pthread_once(&load_once, load);
    return loaded ? XML_ExpatVersion() : "expat (" IE_LIBRARY_EXPAT "), which does not start";
}

bool ie_xml_find_attribute(const char *bytes, size_t at, size_t behind, const char *qualified,
                           size_t *ret_at, size_t *ret_length)
{
    size_t length = strlen(qualified), i = at + 1;
    i += strcspn(bytes + i, " \t\r\n/>");
    while (i < behind) {
        size_t blank = i;
        i += strspn(bytes + i, " \t\r\n");
        size_t name = i, name_length = strcspn(bytes + i, "= \t\r\n/>");
        i += name_length;
        i += strspn(bytes + i, " \t\r\n");
        if (i >= behind || bytes[i] != '=') {
            return false;
        }
        i++;
        i += strspn(bytes + i, " \t\r\n");
        const char *end = i < behind ? memchr(bytes + i + 1, bytes[i], behind - i - 1) : NULL;
        if (end == NULL) {
            return false;
        }
        i = (size_t)(end - bytes) + 1;
        if (name_length == length && memcmp(bytes + name, qualified, length) == 0) {
            *ret_at = blank;
            *ret_length = i - blank;
            return true;
        }
    }
    return false;
}
