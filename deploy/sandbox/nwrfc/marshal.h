/* marshal.h - the parameters of a call, to the wire and from it. */
#ifndef STANDIN_MARSHAL_H
#define STANDIN_MARSHAL_H

#include "container.h"
#include "msgpack.h"

/* {parameter: value} of what the caller supplied and the function takes, then [inactive parameters]. */
void marshal_request(Buffer *buffer, const FunctionContainer *function);

/* {parameter: value}; RFC_SERIALIZATION_FAILURE naming the field if an answer does not fit the metadata. */
RFC_RC marshal_answer(Reader *reader, FunctionContainer *function, RFC_ERROR_INFO *info);

#endif
