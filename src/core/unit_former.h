// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What unit.c (pairs by name), unit_live.c (pairs by identifier), unit_edited.c (a-edited.jpg) and
 * unit_sidecar.c (who a sidecar belongs to) share while units are formed: the pictures and videos
 * sorted by folder and stem, and for each file the one whose unit it is. One thread.
 */
#ifndef IE_CORE_UNIT_FORMER_H
#define IE_CORE_UNIT_FORMER_H

#include "core/unit.h"

/* One picture or video among its like, or the name that a sidecar looks for. */
typedef struct ie_former_file {
    const char *path,
        *base; /* base points into path, whose first base - path bytes name the folder */
    size_t base_length, stem_length;
    uint64_t hash; /* of folder and stem, case ignored: compared first, most sorting is over then */
    size_t photo;
} ie_former_file;

/* How many names that differ only in case are looked through. More are no camera's doing, and a
   folder of a million of them must not take a day. */
enum { IE_SPELLINGS = 256 };

typedef struct ie_former {
    ie_photo **photos;
    size_t *parent; /* the photo whose unit it is; itself for one that leads */
    ie_former_file *files;   /* sorted */
    size_t file_count;
    ie_former_file *longs; /* those with names that Takeout cuts: hash and stem_length are of folder
                              and cut name; sorted */
    size_t long_count;
    bool *paired; /* of a still: it has its video; of a video: it has its still or RAW */
} ie_former;

const char *ie_former_path(const ie_photo *photo);
uint64_t ie_former_hash(const char *path, const char *base, size_t stem);
int ie_former_compare_nocase(const char *a, size_t a_length, const char *b, size_t b_length);
int ie_former_compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length);
ie_former_file ie_former_entry(const char *path, size_t photo);
/* The name is the first `base_length` bytes from the base on, its stem the first `stem` of
   these. */
ie_former_file ie_former_entry_part(const char *path, size_t base_length, size_t stem);
/* Of the files with that stem the one whose whole name it is, or (`whole` false) the one that
   leads; the same spelling before another case. NULL when there is none. */
const ie_former_file *ie_former_find(const ie_former *f, const ie_former_file *wanted, bool whole);

/* Joins stills and videos that say they are one Live Photo. */
void ie_former_join_live(ie_former *f);
/* May the two be one Live Photo, as far as what they say of themselves goes? */
bool ie_former_may_be_live(const ie_photo *still, const ie_photo *video);

/* unit_edited.c. By the first `stem` bytes of a name: how many of these are the original's, 0 when
   it ends with no mark; ret_mark gets that ("-edited"). */
size_t ie_edited_stem(const char *base, size_t stem, const char **ret_mark);
/* The original's stem; free() it. NULL when the name is no edited picture's. ret_mark: what
   renaming is to put behind the stem. */
char *ie_edited_original(const char *base, size_t stem, const char **ret_mark);
bool ie_former_is_edited(const ie_photo *photo);
/* An edited picture, and what goes with it, goes with the one it was made of. */
void ie_former_join_edited(ie_former *f);

/* A file that is no picture of its own when its owner is there. */
bool ie_former_may_be_sidecar(const ie_photo *photo);
void ie_former_collect_long(ie_former *f);
void ie_former_attach_sidecars(ie_former *f, size_t count);

#endif
