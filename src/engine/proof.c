// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/proof.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/world.h"
#include "utils/error.h"
#include "utils/fs.h"

#define PIECE_BYTES (1 << 18)

typedef struct witness {
    char *path;
    int fd;
    struct stat st; /* when it was opened */
} witness;

struct ie_drop_proof {
    witness duplicate, survivor;
    ie_hash128 survivor_xxh3;
};

static void witness_clear(witness *file)
{
    if (file->path != NULL) {
        close(file->fd);
        free(file->path);
        file->path = NULL;
    }
}

static ie_status witness_open(const char *path, const ie_stamp *stamp, witness *ret_file,
                              ie_error *err)
{
    IE_AUTO_PLACE ie_place place = IE_PLACE_NONE;
    int fd = -1;
    int failed = ie_place_open(NULL, path, &place);
    if (failed == 0) {
        failed = ie_place_read(&place, &fd);
    }
    if (failed == ENOENT || failed == ENOTDIR || failed == ELOOP || failed == EINVAL) {
        return ie_error_set(err, IE_ERR_CHANGED, "%s is no longer there", ie_shown(path));
    }
    if (failed != 0) {
        return ie_error_errno(err, failed, "%s cannot be read to be compared", ie_shown(path));
    }
    if (fstat(fd, &ret_file->st) != 0 || !ie_stamp_fits(stamp, &ret_file->st)) {
        close(fd);
        return ie_error_set(err, IE_ERR_CHANGED, "%s changed since the plan was made",
                            ie_shown(path));
    }
    ret_file->fd = fd;
    ret_file->path = ie_strdup(path);
    return IE_OK;
}

/* Reads until the piece is full or the file ends; -1 and errno on failure. */
static ssize_t read_piece(int fd, uint8_t *piece, uint64_t offset)
{
    size_t have = 0;
    while (have < PIECE_BYTES) {
        ssize_t got = pread(fd, piece + have, PIECE_BYTES - have, (off_t)(offset + have));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        have += (size_t)got;
    }
    return (ssize_t)have;
}

/* The hasher gets the bytes of both. */
static ie_status compare(const witness *a, const witness *b, ie_hasher *hasher, ie_error *err)
{
    IE_AUTO_FREE uint8_t *piece_a = ie_alloc(PIECE_BYTES), *piece_b = ie_alloc(PIECE_BYTES);
    uint64_t offset = 0;
    for (;;) {
        ssize_t size_a = read_piece(a->fd, piece_a, offset);
        int failed_a = errno;
        ssize_t size_b = read_piece(b->fd, piece_b, offset);
        if (size_a < 0 || size_b < 0) {
            return ie_error_errno(err, size_a < 0 ? failed_a : errno,
                                  "%s cannot be read to be compared",
                                  ie_shown(size_a < 0 ? a->path : b->path));
        }
        if (size_a != size_b || memcmp(piece_a, piece_b, (size_t)size_a) != 0) {
            return ie_error_set(err, IE_ERR_CHANGED, "it is not the same as %s, byte for byte",
                                ie_shown(b->path));
        }
        ie_hasher_add(hasher, piece_b, (size_t)size_b);
        offset += (uint64_t)size_a;
        if (size_a < PIECE_BYTES) {
            break;
        }
    }
    if (offset != (uint64_t)a->st.st_size) {
        return ie_error_set(err, IE_ERR_CHANGED, "it changed while it was compared");
    }
    return IE_OK;
}

/* Is the survivor still, to the last byte, what was found to show the same picture? */
static ie_status verify_survivor(const witness *survivor, ie_hash128 expected, ie_error *err)
{
    IE_AUTO_FREE uint8_t *piece = ie_alloc(PIECE_BYTES);
    ie_hasher *hasher = ie_hasher_new();
    uint64_t offset = 0;
    ssize_t size;
    int failed;
    do {
        size = read_piece(survivor->fd, piece, offset);
        failed = errno;
        if (size > 0) {
            ie_hasher_add(hasher, piece, (size_t)size);
            offset += (uint64_t)size;
        }
    } while (size == PIECE_BYTES);
    bool same = offset == (uint64_t)survivor->st.st_size &&
                ie_hash128_equal(ie_hasher_value(hasher), expected);
    ie_hasher_free(hasher);
    if (size < 0) {
        return ie_error_errno(err, failed, "%s cannot be read to be verified",
                              ie_shown(survivor->path));
    }
    return same ? IE_OK
                : ie_error_set(err, IE_ERR_CHANGED,
                               "%s, which would stay, is not what was looked at any more",
                               ie_shown(survivor->path));
}

static ie_status prove(const ie_action *action, ie_drop_proof *proof, ie_error *err)
{
    if (action->verdict <= IE_MATCH_SAME_BYTES) {
        ie_hasher *hasher = ie_hasher_new();
        ie_status status = compare(&proof->duplicate, &proof->survivor, hasher, err);
        proof->survivor_xxh3 = ie_hasher_value(hasher);
        ie_hasher_free(hasher);
        return status;
    }
    proof->survivor_xxh3 = action->survivor_xxh3;
    if (!ie_match_is_duplicate(action->verdict)) {
        return ie_error_set(err, IE_ERR_CHANGED, "the plan does not say that it is a duplicate");
    }
    return verify_survivor(&proof->survivor, action->survivor_xxh3, err);
}

static bool unchanged(const witness *file)
{
    struct stat now, named;
    if (fstat(file->fd, &now) != 0 || lstat(file->path, &named) != 0) {
        return false;
    }
    /* ctime too: it tells every change of content, even one that put mtime back. */
    return now.st_ino == named.st_ino && now.st_dev == named.st_dev &&
           now.st_size == file->st.st_size && now.st_mtim.tv_sec == file->st.st_mtim.tv_sec &&
           now.st_mtim.tv_nsec == file->st.st_mtim.tv_nsec &&
           now.st_ctim.tv_sec == file->st.st_ctim.tv_sec &&
           now.st_ctim.tv_nsec == file->st.st_ctim.tv_nsec;
}

ie_status ie_drop_prove(const ie_action *action, ie_drop_proof **ret_proof, ie_error *err)
{
    if (action->survivor == NULL) {
        return ie_error_set(err, IE_ERR_CHANGED, "the plan names no file that stays");
    }
    ie_drop_proof *proof = ie_alloc(sizeof *proof);
    ie_status status = witness_open(action->from, &action->stamp, &proof->duplicate, err);
    if (status == IE_OK) {
        status = witness_open(action->survivor, &action->survivor_stamp, &proof->survivor, err);
    }
    if (status == IE_OK && proof->duplicate.st.st_ino == proof->survivor.st.st_ino &&
        proof->duplicate.st.st_dev == proof->survivor.st.st_dev) {
        status = ie_error_set(err, IE_ERR_CHANGED,
                              "it is the same file as %s by another name (hard link or second "
                              "mount)",
                              ie_shown(action->survivor));
    }
    if (status == IE_OK) {
        status = prove(action, proof, err);
    }
    if (status == IE_OK && !ie_drop_proof_holds(proof)) {
        status = ie_error_set(err, IE_ERR_CHANGED,
                              "one of the two files changed while they were compared");
    }
    if (status != IE_OK) {
        ie_drop_proof_free(proof);
        return status;
    }
    *ret_proof = proof;
    return IE_OK;
}

bool ie_drop_proof_holds(const ie_drop_proof *proof)
{
    return unchanged(&proof->duplicate) && unchanged(&proof->survivor);
}

bool ie_drop_proof_holds_linked(const ie_drop_proof *proof)
{
    const witness *survivor = &proof->survivor;
    ie_stamp stamp = ie_stamp_of(&survivor->st);
    struct stat now;
    if (!unchanged(&proof->duplicate)) {
        return false;
    }
    return unchanged(survivor) ||
           (lstat(survivor->path, &now) == 0 && ie_stamp_fits(&stamp, &now) &&
            verify_survivor(survivor, proof->survivor_xxh3, NULL) == IE_OK);
}

const char *ie_drop_proof_path(const ie_drop_proof *proof)
{
    return proof->duplicate.path;
}

void ie_drop_proof_survivor(const ie_drop_proof *proof, uint64_t *ret_size, ie_hash128 *ret_xxh3)
{
    *ret_size = (uint64_t)proof->survivor.st.st_size;
    *ret_xxh3 = proof->survivor_xxh3;
}

void ie_drop_proof_free(ie_drop_proof *proof)
{
    if (proof != NULL) {
        witness_clear(&proof->duplicate);
        witness_clear(&proof->survivor);
        free(proof);
    }
}
