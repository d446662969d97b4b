// SPDX-License-Identifier: GPL-3.0-or-later
/* Names that file managers, browsers and people give to copies: "a (1).jpg", "a copy 2.jpg", "a -
   Kopie.jpg", "Copy of a.jpg". A name says nothing for certain; it decides between equals. Pure. */
#ifndef IE_CORE_COPY_NAME_H
#define IE_CORE_COPY_NAME_H

#include <stdbool.h>

bool ie_name_says_copy(const char *path);

#endif
