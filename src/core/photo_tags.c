// SPDX-License-Identifier: GPL-3.0-or-later
#include <string.h>

#include "core/photo.h"

static ie_label *find(ie_label *tags, uint32_t count, const char *label)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(tags[i].label, label) == 0) {
            return &tags[i];
        }
    }
    return NULL;
}

static int by_confidence(const void *a, const void *b)
{
    const ie_label *x = a, *y = b;
    if (x->confidence != y->confidence) {
        return x->confidence < y->confidence ? 1 : -1;
    }
    return strcmp(x->label, y->label);
}

void ie_photo_make_tags(ie_photo *photo, double min_confidence)
{
    ie_vision *vision = ie_photo_own_vision(photo);
    const ie_label *lists[] = {vision->scenes, vision->objects};
    const ie_label_model *models[] = {&vision->scenes_model, &vision->objects_model};
    const uint32_t counts[] = {vision->scene_count, vision->object_count};
    uint32_t used = 0;
    vision->tags = NULL;
    vision->tag_count = 0;
    if (counts[0] + counts[1] == 0) {
        return;
    }
    ie_label *tags = ie_arena_alloc(photo->arena, (counts[0] + counts[1]) * sizeof *tags);
    for (int l = 0; l < 2; l++) {
        for (uint32_t i = 0; i < counts[l]; i++) {
            const ie_label *label = &lists[l][i];
            ie_label *known = find(tags, used, label->label);
            if (label->confidence < min_confidence ||
                (known != NULL && known->confidence >= label->confidence)) {
                continue;
            }
            known = known != NULL ? known : &tags[used++];
            *known = (ie_label){.label = label->label,
                                .confidence = label->confidence,
                                .source = label->source,
                                .model = models[l]->name != NULL ? models[l] : NULL};
        }
    }
    qsort(tags, used, sizeof *tags, by_confidence);
    vision->tags = tags;
    vision->tag_count = used;
}
