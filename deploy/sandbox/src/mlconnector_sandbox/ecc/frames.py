"""Frames of the protocol with the RFC library's stand-in: 4 bytes of length, then one msgpack array."""

import select
import socket
import struct
from typing import Any

import msgspec

__all__ = ["MAX_FRAME", "is_gone", "receive", "send"]

MAX_FRAME = 1 << 30  # the protocol's own limit
_HEAD = struct.Struct(">I")
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


def receive(connection: socket.socket) -> Any | None:
    """Read one frame; None when the client has closed the connection or sent something else."""
    head = _read(connection, _HEAD.size)
    if head is None:
        return None
    (length,) = _HEAD.unpack(head)
    if length > MAX_FRAME:
        return None
    body = _read(connection, length)
    return None if body is None else _decode(body)


def send(connection: socket.socket, answer: list[Any]) -> None:
    """Write one frame."""
    body = _encode(answer)
    connection.sendall(_HEAD.pack(len(body)) + body)


def is_gone(connection: socket.socket) -> bool:
    """Tell whether the client has ended the connection while the simulator is busy with its call."""
    try:
        readable, _, _ = select.select([connection], [], [], 0)
        return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):  # closed meanwhile, by us or by the other side
        return True


def _read(connection: socket.socket, length: int) -> bytes | None:
    first = connection.recv(min(length, 1 << 20))
    if len(first) == length:
        return first
    buffer = bytearray(first)
    while first and len(buffer) < length:
        first = connection.recv(min(length - len(buffer), 1 << 20))
        buffer += first
    return bytes(buffer) if len(buffer) == length else None
