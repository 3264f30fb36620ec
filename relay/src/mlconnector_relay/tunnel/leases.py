"""The writer lease: one instance per SAP system takes new postings; the fencing token grows when it passes on.

The lease says who gets new work. It never takes a posting away that was sent: that one stays with its instance.
"""

from datetime import timedelta
from typing import Final

import structlog
from mlconnector_shared.runtime import Runtime

from .registry import AgentRegistry, Lease, System
from .sessions import Sessions

__all__ = ["TRANSFER_AFTER", "Leases"]

_log = structlog.get_logger(__name__)

TRANSFER_AFTER: Final = timedelta(minutes=5)
"""An instance no relay has seen for longer loses new postings to another one."""


class Leases:
    """This process's view of the leases, kept fresh by `keep`.

    Args:
        registry: where they are durable.
        sessions: whom we could lease to.
        runtime: the clock.
    """

    def __init__(self, registry: AgentRegistry, sessions: Sessions, runtime: Runtime) -> None:
        self._registry = registry
        self._sessions = sessions
        self._runtime = runtime
        self._known: dict[System, Lease] = {}

    def holder(self, system: System) -> Lease | None:
        """Return who takes new postings, as far as we know."""
        return self._known.get(system)

    async def keep(self, system: System) -> None:
        """Learn who holds the lease, and take it for an instance that is live here where it has lapsed."""
        live = sorted({session.key.instance for session in self._sessions.of_system(system) if session.is_writable})
        if not live:
            return
        now = self._runtime.now()
        lease = await self._registry.claim(system, live, now, now - TRANSFER_AFTER)
        if self._known.get(system) != lease:
            _log.info("tunnel.writer_lease", **system._asdict(), instance=lease.instance, token=lease.fencing_token)
            self._known[system] = lease
            for session in self._sessions.of_system(system):
                session.notify()
