// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/advice.h"

#include <string.h>

#include "core/convert_check.h"
#include "core/convert_rule.h"
#include "processors/processor.h"
#include "utils/error.h"
#include "utils/text.h"

void ie_advise_of_idleness(ie_engine *engine, const ie_request *request)
{
    if (strcmp(request->command, "tag") == 0 && !ie_tag_asked(engine->config)) {
        ie_engine_notice(engine, "Nothing was asked to be written. There are --keywords, --title, "
                                 "--caption, --rating, --gps, --gpx, --gps-from, --quality-rating "
                                 "and --quality-score, and --ml for what models see.");
    }
    bool similar = request->similar || engine->config->dedupe.similar;
    if (request->dedupe && !similar && ie_convert_asked(engine->config, "dedupe.radius")) {
        ie_engine_notice(engine, "--radius has no effect without --similar: equal bytes have no "
                                 "distance.");
    }
}

void ie_advise_of_doubt(void *engine, const char *text)
{
    ie_engine_notice(engine, "%s", text);
}

void ie_advise_of_colours(ie_engine *engine, const ie_plan *plan)
{
    const ie_config *config = engine->config;
    bool asked = config->convert.to_srgb && ie_convert_asked(config, "convert.to_srgb");
    for (size_t i = 0; asked && i < plan->count; i++) {
        asked = !ie_action_recodes(&plan->actions[i]);
    }
    if (asked) {
        ie_engine_notice(engine, "--to-srgb has no effect: no photo here is converted, and only "
                                 "new files get other colours "
                                 "(JPEGs with --from jpeg --to jpeg --recompress).");
    }
}

void ie_advise_of_unconverted(ie_engine *engine, const ie_plan *plan)
{
    const ie_config *config = engine->config;
    const uint64_t named = ie_convert_formats(config) | ie_convert_targets(config);
    size_t counts[IE_FORMAT_COUNT] = {0};
    if (!ie_convert_asked(config, "convert.to") || ie_convert_asked(config, "convert.from")) {
        return;
    }
    for (size_t i = 0; i < plan->count; i++) {
        counts[plan->actions[i].from_format]++;
    }
    ie_buffer found = {0}, names = {0};
    for (int i = 0; i < IE_FORMAT_COUNT; i++) {
        if (counts[i] > 0 && ie_format_kind((ie_format)i) == IE_KIND_PHOTO &&
            (named & UINT64_C(1) << i) == 0) {
            const char *name = ie_format_name((ie_format)i);
            ie_buffer_printf(&found, "%s%zu %s", found.size > 0 ? ", " : "", counts[i], name);
            ie_buffer_printf(&names, "%s%s", names.size > 0 ? "," : "", name);
        }
    }
    if (found.size > 0) {
        ie_engine_notice(engine,
                         "Of formats that are not converted unless --from names them: %s. "
                         "--from %s converts these.",
                         found.data, names.data);
    }
    ie_buffer_free(&found);
    ie_buffer_free(&names);
}

void ie_advise_of_originals(ie_engine *engine, const ie_plan *plan)
{
    size_t converted = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const ie_action *action = &plan->actions[i];
        converted += action->kind == IE_ACTION_COPY && !action->extra &&
                     action->format != action->from_format;
    }
    if (converted > 0 && engine->config->convert.strip.count == 0) {
        ie_engine_notice(engine,
                         "%zu photo%s come%s converted, and %s original%s not copied; "
                         "--keep-original copies %s, too.",
                         converted, converted == 1 ? "" : "s", converted == 1 ? "s" : "",
                         converted == 1 ? "its" : "their", converted == 1 ? " is" : "s are",
                         converted == 1 ? "it" : "them");
    }
}

void ie_advise_of_faults(ie_engine *engine, ie_photo *const *photos, const bool *known,
                         size_t count, bool verbose)
{
    size_t unchanged = 0;
    for (size_t i = 0; i < count; i++) {
        size_t faults = ie_photo_fault_count(photos[i]);
        if (faults > 0 && known[i] && !verbose) {
            unchanged++;
            continue;
        }
        for (size_t k = 0; k < faults; k++) {
            ie_engine_notice(engine, "%s: %s", ie_shown(photos[i]->path),
                             ie_photo_fault_text(photos[i], k));
        }
    }
    if (unchanged > 0) {
        ie_engine_notice(engine,
                         "%zu %s not changed since %s faults were found; -v tells them again.",
                         unchanged, unchanged == 1 ? "photo has" : "photos have",
                         unchanged == 1 ? "its" : "their");
    }
}

void ie_advise_of_track(ie_engine *engine, const size_t *tracked)
{
    static const struct {
        ie_tracked what;
        const char *one, *many;
    } reasons[] = {
        {IE_TRACKED_UNZONED, "its clock's distance from UTC is not known (--clock-offset)",
         "their clocks' distance from UTC is not known (--clock-offset)"},
        {IE_TRACKED_FAR, "the track has no point near its time",
         "the track has no point near their times"},
        {IE_TRACKED_UNDATED, "it does not say when it was taken",
         "they do not say when they were taken"},
        {IE_TRACKED_BEFORE, "it has a place already", "they have a place already"},
    };
    ie_buffer text = {0};
    size_t without = 0;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        size_t count = tracked[reasons[i].what];
        without += count;
        if (count > 0) {
            ie_buffer_printf(&text, "%s%zu because %s", text.size > 0 ? ", " : "", count,
                             count == 1 ? reasons[i].one : reasons[i].many);
        }
    }
    if (without > 0) {
        size_t all = tracked[IE_TRACKED_PLACED] + without;
        ie_engine_notice(engine, "The track gave a place to %zu of %zu photo%s, and none to %s.",
                         tracked[IE_TRACKED_PLACED], all, all == 1 ? "" : "s", text.data);
    }
    ie_buffer_free(&text);
}

/* How many names a notice tells. */
#define NAMES_TOLD 3

void ie_advise_of_places(ie_engine *engine, const ie_places *places, ie_photo *const *photos,
                         size_t count)
{
    IE_AUTO_FREE bool *named = ie_alloc(places->count + 1);
    size_t strangers = 0;
    ie_buffer names = {0};
    for (size_t i = 0; places->count > 0 && i < count; i++) {
        ie_places_mark(places, photos[i]->real_path, named);
    }
    for (size_t i = 0; i < places->count; i++) {
        strangers += !named[i];
        if (!named[i] && strangers <= NAMES_TOLD) {
            ie_buffer_printf(&names, "%s%s", strangers > 1 ? ", " : "",
                             ie_shown(places->items[i].name));
        }
    }
    if (strangers > 0) {
        ie_engine_notice(engine, "Of the list of places, %zu of %zu name%s no photo here: %s%s.",
                         strangers, places->count, strangers == 1 ? "s" : "", names.data,
                         strangers > NAMES_TOLD ? ", and others" : "");
    }
    ie_buffer_free(&names);
}

void ie_advise_of_filters(ie_engine *engine, const ie_summary *summary, uint64_t excluded)
{
    if (excluded > 0 && summary->photos + summary->videos == 0) {
        ie_engine_notice(engine,
                         "No photo was found: --include and --exclude (scan.include, scan.exclude) "
                         "left out %llu file%s or folder%s.",
                         (unsigned long long)excluded, excluded == 1 ? "" : "s",
                         excluded == 1 ? "" : "s");
    }
}
