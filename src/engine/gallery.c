// SPDX-License-Identifier: GPL-3.0-or-later
/* A plan's duplicates as one HTML page for a person: what stays beside what goes. Nothing in it is loaded from elsewhere. */
#include <stdlib.h>
#include <string.h>

#include "engine/crew.h"
#include "engine/engine.h"
#include "storage/jpeg_file.h"
#include "storage/source.h"
#include "utils/error.h"
#include "utils/text.h"

/* A page of more pictures is too large for a browser; the files behind are listed without. */
#define MAX_PICTURES 4000
#define JPEG_QUALITY 78

typedef struct card {
    const ie_action *action;
    const ie_action *stays; /* the action of its survivor; of a survivor its own */
    char *picture;          /* JPEG in base64; NULL: cannot be shown */
    uint32_t width, height; /* of the photo as stored; 0: unknown */
} card;

typedef struct gallery {
    ie_engine *engine;
    const ie_plan *plan;
    card *cards; /* by group: who stays, then who goes in the plan's order */
    size_t count, groups;
    ie_buffer page;
} gallery;

/* ---- groups --------------------------------------------------------------------------------- */

static int by_from(const void *a, const void *b)
{
    return strcmp((*(const ie_action *const *)a)->from, (*(const ie_action *const *)b)->from);
}

/* In the order in which those that stay stand in the plan. */
static int by_group(const void *a, const void *b)
{
    const card *x = a, *y = b;
    if (x->stays != y->stays) {
        return x->stays < y->stays ? -1 : 1;
    }
    if ((x->action == x->stays) != (y->action == y->stays)) {
        return x->action == x->stays ? -1 : 1;
    }
    return x->action < y->action ? -1 : x->action > y->action;
}

static const ie_action *action_of(const ie_action **sorted, size_t count, const char *path)
{
    const ie_action key = {.from = path}, *wanted = &key;
    const ie_action **found = bsearch(&wanted, sorted, count, sizeof *sorted, by_from);
    return found != NULL ? *found : NULL;
}

static void collect(gallery *g)
{
    const ie_plan *plan = g->plan;
    const ie_action **sorted = ie_alloc((plan->count + 1) * sizeof *sorted);
    bool *leads = ie_alloc((plan->count + 1) * sizeof *leads);
    for (size_t i = 0; i < plan->count; i++) {
        sorted[i] = &plan->actions[i];
    }
    qsort(sorted, plan->count, sizeof *sorted, by_from);
    g->cards = ie_alloc((2 * plan->count + 1) * sizeof *g->cards);
    for (size_t i = 0; i < plan->count; i++) {
        const ie_action *action = &plan->actions[i];
        const ie_action *stays = action->survivor != NULL ? action_of(sorted, plan->count, action->survivor) : NULL;
        if (stays == NULL) {
            continue;
        }
        g->cards[g->count++] = (card){.action = action, .stays = stays};
        if (!leads[stays - plan->actions]) {
            leads[stays - plan->actions] = true;
            g->cards[g->count++] = (card){.action = stays, .stays = stays};
            g->groups++;
        }
    }
    qsort(g->cards, g->count, sizeof *g->cards, by_group);
    free(leads);
    free(sorted);
}

/* ---- pictures ------------------------------------------------------------------------------- */

static void draw(void *user, ie_worker *worker, size_t index)
{
    gallery *g = user;
    card *c = &g->cards[index];
    const ie_config *config = g->engine->config;
    ie_kind kind = ie_format_kind(c->action->from_format);
    ie_bytes *bytes = NULL;
    ie_error err = {0};
    (void)worker;
    if ((kind != IE_KIND_PHOTO && kind != IE_KIND_RAW) || ie_bytes_open(c->action->from, &bytes, &err) != IE_OK) {
        return;
    }
    ie_source_options options = {.max_pixels = (uint64_t)config->limits.max_pixels,
                                 .max_file_bytes = (uint64_t)config->limits.max_file_bytes,
                                 .views = IE_VIEW_RGB};
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = c->action->from;
    photo->format = c->action->from_format;
    photo->orientation = c->action->orientation;
    ie_scratch *scratch = ie_scratch_new();
    ie_source *source = ie_source_new(bytes, photo, &options, scratch);
    const ie_pixels *pixels = ie_source_rgb(source);
    size_t size = 0;
    IE_AUTO_FREE uint8_t *jpeg = pixels != NULL ? ie_jpeg_encode(pixels, JPEG_QUALITY, &size) : NULL;
    c->picture = jpeg != NULL ? ie_base64(jpeg, size) : NULL;
    c->width = photo->width;
    c->height = photo->height;
    ie_source_free(source);
    ie_scratch_free(scratch);
    ie_photo_free(photo);
    ie_bytes_close(bytes);
}

/* ---- the page ------------------------------------------------------------------------------- */

static void add_escaped(ie_buffer *page, const char *text)
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
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
                     strchr("/-_.~", *p) != NULL;
        ie_buffer_printf(page, plain ? "%c" : "%%%02X", *p);
    }
}

static void add_facts(ie_buffer *page, const card *c)
{
    double size = (double)c->action->stamp.size;
    const char *format = ie_format_name(c->action->from_format);
    ie_buffer_printf(page, "<small>%s, ", format != NULL ? format : "file");
    if (c->width > 0 && c->height > 0) {
        ie_buffer_printf(page, "%u &times; %u, ", c->width, c->height);
    }
    if (size >= 1e6) {
        ie_buffer_printf(page, "%.1f MB</small>", size / 1e6);
    } else {
        ie_buffer_printf(page, "%.1f kB</small>", size / 1e3);
    }
}

static const char *words_for(ie_match verdict)
{
    static const char *const words[IE_MATCHES] = {
        [IE_MATCH_SAME_BYTES] = "same bytes",
        [IE_MATCH_SAME_IMAGE_DATA] = "same image data, other metadata",
        [IE_MATCH_SAME_PIXELS] = "same pixels",
        [IE_MATCH_SAME_PICTURE] = "same picture",
    };
    return verdict < IE_MATCHES && words[verdict] != NULL ? words[verdict] : "duplicate";
}

static void add_card(ie_buffer *page, const card *c)
{
    bool stays = c->action == c->stays;
    ie_buffer_printf(page, "<figure class=\"%s\"><a href=\"", stays ? "stays" : "goes");
    add_address(page, c->action->from);
    ie_buffer_text(page, "\">");
    if (c->picture != NULL) {
        ie_buffer_printf(page, "<img alt=\"\" loading=\"lazy\" src=\"data:image/jpeg;base64,%s\">", c->picture);
    } else {
        ie_buffer_text(page, "<span class=\"none\">no picture</span>");
    }
    ie_buffer_text(page, "</a><figcaption><b>");
    ie_buffer_text(page, stays ? "stays" : words_for(c->action->verdict));
    ie_buffer_text(page, "</b><span class=\"name\">");
    add_escaped(page, ie_shown(c->action->shown != NULL ? c->action->shown : c->action->from));
    ie_buffer_text(page, "</span>");
    add_facts(page, c);
    if (c->action->reason != NULL) {
        ie_buffer_text(page, "<em>");
        add_escaped(page, c->action->reason);
        ie_buffer_text(page, "</em>");
    }
    ie_buffer_text(page, "</figcaption></figure>\n");
}

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Duplicates</title>\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'\">\n<style>\n"
    ":root{color-scheme:light dark}body{font:15px/1.4 system-ui,sans-serif;margin:2rem}\n"
    "section{border-top:1px solid #8886;padding:1rem 0}h2{font-size:1rem;margin:0 0 .6rem}\n"
    ".row{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0;width:256px}\n"
    "img,.none{display:block;width:248px;height:190px;object-fit:contain;background:#8882;border:4px solid #8886}\n"
    ".none{text-align:center;line-height:190px}.stays img,.stays .none{border-color:#2a8f4a}\n"
    ".stays b{color:#2a8f4a}figcaption>*{display:block;overflow-wrap:anywhere}em,small{opacity:.75}\n"
    "</style></head><body>\n";

static void write_page(gallery *g)
{
    ie_buffer *page = &g->page;
    size_t goes = g->count - g->groups, number = 0;
    ie_buffer_text(page, head);
    ie_buffer_printf(page, "<h1>%zu duplicate%s in %zu group%s</h1>\n<p>What stays is framed in green and comes first. "
                     "This page shows a plan; it changes nothing.</p>\n", goes, goes == 1 ? "" : "s", g->groups,
                     g->groups == 1 ? "" : "s");
    if (g->count > MAX_PICTURES) {
        ie_buffer_printf(page, "<p>Only the first %d files are shown with a picture.</p>\n", MAX_PICTURES);
    }
    for (size_t i = 0; i < g->count; i++) {
        bool first = i == 0 || g->cards[i - 1].stays != g->cards[i].stays;
        if (first) {
            ie_buffer_printf(page, "%s<section><h2>Group %zu</h2><div class=\"row\">\n", i > 0 ? "</div></section>\n" : "",
                             ++number);
        }
        add_card(page, &g->cards[i]);
    }
    ie_buffer_text(page, g->count > 0 ? "</div></section>\n</body></html>\n" : "</body></html>\n");
}

ie_status ie_engine_gallery(ie_engine *engine, const ie_plan *plan, const char *path, ie_error *err)
{
    gallery g = {.engine = engine, .plan = plan};
    collect(&g);
    ie_crew_run(engine->config, engine->cancel, g.count < MAX_PICTURES ? g.count : MAX_PICTURES, draw, &g);
    ie_status status;
    if (engine->cancel != NULL && *engine->cancel != 0) {
        status = ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; nothing was changed.");
    } else {
        write_page(&g);
        status = ie_write_report(path, g.page.data, g.page.size, false, err);
    }
    for (size_t i = 0; i < g.count; i++) {
        free(g.cards[i].picture);
    }
    free(g.cards);
    ie_buffer_free(&g.page);
    return status;
}
