"""The functions that a shared library exports, read from the file itself: no tool needs to be installed."""

import struct
from pathlib import Path

__all__ = ["exported_symbols"]

_DYNAMIC_SYMBOLS, _UNDEFINED = 11, 0
_GLOBAL, _WEAK = 1, 2


def exported_symbols(library: Path) -> set[str]:
    """List the names that a 64-bit little-endian ELF library defines for others."""
    data = library.read_bytes()
    assert data[:6] == b"\x7fELF\x02\x01", f"{library} is no 64-bit little-endian ELF file"
    (sections_at,) = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    # name, type, flags, address, offset, size, link, info, alignment, entry size
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, sections_at + i * size) for i in range(count)]
    names = set()
    for section in sections:
        if section[1] != _DYNAMIC_SYMBOLS:
            continue
        texts = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], section[9]):
            name, info, _, defined_in = struct.unpack_from("<IBBH", data, at)
            if defined_in != _UNDEFINED and info >> 4 in {_GLOBAL, _WEAK}:
                begin = texts + name
                names.add(data[begin : data.index(b"\0", begin)].decode())
    return names
