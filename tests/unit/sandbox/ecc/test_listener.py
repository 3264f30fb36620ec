"""The gateway."""

import socket

import pytest
from mlconnector_sandbox.ecc.listener import FIRST_PORT, Listener, free_listener

from tests.support.ecc import Ecc
from tests.support.rfc_wire import WireClient


def test_system_numbers_are_ports(ecc: Ecc) -> None:
    """System number NN listens on 33NN, and a taken one is left out."""
    first, second = free_listener(ecc.system), free_listener(ecc.system)

    assert first.port == FIRST_PORT + first.number
    assert second.number != first.number
    with pytest.raises(OSError, match="in use"):
        Listener(ecc.system, first.number)
    for listener in (first, second):
        listener.end()


def test_opening_twice_changes_nothing(ecc: Ecc) -> None:
    """As does closing twice."""
    listener = free_listener(ecc.system)
    listener.open()
    WireClient.dial(listener.port).close()
    listener.close()
    listener.close()
    assert not listener.is_open


def test_the_end_waits_for_sessions(ecc: Ecc) -> None:
    """No session is left working on a database that is about to be closed."""
    listener = free_listener(ecc.system)
    client = WireClient.dial(listener.port)
    listener.end()

    assert listener.sessions.all() == []
    with pytest.raises((ConnectionError, OSError)):
        client.call("RFC_PING")
    client.close()


def test_where_no_port_is_free_it_says_so(ecc: Ecc, monkeypatch: pytest.MonkeyPatch) -> None:
    """All hundred system numbers are taken."""

    def taken(self: socket.socket, address: object) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(socket.socket, "bind", taken)
    with pytest.raises(OSError, match="no free port between 3300 and 3399"):
        free_listener(ecc.system)
