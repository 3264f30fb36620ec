"""Run the test server in a process of its own, and print its port: `python -m tests.support.rfc_server [--gateway]`."""

import os
import socket
import sys
import threading

from .modules import MODULES, ODD_INTERFACES
from .sessions import Server

GATEWAY_PORTS = range(3399, 3300, -1)


def _gateway() -> socket.socket:
    """Take a free one of the ports that a system number leads to."""
    for port in GATEWAY_PORTS:
        try:
            return socket.create_server(("127.0.0.1", port))
        except OSError:
            continue
    raise SystemExit("no port from 3301 to 3399 is free")


def _end_with_the_tests() -> None:
    """End when standard input does, as it does however the tests end."""
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=_end_with_the_tests, daemon=True).start()
listener = _gateway() if "--gateway" in sys.argv else socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
Server(MODULES, ODD_INTERFACES).serve(listener)
