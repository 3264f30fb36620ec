/* parameters.h - connection parameters: those given, and those of a destination in sapnwrfc.ini. */
#ifndef STANDIN_PARAMETERS_H
#define STANDIN_PARAMETERS_H

#include "sapnwrfc.h"

typedef struct {
    char *name; /* in lower case */
    char *value;
} Parameter;

typedef struct {
    Parameter *items;
    unsigned count;
} Parameters;

enum { PORT_BYTES = 32 };

/* Names once each; what was given comes before what a destination adds. */
Parameters parameters_collect(const RFC_CONNECTION_PARAMETER *given, unsigned count);
void parameters_add(Parameters *parameters, const char *name, size_t name_bytes, const char *value,
                    size_t value_bytes); /* unless the name is there already, or the value is empty */
const char *parameters_find(const Parameters *parameters, const char *name); /* NULL if absent */
void parameters_free(Parameters *parameters);

/* Where to connect: host lives as long as the parameters. */
RFC_RC parameters_address(const Parameters *parameters, const char **host, char port[PORT_BYTES],
                          RFC_ERROR_INFO *info);

/* Adds what sapnwrfc.ini says about a destination; see ini.c. */
void ini_add_destination(Parameters *parameters, const char *destination);

#endif
