"""What a scripted effect does to the session that meets it."""

from typing import Any

from .errors import Drop, RfcError, abap_exception, communication_failure, logon_failure, message, short_dump
from .points import Effect

__all__ = ["ACTIONS", "perform"]

# What a fault may do, and where. "continue" only counts, delays or holds; "return" is carried out by the function module,
# "abort" by the update task.
ACTIONS = (
    "continue",
    "drop",
    "dump",
    "message",
    "exception",
    "logon_failure",
    "communication_failure",
    "return",
    "abort",
)


def perform(effect: Effect | None) -> Effect | None:
    """Carry out what ends the call; hand back what is for the function module."""
    if effect is None or effect.action in {"continue", "return", "abort"}:
        return effect
    if effect.action == "drop":
        raise Drop
    raise _error(effect)


def _error(effect: Effect) -> RfcError:
    details = {k: str(v) for k, v in effect.details.items() if not isinstance(v, list)}
    variables = tuple(str(v) for v in _list(effect.details.get("variables")))
    text = details.get("text", "")
    if effect.action == "dump":
        return short_dump(details.get("key", "TIME_OUT"), text or "Time limit exceeded.")
    if effect.action == "message":
        kind, cls, number = details.get("type", "A"), details.get("class", "00"), details.get("number", "341")
        return message(cls, kind, number, text or "A scripted message ended the session", *variables)
    if effect.action == "exception":
        return abap_exception(
            details["key"], details.get("class", ""), details.get("type", ""), details.get("number", ""), *variables
        )
    if effect.action == "logon_failure":
        return logon_failure(text or "Name or password is incorrect (repeat logon)")
    return communication_failure(text or "max no of 100 conversations exceeded")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
