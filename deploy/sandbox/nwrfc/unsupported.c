/* unsupported.c - functions that no client call of a binding reaches; they exist because the library would not load
 * without them, and answer RFC_NOT_SUPPORTED.
 */
#include "error.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

static RFC_RC refuse(const char *function, RFC_ERROR_INFO *info)
{
    return fail(info, RFC_NOT_SUPPORTED, "%s is not supported by the stand-in", function);
}

#define NOT_SUPPORTED(function, ...)                                                                               \
    RFC_RC function(__VA_ARGS__, RFC_ERROR_INFO *errorInfo)                                                        \
    {                                                                                                              \
        return refuse(#function, errorInfo);                                                                       \
    }

#define NO_HANDLE(type, function, ...)                                                                             \
    type function(__VA_ARGS__, RFC_ERROR_INFO *errorInfo)                                                          \
    {                                                                                                              \
        refuse(#function, errorInfo);                                                                              \
        return NULL;                                                                                               \
    }

#define BY_INDEX(function, ...)                                                                                    \
    NOT_SUPPORTED(function##ByIndex, DATA_CONTAINER_HANDLE dataHandle, unsigned index, __VA_ARGS__)

/* ---- trace, languages, cached and stored descriptions ---- */

NOT_SUPPORTED(RfcSetTraceLevel, RFC_CONNECTION_HANDLE connection, const SAP_UC *destination, unsigned traceLevel)
NOT_SUPPORTED(RfcSetTraceDir, const SAP_UC *traceDir)
NOT_SUPPORTED(RfcLanguageIsoToSap, const SAP_UC *laiso, SAP_UC *lang)
NOT_SUPPORTED(RfcLanguageSapToIso, const SAP_UC *lang, SAP_UC *laiso)
NO_HANDLE(RFC_FUNCTION_DESC_HANDLE, RfcGetCachedFunctionDesc, const SAP_UC *repositoryID, const SAP_UC *funcName)
NOT_SUPPORTED(RfcGetExceptionCount, RFC_FUNCTION_DESC_HANDLE funcDesc, unsigned *count)
NOT_SUPPORTED(RfcGetExceptionDescByIndex, RFC_FUNCTION_DESC_HANDLE funcDesc, unsigned index,
              RFC_EXCEPTION_DESC *excDesc)
NOT_SUPPORTED(RfcSaveRepository, const SAP_UC *repositoryID, FILE *targetStream)
NOT_SUPPORTED(RfcLoadRepository, const SAP_UC *repositoryID, FILE *sourceStream)
NOT_SUPPORTED(RfcMetadataBatchQuery, RFC_CONNECTION_HANDLE rfcHandle, const SAP_UC **functionNames,
              unsigned functionCount, const SAP_UC **typeNames, unsigned typeCount, const SAP_UC **classNames,
              unsigned classCount, RFC_METADATA_QUERY_RESULT_HANDLE handle)

/* ---- containers of one's own, and ways to move in a table that bindings do not use ---- */

NO_HANDLE(RFC_STRUCTURE_HANDLE, RfcCreateStructure, RFC_TYPE_DESC_HANDLE typeDescHandle)
NOT_SUPPORTED(RfcDestroyStructure, RFC_STRUCTURE_HANDLE structHandle)
NO_HANDLE(RFC_TABLE_HANDLE, RfcCreateTable, RFC_TYPE_DESC_HANDLE typeDescHandle)
NOT_SUPPORTED(RfcDestroyTable, RFC_TABLE_HANDLE tableHandle)
NOT_SUPPORTED(RfcReserveCapacity, RFC_TABLE_HANDLE tableHandle, unsigned numRows)
NOT_SUPPORTED(RfcAppendNewRows, RFC_TABLE_HANDLE tableHandle, unsigned numRows)
NO_HANDLE(RFC_STRUCTURE_HANDLE, RfcInsertNewRow, RFC_TABLE_HANDLE tableHandle)
NOT_SUPPORTED(RfcAppendRow, RFC_TABLE_HANDLE tableHandle, RFC_STRUCTURE_HANDLE structHandle)
NOT_SUPPORTED(RfcInsertRow, RFC_TABLE_HANDLE tableHandle, RFC_STRUCTURE_HANDLE structHandle)
NOT_SUPPORTED(RfcDeleteAllRows, RFC_TABLE_HANDLE tableHandle)
NOT_SUPPORTED(RfcMoveToFirstRow, RFC_TABLE_HANDLE tableHandle)
NOT_SUPPORTED(RfcMoveToNextRow, RFC_TABLE_HANDLE tableHandle)
NOT_SUPPORTED(RfcMoveToPreviousRow, RFC_TABLE_HANDLE tableHandle)
NO_HANDLE(RFC_TYPE_DESC_HANDLE, RfcGetRowType, RFC_TABLE_HANDLE tableHandle)

/* ---- throughput ---- */

RFC_THROUGHPUT_HANDLE RfcCreateThroughput(RFC_ERROR_INFO *errorInfo)
{
    refuse("RfcCreateThroughput", errorInfo);
    return NULL;
}
NOT_SUPPORTED(RfcDestroyThroughput, RFC_THROUGHPUT_HANDLE throughput)
NOT_SUPPORTED(RfcSetThroughputOnConnection, RFC_CONNECTION_HANDLE rfcHandle, RFC_THROUGHPUT_HANDLE throughput)
NOT_SUPPORTED(RfcRemoveThroughputFromConnection, RFC_CONNECTION_HANDLE rfcHandle)
NO_HANDLE(RFC_THROUGHPUT_HANDLE, RfcGetThroughputFromConnection, RFC_CONNECTION_HANDLE rfcHandle)
NOT_SUPPORTED(RfcResetThroughput, RFC_THROUGHPUT_HANDLE throughput)
NOT_SUPPORTED(RfcGetNumberOfCalls, RFC_THROUGHPUT_HANDLE throughput, SAP_ULLONG *value)
NOT_SUPPORTED(RfcGetTotalTime, RFC_THROUGHPUT_HANDLE throughput, SAP_ULLONG *value)
NOT_SUPPORTED(RfcGetSerializationTime, RFC_THROUGHPUT_HANDLE throughput, SAP_ULLONG *value)
NOT_SUPPORTED(RfcGetDeserializationTime, RFC_THROUGHPUT_HANDLE throughput, SAP_ULLONG *value)
NOT_SUPPORTED(RfcGetApplicationTime, RFC_THROUGHPUT_HANDLE throughput, SAP_ULLONG *value)
NOT_SUPPORTED(RfcGetSentBytes, RFC_THROUGHPUT_HANDLE throughput, SAP_ULLONG *value)
NOT_SUPPORTED(RfcGetReceivedBytes, RFC_THROUGHPUT_HANDLE throughput, SAP_ULLONG *value)

/* ---- transactional RFC ---- */

NOT_SUPPORTED(RfcGetTransactionID, RFC_CONNECTION_HANDLE rfcHandle, RFC_TID tid)
NO_HANDLE(RFC_TRANSACTION_HANDLE, RfcCreateTransaction, RFC_CONNECTION_HANDLE rfcHandle, RFC_TID tid,
          const SAP_UC *queueName)
NOT_SUPPORTED(RfcInvokeInTransaction, RFC_TRANSACTION_HANDLE tHandle, RFC_FUNCTION_HANDLE funcHandle)
NOT_SUPPORTED(RfcSubmitTransaction, RFC_TRANSACTION_HANDLE tHandle)
NOT_SUPPORTED(RfcConfirmTransaction, RFC_TRANSACTION_HANDLE tHandle)
NOT_SUPPORTED(RfcDestroyTransaction, RFC_TRANSACTION_HANDLE tHandle)

/* ---- background units ---- */

NOT_SUPPORTED(RfcGetUnitID, RFC_CONNECTION_HANDLE rfcHandle, RFC_UNITID uid)
NO_HANDLE(RFC_UNIT_HANDLE, RfcCreateUnit, RFC_CONNECTION_HANDLE rfcHandle, RFC_UNITID uid,
          const SAP_UC *queueNames[], unsigned queueNameCount, const RFC_UNIT_ATTRIBUTES *unitAttr,
          RFC_UNIT_IDENTIFIER *identifier)
NOT_SUPPORTED(RfcInvokeInUnit, RFC_UNIT_HANDLE unitHandle, RFC_FUNCTION_HANDLE funcHandle)
NOT_SUPPORTED(RfcSubmitUnit, RFC_UNIT_HANDLE unitHandle)
NOT_SUPPORTED(RfcConfirmUnit, RFC_CONNECTION_HANDLE rfcHandle, const RFC_UNIT_IDENTIFIER *identifier)
NOT_SUPPORTED(RfcDestroyUnit, RFC_UNIT_HANDLE unitHandle)
NOT_SUPPORTED(RfcGetUnitState, RFC_CONNECTION_HANDLE rfcHandle, const RFC_UNIT_IDENTIFIER *identifier,
              RFC_UNIT_STATE *state)

/* ---- server side ---- */

NOT_SUPPORTED(RfcGetServerContext, RFC_CONNECTION_HANDLE rfcHandle, RFC_SERVER_CONTEXT *context)
NO_HANDLE(RFC_SERVER_HANDLE, RfcCreateServer, const RFC_CONNECTION_PARAMETER *connectionParams, unsigned paramCount)
NOT_SUPPORTED(RfcLaunchServer, RFC_SERVER_HANDLE serverHandle)
NOT_SUPPORTED(RfcShutdownServer, RFC_SERVER_HANDLE serverHandle, unsigned timeout)
NOT_SUPPORTED(RfcDestroyServer, RFC_SERVER_HANDLE serverHandle)
NOT_SUPPORTED(RfcGetServerAttributes, RFC_SERVER_HANDLE serverHandle, RFC_SERVER_ATTRIBUTES *serverAttributes)
NOT_SUPPORTED(RfcInstallGenericServerFunction, RFC_SERVER_FUNCTION serverFunction,
              RFC_FUNC_DESC_CALLBACK funcDescProvider)
NOT_SUPPORTED(RfcInstallBgRfcHandlers, const SAP_UC *sysId, RFC_ON_CHECK_UNIT onCheckFunction,
              RFC_ON_COMMIT_UNIT onCommitFunction, RFC_ON_ROLLBACK_UNIT onRollbackFunction,
              RFC_ON_CONFIRM_UNIT onConfirmFunction, RFC_ON_GET_UNIT_STATE onGetStateFunction)
NOT_SUPPORTED(RfcInstallTransactionHandlers, const SAP_UC *sysId, RFC_ON_CHECK_TRANSACTION onCheckFunction,
              RFC_ON_COMMIT_TRANSACTION onCommitFunction, RFC_ON_ROLLBACK_TRANSACTION onRollbackFunction,
              RFC_ON_CONFIRM_TRANSACTION onConfirmFunction)
NOT_SUPPORTED(RfcInstallAuthorizationCheckHandler, RFC_ON_AUTHORIZATION_CHECK onAuthorizationCheck)

/* ---- fields by index, and accessors that bindings do not use ---- */

BY_INDEX(RfcGetChars, RFC_CHAR *charBuffer, unsigned bufferLength)
BY_INDEX(RfcGetNum, RFC_NUM *charBuffer, unsigned bufferLength)
BY_INDEX(RfcGetDate, RFC_DATE emptyDate)
BY_INDEX(RfcGetTime, RFC_TIME emptyTime)
BY_INDEX(RfcGetString, SAP_UC *stringBuffer, unsigned bufferLength, unsigned *stringLength)
BY_INDEX(RfcGetStringLength, unsigned *stringLength)
BY_INDEX(RfcGetBytes, SAP_RAW *byteBuffer, unsigned bufferLength)
BY_INDEX(RfcGetXString, SAP_RAW *byteBuffer, unsigned bufferLength, unsigned *xstringLength)
BY_INDEX(RfcGetInt, RFC_INT *value)
BY_INDEX(RfcGetInt1, RFC_INT1 *value)
BY_INDEX(RfcGetInt2, RFC_INT2 *value)
BY_INDEX(RfcGetInt8, RFC_INT8 *value)
BY_INDEX(RfcGetFloat, RFC_FLOAT *value)
BY_INDEX(RfcGetDecF16, RFC_DECF16 *value)
BY_INDEX(RfcGetDecF34, RFC_DECF34 *value)
BY_INDEX(RfcGetStructure, RFC_STRUCTURE_HANDLE *structHandle)
BY_INDEX(RfcGetTable, RFC_TABLE_HANDLE *tableHandle)
BY_INDEX(RfcSetChars, const RFC_CHAR *charValue, unsigned valueLength)
BY_INDEX(RfcSetNum, const RFC_NUM *charValue, unsigned valueLength)
BY_INDEX(RfcSetString, const SAP_UC *stringValue, unsigned valueLength)
BY_INDEX(RfcSetDate, const RFC_DATE date)
BY_INDEX(RfcSetTime, const RFC_TIME time)
BY_INDEX(RfcSetBytes, const SAP_RAW *byteValue, unsigned valueLength)
BY_INDEX(RfcSetXString, const SAP_RAW *byteValue, unsigned valueLength)
BY_INDEX(RfcSetInt, RFC_INT value)
BY_INDEX(RfcSetInt1, RFC_INT1 value)
BY_INDEX(RfcSetInt2, RFC_INT2 value)
BY_INDEX(RfcSetInt8, RFC_INT8 value)
BY_INDEX(RfcSetFloat, RFC_FLOAT value)
BY_INDEX(RfcSetDecF16, RFC_DECF16 value)
BY_INDEX(RfcSetDecF34, RFC_DECF34 value)

NOT_SUPPORTED(RfcGetDecF16, DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_DECF16 *value)
NOT_SUPPORTED(RfcGetDecF34, DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_DECF34 *value)
NOT_SUPPORTED(RfcSetInt1, DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_INT1 value)
NOT_SUPPORTED(RfcSetInt2, DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_INT2 value)
NOT_SUPPORTED(RfcSetDecF16, DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_DECF16 value)
NOT_SUPPORTED(RfcSetDecF34, DATA_CONTAINER_HANDLE dataHandle, const SAP_UC *name, RFC_DECF34 value)
