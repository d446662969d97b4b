// SPDX-License-Identifier: GPL-3.0-or-later
/* Is everything on a card in the archive? Told by the bytes alone, read now. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/unit.h"
#include "engine/engine.h"
#include "engine/parallel.h"
#include "engine/same.h"
#include "engine/volume.h"
#include "storage/bytes.h"
#include "storage/image_data.h"
#include "utils/error.h"
#include "utils/text.h"

#define PIECE_BYTES ((size_t)1 << 17)

/* A file on one of the two sides. The hash is of all bytes, or in the second pass of the picture
   alone. */
typedef struct side_file {
    char *path, *shown;
    ie_stamp stamp;
    uint64_t size, inode, device;
    ie_format format;
    bool wanted; /* to be hashed */
    bool hashed;
    ie_hash128 hash;
    ie_cover_state state;
    const char *other;
    char *made; /* owns `other`, where that is none of the archive's list */
    char *problem;
} side_file;

typedef struct side {
    side_file *files;
    size_t count, room;
    uint64_t other, unreadable;
} side;

typedef struct covering {
    ie_engine *engine;
    side card, archive;
    side *at; /* the side that is being hashed */
} covering;

static const char *const state_names[IE_COVER_STATES] = {"same", "image-data", "derived", "missing",
                                                         "unreadable"};

const char *ie_cover_state_name(ie_cover_state state)
{
    return state_names[state];
}

static bool cancelled(const covering *c)
{
    return c->engine->cancel != NULL && *c->engine->cancel != 0;
}

/* ---- finding files ------------------------------------------------------------------------ */

static void on_problem(void *user, const char *path, const char *text)
{
    covering *c = user;
    (void)path;
    ie_engine_problem(c->engine, text);
}

static ie_status find_files(covering *c, side *s, const char *folder, ie_error *err)
{
    const ie_input input = {.paths = &folder, .count = 1};
    ie_scan *scan;
    ie_status status = ie_scan_open(c->engine->config, &input, on_problem, c, &scan, err);
    if (status != IE_OK) {
        return status;
    }
    for (ie_photo *photo; (photo = ie_scan_next(scan)) != NULL; ie_photo_free(photo)) {
        IE_GROW(s->files, s->count, s->room);
        s->files[s->count++] = (side_file){
            .path = ie_strdup(photo->real_path),
            .shown = ie_strdup(photo->path),
            .stamp = photo->stamp,
            .size = photo->stamp.size,
            .inode = photo->stamp.inode,
            .device = photo->stamp.device,
            .state = IE_COVER_MISSING,
        };
    }
    ie_scan_counts counts = ie_scan_count(scan);
    s->unreadable = counts.unreadable;
    if (s == &c->card && counts.hidden + counts.excluded + counts.symlinks > 0) {
        ie_engine_notice(c->engine,
                         "Not looked at in %s, because they are hidden, excluded or links: %llu.",
                         ie_shown(folder),
                         (unsigned long long)(counts.hidden + counts.excluded + counts.symlinks));
    }
    ie_scan_close(scan);
    return IE_OK;
}

static void unreadable(side_file *file, int number)
{
    char reason[128];
    if (file->problem == NULL) {
        file->problem = ie_strdup(strerror_r(number, reason, sizeof reason));
    }
    file->state = IE_COVER_UNREADABLE;
}

static void tell_format(void *user, size_t index)
{
    covering *c = user;
    side_file *file = &c->at->files[index];
    ie_bytes *bytes = NULL;
    ie_error err = {0};
    if (ie_bytes_open(file->path, &bytes, &err) != IE_OK) {
        unreadable(file, err.system_errno != 0 ? err.system_errno : EIO);
        return;
    }
    size_t head = file->size < IE_SNIFF_BYTES ? (size_t)file->size : IE_SNIFF_BYTES;
    const uint8_t *start = head > 0 ? ie_bytes_at(bytes, 0, head) : NULL;
    if (head > 0 && start == NULL) {
        unreadable(file, ie_bytes_errno(bytes) != 0 ? ie_bytes_errno(bytes) : EIO);
    } else if (head > 0) {
        file->format = ie_format_sniff(start, head, file->path);
    }
    ie_bytes_close(bytes);
}

/* Photos and videos by content, sidecars by name, and what claims to be a photo but is damaged. */
static bool is_wanted(const side_file *file)
{
    return file->format != IE_FORMAT_UNKNOWN || ie_sidecar_name(file->path) ||
           ie_format_claimed(file->path) != IE_FORMAT_UNKNOWN || file->state == IE_COVER_UNREADABLE;
}

static void for_all(covering *c, side *s, void (*each)(void *, size_t))
{
    const ie_parallel parallel = {c->engine->config, c->engine->cancel, each, c};
    c->at = s;
    ie_parallel_run(&parallel, 0, s->count);
    if (c->engine->progress != NULL) {
        const ie_progress progress = {
            .stage = IE_STAGE_COMPARE, .done = s->count, .total = s->count};
        c->engine->progress(c->engine->user, &progress);
    }
}

static void drop_others(side *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (is_wanted(&s->files[i])) {
            s->files[kept++] = s->files[i];
            continue;
        }
        s->other++;
        free(s->files[i].path);
        free(s->files[i].shown);
        free(s->files[i].problem);
    }
    s->count = kept;
}

/* ---- hashes ------------------------------------------------------------------------------- */

static void hash_whole(void *user, size_t index)
{
    covering *c = user;
    side_file *file = &c->at->files[index];
    ie_bytes *bytes = NULL;
    ie_error err = {0};
    if (!file->wanted) {
        return;
    }
    if (ie_bytes_open(file->path, &bytes, &err) != IE_OK) {
        unreadable(file, err.system_errno != 0 ? err.system_errno : EIO);
        return;
    }
    file->hashed = ie_bytes_size(bytes) == file->size && ie_bytes_xxh3(bytes, &file->hash);
    if (!file->hashed) {
        unreadable(file, ie_bytes_errno(bytes) != 0 ? ie_bytes_errno(bytes) : ESTALE);
    }
    ie_bytes_close(bytes);
}

static void hash_picture(void *user, size_t index)
{
    covering *c = user;
    side_file *file = &c->at->files[index];
    ie_bytes *bytes = NULL;
    file->hashed = false;
    if (!file->wanted || ie_bytes_open(file->path, &bytes, NULL) != IE_OK) {
        return;
    }
    const uint8_t *all = ie_bytes_load(bytes, (uint64_t)c->engine->config->limits.max_file_bytes);
    file->hashed = all != NULL &&
                   ie_image_data_hash(all, (size_t)ie_bytes_size(bytes), file->format, &file->hash);
    ie_bytes_close(bytes);
}

/* ---- comparing ---------------------------------------------------------------------------- */

static int open_file(const char *path)
{
    return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static size_t read_piece(int fd, uint8_t *piece, uint64_t at)
{
    size_t have = 0;
    while (have < PIECE_BYTES) {
        ssize_t got = pread(fd, piece + have, PIECE_BYTES - have, (off_t)(at + have));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 ? SIZE_MAX : have;
        }
        have += (size_t)got;
    }
    return have;
}

static bool same_bytes(const char *a, const char *b)
{
    int x = open_file(a), y = open_file(b);
    uint8_t *left = ie_alloc(PIECE_BYTES), *right = ie_alloc(PIECE_BYTES);
    bool same = x >= 0 && y >= 0;
    for (uint64_t at = 0; same; at += PIECE_BYTES) {
        size_t p = read_piece(x, left, at), q = read_piece(y, right, at);
        same = p == q && p != SIZE_MAX && memcmp(left, right, p) == 0;
        if (p < PIECE_BYTES) {
            break;
        }
    }
    free(left);
    free(right);
    if (x >= 0) {
        close(x);
    }
    if (y >= 0) {
        close(y);
    }
    return same;
}

static int by_size(const void *a, const void *b)
{
    const side_file *x = a, *y = b;
    int order = x->size < y->size ? -1 : x->size > y->size;
    return order != 0 ? order : strcmp(x->path, y->path);
}

static int by_hash(const void *a, const void *b)
{
    const side_file *x = a, *y = b;
    int order = (int)y->hashed - (int)x->hashed;
    order = order != 0 ? order : memcmp(x->hash.bytes, y->hash.bytes, sizeof x->hash.bytes);
    return order != 0 ? order : strcmp(x->path, y->path);
}

static void sort_side(side *s, int (*order)(const void *, const void *))
{
    if (s->count > 1) {
        qsort(s->files, s->count, sizeof *s->files, order);
    }
}

/* Only files that have a partner of their size are read. */
static void choose_by_size(covering *c)
{
    sort_side(&c->archive, by_size);
    for (size_t i = 0; i < c->card.count; i++) {
        side_file *file = &c->card.files[i];
        size_t low = 0, high = c->archive.count;
        while (low < high) {
            size_t middle = low + (high - low) / 2;
            if (c->archive.files[middle].size < file->size) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        for (; low < c->archive.count && c->archive.files[low].size == file->size; low++) {
            c->archive.files[low].wanted = file->wanted = true;
        }
    }
}

/* The first of the archive's files with this hash; sorted by it. */
static size_t first_with(const covering *c, const side_file *file)
{
    size_t low = 0, high = c->archive.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const side_file *at = &c->archive.files[middle];
        if (at->hashed && memcmp(at->hash.bytes, file->hash.bytes, sizeof at->hash.bytes) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void match(covering *c, side_file *file, ie_cover_state verdict)
{
    if (!file->hashed || file->state != IE_COVER_MISSING) {
        return;
    }
    for (size_t i = first_with(c, file); i < c->archive.count; i++) {
        const side_file *other = &c->archive.files[i];
        if (!other->hashed || !ie_hash128_equal(other->hash, file->hash)) {
            return;
        }
        /* The same inode is one copy, not two. */
        bool own = other->inode == file->inode && other->device == file->device;
        bool fits = verdict == IE_COVER_IMAGE_DATA
                        ? other->format == file->format
                        : other->size == file->size && same_bytes(file->path, other->path);
        if (!own && fits) {
            file->state = verdict;
            file->other = other->shown;
            return;
        }
    }
}

static void match_bytes(void *user, size_t index)
{
    covering *c = user;
    match(c, &c->card.files[index], IE_COVER_SAME);
}

static void match_pictures(void *user, size_t index)
{
    covering *c = user;
    match(c, &c->card.files[index], IE_COVER_IMAGE_DATA);
}

static void compare_pictures(covering *c)
{
    bool formats[IE_FORMAT_COUNT] = {false};
    for (size_t i = 0; i < c->card.count; i++) {
        side_file *file = &c->card.files[i];
        ie_kind kind = ie_format_kind(file->format);
        file->wanted =
            file->state == IE_COVER_MISSING && (kind == IE_KIND_PHOTO || kind == IE_KIND_RAW);
        formats[file->format] |= file->wanted;
    }
    for (size_t i = 0; i < c->archive.count; i++) {
        c->archive.files[i].wanted = formats[c->archive.files[i].format];
    }
    for_all(c, &c->card, hash_picture);
    for_all(c, &c->archive, hash_picture);
    sort_side(&c->archive, by_hash);
    for_all(c, &c->card, match_pictures);
}

/* ---- what became of the rest --------------------------------------------------------------- */

/* Runs that copied into the archive noted what they made of what. */
static void find_derived(covering *c, const char *archive)
{
    IE_AUTO_FREE char *real = realpath(archive, NULL);
    ie_same *same = NULL;
    for (size_t i = 0; i < c->card.count && !cancelled(c); i++) {
        side_file *file = &c->card.files[i];
        if (file->state != IE_COVER_MISSING || ie_format_kind(file->format) == IE_KIND_NONE) {
            continue;
        }
        same = same != NULL ? same : ie_same_new(c->engine->config, real, true);
        /* Of no format: what was made of a RAW counts, too. */
        const ie_photo photo = {.real_path = file->path, .stamp = file->stamp};
        bool plain = false;
        const char *made = ie_same_made(same, &photo, &plain);
        if (made != NULL) {
            bool below = ie_path_below(made, real) && strlen(made) > strlen(real);
            file->made = below ? ie_path_join(archive, made + strlen(real) + 1) : ie_strdup(made);
            file->other = file->made;
            file->state = IE_COVER_DERIVED;
        }
    }
    ie_same_free(same);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static ie_status check_folders(covering *c, const char *card, const char *archive, ie_error *err)
{
    const char *const names[] = {card, archive};
    char *real[2] = {NULL, NULL};
    ie_status status = IE_OK;
    for (int i = 0; status == IE_OK && i < 2; i++) {
        real[i] = realpath(names[i], NULL);
        status = real[i] == NULL
                     ? ie_error_errno(err, errno, "%s cannot be read", ie_shown(names[i]))
                     : ie_volume_check(c->engine, real[i], err);
    }
    if (status == IE_OK && (ie_path_below(real[0], real[1]) || ie_path_below(real[1], real[0]))) {
        status = ie_error_set(err, IE_ERR_USAGE,
                              "%s and %s lie one in the other, so one copy would count as two.",
                              ie_shown(card), ie_shown(archive));
    }
    free(real[0]);
    free(real[1]);
    return status;
}

static ie_status tell(const covering *c, ie_cover_fn on_result, void *user, ie_cover_counts *counts,
                      ie_error *err)
{
    ie_status status = IE_OK;
    for (size_t i = 0; status == IE_OK && i < c->card.count; i++) {
        const side_file *file = &c->card.files[i];
        const ie_cover_result result = {file->state, file->shown, file->size, file->other,
                                        file->problem};
        counts->states[file->state]++;
        bool there = file->state != IE_COVER_MISSING && file->state != IE_COVER_DERIVED;
        counts->missing_bytes += there ? 0 : file->size;
        status = on_result != NULL ? on_result(user, &result) : IE_OK;
        if (status != IE_OK) {
            ie_error_set(err, status, "The output cannot be written.");
        }
    }
    counts->other = c->card.other;
    counts->unreadable = c->card.unreadable;
    return status;
}

static void side_free(side *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->files[i].path);
        free(s->files[i].shown);
        free(s->files[i].problem);
        free(s->files[i].made);
    }
    free(s->files);
}

ie_status ie_engine_covers(ie_engine *engine, const char *card, const char *archive,
                           bool image_data, ie_cover_fn on_result, void *user,
                           ie_cover_counts *ret_counts, ie_error *err)
{
    double start = ie_seconds_now();
    covering c = {.engine = engine};
    ie_cover_counts counts = {0};
    ie_status status = check_folders(&c, card, archive, err);
    if (status == IE_OK) {
        status = find_files(&c, &c.card, card, err);
    }
    if (status == IE_OK) {
        status = find_files(&c, &c.archive, archive, err);
    }
    if (status == IE_OK) {
        for_all(&c, &c.card, tell_format);
        drop_others(&c.card);
        if (image_data) {
            for_all(&c, &c.archive, tell_format);
        }
        choose_by_size(&c);
        for_all(&c, &c.card, hash_whole);
        for_all(&c, &c.archive, hash_whole);
        sort_side(&c.archive, by_hash);
        for_all(&c, &c.card, match_bytes);
        if (image_data && !cancelled(&c)) {
            compare_pictures(&c);
        }
        find_derived(&c, archive);
        status = cancelled(&c)
                     ? ie_error_set(err, IE_ERR_CANCELLED, "Interrupted; not all was compared.")
                     : tell(&c, on_result, user, &counts, err);
    }
    side_free(&c.card);
    side_free(&c.archive);
    counts.seconds = ie_seconds_now() - start;
    *ret_counts = counts;
    return status;
}
