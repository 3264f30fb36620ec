/* sapnwrfc.h - the C interface that RFC client bindings expect, declared independently.
 *
 * Names, numbers and layouts are those that published bindings use; no vendor text is in here.
 * It declares exactly the functions in symbols/: what pyrfcx resolves when it loads the library, and what
 * SAP's PyRFC links. layout.c checks sizes and offsets at compile time.
 */
#ifndef STANDIN_SAPNWRFC_H
#define STANDIN_SAPNWRFC_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- characters, numbers, raw bytes ---- */

typedef unsigned short SAP_USHORT, SAP_UC, SAP_CHAR, SAP_UTF16; /* SAP_UC: one UTF-16 code unit */
typedef unsigned char SAP_RAW;
typedef unsigned long long SAP_ULLONG;
typedef int SAP_INT;

typedef SAP_UC RFC_CHAR;
typedef RFC_CHAR RFC_NUM;
typedef SAP_RAW RFC_BYTE, RFC_BCD, RFC_INT1;
typedef short RFC_INT2;
typedef int RFC_INT;
typedef long long RFC_INT8;
typedef double RFC_FLOAT;
typedef RFC_CHAR RFC_DATE[8]; /* YYYYMMDD, no terminator */
typedef RFC_CHAR RFC_TIME[6]; /* HHMMSS, no terminator */
typedef union { SAP_RAW bytes[8]; double align; } RFC_DECF16;
typedef union { SAP_RAW bytes[16]; double align1; void *align2; } RFC_DECF34;

#define RFC_TID_LN 24
#define RFC_UNITID_LN 32
typedef SAP_UC RFC_TID[RFC_TID_LN + 1];
typedef SAP_UC RFC_UNITID[RFC_UNITID_LN + 1];
typedef RFC_CHAR RFC_ABAP_NAME[30 + 1];
typedef RFC_CHAR RFC_PARAMETER_DEFVALUE[30 + 1];
typedef RFC_CHAR RFC_PARAMETER_TEXT[79 + 1];

/* ---- numbers of types, outcomes, states ---- */

typedef enum {
    RFCTYPE_CHAR = 0,
    RFCTYPE_DATE = 1,
    RFCTYPE_BCD = 2,
    RFCTYPE_TIME = 3,
    RFCTYPE_BYTE = 4,
    RFCTYPE_TABLE = 5,
    RFCTYPE_NUM = 6,
    RFCTYPE_FLOAT = 7,
    RFCTYPE_INT = 8,
    RFCTYPE_INT2 = 9,
    RFCTYPE_INT1 = 10,
    RFCTYPE_NULL = 14,
    RFCTYPE_ABAPOBJECT = 16,
    RFCTYPE_STRUCTURE = 17,
    RFCTYPE_DECF16 = 23,
    RFCTYPE_DECF34 = 24,
    RFCTYPE_XMLDATA = 28,
    RFCTYPE_STRING = 29,
    RFCTYPE_XSTRING = 30,
    RFCTYPE_INT8 = 31,
    RFCTYPE_UTCLONG = 32,
    RFCTYPE_UTCSECOND = 33,
    RFCTYPE_UTCMINUTE = 34,
    RFCTYPE_DTDAY = 35,
    RFCTYPE_DTWEEK = 36,
    RFCTYPE_DTMONTH = 37,
    RFCTYPE_TSECOND = 38,
    RFCTYPE_TMINUTE = 39,
    RFCTYPE_CDAY = 40,
    RFCTYPE_BOX = 41,
    RFCTYPE_GENERIC_BOX = 42
} RFCTYPE;

typedef enum {
    RFC_OK,
    RFC_COMMUNICATION_FAILURE,
    RFC_LOGON_FAILURE,
    RFC_ABAP_RUNTIME_FAILURE,
    RFC_ABAP_MESSAGE,
    RFC_ABAP_EXCEPTION,
    RFC_CLOSED,
    RFC_CANCELED,
    RFC_TIMEOUT,
    RFC_MEMORY_INSUFFICIENT,
    RFC_VERSION_MISMATCH,
    RFC_INVALID_PROTOCOL,
    RFC_SERIALIZATION_FAILURE,
    RFC_INVALID_HANDLE,
    RFC_RETRY,
    RFC_EXTERNAL_FAILURE,
    RFC_EXECUTED,
    RFC_NOT_FOUND,
    RFC_NOT_SUPPORTED,
    RFC_ILLEGAL_STATE,
    RFC_INVALID_PARAMETER,
    RFC_CODEPAGE_CONVERSION_FAILURE,
    RFC_CONVERSION_FAILURE,
    RFC_BUFFER_TOO_SMALL,
    RFC_TABLE_MOVE_BOF,
    RFC_TABLE_MOVE_EOF,
    RFC_START_SAPGUI_FAILURE,
    RFC_ABAP_CLASS_EXCEPTION,
    RFC_UNKNOWN_ERROR,
    RFC_AUTHORIZATION_FAILURE,
    RFC_AUTHENTICATION_FAILURE,
    RFC_CRYPTOLIB_FAILURE,
    RFC_IO_FAILURE,
    RFC_LOCKING_FAILURE
} RFC_RC;

typedef enum {
    OK,
    ABAP_APPLICATION_FAILURE,
    ABAP_RUNTIME_FAILURE,
    LOGON_FAILURE,
    COMMUNICATION_FAILURE,
    EXTERNAL_RUNTIME_FAILURE,
    EXTERNAL_APPLICATION_FAILURE,
    EXTERNAL_AUTHORIZATION_FAILURE,
    EXTERNAL_AUTHENTICATION_FAILURE,
    CRYPTOLIB_FAILURE,
    LOCKING_FAILURE
} RFC_ERROR_GROUP;

/* seen from the function module: the client sends IMPORT; CHANGING is both, TABLES contains both bits too */
typedef enum { RFC_IMPORT = 1, RFC_EXPORT = 2, RFC_CHANGING = 3, RFC_TABLES = 7 } RFC_DIRECTION;

typedef enum { RFC_SYNCHRONOUS, RFC_TRANSACTIONAL, RFC_QUEUED, RFC_BACKGROUND_UNIT } RFC_CALL_TYPE;

typedef enum {
    RFC_UNIT_NOT_FOUND,
    RFC_UNIT_IN_PROCESS,
    RFC_UNIT_COMMITTED,
    RFC_UNIT_ROLLED_BACK,
    RFC_UNIT_CONFIRMED
} RFC_UNIT_STATE;

typedef enum {
    RFC_UNKOWN, /* the name is spelt like this in the interface */
    RFC_CLIENT,
    RFC_STARTED_SERVER,
    RFC_REGISTERED_SERVER,
    RFC_MULTI_COUNT_REGISTERED_SERVER,
    RFC_TCP_SOCKET_CLIENT,
    RFC_TCP_SOCKET_SERVER,
    RFC_WEBSOCKET_CLIENT,
    RFC_WEBSOCKET_SERVER,
    RFC_PROXY_WEBSOCKET_CLIENT
} RFC_PROTOCOL_TYPE;

typedef enum {
    RFC_SERVER_INITIAL,
    RFC_SERVER_STARTING,
    RFC_SERVER_RUNNING,
    RFC_SERVER_BROKEN,
    RFC_SERVER_STOPPING,
    RFC_SERVER_STOPPED
} RFC_SERVER_STATE;

/* ---- structures; every text has room for its terminator ---- */

typedef struct {
    RFC_RC code;
    RFC_ERROR_GROUP group;
    SAP_UC key[128];
    SAP_UC message[512];
    SAP_UC abapMsgClass[21];
    SAP_UC abapMsgType[2];
    RFC_NUM abapMsgNumber[4];
    SAP_UC abapMsgV1[51];
    SAP_UC abapMsgV2[51];
    SAP_UC abapMsgV3[51];
    SAP_UC abapMsgV4[51];
} RFC_ERROR_INFO;

typedef struct {
    SAP_UC dest[65];
    SAP_UC host[101];
    SAP_UC partnerHost[101];
    SAP_UC sysNumber[3];
    SAP_UC sysId[9];
    SAP_UC client[4];
    SAP_UC user[13];
    SAP_UC language[3];
    SAP_UC trace[2];
    SAP_UC isoLanguage[3];
    SAP_UC codepage[5];
    SAP_UC partnerCodepage[5];
    SAP_UC rfcRole[2];
    SAP_UC type[2];
    SAP_UC partnerType[2];
    SAP_UC rel[5];
    SAP_UC partnerRel[5];
    SAP_UC kernelRel[5];
    SAP_UC cpicConvId[9];
    SAP_UC progName[129];
    SAP_UC partnerBytesPerChar[2];
    SAP_UC partnerSystemCodepage[5];
    SAP_UC partnerIP[16];
    SAP_UC partnerIPv6[46];
    SAP_UC reserved[17];
} RFC_ATTRIBUTES;

typedef struct {
    const SAP_UC *name;
    const SAP_UC *value;
} RFC_CONNECTION_PARAMETER;

typedef struct {
    SAP_UC key[128];
    SAP_UC message[512];
} RFC_EXCEPTION_DESC;

#define STANDIN_HANDLE(name) typedef struct name##_ { void *handle; } *name
STANDIN_HANDLE(RFC_TYPE_DESC_HANDLE);
STANDIN_HANDLE(RFC_FUNCTION_DESC_HANDLE);
STANDIN_HANDLE(DATA_CONTAINER_HANDLE);
STANDIN_HANDLE(RFC_CONNECTION_HANDLE);
STANDIN_HANDLE(RFC_SERVER_HANDLE);
STANDIN_HANDLE(RFC_TRANSACTION_HANDLE);
STANDIN_HANDLE(RFC_UNIT_HANDLE);
STANDIN_HANDLE(RFC_THROUGHPUT_HANDLE);
STANDIN_HANDLE(RFC_METADATA_QUERY_RESULT_HANDLE);
#undef STANDIN_HANDLE
typedef DATA_CONTAINER_HANDLE RFC_STRUCTURE_HANDLE, RFC_TABLE_HANDLE, RFC_FUNCTION_HANDLE;

typedef struct {
    RFC_ABAP_NAME name;
    RFCTYPE type;
    unsigned nucLength;
    unsigned nucOffset;
    unsigned ucLength;
    unsigned ucOffset;
    unsigned decimals;
    RFC_TYPE_DESC_HANDLE typeDescHandle;
    void *extendedDescription;
} RFC_FIELD_DESC;

typedef struct {
    RFC_ABAP_NAME name;
    RFCTYPE type;
    RFC_DIRECTION direction;
    unsigned nucLength;
    unsigned ucLength;
    unsigned decimals;
    RFC_TYPE_DESC_HANDLE typeDescHandle;
    RFC_PARAMETER_DEFVALUE defaultValue;
    RFC_PARAMETER_TEXT parameterText;
    RFC_BYTE optional;
    void *extendedDescription;
} RFC_PARAMETER_DESC;

typedef struct {
    SAP_UC unitType;
    RFC_UNITID unitID;
} RFC_UNIT_IDENTIFIER;

typedef struct {
    short kernelTrace;
    short satTrace;
    short unitHistory;
    short lock;
    short noCommitCheck;
    SAP_UC user[13];
    SAP_UC client[4];
    SAP_UC tCode[21];
    SAP_UC program[41];
    SAP_UC hostname[41];
    RFC_DATE sendingDate;
    RFC_TIME sendingTime;
} RFC_UNIT_ATTRIBUTES;

typedef struct {
    RFC_CALL_TYPE type;
    RFC_TID tid;
    RFC_UNIT_IDENTIFIER *unitIdentifier;
    RFC_UNIT_ATTRIBUTES *unitAttributes;
    unsigned isStateful;
    SAP_UC sessionID[33];
} RFC_SERVER_CONTEXT;

typedef struct {
    SAP_UC *functionName;
    SAP_UC *sysId;
    SAP_UC *client;
    SAP_UC *user;
    SAP_UC *progName;
    SAP_UC *sncName;
    SAP_UC *ssoTicket;
    SAP_RAW *sncAclKey;
    unsigned sncAclKeyLength;
} RFC_SECURITY_ATTRIBUTES;

typedef struct {
    SAP_UC *serverName;
    RFC_PROTOCOL_TYPE type;
    unsigned registrationCount;
    RFC_SERVER_STATE state;
    unsigned currentBusyCount;
    unsigned peakBusyCount;
} RFC_SERVER_ATTRIBUTES;

/* ---- what a server program would register; the stand-in takes none of them ---- */

typedef RFC_RC (*RFC_SERVER_FUNCTION)(RFC_CONNECTION_HANDLE, RFC_FUNCTION_HANDLE, RFC_ERROR_INFO *);
typedef RFC_RC (*RFC_FUNC_DESC_CALLBACK)(const SAP_UC *, RFC_ATTRIBUTES, RFC_FUNCTION_DESC_HANDLE *);
typedef RFC_RC (*RFC_ON_AUTHORIZATION_CHECK)(RFC_CONNECTION_HANDLE, RFC_SECURITY_ATTRIBUTES *, RFC_ERROR_INFO *);
typedef RFC_RC (*RFC_ON_CHECK_UNIT)(RFC_CONNECTION_HANDLE, const RFC_UNIT_IDENTIFIER *);
typedef RFC_ON_CHECK_UNIT RFC_ON_COMMIT_UNIT, RFC_ON_ROLLBACK_UNIT, RFC_ON_CONFIRM_UNIT;
typedef RFC_RC (*RFC_ON_GET_UNIT_STATE)(RFC_CONNECTION_HANDLE, const RFC_UNIT_IDENTIFIER *, RFC_UNIT_STATE *);
typedef RFC_RC (*RFC_ON_CHECK_TRANSACTION)(RFC_CONNECTION_HANDLE, const SAP_UC *);
typedef RFC_ON_CHECK_TRANSACTION RFC_ON_COMMIT_TRANSACTION, RFC_ON_ROLLBACK_TRANSACTION, RFC_ON_CONFIRM_TRANSACTION;

/* ---- functions; errorInfo may be NULL in each of them, and is written on success too ---- */

#define RFC_API __attribute__((visibility("default")))

/* library */
RFC_API const SAP_UC *RfcGetVersion(unsigned *majorVersion, unsigned *minorVersion, unsigned *patchLevel);
RFC_API RFC_RC RfcSetIniPath(const SAP_UC *pathName, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcReloadIniFile(RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcSetTraceLevel(RFC_CONNECTION_HANDLE connection, const SAP_UC *destination, unsigned traceLevel,
                                RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcSetTraceDir(const SAP_UC *traceDir, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcLoadCryptoLibrary(const SAP_UC *pathName, RFC_ERROR_INFO *errorInfo);
RFC_API const SAP_UC *RfcGetRcAsString(RFC_RC rc);
RFC_API const SAP_UC *RfcGetTypeAsString(RFCTYPE type);
RFC_API const SAP_UC *RfcGetServerStateAsString(RFC_SERVER_STATE serverState);
RFC_API RFC_RC RfcLanguageIsoToSap(const SAP_UC *laiso, SAP_UC *lang, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcLanguageSapToIso(const SAP_UC *lang, SAP_UC *laiso, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcUTF8ToSAPUC(const RFC_BYTE *utf8, unsigned utf8Length, SAP_UC *sapuc, unsigned *sapucSize,
                              unsigned *resultLength, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcSAPUCToUTF8(const SAP_UC *sapuc, unsigned sapucLength, RFC_BYTE *utf8, unsigned *utf8Size,
                              unsigned *resultLength, RFC_ERROR_INFO *errorInfo);

/* connection */
RFC_API RFC_CONNECTION_HANDLE RfcOpenConnection(const RFC_CONNECTION_PARAMETER *connectionParams, unsigned paramCount,
                                                RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcCloseConnection(RFC_CONNECTION_HANDLE rfcHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcIsConnectionHandleValid(RFC_CONNECTION_HANDLE rfcHandle, int *isValid, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcCancel(RFC_CONNECTION_HANDLE rfcHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcResetServerContext(RFC_CONNECTION_HANDLE rfcHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcPing(RFC_CONNECTION_HANDLE rfcHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetConnectionAttributes(RFC_CONNECTION_HANDLE rfcHandle, RFC_ATTRIBUTES *attr,
                                          RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcInvoke(RFC_CONNECTION_HANDLE rfcHandle, RFC_FUNCTION_HANDLE funcHandle, RFC_ERROR_INFO *errorInfo);

/* metadata */
RFC_API RFC_FUNCTION_DESC_HANDLE RfcGetFunctionDesc(RFC_CONNECTION_HANDLE rfcHandle, const SAP_UC *funcName,
                                                    RFC_ERROR_INFO *errorInfo);
RFC_API RFC_FUNCTION_DESC_HANDLE RfcGetCachedFunctionDesc(const SAP_UC *repositoryID, const SAP_UC *funcName,
                                                          RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcRemoveFunctionDesc(const SAP_UC *repositoryID, const SAP_UC *functionName,
                                     RFC_ERROR_INFO *errorInfo);
RFC_API RFC_TYPE_DESC_HANDLE RfcGetTypeDesc(RFC_CONNECTION_HANDLE rfcHandle, const SAP_UC *typeName,
                                            RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcRemoveTypeDesc(const SAP_UC *repositoryID, const SAP_UC *typeName, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_FUNCTION_DESC_HANDLE RfcDescribeFunction(RFC_FUNCTION_HANDLE funcHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetFunctionName(RFC_FUNCTION_DESC_HANDLE funcDesc, RFC_ABAP_NAME bufferForName,
                                  RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetParameterCount(RFC_FUNCTION_DESC_HANDLE funcDesc, unsigned *count, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetParameterDescByIndex(RFC_FUNCTION_DESC_HANDLE funcDesc, unsigned index,
                                          RFC_PARAMETER_DESC *paramDesc, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetParameterDescByName(RFC_FUNCTION_DESC_HANDLE funcDesc, const SAP_UC *name,
                                         RFC_PARAMETER_DESC *paramDesc, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetExceptionCount(RFC_FUNCTION_DESC_HANDLE funcDesc, unsigned *count, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetExceptionDescByIndex(RFC_FUNCTION_DESC_HANDLE funcDesc, unsigned index,
                                          RFC_EXCEPTION_DESC *excDesc, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetTypeName(RFC_TYPE_DESC_HANDLE typeHandle, RFC_ABAP_NAME bufferForName, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetFieldCount(RFC_TYPE_DESC_HANDLE typeHandle, unsigned *count, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetFieldDescByIndex(RFC_TYPE_DESC_HANDLE typeHandle, unsigned index, RFC_FIELD_DESC *fieldDescr,
                                      RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetFieldDescByName(RFC_TYPE_DESC_HANDLE typeHandle, const SAP_UC *name, RFC_FIELD_DESC *fieldDescr,
                                     RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetTypeLength(RFC_TYPE_DESC_HANDLE typeHandle, unsigned *nucByteLength, unsigned *ucByteLength,
                                RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcSaveRepository(const SAP_UC *repositoryID, FILE *targetStream, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcLoadRepository(const SAP_UC *repositoryID, FILE *sourceStream, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcMetadataBatchQuery(RFC_CONNECTION_HANDLE rfcHandle, const SAP_UC **functionNames,
                                     unsigned functionCount, const SAP_UC **typeNames, unsigned typeCount,
                                     const SAP_UC **classNames, unsigned classCount,
                                     RFC_METADATA_QUERY_RESULT_HANDLE handle, RFC_ERROR_INFO *errorInfo);

/* containers */
RFC_API RFC_FUNCTION_HANDLE RfcCreateFunction(RFC_FUNCTION_DESC_HANDLE funcDescHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcDestroyFunction(RFC_FUNCTION_HANDLE funcHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcSetParameterActive(RFC_FUNCTION_HANDLE funcHandle, const SAP_UC *paramName, int isActive,
                                     RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcIsParameterActive(RFC_FUNCTION_HANDLE funcHandle, const SAP_UC *paramName, int *isActive,
                                    RFC_ERROR_INFO *errorInfo);
RFC_API RFC_STRUCTURE_HANDLE RfcCreateStructure(RFC_TYPE_DESC_HANDLE typeDescHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcDestroyStructure(RFC_STRUCTURE_HANDLE structHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_TABLE_HANDLE RfcCreateTable(RFC_TYPE_DESC_HANDLE typeDescHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcDestroyTable(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_STRUCTURE_HANDLE RfcGetCurrentRow(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_STRUCTURE_HANDLE RfcAppendNewRow(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcReserveCapacity(RFC_TABLE_HANDLE tableHandle, unsigned numRows, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcAppendNewRows(RFC_TABLE_HANDLE tableHandle, unsigned numRows, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_STRUCTURE_HANDLE RfcInsertNewRow(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcAppendRow(RFC_TABLE_HANDLE tableHandle, RFC_STRUCTURE_HANDLE structHandle,
                            RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcInsertRow(RFC_TABLE_HANDLE tableHandle, RFC_STRUCTURE_HANDLE structHandle,
                            RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcDeleteCurrentRow(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcDeleteAllRows(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcMoveToFirstRow(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcMoveToLastRow(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcMoveToNextRow(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcMoveToPreviousRow(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcMoveTo(RFC_TABLE_HANDLE tableHandle, unsigned index, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetRowCount(RFC_TABLE_HANDLE tableHandle, unsigned *rowCount, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_TYPE_DESC_HANDLE RfcGetRowType(RFC_TABLE_HANDLE tableHandle, RFC_ERROR_INFO *errorInfo);

/* fields: every accessor exists by name and by index (from 0); dataHandle is a function, a structure, or a table
 * for its current row */
#define RFC_ACCESSOR(function, ...)                                                                             \
    RFC_API RFC_RC function(DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, __VA_ARGS__,                   \
                            RFC_ERROR_INFO *errorInfo);                                                         \
    RFC_API RFC_RC function##ByIndex(DATA_CONTAINER_HANDLE dataHandle, unsigned index, __VA_ARGS__,              \
                                     RFC_ERROR_INFO *errorInfo)
RFC_ACCESSOR(RfcGetChars, RFC_CHAR *charBuffer, unsigned bufferLength);
RFC_ACCESSOR(RfcGetNum, RFC_NUM *charBuffer, unsigned bufferLength);
RFC_ACCESSOR(RfcGetDate, RFC_DATE emptyDate);
RFC_ACCESSOR(RfcGetTime, RFC_TIME emptyTime);
RFC_ACCESSOR(RfcGetString, SAP_UC *stringBuffer, unsigned bufferLength, unsigned *stringLength);
RFC_ACCESSOR(RfcGetStringLength, unsigned *stringLength);
RFC_ACCESSOR(RfcGetBytes, SAP_RAW *byteBuffer, unsigned bufferLength);
RFC_ACCESSOR(RfcGetXString, SAP_RAW *byteBuffer, unsigned bufferLength, unsigned *xstringLength);
RFC_ACCESSOR(RfcGetInt, RFC_INT *value);
RFC_ACCESSOR(RfcGetInt1, RFC_INT1 *value);
RFC_ACCESSOR(RfcGetInt2, RFC_INT2 *value);
RFC_ACCESSOR(RfcGetInt8, RFC_INT8 *value);
RFC_ACCESSOR(RfcGetFloat, RFC_FLOAT *value);
RFC_ACCESSOR(RfcGetDecF16, RFC_DECF16 *value);
RFC_ACCESSOR(RfcGetDecF34, RFC_DECF34 *value);
RFC_ACCESSOR(RfcGetStructure, RFC_STRUCTURE_HANDLE *structHandle);
RFC_ACCESSOR(RfcGetTable, RFC_TABLE_HANDLE *tableHandle);
RFC_ACCESSOR(RfcSetChars, const RFC_CHAR *charValue, unsigned valueLength);
RFC_ACCESSOR(RfcSetNum, const RFC_NUM *charValue, unsigned valueLength);
RFC_ACCESSOR(RfcSetString, const SAP_UC *stringValue, unsigned valueLength);
RFC_ACCESSOR(RfcSetDate, const RFC_DATE date);
RFC_ACCESSOR(RfcSetTime, const RFC_TIME time);
RFC_ACCESSOR(RfcSetBytes, const SAP_RAW *byteValue, unsigned valueLength);
RFC_ACCESSOR(RfcSetXString, const SAP_RAW *byteValue, unsigned valueLength);
RFC_ACCESSOR(RfcSetInt, RFC_INT value);
RFC_ACCESSOR(RfcSetInt1, RFC_INT1 value);
RFC_ACCESSOR(RfcSetInt2, RFC_INT2 value);
RFC_ACCESSOR(RfcSetInt8, RFC_INT8 value);
RFC_ACCESSOR(RfcSetFloat, RFC_FLOAT value);
RFC_ACCESSOR(RfcSetDecF16, RFC_DECF16 value);
RFC_ACCESSOR(RfcSetDecF34, RFC_DECF34 value);
#undef RFC_ACCESSOR

/* throughput */
RFC_API RFC_THROUGHPUT_HANDLE RfcCreateThroughput(RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcDestroyThroughput(RFC_THROUGHPUT_HANDLE throughput, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcSetThroughputOnConnection(RFC_CONNECTION_HANDLE rfcHandle, RFC_THROUGHPUT_HANDLE throughput,
                                            RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcRemoveThroughputFromConnection(RFC_CONNECTION_HANDLE rfcHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_THROUGHPUT_HANDLE RfcGetThroughputFromConnection(RFC_CONNECTION_HANDLE rfcHandle,
                                                             RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcResetThroughput(RFC_THROUGHPUT_HANDLE throughput, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetNumberOfCalls(RFC_THROUGHPUT_HANDLE throughput, SAP_ULLONG *value, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetTotalTime(RFC_THROUGHPUT_HANDLE throughput, SAP_ULLONG *value, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetSerializationTime(RFC_THROUGHPUT_HANDLE throughput, SAP_ULLONG *value,
                                       RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetDeserializationTime(RFC_THROUGHPUT_HANDLE throughput, SAP_ULLONG *value,
                                         RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetApplicationTime(RFC_THROUGHPUT_HANDLE throughput, SAP_ULLONG *value, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetSentBytes(RFC_THROUGHPUT_HANDLE throughput, SAP_ULLONG *value, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetReceivedBytes(RFC_THROUGHPUT_HANDLE throughput, SAP_ULLONG *value, RFC_ERROR_INFO *errorInfo);

/* transactional RFC */
RFC_API RFC_RC RfcGetTransactionID(RFC_CONNECTION_HANDLE rfcHandle, RFC_TID tid, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_TRANSACTION_HANDLE RfcCreateTransaction(RFC_CONNECTION_HANDLE rfcHandle, RFC_TID tid,
                                                    const SAP_UC *queueName, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcInvokeInTransaction(RFC_TRANSACTION_HANDLE tHandle, RFC_FUNCTION_HANDLE funcHandle,
                                      RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcSubmitTransaction(RFC_TRANSACTION_HANDLE tHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcConfirmTransaction(RFC_TRANSACTION_HANDLE tHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcDestroyTransaction(RFC_TRANSACTION_HANDLE tHandle, RFC_ERROR_INFO *errorInfo);

/* background units */
RFC_API RFC_RC RfcGetUnitID(RFC_CONNECTION_HANDLE rfcHandle, RFC_UNITID uid, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_UNIT_HANDLE RfcCreateUnit(RFC_CONNECTION_HANDLE rfcHandle, RFC_UNITID uid, const SAP_UC *queueNames[],
                                      unsigned queueNameCount, const RFC_UNIT_ATTRIBUTES *unitAttr,
                                      RFC_UNIT_IDENTIFIER *identifier, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcInvokeInUnit(RFC_UNIT_HANDLE unitHandle, RFC_FUNCTION_HANDLE funcHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcSubmitUnit(RFC_UNIT_HANDLE unitHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcConfirmUnit(RFC_CONNECTION_HANDLE rfcHandle, const RFC_UNIT_IDENTIFIER *identifier,
                              RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcDestroyUnit(RFC_UNIT_HANDLE unitHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetUnitState(RFC_CONNECTION_HANDLE rfcHandle, const RFC_UNIT_IDENTIFIER *identifier,
                               RFC_UNIT_STATE *state, RFC_ERROR_INFO *errorInfo);

/* server side */
RFC_API RFC_RC RfcGetServerContext(RFC_CONNECTION_HANDLE rfcHandle, RFC_SERVER_CONTEXT *context,
                                   RFC_ERROR_INFO *errorInfo);
RFC_API RFC_SERVER_HANDLE RfcCreateServer(const RFC_CONNECTION_PARAMETER *connectionParams, unsigned paramCount,
                                          RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcLaunchServer(RFC_SERVER_HANDLE serverHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcShutdownServer(RFC_SERVER_HANDLE serverHandle, unsigned timeout, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcDestroyServer(RFC_SERVER_HANDLE serverHandle, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcGetServerAttributes(RFC_SERVER_HANDLE serverHandle, RFC_SERVER_ATTRIBUTES *serverAttributes,
                                      RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcInstallGenericServerFunction(RFC_SERVER_FUNCTION serverFunction,
                                               RFC_FUNC_DESC_CALLBACK funcDescProvider, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcInstallBgRfcHandlers(const SAP_UC *sysId, RFC_ON_CHECK_UNIT onCheckFunction,
                                       RFC_ON_COMMIT_UNIT onCommitFunction, RFC_ON_ROLLBACK_UNIT onRollbackFunction,
                                       RFC_ON_CONFIRM_UNIT onConfirmFunction,
                                       RFC_ON_GET_UNIT_STATE onGetStateFunction, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcInstallTransactionHandlers(const SAP_UC *sysId, RFC_ON_CHECK_TRANSACTION onCheckFunction,
                                             RFC_ON_COMMIT_TRANSACTION onCommitFunction,
                                             RFC_ON_ROLLBACK_TRANSACTION onRollbackFunction,
                                             RFC_ON_CONFIRM_TRANSACTION onConfirmFunction, RFC_ERROR_INFO *errorInfo);
RFC_API RFC_RC RfcInstallAuthorizationCheckHandler(RFC_ON_AUTHORIZATION_CHECK onAuthorizationCheck,
                                                   RFC_ERROR_INFO *errorInfo);
#undef RFC_API

/* ---- helpers that a binding may call; they belong to the header, not to the library ---- */

static inline unsigned strlenU(const SAP_UC *text)
{
    unsigned length = 0;
    while (text[length])
        length++;
    return length;
}

static inline SAP_UC *mallocU(size_t units)
{
    return (SAP_UC *)malloc((units + 1) * sizeof(SAP_UC));
}

static inline void strncpyU(SAP_UC *to, const SAP_UC *from, size_t units)
{
    size_t i = 0;
    for (; i < units && from[i]; i++)
        to[i] = from[i];
    for (; i < units; i++)
        to[i] = 0;
}

static inline void memsetR(void *memory, int value, size_t bytes)
{
    memset(memory, value, bytes);
}

#ifdef __cplusplus
}
#endif
#endif
