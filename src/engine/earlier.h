// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What photos were called before runs renamed them, as the journals of the folders that they lie
 * in, and of all folders above these, tell: a name that a template made of another one
 * ("{name}_{seq}") can be told from a camera's only by what it was made of. A journal is read when
 * the first photo below its folder is asked for; one that cannot be read is as if it were not
 * there. Reads only; one thread.
 */
#ifndef IE_ENGINE_EARLIER_H
#define IE_ENGINE_EARLIER_H

typedef struct ie_earlier ie_earlier;

ie_earlier *ie_earlier_new(void);
void ie_earlier_free(ie_earlier *earlier); /* NULL is fine */
/* The path that the file at this absolute one had before the last run, not undone, that gave it
   this one; or of which that run made it. NULL: no journal knows of any. Valid until
   ie_earlier_free(). */
const char *ie_earlier_path(ie_earlier *earlier, const char *path);

#endif
