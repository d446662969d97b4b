// SPDX-License-Identifier: GPL-3.0-or-later
/* What the writer and the reader of journals share: the checksum of a line and the names of
   states. */
#ifndef IE_STORAGE_JOURNAL_LINE_H
#define IE_STORAGE_JOURNAL_LINE_H

#include "storage/journal.h"

#define IE_LINE_SUM 16 /* hex digits: the first half of the text's XXH3-128 */

void ie_line_sum(const char *text, size_t size, char ret_sum[IE_LINE_SUM + 1]);
const char *ie_entry_state_name(ie_entry_state state);

#endif
