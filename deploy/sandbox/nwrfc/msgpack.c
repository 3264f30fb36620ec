/* msgpack.c - writing and reading the wire's values. */
#include "msgpack.h"

#include "memory.h"
#include "text.h"

#define FIRST_ROOM 4096
#define HEAD_BYTES 9 /* a tag and at most eight bytes */

enum {
    TAG_FIXMAP = 0x80,
    TAG_FIXARRAY = 0x90,
    TAG_FIXSTR = 0xa0,
    TAG_NIL = 0xc0,
    TAG_FALSE = 0xc2,
    TAG_TRUE = 0xc3,
    TAG_BIN8 = 0xc4,
    TAG_BIN16 = 0xc5,
    TAG_BIN32 = 0xc6,
    TAG_FLOAT32 = 0xca,
    TAG_FLOAT64 = 0xcb,
    TAG_UINT8 = 0xcc,
    TAG_UINT16 = 0xcd,
    TAG_UINT32 = 0xce,
    TAG_UINT64 = 0xcf,
    TAG_INT8 = 0xd0,
    TAG_INT16 = 0xd1,
    TAG_INT32 = 0xd2,
    TAG_INT64 = 0xd3,
    TAG_STR8 = 0xd9,
    TAG_STR16 = 0xda,
    TAG_STR32 = 0xdb,
    TAG_ARRAY16 = 0xdc,
    TAG_ARRAY32 = 0xdd,
    TAG_MAP16 = 0xde,
    TAG_MAP32 = 0xdf,
    TAG_FIRST_NEGATIVE = 0xe0,
    FIXMAP_MAX = 15,
    FIXARRAY_MAX = 15,
    FIXSTR_MAX = 31,
    POSITIVE_FIXINT_MAX = 127,
    NEGATIVE_FIXINT_MIN = -32
};

/* ---- writing ---- */

void buffer_reserve(Buffer *buffer, size_t more)
{
    if (buffer->used + more <= buffer->room)
        return;
    size_t room = buffer->room ? buffer->room : FIRST_ROOM;
    while (room < buffer->used + more)
        room += room / 2;
    buffer->bytes = resize(buffer->bytes, room);
    buffer->room = room;
}

void buffer_free(Buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (Buffer){0};
}

static void put_head(Buffer *buffer, int tag, uint64_t value, int width)
{
    buffer_reserve(buffer, HEAD_BYTES);
    buffer->bytes[buffer->used++] = (uint8_t)tag;
    for (int shift = 8 * (width - 1); shift >= 0; shift -= 8)
        buffer->bytes[buffer->used++] = (uint8_t)(value >> shift);
}

static void put_bytes(Buffer *buffer, const void *bytes, size_t count)
{
    buffer_reserve(buffer, count);
    if (count)
        memcpy(buffer->bytes + buffer->used, bytes, count);
    buffer->used += count;
}

void pack_integer(Buffer *buffer, int64_t value)
{
    if (value >= NEGATIVE_FIXINT_MIN && value <= POSITIVE_FIXINT_MAX)
        put_head(buffer, (uint8_t)value, 0, 0);
    else if (value >= INT32_MIN && value <= INT32_MAX)
        put_head(buffer, TAG_INT32, (uint64_t)value, 4);
    else
        put_head(buffer, TAG_INT64, (uint64_t)value, 8);
}

void pack_float(Buffer *buffer, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_head(buffer, TAG_FLOAT64, bits, 8);
}

void pack_array(Buffer *buffer, uint32_t count)
{
    if (count <= FIXARRAY_MAX)
        put_head(buffer, TAG_FIXARRAY | (int)count, 0, 0);
    else
        put_head(buffer, TAG_ARRAY32, count, 4);
}

void pack_map(Buffer *buffer, uint32_t count)
{
    if (count <= FIXMAP_MAX)
        put_head(buffer, TAG_FIXMAP | (int)count, 0, 0);
    else
        put_head(buffer, TAG_MAP32, count, 4);
}

static void put_text_head(Buffer *buffer, size_t bytes)
{
    if (bytes <= FIXSTR_MAX)
        put_head(buffer, TAG_FIXSTR | (int)bytes, 0, 0);
    else if (bytes <= UINT8_MAX)
        put_head(buffer, TAG_STR8, bytes, 1);
    else
        put_head(buffer, TAG_STR32, bytes, 4);
}

void pack_ascii(Buffer *buffer, const char *text, size_t bytes)
{
    put_text_head(buffer, bytes);
    put_bytes(buffer, text, bytes);
}

void pack_text(Buffer *buffer, const char *text)
{
    pack_ascii(buffer, text, strlen(text));
}

void pack_utf16(Buffer *buffer, const SAP_UC *text, size_t units)
{
    size_t bytes = utf16_to_utf8(text, units, NULL, 0);
    put_text_head(buffer, bytes);
    buffer_reserve(buffer, bytes);
    utf16_to_utf8(text, units, buffer->bytes + buffer->used, bytes);
    buffer->used += bytes;
}

void pack_name(Buffer *buffer, const SAP_UC *name)
{
    pack_utf16(buffer, name, strlenU(name));
}

void pack_bytes(Buffer *buffer, const uint8_t *bytes, size_t count)
{
    if (count <= UINT8_MAX)
        put_head(buffer, TAG_BIN8, count, 1);
    else
        put_head(buffer, TAG_BIN32, count, 4);
    put_bytes(buffer, bytes, count);
}

/* ---- reading ---- */

static TokenKind broken(Reader *reader, Token *token)
{
    reader->at = reader->end;
    return token->kind = BROKEN;
}

static bool take_number(Reader *reader, int width, uint64_t *value)
{
    if (reader->end - reader->at < width)
        return false;
    *value = 0;
    for (; width; width--)
        *value = *value << 8 | *reader->at++;
    return true;
}

static TokenKind take_bytes(Reader *reader, Token *token, TokenKind kind, uint64_t count)
{
    if ((uint64_t)(reader->end - reader->at) < count)
        return broken(reader, token);
    token->bytes = reader->at;
    token->count = (uint32_t)count;
    reader->at += count;
    return token->kind = kind;
}

/* An element takes at least one byte, so a count beyond what is left is a lie that must not be allocated for. */
static TokenKind take_count(Reader *reader, Token *token, TokenKind kind, uint64_t count)
{
    if ((uint64_t)(reader->end - reader->at) < count)
        return broken(reader, token);
    token->count = (uint32_t)count;
    return token->kind = kind;
}

static TokenKind take_integer(Token *token, int64_t value)
{
    token->integer = value;
    return token->kind = INTEGER;
}

static TokenKind take_float(Token *token, uint64_t bits, bool is_double)
{
    if (is_double) {
        memcpy(&token->floating, &bits, sizeof token->floating);
    } else {
        uint32_t narrow = (uint32_t)bits;
        float single;
        memcpy(&single, &narrow, sizeof single);
        token->floating = (double)single;
    }
    return token->kind = FLOATING;
}

/* Tags with a number behind them: its width, 0 for tags that do not exist. */
static int number_width(uint8_t tag)
{
    switch (tag) {
    case TAG_BIN8: case TAG_UINT8: case TAG_INT8: case TAG_STR8:
        return 1;
    case TAG_BIN16: case TAG_UINT16: case TAG_INT16: case TAG_STR16: case TAG_ARRAY16: case TAG_MAP16:
        return 2;
    case TAG_BIN32: case TAG_UINT32: case TAG_INT32: case TAG_STR32: case TAG_ARRAY32: case TAG_MAP32:
    case TAG_FLOAT32:
        return 4;
    case TAG_UINT64: case TAG_INT64: case TAG_FLOAT64:
        return 8;
    default:
        return 0;
    }
}

static TokenKind read_wide(Reader *reader, Token *token, uint8_t tag)
{
    int width = number_width(tag);
    uint64_t value;
    if (!width || !take_number(reader, width, &value))
        return broken(reader, token);
    switch (tag) {
    case TAG_BIN8: case TAG_BIN16: case TAG_BIN32:
        return take_bytes(reader, token, BYTES, value);
    case TAG_STR8: case TAG_STR16: case TAG_STR32:
        return take_bytes(reader, token, TEXT, value);
    case TAG_ARRAY16: case TAG_ARRAY32:
        return take_count(reader, token, ARRAY, value);
    case TAG_MAP16: case TAG_MAP32:
        return take_count(reader, token, MAP, value);
    case TAG_FLOAT32: case TAG_FLOAT64:
        return take_float(token, value, tag == TAG_FLOAT64);
    case TAG_INT8:
        return take_integer(token, (int8_t)value);
    case TAG_INT16:
        return take_integer(token, (int16_t)value);
    case TAG_INT32:
        return take_integer(token, (int32_t)value);
    case TAG_UINT64:
        return value > INT64_MAX ? broken(reader, token) : take_integer(token, (int64_t)value);
    default:
        return take_integer(token, (int64_t)value);
    }
}

TokenKind read_token(Reader *reader, Token *token)
{
    if (reader->at == reader->end)
        return token->kind = BROKEN;
    uint8_t tag = *reader->at++;
    if (tag <= POSITIVE_FIXINT_MAX || tag >= TAG_FIRST_NEGATIVE)
        return take_integer(token, (int8_t)tag);
    if (tag < TAG_FIXARRAY)
        return take_count(reader, token, MAP, tag & FIXMAP_MAX);
    if (tag < TAG_FIXSTR)
        return take_count(reader, token, ARRAY, tag & FIXARRAY_MAX);
    if (tag < TAG_NIL)
        return take_bytes(reader, token, TEXT, tag & FIXSTR_MAX);
    if (tag == TAG_NIL)
        return token->kind = NIL;
    if (tag == TAG_FALSE || tag == TAG_TRUE) {
        token->integer = tag == TAG_TRUE;
        return token->kind = BOOLEAN;
    }
    return read_wide(reader, token, tag);
}

bool read_array(Reader *reader, uint32_t *count)
{
    Token token;
    if (read_token(reader, &token) != ARRAY)
        return false;
    *count = token.count;
    return true;
}

bool read_unsigned(Reader *reader, unsigned *value)
{
    Token token;
    if (read_token(reader, &token) != INTEGER || token.integer < 0 || token.integer > UINT32_MAX)
        return false;
    *value = (unsigned)token.integer;
    return true;
}

bool read_text_array(Reader *reader, SAP_UC *out, size_t units)
{
    Token token;
    if (read_token(reader, &token) != TEXT)
        return false;
    size_t needed = utf8_to_utf16(token.bytes, token.count, out, units - 1);
    if (needed >= units)
        return false;
    out[needed] = 0;
    return true;
}

void skip_value(Reader *reader)
{
    uint64_t values = 1;
    Token token;
    for (; values; values--) {
        TokenKind kind = read_token(reader, &token);
        if (kind == BROKEN)
            return;
        if (kind == ARRAY)
            values += token.count;
        else if (kind == MAP)
            values += 2ull * token.count;
    }
}

bool token_is(const Token *token, const char *text)
{
    return token->kind == TEXT && token->count == strlen(text) && !memcmp(token->bytes, text, token->count);
}
