"""Cutting rows into chunks that fit their frame, so that no posting waits behind a large one; pure."""

from collections.abc import Iterator
from typing import Final

import msgspec

__all__ = ["CHUNK_BYTES", "chunks"]

CHUNK_BYTES: Final = 200 * 1024
"""Below the limit of a rows frame (256 KiB) with its envelope id."""

_encoder = msgspec.msgpack.Encoder()


def chunks(rows: list[list[str]]) -> Iterator[list[list[str]]]:
    """Yield the rows in order, each chunk of at most `CHUNK_BYTES` unless one row alone is larger."""
    if not rows:
        return
    size = len(_encoder.encode(rows))
    if size <= CHUNK_BYTES or len(rows) == 1:
        yield rows
        return
    step = max(1, len(rows) * CHUNK_BYTES // (size + 1))
    for start in range(0, len(rows), step):
        portion = rows[start : start + step]
        if step == 1 or len(_encoder.encode(portion)) <= CHUNK_BYTES:
            yield portion
        else:
            yield from chunks(portion[: len(portion) // 2])
            yield from chunks(portion[len(portion) // 2 :])
