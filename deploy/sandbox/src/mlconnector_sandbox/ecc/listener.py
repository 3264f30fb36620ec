"""The gateway: listens on port 33NN and gives each connection a thread of its own."""

import contextlib
import errno
import random
import socket
import threading

from .dialog import serve
from .session import Sessions
from .system import System

__all__ = ["FIRST_PORT", "LAST_SYSTEM_NUMBER", "Listener", "free_listener"]

FIRST_PORT = 3300  # system number NN listens on port 33NN
LAST_SYSTEM_NUMBER = 99
_BACKLOG = 128
_PATIENCE = 2.0  # seconds a session has to end in when the process ends


class Listener:
    """Accepts RFC connections. It can be closed and opened again while the system lives."""

    def __init__(self, system: System, number: int) -> None:
        self._system = system
        self.number = number
        self.sessions = Sessions()
        self._socket: socket.socket | None = None
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self.open()

    @property
    def port(self) -> int:
        """Give the port."""
        return FIRST_PORT + self.number

    @property
    def is_open(self) -> bool:
        """Tell whether connections are accepted."""
        return self._socket is not None

    def open(self) -> None:
        """Accept connections."""
        if self._socket is not None:
            return
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", self.port))
            listening.listen(_BACKLOG)
        except OSError:
            listening.close()
            raise
        self._socket = listening
        threading.Thread(target=self._accept, args=(listening,), name="gateway", daemon=True).start()

    def close(self) -> None:
        """Refuse connections; those that exist stay."""
        listening, self._socket = self._socket, None
        if listening is not None:
            # A thread blocked in accept() wakes up by shutdown, not by close.
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()

    def drop(self) -> int:
        """Cut all connections; give their number."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        return len(connections)

    def end(self) -> None:
        """Refuse and cut all connections, and wait until their sessions have ended."""
        self.close()
        with self._lock:
            threads = list(self._connections.values())
        self.drop()
        for thread in threads:
            thread.join(_PATIENCE)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), name="dialog", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections[connection] = threading.current_thread()
        try:
            serve(self._system, self.sessions, connection)
        finally:
            with self._lock:
                del self._connections[connection]


def free_listener(system: System) -> Listener:
    """Listen on any system number whose port is free.

    In random order, so that a simulator that restarts on its number does not find a newcomer there.
    """
    for number in random.sample(range(LAST_SYSTEM_NUMBER + 1), LAST_SYSTEM_NUMBER + 1):
        try:
            return Listener(system, number)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
    raise OSError(errno.EADDRINUSE, "no free port between 3300 and 3399 for an ECC simulator")
