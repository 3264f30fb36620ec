/* transport.c - a TCP connection to the simulator. */
#include "transport.h"

#include "error.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    HOST_BYTES = 256,
    TIME_BYTES = 40,
    NI_ERROR = -10 /* what SAP's network layer returns when a partner cannot be reached */
};

/* The many lines in which SAP's library reports that it could not connect. */
static void fail_unreachable(const char *error, const char *call, int number, const char *text, RFC_ERROR_INFO *info)
{
    char host[HOST_BYTES] = "localhost";
    char when[TIME_BYTES];
    time_t now = time(NULL);
    struct tm local;
    gethostname(host, sizeof host - 1);
    strftime(when, sizeof when, "%a %b %e %H:%M:%S %Y", localtime_r(&now, &local));
    fail(info, RFC_COMMUNICATION_FAILURE,
         "\nLOCATION    CPIC (TCP/IP) on local host %s with Unicode\n"
         "ERROR       %s\n"
         "TIME        %s\n"
         "RELEASE     753\n"
         "COMPONENT   NI (network interface)\n"
         "RC          %d\n"
         "SYSTEM CALL %s\n"
         "ERRNO       %d\n"
         "ERRNO TEXT  %s\n",
         host, error, when, NI_ERROR, call, number, text);
}

/* The first address that answers. */
static int connect_any(const struct addrinfo *addresses, int *error)
{
    for (const struct addrinfo *address = addresses; address; address = address->ai_next) {
        int one = 1;
        int socket_number = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol);
        if (socket_number == NO_SOCKET) {
            *error = errno;
            continue;
        }
        if (connect(socket_number, address->ai_addr, address->ai_addrlen) == 0) {
            setsockopt(socket_number, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            return socket_number;
        }
        *error = errno;
        close(socket_number);
    }
    return NO_SOCKET;
}

int transport_dial(const char *host, const char *port, RFC_ERROR_INFO *info)
{
    char error_text[2 * HOST_BYTES];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    int error = 0;
    int problem = getaddrinfo(host, port, &hints, &addresses);
    if (problem) {
        snprintf(error_text, sizeof error_text, "hostname '%s' unknown", host);
        fail_unreachable(error_text, "getaddrinfo", problem, gai_strerror(problem), info);
        return NO_SOCKET;
    }
    int socket_number = connect_any(addresses, &error);
    freeaddrinfo(addresses);
    if (socket_number == NO_SOCKET) {
        snprintf(error_text, sizeof error_text, "partner '%s:%s' not reached", host, port);
        fail_unreachable(error_text, "connect", error, strerror(error), info);
    }
    return socket_number;
}

bool transport_send(int socket, const uint8_t *bytes, size_t count)
{
    while (count) {
        ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        bytes += sent;
        count -= (size_t)sent;
    }
    return true;
}

bool transport_receive(int socket, uint8_t *bytes, size_t count)
{
    while (count) {
        ssize_t received = recv(socket, bytes, count, 0);
        if (received < 0 && errno == EINTR)
            continue;
        if (received <= 0)
            return false;
        bytes += received;
        count -= (size_t)received;
    }
    return true;
}

void transport_interrupt(int socket)
{
    shutdown(socket, SHUT_RDWR);
}

void transport_close(int socket)
{
    close(socket);
}
