"""Doubles around the agent's desk, fit for the virtual clock: journal, audit, executor, line, SAP, a relay's end."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
from mlconnector_agent.connection.links import Link, LinkClosed
from mlconnector_agent.desk.calls import Rules
from mlconnector_agent.desk.desk import Desk
from mlconnector_agent.journal.audit import Head
from mlconnector_agent.journal.errors import JournalUnavailable
from mlconnector_agent.journal.records import Document, Phase, Posting, StoredResult, Witness
from mlconnector_shared import frames, version
from mlconnector_shared.chain import GENESIS
from mlconnector_shared.envelope import (
    Audience,
    CallEnvelope,
    Outcome,
    Receipt,
    ResultEnvelope,
    Work,
    Write,
    from_bytes,
    to_bytes,
)
from mlconnector_shared.protocol import Session, Side
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.signing import Signer, Trust, open_, public_from_bytes, seal

from tests.support.tunnel import memory_links

__all__ = [
    "AGENT",
    "AGENT_TRUST",
    "RELAY",
    "RELAY_TRUST",
    "US",
    "AgentLink",
    "BookDouble",
    "ExecutorDouble",
    "LineDouble",
    "RelayDouble",
    "SapDouble",
    "TrailDouble",
    "a_desk",
    "agent_links",
    "result_of",
]

M = TypeVar("M", bound=frames.Message)

RELAY = Signer.from_seed(b"relay".ljust(32, b"."))
AGENT = Signer.from_seed(b"agent".ljust(32, b"."))
RELAY_TRUST: Trust = {RELAY.key_id: public_from_bytes(RELAY.public_bytes)}
AGENT_TRUST: Trust = {AGENT.key_id: public_from_bytes(AGENT.public_bytes)}
US = Audience("acme", "agent-1", "ECC", "100")


class BookDouble:
    """The journal in memory; `broken` makes its writes fail."""

    def __init__(self) -> None:
        self.fencing_token = 0
        self.witness = Witness()
        self.postings: dict[str, Posting] = {}
        self.results: dict[str, StoredResult] = {}
        self.acknowledged: set[str] = set()
        self.seen: set[str] = set()
        self.sequence = 0
        self.broken = False

    def keep(self, result: ResultEnvelope) -> ResultEnvelope:
        """Store a result at the next position."""
        self.sequence += 1
        result = msgspec.structs.replace(result, journal_sequence=self.sequence)
        self.results[result.envelope_id] = StoredResult(result.envelope_id, self.sequence, to_bytes(result))
        return result

    async def posting(self, posting_id: str) -> Posting | None:
        return self.postings.get(posting_id)

    async def result_of(self, envelope_id: str) -> StoredResult | None:
        return self.results.get(envelope_id)

    async def results_unacknowledged(self, after: int = 0) -> list[StoredResult]:
        waiting = [one for one in self.results.values() if one.envelope_id not in self.acknowledged]
        return sorted((one for one in waiting if one.sequence > after), key=lambda one: one.sequence)[:3]

    async def acknowledge(self, envelope_id: str, sequence: int) -> None:
        self._write()
        self.acknowledged.add(envelope_id)

    async def remember(self, envelope: CallEnvelope) -> bool:
        self._write()
        known = envelope.envelope_id in self.seen
        self.seen.add(envelope.envelope_id)
        return not known

    async def witness_relay(self, witness: Witness) -> None:
        self._write()
        self.witness = witness

    def _write(self) -> None:
        if self.broken:
            raise JournalUnavailable("the disk is full")


class TrailDouble:
    """The audit in memory; `is_full` makes it lose records."""

    def __init__(self) -> None:
        self.records: list[tuple[str, str, dict[str, Any]]] = []
        self.is_full = False

    @property
    def head(self) -> Head:
        """Return a head that grows with the records."""
        return Head(len(self.records), len(self.records), GENESIS)

    @property
    def kinds(self) -> list[str]:
        """Return the kinds recorded, in order."""
        return [kind for kind, _, _ in self.records]

    def record(self, kind: str, subject: str, **facts: Any) -> None:
        if not self.is_full:
            self.records.append((kind, subject, facts))


@dataclass
class ReadingDouble:
    """Rows in portions, then a result."""

    envelope: CallEnvelope
    runtime: Runtime
    portions: list[list[list[str]]]
    result: ResultEnvelope | None = None
    closed: bool = False

    async def __aiter__(self) -> AsyncIterator[tuple[int, bytes]]:
        rows = 0
        for portion in self.portions:
            rows += len(portion)
            yield len(portion), msgspec.msgpack.encode(portion)
        self.result = result_of(self.envelope, "read", self.runtime, rows=rows)

    async def aclose(self) -> None:
        self.closed = True


class ExecutorDouble:
    """Executes in memory: journals, waits as long as a posting takes, and answers."""

    def __init__(self, book: BookDouble, runtime: Runtime) -> None:
        self.book = book
        self.runtime = runtime
        self.seconds = 0.0
        self.outcome: Outcome = "posted"
        self.observe: Callable[[str, str, Any], None] = lambda *_: None
        self.portions: list[list[list[str]]] = []
        self.readings: list[ReadingDouble] = []
        self.begun: list[str] = []
        self.running = 0
        self.most_running = 0

    async def post(self, envelope: CallEnvelope, sealed: bytes, expires: float | None = None) -> ResultEnvelope:
        if self.book.broken:
            raise JournalUnavailable("the disk is full")
        self.begun.append(envelope.envelope_id)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        now = self.runtime.now()
        document = Document("digest", "1000", "DR", envelope.posting_id)
        self.book.postings[envelope.posting_id] = Posting(
            posting_id=envelope.posting_id,
            document=document,
            envelope_id=envelope.envelope_id,
            phase=Phase.INTENT,
            object_key="",
            sap_user="",
            called_at=None,
            changed_at=now,
            verified=False,
            sealed=sealed,
        )
        for phase in (Phase.INTENT, Phase.CALLED, Phase.RETURNED, Phase.COMMIT_SENT):
            self.observe(envelope.envelope_id, phase, now)
        if self.seconds:
            await self.runtime.sleep(self.seconds)
        self.running -= 1
        return self.book.keep(result_of(envelope, self.outcome, self.runtime, object_key="190000000110002026"))

    async def simulate(self, envelope: CallEnvelope) -> ResultEnvelope:
        self.begun.append(envelope.envelope_id)
        if self.seconds:
            await self.runtime.sleep(self.seconds)
        return result_of(envelope, "simulated", self.runtime)

    def read(self, envelope: CallEnvelope) -> ReadingDouble:
        self.begun.append(envelope.envelope_id)
        self.readings.append(ReadingDouble(envelope, self.runtime, self.portions))
        return self.readings[-1]


@dataclass
class SapDouble:
    """Whether SAP can be reached."""

    reason: str = ""

    async def complaint(self) -> str:
        return self.reason


@dataclass
class LineDouble:
    """An open line that remembers what was sent."""

    welcome: frames.Welcome
    takes_calls: bool = True
    write_credit: int = 0
    clock_offset: timedelta = timedelta(0)
    sent: list[frames.Message] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    over: bool = False

    def row_credit(self, envelope_id: str) -> int:
        return self.rows.get(envelope_id, 0)

    def send(self, message: frames.Message) -> bool:
        if self.over:
            return False
        if isinstance(message, frames.GrantWrites):
            self.write_credit += message.count
        if isinstance(message, frames.Rows):
            self.rows[message.envelope_id] -= 1
        arrived = frames.decode(frames.encode(message))
        assert not isinstance(arrived, frames.Unknown)
        self.sent.append(arrived)
        return True

    async def flushed(self) -> None:
        await asyncio.sleep(0)

    def of(self, kind: type[M]) -> list[M]:
        """Return what was sent of a kind."""
        return [message for message in self.sent if isinstance(message, kind)]

    def results(self) -> list[ResultEnvelope]:
        """Return the results sent, with their seals checked."""
        return [from_bytes(ResultEnvelope, open_("result", one.sealed, AGENT_TRUST)) for one in self.of(frames.Result)]

    def receipts(self) -> list[Receipt]:
        """Return the refusals sent, with their seals checked."""
        return [from_bytes(Receipt, open_("receipt", one.sealed, AGENT_TRUST)) for one in self.of(frames.Refused)]


def result_of(envelope: CallEnvelope, outcome: Outcome, runtime: Runtime, **facts: Any) -> ResultEnvelope:
    """Give the result of an envelope."""
    return ResultEnvelope(
        envelope_id=envelope.envelope_id,
        posting_id=envelope.posting_id,
        instance=US.instance,
        outcome=outcome,
        finished_at=runtime.now(),
        **facts,
    )


@dataclass
class DeskParts:
    """A desk and the doubles around it."""

    desk: Desk
    book: BookDouble
    trail: TrailDouble
    executor: ExecutorDouble
    sap: SapDouble
    runtime: Runtime


def a_desk(policy: Any, runtime: Runtime, *, write_slots: int = 2, read_slots: int = 2) -> DeskParts:
    """Give a desk with doubles all around."""
    book, trail, sap = BookDouble(), TrailDouble(), SapDouble()
    executor = ExecutorDouble(book, runtime)
    desk = Desk(
        Rules(US, RELAY_TRUST, policy, write_slots, read_slots),
        signer=AGENT,
        journal=book,
        executor=executor,
        audit=trail,
        sap=sap,
        runtime=runtime,
    )
    executor.observe = desk.observe
    return DeskParts(desk, book, trail, executor, sap, runtime)


class AgentLink:
    """A memory link whose errors are the agent's."""

    def __init__(self, link: Any) -> None:
        self._link = link

    async def send(self, data: bytes) -> None:
        try:
            await self._link.send(data)
        except Exception as error:
            raise LinkClosed(str(error)) from error

    async def recv(self) -> bytes:
        try:
            data: bytes = await self._link.recv()
        except Exception as error:
            raise LinkClosed(str(error)) from error
        return data

    async def close(self, code: int, reason: str) -> None:
        await self._link.close(code, reason)


def agent_links() -> tuple[AgentLink, AgentLink]:
    """Return two joined ends, both with the agent's errors."""
    here, there = memory_links()
    return AgentLink(here), AgentLink(there)


class RelayDouble:
    """A relay as the wire sees it: keeps the session's rules, answers pings, and does what the test says."""

    def __init__(self, wire: Link, runtime: Runtime) -> None:
        self.wire = wire
        self.session = Session(Side.RELAY, runtime.monotonic())
        self.heard: list[frames.Message] = []
        self._runtime = runtime
        self._inbox: asyncio.Queue[frames.Message] = asyncio.Queue()
        self._pump = asyncio.create_task(self._receive())

    def welcome(self, **changes: Any) -> frames.Welcome:
        """Give a welcome."""
        facts: dict[str, Any] = {
            "version": 1,
            "features": version.FEATURES,
            "session_id": "session-1",
            "generation": 1,
            "relay_id": "relay-1",
            "incarnation": "incarnation-1",
            "high_water": 10,
            "wall_clock": self._runtime.now(),
        }
        return frames.Welcome(**facts | changes)

    async def greet(self, **changes: Any) -> frames.Hello:
        """Await the hello and welcome the agent."""
        hello = await self.hear(frames.Hello)
        await self.say(self.welcome(**changes))
        return hello

    def envelope(self, work: Work, number: int = 1, attempt: int = 1, **changes: Any) -> CallEnvelope:
        """Give a call envelope: a posting of an order, or a read."""
        now = self._runtime.now()
        posting = f"acme/abc123/{number}/invoice/1/1" if isinstance(work, Write) else ""
        facts: dict[str, Any] = {
            "envelope_id": f"{posting}#{attempt}" if posting else f"read-{number}",
            "posting_id": posting,
            "audience": US,
            "issued_at": now,
            "not_after": now + timedelta(seconds=60),
            "fencing_token": 1,
            "work": work,
        }
        return CallEnvelope(**facts | changes)

    def call(self, envelope: CallEnvelope, signer: Signer = RELAY) -> frames.Call:
        """Seal an envelope."""
        sealed = seal("call", to_bytes(envelope), signer)
        return frames.Call(envelope.envelope_id, bool(envelope.posting_id), sealed)

    async def say(self, *messages: frames.Message) -> None:
        """Send messages the protocol allows."""
        for message in messages:
            self.session.send(message)
        await self.flush()

    async def flush(self) -> None:
        """Send what the session has queued."""
        for data in self.session.outgoing():
            await self.wire.send(data)

    async def hear(self, kind: type[M], seconds: float = 10) -> M:
        """Return the next message of this kind; others are passed over."""
        while True:
            message = await self._runtime.within(seconds, self._inbox.get())
            if isinstance(message, kind):
                return message

    async def receipt(self) -> Receipt:
        """Return the next refusal, its seal checked."""
        refused = await self.hear(frames.Refused)
        return from_bytes(Receipt, open_("receipt", refused.sealed, AGENT_TRUST))

    async def result(self) -> ResultEnvelope:
        """Return the next result, its seal checked."""
        result = await self.hear(frames.Result)
        return from_bytes(ResultEnvelope, open_("result", result.sealed, AGENT_TRUST))

    async def leave(self) -> None:
        """Hang up without a word."""
        self._pump.cancel()
        await self.wire.close(1000, "")

    async def _receive(self) -> None:
        while True:
            try:
                data = await self.wire.recv()
            except LinkClosed:
                self._inbox.put_nowait(frames.Close("link_lost"))
                return
            message = self.session.receive(data, self._runtime.monotonic(), self._runtime.now())
            try:
                await self.flush()
            except LinkClosed:
                return
            if message is not None:
                self.heard.append(message)
                self._inbox.put_nowait(message)
