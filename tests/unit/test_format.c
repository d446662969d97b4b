// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include "core/format.h"
#include "utils/text.h"

static ie_format sniff(const char *bytes, size_t size, const char *path)
{
    return ie_format_sniff((const uint8_t *)bytes, size, path);
}

#define SNIFF(bytes) sniff("" bytes, sizeof bytes - 1, NULL)

static void every_magic_is_told_from_content_alone(void **state)
{
    (void)state;
    assert_int_equal(SNIFF("\xff\xd8\xff\xe0"), IE_FORMAT_JPEG);
    assert_int_equal(SNIFF("\x89PNG\r\n\x1a\n\0\0"), IE_FORMAT_PNG);
    assert_int_equal(SNIFF("RIFF\1\2\3\4WEBPVP8 "), IE_FORMAT_WEBP);
    assert_int_equal(SNIFF("GIF89a\1\0"), IE_FORMAT_GIF);
    assert_int_equal(SNIFF("8BPS\0\1\0\0"), IE_FORMAT_PSD);
    assert_int_equal(SNIFF("BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"), IE_FORMAT_BMP);
    assert_int_equal(SNIFF("\0\0\1\0\1\0\x20\x20\0\0\1\0\x20\0\1\0\0\0\x16\0\0\0"), IE_FORMAT_ICO);
    assert_int_equal(SNIFF("\0\0\0\x0cjP  \r\n\x87\n"), IE_FORMAT_JP2);
    assert_int_equal(SNIFF("\xff\x4f\xff\x51"), IE_FORMAT_JP2);
    assert_int_equal(SNIFF("\xff\x0a\x10"), IE_FORMAT_JXL);
    assert_int_equal(SNIFF("\0\0\0\x0cJXL \r\n\x87\n"), IE_FORMAT_JXL);
    assert_int_equal(SNIFF("FUJIFILMCCD-RAW 0201"), IE_FORMAT_RAF);
    assert_int_equal(SNIFF("II\x1a\0\0\0HEAPCCDR"), IE_FORMAT_CRW);
    assert_int_equal(SNIFF("IIRO\x08\0\0\0"), IE_FORMAT_ORF);
    assert_int_equal(SNIFF("IIRS\x08\0\0\0"), IE_FORMAT_ORF);
    assert_int_equal(SNIFF("MMOR\0\0\0\x08"), IE_FORMAT_ORF);
    assert_int_equal(SNIFF("IIU\0\x18\0\0\0"), IE_FORMAT_RW2);
    assert_int_equal(SNIFF("II*\0\x10\0\0\0CR\2\0"), IE_FORMAT_CR2);
}

static void media_files_are_told_by_their_brands(void **state)
{
    (void)state;
    assert_int_equal(SNIFF("\0\0\0\x18" "ftypheic\0\0\0\0mif1heic"), IE_FORMAT_HEIC);
    assert_int_equal(SNIFF("\0\0\0\x18" "ftypmif1\0\0\0\0isomheic"), IE_FORMAT_HEIC);
    assert_int_equal(SNIFF("\0\0\0\x18" "ftypmif1\0\0\0\0isomavif"), IE_FORMAT_AVIF);
    assert_int_equal(SNIFF("\0\0\0\x18" "ftypmsf1\0\0\0\0msf1avis"), IE_FORMAT_AVIF);
    assert_int_equal(SNIFF("\0\0\0\x14"
                           "ftypmif1\0\0\0\0mif1\0\0\0\x20meta..av01"),
                     IE_FORMAT_AVIF);
    assert_int_equal(SNIFF("\0\0\0\x14"
                           "ftypmif1\0\0\0\0mif1\0\0\0\x20meta..hvc1"),
                     IE_FORMAT_HEIC);
    assert_int_equal(SNIFF("\0\0\0\x18" "ftypcrx \0\0\0\1crx isom"), IE_FORMAT_CR3);
    assert_int_equal(SNIFF("\0\0\0\x14" "ftypqt  \0\0\0\0qt  "), IE_FORMAT_MOV);
    assert_int_equal(SNIFF("\0\0\0\x14" "ftypM4V \0\0\0\0isom"), IE_FORMAT_MP4);
    assert_int_equal(SNIFF("\0\0\0\x14" "ftypiso6\0\0\0\0isom"), IE_FORMAT_MP4);
    assert_int_equal(SNIFF("\0\0\0\x18" "ftypM4A \0\0\0\0M4A isom"), IE_FORMAT_UNKNOWN);
    assert_int_equal(SNIFF("\0\0\0\x08wide\0\0\1\0mdat"), IE_FORMAT_MOV);
}

static void a_brand_behind_the_end_of_its_box_does_not_count(void **state)
{
    (void)state;
    assert_int_equal(SNIFF("\0\0\0\x14" "ftypxxxx\0\0\0\0yyyyheic"), IE_FORMAT_UNKNOWN);
    assert_int_equal(SNIFF("\0\0\0\x18" "ftypxxxx\0\0\0\0yyyyheic"), IE_FORMAT_HEIC);
}

/* A little-endian TIFF with IFD0 at 8: NewSubfileType and Make ("NIKON", "SONY ", …: 5 letters). */
static size_t make_tiff(char out[64], uint32_t subfile, const char *make, uint16_t extra_tag)
{
    ie_buffer b = {0};
    ie_buffer_add(&b, "II*\0\x08\0\0\0\3\0", 10);
    ie_buffer_add(&b, "\xfe\0\4\0\1\0\0\0", 8);
    ie_buffer_add(&b, (char[]){(char)subfile, 0, 0, 0}, 4);
    ie_buffer_add(&b, "\x0f\1\2\0\6\0\0\0\x32\0\0\0", 12);
    ie_buffer_add(
        &b, (char[]){(char)extra_tag, (char)(extra_tag >> 8), 1, 0, 4, 0, 0, 0, 1, 4, 0, 0}, 12);
    ie_buffer_add(&b, "\0\0\0\0", 4);
    ie_buffer_add(&b, make, 6);
    assert_int_equal(b.size, 56);
    memcpy(out, b.data, b.size);
    size_t size = b.size;
    ie_buffer_free(&b);
    return size;
}

static void raw_files_inside_tiff_are_told_by_maker_and_preview(void **state)
{
    (void)state;
    char tiff[64];
    size_t size = make_tiff(tiff, 1, "NIKON", 0x9000);
    assert_int_equal(sniff(tiff, size, "a.jpg"), IE_FORMAT_NEF);
    size = make_tiff(tiff, 1, "SONY ", 0x9000);
    assert_int_equal(sniff(tiff, size, NULL), IE_FORMAT_ARW);
    size = make_tiff(tiff, 1, "SAMSU", 0x9000);
    assert_int_equal(sniff(tiff, size, NULL), IE_FORMAT_TIFF); /* no known maker: the name is cut */
    size = make_tiff(tiff, 0, "Apple", 0xC612);
    assert_int_equal(sniff(tiff, size, "a.tif"), IE_FORMAT_DNG);
}

static void a_nikon_scan_saved_as_tiff_stays_a_tiff(void **state)
{
    (void)state;
    char tiff[64];
    size_t size = make_tiff(tiff, 0, "NIKON", 0x9000);
    assert_int_equal(sniff(tiff, size, "scan.tif"), IE_FORMAT_TIFF);
    assert_int_equal(sniff(tiff, size, NULL), IE_FORMAT_TIFF);
    assert_int_equal(sniff(tiff, size, "scan.NEF"), IE_FORMAT_NEF);
    assert_int_equal(sniff(tiff, size, "scan.arw"), IE_FORMAT_TIFF);
}

static void where_the_first_directory_is_out_of_reach_the_name_decides(void **state)
{
    (void)state;
    const char far_away[] = "II*\0\0\0\1\0";
    assert_int_equal(sniff(far_away, 8, "a.arw"), IE_FORMAT_ARW);
    assert_int_equal(sniff(far_away, 8, "a.jpg"), IE_FORMAT_TIFF);
    assert_int_equal(sniff(far_away, 8, NULL), IE_FORMAT_TIFF);
    const char big[] = "MM\0+\0\x08\0\0\xff\xff\xff\xff\xff\xff\xff\xff";
    assert_int_equal(sniff(big, 16, NULL), IE_FORMAT_TIFF);
}

static void netpbm_needs_two_numbers_behind_its_magic(void **state)
{
    (void)state;
    assert_int_equal(SNIFF("P6\n# made by hand\n12 34\n255\n"), IE_FORMAT_PNM);
    assert_int_equal(SNIFF("P1 3 4 "), IE_FORMAT_PNM);
    assert_int_equal(SNIFF("P7\nWIDTH 3\nHEIGHT 4\n"), IE_FORMAT_PNM);
    assert_int_equal(SNIFF("P3 is a magnet school.\n"), IE_FORMAT_UNKNOWN);
    assert_int_equal(SNIFF("P7\nmeeting notes"), IE_FORMAT_UNKNOWN);
}

static void text_zeros_and_nothing_are_no_photo(void **state)
{
    (void)state;
    char zeros[IE_SNIFF_BYTES] = {0};
    assert_int_equal(sniff(zeros, sizeof zeros, "a.jpg"), IE_FORMAT_UNKNOWN);
    assert_int_equal(sniff("", 0, "a.jpg"), IE_FORMAT_UNKNOWN);
    assert_int_equal(SNIFF("BMW is not a bitmap, whatever it says"), IE_FORMAT_UNKNOWN);
    assert_int_equal(SNIFF("hello, world\n"), IE_FORMAT_UNKNOWN);
    assert_int_equal(SNIFF("\xff\xd8"), IE_FORMAT_UNKNOWN);
}

/* Each prefix lies in its own block, so that a sanitizer sees one byte read too many. */
static void no_prefix_of_a_header_reads_beyond_its_end(void **state)
{
    (void)state;
    char tiff[64];
    size_t size = make_tiff(tiff, 1, "NIKON", 0x9000);
    for (size_t cut = 0; cut <= size; cut++) {
        uint8_t *copy = malloc(cut + !cut);
        memcpy(copy, tiff, cut);
        ie_format format = ie_format_sniff(copy, cut, NULL);
        assert_true(format == IE_FORMAT_UNKNOWN || format == IE_FORMAT_TIFF || cut >= 55);
        for (size_t i = 0; i < cut; i++) {
            copy[i] ^= 0xff;
            ie_format_sniff(copy, cut, "a.nef");
            copy[i] ^= 0xff;
        }
        free(copy);
    }
}

static void names_and_extensions_fit_the_table(void **state)
{
    (void)state;
    for (int i = 0; i < IE_FORMAT_COUNT; i++) {
        ie_format format = (ie_format)i;
        assert_int_equal(ie_format_by_name(ie_format_name(format)), format);
        assert_true(i == IE_FORMAT_UNKNOWN ||
                    ie_format_extension_fits(format, ie_format_extension(format)));
    }
    assert_int_equal(ie_format_by_name("nonsense"), IE_FORMAT_UNKNOWN);
    assert_true(ie_format_extension_fits(IE_FORMAT_JPEG, "JPE"));
    assert_false(ie_format_extension_fits(IE_FORMAT_JPEG, "png"));
    assert_false(ie_format_extension_fits(IE_FORMAT_UNKNOWN, ""));
    assert_int_equal(ie_format_claimed("/x.y/IMG_1.JPeG"), IE_FORMAT_JPEG);
    assert_int_equal(ie_format_claimed("/x.jpg/readme"), IE_FORMAT_UNKNOWN);
    assert_int_equal(ie_format_claimed("a.jpg.xmp"), IE_FORMAT_UNKNOWN);
    assert_int_equal(ie_format_kind(IE_FORMAT_DNG), IE_KIND_RAW);
    assert_int_equal(ie_format_kind(IE_FORMAT_MOV), IE_KIND_VIDEO);
}

/* What exiftool says in the manifest's fourth column, for every file it could name. */
static ie_format manifest_format(const char *name)
{
    static const struct {
        const char *theirs;
        ie_format ours;
    } rows[] = {
        {"Extended WEBP", IE_FORMAT_WEBP},
        {"JXL Codestream", IE_FORMAT_JXL},
        {"HEIF", IE_FORMAT_HEIC},
        {"PPM", IE_FORMAT_PNM},
        {"PGM", IE_FORMAT_PNM},
        {"PBM", IE_FORMAT_PNM},
        {"APNG", IE_FORMAT_PNG},
        {"M4V", IE_FORMAT_MP4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].theirs, name) == 0)
            return rows[i].ours;
    for (int i = 1; i < IE_FORMAT_SIDECAR; i++)
        if (ie_equal_nocase(ie_format_name((ie_format)i), name))
            return (ie_format)i;
    return IE_FORMAT_UNKNOWN;
}

static void real_photos_are_what_exiftool_says(void **state)
{
    (void)state;
    const char *folder = testdata();
    if (folder == NULL) {
        print_message("no IMGENGINE_TESTDATA\n");
        skip();
        return;
    }
    char line[4096], path[4096];
    snprintf(path, sizeof path, "%s/photos/MANIFEST.tsv", folder);
    FILE *manifest = fopen(path, "r");
    assert_non_null(manifest);
    int checked = 0, wrong = 0;
    while (fgets(line, sizeof line, manifest) != NULL) {
        char *rest = line, *name = strsep(&rest, "\t");
        strsep(&rest, "\t");
        strsep(&rest, "\t");
        ie_format expected = manifest_format(rest != NULL ? strsep(&rest, "\t") : "");
        /* exiftool takes an AVIF sequence (brand "avis") for a video. */
        if (expected == IE_FORMAT_MP4 && ie_ends_with_nocase(name, ".avif"))
            expected = IE_FORMAT_AVIF;
        snprintf(path, sizeof path, "%s/photos/%s", folder, name);
        FILE *file = expected != IE_FORMAT_UNKNOWN ? fopen(path, "rb") : NULL;
        if (file == NULL)
            continue;
        uint8_t bytes[IE_SNIFF_BYTES];
        ie_format format = ie_format_sniff(bytes, fread(bytes, 1, sizeof bytes, file), NULL);
        fclose(file);
        checked++;
        if (format != expected) {
            print_message("%s: %s, not %s\n", name, ie_format_name(format),
                          ie_format_name(expected));
            wrong++;
        }
    }
    fclose(manifest);
    assert_true(checked > 300);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_magic_is_told_from_content_alone),
        cmocka_unit_test(media_files_are_told_by_their_brands),
        cmocka_unit_test(a_brand_behind_the_end_of_its_box_does_not_count),
        cmocka_unit_test(raw_files_inside_tiff_are_told_by_maker_and_preview),
        cmocka_unit_test(a_nikon_scan_saved_as_tiff_stays_a_tiff),
        cmocka_unit_test(where_the_first_directory_is_out_of_reach_the_name_decides),
        cmocka_unit_test(netpbm_needs_two_numbers_behind_its_magic),
        cmocka_unit_test(text_zeros_and_nothing_are_no_photo),
        cmocka_unit_test(no_prefix_of_a_header_reads_beyond_its_end),
        cmocka_unit_test(names_and_extensions_fit_the_table),
        cmocka_unit_test(real_photos_are_what_exiftool_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
