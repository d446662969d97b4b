// SPDX-License-Identifier: GPL-3.0-or-later
/* What is said beside a plan to who asked for it: of options that have no effect, of a request that
   asks for nothing, and of faults of the photos. Each is a notice of the engine; nothing here
   changes the plan. */
#ifndef IE_ENGINE_ADVICE_H
#define IE_ENGINE_ADVICE_H

#include "core/places.h"
#include "core/plan.h"
#include "engine/engine.h"

/* Who says --to PNG of JPEGs may not know that only some formats are converted without --from. */
void ie_advise_of_unconverted(ie_engine *engine, const ie_plan *plan);
/* A plan without work needs to say why when it is the request's doing. */
void ie_advise_of_idleness(ie_engine *engine, const ie_request *request);
/* Who asks for colours in sRGB may think that photos which nothing converts get them, too. */
void ie_advise_of_colours(ie_engine *engine, const ie_plan *plan);
/* A library of copies (process --output) that holds converted photos does not hold their originals.
 */
void ie_advise_of_originals(ie_engine *engine, const ie_plan *plan);
/* A plan says what is done to files; what is wrong with some of them is said beside it: once, by
   the command that found it, and of unchanged photos only how many they are. */
void ie_advise_of_faults(ie_engine *engine, ie_photo *const *photos, const bool *known,
                         size_t count, bool verbose);
/* Why a track gave photos no place; `tracked` has IE_TRACKED counts. */
void ie_advise_of_track(ie_engine *engine, const size_t *tracked);
/* Which names of a list of places name none of the photos. */
void ie_advise_of_places(ie_engine *engine, const ie_places *places, ie_photo *const *photos,
                         size_t count);
/* Who finds nothing should know that the filters are the reason. */
void ie_advise_of_filters(ie_engine *engine, const ie_summary *summary, uint64_t excluded);
/* One doubt of ie_convert_check(); `engine` is an ie_engine. */
void ie_advise_of_doubt(void *engine, const char *text);

#endif
