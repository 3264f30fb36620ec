/* text.h - UTF-8 and UTF-16.
 *
 * Bindings speak UTF-16 code units (SAP_UC), the wire speaks UTF-8. What is not valid becomes U+FFFD.
 */
#ifndef STANDIN_TEXT_H
#define STANDIN_TEXT_H

#include "sapnwrfc.h"

#include <stdbool.h>
#include <stdint.h>

/* Both return the length the whole text needs, and write at most `room` of it, without a terminator. */
size_t utf8_to_utf16(const uint8_t *text, size_t bytes, SAP_UC *out, size_t room);
size_t utf16_to_utf8(const SAP_UC *text, size_t units, uint8_t *out, size_t room);

/* Fills an array of `units` including its terminator; what does not fit is cut. */
void utf8_to_array(const uint8_t *text, size_t bytes, SAP_UC *out, size_t units);

char *utf16_to_new_utf8(const SAP_UC *text); /* terminated, to be freed; NULL is an empty text */

/* Fills an array of `units` including its terminator; what does not fit is cut. */
void copy_units(SAP_UC *out, const SAP_UC *text, size_t units);

static inline bool same_text(const SAP_UC *a, const SAP_UC *b)
{
    while (*a == *b) {
        if (!*a)
            return true;
        a++;
        b++;
    }
    return false;
}

#endif
