// SPDX-License-Identifier: GPL-3.0-or-later
/* Which picture another one was edited from, by their names: a-edited.jpg, a(1)-edited.jpg and
   a-edited(1).jpg of Takeout, in its languages, and Apple's IMG_E1234.JPG. */
#include <stdlib.h>
#include <string.h>

#include "core/takeout.h"
#include "core/unit_former.h"
#include "utils/memory.h"
#include "utils/text.h"

size_t ie_edited_stem(const char *base, size_t stem, const char **ret_mark)
{
    const char *mark;
    for (size_t i = 0; memchr(base, '-', stem) != NULL && (mark = ie_takeout_mark(i)) != NULL;
         i++) {
        size_t length = strlen(mark);
        if (stem > length &&
            ie_former_compare_nocase(base + stem - length, length, mark, length) == 0) {
            if (ret_mark != NULL) {
                *ret_mark = mark;
            }
            return stem - length;
        }
    }
    return 0;
}

char *ie_edited_original(const char *base, size_t stem, const char **ret_mark)
{
    static const char apple[] = "img_e";
    *ret_mark = "-edited";
    size_t plain = ie_edited_stem(base, stem, ret_mark);
    if (plain > 0) {
        return ie_strndup(base, plain);
    }
    if (stem > 5 && ie_former_compare_nocase(base, 5, apple, 5) == 0 && base[5] >= '0' &&
        base[5] <= '9') {
        return ie_asprintf("%.4s%.*s", base, (int)(stem - 5), base + 5);
    }
    if (base[stem - (stem > 0)] != ')') {
        return NULL;
    }
    char number[16];
    IE_AUTO_FREE char *name = ie_strndup(base, stem);
    ie_takeout_number(name, number);
    plain = number[0] != 0 ? ie_edited_stem(name, strlen(name), ret_mark) : 0;
    return plain > 0 ? ie_asprintf("%.*s%s", (int)plain, name, number) : NULL;
}

bool ie_former_is_edited(const ie_photo *photo)
{
    const char *mark, *base = ie_path_base(ie_former_path(photo));
    IE_AUTO_FREE char *original = ie_edited_original(base, ie_name_stem(base, strlen(base)), &mark);
    return original != NULL;
}

static size_t root_of(const ie_former *f, size_t photo)
{
    while (f->parent[photo] != photo) {
        photo = f->parent[photo];
    }
    return photo;
}

/* What its name says it was made of; a video of a video alone. NULL: nothing here. */
static const ie_former_file *find_original(const ie_former *f, const ie_former_file *file)
{
    const char *mark;
    ie_kind kind = ie_format_kind(f->photos[file->photo]->format);
    IE_AUTO_FREE char *stem =
        kind == IE_KIND_RAW ? NULL : ie_edited_original(file->base, file->stem_length, &mark);
    if (stem == NULL) {
        return NULL;
    }
    IE_AUTO_FREE char *path =
        ie_asprintf("%.*s%s", (int)(file->base - file->path), file->path, stem);
    size_t length = strlen(stem);
    ie_former_file wanted = ie_former_entry_part(path, length, length);
    const ie_former_file *original = ie_former_find(f, &wanted, false);
    bool fits =
        original != NULL && (kind == IE_KIND_VIDEO ||
                             ie_format_kind(f->photos[original->photo]->format) != IE_KIND_VIDEO);
    return fits ? original : NULL;
}

void ie_former_join_edited(ie_former *f)
{
    for (size_t i = 0; i < f->file_count; i++) {
        const ie_former_file *file = &f->files[i];
        const ie_former_file *original =
            f->parent[file->photo] == file->photo ? find_original(f, file) : NULL;
        size_t root = original != NULL ? root_of(f, original->photo) : file->photo;
        if (root != file->photo) {
            f->parent[file->photo] = root;
        }
    }
    for (size_t i = 0; i < f->file_count; i++) { /* what went with the edited one follows it */
        f->parent[f->files[i].photo] = root_of(f, f->files[i].photo);
    }
}

const char *ie_unit_edited(const char *leader_path, const char *member_path, const char **ret_mark)
{
    const char *leader = ie_path_base(leader_path), *member = ie_path_base(member_path);
    size_t stem = ie_name_stem(leader, strlen(leader)), end = strlen(member);
    for (int extensions = 0; extensions < 3; extensions++) { /* a.jpg.xmp has two */
        size_t shorter = ie_name_stem(member, end);
        IE_AUTO_FREE char *original = ie_edited_original(member, shorter, ret_mark);
        if (original != NULL &&
            ie_former_compare_nocase(original, strlen(original), leader, stem) == 0) {
            return member + shorter;
        }
        if (shorter == end) {
            break;
        }
        end = shorter;
    }
    return NULL;
}
