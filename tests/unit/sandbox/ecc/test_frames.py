"""Frames."""

import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from mlconnector_sandbox.ecc.frames import MAX_FRAME, is_gone, receive, send


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_a_frame_arrives_as_it_was_sent(pair: tuple[socket.socket, socket.socket]) -> None:
    """Also one that is much larger than what a socket takes at once."""
    ours, theirs = pair
    content = ["ok", "x" * 3_000_000]
    sender = threading.Thread(target=send, args=(ours, content))
    sender.start()

    assert receive(theirs) == content
    sender.join()


@pytest.mark.parametrize("sent", [b"", b"\0\0", struct.pack(">I", 10) + b"half", struct.pack(">I", MAX_FRAME + 1)])
def test_half_frames_and_endless_ones_end_the_dialogue(pair: tuple[socket.socket, socket.socket], sent: bytes) -> None:
    """The client has gone, or does not speak the protocol."""
    ours, theirs = pair
    ours.sendall(sent)
    ours.shutdown(socket.SHUT_WR)

    assert receive(theirs) is None


def test_the_end_of_a_client_is_noticed_without_reading(pair: tuple[socket.socket, socket.socket]) -> None:
    """While the simulator is busy it may look whether anybody still waits."""
    ours, theirs = pair

    assert not is_gone(theirs)
    ours.sendall(b"next request")
    assert not is_gone(theirs)
    theirs.recv(100)
    ours.close()
    assert is_gone(theirs)
    theirs.close()
    assert is_gone(theirs)
