// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A number of places, taken one at a time and given back many at a time: how much may be under way.
 * One who waits is woken once for all that come back together, which a semaphore cannot do. Any
 * number of threads.
 */
#ifndef IE_UTILS_GATE_H
#define IE_UTILS_GATE_H

#include <stdbool.h>

typedef struct ie_gate ie_gate;

ie_gate *ie_gate_new(unsigned places);
void ie_gate_free(ie_gate *gate); /* NULL is fine; no thread may use it any more */
/* Takes a place if there is one. */
bool ie_gate_try(ie_gate *gate);
/* Takes a place as soon as there is one. */
void ie_gate_enter(ie_gate *gate);
void ie_gate_leave(ie_gate *gate, unsigned places);

#endif
