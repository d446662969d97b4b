// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Which properties of XMP mean something to us, and what their values mean: dc, xmp, exif, exifEX,
 * aux, tiff, photoshop, Lightroom's and digiKam's trees of keywords, people, albums, and our own
 * keywords made by models. Knows nothing of XML: xmp_read.c hands over names and values.
 */
#ifndef IE_STORAGE_XMP_FACTS_H
#define IE_STORAGE_XMP_FACTS_H

#include "storage/facts.h"

/* Ours: what this program writes about itself into XMP. */
#define IE_XMP_NAMESPACE "urn:imgengine:xmp:1/"
/* Where this stands in a packet, there may be named areas, or people in them. */
#define IE_XMP_REGIONS_HINT "Region"

/* A list of structures (Metadata Working Group, "Guidelines for Handling Image Metadata" 2.0,
   collections), each with this. */
#define IE_XMP_COLLECTIONS_SPACE "http://www.metadataworkinggroup.com/schemas/collections/"
#define IE_XMP_COLLECTION_NAME IE_XMP_COLLECTIONS_SPACE " CollectionName"

typedef struct ie_xmp_taker {
    ie_arena *arena;
    ie_facts *facts;
    bool title_is_default, caption_is_default, rights_is_default, comment_is_default;
    ie_datetime dates[3]; /* in order of preference */
    bool date_only[3];
    double latitude, longitude, altitude;
    double latitude_plain, longitude_plain; /* degrees without a hemisphere */
    char latitude_ref, longitude_ref;       /* 0: none */
    bool below_sea;
    const char *aux_lens, *aux_serial; /* where exifEX, the standard, says nothing */
    const char *color; /* digiKam's label, where there is no other */
} ie_xmp_taker;

ie_xmp_taker ie_xmp_taker_new(ie_arena *arena, ie_facts *facts);
/* A number for a property's name ("namespace local"), 0 when it means nothing to us. */
int ie_xmp_property(const char *name);
bool ie_xmp_is_structured(int property);
/* One value, or one item of a list, or the one field that counts of a structure; `is_default`: its
   language is x-default. */
void ie_xmp_take(ie_xmp_taker *taker, int property, const char *value, bool is_default);
void ie_xmp_taker_finish(ie_xmp_taker *taker);

#endif
