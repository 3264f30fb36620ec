/* text.c - UTF-8 and UTF-16. */
#include "text.h"

#include "error.h"
#include "memory.h"

#define REPLACEMENT 0xfffdu
#define ASCII_RUN 8 /* bytes looked at together while a text is ASCII, which nearly all of it is */

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* One code point from a text that does not begin with ASCII; advances *at. */
static uint32_t decode_utf8(const uint8_t *text, size_t bytes, size_t *at)
{
    uint8_t lead = text[(*at)++];
    int more;
    uint32_t point, smallest;
    if (lead >= 0xc2 && lead < 0xe0) {
        more = 1, point = lead & 0x1f, smallest = 0x80;
    } else if (lead >= 0xe0 && lead < 0xf0) {
        more = 2, point = lead & 0x0f, smallest = 0x800;
    } else if (lead >= 0xf0 && lead < 0xf5) {
        more = 3, point = lead & 0x07, smallest = 0x10000;
    } else {
        return REPLACEMENT;
    }
    for (; more && *at < bytes && is_continuation(text[*at]); more--)
        point = point << 6 | (text[(*at)++] & 0x3f);
    bool is_surrogate = point >= 0xd800 && point < 0xe000;
    return more || point < smallest || point > 0x10ffff || is_surrogate ? REPLACEMENT : point;
}

size_t utf8_to_utf16(const uint8_t *text, size_t bytes, SAP_UC *out, size_t room)
{
    size_t at = 0, units = 0;
    while (at < bytes) {
        while (bytes - at >= ASCII_RUN && room >= units + ASCII_RUN) {
            uint64_t run;
            memcpy(&run, text + at, sizeof run);
            if (run & 0x8080808080808080u)
                break;
            for (int i = 0; i < ASCII_RUN; i++)
                out[units + i] = text[at + i];
            at += ASCII_RUN;
            units += ASCII_RUN;
        }
        if (at == bytes)
            break;
        uint32_t point = text[at] < 0x80 ? text[at++] : decode_utf8(text, bytes, &at);
        if (point < 0x10000) {
            if (units < room)
                out[units] = (SAP_UC)point;
            units++;
            continue;
        }
        if (units < room) /* a text cut inside a pair keeps the first half, as a field of fixed length does */
            out[units] = (SAP_UC)(0xd7c0 + (point >> 10));
        if (units + 1 < room)
            out[units + 1] = (SAP_UC)(0xdc00 | (point & 0x3ff));
        units += 2;
    }
    return units;
}

/* One code point; advances *at. */
static uint32_t decode_utf16(const SAP_UC *text, size_t units, size_t *at)
{
    uint32_t unit = text[(*at)++];
    if (unit < 0xd800 || unit >= 0xe000)
        return unit;
    if (unit >= 0xdc00 || *at == units || (text[*at] & 0xfc00) != 0xdc00)
        return REPLACEMENT;
    return 0x10000 + ((unit & 0x3ff) << 10) + (text[(*at)++] & 0x3ff);
}

size_t utf16_to_utf8(const SAP_UC *text, size_t units, uint8_t *out, size_t room)
{
    static const uint8_t LEAD[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t at = 0, bytes = 0;
    while (at < units) {
        if (text[at] < 0x80) {
            if (bytes < room)
                out[bytes] = (uint8_t)text[at];
            at++;
            bytes++;
            continue;
        }
        uint32_t point = decode_utf16(text, units, &at);
        size_t length = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        if (bytes + length <= room) {
            for (size_t i = length - 1; i; i--, point >>= 6)
                out[bytes + i] = (uint8_t)(0x80 | (point & 0x3f));
            out[bytes] = (uint8_t)(LEAD[length] | point);
        }
        bytes += length;
    }
    return bytes;
}

void utf8_to_array(const uint8_t *text, size_t bytes, SAP_UC *out, size_t units)
{
    size_t needed = utf8_to_utf16(text, bytes, out, units - 1);
    out[needed < units ? needed : units - 1] = 0;
}

char *utf16_to_new_utf8(const SAP_UC *text)
{
    size_t units = text ? strlenU(text) : 0;
    size_t bytes = utf16_to_utf8(text, units, NULL, 0);
    char *out = allocate_raw(bytes + 1);
    utf16_to_utf8(text, units, (uint8_t *)out, bytes);
    out[bytes] = 0;
    return out;
}

void copy_units(SAP_UC *out, const SAP_UC *text, size_t units)
{
    size_t i = 0;
    for (; i + 1 < units && text[i]; i++)
        out[i] = text[i];
    out[i] = 0;
}

/* ---- for bindings that have no UTF-16 of their own ---- */

/* *size counts the terminator, on the way in as room and on the way out, if it was too small, as what is needed */
static RFC_RC converted(size_t needed, unsigned *size, unsigned *length, RFC_ERROR_INFO *info)
{
    if (length)
        *length = (unsigned)needed;
    if (needed < *size)
        return succeed(info);
    *size = (unsigned)needed + 1;
    return fail(info, RFC_BUFFER_TOO_SMALL, "The converted text needs room for %u characters", *size);
}

RFC_RC RfcUTF8ToSAPUC(const RFC_BYTE *utf8, unsigned utf8Length, SAP_UC *sapuc, unsigned *sapucSize,
                      unsigned *resultLength, RFC_ERROR_INFO *errorInfo)
{
    size_t room = *sapucSize ? *sapucSize - 1 : 0;
    size_t needed = utf8_to_utf16(utf8, utf8Length, sapuc, room);
    RFC_RC rc = converted(needed, sapucSize, resultLength, errorInfo);
    if (rc == RFC_OK)
        sapuc[needed] = 0;
    return rc;
}

RFC_RC RfcSAPUCToUTF8(const SAP_UC *sapuc, unsigned sapucLength, RFC_BYTE *utf8, unsigned *utf8Size,
                      unsigned *resultLength, RFC_ERROR_INFO *errorInfo)
{
    size_t room = *utf8Size ? *utf8Size - 1 : 0;
    size_t needed = utf16_to_utf8(sapuc, sapucLength, utf8, room);
    RFC_RC rc = converted(needed, utf8Size, resultLength, errorInfo);
    if (rc == RFC_OK)
        utf8[needed] = 0;
    return rc;
}
