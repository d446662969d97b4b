// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyzers/shared.h"

#include <string.h>

#include "utils/memory.h"
#include "utils/text.h"

struct ie_shared_entry {
    char *key;
    void *thing;
    unsigned users;
    ie_shared_entry *next;
};

char *ie_settings_text(const ie_config *config, const char *const *prefixes)
{
    ie_buffer text = {0};
    for (size_t i = 0; i < ie_option_count(); i++) {
        const char *key = ie_option_at(i)->key;
        for (size_t p = 0; prefixes[p] != NULL; p++) {
            if (ie_starts_with(key, prefixes[p])) {
                IE_AUTO_FREE char *value = ie_config_text(config, key);
                ie_buffer_printf(&text, "%s=%s\n", key, value);
                break;
            }
        }
    }
    return ie_buffer_take(&text);
}

ie_status ie_shared_take(ie_shared *shared, const ie_config *config, const char *const *prefixes,
                         const char *catalog, ie_shared_make_fn make, void **ret_thing,
                         ie_error *err)
{
    char *key = ie_settings_text(config, prefixes);
    pthread_mutex_lock(&shared->lock);
    ie_shared_entry *entry = shared->entries;
    while (entry != NULL && strcmp(entry->key, key) != 0) {
        entry = entry->next;
    }
    ie_status status = IE_OK;
    if (entry == NULL) {
        void *thing = NULL;
        status = make(config, catalog, &thing, err);
        if (status == IE_OK) {
            entry = ie_alloc(sizeof *entry);
            *entry = (ie_shared_entry){.key = key, .thing = thing, .next = shared->entries};
            shared->entries = entry;
            key = NULL;
        }
    }
    if (status == IE_OK) {
        entry->users++;
        *ret_thing = entry->thing;
    }
    pthread_mutex_unlock(&shared->lock);
    free(key);
    return status;
}

void ie_shared_give(ie_shared *shared, void *thing, void (*free_thing)(void *thing))
{
    pthread_mutex_lock(&shared->lock);
    ie_shared_entry **at = &shared->entries;
    while (*at != NULL && (*at)->thing != thing) {
        at = &(*at)->next;
    }
    ie_shared_entry *entry = *at;
    bool last = entry != NULL && --entry->users == 0;
    if (last) {
        *at = entry->next;
    }
    pthread_mutex_unlock(&shared->lock);
    if (last) {
        free_thing(entry->thing);
        free(entry->key);
        free(entry);
    }
}
