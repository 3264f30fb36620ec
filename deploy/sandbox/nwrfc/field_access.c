/* field_access.c - API: reading and writing single fields by name (RfcGet..., RfcSet...).
 *
 * The hottest part of the library: a table of 100,000 rows of 40 fields passes here four million times.
 */
#include "container.h"
#include "error.h"
#include "text.h"
#include "value.h"

typedef struct {
    Container *owner;
    const Field *field;
    uint8_t *slot;
    unsigned number;
} Place;

/* The field of a function or structure; of a table's current row if the handle is a table. */
static RFC_RC locate(DATA_CONTAINER_HANDLE handle, const SAP_UC *name, Place *place, RFC_ERROR_INFO *info)
{
    Container *owner = container_of(handle);
    if (!owner)
        return fail_handle(info, "DATA_CONTAINER_HANDLE");
    if (owner->kind == TABLE) {
        TableContainer *table = (TableContainer *)owner;
        if (table->current >= table->count)
            return fail(info, RFC_TABLE_MOVE_EOF, "The table has no current row");
        owner = table->rows[table->current];
    }
    int number = layout_find(owner->layout, name, owner->guess);
    if (number == NO_FIELD)
        return fail_name(info, name);
    owner->guess = (uint16_t)(number + 1);
    place->owner = owner;
    place->number = (unsigned)number;
    place->field = &owner->layout->fields[number];
    place->slot = owner->record + place->field->offset;
    return RFC_OK;
}

/* ---- reading ---- */

static RFC_RC fail_buffer(unsigned needed, RFC_ERROR_INFO *info)
{
    return fail(info, RFC_BUFFER_TOO_SMALL, "The buffer is too small: the value needs %u", needed);
}

static RFC_RC get_characters(DATA_CONTAINER_HANDLE handle, const SAP_UC *name, SAP_UC *out, unsigned room,
                             RFC_ERROR_INFO *info)
{
    Place place;
    ValueText text;
    RFC_RC rc = locate(handle, name, &place, info);
    if (rc != RFC_OK)
        return rc;
    if (!place.field->units || !value_text(place.field, place.slot, &text))
        return fail_conversion(place.field, "to characters", info);
    if (text.count > room)
        return fail_buffer(text.count, info);
    memcpy(out, text.units, text.count * sizeof(SAP_UC));
    for (unsigned i = text.count; i < room; i++)
        out[i] = ' ';
    return succeed(info);
}

RFC_RC RfcGetChars(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_CHAR *charBuffer, unsigned bufferLength,
                   RFC_ERROR_INFO *errorInfo)
{
    return get_characters(dataHandle, name, charBuffer, bufferLength, errorInfo);
}

RFC_RC RfcGetNum(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_NUM *charBuffer, unsigned bufferLength,
                 RFC_ERROR_INFO *errorInfo)
{
    return get_characters(dataHandle, name, charBuffer, bufferLength, errorInfo);
}

RFC_RC RfcGetDate(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_DATE emptyDate, RFC_ERROR_INFO *errorInfo)
{
    return get_characters(dataHandle, name, emptyDate, sizeof(RFC_DATE) / sizeof(SAP_UC), errorInfo);
}

RFC_RC RfcGetTime(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_TIME emptyTime, RFC_ERROR_INFO *errorInfo)
{
    return get_characters(dataHandle, name, emptyTime, sizeof(RFC_TIME) / sizeof(SAP_UC), errorInfo);
}

RFC_RC RfcGetString(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, SAP_UC *stringBuffer, unsigned bufferLength,
                    unsigned *stringLength, RFC_ERROR_INFO *errorInfo)
{
    Place place;
    ValueText text;
    RFC_RC rc = locate(dataHandle, name, &place, errorInfo);
    if (rc != RFC_OK)
        return rc;
    if (!value_text(place.field, place.slot, &text))
        return fail_conversion(place.field, "to a string", errorInfo);
    if (stringLength) /* also when the buffer is too small: that is how a binding learns the size to bring */
        *stringLength = text.count;
    if (text.count >= bufferLength)
        return fail_buffer(text.count + 1, errorInfo);
    memcpy(stringBuffer, text.units, text.count * sizeof(SAP_UC));
    stringBuffer[text.count] = 0;
    return succeed(errorInfo);
}

RFC_RC RfcGetStringLength(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, unsigned *stringLength,
                          RFC_ERROR_INFO *errorInfo)
{
    Place place;
    ValueText text;
    const uint8_t *bytes;
    RFC_RC rc = locate(dataHandle, name, &place, errorInfo);
    if (rc != RFC_OK)
        return rc;
    if (value_bytes(place.field, place.slot, &bytes, stringLength))
        return succeed(errorInfo);
    if (!value_text(place.field, place.slot, &text))
        return fail_conversion(place.field, "to a string", errorInfo);
    *stringLength = text.count;
    return succeed(errorInfo);
}

RFC_RC RfcGetXString(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, SAP_RAW *byteBuffer, unsigned bufferLength,
                     unsigned *xstringLength, RFC_ERROR_INFO *errorInfo)
{
    Place place;
    const uint8_t *bytes;
    unsigned count;
    RFC_RC rc = locate(dataHandle, name, &place, errorInfo);
    if (rc != RFC_OK)
        return rc;
    if (!value_bytes(place.field, place.slot, &bytes, &count))
        return fail_conversion(place.field, "to bytes", errorInfo);
    if (xstringLength)
        *xstringLength = count;
    if (count > bufferLength)
        return fail_buffer(count, errorInfo);
    if (count)
        memcpy(byteBuffer, bytes, count);
    return succeed(errorInfo);
}

RFC_RC RfcGetBytes(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, SAP_RAW *byteBuffer, unsigned bufferLength,
                   RFC_ERROR_INFO *errorInfo)
{
    unsigned count;
    RFC_RC rc = RfcGetXString(dataHandle, name, byteBuffer, bufferLength, &count, errorInfo);
    if (rc == RFC_OK)
        memset(byteBuffer + count, 0, bufferLength - count);
    return rc;
}

static RFC_RC get_integer(DATA_CONTAINER_HANDLE handle, const SAP_UC *name, int64_t smallest, int64_t largest,
                          int64_t *value, RFC_ERROR_INFO *info)
{
    Place place;
    RFC_RC rc = locate(handle, name, &place, info);
    if (rc != RFC_OK)
        return rc;
    if (!value_integer(place.field, place.slot, value))
        return fail_conversion(place.field, "to an integer", info);
    if (*value < smallest || *value > largest)
        return fail_conversion(place.field, "to an integer of this size", info);
    return succeed(info);
}

RFC_RC RfcGetInt(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_INT *value, RFC_ERROR_INFO *errorInfo)
{
    int64_t wide = 0;
    RFC_RC rc = get_integer(dataHandle, name, INT32_MIN, INT32_MAX, &wide, errorInfo);
    *value = (RFC_INT)wide;
    return rc;
}

RFC_RC RfcGetInt1(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_INT1 *value, RFC_ERROR_INFO *errorInfo)
{
    int64_t wide = 0;
    RFC_RC rc = get_integer(dataHandle, name, 0, UINT8_MAX, &wide, errorInfo);
    *value = (RFC_INT1)wide;
    return rc;
}

RFC_RC RfcGetInt2(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_INT2 *value, RFC_ERROR_INFO *errorInfo)
{
    int64_t wide = 0;
    RFC_RC rc = get_integer(dataHandle, name, INT16_MIN, INT16_MAX, &wide, errorInfo);
    *value = (RFC_INT2)wide;
    return rc;
}

RFC_RC RfcGetInt8(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_INT8 *value, RFC_ERROR_INFO *errorInfo)
{
    int64_t wide = 0;
    RFC_RC rc = get_integer(dataHandle, name, INT64_MIN, INT64_MAX, &wide, errorInfo);
    *value = wide;
    return rc;
}

RFC_RC RfcGetFloat(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_FLOAT *value, RFC_ERROR_INFO *errorInfo)
{
    Place place;
    RFC_RC rc = locate(dataHandle, name, &place, errorInfo);
    if (rc != RFC_OK)
        return rc;
    return value_float(place.field, place.slot, value) ? succeed(errorInfo)
                                                       : fail_conversion(place.field, "to a float", errorInfo);
}

RFC_RC RfcGetStructure(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_STRUCTURE_HANDLE *structHandle,
                       RFC_ERROR_INFO *errorInfo)
{
    Place place;
    RFC_RC rc = locate(dataHandle, name, &place, errorInfo);
    if (rc != RFC_OK)
        return rc;
    if (place.field->type != RFCTYPE_STRUCTURE)
        return fail_conversion(place.field, "to a structure", errorInfo);
    *structHandle = (RFC_STRUCTURE_HANDLE)structure_view(place.owner, place.number);
    return succeed(errorInfo);
}

RFC_RC RfcGetTable(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_TABLE_HANDLE *tableHandle,
                   RFC_ERROR_INFO *errorInfo)
{
    Place place;
    RFC_RC rc = locate(dataHandle, name, &place, errorInfo);
    if (rc != RFC_OK)
        return rc;
    if (place.field->type != RFCTYPE_TABLE)
        return fail_conversion(place.field, "to a table", errorInfo);
    TableContainer *table = table_in(place.field, place.slot);
    table->base.parent = place.owner; /* a table that came over the wire does not know it yet */
    table->base.number = (uint16_t)place.number;
    *tableHandle = (RFC_TABLE_HANDLE)table;
    return succeed(errorInfo);
}

/* ---- writing ---- */

static RFC_RC written(const Place *place, RFC_RC rc, RFC_ERROR_INFO *info)
{
    if (rc != RFC_OK)
        return rc;
    mark_written(place->owner, place->number);
    return succeed(info);
}

static RFC_RC set_text(DATA_CONTAINER_HANDLE handle, const SAP_UC *name, const SAP_UC *text, unsigned units,
                       RFC_ERROR_INFO *info)
{
    Place place;
    RFC_RC rc = locate(handle, name, &place, info);
    if (rc != RFC_OK)
        return rc;
    return written(&place, value_set_text(place.field, place.slot, text, units, info), info);
}

static RFC_RC set_bytes(DATA_CONTAINER_HANDLE handle, const SAP_UC *name, const SAP_RAW *bytes, unsigned count,
                        RFC_ERROR_INFO *info)
{
    Place place;
    RFC_RC rc = locate(handle, name, &place, info);
    if (rc != RFC_OK)
        return rc;
    return written(&place, value_set_bytes(place.field, place.slot, bytes, count, info), info);
}

static RFC_RC set_integer(DATA_CONTAINER_HANDLE handle, const SAP_UC *name, int64_t value, RFC_ERROR_INFO *info)
{
    Place place;
    RFC_RC rc = locate(handle, name, &place, info);
    if (rc != RFC_OK)
        return rc;
    return written(&place, value_set_integer(place.field, place.slot, value, info), info);
}

RFC_RC RfcSetChars(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, const RFC_CHAR *charValue,
                   unsigned valueLength, RFC_ERROR_INFO *errorInfo)
{
    return set_text(dataHandle, name, charValue, valueLength, errorInfo);
}

RFC_RC RfcSetNum(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, const RFC_NUM *charValue, unsigned valueLength,
                 RFC_ERROR_INFO *errorInfo)
{
    return set_text(dataHandle, name, charValue, valueLength, errorInfo);
}

RFC_RC RfcSetString(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, const SAP_UC *stringValue,
                    unsigned valueLength, RFC_ERROR_INFO *errorInfo)
{
    return set_text(dataHandle, name, stringValue, valueLength, errorInfo);
}

/* Bindings may pass dates and times that are shorter and terminated. */
static unsigned terminated_length(const SAP_UC *text, size_t bytes)
{
    unsigned length = 0;
    while (length < bytes / sizeof(SAP_UC) && text[length])
        length++;
    return length;
}

RFC_RC RfcSetDate(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, const RFC_DATE date, RFC_ERROR_INFO *errorInfo)
{
    return set_text(dataHandle, name, date, terminated_length(date, sizeof(RFC_DATE)), errorInfo);
}

RFC_RC RfcSetTime(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, const RFC_TIME time, RFC_ERROR_INFO *errorInfo)
{
    return set_text(dataHandle, name, time, terminated_length(time, sizeof(RFC_TIME)), errorInfo);
}

RFC_RC RfcSetBytes(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, const SAP_RAW *byteValue,
                   unsigned valueLength, RFC_ERROR_INFO *errorInfo)
{
    return set_bytes(dataHandle, name, byteValue, valueLength, errorInfo);
}

RFC_RC RfcSetXString(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, const SAP_RAW *byteValue,
                     unsigned valueLength, RFC_ERROR_INFO *errorInfo)
{
    return set_bytes(dataHandle, name, byteValue, valueLength, errorInfo);
}

RFC_RC RfcSetInt(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_INT value, RFC_ERROR_INFO *errorInfo)
{
    return set_integer(dataHandle, name, value, errorInfo);
}

RFC_RC RfcSetInt8(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_INT8 value, RFC_ERROR_INFO *errorInfo)
{
    return set_integer(dataHandle, name, value, errorInfo);
}

RFC_RC RfcSetFloat(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_FLOAT value, RFC_ERROR_INFO *errorInfo)
{
    Place place;
    RFC_RC rc = locate(dataHandle, name, &place, errorInfo);
    if (rc != RFC_OK)
        return rc;
    return written(&place, value_set_float(place.field, place.slot, value, errorInfo), errorInfo);
}
