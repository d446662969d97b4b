// SPDX-License-Identifier: GPL-3.0-or-later
/* A plan's duplicates as one HTML page for a person: what stays beside what goes. Nothing in it is
   loaded from elsewhere. */
#include <stdlib.h>
#include <string.h>

#include "engine/crew.h"
#include "engine/engine.h"
#include "engine/page.h"
#include "utils/error.h"
#include "utils/text.h"

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
    size_t files = 0;
    for (size_t i = 0; i < plan->count; i++) {
        if (!ie_action_makes_sidecar(&plan->actions[i])) {
            sorted[files++] = &plan->actions[i]; /* a sidecar to be made has its photo's path */
        }
    }
    qsort(sorted, files, sizeof *sorted, by_from);
    g->cards = ie_alloc((2 * plan->count + 1) * sizeof *g->cards);
    for (size_t i = 0; i < plan->count; i++) {
        const ie_action *action = &plan->actions[i];
        const ie_action *stays =
            action->survivor != NULL ? action_of(sorted, files, action->survivor) : NULL;
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
    (void)worker;
    c->picture = ie_page_picture(g->engine->config, c->action->from, c->action->from_format,
                                 c->action->orientation, &c->width, &c->height);
}

/* ---- the page ------------------------------------------------------------------------------- */

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

/* The verdict, and what the reason says of this version right behind it: "same picture, turned". */
static void add_verdict(ie_buffer *page, const ie_action *action)
{
    const char *words = words_for(action->verdict);
    IE_AUTO_FREE char *behind = ie_asprintf(": %s", words);
    const char *at = action->reason != NULL ? strstr(action->reason, behind) : NULL;
    IE_AUTO_FREE char *all = at != NULL ? ie_strndup(at + 2, strcspn(at + 2, ";")) : NULL;
    ie_page_add_text(page, all != NULL ? all : words);
}

static void add_card(ie_buffer *page, const card *c)
{
    bool stays = c->action == c->stays;
    ie_buffer_printf(page, "<figure class=\"%s\">", stays ? "stays" : "goes");
    ie_page_add_picture(page, c->action->from, c->picture);
    ie_buffer_text(page, "<figcaption><b>");
    if (stays) {
        ie_buffer_text(page, "stays");
    } else {
        add_verdict(page, c->action);
    }
    ie_buffer_text(page, "</b><span class=\"name\">");
    ie_page_add_text(page, ie_shown(c->action->shown != NULL ? c->action->shown : c->action->from));
    ie_buffer_text(page, "</span>");
    ie_page_add_facts(page, c->action->from_format, c->width, c->height, c->action->stamp.size);
    if (c->action->reason != NULL) {
        ie_buffer_text(page, "<em>");
        ie_page_add_text(page, c->action->reason);
        ie_buffer_text(page, "</em>");
    }
    ie_buffer_text(page, "</figcaption></figure>\n");
}

static void write_page(gallery *g)
{
    ie_buffer *page = &g->page;
    size_t goes = g->count - g->groups, number = 0;
    ie_page_add_head(page, "Duplicates");
    ie_buffer_printf(page,
                     "<h1>%zu duplicate%s in %zu group%s</h1>\n<p>What stays is framed in green "
                     "and comes first. This page shows a plan; it changes nothing.</p>\n",
                     goes, goes == 1 ? "" : "s", g->groups, g->groups == 1 ? "" : "s");
    if (g->count > IE_PAGE_PICTURES) {
        ie_buffer_printf(page, "<p>Only the first %d files are shown with a picture.</p>\n",
                         IE_PAGE_PICTURES);
    }
    for (size_t i = 0; i < g->count; i++) {
        bool first = i == 0 || g->cards[i - 1].stays != g->cards[i].stays;
        if (first) {
            ie_buffer_printf(page, "%s<section><h2>Group %zu</h2><div class=\"row\">\n",
                             i > 0 ? "</div></section>\n" : "", ++number);
        }
        add_card(page, &g->cards[i]);
    }
    ie_buffer_text(page, g->count > 0 ? "</div></section>\n</body></html>\n" : "</body></html>\n");
}

ie_status ie_engine_gallery(ie_engine *engine, const ie_plan *plan, const char *path, ie_error *err)
{
    gallery g = {.engine = engine, .plan = plan};
    collect(&g);
    ie_crew_run(engine->config, engine->cancel,
                g.count < IE_PAGE_PICTURES ? g.count : IE_PAGE_PICTURES, draw, &g);
    ie_status status;
    if (engine->cancel != NULL && *engine->cancel != 0) {
        status = ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; this run changed nothing.");
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
