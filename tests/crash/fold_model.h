// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * A file system that folds names, as a model: A.JPG and a.jpg are one name, and so are the composed
 * and the decomposed spelling of a letter. Names keep the bytes they were made with. It sits where
 * the program calls the system (the linker's --wrap) and puts, for each part of a path, the name
 * that is in the folder already instead of the one asked for; all else is the real file system's
 * doing. That a rename refuses a name that is taken, even when it is the file itself by another
 * spelling, is what ext4 and vfat do. Only on while `fold_on`.
 *
 * It knows ASCII and the Latin letters of the tests (e and o with accents), not all of Unicode.
 */
#ifndef IE_TEST_FOLD_MODEL_H
#define IE_TEST_FOLD_MODEL_H

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FOLD_PATH 4096

bool fold_on;
unsigned fold_hits; /* names that were found under another spelling */

int __real_open64(const char *path, int flags, ...);
int __real_openat64(int dir, const char *path, int flags, ...);
int __real_lstat64(const char *path, struct stat *st);
int __real_stat64(const char *path, struct stat *st);
int __real_fstatat64(int dir, const char *path, struct stat *st, int flags);
int __real_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __real_unlinkat(int dir, const char *path, int flags);
int __real_mkdirat(int dir, const char *path, mode_t mode);
int __real_statx(int dir, const char *path, int flags, unsigned mask, struct statx *ret);
DIR *__real_opendir(const char *path);
long __real_syscall(long number, ...);

static void fold_name(const char *name, size_t length, char *ret_folded)
{
    static const struct {
        const char *from, *to;
    } letters[] = {{"\xc3\xa9", "\xc3\xa9"},  {"\xc3\x89", "\xc3\xa9"}, {"e\xcc\x81", "\xc3\xa9"},
                   {"E\xcc\x81", "\xc3\xa9"}, {"\xc3\xb6", "\xc3\xb6"}, {"\xc3\x96", "\xc3\xb6"},
                   {"o\xcc\x88", "\xc3\xb6"}, {"O\xcc\x88", "\xc3\xb6"}};
    for (size_t at = 0; at < length;) {
        size_t taken = 0;
        for (size_t i = 0; taken == 0 && i < sizeof letters / sizeof *letters; i++) {
            size_t size = strlen(letters[i].from);
            if (size <= length - at && memcmp(name + at, letters[i].from, size) == 0) {
                memcpy(ret_folded, letters[i].to, strlen(letters[i].to));
                ret_folded += strlen(letters[i].to);
                taken = size;
            }
        }
        if (taken == 0) {
            *ret_folded++ = (char)tolower((unsigned char)name[at]);
            taken = 1;
        }
        at += taken;
    }
    *ret_folded = 0;
}

/* The name in the folder `above` (relative to dir) that is `part` by another spelling; else leaves
   *part as it is. */
static void fold_part(int dir, const char *above, char *part)
{
    char wanted[FOLD_PATH], have[FOLD_PATH];
    int fd = __real_openat64(dir, above[0] != 0 ? above : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    fold_name(part, strlen(part), wanted);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        fold_name(entry->d_name, strlen(entry->d_name), have);
        if (strcmp(have, wanted) == 0) {
            memcpy(part, entry->d_name, strlen(entry->d_name) + 1);
            fold_hits++;
            break;
        }
    }
    if (folder != NULL) {
        closedir(folder);
    } else if (fd >= 0) {
        close(fd);
    }
}

/* The path with the spellings that are on the disk. */
static const char *fold(int dir, const char *path, char ret_path[FOLD_PATH])
{
    int number = errno;
    size_t used = 0;
    struct stat st;
    if (!fold_on || strlen(path) > FOLD_PATH / 2) {
        return path;
    }
    for (const char *at = path; *at != 0;) {
        char part[FOLD_PATH], above[FOLD_PATH];
        if (*at == '/') {
            ret_path[used++] = *at++;
            continue;
        }
        size_t length = strcspn(at, "/");
        memcpy(above, ret_path, used);
        above[used] = 0;
        memcpy(part, at, length);
        part[length] = 0;
        memcpy(ret_path + used, part, length + 1);
        if (__real_fstatat64(dir, ret_path, &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT) {
            fold_part(dir, above, part);
        }
        memcpy(ret_path + used, part, strlen(part) + 1);
        used += strlen(part);
        at += length;
    }
    ret_path[used] = 0;
    errno = number;
    return ret_path;
}

int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
    char folded[FOLD_PATH];
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return __real_open64(fold(AT_FDCWD, path, folded), flags, mode);
}

int __wrap_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...)
{
    char folded[FOLD_PATH];
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return __real_openat64(dir, fold(dir, path, folded), flags, mode);
}

int __wrap_lstat64(const char *path, struct stat *st);
int __wrap_lstat64(const char *path, struct stat *st)
{
    char folded[FOLD_PATH];
    return __real_lstat64(fold(AT_FDCWD, path, folded), st);
}

int __wrap_stat64(const char *path, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st)
{
    char folded[FOLD_PATH];
    return __real_stat64(fold(AT_FDCWD, path, folded), st);
}

int __wrap_fstatat64(int dir, const char *path, struct stat *st, int flags);
int __wrap_fstatat64(int dir, const char *path, struct stat *st, int flags)
{
    char folded[FOLD_PATH];
    return __real_fstatat64(dir, fold(dir, path, folded), st, flags);
}

int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags);
int __wrap_linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    char folded_from[FOLD_PATH], folded_to[FOLD_PATH];
    return __real_linkat(from_dir, fold(from_dir, from, folded_from), to_dir,
                         fold(to_dir, to, folded_to), flags);
}

int __wrap_unlinkat(int dir, const char *path, int flags);
int __wrap_unlinkat(int dir, const char *path, int flags)
{
    char folded[FOLD_PATH];
    return __real_unlinkat(dir, fold(dir, path, folded), flags);
}

int __wrap_mkdirat(int dir, const char *path, mode_t mode);
int __wrap_mkdirat(int dir, const char *path, mode_t mode)
{
    char folded[FOLD_PATH];
    return __real_mkdirat(dir, fold(dir, path, folded), mode);
}

int __wrap_statx(int dir, const char *path, int flags, unsigned mask, struct statx *ret);
int __wrap_statx(int dir, const char *path, int flags, unsigned mask, struct statx *ret)
{
    char folded[FOLD_PATH];
    return __real_statx(dir, fold(dir, path, folded), flags, mask, ret);
}

DIR *__wrap_opendir(const char *path);
DIR *__wrap_opendir(const char *path)
{
    char folded[FOLD_PATH];
    return __real_opendir(fold(AT_FDCWD, path, folded));
}

/* The program calls one thing by its number: renameat2, which not every C library has. */
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
    char folded_from[FOLD_PATH], folded_to[FOLD_PATH];
    va_list args;
    if (number != SYS_renameat2) {
        abort();
    }
    va_start(args, number);
    int from_dir = va_arg(args, int);
    const char *from = va_arg(args, const char *);
    int to_dir = va_arg(args, int);
    const char *to = va_arg(args, const char *);
    unsigned flags = va_arg(args, unsigned);
    va_end(args);
    return __real_syscall(number, from_dir, fold(from_dir, from, folded_from), to_dir,
                          fold(to_dir, to, folded_to), flags);
}

#endif
