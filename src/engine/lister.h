// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The scan on a thread of its own, some hundred files ahead: folders are listed and files looked at
 * while the catalog is asked for those before. The order is the scan's. From start to stop the scan
 * is the lister's alone, and what it has to tell of comes on the lister's thread; all else belongs
 * to one thread.
 */
#ifndef IE_ENGINE_LISTER_H
#define IE_ENGINE_LISTER_H

#include "storage/scan.h"

typedef struct ie_lister ie_lister;

/* Where no thread can be had each file is looked for when it is asked for. */
ie_lister *ie_lister_start(ie_scan *scan);
/* The next one, now the caller's; waits for it; NULL at the end. */
ie_photo *ie_lister_next(ie_lister *lister);
/* At any time; frees what was listed and not taken. */
void ie_lister_stop(ie_lister *lister);

#endif
