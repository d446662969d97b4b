// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Ctrl-C and its kin. The first signal asks the engine to stop after the current file; a second one
 * ends the program at once, but only before any user's file is changed. Process-wide, as
 * signals are.
 */
#ifndef IE_CLI_INTERRUPT_H
#define IE_CLI_INTERRUPT_H

void ie_interrupt_install(void);
const volatile int *ie_interrupt_flag(void); /* for ie_engine_options.cancel */
/* From now on files are being changed, and how to take that back will be said at the end: no signal
   ends the program at once any more. */
void ie_interrupt_changing(void);

#endif
