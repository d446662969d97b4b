// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdlib.h>
#include <string.h>

#include "core/takeout.h"
#include "core/unit_former.h"
#include "utils/memory.h"
#include "utils/text.h"

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

static int compare_cut(const void *left, const void *right)
{
    const ie_former_file *a = left, *b = right;
    if (a->hash != b->hash) {
        return a->hash < b->hash ? -1 : 1;
    }
    int paths = ie_former_compare_bytes(a->path, (size_t)(a->base - a->path) + a->stem_length,
                                        b->path, (size_t)(b->base - b->path) + b->stem_length);
    return paths;
}

static bool has_number(const ie_former_file *file, const char *number)
{
    size_t stem = ie_name_stem(file->base, file->base_length), length = strlen(number);
    return length == 0 ||
           (stem >= length && memcmp(file->base + stem - length, number, length) == 0);
}

/* The photo whose name was too long for its sidecar's: the only one that begins so. */
static const ie_former_file *find_cut(const ie_former *f, const ie_former_file *sidecar)
{
    char number[16];
    size_t folder = (size_t)(sidecar->base - sidecar->path);
    IE_AUTO_FREE char *path = ie_strndup(sidecar->path, folder + sidecar->stem_length);
    ie_takeout_number(path + folder, number);
    size_t cut = ie_takeout_cut(path + folder);
    if (cut == 0 || path[folder + cut] != 0) {
        return NULL;
    }
    ie_former_file wanted = ie_former_entry_part(path, cut, cut);
    size_t low = 0, high = f->long_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_cut(&f->longs[middle], &wanted) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const ie_former_file *found = NULL;
    for (size_t i = low; i < f->long_count && compare_cut(&f->longs[i], &wanted) == 0; i++) {
        if (!has_number(&f->longs[i], number)) {
            continue;
        }
        bool other = found != NULL && f->parent[found->photo] != f->parent[f->longs[i].photo];
        if (other || i - low > IE_SPELLINGS) {
            return NULL; /* it could be either's */
        }
        found = &f->longs[i];
    }
    return found;
}

char ie_unit_aae_form(const char *path)
{
    const char *base = ie_path_base(path), *extension = ie_path_extension(path);
    if (!ie_equal_nocase(extension, "aae")) {
        return 0;
    }
    size_t stem = (size_t)(extension - base) - 1;
    char letter = stem > 2 && base[stem - 2] == '.' ? base[stem - 1]
                  : stem > 5 && base[3] == '_'      ? base[4]
                                                    : 0;
    letter |= 32;
    return letter == 'e' || letter == 'o' ? letter : 0;
}

/* IMG_E1.AAE and IMG_O1.AAE of IMG_1.HEIC; "x.e.aae" and "x.o.aae" are what renaming makes
   of them. */
static const ie_former_file *find_adjusted(const ie_former *f, const ie_former_file *sidecar)
{
    if (ie_unit_aae_form(sidecar->path) == 0) {
        return NULL;
    }
    size_t folder = (size_t)(sidecar->base - sidecar->path), stem = sidecar->stem_length;
    bool renamed = sidecar->base[stem - 2] == '.';
    IE_AUTO_FREE char *path = renamed ? ie_strndup(sidecar->path, folder + stem - 2)
                                      : ie_asprintf("%.*s%.*s", (int)(folder + 4), sidecar->path,
                                                    (int)(stem - 5), sidecar->base + 5);
    size_t length = strlen(path) - folder;
    ie_former_file wanted = ie_former_entry_part(path, length, length);
    return ie_former_find(f, &wanted, false);
}

static const ie_former_file *find_owner(const ie_former *f, const ie_former_file *sidecar)
{
    const char *extension = ie_path_extension(sidecar->path);
    size_t rest = sidecar->stem_length; /* a.jpg of a.jpg.xmp */
    ie_former_file wanted =
        ie_former_entry_part(sidecar->path, rest, ie_name_stem(sidecar->base, rest));
    const ie_former_file *owner = ie_former_find(f, &wanted, true);
    if (owner != NULL) {
        return owner;
    }
    if (is_stem_sidecar(extension)) {
        wanted = ie_former_entry_part(sidecar->path, rest, rest);
        owner = ie_former_find(f, &wanted, false);
        return owner != NULL || !ie_equal_nocase(extension, "aae") ? owner
                                                                   : find_adjusted(f, sidecar);
    }
    const char *mark = "";
    for (size_t i = 0; mark != NULL; mark = ie_takeout_mark(i++)) {
        IE_AUTO_FREE char *stem =
            ie_strndup(sidecar->path, (size_t)(sidecar->base - sidecar->path) + rest);
        IE_AUTO_FREE char *target = ie_takeout_photo(stem, mark);
        ie_former_file photo = ie_former_entry(target, 0);
        owner = ie_former_find(f, &photo, true);
        if (owner != NULL) {
            return owner;
        }
    }
    return find_cut(f, sidecar);
}

/* A camera's .thm is a small JPEG and still no photo of its own when its video or RAW is there. */
bool ie_former_may_be_sidecar(const ie_photo *photo)
{
    const char *path = ie_former_path(photo);
    bool thumbnail = photo->format == IE_FORMAT_JPEG && ie_ends_with_nocase(path, ".thm");
    return (photo->format == IE_FORMAT_UNKNOWN || photo->format == IE_FORMAT_SIDECAR ||
            thumbnail) &&
           ie_sidecar_name(path);
}

void ie_former_collect_long(ie_former *f)
{
    f->longs = ie_alloc((f->file_count + 1) * sizeof *f->longs);
    for (size_t i = 0; i < f->file_count; i++) {
        const ie_former_file *file = &f->files[i];
        size_t cut = ie_takeout_cut(file->base);
        if (cut > 0) {
            ie_former_file *added = &f->longs[f->long_count++];
            *added = *file;
            added->stem_length = cut;
            added->hash = ie_former_hash(file->path, file->base, cut);
        }
    }
    qsort(f->longs, f->long_count, sizeof *f->longs, compare_cut);
}

void ie_former_attach_sidecars(ie_former *f, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ie_photo *photo = f->photos[i];
        if (!ie_former_may_be_sidecar(photo)) {
            continue;
        }
        ie_former_file sidecar = ie_former_entry(ie_former_path(photo), i);
        const ie_former_file *owner = find_owner(f, &sidecar);
        if (owner != NULL) {
            photo->format = IE_FORMAT_SIDECAR;
            f->parent[i] = f->parent[owner->photo];
        } else if (photo->format == IE_FORMAT_SIDECAR) {
            photo->format = IE_FORMAT_UNKNOWN; /* its photo has gone since it was last looked at */
        }
    }
}
