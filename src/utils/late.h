// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A foreign library that is loaded when it is first needed, and then stays until the process ends.
 * libvips brings a hundred others with it: a command that decodes no picture should not wait 30 ms
 * for them. The module that includes such a library's header lists the functions it calls,
 *
 *     #define CALLS(X) X(zlibVersion) X(crc32)
 *     static struct { CALLS(IE_LATE_MEMBER) } zlib;
 *     static const char *const names[] = {CALLS(IE_LATE_NAME)};
 *     #define crc32 (zlib.crc32)
 *
 * so that types are the header's own, and a function that is missing in the list does not link.
 */
#ifndef IE_UTILS_LATE_H
#define IE_UTILS_LATE_H

#include <stdbool.h>
#include <stddef.h>

#define IE_LATE_MEMBER(name) __typeof__(name) *name;
#define IE_LATE_NAME(name) #name,

/* Fills `slots`, a struct of `count` pointers to the functions of these names. False when there is
   no such library or it lacks one of them; the slots are then all NULL. Thread-safe for different
   slots. */
bool ie_late_load(const char *library, const char *const *names, size_t count, void *slots);

#endif
