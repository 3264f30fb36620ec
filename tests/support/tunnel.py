"""Doubles around the tunnel: an agent that speaks the protocol, a registry in memory, a sink that remembers."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from mlconnector_relay.tunnel.errors import LinkClosed
from mlconnector_relay.tunnel.registry import (
    MOST_CERTIFICATES,
    Agent,
    EnrolmentToken,
    Greeting,
    InstanceKey,
    Issued,
    Lease,
    RelayState,
    System,
)
from mlconnector_relay.tunnel.sink import Condition
from mlconnector_shared import frames, version
from mlconnector_shared.envelope import CallEnvelope, Receipt, ResultEnvelope, from_bytes, to_bytes
from mlconnector_shared.protocol import Session, Side
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.signing import Signer, Trust, fingerprint, open_, public_from_bytes, seal

__all__ = ["AgentDouble", "Closed", "MemoryLink", "MemoryRegistry", "RecordingSink", "memory_links"]

M = TypeVar("M", bound=frames.Message)


class MemoryRegistry:
    """The registry's port, kept in memory."""

    def __init__(self) -> None:
        self.known: dict[InstanceKey, Agent] = {}
        self.tokens: dict[str, EnrolmentToken] = {}
        self.generations: dict[tuple[InstanceKey, int], int] = {}
        self.greetings: list[Greeting] = []
        self.leases: dict[System, Lease] = {}
        self.last_seen: dict[InstanceKey, datetime] = {}
        self.relay = RelayState("incarnation-1", 10)

    def enrol(
        self, key: InstanceKey, signer: Signer, certificate: str, sysid: str = "ECC", client: str = "100"
    ) -> Agent:
        """Put an agent in, past the enrolment."""
        self.known[key] = Agent(key, sysid, client, frozenset({certificate}), {signer.key_id: signer.public_bytes})
        return self.known[key]

    def change(self, key: InstanceKey, **changes: Any) -> None:
        """Change what is recorded, as a person or another relay would."""
        self.known[key] = replace(self.known[key], **changes)

    async def agent(self, key: InstanceKey) -> Agent | None:
        return self.known.get(key)

    async def agents(self, keys: Collection[InstanceKey]) -> Mapping[InstanceKey, Agent]:
        return {key: self.known[key] for key in keys if key in self.known}

    async def greeted(self, key: InstanceKey, greeting: Greeting, at: datetime) -> int:
        known, journal = self.known[key].journal, greeting.journal
        if known.journal_id == journal.journal_id:
            journal = replace(journal, sequence=max(known.sequence, journal.sequence))
        self.change(key, journal=journal)
        self.greetings.append(greeting)
        self.last_seen[key] = at
        slot = (key, greeting.slot)
        self.generations[slot] = self.generations.get(slot, 0) + 1
        return self.generations[slot]

    async def observed(self, key: InstanceKey, journal_id: str, sequence: int) -> None:
        known = self.known[key].journal
        if known.journal_id == journal_id and sequence > known.sequence:
            self.change(key, journal=replace(known, sequence=sequence))

    async def seen(self, keys: Collection[InstanceKey], at: datetime) -> None:
        self.last_seen |= dict.fromkeys(keys, at)

    async def quarantine(self, key: InstanceKey, reason: str) -> None:
        if not self.known[key].quarantined:
            self.change(key, quarantined=reason)

    async def certified(self, key: InstanceKey, certificate: Issued, at: datetime) -> bool:
        held = self.known[key].certificates
        if len(held) >= MOST_CERTIFICATES:
            return False
        self.change(key, certificates=held | {certificate.fingerprint})
        return True

    async def offer(self, token: EnrolmentToken, at: datetime) -> None:
        self.tokens[token.token_id] = token

    async def token(self, token_id: str) -> EnrolmentToken | None:
        return self.tokens.get(token_id)

    async def redeem(self, token: EnrolmentToken, certificate: Issued, signing_key: bytes, at: datetime) -> bool:
        if self.tokens[token.token_id].used_at:
            return False
        self.tokens[token.token_id] = replace(token, used_at=at)
        old = self.known.get(token.agent)
        keys = {**(old.signing_keys if old else {}), fingerprint(public_from_bytes(signing_key)): signing_key}
        certificates = (old.certificates if old else frozenset()) | {certificate.fingerprint}
        self.known[token.agent] = Agent(token.agent, token.sysid, token.client, certificates, keys)
        return True

    async def claim(self, system: System, live: Sequence[str], at: datetime, transfer_before: datetime) -> Lease:
        held = self.leases.get(system)
        if held:
            seen = self.last_seen.get(InstanceKey(system.tenant, held.instance))
            if held.instance in live or (seen and seen >= transfer_before):
                return held
        self.leases[system] = Lease(live[0], held.fencing_token + 1 if held else 1)
        return self.leases[system]

    async def state(self, tenant: str, batch: int) -> RelayState:
        return self.relay


@dataclass
class RecordingSink:
    """Remembers everything; `failures` lets the next recordings fail, `gate` holds them."""

    results: list[ResultEnvelope] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)
    anchors: list[bytes] = field(default_factory=list)
    conditions: dict[tuple[InstanceKey, Condition], str] = field(default_factory=dict)
    failures: int = 0
    error: Exception = field(default_factory=lambda: OSError("the disk is full"))
    gate: asyncio.Event | None = None

    async def result(self, tenant: str, result: ResultEnvelope, sealed: bytes) -> None:
        if self.gate:
            await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise self.error
        self.results.append(result)

    async def refused(self, tenant: str, receipt: Receipt, sealed: bytes) -> None:
        self.receipts.append(receipt)

    async def step(self, tenant: str, envelope_id: str, phase: str, at: datetime) -> None:
        self.steps.append((envelope_id, phase))

    async def anchor(self, tenant: str, instance: str, payload: bytes, sealed: bytes) -> None:
        self.anchors.append(payload)

    async def condition(self, agent: InstanceKey, condition: Condition, sentence: str) -> None:
        if sentence:
            self.conditions[agent, condition] = sentence
        else:
            self.conditions.pop((agent, condition), None)


class MemoryLink:
    """One end of a link in memory; a bounded one makes its sender wait, as a full socket does."""

    def __init__(self, incoming: "asyncio.Queue[bytes | None]", outgoing: "asyncio.Queue[bytes | None]") -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self.closed_with: tuple[int, str] | None = None

    async def send(self, data: bytes) -> None:
        if self.closed_with:
            raise LinkClosed("closed here")
        await self._outgoing.put(data)

    async def recv(self) -> bytes:
        data = None if self.closed_with else await self._incoming.get()
        if data is None:
            raise LinkClosed("closed there")
        return data

    async def close(self, code: int, reason: str) -> None:
        if not self.closed_with:
            self.closed_with = (code, reason)
            await self._outgoing.put(None)


def memory_links(capacity: int = 0) -> tuple[MemoryLink, MemoryLink]:
    """Return two joined ends; capacity 0 means unbounded."""
    there: asyncio.Queue[bytes | None] = asyncio.Queue(capacity)
    back: asyncio.Queue[bytes | None] = asyncio.Queue(capacity)
    return MemoryLink(there, back), MemoryLink(back, there)


class _Wire(Protocol):
    async def send(self, data: bytes) -> None: ...
    async def recv(self) -> bytes: ...
    async def close(self, code: int, reason: str) -> None: ...


class Closed(Exception):
    """The relay ended the session: its reason and sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason} {detail}")
        self.reason = reason


class AgentDouble:
    """An agent as the wire sees it: keeps a session, answers pings, and does what the test says."""

    def __init__(self, wire: _Wire, key: InstanceKey, signer: Signer, runtime: Runtime, **hello: Any) -> None:
        self.wire = wire
        self.key = key
        self.signer = signer
        self.session = Session(Side.AGENT, runtime.monotonic())
        self.journal_sequence = hello.get("journal_sequence", 0)
        self.heard: list[frames.Message] = []
        self._runtime = runtime
        self._hello = hello
        self._inbox: asyncio.Queue[frames.Message] = asyncio.Queue()
        self._pump = asyncio.create_task(self._receive())

    def hello(self) -> frames.Hello:
        """Return what it says of itself."""
        facts: dict[str, Any] = {
            "protocol_min": 1,
            "protocol_max": 1,
            "features": version.FEATURES,
            "instance": self.key.instance,
            "slot": 0,
            "boot_id": "boot-1",
            "journal_id": "journal-1",
            "journal_sequence": 0,
            "acknowledged_sequence": 0,
            "sysid": "ECC",
            "client": "100",
            "agent_version": "0.1.0",
            "wall_clock": self._runtime.now(),
        }
        return frames.Hello(**facts | self._hello)

    async def connect(self) -> frames.Welcome:
        """Say hello and return the welcome."""
        await self.say(self.hello())
        return await self.hear(frames.Welcome)

    async def grant(self, count: int) -> None:
        """Grant write credit."""
        await self.say(frames.GrantWrites(count))

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
            if isinstance(message, frames.Close):
                raise Closed(message.reason, message.detail)

    async def hear_call(self, trust: Trust) -> CallEnvelope:
        """Return the next call, opened."""
        call = await self.hear(frames.Call)
        return from_bytes(CallEnvelope, open_("call", call.sealed, trust))

    def result(self, envelope: CallEnvelope, **facts: Any) -> frames.Result:
        """Return the signed result of a call."""
        self.journal_sequence += 1
        content = {
            "envelope_id": envelope.envelope_id,
            "posting_id": envelope.posting_id,
            "instance": self.key.instance,
            "outcome": "posted",
            "finished_at": self._runtime.now(),
            "journal_sequence": self.journal_sequence,
        }
        result = ResultEnvelope(**content | facts)
        return frames.Result(envelope.envelope_id, seal("result", to_bytes(result), self.signer))

    def refusal(self, envelope: CallEnvelope, rule: str) -> frames.Refused:
        """Return the signed refusal of a call."""
        receipt = Receipt(
            envelope.envelope_id, envelope.posting_id, self.key.instance, rule, "not allowed", self._runtime.now()
        )
        return frames.Refused(envelope.envelope_id, seal("receipt", to_bytes(receipt), self.signer))

    async def leave(self) -> None:
        """Hang up without a word."""
        self._pump.cancel()
        await self.wire.close(1000, "")

    def stop_listening(self) -> None:
        """Play dead: the connection stands, nobody reads it."""
        self._pump.cancel()

    async def _receive(self) -> None:
        while True:
            try:
                data = await self.wire.recv()
            except LinkClosed:
                self._inbox.put_nowait(frames.Close("link_lost"))
                return
            message = self.session.receive(data, self._runtime.monotonic(), self._runtime.now())
            await self.flush()
            if message is not None:
                self.heard.append(message)
                self._inbox.put_nowait(message)
