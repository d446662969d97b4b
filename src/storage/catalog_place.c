// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/catalog_place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/catalog.h"
#include "utils/error.h"
#include "utils/memory.h"
#include "utils/text.h"

static bool is_default(const char *path)
{
    IE_AUTO_FREE char *own = ie_catalog_default_path();
    return own != NULL && strcmp(path, own) == 0;
}

/* Private to the user. Only for the default place: elsewhere a folder that is not there is a slip,
   and a catalog made there would know nothing that the right one knows. */
static ie_status make_folders(const char *path, ie_error *err)
{
    IE_AUTO_FREE char *folder = ie_path_directory(path);
    if (!is_default(path)) {
        return access(folder, F_OK) == 0 || errno != ENOENT
                   ? IE_OK
                   : ie_error_set(err, IE_ERR_NOT_FOUND,
                                  "The folder %s for the catalog does not exist; make it first, "
                                  "or name another file with --catalog",
                                  ie_shown(folder));
    }
    for (char *end = folder + 1; *folder != 0; end++) {
        end += strcspn(end, "/");
        char kept = *end;
        *end = 0;
        if (mkdir(folder, 0700) != 0 && errno != EEXIST && access(folder, F_OK) != 0) {
            return ie_error_errno(
                err, errno,
                "The folder %s for the catalog cannot be made; name another file with --catalog",
                ie_shown(folder));
        }
        *end = kept;
        if (kept == 0) {
            break;
        }
    }
    return IE_OK;
}

/* Private to the user from the first byte: it holds where the photos were taken. */
ie_status ie_catalog_create(const char *path, ie_error *err)
{
    ie_status status = make_folders(path, err);
    if (status != IE_OK) {
        return status;
    }
    int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    if (fd < 0) {
        return ie_error_errno(err, errno,
                              "The catalog %s cannot be opened; name another file with --catalog",
                              ie_shown(path));
    }
    struct stat st;
    bool regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    close(fd);
    return regular
               ? IE_OK
               : ie_error_set(err, IE_ERR_FORMAT,
                              "The catalog %s is no regular file; name another one with --catalog",
                              ie_shown(path));
}

char *ie_catalog_default_path(void)
{
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (data != NULL && data[0] == '/') {
        return ie_asprintf("%s/imgengine/catalog.db", data);
    }
    return home != NULL && home[0] != 0 ? ie_asprintf("%s/.local/share/imgengine/catalog.db", home)
                                        : NULL;
}
