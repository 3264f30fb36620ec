/* descriptor.h - what function modules and structures look like.
 *
 * A layout lists fields and places each in a record: one flat block of memory. Places are our own; the lengths
 * and offsets of the metadata are only passed on to who asks. A field of type
 *   CHAR NUM DATE TIME   holds UTF-16 units, padded with blanks (NUM: zeros)
 *   BCD DECF16 DECF34    holds a Decimal
 *   UTCLONG              holds UTCLONG_LENGTH characters
 *   BYTE INT* FLOAT      holds itself
 *   STRUCTURE            holds the inner record
 *   STRING XSTRING TABLE holds a pointer, NULL while initial
 */
#ifndef STANDIN_DESCRIPTOR_H
#define STANDIN_DESCRIPTOR_H

#include "sapnwrfc.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct TypeDescriptor TypeDescriptor;

typedef struct {
    RFC_ABAP_NAME name;
    RFCTYPE type;
    RFC_DIRECTION direction; /* parameters only, as are default, text and optional */
    unsigned nuc, nuc_offset, uc, uc_offset, decimals;
    TypeDescriptor *structure; /* of a STRUCTURE; the line type of a TABLE; else NULL */
    RFC_PARAMETER_DEFVALUE default_value;
    RFC_PARAMETER_TEXT text;
    bool optional;
    unsigned offset, size; /* place in the record */
    unsigned units;        /* CHAR, NUM, DATE, TIME: characters */
} Field;

typedef struct {
    Field *fields;
    unsigned count;
    unsigned size;     /* of a record */
    uint8_t *initial;  /* a record with initial values */
    uint16_t *buckets; /* field number + 1 by hash of its name, open addressing */
    unsigned mask;
    bool owns_memory; /* a record holds pointers, here or in an inner structure */
} Layout;

struct TypeDescriptor {
    uint32_t mark;
    RFC_ABAP_NAME name;
    unsigned nuc, uc;
    Layout layout;
};

typedef struct {
    uint32_t mark;
    RFC_ABAP_NAME name;
    Layout layout;
} FunctionDescriptor;

enum { NO_FIELD = -1 };

TypeDescriptor *type_new(void);
void type_free(TypeDescriptor *type);
FunctionDescriptor *function_new(void);
void function_free(FunctionDescriptor *function);

/* Appends a field and places it; on failure answers why. NULL is success. */
const char *layout_add(Layout *layout, const Field *field);

/* `guess` is looked at first: bindings read fields in order. NO_FIELD if there is none. */
int layout_find(const Layout *layout, const SAP_UC *name, unsigned guess);

/* NULL if the handle is none of ours. */
TypeDescriptor *type_of(RFC_TYPE_DESC_HANDLE handle);
FunctionDescriptor *function_of(RFC_FUNCTION_DESC_HANDLE handle);

#endif
