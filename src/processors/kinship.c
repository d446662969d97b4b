// SPDX-License-Identifier: GPL-3.0-or-later
#include "processors/kinship.h"

#include "core/photo.h"
#include "processors/keep.h"
#include "processors/suffixes.h"

#define CROPPED_PERCENT 96 /* the sketches of equal framings come to 98 at least */
#define RESIZED 1.1        /* in pixels: a crop has fewer, too */

const char *ie_kinship_brief(ie_match verdict, unsigned turn)
{
    static const char *const pictures[] = {
        "same picture",                      "same picture, mirrored",
        "same picture, upside down",         "same picture, mirrored",
        "same picture, turned and mirrored", "same picture, turned",
        "same picture, turned and mirrored", "same picture, turned",
    };
    return verdict == IE_MATCH_SAME_IMAGE_DATA ? "same image data, other metadata"
           : verdict == IE_MATCH_SAME_PIXELS   ? "same pixels, in other form"
                                               : pictures[turn % IE_TURNS];
}

static double pixels_of(const ie_photo *photo)
{
    return (double)photo->width * photo->height;
}

const char *ie_kinship(ie_arena *arena, ie_match verdict, unsigned turn, unsigned overlap,
                       const ie_photo *photo, const ie_photo *other)
{
    const char *words = ie_kinship_brief(verdict, turn);
    double pixels = pixels_of(photo), others = pixels_of(other);
    if (verdict != IE_MATCH_SAME_PICTURE) {
        return words;
    }
    if (overlap > 0 && overlap <= CROPPED_PERCENT) {
        words = ie_arena_printf(arena, "%s, %s (%u %%)", words,
                                others > pixels ? "of which that one is a part" : "cropped",
                                overlap);
    }
    if (pixels > 0 && others > 0 && (others < pixels / RESIZED || others > pixels * RESIZED)) {
        words = ie_arena_printf(arena, "%s, %s (%u x %u)", words,
                                others < pixels ? "smaller" : "larger", other->width,
                                other->height);
    }
    if (photo->sketch != NULL && other->sketch != NULL &&
        ie_keep_colored(photo) != ie_keep_colored(other)) {
        words = ie_arena_printf(arena, "%s, in %s", words,
                                ie_keep_colored(other) ? "colour" : "grey");
    }
    if (photo->format != other->format) {
        char name[16];
        ie_capital_name(other->format, name);
        words = ie_arena_printf(arena, "%s, as %s", words, name);
    }
    return words;
}
