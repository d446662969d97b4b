// SPDX-License-Identifier: GPL-3.0-or-later
/* libFuzzer target for the metadata reader: the first byte chooses the format, the rest is the
   file. clang -fsanitize=fuzzer,address,undefined; see tests/fuzz/meson.build. */
#include <stddef.h>
#include <stdint.h>

#include "storage/metadata_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0) {
        return 0;
    }
    ie_photo *photo = ie_photo_new();
    photo->format = (ie_format)(bytes[0] % IE_FORMAT_COUNT);
    if (photo->format == IE_FORMAT_SIDECAR) {
        ie_metadata_merge_sidecar(bytes + 1, size - 1, photo);
    } else {
        ie_bytes *file = ie_bytes_wrap(bytes + 1, size - 1);
        ie_metadata_read(file, photo);
        ie_bytes_close(file);
    }
    ie_photo_free(photo);
    return 0;
}
