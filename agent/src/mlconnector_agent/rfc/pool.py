"""A few RFC sessions in child processes of their own, kept warm, and the one permit through which all logons go."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Final

from mlconnector_shared.runtime import Runtime, backoff

from .child import Child
from .circuit import Circuit
from .errors import Kind, RfcError
from .frames import Open
from .session import RfcSession, SystemFacts
from .settings import RfcSettings, RfcUser

if sys.platform == "win32":
    from . import platform_windows as platform
else:
    from . import platform_linux as platform

__all__ = ["Purpose", "RfcPool"]

_LOCK_FILE: Final = "rfc-children.lock"
_GONE_SECONDS: Final = 30.0
_PING_SECONDS: Final = 15.0
_RETRY_BASE: Final = 1.0
_RETRY_CAP: Final = 300.0


class Purpose(StrEnum):
    """What a session is for: a posting, or anything that commits nothing."""

    WRITE = "write"
    READ = "read"


class _Slot:
    """One place of the pool: its SAP user, its warm child, its session while it has one."""

    def __init__(self, purpose: Purpose, user: RfcUser) -> None:
        self.purpose = purpose
        self.user = user
        self.warming: asyncio.Task[Child] | None = None
        self.session: RfcSession | None = None


class RfcPool:
    """Sessions by purpose. `start` before use, `close` at the end.

    Attributes:
        circuit: the logon circuit.
        settings: what the pool was built from.
    """

    def __init__(self, settings: RfcSettings, runtime: Runtime) -> None:
        self.settings = settings
        self.circuit = Circuit(settings.state_dir, runtime)
        self._runtime = runtime
        self._lock = settings.state_dir / _LOCK_FILE
        self._logon = asyncio.Lock()
        self._closed = False
        self._failures = 0
        self._again_at = 0.0
        self._outage: RfcError | None = None
        self._slots: list[_Slot] = []
        self._idle: dict[Purpose, asyncio.LifoQueue[_Slot]] = {}

    async def start(self) -> None:
        """Wait until no child of an earlier life is left, then start the children; nobody logs on yet.

        Raises:
            RfcError: children of another agent process still live: nothing may be proven while they do.
        """
        deadline = self._runtime.monotonic() + _GONE_SECONDS
        while not platform.all_gone(self._lock):
            if self._runtime.monotonic() > deadline:
                message = f"RFC children of another agent process hold {self._lock}; stop that process first"
                raise RfcError(Kind.LIBRARY, message, key="CHILDREN_ALIVE")
            await self._runtime.sleep(0.05)
        users, settings = self.settings.users, self.settings
        for purpose, count in ((Purpose.WRITE, settings.write_connections), (Purpose.READ, settings.read_connections)):
            queue = self._idle[purpose] = asyncio.LifoQueue()
            for index in range(count):
                slot = _Slot(purpose, users[index % len(users)])
                self._slots.append(slot)
                self._warm(slot)
                queue.put_nowait(slot)

    async def close(self) -> None:
        """End all sessions and children."""
        self._closed = True
        for slot in self._slots:
            if slot.session is not None:
                await slot.session.end()
            if slot.warming is not None:
                for outcome in await asyncio.gather(slot.warming, return_exceptions=True):
                    if isinstance(outcome, Child):
                        await outcome.end()

    @asynccontextmanager
    async def session(self, purpose: Purpose) -> AsyncIterator[RfcSession]:
        """Lend a session; waits while all of this purpose are lent.

        Raises:
            RfcError: no session could be opened: SAP is away, the logon was refused or its circuit is open, the RFC
                library is missing, or the connection leads to another system.
        """
        slot = await self._idle[purpose].get()
        try:
            yield await self._ready(slot)
        finally:
            if slot.session is not None and slot.session.has_ended:
                await slot.session.end()
                slot.session = None
                if not self._closed:
                    self._warm(slot)
            self._idle[purpose].put_nowait(slot)

    async def probe(self) -> SystemFacts:
        """Log on if need be, ask SAP for a sign of life, and return whom we reached.

        Raises:
            RfcError: see `session`.
        """
        async with self.session(Purpose.READ) as session:
            await session.ping(_PING_SECONDS)
            return session.facts

    @property
    def outage(self) -> RfcError | None:
        """Return the last failed logon, or None once one has succeeded since."""
        return self._outage

    def _warm(self, slot: _Slot) -> asyncio.Task[Child]:
        start = Child.start(self._lock, self.settings.sdk_home, self._runtime)
        slot.warming = asyncio.create_task(start, name=f"rfc-child-{slot.purpose}")
        return slot.warming

    async def _ready(self, slot: _Slot) -> RfcSession:
        session = slot.session
        if session is not None and not session.has_ended and not await self._is_fresh(session):
            await session.end()
        if session is None or session.has_ended:
            slot.session = None
            session = slot.session = await self._log_on(slot)
        return session

    async def _is_fresh(self, session: RfcSession) -> bool:
        now = self._runtime.monotonic()
        if now - session.opened_at > self.settings.reopen_after_seconds:
            return False
        if now - session.used_at > self.settings.idle_ping_seconds:
            try:
                await session.ping(_PING_SECONDS)
            except RfcError:
                return False  # cut while idle, which is nobody's failure: the slot logs on anew
        return True

    async def _log_on(self, slot: _Slot) -> RfcSession:
        async with self._logon:
            self.circuit.check(self.settings.users)
            if self._outage is not None and self._runtime.monotonic() < self._again_at:
                raise self._outage.renewed()
            try:
                session = await self._open(await self._child_of(slot), slot.user)
            except RfcError as error:
                self._failed(slot, error)
                raise
            self._failures, self._outage = 0, None
            return session

    async def _child_of(self, slot: _Slot) -> Child:
        """Return the slot's warm child, or a new one where that has died meanwhile or could not start."""
        warming = slot.warming
        if warming is None or (warming.done() and (warming.exception() is not None or warming.result().is_gone)):
            warming = self._warm(slot)
        child = await asyncio.shield(warming)  # whoever gives up waiting leaves it to the next
        slot.warming = None
        return child

    async def _open(self, child: Child, user: RfcUser) -> RfcSession:
        settings = self.settings
        parameters = {**settings.destination, "client": settings.client, "lang": settings.lang, "user": user.user}
        if user.password:
            parameters["passwd"] = user.password
        attributes: dict[str, str] = await child.request(Open(parameters), settings.logon_timeout_seconds)
        library = child.library
        facts = SystemFacts(
            sysid=attributes["sysId"].strip(),
            client=attributes["client"].strip(),
            user=attributes["user"].strip() or user.user,
            host=attributes["partnerHost"].strip(),
            release=attributes["partnerRel"].strip(),
            library=f"{library.get('major')}.{library.get('minor')}.{library.get('patchLevel')}",
            patch_level=int(library.get("patchLevel") or 0),
        )
        if (facts.sysid, facts.client) != (settings.sysid, settings.client):
            await child.end()
            message = (
                f"this connection leads to system {facts.sysid} client {facts.client}, "
                f"the settings say {settings.sysid} client {settings.client}"
            )
            raise RfcError(Kind.LIBRARY, message, key="WRONG_SYSTEM")
        return RfcSession(child, facts, self._runtime)

    def _failed(self, slot: _Slot, error: RfcError) -> None:
        self._outage = error
        if error.kind is Kind.LOGON:
            self.circuit.open(slot.user, error)
        else:
            self._failures += 1
            pause = backoff(self._failures, _RETRY_BASE, _RETRY_CAP, self._runtime.random())
            self._again_at = self._runtime.monotonic() + pause
        self._warm(slot)
