// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Do two sketches show one picture? The second, independent look at what the hashes found: the one
 * is laid onto the other (engine/align.h), then they are compared block by block. A copy that was
 * re-encoded, resized, cropped or recoloured agrees everywhere, but for a watermark; two shots of
 * one scene do not agree in detail. Pure, deterministic, thread-safe.
 */
#ifndef IE_ENGINE_STRUCTURE_H
#define IE_ENGINE_STRUCTURE_H

#include "core/plan.h"

typedef struct ie_likeness {
    double overlap;  /* share of the picture that both show, 0..1 */
    double scale_x, scale_y, angle, shear; /* of the map; 1, 1, 0, 0: as it is. Angles in radians */
    double shift;    /* of the middle, in parts of a side */
    double gain;     /* contrast against the other's */
    double match;    /* correlation of all the overlap, -1..1 */
    double detail;   /* correlation of what is finer than about a 16th of the picture */
    double fineness; /* standard deviation of that, grey levels, of the one that has less; low:
                        nothing to tell */
    double blocks;   /* share of the blocks with texture that correlate well */
    /* share of the windows with structure in which something moved (engine/motion.h) */
    double moved;
    double changed;       /* what came and went elsewhere, grey levels times samples of 64 x 64
                             (engine/change.h) */
    double usual, lesser; /* engine/grain.h: how well most small windows agree, -1..1: the median
                             and the lower quartile */
    bool other_text;      /* both have a band along one edge, with other text (engine/band.h) */
    bool other_thing;     /* one of them shows a thing that the other does not (engine/thing.h) */
    bool painted;         /* it lies as it lay, and what differs differs one way */
    double beyond; /* how far each shows what the other does not, the less of both; in parts of a
                      side. A crop or a frame has nothing beyond its original, the next shot has, on
                      the other side */
    bool retoned; /* brightness and contrast alone do not explain the levels: someone edited them */
    double textured; /* share of blocks that have texture */
    unsigned gradient; /* bits of 64 by which their dHashes differ once one lies on the other */
    double chroma;     /* root mean square difference of the opponent colours, 0..127, a tint of all
                          aside */
    double chroma_match; /* their correlation; NaN when one is without colour, or of one tint */
} ie_likeness;

/* `turn`: how `b` must be laid to look like `a` (photo.h). `other_exposure`: there is evidence that
   these are two shots, so that what differs one way is no mark, no band and no frame: nothing is
   left out, and `changed` is all that came or went. All 0 when they have nothing in common. */
ie_likeness ie_structure_compare(const ie_sketch *a, const ie_sketch *b, unsigned turn,
                                 bool other_exposure);

/* What ie_structure_judge() says of that, at less cost: it is measured until the rest could not
   change the verdict. *ret_overlap: percent of the one that shows more that both show. */
ie_match ie_structure_look(const ie_sketch *a, const ie_sketch *b, unsigned turn,
                           bool other_exposure, uint8_t *ret_overlap);

/* So little detail (a gradient, a blank page) that no comparison can end in a match; much cheaper
   than one. */
bool ie_structure_is_flat(const ie_sketch *sketch);

/* IE_MATCH_SAME_PICTURE, IE_MATCH_SIMILAR_SCENE or IE_MATCH_NONE; a measure that says less for one
   picture never leads to a stronger one. `other_exposure`, as it was compared with: only what is
   equal in all detail is one picture. */
ie_match ie_structure_judge(const ie_likeness *likeness, bool other_exposure);

#endif
