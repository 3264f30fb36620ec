/* repository.h - descriptors of a system: asked for once, kept for the life of the process.
 *
 * Descriptors are never freed, also when removed: a binding may hold a handle for as long as it likes.
 */
#ifndef STANDIN_REPOSITORY_H
#define STANDIN_REPOSITORY_H

#include "sapnwrfc.h"

enum { REPOSITORY_ID_UNITS = 128 }; /* with terminator */

typedef struct Repository Repository;

Repository *repository_of(const SAP_UC *id); /* made if it is new */

#endif
