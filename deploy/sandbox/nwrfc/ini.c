/* ini.c - sapnwrfc.ini: lines NAME=VALUE in blocks that begin with DEST=; # and // begin comments.
 *
 * Process wide, as in SAP's library: read from the working directory at first use, or from the directory set;
 * destinations read earlier stay known unless a newer file has a block of the same name.
 */
#include "error.h"
#include "memory.h"
#include "parameters.h"
#include "text.h"

#include <ctype.h>
#include <limits.h>
#include <pthread.h>
#include <strings.h>

#define INI_FILE "sapnwrfc.ini"
#define DESTINATION_KEY "DEST"

enum { LINE_BYTES = 1024 };

typedef struct Destination {
    struct Destination *next;
    char *name;
    Parameters parameters;
} Destination;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all below */
static Destination *destinations;
static char *directory; /* NULL: the working directory */
static bool was_read;

static Destination *find_destination(const char *name)
{
    for (Destination *destination = destinations; destination; destination = destination->next)
        if (!strcmp(destination->name, name))
            return destination;
    return NULL;
}

/* An empty block of that name, in place of an older one. */
static Destination *begin_destination(const char *name)
{
    Destination *destination = find_destination(name);
    if (destination) {
        parameters_free(&destination->parameters);
        return destination;
    }
    destination = allocate(sizeof *destination);
    destination->name = copy_text(name, strlen(name));
    destination->next = destinations;
    return destinations = destination;
}

/* Cuts white space at both ends, in place. */
static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1]))
        length--;
    text[length] = 0;
    return text;
}

static void read_line(char *line, Destination **current)
{
    char *name = trim(line);
    char *equals = strchr(name, '=');
    if (*name == '#' || !strncmp(name, "//", 2) || !equals)
        return;
    *equals = 0;
    name = trim(name);
    char *value = trim(equals + 1);
    if (!strcasecmp(name, DESTINATION_KEY))
        *current = begin_destination(value);
    else if (*current)
        parameters_add(&(*current)->parameters, name, strlen(name), value, strlen(value));
}

/* lock is held; a missing file is no error */
static void read_file(void)
{
    char path[PATH_MAX];
    char line[LINE_BYTES];
    Destination *current = NULL;
    was_read = true;
    snprintf(path, sizeof path, "%s/%s", directory ? directory : ".", INI_FILE);
    FILE *file = fopen(path, "r");
    if (!file)
        return;
    while (fgets(line, sizeof line, file))
        read_line(line, &current);
    fclose(file);
}

void ini_add_destination(Parameters *parameters, const char *destination_name)
{
    pthread_mutex_lock(&lock);
    if (!was_read)
        read_file();
    const Destination *destination = find_destination(destination_name);
    for (unsigned i = 0; destination && i < destination->parameters.count; i++) {
        const Parameter *item = &destination->parameters.items[i];
        parameters_add(parameters, item->name, strlen(item->name), item->value, strlen(item->value));
    }
    pthread_mutex_unlock(&lock);
}

RFC_RC RfcSetIniPath(const SAP_UC *pathName, RFC_ERROR_INFO *errorInfo)
{
    char *path = utf16_to_new_utf8(pathName);
    pthread_mutex_lock(&lock);
    if (directory && !strcmp(directory, path)) { /* the directory it has already is not read again */
        free(path);
    } else {
        free(directory);
        directory = path;
        read_file();
    }
    pthread_mutex_unlock(&lock);
    return succeed(errorInfo);
}

RFC_RC RfcReloadIniFile(RFC_ERROR_INFO *errorInfo)
{
    pthread_mutex_lock(&lock);
    read_file();
    pthread_mutex_unlock(&lock);
    return succeed(errorInfo);
}
