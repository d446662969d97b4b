// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Pieces of an HTML page with small pictures, for people. Nothing in such a page is loaded from
 * elsewhere, and its own policy forbids it; every text is escaped.
 */
#ifndef IE_ENGINE_PAGE_H
#define IE_ENGINE_PAGE_H

#include "core/config.h"
#include "core/format.h"
#include "utils/text.h"

/* A page of more pictures is too large for a browser; the files behind are listed without. */
#define IE_PAGE_PICTURES 4000

/* A small upright JPEG of the photo in base64, free() it; NULL when it cannot be shown. The photo's
   own size as stored; 0: unknown. Thread-safe. */
char *ie_page_picture(const ie_config *config, const char *path, ie_format format,
                      uint8_t orientation, uint32_t *ret_width, uint32_t *ret_height);

/* Down to <body>, with the styles of figures, sections and rows. `title` is no one else's text. */
void ie_page_add_head(ie_buffer *page, const char *title);
void ie_page_add_text(ie_buffer *page, const char *text);
/* The picture (base64, or NULL), leading to the file. */
void ie_page_add_picture(ie_buffer *page, const char *path, const char *picture);
/* "jpeg, 4000 x 3000, 3.1 MB"; sides may be 0. */
void ie_page_add_facts(ie_buffer *page, ie_format format, uint32_t width, uint32_t height,
                       uint64_t bytes);

#endif
