// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Globs on paths: '*' and '?' do not cross a '/', '**' does ("**" and a '/' also match no folder at
 * all), [a-z], [!a-z], '\' takes the next character literally. Case counts. A glob without '/' is
 * matched with the base name, one with '/' (a leading one is dropped) with the whole relative path;
 * with a '/' at its end it matches folders only. Characters are UTF-8; a byte that is not UTF-8
 * counts as one character.
 *
 * All states of the pattern are followed at once, so time is at most |pattern| x |path|, whatever
 * the pattern. A compiled glob is read-only and shared by threads freely.
 */
#ifndef IE_UTILS_GLOB_H
#define IE_UTILS_GLOB_H

#include <stdbool.h>

#define IE_GLOB_MAX 1000 /* bytes of a pattern */

typedef struct ie_glob ie_glob;

/* NULL when the pattern is empty or longer than IE_GLOB_MAX. An unclosed '[' stands for itself. */
ie_glob *ie_glob_new(const char *pattern);
void ie_glob_free(ie_glob *glob); /* NULL is fine */

/* `relative`: a path below its root, without a leading '/'. */
bool ie_glob_matches(const ie_glob *glob, const char *relative, bool is_folder);

#endif
