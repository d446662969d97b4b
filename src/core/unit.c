// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/unit_former.h"

#include <stdlib.h>
#include <string.h>

#include "core/takeout.h"
#include "utils/memory.h"
#include "utils/text.h"

const char *ie_former_path(const ie_photo *photo)
{
    return photo->real_path != NULL ? photo->real_path : photo->path;
}

/* ---- names ---- */

static int lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo). */
uint64_t ie_former_hash(const char *path, const char *base, size_t stem)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *p = path; p < base + stem; p++) {
        unsigned char c = (unsigned char)*p;
        hash = (hash ^ (uint64_t)(p < base ? c : lower(c))) * 0x100000001b3u;
    }
    return hash;
}

/* The name is the first `base_length` bytes from `base` on, its stem the first `stem` of these. */
ie_former_file ie_former_entry_part(const char *path, size_t base_length, size_t stem)
{
    const char *base = ie_path_base(path);
    return (ie_former_file){path, base, base_length, stem, ie_former_hash(path, base, stem), 0};
}

ie_former_file ie_former_entry(const char *path, size_t photo)
{
    const char *base = ie_path_base(path);
    size_t base_length = strlen(base);
    ie_former_file e = ie_former_entry_part(path, base_length, ie_name_stem(base, base_length));
    e.photo = photo;
    return e;
}

static int compare_lengths(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

int ie_former_compare_nocase(const char *a, size_t a_length, const char *b, size_t b_length)
{
    for (size_t i = 0; i < a_length && i < b_length; i++) {
        int difference = lower((unsigned char)a[i]) - lower((unsigned char)b[i]);
        if (difference != 0) {
            return difference;
        }
    }
    return compare_lengths(a_length, b_length);
}

int ie_former_compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int difference = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return difference != 0 ? difference : compare_lengths(a_length, b_length);
}

/* Same folder and same stem but for case: such files stand together. */
static int compare_stem(const ie_former_file *a, const ie_former_file *b)
{
    if (a->hash != b->hash) {
        return a->hash < b->hash ? -1 : 1;
    }
    int folders = ie_former_compare_bytes(a->path, (size_t)(a->base - a->path), b->path,
                                          (size_t)(b->base - b->path));
    return folders != 0
               ? folders
               : ie_former_compare_nocase(a->base, a->stem_length, b->base, b->stem_length);
}

static int compare_exact_stem(const ie_former_file *a, const ie_former_file *b)
{
    int stems = compare_stem(a, b);
    return stems != 0 ? stems
                      : ie_former_compare_bytes(a->base, a->stem_length, b->base, b->stem_length);
}

static int compare_entries(const void *left, const void *right)
{
    const ie_former_file *a = left, *b = right;
    int stems = compare_exact_stem(a, b);
    int bases = stems != 0
                    ? stems
                    : ie_former_compare_bytes(a->base, a->base_length, b->base, b->base_length);
    return bases != 0 ? bases : compare_lengths(a->photo, b->photo);
}

/* ---- looking up ---- */

/* The first file that is not less than `wanted` by that order. */
static size_t lower_bound(const ie_former *f, const ie_former_file *wanted,
                          int (*compare)(const ie_former_file *, const ie_former_file *))
{
    size_t low = 0, high = f->file_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&f->files[middle], wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* RAW before HEIC before other photos before video, then path order. */
static int leader_rank(const ie_photo *photo)
{
    switch (ie_format_kind(photo->format)) {
    case IE_KIND_RAW:
        return 0;
    case IE_KIND_PHOTO:
        return photo->format == IE_FORMAT_HEIC ? 1 : 2;
    case IE_KIND_VIDEO:
        return 3;
    default:
        return 4;
    }
}

static bool leads(const ie_photo *a, const ie_photo *b)
{
    bool edited = ie_former_is_edited(a);
    if (edited != ie_former_is_edited(b)) {
        return !edited;
    }
    int difference = leader_rank(a) - leader_rank(b);
    return difference != 0 ? difference < 0 : strcmp(ie_former_path(a), ie_former_path(b)) < 0;
}

/* Of the files with that stem the one whose whole name it is, or (`whole` false) the one that
   leads. NULL when there is none. */
static const ie_former_file *find_by(const ie_former *f, const ie_former_file *wanted, bool whole,
                            int (*compare)(const ie_former_file *, const ie_former_file *))
{
    const ie_former_file *best = NULL;
    size_t first = lower_bound(f, wanted, compare);
    for (size_t i = first; i < f->file_count && i < first + IE_SPELLINGS; i++) {
        const ie_former_file *file = &f->files[i];
        if (compare(file, wanted) != 0) {
            break;
        }
        bool fits = !whole || ie_former_compare_nocase(file->base, file->base_length, wanted->base,
                                             wanted->base_length) == 0;
        if (fits && (best == NULL || leads(f->photos[file->photo], f->photos[best->photo]))) {
            best = file;
        }
    }
    return best;
}

/* The same spelling is preferred to another case. */
const ie_former_file *ie_former_find(const ie_former *f, const ie_former_file *wanted, bool whole)
{
    const ie_former_file *found = find_by(f, wanted, whole, compare_exact_stem);
    return found != NULL ? found : find_by(f, wanted, whole, compare_stem);
}

/* ---- forming ---- */

/* The files of one unit that are no sidecars; indices of photos, NONE where there is none. */
typedef struct core {
    size_t raw, still, video;
} core;

#define NONE SIZE_MAX

/* A Live Photo's or a RAW's picture is HEIC or JPEG; MOV before MP4 (which Takeout makes of it). */
static core core_of(const ie_former *f, size_t begin, size_t end)
{
    core c = {NONE, NONE, NONE};
    for (size_t i = begin; i < end; i++) {
        size_t photo = f->files[i].photo;
        ie_format format = f->photos[photo]->format;
        ie_kind kind = ie_format_kind(format);
        if (kind == IE_KIND_RAW && c.raw == NONE) {
            c.raw = photo;
        } else if ((format == IE_FORMAT_HEIC || format == IE_FORMAT_JPEG) &&
                   (c.still == NONE ||
                    (format == IE_FORMAT_HEIC && f->photos[c.still]->format != IE_FORMAT_HEIC))) {
            c.still = photo;
        } else if (kind == IE_KIND_VIDEO &&
                   (c.video == NONE ||
                    (format == IE_FORMAT_MOV && f->photos[c.video]->format != IE_FORMAT_MOV))) {
            c.video = photo;
        }
    }
    return c;
}

static bool overlap(const core *a, const core *b)
{
    return (a->raw != NONE && b->raw != NONE) || (a->still != NONE && b->still != NONE) ||
           (a->video != NONE && b->video != NONE);
}

static void join(ie_former *f, const core *c)
{
    size_t first = c->raw != NONE ? c->raw : c->still != NONE ? c->still : c->video;
    const size_t members[] = {c->raw, c->still, c->video};
    /* One name by chance: each says that it belongs to another. */
    bool strangers = c->still != NONE && c->video != NONE &&
                     !ie_former_may_be_live(f->photos[c->still], f->photos[c->video]);
    for (size_t i = 0; i < 3; i++) {
        if (members[i] != NONE && !(strangers && i == 2)) {
            f->parent[members[i]] = first;
        }
    }
    if (c->video != NONE && !strangers) {
        f->paired[c->video] = c->video != first;
        if (c->still != NONE) {
            f->paired[c->still] = true;
        }
    }
}

/* Files of one stem but for case: those of one spelling belong together before those of two. */
static void join_stem(ie_former *f, size_t begin, size_t end)
{
    core whole = {NONE, NONE, NONE};
    for (size_t i = begin; i < end;) {
        size_t next = i + 1;
        while (next < end && compare_exact_stem(&f->files[i], &f->files[next]) == 0) {
            next++;
        }
        core part = core_of(f, i, next);
        if (overlap(&whole, &part)) {
            join(f, &part);
        } else {
            whole.raw = part.raw != NONE ? part.raw : whole.raw;
            whole.still = part.still != NONE ? part.still : whole.still;
            whole.video = part.video != NONE ? part.video : whole.video;
        }
        i = next;
    }
    join(f, &whole);
}

/* A folder's names come sorted, and mostly stay so whatever becomes of case. */
static void sort_files(ie_former *f)
{
    size_t i = 1;
    while (i < f->file_count && compare_entries(&f->files[i - 1], &f->files[i]) <= 0) {
        i++;
    }
    if (i < f->file_count) {
        qsort(f->files, f->file_count, sizeof *f->files, compare_entries);
    }
}

static void collect_files(ie_former *f, size_t count)
{
    f->files = ie_alloc(count * sizeof *f->files);
    for (size_t i = 0; i < count; i++) {
        const ie_photo *photo = f->photos[i];
        f->parent[i] = i;
        ie_kind kind = ie_format_kind(photo->format);
        if (kind != IE_KIND_NONE && kind != IE_KIND_SIDECAR && !ie_former_may_be_sidecar(photo)) {
            f->files[f->file_count++] = ie_former_entry(ie_former_path(photo), i);
        }
    }
    sort_files(f);
    for (size_t i = 0; i < f->file_count;) {
        size_t next = i + 1;
        while (next < f->file_count && compare_stem(&f->files[i], &f->files[next]) == 0) {
            next++;
        }
        join_stem(f, i, next);
        i = next;
    }
}

void ie_units_form(ie_photo **photos, size_t count)
{
    ie_former f = {.photos = photos, .parent = ie_alloc(count * sizeof *f.parent)};
    f.paired = ie_alloc(count * sizeof *f.paired);
    collect_files(&f, count);
    ie_former_join_live(&f);
    ie_former_join_edited(&f);
    ie_former_collect_long(&f);
    ie_former_attach_sidecars(&f, count);
    uint32_t *number = ie_alloc(count * sizeof *number), next = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t *unit = &number[f.parent[i]];
        *unit = *unit != 0 ? *unit : ++next; /* from 1 here: 0 is not yet */
        photos[i]->unit = *unit - 1;
    }
    free(number);
    free(f.files);
    free(f.longs);
    free(f.parent);
    free(f.paired);
}

const char *ie_unit_suffix(const char *leader_path, const char *member_path)
{
    const char *leader = ie_path_base(leader_path), *member = ie_path_base(member_path);
    size_t stem = ie_name_stem(leader, strlen(leader)), length = strlen(member);
    bool follows =
        length > stem &&
        (member[stem] == '.' || ie_edited_stem(member, ie_name_stem(member, length), NULL) == stem);
    if (length == stem || follows) {
        if (ie_former_compare_nocase(leader, stem, member, stem) == 0) {
            return member + stem;
        }
    }
    const char *mark, *edited = ie_unit_edited(leader_path, member_path, &mark);
    /* Else Takeout's a.jpg(1).json in the unit of a(1).jpg. */
    return edited != NULL ? edited : member + ie_name_stem(member, length);
}

size_t ie_unit_leader(ie_photo *const *members, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++) {
        if (leads(members[i], members[best])) {
            best = i;
        }
    }
    return best;
}
