// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * ie_tokenizer: texts to the token ids that CLIP's text encoders were trained with. Byte pair
 * encoding over GPT-2's byte alphabet (Sennrich et al. 2016; Radford et al. 2019), preceded by
 * Unicode NFC, blanks made one, and lower case, as Hugging Face's CLIPTokenizer does it. All that
 * is needed is the list of merges: ids follow from their order (256 bytes, 256 bytes at a word's
 * end, the merges, start and end of text). Unicode's tables come from core/unicode.h. Read-only
 * once made, hence shared by threads freely.
 */
#ifndef IE_CORE_TOKENIZER_H
#define IE_CORE_TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

#include "imgengine.h"

#define IE_TOKENS_MAX 77 /* what CLIP's text encoders take, start and end included */

typedef struct ie_tokenizer ie_tokenizer;

/* From the bytes of merges.txt or bpe_simple_vocab_16e6.txt (a line of head, then "A B" a line; of
   the latter only the first 48,894 count), or of tokenizer.json. `what` names the file in errors:
   IE_ERR_FORMAT when they are none of these, or a vocabulary of another kind. */
ie_status ie_tokenizer_new(const char *bytes, size_t size, const char *what,
                           ie_tokenizer **ret_tokenizer, ie_error *err) IE_MUST_CHECK;
void ie_tokenizer_free(ie_tokenizer *tokenizer); /* NULL is fine */

/* The ids of a text of `size` bytes, start and end of text around them, cut to IE_TOKENS_MAX;
   returns how many. Bytes that are not UTF-8 are read as Latin-1. */
size_t ie_tokenizer_encode(const ie_tokenizer *tokenizer, const char *text, size_t size,
                           int32_t ret_ids[IE_TOKENS_MAX]);
int32_t
ie_tokenizer_end(const ie_tokenizer *tokenizer); /* the id of the end of text, which also pads */

#endif
