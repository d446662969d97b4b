// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * An analyzer fills facts of photos and never writes a file. A new one costs one file and one word in the
 * table of analyzers.c. A raised version makes stored results stale. `run` is called with n = 1 for CPU
 * analyzers (batch 1), from several threads at once, each with its own state from `open`.
 */
#ifndef IE_ANALYZERS_ANALYZER_H
#define IE_ANALYZERS_ANALYZER_H

#include "core/config.h"
#include "core/photo.h"
#include "storage/source.h"

typedef struct ie_analyzer {
    const char *name;    /* "metadata": the word of --only */
    const char *help;    /* one line: which facts */
    int version;
    unsigned gives;      /* its IE_HAVE_* bit */
    unsigned views;      /* IE_VIEW_* that it asks its source for; 0: looks at no pixels */
    unsigned batch;      /* photos a call; 1 for CPU analyzers */
    bool (*enabled)(const ie_config *config);
    /* Beginnings of the keys of settings that change its results, ends with NULL; NULL: analysis.content and
       limits when it looks at pixels, else none. */
    const char *const *settings;
    /* May be NULL. Is what it needs from outside there? Else IE_ERR_NOT_FOUND, naming the command that gets it. */
    ie_status (*check)(const ie_config *config, ie_error *err);
    uint32_t (*color_side)(const ie_config *config); /* for IE_VIEW_COLOR: the shorter side it wants at least */
    /* Per worker thread; *ret_state may stay NULL when there is nothing to keep. */
    ie_status (*open)(const ie_config *config, void **ret_state, ie_error *err);
    /* Sets facts and `gives` in photo->have, or adds faults. Never fails the run. */
    void (*run)(void *state, ie_photo **photos, ie_source **sources, size_t count);
    char *(*remark)(void *state); /* may be NULL; what a person should hear, once: free() it; NULL: nothing */
    void (*close)(void *state);
} ie_analyzer;

/* All analyzers in the order they run; NULL-terminated. */
extern const ie_analyzer *const ie_analyzers[];

extern const ie_analyzer ie_metadata_analyzer, ie_image_data_analyzer, ie_hashes_analyzer, ie_quality_analyzer, ie_colors_analyzer,
    ie_similar_analyzer, ie_scenes_analyzer, ie_objects_analyzer;

#endif
