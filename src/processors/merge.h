// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Before a version of a picture goes: keywords, albums, rating, place, title and caption that only
 * it has are given to the one that stays. What both have and differ in stays as the survivor says.
 */
#ifndef IE_PROCESSORS_MERGE_H
#define IE_PROCESSORS_MERGE_H

#include "processors/processor.h"

#define IE_MERGE_WORDS "gives it what only it has: " /* in a reason */

/* Gives `kept` (the action of `stays`) what `goes` alone says. Returns that in words, "keywords
   sea, sun, caption"; NULL when it says nothing of its own; free() it. */
char *ie_merge_give(const ie_proposal *proposal, const ie_photo *goes, const ie_photo *stays,
                    ie_action *kept);

#endif
