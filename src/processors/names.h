// SPDX-License-Identifier: GPL-3.0-or-later
/* A hash table of paths that differ in more than ASCII case: who has which, while names are given
   out. */
#ifndef IE_PROCESSORS_NAMES_H
#define IE_PROCESSORS_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ie_name {
    uint64_t owner; /* of it as a stem; 0: nobody */
    bool taken;     /* as a file's whole path */
    uint32_t next;  /* the first number worth trying after this stem; 0: none tried yet */
} ie_name;

typedef struct ie_names ie_names;
ie_names *ie_names_new(void);
void ie_names_free(ie_names *names);
/* The entry, made empty when there is none; valid until the next call. */
ie_name *ie_names_get(ie_names *names, const char *path);

#endif
