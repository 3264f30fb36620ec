"""Sending: slots against write credit for postings, rows under credit for reads, one answer for simulations."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from mlconnector_shared import frames
from mlconnector_shared.envelope import (
    Audience,
    CallEnvelope,
    ReadTable,
    ResultEnvelope,
    Simulate,
    Work,
    to_bytes,
)
from mlconnector_shared.errors import LocalProtocolError
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.signing import seal

from .errors import NoCredit, SessionLost
from .identity import Identity
from .leases import Leases
from .live import LiveSession
from .reads import TableRead
from .registry import InstanceKey, System
from .sessions import Sessions

__all__ = ["Dispatcher", "Slot"]

ENOUGH_WAITING: Final = 16
"""Jobs of one SAP system that wait for credit while others are started: whatever comes back finds somebody ready."""

MAX_WAITING: Final = 1024
"""Jobs of one SAP system that may wait for credit at once; more of them should not have been started."""

READ_LIFE: Final = timedelta(seconds=60)
"""A read or a simulation starts at once or not at all."""

SIMULATION_SECONDS: Final = 120.0


class Slot:
    """One unit of write credit, reserved: send one posting with it, or release it.

    Attributes:
        instance: the agent instance the envelope must name.
        fencing_token: the token the envelope must carry.
    """

    def __init__(self, session: LiveSession, fencing_token: int) -> None:
        self.instance = session.key.instance
        self.fencing_token = fencing_token
        self._session: LiveSession | None = session
        session.reserved += 1

    def take(self) -> LiveSession:
        """Hand the reservation over to a sending; a slot serves once.

        Raises:
            LocalProtocolError: it was used or released before.
        """
        if self._session is None:
            raise LocalProtocolError("this slot was used or released before; acquire another one")
        session, self._session = self._session, None
        return session

    def release(self) -> None:
        """Give the credit back; doing so twice, or after sending, does nothing."""
        if self._session is not None:
            session = self.take()
            session.reserved -= 1
            session.notify()


@dataclass(slots=True)
class _Line:
    """Who waits for write credit of one SAP system.

    Attributes:
        served: how many got some.
        stands: whether somebody has given up since the last one got some.
    """

    places: deque[asyncio.Future[Slot]] = field(default_factory=deque)
    served: int = 0
    stands: bool = False

    def moved(self) -> None:
        """Note that somebody got credit."""
        self.served += 1
        self.stands = False


class Dispatcher:
    """Hands envelopes to sessions.

    Args:
        sessions: the live ones.
        leases: who takes new postings.
        identity: the keys that seal.
        runtime: clocks and identifiers.
    """

    def __init__(self, sessions: Sessions, leases: Leases, identity: Identity, runtime: Runtime) -> None:
        self._sessions = sessions
        self._leases = leases
        self._identity = identity
        self._runtime = runtime
        self._waiting: dict[tuple[System, str], _Line] = {}
        self._simulating = 0
        sessions.listen(self._serve)

    @property
    def waiting(self) -> int:
        """Return how many wait for an agent here: for write credit, or for the answer to a simulation."""
        return sum(len(line.places) for line in self._waiting.values()) + self._simulating

    def available(self, tenant: str, sysid: str, client: str) -> bool:
        """Tell whether new postings to this SAP system make progress here: there is credit, or work that returns it.

        Work that did not return any for as long as somebody was ready to wait does not count until there is credit, nor
        does any where enough wait already.
        """
        system = System(tenant, sysid, client)
        line = self._waiting.get((system, ""))
        if line is not None and len(line.places) >= ENOUGH_WAITING:
            return False
        moves = line is None or not line.stands
        return any(
            session.free_credit > 0 or (moves and session.is_writable and session.in_flight)
            for session in self._writers(system, "")
        )

    async def acquire(
        self, tenant: str, sysid: str, client: str, *, instance: str | None = None, patience_seconds: float = 30.0
    ) -> Slot:
        """Wait for write credit, first come, first served; for as long as the line moves.

        Args:
            tenant: whose SAP system.
            sysid: the SAP system.
            client: its client.
            instance: for settling a posting that was sent: the instance it was sent to, and no other.
            patience_seconds: how long to wait while nobody in the line gets any.

        Raises:
            NoCredit: none came in time, or too many wait already.
        """
        system = System(tenant, sysid, client)
        line = self._waiting.setdefault((system, instance or ""), _Line())
        if not line.places and (slot := self._free_slot(system, instance or "")):
            line.moved()
            return slot
        if len(line.places) >= MAX_WAITING:
            raise NoCredit(f"{MAX_WAITING} postings wait for write credit of {sysid} client {client} already")
        place: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        line.places.append(place)
        try:
            return await self._turn(line, place, patience_seconds)
        except TimeoutError as error:
            line.stands = True
            raise NoCredit(f"no write credit for {sysid} client {client} in {patience_seconds:.0f} s") from error
        except asyncio.CancelledError:
            if place.done():
                place.result().release()
            raise
        finally:
            if place in line.places:
                line.places.remove(place)

    async def _turn(self, line: "_Line", place: asyncio.Future[Slot], patience_seconds: float) -> Slot:
        """Wait in a line that moves: whoever leaves it must be looked at again, and the next one gets no further."""
        while True:
            served = line.served
            try:
                return await self._runtime.within(patience_seconds, asyncio.shield(place))
            except TimeoutError:
                if place.done():
                    return place.result()
                if line.served == served:
                    raise

    def seal(self, envelope: CallEnvelope) -> bytes:
        """Return the bytes that travel; write them down before they are sent."""
        return seal("call", to_bytes(envelope), self._identity.signer)

    async def send(self, slot: Slot, envelope: CallEnvelope, sealed: bytes | None = None) -> None:
        """Send one posting with its slot.

        Args:
            slot: used up by this, whatever comes of it.
            envelope: names the slot's instance.
            sealed: its bytes where they were written down before; sealed here otherwise.

        Raises:
            SessionLost: nothing was sent.
            LocalProtocolError: the envelope is not for this slot.
        """
        if envelope.audience.instance != slot.instance:
            slot.release()
            raise LocalProtocolError(f"the envelope is for {envelope.audience.instance}, the slot {slot.instance}'s")
        slot.take().post(envelope.envelope_id, sealed or self.seal(envelope))

    def read_table(self, tenant: str, sysid: str, client: str, work: ReadTable, *, trace: str = "") -> TableRead:
        """Read rows of a table: iterate over the chunks; credit is granted as they are consumed.

        Raises:
            SessionLost: no agent of this SAP system is connected here.
            NoCredit: too many reads are under way.
        """
        session = self._reader(System(tenant, sysid, client), "rows")
        envelope = self._envelope(session, work, trace)
        return TableRead(session, envelope.envelope_id, self.seal(envelope), self._runtime)

    async def simulate(
        self, tenant: str, sysid: str, client: str, work: Simulate, *, trace: str = ""
    ) -> ResultEnvelope:
        """Have a checking function module called and rolled back; return what SAP said.

        Raises:
            SessionLost: no agent of this SAP system is connected here, or it went away.
            CallRefused: its gate said no.
            TimeoutError: no answer in time; it was cancelled.
        """
        session = self._reader(System(tenant, sysid, client), "")
        envelope = self._envelope(session, work, trace)
        exchange = session.ask(envelope.envelope_id, self.seal(envelope))
        self._simulating += 1
        try:
            await self._runtime.within(SIMULATION_SECONDS, exchange.next_chunk())
        finally:
            self._simulating -= 1
            session.abandon(envelope.envelope_id, "nobody waits for it any more")
        return exchange.result()

    def _writers(self, system: System, instance: str) -> list[LiveSession]:
        lease = self._leases.holder(system)
        writer = instance or (lease.instance if lease else "")
        return [
            session for session in self._sessions.of(InstanceKey(system.tenant, writer)) if session.system == system
        ]

    def _free_slot(self, system: System, instance: str) -> Slot | None:
        lease = self._leases.holder(system)
        best = max(self._writers(system, instance), key=lambda session: session.free_credit, default=None)
        if lease is None or best is None or best.free_credit < 1:
            return None
        return Slot(best, lease.fencing_token)

    def _serve(self, session: LiveSession) -> None:
        # Settling a posting that was sent goes before starting another.
        for instance in (session.key.instance, ""):
            line = self._waiting.get((session.system, instance))
            while line and line.places and (slot := self._free_slot(session.system, instance)):
                line.places.popleft().set_result(slot)
                line.moved()

    def anchor(self, tenant: str, payload: bytes) -> int:
        """Show the head of the relay's audit chain to the tenant's agents; return how many witnesses heard it."""
        sealed = seal("anchor", payload, self._identity.signer)
        witnesses = [
            session
            for session in self._sessions.all()
            if session.key.tenant == tenant and "anchor" in session.features and not session.conversation.is_over
        ]
        for session in witnesses:
            session.conversation.send(frames.Anchor(sealed))
        return len(witnesses)

    def _reader(self, system: System, feature: str) -> LiveSession:
        lease = self._leases.holder(system)
        live = [
            session
            for session in self._sessions.of_system(system)
            if session.conversation.is_open and feature in {"", *session.features}
        ]
        if not live:
            raise SessionLost(f"no agent of {system.sysid} client {system.client} is connected here")
        return min(live, key=lambda one: (lease is None or one.key.instance != lease.instance, len(one.exchanges)))

    def _envelope(self, session: LiveSession, work: Work, trace: str) -> CallEnvelope:
        lease = self._leases.holder(session.system)
        now = self._runtime.now()
        return CallEnvelope(
            envelope_id=self._runtime.new_id(),
            posting_id="",
            audience=Audience(session.key.tenant, session.key.instance, session.agent.sysid, session.agent.client),
            issued_at=now,
            not_after=now + READ_LIFE,
            fencing_token=lease.fencing_token if lease else 0,
            work=work,
            trace=trace,
        )
