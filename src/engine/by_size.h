// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The pipeline's little sister, for finding equal bytes and nothing else: it lists every file and
 * opens those only that can have an equal, because another one has their size, and those whose
 * names do not say what they are. What stays closed is taken for what its name says and has no
 * facts. The calling thread lists and hands over; a crew opens.
 */
#ifndef IE_ENGINE_BY_SIZE_H
#define IE_ENGINE_BY_SIZE_H

#include "engine/pipeline.h"

/* As ie_pipeline_run() does for a pipeline that wants the format alone, in the order of the scan;
   but a photo without IE_HAVE_FORMAT and without a fault was not opened. */
ie_status ie_by_size_run(const ie_pipeline *pipeline, ie_take_photo_fn take, void *user,
                         ie_pipeline_result *ret_result, ie_error *err) IE_MUST_CHECK;

#endif
