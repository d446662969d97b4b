// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/device_proofs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/data_folder.h"
#include "utils/fs.h"
#include "utils/hash.h"
#include "utils/memory.h"
#include "utils/text.h"

#define MOST_BYTES 32768 /* of a larger file the beginning is forgotten, with the rest */

static char *file_path(void)
{
    return ie_data_folder("devices");
}

/* All of it, NUL-terminated; free() it. NULL: none, or too much. */
static char *read_lines(size_t *ret_size)
{
    IE_AUTO_FREE char *path = file_path();
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    if (file == NULL) {
        return NULL;
    }
    char *text = ie_alloc(MOST_BYTES + 1);
    *ret_size = fread(text, 1, MOST_BYTES, file);
    fclose(file);
    if (*ret_size == MOST_BYTES) {
        free(text);
        return NULL;
    }
    text[*ret_size] = 0;
    return text;
}

static void hash_of(const char *key, char ret_hex[33])
{
    ie_hasher *hasher = ie_hasher_new();
    ie_hasher_add(hasher, key, strlen(key));
    ie_hash128_hex(ie_hasher_value(hasher), ret_hex);
    ie_hasher_free(hasher);
}

bool ie_device_proof_find(const char *key, double *ret_cosine)
{
    char hex[33];
    size_t size;
    IE_AUTO_FREE char *text = read_lines(&size);
    hash_of(key, hex);
    const char *line = text != NULL ? strstr(text, hex) : NULL;
    if (line == NULL) {
        return false;
    }
    IE_AUTO_FREE char *number = ie_strndup(line + 33, strcspn(line + 33, " \n"));
    return line[32] == ' ' && ie_parse_real(number, ret_cosine);
}

void ie_device_proof_keep(const char *key, double cosine)
{
    char hex[33];
    size_t size = 0;
    hash_of(key, hex);
    IE_AUTO_FREE char *path = file_path(), *before = read_lines(&size);
    IE_AUTO_FREE char *folder = path != NULL ? ie_path_directory(path) : NULL;
    if (folder == NULL || ie_own_folder_make(folder) != 0) {
        return;
    }
    IE_AUTO_FREE char *text =
        ie_asprintf("%s%s %.6f %s\n", before != NULL ? before : "", hex, cosine, key);
    (void)ie_fs_write_file(path, text, strlen(text), 0600, true);
}
