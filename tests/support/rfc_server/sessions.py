"""The test server: speaks the stand-in's protocol to one session per thread, and keeps one small book."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from .types import EXPORT, Interface, Parameter, Structure, char, types_on_the_wire

__all__ = ["Call", "DropError", "Module", "RawAnswerError", "RfcError", "Server", "Session"]

CLIENT, USER, PASSWORD = "100", "DEMO", "welcome"
REPOSITORY = "TST/1"


class RfcError(Exception):
    """Answered as an error of the protocol."""

    def __init__(self, code: int, group: int, key: str, message: str, **texts: str) -> None:
        super().__init__(message)
        self.wire = {"code": code, "group": group, "key": key, "message": message, **texts}
        self.ends_session = group in {2, 3, 4} or code == 15


class DropError(Exception):
    """The connection ends instead of an answer."""


class RawAnswerError(Exception):
    """These bytes instead of a frame."""

    def __init__(self, data: bytes, *, ends_session: bool) -> None:
        super().__init__()
        self.data, self.ends_session = data, ends_session


@dataclass
class Session:
    """What a connection holds until COMMIT."""

    repository: str = ""
    pending: list[str] = field(default_factory=list)


@dataclass
class Call:
    """What a module sees: `given` and `inactive` as they came, results to be put into `out`."""

    server: "Server"
    session: Session
    given: dict[str, Any]
    inactive: list[str]
    out: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Module:
    """A function module."""

    interface: Interface
    run: Callable[[Call], None]


class Server:
    """Accepts sessions until its process ends."""

    def __init__(self, modules: list[Module], odd_interfaces: dict[str, list[Any]]) -> None:
        self.modules = {module.interface.name: module for module in modules}
        self.odd_interfaces = odd_interfaces
        self.structures: dict[str, Structure] = {}
        for module in modules:
            for parameter in module.interface.parameters:
                if isinstance(parameter.type, Structure):
                    self.structures[parameter.type.name] = parameter.type
        self.book: list[str] = []
        self.lost_commits: list[str] = []  # "before" or "after" the work
        self.waiting: set[str] = set()  # waits that have begun

    def serve(self, listener: socket.socket) -> None:
        """Accept for ever."""
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._session, args=(connection,), daemon=True).start()

    def _session(self, connection: socket.socket) -> None:
        session = Session()
        with connection, connection.makefile("rb") as stream, contextlib.suppress(DropError, OSError):
            while len(head := stream.read(4)) == 4:
                request = msgspec.msgpack.decode(stream.read(struct.unpack(">I", head)[0]))
                if request[0] == "close":
                    return
                try:
                    self._send(connection, ["ok", *self._answer(session, *request)])
                except RfcError as error:
                    self._send(connection, ["err", error.wire])
                    if error.ends_session:
                        return
                except RawAnswerError as answer:
                    connection.sendall(answer.data)
                    if answer.ends_session:
                        return

    @staticmethod
    def _send(connection: socket.socket, answer: list[Any]) -> None:
        body = msgspec.msgpack.encode(answer)
        connection.sendall(struct.pack(">I", len(body)) + body)

    def _answer(self, session: Session, operation: str, *arguments: Any) -> list[Any]:
        match operation, arguments:
            case "open", (parameters,):
                session.repository = parameters.get("repository", REPOSITORY)
                return [session.repository, _log_on(parameters)]
            case "ping", ():
                return []
            case "reset", ():
                session.pending.clear()
                return []
            case "func", ("Z_VARIES",):
                return Interface("Z_VARIES", (Parameter(session.repository[:3], EXPORT, char(1)),)).on_the_wire()
            case "func", (name,):
                return self.odd_interfaces.get(name) or self._module(name).interface.on_the_wire()
            case "type", (name,):
                return [types_on_the_wire([self.structures[name]])[0]]
            case "call", (name, given, inactive):
                call = Call(self, session, given, inactive)
                self._module(name).run(call)
                return [call.out]
            case _:
                raise DropError

    def _module(self, name: str) -> Module:
        if name not in self.modules:
            message = f"ID:FL Type:E Number:046 {name}"
            raise RfcError(5, 1, "FU_NOT_FOUND", message, **{"class": "FL", "type": "E", "number": "046", "v1": name})
        return self.modules[name]


def _log_on(parameters: dict[str, str]) -> dict[str, str]:
    """Check the logon and give the partner's attributes."""
    if "raw_answer" in parameters:
        raise RawAnswerError(bytes.fromhex(parameters["raw_answer"].removeprefix("hex:")), ends_session=True)
    known = parameters.get("client") == CLIENT and parameters.get("user", "").upper() == USER
    if not known or parameters.get("passwd") != PASSWORD:
        raise RfcError(2, 3, "RFC_LOGON_FAILURE", "Name or password is incorrect (repeat logon)", number="152")
    attributes = {"sysId": "TST", "client": CLIENT, "user": USER, "rfcRole": "C", "isoLanguage": parameters["lang"]}
    attributes |= {"partnerHost": "x" * 300, "progName": "SAPLSYST", "partnerIPv6": "::1", "unheard_of": "skipped"}
    return attributes
