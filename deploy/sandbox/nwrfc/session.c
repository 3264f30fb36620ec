/* session.c - API: logging on, calling, ending (RfcOpenConnection, RfcInvoke, ...). */
#include "connection.h"
#include "error.h"
#include "marshal.h"
#include "parameters.h"
#include "text.h"
#include "transport.h"

/* ---- logging on ---- */

static bool read_attribute(Reader *reader, const Token *name, RFC_ATTRIBUTES *attributes)
{
    const struct {
        const char *name;
        SAP_UC *out;
        size_t units;
    } texts[] = {
#define TEXT_OF(member) {#member, attributes->member, sizeof attributes->member / sizeof(SAP_UC)}
        TEXT_OF(partnerHost),
        TEXT_OF(sysNumber),
        TEXT_OF(sysId),
        TEXT_OF(client),
        TEXT_OF(user),
        TEXT_OF(language),
        TEXT_OF(trace),
        TEXT_OF(isoLanguage),
        TEXT_OF(codepage),
        TEXT_OF(partnerCodepage),
        TEXT_OF(rfcRole),
        TEXT_OF(type),
        TEXT_OF(partnerType),
        TEXT_OF(rel),
        TEXT_OF(partnerRel),
        TEXT_OF(kernelRel),
        TEXT_OF(cpicConvId),
        TEXT_OF(progName),
        TEXT_OF(partnerBytesPerChar),
        TEXT_OF(partnerSystemCodepage),
        TEXT_OF(partnerIP),
        TEXT_OF(partnerIPv6),
#undef TEXT_OF
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Token text;
        if (!token_is(name, texts[i].name))
            continue;
        if (read_token(reader, &text) != TEXT)
            return false;
        utf8_to_array(text.bytes, text.count, texts[i].out, texts[i].units);
        return true;
    }
    skip_value(reader);
    return true;
}

/* repository, {attribute: text} */
static bool read_logon(Reader *reader, Connection *connection)
{
    SAP_UC repository[REPOSITORY_ID_UNITS];
    Token map, name;
    if (!read_text_array(reader, repository, REPOSITORY_ID_UNITS) || read_token(reader, &map) != MAP)
        return false;
    for (uint32_t i = 0; i < map.count; i++)
        if (read_token(reader, &name) != TEXT || !read_attribute(reader, &name, &connection->attributes))
            return false;
    connection->repository = repository_of(repository);
    return true;
}

static RFC_RC log_on(Connection *connection, const Parameters *parameters, RFC_ERROR_INFO *info)
{
    Reader answer;
    request_begin(connection, "open", 1);
    pack_map(&connection->request, parameters->count);
    for (unsigned i = 0; i < parameters->count; i++) {
        pack_text(&connection->request, parameters->items[i].name);
        pack_text(&connection->request, parameters->items[i].value);
    }
    RFC_RC rc = exchange(connection, &answer, info);
    if (rc == RFC_OK && !read_logon(&answer, connection))
        rc = fail_protocol(connection, "the answer to open is repository and attributes", info);
    return rc;
}

static RFC_CONNECTION_HANDLE open_connection(const Parameters *parameters, RFC_ERROR_INFO *info)
{
    const char *host;
    char port[PORT_BYTES];
    if (parameters_address(parameters, &host, port, info) != RFC_OK)
        return NULL;
    int socket = transport_dial(host, port, info);
    if (socket == NO_SOCKET)
        return NULL;
    Connection *connection = connection_new(socket);
    if (log_on(connection, parameters, info) == RFC_OK)
        return connection_register(connection);
    connection_free(connection);
    return NULL;
}

RFC_CONNECTION_HANDLE RfcOpenConnection(const RFC_CONNECTION_PARAMETER *connectionParams, unsigned paramCount,
                                        RFC_ERROR_INFO *errorInfo)
{
    Parameters parameters = parameters_collect(connectionParams, paramCount);
    RFC_CONNECTION_HANDLE handle = open_connection(&parameters, errorInfo);
    parameters_free(&parameters);
    return handle;
}

RFC_RC RfcCloseConnection(RFC_CONNECTION_HANDLE rfcHandle, RFC_ERROR_INFO *errorInfo)
{
    Connection *connection;
    RFC_RC rc = connection_claim(rfcHandle, &connection, errorInfo);
    if (rc != RFC_OK)
        return rc;
    request_begin(connection, "close", 0);
    request_send(connection);
    connection->dead = true;
    return connection_release(connection, succeed(errorInfo), errorInfo);
}

/* ---- calling ---- */

static RFC_RC ask(RFC_CONNECTION_HANDLE handle, const char *operation, RFC_ERROR_INFO *info)
{
    Connection *connection;
    Reader answer;
    RFC_RC rc = connection_claim(handle, &connection, info);
    if (rc != RFC_OK)
        return rc;
    request_begin(connection, operation, 0);
    rc = exchange(connection, &answer, info);
    return connection_release(connection, rc, info);
}

RFC_RC RfcPing(RFC_CONNECTION_HANDLE rfcHandle, RFC_ERROR_INFO *errorInfo)
{
    return ask(rfcHandle, "ping", errorInfo);
}

RFC_RC RfcResetServerContext(RFC_CONNECTION_HANDLE rfcHandle, RFC_ERROR_INFO *errorInfo)
{
    return ask(rfcHandle, "reset", errorInfo);
}

RFC_RC RfcInvoke(RFC_CONNECTION_HANDLE rfcHandle, RFC_FUNCTION_HANDLE funcHandle, RFC_ERROR_INFO *errorInfo)
{
    Connection *connection;
    Reader answer;
    FunctionContainer *function = function_container_of(funcHandle);
    if (!function)
        return fail_handle(errorInfo, "RFC_FUNCTION_HANDLE");
    RFC_RC rc = connection_claim(rfcHandle, &connection, errorInfo);
    if (rc != RFC_OK)
        return rc;
    request_begin(connection, "call", 3); /* name, parameters, inactive */
    pack_name(&connection->request, function->descriptor->name);
    marshal_request(&connection->request, function);
    rc = exchange(connection, &answer, errorInfo);
    if (rc == RFC_OK) {
        rc = marshal_answer(&answer, function, errorInfo);
        if (rc != RFC_OK)
            connection_break(connection);
    }
    return connection_release(connection, rc, errorInfo);
}
