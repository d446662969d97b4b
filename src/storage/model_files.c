// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/model_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/data_folder.h"
#include "utils/error.h"
#include "utils/text.h"

#define MAX_LABELS 10000

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The file below the folder, as the repository has it or without its folders; free() it. NULL: not
   there. */
static char *in_folder(const char *folder, const char *file)
{
    char *path = file[0] == '/' ? ie_strdup(file) : ie_path_join(folder, file);
    if (is_file(path)) {
        return path;
    }
    free(path);
    path = ie_path_join(folder, ie_path_base(file));
    if (is_file(path)) {
        return path;
    }
    free(path);
    return NULL;
}

/* Other names under which a vocabulary is found. */
static char *part_in_folder(const ie_model *model, ie_model_part part, const char *folder)
{
    static const char *const vocabularies[] = {"merges.txt", "tokenizer.json",
                                               "bpe_simple_vocab_16e6.txt"};
    char *path = in_folder(folder, model->files[part]);
    for (size_t i = 0; part == IE_PART_TOKENIZER && path == NULL && i < 3; i++) {
        path = in_folder(folder, vocabularies[i]);
    }
    return path;
}

/* The commit that the cache has for a branch or tag, which may be a commit itself; free() it. */
static char *cached_commit(const char *folder, const char *revision)
{
    IE_AUTO_FREE char *head = ie_asprintf("%s/refs/%s", folder, revision);
    char *commit = NULL;
    size_t size = 0;
    if (ie_model_read(head, 200, &commit, &size, NULL) != IE_OK) {
        return ie_strdup(revision);
    }
    commit[strcspn(commit, "\r\n/")] = 0;
    return commit;
}

/* models--ORG--NAME/snapshots/COMMIT/FILE */
static char *in_hub_cache(const ie_model *model, ie_model_part part)
{
    IE_AUTO_FREE char *cache = ie_hub_cache_folder();
    if (cache == NULL || model->repository == NULL) {
        return NULL;
    }
    ie_buffer folder = {0};
    ie_buffer_printf(&folder, "%s/models--", cache);
    for (const char *p = model->repository; *p != 0; p++) {
        ie_buffer_text(&folder, *p == '/' ? "--" : (char[]){*p, 0});
    }
    const char *revision =
        model->revision != NULL && model->revision[0] != 0 ? model->revision : "main";
    char *path = NULL;
    if (strstr(revision, "..") == NULL) {
        IE_AUTO_FREE char *commit = cached_commit(folder.data, revision);
        IE_AUTO_FREE char *snapshot = ie_asprintf("%s/snapshots/%s", folder.data, commit);
        path = part_in_folder(model, part, snapshot);
    }
    ie_buffer_free(&folder);
    return path;
}

char *ie_model_folder(const ie_model *model)
{
    if (model->path != NULL) {
        return ie_strdup(model->path);
    }
    IE_AUTO_FREE char *models = ie_data_folder("models");
    return ie_path_join(models != NULL ? models : ".", model->name);
}

static ie_status missing(const ie_model *model, ie_model_part part, ie_error *err)
{
    IE_AUTO_FREE char *folder = ie_model_folder(model);
    const char *file = model->files[part];
    if (model->path != NULL) {
        return ie_error_set(err, IE_ERR_NOT_FOUND,
                            "The model %s is not complete: there is no %s in %s.",
                            ie_shown(model->name), ie_shown(file), ie_shown(folder));
    }
    if (model->repository == NULL) {
        return ie_error_set(err, IE_ERR_NOT_FOUND,
                            "The model %s is not here; put %s into %s, or name its path in "
                            "analysis.ml_models.custom_models.",
                            ie_shown(model->name), ie_shown(file), ie_shown(folder));
    }
    return ie_error_set(err, IE_ERR_NOT_FOUND,
                        "The model %s is not here (no %s); get it with: imgengine models pull %s",
                        ie_shown(model->name), ie_shown(file), ie_shown(model->name));
}

ie_status ie_model_file(const ie_model *model, ie_model_part part, char **ret_path, ie_error *err)
{
    char *path = NULL;
    if (model->path != NULL) {
        if (part == IE_PART_VISION && is_file(model->path)) {
            path = ie_strdup(model->path);
        } else if (is_folder(model->path)) {
            path = part_in_folder(model, part, model->path);
        }
    } else {
        IE_AUTO_FREE char *folder = ie_model_folder(model);
        path = part_in_folder(model, part, folder);
        path = path != NULL ? path : in_hub_cache(model, part);
    }
    if (path == NULL) {
        return missing(model, part, err);
    }
    *ret_path = path;
    return IE_OK;
}

ie_status ie_model_check(const ie_model *model, ie_error *err)
{
    for (int part = 0; part < IE_PARTS; part++) {
        char *path = NULL;
        if (model->files[part] != NULL) {
            ie_status status = ie_model_file(model, (ie_model_part)part, &path, err);
            free(path);
            if (status != IE_OK) {
                return status;
            }
        }
    }
    return IE_OK;
}

ie_status ie_model_read(const char *path, size_t most, char **ret_bytes, size_t *ret_size,
                        ie_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return ie_error_errno(err, errno, "%s cannot be read", ie_shown(path));
    }
    struct stat st;
    bool regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= 0 &&
                   (uint64_t)st.st_size <= most;
    if (!regular) {
        close(fd);
        return ie_error_set(err, IE_ERR_FORMAT, "%s is no file of the size that was expected.",
                            ie_shown(path));
    }
    size_t size = (size_t)st.st_size, used = 0;
    char *bytes = ie_alloc(size + 1);
    ssize_t got = 1;
    while (used < size && got > 0) {
        got = read(fd, bytes + used, size - used);
        if (got > 0) {
            used += (size_t)got;
        } else if (got < 0 && errno == EINTR) {
            got = 1;
        }
    }
    int saved_errno = errno;
    close(fd);
    if (got < 0) {
        free(bytes);
        return ie_error_errno(err, saved_errno, "%s cannot be read", ie_shown(path));
    }
    bytes[used] = 0;
    *ret_bytes = bytes;
    *ret_size = used;
    return IE_OK;
}

static size_t builtin_labels(const char *name, ie_arena *arena, const char *const **ret_labels)
{
    bool gaps = strcmp(name, "coco91") == 0;
    size_t count = 0;
    while (ie_coco_label(gaps, count) != NULL) {
        count++;
    }
    const char **labels = ie_arena_alloc(arena, count * sizeof *labels);
    for (size_t i = 0; i < count; i++) {
        labels[i] = ie_coco_label(gaps, i);
    }
    *ret_labels = labels;
    return count;
}

ie_status ie_model_labels(const ie_model *model, ie_arena *arena, const char *const **ret_labels,
                          size_t *ret_count, ie_error *err)
{
    const char *name = model->labels != NULL ? model->labels : "coco80";
    if (strcmp(name, "coco80") == 0 || strcmp(name, "coco91") == 0) {
        *ret_count = builtin_labels(name, arena, ret_labels);
        return IE_OK;
    }
    IE_AUTO_FREE char *folder = ie_model_folder(model);
    IE_AUTO_FREE char *base = is_folder(folder) ? ie_strdup(folder) : ie_path_directory(folder);
    IE_AUTO_FREE char *path = name[0] == '/' ? ie_strdup(name) : ie_path_join(base, name);
    char *bytes = NULL;
    size_t size = 0;
    ie_status status = ie_model_read(path, 1 << 20, &bytes, &size, err);
    if (status != IE_OK) {
        return status;
    }
    const char **labels = ie_arena_alloc(arena, MAX_LABELS * sizeof *labels);
    size_t count = 0;
    char *rest = bytes;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && count < MAX_LABELS;) {
        line[strcspn(line, "\r")] = 0;
        if (line[0] != 0 && ie_utf8_valid(line)) {
            labels[count++] = ie_arena_strdup(arena, line);
        }
    }
    free(bytes);
    *ret_labels = labels;
    *ret_count = count;
    return count > 0 ? IE_OK
                     : ie_error_set(err, IE_ERR_FORMAT, "%s has no labels in it.", ie_shown(path));
}
