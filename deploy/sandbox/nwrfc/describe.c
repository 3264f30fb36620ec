/* describe.c - API: what a function module or structure looks like (RfcGet...Desc..., names, counts, lengths). */
#include "descriptor.h"
#include "error.h"
#include "text.h"

#define UNITS(array) (sizeof(array) / sizeof(SAP_UC))

static RFC_RC fail_type(RFC_ERROR_INFO *info)
{
    return fail_handle(info, "RFC_TYPE_DESC_HANDLE");
}

static RFC_RC fail_function(RFC_ERROR_INFO *info)
{
    return fail_handle(info, "RFC_FUNCTION_DESC_HANDLE");
}

static RFC_RC fail_index(unsigned index, const Layout *layout, RFC_ERROR_INFO *info)
{
    return fail(info, RFC_INVALID_PARAMETER, "index %u is out of range: there are %u", index, layout->count);
}

/* ---- structures ---- */

static void describe_field(const Field *field, RFC_FIELD_DESC *out)
{
    *out = (RFC_FIELD_DESC){.type = field->type,
                            .nucLength = field->nuc,
                            .nucOffset = field->nuc_offset,
                            .ucLength = field->uc,
                            .ucOffset = field->uc_offset,
                            .decimals = field->decimals,
                            .typeDescHandle = (RFC_TYPE_DESC_HANDLE)field->structure};
    copy_units(out->name, field->name, UNITS(out->name));
}

RFC_RC RfcGetTypeName(RFC_TYPE_DESC_HANDLE typeHandle, RFC_ABAP_NAME bufferForName, RFC_ERROR_INFO *errorInfo)
{
    TypeDescriptor *type = type_of(typeHandle);
    if (!type)
        return fail_type(errorInfo);
    copy_units(bufferForName, type->name, UNITS(RFC_ABAP_NAME));
    return succeed(errorInfo);
}

RFC_RC RfcGetFieldCount(RFC_TYPE_DESC_HANDLE typeHandle, unsigned *count, RFC_ERROR_INFO *errorInfo)
{
    TypeDescriptor *type = type_of(typeHandle);
    if (!type)
        return fail_type(errorInfo);
    *count = type->layout.count;
    return succeed(errorInfo);
}

RFC_RC RfcGetTypeLength(RFC_TYPE_DESC_HANDLE typeHandle, unsigned *nucByteLength, unsigned *ucByteLength,
                        RFC_ERROR_INFO *errorInfo)
{
    TypeDescriptor *type = type_of(typeHandle);
    if (!type)
        return fail_type(errorInfo);
    if (nucByteLength)
        *nucByteLength = type->nuc;
    if (ucByteLength)
        *ucByteLength = type->uc;
    return succeed(errorInfo);
}

RFC_RC RfcGetFieldDescByIndex(RFC_TYPE_DESC_HANDLE typeHandle, unsigned index, RFC_FIELD_DESC *fieldDescr,
                              RFC_ERROR_INFO *errorInfo)
{
    TypeDescriptor *type = type_of(typeHandle);
    if (!type)
        return fail_type(errorInfo);
    if (index >= type->layout.count)
        return fail_index(index, &type->layout, errorInfo);
    describe_field(&type->layout.fields[index], fieldDescr);
    return succeed(errorInfo);
}

RFC_RC RfcGetFieldDescByName(RFC_TYPE_DESC_HANDLE typeHandle, const SAP_UC *name, RFC_FIELD_DESC *fieldDescr,
                             RFC_ERROR_INFO *errorInfo)
{
    TypeDescriptor *type = type_of(typeHandle);
    if (!type)
        return fail_type(errorInfo);
    int number = layout_find(&type->layout, name, 0);
    if (number == NO_FIELD)
        return fail_name(errorInfo, name);
    describe_field(&type->layout.fields[number], fieldDescr);
    return succeed(errorInfo);
}

/* ---- function modules ---- */

static void describe_parameter(const Field *field, RFC_PARAMETER_DESC *out)
{
    *out = (RFC_PARAMETER_DESC){.type = field->type,
                                .direction = field->direction,
                                .nucLength = field->nuc,
                                .ucLength = field->uc,
                                .decimals = field->decimals,
                                .typeDescHandle = (RFC_TYPE_DESC_HANDLE)field->structure,
                                .optional = field->optional};
    copy_units(out->name, field->name, UNITS(out->name));
    copy_units(out->defaultValue, field->default_value, UNITS(out->defaultValue));
    copy_units(out->parameterText, field->text, UNITS(out->parameterText));
}

RFC_RC RfcGetFunctionName(RFC_FUNCTION_DESC_HANDLE funcDesc, RFC_ABAP_NAME bufferForName, RFC_ERROR_INFO *errorInfo)
{
    FunctionDescriptor *function = function_of(funcDesc);
    if (!function)
        return fail_function(errorInfo);
    copy_units(bufferForName, function->name, UNITS(RFC_ABAP_NAME));
    return succeed(errorInfo);
}

RFC_RC RfcGetParameterCount(RFC_FUNCTION_DESC_HANDLE funcDesc, unsigned *count, RFC_ERROR_INFO *errorInfo)
{
    FunctionDescriptor *function = function_of(funcDesc);
    if (!function)
        return fail_function(errorInfo);
    *count = function->layout.count;
    return succeed(errorInfo);
}

RFC_RC RfcGetParameterDescByIndex(RFC_FUNCTION_DESC_HANDLE funcDesc, unsigned index, RFC_PARAMETER_DESC *paramDesc,
                                  RFC_ERROR_INFO *errorInfo)
{
    FunctionDescriptor *function = function_of(funcDesc);
    if (!function)
        return fail_function(errorInfo);
    if (index >= function->layout.count)
        return fail_index(index, &function->layout, errorInfo);
    describe_parameter(&function->layout.fields[index], paramDesc);
    return succeed(errorInfo);
}

RFC_RC RfcGetParameterDescByName(RFC_FUNCTION_DESC_HANDLE funcDesc, const SAP_UC *name, RFC_PARAMETER_DESC *paramDesc,
                                 RFC_ERROR_INFO *errorInfo)
{
    FunctionDescriptor *function = function_of(funcDesc);
    if (!function)
        return fail_function(errorInfo);
    int number = layout_find(&function->layout, name, 0);
    if (number == NO_FIELD)
        return fail_name(errorInfo, name);
    describe_parameter(&function->layout.fields[number], paramDesc);
    return succeed(errorInfo);
}
