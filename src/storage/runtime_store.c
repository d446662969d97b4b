// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/runtime_store.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/data_folder.h"
#include "utils/error.h"
#include "utils/fs.h"
#include "utils/memory.h"
#include "utils/text.h"

extern char **environ;

#define POLL_MS 100
#define KEPT_OUTPUT 4096

enum { ANYWHERE, WITH_INTEL, WITHOUT_INTEL };

static const ie_runtime_kind kinds[] = {
    {"cpu", "onnxruntime>=1.31.1", "onnxruntime", "capi/libonnxruntime.so*",
     "ONNX Runtime for the CPU", ANYWHERE},
    {"openvino", "onnxruntime-ep-openvino", "onnxruntime_ep_openvino",
     "libonnxruntime_providers_openvino_plugin.so",
     "the OpenVINO provider, for Intel's CPUs, GPUs and NPUs", WITH_INTEL},
    {"openvino", "onnxruntime-openvino>=1.24.1", "onnxruntime",
     "capi/libonnxruntime_providers_openvino.so",
     "ONNX Runtime with OpenVINO for processors of others than Intel, in place of that for the CPU",
     WITHOUT_INTEL},
    {"webgpu", "onnxruntime-ep-webgpu", "onnxruntime_ep_webgpu",
     "libonnxruntime_providers_webgpu.so", "the WebGPU provider, for GPUs with Vulkan", ANYWHERE},
    {"cuda", "onnxruntime-gpu>=1.31.1", "onnxruntime", "capi/libonnxruntime_providers_cuda.so",
     "ONNX Runtime for CUDA, in place of that for the CPU", ANYWHERE},
};

/* Is there a processor or a GPU of Intel's? */
static bool has_intel(void)
{
    bool found = false;
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL &&
           !ie_starts_with(line, "flags")) {
        found = strstr(line, "GenuineIntel") != NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    glob_t hits = {0};
    int none = glob("/sys/class/drm/card*/device/vendor", 0, NULL, &hits);
    for (size_t i = 0; none == 0 && i < hits.gl_pathc && !found; i++) {
        file = fopen(hits.gl_pathv[i], "re");
        found = file != NULL && fgets(line, sizeof line, file) != NULL &&
                ie_starts_with(line, "0x8086");
        if (file != NULL) {
            fclose(file);
        }
    }
    globfree(&hits);
    return found;
}

ie_status ie_runtime_kind_find(const char *name, const ie_runtime_kind **ret_kind, ie_error *err)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, name) == 0 &&
            (kinds[i].where == ANYWHERE || (kinds[i].where == WITH_INTEL) == has_intel())) {
            *ret_kind = &kinds[i];
            return IE_OK;
        }
    }
    return ie_error_set(err, IE_ERR_USAGE,
                        "There is no runtime \"%s\"; there are cpu, openvino, webgpu and cuda.",
                        ie_shown(name));
}

/* The last name that matches folder/pattern; free() it. NULL: none. */
static char *match(const char *folder, const char *pattern)
{
    IE_AUTO_FREE char *whole = ie_path_join(folder, pattern);
    glob_t hits = {0};
    char *found =
        glob(whole, 0, NULL, &hits) == 0 ? ie_strdup(hits.gl_pathv[hits.gl_pathc - 1]) : NULL;
    globfree(&hits);
    return found;
}

char *ie_runtime_library(const ie_runtime_kind *kind)
{
    IE_AUTO_FREE char *home = ie_data_folder("runtime");
    if (home == NULL) {
        return NULL;
    }
    IE_AUTO_FREE char *folder = ie_path_join(home, kind->folder);
    char *found = match(folder, kind->library);
    /* Where earlier versions of the set-up put it. */
    return found == NULL && kind == &kinds[0] ? match(home, "libonnxruntime.so*") : found;
}

/* ---- another program ---- */

/* Takes what it says until it ends; *ret_code: its exit status, -1 when a signal ended it. */
static void listen_to(pid_t child, int fd, const volatile int *cancel, ie_buffer *output,
                      int *ret_code)
{
    bool asked = false;
    for (ssize_t got = 1; got != 0;) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (cancel != NULL && *cancel != 0 && !asked) {
            asked = true;
            kill(child, SIGTERM);
        }
        if (poll(&ready, 1, POLL_MS) <= 0) {
            continue;
        }
        char piece[1024];
        got = read(fd, piece, sizeof piece);
        if (got < 0) {
            got = errno == EINTR ? 1 : 0;
        } else if (output->size < KEPT_OUTPUT * 16) {
            ie_buffer_add(output, piece, (size_t)got);
        }
    }
    int state = 0;
    while (waitpid(child, &state, 0) < 0 && errno == EINTR) {
    }
    *ret_code = WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/* Runs argv[0] with no input, found along PATH. */
static ie_status run_program(const char *const argv[], const volatile int *cancel,
                             ie_buffer *output, int *ret_code, ie_error *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return ie_error_errno(err, errno, "%s cannot be started", argv[0]);
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    pid_t child = -1;
    int failed =
        posix_spawnp(&child, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (failed == 0) {
        listen_to(child, ends[0], cancel, output, ret_code);
    }
    close(ends[0]);
    if (failed != 0) {
        return ie_error_errno(err, failed, "%s cannot be started", argv[0]);
    }
    return cancel != NULL && *cancel != 0
               ? ie_error_set(err, IE_ERR_CANCELLED, "Fetching was interrupted.")
               : IE_OK;
}

/* The last line with something in it: where pip says what is wrong. Valid while `output` is. */
static const char *last_line(ie_buffer *output)
{
    while (output->size > 0 && strchr("\r\n ", output->data[output->size - 1]) != NULL) {
        output->data[--output->size] = 0;
    }
    const char *line = output->size > 0 ? strrchr(output->data, '\n') : NULL;
    return line != NULL ? line + 1 : output->size > 0 ? output->data : "it does not say why";
}

/* ---- pip ---- */

static ie_status no_pip(ie_error *err)
{
    return ie_error_set(err, IE_ERR_NOT_FOUND,
                        "ONNX Runtime is fetched with pip, and there is none: install it (on "
                        "Debian and Ubuntu: apt-get install python3-pip), and do this again.");
}

/* The wheel into the folder `work`, unpacked as work/x. */
static ie_status fetch_wheel(const ie_runtime_kind *kind, const char *work,
                             const volatile int *cancel, ie_error *err)
{
    const char *const download[] = {"python3",    "-m",        "pip",
                                    "download",   "--quiet",   "--disable-pip-version-check",
                                    "--no-input", "--no-deps", "--only-binary=:all:",
                                    "--dest",     work,        kind->package,
                                    NULL};
    ie_buffer output = {0};
    int code = 0;
    ie_status status = run_program(download, cancel, &output, &code, err);
    if (status == IE_ERR_NOT_FOUND || (status == IE_OK && code != 0 && output.size > 0 &&
                                       strstr(output.data, "No module named pip") != NULL)) {
        status = no_pip(err);
    } else if (status == IE_OK && code != 0) {
        status = ie_error_set(err, IE_ERR_NOT_FOUND, "pip cannot fetch %s: %s", kind->package,
                              ie_shown(last_line(&output)));
    }
    IE_AUTO_FREE char *wheel = status == IE_OK ? match(work, "*.whl") : NULL;
    if (status == IE_OK && wheel == NULL) {
        status = ie_error_set(err, IE_ERR_NOT_FOUND, "pip fetched no wheel of %s.", kind->package);
    }
    if (status == IE_OK) {
        IE_AUTO_FREE char *target = ie_path_join(work, "x");
        const char *const unpack[] = {"python3", "-m", "zipfile", "-e", wheel, target, NULL};
        ie_buffer_clear(&output);
        status = run_program(unpack, cancel, &output, &code, err);
        if (status == IE_OK && code != 0) {
            status = ie_error_set(err, IE_ERR_IO, "%s cannot be unpacked: %s", ie_shown(wheel),
                                  ie_shown(last_line(&output)));
        }
    }
    ie_buffer_free(&output);
    return status;
}

/* The version of work/x/NAME-VERSION.dist-info; free() it. */
static char *unpacked_version(const char *work)
{
    IE_AUTO_FREE char *info = match(work, "x/*.dist-info");
    const char *dash = info != NULL ? strchr(ie_path_base(info), '-') : NULL;
    return dash != NULL ? ie_strndup(dash + 1, strlen(dash + 1) - strlen(".dist-info"))
                        : ie_strdup("?");
}

static int rename_path(const char *from, const char *to)
{
    IE_AUTO_FREE char *from_folder = ie_path_directory(from);
    IE_AUTO_FREE char *to_folder = ie_path_directory(to);
    IE_AUTO_PLACE ie_place old = IE_PLACE_NONE;
    IE_AUTO_PLACE ie_place new = IE_PLACE_NONE;
    int failed = ie_place_open(from_folder, from, &old);
    failed = failed != 0 ? failed : ie_place_open(to_folder, to, &new);
    return failed != 0 ? failed : ie_fs_rename(&old, &new);
}

static void unlink_path(const char *path)
{
    IE_AUTO_FREE char *folder = ie_path_directory(path);
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    if (ie_place_open(folder, path, &place) == 0) {
        (void)ie_fs_unlink(&place);
    }
}

/* Libraries that lie in the runtime folder itself would be found before those in onnxruntime/. */
static void remove_flat(const char *home)
{
    for (char *path; (path = match(home, "libonnxruntime.so*")) != NULL; free(path)) {
        unlink_path(path);
        if (ie_fs_exists(path)) {
            free(path);
            return;
        }
    }
}

/* What was unpacked into the place of what is there. */
static ie_status put_in_place(const ie_runtime_kind *kind, const char *home, const char *work,
                              ie_error *err)
{
    IE_AUTO_FREE char *unpacked = ie_asprintf("%s/x/%s", work, kind->folder);
    IE_AUTO_FREE char *place = ie_path_join(home, kind->folder);
    IE_AUTO_FREE char *library = match(unpacked, kind->library);
    if (library == NULL) {
        return ie_error_set(err, IE_ERR_FORMAT, "The package %s has no %s in it.", kind->package,
                            kind->library);
    }
    /* Python's own half, as large as the rest. */
    IE_AUTO_FREE char *python = match(unpacked, "capi/onnxruntime_pybind11_state*.so");
    if (python != NULL) {
        unlink_path(python);
    }
    IE_AUTO_FREE char *old = ie_path_join(work, "old");
    int failed = ie_fs_exists(place) ? rename_path(place, old) : 0;
    failed = failed != 0 ? failed : rename_path(unpacked, place);
    if (failed != 0) {
        (void)rename_path(old, place);
        return ie_error_errno(err, failed, "%s cannot be put in place", ie_shown(place));
    }
    if (strcmp(kind->folder, "onnxruntime") == 0) {
        remove_flat(home);
    }
    return IE_OK;
}

/* The runtime folder, made, and held against other processes by the open *ret_fd. */
static ie_status hold_home(char **ret_home, int *ret_fd, ie_error *err)
{
    char *home = ie_data_folder("runtime");
    int failed = home != NULL ? ie_own_folder_make(home) : ENOENT;
    int fd = failed == 0 ? open(home, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    failed = failed == 0 && fd < 0 ? errno : failed;
    ie_status status =
        failed == 0
            ? IE_OK
            : ie_error_errno(err, failed, "The folder for the runtime, %s, cannot be made",
                             home != NULL ? ie_shown(home) : "$XDG_DATA_HOME/imgengine/runtime");
    if (status == IE_OK && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        status = ie_error_set(err, IE_ERR_BUSY, "Another process is fetching a runtime into %s.",
                              ie_shown(home));
    }
    if (status != IE_OK) {
        free(home);
        if (fd >= 0) {
            close(fd);
        }
        return status;
    }
    *ret_home = home;
    *ret_fd = fd;
    return IE_OK;
}

ie_status ie_runtime_fetch(const ie_runtime_kind *kind, const volatile int *cancel,
                           char **ret_version, ie_error *err)
{
    IE_AUTO_FREE char *home = NULL;
    int held = -1;
    ie_status status = hold_home(&home, &held, err);
    if (status != IE_OK) {
        return status;
    }
    IE_AUTO_FREE char *work = ie_path_join(home, ".new");
    (void)ie_own_folder_remove(work); /* of a process that was killed */
    int failed = ie_own_folder_make(work);
    status = failed == 0 ? fetch_wheel(kind, work, cancel, err)
                         : ie_error_errno(err, failed, "%s cannot be made", ie_shown(work));
    if (status == IE_OK) {
        status = put_in_place(kind, home, work, err);
    }
    if (status == IE_OK) {
        *ret_version = unpacked_version(work);
    }
    (void)ie_own_folder_remove(work);
    close(held);
    return status;
}

ie_status ie_runtime_remove(const ie_runtime_kind *kind, ie_error *err)
{
    IE_AUTO_FREE char *library = ie_runtime_library(kind);
    if (library == NULL) {
        return ie_error_set(err, IE_ERR_NOT_FOUND, "The runtime %s was not fetched.", kind->name);
    }
    IE_AUTO_FREE char *home = NULL;
    int held = -1;
    ie_status status = hold_home(&home, &held, err);
    if (status != IE_OK) {
        return status;
    }
    IE_AUTO_FREE char *folder = ie_path_join(home, kind->folder);
    int failed = ie_own_folder_remove(folder);
    if (strcmp(kind->folder, "onnxruntime") == 0) {
        remove_flat(home);
    }
    close(held);
    return failed == 0
               ? IE_OK
               : ie_error_errno(err, failed, "%s cannot be taken away whole", ie_shown(folder));
}
