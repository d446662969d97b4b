// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/unit.h"

#include <stdlib.h>
#include <string.h>

#include "core/takeout.h"
#include "utils/memory.h"
#include "utils/text.h"

/* One picture or video among its like, or the name that a sidecar looks for. */
typedef struct entry {
    const char *path,
        *base; /* base points into path, whose first base - path bytes name the folder */
    size_t base_length, stem_length;
    uint64_t hash; /* of folder and stem, case ignored: compared first, most sorting is over then */
    size_t photo;
} entry;

/* How many names that differ only in case are looked through. More are no camera's doing, and a
   folder of a million of them must not take a day. */
enum { SPELLINGS = 256 };

typedef struct former {
    ie_photo **photos;
    size_t *parent; /* the photo whose unit it is; itself for one that leads */
    entry *files;   /* sorted */
    size_t file_count;
    entry *longs; /* those with names that Takeout cuts: hash and stem_length are of folder and cut name; sorted */
    size_t long_count;
} former;

static const char *path_of(const ie_photo *photo)
{
    return photo->real_path != NULL ? photo->real_path : photo->path;
}

/* ---- names ---- */

static int lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* FNV-1a, 64 bits (Fowler, Noll, Vo). */
static uint64_t hash_of(const char *path, const char *base, size_t stem)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char *p = path; p < base + stem; p++) {
        unsigned char c = (unsigned char)*p;
        hash = (hash ^ (uint64_t)(p < base ? c : lower(c))) * 0x100000001b3u;
    }
    return hash;
}

/* The name is the first `base_length` bytes from `base` on, its stem the first `stem` of these. */
static entry entry_of_part(const char *path, size_t base_length, size_t stem)
{
    const char *base = ie_path_base(path);
    return (entry){path, base, base_length, stem, hash_of(path, base, stem), 0};
}

static entry entry_of(const char *path, size_t photo)
{
    const char *base = ie_path_base(path);
    size_t base_length = strlen(base);
    entry e = entry_of_part(path, base_length, ie_name_stem(base, base_length));
    e.photo = photo;
    return e;
}

static int compare_lengths(size_t a, size_t b)
{
    return a < b ? -1 : a > b;
}

static int compare_nocase(const char *a, size_t a_length, const char *b, size_t b_length)
{
    for (size_t i = 0; i < a_length && i < b_length; i++) {
        int difference = lower((unsigned char)a[i]) - lower((unsigned char)b[i]);
        if (difference != 0) {
            return difference;
        }
    }
    return compare_lengths(a_length, b_length);
}

static int compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int difference = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return difference != 0 ? difference : compare_lengths(a_length, b_length);
}

/* Same folder and same stem but for case: such files stand together. */
static int compare_stem(const entry *a, const entry *b)
{
    if (a->hash != b->hash) {
        return a->hash < b->hash ? -1 : 1;
    }
    int folders =
        compare_bytes(a->path, (size_t)(a->base - a->path), b->path, (size_t)(b->base - b->path));
    return folders != 0 ? folders
                        : compare_nocase(a->base, a->stem_length, b->base, b->stem_length);
}

static int compare_exact_stem(const entry *a, const entry *b)
{
    int stems = compare_stem(a, b);
    return stems != 0 ? stems : compare_bytes(a->base, a->stem_length, b->base, b->stem_length);
}

static int compare_entries(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    int stems = compare_exact_stem(a, b);
    int bases =
        stems != 0 ? stems : compare_bytes(a->base, a->base_length, b->base, b->base_length);
    return bases != 0 ? bases : compare_lengths(a->photo, b->photo);
}

/* ---- sidecars' names ---- */

static const char *const stem_sidecars[] = {"xmp", "aae", "thm"}; /* a.xmp as well as a.jpg.xmp */

static bool is_stem_sidecar(const char *extension)
{
    for (size_t i = 0; i < sizeof stem_sidecars / sizeof *stem_sidecars; i++) {
        if (ie_equal_nocase(extension, stem_sidecars[i])) {
            return true;
        }
    }
    return false;
}

bool ie_sidecar_name(const char *path)
{
    const char *base = ie_path_base(path), *extension = ie_path_extension(path);
    if (extension[0] == 0) {
        return false;
    }
    if (ie_equal_nocase(extension, "json")) { /* a.jpg.json, but not package.json */
        size_t length = (size_t)(extension - base) - 1;
        return ie_name_stem(base, length) < length || ie_takeout_is_cut(base, length);
    }
    return is_stem_sidecar(extension);
}

/* ---- looking up ---- */

/* The first file that is not less than `wanted` by that order. */
static size_t lower_bound(const former *f, const entry *wanted,
                          int (*compare)(const entry *, const entry *))
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
    int difference = leader_rank(a) - leader_rank(b);
    return difference != 0 ? difference < 0 : strcmp(path_of(a), path_of(b)) < 0;
}

/* Of the files with that stem the one whose whole name it is, or (`whole` false) the one that
   leads. NULL when there is none. */
static const entry *find_by(const former *f, const entry *wanted, bool whole,
                            int (*compare)(const entry *, const entry *))
{
    const entry *best = NULL;
    size_t first = lower_bound(f, wanted, compare);
    for (size_t i = first; i < f->file_count && i < first + SPELLINGS; i++) {
        const entry *file = &f->files[i];
        if (compare(file, wanted) != 0) {
            break;
        }
        bool fits = !whole || compare_nocase(file->base, file->base_length, wanted->base,
                                             wanted->base_length) == 0;
        if (fits && (best == NULL || leads(f->photos[file->photo], f->photos[best->photo]))) {
            best = file;
        }
    }
    return best;
}

/* The same spelling is preferred to another case. */
static const entry *find(const former *f, const entry *wanted, bool whole)
{
    const entry *found = find_by(f, wanted, whole, compare_exact_stem);
    return found != NULL ? found : find_by(f, wanted, whole, compare_stem);
}

static int compare_cut(const void *left, const void *right)
{
    const entry *a = left, *b = right;
    if (a->hash != b->hash) {
        return a->hash < b->hash ? -1 : 1;
    }
    int paths = compare_bytes(a->path, (size_t)(a->base - a->path) + a->stem_length, b->path,
                              (size_t)(b->base - b->path) + b->stem_length);
    return paths;
}

static bool has_number(const entry *file, const char *number)
{
    size_t stem = ie_name_stem(file->base, file->base_length), length = strlen(number);
    return length == 0 || (stem >= length && memcmp(file->base + stem - length, number, length) == 0);
}

/* The photo whose name was too long for its sidecar's: the only one that begins so. */
static const entry *find_cut(const former *f, const entry *sidecar)
{
    char number[16];
    size_t folder = (size_t)(sidecar->base - sidecar->path);
    IE_AUTO_FREE char *path = ie_strndup(sidecar->path, folder + sidecar->stem_length);
    ie_takeout_number(path + folder, number);
    size_t cut = ie_takeout_cut(path + folder);
    if (cut == 0 || path[folder + cut] != 0) {
        return NULL;
    }
    entry wanted = entry_of_part(path, cut, cut);
    size_t low = 0, high = f->long_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_cut(&f->longs[middle], &wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const entry *found = NULL;
    for (size_t i = low; i < f->long_count && compare_cut(&f->longs[i], &wanted) == 0; i++) {
        if (!has_number(&f->longs[i], number)) {
            continue;
        }
        bool other = found != NULL && f->parent[found->photo] != f->parent[f->longs[i].photo];
        if (other || i - low > SPELLINGS) {
            return NULL; /* it could be either's */
        }
        found = &f->longs[i];
    }
    return found;
}

static const entry *find_owner(const former *f, const entry *sidecar)
{
    const char *extension = ie_path_extension(sidecar->path);
    size_t rest = sidecar->stem_length; /* a.jpg of a.jpg.xmp */
    entry wanted = entry_of_part(sidecar->path, rest, ie_name_stem(sidecar->base, rest));
    const entry *owner = find(f, &wanted, true);
    if (owner != NULL) {
        return owner;
    }
    if (is_stem_sidecar(extension)) {
        wanted = entry_of_part(sidecar->path, rest, rest);
        return find(f, &wanted, false);
    }
    static const char *const marks[] = {"", "-edited"};
    for (size_t i = 0; i < 2; i++) {
        IE_AUTO_FREE char *stem = ie_strndup(sidecar->path, (size_t)(sidecar->base - sidecar->path) + rest);
        IE_AUTO_FREE char *target = ie_takeout_photo(stem, marks[i]);
        entry photo = entry_of(target, 0);
        owner = find(f, &photo, true);
        if (owner != NULL) {
            return owner;
        }
    }
    return find_cut(f, sidecar);
}

/* ---- forming ---- */

/* The files of one unit that are no sidecars; indices of photos, NONE where there is none. */
typedef struct core {
    size_t raw, still, video;
} core;

#define NONE SIZE_MAX

/* A Live Photo's or a RAW's picture is HEIC or JPEG; MOV before MP4 (which Takeout makes of it). */
static core core_of(const former *f, size_t begin, size_t end)
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

static void join(former *f, const core *c)
{
    size_t first = c->raw != NONE ? c->raw : c->still != NONE ? c->still : c->video;
    const size_t members[] = {c->raw, c->still, c->video};
    for (size_t i = 0; i < 3; i++) {
        if (members[i] != NONE) {
            f->parent[members[i]] = first;
        }
    }
}

/* Files of one stem but for case: those of one spelling belong together before those of two. */
static void join_stem(former *f, size_t begin, size_t end)
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

/* A camera's .thm is a small JPEG and still no photo of its own when its video or RAW is there. */
static bool may_be_sidecar(const ie_photo *photo)
{
    const char *path = path_of(photo);
    bool thumbnail = photo->format == IE_FORMAT_JPEG && ie_ends_with_nocase(path, ".thm");
    return (photo->format == IE_FORMAT_UNKNOWN || photo->format == IE_FORMAT_SIDECAR ||
            thumbnail) &&
           ie_sidecar_name(path);
}

static void collect_files(former *f, size_t count)
{
    f->files = ie_alloc(count * sizeof *f->files);
    for (size_t i = 0; i < count; i++) {
        const ie_photo *photo = f->photos[i];
        f->parent[i] = i;
        ie_kind kind = ie_format_kind(photo->format);
        if (kind != IE_KIND_NONE && kind != IE_KIND_SIDECAR && !may_be_sidecar(photo)) {
            f->files[f->file_count++] = entry_of(path_of(photo), i);
        }
    }
    qsort(f->files, f->file_count, sizeof *f->files, compare_entries);
    for (size_t i = 0; i < f->file_count;) {
        size_t next = i + 1;
        while (next < f->file_count && compare_stem(&f->files[i], &f->files[next]) == 0) {
            next++;
        }
        join_stem(f, i, next);
        i = next;
    }
}

static void collect_long_names(former *f)
{
    f->longs = ie_alloc((f->file_count + 1) * sizeof *f->longs);
    for (size_t i = 0; i < f->file_count; i++) {
        const entry *file = &f->files[i];
        size_t cut = ie_takeout_cut(file->base);
        if (cut > 0) {
            entry *added = &f->longs[f->long_count++];
            *added = *file;
            added->stem_length = cut;
            added->hash = hash_of(file->path, file->base, cut);
        }
    }
    qsort(f->longs, f->long_count, sizeof *f->longs, compare_cut);
}

static void attach_sidecars(former *f, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ie_photo *photo = f->photos[i];
        if (!may_be_sidecar(photo)) {
            continue;
        }
        entry sidecar = entry_of(path_of(photo), i);
        const entry *owner = find_owner(f, &sidecar);
        if (owner != NULL) {
            photo->format = IE_FORMAT_SIDECAR;
            f->parent[i] = f->parent[owner->photo];
        } else if (photo->format == IE_FORMAT_SIDECAR) {
            photo->format = IE_FORMAT_UNKNOWN; /* its photo has gone since it was last looked at */
        }
    }
}

void ie_units_form(ie_photo **photos, size_t count)
{
    former f = {.photos = photos, .parent = ie_alloc(count * sizeof *f.parent)};
    collect_files(&f, count);
    collect_long_names(&f);
    attach_sidecars(&f, count);
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
}

const char *ie_unit_suffix(const char *leader_path, const char *member_path)
{
    const char *leader = ie_path_base(leader_path), *member = ie_path_base(member_path);
    size_t stem = ie_name_stem(leader, strlen(leader)), length = strlen(member);
    if (length >= stem && compare_nocase(leader, stem, member, stem) == 0) {
        return member + stem;
    }
    /* Takeout's a.jpg(1).json in the unit of a(1).jpg. */
    return member + ie_name_stem(member, length);
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
