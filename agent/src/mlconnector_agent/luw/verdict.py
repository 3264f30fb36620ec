"""What SAP's answers mean, pure: RETURN of POST, RETURN of COMMIT, and errors of calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlconnector_shared.bapi import Message, read_return

from ..rfc.errors import Kind, RfcError
from .trace import messages_of

__all__ = ["Obsolete", "Posted", "Rejected", "commit_complaint", "may_retry", "read_post"]

_POSTED: Final = ("RW", "605")
_NO_KEY: Final = {"", "$", "0000"}
_LOCKED: Final = frozenset({("F5", "353"), ("F5", "354"), ("F5", "355"), ("F5", "375"), ("ZMLC", "014")})
"""Somebody has the account or the document locked at this moment."""

_PASSING_DUMPS: Final = frozenset({"TIME_OUT"})


@dataclass(frozen=True, slots=True)
class Posted:
    """POST succeeded; the document exists once COMMIT has run."""

    object_key: str
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """SAP refused the document; the LUW must be rolled back."""

    primary: Message | None
    messages: tuple[Message, ...]

    @property
    def is_passing(self) -> bool:
        """Tell whether the same document may be accepted in a moment."""
        return self.primary is not None and (self.primary.id, self.primary.number) in _LOCKED

    @property
    def sentence(self) -> str:
        """Return the cause for a person."""
        if self.primary is None:
            return "SAP named neither an error nor a document"
        return f"{self.primary.code}: {self.primary.text}"


@dataclass(frozen=True, slots=True)
class Obsolete:
    """SAP refused a change that has become needless; there is nothing left to do.

    Attributes:
        reason: a stable word for why.
    """

    reason: str
    sentence: str
    messages: tuple[Message, ...]


def read_post(answer: Mapping[str, Any]) -> Posted | Rejected:
    """Read POST's answer: only without an error, with RW 605 and with an object key is there a document."""
    summary = read_return(answer.get("RETURN") or [])
    messages = messages_of(dict(answer))
    object_key = str(answer.get("OBJ_KEY") or "").strip()
    said_so = any((message.id, message.number) == _POSTED for message in messages)
    if summary.is_error or not said_so or object_key in _NO_KEY:
        return Rejected(summary.primary, messages)
    return Posted(object_key, messages)


def commit_complaint(answer: Mapping[str, Any]) -> str:
    """Return what COMMIT complained of; only an empty RETURN is final."""
    return "; ".join(f"{message.type} {message.code}: {message.text}" for message in messages_of(dict(answer)))


def may_retry(error: RfcError) -> bool:
    """Tell whether the same call can succeed later without anybody doing anything, nothing being committed."""
    match error.kind:
        case Kind.COMMUNICATION | Kind.TIMEOUT | Kind.CHILD_DIED:
            return True
        case Kind.ABAP_RUNTIME:
            return error.key in _PASSING_DUMPS
        case Kind.APPLICATION | Kind.LOGON | Kind.LIBRARY:
            return False
