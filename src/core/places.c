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
    places->items[places->count] =
        (ie_named_place){ie_strdup(name), latitude, longitude, altitude_m, places->count};
    places->count++;
    return true;
}

static int by_name(const void *a, const void *b)
{
    const ie_named_place *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static int by_name_alone(const void *key, const void *item)
{
    return strcmp(key, ((const ie_named_place *)item)->name);
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

static const ie_named_place *find_name(const ie_places *places, const char *name)
{
    const ie_named_place *found =
        places->count > 0
            ? bsearch(name, places->items, places->count, sizeof *places->items, by_name_alone)
            : NULL;
    while (found != NULL && found > places->items && strcmp(found[-1].name, name) == 0) {
        found--;
    }
    return found;
}

/* What follows the next /; NULL at the end. */
static const char *next_part(const char *path)
{
    const char *slash = strchr(path, '/');
    return slash != NULL ? slash + 1 : NULL;
}

const ie_named_place *ie_places_find(const ie_places *places, const char *path)
{
    const ie_named_place *found = NULL;
    for (const char *part = path; part != NULL && found == NULL; part = next_part(part)) {
        found = find_name(places, part);
    }
    return found;
}

void ie_places_mark(const ie_places *places, const char *path, bool *named)
{
    for (const char *part = path; part != NULL; part = next_part(part)) {
        const ie_named_place *found = find_name(places, part);
        size_t first = found != NULL ? (size_t)(found - places->items) : places->count;
        for (; first < places->count && strcmp(places->items[first].name, part) == 0; first++) {
            named[first] = true;
        }
    }
}
