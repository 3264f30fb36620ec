/* exchange.c - one request and its answer: frames, "ok", and errors of the partner. See README.md, The protocol. */
#include "connection.h"
#include "error.h"
#include "text.h"
#include "transport.h"

enum {
    LENGTH_BYTES = 4,
    FRAME_BYTES_MAX = 1 << 30
};

void request_begin(Connection *connection, const char *operation, unsigned arguments)
{
    Buffer *request = &connection->request;
    request->used = 0;
    buffer_reserve(request, LENGTH_BYTES);
    request->used = LENGTH_BYTES; /* filled in when the length is known */
    pack_array(request, 1 + arguments);
    pack_text(request, operation);
}

static bool send_frame(Connection *connection)
{
    Buffer *request = &connection->request;
    size_t length = request->used - LENGTH_BYTES;
    for (int i = 0; i < LENGTH_BYTES; i++)
        request->bytes[i] = (uint8_t)(length >> 8 * (LENGTH_BYTES - 1 - i));
    return transport_send(connection->socket, request->bytes, request->used);
}

void request_send(Connection *connection)
{
    send_frame(connection);
}

typedef enum { RECEIVED, ENDED, TOO_LONG } Reception;

static Reception receive_frame(Connection *connection, Reader *frame)
{
    uint8_t head[LENGTH_BYTES];
    size_t length = 0;
    if (!transport_receive(connection->socket, head, sizeof head))
        return ENDED;
    for (int i = 0; i < LENGTH_BYTES; i++)
        length = length << 8 | head[i];
    if (length > FRAME_BYTES_MAX)
        return TOO_LONG;
    connection->answer.used = 0;
    buffer_reserve(&connection->answer, length + 1);
    if (!transport_receive(connection->socket, connection->answer.bytes, length))
        return ENDED;
    *frame = (Reader){connection->answer.bytes, connection->answer.bytes + length};
    return RECEIVED;
}

RFC_RC fail_protocol(Connection *connection, const char *what, RFC_ERROR_INFO *info)
{
    connection_break(connection);
    return fail(info, RFC_INVALID_PROTOCOL, "The partner does not speak the stand-in's protocol: %s", what);
}

/* A text of the error, cut to the room that RFC_ERROR_INFO has for it. */
static bool read_error_text(Reader *reader, const Token *key, RFC_ERROR_INFO *info)
{
    const struct {
        const char *key;
        SAP_UC *out;
        size_t units;
    } texts[] = {
#define TEXT_OF(key, member) {key, info->member, sizeof info->member / sizeof(SAP_UC)}
        TEXT_OF("key", key),
        TEXT_OF("message", message),
        TEXT_OF("class", abapMsgClass),
        TEXT_OF("type", abapMsgType),
        TEXT_OF("number", abapMsgNumber),
        TEXT_OF("v1", abapMsgV1),
        TEXT_OF("v2", abapMsgV2),
        TEXT_OF("v3", abapMsgV3),
        TEXT_OF("v4", abapMsgV4),
#undef TEXT_OF
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Token text;
        if (!token_is(key, texts[i].key))
            continue;
        if (read_token(reader, &text) != TEXT)
            return false;
        utf8_to_array(text.bytes, text.count, texts[i].out, texts[i].units);
        return true;
    }
    skip_value(reader);
    return true;
}

/* {code, group, key, ...} */
static bool read_error(Reader *reader, RFC_ERROR_INFO *info)
{
    Token map, key;
    unsigned code = RFC_OK, group = OK;
    if (read_token(reader, &map) != MAP)
        return false;
    for (uint32_t i = 0; i < map.count; i++) {
        if (read_token(reader, &key) != TEXT)
            return false;
        bool good = token_is(&key, "code")    ? read_unsigned(reader, &code)
                    : token_is(&key, "group") ? read_unsigned(reader, &group)
                                              : read_error_text(reader, &key, info);
        if (!good)
            return false;
    }
    info->code = (RFC_RC)code;
    info->group = (RFC_ERROR_GROUP)group;
    return code > RFC_OK && code <= RFC_LOCKING_FAILURE && group > OK && group <= LOCKING_FAILURE;
}

/* SAP's library frees the handle itself after these groups; after code 15 the session is over, but the handle stays
 * until it is closed, as bindings expect. */
static void end_session(Connection *connection, const RFC_ERROR_INFO *info)
{
    connection->dead = info->group == ABAP_RUNTIME_FAILURE || info->group == LOGON_FAILURE
                       || info->group == COMMUNICATION_FAILURE;
    if (info->code == RFC_EXTERNAL_FAILURE)
        connection_break(connection);
}

static RFC_RC read_status(Connection *connection, Reader *answer, RFC_ERROR_INFO *info)
{
    uint32_t elements;
    Token status;
    if (!read_array(answer, &elements) || read_token(answer, &status) != TEXT)
        return fail_protocol(connection, "an answer is an array that begins with ok or err", info);
    if (token_is(&status, "ok"))
        return succeed(info);
    succeed(info);
    if (!token_is(&status, "err") || !read_error(answer, info))
        return fail_protocol(connection, "an error needs code and group, and texts in the rest", info);
    end_session(connection, info);
    return info->code;
}

RFC_RC exchange(Connection *connection, Reader *answer, RFC_ERROR_INFO *info)
{
    RFC_ERROR_INFO scratch; /* whether the session is over must be known even to a caller who does not want to */
    if (!info)
        info = &scratch;
    if (connection->request.used - LENGTH_BYTES > FRAME_BYTES_MAX)
        return fail(info, RFC_MEMORY_INSUFFICIENT, "The call is larger than %d bytes", FRAME_BYTES_MAX);
    Reception reception = send_frame(connection) ? receive_frame(connection, answer) : ENDED;
    if (reception == RECEIVED)
        return read_status(connection, answer, info);
    if (reception == TOO_LONG)
        return fail_protocol(connection, "a frame is too long", info);
    connection->dead = true;
    return fail(info, RFC_COMMUNICATION_FAILURE, "connection closed without message (CM_NO_DATA_RECEIVED)");
}
