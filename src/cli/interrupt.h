// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Ctrl-C and its kin. The first signal asks the engine to stop after the current file; a second one
 * ends the program at once, but only while no user's file is being changed. Process-wide, as
 * signals are.
 */
#ifndef IE_CLI_INTERRUPT_H
#define IE_CLI_INTERRUPT_H

#include <stdbool.h>

void ie_interrupt_install(void);
const volatile int *ie_interrupt_flag(void); /* for ie_engine_options.cancel */
/* Says whether files are being changed from now on. */
void ie_interrupt_changing(bool changing);

#endif
