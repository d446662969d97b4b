// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "cli/print.h"

#include "cli/command.h"

/* Written by the handler, read by the engine's threads: an int that only ever goes from 0 to 1. */
static volatile int cancelled;
static volatile sig_atomic_t changing_files;
static bool on_terminal; /* set before the handler is installed */

static void say(const char *text)
{
    ssize_t written = write(fileno(ie_messages()), text, strlen(text));
    (void)written; /* nothing can be done about it in a handler */
}

static void on_signal(int number)
{
    (void)number;
    int saved_errno = errno;
    if (cancelled && !changing_files) {
        _exit(IE_EXIT_INTERRUPTED);
    }
    if (on_terminal) {
        say("\r\033[K"); /* the bar, and the ^C that the terminal showed */
    }
    if (changing_files) {
        say("imgengine: Stopping after the current file ...\n");
    }
    cancelled = 1;
    errno = saved_errno;
}

void ie_interrupt_install(void)
{
    on_terminal = isatty(fileno(ie_messages()));
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* Closing the terminal must not leave a file half way either. */
    sigaction(SIGHUP, &action, NULL);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, NULL); /* writing then fails, which print.c notices */
}

const volatile int *ie_interrupt_flag(void)
{
    return &cancelled;
}

void ie_interrupt_changing(void)
{
    changing_files = 1;
}
