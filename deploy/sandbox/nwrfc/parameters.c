/* parameters.c - connection parameters, and the address they lead to. */
#include "parameters.h"

#include "error.h"
#include "memory.h"
#include "text.h"

#include <ctype.h>

#define GATEWAY_SERVICE "sapgw"
#define FIRST_GATEWAY_PORT 3300
#define SYSTEM_NUMBERS 100

const char *parameters_find(const Parameters *parameters, const char *name)
{
    for (unsigned i = 0; i < parameters->count; i++)
        if (!strcmp(parameters->items[i].name, name))
            return parameters->items[i].value;
    return NULL;
}

void parameters_add(Parameters *parameters, const char *name, size_t name_bytes, const char *value, size_t value_bytes)
{
    char *lower = copy_text(name, name_bytes);
    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    if (!value_bytes || parameters_find(parameters, lower)) {
        free(lower);
        return;
    }
    parameters->items = resize(parameters->items, (parameters->count + 1) * sizeof *parameters->items);
    parameters->items[parameters->count++] = (Parameter){lower, copy_text(value, value_bytes)};
}

Parameters parameters_collect(const RFC_CONNECTION_PARAMETER *given, unsigned count)
{
    Parameters parameters = {0};
    for (unsigned i = 0; i < count; i++) {
        char *name = utf16_to_new_utf8(given[i].name);
        char *value = utf16_to_new_utf8(given[i].value);
        parameters_add(&parameters, name, strlen(name), value, strlen(value));
        free(name);
        free(value);
    }
    const char *destination = parameters_find(&parameters, "dest");
    if (destination)
        ini_add_destination(&parameters, destination);
    return parameters;
}

void parameters_free(Parameters *parameters)
{
    for (unsigned i = 0; i < parameters->count; i++) {
        free(parameters->items[i].name);
        free(parameters->items[i].value);
    }
    free(parameters->items);
    *parameters = (Parameters){0};
}

static bool is_number(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == 0;
}

static void gateway_port(char port[PORT_BYTES], const char *system_number)
{
    snprintf(port, PORT_BYTES, "%d", FIRST_GATEWAY_PORT + atoi(system_number) % SYSTEM_NUMBERS);
}

RFC_RC parameters_address(const Parameters *parameters, const char **host, char port[PORT_BYTES],
                          RFC_ERROR_INFO *info)
{
    const char *application_server = parameters_find(parameters, "ashost");
    const char *service = parameters_find(parameters, "gwserv");
    const char *system_number = parameters_find(parameters, "sysnr");
    *host = application_server;
    if (!*host)
        *host = parameters_find(parameters, "gwhost");
    if (!*host)
        *host = parameters_find(parameters, "mshost");
    if (!*host)
        return fail(info, RFC_INVALID_PARAMETER, "Parameter ASHOST, GWHOST, MSHOST or SERVER_PORT is missing.");
    if (service && is_number(service))
        snprintf(port, PORT_BYTES, "%s", service);
    else if (service && !strncmp(service, GATEWAY_SERVICE, strlen(GATEWAY_SERVICE)))
        gateway_port(port, service + strlen(GATEWAY_SERVICE));
    else if (system_number)
        gateway_port(port, system_number);
    else if (application_server)
        return fail(info, RFC_INVALID_PARAMETER, "Parameter SYSNR is missing.");
    else
        gateway_port(port, "00");
    return RFC_OK;
}
