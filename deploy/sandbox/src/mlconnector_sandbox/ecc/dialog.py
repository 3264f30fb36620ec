"""The dialogue with one RFC client: logon, metadata, calls, errors, and the end of the session."""

import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any

from .call import Call, run
from .ddic import FunctionModule, Kind
from .errors import Drop, RfcError, abap_exception, short_dump
from .frames import is_gone, receive, send
from .function_modules import IMPLEMENTATIONS
from .points import Occurrence
from .scripting import perform
from .session import Session, Sessions
from .system import System

__all__ = ["serve"]

_LANGUAGES = {"EN": "E", "DE": "D", "FR": "F", "ES": "S", "JA": "J"}


def serve(system: System, sessions: Sessions, connection: socket.socket) -> None:
    """Answer one client until it ends the connection, or an error does."""
    dialog = _Dialog(system, sessions, connection)
    try:
        while dialog.exchange():
            pass
    except OSError:
        pass  # the client is gone: nothing is left to be told
    finally:
        dialog.end()


class _Dialog:
    def __init__(self, system: System, sessions: Sessions, connection: socket.socket) -> None:
        self._system, self._sessions, self._connection = system, sessions, connection
        self._session: Session | None = None
        self._operations: dict[str, Callable[..., list[Any]]] = {
            "ping": self._ping,
            "reset": self._reset,
            "func": self._describe_function,
            "type": self._describe_type,
            "call": self._call,
        }

    def exchange(self) -> bool:
        """Answer one request; False when the dialogue is over."""
        request = receive(self._connection)
        if not isinstance(request, list) or not request or request[0] == "close":
            return False
        try:
            answer = self._open(request[1]) if request[0] == "open" else self._perform(request)
        except RfcError as error:
            if error.ends_session:
                self.end_session()
            send(self._connection, ["err", error.wire])
            return not error.ends_session
        except Drop:
            return False
        except Exception as error:  # noqa: BLE001 - a fault of the simulator itself is a short dump, as in ABAP
            traceback.print_exc(file=sys.stderr)
            self.end_session()
            send(self._connection, ["err", short_dump("RAISE_SHORTDUMP", f"{type(error).__name__}: {error}").wire])
            return False
        send(self._connection, ["ok", *answer])
        return True

    def end(self) -> None:
        """End the session and the connection."""
        self.end_session()
        self._connection.close()

    def end_session(self) -> None:
        """End the session: an open LUW dies with it."""
        if self._session is not None:
            self._sessions.leave(self._session)
            self._session = None

    def _perform(self, request: list[Any]) -> list[Any]:
        if self._session is None or request[0] not in self._operations:
            raise Drop
        return self._operations[request[0]](self._session, *request[1:4])

    def _open(self, given: dict[str, str]) -> list[Any]:
        parameters = {k.lower(): v for k, v in given.items()}
        name, client = parameters.get("user", "").upper(), parameters.get("client", "000")
        occurrence = Occurrence("open", user=name)
        perform(self._system.points.at(occurrence, lambda: is_gone(self._connection)))
        user = self._system.users.log_on(client, name, parameters.get("passwd", ""))
        iso = parameters.get("lang", "EN").upper()
        session = self._sessions.enter(self._system, user, self._connection, _LANGUAGES.get(iso, "E"))
        self._session = session
        session.pass_point("opened")
        return [session.catalogue.repository, self._attributes(session, parameters.get("sysnr", "00"), iso)]

    def _attributes(self, session: Session, number: str, iso: str) -> dict[str, str]:
        system = self._system.fixture["system"]
        return {
            "partnerHost": system["host"],
            "sysNumber": number,
            "sysId": self._system.id,
            "client": session.user.client,
            "user": session.user.name,
            "language": session.language,
            "isoLanguage": iso,
            "trace": "0",
            "codepage": "4103",
            "partnerCodepage": "4103",
            "rfcRole": "C",
            "type": "E",
            "partnerType": "3",
            "rel": "753",
            "partnerRel": system["release"],
            "kernelRel": "721",
            "cpicConvId": f"{int(session.id[1:]) % 100_000_000:08d}",
            "progName": "SAPLSYST",
            "partnerBytesPerChar": "2",
            "partnerSystemCodepage": "4103",
            "partnerIP": "127.0.0.1",
            "partnerIPv6": "::1",
        }

    @staticmethod
    def _ping(session: Session) -> list[Any]:
        del session
        return []

    @staticmethod
    def _reset(session: Session) -> list[Any]:
        session.roll_back()
        return []

    @staticmethod
    def _function(session: Session, name: str) -> FunctionModule:
        found = session.catalogue.functions.get(name)
        if found is None or found.kind is Kind.ABSENT:
            raise abap_exception("FU_NOT_FOUND", "FL", "E", "046", name)
        return found

    def _describe_function(self, session: Session, name: str) -> list[Any]:
        return self._function(session, name).wire

    @staticmethod
    def _describe_type(session: Session, name: str) -> list[Any]:
        found = session.catalogue.structures.get(name)
        if found is None:
            raise abap_exception("NOT_FOUND", "SR", "E", "350", name)
        return [[found.wire]]

    def _call(self, session: Session, name: str, given: dict[str, Any], inactive: list[str]) -> list[Any]:
        module = self._function(session, name)
        self._system.count_call(name)
        session.calls += 1
        session.function = name
        try:
            return [run(Call(session, module, given), _implementation(module), frozenset(inactive))]
        finally:
            session.function = ""


def _implementation(module: FunctionModule) -> Callable[[Call], None]:
    """Give what a function module does; for most of them that is a short dump."""
    known = IMPLEMENTATIONS.get(module.name)
    if known is not None:
        return known
    key, text = {
        Kind.DIALOG: ("DYNPRO_SEND_IN_BACKGROUND", "Screen output without connection to user."),
        Kind.LOCAL: ("CALL_FUNCTION_NOT_REMOTE", f"Function module {module.name} is not remote-enabled."),
    }.get(module.kind, ("SANDBOX_NOT_IMPLEMENTED", f"The simulator has no more than the interface of {module.name}."))

    def dump(call: Call) -> None:
        del call
        raise short_dump(key, text)

    return dump
