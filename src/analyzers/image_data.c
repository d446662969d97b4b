// SPDX-License-Identifier: GPL-3.0-or-later
/* A hash of the coded picture without the metadata around it: equal for the same picture with other
   words. */
#include <stdlib.h>

#include "analyzers/analyzer.h"
#include "storage/image_data.h"

static bool enabled(const ie_config *config)
{
    return config->analysis.content;
}

static ie_status open_limit(const ie_config *config, const char *catalog, void **ret_state,
                            ie_error *err)
{
    uint64_t *most = ie_alloc(sizeof *most);
    *most = (uint64_t)config->limits.max_file_bytes;
    *ret_state = most;
    return IE_OK;
}

/* A damaged file has no such hash; what is wrong with it, those say who decode it. */
static void run(void *state, ie_photo *photo, ie_source *source)
{
    const uint64_t *most = state;
    ie_bytes *bytes = ie_source_bytes(source);
    const uint8_t *data = ie_image_data_known(photo->format) ? ie_bytes_load(bytes, *most) : NULL;
    if (data != NULL &&
        ie_image_data_hash(data, (size_t)ie_bytes_size(bytes), photo->format, &photo->image_data)) {
        photo->have |= IE_HAVE_IMAGE_DATA;
    }
}

static const char *const settings[] = {"limits.max_file_bytes", NULL};

const ie_analyzer ie_image_data_analyzer = {
    .name = "image_data",
    .help =
        "a hash of the coded picture without metadata: equal for the same picture with other tags",
    .version = 1,
    .gives = IE_HAVE_IMAGE_DATA,
    .enabled = enabled,
    .settings = settings,
    .open = open_limit,
    .run = run,
    .close = free,
};
