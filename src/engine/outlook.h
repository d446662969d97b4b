// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What is seen of a photo and beside it before tags are planned: would its file take them, which
 * XMP sidecar is there and what does it say. Looks only, so that the plan says already what apply
 * would find.
 */
#ifndef IE_ENGINE_OUTLOOK_H
#define IE_ENGINE_OUTLOOK_H

#include "processors/processor.h"

/* ie_proposal.look; `user` is not used. */
void ie_outlook_take(void *user, const ie_photo *photo, const ie_action *action, ie_arena *arena,
                     ie_outlook *ret_outlook);

#endif
