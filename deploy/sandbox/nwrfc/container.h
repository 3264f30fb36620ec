/* container.h - the values of a call: function, structure and table containers.
 *
 * A function container owns everything below it. A structure inside a record is a view on that record, made when
 * asked for and kept, so that the same handle comes back. Every row of a table is an allocation of its own, so a
 * row handle stays valid while rows are appended; a row handle *is* the row.
 */
#ifndef STANDIN_CONTAINER_H
#define STANDIN_CONTAINER_H

#include "descriptor.h"

typedef enum { FUNCTION, STRUCTURE, TABLE } ContainerKind;

typedef struct Container {
    uint32_t mark;
    ContainerKind kind;
    bool written;             /* and all above it know */
    uint16_t number;          /* of the parent's field that this belongs to */
    uint16_t guess;           /* field that will probably be asked for next */
    const Layout *layout;     /* of the record; of a row for a table */
    uint8_t *record;          /* NULL for a table */
    struct Container *parent; /* NULL for a function */
    struct Container **views; /* structures handed out, by field number */
} Container;

typedef struct {
    Container base;
    FunctionDescriptor *descriptor;
    bool *active;   /* by parameter: to be sent and asked for */
    bool *supplied; /* by parameter: written by the caller */
} FunctionContainer;

typedef struct {
    Container base;
    Container **rows;
    unsigned count, room, current;
} TableContainer;

typedef struct { /* value of a STRING (bytes of UTF-16) or XSTRING */
    uint32_t bytes, room;
    uint8_t data[];
} Blob;

/* NULL if the handle is none of ours or of another kind. */
Container *container_of(DATA_CONTAINER_HANDLE handle);
FunctionContainer *function_container_of(RFC_FUNCTION_HANDLE handle);
TableContainer *table_of(RFC_TABLE_HANDLE handle);

FunctionContainer *function_container_new(FunctionDescriptor *descriptor);
void function_container_free(FunctionContainer *function);

Container *structure_view(Container *owner, unsigned number);
TableContainer *table_in(const Field *field, uint8_t *slot);  /* made if it is not there yet */
const TableContainer *table_if_any(const uint8_t *slot);      /* NULL while the table is initial */
Container *table_append(TableContainer *table);
void table_reserve(TableContainer *table, unsigned rows);
void table_delete_current(TableContainer *table); /* the rows behind it move up */
void table_clear(TableContainer *table);

const Blob *blob_in(const uint8_t *slot); /* NULL while the string is initial */
void blob_store(uint8_t *slot, const void *data, uint32_t bytes);

void slot_reset(const Layout *layout, const Field *field, uint8_t *record); /* to the initial value */

/* Remembers that the caller wrote to a field, up to the parameter it belongs to: only those are sent. */
void mark_written(Container *container, unsigned number);

#endif
