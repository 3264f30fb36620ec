/* container_access.c - API: function containers and the rows of tables. */
#include "container.h"
#include "error.h"

/* ---- functions ---- */

static RFC_RC fail_function(RFC_ERROR_INFO *info)
{
    return fail_handle(info, "RFC_FUNCTION_HANDLE");
}

RFC_FUNCTION_HANDLE RfcCreateFunction(RFC_FUNCTION_DESC_HANDLE funcDescHandle, RFC_ERROR_INFO *errorInfo)
{
    FunctionDescriptor *descriptor = function_of(funcDescHandle);
    if (!descriptor) {
        fail_handle(errorInfo, "RFC_FUNCTION_DESC_HANDLE");
        return NULL;
    }
    succeed(errorInfo);
    return (RFC_FUNCTION_HANDLE)function_container_new(descriptor);
}

RFC_RC RfcDestroyFunction(RFC_FUNCTION_HANDLE funcHandle, RFC_ERROR_INFO *errorInfo)
{
    FunctionContainer *function = function_container_of(funcHandle);
    if (!function)
        return fail_function(errorInfo);
    function_container_free(function);
    return succeed(errorInfo);
}

RFC_FUNCTION_DESC_HANDLE RfcDescribeFunction(RFC_FUNCTION_HANDLE funcHandle, RFC_ERROR_INFO *errorInfo)
{
    FunctionContainer *function = function_container_of(funcHandle);
    if (!function) {
        fail_function(errorInfo);
        return NULL;
    }
    succeed(errorInfo);
    return (RFC_FUNCTION_DESC_HANDLE)function->descriptor;
}

/* Where the `active` flag of a parameter is. */
static RFC_RC find_active(RFC_FUNCTION_HANDLE handle, const SAP_UC *name, bool **active, RFC_ERROR_INFO *info)
{
    FunctionContainer *function = function_container_of(handle);
    if (!function)
        return fail_function(info);
    int number = layout_find(function->base.layout, name, 0);
    if (number == NO_FIELD)
        return fail_name(info, name);
    *active = &function->active[number];
    return succeed(info);
}

RFC_RC RfcSetParameterActive(RFC_FUNCTION_HANDLE funcHandle, const SAP_UC *paramName, int isActive,
                             RFC_ERROR_INFO *errorInfo)
{
    bool *active = NULL;
    RFC_RC rc = find_active(funcHandle, paramName, &active, errorInfo);
    if (rc == RFC_OK)
        *active = isActive != 0;
    return rc;
}

RFC_RC RfcIsParameterActive(RFC_FUNCTION_HANDLE funcHandle, const SAP_UC *paramName, int *isActive,
                            RFC_ERROR_INFO *errorInfo)
{
    bool *active = NULL;
    RFC_RC rc = find_active(funcHandle, paramName, &active, errorInfo);
    if (rc == RFC_OK)
        *isActive = *active;
    return rc;
}

/* ---- rows ---- */

static RFC_RC fail_table(RFC_ERROR_INFO *info)
{
    return fail_handle(info, "RFC_TABLE_HANDLE");
}

static RFC_RC fail_no_row(RFC_ERROR_INFO *info)
{
    return fail(info, RFC_TABLE_MOVE_EOF, "The table has no such row");
}

RFC_RC RfcGetRowCount(RFC_TABLE_HANDLE tableHandle, unsigned *rowCount, RFC_ERROR_INFO *errorInfo)
{
    TableContainer *table = table_of(tableHandle);
    if (!table)
        return fail_table(errorInfo);
    *rowCount = table->count;
    return succeed(errorInfo);
}

RFC_STRUCTURE_HANDLE RfcGetCurrentRow(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo)
{
    TableContainer *table = table_of(tableHandle);
    if (!table) {
        fail_table(errorInfo);
        return NULL;
    }
    if (table->current >= table->count) {
        fail_no_row(errorInfo);
        return NULL;
    }
    succeed(errorInfo);
    return (RFC_STRUCTURE_HANDLE)table->rows[table->current];
}

RFC_STRUCTURE_HANDLE RfcAppendNewRow(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo)
{
    TableContainer *table = table_of(tableHandle);
    if (!table) {
        fail_table(errorInfo);
        return NULL;
    }
    mark_written(&table->base, 0);
    succeed(errorInfo);
    return (RFC_STRUCTURE_HANDLE)table_append(table);
}

RFC_RC RfcMoveTo(RFC_TABLE_HANDLE tableHandle, unsigned index, RFC_ERROR_INFO *errorInfo)
{
    TableContainer *table = table_of(tableHandle);
    if (!table)
        return fail_table(errorInfo);
    if (index >= table->count)
        return fail_no_row(errorInfo);
    table->current = index;
    return succeed(errorInfo);
}

RFC_RC RfcMoveToLastRow(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo)
{
    TableContainer *table = table_of(tableHandle);
    if (!table)
        return fail_table(errorInfo);
    if (!table->count)
        return fail_no_row(errorInfo);
    table->current = table->count - 1;
    return succeed(errorInfo);
}

/* Bindings read a table from its end and delete each row they have read, to keep memory low. */
RFC_RC RfcDeleteCurrentRow(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo)
{
    TableContainer *table = table_of(tableHandle);
    if (!table)
        return fail_table(errorInfo);
    if (table->current >= table->count)
        return fail_no_row(errorInfo);
    mark_written(&table->base, 0);
    table_delete_current(table);
    return succeed(errorInfo);
}
