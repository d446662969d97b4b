// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Last but settling: what is to be written gets its place, the file or an XMP sidecar, or is
 * refused with the reason. What the place holds already is not asked for again, so that a second
 * run plans nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "processors/members.h"
#include "processors/processor.h"
#include "utils/text.h"

#define NAMED_KEYWORDS 5 /* in a reason; the plan has them all */
#define MAX_BASE_BYTES 255

typedef struct writing {
    ie_proposal *proposal;
    ie_members members;
    bool embed, beside; /* may be written into the file; into a sidecar */
} writing;

bool ie_tags_embed(ie_format format)
{
    return format == IE_FORMAT_JPEG || format == IE_FORMAT_PNG || format == IE_FORMAT_TIFF ||
           format == IE_FORMAT_WEBP;
}

/* ---- reasons --------------------------------------------------------------------------------- */

static void add_word(ie_buffer *text, const char *word)
{
    ie_buffer_printf(text, "%s%s", text->size > 0 ? ", " : "", word);
}

/* The keyword's place in the tree among those that are written with it, or the keyword itself. */
static const char *whole_keyword(const ie_tag_edit *tags, const char *keyword)
{
    for (uint32_t i = 0; i < tags->hierarchy.count; i++) {
        const char *bar = strrchr(tags->hierarchy.items[i], '|');
        if (bar != NULL && ie_equal_nocase(bar + 1, keyword)) {
            return tags->hierarchy.items[i];
        }
    }
    return keyword;
}

static bool is_leaf_of(const ie_text_list *keywords, const char *place)
{
    const char *bar = strrchr(place, '|');
    for (uint32_t i = 0; bar != NULL && i < keywords->count; i++) {
        if (ie_equal_nocase(bar + 1, keywords->items[i])) {
            return true;
        }
    }
    return false;
}

/* "+sea +Places|Norway|Oslo and 3 more": a keyword that is there already may get its place in the
   tree alone. */
static void add_keywords(ie_buffer *text, const ie_tag_edit *tags)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < tags->add_keywords.count; i++) {
        if (count++ < NAMED_KEYWORDS) {
            ie_buffer_printf(text, "%s+%s", count > 1 ? " " : "",
                             whole_keyword(tags, tags->add_keywords.items[i]));
        }
    }
    for (uint32_t i = 0; i < tags->hierarchy.count; i++) {
        if (!is_leaf_of(&tags->add_keywords, tags->hierarchy.items[i]) &&
            count++ < NAMED_KEYWORDS) {
            ie_buffer_printf(text, "%s+%s", count > 1 ? " " : "", tags->hierarchy.items[i]);
        }
    }
    if (count > NAMED_KEYWORDS) {
        ie_buffer_printf(text, " and %u more", count - NAMED_KEYWORDS);
    }
}

static void add_reason(ie_plan *plan, ie_action *action, const ie_tag_edit *tags,
                       const ie_metadata *forgotten)
{
    ie_buffer text = {0};
    add_keywords(&text, tags);
    for (uint32_t i = 0; i < tags->albums.count && i < NAMED_KEYWORDS; i++) {
        IE_AUTO_FREE char *album = ie_asprintf("album %s", tags->albums.items[i]);
        add_word(&text, album);
    }
    if (tags->title != NULL) {
        add_word(&text, "title");
    }
    if (tags->caption != NULL) {
        add_word(&text, "caption");
    }
    if (tags->rating != IE_ABSENT) {
        IE_AUTO_FREE char *rating = ie_asprintf("rating %d", tags->rating);
        add_word(&text, rating);
    }
    if (tags->has_place) {
        IE_AUTO_FREE char *place = ie_asprintf("place %.5f,%.5f", tags->latitude, tags->longitude);
        add_word(&text, place);
    }
    if (tags->has_quality) {
        IE_AUTO_FREE char *quality = ie_asprintf("quality %.2f", tags->quality);
        add_word(&text, quality);
    }
    if (tags->original_name != NULL && action->reason == NULL) { /* else rename said so */
        add_word(&text, "its old name");
    }
    for (uint32_t i = 0; tags->forget_generated && i < forgotten->generated.count; i++) {
        const char *entry = forgotten->generated.items[i];
        ie_buffer_printf(&text, "%s-%.*s", text.size > 0 ? " " : "", (int)strcspn(entry, "|"),
                         entry);
    }
    if (text.size > 0) {
        ie_action_reason(plan, action, "tags: %s", text.data);
    }
    ie_buffer_free(&text);
}

static void refuse(ie_plan *plan, ie_action *action, const ie_tag_edit *edit, const char *why)
{
    ie_tag_edit rest = *edit;
    rest.original_name = NULL;
    action->refused = ie_arena_strdup(plan->arena, why);
    action->untagged = true;
    ie_action_reason(plan, action, "%s: %s",
                     ie_tag_edit_any(&rest) ? "not tagged" : "its old name is not noted", why);
}

/* Why this file's own metadata is not touched, or NULL. */
static const char *refusal(const ie_photo *photo, const ie_action *action,
                           const ie_outlook *outlook, ie_arena *arena)
{
    if (!ie_tags_embed(action->format)) {
        return ie_arena_printf(arena, "nothing is written into %s files",
                               ie_format_name(action->format));
    }
    if ((photo->have & IE_HAVE_METADATA) == 0) {
        return "what it has already was not read";
    }
    for (uint32_t i = 0; i < photo->fault_count; i++) {
        const char *stage = photo->faults[i].stage;
        if (strcmp(stage, "decode") == 0 || strcmp(stage, "metadata") == 0) {
            return "damaged, and better left as it is";
        }
    }
    if (photo->mode != 0 && (photo->mode & 0222) == 0) {
        return "it is read-only";
    }
    return outlook->refusal;
}

/* ---- what a sidecar has already -------------------------------------------------------------- */

static bool has_text(const ie_text_list *list, const char *text, bool nocase)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (nocase ? ie_equal_nocase(list->items[i], text) : strcmp(list->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static ie_text_list without(const ie_text_list *wanted, const ie_text_list *present, bool nocase,
                            ie_arena *arena)
{
    ie_text_list left = {0};
    for (uint32_t i = 0; i < wanted->count; i++) {
        if (!has_text(present, wanted->items[i], nocase)) {
            ie_text_list_add(&left, arena, wanted->items[i]);
        }
    }
    return left;
}

static bool is_text(const char *wanted, const char *present)
{
    return wanted != NULL && present != NULL && strcmp(wanted, present) == 0;
}

static bool near(double a, double b)
{
    double apart = a - b;
    return apart < 1e-6 && apart > -1e-6;
}

/* A keyword's note as a model's only comes with the keyword: one that is a person's stays so. */
static void keep_notes_of(ie_tag_edit *edit, ie_arena *arena)
{
    ie_text_list left = {0};
    for (uint32_t i = 0; i < edit->generated.count; i++) {
        const char *entry = edit->generated.items[i];
        IE_AUTO_FREE char *label = ie_strndup(entry, strcspn(entry, "|"));
        if (has_text(&edit->add_keywords, label, false)) {
            ie_text_list_add(&left, arena, entry);
        }
    }
    edit->generated = left;
}

static void subtract(ie_tag_edit *edit, const ie_metadata *m, ie_arena *arena)
{
    edit->add_keywords = without(&edit->add_keywords, &m->keywords, true, arena);
    edit->hierarchy = without(&edit->hierarchy, &m->hierarchy, false, arena);
    edit->albums = without(&edit->albums, &m->albums, false, arena);
    keep_notes_of(edit, arena);
    edit->title = is_text(edit->title, m->title) ? NULL : edit->title;
    edit->caption = is_text(edit->caption, m->caption) ? NULL : edit->caption;
    edit->original_name =
        is_text(edit->original_name, m->original_name) ? NULL : edit->original_name;
    edit->rating = edit->rating == m->rating ? IE_ABSENT : edit->rating;
    edit->has_place = edit->has_place &&
                      !(near(edit->latitude, m->latitude) && near(edit->longitude, m->longitude));
    edit->has_quality = edit->has_quality && !near(edit->quality, m->own_quality);
}

/* Programs that look at a sidecar often look at nothing else: with its first keywords come the
   file's own. */
static void add_present(ie_tag_edit *edit, const ie_photo *photo, ie_arena *arena)
{
    ie_text_list all = {0};
    const ie_metadata *m = photo->metadata;
    for (uint32_t i = 0; i < m->keywords.count; i++) {
        bool generated = false;
        for (uint32_t j = 0; j < m->generated.count && !generated; j++) {
            size_t length = strcspn(m->generated.items[j], "|");
            generated = strlen(m->keywords.items[i]) == length &&
                        memcmp(m->keywords.items[i], m->generated.items[j], length) == 0;
        }
        if (!generated) {
            ie_text_list_add(&all, arena, m->keywords.items[i]);
        }
    }
    for (uint32_t i = 0; i < edit->add_keywords.count; i++) {
        ie_text_list_add(&all, arena, edit->add_keywords.items[i]);
    }
    edit->add_keywords = all;
}

/* ---- sidecars -------------------------------------------------------------------------------- */

/* The unit's file at that path, or SIZE_MAX. */
static size_t member_at_path(const writing *w, uint32_t unit, const char *path)
{
    for (size_t i = w->members.start[unit]; i < w->members.start[unit + 1]; i++) {
        if (strcmp(w->proposal->photos[w->members.member[i]]->real_path, path) == 0) {
            return w->members.member[i];
        }
    }
    return SIZE_MAX;
}

static ie_action *append(const writing *w, size_t index, ie_action_kind kind)
{
    ie_plan *plan = w->proposal->plan;
    uint32_t root = plan->actions[index].root;
    ie_action *extra = ie_plan_add(plan, w->proposal->photos[index]);
    extra->root = root;
    extra->kind = kind;
    extra->extra = true;
    return extra;
}

static ie_action *existing_sidecar(const writing *w, size_t index, const ie_outlook *outlook)
{
    ie_plan *plan = w->proposal->plan;
    size_t member = member_at_path(w, w->proposal->photos[index]->unit, outlook->sidecar);
    if (member != SIZE_MAX) {
        return plan->actions[member].kind == IE_ACTION_KEEP ? &plan->actions[member] : NULL;
    }
    for (size_t i = w->proposal->count; i < plan->count; i++) {
        if (strcmp(plan->actions[i].from, outlook->sidecar) == 0) {
            return &plan->actions[i]; /* two photos of one sidecar */
        }
    }
    if (w->proposal->output != NULL) {
        return NULL;
    }
    ie_action *extra = append(w, index, IE_ACTION_REPLACE);
    extra->from = extra->shown = extra->to = ie_arena_strdup(plan->arena, outlook->sidecar);
    extra->stamp = outlook->sidecar_stamp;
    extra->from_format = extra->format = IE_FORMAT_SIDECAR;
    return extra;
}

static ie_action *new_sidecar(const writing *w, size_t index, const char **ret_why)
{
    ie_proposal *proposal = w->proposal;
    ie_plan *plan = proposal->plan;
    const ie_action *action = &plan->actions[index];
    const char *base = action->to != NULL         ? action->to
                       : proposal->output == NULL ? action->from
                                                  : NULL;
    if (base == NULL) {
        *ret_why = "no name was found for it";
        return NULL;
    }
    const char *path = ie_arena_printf(plan->arena, "%s.xmp", base);
    if (strlen(ie_path_base(path)) > MAX_BASE_BYTES) {
        *ret_why = "the name of its sidecar would be too long";
        return NULL;
    }
    if (proposal->taken != NULL && proposal->taken(proposal->user, path, NULL)) {
        *ret_why = "the name of its sidecar is taken";
        return NULL;
    }
    ie_action *extra = append(w, index, IE_ACTION_COPY);
    extra->to = path;
    extra->format = IE_FORMAT_SIDECAR;
    return extra;
}

/* Only the sidecar's line is shown where the photo stays as it is. */
static void repeat_track_reason(ie_plan *plan, const ie_action *own, ie_action *target)
{
    const char *at = own->reason != NULL ? strstr(own->reason, IE_REASON_NO_TRACK) : NULL;
    if (at != NULL) {
        const char *end = strstr(at, "; ");
        ie_action_reason(plan, target, "%.*s", (int)(end != NULL ? (size_t)(end - at) : strlen(at)),
                         at);
    }
}

static void write_beside(const writing *w, size_t index, ie_tag_edit *edit,
                         const ie_outlook *outlook, const char *because)
{
    ie_proposal *proposal = w->proposal;
    ie_plan *plan = proposal->plan;
    const ie_photo *photo = proposal->photos[index];
    bool bare = outlook->beside == NULL || outlook->beside->keywords.count == 0;
    if (outlook->beside != NULL) {
        subtract(edit, outlook->beside, plan->arena);
        edit->forget_generated = edit->forget_generated && outlook->beside->generated.count > 0;
    }
    if (!ie_tag_edit_any(edit)) {
        return;
    }
    ie_tag_edit said = *edit;
    if (bare && edit->add_keywords.count > 0) {
        add_present(edit, photo, plan->arena);
    }
    edit->beside = true;
    const char *why = outlook->beside_refusal;
    ie_action *target = why != NULL                ? NULL
                        : outlook->sidecar != NULL ? existing_sidecar(w, index, outlook)
                                                   : new_sidecar(w, index, &why);
    if (target == NULL) {
        refuse(plan, &plan->actions[index], &said,
               why != NULL ? why : "its sidecar is not part of the plan");
        return;
    }
    ie_action_give(plan, target, edit);
    add_reason(plan, target, &said, outlook->beside != NULL ? outlook->beside : photo->metadata);
    if (because != NULL) {
        ie_action_reason(plan, target, "beside the photo: %s", because);
    }
    repeat_track_reason(plan, &plan->actions[index], target);
}

/* ---- where it goes --------------------------------------------------------------------------- */

/* A text in a sidecar that says otherwise would win or lose by configuration: both shall say the
   same. */
static ie_tag_edit correction(const ie_tag_edit *edit, const ie_metadata *beside)
{
    ie_tag_edit c = {.rating = IE_ABSENT};
    c.title = beside->title != NULL ? edit->title : NULL;
    c.caption = beside->caption != NULL ? edit->caption : NULL;
    c.rating = beside->rating != IE_ABSENT ? edit->rating : IE_ABSENT;
    c.forget_generated = edit->forget_generated;
    return c;
}

static void write_into(const writing *w, size_t index, ie_tag_edit *edit, const ie_outlook *outlook)
{
    ie_plan *plan = w->proposal->plan;
    const ie_metadata *own =
        outlook->own != NULL ? outlook->own : w->proposal->photos[index]->metadata;
    edit->forget_generated = edit->forget_generated && own->generated.count > 0;
    if (outlook->own != NULL && own->latitude == own->latitude) { /* no NaN: it has a place */
        edit->has_place = edit->has_altitude = false;
    }
    edit->iptc = (ie_iptc_use)w->proposal->config->tagging.iptc;
    if (ie_tag_edit_any(edit)) {
        *ie_action_tags(plan, &plan->actions[index]) = *edit;
        add_reason(plan, &plan->actions[index], edit, own);
    }
}

static void place_edit(const writing *w, size_t index)
{
    ie_proposal *proposal = w->proposal;
    const ie_photo *photo = proposal->photos[index];
    ie_action *action = &proposal->plan->actions[index];
    ie_tag_edit edit = *action->tags;
    ie_outlook outlook = {0};
    action->tags = NULL;
    if (proposal->look != NULL) {
        proposal->look(proposal->user, photo, action, proposal->plan->arena, &outlook);
    }
    const char *why = refusal(photo, action, &outlook, proposal->plan->arena);
    ie_kind kind = ie_format_kind(photo->format);
    bool may_beside = w->beside && (kind == IE_KIND_PHOTO || kind == IE_KIND_RAW);
    if (w->embed && why == NULL) {
        ie_tag_edit rest = outlook.beside != NULL ? correction(&edit, outlook.beside) : edit;
        write_into(w, index, &edit, &outlook);
        if (outlook.beside != NULL) {
            write_beside(w, index, &rest, &outlook, NULL);
        }
    } else if (may_beside) {
        if (edit.forget_generated && outlook.beside == NULL) {
            refuse(proposal->plan, action, &edit,
                   why != NULL ? why : "the keywords are in the file itself");
            return;
        }
        write_beside(w, index, &edit, &outlook, w->embed ? why : NULL);
    } else if (w->beside || (kind != IE_KIND_PHOTO && kind != IE_KIND_RAW)) {
        refuse(proposal->plan, action, &edit, "videos get no tags and no sidecar");
    } else {
        refuse(proposal->plan, action, &edit,
               ie_arena_printf(proposal->plan->arena,
                               "%s; --mode auto writes it into an XMP file beside the photo", why));
    }
}

ie_status ie_writing_propose(ie_proposal *proposal, ie_error *err)
{
    const char *mode = proposal->config->tagging.mode;
    writing w = {
        .proposal = proposal,
        .embed = mode == NULL || strcmp(mode, "sidecar") != 0,
        .beside = mode != NULL && strcmp(mode, "embed") != 0,
    };
    bool any = false;
    for (size_t i = 0; !any && i < proposal->count; i++) {
        any = proposal->plan->actions[i].tags != NULL;
    }
    ie_status status = any ? ie_members_init(&w.members, proposal, err) : IE_OK;
    for (size_t i = 0; any && status == IE_OK && i < proposal->count; i++) {
        const ie_action *action = &proposal->plan->actions[i];
        if (action->kind == IE_ACTION_KEEP && ie_tag_edit_any(action->tags) &&
            !action->tags->beside) {
            place_edit(&w, i);
        }
    }
    ie_members_clear(&w.members);
    return status;
}
