// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Named areas in XMP. The Metadata Working Group's (mwg-rs) give the centre and the size,
 * Microsoft's (MP) the left upper corner and the size; both as shares of the picture's width and
 * height. Both come out as left, top, right, bottom. Written as attributes or as elements, with or
 * without rdf:Description in between: names alone decide, not depth.
 */
#ifndef IE_STORAGE_XMP_REGIONS_H
#define IE_STORAGE_XMP_REGIONS_H

#include "storage/facts.h"

typedef struct ie_xmp_regions {
    ie_arena *arena;
    ie_metadata *m;
    int style;     /* of the property being read; 0: not within one */
    int item_depth; /* of the area being read; 0: none */
    const char *name, *type;
    double x, y, w, h;
    bool pixels, corner; /* measured in pixels: not used; x and y are a corner, not the centre */
    uint32_t room;
} ie_xmp_regions;

/* True when the property holds areas. */
bool ie_xmp_regions_enter(ie_xmp_regions *regions, const char *property);
void ie_xmp_regions_leave(ie_xmp_regions *regions);
/* An element within it begins (`is_item`: rdf:li), ends, or has a value. */
void ie_xmp_regions_begin(ie_xmp_regions *regions, int depth, bool is_item);
void ie_xmp_regions_end(ie_xmp_regions *regions, int depth);
void ie_xmp_regions_value(ie_xmp_regions *regions, const char *name, const char *value);

#endif
