/* error.c - filling RFC_ERROR_INFO, and the names of codes and types. */
#include "error.h"

#include "text.h"

#include <stdarg.h>

#define MESSAGE_BYTES (4 * 512) /* UTF-8 of the longest message that RFC_ERROR_INFO holds */
#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define UTF16(name) u"" name

/* clang-format off */
#define CODES(X)                                                                                                   \
    X(RFC_OK) X(RFC_COMMUNICATION_FAILURE) X(RFC_LOGON_FAILURE) X(RFC_ABAP_RUNTIME_FAILURE) X(RFC_ABAP_MESSAGE)     \
    X(RFC_ABAP_EXCEPTION) X(RFC_CLOSED) X(RFC_CANCELED) X(RFC_TIMEOUT) X(RFC_MEMORY_INSUFFICIENT)                   \
    X(RFC_VERSION_MISMATCH) X(RFC_INVALID_PROTOCOL) X(RFC_SERIALIZATION_FAILURE) X(RFC_INVALID_HANDLE)              \
    X(RFC_RETRY) X(RFC_EXTERNAL_FAILURE) X(RFC_EXECUTED) X(RFC_NOT_FOUND) X(RFC_NOT_SUPPORTED)                      \
    X(RFC_ILLEGAL_STATE) X(RFC_INVALID_PARAMETER) X(RFC_CODEPAGE_CONVERSION_FAILURE) X(RFC_CONVERSION_FAILURE)      \
    X(RFC_BUFFER_TOO_SMALL) X(RFC_TABLE_MOVE_BOF) X(RFC_TABLE_MOVE_EOF) X(RFC_START_SAPGUI_FAILURE)                 \
    X(RFC_ABAP_CLASS_EXCEPTION) X(RFC_UNKNOWN_ERROR) X(RFC_AUTHORIZATION_FAILURE) X(RFC_AUTHENTICATION_FAILURE)     \
    X(RFC_CRYPTOLIB_FAILURE) X(RFC_IO_FAILURE) X(RFC_LOCKING_FAILURE)
#define TYPES(X)                                                                                                   \
    X(RFCTYPE_CHAR) X(RFCTYPE_DATE) X(RFCTYPE_BCD) X(RFCTYPE_TIME) X(RFCTYPE_BYTE) X(RFCTYPE_TABLE) X(RFCTYPE_NUM)  \
    X(RFCTYPE_FLOAT) X(RFCTYPE_INT) X(RFCTYPE_INT2) X(RFCTYPE_INT1) X(RFCTYPE_NULL) X(RFCTYPE_ABAPOBJECT)           \
    X(RFCTYPE_STRUCTURE) X(RFCTYPE_DECF16) X(RFCTYPE_DECF34) X(RFCTYPE_XMLDATA) X(RFCTYPE_STRING)                   \
    X(RFCTYPE_XSTRING) X(RFCTYPE_INT8) X(RFCTYPE_UTCLONG) X(RFCTYPE_UTCSECOND) X(RFCTYPE_UTCMINUTE)                 \
    X(RFCTYPE_DTDAY) X(RFCTYPE_DTWEEK) X(RFCTYPE_DTMONTH) X(RFCTYPE_TSECOND) X(RFCTYPE_TMINUTE) X(RFCTYPE_CDAY)     \
    X(RFCTYPE_BOX) X(RFCTYPE_GENERIC_BOX)
#define STATES(X)                                                                                                  \
    X(RFC_SERVER_INITIAL) X(RFC_SERVER_STARTING) X(RFC_SERVER_RUNNING) X(RFC_SERVER_BROKEN) X(RFC_SERVER_STOPPING)  \
    X(RFC_SERVER_STOPPED)
/* clang-format on */

#define NARROW(name) [name] = #name,
#define WIDE(name) [name] = UTF16(#name),
static const SAP_UC *const CODE_NAMES[] = {CODES(WIDE)};
static const SAP_UC *const WIDE_TYPE_NAMES[] = {TYPES(WIDE)};
static const char *const TYPE_NAMES[] = {TYPES(NARROW)};
static const SAP_UC *const STATE_NAMES[] = {STATES(WIDE)};

const SAP_UC *RfcGetRcAsString(RFC_RC rc)
{
    return (unsigned)rc < COUNT(CODE_NAMES) ? CODE_NAMES[rc] : CODE_NAMES[RFC_UNKNOWN_ERROR];
}

const SAP_UC *RfcGetTypeAsString(RFCTYPE type)
{
    return (unsigned)type < COUNT(WIDE_TYPE_NAMES) && WIDE_TYPE_NAMES[type] ? WIDE_TYPE_NAMES[type]
                                                                            : UTF16("RFCTYPE_UNKNOWN");
}

const SAP_UC *RfcGetServerStateAsString(RFC_SERVER_STATE serverState)
{
    return (unsigned)serverState < COUNT(STATE_NAMES) ? STATE_NAMES[serverState] : UTF16("RFC_SERVER_UNKNOWN");
}

const char *type_name(RFCTYPE type)
{
    return (unsigned)type < COUNT(TYPE_NAMES) && TYPE_NAMES[type] ? TYPE_NAMES[type] : "RFCTYPE_UNKNOWN";
}

static RFC_ERROR_GROUP group_of(RFC_RC rc)
{
    switch (rc) {
    case RFC_COMMUNICATION_FAILURE:
    case RFC_CANCELED:
        return COMMUNICATION_FAILURE;
    default: /* what the simulator reports brings its own group */
        return EXTERNAL_RUNTIME_FAILURE;
    }
}

RFC_RC fail(RFC_ERROR_INFO *info, RFC_RC rc, const char *format, ...)
{
    if (info) {
        char message[MESSAGE_BYTES];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(message, sizeof message, format, arguments);
        va_end(arguments);
        succeed(info);
        info->code = rc;
        info->group = group_of(rc);
        copy_units(info->key, RfcGetRcAsString(rc), COUNT(info->key));
        utf8_to_array((const uint8_t *)message, strlen(message), info->message, COUNT(info->message));
    }
    return rc;
}

RFC_RC fail_handle(RFC_ERROR_INFO *info, const char *handle_type)
{
    return fail(info, RFC_INVALID_HANDLE, "An invalid handle '%s' was passed to the API call", handle_type);
}

RFC_RC fail_name(RFC_ERROR_INFO *info, const SAP_UC *name)
{
    char *text = utf16_to_new_utf8(name);
    RFC_RC rc = fail(info, RFC_INVALID_PARAMETER, "field '%s' not found", text);
    free(text);
    return rc;
}
