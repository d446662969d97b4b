// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/bytes.h"
#include "storage/journal_line.h"
#include "utils/error.h"
#include "utils/text.h"

#define MAX_JOURNAL_BYTES ((uint64_t)4 << 30)
#define TAIL_BYTES 8192

static const char *const state_names[] = {
    [IE_ENTRY_INTENDED] = "kept", /* an undo that was refused or given up: the entry stands as it
                                     was */
    [IE_ENTRY_DONE] = "done",       [IE_ENTRY_FAILED] = "failed",
    [IE_ENTRY_UNDOING] = "undoing", [IE_ENTRY_UNDONE] = "undone",
};

const char *ie_entry_state_name(ie_entry_state state)
{
    return state_names[state];
}

void ie_line_sum(const char *text, size_t size, char ret_sum[IE_LINE_SUM + 1])
{
    char hex[33];
    ie_hash128_hex(ie_hash128_of(text, size), hex);
    memcpy(ret_sum, hex, IE_LINE_SUM);
    ret_sum[IE_LINE_SUM] = 0;
}

/* The JSON of a sound line, or NULL. `size` is without the newline. */
static json_t *parse_line(const char *line, size_t size)
{
    char sum[IE_LINE_SUM + 1];
    if (size < IE_LINE_SUM + 3 || line[IE_LINE_SUM] != ' ') {
        return NULL;
    }
    const char *text = line + IE_LINE_SUM + 1;
    size_t length = size - IE_LINE_SUM - 1;
    ie_line_sum(text, length, sum);
    json_t *value = NULL;
    if (memcmp(sum, line, IE_LINE_SUM) != 0 ||
        ie_json_parse(text, length, "a journal line", &value, NULL) != IE_OK) {
        return NULL;
    }
    if (!json_is_object(value)) {
        json_decref(value);
        return NULL;
    }
    return value;
}

/* ---- records ------------------------------------------------------------------------------ */

static bool safe_parts(const char *path)
{
    for (const char *part = path; *part != 0;) {
        size_t length = strcspn(part, "/");
        if ((length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.')) {
            return false;
        }
        part += length;
        part += *part == '/';
    }
    return path[0] != 0;
}

/* Absolute for the root of today. False when present but malformed, or outside though it must be
   inside. */
static bool read_path(ie_log *log, const json_t *object, const char *key, bool outside_is_fine,
                      const char **ret_path)
{
    if (json_object_get(object, key) == NULL) {
        *ret_path = NULL;
        return true;
    }
    IE_AUTO_FREE char *path = ie_json_get_path(object, key);
    if (path == NULL || !safe_parts(path) || (path[0] == '/' && !outside_is_fine)) {
        return false;
    }
    IE_AUTO_FREE char *whole = path[0] == '/' ? ie_strdup(path) : ie_path_join(log->root, path);
    *ret_path = ie_arena_strdup(log->arena, whole);
    return true;
}

static ie_stamp read_stamp(const json_t *object)
{
    return (ie_stamp){
        .size = (uint64_t)ie_json_get_int(object, "size", 0),
        .mtime_ns = ie_json_get_int(object, "mtime_ns", 0),
        .inode = (uint64_t)ie_json_get_int(object, "inode", 0),
        .device = (uint64_t)ie_json_get_int(object, "device", 0),
    };
}

static bool read_hash(const json_t *object, const char *key, ie_hash128 *ret_hash)
{
    const char *hex = ie_json_get_text(object, key);
    return hex != NULL && ie_hash128_parse(hex, ret_hash);
}

static bool read_kind(const json_t *object, ie_action_kind *ret_kind)
{
    const char *name = ie_json_get_text(object, "kind");
    for (int kind = IE_ACTION_COPY; name != NULL && kind < IE_ACTION_KINDS; kind++) {
        if (strcmp(name, ie_action_kind_name((ie_action_kind)kind)) == 0) {
            *ret_kind = (ie_action_kind)kind;
            return true;
        }
    }
    return false;
}

static bool read_link(const json_t *object, ie_entry *entry)
{
    if (json_object_get(object, "link") == NULL) {
        return true;
    }
    entry->link = ie_link_by_name(ie_json_get_text(object, "link"));
    return entry->link != IE_LINK_NONE && entry->link != IE_LINKS &&
           entry->kind == IE_ACTION_QUARANTINE;
}

/* Temporary files are removed without asking, so only names of our own pattern are believed to be
   such. */
static bool own_names(const ie_log *log, const ie_entry *entry)
{
    IE_AUTO_FREE char *own = ie_path_join(log->root, IE_JOURNAL_FOLDER);
    IE_AUTO_FREE char *temp = ie_asprintf(".imgengine-%s-%" PRIu64 ".new", log->id, entry->n);
    return (entry->temp == NULL || strcmp(ie_path_base(entry->temp), temp) == 0) &&
           (entry->park == NULL || ie_path_below(entry->park, own)) &&
           (entry->quarantine == NULL || ie_path_below(entry->quarantine, own));
}

/* Which paths a kind must have; undo relies on them. */
static bool shape_is_right(const ie_log *log, const ie_entry *entry)
{
    bool has_to = entry->to != NULL, has_quarantine = entry->quarantine != NULL,
         has_temp = entry->temp != NULL;
    if (entry->from == NULL || has_temp != entry->makes || !own_names(log, entry)) {
        return false;
    }
    switch (entry->kind) {
    case IE_ACTION_COPY:
        return has_to && entry->makes && !has_quarantine && entry->park == NULL;
    case IE_ACTION_REPLACE:
        return has_to && entry->makes && has_quarantine && entry->park == NULL;
    case IE_ACTION_MOVE:
        return has_to && entry->makes == has_quarantine && !(entry->makes && entry->park != NULL);
    case IE_ACTION_QUARANTINE:
        if (!has_quarantine || entry->park != NULL ||
            entry->makes != (entry->link != IE_LINK_NONE)) {
            return false;
        }
        return entry->makes
                   ? has_to && entry->survivor != NULL && strcmp(entry->to, entry->from) == 0
                   : !has_to;
    default:
        return false;
    }
}

static bool read_intent(ie_log *log, const json_t *object)
{
    ie_entry entry = {.stamp = read_stamp(object),
                      .makes = json_is_true(json_object_get(object, "makes")),
                      .beside = json_is_true(json_object_get(object, "beside"))};
    int64_t n = ie_json_get_int(object, "n", -1), group = ie_json_get_int(object, "group", -1);
    int64_t part = ie_json_get_int(object, "part", 0);
    if (n < 0 || group < 0 || part < 0 ||
        (log->count > 0 && (uint64_t)n <= log->entries[log->count - 1].n) ||
        !read_kind(object, &entry.kind) || !read_link(object, &entry)) {
        return false;
    }
    entry.n = (uint64_t)n;
    entry.group = (uint64_t)group;
    entry.part = (uint64_t)part;
    if (!read_path(log, object, "from", entry.kind == IE_ACTION_COPY, &entry.from) ||
        !read_path(log, object, "to", false, &entry.to) ||
        !read_path(log, object, "temp", false, &entry.temp) ||
        !read_path(log, object, "park", false, &entry.park) ||
        !read_path(log, object, "quarantine", false, &entry.quarantine) ||
        !read_path(log, object, "survivor", true, &entry.survivor) ||
        !shape_is_right(log, &entry)) {
        return false;
    }
    IE_GROW(log->entries, log->count, log->room);
    log->entries[log->count++] = entry;
    return true;
}

static ie_entry *find_entry(ie_log *log, const json_t *object)
{
    int64_t n = ie_json_get_int(object, "n", -1);
    size_t low = 0, high = log->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (log->entries[middle].n < (uint64_t)n) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return n >= 0 && low < log->count && log->entries[low].n == (uint64_t)n ? &log->entries[low]
                                                                            : NULL;
}

static bool read_ready(ie_log *log, const json_t *object)
{
    ie_entry *entry = find_entry(log, object);
    if (entry == NULL || !read_hash(object, "xxh3", &entry->made_xxh3) ||
        !read_hash(object, "source_xxh3", &entry->source_xxh3)) {
        return false;
    }
    entry->made = read_stamp(object);
    entry->ready = true;
    return true;
}

static bool read_proof(ie_log *log, const json_t *object)
{
    ie_entry *entry = find_entry(log, object);
    int64_t size = ie_json_get_int(object, "size", -1);
    if (entry == NULL || entry->kind != IE_ACTION_QUARANTINE || size < 0 ||
        !read_hash(object, "xxh3", &entry->survivor_xxh3)) {
        return false;
    }
    entry->survivor_size = (uint64_t)size;
    entry->proven = true;
    return true;
}

static bool read_mkdir(ie_log *log, const json_t *object)
{
    const char *path = NULL;
    if (!read_path(log, object, "path", false, &path) || path == NULL) {
        return false;
    }
    IE_GROW(log->folders, log->folder_count, log->folder_room);
    log->folders[log->folder_count++] = path;
    return true;
}

static bool read_state(ie_log *log, const json_t *object, const char *type)
{
    ie_entry *entry = find_entry(log, object);
    if (entry != NULL && strcmp(type, "purged") == 0) {
        return entry->purged = true;
    }
    for (int state = 0; entry != NULL && state <= IE_ENTRY_UNDONE; state++) {
        if (strcmp(type, state_names[state]) == 0) {
            entry->state = state == IE_ENTRY_INTENDED ? IE_ENTRY_DONE : (ie_entry_state)state;
            return true;
        }
    }
    return false;
}

static bool read_head(ie_log *log, const json_t *object, const char *id)
{
    const char *schema = ie_json_get_text(object, "schema"), *run = ie_json_get_text(object, "run");
    if (schema == NULL || strcmp(schema, "imgengine.journal/1") != 0 || run == NULL ||
        strcmp(run, id) != 0) {
        return false;
    }
    const char *time = ie_json_get_text(object, "time"),
               *command = ie_json_get_text(object, "command"),
               *plan = ie_json_get_text(object, "plan");
    int64_t made = ie_json_get_int(object, "made_root", 0);
    log->time = ie_arena_strdup(log->arena, time != NULL ? time : "");
    log->command = ie_arena_strdup(log->arena, command != NULL ? command : "");
    log->plan = ie_arena_strdup(log->arena, plan != NULL ? plan : "");
    log->made_root = made > 0 && made < 1000 ? (int)made : 0;
    return true;
}

static bool read_record(ie_log *log, const json_t *object)
{
    const char *type = ie_json_get_text(object, "t");
    if (type == NULL || strcmp(type, "run") == 0) {
        return false;
    }
    if (strcmp(type, "note") == 0) {
        return true;
    }
    log->end = NULL;
    log->purging = strcmp(type, "purged") == 0;
    if (strcmp(type, "end") == 0) {
        const char *state = ie_json_get_text(object, "state");
        log->end = ie_arena_strdup(log->arena, state != NULL ? state : "");
        log->outcome = log->outcome != NULL ? log->outcome : log->end;
        return true;
    }
    if (strcmp(type, "intent") == 0) {
        return read_intent(log, object);
    }
    if (strcmp(type, "ready") == 0) {
        return read_ready(log, object);
    }
    if (strcmp(type, "proof") == 0) {
        return read_proof(log, object);
    }
    return strcmp(type, "mkdir") == 0 ? read_mkdir(log, object) : read_state(log, object, type);
}

/* ---- files -------------------------------------------------------------------------------- */

static ie_status read_lines(ie_log *log, const char *text, size_t size, const char *path,
                            ie_error *err)
{
    bool have_head = false;
    uint64_t unsound = 0; /* since the last sound line: a torn end, unless a sound line follows */
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(text + at, '\n', size - at);
        if (newline == NULL) {
            break;
        }
        size_t length = (size_t)(newline - text) - at;
        IE_AUTO_JSON json_t *object = parse_line(text + at, length);
        if (!have_head && (object == NULL || !read_head(log, object, log->id))) {
            break;
        }
        at += length + 1;
        if (object == NULL) {
            unsound++;
            continue;
        }
        log->damaged += unsound + (have_head && !read_record(log, object));
        unsound = 0;
        have_head = true;
        log->good_size = at;
    }
    if (!have_head) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "%s is no journal of this program, or its first line is damaged.",
                            ie_shown(path));
    }
    return IE_OK;
}

ie_status ie_log_read(const char *root, const char *id, ie_log **ret_log, ie_error *err)
{
    IE_AUTO_FREE char *path = ie_journal_path(root, id);
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    const uint8_t *text =
        ie_bytes_size(bytes) == 0 ? (const uint8_t *)"" : ie_bytes_load(bytes, MAX_JOURNAL_BYTES);
    if (text == NULL) {
        status = ie_error_errno(err, ie_bytes_errno(bytes), "The journal %s cannot be read",
                                ie_shown(path));
        ie_bytes_close(bytes);
        return status;
    }
    ie_log *log = ie_alloc(sizeof *log);
    log->arena = ie_arena_new();
    log->root = ie_arena_strdup(log->arena, root);
    log->id = ie_arena_strdup(log->arena, id);
    status = read_lines(log, (const char *)text, ie_bytes_size(bytes), path, err);
    ie_bytes_close(bytes);
    if (status != IE_OK) {
        ie_log_free(log);
        return status;
    }
    *ret_log = log;
    return IE_OK;
}

void ie_log_free(ie_log *log)
{
    if (log != NULL) {
        free(log->entries);
        free(log->folders);
        ie_arena_free(log->arena);
        free(log);
    }
}

bool ie_log_closed(const char *root, const char *id)
{
    IE_AUTO_FREE char *path = ie_journal_path(root, id);
    ie_bytes *bytes = NULL;
    if (ie_bytes_open(path, &bytes, NULL) != IE_OK) {
        return false;
    }
    uint64_t size = ie_bytes_size(bytes);
    size_t take = size < TAIL_BYTES ? (size_t)size : TAIL_BYTES;
    const char *tail = (const char *)ie_bytes_at(bytes, size - take, take);
    bool closed = false;
    if (tail != NULL && tail[take - 1] == '\n') {
        const char *before = memrchr(tail, '\n', take - 1);
        const char *line = before != NULL ? before + 1 : tail;
        IE_AUTO_JSON json_t *object = parse_line(line, (size_t)(tail + take - 1 - line));
        const char *type = object != NULL ? ie_json_get_text(object, "t") : NULL;
        closed = type != NULL && strcmp(type, "end") == 0;
    }
    ie_bytes_close(bytes);
    return closed;
}

static int newest_first(const void *a, const void *b)
{
    return -strcmp(*(char *const *)a, *(char *const *)b);
}

ie_status ie_run_ids_read(const char *root, ie_run_ids *ret_ids, ie_error *err)
{
    *ret_ids = (ie_run_ids){0};
    IE_AUTO_FREE char *folder = ie_path_join(root, IE_JOURNAL_FOLDER "/runs");
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        bool none = errno == ENOENT || errno == ENOTDIR;
        return none ? IE_OK
                    : ie_error_errno(err, errno, "The journals in %s cannot be read",
                                     ie_shown(folder));
    }
    const struct dirent *entry;
    errno = 0;
    while ((entry = readdir(directory)) != NULL) {
        size_t length = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || length <= 8 || length >= IE_RUN_ID_BYTES + 8 - 1 ||
            strcmp(entry->d_name + length - 8, ".journal") != 0) {
            continue;
        }
        IE_GROW(ret_ids->ids, ret_ids->count, ret_ids->room);
        ret_ids->ids[ret_ids->count++] = ie_strndup(entry->d_name, length - 8);
        errno = 0;
    }
    int failed = errno;
    closedir(directory);
    if (failed != 0) {
        ie_run_ids_free(ret_ids);
        return ie_error_errno(err, failed, "The journals in %s cannot be read", ie_shown(folder));
    }
    if (ret_ids->count > 1) {
        qsort(ret_ids->ids, ret_ids->count, sizeof *ret_ids->ids, newest_first);
    }
    return IE_OK;
}

void ie_run_ids_free(ie_run_ids *ids)
{
    for (size_t i = 0; i < ids->count; i++) {
        free(ids->ids[i]);
    }
    free(ids->ids);
    *ids = (ie_run_ids){0};
}
