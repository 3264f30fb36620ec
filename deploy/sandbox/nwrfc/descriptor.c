/* descriptor.c - placing fields in records and finding them by name. */
#include "descriptor.h"

#include "decimal.h"
#include "memory.h"
#include "text.h"
#include "utclong.h"

#define TYPE_MARK 0x45505954u     /* "TYPE" */
#define FUNCTION_MARK 0x434e5546u /* "FUNC" */

enum {
    FIELDS_MAX = 4096,          /* more than any structure in ABAP has; numbers of fields are 16 bits wide */
    RECORD_BYTES_MAX = 1 << 24, /* far above any ABAP structure; bounds nested ones */
    RECORD_ALIGNMENT = 8,
    BCD_BYTES_MAX = 16,
    FIRST_BUCKETS = 8
};

static bool is_text(RFCTYPE type)
{
    return type == RFCTYPE_CHAR || type == RFCTYPE_NUM || type == RFCTYPE_DATE || type == RFCTYPE_TIME;
}

static bool is_pointer(RFCTYPE type)
{
    return type == RFCTYPE_STRING || type == RFCTYPE_XSTRING || type == RFCTYPE_TABLE;
}

static unsigned units_of(const Field *field)
{
    switch (field->type) {
    case RFCTYPE_DATE:
        return sizeof(RFC_DATE) / sizeof(SAP_UC);
    case RFCTYPE_TIME:
        return sizeof(RFC_TIME) / sizeof(SAP_UC);
    default:
        return is_text(field->type) ? field->nuc : 0;
    }
}

/* Size and alignment in a record; false for types the stand-in does not know. */
static bool measure(Field *field, unsigned *alignment)
{
    switch (field->type) {
    case RFCTYPE_CHAR: case RFCTYPE_NUM: case RFCTYPE_DATE: case RFCTYPE_TIME:
        field->size = field->units * (unsigned)sizeof(SAP_UC);
        *alignment = sizeof(SAP_UC);
        return true;
    case RFCTYPE_BCD: case RFCTYPE_DECF16: case RFCTYPE_DECF34:
        field->size = sizeof(Decimal);
        *alignment = _Alignof(Decimal);
        return true;
    case RFCTYPE_BYTE:
        field->size = field->nuc;
        *alignment = 1;
        return true;
    case RFCTYPE_UTCLONG:
        field->size = UTCLONG_LENGTH;
        *alignment = 1;
        return true;
    case RFCTYPE_INT1:
        field->size = *alignment = sizeof(RFC_INT1);
        return true;
    case RFCTYPE_INT2:
        field->size = *alignment = sizeof(RFC_INT2);
        return true;
    case RFCTYPE_INT:
        field->size = *alignment = sizeof(RFC_INT);
        return true;
    case RFCTYPE_INT8:
        field->size = *alignment = sizeof(RFC_INT8);
        return true;
    case RFCTYPE_FLOAT:
        field->size = *alignment = sizeof(RFC_FLOAT);
        return true;
    case RFCTYPE_STRING: case RFCTYPE_XSTRING: case RFCTYPE_TABLE:
        field->size = *alignment = sizeof(void *);
        return true;
    case RFCTYPE_STRUCTURE:
        field->size = field->structure ? field->structure->layout.size : 0;
        *alignment = RECORD_ALIGNMENT;
        return true;
    default:
        return false;
    }
}

static void fill_units(uint8_t *at, SAP_UC unit, unsigned count)
{
    SAP_UC *units = (SAP_UC *)(void *)at;
    for (unsigned i = 0; i < count; i++)
        units[i] = unit;
}

/* Writes the initial value where it is not all zero bits. */
static void write_initial(const Field *field, uint8_t *at)
{
    switch (field->type) {
    case RFCTYPE_CHAR:
        fill_units(at, ' ', field->units);
        return;
    case RFCTYPE_NUM: case RFCTYPE_DATE: case RFCTYPE_TIME:
        fill_units(at, '0', field->units);
        return;
    case RFCTYPE_BCD: {
        Decimal zero = {.exponent = (int16_t)-(int)field->decimals};
        memcpy(at, &zero, sizeof zero);
        return;
    }
    case RFCTYPE_UTCLONG:
        memcpy(at, UTCLONG_INITIAL, UTCLONG_LENGTH);
        return;
    case RFCTYPE_STRUCTURE:
        memcpy(at, field->structure->layout.initial, field->size);
        return;
    default:
        return;
    }
}

static unsigned name_hash(const SAP_UC *name)
{
    unsigned hash = 2166136261u; /* FNV-1a */
    for (; *name; name++)
        hash = (hash ^ *name) * 16777619u;
    return hash ^ hash >> 15;
}

static void enter(Layout *layout, unsigned number)
{
    unsigned bucket = name_hash(layout->fields[number].name);
    while (layout->buckets[bucket & layout->mask])
        bucket++;
    layout->buckets[bucket & layout->mask] = (uint16_t)(number + 1);
}

static void grow_buckets(Layout *layout)
{
    unsigned buckets = layout->buckets ? 2 * (layout->mask + 1) : FIRST_BUCKETS;
    free(layout->buckets);
    layout->buckets = allocate(buckets * sizeof *layout->buckets);
    layout->mask = buckets - 1;
    for (unsigned i = 0; i < layout->count; i++)
        enter(layout, i);
}

static const char *refusal(const Layout *layout, const Field *field)
{
    bool has_structure = field->type == RFCTYPE_STRUCTURE || field->type == RFCTYPE_TABLE;
    if (layout->count == FIELDS_MAX)
        return "too many fields";
    if (has_structure && (!field->structure || !field->structure->layout.count))
        return "its structure is missing or empty";
    if (is_text(field->type) && (!field->units || field->units > RECORD_BYTES_MAX))
        return "its length is out of range";
    if (field->type == RFCTYPE_BYTE && (!field->nuc || field->nuc > RECORD_BYTES_MAX))
        return "its length is out of range";
    if (field->type == RFCTYPE_BCD
        && (!field->nuc || field->nuc > BCD_BYTES_MAX || field->decimals > 2 * field->nuc - 1))
        return "its length or its decimals are out of range";
    if (layout_find(layout, field->name, 0) != NO_FIELD)
        return "its name occurs twice";
    return NULL;
}

const char *layout_add(Layout *layout, const Field *field)
{
    Field placed = *field;
    unsigned alignment;
    placed.units = units_of(&placed);
    const char *reason = refusal(layout, &placed);
    if (reason)
        return reason;
    if (!measure(&placed, &alignment))
        return "its type is unknown to the stand-in";
    placed.offset = (layout->size + alignment - 1) / alignment * alignment;
    if (placed.offset + placed.size > RECORD_BYTES_MAX)
        return "the record is too large";

    layout->initial = resize(layout->initial, placed.offset + placed.size);
    memset(layout->initial + layout->size, 0, placed.offset + placed.size - layout->size);
    layout->size = placed.offset + placed.size;
    write_initial(&placed, layout->initial + placed.offset);
    if (is_pointer(placed.type) || (placed.type == RFCTYPE_STRUCTURE && placed.structure->layout.owns_memory))
        layout->owns_memory = true;

    layout->fields = resize(layout->fields, (layout->count + 1) * sizeof *layout->fields);
    layout->fields[layout->count++] = placed;
    if (!layout->buckets || 2 * layout->count > layout->mask)
        grow_buckets(layout);
    else
        enter(layout, layout->count - 1);
    return NULL;
}

int layout_find(const Layout *layout, const SAP_UC *name, unsigned guess)
{
    if (guess < layout->count && same_text(layout->fields[guess].name, name))
        return (int)guess;
    if (!layout->buckets)
        return NO_FIELD;
    for (unsigned bucket = name_hash(name); layout->buckets[bucket & layout->mask]; bucket++) {
        int number = layout->buckets[bucket & layout->mask] - 1;
        if (same_text(layout->fields[number].name, name))
            return number;
    }
    return NO_FIELD;
}

static void layout_free(Layout *layout)
{
    free(layout->fields);
    free(layout->initial);
    free(layout->buckets);
}

TypeDescriptor *type_new(void)
{
    TypeDescriptor *type = allocate(sizeof *type);
    type->mark = TYPE_MARK;
    return type;
}

void type_free(TypeDescriptor *type)
{
    layout_free(&type->layout);
    free(type);
}

FunctionDescriptor *function_new(void)
{
    FunctionDescriptor *function = allocate(sizeof *function);
    function->mark = FUNCTION_MARK;
    return function;
}

void function_free(FunctionDescriptor *function)
{
    layout_free(&function->layout);
    free(function);
}

TypeDescriptor *type_of(RFC_TYPE_DESC_HANDLE handle)
{
    TypeDescriptor *type = (void *)handle;
    return type && type->mark == TYPE_MARK ? type : NULL;
}

FunctionDescriptor *function_of(RFC_FUNCTION_DESC_HANDLE handle)
{
    FunctionDescriptor *function = (void *)handle;
    return function && function->mark == FUNCTION_MARK ? function : NULL;
}
