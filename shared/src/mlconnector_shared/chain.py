"""Tamper evidence, pure: salted commitments, Merkle roots over a batch, and the chain of batch heads.

A record is committed to by a salted digest, so that erasing its content and salt leaves every chain verifiable.
"""

import hashlib
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from .errors import UNREADABLE, Malformed

__all__ = ["GENESIS", "ChainHead", "anchor", "commitment", "head", "merkle_root", "read_anchor"]

GENESIS: Final = "0" * 64
"""The head before the first batch."""


class ChainHead(msgspec.Struct, frozen=True):
    """Where a chain stood: what one side shows the other, sealed, so that it can be held to it.

    Attributes:
        chain: whose chain it is.
        batch: number of the last batch.
        records: how many records that batch and all before it hold.
        head: the head after that batch.
    """

    chain: Literal["relay", "agent"]
    batch: int
    records: int
    head: str


_heads: Final = msgspec.json.Decoder(ChainHead)


def anchor(told: ChainHead) -> bytes:
    """Return the payload of an anchor, to be sealed."""
    return msgspec.json.encode(told)


def read_anchor(payload: bytes) -> ChainHead:
    """Read the payload of an anchor whose seal holds.

    Raises:
        Malformed: it is none.
    """
    try:
        return _heads.decode(payload)
    except UNREADABLE as error:
        raise Malformed(f"not an anchor: {error}") from error


def commitment(salt: bytes, content: bytes) -> str:
    """Return the salted SHA-256 of a record's content in hexadecimal."""
    return hashlib.sha256(b"record\0" + len(salt).to_bytes(2, "big") + salt + content).hexdigest()


def merkle_root(leaves: Sequence[str]) -> str:
    """Return the Merkle root over commitments in order; an odd node is carried up unchanged.

    Raises:
        ValueError: there are no leaves.
    """
    if not leaves:
        raise ValueError("a Merkle root needs at least one leaf")
    level = [hashlib.sha256(b"leaf\0" + bytes.fromhex(leaf)).digest() for leaf in leaves]
    while len(level) > 1:
        paired = [
            hashlib.sha256(b"node\0" + left + right).digest()
            for left, right in zip(level[::2], level[1::2], strict=False)
        ]
        level = paired + level[len(paired) * 2 :]
    return level[0].hex()


def head(previous: str, sequence: int, root: str, count: int) -> str:
    """Return the head after a batch: previous head, batch number, Merkle root and number of leaves."""
    return hashlib.sha256(f"batch\0{previous}\0{sequence}\0{root}\0{count}".encode()).hexdigest()
