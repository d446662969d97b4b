// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/data_folder.h"

#include <stdlib.h>

#include "utils/memory.h"

/* The variable's value, or `below` in the user's home; free() it. NULL when neither is set. */
static char *base(const char *variable, const char *below)
{
    const char *value = getenv(variable), *home = getenv("HOME");
    if (value != NULL && value[0] == '/') {
        return ie_strdup(value);
    }
    return home != NULL && home[0] != 0 ? ie_asprintf("%s/%s", home, below) : NULL;
}

char *ie_data_folder(const char *name)
{
    IE_AUTO_FREE char *folder = base("XDG_DATA_HOME", ".local/share");
    return folder != NULL ? ie_asprintf("%s/imgengine/%s", folder, name) : NULL;
}

char *ie_hub_cache_folder(void)
{
    const char *hub = getenv("HF_HUB_CACHE");
    if (hub != NULL && hub[0] == '/') {
        return ie_strdup(hub);
    }
    IE_AUTO_FREE char *home = base("HF_HOME", ".cache/huggingface");
    return home != NULL ? ie_asprintf("%s/hub", home) : NULL;
}
