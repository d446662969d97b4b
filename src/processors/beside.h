// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Pictures made of originals that are copied as well. Where an output is to hold a whole collection
 * (ie_proposal.library), a RAW is never represented by its preview alone, and with
 * convert.keep_original no photo is by what it was converted to: its own action copies it, and the
 * picture made of it is an action of its own behind those of the files found. That gets its name,
 * that of the original, after naming. They are one unit: the picture is never there without its
 * original, while an original of which no picture can be made is copied all the same.
 */
#ifndef IE_PROCESSORS_BESIDE_H
#define IE_PROCESSORS_BESIDE_H

#include "processors/processor.h"

/* Does the original come along, beside what is made of it in that format? Not where copies are
   stripped: those tell what the original tells. */
bool ie_beside_wanted(const ie_proposal *proposal, const ie_photo *photo, ie_format to);
/* The action of the picture that is made of photo `index` as `made` says; without a name yet. It
   may move the plan's actions. */
ie_action *ie_beside_add(const ie_proposal *proposal, size_t index, const ie_action *made);
/* After naming and tagging, before texts get their places: names, and what is written for the
   original is written into the picture, too. What an earlier run made already is left out. */
ie_status ie_beside_propose(ie_proposal *proposal, ie_error *err);

#endif
