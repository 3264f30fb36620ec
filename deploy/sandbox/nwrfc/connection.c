/* connection.c - open connections and the handles that stand for them. */
#include "connection.h"

#include "error.h"
#include "memory.h"
#include "text.h"
#include "transport.h"

#include <pthread.h>
#include <unistd.h>

enum {
    HANDLE_STEP = 16,     /* a handle is a number that looks like an address, and is never used twice */
    KEPT_BYTES = 1 << 20, /* a buffer larger than this is given back after the call that needed it */
    HOST_NAME_BYTES = 101 /* RFC_ATTRIBUTES.host */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all below; never held while waiting for SAP */
static Connection *connections;
static uintptr_t last_handle;

/* lock is held */
static Connection *find(RFC_CONNECTION_HANDLE handle)
{
    Connection *connection = connections;
    while (connection && connection->handle != handle)
        connection = connection->next;
    return connection;
}

/* lock is held */
static void forget(const Connection *connection)
{
    for (Connection **link = &connections; *link; link = &(*link)->next) {
        if (*link == connection) {
            *link = connection->next;
            return;
        }
    }
}

static RFC_RC fail_connection(RFC_ERROR_INFO *info)
{
    return fail_handle(info, "RFC_CONNECTION_HANDLE");
}

Connection *connection_new(int socket)
{
    char host[HOST_NAME_BYTES] = "";
    Connection *connection = allocate(sizeof *connection);
    connection->socket = socket;
    gethostname(host, sizeof host - 1);
    utf8_to_array((const uint8_t *)host, strlen(host), connection->attributes.host, HOST_NAME_BYTES);
    return connection;
}

RFC_CONNECTION_HANDLE connection_register(Connection *connection)
{
    pthread_mutex_lock(&lock);
    last_handle += HANDLE_STEP;
    RFC_CONNECTION_HANDLE handle = (RFC_CONNECTION_HANDLE)last_handle;
    connection->handle = handle;
    connection->next = connections;
    connections = connection;
    pthread_mutex_unlock(&lock);
    return handle;
}

void connection_free(Connection *connection)
{
    transport_close(connection->socket);
    buffer_free(&connection->request);
    buffer_free(&connection->answer);
    free(connection);
}

RFC_RC connection_claim(RFC_CONNECTION_HANDLE handle, Connection **connection, RFC_ERROR_INFO *info)
{
    pthread_mutex_lock(&lock);
    *connection = find(handle);
    bool busy = *connection && (*connection)->busy;
    if (*connection && !busy)
        (*connection)->busy = true;
    pthread_mutex_unlock(&lock);
    if (!*connection)
        return fail_connection(info);
    if (busy)
        return fail(info, RFC_ILLEGAL_STATE, "The connection is in use by another thread");
    return RFC_OK;
}

void connection_break(Connection *connection)
{
    transport_interrupt(connection->socket);
}

static void shrink(Buffer *buffer)
{
    if (buffer->room > KEPT_BYTES)
        buffer_free(buffer);
}

RFC_RC connection_release(Connection *connection, RFC_RC rc, RFC_ERROR_INFO *info)
{
    shrink(&connection->request);
    shrink(&connection->answer);
    pthread_mutex_lock(&lock);
    bool cancelled = connection->cancelled;
    bool over = cancelled || connection->dead;
    connection->busy = false;
    if (over)
        forget(connection);
    pthread_mutex_unlock(&lock);
    if (over)
        connection_free(connection);
    return cancelled ? fail(info, RFC_CANCELED, "The RFC call was canceled") : rc;
}

/* ---- API: what needs no round trip ---- */

RFC_RC RfcCancel(RFC_CONNECTION_HANDLE rfcHandle, RFC_ERROR_INFO *errorInfo)
{
    pthread_mutex_lock(&lock);
    Connection *connection = find(rfcHandle);
    bool busy = connection && connection->busy;
    if (busy) {
        connection->cancelled = true;
        transport_interrupt(connection->socket);
    }
    pthread_mutex_unlock(&lock);
    if (!connection)
        return fail_connection(errorInfo);
    return busy ? succeed(errorInfo)
                : fail(errorInfo, RFC_ILLEGAL_STATE, "No RFC call is being executed on this connection");
}

RFC_RC RfcIsConnectionHandleValid(RFC_CONNECTION_HANDLE rfcHandle, int *isValid, RFC_ERROR_INFO *errorInfo)
{
    pthread_mutex_lock(&lock);
    bool valid = find(rfcHandle) != NULL;
    pthread_mutex_unlock(&lock);
    if (isValid)
        *isValid = valid;
    return valid ? succeed(errorInfo) : fail_connection(errorInfo);
}

RFC_RC RfcGetConnectionAttributes(RFC_CONNECTION_HANDLE rfcHandle, RFC_ATTRIBUTES *attr, RFC_ERROR_INFO *errorInfo)
{
    pthread_mutex_lock(&lock);
    Connection *connection = find(rfcHandle);
    if (connection)
        *attr = connection->attributes;
    pthread_mutex_unlock(&lock);
    return connection ? succeed(errorInfo) : fail_connection(errorInfo);
}
