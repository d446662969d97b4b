// SPDX-License-Identifier: GPL-3.0-or-later
/* For tests of the content analyzers: one file through a source and the three analyzers. */
#ifndef IE_TEST_CONTENT_HELP_H
#define IE_TEST_CONTENT_HELP_H

#include "analyzers/analyzer.h"
#include "test.h"
#include "utils/error.h"

typedef struct content_rig {
    ie_config *config;
    ie_scratch *scratch;
    void *states[3];
    unsigned views; /* of the source's options */
} content_rig;

static const ie_analyzer *const rig_analyzers[3] = {&ie_hashes_analyzer, &ie_quality_analyzer,
                                                    &ie_colors_analyzer};

static inline void rig_open(content_rig *rig, bool exact)
{
    *rig = (content_rig){.config = ie_config_new(), .scratch = ie_scratch_new()};
    rig->config->analysis.exact = exact;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rig_analyzers[i]->open(rig->config, NULL, &rig->states[i], NULL), IE_OK);
    }
}

static inline void rig_close(content_rig *rig)
{
    for (int i = 0; i < 3; i++) {
        rig_analyzers[i]->close(rig->states[i]);
    }
    ie_scratch_free(rig->scratch);
    ie_config_free(rig->config);
}

static inline ie_source_options rig_options(const content_rig *rig)
{
    return (ie_source_options){
        .max_pixels = 200000000,
        .max_file_bytes = 1u << 30,
        .exact = rig->config->analysis.exact,
        .views = rig->views,
    };
}

/* Runs the analyzers whose IE_HAVE_* bit is in `wanted`. */
static inline void rig_run(content_rig *rig, ie_bytes *bytes, ie_photo *photo, unsigned wanted)
{
    ie_source_options options = rig_options(rig);
    ie_source *source = ie_source_new(bytes, photo, &options, rig->scratch);
    for (int i = 0; i < 3; i++) {
        if ((wanted & rig_analyzers[i]->gives) != 0) {
            rig_analyzers[i]->run(rig->states[i], photo, source);
        }
    }
    ie_source_free(source);
}

#define RIG_ALL (IE_HAVE_HASHES | IE_HAVE_QUALITY | IE_HAVE_COLORS)

/* The record of bytes in memory, its format told from them; free it. */
static inline ie_photo *rig_photo(content_rig *rig, const void *memory, size_t size,
                                  const char *name, uint8_t orientation, unsigned wanted)
{
    ie_photo *photo = ie_photo_new();
    ie_bytes *bytes = ie_bytes_wrap(memory, size);
    photo->format = ie_format_sniff(memory, size < IE_SNIFF_BYTES ? size : IE_SNIFF_BYTES, name);
    photo->orientation = orientation;
    rig_run(rig, bytes, photo, wanted);
    ie_bytes_close(bytes);
    return photo;
}

static inline uint8_t *rig_load(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    uint8_t *data = ie_alloc(size > 0 ? (size_t)size
                                      : 1); /* exact, so that a sanitizer sees each byte too far */
    *ret_size = fread(data, 1, (size_t)size, file);
    fclose(file);
    return data;
}

#endif
