/* layout.c - the interface's sizes and offsets, checked at compile time.
 *
 * A binding compiled elsewhere reads these structures by offset: one member out of place would shift every value.
 */
#include "sapnwrfc.h"

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "size of " #type)
#define OFFSET(type, member, bytes) _Static_assert(offsetof(type, member) == (bytes), "offset of " #type "." #member)

SIZE(SAP_UC, 2);
SIZE(RFC_RC, 4);
SIZE(RFC_ERROR_INFO, 1752);
SIZE(RFC_ATTRIBUTES, 1118);
SIZE(RFC_CONNECTION_PARAMETER, 16);
SIZE(RFC_EXCEPTION_DESC, 1280);
SIZE(RFC_FIELD_DESC, 104);
SIZE(RFC_PARAMETER_DESC, 328);
SIZE(RFC_DECF16, 8);
SIZE(RFC_DECF34, 16);
SIZE(RFC_UNIT_IDENTIFIER, 68);
SIZE(RFC_UNIT_ATTRIBUTES, 278);
SIZE(RFC_SERVER_CONTEXT, 144);
SIZE(RFC_SECURITY_ATTRIBUTES, 72);
SIZE(RFC_SERVER_ATTRIBUTES, 32);

OFFSET(RFC_ERROR_INFO, key, 8);
OFFSET(RFC_ERROR_INFO, message, 264);
OFFSET(RFC_ERROR_INFO, abapMsgClass, 1288);
OFFSET(RFC_ERROR_INFO, abapMsgType, 1330);
OFFSET(RFC_ERROR_INFO, abapMsgNumber, 1334);
OFFSET(RFC_ERROR_INFO, abapMsgV1, 1342);
OFFSET(RFC_ERROR_INFO, abapMsgV4, 1648);

OFFSET(RFC_ATTRIBUTES, user, 566);
OFFSET(RFC_ATTRIBUTES, progName, 688);
OFFSET(RFC_ATTRIBUTES, partnerIP, 960);
OFFSET(RFC_ATTRIBUTES, partnerIPv6, 992);
OFFSET(RFC_ATTRIBUTES, reserved, 1084);

OFFSET(RFC_FIELD_DESC, type, 64);
OFFSET(RFC_FIELD_DESC, nucLength, 68);
OFFSET(RFC_FIELD_DESC, decimals, 84);
OFFSET(RFC_FIELD_DESC, typeDescHandle, 88);

OFFSET(RFC_PARAMETER_DESC, type, 64);
OFFSET(RFC_PARAMETER_DESC, direction, 68);
OFFSET(RFC_PARAMETER_DESC, nucLength, 72);
OFFSET(RFC_PARAMETER_DESC, typeDescHandle, 88);
OFFSET(RFC_PARAMETER_DESC, defaultValue, 96);
OFFSET(RFC_PARAMETER_DESC, parameterText, 158);
OFFSET(RFC_PARAMETER_DESC, optional, 318);
OFFSET(RFC_PARAMETER_DESC, extendedDescription, 320);
