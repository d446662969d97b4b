// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What is known of a file already, so that it need not be opened. On the walk's thread.
 */
#ifndef IE_ENGINE_RECALL_H
#define IE_ENGINE_RECALL_H

#include "engine/pipeline.h"

/* Fills in what the catalog knows of the photo as it lies there, sidecars included. Is that all
   that is wanted? */
bool ie_recall(const ie_pipeline *pipeline, ie_photo *photo);

#endif
