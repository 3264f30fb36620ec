"""One session from the agent's end: hello first, pings answered, violations end it, nothing is left unsaid."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from mlconnector_agent.connection.conversation import Conversation, Ending
from mlconnector_agent.connection.links import LinkClosed
from mlconnector_shared import frames
from mlconnector_shared.errors import LocalProtocolError
from mlconnector_shared.frames import encode

from tests.support.desk import RelayDouble, agent_links
from tests.support.virtual import VirtualRuntime, virtual


def a_hello(runtime: VirtualRuntime) -> frames.Hello:
    return frames.Hello(
        protocol_min=1,
        protocol_max=1,
        features=frozenset(),
        instance="agent-1",
        slot=0,
        boot_id="boot",
        journal_id="journal",
        journal_sequence=0,
        acknowledged_sequence=0,
        sysid="ECC",
        client="100",
        agent_version="0.1.0",
        wall_clock=runtime.now(),
    )


@dataclass
class Recorder:
    """A handler that remembers."""

    attached: list[Conversation] = field(default_factory=list)
    detached: list[Conversation] = field(default_factory=list)
    heard: list[frames.Message] = field(default_factory=list)
    offsets: list[timedelta] = field(default_factory=list)

    async def attach(self, line: Conversation) -> None:
        self.attached.append(line)

    async def handle(self, message: frames.Message, line: Conversation) -> None:
        self.heard.append(message)

    def measured(self, line: Conversation) -> None:
        self.offsets.append(line.clock_offset)

    def detach(self, line: Conversation) -> None:
        self.detached.append(line)


class Pair:
    """An agent's conversation and the relay it talks to."""

    def __init__(self, relay_skew: timedelta = timedelta(0)) -> None:
        self.runtime = VirtualRuntime()
        self.link, there = agent_links()
        self.relay = RelayDouble(there, VirtualRuntime(skew=relay_skew))
        self.conversation = Conversation(self.link, self.runtime)
        self.handler = Recorder()
        self.ending = asyncio.create_task(self.conversation.run(a_hello(self.runtime), self.handler))

    async def open(self) -> "Pair":
        await self.relay.greet()
        await self.runtime.sleep(0.1)
        return self


@virtual
async def test_hello_comes_first_and_welcome_attaches() -> None:
    """The agent says who it is before anything else; only a welcome opens the session."""
    pair = Pair()
    with pytest.raises(LocalProtocolError):
        _ = pair.conversation.welcome
    await pair.open()

    assert isinstance(pair.relay.heard[0], frames.Hello)
    assert pair.handler.attached == [pair.conversation]
    assert pair.conversation.takes_calls
    assert pair.conversation.welcome.session_id == "session-1"


@virtual
async def test_the_clock_offset_is_known_from_the_welcome_on() -> None:
    """By the welcome's clock at first, by the ping right after it from then on."""
    pair = Pair(relay_skew=timedelta(seconds=30))
    pair.conversation._session.ping = lambda *_: 0  # type: ignore[method-assign]  # before the first pong
    await pair.open()
    assert pair.conversation.clock_offset == timedelta(seconds=30)
    del pair.conversation._session.ping
    await pair.runtime.sleep(21)
    assert pair.handler.offsets == [timedelta(seconds=30)]


@virtual
async def test_messages_reach_the_handler_and_ours_the_relay() -> None:
    """What the protocol lets through is handed on; what it forbids is not sent, and says so."""
    pair = await Pair().open()
    await pair.relay.say(frames.Problem("x", "y"))
    assert pair.conversation.send(frames.GrantWrites(2))
    assert not pair.conversation.send(frames.Rows("nobody", 0, []))
    await pair.conversation.flushed()

    assert (await pair.relay.hear(frames.GrantWrites)).count == 2
    assert pair.handler.heard == [frames.Problem("x", "y")]
    assert pair.conversation.write_credit == 2
    assert pair.conversation.row_credit("nobody") == 0


@virtual
async def test_a_close_of_the_relay_ends_it_with_its_reason() -> None:
    """The stable reason decides whether a person has to act."""
    pair = await Pair().open()
    await pair.relay.say(frames.Close("revoked", "enrol again"))

    assert await pair.ending == Ending("revoked", "enrol again", was_open=True)
    assert pair.handler.detached == [pair.conversation]
    assert not pair.conversation.send(frames.GrantWrites(1))


@virtual
async def test_a_violation_closes_with_the_reason_said() -> None:
    """The relay learns what it did wrong, and the session is over for good."""
    pair = await Pair().open()
    await pair.relay.wire.send(encode(frames.Call("unasked", write=True, sealed=b"")))

    ending = await pair.ending

    assert ending.reason == "protocol_error"
    assert "unasked" in (await pair.relay.hear(frames.Close)).detail


@virtual
async def test_a_silent_relay_is_given_up() -> None:
    """Nothing heard for a minute, in spite of pings: the session ends, and the link is closed."""
    pair = await Pair().open()
    pair.relay._pump.cancel()
    began = pair.runtime.monotonic()

    ending = await pair.ending

    assert ending.reason in {"silent", "protocol_error", "closed"}
    assert pair.runtime.monotonic() - began < 65


@virtual
async def test_a_welcome_that_never_comes_is_given_up() -> None:
    """A listener that takes the hello and says nothing does not hold the agent for ever."""
    pair = Pair()

    ending = await pair.ending

    assert not ending.was_open
    assert pair.runtime.monotonic() < 65


@virtual
async def test_a_lost_link_ends_it() -> None:
    """Whoever notices first, reader or writer."""
    pair = await Pair().open()
    await pair.relay.leave()

    assert (await pair.ending).reason == "link_lost"


@virtual
async def test_a_link_that_takes_nothing_ends_it() -> None:
    """A send that fails is the end, also when nothing is to be read."""

    class Deaf:
        async def send(self, data: bytes) -> None:
            raise LinkClosed("gone")

        async def recv(self) -> bytes:
            return await link.recv()

        async def close(self, code: int, reason: str) -> None:
            await link.close(code, reason)

    runtime = VirtualRuntime()
    link, _ = agent_links()
    handler = Recorder()

    ending = await Conversation(Deaf(), runtime).run(a_hello(runtime), handler)

    assert ending.reason == "link_lost"
    assert len(handler.detached) == 1


@virtual
async def test_we_drain_and_close_in_order() -> None:
    """Drain before close, and what was queued leaves before both."""
    pair = await Pair().open()
    pair.conversation.drain("the agent stops")
    pair.conversation.drain("said twice")
    pair.conversation.close("stopped")
    pair.conversation.close("said twice")
    await pair.ending

    assert [type(one).__name__ for one in pair.relay.heard] == ["Hello", "Drain", "Close"]


@virtual
async def test_a_relay_that_reads_nothing_is_not_listened_to() -> None:
    """Answers that cannot leave are bounded: the agent stops reading until they have left."""
    pair = await Pair().open()
    room = asyncio.Event()
    send = pair.link.send

    async def held(data: bytes) -> None:
        await room.wait()
        await send(data)

    pair.link.send = held  # type: ignore[method-assign]
    pair.relay._pump.cancel()
    for number in range(1, 2000):
        await pair.relay.wire.send(encode(frames.Ping(number, pair.runtime.now())))
    await pair.runtime.sleep(1)
    unsent = pair.conversation._session.backlog + len(pair.conversation._unsent)
    room.set()
    await pair.runtime.sleep(1)

    assert 0 < unsent < 300
    assert pair.conversation._session.backlog == 0
