/* metadata.h - descriptors from the wire. See README.md, Metadata. */
#ifndef STANDIN_METADATA_H
#define STANDIN_METADATA_H

#include "descriptor.h"
#include "msgpack.h"

/* Both read the arguments of an answer, and return NULL with a reason if it is not what the protocol says. */
FunctionDescriptor *metadata_read_function(Reader *reader, const SAP_UC *name, const char **reason);
TypeDescriptor *metadata_read_type(Reader *reader, const char **reason);

#endif
