// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/print.h"

#include <poll.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <stdarg.h>
#include <string.h>

#include "cli/command.h"
#include "utils/memory.h"

static FILE *messages;

FILE *ie_messages(void)
{
    return messages != NULL ? messages : stderr;
}

/* Async-signal-safe: what a crash leaves to say when standard error is not where messages go. */
static void on_crash(int number)
{
    static const char text[] =
        "imgengine: stopped by an internal error or for lack of memory. What was "
        "changed until now is in the journal; `imgengine undo` takes it back.\n";
    if (write(fileno(messages), text, sizeof text - 1) < 0) {
        /* nowhere left to say it */
    }
    signal(number, SIG_DFL);
    raise(number);
}

void ie_messages_separate(void)
{
    int own = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3),
        nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    FILE *stream = own >= 0 && nowhere >= 0 ? fdopen(own, "w") : NULL;
    if (stream != NULL) {
        setvbuf(stream, NULL, _IOLBF, 0);
        messages = stream;
        dup2(nowhere, STDERR_FILENO);
        signal(SIGABRT, on_crash);
        signal(SIGSEGV, on_crash);
        signal(SIGBUS, on_crash);
    } else if (own >= 0) {
        close(own);
    }
    if (nowhere >= 0) {
        close(nowhere);
    }
}

void ie_complain(const char *format, ...)
{
    va_list args;
    fflush(stdout); /* keeps the order where both go to one terminal */
    fputs("imgengine: ", ie_messages());
    va_start(args, format);
    vfprintf(ie_messages(), format, args);
    va_end(args);
    fputc('\n', ie_messages());
}

int ie_complain_error(const ie_error *err)
{
    ie_complain("%s", err->text[0] != 0 ? err->text
                                        : "It failed without saying why; please report this.");
    switch (err->status) {
    case IE_ERR_USAGE:
        return IE_EXIT_USAGE;
    case IE_ERR_CANCELLED:
        return IE_EXIT_INTERRUPTED;
    default:
        return IE_EXIT_ERROR;
    }
}

int ie_complain_usage(const ie_command *command, const ie_error *err)
{
    ie_complain("%s See \"imgengine %s%s--help\".", err->text, command != NULL ? command->name : "",
                command != NULL ? " " : "");
    return IE_EXIT_USAGE;
}

/* Standard output is one for the process; only the thread that prints records and results looks
   here. */
static int output_errno;

/* errno may be of a later call: whether the reader is gone is asked of the pipe itself. */
static int output_failure(void)
{
    int code = errno;
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0 ? EPIPE : code != 0 ? code : EIO;
}

bool ie_output_ok(void)
{
    if (output_errno == 0 && ferror(stdout)) {
        output_errno = output_failure();
    }
    return output_errno == 0;
}

int ie_output_end(void)
{
    if (output_errno == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
        output_errno = output_failure();
    }
    if (output_errno == 0) {
        return IE_EXIT_DONE;
    }
    if (output_errno != EPIPE) {
        char reason[128];
        ie_complain("The output could not be written: %s.",
                    strerror_r(output_errno, reason, sizeof reason));
    }
    return output_errno == EPIPE ? IE_EXIT_NO_READER : IE_EXIT_ERROR;
}

size_t ie_columns(const char *text)
{
    size_t columns = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p != 0;) {
        size_t length = ie_utf8_char(p);
        /* Hangul, CJK and emoji lie at U+1100, U+2E80 to U+FFFF and above U+1F000: good enough for
           a bar. */
        bool wide =
            (length == 3 && (p[0] > 0xe2 || (p[0] == 0xe1 && p[1] < 0x86)) && p[0] != 0xef) ||
            (length == 4 && p[1] >= 0x9f);
        columns += wide ? 2 : 1;
        p += length > 0 ? length : 1;
    }
    return columns;
}

void ie_print_wrapped(FILE *out, const char *text, size_t indent, size_t start, size_t width)
{
    size_t column = start;
    bool first = true;
    for (const char *p = text; *p != 0;) {
        /* A command that is to be typed or copied stays whole. */
        size_t length = strcspn(p, ie_starts_with(p, "imgengine ") ? ",;" : " ");
        length += p[length] == ',' || p[length] == ';';
        IE_AUTO_FREE char *word = ie_strndup(p, length);
        size_t columns = ie_columns(word);
        if (!first && column + 1 + columns > width) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (!first) {
            fputc(' ', out);
            column++;
        } else if (column < indent) {
            fprintf(out, "%*s", (int)(indent - column), "");
            column = indent;
        }
        fputs(word, out);
        column += columns;
        first = false;
        p += length;
        p += strspn(p, " ");
    }
    fputc('\n', out);
}

const char *ie_size_text(uint64_t bytes, char buffer[32])
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB"};
    if (bytes < 1000) {
        snprintf(buffer, 32, "%u byte%s", (unsigned)bytes, bytes == 1 ? "" : "s");
        return buffer;
    }
    double value = (double)bytes / 1000;
    size_t unit = 0;
    for (; value >= 999.95 && unit + 1 < sizeof units / sizeof *units; unit++) {
        value /= 1000;
    }
    snprintf(buffer, 32, "%.1f %s", value, units[unit]);
    return buffer;
}

const char *ie_duration_text(double seconds, char buffer[32])
{
    if (seconds < 9.95) {
        snprintf(buffer, 32, "%.1f s", seconds < 0 ? 0.0 : seconds);
        return buffer;
    }
    /* Beyond some thousand years it is no estimate any more. */
    uint64_t whole = seconds < 1e11 ? (uint64_t)(seconds + 0.5) : (uint64_t)1e11;
    if (whole < 60) {
        snprintf(buffer, 32, "%u s", (unsigned)whole);
    } else if (whole < 3600) {
        snprintf(buffer, 32, "%u min %u s", (unsigned)(whole / 60), (unsigned)(whole % 60));
    } else {
        snprintf(buffer, 32, "%llu h %u min", (unsigned long long)(whole / 3600),
                 (unsigned)(whole / 60 % 60));
    }
    return buffer;
}

void ie_add_count(ie_buffer *buffer, uint64_t count, const char *singular, const char *plural)
{
    ie_buffer_printf(buffer, "%llu %s", (unsigned long long)count,
                     count == 1       ? singular
                     : plural != NULL ? plural
                                      : singular);
    if (count != 1 && plural == NULL) {
        ie_buffer_char(buffer, 's');
    }
}
