// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert_check.h"

#include "core/convert_rule.h"
#include "utils/error.h"
#include "utils/text.h"

#define BIT(format) (UINT64_C(1) << (format))

bool ie_convert_asked(const ie_config *config, const char *key)
{
    const char *origin = ie_config_origin(config, key);
    return origin != NULL && ie_starts_with(origin, "--");
}

static ie_status contradictions(const ie_config *config, bool copies, ie_error *err)
{
    if (config->convert.rules.count > 0) {
        static const char *const keys[][2] = {{"convert.from", "--from"}, {"convert.to", "--to"}};
        for (size_t i = 0; i < 2; i++) {
            if (ie_convert_asked(config, keys[i][0])) {
                return ie_error_set(err, IE_ERR_USAGE,
                                    "%s contradicts the conversion rules (%s), which alone say "
                                    "what becomes what; leave "
                                    "one of them out (--rules '' leaves out those of a file).",
                                    keys[i][1],
                                    ie_shown(ie_config_origin(config, "convert.rules")));
            }
        }
    }
    if (ie_convert_asked(config, "convert.trim") && config->convert.trim &&
        !config->convert.upright) {
        return ie_error_set(
            err, IE_ERR_USAGE,
            "--trim says how photos are turned, and none are; give --upright, too.");
    }
    /* From wherever they come: neither may be passed over in silence. */
    if (!copies && config->convert.keep_original && config->convert.strip.count > 0) {
        return ie_error_set(err, IE_ERR_USAGE,
                            "--keep-original copies photos with all that they tell, which --strip "
                            "takes out of copies; leave one of them out (--no-keep-original, "
                            "--strip '').");
    }
    return IE_OK;
}

ie_status ie_convert_check(const ie_config *config, bool copies,
                           void (*tell)(void *user, const char *text), void *user, ie_error *err)
{
    const uint64_t from = ie_convert_formats(config), to = ie_convert_targets(config);
    const uint64_t jpeg = BIT(IE_FORMAT_JPEG), sampled = jpeg | BIT(IE_FORMAT_AVIF);
    const uint64_t graded = sampled | BIT(IE_FORMAT_WEBP) | BIT(IE_FORMAT_JXL);
    uint64_t raws = 0;
    for (int i = 0; i < IE_FORMAT_COUNT; i++) {
        raws |= ie_format_kind((ie_format)i) == IE_KIND_RAW ? BIT(i) : 0;
    }
    const struct {
        const char *key, *text;
        bool idle;
    } rows[] = {
        {"convert.quality", "--quality has no effect: the new format keeps every pixel as it is.",
         (to & graded) == 0},
        {"convert.progressive", "--progressive has no effect: no JPEGs are made.",
         (to & jpeg) == 0},
        {"convert.chroma", "--chroma has no effect: it is for new JPEG and AVIF files.",
         (to & sampled) == 0},
        {"convert.pack_tiff", "--pack-tiff has no effect: no TIFFs are made.",
         (to & BIT(IE_FORMAT_TIFF)) == 0},
        {"convert.raw",
         "--raw has no effect: no RAWs are converted; add --from raw, or a rule like raw=jpeg.",
         (from & raws) == 0},
        {"convert.recompress",
         "--recompress has no effect: it is for JPEGs that become JPEGs; add --from jpeg --to "
         "jpeg.",
         (from & jpeg) == 0 || (to & jpeg) == 0},
        {"convert.keep_original",
         "--keep-original has no effect with --output: the originals stay where they are anyway.",
         copies},
    };
    ie_status status = contradictions(config, copies, err);
    for (size_t i = 0; status == IE_OK && i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].idle && ie_convert_asked(config, rows[i].key)) {
            tell(user, rows[i].text);
        }
    }
    return status;
}
