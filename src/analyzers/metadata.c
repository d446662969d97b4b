// SPDX-License-Identifier: GPL-3.0-or-later
/* Date, camera, exposure, place, words and stored size, from the headers alone. */
#include <regex.h>
#include <stdlib.h>
#include <time.h>

#include "analyzers/analyzer.h"
#include "storage/metadata_file.h"
#include "storage/xml.h"

static bool enabled(const ie_config *config)
{
    return config->analysis.metadata;
}

typedef struct reader {
    ie_metadata_options options;
    regex_t pattern;
} reader;

static ie_status open_reader(const ie_config *config, const char *catalog, void **ret_state,
                             ie_error *err)
{
    ie_status status = ie_xml_ready(err);
    if (status != IE_OK) {
        return status;
    }
    reader *r = ie_alloc(sizeof *r);
    r->options = (ie_metadata_options){
        .date_order = &config->analysis.date_order,
        .prefer = &config->analysis.prefer,
        .beside = true,
        .now_s = time(NULL),
    };
    const char *pattern = config->analysis.name_pattern;
    if (pattern != NULL && pattern[0] != 0 && regcomp(&r->pattern, pattern, REG_EXTENDED) == 0) {
        r->options.name_pattern = &r->pattern;
    }
    *ret_state = r;
    return IE_OK;
}

static void close_reader(void *state)
{
    reader *r = state;
    if (r != NULL && r->options.name_pattern != NULL) {
        regfree(&r->pattern);
    }
    free(r);
}

static void run(void *state, ie_photo *photo, ie_source *source)
{
    const reader *r = state;
    ie_metadata_read_with(&r->options, ie_source_bytes(source), photo);
    photo->have |= IE_HAVE_METADATA;
}

const ie_analyzer ie_metadata_analyzer = {
    .name = "metadata",
    .help = "date, camera, exposure, place, title, caption, keywords, albums, rating, people, and "
            "what sidecars say",
    .version = 7,
    .gives = IE_HAVE_METADATA,
    .enabled = enabled,
    .open = open_reader,
    .run = run,
    .close = close_reader,
};
