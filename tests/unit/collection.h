// SPDX-License-Identifier: GPL-3.0-or-later
/* Photos that exist in memory only, and what processors propose for them. */
#ifndef IE_TEST_COLLECTION_H
#define IE_TEST_COLLECTION_H

#include "core/unit.h"
#include "processors/processor.h"
#include "test.h"
#include "utils/text.h"

#define MAX_PHOTOS 64

typedef struct collection {
    ie_photo *photos[MAX_PHOTOS];
    /* the paths that they had before; NULL: none, or no journal tells */
    const char *former[MAX_PHOTOS];
    size_t count;
    const char *disk[MAX_PHOTOS]; /* other files that exist */
    size_t disk_count;
    ie_config *config;
    ie_plan *plan;
    const char *roots[2];
    const char *output;
    bool library;
    ie_pair pairs[MAX_PHOTOS];
    size_t pair_count;
    bool (*shares)(const ie_photo *a, const ie_photo *b); /* NULL: no two share blocks */
} collection;

static inline collection collection_new(void)
{
    return (collection){.config = ie_config_new(), .roots = {"/p", "/q"}};
}

static inline void collection_end(collection *c)
{
    for (size_t i = 0; i < c->count; i++) {
        ie_photo_free(c->photos[i]);
    }
    ie_config_free(c->config);
    ie_plan_free(c->plan);
}

static inline void set(collection *c, const char *key, const char *value)
{
    ie_error err = {0};
    if (ie_config_set(c->config, key, value, "test", &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
}

/* A photo whose bytes are `content`: equal numbers, equal bytes. Its inode is its own. */
static inline ie_photo *add(collection *c, const char *path, ie_format format, unsigned content)
{
    ie_photo *photo = ie_photo_new();
    photo->sequence = c->count;
    photo->path = ie_arena_strdup(photo->arena, path + 1);
    photo->real_path = ie_arena_strdup(photo->arena, path);
    photo->root = ie_path_below(path, c->roots[0]) ? 0 : 1;
    photo->format = format;
    photo->stamp =
        (ie_stamp){.size = 1000 + content, .mtime_ns = 5, .inode = 100 + c->count, .device = 1};
    photo->links = 1;
    photo->have = IE_HAVE_FORMAT | IE_HAVE_METADATA | IE_HAVE_QUALITY | IE_HAVE_XXH3;
    photo->width = 400;
    photo->height = 300;
    photo->bits = 8;
    ie_photo_own_content(photo)->quality = 0.5;
    photo->xxh3 = ie_hash128_of(&content, sizeof content);
    ie_datetime_parse("2023-07-14T09:12:33", &ie_photo_own_metadata(photo)->captured);
    ie_photo_own_metadata(photo)->captured_source = IE_DATE_EXIF;
    c->photos[c->count++] = photo;
    return photo;
}

/* What `taken` and `same` of an engine would say: the photos and `disk` are all there is. A file on
   disk holds the photo's bytes when its path ends with "=" and the photo's base name. */
static inline bool test_taken(void *user, const char *path, const char *except)
{
    const collection *c = user;
    for (size_t i = 0; i < c->count; i++) {
        if (strcmp(c->photos[i]->real_path, path) == 0) {
            return except == NULL || strcmp(except, path) != 0;
        }
    }
    for (size_t i = 0; i < c->disk_count; i++) {
        if (strncmp(c->disk[i], path, strlen(path)) == 0 &&
            (c->disk[i][strlen(path)] == 0 || c->disk[i][strlen(path)] == '=')) {
            return true;
        }
    }
    return false;
}

static inline bool test_same(void *user, const ie_photo *photo, const char *path)
{
    const collection *c = user;
    IE_AUTO_FREE char *entry = ie_asprintf("%s=%s", path, ie_path_base(photo->real_path));
    for (size_t i = 0; i < c->disk_count; i++) {
        if (strcmp(c->disk[i], entry) == 0) {
            return true;
        }
    }
    return false;
}

static inline const char *test_former(void *user, const ie_photo *photo)
{
    const collection *c = user;
    return c->former[photo->sequence];
}

typedef ie_status (*proposer)(ie_proposal *proposal, ie_error *err);

/* Forms units, runs the steps, settles, and checks what holds for every plan. */
static inline void propose_all(collection *c, const proposer *steps, size_t count)
{
    ie_plan_free(c->plan);
    c->plan = ie_plan_new("process");
    c->plan->copies = c->output != NULL;
    ie_units_form(c->photos, c->count);
    ie_plan_root(c->plan, c->output != NULL ? c->output : c->roots[0]);
    if (c->output == NULL) {
        ie_plan_root(c->plan, c->roots[1]);
    }
    for (size_t i = 0; i < c->count; i++) {
        ie_action *action = ie_plan_add(c->plan, c->photos[i]);
        action->root = c->output != NULL ? 0 : c->photos[i]->root;
    }
    ie_proposal proposal = {.config = c->config,
                            .output = c->output,
                            .library = c->library,
                            .roots = c->roots,
                            .photos = c->photos,
                            .count = c->count,
                            .pairs = c->pairs,
                            .pair_count = c->pair_count,
                            .plan = c->plan,
                            .taken = test_taken,
                            .same = test_same,
                            .former = test_former,
                            .shares = c->shares,
                            .user = c};
    ie_error err = {0};
    for (size_t i = 0; i < count; i++) {
        if (steps[i](&proposal, &err) != IE_OK) {
            fail_msg("%s", err.text);
        }
    }
    ie_plan_settle(&proposal);
    size_t size;
    char *text = ie_plan_text(c->plan, &size);
    ie_plan *again = NULL;
    if (ie_plan_parse(text, size, &again, &err) != IE_OK) {
        fail_msg("%s\n%s", err.text, text);
    }
    ie_plan_free(again);
    free(text);
    ie_summary sum = {0};
    ie_plan_summarize(c->plan, &sum);
    assert_int_equal(c->count + sum.extra,
                     sum.other + sum.kept + sum.copied + sum.made + sum.pictures + sum.moved +
                         sum.replaced + sum.quarantined + sum.skipped + sum.failed + sum.unreached);
}

#define PROPOSE(c, ...)                                                                            \
    propose_all((c), (proposer[]){__VA_ARGS__},                                                    \
                sizeof((proposer[]){__VA_ARGS__}) / sizeof(proposer))

static inline void expect(const collection *c, size_t index, ie_action_kind kind, const char *to)
{
    const ie_action *action = &c->plan->actions[index];
    if (action->kind != kind || (to == NULL) != (action->to == NULL) ||
        (to != NULL && strcmp(to, action->to) != 0)) {
        fail_msg("%s: %s to %s (%s), expected %s to %s", action->from,
                 ie_action_kind_name(action->kind), action->to != NULL ? action->to : "-",
                 action->reason != NULL ? action->reason : "", ie_action_kind_name(kind),
                 to != NULL ? to : "-");
    }
}

static inline void expect_reason(const collection *c, size_t index, const char *part)
{
    const char *reason = c->plan->actions[index].reason;
    if (reason == NULL || strstr(reason, part) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", part, reason != NULL ? reason : "(none)");
    }
}

#endif
