// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/model_store.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "storage/data_folder.h"
#include "storage/download.h"
#include "storage/hub.h"
#include "storage/model_files.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/json.h"
#include "utils/text.h"

#define RECORD "pulled.json"
#define RECORD_MAX (1 << 20)

/* ---- pulled.json ---- */

/* An object of objects by file name; empty when there is none or it is damaged. */
static json_t *read_record(const char *folder)
{
    IE_AUTO_FREE char *path = ie_path_join(folder, RECORD);
    char *bytes = NULL;
    size_t size = 0;
    json_t *whole = NULL, *files = NULL;
    if (ie_model_read(path, RECORD_MAX, &bytes, &size, NULL) == IE_OK &&
        ie_json_parse(bytes, size, RECORD, &whole, NULL) == IE_OK) {
        files = json_incref(json_object_get(whole, "files"));
    }
    free(bytes);
    json_decref(whole);
    if (!json_is_object(files)) {
        json_decref(files);
        files = json_object();
    }
    return files;
}

static ie_status write_record(const char *folder, json_t *files, ie_error *err)
{
    json_t *whole = json_object();
    ie_json_text(whole, "schema", "imgengine.pulled/1");
    json_object_set(whole, "files", files);
    IE_AUTO_FREE char *line = ie_json_line(whole);
    IE_AUTO_FREE char *path = ie_path_join(folder, RECORD);
    int failed = ie_own_folder_make(folder);
    failed = failed != 0 ? failed : ie_fs_write_file(path, line, strlen(line), 0600, true);
    return failed == 0 ? IE_OK
                       : ie_error_errno(err, failed, "%s cannot be written", ie_shown(path));
}

/* What is known of a part: by its entry, else by what was noted when it was pulled. */
typedef struct facts {
    uint64_t size;
    char sha256[65];
} facts;

static facts known_facts(const ie_model *model, ie_model_part part, const json_t *files)
{
    facts known = {.size = IE_HTTP_UNKNOWN};
    const json_t *noted = files != NULL ? json_object_get(files, model->files[part]) : NULL;
    if (json_is_object(noted)) {
        int64_t size = ie_json_get_int(noted, "size", -1);
        const char *sha256 = ie_json_get_text(noted, "sha256");
        known.size = size >= 0 ? (uint64_t)size : IE_HTTP_UNKNOWN;
        snprintf(known.sha256, sizeof known.sha256, "%s", sha256 != NULL ? sha256 : "");
    }
    if (model->sizes[part] > 0) {
        known.size = model->sizes[part];
    }
    if (model->sha256[part] != NULL) {
        snprintf(known.sha256, sizeof known.sha256, "%s", model->sha256[part]);
    }
    return known;
}

/* The folder of what is pulled; free() it. */
static ie_status own_folder(const ie_model *model, char **ret_folder, ie_error *err)
{
    if (model->path != NULL) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "The model %s is your own, at %s; it is neither fetched nor "
                            "taken away.",
                            ie_shown(model->name), ie_shown(model->path));
    }
    if (!ie_model_safe(model)) {
        return ie_error_set(
            err, IE_ERR_USAGE,
            "The model %s cannot be fetched: its name, its repository and its files "
            "must be plain names, with / between them.",
            ie_shown(model->name));
    }
    IE_AUTO_FREE char *models = ie_data_folder("models");
    if (models == NULL) {
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "There is no place for models: neither XDG_DATA_HOME nor HOME is set.");
    }
    *ret_folder = ie_path_join(models, model->name);
    return IE_OK;
}

/* ---- pull ---- */

typedef struct pulling {
    const ie_model *model;
    const ie_pull *pull;
    char *folder;
    json_t *files;
    ie_http *http;
    ie_model_part part;
} pulling;

static void on_bytes(void *user, uint64_t done, uint64_t total)
{
    const pulling *p = user;
    if (p->pull->progress != NULL) {
        p->pull->progress(p->pull->user, p->model->files[p->part], done, total);
    }
}

/* Noted before it comes, so that a process that dies leaves nothing that remove does not know. */
static ie_status note(pulling *p, const ie_hub_file *file, const char *sha256, ie_error *err)
{
    json_t *noted = json_object();
    ie_json_text(noted, "repository", p->model->repository);
    ie_json_text(noted, "commit", file->commit[0] != 0 ? file->commit : NULL);
    if (file->size != IE_HTTP_UNKNOWN) {
        ie_json_int(noted, "size", (int64_t)file->size);
    }
    ie_json_text(noted, "sha256", sha256[0] != 0 ? sha256 : NULL);
    json_object_set_new(p->files, p->model->files[p->part], noted);
    return write_record(p->folder, p->files, err);
}

/* The entry's word goes before the hub's. */
static ie_status agree(const pulling *p, ie_hub_file *file, ie_error *err)
{
    const char *name = p->model->files[p->part], *sha256 = p->model->sha256[p->part];
    uint64_t size = p->model->sizes[p->part];
    if (sha256 != NULL && file->sha256[0] != 0 && !ie_equal_nocase(sha256, file->sha256)) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "The hub's %s of %s has the SHA-256 %s where %s was expected; nothing "
                            "was fetched.",
                            ie_shown(name), ie_shown(p->model->repository), file->sha256, sha256);
    }
    if (size > 0 && file->size != IE_HTTP_UNKNOWN && size != file->size) {
        return ie_error_set(
            err, IE_ERR_FORMAT,
            "The hub's %s of %s has %llu bytes where %llu were expected; nothing was fetched.",
            ie_shown(name), ie_shown(p->model->repository), (unsigned long long)file->size,
            (unsigned long long)size);
    }
    if (sha256 != NULL) {
        snprintf(file->sha256, sizeof file->sha256, "%s", sha256);
    }
    file->size = size > 0 ? size : file->size;
    return IE_OK;
}

static ie_status fetch_part(pulling *p, ie_error *err)
{
    const char *name = p->model->files[p->part];
    ie_hub_file file = {.url = NULL};
    ie_status status = p->http != NULL ? IE_OK : ie_http_new(&p->http, err);
    if (status == IE_OK) {
        status = ie_hub_find(p->http, p->model->repository, p->model->revision, name,
                             p->pull->cancel, &file, err);
    }
    if (status == IE_OK) {
        status = agree(p, &file, err);
    }
    if (status == IE_OK) {
        status = note(p, &file, file.sha256, err);
    }
    if (status == IE_OK) {
        IE_AUTO_FREE char *path = ie_path_join(p->folder, name);
        char sha256[65];
        ie_download download = {.url = file.url,
                                .token = ie_hub_token(),
                                .path = path,
                                .size = file.size,
                                .sha256 = file.sha256,
                                .git_sha1 = file.git_sha1,
                                .progress = on_bytes,
                                .user = p,
                                .cancel = p->pull->cancel};
        status = ie_download_run(p->http, &download, sha256, err);
        if (status == IE_OK) {
            status = note(p, &file, sha256, err);
        }
    }
    ie_hub_file_clear(&file);
    return status;
}

/* Is the part here, and what it should be? */
static bool is_good(const pulling *p)
{
    IE_AUTO_FREE char *path = NULL;
    IE_AUTO_FREE char *own = ie_path_join(p->folder, p->model->files[p->part]);
    if (ie_model_file(p->model, p->part, &path, NULL) != IE_OK) {
        return false;
    }
    /* What was noted is of the program's own file, and the hub's cache may hold another
       revision. */
    facts known = known_facts(p->model, p->part, strcmp(path, own) == 0 ? p->files : NULL);
    return ie_download_check(path, known.size, known.sha256, NULL, NULL) == IE_OK;
}

static ie_status pull_part(pulling *p, size_t *fetched, ie_error *err)
{
    const char *name = p->model->files[p->part];
    if (name == NULL || is_good(p)) {
        return IE_OK;
    }
    if (p->model->repository == NULL || name[0] == '/') {
        IE_AUTO_FREE char *path = ie_path_join(p->folder, ie_path_base(name));
        return ie_error_set(err, IE_ERR_UNSUPPORTED,
                            "The model %s has no repository to fetch %s from; get it from "
                            "those who made it, and save it as %s.",
                            ie_shown(p->model->name), ie_shown(name), ie_shown(path));
    }
    if (p->pull->offline || ie_hub_offline()) {
        return ie_error_set(
            err, IE_ERR_NOT_FOUND,
            "The model %s is not here (no %s), and fetching it is switched off (%s).",
            ie_shown(p->model->name), ie_shown(name),
            p->pull->offline ? "--offline, analysis.ml_models.download" : "HF_HUB_OFFLINE");
    }
    ie_status status = fetch_part(p, err);
    *fetched += status == IE_OK;
    return status;
}

ie_status ie_model_pull(const ie_model *model, const ie_pull *pull, size_t *ret_fetched,
                        ie_error *err)
{
    pulling p = {.model = model, .pull = pull};
    ie_status status = own_folder(model, &p.folder, err);
    if (status != IE_OK) {
        return status;
    }
    p.files = read_record(p.folder);
    size_t fetched = 0;
    for (int part = 0; status == IE_OK && part < IE_PARTS; part++) {
        p.part = (ie_model_part)part;
        status = pull_part(&p, &fetched, err);
    }
    ie_http_free(p.http);
    json_decref(p.files);
    free(p.folder);
    if (status == IE_OK) {
        *ret_fetched = fetched;
    }
    return status;
}

/* ---- verify and remove ---- */

ie_status ie_model_verify(const ie_model *model, ie_error *err)
{
    IE_AUTO_FREE char *folder = ie_model_folder(model);
    json_t *files = read_record(folder);
    ie_status status = IE_OK;
    for (int part = 0; status == IE_OK && part < IE_PARTS; part++) {
        IE_AUTO_FREE char *path = NULL;
        if (model->files[part] == NULL) {
            continue;
        }
        status = ie_model_file(model, (ie_model_part)part, &path, err);
        if (status == IE_OK) {
            IE_AUTO_FREE char *own = ie_path_join(folder, model->files[part]);
            facts known =
                known_facts(model, (ie_model_part)part, strcmp(path, own) == 0 ? files : NULL);
            ie_error differs = {0};
            status = ie_download_check(path, known.size, known.sha256, NULL, &differs);
            if (status != IE_OK) {
                ie_error_set(err, status,
                             model->path == NULL
                                 ? "%s; fetch it again with: imgengine models pull %s"
                                 : "%s; it is not the file of %s.",
                             differs.text, ie_shown(model->name));
            }
        }
    }
    json_decref(files);
    return status;
}

static int remove_file(const char *path, uint64_t *bytes)
{
    IE_AUTO_FREE char *folder = ie_path_directory(path);
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    struct stat st;
    int failed = ie_place_open(folder, path, &place);
    failed = failed != 0 ? failed : ie_place_stat(&place, &st);
    failed = failed != 0 ? failed : ie_fs_unlink(&place);
    *bytes += failed == 0 ? (uint64_t)st.st_size : 0;
    return failed == ENOENT || failed == ENOTDIR ? 0 : failed;
}

/* The file, and what has come of it or of its other versions. */
static int remove_pulled(const char *path, uint64_t *bytes)
{
    IE_AUTO_FREE char *folder = ie_path_directory(path);
    IE_AUTO_FREE char *start = ie_asprintf(".%s.", ie_path_base(path));
    int failed = remove_file(path, bytes);
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        if (ie_starts_with(entry->d_name, start) && ie_ends_with_nocase(entry->d_name, ".part")) {
            IE_AUTO_FREE char *part = ie_path_join(folder, entry->d_name);
            int one = remove_file(part, bytes);
            failed = failed != 0 ? failed : one;
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return failed;
}

static ie_status remove_all(const char *folder, json_t *files, uint64_t *bytes, ie_error *err)
{
    const char *name;
    json_t *noted;
    int failed = 0;
    json_object_foreach(files, name, noted) {
        IE_AUTO_FREE char *path = ie_path_join(folder, name);
        ie_model named = {.name = name};
        int one = ie_model_safe(&named) ? remove_pulled(path, bytes) : EINVAL;
        failed = failed != 0 ? failed : one;
    }
    IE_AUTO_FREE char *record = ie_path_join(folder, RECORD);
    uint64_t small = 0;
    failed = failed != 0 ? failed : remove_file(record, &small);
    if (failed != 0) {
        return ie_error_errno(err, failed, "%s cannot be taken away whole", ie_shown(folder));
    }
    IE_AUTO_FREE char *models = ie_data_folder("models");
    json_object_foreach(files, name, noted) {
        IE_AUTO_FREE char *path = ie_path_join(folder, name);
        IE_AUTO_FREE char *above = ie_path_directory(path);
        ie_own_folder_prune(models, above);
    }
    return IE_OK;
}

ie_status ie_model_remove(const ie_model *model, uint64_t *ret_bytes, ie_error *err)
{
    IE_AUTO_FREE char *folder = NULL;
    ie_status status = own_folder(model, &folder, err);
    if (status != IE_OK) {
        return status;
    }
    json_t *files = read_record(folder);
    uint64_t bytes = 0;
    if (json_object_size(files) == 0) {
        status = ie_error_set(err, IE_ERR_NOT_FOUND,
                              "Nothing of the model %s was fetched by imgengine; its folder would "
                              "be %s.",
                              ie_shown(model->name), ie_shown(folder));
    } else {
        status = remove_all(folder, files, &bytes, err);
    }
    json_decref(files);
    if (status == IE_OK) {
        *ret_bytes = bytes;
    }
    return status;
}
