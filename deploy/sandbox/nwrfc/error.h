/* error.h - filling RFC_ERROR_INFO, and the names of codes and types. */
#ifndef STANDIN_ERROR_H
#define STANDIN_ERROR_H

#include "sapnwrfc.h"

/* Bindings test errorInfo after success too. Only the texts' first units are cleared: this runs once per field read. */
static inline RFC_RC succeed(RFC_ERROR_INFO *info)
{
    if (info) {
        info->code = RFC_OK;
        info->group = OK;
        info->key[0] = info->message[0] = 0;
        info->abapMsgClass[0] = info->abapMsgType[0] = info->abapMsgNumber[0] = 0;
        info->abapMsgV1[0] = info->abapMsgV2[0] = info->abapMsgV3[0] = info->abapMsgV4[0] = 0;
    }
    return RFC_OK;
}

/* An error of the library itself: its key is the name of the code, its group follows from the code. Returns rc. */
__attribute__((format(printf, 3, 4))) RFC_RC fail(RFC_ERROR_INFO *info, RFC_RC rc, const char *format, ...);

RFC_RC fail_handle(RFC_ERROR_INFO *info, const char *handle_type); /* not one of ours, or no longer */
RFC_RC fail_name(RFC_ERROR_INFO *info, const SAP_UC *name);        /* no such field or parameter */

const char *type_name(RFCTYPE type);

#endif
