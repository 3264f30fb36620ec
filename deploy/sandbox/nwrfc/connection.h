/* connection.h - open connections, the handles that stand for them, and one request with its answer.
 *
 * Every use claims the connection, so that a dead, foreign or busy handle is an error and never a crash:
 *     connection_claim -> request_begin -> pack arguments -> exchange -> connection_release
 */
#ifndef STANDIN_CONNECTION_H
#define STANDIN_CONNECTION_H

#include "msgpack.h"
#include "repository.h"

typedef struct Connection {
    struct Connection *next;
    RFC_CONNECTION_HANDLE handle;
    int socket;
    bool busy, cancelled; /* guarded by the registry's lock */
    bool dead;            /* to be freed on release */
    Repository *repository;
    RFC_ATTRIBUTES attributes;
    Buffer request, answer;
} Connection;

Connection *connection_new(int socket); /* nobody else knows it until it is registered */
RFC_CONNECTION_HANDLE connection_register(Connection *connection);
void connection_free(Connection *connection);

RFC_RC connection_claim(RFC_CONNECTION_HANDLE handle, Connection **connection, RFC_ERROR_INFO *info);

/* Ends a claim. Answers rc, or RFC_CANCELED if another thread cancelled meanwhile; frees what is dead or cancelled. */
RFC_RC connection_release(Connection *connection, RFC_RC rc, RFC_ERROR_INFO *info);

void request_begin(Connection *connection, const char *operation, unsigned arguments);
void request_send(Connection *connection); /* for what has no answer */

/* Sends the request and leaves the reader behind the answer's "ok". Marks the connection dead where it is. */
RFC_RC exchange(Connection *connection, Reader *answer, RFC_ERROR_INFO *info);

/* Ends the session after an answer that cannot be trusted: the handle stays, whatever it is used for fails. */
void connection_break(Connection *connection);
RFC_RC fail_protocol(Connection *connection, const char *what, RFC_ERROR_INFO *info);

#endif
