"""How a call can go wrong, as the RFC library reports it.

RfcError   answered as an error: code and group as in the protocol of the RFC library's stand-in
  group 1 leaves the session alive; 2, 3 and 4 end it and roll its LUW back
Drop       not answered at all: the connection just ends
"""

__all__ = [
    "Drop",
    "RfcError",
    "abap_exception",
    "communication_failure",
    "logon_failure",
    "message",
    "short_dump",
]

_ALIVE = 1


class RfcError(Exception):
    """A call ends with an error that the client gets to see."""

    def __init__(
        self,
        code: int,
        group: int,
        key: str,
        text: str,
        message_class: str = "",
        kind: str = "",
        number: str = "",
        *v: str,
    ) -> None:
        super().__init__(text)
        self.group = group
        self.wire: dict[str, str | int] = {
            "code": code,
            "group": group,
            "key": key,
            "message": text,
            "class": message_class,
            "type": kind,
            "number": number,
            **{f"v{position}": value for position, value in enumerate(v[:4], 1)},
        }

    @property
    def ends_session(self) -> bool:
        """Tell whether the session is over after this error."""
        return self.group != _ALIVE


class Drop(Exception):
    """The connection ends without an answer."""


def abap_exception(key: str, message_class: str = "", kind: str = "", number: str = "", *v: str) -> RfcError:
    """Build what RAISE and MESSAGE ... RAISING give the caller; the session lives on."""
    text = f"ID:{message_class} Type:{kind} Number:{number} {' '.join(v)}".rstrip() if message_class else " Number:000"
    return RfcError(5, 1, key, text, message_class, kind, number or "000", *v)


def message(message_class: str, kind: str, number: str, text: str, *v: str) -> RfcError:
    """Build what an uncaught message of type A, E or X gives the caller; the session is over."""
    if kind == "X":
        text = "The current application has triggered a termination with a short dump."
        return RfcError(4, 2, "MESSAGE_TYPE_X", text, message_class, kind, number, *v)
    return RfcError(4, 2, text, text, message_class, kind, number, *v)


def short_dump(key: str, text: str) -> RfcError:
    """Build what a short dump gives the caller; the session is over."""
    return RfcError(3, 2, key, text)


def logon_failure(text: str, number: str = "152") -> RfcError:
    """Build the refusal of a logon."""
    return RfcError(2, 3, "RFC_LOGON_FAILURE", text, "00", "E", number)


def communication_failure(text: str) -> RfcError:
    """Build the refusal of a connection by the gateway."""
    return RfcError(1, 4, "RFC_COMMUNICATION_FAILURE", text)
