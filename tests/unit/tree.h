// SPDX-License-Identifier: GPL-3.0-or-later
/* For tests of what changes files: a small library in a temporary folder, its whole state as one
   text, and plans made by hand. */
#ifndef IE_TEST_TREE_H
#define IE_TEST_TREE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/apply.h"
#include "engine/undo.h"
#include "engine/world.h"
#include "test.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/memory.h"
#include "utils/text.h"

/* In memory where that is possible: these tests sync a lot. free() the path. */
static inline char *tree_new(void)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    char *path = ie_asprintf("%s/ie-test-XXXXXX", base);
    assert_non_null(mkdtemp(path));
    char *real = realpath(path, NULL);
    free(path);
    return real;
}

static inline void tree_remove(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            char *child = ie_path_join(path, entry->d_name);
            struct stat st;
            if (lstat(child, &st) == 0 && S_ISDIR(st.st_mode)) {
                tree_remove(child);
            } else {
                unlink(child);
            }
            free(child);
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    rmdir(path);
}

static inline void tree_write(const char *root, const char *name, const char *text)
{
    IE_AUTO_FREE char *path = ie_path_join(root, name);
    for (char *slash = strchr(path + strlen(root) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0755);
        *slash = '/';
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    /* A time of its own for each name, in the past, with nanoseconds. */
    const struct timespec times[2] = {
        {.tv_sec = 1500000000},
        {.tv_sec = 1400000000 + (long)strlen(name) * 1000 + name[0], .tv_nsec = 123456789}};
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static inline char *tree_read(const char *path)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW);
    if (fd < 0) {
        return NULL;
    }
    char *text = ie_alloc(4096);
    ssize_t got = read(fd, text, 4095);
    close(fd);
    if (got < 0) {
        free(text);
        return NULL;
    }
    return text;
}

static inline int tree_by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Calls back for every file and folder, sorted, depth first; `own` visits .imgengine, too. */
static inline void tree_walk(const char *path, bool own,
                             void (*visit)(void *user, const char *path), void *user)
{
    char **names = NULL;
    size_t count = 0, room = 0;
    DIR *directory = opendir(path);
    const struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        bool skipped = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                       (!own && strcmp(entry->d_name, ".imgengine") == 0);
        if (!skipped) {
            IE_GROW(names, count, room);
            names[count++] = ie_path_join(path, entry->d_name);
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    if (count > 1) {
        qsort(names, count, sizeof *names, tree_by_name);
    }
    for (size_t i = 0; i < count; i++) {
        struct stat st;
        visit(user, names[i]);
        if (lstat(names[i], &st) == 0 && S_ISDIR(st.st_mode)) {
            tree_walk(names[i], own, visit, user);
        }
        free(names[i]);
    }
    free(names);
}

typedef struct tree_text {
    ie_buffer text;
    const char *root;
} tree_text;

static inline void tree_add_line(void *user, const char *path)
{
    tree_text *tree = user;
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    ie_buffer_printf(&tree->text, "%s mode %o", path + strlen(tree->root), st.st_mode);
    if (S_ISREG(st.st_mode)) {
        IE_AUTO_FREE char *text = tree_read(path);
        ie_buffer_printf(&tree->text, " mtime %ld.%ld links %ld: %s", (long)st.st_mtim.tv_sec,
                         st.st_mtim.tv_nsec, (long)st.st_nlink, text);
    }
    ie_buffer_char(&tree->text, '\n');
}

/* Every path with its mode, time, links and bytes; but not what the program keeps for itself. */
static inline char *tree_state(const char *root)
{
    tree_text tree = {.root = root};
    tree_walk(root, false, tree_add_line, &tree);
    return ie_buffer_take(&tree.text);
}

/* A KEEP action for the file, as scanning would make it. */
static inline ie_action *tree_plan_add(ie_plan *plan, const char *root, const char *path,
                                       uint32_t unit)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    ie_photo *photo = ie_photo_new();
    photo->real_path = path;
    photo->root = ie_plan_root(plan, root);
    photo->unit = unit;
    photo->stamp = ie_stamp_of(&st);
    photo->format = IE_FORMAT_JPEG;
    ie_action *action = ie_plan_add(plan, photo);
    ie_photo_free(photo);
    return action;
}

static inline ie_action *tree_plan(ie_plan *plan, ie_action_kind kind, const char *root,
                                   const char *from, const char *to, uint32_t unit)
{
    IE_AUTO_FREE char *from_path = ie_path_join(root, from);
    IE_AUTO_FREE char *to_path = to != NULL ? ie_path_join(root, to) : NULL;
    ie_action *action = tree_plan_add(plan, root, from_path, unit);
    action->kind = kind;
    action->to = ie_arena_strdup(plan->arena, to_path);
    return action;
}

static inline void tree_plan_survivor(ie_plan *plan, ie_action *action, const char *survivor)
{
    struct stat st;
    assert_int_equal(lstat(survivor, &st), 0);
    action->survivor = ie_arena_strdup(plan->arena, survivor);
    action->survivor_stamp = ie_stamp_of(&st);
}

static inline ie_status tree_apply(ie_plan *plan, char ret_id[40], ie_error *err)
{
    const ie_apply_options options = {0};
    return ie_apply_run(plan, &options, ret_id, err);
}

static inline ie_status tree_undo(const char *root, const char *id, ie_undo_counts *ret_counts,
                                  ie_error *err)
{
    const ie_apply_options options = {0};
    const ie_undo_request request = {.run_id = id};
    return ie_undo_run(root, &request, &options, NULL, NULL, ret_counts, err);
}

static inline bool tree_has(const char *root, const char *name)
{
    IE_AUTO_FREE char *path = ie_path_join(root, name);
    return ie_fs_exists(path);
}

#endif
