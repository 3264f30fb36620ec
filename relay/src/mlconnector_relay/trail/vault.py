"""Encryption at rest: secrets under the master key, personal data under a key per subject that can be destroyed.

AES-256-GCM everywhere. A ciphertext is bound to tenant and subject, so that it cannot be moved to another row's.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from mlconnector_shared.runtime import Runtime

from ..db import subjects
from ..db.engine import Transaction
from ..db.subjects import SubjectKey
from .errors import SubjectErased, Undecryptable

__all__ = ["Cipher", "Vault"]

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
REWRAPPED_AT_ONCE: Final = 500

_SECRET: Final = b"mlconnector secret"
_DATA_KEY: Final = "mlconnector data key"
_DATA: Final = "mlconnector data"


class Vault:
    """Seals and opens what is kept encrypted.

    Args:
        master_key: 32 bytes; wraps what is new.
        runtime: randomness and clock.
        former: master keys that were used before; they still open what they wrapped.
    """

    def __init__(self, master_key: bytes, runtime: Runtime, former: Sequence[bytes] = ()) -> None:
        self._runtime = runtime
        self._id = _key_id(master_key)
        self._masters = {_key_id(key): AESGCM(key) for key in (*former, master_key)}

    def seal_secret(self, secret: str) -> bytes:
        """Encrypt a credential under the master key."""
        return self._id.encode() + self._encrypt(self._masters[self._id], secret.encode(), _SECRET)

    def open_secret(self, sealed: bytes) -> str:
        """Decrypt a credential.

        Raises:
            Undecryptable: no master key we hold opens it.
        """
        size = len(self._id)
        return _decrypt(self._master(sealed[:size].decode("ascii", "replace")), sealed[size:], _SECRET).decode()

    async def cipher(self, tx: Transaction, tenant: str, subject: str) -> "Cipher":
        """Return what encrypts a subject's data in this transaction, under a new key where there is none.

        Raises:
            SubjectErased: the subject's key was destroyed.
        """
        key = await subjects.claim(tx, self._new_key(tenant, subject))
        return Cipher(tenant, subject, self._unwrapped(key), self._runtime)

    async def seal(self, tx: Transaction, tenant: str, subject: str, content: bytes) -> bytes:
        """Encrypt personal data under its subject's key, which is made where there is none.

        Raises:
            SubjectErased: the subject's key was destroyed.
        """
        return (await self.cipher(tx, tenant, subject)).seal(content)

    async def open(self, tx: Transaction, tenant: str, subject: str, sealed: bytes) -> bytes:
        """Decrypt personal data.

        Raises:
            SubjectErased: the subject's key was destroyed.
            Undecryptable: no key we hold opens it, or it was altered.
        """
        known = (await subjects.of(tx, tenant, (subject,))).get(subject)
        if known is None:
            raise Undecryptable(f"subject {subject} of tenant {tenant} has no key")
        return _decrypt(self._unwrapped(known), sealed, _bound(_DATA, tenant, subject))

    async def erase(self, tx: Transaction, tenant: str, subject: str, reason: str) -> bool:
        """Destroy a subject's key: what it encrypts is gone, and nothing about the subject is stored again.

        Returns:
            False when it was erased before.
        """
        return await subjects.destroy(tx, tenant, subject, reason, self._runtime.now())

    async def rewrap(self, tx: Transaction, tenant: str) -> int:
        """Wrap some keys of former master keys anew; return how many, 0 when all are done."""
        outdated = await subjects.wrapped_otherwise(tx, tenant, self._id, REWRAPPED_AT_ONCE)
        for key in outdated:
            data_key = self._data_key(key)
            await subjects.rewrap(tx, key, self._wrapped(data_key, tenant, key.subject), self._id)
        return len(outdated)

    def _new_key(self, tenant: str, subject: str) -> SubjectKey:
        wrapped = self._wrapped(self._runtime.token(KEY_BYTES), tenant, subject)
        return SubjectKey(tenant, subject, wrapped, self._id, self._runtime.now(), None, "")

    def _wrapped(self, data_key: bytes, tenant: str, subject: str) -> bytes:
        return self._encrypt(self._masters[self._id], data_key, _bound(_DATA_KEY, tenant, subject))

    def _unwrapped(self, key: SubjectKey) -> AESGCM:
        return AESGCM(self._data_key(key))

    def _data_key(self, key: SubjectKey) -> bytes:
        if key.wrapped_key is None:
            raise SubjectErased(key.tenant, key.subject)
        return _decrypt(self._master(key.master_key_id), key.wrapped_key, _bound(_DATA_KEY, key.tenant, key.subject))

    def _master(self, key_id: str) -> AESGCM:
        master = self._masters.get(key_id)
        if master is None:
            raise Undecryptable(f"master key {key_id!r} is not here; name its file among the former master keys")
        return master

    def _encrypt(self, key: AESGCM, content: bytes, bound: bytes) -> bytes:
        return _encrypt(key, self._runtime.token(NONCE_BYTES), content, bound)


class Cipher:
    """Encrypts the data of one subject, in the transaction it was made in: afterwards the key may be destroyed."""

    def __init__(self, tenant: str, subject: str, key: AESGCM, runtime: Runtime) -> None:
        self.tenant = tenant
        self.subject = subject
        self._key = key
        self._runtime = runtime

    def seal(self, content: bytes) -> bytes:
        """Encrypt personal data."""
        bound = _bound(_DATA, self.tenant, self.subject)
        return _encrypt(self._key, self._runtime.token(NONCE_BYTES), content, bound)


def _encrypt(key: AESGCM, nonce: bytes, content: bytes, bound: bytes) -> bytes:
    return nonce + key.encrypt(nonce, content, bound)


def _decrypt(key: AESGCM, sealed: bytes, bound: bytes) -> bytes:
    try:
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)
    except (InvalidTag, ValueError) as error:
        raise Undecryptable("the ciphertext was altered, or belongs elsewhere") from error


def _bound(purpose: str, tenant: str, subject: str) -> bytes:
    return f"{purpose}\0{tenant}\0{subject}".encode()


def _key_id(master_key: bytes) -> str:
    return hashlib.sha256(b"mlconnector master key\0" + master_key).hexdigest()[:16]
