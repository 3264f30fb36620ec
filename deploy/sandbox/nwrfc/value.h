/* value.h - converting between a field's slot in a record and the forms that bindings and wire use.
 *
 * Every type has the conversions that bindings use for it, and no others: the rest is RFC_CONVERSION_FAILURE.
 */
#ifndef STANDIN_VALUE_H
#define STANDIN_VALUE_H

#include "decimal.h"
#include "descriptor.h"

/* Text of a slot: `units` point into the record or at `scratch`. */
typedef struct {
    const SAP_UC *units;
    unsigned count;
    SAP_UC scratch[DECIMAL_TEXT];
} ValueText;

bool value_is_integer(RFCTYPE type); /* INT1, INT2, INT, INT8 */

bool value_text(const Field *field, const uint8_t *slot, ValueText *text); /* CHAR without trailing blanks */
bool value_bytes(const Field *field, const uint8_t *slot, const uint8_t **bytes, unsigned *count);
bool value_integer(const Field *field, const uint8_t *slot, int64_t *value);
bool value_float(const Field *field, const uint8_t *slot, double *value);

/* CHAR and BYTE values that are too long are cut without an error, as SAP's library does. */
RFC_RC value_set_text(const Field *field, uint8_t *slot, const SAP_UC *text, unsigned units, RFC_ERROR_INFO *info);
RFC_RC value_set_bytes(const Field *field, uint8_t *slot, const uint8_t *bytes, unsigned count, RFC_ERROR_INFO *info);
RFC_RC value_set_integer(const Field *field, uint8_t *slot, int64_t value, RFC_ERROR_INFO *info); /* wraps */
RFC_RC value_set_float(const Field *field, uint8_t *slot, double value, RFC_ERROR_INFO *info);

/* The field has no conversion `what`, such as "to text". */
RFC_RC fail_conversion(const Field *field, const char *what, RFC_ERROR_INFO *info);

#endif
