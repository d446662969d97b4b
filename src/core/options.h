// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The option table: one row a setting. Everything that is known of a setting is derived from its
 * row: where its value lies in ie_config, its default, checks, flag, help, YAML and environment
 * name. A new setting is a field in core/config.h and a row in options.c. Constant, hence
 * thread-safe.
 *
 * The public functions ie_option_*() stand in imgengine.h.
 */
#ifndef IE_CORE_OPTIONS_H
#define IE_CORE_OPTIONS_H

#include <stddef.h>

#include "imgengine.h"

/* What lies at the offset: bool for BOOL, int64_t for INT, double for REAL, char * for TEXT,
   ie_config_list for LIST; for CHOICE char *, or the choice's number as int64_t when `numbered`. */
typedef struct ie_option_row {
    ie_option option;
    size_t offset;
    bool numbered;
    /* What range and choices cannot say; NULL: nothing more. Runs on the text before it is
       stored. */
    ie_status (*check)(const char *text, ie_error *err);
} ie_option_row;

const ie_option_row *ie_option_row_at(size_t index);

/* The row's index, or -1 when the key is unknown. */
ptrdiff_t ie_option_index(const char *key);

/* "dedupe.keep" → "IMGENGINE_DEDUPE_KEEP"; free() it. */
char *ie_option_env_name(const ie_option *option);

/* Number of `word` among choices separated by '|', ASCII case ignored; -1 when it is none. */
int ie_choice_index(const char *choices, const char *word);
/* The choice of that number; free() it. `index` must be one. */
char *ie_choice_at(const char *choices, int index);

#endif
