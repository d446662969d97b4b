// SPDX-License-Identifier: GPL-3.0-or-later
/* For tests of metadata writing: copies of real photos in a temporary folder, small files made by
   hand, and what other programs read in them. */
#ifndef IE_TEST_EXIF_HELP_H
#define IE_TEST_EXIF_HELP_H

#include "storage/exif_check.h"
#include "storage/exif_file.h"
#include "storage/image_data.h"
#include "tree.h"

typedef struct file_bytes {
    uint8_t *data;
    size_t size;
} file_bytes;

static inline file_bytes bytes_of(const char *path)
{
    ie_buffer buffer = {0};
    char block[65536];
    FILE *file = fopen(path, "rb");
    size_t got;
    while (file != NULL && (got = fread(block, 1, sizeof block, file)) > 0) {
        ie_buffer_add(&buffer, block, got);
    }
    if (file != NULL) {
        fclose(file);
    }
    return (file_bytes){(uint8_t *)buffer.data, buffer.size};
}

static inline void bytes_to(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* The sample's path; NULL without test data, which was said. */
static inline char *sample(const char *name)
{
    if (testdata() == NULL) {
        print_message("skipped: IMGENGINE_TESTDATA is not set\n");
        return NULL;
    }
    char *path = ie_asprintf("%s/photos/%s", testdata(), name);
    if (access(path, R_OK) != 0) {
        print_message("there is no %s in the test data\n", name);
        fail();
    }
    return path;
}

#define SAMPLE_OR_SKIP(variable, name)                                                             \
    IE_AUTO_FREE char *variable = sample(name);                                                    \
    if (variable == NULL) {                                                                        \
        skip();                                                                                    \
    }

static inline ie_format format_of(const char *path)
{
    file_bytes bytes = bytes_of(path);
    size_t head = bytes.size < IE_SNIFF_BYTES ? bytes.size : IE_SNIFF_BYTES;
    ie_format format = head > 0 ? ie_format_sniff(bytes.data, head, path) : IE_FORMAT_UNKNOWN;
    free(bytes.data);
    return format;
}

static inline char *copied(const char *folder, const char *from)
{
    char *path = ie_path_join(folder, ie_path_base(from));
    file_bytes bytes = bytes_of(from);
    bytes_to(path, bytes.data, bytes.size);
    free(bytes.data);
    return path;
}

static inline ie_photo *facts_of(const char *path, ie_format format)
{
    ie_photo *photo = NULL;
    assert_int_equal(ie_exif_facts(path, format, &photo, NULL), IE_OK);
    return photo;
}

static inline ie_hash128 picture_of(const char *path, ie_format format)
{
    ie_hash128 hash = {0};
    file_bytes bytes = bytes_of(path);
    assert_true(ie_image_data_hash(bytes.data, bytes.size, format, &hash));
    free(bytes.data);
    return hash;
}

static inline bool holds(const char *path, const char *text)
{
    file_bytes bytes = bytes_of(path);
    bool found = memmem(bytes.data, bytes.size, text, strlen(text)) != NULL;
    free(bytes.data);
    return found;
}

/* The first line of a program's answer, "" when it has none; free() it. NULL when the program is
   not installed. */
static inline char *answer(const char *program, const char *arguments, const char *path)
{
    char line[1024] = "";
    IE_AUTO_FREE char *where = ie_asprintf("command -v %s", program);
    FILE *pipe = popen(where, "r");
    bool there = pipe != NULL && fgets(line, sizeof line, pipe) != NULL;
    if (pipe != NULL) {
        pclose(pipe);
    }
    if (!there) {
        return NULL;
    }
    line[0] = 0;
    IE_AUTO_FREE char *command = ie_asprintf("%s %s '%s' 2>/dev/null", program, arguments, path);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    if (fgets(line, sizeof line, pipe) == NULL) {
        line[0] = 0;
    }
    pclose(pipe);
    line[strcspn(line, "\n")] = 0;
    return ie_strdup(line);
}

/* A JPEG of 1 x 1 with segments put behind its SOI. */
static inline void add_segment(ie_buffer *out, uint8_t marker, const void *data, size_t size)
{
    const uint8_t head[4] = {0xff, marker, (uint8_t)((size + 2) >> 8), (uint8_t)(size + 2)};
    ie_buffer_add(out, head, 4);
    ie_buffer_add(out, data, size);
}

static inline void begin_jpeg(ie_buffer *out)
{
    ie_buffer_add(out, "\xff\xd8", 2);
}

static inline void end_jpeg(ie_buffer *out)
{
    static const uint8_t frame[] = {8, 0, 1, 0, 1, 1, 1, 0x11, 0};
    static const uint8_t huffman[2][18] = {{0x00, 1}, {0x10, 1}};
    static const uint8_t scan[] = {1, 1, 0, 0, 63, 0};
    uint8_t quantization[65];
    memset(quantization, 1, sizeof quantization);
    quantization[0] = 0;
    add_segment(out, 0xdb, quantization, sizeof quantization);
    add_segment(out, 0xc0, frame, sizeof frame);
    add_segment(out, 0xc4, huffman[0], 18);
    add_segment(out, 0xc4, huffman[1], 18);
    add_segment(out, 0xda, scan, sizeof scan);
    ie_buffer_add(out, "\x3f\xff\xd9", 3);
}

static inline void add_xmp(ie_buffer *out, const char *properties)
{
    ie_buffer packet = {0};
    ie_buffer_add(&packet, "http://ns.adobe.com/xap/1.0/", 29);
    ie_buffer_printf(
        &packet,
        "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "
        "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/' "
        "xmlns:exif='http://ns.adobe.com/exif/1.0/'>%s</rdf:Description></rdf:RDF></x:xmpmeta>",
        properties);
    add_segment(out, 0xe1, packet.data, packet.size);
    ie_buffer_free(&packet);
}

/* Datasets of IPTC's application record as a Photoshop resource. */
static inline void add_iptc(ie_buffer *out, const char *const *texts, const uint8_t *sets,
                            size_t count)
{
    ie_buffer iim = {0}, resource = {0};
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(texts[i]);
        const uint8_t head[5] = {0x1c, 2, sets[i], (uint8_t)(length >> 8), (uint8_t)length};
        ie_buffer_add(&iim, head, 5);
        ie_buffer_add(&iim, texts[i], length);
    }
    const uint8_t size[4] = {0, 0, (uint8_t)(iim.size >> 8), (uint8_t)iim.size};
    ie_buffer_add(&resource,
                  "Photoshop 3.0\0"
                  "8BIM\4\4\0\0",
                  22);
    ie_buffer_add(&resource, size, 4);
    ie_buffer_add(&resource, iim.data, iim.size);
    if (iim.size % 2 != 0) {
        ie_buffer_char(&resource, 0);
    }
    add_segment(out, 0xed, resource.data, resource.size);
    ie_buffer_free(&iim);
    ie_buffer_free(&resource);
}

#endif
