// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/unit.h"
#include "storage/folder.h"
#include "storage/seen.h"
#include "storage/stamp.h"
#include "utils/error.h"
#include "utils/glob.h"
#include "utils/text.h"

/* Each level holds a descriptor and its names; no sane tree is deeper. */
#define MAX_DEPTH 256
#define OWN_FOLDER ".imgengine"

typedef struct scan_level {
    ie_folder folder;
    size_t next;                  /* index of the next name to look at */
    bool in_files;                /* first pass: files; second: subfolders */
    bool included;                /* everything below is, because a folder above matched */
    size_t shown_size, real_size; /* of this folder's own path in the buffers */
} scan_level;

typedef struct glob_list {
    ie_glob **items;
    uint32_t count;
} glob_list;

struct ie_scan {
    bool recursive, hidden, follow, from_list;
    glob_list include, exclude;
    char **arguments;
    size_t argument_count, argument;
    void (*problem)(void *user, const char *path, const char *text);
    void *user;
    char **roots;
    size_t root_count, root_room;
    ie_seen *seen;
    ie_pool *pool; /* of the photos */
    scan_level levels[MAX_DEPTH];
    unsigned depth;
    ie_buffer shown, real; /* of the folder being read, then of the name in it */
    size_t below;          /* where in `real` the part below the root starts */
    uint32_t root;
    uint64_t sequence;
    ie_scan_counts counts;
};

/* ---- opening ------------------------------------------------------------------------------ */

static ie_status compile_globs(const ie_config_list *patterns, const char *key, glob_list *list,
                               ie_error *err)
{
    list->items = ie_alloc((patterns->count + 1) * sizeof *list->items);
    for (uint32_t i = 0; i < patterns->count; i++) {
        ie_glob *glob = ie_glob_new(patterns->items[i]);
        if (glob == NULL) {
            return ie_error_set(err, IE_ERR_USAGE,
                                "%s: a pattern needs 1 to %d bytes, and '%.40s' has not; leave it "
                                "out or shorten it",
                                key, IE_GLOB_MAX, patterns->items[i]);
        }
        list->items[list->count++] = glob;
    }
    return IE_OK;
}

static void free_globs(glob_list *list)
{
    for (uint32_t i = 0; i < list->count; i++) {
        ie_glob_free(list->items[i]);
    }
    free(list->items);
}

bool ie_scan_in_own_folder(const char *path)
{
    for (const char *at = path; (at = strstr(at, "/" OWN_FOLDER)) != NULL; at++) {
        if (at[sizeof OWN_FOLDER] == 0 || at[sizeof OWN_FOLDER] == '/') {
            return true;
        }
    }
    return false;
}

/* Why this folder or file is never looked at; NULL: it may be. */
static const char *refusal(const char *real)
{
    return ie_scan_in_own_folder(real)
               ? "lies in a " OWN_FOLDER " folder, where journals and replaced files are kept; "
                 "name the folder above it, and use undo to bring files back"
           : strcmp(real, "/") == 0
               ? "is the whole system, with what is no file on any disk; name the folders that "
                 "hold photos"
               : NULL;
}

/* Resolves an argument; free() the result. */
static ie_status resolve(const char *argument, char **ret_real, struct stat *ret_st, ie_error *err)
{
    char *real = realpath(argument, NULL);
    int code = real == NULL || stat(real, ret_st) != 0 ? errno : 0;
    const char *refused = code == 0 ? refusal(real) : NULL;
    if (code == 0 && refused == NULL) {
        *ret_real = real;
        return IE_OK;
    }
    free(real);
    return code != 0 ? ie_error_errno(err, code, "%s cannot be read", ie_shown(argument))
                     : ie_error_set(err, IE_ERR_USAGE, "%s %s", ie_shown(argument), refused);
}

static ie_status check_arguments(const ie_scan *scan, ie_error *err)
{
    for (size_t i = 0; !scan->from_list && i < scan->argument_count; i++) {
        struct stat st;
        char *real = NULL;
        ie_status status = resolve(scan->arguments[i], &real, &st, err);
        free(real);
        if (status != IE_OK) {
            return status;
        }
    }
    return IE_OK;
}

ie_status ie_scan_open(const ie_config *config, const ie_input *input,
                       void (*problem)(void *user, const char *path, const char *text), void *user,
                       ie_scan **ret_scan, ie_error *err)
{
    ie_scan *scan = ie_alloc(sizeof *scan);
    scan->recursive = config->scan.recursive;
    scan->hidden = config->scan.hidden;
    scan->follow = config->scan.follow_symlinks;
    scan->from_list = input->from_list;
    scan->problem = problem;
    scan->user = user;
    scan->seen = ie_seen_new();
    scan->pool = ie_pool_new();
    scan->arguments = ie_alloc((input->count + 1) * sizeof *scan->arguments);
    for (size_t i = 0; i < input->count; i++) {
        scan->arguments[scan->argument_count++] = ie_strdup(input->paths[i]);
    }
    ie_status status = compile_globs(&config->scan.include, "scan.include", &scan->include, err);
    if (status == IE_OK) {
        status = compile_globs(&config->scan.exclude, "scan.exclude", &scan->exclude, err);
    }
    if (status == IE_OK) {
        status = check_arguments(scan, err);
    }
    if (status != IE_OK) {
        ie_scan_close(scan);
        return status;
    }
    *ret_scan = scan;
    return IE_OK;
}

void ie_scan_close(ie_scan *scan)
{
    if (scan == NULL) {
        return;
    }
    while (scan->depth > 0) {
        ie_folder_close(&scan->levels[--scan->depth].folder);
    }
    for (size_t i = 0; i < scan->argument_count; i++) {
        free(scan->arguments[i]);
    }
    for (size_t i = 0; i < scan->root_count; i++) {
        free(scan->roots[i]);
    }
    free(scan->arguments);
    free(scan->roots);
    free_globs(&scan->include);
    free_globs(&scan->exclude);
    ie_seen_free(scan->seen);
    ie_pool_free(scan->pool);
    ie_buffer_free(&scan->shown);
    ie_buffer_free(&scan->real);
    free(scan);
}

/* ---- walking ------------------------------------------------------------------------------ */

static void tell(ie_scan *scan, const char *path, const char *text)
{
    scan->counts.unreadable++;
    if (scan->problem != NULL) {
        scan->problem(scan->user, path, text);
    }
}

/* "" is the current folder. */
static const char *shown_path(const ie_scan *scan)
{
    return scan->shown.size > 0 ? scan->shown.data : ".";
}

static void tell_errno(ie_scan *scan, int code, const char *what)
{
    ie_error error;
    ie_error_errno(&error, code, "%s %s", ie_shown(shown_path(scan)),
                   code == ENOENT ? "disappeared while its folder was read" : what);
    tell(scan, shown_path(scan), error.text);
}

static bool any_matches(const glob_list *list, const char *relative, bool is_folder)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (ie_glob_matches(list->items[i], relative, is_folder)) {
            return true;
        }
    }
    return false;
}

static const char *relative(const ie_scan *scan)
{
    return scan->real.data + scan->below;
}

static void cut(ie_buffer *buffer, size_t size)
{
    if (buffer->size > size) {
        buffer->size = size;
        buffer->data[size] = 0;
    }
}

static void append_name(ie_buffer *path, size_t size, const char *name)
{
    cut(path, size);
    if (size > 0 && path->data[size - 1] != '/') {
        ie_buffer_char(path, '/');
    }
    ie_buffer_text(path, name);
}

/* From the last one back: a list of files names a folder's files one after the other. */
static uint32_t root_index(ie_scan *scan, const char *real)
{
    for (size_t i = scan->root_count; i-- > 0;) {
        if (strcmp(scan->roots[i], real) == 0) {
            return (uint32_t)i;
        }
    }
    IE_GROW(scan->roots, scan->root_count, scan->root_room);
    scan->roots[scan->root_count] = ie_strdup(real);
    return (uint32_t)scan->root_count++;
}

/* Enters the folder whose path stands in the buffers; takes the descriptor. */
static void enter_folder(ie_scan *scan, int fd, bool included)
{
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        tell_errno(scan, errno, "cannot be opened");
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    if (scan->depth == MAX_DEPTH) {
        IE_AUTO_FREE char *text =
            ie_asprintf("%s: folders are nested too deeply here; scan this one by itself",
                        ie_shown(shown_path(scan)));
        tell(scan, shown_path(scan), text);
        close(fd);
        return;
    }
    if (!ie_seen_add(scan->seen, st.st_dev, st.st_ino)) {
        scan->counts.repeated++;
        close(fd);
        return;
    }
    scan_level *level = &scan->levels[scan->depth++];
    level->included = included;
    level->in_files = true;
    level->next = 0;
    level->shown_size = scan->shown.size;
    level->real_size = scan->real.size;
    int code = ie_folder_read(&level->folder, fd);
    if (code != 0) {
        tell_errno(scan, code, "cannot be read to its end");
    }
}

/* The regular file whose paths stand in the buffers; NULL: met before, or not wanted. */
static ie_photo *take_file(ie_scan *scan, const struct stat *st, bool included)
{
    if (!included && scan->include.count > 0 && !ie_sidecar_name(relative(scan)) &&
        !any_matches(&scan->include, relative(scan), false)) {
        scan->counts.excluded++;
        return NULL;
    }
    if (!ie_seen_add(scan->seen, st->st_dev, st->st_ino)) {
        scan->counts.repeated++;
        return NULL;
    }
    /* Each text is rounded up. */
    ie_photo *photo = ie_photo_new_in(scan->pool, scan->shown.size + scan->real.size + 2 * 16);
    photo->sequence = scan->sequence++;
    photo->real_path = ie_arena_strndup(photo->arena, scan->real.data, scan->real.size);
    bool same = strcmp(scan->shown.data, scan->real.data) == 0;
    photo->path = same ? photo->real_path
                       : ie_arena_strndup(photo->arena, scan->shown.data, scan->shown.size);
    photo->root = scan->root;
    photo->mode = st->st_mode;
    photo->alone = scan->depth > 0 && !scan->levels[scan->depth - 1].folder.has_sidecars;
    photo->links = (uint32_t)st->st_nlink;
    photo->stamp = ie_stamp_of(st);
    scan->counts.files++, scan->counts.bytes += photo->stamp.size;
    return photo;
}

/* Puts the entry's name into the buffers; false when its name alone keeps it out. */
static bool wanted_name(ie_scan *scan, const scan_level *level, const char *name)
{
    if (name[0] == '.' && (!scan->hidden || strcmp(name, OWN_FOLDER) == 0)) {
        scan->counts.hidden++;
        return false;
    }
    append_name(&scan->shown, level->shown_size, name);
    append_name(&scan->real, level->real_size, name);
    return true;
}

/* The link in the buffers, to be followed: what it leads to. Never into a folder of ours. */
static bool follow_link(ie_scan *scan, int fd, const char *name, struct stat *ret_st)
{
    if (fstatat(fd, name, ret_st, 0) != 0) {
        tell_errno(scan, errno, "is a link that leads nowhere");
        return false;
    }
    IE_AUTO_FREE char *target = realpath(scan->real.data, NULL);
    bool hidden = target == NULL || ie_scan_in_own_folder(target);
    scan->counts.hidden += hidden;
    return !hidden;
}

/* First pass over a folder: gives out its files and marks what the second one has to enter. */
static ie_photo *visit_file(ie_scan *scan, scan_level *level, ie_entry *entry)
{
    const char *name = ie_folder_name(&level->folder, entry);
    entry->is_folder = false;
    if (!wanted_name(scan, level, name)) {
        return NULL;
    }
    struct stat st;
    int fd = ie_folder_fd(&level->folder);
    if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        tell_errno(scan, errno, "cannot be looked at");
        return NULL;
    }
    bool link = S_ISLNK(st.st_mode);
    scan->counts.symlinks += link && !scan->follow;
    if (link && (!scan->follow || !follow_link(scan, fd, name, &st))) {
        return NULL;
    }
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)) {
        return NULL;
    }
    if (any_matches(&scan->exclude, relative(scan), S_ISDIR(st.st_mode))) {
        scan->counts.excluded++;
        return NULL;
    }
    entry->is_folder = S_ISDIR(st.st_mode);
    return entry->is_folder ? NULL : take_file(scan, &st, level->included);
}

/* Second pass. O_NOFOLLOW: a link put in the folder's place meanwhile is not followed. */
static void visit_folder(ie_scan *scan, const scan_level *level, const ie_entry *entry)
{
    const char *name = ie_folder_name(&level->folder, entry);
    append_name(&scan->shown, level->shown_size, name);
    append_name(&scan->real, level->real_size, name);
    bool included = level->included || any_matches(&scan->include, relative(scan), true);
    int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | (scan->follow ? 0 : O_NOFOLLOW);
    enter_folder(scan, openat(ie_folder_fd(&level->folder), name, flags), included);
}

static ie_photo *walk(ie_scan *scan)
{
    while (scan->depth > 0) {
        scan_level *level = &scan->levels[scan->depth - 1];
        if (level->next == level->folder.count) {
            if (level->in_files && scan->recursive) {
                level->in_files = false;
                level->next = 0;
                ie_folder_keep_folders(&level->folder);
                continue;
            }
            ie_folder_close(&level->folder);
            scan->depth--;
            continue;
        }
        ie_entry *entry = &level->folder.entries[level->next++];
        if (!level->in_files) {
            visit_folder(scan, level, entry);
            continue;
        }
        ie_photo *photo = visit_file(scan, level, entry);
        if (photo != NULL) {
            return photo;
        }
    }
    return NULL;
}

/* "./a//" → "a", "." → "", "../a" stays: what the user reads in front of each path. */
static void show_argument(ie_scan *scan, const char *argument)
{
    while (argument[0] == '.' && (argument[1] == '/' || argument[1] == 0)) {
        argument += 1 + strspn(argument + 1, "/");
    }
    ie_buffer_clear(&scan->shown);
    ie_buffer_text(&scan->shown, argument);
    while (scan->shown.size > 1 && scan->shown.data[scan->shown.size - 1] == '/') {
        cut(&scan->shown, scan->shown.size - 1);
    }
}

static ie_photo *start_file(ie_scan *scan, const char *real, const struct stat *st)
{
    IE_AUTO_FREE char *folder = ie_path_directory(real);
    scan->root = root_index(scan, folder);
    scan->below = (size_t)(ie_path_base(real) - real);
    if (any_matches(&scan->exclude, relative(scan), false)) {
        scan->counts.excluded++;
        return NULL;
    }
    return take_file(scan, st, false);
}

static ie_photo *start_argument(ie_scan *scan, const char *argument)
{
    ie_error error;
    struct stat st;
    IE_AUTO_FREE char *real = NULL;
    if (resolve(argument, &real, &st, &error) != IE_OK) {
        tell(scan, argument, error.text);
        return NULL;
    }
    show_argument(scan, argument);
    ie_buffer_clear(&scan->real);
    ie_buffer_text(&scan->real, real);
    if (S_ISREG(st.st_mode)) {
        return start_file(scan, real, &st);
    }
    if (!S_ISDIR(st.st_mode)) {
        IE_AUTO_FREE char *text =
            ie_asprintf("%s is neither a file nor a folder", ie_shown(argument));
        tell(scan, argument, text);
        return NULL;
    }
    scan->root = root_index(scan, real);
    scan->below = scan->real.size + (strcmp(real, "/") != 0);
    enter_folder(scan, open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW), false);
    return NULL;
}

void ie_scan_keep_all(ie_scan *scan)
{
    ie_pool_keep(scan->pool);
}

ie_photo *ie_scan_next(ie_scan *scan)
{
    ie_photo *photo = walk(scan);
    while (photo == NULL && scan->argument < scan->argument_count) {
        photo = start_argument(scan, scan->arguments[scan->argument++]);
        photo = photo != NULL ? photo : walk(scan);
    }
    return photo;
}

ie_scan_counts ie_scan_count(const ie_scan *scan)
{
    return scan->counts;
}

uint32_t ie_scan_root_count(const ie_scan *scan)
{
    return (uint32_t)scan->root_count;
}

const char *ie_scan_root(const ie_scan *scan, uint32_t index)
{
    return index < scan->root_count ? scan->roots[index] : NULL;
}
