// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * An analyzer fills facts of photos and never writes a file. A new one costs one file and one word
 * in the table of analyzers.c. A raised version makes stored results stale. Its functions are
 * called from several threads at once, each with its own state from `open`.
 *
 * An analyzer looks at a photo either at once, by `run`, or in two steps, because networks like
 * several photos at a time: `prepare` makes from the pixels what its network takes, on the worker
 * that decoded them, and `infer` is given one or more of these, all of one size, maybe on another
 * thread with another state.
 */
#ifndef IE_ANALYZERS_ANALYZER_H
#define IE_ANALYZERS_ANALYZER_H

#include "core/config.h"
#include "core/photo.h"
#include "storage/source.h"

/* A picture as a network takes it: 3 planes of width * height floats, on the heap. NULL data:
   nothing to look at. */
typedef struct ie_prepared {
    float *data;
    uint32_t width, height;
} ie_prepared;

typedef struct ie_analyzer {
    const char *name;    /* "metadata": the word of --only */
    const char *help;    /* one line: which facts */
    int version;
    unsigned gives;      /* its IE_HAVE_* bit */
    unsigned views;      /* IE_VIEW_* that it asks its source for; 0: looks at no pixels */
    bool (*enabled)(const ie_config *config);
    /* Beginnings of the keys of settings that change its results, ends with NULL; NULL:
       analysis.content and limits when it looks at pixels, else none. */
    const char *const *settings;
    /* May be NULL. Is what it needs from outside there? Else IE_ERR_NOT_FOUND, naming the command
       that gets it. */
    ie_status (*check)(const ie_config *config, ie_error *err);
    /* May be NULL. Hash of the files that its results come from, a model's: another file makes
       stored results stale, whatever it is called. 0: they are not all there. */
    uint64_t (*files)(const ie_config *config);
    uint32_t (*color_side)(
        const ie_config *config); /* for IE_VIEW_COLOR: the shorter side it wants at least */
    /* Per thread; *ret_state may stay NULL when there is nothing to keep. `catalog`: path of the
       one that keeps what is computed once for all photos; NULL: none. */
    ie_status (*open)(const ie_config *config, const char *catalog, void **ret_state,
                      ie_error *err);
    /* Sets facts and `gives` in photo->have, or adds faults. Never fails the run. NULL: these four
       instead. */
    void (*run)(void *state, ie_photo *photo, ie_source *source);
    size_t (*prepared_bytes)(const ie_config *config); /* at most, of one photo */
    bool (*prepare)(void *state, ie_photo *photo, ie_source *source,
                    ie_prepared *ret_prepared); /* false: faults */
    /* How many photos infer() likes at once; 0: one, on the thread that prepared it. */
    size_t (*batch)(void *state);
    void (*infer)(void *state, ie_photo **photos, const ie_prepared *prepared, size_t count);
    char *(*remark)(
        void *state); /* may be NULL; what a person should hear, once: free() it; NULL: nothing */
    void (*close)(void *state);
} ie_analyzer;

#define IE_MAX_ANALYZERS 16

/* All analyzers in the order they run; NULL-terminated. */
extern const ie_analyzer *const ie_analyzers[];

extern const ie_analyzer ie_metadata_analyzer, ie_image_data_analyzer, ie_hashes_analyzer,
    ie_quality_analyzer, ie_colors_analyzer, ie_similar_analyzer, ie_scenes_analyzer,
    ie_objects_analyzer;

#endif
