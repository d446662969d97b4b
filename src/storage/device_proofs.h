// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What is remembered of devices that were compared with the CPU, so that each model is compared on
 * each but once: a file of lines in the data folder, the key's hash, the number and the key. It is
 * a convenience: without it, or when it is damaged or not writable, the comparison is made anew.
 */
#ifndef IE_STORAGE_DEVICE_PROOFS_H
#define IE_STORAGE_DEVICE_PROOFS_H

#include <stdbool.h>

/* The cosine that was found for this key. False when none is known. */
bool ie_device_proof_find(const char *key, double *ret_cosine);
void ie_device_proof_keep(const char *key, double cosine);

#endif
