/* container.c - life and memory of function, structure and table containers. */
#include "container.h"

#include "memory.h"

#define CONTAINER_MARK 0x544e4f43u /* "CONT" */

enum { FIRST_ROWS = 8 };

static void record_free(const Layout *layout, uint8_t *record);

Container *container_of(DATA_CONTAINER_HANDLE handle)
{
    Container *container = (void *)handle;
    return container && container->mark == CONTAINER_MARK ? container : NULL;
}

FunctionContainer *function_container_of(RFC_FUNCTION_HANDLE handle)
{
    Container *container = container_of(handle);
    return container && container->kind == FUNCTION ? (FunctionContainer *)container : NULL;
}

TableContainer *table_of(RFC_TABLE_HANDLE handle)
{
    Container *container = container_of(handle);
    return container && container->kind == TABLE ? (TableContainer *)container : NULL;
}

/* ---- strings ---- */

static void *pointer_in(const uint8_t *slot)
{
    void *pointer;
    memcpy(&pointer, slot, sizeof pointer);
    return pointer;
}

static void store_pointer(uint8_t *slot, void *pointer)
{
    memcpy(slot, &pointer, sizeof pointer);
}

const Blob *blob_in(const uint8_t *slot)
{
    return pointer_in(slot);
}

void blob_store(uint8_t *slot, const void *data, uint32_t bytes)
{
    Blob *blob = pointer_in(slot);
    if (!blob || blob->room < bytes) {
        blob = resize(blob, sizeof *blob + bytes);
        blob->room = bytes;
        store_pointer(slot, blob);
    }
    blob->bytes = bytes;
    if (bytes)
        memcpy(blob->data, data, bytes);
}

/* ---- structures ---- */

Container *structure_view(Container *owner, unsigned number)
{
    const Field *field = &owner->layout->fields[number];
    if (!owner->views)
        owner->views = allocate(owner->layout->count * sizeof *owner->views);
    Container *view = owner->views[number];
    if (!view) {
        view = owner->views[number] = allocate(sizeof *view);
        *view = (Container){.mark = CONTAINER_MARK,
                            .kind = STRUCTURE,
                            .number = (uint16_t)number,
                            .layout = &field->structure->layout,
                            .record = owner->record + field->offset,
                            .parent = owner};
    }
    return view;
}

static void views_free(Container *container)
{
    if (!container->views)
        return;
    for (unsigned i = 0; i < container->layout->count; i++) {
        if (container->views[i]) {
            views_free(container->views[i]);
            free(container->views[i]);
        }
    }
    free(container->views);
}

/* ---- tables ---- */

TableContainer *table_in(const Field *field, uint8_t *slot)
{
    TableContainer *table = pointer_in(slot);
    if (!table) {
        table = allocate(sizeof *table);
        table->base.mark = CONTAINER_MARK;
        table->base.kind = TABLE;
        table->base.layout = &field->structure->layout;
        store_pointer(slot, table);
    }
    return table;
}

const TableContainer *table_if_any(const uint8_t *slot)
{
    return pointer_in(slot);
}

void table_reserve(TableContainer *table, unsigned rows)
{
    if (rows > table->room) {
        table->rows = resize(table->rows, rows * sizeof *table->rows);
        table->room = rows;
    }
}

Container *table_append(TableContainer *table)
{
    const Layout *layout = table->base.layout;
    if (table->count == table->room)
        table_reserve(table, table->room ? 2 * table->room : FIRST_ROWS);
    Container *row = allocate_raw(sizeof *row + layout->size);
    *row = (Container){.mark = CONTAINER_MARK,
                       .kind = STRUCTURE,
                       .layout = layout,
                       .record = (uint8_t *)(row + 1),
                       .parent = &table->base};
    memcpy(row->record, layout->initial, layout->size);
    table->current = table->count;
    return table->rows[table->count++] = row;
}

static void row_free(Container *row)
{
    views_free(row);
    record_free(row->layout, row->record);
    row->mark = 0;
    free(row);
}

void table_delete_current(TableContainer *table)
{
    unsigned at = table->current;
    row_free(table->rows[at]);
    table->count--;
    memmove(table->rows + at, table->rows + at + 1, (table->count - at) * sizeof *table->rows);
}

void table_clear(TableContainer *table)
{
    for (unsigned i = 0; i < table->count; i++)
        row_free(table->rows[i]);
    table->count = table->current = 0;
}

static void table_free(TableContainer *table)
{
    table_clear(table);
    free(table->rows);
    table->base.mark = 0;
    free(table);
}

/* ---- records ---- */

static void slot_free(const Field *field, uint8_t *slot)
{
    switch (field->type) {
    case RFCTYPE_STRING: case RFCTYPE_XSTRING:
        free(pointer_in(slot));
        return;
    case RFCTYPE_TABLE:
        if (pointer_in(slot))
            table_free(pointer_in(slot));
        return;
    case RFCTYPE_STRUCTURE:
        record_free(&field->structure->layout, slot);
        return;
    default:
        return;
    }
}

static void record_free(const Layout *layout, uint8_t *record)
{
    if (!layout->owns_memory)
        return;
    for (unsigned i = 0; i < layout->count; i++)
        slot_free(&layout->fields[i], record + layout->fields[i].offset);
}

void slot_reset(const Layout *layout, const Field *field, uint8_t *record)
{
    uint8_t *slot = record + field->offset;
    if (field->type == RFCTYPE_TABLE) { /* cleared, not freed: the caller may hold its handle */
        if (pointer_in(slot))
            table_clear(pointer_in(slot));
        return;
    }
    if (field->type == RFCTYPE_STRUCTURE) {
        const Layout *inner = &field->structure->layout;
        for (unsigned i = 0; i < inner->count; i++)
            slot_reset(inner, &inner->fields[i], slot);
        return;
    }
    slot_free(field, slot);
    memcpy(slot, layout->initial + field->offset, field->size);
}

/* ---- functions ---- */

FunctionContainer *function_container_new(FunctionDescriptor *descriptor)
{
    const Layout *layout = &descriptor->layout;
    FunctionContainer *function = allocate(sizeof *function + layout->size + 2 * layout->count * sizeof(bool));
    function->base.mark = CONTAINER_MARK;
    function->base.kind = FUNCTION;
    function->base.layout = layout;
    function->base.record = (uint8_t *)(function + 1);
    function->descriptor = descriptor;
    function->active = (bool *)(function->base.record + layout->size);
    function->supplied = function->active + layout->count;
    for (unsigned i = 0; i < layout->count; i++)
        function->active[i] = true;
    if (layout->size)
        memcpy(function->base.record, layout->initial, layout->size);
    return function;
}

void function_container_free(FunctionContainer *function)
{
    views_free(&function->base);
    record_free(function->base.layout, function->base.record);
    function->base.mark = 0;
    free(function);
}

void mark_written(Container *container, unsigned number)
{
    for (; container->kind != FUNCTION; container = container->parent) {
        if (container->written || !container->parent)
            return;
        container->written = true;
        number = container->number;
    }
    ((FunctionContainer *)container)->supplied[number] = true;
}
