// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/remarks.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "utils/memory.h"

void ie_remarks_init(ie_remarks *remarks)
{
    *remarks = (ie_remarks){0};
    pthread_mutex_init(&remarks->lock, NULL);
}

void ie_remarks_clear(ie_remarks *remarks)
{
    for (size_t i = 0; i < remarks->count; i++) {
        free(remarks->texts[i]);
    }
    free(remarks->texts);
    pthread_mutex_destroy(&remarks->lock);
}

void ie_remark_add(void *remarks, const char *text)
{
    ie_remarks *r = remarks;
    pthread_mutex_lock(&r->lock);
    bool known = false;
    for (size_t i = 0; i < r->count && !known; i++) {
        known = strcmp(r->texts[i], text) == 0;
    }
    if (!known) {
        IE_GROW(r->texts, r->count, r->room);
        r->texts[r->count++] = ie_strdup(text);
    }
    pthread_mutex_unlock(&r->lock);
}

char *ie_remark_next(ie_remarks *remarks)
{
    pthread_mutex_lock(&remarks->lock);
    char *text = remarks->said < remarks->count ? ie_strdup(remarks->texts[remarks->said++]) : NULL;
    pthread_mutex_unlock(&remarks->lock);
    return text;
}

void ie_remarks_speak(ie_remarks *remarks, void (*say)(void *user, const char *text), void *user)
{
    for (char *text; (text = ie_remark_next(remarks)) != NULL; free(text)) {
        if (say != NULL) {
            say(user, text);
        }
    }
}
