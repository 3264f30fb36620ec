/* library.c - API: the library itself: version and crypto library. */
#include "error.h"
#include "memory.h"
#include "text.h"

#include <pthread.h>

/* Major and minor are those of the SDK whose interface this is. Patch level and text are what tells the sandbox from
 * SAP's library: its patch levels have two digits. */
enum { MAJOR_VERSION = 7500, MINOR_VERSION = 0, PATCH_LEVEL = 9999 };
#define VERSION_TEXT u"stand-in for the SAP NW RFC library (sandbox, not SAP software)"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards all below */
static char *crypto_library;

const SAP_UC *RfcGetVersion(unsigned *majorVersion, unsigned *minorVersion, unsigned *patchLevel)
{
    if (majorVersion)
        *majorVersion = MAJOR_VERSION;
    if (minorVersion)
        *minorVersion = MINOR_VERSION;
    if (patchLevel)
        *patchLevel = PATCH_LEVEL;
    return VERSION_TEXT;
}

/* Nothing is loaded: the sandbox has no SNC. As in SAP's library the first path stays for the process. */
RFC_RC RfcLoadCryptoLibrary(const SAP_UC *pathName, RFC_ERROR_INFO *errorInfo)
{
    char *path = utf16_to_new_utf8(pathName);
    pthread_mutex_lock(&lock);
    if (!crypto_library && *path)
        crypto_library = copy_text(path, strlen(path));
    bool is_ours = crypto_library && !strcmp(crypto_library, path);
    pthread_mutex_unlock(&lock);
    free(path);
    return is_ours ? succeed(errorInfo)
                   : fail(errorInfo, RFC_ILLEGAL_STATE, "The path is empty, or another crypto library is set already");
}
