/* memory.c - allocation that does not return NULL. */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory, size_t bytes)
{
    if (memory)
        return memory;
    fprintf(stderr, "libsapnwrfc stand-in: no memory for %zu bytes\n", bytes);
    abort();
}

/* a size of 0 would allow malloc to answer NULL, which would look like a failure */
static size_t at_least_one(size_t bytes)
{
    return bytes ? bytes : 1;
}

void *allocate(size_t bytes)
{
    return checked(calloc(1, at_least_one(bytes)), bytes);
}

void *allocate_raw(size_t bytes)
{
    return checked(malloc(at_least_one(bytes)), bytes);
}

void *resize(void *memory, size_t bytes)
{
    return checked(realloc(memory, at_least_one(bytes)), bytes);
}

char *copy_text(const char *text, size_t bytes)
{
    char *copy = allocate_raw(bytes + 1);
    memcpy(copy, text, bytes);
    copy[bytes] = 0;
    return copy;
}
