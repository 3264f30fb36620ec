"""Ed25519 over bytes: seal what leaves, open what arrives. The content is parsed only after the signature held."""

import hashlib
from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from .errors import UNREADABLE, SignatureInvalid

__all__ = ["MAX_SEALED_BYTES", "Kind", "Signer", "Trust", "fingerprint", "open_", "public_from_bytes", "seal"]

Kind = Literal["call", "result", "receipt", "anchor"]
"""What the bytes are; part of what is signed, so that a result can never be taken for a call."""

MAX_SEALED_BYTES: Final = 4 * 1024 * 1024
"""A document of 999 lines takes about 400 KB; nothing we seal comes near this."""


class _Sealed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    scheme: Literal["mlc1"]
    key_id: str
    payload: bytes
    signature: bytes


class Signer:
    """A private key and the id under which its public half is trusted."""

    def __init__(self, key_id: str, private: Ed25519PrivateKey) -> None:
        self.key_id = key_id
        self._private = private

    @classmethod
    def from_seed(cls, seed: bytes) -> "Signer":
        """Build the signer of a 32-byte seed; its key id is the public key's fingerprint."""
        private = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(fingerprint(private.public_key()), private)

    @property
    def public_bytes(self) -> bytes:
        """Return the raw 32 bytes of the public key."""
        return self._private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of a message."""
        return self._private.sign(message)


Trust = Mapping[str, Ed25519PublicKey]
"""Public keys by key id: a bundle, so that keys rotate with overlap."""


def public_from_bytes(raw: bytes) -> Ed25519PublicKey:
    """Load a raw 32-byte public key."""
    return Ed25519PublicKey.from_public_bytes(raw)


def fingerprint(public: Ed25519PublicKey) -> str:
    """Return the key id of a public key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]


def seal(kind: Kind, payload: bytes, signer: Signer) -> bytes:
    """Return payload, key id and signature as one byte string."""
    signature = signer.sign(_signed(kind, signer.key_id, payload))
    return msgspec.msgpack.encode(_Sealed("mlc1", signer.key_id, payload, signature))


def open_(kind: Kind, sealed: bytes, trust: Trust) -> bytes:
    """Verify, then return the payload; nothing of it was parsed.

    Raises:
        SignatureInvalid: too large, not sealed bytes, an unknown key, or a signature that does not hold.
    """
    if len(sealed) > MAX_SEALED_BYTES:
        raise SignatureInvalid(f"{len(sealed)} sealed bytes exceed the limit of {MAX_SEALED_BYTES}")
    try:
        parts = msgspec.msgpack.decode(sealed, type=_Sealed)
    except UNREADABLE as error:
        raise SignatureInvalid(f"not sealed bytes: {error}") from error
    public = trust.get(parts.key_id)
    if public is None:
        raise SignatureInvalid(f"key {parts.key_id!r} is not trusted for a {kind}")
    try:
        public.verify(parts.signature, _signed(kind, parts.key_id, parts.payload))
    except InvalidSignature as error:
        raise SignatureInvalid(f"the signature by key {parts.key_id!r} does not hold for a {kind}") from error
    return parts.payload


def _signed(kind: Kind, key_id: str, payload: bytes) -> bytes:
    return f"mlconnector.{kind}.v1\0{key_id}\0".encode() + payload
