// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tokenizer.h"

#include <string.h>

#include "core/unicode.h"
#include "utils/error.h"
#include "utils/json.h"
#include "utils/memory.h"
#include "utils/text.h"

#define BYTES 256
#define FIRST_MERGE (2 * BYTES)
/* of CLIP; bpe_simple_vocab_16e6.txt goes on with many that it does not use */
#define MAX_MERGES 48894
#define SLOTS (1u << 17) /* of both hash tables: less than half full */
#define MAX_TEXT 16384   /* bytes of a text that are looked at; 77 tokens are far fewer */
#define WORD_END "</w>"

typedef struct pair {
    int32_t left, right, id; /* id 0: free; no merge has it */
} pair;

struct ie_tokenizer {
    int32_t byte_ids[BYTES]; /* without a word's end; with it 256 more */
    int32_t merges;
    char **names; /* by id, while the tokenizer is made */
    int32_t *slots;
    pair *pairs;
};

/* ---- making it ---- */

static uint32_t hash_text(const char *text, size_t size)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < size; i++) {
        h = (h ^ (unsigned char)text[i]) * 16777619u;
    }
    return h ^ h >> 15;
}

static uint32_t hash_pair(int32_t left, int32_t right)
{
    uint64_t h = ((uint64_t)(uint32_t)left << 32 | (uint32_t)right) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(h >> 40);
}

/* The slot of a name: its id + 1, or 0 when there is none. */
static int32_t *name_slot(const ie_tokenizer *t, const char *name, size_t size)
{
    for (uint32_t at = hash_text(name, size);; at++) {
        int32_t *slot = &t->slots[at % SLOTS];
        const char *known = *slot > 0 ? t->names[*slot - 1] : NULL;
        if (known == NULL || (strlen(known) == size && memcmp(known, name, size) == 0)) {
            return slot;
        }
    }
}

static pair *pair_slot(const ie_tokenizer *t, int32_t left, int32_t right)
{
    for (uint32_t at = hash_pair(left, right);; at++) {
        pair *slot = &t->pairs[at % SLOTS];
        if (slot->id == 0 || (slot->left == left && slot->right == right)) {
            return slot;
        }
    }
}

static void add_name(ie_tokenizer *t, int32_t id, char *take_name)
{
    t->names[id] = take_name;
    int32_t *slot = name_slot(t, take_name, strlen(take_name));
    *slot = id + 1;
}

/* GPT-2's alphabet: bytes that print stand for themselves and come first, the others for U+0100 and
   on. */
static void add_alphabet(ie_tokenizer *t)
{
    int32_t id = 0;
    uint32_t stand_in = 256;
    for (int round = 0; round < 2; round++) {
        for (uint32_t byte = 0; byte < BYTES; byte++) {
            bool prints = (byte > 32 && byte < 127) || (byte > 160 && byte != 173);
            if (prints != (round == 0)) {
                continue;
            }
            uint8_t text[5] = {0};
            ie_unicode_encode((int32_t)(prints ? byte : stand_in++), text);
            t->byte_ids[byte] = id;
            add_name(t, id, ie_strdup((const char *)text));
            add_name(t, id + BYTES, ie_asprintf("%s%s", (const char *)text, WORD_END));
            id++;
        }
    }
}

/* One merge, "A B". False when A or B is not known yet, or there is no room. */
static bool add_merge(ie_tokenizer *t, const char *left, size_t left_size, const char *right,
                      size_t right_size)
{
    int32_t left_id = *name_slot(t, left, left_size) - 1,
            right_id = *name_slot(t, right, right_size) - 1;
    if (left_id < 0 || right_id < 0 || t->merges >= MAX_MERGES) {
        return false;
    }
    int32_t id = FIRST_MERGE + t->merges;
    char *name = ie_asprintf("%.*s%.*s", (int)left_size, left, (int)right_size, right);
    if (*name_slot(t, name, strlen(name)) != 0) {
        free(name);
        return false;
    }
    add_name(t, id, name);
    *pair_slot(t, left_id, right_id) = (pair){left_id, right_id, id};
    t->merges++;
    return true;
}

static bool add_merge_line(ie_tokenizer *t, const char *line, size_t size)
{
    const char *blank = memchr(line, ' ', size);
    if (blank == NULL || size > 4096) {
        return false;
    }
    size_t left = (size_t)(blank - line);
    return add_merge(t, line, left, blank + 1, size - left - 1);
}

static bool read_lines(ie_tokenizer *t, const char *bytes, size_t size)
{
    const char *end = bytes + size;
    bool head = true;
    while (bytes < end && t->merges < MAX_MERGES) {
        const char *line = bytes;
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop != NULL ? stop : end;
        bytes = stop < end ? stop + 1 : end;
        size_t length = (size_t)(stop - line);
        length -= length > 0 && line[length - 1] == '\r';
        if (!head && length > 0 && !add_merge_line(t, line, length)) {
            return false;
        }
        head = false;
    }
    return t->merges > 0;
}

static bool read_json_merge(ie_tokenizer *t, const json_t *merge)
{
    if (json_is_string(merge)) {
        return add_merge_line(t, json_string_value(merge), json_string_length(merge));
    }
    const json_t *left = json_array_get(merge, 0), *right = json_array_get(merge, 1);
    return json_is_string(left) && json_is_string(right) &&
           add_merge(t, json_string_value(left), json_string_length(left), json_string_value(right),
                     json_string_length(right));
}

/* tokenizer.json: its merges, and its vocabulary must number them as CLIP does. */
static bool read_json(ie_tokenizer *t, const char *bytes, size_t size, const char *what,
                      ie_error *err)
{
    IE_AUTO_JSON json_t *whole = NULL;
    if (ie_json_parse(bytes, size, what, &whole, err) != IE_OK) {
        return false;
    }
    const json_t *model = json_object_get(whole, "model");
    const json_t *merges = json_object_get(model, "merges");
    for (size_t i = 0; i < json_array_size(merges); i++) {
        if (!read_json_merge(t, json_array_get(merges, i))) {
            return false;
        }
    }
    int64_t end = ie_json_get_int(json_object_get(model, "vocab"), "<|endoftext|>", -1);
    return t->merges > 0 && end == FIRST_MERGE + t->merges + 1;
}

static void drop_names(ie_tokenizer *t)
{
    for (int32_t i = 0; t->names != NULL && i < FIRST_MERGE + MAX_MERGES; i++) {
        free(t->names[i]);
    }
    free(t->names);
    free(t->slots);
    t->names = NULL;
    t->slots = NULL;
}

ie_status ie_tokenizer_new(const char *bytes, size_t size, const char *what,
                           ie_tokenizer **ret_tokenizer, ie_error *err)
{
    ie_tokenizer *t = ie_alloc(sizeof *t);
    t->names = ie_alloc((FIRST_MERGE + MAX_MERGES) * sizeof *t->names);
    t->slots = ie_alloc(SLOTS * sizeof *t->slots);
    t->pairs = ie_alloc(SLOTS * sizeof *t->pairs);
    add_alphabet(t);
    size_t blank = 0;
    while (blank < size && strchr(" \t\r\n", bytes[blank]) != NULL && bytes[blank] != 0) {
        blank++;
    }
    bool json = blank < size && bytes[blank] == '{';
    bool good = json ? read_json(t, bytes, size, what, NULL) : read_lines(t, bytes, size);
    drop_names(t);
    if (!good) {
        ie_tokenizer_free(t);
        return ie_error_set(
            err, IE_ERR_FORMAT,
            "%s is not the vocabulary of a CLIP model (merges.txt or tokenizer.json).",
            ie_shown(what));
    }
    *ret_tokenizer = t;
    return IE_OK;
}

void ie_tokenizer_free(ie_tokenizer *tokenizer)
{
    if (tokenizer != NULL) {
        drop_names(tokenizer);
        free(tokenizer->pairs);
        free(tokenizer);
    }
}

int32_t ie_tokenizer_end(const ie_tokenizer *tokenizer)
{
    return FIRST_MERGE + tokenizer->merges + 1;
}

/* ---- a text's characters ---- */

/* The text in NFC and lower case. */
static int32_t *characters(const char *text, size_t size, size_t *ret_count)
{
    return ie_unicode_lower(text, size < MAX_TEXT ? size : MAX_TEXT, ret_count);
}

/* ---- pieces and their ids ---- */

typedef struct output {
    int32_t *ids;
    size_t count; /* ends below IE_TOKENS_MAX, so that the end of text fits */
} output;

static bool is_full(const output *out)
{
    return out->count >= IE_TOKENS_MAX - 1;
}

/* The symbols of a piece, joined by the earliest merge until none applies. */
static void encode_piece(const ie_tokenizer *t, const int32_t *codes, size_t count, output *out)
{
    int32_t *symbols = ie_alloc(count * 4 * sizeof *symbols);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[4];
        size_t size = ie_unicode_encode(codes[i], bytes);
        for (size_t k = 0; k < size; k++) {
            symbols[used++] = t->byte_ids[bytes[k]];
        }
    }
    symbols[used - 1] += BYTES;
    for (;;) {
        int32_t best = INT32_MAX;
        for (size_t i = 0; i + 1 < used; i++) {
            int32_t id = pair_slot(t, symbols[i], symbols[i + 1])->id;
            best = id != 0 && id < best ? id : best;
        }
        if (best == INT32_MAX) {
            break;
        }
        size_t kept = 0;
        for (size_t i = 0; i < used; i++) {
            bool joins = i + 1 < used && pair_slot(t, symbols[i], symbols[i + 1])->id == best;
            symbols[kept++] = joins ? best : symbols[i];
            i += joins;
        }
        used = kept;
    }
    for (size_t i = 0; i < used && !is_full(out); i++) {
        out->ids[out->count++] = symbols[i];
    }
    free(symbols);
}

static bool follows(const int32_t *codes, size_t count, const char *word)
{
    size_t i = 0;
    while (word[i] != 0 && i < count && codes[i] == word[i]) {
        i++;
    }
    return word[i] == 0;
}

/* Length of the English ending at codes: 's 't 're 've 'm 'll 'd; 0 when there is none. */
static size_t ending(const int32_t *codes, size_t count)
{
    static const char *const endings[] = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        if (follows(codes, count, endings[i])) {
            return strlen(endings[i]);
        }
    }
    return 0;
}

/* Length of the piece at codes, which is no blank: an ending, letters, one digit, or a run of
   neither. */
static size_t piece_length(const int32_t *codes, size_t count)
{
    size_t length = ending(codes, count);
    if (length > 0) {
        return length;
    }
    ie_letter first = ie_unicode_kind(codes[0]);
    length = 1;
    while (first != IE_LETTER_DIGIT && length < count && ie_unicode_kind(codes[length]) == first) {
        length++;
    }
    return length;
}

static const char start_mark[] = "<|startoftext|>", end_mark[] = "<|endoftext|>";

/* Where the next mark begins, or count: marks are found before anything else is split. */
static size_t next_mark(const int32_t *codes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (codes[i] == '<' && (follows(codes + i, count - i, start_mark) ||
                                follows(codes + i, count - i, end_mark))) {
            return i;
        }
    }
    return count;
}

size_t ie_tokenizer_encode(const ie_tokenizer *tokenizer, const char *text, size_t size,
                           int32_t ret_ids[IE_TOKENS_MAX])
{
    size_t count, at = 0;
    int32_t *codes = characters(text, size, &count);
    int32_t end = ie_tokenizer_end(tokenizer);
    output out = {.ids = ret_ids};
    ret_ids[out.count++] = end - 1;
    size_t mark = next_mark(codes, count);
    while (at < count && !is_full(&out)) {
        if (at == mark) {
            bool starts = follows(codes + at, count - at, start_mark);
            ret_ids[out.count++] = starts ? end - 1 : end;
            at += (starts ? sizeof start_mark : sizeof end_mark) - 1;
            mark = at + next_mark(codes + at, count - at);
        } else if (ie_unicode_kind(codes[at]) == IE_LETTER_BLANK) {
            at++;
        } else {
            size_t length = piece_length(codes + at, mark - at);
            encode_piece(tokenizer, codes + at, length, &out);
            at += length;
        }
    }
    free(codes);
    ret_ids[out.count++] = end;
    return out.count;
}
