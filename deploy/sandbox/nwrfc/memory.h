/* memory.h - allocation that does not return NULL: a sandbox out of memory stops here, saying so. */
#ifndef STANDIN_MEMORY_H
#define STANDIN_MEMORY_H

#include <stddef.h>

void *allocate(size_t bytes);                 /* zeroed */
void *allocate_raw(size_t bytes);             /* contents undefined: for what is written right away */
void *resize(void *memory, size_t bytes);
char *copy_text(const char *text, size_t bytes); /* terminated */

#endif
