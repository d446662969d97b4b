// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A disk that forgets. Installed at the fs door it notes every change of a name and keeps the bytes
 * each file had at its last fsync; disk_lose() then rolls back, on the real file system, what a
 * power loss could take:
 *
 * - a name made, renamed or removed lasts once its folder was synced after it, a rename once both
 * folders were;
 * - bytes, size, mode and times of a file last once the file was synced after them;
 * - a rename happens whole or not at all, as on every file system with a journal;
 * - what lasts makes last what it depends on: a name in a folder needs the folder, a second rename
 * the first.
 *
 * A fsync dropped by the test (disk.drop_sync) makes nothing last, nor does anything after it: the
 * program went on in its belief, so all that follows depended on it.
 */
#ifndef IE_TEST_DISK_MODEL_H
#define IE_TEST_DISK_MODEL_H

#include "../unit/tree.h"

typedef enum disk_loss {
    LOSE_ALL,   /* all that was not synced is gone */
    LOSE_DATA,  /* names lasted, bytes did not: files are as empty as they were synced */
    LOSE_NAMES, /* bytes lasted, names did not */
    LOSE_SOME,  /* each by chance: bytes cut short or zero, too */
    DISK_LOSSES
} disk_loss;

static const char *const disk_loss_names[] = {"all", "bytes", "names", "some"};

typedef struct disk_change {
    ie_fs_op op;
    char *path, *to;
    mode_t mode;       /* of a removed folder */
    char *spare;       /* a link to the file that was removed or replaced; NULL: none */
    bool path_synced, to_synced, lasts, kept;
} disk_change;

typedef struct disk_file {
    int fd;
    struct stat synced; /* as it was at its last fsync */
    char *bytes;
    bool dirty;
} disk_file;

typedef struct disk {
    char *attic; /* for the spare links; on the same file system */
    disk_change *changes;
    size_t count, room;
    disk_file *files;
    size_t file_count, file_room;
    char *spare;         /* made for the change at work */
    mode_t mode;         /* of the folder that is about to go */
    disk_loss loss;
    uint64_t random;
    long lose_at;        /* lose power before the n-th call; 0: never */
    long drop_sync;      /* the n-th fsync is dropped, and power lost at the end */
    long calls, syncs;
    bool frozen;         /* nothing lasts any more */
    bool no_noreplace;   /* the file system does not know RENAME_NOREPLACE */
    size_t rolled_back;
} disk;

#define DISK_BROKEN 99 /* the model itself failed */
#define DISK_NEED(condition)                                                                     \
    do {                                                                                         \
        if (!(condition)) {                                                                      \
            fprintf(stderr, "disk model, line %d: %s\n", __LINE__, strerror(errno));             \
            _exit(DISK_BROKEN);                                                                  \
        }                                                                                        \
    } while (0)

static inline uint64_t disk_draw(disk *d, uint64_t below)
{
    /* splitmix64 (Steele, Lea, Flood 2014) */
    uint64_t z = d->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

/* ---- bytes -------------------------------------------------------------------------------- */

static inline void disk_remember(disk_file *file)
{
    DISK_NEED(fstat(file->fd, &file->synced) == 0);
    size_t size = (size_t)file->synced.st_size;
    free(file->bytes);
    file->bytes = ie_alloc(size + 1);
    DISK_NEED(pread(file->fd, file->bytes, size, 0) == (ssize_t)size);
}

/* The file of this name, which is about to change or just was made. */
static inline disk_file *disk_file_of(disk *d, const char *path)
{
    struct stat st, known;
    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
        return NULL;
    }
    for (size_t i = 0; i < d->file_count; i++) {
        DISK_NEED(fstat(d->files[i].fd, &known) == 0);
        if (known.st_ino == st.st_ino && known.st_dev == st.st_dev) {
            return &d->files[i];
        }
    }
    IE_GROW(d->files, d->file_count, d->file_room);
    disk_file *file = &d->files[d->file_count++];
    *file = (disk_file){.fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC)};
    DISK_NEED(file->fd >= 0);
    return file;
}

static inline void disk_about_to_write(disk *d, const char *path)
{
    disk_file *file = disk_file_of(d, path);
    if (file != NULL && !file->dirty) {
        disk_remember(file);
        file->dirty = true;
    }
}

/* What is left of the bytes after the synced ones: all, some, none, or as many zeros. */
static inline void disk_tear(disk *d, disk_file *file)
{
    struct stat now;
    DISK_NEED(fstat(file->fd, &now) == 0);
    if (now.st_size <= file->synced.st_size) {
        return;
    }
    uint64_t more = (uint64_t)(now.st_size - file->synced.st_size);
    off_t end = file->synced.st_size + (off_t)disk_draw(d, more + 1);
    DISK_NEED(ftruncate(file->fd, end) == 0);
    if (disk_draw(d, 2) == 0) {
        DISK_NEED(ftruncate(file->fd, now.st_size) == 0); /* a hole */
    }
}

static inline void disk_lose_bytes(disk *d, disk_file *file)
{
    if (!file->dirty || d->loss == LOSE_NAMES) {
        return;
    }
    uint64_t dice = d->loss == LOSE_SOME ? disk_draw(d, 3) : 0;
    if (dice == 0) {
        const struct timespec times[2] = {file->synced.st_atim, file->synced.st_mtim};
        DISK_NEED(ftruncate(file->fd, file->synced.st_size) == 0);
        DISK_NEED(pwrite(file->fd, file->bytes, (size_t)file->synced.st_size, 0) ==
                  file->synced.st_size);
        DISK_NEED(fchmod(file->fd, file->synced.st_mode & 07777) == 0 &&
                  futimens(file->fd, times) == 0);
    } else if (dice == 1) {
        disk_tear(d, file);
    }
    d->rolled_back++;
}

/* ---- names -------------------------------------------------------------------------------- */

static inline bool disk_in_folder(const char *path, const char *folder)
{
    IE_AUTO_FREE char *parent = path != NULL ? ie_path_directory(path) : NULL;
    return parent != NULL && strcmp(parent, folder) == 0;
}

static inline bool disk_touches(const disk_change *change, const char *path)
{
    return path != NULL && (strcmp(change->path, path) == 0 ||
                            (change->to != NULL && strcmp(change->to, path) == 0));
}

static inline bool disk_lies_in(const disk_change *change, const char *folder)
{
    return ie_path_below(change->path, folder) ||
           (change->to != NULL && ie_path_below(change->to, folder));
}

/* Could the later change not have been made, or not so, without the earlier one? */
static inline bool disk_depends(const disk_change *later, const disk_change *earlier)
{
    return disk_touches(earlier, later->path) || disk_touches(earlier, later->to) ||
           (earlier->op == IE_FS_MKDIR && disk_lies_in(later, earlier->path)) ||
           (earlier->op == IE_FS_RENAME && disk_lies_in(later, earlier->to)) ||
           (later->op == IE_FS_RMDIR && disk_lies_in(earlier, later->path));
}

static inline void disk_make_last(disk *d, size_t index)
{
    if (d->changes[index].lasts) {
        return;
    }
    d->changes[index].lasts = true;
    for (size_t i = 0; i < index; i++) {
        if (disk_depends(&d->changes[index], &d->changes[i])) {
            disk_make_last(d, i);
        }
    }
}

static inline void disk_folder_synced(disk *d, const char *folder)
{
    for (size_t i = 0; i < d->count; i++) {
        disk_change *change = &d->changes[i];
        change->path_synced |= change->op == IE_FS_LINK || disk_in_folder(change->path, folder);
        change->to_synced |= change->to == NULL || disk_in_folder(change->to, folder);
        if (change->path_synced && change->to_synced) {
            disk_make_last(d, i);
        }
    }
}

static inline void disk_note(disk *d, const ie_fs_event *event)
{
    IE_GROW(d->changes, d->count, d->room);
    d->changes[d->count++] = (disk_change){.op = event->op, .path = ie_strdup(event->path),
                                           .to = event->to != NULL ? ie_strdup(event->to) : NULL,
                                           .mode = d->mode, .spare = d->spare};
    d->spare = NULL;
}

/* Where the name of change `index` is after the renames of folders above it that lasted;
   free() it. */
static inline char *disk_now(const disk *d, size_t index, const char *path)
{
    char *now = path != NULL ? ie_strdup(path) : NULL;
    for (size_t i = index + 1; now != NULL && i < d->count; i++) {
        const disk_change *change = &d->changes[i];
        if (change->op == IE_FS_RENAME && change->kept && strcmp(now, change->path) != 0 &&
            ie_path_below(now, change->path)) {
            char *moved = ie_asprintf("%s%s", change->to, now + strlen(change->path));
            free(now);
            now = moved;
        }
    }
    return now;
}

static inline void disk_revert(const disk *d, size_t index)
{
    const disk_change *change = &d->changes[index];
    IE_AUTO_FREE char *path = disk_now(d, index, change->path),
                      *to = disk_now(d, index, change->to);
    switch (change->op) {
    case IE_FS_CREATE:
        DISK_NEED(unlink(path) == 0);
        break;
    case IE_FS_LINK:
        DISK_NEED(unlink(to) == 0);
        break;
    case IE_FS_MKDIR:
        DISK_NEED(rmdir(path) == 0);
        break;
    case IE_FS_RMDIR:
        DISK_NEED(mkdir(path, change->mode) == 0);
        break;
    case IE_FS_RENAME:
        DISK_NEED(rename(to, path) == 0);
        DISK_NEED(change->spare == NULL || link(change->spare, to) == 0);
        break;
    default:
        DISK_NEED(link(change->spare, path) == 0);
    }
}

/* ---- the loss ----------------------------------------------------------------------------- */

static inline void disk_lose(disk *d)
{
    for (size_t i = 0; i < d->count; i++) {
        disk_change *change = &d->changes[i];
        change->kept =
            change->lasts || d->loss == LOSE_DATA || (d->loss == LOSE_SOME && disk_draw(d, 2) == 0);
        for (size_t k = 0; k < i && change->kept; k++) {
            change->kept = d->changes[k].kept || !disk_depends(change, &d->changes[k]);
        }
    }
    for (size_t i = 0; i < d->file_count; i++) {
        disk_lose_bytes(d, &d->files[i]);
    }
    for (size_t i = d->count; i > 0; i--) {
        if (!d->changes[i - 1].kept) {
            disk_revert(d, i - 1);
            d->rolled_back++;
        }
    }
    tree_remove(d->attic);
}

/* ---- the seam ----------------------------------------------------------------------------- */

static inline bool disk_is_sync(ie_fs_op op)
{
    return op == IE_FS_SYNC || op == IE_FS_SYNC_DIRECTORY;
}

/* So that a name that goes can come back with its file. */
static inline void disk_keep_spare(disk *d, const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))) {
        IE_AUTO_FREE char *name = ie_asprintf("%zu", d->count);
        d->spare = ie_path_join(d->attic, name);
        DISK_NEED(link(path, d->spare) == 0);
    }
}

static inline int disk_before(void *user, const ie_fs_event *event)
{
    disk *d = user;
    if (++d->calls == d->lose_at) {
        disk_lose(d);
        _exit(137);
    }
    d->frozen |= disk_is_sync(event->op) && ++d->syncs == d->drop_sync;
    if (event->op == IE_FS_RENAME && d->no_noreplace) {
        return EINVAL;
    }
    struct stat st;
    d->mode = lstat(event->path, &st) == 0 ? st.st_mode & 07777 : 0;
    if (event->op == IE_FS_UNLINK) {
        disk_keep_spare(d, event->path);
    } else if (event->op == IE_FS_RENAME) {
        disk_keep_spare(d, event->to);
    } else if (event->op == IE_FS_WRITE || event->op == IE_FS_TRUNCATE ||
               event->op == IE_FS_ATTRIBUTES) {
        disk_about_to_write(d, event->path);
    }
    return 0;
}

static inline void disk_after_sync(disk *d, const ie_fs_event *event)
{
    if (d->frozen) {
        return;
    }
    if (event->op == IE_FS_SYNC_DIRECTORY) {
        disk_folder_synced(d, event->path);
    } else {
        disk_file *file = disk_file_of(d, event->path);
        DISK_NEED(file != NULL);
        file->dirty = false;
    }
}

static inline void disk_after(void *user, const ie_fs_event *event, int result)
{
    disk *d = user;
    if (result != 0) {
        if (d->spare != NULL) {
            unlink(d->spare);
            free(d->spare);
            d->spare = NULL;
        }
    } else if (disk_is_sync(event->op)) {
        disk_after_sync(d, event);
    } else if (event->op != IE_FS_WRITE && event->op != IE_FS_TRUNCATE &&
               event->op != IE_FS_ATTRIBUTES) {
        disk_note(d, event);
        if (event->op == IE_FS_CREATE) {
            disk_about_to_write(d, event->path); /* empty, until it is synced */
        }
    }
}

static inline void disk_install(disk *d)
{
    d->attic = tree_new();
    ie_fs_set_hook(&(ie_fs_hook){disk_before, disk_after, d});
}

/* The work came to its end: a dropped sync shows only now. */
static inline void disk_end(disk *d)
{
    ie_fs_set_hook(NULL);
    if (d->frozen) {
        disk_lose(d);
        _exit(137);
    }
    tree_remove(d->attic);
}

#endif
