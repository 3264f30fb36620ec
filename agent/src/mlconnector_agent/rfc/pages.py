"""A page of a table as it leaves the RFC child: in the order of its key, in chunks that travel as they are; pure.

Whoever passes a page on needs its last key and whether there is more, not its cells.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice
from operator import eq, itemgetter, lt
from typing import Any, Final

import msgspec

from .frames import Page

__all__ = ["CHUNK_BYTES", "arrange", "pack", "unpack"]

CHUNK_BYTES: Final = 200 * 1024
"""Below the limit of a rows frame (256 KiB) with its envelope id."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(list[list[str]]).decode

Rows = list[list[str]]


def arrange(rows: Rows, key: Sequence[int], numeric: Sequence[bool], size: int) -> Page:
    """Make a page of the rows of a range of keys.

    Args:
        rows: those that came, one more than `size` where there are more.
        key: where the key's columns stand in a row; without a key the rows stay as they came.
        numeric: for each of them, whether it is a number.
        size: how many rows the page may have.
    """
    is_complete = len(rows) <= size
    if not key:
        return Page(pack(rows[:size]), [], is_complete, in_order=True, is_unique=True)
    orders = _orders(rows, key, numeric)
    in_order = all(map(lt, orders, islice(orders, 1, None)))
    if not in_order:
        order = sorted(range(len(rows)), key=orders.__getitem__)
        rows, orders = [rows[at] for at in order], [orders[at] for at in order]
    is_unique = in_order or not any(map(eq, orders, islice(orders, 1, None)))
    if not is_complete:
        rows = rows[: size if in_order else len(rows) // 2]
    last = [rows[-1][at] for at in key] if rows else []
    # Rows out of order with more to come may lack some in between: only where to divide their range is of use.
    return Page(pack(rows) if is_complete or in_order else [], last, is_complete, in_order, is_unique)


def pack(rows: Iterable[list[str]]) -> list[tuple[int, bytes]]:
    """Return the rows in order, in counted chunks of at most `CHUNK_BYTES` unless one row alone is larger."""
    chunks: list[tuple[int, bytes]] = []
    waiting: list[msgspec.Raw] = []
    size = 0
    for row in rows:
        data = _encode(row)
        if waiting and size + len(data) > CHUNK_BYTES:
            chunks.append((len(waiting), _encode(waiting)))
            waiting, size = [], 0
        waiting.append(msgspec.Raw(data))
        size += len(data)
    if waiting:
        chunks.append((len(waiting), _encode(waiting)))
    return chunks


def unpack(chunks: Iterable[tuple[int, bytes]]) -> Rows:
    """Return the rows of chunks."""
    return [row for _, packed in chunks for row in _decode(packed)]


def _orders(rows: Rows, key: Sequence[int], numeric: Sequence[bool]) -> list[tuple[Any, ...]]:
    columns = [
        map(Decimal, map(itemgetter(at), rows)) if is_number else map(itemgetter(at), rows)
        for at, is_number in zip(key, numeric, strict=True)
    ]
    return list(zip(*columns, strict=True))
