/* metadata.c - descriptors from the wire. */
#include "metadata.h"

#include "memory.h"
#include "text.h"

#define UNITS(array) (sizeof(array) / sizeof(SAP_UC))

enum {
    TYPE_ELEMENTS = 4,
    FIELD_ELEMENTS = 8,
    PARAMETER_ELEMENTS = 10,
    TYPES_MAX = 1024 /* in one answer; bounds how deep structures nest */
};

typedef struct {
    TypeDescriptor **items;
    unsigned count;
} Types;

static void types_free(Types *types)
{
    for (unsigned i = 0; i < types->count; i++)
        type_free(types->items[i]);
    free(types->items);
}

/* The last element of a field or parameter: an index into the types before it, or -1. */
static bool read_structure(Reader *reader, const Types *types, TypeDescriptor **structure)
{
    Token index;
    if (read_token(reader, &index) != INTEGER || index.integer < -1 || index.integer >= (int64_t)types->count)
        return false;
    *structure = index.integer == -1 ? NULL : types->items[index.integer];
    return true;
}

static bool read_type_number(Reader *reader, RFCTYPE *type)
{
    unsigned number;
    if (!read_unsigned(reader, &number))
        return false;
    *type = (RFCTYPE)number;
    return true;
}

static const char *read_field(Reader *reader, const Types *types, Layout *layout)
{
    uint32_t elements;
    Field field = {0};
    bool good = read_array(reader, &elements) && elements == FIELD_ELEMENTS
                && read_text_array(reader, field.name, UNITS(field.name)) && read_type_number(reader, &field.type)
                && read_unsigned(reader, &field.nuc) && read_unsigned(reader, &field.nuc_offset)
                && read_unsigned(reader, &field.uc) && read_unsigned(reader, &field.uc_offset)
                && read_unsigned(reader, &field.decimals) && read_structure(reader, types, &field.structure);
    return good ? layout_add(layout, &field) : "a field is not [name, type, nuc, offset, uc, offset, decimals, index]";
}

static const char *read_type(Reader *reader, const Types *types, TypeDescriptor *type)
{
    uint32_t elements, fields;
    bool good = read_array(reader, &elements) && elements == TYPE_ELEMENTS
                && read_text_array(reader, type->name, UNITS(type->name)) && read_unsigned(reader, &type->nuc)
                && read_unsigned(reader, &type->uc) && read_array(reader, &fields);
    const char *reason = good ? NULL : "a structure is not [name, nuc, uc, [fields]]";
    for (uint32_t i = 0; !reason && i < fields; i++)
        reason = read_field(reader, types, &type->layout);
    return reason;
}

/* On failure nothing is left to free. */
static const char *read_types(Reader *reader, Types *types)
{
    uint32_t count;
    if (!read_array(reader, &count) || count > TYPES_MAX)
        return "the structures are not an array, or too many";
    *types = (Types){.items = allocate(count * sizeof *types->items)};
    for (uint32_t i = 0; i < count; i++) {
        TypeDescriptor *type = type_new();
        const char *reason = read_type(reader, types, type);
        types->items[types->count++] = type;
        if (reason) {
            types_free(types);
            return reason;
        }
    }
    return NULL;
}

static bool read_direction(Reader *reader, RFC_DIRECTION *direction)
{
    unsigned number;
    if (!read_unsigned(reader, &number))
        return false;
    *direction = (RFC_DIRECTION)number;
    return number == RFC_IMPORT || number == RFC_EXPORT || number == RFC_CHANGING || number == RFC_TABLES;
}

static const char *read_parameter(Reader *reader, const Types *types, Layout *layout)
{
    uint32_t elements;
    unsigned optional = 0;
    Field field = {0};
    bool good = read_array(reader, &elements) && elements == PARAMETER_ELEMENTS
                && read_text_array(reader, field.name, UNITS(field.name)) && read_type_number(reader, &field.type)
                && read_direction(reader, &field.direction) && read_unsigned(reader, &field.nuc)
                && read_unsigned(reader, &field.uc) && read_unsigned(reader, &field.decimals)
                && read_text_array(reader, field.default_value, UNITS(field.default_value))
                && read_text_array(reader, field.text, UNITS(field.text)) && read_unsigned(reader, &optional)
                && read_structure(reader, types, &field.structure);
    field.optional = optional != 0;
    return good ? layout_add(layout, &field)
                : "a parameter is not [name, type, direction, nuc, uc, decimals, default, text, optional, index]";
}

FunctionDescriptor *metadata_read_function(Reader *reader, const SAP_UC *name, const char **reason)
{
    Types types;
    uint32_t parameters;
    *reason = read_types(reader, &types);
    if (*reason)
        return NULL;
    FunctionDescriptor *function = function_new();
    copy_units(function->name, name, UNITS(function->name));
    if (!read_array(reader, &parameters))
        *reason = "the parameters are not an array";
    for (uint32_t i = 0; !*reason && i < parameters; i++)
        *reason = read_parameter(reader, &types, &function->layout);
    if (*reason) {
        types_free(&types);
        function_free(function);
        return NULL;
    }
    free(types.items); /* the structures themselves now belong to the function's fields */
    return function;
}

TypeDescriptor *metadata_read_type(Reader *reader, const char **reason)
{
    Types types;
    *reason = read_types(reader, &types);
    if (*reason)
        return NULL;
    TypeDescriptor *type = types.count ? types.items[types.count - 1] : NULL;
    if (!type)
        *reason = "the structure is missing";
    free(types.items);
    return type;
}
