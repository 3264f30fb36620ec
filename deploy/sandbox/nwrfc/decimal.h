/* decimal.h - ABAP's packed and floating decimals, held as digits and an exponent.
 *
 * The wire and both bindings carry them as text, so no binary form is needed.
 */
#ifndef STANDIN_DECIMAL_H
#define STANDIN_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DECIMAL_DIGITS = 34, /* DECF34, the longest; BCD has at most 31 */
    DECF16_DIGITS = 16,
    DECF34_DIGITS = DECIMAL_DIGITS,
    NUMBER_TEXT = 128,  /* longest text that is read as a number */
    DECIMAL_TEXT = 128, /* room for the text of any decimal: sign, 34 digits, 31 zeros, point, exponent */
    NUMBER_IS_GOOD = -1
};

typedef struct { /* 0.5 is digits 5, exponent -1 */
    int16_t exponent;
    uint8_t count;
    bool negative;
    uint8_t digits[DECIMAL_DIGITS];
} Decimal;

typedef struct { /* what was read, before it is fitted into a field */
    int exponent;
    int count;
    bool negative;
    uint8_t digits[NUMBER_TEXT];
} Number;

/* Reads text of at most NUMBER_TEXT characters; answers NUMBER_IS_GOOD or the position of the first bad character. */
int number_parse(Number *number, const char *text, size_t length);

/* Both round half away from zero, and are false if the value does not fit. */
bool decimal_fit_fixed(Decimal *out, Number *number, unsigned digits, unsigned decimals);
bool decimal_fit_floating(Decimal *out, Number *number, int precision);

/* Both write at most DECIMAL_TEXT characters without terminator, and answer how many. */
size_t decimal_fixed_text(const Decimal *decimal, char *out);    /* -12.30: all decimals, never an exponent */
size_t decimal_floating_text(const Decimal *decimal, char *out); /* as Python writes a Decimal: 1E-383 */

#endif
