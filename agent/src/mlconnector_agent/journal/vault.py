"""Payloads at rest: AES-256-GCM under one data key for each order, wrapped by a master key in a file of mode 0600.

Deleting an order's data key erases its payloads; phases and digests stay. A wrapped key begins with the number of its
master key, so that master keys can be replaced.
"""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ..identity import create_private
from .errors import JournalError

__all__ = ["Vault", "subject_of"]

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_STEP_PARTS: Final = 3


def subject_of(posting_id: str) -> str:
    """Return whose data a posting carries: everything before kind, ordinal and part of its id."""
    return "/".join(posting_id.split("/")[:-_STEP_PARTS]) or posting_id


class Vault:
    """Encrypts and decrypts; data keys live in the table `subject_keys` of the same database."""

    def __init__(self, keys: dict[int, bytes], token: Callable[[int], bytes]) -> None:
        self._masters = {number: AESGCM(key) for number, key in keys.items()}
        self._current = max(keys)
        self._token = token

    @classmethod
    def load(cls, journal: Path, token: Callable[[int], bytes]) -> "Vault":
        """Read the master key file beside a journal, one hexadecimal key per line; make it where the journal is new.

        Raises:
            JournalError: the file is missing though there is a journal, is not one of ours, or others may read it.
        """
        path = journal.with_suffix(".key")
        if not journal.exists():
            create_private(path, f"{token(_KEY_BYTES).hex()}\n".encode())
        elif not path.exists():
            # Another key would open nothing of what is there, and be kept beside it as if it did.
            raise JournalError(f"the journal key {path} is missing; restore it from the backup")
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise JournalError(f"others may read the journal key {path}; run: chmod 600 {path}")
        try:
            keys = [bytes.fromhex(line) for line in path.read_text("ascii").split()]
        except ValueError as error:
            raise JournalError(f"{path} is not a journal key: {error}; restore it from the backup") from error
        if not keys or any(len(key) != _KEY_BYTES for key in keys):
            raise JournalError(f"{path} is not a journal key of {_KEY_BYTES} bytes; restore it from the backup")
        return cls(dict(enumerate(keys)), token)

    def encrypt(self, connection: sqlite3.Connection, subject: str, payload: bytes) -> bytes:
        """Encrypt a payload under its subject's data key, making the key where there is none."""
        nonce = self._token(_NONCE_BYTES)
        return nonce + AESGCM(self._data_key(connection, subject)).encrypt(nonce, payload, subject.encode())

    def decrypt(self, connection: sqlite3.Connection, subject: str, data: bytes) -> bytes:
        """Decrypt a payload.

        Raises:
            JournalError: the data key was erased, or the bytes were altered.
        """
        row = connection.execute("SELECT wrapped FROM subject_keys WHERE subject = ?", (subject,)).fetchone()
        if row is None:
            raise JournalError(f"the payloads of {subject} were erased")
        try:
            key = self._unwrap(subject, row[0])
            return AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], subject.encode())
        except InvalidTag as error:
            raise JournalError(
                f"a payload of {subject} does not decrypt: altered, or the journal key is another"
            ) from error

    def _data_key(self, connection: sqlite3.Connection, subject: str) -> bytes:
        row = connection.execute("SELECT wrapped FROM subject_keys WHERE subject = ?", (subject,)).fetchone()
        if row is not None:
            try:
                return self._unwrap(subject, row[0])
            except InvalidTag as error:
                raise JournalError(f"the data key of {subject} does not unwrap: the journal key is another") from error
        key, nonce = self._token(_KEY_BYTES), self._token(_NONCE_BYTES)
        master = self._masters[self._current]
        wrapped = bytes([self._current]) + nonce + master.encrypt(nonce, key, subject.encode())
        connection.execute("INSERT INTO subject_keys VALUES (?, ?)", (subject, wrapped))
        return key

    def _unwrap(self, subject: str, wrapped: bytes) -> bytes:
        master = self._masters.get(wrapped[0])
        if master is None:
            raise JournalError(
                f"master key {wrapped[0]} of the journal is missing; restore the key file from the backup"
            )
        nonce, sealed = wrapped[1 : 1 + _NONCE_BYTES], wrapped[1 + _NONCE_BYTES :]
        return master.decrypt(nonce, sealed, subject.encode())
