// SPDX-License-Identifier: GPL-3.0-or-later
/* Writing journals; journal_read.c reads them. */
#include "storage/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include "storage/journal_line.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/text.h"

struct ie_journal {
    char *root, *path;
    int fd;
    ie_buffer lines;
    int failed; /* errno of the write that broke it */
};

void ie_run_id_new(char ret_id[IE_RUN_ID_BYTES])
{
    uint16_t random = 0;
    if (getrandom(&random, sizeof random, 0) < 0) {
        random = (uint16_t)getpid();
    }
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    size_t used = strftime(ret_id, IE_RUN_ID_BYTES, "%Y%m%dT%H%M%S", &utc);
    /* The lower half only: there is room to count on for runs that begin within one second. */
    snprintf(ret_id + used, IE_RUN_ID_BYTES - used, "-%04x", random & 0x7fff);
}

void ie_run_id_follow(char id[IE_RUN_ID_BYTES], const char *other)
{
    size_t length = strlen(id);
    if (strlen(other) != length || strcmp(other, id) < 0) {
        return;
    }
    long step = 1 + (strtol(id + length - 4, NULL, 16) & 0x3f);
    long number = strtol(other + length - 4, NULL, 16) + step;
    snprintf(id, IE_RUN_ID_BYTES, "%.*s%04lx", (int)(length - 4), other,
             number < 0xffff ? number : 0xffffL);
}

char *ie_journal_path(const char *root, const char *id)
{
    IE_AUTO_FREE char *name = ie_asprintf("%s/runs/%s.journal", IE_JOURNAL_FOLDER, id);
    return ie_path_join(root, name);
}

static void add_line(ie_journal *journal, json_t *take_record)
{
    IE_AUTO_FREE char *text = ie_json_line(take_record);
    char sum[IE_LINE_SUM + 1];
    ie_line_sum(text, strlen(text), sum);
    ie_buffer_printf(&journal->lines, "%s %s\n", sum, text);
}

static json_t *record(const char *type)
{
    json_t *object = json_object();
    ie_json_text(object, "t", type);
    return object;
}

/* Relative to ROOT when below it. */
static void add_path(const ie_journal *journal, json_t *object, const char *key, const char *path)
{
    if (path != NULL && strcmp(path, journal->root) != 0 && ie_path_below(path, journal->root)) {
        path += strlen(journal->root);
        path += *path == '/';
    }
    ie_json_path(object, key, path);
}

static void add_stamp(json_t *object, const ie_stamp *stamp)
{
    ie_json_int(object, "size", (int64_t)stamp->size);
    ie_json_int(object, "mtime_ns", stamp->mtime_ns);
    ie_json_int(object, "inode", (int64_t)stamp->inode);
    ie_json_int(object, "device", (int64_t)stamp->device);
}

static void add_hash(json_t *object, const char *key, ie_hash128 hash)
{
    char hex[33];
    ie_hash128_hex(hash, hex);
    ie_json_text(object, key, hex);
}

void ie_journal_mkdir(ie_journal *journal, const char *path)
{
    json_t *object = record("mkdir");
    add_path(journal, object, "path", path);
    add_line(journal, object);
}

void ie_journal_intent(ie_journal *journal, const ie_entry *entry)
{
    json_t *object = record("intent");
    ie_json_int(object, "n", (int64_t)entry->n);
    ie_json_int(object, "group", (int64_t)entry->group);
    if (entry->part > 0) {
        ie_json_int(object, "part", (int64_t)entry->part);
    }
    ie_json_text(object, "kind", ie_action_kind_name(entry->kind));
    json_object_set_new(object, "makes", json_boolean(entry->makes));
    if (entry->link != IE_LINK_NONE) {
        ie_json_text(object, "link", ie_link_name(entry->link));
    }
    if (entry->beside) {
        json_object_set_new(object, "beside", json_true());
    }
    add_stamp(object, &entry->stamp);
    add_path(journal, object, "from", entry->from);
    add_path(journal, object, "to", entry->to);
    add_path(journal, object, "temp", entry->temp);
    add_path(journal, object, "park", entry->park);
    add_path(journal, object, "quarantine", entry->quarantine);
    add_path(journal, object, "survivor", entry->survivor);
    add_line(journal, object);
}

void ie_journal_ready(ie_journal *journal, const ie_entry *entry)
{
    json_t *object = record("ready");
    ie_json_int(object, "n", (int64_t)entry->n);
    add_stamp(object, &entry->made);
    add_hash(object, "xxh3", entry->made_xxh3);
    add_hash(object, "source_xxh3", entry->source_xxh3);
    add_line(journal, object);
}

void ie_journal_proof(ie_journal *journal, const ie_entry *entry)
{
    json_t *object = record("proof");
    ie_json_int(object, "n", (int64_t)entry->n);
    ie_json_int(object, "size", (int64_t)entry->survivor_size);
    add_hash(object, "xxh3", entry->survivor_xxh3);
    add_line(journal, object);
}

void ie_journal_state(ie_journal *journal, uint64_t n, ie_entry_state state, const char *problem)
{
    json_t *object = record(ie_entry_state_name(state));
    ie_json_int(object, "n", (int64_t)n);
    ie_json_text(object, "problem", problem);
    add_line(journal, object);
}

void ie_journal_purged(ie_journal *journal, uint64_t n)
{
    json_t *object = record("purged");
    ie_json_int(object, "n", (int64_t)n);
    add_line(journal, object);
}

void ie_journal_note(ie_journal *journal, const char *what, const char *path, const char *problem)
{
    json_t *object = record("note");
    ie_json_text(object, "what", what);
    add_path(journal, object, "path", path);
    ie_json_text(object, "problem", problem);
    add_line(journal, object);
}

static void add_time(json_t *object)
{
    time_t now = time(NULL);
    struct tm utc;
    char text[40];
    gmtime_r(&now, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    ie_json_text(object, "time", text);
}

void ie_journal_end(ie_journal *journal, const char *state)
{
    json_t *object = record("end");
    ie_json_text(object, "state", state);
    add_time(object);
    add_line(journal, object);
}

ie_status ie_journal_flush(ie_journal *journal, bool sync, ie_error *err)
{
    int failed = journal->failed;
    if (failed == 0 && journal->lines.size > 0) {
        failed = ie_fs_write(journal->fd, journal->path, journal->lines.data, journal->lines.size);
    }
    if (failed == 0 && sync) {
        failed = ie_fs_sync(journal->fd, journal->path);
    }
    ie_buffer_clear(&journal->lines);
    if (failed == 0) {
        return IE_OK;
    }
    journal->failed = failed;
    return ie_error_errno(err, failed,
                          "The journal %s cannot be written, so nothing more is changed",
                          ie_shown(journal->path));
}

static ie_journal *journal_new(const char *root, char *take_path, int fd)
{
    ie_journal *journal = ie_alloc(sizeof *journal);
    journal->root = ie_strdup(root);
    journal->path = take_path;
    journal->fd = fd;
    return journal;
}

void ie_journal_close(ie_journal *journal)
{
    if (journal != NULL) {
        close(journal->fd);
        ie_buffer_free(&journal->lines);
        free(journal->root);
        free(journal->path);
        free(journal);
    }
}

ie_status ie_journal_create(const char *root, const ie_journal_head *head, ie_journal **ret_journal,
                            ie_error *err)
{
    char *path = ie_journal_path(root, head->id);
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    int fd = -1;
    int failed = ie_place_open(root, path, &place);
    if (failed == 0) {
        failed = ie_fs_create(&place, 0600, &fd);
    }
    if (failed != 0) {
        ie_status status =
            ie_error_errno(err, failed, "The journal %s cannot be made", ie_shown(path));
        free(path);
        return status;
    }
    ie_journal *journal = journal_new(root, path, fd);
    json_t *object = record("run");
    ie_json_text(object, "schema", "imgengine.journal/1");
    ie_json_text(object, "run", head->id);
    add_time(object);
    ie_json_text(object, "command", head->command);
    ie_json_path(object, "root", root);
    ie_json_int(object, "made_root", head->made_root);
    if (head->plan != NULL) {
        ie_json_text(object, "plan", head->plan);
    }
    ie_json_text(object, "version", IE_VERSION);
    add_line(journal, object);
    ie_status status = ie_journal_flush(journal, true, err);
    if (status == IE_OK && (failed = ie_fs_sync_parent(&place)) != 0) {
        status =
            ie_error_errno(err, failed, "The folder of %s cannot be made durable", ie_shown(path));
    }
    if (status != IE_OK) {
        ie_journal_close(journal);
        return status;
    }
    *ret_journal = journal;
    return IE_OK;
}

ie_status ie_journal_resume(const char *root, const char *id, uint64_t good_size,
                            ie_journal **ret_journal, ie_error *err)
{
    char *path = ie_journal_path(root, id);
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    struct stat st;
    int fd = -1;
    int failed = ie_place_open(root, path, &place);
    if (failed == 0) {
        failed = ie_fs_open_append(&place, &fd);
    }
    if (failed == 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size > good_size) {
        failed = ie_fs_truncate(fd, path, good_size);
    }
    if (failed != 0) {
        ie_status status =
            ie_error_errno(err, failed, "The journal %s cannot be continued", ie_shown(path));
        if (fd >= 0) {
            close(fd);
        }
        free(path);
        return status;
    }
    *ret_journal = journal_new(root, path, fd);
    return IE_OK;
}
