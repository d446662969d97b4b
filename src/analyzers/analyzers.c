// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyzers/analyzer.h"

/* One word here for each analyzer, in running order: metadata first, because views need the
   orientation. */
const ie_analyzer *const ie_analyzers[] = {
    &ie_metadata_analyzer,
    &ie_hashes_analyzer,
    &ie_quality_analyzer,
    &ie_colors_analyzer,
    &ie_similar_analyzer,
    &ie_image_data_analyzer,
    &ie_scenes_analyzer,
    &ie_objects_analyzer,
    NULL,
};
