// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/outlook.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/world.h"
#include "storage/exif_check.h"
#include "storage/exif_file.h"
#include "storage/sidecar.h"
#include "storage/sidecar_write.h"
#include "utils/error.h"
#include "utils/text.h"

/* Lives as long as the arena. */
static const ie_metadata *keep_facts(ie_photo *take_photo, ie_arena *arena)
{
    ie_metadata *m = ie_arena_alloc(arena, sizeof *m);
    const ie_metadata *from = take_photo->metadata;
    *m = *from;
    const ie_text_list *lists[] = {&from->keywords, &from->hierarchy, &from->albums,
                                   &from->generated};
    ie_text_list *copies[] = {&m->keywords, &m->hierarchy, &m->albums, &m->generated};
    for (size_t l = 0; l < sizeof lists / sizeof *lists; l++) {
        *copies[l] = (ie_text_list){0};
        for (uint32_t i = 0; i < lists[l]->count; i++) {
            ie_text_list_add(copies[l], arena, ie_arena_strdup(arena, lists[l]->items[i]));
        }
    }
    m->title = ie_arena_strdup(arena, from->title);
    m->caption = ie_arena_strdup(arena, from->caption);
    m->original_name = ie_arena_strdup(arena, from->original_name);
    ie_photo_free(take_photo);
    return m;
}

static void see_sidecar(const ie_photo *photo, const char *path, ie_arena *arena,
                        ie_outlook *outlook)
{
    struct stat st;
    ie_photo *facts = NULL;
    ie_error err = {0};
    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
        outlook->beside_refusal = "its sidecar is no plain file";
    } else if (ie_sidecar_facts(path, &facts, &err) != IE_OK) {
        outlook->beside_refusal = "its sidecar cannot be read";
    } else if (facts->fault_count > 0) {
        outlook->beside_refusal = "its sidecar is damaged";
    }
    outlook->sidecar = ie_arena_strdup(arena, path);
    if (outlook->beside_refusal != NULL) {
        ie_photo_free(facts);
        return;
    }
    outlook->sidecar_stamp = ie_stamp_of(&st);
    outlook->beside = keep_facts(facts, arena);
}

static void see_own(const ie_photo *photo, ie_arena *arena, ie_outlook *outlook)
{
    ie_photo *facts = NULL;
    ie_error err = {0};
    if (ie_exif_facts(photo->real_path, photo->format, &facts, &err) == IE_OK) {
        outlook->own = keep_facts(facts, arena);
    }
}

void ie_outlook_take(void *user, const ie_photo *photo, const ie_action *action, ie_arena *arena,
                     ie_outlook *ret_outlook)
{
    (void)user;
    IE_AUTO_FREE char *folder = ie_path_directory(photo->real_path);
    ie_arena *own = ie_arena_new();
    ie_text_list beside = ie_sidecars_beside(photo->real_path, own);
    for (uint32_t i = 0; i < beside.count && ret_outlook->sidecar == NULL; i++) {
        IE_AUTO_FREE char *name = ie_sidecar_entry_name(beside.items[i]);
        if (ie_ends_with_nocase(name, ".xmp")) {
            IE_AUTO_FREE char *path = ie_path_join(folder, name);
            see_sidecar(photo, path, arena, ret_outlook);
        }
    }
    ie_arena_free(own);
    if (ret_outlook->sidecar != NULL || photo->metadata->sidecars.count > 0) {
        see_own(photo, arena, ret_outlook);
    }
    if (action->to == NULL && access(folder, W_OK) != 0) {
        ret_outlook->refusal = ret_outlook->beside_refusal = "its folder is read-only";
    } else if (action->format == photo->format && ie_tags_embed(photo->format)) {
        ret_outlook->refusal = ie_exif_refusal(photo->real_path, photo->format, arena);
    }
}
