// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/format.h"

#include <string.h>

#include "utils/text.h"

/* Indexed by ie_format. The first extension is the one new files get. */
static const struct {
    const char *name;
    ie_kind kind;
    const char *extensions[8];
} formats[IE_FORMAT_COUNT] = {
    [IE_FORMAT_UNKNOWN] = {"unknown", IE_KIND_NONE, {""}},
    [IE_FORMAT_JPEG] = {"jpeg", IE_KIND_PHOTO, {"jpg", "jpeg", "jpe", "jfif", "jif", "mpo"}},
    [IE_FORMAT_PNG] = {"png", IE_KIND_PHOTO, {"png", "apng"}},
    [IE_FORMAT_WEBP] = {"webp", IE_KIND_PHOTO, {"webp"}},
    [IE_FORMAT_GIF] = {"gif", IE_KIND_PHOTO, {"gif"}},
    [IE_FORMAT_TIFF] = {"tiff", IE_KIND_PHOTO, {"tif", "tiff"}},
    [IE_FORMAT_BMP] = {"bmp", IE_KIND_PHOTO, {"bmp", "dib"}},
    [IE_FORMAT_ICO] = {"ico", IE_KIND_PHOTO, {"ico"}},
    [IE_FORMAT_PNM] = {"pnm", IE_KIND_PHOTO, {"ppm", "pgm", "pbm", "pnm", "pam"}},
    [IE_FORMAT_PSD] = {"psd", IE_KIND_PHOTO, {"psd", "psb"}},
    [IE_FORMAT_JP2] = {"jp2", IE_KIND_PHOTO, {"jp2", "j2k", "j2c", "jpc", "jpf", "jpx"}},
    [IE_FORMAT_JXL] = {"jxl", IE_KIND_PHOTO, {"jxl"}},
    [IE_FORMAT_HEIC] = {"heic", IE_KIND_PHOTO, {"heic", "heif", "hif", "heics", "heifs"}},
    [IE_FORMAT_AVIF] = {"avif", IE_KIND_PHOTO, {"avif", "avifs"}},
    [IE_FORMAT_CR2] = {"cr2", IE_KIND_RAW, {"cr2"}},
    [IE_FORMAT_CR3] = {"cr3", IE_KIND_RAW, {"cr3"}},
    [IE_FORMAT_CRW] = {"crw", IE_KIND_RAW, {"crw"}},
    [IE_FORMAT_NEF] = {"nef", IE_KIND_RAW, {"nef", "nrw"}},
    [IE_FORMAT_ARW] = {"arw", IE_KIND_RAW, {"arw", "sr2"}},
    [IE_FORMAT_RAF] = {"raf", IE_KIND_RAW, {"raf"}},
    [IE_FORMAT_ORF] = {"orf", IE_KIND_RAW, {"orf", "ori"}},
    [IE_FORMAT_RW2] = {"rw2", IE_KIND_RAW, {"rw2", "rwl"}},
    [IE_FORMAT_PEF] = {"pef", IE_KIND_RAW, {"pef"}},
    [IE_FORMAT_DNG] = {"dng", IE_KIND_RAW, {"dng"}},
    [IE_FORMAT_SRW] = {"srw", IE_KIND_RAW, {"srw"}},
    [IE_FORMAT_MP4] = {"mp4", IE_KIND_VIDEO, {"mp4", "m4v", "3gp", "3g2"}},
    [IE_FORMAT_MOV] = {"mov", IE_KIND_VIDEO, {"mov", "qt"}},
    [IE_FORMAT_SIDECAR] = {"sidecar", IE_KIND_SIDECAR, {"xmp", "aae", "thm", "json"}},
};

static ie_format known(ie_format format)
{
    return (unsigned)format < IE_FORMAT_COUNT ? format : IE_FORMAT_UNKNOWN;
}

const char *ie_format_name(ie_format format)
{
    return formats[known(format)].name;
}

ie_format ie_format_by_name(const char *name)
{
    for (int i = 0; name && i < IE_FORMAT_COUNT; i++)
        if (strcmp(formats[i].name, name) == 0)
            return (ie_format)i;
    return IE_FORMAT_UNKNOWN;
}

ie_format ie_format_by_word(const char *word)
{
    for (int i = 0; word != NULL && i < IE_FORMAT_COUNT; i++) {
        if (ie_equal_nocase(formats[i].name, word) ||
            (word[0] != 0 && ie_format_extension_fits((ie_format)i, word))) {
            return (ie_format)i;
        }
    }
    return IE_FORMAT_UNKNOWN;
}

const char *ie_format_extension(ie_format format)
{
    return formats[known(format)].extensions[0];
}

ie_kind ie_format_kind(ie_format format)
{
    return formats[known(format)].kind;
}

bool ie_format_extension_fits(ie_format format, const char *extension)
{
    const char *const *usual = formats[known(format)].extensions;
    for (int i = 0; extension && *extension && i < 8 && usual[i]; i++)
        if (ie_equal_nocase(usual[i], extension))
            return true;
    return false;
}

ie_format ie_format_claimed(const char *path)
{
    const char *extension = path ? ie_path_extension(path) : "";
    for (int i = IE_FORMAT_UNKNOWN + 1; i < IE_FORMAT_SIDECAR; i++)
        if (ie_format_extension_fits((ie_format)i, extension))
            return (ie_format)i;
    return IE_FORMAT_UNKNOWN;
}
