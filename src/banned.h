// SPDX-License-Identifier: GPL-3.0-or-later
/* Compile errors for calls that overflow, depend on global state, or start a shell. Included first
   everywhere; the system headers come before the poison so that they may use the names themselves.
 */
#ifndef IE_BANNED_H
#define IE_BANNED_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atof localtime gmtime ctime     \
    asctime system gets
#endif
