// SPDX-License-Identifier: GPL-3.0-or-later
/* Names that Windows, macOS and Linux all take, and that nobody's shell or file manager hides. */
#include <string.h>

#include "core/template.h"
#include "core/unicode.h"
#include "utils/memory.h"
#include "utils/text.h"

/* Windows takes these for devices, with any extension: "Naming Files, Paths, and Namespaces". */
static bool is_device(const char *name)
{
    size_t length = strcspn(name, ".");
    while (length > 0 && name[length - 1] == ' ') {
        length--;
    }
    IE_AUTO_FREE char *stem = ie_strndup(name, length);
    static const char *const devices[] = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) {
        if (ie_equal_nocase(stem, devices[i])) {
            return true;
        }
    }
    if (length < 4) {
        return false;
    }
    bool digit = (length == 4 && stem[3] >= '0' && stem[3] <= '9') || strcmp(stem + 3, "¹") == 0 ||
                 strcmp(stem + 3, "²") == 0 || strcmp(stem + 3, "³") == 0;
    stem[3] = 0;
    return digit && (ie_equal_nocase(stem, "COM") || ie_equal_nocase(stem, "LPT"));
}

static bool is_control(const unsigned char *p, size_t length)
{
    return *p < 0x20 || *p == 0x7f || (length == 2 && p[0] == 0xc2 && p[1] < 0xa0);
}

/* Forbidden characters become '_'; stops before a character that would not fit any more. */
static void add_allowed(const char *text, size_t max_bytes, ie_buffer *out)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != 0;) {
        size_t length = ie_utf8_char(p);
        bool bad = is_control(p, length) || strchr("<>:\"/\\|?*", *p) != NULL;
        size_t need = bad ? 1 : length;
        if (need > max_bytes || out->size > max_bytes - need) {
            return;
        }
        if (bad) {
            ie_buffer_char(out, '_');
        } else {
            ie_buffer_add(out, p, length);
        }
        p += length;
    }
}

static void trim_end(ie_buffer *name)
{
    while (name->size > 0 &&
           (name->data[name->size - 1] == '.' || name->data[name->size - 1] == ' ')) {
        name->data[--name->size] = 0;
    }
}

char *ie_safe_name(const char *text, size_t max_bytes)
{
    IE_AUTO_FREE char *valid = ie_utf8_from_latin1(text, strlen(text));
    IE_AUTO_FREE char *readable = ie_unicode_nfc(valid);
    const char *start = readable + strspn(readable, " ");
    ie_buffer name = {0};
    add_allowed(start, max_bytes, &name);
    trim_end(&name);
    if (name.size > 0 && name.data[0] == '.') {
        name.data[0] = '_'; /* a leading dot hides the file, from the next scan too */
    }
    if (name.size > 0 && is_device(name.data)) {
        ie_buffer marked = {0};
        ie_buffer_char(&marked, '_');
        add_allowed(name.data, max_bytes, &marked);
        trim_end(&marked);
        ie_buffer_free(&name);
        name = marked;
    }
    if (name.size == 0) {
        ie_buffer_text(&name, "unknown");
    }
    return ie_buffer_take(&name);
}
