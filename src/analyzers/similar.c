// SPDX-License-Identifier: GPL-3.0-or-later
/* The sketch: the small likeness by which photos of near hashes are compared. Wanted of candidates
   only. */
#include <stdlib.h>

#include "analyzers/analyzer.h"
#include "utils/memory.h"

typedef struct sketcher {
    ie_resampler *resampler;
} sketcher;

static ie_status similar_open(const ie_config *config, const char *catalog, void **ret_state,
                              ie_error *err)
{
    (void)config;
    (void)err;
    sketcher *state = ie_alloc(sizeof *state);
    state->resampler = ie_resampler_new();
    *ret_state = state;
    return IE_OK;
}

/* Opponent colours of the stored values: what no change of brightness moves much. */
static void fill_chroma(const uint8_t *rgb, ie_sketch *sketch)
{
    for (int i = 0; i < IE_SKETCH_CHROMA * IE_SKETCH_CHROMA; i++) {
        int r = rgb[3 * i], g = rgb[3 * i + 1], b = rgb[3 * i + 2];
        sketch->a[i] = (int8_t)((r - g) / 2);
        sketch->b[i] = (int8_t)((r + g - 2 * b) / 4);
    }
}

static bool draw(sketcher *s, ie_source *source, ie_sketch *sketch)
{
    uint8_t colors[IE_SKETCH_CHROMA * IE_SKETCH_CHROMA * 3];
    const ie_pixels *luma = ie_source_luma(source), *rgb = ie_source_rgb(source);
    if (luma == NULL || rgb == NULL ||
        !ie_resampler_resize(s->resampler, luma, IE_SKETCH_SIDE, IE_SKETCH_SIDE, IE_FILTER_LANCZOS,
                             sketch->gray) ||
        !ie_resampler_resize(s->resampler, rgb, IE_SKETCH_CHROMA, IE_SKETCH_CHROMA, IE_FILTER_BOX,
                             colors)) {
        return false;
    }
    fill_chroma(colors, sketch);
    return true;
}

static void similar_run(void *state, ie_photo *photo, ie_source *source)
{
    ie_sketch *sketch = ie_arena_alloc(photo->arena, sizeof *sketch);
    if (draw(state, source, sketch)) {
        photo->sketch = sketch;
        photo->have |= IE_HAVE_SKETCH;
    }
}

static void similar_close(void *state)
{
    sketcher *s = state;
    if (s != NULL) {
        ie_resampler_free(s->resampler);
        free(s);
    }
}

/* `dedupe --similar` asks for it where it is needed. */
static bool similar_enabled(const ie_config *config)
{
    (void)config;
    return false;
}

const ie_analyzer ie_similar_analyzer = {
    .name = "similar",
    .help =
        "a small likeness of each picture, by which near duplicates are told; kept in the catalog",
    .version = 1,
    .gives = IE_HAVE_SKETCH,
    .views = IE_VIEW_LUMA | IE_VIEW_RGB,
    .enabled = similar_enabled,
    .open = similar_open,
    .run = similar_run,
    .close = similar_close,
};
