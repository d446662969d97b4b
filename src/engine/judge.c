// SPDX-License-Identifier: GPL-3.0-or-later
/* From numbers to a verdict. */
#include <math.h>

#include "engine/structure.h"

/* What the map from one copy onto the other may be: a crop of up to a seventh on each side, a turn
   of some degrees. */
#define MIN_OVERLAP 0.70
#define MIN_SCALE 0.77
#define MAX_SCALE 1.30
#define MAX_ANGLE 0.09
#define MAX_SHEAR 0.05
#define MIN_GAIN 0.5
#define MAX_GAIN 2.0
/* Below these there is too little to tell a picture by: a gradient, a page with one word. */
#define MIN_TEXTURED 0.12
#define MIN_FINENESS 1.0
/* What there is of texture is enough where all of it agrees: a wall with one edge. */
#define LITTLE_TEXTURED 0.04
#define LITTLE_MATCH 0.985
#define LITTLE_DETAIL 0.96
#define LITTLE_FINENESS 2.0
/* The same picture. What was measured: docs/similar.md. */
#define MIN_MATCH 0.85 /* a solid mark in a corner spoils so much */
#define MIN_BLOCKS 0.78
#define MIN_DETAIL 0.70
#define MAX_MOVED 0.02
/* edited levels look a little like movement; a burst whose exposure changes is retoned, too */
#define MAX_MOVED_RETONED 0.03
#define MAX_CHANGED 30.0
#define MAX_BEYOND 0.004
#define MAX_BEYOND_RETONED 0.009
/* framed alike and in levels of one line a copy has 0.96 at JPEG quality 30 */
#define MIN_USUAL 0.955
#define MIN_LESSER 0.935
/* clipping and rounding of edited levels cost a copy more: 0.954 at 150 % brightness */
#define MIN_USUAL_RETONED 0.93
#define MIN_LESSER_RETONED 0.90
/* Radians. A crop has less than the former, from rounding; a hand that holds a camera wavers
   between the two; who straightens a picture turns it by more. */
#define MIN_WAVER 0.006
#define MAX_WAVER 0.035
#define MAX_GRADIENT 14
#define MAX_CHROMA 14.0
#define MIN_CHROMA_MATCH 0.4
/* Two exposures by their clocks: only what is equal in all detail, and shows just as much, is then
   one picture whose date was edited. */
#define MIN_OVERLAP_OTHER_TIME 0.98
#define MAX_SCALED_OTHER_TIME 0.01
#define MIN_DETAIL_OTHER_TIME 0.96
#define MIN_BLOCKS_OTHER_TIME 0.97
/* One scene. */
#define SCENE_MATCH 0.75
#define SCENE_BLOCKS 0.40

static bool within(double value, double low, double high)
{
    return value >= low && value <= high; /* false for NaN */
}

static bool is_plausible(const ie_likeness *l)
{
    /* Of the one that shows more, whichever of the two it is. */
    return within(l->overlap * fmin(1, l->scale_x * l->scale_y), MIN_OVERLAP, 1) &&
           within(l->scale_x, MIN_SCALE, MAX_SCALE) && within(l->scale_y, MIN_SCALE, MAX_SCALE) &&
           within(fabs(l->angle), 0, MAX_ANGLE) && within(fabs(l->shear), 0, MAX_SHEAR) &&
           within(l->gain, MIN_GAIN, MAX_GAIN);
}

static bool tells_enough(const ie_likeness *l)
{
    bool all_agrees = l->match >= LITTLE_MATCH && l->detail >= LITTLE_DETAIL && !(l->blocks < 1) &&
                      l->fineness >= LITTLE_FINENESS && !(l->moved > 0) && !(l->changed > 0);
    return l->textured >= (all_agrees ? LITTLE_TEXTURED : MIN_TEXTURED) &&
           l->fineness >= MIN_FINENESS;
}

static bool shows_as_much(const ie_likeness *l)
{
    return l->overlap >= MIN_OVERLAP_OTHER_TIME && fabs(l->scale_x - 1) <= MAX_SCALED_OTHER_TIME &&
           fabs(l->scale_y - 1) <= MAX_SCALED_OTHER_TIME;
}

/* The camera was moved, or what it saw all over the picture. */
static bool is_next_shot(const ie_likeness *l)
{
    double usual = l->retoned ? MIN_USUAL_RETONED : MIN_USUAL,
           lesser = l->retoned ? MIN_LESSER_RETONED : MIN_LESSER;
    return within(fabs(l->angle), MIN_WAVER, MAX_WAVER) ||
           l->beyond > (l->retoned ? MAX_BEYOND_RETONED : MAX_BEYOND) ||
           (shows_as_much(l) && !l->painted && l->usual < usual && l->lesser < lesser);
}

static bool is_same_picture(const ie_likeness *l, bool other_exposure)
{
    double detail = other_exposure ? MIN_DETAIL_OTHER_TIME : MIN_DETAIL;
    double blocks = other_exposure ? MIN_BLOCKS_OTHER_TIME : MIN_BLOCKS;
    double moved = other_exposure ? 0 : l->retoned ? MAX_MOVED_RETONED : MAX_MOVED;
    double changed = other_exposure ? 0 : MAX_CHANGED;
    bool other_colors =
        l->chroma > MAX_CHROMA && l->chroma_match < MIN_CHROMA_MATCH; /* false without colour */
    return l->match >= MIN_MATCH && l->blocks >= blocks && l->detail >= detail &&
           l->moved <= moved && l->changed <= changed && !is_next_shot(l) &&
           (!other_exposure || (shows_as_much(l) && !l->retoned)) && l->gradient <= MAX_GRADIENT &&
           !other_colors && !l->other_text && !l->other_thing;
}

ie_match ie_structure_judge(const ie_likeness *l, bool other_exposure)
{
    if (!tells_enough(l) || !is_plausible(l)) {
        return IE_MATCH_NONE;
    }
    if (is_same_picture(l, other_exposure)) {
        return IE_MATCH_SAME_PICTURE;
    }
    return l->match >= SCENE_MATCH && l->blocks >= SCENE_BLOCKS ? IE_MATCH_SIMILAR_SCENE
                                                                : IE_MATCH_NONE;
}
