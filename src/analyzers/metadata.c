// SPDX-License-Identifier: GPL-3.0-or-later
/* Date, camera, exposure, place, words and stored size, from the headers alone. */
#include "analyzers/analyzer.h"
#include "storage/metadata_file.h"

static bool enabled(const ie_config *config)
{
    return config->analysis.metadata;
}

static void run(void *state, ie_photo **photos, ie_source **sources, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ie_metadata_read(ie_source_bytes(sources[i]), photos[i]);
        photos[i]->have |= IE_HAVE_METADATA;
    }
}

const ie_analyzer ie_metadata_analyzer = {
    .name = "metadata",
    .help = "date, camera, exposure, place, title, caption, keywords and rating",
    .version = 2,
    .gives = IE_HAVE_METADATA,
    .batch = 1,
    .enabled = enabled,
    .run = run,
};
