// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What an .onnx file says of itself that its runtime does not tell: the precision of its weights.
 */
#ifndef IE_ANALYZERS_ONNX_FILE_H
#define IE_ANALYZERS_ONNX_FILE_H

/* That of most of the weights' bytes: "fp32", "fp16", "bf16", "int8", or "fp32" when the file does
   not tell. ONNX (onnx.proto): ModelProto.graph = 7, GraphProto.initializer = 5,
   TensorProto.data_type = 2. */
const char *ie_onnx_file_precision(const char *path);

#endif
