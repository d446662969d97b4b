// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Is a picture a page: paper with ink on it, or drawn by a program? Three things tell it from a
 * photo, all of windows of 9 x 9 samples. Much is flat, at whatever level: paper under an uneven
 * light, the shading of a slide. Little lies between flat and ink. And letters and rules go when
 * dark (or light) spots smaller than a line of text are filled up with what is around them (a
 * morphological closing or opening), while a bird before the sky stays; or what is flat has three
 * levels, as screens and charts have; or nothing at all lies between. Pure, deterministic,
 * thread-safe.
 */
#ifndef IE_ENGINE_INK_PAGE_H
#define IE_ENGINE_INK_PAGE_H

#include "core/photo.h"
#include "storage/resample.h"

/* Could this be a page? Cheap, and true of a third of all photos. */
bool ie_ink_may_be_page(const ie_sketch *sketch);

/* `gray`: one channel, some 1,000 samples at the longer side. False without memory. */
bool ie_ink_is_page(const ie_pixels *gray);

#endif
