"""The session between agent and relay as a state machine without I/O.

Theory of operation. A session lives as long as one websocket. Both ends hold a `Session` and feed it what arrives;
it checks, keeps the books of credit, and says what to send and until when to wait. Which message may travel in which
state from which side stands in `TRANSITIONS`, and nowhere else. Two more rules need memory and are kept beside it: a
posting travels only against write credit, a chunk of rows only against row credit.

A violation by the peer closes the session for good (`failure` keeps the reason); a violation of ours raises
`LocalProtocolError` and changes nothing.
"""

from collections import deque
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from . import frames, version
from .errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from .frames import Message

__all__ = ["MAX_WRITE_CREDIT", "TRANSITIONS", "Session", "Side", "State"]

MAX_WRITE_CREDIT: Final = 64
"""An agent that grants more than this many postings at once is mistaken."""

MAX_ROW_CREDIT: Final = 256
"""Chunks a relay may have on the way: at most 64 MiB of buffers."""

PING_AFTER_SECONDS: Final = 20.0
"""Below the idle limit of common proxies and firewalls (60 s)."""

DEAD_AFTER_SECONDS: Final = 60.0
"""A peer that was silent for three pings is gone."""

QUOTED_CHARACTERS: Final = 500
"""What we answer may quote the peer; it is cut so that the answer itself always fits."""


class Side(StrEnum):
    """Who sends: the agent, which dials, or the relay, which listens."""

    AGENT = "agent"
    RELAY = "relay"

    @property
    def peer(self) -> "Side":
        """Return the other side."""
        return Side.RELAY if self is Side.AGENT else Side.AGENT


class State(StrEnum):
    """Where a session stands; both ends see the same, one message apart."""

    CONNECTED = "connected"
    GREETED = "greeted"
    OPEN = "open"
    DRAINING = "draining"
    CLOSED = "closed"


def _table() -> dict[tuple[State, Side, type], State]:
    agent_work = (frames.Accepted, frames.Refused, frames.Step, frames.Rows, frames.Result, frames.GrantWrites)
    relay_work = (frames.Acknowledge, frames.GrantRows, frames.Cancel)
    both = (frames.Ping, frames.Pong, frames.Anchor, frames.Problem)
    table: dict[tuple[State, Side, type], State] = {
        (State.CONNECTED, Side.AGENT, frames.Hello): State.GREETED,
        (State.GREETED, Side.RELAY, frames.Welcome): State.OPEN,
        (State.OPEN, Side.RELAY, frames.Call): State.OPEN,
    }
    for state in (State.OPEN, State.DRAINING):
        table |= {(state, Side.AGENT, kind): state for kind in (*agent_work, frames.Renew)}
        table |= {(state, Side.RELAY, kind): state for kind in (*relay_work, frames.Renewed)}
        table |= {(state, side, kind): state for side in Side for kind in both}
        table |= {(state, side, frames.Drain): State.DRAINING for side in Side}
    for state in (State.CONNECTED, State.GREETED, State.OPEN, State.DRAINING):
        table |= {(state, side, frames.Close): State.CLOSED for side in Side}
    # A call may cross our own drain on the wire; the gate then refuses it, the session does not die of it.
    table[State.DRAINING, Side.RELAY, frames.Call] = State.DRAINING
    return table


TRANSITIONS: Final = _table()
"""(state, sender, message type) to the next state; what is not here is forbidden."""


class Session:
    """One end of a session. Feed it messages and time; it answers with messages and deadlines.

    Attributes:
        state: where the session stands.
        failure: why it was closed by a violation, or None.
        welcome: the relay's answer to hello, once it is known.
        write_credit: postings the relay may still send.
        round_trip: seconds of the last ping, or None.
        pong_number: number of our last ping that was answered, 0 before.
        clock_offset: the peer's wall clock minus ours, from the last pong, or None.
    """

    def __init__(self, side: Side, now: float) -> None:
        self.side = side
        self.state = State.CONNECTED
        self.failure: ProtocolError | None = None
        self.welcome: frames.Welcome | None = None
        self.write_credit = 0
        self.round_trip: float | None = None
        self.clock_offset: timedelta | None = None
        self.pong_number = 0
        self._row_credit: dict[str, int] = {}
        """Chunks left per open call that is no posting; gone with its answer, so that it cannot grow for ever."""
        self._outgoing: deque[bytes] = deque()
        self._heard = now
        self._pinged = now
        self._ping_number = 0
        self._ping_sent: tuple[int, float, datetime] | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether calls may travel."""
        return self.state is State.OPEN

    @property
    def backlog(self) -> int:
        """Return how many messages `outgoing` would return."""
        return len(self._outgoing)

    def row_credit(self, envelope_id: str) -> int:
        """Return how many chunks of this read may still be sent."""
        return self._row_credit.get(envelope_id, 0)

    def send(self, message: Message) -> None:
        """Queue a message of ours.

        Raises:
            LocalProtocolError: the table, a credit or a size limit forbids it; nothing changed.
        """
        following = TRANSITIONS.get((self.state, self.side, type(message)))
        if following is None:
            raise LocalProtocolError(f"{self.side} cannot send {_name(message)} while {self.state}")
        complaint = self._check_credit(message, self.side)
        if complaint:
            raise LocalProtocolError(complaint)
        data = frames.encode(message)
        self._outgoing.append(data)
        self._apply(message, following)

    def receive(self, data: bytes, now: float, wall_clock: datetime) -> Message | None:
        """Take one message of the peer; return it when the shell must act on it.

        Pings are answered and pongs measured here. After a violation the session is closed and `failure` is set;
        this never raises.
        """
        if self.state is State.CLOSED:
            return None
        self._heard = now
        try:
            message = frames.decode(data)
            if isinstance(message, frames.Unknown):
                self._answer(frames.Problem(message.type[:QUOTED_CHARACTERS], "unknown message type"))
                return None
            following = TRANSITIONS.get((self.state, self.side.peer, type(message)))
            if following is None:
                self._fail(f"{self.side.peer} sent {_name(message)} while {self.state}")
                return None
            complaint = self._check_credit(message, self.side.peer)
        except RemoteProtocolError as error:
            self._fail(str(error))
            return None
        if complaint:
            self._fail(complaint)
            return None
        self._apply(message, following)
        return self._react(message, now, wall_clock)

    def outgoing(self) -> list[bytes]:
        """Return the queued messages in order and forget them."""
        ready = list(self._outgoing)
        self._outgoing.clear()
        return ready

    def deadline(self) -> float | None:
        """Return the monotonic time at which `tick` has work, or None once closed."""
        if self.state is State.CLOSED:
            return None
        dead = self._heard + DEAD_AFTER_SECONDS
        if self.state in {State.CONNECTED, State.GREETED}:
            return dead
        return min(dead, self._pinged + PING_AFTER_SECONDS)

    def tick(self, now: float, wall_clock: datetime) -> None:
        """Let time pass: ping (a busy peer too, for the clock offset), give up on a dead one."""
        if self.state is State.CLOSED:
            return
        if now >= self._heard + DEAD_AFTER_SECONDS:
            self._fail(f"nothing heard from the {self.side.peer} for {DEAD_AFTER_SECONDS:.0f} s")
        elif self.state in {State.OPEN, State.DRAINING} and now >= self._pinged + PING_AFTER_SECONDS:
            self.ping(now, wall_clock)

    def ping(self, now: float, wall_clock: datetime) -> int:
        """Send a ping now and return its number; its pong measures round trip and clock offset.

        Raises:
            LocalProtocolError: the session is not open; nothing changed.
        """
        number = self._ping_number + 1
        self.send(frames.Ping(number, wall_clock))
        self._ping_number = number
        self._pinged = now
        self._ping_sent = (number, now, wall_clock)
        return number

    def _react(self, message: Message, now: float, wall_clock: datetime) -> Message | None:
        match message:
            case frames.Ping(number=number):
                self._answer(frames.Pong(number, wall_clock))
                return None
            case frames.Pong():
                self._measure(message, now)
                return None
            case frames.Hello():
                agreed = version.agree(message.protocol_min, message.protocol_max, message.features)
                if agreed is None:
                    self._fail(
                        f"no common protocol version: peer speaks {message.protocol_min} to {message.protocol_max}, "
                        f"we speak {version.PROTOCOL_MIN} to {version.PROTOCOL_MAX}"
                    )
                    return None
            case frames.Welcome() if not version.PROTOCOL_MIN <= message.version <= version.PROTOCOL_MAX:
                self._fail(f"{self.side.peer} chose protocol version {message.version}, which we did not offer")
                return None
            case _:
                pass
        return message

    def _measure(self, pong: frames.Pong, now: float) -> None:
        if self._ping_sent is None or self._ping_sent[0] != pong.number:
            return
        _, sent, wall_clock = self._ping_sent
        self._ping_sent = None
        self.pong_number = pong.number
        self.round_trip = now - sent
        self.clock_offset = pong.wall_clock - (wall_clock + timedelta(seconds=self.round_trip / 2))

    def _check_credit(self, message: Message, sender: Side) -> str | None:
        match message:
            case frames.Call(write=True, envelope_id=envelope_id) if self.write_credit < 1:
                return f"{sender} sent posting {envelope_id} without write credit"
            case frames.GrantWrites(count=count) if not 0 < count <= MAX_WRITE_CREDIT - self.write_credit:
                return f"{sender} granted {count} writes on top of {self.write_credit}; the limit is {MAX_WRITE_CREDIT}"
            case frames.GrantRows(envelope_id=envelope_id) if (
                sender is self.side and envelope_id not in self._row_credit
            ):
                return f"{sender} granted chunks for {envelope_id}, which is no open call"
            case frames.GrantRows(envelope_id=envelope_id, chunks=chunks) if not (
                0 < chunks <= MAX_ROW_CREDIT - self.row_credit(envelope_id)
            ):
                return f"{sender} granted {chunks} chunks for {envelope_id}; the limit is {MAX_ROW_CREDIT}"
            case frames.Rows(envelope_id=envelope_id) if self.row_credit(envelope_id) < 1:
                return f"{sender} sent rows of {envelope_id} without row credit"
            case _:
                return None

    def _apply(self, message: Message, following: State) -> None:
        self.state = following
        match message:
            case frames.Welcome():
                self.welcome = message
            case frames.Call(write=True):
                self.write_credit -= 1
            case frames.Call(envelope_id=envelope_id):
                self._row_credit[envelope_id] = 0
            case frames.GrantWrites(count=count):
                self.write_credit += count
            case frames.GrantRows(envelope_id=envelope_id, chunks=chunks) if envelope_id in self._row_credit:
                # Else the grant crossed our last answer on the wire.
                self._row_credit[envelope_id] = self.row_credit(envelope_id) + chunks
            case frames.Rows(envelope_id=envelope_id):
                self._row_credit[envelope_id] -= 1
            case frames.Result(envelope_id=envelope_id) | frames.Refused(envelope_id=envelope_id):
                self._row_credit.pop(envelope_id, None)
            case _:
                pass

    def _answer(self, message: Message) -> None:
        if (self.state, self.side, type(message)) in TRANSITIONS:
            self.send(message)

    def _fail(self, detail: str) -> None:
        self.failure = RemoteProtocolError(detail)
        self._outgoing.append(frames.encode(frames.Close("protocol_error", detail[:QUOTED_CHARACTERS])))
        self.state = State.CLOSED


def _name(message: Message) -> str:
    return type(message).__name__.lower()
