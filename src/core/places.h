// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_places: where photos were taken, by the names of their files, as a list from elsewhere says
 * it. Read-only once filled and sorted. Pure.
 */
#ifndef IE_CORE_PLACES_H
#define IE_CORE_PLACES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ie_named_place {
    char *name; /* of a file, or the end of its path: "b.jpg", "a/b.jpg", "/home/a/b.jpg" */
    double latitude, longitude; /* signed degrees */
    double altitude_m;          /* NaN: absent */
    size_t line;                /* its place in the list */
} ie_named_place;

typedef struct ie_places {
    ie_named_place *items; /* by name, once sorted */
    size_t count, room;
} ie_places;

/* False, and nothing is added, when it is no place on earth. */
bool ie_places_add(ie_places *places, const char *name, double latitude, double longitude,
                   double altitude_m);
void ie_places_sort(ie_places *places); /* of one name the first stays in front */
void ie_places_clear(ie_places *places);
/* The longest name that the path ends with, whole parts only, and of one name the first; NULL when
   none does. */
const ie_named_place *ie_places_find(const ie_places *places, const char *path);
/* Sets `named`, by index of the items, of every name that the path ends with. */
void ie_places_mark(const ie_places *places, const char *path, bool *named);

#endif
