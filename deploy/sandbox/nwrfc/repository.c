/* repository.c - API: descriptors of a system, from the cache or from the system (RfcGetFunctionDesc, ...). */
#include "repository.h"

#include "connection.h"
#include "error.h"
#include "memory.h"
#include "metadata.h"
#include "text.h"

#include <pthread.h>

#define ID_SEPARATOR '/' /* between system id and fingerprint */

typedef enum { FUNCTIONS, TYPES, KINDS } Kind;

typedef struct Entry {
    struct Entry *next;
    RFC_ABAP_NAME name;
    void *descriptor; /* FunctionDescriptor or TypeDescriptor */
} Entry;

struct Repository {
    Repository *next;
    SAP_UC id[REPOSITORY_ID_UNITS];
    Entry *entries[KINDS];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all below; never held while waiting for SAP */
static Repository *repositories;

Repository *repository_of(const SAP_UC *id)
{
    pthread_mutex_lock(&lock);
    Repository *repository = repositories;
    while (repository && !same_text(repository->id, id))
        repository = repository->next;
    if (!repository) {
        repository = allocate(sizeof *repository);
        copy_units(repository->id, id, REPOSITORY_ID_UNITS);
        repository->next = repositories;
        repositories = repository;
    }
    pthread_mutex_unlock(&lock);
    return repository;
}

static void *find(Repository *repository, Kind kind, const SAP_UC *name)
{
    pthread_mutex_lock(&lock);
    const Entry *entry = repository->entries[kind];
    while (entry && !same_text(entry->name, name))
        entry = entry->next;
    void *descriptor = entry ? entry->descriptor : NULL;
    pthread_mutex_unlock(&lock);
    return descriptor;
}

static void keep(Repository *repository, Kind kind, const SAP_UC *name, void *descriptor)
{
    Entry *entry = allocate(sizeof *entry);
    copy_units(entry->name, name, sizeof entry->name / sizeof *entry->name);
    entry->descriptor = descriptor;
    pthread_mutex_lock(&lock);
    entry->next = repository->entries[kind];
    repository->entries[kind] = entry;
    pthread_mutex_unlock(&lock);
}

static void *read_descriptor(Kind kind, Reader *reader, const SAP_UC *name, const char **reason)
{
    return kind == FUNCTIONS ? (void *)metadata_read_function(reader, name, reason)
                             : (void *)metadata_read_type(reader, reason);
}

/* Asks the system; the connection is claimed. */
static RFC_RC fetch(Connection *connection, Kind kind, const SAP_UC *name, void **descriptor, RFC_ERROR_INFO *info)
{
    Reader answer;
    const char *reason;
    request_begin(connection, kind == FUNCTIONS ? "func" : "type", 1);
    pack_name(&connection->request, name);
    RFC_RC rc = exchange(connection, &answer, info);
    if (rc != RFC_OK)
        return rc;
    *descriptor = read_descriptor(kind, &answer, name, &reason);
    if (!*descriptor)
        return fail_protocol(connection, reason, info);
    keep(connection->repository, kind, name, *descriptor);
    return RFC_OK;
}

static void *look_up(RFC_CONNECTION_HANDLE handle, Kind kind, const SAP_UC *name, RFC_ERROR_INFO *info)
{
    Connection *connection;
    if (connection_claim(handle, &connection, info) != RFC_OK)
        return NULL;
    void *descriptor = find(connection->repository, kind, name);
    RFC_RC rc = descriptor ? succeed(info) : fetch(connection, kind, name, &descriptor, info);
    return connection_release(connection, rc, info) == RFC_OK ? descriptor : NULL;
}

/* Bindings name a repository by system id. */
static bool is_of_system(const Repository *repository, const SAP_UC *system_id)
{
    unsigned at = 0;
    while (system_id[at] && repository->id[at] == system_id[at])
        at++;
    return !system_id[at] && (repository->id[at] == ID_SEPARATOR || !repository->id[at]);
}

/* lock is held */
static bool drop(Entry **link, const SAP_UC *name)
{
    for (; *link; link = &(*link)->next) {
        Entry *entry = *link;
        if (same_text(entry->name, name)) {
            *link = entry->next;
            free(entry);
            return true;
        }
    }
    return false;
}

static RFC_RC forget(const SAP_UC *system_id, Kind kind, const SAP_UC *name, RFC_ERROR_INFO *info)
{
    bool any = false;
    pthread_mutex_lock(&lock);
    for (Repository *repository = repositories; repository; repository = repository->next)
        if (is_of_system(repository, system_id))
            any |= drop(&repository->entries[kind], name);
    pthread_mutex_unlock(&lock);
    return any ? succeed(info) : fail(info, RFC_NOT_FOUND, "The description is not in the cache");
}

RFC_FUNCTION_DESC_HANDLE RfcGetFunctionDesc(RFC_CONNECTION_HANDLE rfcHandle, const SAP_UC *funcName,
                                            RFC_ERROR_INFO *errorInfo)
{
    return look_up(rfcHandle, FUNCTIONS, funcName, errorInfo);
}

RFC_TYPE_DESC_HANDLE RfcGetTypeDesc(RFC_CONNECTION_HANDLE rfcHandle, const SAP_UC *typeName, RFC_ERROR_INFO *errorInfo)
{
    return look_up(rfcHandle, TYPES, typeName, errorInfo);
}

RFC_RC RfcRemoveFunctionDesc(const SAP_UC *repositoryID, const SAP_UC *functionName, RFC_ERROR_INFO *errorInfo)
{
    return forget(repositoryID, FUNCTIONS, functionName, errorInfo);
}

RFC_RC RfcRemoveTypeDesc(const SAP_UC *repositoryID, const SAP_UC *typeName, RFC_ERROR_INFO *errorInfo)
{
    return forget(repositoryID, TYPES, typeName, errorInfo);
}
