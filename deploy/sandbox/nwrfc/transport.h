/* transport.h - a TCP connection to the simulator. */
#ifndef STANDIN_TRANSPORT_H
#define STANDIN_TRANSPORT_H

#include "sapnwrfc.h"

#include <stdbool.h>
#include <stdint.h>

enum { NO_SOCKET = -1 };

/* Connects without a time limit of its own; NO_SOCKET, with the error in SAP's form, if nobody answers there. */
int transport_dial(const char *host, const char *port, RFC_ERROR_INFO *info);

bool transport_send(int socket, const uint8_t *bytes, size_t count);
bool transport_receive(int socket, uint8_t *bytes, size_t count); /* false if the partner ends before that */
void transport_interrupt(int socket);                             /* wakes up a thread that sends or receives */
void transport_close(int socket);

#endif
