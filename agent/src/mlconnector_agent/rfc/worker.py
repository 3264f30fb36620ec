"""The program of an RFC child: one connection, requests from stdin, answers to stdout. The only importer of pyrfc.

pyrfc would reconnect by itself inside a failing call: a second logon nobody permitted, on which a COMMIT would succeed
and commit nothing. It is left nothing to reconnect with, and the child exits after every error that ends a session.
"""

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO, Final

from .errors import Kind, RfcError
from .frames import (
    MAX_FRAME_BYTES,
    Call,
    Describe,
    Done,
    Failed,
    Open,
    Page,
    Ping,
    ReadPage,
    ReadTable,
    Ready,
    Request,
    TablePage,
    encode,
)
from .frames import read_request as read
from .pages import arrange
from .rows import columns_of, cut

if sys.platform == "win32":
    from . import platform_windows as platform
else:
    from . import platform_linux as platform

__all__ = ["main"]

_KINDS: Final = {
    "ABAPApplicationError": Kind.APPLICATION,
    "ABAPRuntimeError": Kind.ABAP_RUNTIME,
    "CommunicationError": Kind.COMMUNICATION,
    "LogonError": Kind.LOGON,
}
"""pyrfc's exception classes."""

_GROUPS: Final = {1: Kind.APPLICATION, 2: Kind.ABAP_RUNTIME, 3: Kind.LOGON, 4: Kind.COMMUNICATION}
"""The library's error groups."""


class _Child:
    """The one connection of this process."""

    def __init__(self, pyrfc: Any) -> None:
        self._pyrfc = pyrfc
        self._connection: Any = None

    def answer(self, request: Request) -> Done | TablePage | Page:
        """Do what a request asks and return its answer."""
        match request:
            case Open(parameters=parameters):
                return Done(self._open(parameters))
            case Ping():
                self._connection.ping()
                return Done(None)
            case Call(function=function, parameters=parameters):
                return Done(self._connection.call(function, **parameters))
            case ReadTable():
                return self._read_table(request)
            case ReadPage(key=key, numeric=numeric, size=size):
                page = self._read_table(ReadTable(request.table, request.fields, request.options, size + 1))
                return arrange(page.rows, key, numeric, size)
            case Describe(function=function):
                return Done(_description(self._connection.get_function_description(function)))

    def _open(self, parameters: dict[str, str]) -> dict[str, str]:
        self._connection = self._pyrfc.Connection(**parameters)
        remembered = getattr(self._connection, "_params", None)
        if isinstance(remembered, dict):
            remembered.clear()
        return {name: str(value) for name, value in self._connection.get_connection_attributes().items()}

    def _read_table(self, request: ReadTable) -> TablePage:
        given: dict[str, Any] = {
            "QUERY_TABLE": request.table,
            "FIELDS": [{"FIELDNAME": name} for name in request.fields],
            "OPTIONS": [{"TEXT": line} for line in request.options],
            "ROWCOUNT": request.row_count,
            "ROWSKIPS": request.row_skips,
        }
        if not request.row_count:
            given["NO_DATA"] = "X"
        answer = self._connection.call("RFC_READ_TABLE", **given)
        columns = columns_of(answer["FIELDS"])
        return TablePage(columns, cut(columns, answer["DATA"]))


def _description(description: Any) -> list[dict[str, Any]]:
    """Flatten a function description: parameters, each with the fields of its structure or table line."""
    return [
        {
            "name": parameter["name"],
            "type": parameter["parameter_type"],
            "direction": parameter["direction"],
            "length": parameter["nuc_length"],
            "decimals": parameter["decimals"],
            "optional": bool(parameter["optional"]),
            "fields": _fields(parameter["type_description"]),
        }
        for parameter in description.parameters
    ]


def _fields(structure: Any) -> list[dict[str, Any]]:
    if structure is None:
        return []
    return [
        {
            "name": field["name"],
            "type": field["field_type"],
            "length": field["nuc_length"],
            "decimals": field["decimals"],
            "fields": _fields(field["type_description"]),
        }
        for field in structure.fields
    ]


def _failure(error: Exception) -> Failed:
    if isinstance(error, RfcError):
        return Failed(error.kind, error.message, key=error.key)
    native = _native(error)
    if native is not None:
        return native
    return Failed(
        _KINDS.get(type(error).__name__, Kind.LIBRARY),
        str(getattr(error, "message", None) or error),
        code=int(getattr(error, "code", None) or 0),
        key=str(getattr(error, "key", None) or type(error).__name__),
        msg_class=str(getattr(error, "msg_class", None) or ""),
        msg_type=str(getattr(error, "msg_type", None) or ""),
        msg_number=str(getattr(error, "msg_number", None) or ""),
        variables=tuple(str(getattr(error, f"msg_v{position}", None) or "") for position in (1, 2, 3, 4)),
    )


def _native(error: Exception) -> Failed | None:
    """Find what the RFC library itself said first: a reconnect that failed, as it must here, hides it."""
    found: Any = None
    link: BaseException | None = error
    while link is not None:
        if hasattr(link, "abap_msg_class"):
            found = link
        link = link.__cause__ or link.__context__
    if found is None:
        return None
    return Failed(
        _GROUPS.get(int(found.group), Kind.LIBRARY),
        str(found.message).strip(),
        code=int(found.code),
        key=str(found.key),
        msg_class=str(found.abap_msg_class),
        msg_type=str(found.abap_msg_type),
        msg_number=str(found.abap_msg_number),
        variables=tuple(str(getattr(found, f"abap_msg_v{position}")) for position in (1, 2, 3, 4)),
    )


def _load() -> tuple[Any, Ready]:
    try:
        import pyrfc

        version = {str(key): value for key, value in pyrfc.get_nwrfclib_version().items()}
    except Exception as error:  # noqa: BLE001 - each binding reports a missing SDK by a class of its own
        return None, Ready({}, f"{type(error).__name__}: {error}")
    return pyrfc, Ready(version, "")


def _serve(requests: BinaryIO, answers: BinaryIO) -> None:
    def send(frame: Ready | Done | Failed) -> None:
        answers.write(encode(frame))
        answers.flush()

    pyrfc, ready = _load()
    send(ready)
    if pyrfc is None:
        return
    child = _Child(pyrfc)
    while (request := read(requests)) is not None:
        try:
            data = encode(child.answer(request))
        except Exception as error:  # noqa: BLE001 - whatever it was, the agent must learn of it before we exit
            failure = _failure(error)
            send(failure)
            if failure.kind != Kind.APPLICATION:
                return
            continue
        if len(data) > MAX_FRAME_BYTES:
            send(Failed(Kind.LIBRARY, f"the answer has {len(data)} bytes; the limit is {MAX_FRAME_BYTES}", key="SIZE"))
            return
        answers.write(data)
        answers.flush()


def main() -> None:
    """Run the child until its parent closes the pipe, dies, or a session ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--lock", type=Path, required=True)
    arguments = parser.parse_args()
    platform.die_with_parent(arguments.parent)
    platform.hold(arguments.lock)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the agent decides what it means
    # Whatever else writes to stdout must not end up between the frames.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
