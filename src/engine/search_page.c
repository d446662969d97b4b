// SPDX-License-Identifier: GPL-3.0-or-later
/* What was found as a contact sheet. */
#include <stdlib.h>

#include "engine/crew.h"
#include "engine/page.h"
#include "engine/search.h"
#include "utils/error.h"

typedef struct sheet {
    const ie_config *config;
    ie_search_hit *hits;
} sheet;

static void draw(void *user, ie_worker *worker, size_t index)
{
    const sheet *s = user;
    ie_search_hit *hit = &s->hits[index];
    (void)worker;
    hit->picture = ie_page_picture(s->config, hit->path, hit->format, hit->orientation, &hit->width,
                                   &hit->height);
}

static void add_title(ie_buffer *page, const ie_search_request *request)
{
    ie_buffer_text(page, "<h1>");
    for (size_t i = 0; i < request->term_count; i++) {
        const ie_search_term *term = &request->terms[i];
        ie_buffer_text(page, term->weight < 0 ? " &minus; " : i > 0 ? " + " : "");
        ie_buffer_text(page, term->photo ? "like " : "");
        ie_page_add_text(page, ie_shown(term->text));
    }
    ie_buffer_text(
        page,
        "</h1>\n<p>Best first, with the cosine of the embeddings.</p>\n<div class=\"row\">\n");
}

static void add_hit(ie_buffer *page, const ie_search_hit *hit)
{
    char taken[40];
    ie_buffer_text(page, "<figure>");
    ie_page_add_picture(page, hit->path, hit->picture);
    ie_buffer_printf(page, "<figcaption><b>%.3f</b><span class=\"name\">", hit->similarity);
    ie_page_add_text(page, ie_shown(hit->path));
    ie_buffer_text(page, "</span>");
    if (hit->captured.year != 0) {
        ie_buffer_printf(page, "<small>%.10s</small>", ie_datetime_text(&hit->captured, taken));
    }
    ie_page_add_facts(page, hit->format, hit->width, hit->height, hit->size);
    ie_buffer_text(page, "</figcaption></figure>\n");
}

ie_status ie_search_page_write(ie_engine *engine, const ie_search_request *request,
                               ie_search_hit *hits, size_t count, ie_error *err)
{
    sheet s = {engine->config, hits};
    ie_crew_run(engine->config, engine->cancel, count < IE_PAGE_PICTURES ? count : IE_PAGE_PICTURES,
                draw, &s);
    if (engine->cancel != NULL && *engine->cancel != 0) {
        return ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; no page was written.");
    }
    ie_buffer page = {0};
    ie_page_add_head(&page, "Photos found");
    add_title(&page, request);
    for (size_t i = 0; i < count; i++) {
        add_hit(&page, &hits[i]);
    }
    ie_buffer_text(&page, "</div>\n</body></html>\n");
    ie_status status = ie_write_report(request->page, page.data, page.size, false, err);
    ie_buffer_free(&page);
    return status;
}
