"""What a scripted effect does to the session that meets it."""

from typing import Any

from .ddic import FunctionModule, Structure, Table
from .errors import Drop, RfcError, abap_exception, communication_failure, logon_failure, message, short_dump
from .points import Effect

__all__ = ["ACTIONS", "perform", "scripted_answer"]

# What a fault may do. "continue" only counts, delays or holds; "return" answers for the function module, and "abort" is
# for the update task.
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
    """Carry out what ends the call; hand back what is for others to carry out."""
    if effect is None or effect.action in {"continue", "return", "abort"}:
        return effect
    if effect.action == "drop":
        raise Drop
    raise _error(effect)


def scripted_answer(module: FunctionModule, effect: Effect) -> dict[str, Any]:
    """Answer with scripted parameters: texts for elementary ones, maps by field name for structures and table rows."""
    answer: dict[str, Any] = {}
    for name, value in effect.details.items():
        parameter = module.by_name.get(name)
        if parameter is None:
            raise short_dump("SANDBOX_SCRIPT", f"{module.name} has no parameter {name} to return.")
        if isinstance(parameter.type, Table):
            answer[name] = [parameter.type.line.write(row) for row in value]
        else:
            answer[name] = parameter.type.write(value) if isinstance(parameter.type, Structure) else value
    return answer


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
