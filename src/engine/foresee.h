// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What a conversion, a turn or stripping would find in the photo's file, told at planning time by
 * looking at its bytes, so that the plan says what apply would refuse. Nothing is decoded and
 * nothing changed; one look for each such photo.
 */
#ifndef IE_ENGINE_FORESEE_H
#define IE_ENGINE_FORESEE_H

#include "processors/processor.h"

/* For ie_proposal.foresee. */
void ie_foresee(const ie_config *config, const ie_photo *photo, const ie_action *action,
                ie_arena *arena, ie_prospect *ret_prospect);

/* For ie_proposal.shares. */
bool ie_foresee_shares(const ie_photo *a, const ie_photo *b);

/* For ie_proposal.loses: an HDR gain map, or the video of a motion photo. */
const char *ie_foresee_loses(const ie_config *config, const ie_photo *goes, const ie_photo *stays);

/* For ie_proposal.stripped. */
bool ie_foresee_stripped(const ie_photo *photo, const char *path, unsigned strip);

#endif
