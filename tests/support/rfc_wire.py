"""An RFC client without an RFC library: speaks the protocol that deploy/sandbox/nwrfc/README.md defines."""

import socket
import struct
from typing import Any, Self

import msgspec

__all__ = ["WireClient", "WireError"]

_TABLE, _STRUCTURE, _BCD, _NUM = 5, 17, 2, 6
_INITIAL: dict[int, Any] = {
    1: "00000000",
    _BCD: "0",
    3: "000000",
    8: 0,
    9: 0,
    10: 0,
    7: 0.0,
    31: 0,
    23: "0",
    24: "0",
    30: b"",
}


class WireError(Exception):
    """The simulator answered with an error."""

    def __init__(self, wire: dict[str, Any]) -> None:
        super().__init__(f"{wire['key']}: {wire['message']}")
        self.code, self.group, self.key = wire["code"], wire["group"], wire["key"]
        self.message, self.message_class, self.number = wire["message"], wire["class"], wire["number"]


class WireClient:
    """One RFC connection."""

    def __init__(self, connection: socket.socket, **parameters: str) -> None:
        self.socket = connection
        self.socket.settimeout(30)
        logon = {"user": "MLC_RFC", "passwd": "mlc-secret", "client": "100", "lang": "EN", **parameters}
        self._interfaces: dict[str, tuple[list[Any], list[Any]]] = {}
        try:
            self.repository, self.attributes = self.request("open", logon)
        except BaseException:
            self.socket.close()
            raise

    @classmethod
    def dial(cls, port: int, **parameters: str) -> "WireClient":
        """Connect to a gateway."""
        return cls(socket.create_connection(("127.0.0.1", port)), **parameters)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection without a word."""
        self.socket.close()

    def send(self, *request: Any) -> None:
        """Send a request and do not wait for its answer."""
        body = msgspec.msgpack.encode(request)
        self.socket.sendall(struct.pack(">I", len(body)) + body)

    def receive(self) -> Any:
        """Read an answer; ConnectionError if the connection ends instead."""
        (length,) = struct.unpack(">I", self._read(4))
        status, *rest = msgspec.msgpack.decode(self._read(length))
        if status == "err":
            raise WireError(rest[0])
        return rest

    def request(self, *request: Any) -> Any:
        """Send a request and read its answer."""
        self.send(*request)
        return self.receive()

    def interface(self, name: str) -> tuple[list[Any], list[Any]]:
        """Give types and parameters of a function module."""
        if name not in self._interfaces:
            types, parameters, _ = self.request("func", name)
            self._interfaces[name] = (types, parameters)
        return self._interfaces[name]

    def encode(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Turn parameters by field name into wire form."""
        types, described = self.interface(name)
        by_name = {p[0]: p for p in described}
        return {key: _encode(types, by_name[key][1], by_name[key][9], value) for key, value in parameters.items()}

    def decode(self, name: str, answer: dict[str, Any]) -> dict[str, Any]:
        """Turn an answer into parameters by field name."""
        types, described = self.interface(name)
        by_name = {p[0]: p for p in described}
        return {key: _decode(types, by_name[key][1], by_name[key][9], value) for key, value in answer.items()}

    def call(self, function: str, **parameters: Any) -> dict[str, Any]:
        """Call a function module."""
        (answer,) = self.request("call", function, self.encode(function, parameters), [])
        return self.decode(function, answer)

    def start_call(self, function: str, **parameters: Any) -> None:
        """Send a call and do not wait for its answer."""
        self.send("call", function, self.encode(function, parameters), [])

    def finish_call(self, function: str) -> dict[str, Any]:
        """Read the answer of a call started before."""
        (answer,) = self.receive()
        return self.decode(function, answer)

    def _read(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            part = self.socket.recv(length - len(data))
            if not part:
                raise ConnectionError("the simulator ended the connection")
            data += part
        return data


def _encode(types: list[Any], kind: int, index: int, value: Any) -> Any:
    if kind == _TABLE:
        return [_encode(types, _STRUCTURE, index, row) for row in value]
    if kind == _STRUCTURE:
        return [_encode(types, f[1], f[7], value[f[0]]) if f[0] in value else _initial(f) for f in types[index][3]]
    if kind == _NUM:
        return str(value)
    return str(value) if kind == _BCD else value


def _initial(field: list[Any]) -> Any:
    return "0" * field[2] if field[1] == _NUM else _INITIAL.get(field[1], "")


def _decode(types: list[Any], kind: int, index: int, value: Any) -> Any:
    if kind == _TABLE:
        return [_decode(types, _STRUCTURE, index, row) for row in value]
    if kind == _STRUCTURE:
        values = value if isinstance(value, list) else list(value)
        return {
            f[0]: _initial(f) if v is None else _decode(types, f[1], f[7], v)
            for f, v in zip(types[index][3], values, strict=False)
        }
    return value
