// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyzers/onnx_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Numbers of the protocol buffer fields that are looked into, and of their types. */
enum { MODEL_GRAPH = 7, GRAPH_INITIALIZER = 5, TENSOR_TYPE = 2 };
enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

static const struct {
    uint64_t type; /* TensorProto.DataType */
    const char *name;
} precisions[] = {{1, "fp32"}, {10, "fp16"}, {16, "bf16"}, {2, "int8"},
                  {3, "int8"}, {22, "int4"}, {21, "int4"}};

enum { PRECISIONS = sizeof precisions / sizeof *precisions };

typedef struct reader {
    FILE *file;
    uint64_t at;
    uint64_t bytes[PRECISIONS]; /* of weights by precision */
} reader;

static bool read_varint(reader *r, uint64_t end, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && r->at < end; shift += 7) {
        int byte = getc(r->file);
        if (byte == EOF) {
            return false;
        }
        r->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

/* The head of the next field: its number and wire type, and for bytes how many follow, within
   `end`. */
static bool read_field(reader *r, uint64_t end, uint64_t *ret_number, unsigned *ret_wire,
                       uint64_t *ret_value)
{
    uint64_t key;
    if (r->at >= end || !read_varint(r, end, &key)) {
        return false;
    }
    *ret_number = key >> 3;
    *ret_wire = (unsigned)(key & 7);
    *ret_value = *ret_wire == WIRE_64 ? 8 : *ret_wire == WIRE_32 ? 4 : 0;
    bool counted = *ret_wire == WIRE_VARINT || *ret_wire == WIRE_BYTES;
    if (counted ? !read_varint(r, end, ret_value) : *ret_value == 0) {
        return false;
    }
    return *ret_wire == WIRE_VARINT || *ret_value <= end - r->at;
}

static bool go_to(reader *r, uint64_t at)
{
    r->at = at;
    return fseeko(r->file, (off_t)at, SEEK_SET) == 0;
}

static bool read_tensor(reader *r, uint64_t end)
{
    uint64_t start = r->at, number, value;
    unsigned wire;
    while (read_field(r, end, &number, &wire, &value)) {
        if (number == TENSOR_TYPE && wire == WIRE_VARINT) {
            for (size_t i = 0; i < PRECISIONS; i++) {
                r->bytes[i] += precisions[i].type == value ? end - start : 0;
            }
        }
        if (wire != WIRE_VARINT && !go_to(r, r->at + value)) {
            return false;
        }
    }
    return go_to(r, end);
}

/* Looks only into the parts that lead to tensors. */
static bool read_message(reader *r, uint64_t end, bool graph)
{
    uint64_t number, value;
    unsigned wire;
    while (read_field(r, end, &number, &wire, &value)) {
        bool good = true;
        if (wire == WIRE_BYTES && graph && number == GRAPH_INITIALIZER) {
            good = read_tensor(r, r->at + value);
        } else if (wire == WIRE_BYTES && !graph && number == MODEL_GRAPH) {
            good = read_message(r, r->at + value, true);
        } else if (wire != WIRE_VARINT) {
            good = go_to(r, r->at + value);
        }
        if (!good) {
            return false;
        }
    }
    return go_to(r, end);
}

const char *ie_onnx_file_precision(const char *path)
{
    reader r = {.file = fopen(path, "rbe")};
    struct stat st;
    if (r.file != NULL && fstat(fileno(r.file), &st) == 0 && S_ISREG(st.st_mode)) {
        read_message(&r, (uint64_t)st.st_size, false);
    }
    if (r.file != NULL) {
        fclose(r.file);
    }
    size_t most = 0;
    for (size_t i = 1; i < PRECISIONS; i++) {
        most = r.bytes[i] > r.bytes[most] ? i : most;
    }
    return precisions[most].name;
}
