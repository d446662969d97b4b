// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/page.h"

#include <stdlib.h>
#include <string.h>

#include "storage/jpeg_file.h"
#include "storage/source.h"

#define JPEG_QUALITY 78

char *ie_page_picture(const ie_config *config, const char *path, ie_format format,
                      uint8_t orientation, uint32_t *ret_width, uint32_t *ret_height)
{
    ie_kind kind = ie_format_kind(format);
    ie_bytes *bytes = NULL;
    *ret_width = *ret_height = 0;
    if ((kind != IE_KIND_PHOTO && kind != IE_KIND_RAW) ||
        ie_bytes_open(path, &bytes, NULL) != IE_OK) {
        return NULL;
    }
    ie_source_options options = {.max_pixels = (uint64_t)config->limits.max_pixels,
                                 .max_file_bytes = (uint64_t)config->limits.max_file_bytes,
                                 .views = IE_VIEW_RGB};
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = path;
    photo->format = format;
    photo->orientation = orientation;
    ie_scratch *scratch = ie_scratch_new();
    ie_source *source = ie_source_new(bytes, photo, &options, scratch);
    const ie_pixels *pixels = ie_source_rgb(source);
    size_t size = 0;
    IE_AUTO_FREE uint8_t *jpeg =
        pixels != NULL ? ie_jpeg_encode(pixels, JPEG_QUALITY, &size) : NULL;
    char *picture = jpeg != NULL ? ie_base64(jpeg, size) : NULL;
    *ret_width = photo->width;
    *ret_height = photo->height;
    ie_source_free(source);
    ie_scratch_free(scratch);
    ie_photo_free(photo);
    ie_bytes_close(bytes);
    return picture;
}

void ie_page_add_text(ie_buffer *page, const char *text)
{
    for (const char *p = text; *p != 0; p++) {
        const char *entity = *p == '&'    ? "&amp;"
                             : *p == '<'  ? "&lt;"
                             : *p == '>'  ? "&gt;"
                             : *p == '"'  ? "&quot;"
                             : *p == '\'' ? "&#39;"
                                          : NULL;
        if (entity != NULL) {
            ie_buffer_text(page, entity);
        } else {
            ie_buffer_char(page, *p);
        }
    }
}

/* The bytes of a path as a file: address. */
static void add_address(ie_buffer *page, const char *path)
{
    ie_buffer_text(page, "file://");
    for (const unsigned char *p = (const unsigned char *)path; *p != 0; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || strchr("/-_.~", *p) != NULL;
        ie_buffer_printf(page, plain ? "%c" : "%%%02X", *p);
    }
}

void ie_page_add_picture(ie_buffer *page, const char *path, const char *picture)
{
    ie_buffer_text(page, "<a href=\"");
    add_address(page, path);
    ie_buffer_text(page, "\">");
    if (picture != NULL) {
        ie_buffer_printf(page, "<img alt=\"\" loading=\"lazy\" src=\"data:image/jpeg;base64,%s\">",
                         picture);
    } else {
        ie_buffer_text(page, "<span class=\"none\">no picture</span>");
    }
    ie_buffer_text(page, "</a>");
}

void ie_page_add_facts(ie_buffer *page, ie_format format, uint32_t width, uint32_t height,
                       uint64_t bytes)
{
    double size = (double)bytes;
    const char *name = ie_format_name(format);
    ie_buffer_printf(page, "<small>%s, ", name != NULL ? name : "file");
    if (width > 0 && height > 0) {
        ie_buffer_printf(page, "%u &times; %u, ", width, height);
    }
    if (size >= 1e6) {
        ie_buffer_printf(page, "%.1f MB</small>", size / 1e6);
    } else {
        ie_buffer_printf(page, "%.1f kB</small>", size / 1e3);
    }
}

static const char styles[] =
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'\">\n<style>\n"
    ":root{color-scheme:light dark}body{font:15px/1.4 system-ui,sans-serif;margin:2rem}\n"
    "section{border-top:1px solid #8886;padding:1rem 0}h2{font-size:1rem;margin:0 0 .6rem}\n"
    ".row{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0;width:256px}\n"
    "img,.none{display:block;width:248px;height:190px;object-fit:contain;background:#8882;border:"
    "4px solid #8886}\n"
    ".none{text-align:center;line-height:190px}.stays img,.stays .none{border-color:#2a8f4a}\n"
    ".stays "
    "b{color:#2a8f4a}figcaption>*{display:block;overflow-wrap:anywhere}em,small{opacity:.75}\n"
    "</style></head><body>\n";

void ie_page_add_head(ie_buffer *page, const char *title)
{
    ie_buffer_printf(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s</title>\n%s",
        title, styles);
}
