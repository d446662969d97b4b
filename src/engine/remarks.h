// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What threads have to say, kept until one thread says it. Each remark is made once: all workers
 * meet the same missing thing. Any thread may add; one thread takes.
 */
#ifndef IE_ENGINE_REMARKS_H
#define IE_ENGINE_REMARKS_H

#include <pthread.h>
#include <stddef.h>

typedef struct ie_remarks {
    pthread_mutex_t lock;
    char **texts;
    size_t count, room, said;
} ie_remarks;

void ie_remarks_init(ie_remarks *remarks);
void ie_remarks_clear(ie_remarks *remarks);
void ie_remark_add(void *remarks, const char *text); /* an ie_remarks */
/* In the order in which they were made; NULL when all were given. free() it. */
char *ie_remark_next(ie_remarks *remarks);
/* Says all that were not given yet; `say` NULL: to nobody. */
void ie_remarks_speak(ie_remarks *remarks, void (*say)(void *user, const char *text), void *user);

#endif
