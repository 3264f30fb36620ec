/* marshal.c - the parameters of a call, to the wire and from it. */
#include "marshal.h"

#include "error.h"
#include "memory.h"
#include "text.h"
#include "value.h"

enum { SMALL_TEXT = 256 }; /* texts up to this many bytes are converted without allocating */

/* ---- to the wire ---- */

static void write_value(Buffer *buffer, const Field *field, const uint8_t *slot);

static void write_record(Buffer *buffer, const Layout *layout, const uint8_t *record)
{
    pack_array(buffer, layout->count);
    for (unsigned i = 0; i < layout->count; i++)
        write_value(buffer, &layout->fields[i], record + layout->fields[i].offset);
}

static void write_table(Buffer *buffer, const TableContainer *table)
{
    unsigned rows = table ? table->count : 0;
    pack_array(buffer, rows);
    for (unsigned i = 0; i < rows; i++)
        write_record(buffer, table->base.layout, table->rows[i]->record);
}

static void write_value(Buffer *buffer, const Field *field, const uint8_t *slot)
{
    ValueText text;
    const uint8_t *bytes;
    unsigned count;
    int64_t integer;
    double floating;
    if (field->type == RFCTYPE_STRUCTURE)
        write_record(buffer, &field->structure->layout, slot);
    else if (field->type == RFCTYPE_TABLE)
        write_table(buffer, table_if_any(slot));
    else if (value_text(field, slot, &text))
        pack_utf16(buffer, text.units, text.count);
    else if (value_bytes(field, slot, &bytes, &count))
        pack_bytes(buffer, bytes, count);
    else if (value_integer(field, slot, &integer))
        pack_integer(buffer, integer);
    else if (value_float(field, slot, &floating))
        pack_float(buffer, floating);
}

/* A value that was written is sent even if the parameter is inactive, as SAP's library does. */
static bool is_sent(const FunctionContainer *function, unsigned number)
{
    bool taken = function->base.layout->fields[number].direction & RFC_IMPORT;
    return taken && function->supplied[number];
}

void marshal_request(Buffer *buffer, const FunctionContainer *function)
{
    const Layout *layout = function->base.layout;
    unsigned sent = 0, inactive = 0;
    for (unsigned i = 0; i < layout->count; i++) {
        sent += is_sent(function, i);
        inactive += !function->active[i];
    }
    pack_map(buffer, sent);
    for (unsigned i = 0; i < layout->count; i++) {
        if (is_sent(function, i)) {
            pack_name(buffer, layout->fields[i].name);
            write_value(buffer, &layout->fields[i], function->base.record + layout->fields[i].offset);
        }
    }
    pack_array(buffer, inactive);
    for (unsigned i = 0; i < layout->count; i++)
        if (!function->active[i])
            pack_name(buffer, layout->fields[i].name);
}

/* ---- from the wire ---- */

/* The innermost field that did not fit is remembered, for the error's text. */
typedef struct {
    Reader *reader;
    const Field *misfit;
} Answer;

static bool read_value(Answer *answer, const Layout *layout, const Field *field, uint8_t *record);

static bool misfit(Answer *answer, const Field *field)
{
    if (!answer->misfit)
        answer->misfit = field;
    return false;
}

static bool read_in_order(Answer *answer, const Layout *layout, uint8_t *record, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i >= layout->count)
            skip_value(answer->reader);
        else if (!read_value(answer, layout, &layout->fields[i], record))
            return false;
    }
    return true;
}

static bool read_by_name(Answer *answer, const Layout *layout, uint8_t *record, uint32_t count)
{
    RFC_ABAP_NAME name;
    for (uint32_t i = 0; i < count; i++) {
        Token token;
        if (read_token(answer->reader, &token) != TEXT)
            return false;
        utf8_to_array(token.bytes, token.count, name, sizeof name / sizeof *name);
        int number = layout_find(layout, name, i);
        if (number == NO_FIELD)
            skip_value(answer->reader);
        else if (!read_value(answer, layout, &layout->fields[number], record))
            return false;
    }
    return true;
}

static bool read_record(Answer *answer, const Layout *layout, uint8_t *record, const Token *head)
{
    if (head->kind == ARRAY)
        return read_in_order(answer, layout, record, head->count);
    return head->kind == MAP && read_by_name(answer, layout, record, head->count);
}

static bool read_table(Answer *answer, const Field *field, uint8_t *slot, const Token *head)
{
    TableContainer *table = table_in(field, slot);
    table_clear(table);
    table_reserve(table, head->count);
    for (uint32_t i = 0; i < head->count; i++) {
        Token row_head;
        Container *row = table_append(table);
        read_token(answer->reader, &row_head);
        if (!read_record(answer, row->layout, row->record, &row_head))
            return misfit(answer, field);
    }
    table->current = 0;
    return true;
}

static bool store_text(const Field *field, uint8_t *slot, const Token *token)
{
    if (field->type == RFCTYPE_CHAR) { /* by far the most frequent: straight into the record */
        SAP_UC *out = (SAP_UC *)(void *)slot;
        for (size_t i = utf8_to_utf16(token->bytes, token->count, out, field->units); i < field->units; i++)
            out[i] = ' ';
        return true;
    }
    SAP_UC small[SMALL_TEXT];
    SAP_UC *units = token->count > SMALL_TEXT ? allocate_raw(token->count * sizeof(SAP_UC)) : small;
    size_t count = utf8_to_utf16(token->bytes, token->count, units, token->count);
    bool is_moment = field->type == RFCTYPE_DATE || field->type == RFCTYPE_TIME;
    bool fits = !(is_moment && count > field->units)
                && value_set_text(field, slot, units, (unsigned)count, NULL) == RFC_OK;
    if (units != small)
        free(units);
    return fits;
}

static bool integer_fits(RFCTYPE type, int64_t value)
{
    switch (type) {
    case RFCTYPE_INT1:
        return value >= 0 && value <= UINT8_MAX;
    case RFCTYPE_INT2:
        return value >= INT16_MIN && value <= INT16_MAX;
    case RFCTYPE_INT:
        return value >= INT32_MIN && value <= INT32_MAX;
    default:
        return true;
    }
}

static bool store_integer(const Field *field, uint8_t *slot, int64_t value)
{
    if (field->type == RFCTYPE_FLOAT)
        return value_set_float(field, slot, (double)value, NULL) == RFC_OK;
    if (value_is_integer(field->type))
        return integer_fits(field->type, value) && value_set_integer(field, slot, value, NULL) == RFC_OK;
    char ascii[NUMBER_TEXT];
    SAP_UC units[NUMBER_TEXT];
    int count = snprintf(ascii, sizeof ascii, "%lld", (long long)value);
    for (int i = 0; i < count; i++)
        units[i] = (SAP_UC)ascii[i];
    bool is_decimal = field->type == RFCTYPE_BCD || field->type == RFCTYPE_DECF16 || field->type == RFCTYPE_DECF34;
    return is_decimal && value_set_text(field, slot, units, (unsigned)count, NULL) == RFC_OK;
}

static bool read_value(Answer *answer, const Layout *layout, const Field *field, uint8_t *record)
{
    uint8_t *slot = record + field->offset;
    Token token;
    bool good = false;
    switch (read_token(answer->reader, &token)) {
    case NIL:
        slot_reset(layout, field, record);
        good = true;
        break;
    case TEXT:
        good = store_text(field, slot, &token);
        break;
    case BOOLEAN:
        good = value_is_integer(field->type) && store_integer(field, slot, token.integer);
        break;
    case INTEGER:
        good = store_integer(field, slot, token.integer);
        break;
    case FLOATING:
        good = value_set_float(field, slot, token.floating, NULL) == RFC_OK;
        break;
    case BYTES:
        good = value_set_bytes(field, slot, token.bytes, token.count, NULL) == RFC_OK;
        break;
    case ARRAY:
        if (field->type == RFCTYPE_TABLE) {
            good = read_table(answer, field, slot, &token);
            break;
        } /* fall through */
    case MAP:
        good = field->type == RFCTYPE_STRUCTURE && read_record(answer, &field->structure->layout, slot, &token);
        break;
    case BROKEN:
        break;
    }
    return good || misfit(answer, field);
}

RFC_RC marshal_answer(Reader *reader, FunctionContainer *function, RFC_ERROR_INFO *info)
{
    Answer answer = {.reader = reader};
    Token head;
    if (read_token(reader, &head) == MAP
        && read_by_name(&answer, function->base.layout, function->base.record, head.count))
        return succeed(info);
    char *function_name = utf16_to_new_utf8(function->descriptor->name);
    char *field_name = utf16_to_new_utf8(answer.misfit ? answer.misfit->name : NULL);
    RFC_RC rc = fail(info, RFC_SERIALIZATION_FAILURE, "The answer of %s does not fit its metadata at '%s' (%s)",
                     function_name, field_name, answer.misfit ? type_name(answer.misfit->type) : "no map");
    free(field_name);
    free(function_name);
    return rc;
}
