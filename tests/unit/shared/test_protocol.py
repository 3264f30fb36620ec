"""The session: the whole product of state, side and message, then the rules that need memory."""

from datetime import timedelta
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_shared import frames, protocol, version
from mlconnector_shared.errors import LocalProtocolError, RemoteProtocolError
from mlconnector_shared.protocol import MAX_ROW_CREDIT, MAX_WRITE_CREDIT, TRANSITIONS, Session, Side, State

from tests.support.samples import AT, MESSAGES, sample

KINDS = get_args(frames.Message)
EVERYTHING = list(product(State, Side, KINDS))


def name(value: object) -> str:
    return value.__name__ if isinstance(value, type) else str(value)


def session_in(state: State, side: Side) -> Session:
    """Return a session brought into a state by messages, with credit for whatever the samples need."""
    session = Session(side, 0.0)
    relay, agent = Side.RELAY, Side.AGENT
    way: list[tuple[Side, frames.Message]] = [
        (agent, sample(frames.Hello)),
        (relay, sample(frames.Welcome)),
        (agent, frames.GrantWrites(2)),
        (relay, frames.Call("e-1", write=False, sealed=b"")),
        (relay, frames.GrantRows("e-1", 2)),
        (agent, frames.Drain("maintenance")),
        (agent, frames.Close("done")),
    ]
    length = {State.CONNECTED: 0, State.GREETED: 1, State.OPEN: 5, State.DRAINING: 6, State.CLOSED: 7}[state]
    for sender, message in way[:length]:
        if sender is side:
            session.send(message)
        else:
            session.receive(frames.encode(message), 0.0, AT)
    session.outgoing()
    assert session.state is state
    return session


def snapshot(session: Session) -> dict[str, object]:
    return {key: value.copy() if hasattr(value, "copy") else value for key, value in vars(session).items()}


def test_the_samples_cover_every_kind() -> None:
    """Whoever adds a message adds its sample, or the product below would not be whole."""
    assert [type(message) for message in MESSAGES] == list(KINDS)


@pytest.mark.parametrize(("state", "side", "kind"), EVERYTHING, ids=name)
def test_sending(state: State, side: Side, kind: type[frames.Message]) -> None:
    """What the table allows is queued and moves the state; everything else raises and changes nothing."""
    session, message = session_in(state, side), sample(kind)
    following = TRANSITIONS.get((state, side, kind))
    if following is None:
        before = snapshot(session)

        with pytest.raises(LocalProtocolError, match=f"{side} cannot send {kind.__name__.lower()} while {state}"):
            session.send(message)

        assert snapshot(session) == before
    else:
        session.send(message)

        assert session.state is following
        assert session.outgoing() == [frames.encode(message)]


@pytest.mark.parametrize(("state", "side", "kind"), EVERYTHING, ids=name)
def test_receiving(state: State, side: Side, kind: type[frames.Message]) -> None:
    """What the table allows the peer is taken and moves the state; everything else closes the session with a reason."""
    session, message = session_in(state, side), sample(kind)
    following = TRANSITIONS.get((state, side.peer, kind))

    taken = session.receive(frames.encode(message), 0.0, AT)

    if state is State.CLOSED:
        assert (taken, session.outgoing(), session.failure) == (None, [], None)
    elif following is None:
        assert (taken, session.state) == (None, State.CLOSED)
        assert isinstance(session.failure, RemoteProtocolError)
        assert f"{side.peer} sent {kind.__name__.lower()} while {state}" in str(session.failure)
        assert isinstance(frames.decode(session.outgoing()[-1]), frames.Close)
    else:
        assert session.state is following
        assert session.failure is None
        assert taken == (None if kind in {frames.Ping, frames.Pong} else message)


def test_both_ends_agree_on_the_table() -> None:
    """Each allowed transition is one the peer of its sender takes: the table has one row for both ends."""
    assert {state for state, _, _ in TRANSITIONS} == set(State) - {State.CLOSED}
    for (state, sender, kind), following in TRANSITIONS.items():
        receiver = session_in(state, sender.peer)
        receiver.receive(frames.encode(sample(kind)), 0.0, AT)
        assert receiver.state is following


def test_an_unknown_message_is_answered_politely() -> None:
    """A newer peer may know more than we do: it is told so, and the session goes on."""
    session = session_in(State.OPEN, Side.AGENT)

    assert session.receive(b"\x82\xa4type\xa9telepathy\xa4mind\x01", 1.0, AT) is None
    assert [frames.decode(data) for data in session.outgoing()] == [frames.Problem("telepathy", "unknown message type")]
    assert session.state is State.OPEN


def test_an_unknown_message_before_the_welcome_is_passed_over() -> None:
    """No polite answer may travel yet, so none is sent."""
    session = session_in(State.CONNECTED, Side.RELAY)

    assert session.receive(b"\x81\xa4type\xa3new", 1.0, AT) is None
    assert (session.outgoing(), session.state) == ([], State.CONNECTED)


def test_the_answer_to_a_huge_unknown_message_fits() -> None:
    """The polite answer quotes only the beginning of what it answers to."""
    session = session_in(State.OPEN, Side.RELAY)
    huge = b"\x81\xa4type\xdb" + (5_000_000).to_bytes(4, "big") + b"x" * 5_000_000

    assert session.receive(huge, 1.0, AT) is None
    [answer] = session.outgoing()
    assert len(answer) < 1000


@given(data=st.binary(max_size=200), side=st.sampled_from(Side), state=st.sampled_from(State))
def test_no_bytes_make_receive_raise(data: bytes, side: Side, state: State) -> None:
    """Whatever a stranger sends, the session answers or closes; the shell never sees an exception."""
    session = session_in(state, side)

    session.receive(data, 1.0, AT)

    assert (session.failure is None) or (session.state is State.CLOSED)


@given(
    message=st.sampled_from(MESSAGES).map(frames.encode),
    cut=st.integers(0, 400),
    flip=st.integers(0, 400),
    byte=st.integers(0, 255),
    side=st.sampled_from(Side),
)
def test_no_damaged_message_makes_receive_raise(message: bytes, cut: int, flip: int, byte: int, side: Side) -> None:
    """A message cut short or with one byte changed is refused, or is another message; never an exception."""
    damaged = bytearray(message[: len(message) - cut] if cut < len(message) else message)
    damaged[flip % len(damaged)] = byte
    session = session_in(State.OPEN, side)

    session.receive(bytes(damaged), 1.0, AT)


def test_a_naive_time_is_refused_where_it_arrives() -> None:
    """A pong without a zone must not end in a comparison that raises."""
    session = session_in(State.OPEN, Side.RELAY)
    session.ping(0.0, AT)

    session.receive(b"\x83\xa4type\xa4pong\xa6number\x01\xaawall_clock\xb32026-01-01T00:00:00", 1.0, AT)

    assert "timezone" in str(session.failure)


def test_the_reason_of_a_close_is_cut() -> None:
    """A close that quotes the peer always fits."""
    session = session_in(State.OPEN, Side.RELAY)
    unknown_field = b"\x82\xa4type\xa5close\xda\xff\xff" + b"f" * 65535 + b"\x01"

    session.receive(unknown_field, 1.0, AT)

    [close] = session.outgoing()
    assert len(close) < 1000


# Credit.


def test_a_posting_travels_only_against_write_credit() -> None:
    """Each posting uses one; without any it cannot be sent, and nothing changed."""
    session = session_in(State.OPEN, Side.RELAY)
    for number in range(2):
        session.send(frames.Call(f"p-{number}", write=True, sealed=b""))

    with pytest.raises(LocalProtocolError, match="without write credit"):
        session.send(frames.Call("p-3", write=True, sealed=b""))
    session.send(frames.Call("read", write=False, sealed=b""))

    assert session.write_credit == 0
    assert len(session.outgoing()) == 3


def test_a_posting_beyond_the_credit_ends_the_session() -> None:
    """An agent does not take a posting it did not ask for."""
    session = session_in(State.OPEN, Side.AGENT)
    for number in range(3):
        session.receive(frames.encode(frames.Call(f"p-{number}", write=True, sealed=b"")), 0.0, AT)

    assert "p-2 without write credit" in str(session.failure)


@pytest.mark.parametrize("count", [0, -1, MAX_WRITE_CREDIT - 1])
def test_write_credit_has_a_limit(count: int) -> None:
    """Two are granted already: nothing, less than nothing, or more than the limit is a mistake on either end."""
    with pytest.raises(LocalProtocolError, match=f"the limit is {MAX_WRITE_CREDIT}"):
        session_in(State.OPEN, Side.AGENT).send(frames.GrantWrites(count))
    relay = session_in(State.OPEN, Side.RELAY)
    relay.receive(frames.encode(frames.GrantWrites(count)), 0.0, AT)
    assert relay.failure


def test_write_credit_up_to_the_limit() -> None:
    """The limit itself may be granted."""
    session = session_in(State.OPEN, Side.AGENT)

    session.send(frames.GrantWrites(MAX_WRITE_CREDIT - 2))

    assert session.write_credit == MAX_WRITE_CREDIT


def test_rows_travel_only_against_row_credit() -> None:
    """Each chunk uses one unit of its own read."""
    session = session_in(State.OPEN, Side.AGENT)
    for sequence in range(2):
        session.send(frames.Rows("e-1", sequence, []))

    with pytest.raises(LocalProtocolError, match="without row credit"):
        session.send(frames.Rows("e-1", 2, []))
    with pytest.raises(LocalProtocolError, match="without row credit"):
        session.send(frames.Rows("another", 0, []))


@pytest.mark.parametrize("chunks", [0, -5, MAX_ROW_CREDIT - 1])
def test_row_credit_has_a_limit(chunks: int) -> None:
    """Two are granted already; no end lets a read buffer more than the limit."""
    with pytest.raises(LocalProtocolError, match=f"the limit is {MAX_ROW_CREDIT}"):
        session_in(State.OPEN, Side.RELAY).send(frames.GrantRows("e-1", chunks))
    agent = session_in(State.OPEN, Side.AGENT)
    agent.receive(frames.encode(frames.GrantRows("e-1", chunks)), 0.0, AT)
    assert agent.failure


@pytest.mark.parametrize("answer", [frames.Result("e-1", b""), frames.Refused("e-1", b"")])
def test_row_credit_ends_with_the_answer(answer: frames.Message) -> None:
    """A grant that crosses the answer on the wire is harmless and leaves nothing behind; ours after it is a mistake."""
    agent, relay = session_in(State.OPEN, Side.AGENT), session_in(State.OPEN, Side.RELAY)
    agent.send(answer)
    relay.receive(frames.encode(answer), 0.0, AT)

    agent.receive(frames.encode(frames.GrantRows("e-1", 5)), 0.0, AT)

    assert (agent.failure, agent.row_credit("e-1"), agent._row_credit) == (None, 0, {})
    with pytest.raises(LocalProtocolError, match="no open call"):
        relay.send(frames.GrantRows("e-1", 5))


def test_a_grant_for_a_read_that_never_was_is_a_mistake_of_ours() -> None:
    """The relay knows which reads are open."""
    with pytest.raises(LocalProtocolError, match="no open call"):
        session_in(State.OPEN, Side.RELAY).send(frames.GrantRows("never", 1))


def test_a_message_too_large_changes_nothing() -> None:
    """The limit is found before the books are touched."""
    session = session_in(State.OPEN, Side.AGENT)

    with pytest.raises(LocalProtocolError, match="exceeds its limit"):
        session.send(frames.Rows("e-1", 0, [["x" * frames.MAX_ROWS_BYTES]]))

    assert (session.row_credit("e-1"), session.backlog) == (2, 0)


# Time.


def test_a_ping_measures_round_trip_and_clock() -> None:
    """The offset assumes that half of the round trip was the way back."""
    relay, agent = session_in(State.OPEN, Side.RELAY), session_in(State.OPEN, Side.AGENT)
    number = relay.ping(10.0, AT)
    agent.receive(relay.outgoing()[0], 50.0, AT + timedelta(seconds=31))

    assert relay.receive(agent.outgoing()[0], 12.0, AT + timedelta(seconds=2)) is None

    assert relay.round_trip == 2.0
    assert relay.clock_offset == timedelta(seconds=30)
    assert relay.pong_number == number


def test_a_pong_nobody_asked_for_measures_nothing() -> None:
    """Only the answer to the last ping counts."""
    relay = session_in(State.OPEN, Side.RELAY)
    relay.receive(frames.encode(frames.Pong(7, AT)), 1.0, AT)
    relay.ping(2.0, AT)
    relay.receive(frames.encode(frames.Pong(9, AT)), 3.0, AT)

    assert (relay.round_trip, relay.clock_offset, relay.pong_number) == (None, None, 0)


def test_a_ping_too_early_changes_nothing() -> None:
    """Before the welcome no ping may travel."""
    session = session_in(State.GREETED, Side.RELAY)
    before = snapshot(session)

    with pytest.raises(LocalProtocolError):
        session.ping(5.0, AT)

    assert snapshot(session) == before


@pytest.mark.parametrize("state", [State.OPEN, State.DRAINING])
def test_an_open_session_is_pinged_again_and_again(state: State) -> None:
    """Also a busy one: its clock offset must stay measured."""
    session = session_in(state, Side.RELAY)
    assert session.deadline() == protocol.PING_AFTER_SECONDS

    session.tick(protocol.PING_AFTER_SECONDS - 0.1, AT)
    assert session.backlog == 0
    session.receive(frames.encode(frames.Problem("", "")), 19.9, AT)
    session.tick(protocol.PING_AFTER_SECONDS, AT)

    assert [type(frames.decode(data)) for data in session.outgoing()] == [frames.Ping]
    assert session.deadline() == 2 * protocol.PING_AFTER_SECONDS


@pytest.mark.parametrize("state", [State.CONNECTED, State.GREETED, State.OPEN, State.DRAINING])
def test_a_silent_peer_is_given_up(state: State) -> None:
    """After three pings' time without a word the session is closed, in every state."""
    session = session_in(state, Side.AGENT)
    session.tick(protocol.DEAD_AFTER_SECONDS - 20.0, AT)
    session.outgoing()
    assert session.deadline() == protocol.DEAD_AFTER_SECONDS

    session.tick(protocol.DEAD_AFTER_SECONDS, AT)

    assert "nothing heard from the relay for 60 s" in str(session.failure)
    assert [type(frames.decode(data)) for data in session.outgoing()] == [frames.Close]


@pytest.mark.parametrize("state", [State.CONNECTED, State.GREETED])
def test_before_the_welcome_only_death_is_waited_for(state: State) -> None:
    """Pings may not travel yet."""
    session = session_in(state, Side.AGENT)

    session.tick(30.0, AT)

    assert (session.backlog, session.deadline()) == (0, protocol.DEAD_AFTER_SECONDS)


def test_a_closed_session_waits_for_nothing() -> None:
    """No deadline, no tick."""
    session = session_in(State.CLOSED, Side.AGENT)
    session.tick(1e9, AT)

    assert (session.deadline(), session.backlog, session.is_open) == (None, 0, False)


# Versions.


def test_no_common_version_ends_the_session() -> None:
    """The relay says which versions both sides speak."""
    session = Session(Side.RELAY, 0.0)
    hello = frames.Hello(
        **{field: getattr(sample(frames.Hello), field) for field in frames.Hello.__struct_fields__}
        | {"protocol_min": version.PROTOCOL_MAX + 1, "protocol_max": version.PROTOCOL_MAX + 2}
    )

    assert session.receive(frames.encode(hello), 0.0, AT) is None
    assert "no common protocol version: peer speaks 2 to 3" in str(session.failure)


@pytest.mark.parametrize("chosen", [version.PROTOCOL_MIN - 1, version.PROTOCOL_MAX + 1])
def test_a_version_we_did_not_offer_ends_the_session(chosen: int) -> None:
    """The agent does not let the relay choose what it cannot speak."""
    session = session_in(State.GREETED, Side.AGENT)
    welcome = frames.Welcome(
        **{field: getattr(sample(frames.Welcome), field) for field in frames.Welcome.__struct_fields__}
        | {"version": chosen}
    )

    assert session.receive(frames.encode(welcome), 0.0, AT) is None
    assert "did not offer" in str(session.failure)


def test_the_welcome_is_kept() -> None:
    """Both ends remember what was agreed."""
    for side in Side:
        assert session_in(State.OPEN, side).welcome == sample(frames.Welcome)
