// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/places.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "utils/memory.h"

bool ie_places_add(ie_places *places, const char *name, double latitude, double longitude,
                   double altitude_m)
{
    if (name[0] == 0 || !(fabs(latitude) <= 90) || !(fabs(longitude) <= 180)) {
        return false;
    }
    IE_GROW(places->items, places->count, places->room);
    places->items[places->count++] =
        (ie_named_place){ie_strdup(name), latitude, longitude, altitude_m};
    return true;
}

static int by_name(const void *a, const void *b)
{
    const ie_named_place *x = a, *y = b;
    return strcmp(x->name, y->name);
}

void ie_places_sort(ie_places *places)
{
    if (places->count > 0) {
        qsort(places->items, places->count, sizeof *places->items, by_name);
    }
}

void ie_places_clear(ie_places *places)
{
    for (size_t i = 0; i < places->count; i++) {
        free(places->items[i].name);
    }
    free(places->items);
    *places = (ie_places){0};
}

const ie_named_place *ie_places_find(const ie_places *places, const char *path)
{
    for (const char *part = path; part != NULL && places->count > 0;) {
        ie_named_place wanted = {.name = (char *)part};
        const ie_named_place *found =
            bsearch(&wanted, places->items, places->count, sizeof *places->items, by_name);
        if (found != NULL) {
            return found;
        }
        part = strchr(part, '/');
        part = part != NULL ? part + 1 : NULL;
    }
    return NULL;
}
