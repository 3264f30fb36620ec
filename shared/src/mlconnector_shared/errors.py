"""The root of every error of ml-connector, and what the shared package raises.

ConnectorError
├── ProtocolError
│   ├── LocalProtocolError      we misused the protocol: a defect of ours
│   └── RemoteProtocolError     the peer misbehaved: the session ends
├── EnvelopeError
│   ├── SignatureInvalid        the bytes were not signed by a key we trust
│   └── Malformed               the signature holds, the content does not fit
└── ChainBroken                 an audit chain was altered, cut or reordered
"""

from typing import ClassVar, Final

import msgspec

__all__ = [
    "UNREADABLE",
    "ChainBroken",
    "ConnectorError",
    "EnvelopeError",
    "LocalProtocolError",
    "Malformed",
    "ProtocolError",
    "RemoteProtocolError",
    "SignatureInvalid",
]


UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError)
"""What decoding bytes of a stranger can raise; nothing else may escape from it."""


class ConnectorError(Exception):
    """Root of ml-connector's errors.

    Attributes:
        retryable: whether trying the same again later can help.
    """

    retryable: ClassVar[bool] = False


class ProtocolError(ConnectorError):
    """A message did not fit the state of its session."""


class LocalProtocolError(ProtocolError):
    """We tried to send what the protocol forbids here."""


class RemoteProtocolError(ProtocolError):
    """The peer sent what the protocol forbids here; the session is closed."""

    retryable: ClassVar[bool] = True


class EnvelopeError(ConnectorError):
    """Sealed bytes could not be opened."""


class SignatureInvalid(EnvelopeError):
    """No trusted key signed these bytes for this purpose."""


class Malformed(EnvelopeError):
    """The content does not fit its type: a field is unknown, missing or of the wrong kind."""


class ChainBroken(ConnectorError):
    """A record of an audit chain was altered, removed or reordered."""

    def __init__(self, sequence: int, detail: str) -> None:
        super().__init__(f"audit chain breaks at record {sequence}: {detail}")
        self.sequence = sequence
