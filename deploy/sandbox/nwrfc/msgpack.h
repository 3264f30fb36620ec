/* msgpack.h - writing and reading the wire's values.
 *
 * The reader never trusts a length: every token it returns lies within the frame.
 */
#ifndef STANDIN_MSGPACK_H
#define STANDIN_MSGPACK_H

#include "sapnwrfc.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint8_t *bytes;
    size_t used, room;
} Buffer;

void buffer_reserve(Buffer *buffer, size_t more);
void buffer_free(Buffer *buffer);

void pack_integer(Buffer *buffer, int64_t value);
void pack_float(Buffer *buffer, double value);
void pack_array(Buffer *buffer, uint32_t count);
void pack_map(Buffer *buffer, uint32_t count);
void pack_text(Buffer *buffer, const char *text); /* UTF-8 */
void pack_ascii(Buffer *buffer, const char *text, size_t bytes);
void pack_utf16(Buffer *buffer, const SAP_UC *text, size_t units);
void pack_name(Buffer *buffer, const SAP_UC *name);
void pack_bytes(Buffer *buffer, const uint8_t *bytes, size_t count);

typedef enum { BROKEN, NIL, BOOLEAN, INTEGER, FLOATING, TEXT, BYTES, ARRAY, MAP } TokenKind;

typedef struct {
    TokenKind kind;
    int64_t integer;      /* INTEGER, BOOLEAN */
    double floating;      /* FLOATING */
    const uint8_t *bytes; /* TEXT, BYTES: in the frame */
    uint32_t count;       /* TEXT, BYTES: bytes; ARRAY: elements; MAP: pairs */
} Token;

typedef struct {
    const uint8_t *at, *end;
} Reader;

TokenKind read_token(Reader *reader, Token *token); /* BROKEN when the frame ends too early, and ever after */
bool read_array(Reader *reader, uint32_t *count);
bool read_unsigned(Reader *reader, unsigned *value);
bool read_text_array(Reader *reader, SAP_UC *out, size_t units); /* false if it is no text or too long */
void skip_value(Reader *reader);
bool token_is(const Token *token, const char *text);

#endif
