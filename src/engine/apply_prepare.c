// SPDX-License-Identifier: GPL-3.0-or-later
/* New files are made, proven and synced under a temporary name; nothing of the user's is touched
   yet. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "engine/carry.h"
#include "engine/derive.h"
#include "utils/error.h"
#include "utils/fs.h"

typedef struct making {
    const ie_run *run;
    ie_step *step;
    size_t index;
    ie_trouble *trouble;
    int from_fd, temp_fd;
} making;

static bool temp_trouble(const making *m, int number)
{
    return ie_trouble_errno(m->trouble, m->index, number, "The new file for %s cannot be written",
                            ie_shown(m->step->action->from));
}

static bool source_unchanged(const making *m)
{
    struct stat st;
    if (fstat(m->from_fd, &st) == 0 && ie_stamp_fits(&m->step->action->stamp, &st)) {
        return true;
    }
    return ie_trouble_set(m->trouble, m->index, IE_OUTCOME_SKIPPED,
                          "it changed since the plan was made");
}

static bool open_source(making *m)
{
    const char *from = m->step->action->from;
    m->from_fd = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (m->from_fd < 0 && errno == ENOENT) {
        return ie_trouble_set(m->trouble, m->index, IE_OUTCOME_SKIPPED, "it is no longer there");
    }
    if (m->from_fd < 0) {
        return ie_trouble_errno(m->trouble, m->index, errno, "%s cannot be read", ie_shown(from));
    }
    return source_unchanged(m);
}

/* A file that cannot be read is that file's trouble, even when the disk says EIO. */
static bool read_trouble(const making *m, int number)
{
    ie_trouble_errno(m->trouble, m->index, number, "%s cannot be read",
                     ie_shown(m->step->action->from));
    m->trouble->stops = number == EMFILE || number == ENFILE || number == ENOMEM;
    return false;
}

static bool copy_bytes(making *m)
{
    ie_entry *entry = &m->step->entry;
    ie_copied copied;
    int failed = ie_fs_copy(m->from_fd, m->temp_fd, entry->temp, &copied);
    if (failed != 0) {
        return copied.reading ? read_trouble(m, failed) : temp_trouble(m, failed);
    }
    if (copied.size != entry->stamp.size) {
        return ie_trouble_set(m->trouble, m->index, IE_OUTCOME_SKIPPED,
                              "it changed while it was copied");
    }
    entry->source_xxh3 = entry->made_xxh3 = copied.xxh3;
    return true;
}

static bool stays_a_fault(ie_status status)
{
    return status == IE_ERR_FORMAT || status == IE_ERR_UNSUPPORTED || status == IE_ERR_LIMIT ||
           status == IE_ERR_NOT_FOUND || status == IE_ERR_CHANGED;
}

static bool derive_bytes(making *m)
{
    ie_entry *entry = &m->step->entry;
    ie_copied source, made;
    close(m->temp_fd);
    m->temp_fd = -1;
    ie_status status =
        ie_derive(m->run->options->config, m->step->action, entry->temp, &m->trouble->error);
    if (status != IE_OK) {
        m->trouble->step = m->index;
        m->trouble->outcome = IE_OUTCOME_FAILED;
        m->trouble->stops = !stays_a_fault(status);
        m->trouble->derives =
            !m->trouble->stops && status != IE_ERR_NOT_FOUND && status != IE_ERR_CHANGED;
        return false;
    }
    /* Opened again: whoever wrote it may have put another inode in its place. */
    m->temp_fd = open(entry->temp, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    int failed = m->temp_fd < 0 ? errno : ie_fs_hash(m->temp_fd, &made);
    if (failed != 0) {
        return temp_trouble(m, failed);
    }
    failed = ie_fs_hash(m->from_fd, &source);
    if (failed != 0) {
        return read_trouble(m, failed);
    }
    entry->source_xxh3 = source.xxh3;
    entry->made_xxh3 = made.xxh3;
    m->trouble->derives = made.size == 0;
    return made.size > 0 || ie_trouble_set(m->trouble, m->index, IE_OUTCOME_FAILED,
                                           "the new file for it came out empty");
}

/* What the disk gives back must be what was read: the original leaves its name only after this. */
static bool verify_moved(const making *m)
{
    const ie_entry *entry = &m->step->entry;
    ie_copied back;
    posix_fadvise(m->temp_fd, 0, 0, POSIX_FADV_DONTNEED);
    int failed = ie_fs_hash(m->temp_fd, &back);
    if (failed != 0) {
        return temp_trouble(m, failed);
    }
    if (back.size != entry->stamp.size || !ie_hash128_equal(back.xxh3, entry->source_xxh3)) {
        return temp_trouble(m, EIO);
    }
    return true;
}

static bool seal(making *m)
{
    ie_entry *entry = &m->step->entry;
    struct stat st;
    bool sidecar =
        m->step->action->format == IE_FORMAT_SIDECAR && ie_action_derives(m->step->action);
    /* A new time: by it readers see that a sidecar of the same size changed. */
    int failed = sidecar ? ie_fs_copy_permissions(m->from_fd, m->temp_fd, entry->temp, true)
                         : ie_fs_copy_attributes(m->from_fd, m->temp_fd, entry->temp,
                                                 entry->kind != IE_ACTION_COPY);
    if (failed == 0) {
        failed = ie_fs_sync(m->temp_fd, entry->temp);
    }
    if (failed == 0 && fstat(m->temp_fd, &st) != 0) {
        failed = errno;
    }
    if (failed != 0) {
        return temp_trouble(m, failed);
    }
    if (entry->kind == IE_ACTION_MOVE && !verify_moved(m)) {
        return false;
    }
    entry->made = ie_stamp_of(&st);
    entry->ready = true;
    return source_unchanged(m);
}

static bool make_file(making *m)
{
    ie_step *step = m->step;
    IE_AUTO_PLACE ie_place temp = IE_PLACE_NONE;
    if (!open_source(m)) {
        return false;
    }
    int failed = ie_place_open(step->root->path, step->entry.temp, &temp);
    if (failed == 0) {
        failed = ie_fs_create(&temp, 0600, &m->temp_fd);
    }
    if (failed != 0) {
        return temp_trouble(m, failed);
    }
    return (ie_action_derives(step->action) ? derive_bytes(m) : copy_bytes(m)) && seal(m);
}

static bool prove(ie_step *step, size_t index, ie_trouble *trouble)
{
    ie_status status = ie_drop_prove(step->action, &step->proof, &trouble->error);
    if (status == IE_OK) {
        ie_drop_proof_survivor(step->proof, &step->entry.survivor_size, &step->entry.survivor_xxh3);
        ie_journal_proof(step->root->journal, &step->entry);
        return true;
    }
    trouble->step = index;
    trouble->outcome = status == IE_ERR_CHANGED ? IE_OUTCOME_SKIPPED : IE_OUTCOME_FAILED;
    trouble->stops = false;
    return false;
}

static bool make(ie_run *run, ie_step *step, size_t index, ie_trouble *trouble)
{
    making m = {run, step, index, trouble, -1, -1};
    bool good = make_file(&m);
    if (m.from_fd >= 0) {
        close(m.from_fd);
    }
    if (m.temp_fd >= 0) {
        close(m.temp_fd);
    }
    return good;
}

bool ie_party_prepare(ie_run *run, ie_party *party, ie_trouble *trouble)
{
    bool good = true;
    for (size_t i = 0; good && i < party->count; i++) {
        ie_step *step = &party->steps[i];
        bool drops = step->entry.kind == IE_ACTION_QUARANTINE;
        if (drops) {
            good = prove(step, i, trouble);
        }
        if (good && step->entry.makes) {
            good = drops ? ie_step_link(step, i, trouble) : make(run, step, i, trouble);
            if (good) {
                ie_journal_ready(step->root->journal, &step->entry);
            }
        }
    }
    return good;
}
