// SPDX-License-Identifier: GPL-3.0-or-later
/* Numbers as XMP writes them, which is as texts. Pure. */
#ifndef IE_STORAGE_XMP_VALUE_H
#define IE_STORAGE_XMP_VALUE_H

/* "28/10" or "2.8"; NaN when it is no number. */
double ie_xmp_real(const char *text);
/* "52,12.5806N" or "52,12,34N" (XMP part 2, GPSCoordinate), south and west negative; NaN when it is
   none. */
double ie_xmp_angle(const char *text);

#endif
