/* decimal.c - ABAP's packed and floating decimals, held as digits and an exponent. */
#include "decimal.h"

#include <stdio.h>
#include <string.h>

enum {
    EXPONENT_TEXT_MAX = 99999, /* beyond any decimal; stops the exponent from overflowing while it is read */
    PLAIN_SMALLEST = -6        /* Python writes 0.000001 plainly and 1E-7 with an exponent */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads an optional sign at *at. */
static bool parse_sign(const char *text, size_t length, size_t *at)
{
    if (*at < length && (text[*at] == '-' || text[*at] == '+'))
        return text[(*at)++] == '-';
    return false;
}

/* Reads digits with at most one point at *at; false if there is no digit. */
static bool parse_digits(Number *number, const char *text, size_t length, size_t *at)
{
    bool any = false, point = false;
    for (; *at < length; ++*at) {
        char c = text[*at];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(c))
            break;
        any = true;
        if (number->count || c != '0') /* leading zeros carry nothing */
            number->digits[number->count++] = (uint8_t)(c - '0');
        number->exponent -= point;
    }
    return any;
}

/* Reads an optional exponent at *at; false if it begins but has no digit. */
static bool parse_exponent(Number *number, const char *text, size_t length, size_t *at)
{
    if (*at == length || (text[*at] != 'e' && text[*at] != 'E'))
        return true;
    ++*at;
    bool negative = parse_sign(text, length, at);
    size_t first = *at;
    int exponent = 0;
    for (; *at < length && is_digit(text[*at]); ++*at)
        if (exponent < EXPONENT_TEXT_MAX)
            exponent = 10 * exponent + text[*at] - '0';
    number->exponent += negative ? -exponent : exponent;
    return *at > first;
}

int number_parse(Number *number, const char *text, size_t length)
{
    size_t at = 0;
    *number = (Number){.negative = parse_sign(text, length, &at)};
    bool good = parse_digits(number, text, length, &at) && parse_exponent(number, text, length, &at);
    return good && at == length ? NUMBER_IS_GOOD : (int)at;
}

/* Drops digits below 10^exponent, rounding half away from zero. */
static void round_to(Number *number, int exponent)
{
    int drop = exponent - number->exponent;
    if (drop <= 0)
        return;
    number->exponent = exponent;
    if (drop > number->count) {
        number->count = 0;
        return;
    }
    number->count -= drop;
    bool carry = number->digits[number->count] >= 5;
    for (int i = number->count - 1; carry && i >= 0; i--) {
        carry = number->digits[i] == 9;
        number->digits[i] = carry ? 0 : number->digits[i] + 1;
    }
    if (carry) {
        memmove(number->digits + 1, number->digits, (size_t)number->count);
        number->digits[0] = 1;
        number->count++;
    }
}

/* Writes the value with a smaller exponent by appending zeros; false if that makes too many digits. */
static bool extend_to(Number *number, int exponent, int digits)
{
    int zeros = number->count ? number->exponent - exponent : 0;
    if (number->count + zeros > digits)
        return false;
    memset(number->digits + number->count, 0, (size_t)zeros);
    number->count += zeros;
    number->exponent = exponent;
    return true;
}

static void store(Decimal *out, const Number *number)
{
    *out = (Decimal){.exponent = (int16_t)number->exponent,
                     .count = (uint8_t)number->count,
                     .negative = number->negative && number->count};
    memcpy(out->digits, number->digits, out->count);
}

bool decimal_fit_fixed(Decimal *out, Number *number, unsigned digits, unsigned decimals)
{
    int exponent = -(int)decimals;
    round_to(number, exponent);
    if (number->count > (int)digits || !extend_to(number, exponent, (int)digits))
        return false;
    store(out, number);
    return true;
}

bool decimal_fit_floating(Decimal *out, Number *number, int precision)
{
    int smallest = precision == DECF16_DIGITS ? -398 : -6176; /* exponents of IEEE 754 decimal64 and decimal128 */
    int largest = precision == DECF16_DIGITS ? 369 : 6111;
    if (number->count > precision)
        round_to(number, number->exponent + number->count - precision);
    if (number->count > precision) /* rounding up carried into one more digit, which is a trailing zero */
        round_to(number, number->exponent + 1);
    round_to(number, smallest);
    if (!number->count && number->exponent > largest)
        number->exponent = largest;
    if (number->exponent > largest && !extend_to(number, largest, precision))
        return false;
    store(out, number);
    return true;
}

/* The digit worth 10^place, 0 where the decimal holds none. */
static char digit_at(const Decimal *decimal, int place)
{
    int index = decimal->count - 1 - (place - decimal->exponent);
    return (char)('0' + (index >= 0 && index < decimal->count ? decimal->digits[index] : 0));
}

size_t decimal_fixed_text(const Decimal *decimal, char *out)
{
    size_t length = 0;
    int highest = decimal->exponent + decimal->count - 1;
    if (decimal->negative)
        out[length++] = '-';
    for (int place = highest > 0 ? highest : 0; place >= decimal->exponent; place--) {
        if (place == -1)
            out[length++] = '.';
        out[length++] = digit_at(decimal, place);
    }
    return length;
}

size_t decimal_floating_text(const Decimal *decimal, char *out)
{
    static const Decimal ZERO = {.count = 1}; /* zero has no digits of its own, but is written with one */
    Decimal shown = *decimal;
    if (!shown.count) {
        shown = ZERO;
        shown.exponent = decimal->exponent;
    }
    int adjusted = shown.exponent + shown.count - 1;
    if (shown.exponent <= 0 && adjusted >= PLAIN_SMALLEST)
        return decimal_fixed_text(&shown, out);
    size_t length = 0;
    if (shown.negative)
        out[length++] = '-';
    out[length++] = (char)('0' + shown.digits[0]);
    if (shown.count > 1)
        out[length++] = '.';
    for (int i = 1; i < shown.count; i++)
        out[length++] = (char)('0' + shown.digits[i]);
    return length + (size_t)snprintf(out + length, DECIMAL_TEXT - length, "E%+d", adjusted);
}
