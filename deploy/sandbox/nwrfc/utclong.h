/* utclong.h - ABAP's time stamp UTCLONG, held as the text that the wire and the bindings carry. */
#ifndef STANDIN_UTCLONG_H
#define STANDIN_UTCLONG_H

#include <stdbool.h>
#include <stddef.h>

#define UTCLONG_INITIAL "0000-00-00T00:00:00,0000000"
enum { UTCLONG_LENGTH = sizeof UTCLONG_INITIAL - 1 };

/* Accepts T or a blank before the time, comma or point before the fraction; false if it is no time stamp. */
bool utclong_parse(char out[UTCLONG_LENGTH], const char *text, size_t length);

#endif
