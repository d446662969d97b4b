// SPDX-License-Identifier: GPL-3.0-or-later
/* Links to what stays, for duplicates that go: made under a temporary name, like any new file. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "engine/carry.h"
#include "utils/error.h"
#include "utils/fs.h"

static bool no_link(ie_trouble *trouble, size_t index, const ie_entry *entry, int number)
{
    if (number == EXDEV) {
        return ie_trouble_set(trouble, index, IE_OUTCOME_FAILED,
                              "%s lies on another file system, to which only a symbolic "
                              "link could lead",
                              ie_shown(entry->survivor));
    }
    bool unknown = number == EOPNOTSUPP || number == ENOTTY || number == EINVAL ||
                   number == EPERM || number == ENOSYS;
    if (unknown) {
        static const char *const kinds[] = {[IE_LINK_HARD] = "hard links",
                                            [IE_LINK_REF] = "reflinks, as Btrfs and XFS do",
                                            [IE_LINK_SYMBOLIC] = "symbolic links"};
        ie_trouble_set(trouble, index, IE_OUTCOME_FAILED,
                       "The file system of %s knows no %s%s; it was left as it was. "
                       "--action quarantine needs no links.",
                       ie_shown(entry->from), kinds[entry->link],
                       number == EPERM ? ", or permits none here" : "");
        trouble->stops = true; /* it will not know them for the next file either */
        return false;
    }
    return ie_trouble_errno(trouble, index, number, "The link for %s cannot be made",
                            ie_shown(entry->from));
}

static int link_hard(const ie_step *step, const ie_place *temp)
{
    IE_AUTO_PLACE ie_place survivor = IE_PLACE_NONE;
    int failed = ie_place_open(NULL, step->entry.survivor, &survivor);
    return failed != 0 ? failed : ie_fs_link(&survivor, temp);
}

/* With the duplicate's own times, rights and attributes: only the bytes are shared. */
static int link_blocks(const ie_step *step, const ie_place *temp, ie_copied *ret_made)
{
    IE_AUTO_PLACE ie_place survivor = IE_PLACE_NONE, duplicate = IE_PLACE_NONE;
    int from = -1, own = -1, to = -1;
    int failed = ie_place_open(NULL, step->entry.survivor, &survivor);
    failed = failed != 0 ? failed : ie_place_read(&survivor, &from);
    failed = failed != 0 ? failed : ie_place_open(step->root->path, step->entry.from, &duplicate);
    failed = failed != 0 ? failed : ie_place_read(&duplicate, &own);
    failed = failed != 0 ? failed : ie_fs_create(temp, 0600, &to);
    failed = failed != 0 ? failed : ie_fs_clone(from, to, temp->path);
    failed = failed != 0 ? failed : ie_fs_hash(to, ret_made);
    failed = failed != 0 ? failed : ie_fs_copy_attributes(own, to, temp->path, true);
    failed = failed != 0 ? failed : ie_fs_sync(to, temp->path);
    const int open_ones[] = {from, own, to};
    for (size_t i = 0; i < sizeof open_ones / sizeof *open_ones; i++) {
        if (open_ones[i] >= 0) {
            close(open_ones[i]);
        }
    }
    return failed;
}

/* Where the disk is mounted, or the folder moved, does not matter to a link that names its target
   from where it stands; to another disk, only an absolute one leads. */
static int link_symbolic(const ie_step *step, const ie_place *temp)
{
    uint64_t mount = 0;
    IE_AUTO_FREE char *folder = ie_path_directory(step->entry.to);
    IE_AUTO_FREE char *relative = ie_path_relative(step->entry.survivor, folder);
    bool near = ie_fs_mount(step->entry.survivor, &mount) == 0 && mount == step->root->mount;
    return ie_fs_symlink(near ? relative : step->entry.survivor, temp);
}

bool ie_step_link(ie_step *step, size_t index, ie_trouble *trouble)
{
    ie_entry *entry = &step->entry;
    IE_AUTO_PLACE ie_place temp = IE_PLACE_NONE;
    ie_copied made = {.size = entry->survivor_size, .xxh3 = entry->survivor_xxh3};
    struct stat st;
    int failed = ie_place_open(step->root->path, entry->temp, &temp);
    if (failed == 0) {
        failed = entry->link == IE_LINK_HARD  ? link_hard(step, &temp)
                 : entry->link == IE_LINK_REF ? link_blocks(step, &temp, &made)
                                              : link_symbolic(step, &temp);
    }
    if (failed == 0) {
        failed = ie_place_stat(&temp, &st);
    }
    if (failed != 0) {
        return no_link(trouble, index, entry, failed);
    }
    if (made.size != entry->survivor_size || !ie_hash128_equal(made.xxh3, entry->survivor_xxh3)) {
        return ie_trouble_set(trouble, index, IE_OUTCOME_SKIPPED,
                              "%s changed since they were compared", ie_shown(entry->survivor));
    }
    entry->made = ie_stamp_of(&st);
    entry->made_xxh3 = entry->source_xxh3 = entry->survivor_xxh3;
    entry->ready = true;
    return true;
}
