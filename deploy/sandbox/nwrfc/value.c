/* value.c - converting between a field's slot in a record and the forms that bindings and wire use. */
#include "value.h"

#include "container.h"
#include "error.h"
#include "text.h"
#include "utclong.h"

#define NAME_BYTES (4 * 31) /* UTF-8 of the longest field name */

static void field_name(const Field *field, char name[NAME_BYTES])
{
    size_t bytes = utf16_to_utf8(field->name, strlenU(field->name), (uint8_t *)name, NAME_BYTES - 1);
    name[bytes] = 0;
}

RFC_RC fail_conversion(const Field *field, const char *what, RFC_ERROR_INFO *info)
{
    char name[NAME_BYTES];
    field_name(field, name);
    return fail(info, RFC_CONVERSION_FAILURE, "Cannot convert the field %s of type %s %s", name,
                type_name(field->type), what);
}

bool value_is_integer(RFCTYPE type)
{
    return type == RFCTYPE_INT || type == RFCTYPE_INT1 || type == RFCTYPE_INT2 || type == RFCTYPE_INT8;
}

/* ---- reading ---- */

static void widen(ValueText *text, const char *ascii, size_t length)
{
    for (size_t i = 0; i < length; i++)
        text->scratch[i] = (SAP_UC)ascii[i];
    text->units = text->scratch;
    text->count = (unsigned)length;
}

static void decimal_value_text(const Field *field, const uint8_t *slot, ValueText *text)
{
    char ascii[DECIMAL_TEXT];
    Decimal decimal;
    memcpy(&decimal, slot, sizeof decimal);
    widen(text, ascii,
          field->type == RFCTYPE_BCD ? decimal_fixed_text(&decimal, ascii) : decimal_floating_text(&decimal, ascii));
}

bool value_text(const Field *field, const uint8_t *slot, ValueText *text)
{
    switch (field->type) {
    case RFCTYPE_CHAR:
        text->units = (const SAP_UC *)(const void *)slot;
        text->count = field->units;
        while (text->count && text->units[text->count - 1] == ' ')
            text->count--;
        return true;
    case RFCTYPE_NUM: case RFCTYPE_DATE: case RFCTYPE_TIME:
        text->units = (const SAP_UC *)(const void *)slot;
        text->count = field->units;
        return true;
    case RFCTYPE_STRING: {
        const Blob *blob = blob_in(slot);
        text->units = blob ? (const SAP_UC *)(const void *)blob->data : text->scratch;
        text->count = blob ? blob->bytes / (unsigned)sizeof(SAP_UC) : 0;
        return true;
    }
    case RFCTYPE_BCD: case RFCTYPE_DECF16: case RFCTYPE_DECF34:
        decimal_value_text(field, slot, text);
        return true;
    case RFCTYPE_UTCLONG:
        widen(text, (const char *)slot, UTCLONG_LENGTH);
        return true;
    default:
        return false;
    }
}

bool value_bytes(const Field *field, const uint8_t *slot, const uint8_t **bytes, unsigned *count)
{
    if (field->type == RFCTYPE_BYTE) {
        *bytes = slot;
        *count = field->size;
        return true;
    }
    if (field->type != RFCTYPE_XSTRING)
        return false;
    const Blob *blob = blob_in(slot);
    *bytes = blob ? blob->data : slot;
    *count = blob ? blob->bytes : 0;
    return true;
}

bool value_integer(const Field *field, const uint8_t *slot, int64_t *value)
{
    RFC_INT2 two;
    RFC_INT four;
    RFC_INT8 eight;
    switch (field->type) {
    case RFCTYPE_INT1:
        *value = *slot;
        return true;
    case RFCTYPE_INT2:
        memcpy(&two, slot, sizeof two);
        *value = two;
        return true;
    case RFCTYPE_INT:
        memcpy(&four, slot, sizeof four);
        *value = four;
        return true;
    case RFCTYPE_INT8:
        memcpy(&eight, slot, sizeof eight);
        *value = eight;
        return true;
    default:
        return false;
    }
}

bool value_float(const Field *field, const uint8_t *slot, double *value)
{
    if (field->type != RFCTYPE_FLOAT)
        return false;
    memcpy(value, slot, sizeof *value);
    return true;
}

/* ---- writing text ---- */

static RFC_RC set_padded(const Field *field, uint8_t *slot, const SAP_UC *text, unsigned units)
{
    SAP_UC *out = (SAP_UC *)(void *)slot;
    if (units > field->units)
        units = field->units;
    if (units)
        memcpy(out, text, units * sizeof(SAP_UC));
    for (unsigned i = units; i < field->units; i++)
        out[i] = ' ';
    return RFC_OK;
}

static RFC_RC set_numeric_text(const Field *field, uint8_t *slot, const SAP_UC *text, unsigned units,
                               RFC_ERROR_INFO *info)
{
    SAP_UC *out = (SAP_UC *)(void *)slot;
    for (unsigned i = 0; i < units; i++)
        if (text[i] < '0' || text[i] > '9')
            return fail_conversion(field, "from a text that is not numeric", info);
    for (; units > field->units && *text == '0'; units--)
        text++;
    if (units > field->units)
        return fail(info, RFC_BUFFER_TOO_SMALL, "The value is longer than the field");
    unsigned zeros = field->units - units;
    for (unsigned i = 0; i < zeros; i++)
        out[i] = '0';
    if (units)
        memcpy(out + zeros, text, units * sizeof(SAP_UC));
    return RFC_OK;
}

static RFC_RC fail_number(const Field *field, const char *text, int position, RFC_ERROR_INFO *info)
{
    char name[NAME_BYTES];
    field_name(field, name);
    return fail(info, RFC_CONVERSION_FAILURE,
                "Cannot convert string value %s at position %d for the field %s to type %s", text, position, name,
                type_name(field->type));
}

static RFC_RC fail_overflow(const Field *field, const char *text, RFC_ERROR_INFO *info)
{
    char name[NAME_BYTES];
    field_name(field, name);
    return fail(info, RFC_CONVERSION_FAILURE, "Cannot convert string value %s for the field %s to type %s: overflow",
                text, name, type_name(field->type));
}

static RFC_RC set_decimal(const Field *field, uint8_t *slot, const char *text, size_t length, RFC_ERROR_INFO *info)
{
    Number number;
    Decimal decimal;
    bool fits;
    int bad = number_parse(&number, text, length);
    if (bad != NUMBER_IS_GOOD)
        return fail_number(field, text, bad, info);
    if (field->type == RFCTYPE_BCD) /* two digits a byte, the last half byte is the sign */
        fits = decimal_fit_fixed(&decimal, &number, 2 * field->nuc - 1, field->decimals);
    else
        fits = decimal_fit_floating(&decimal, &number, field->type == RFCTYPE_DECF16 ? DECF16_DIGITS : DECF34_DIGITS);
    if (!fits)
        return fail_overflow(field, text, info);
    memcpy(slot, &decimal, sizeof decimal);
    return RFC_OK;
}

static RFC_RC set_float_text(const Field *field, uint8_t *slot, const char *text, RFC_ERROR_INFO *info)
{
    char *end;
    double value = strtod(text, &end); /* follows the process's locale, as SAP's library does */
    if (*end || end == text)
        return fail_number(field, text, (int)(end - text), info);
    memcpy(slot, &value, sizeof value);
    return RFC_OK;
}

static RFC_RC set_number_text(const Field *field, uint8_t *slot, const SAP_UC *text, unsigned units,
                              RFC_ERROR_INFO *info)
{
    char ascii[NUMBER_TEXT + 1];
    if (units > NUMBER_TEXT)
        return fail_conversion(field, "from a text of this length", info);
    for (unsigned i = 0; i < units; i++)
        ascii[i] = text[i] && text[i] < 0x80 ? (char)text[i] : '?';
    ascii[units] = 0;
    if (field->type == RFCTYPE_FLOAT)
        return set_float_text(field, slot, ascii, info);
    if (field->type != RFCTYPE_UTCLONG)
        return set_decimal(field, slot, ascii, units, info);
    if (!utclong_parse((char *)slot, ascii, units))
        return fail(info, RFC_CONVERSION_FAILURE, "Cannot convert %s to RFCTYPE_UTCLONG : illegal format", ascii);
    return RFC_OK;
}

RFC_RC value_set_text(const Field *field, uint8_t *slot, const SAP_UC *text, unsigned units, RFC_ERROR_INFO *info)
{
    switch (field->type) {
    case RFCTYPE_CHAR: case RFCTYPE_DATE: case RFCTYPE_TIME:
        return set_padded(field, slot, text, units);
    case RFCTYPE_NUM:
        return set_numeric_text(field, slot, text, units, info);
    case RFCTYPE_STRING:
        blob_store(slot, text, units * (unsigned)sizeof(SAP_UC));
        return RFC_OK;
    case RFCTYPE_BCD: case RFCTYPE_DECF16: case RFCTYPE_DECF34: case RFCTYPE_FLOAT: case RFCTYPE_UTCLONG:
        return set_number_text(field, slot, text, units, info);
    default:
        return fail_conversion(field, "from text", info);
    }
}

/* ---- writing bytes and numbers ---- */

RFC_RC value_set_bytes(const Field *field, uint8_t *slot, const uint8_t *bytes, unsigned count, RFC_ERROR_INFO *info)
{
    if (field->type == RFCTYPE_XSTRING) {
        blob_store(slot, bytes, count);
        return RFC_OK;
    }
    if (field->type != RFCTYPE_BYTE)
        return fail_conversion(field, "from bytes", info);
    if (count > field->size)
        count = field->size;
    if (count)
        memcpy(slot, bytes, count);
    memset(slot + count, 0, field->size - count);
    return RFC_OK;
}

RFC_RC value_set_integer(const Field *field, uint8_t *slot, int64_t value, RFC_ERROR_INFO *info)
{
    if (!value_is_integer(field->type))
        return fail_conversion(field, "from an integer", info);
    RFC_INT1 one = (RFC_INT1)value;
    RFC_INT2 two = (RFC_INT2)value;
    RFC_INT four = (RFC_INT)value;
    RFC_INT8 eight = value;
    const void *stored = field->type == RFCTYPE_INT1   ? (const void *)&one
                         : field->type == RFCTYPE_INT2 ? (const void *)&two
                         : field->type == RFCTYPE_INT  ? (const void *)&four
                                                       : (const void *)&eight;
    memcpy(slot, stored, field->size);
    return RFC_OK;
}

RFC_RC value_set_float(const Field *field, uint8_t *slot, double value, RFC_ERROR_INFO *info)
{
    if (field->type != RFCTYPE_FLOAT)
        return fail_conversion(field, "from a float", info);
    memcpy(slot, &value, sizeof value);
    return RFC_OK;
}
