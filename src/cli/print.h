// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Text for people: remarks on standard error, wrapped paragraphs, sizes and durations; and the
 * watch over standard output, whose failures (a full disk, a closed pipe) end a command.
 */
#ifndef IE_CLI_PRINT_H
#define IE_CLI_PRINT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/options.h"
#include "imgengine.h"
#include "utils/text.h"

/* Where remarks and the progress bar go: standard error. */
FILE *ie_messages(void);
/* From now on standard error is ours alone: what codec libraries print there, past every handler,
   is dropped. Called once, before threads; not with -v, which shows all. */
void ie_messages_separate(void);

/* "imgengine: …" and a newline on standard error. */
void ie_complain(const char *format, ...) IE_PRINTF(1, 2);
/* Prints the error and gives the exit code that fits it. */
int ie_complain_error(const ie_error *err);
/* The same for a wrong command line: says how to get help on the command (NULL: on the program). */
int ie_complain_usage(const ie_command *command, const ie_error *err);

/* True as long as everything written to standard output got there; remembers the first failure. */
bool ie_output_ok(void);
/* Flushes. IE_EXIT_DONE; IE_EXIT_ERROR after a message; IE_EXIT_NO_READER. */
int ie_output_end(void);

/* Words of `text`, and a command of ours up to a comma or the end whole, in lines of at most
   `width` columns, each line behind `indent` blanks; the first line starts at column `start`, where
   the cursor already is. Ends with a newline. */
void ie_print_wrapped(FILE *out, const char *text, size_t indent, size_t start, size_t width);

/* Columns that valid UTF-8 takes on a terminal; wide characters count two. */
size_t ie_columns(const char *text);

/* "512 bytes", "3.2 MB" (powers of 1000); buffer of 32; returns it. */
const char *ie_size_text(uint64_t bytes, char buffer[32]);
/* "0.8 s", "12 s", "3 min 20 s", "2 h 5 min"; buffer of 32; returns it. */
const char *ie_duration_text(double seconds, char buffer[32]);
/* "1 photo", "2 photos". `plural` NULL: singular + "s". */
void ie_add_count(ie_buffer *buffer, uint64_t count, const char *singular, const char *plural);

#endif
