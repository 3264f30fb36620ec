"""The loop that keeps live sessions in step with what is recorded: revocation, quarantine, clones, clocks, leases."""

import asyncio
from typing import Final

import structlog
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from .. import metrics
from .admission import CLOCK_STOPS_SECONDS, ClockStanding, clock_standing
from .leases import Leases
from .live import LiveSession
from .registry import Agent, AgentRegistry, InstanceKey
from .sessions import Sessions
from .sink import Condition, Sink

__all__ = ["WATCH_SECONDS", "Watch"]

_log = structlog.get_logger(__name__)

WATCH_SECONDS: Final = 2.0
"""A revocation takes effect on live sessions within about this time."""

SEEN_SECONDS: Final = 30.0
"""How often it is recorded that an agent is live; the writer lease waits for minutes."""


class Watch:
    """Looks at every live session again and again.

    Args:
        registry: what is recorded.
        sessions: what is live.
        leases: renewed for who is live.
        sink: told of clocks and clones.
        runtime: clocks and waiting.
    """

    def __init__(
        self, registry: AgentRegistry, sessions: Sessions, leases: Leases, sink: Sink, runtime: Runtime
    ) -> None:
        self._registry = registry
        self._sessions = sessions
        self._leases = leases
        self._sink = sink
        self._runtime = runtime
        self._seen_until = float("-inf")
        self._clocks: dict[InstanceKey, ClockStanding] = {}

    async def run(self) -> None:
        """Watch for ever."""
        while True:
            await self.once()
            await self._runtime.sleep(WATCH_SECONDS)

    async def once(self) -> None:
        """Look at every live session once."""
        live = self._sessions.all()
        agents = await self._registry.agents({session.key for session in live})
        for session in live:
            self._stand(session, agents.get(session.key))
        # All at once: whoever leaves a challenge unanswered makes nobody else wait.
        await asyncio.gather(*(self._look_at_alone(key, agents.get(key)) for key in {one.key for one in live}))
        if agents and self._runtime.monotonic() >= self._seen_until:
            self._seen_until = self._runtime.monotonic() + SEEN_SECONDS
            await self._registry.seen(agents.keys(), self._runtime.now())
        for system in {session.system for session in live}:
            await self._leases.keep(system)

    def _stand(self, session: LiveSession, agent: Agent | None) -> None:
        close = session.conversation.close
        if agent is None or agent.revoked:
            close("revoked", f"{session.key.instance} was revoked")
        elif session.fingerprint not in agent.certificates:
            close("certificate_revoked", "this certificate was revoked")
        elif agent.generations.get(session.hello.slot, 0) > session.welcome.generation:
            close("fenced", f"a newer connection of slot {session.hello.slot} came to another relay")
        elif bool(agent.quarantined) != bool(session.quarantined):
            # The welcome tells the agent how it stands; it must hear it again.
            close("standing_changed", "quarantined" if agent.quarantined else "released from quarantine")
        else:
            session.refresh(agent)

    async def _look_at_alone(self, key: InstanceKey, agent: Agent | None) -> None:
        try:
            await self._look_at(key, agent)
        except Exception as error:
            if isinstance(error, ConnectorError) and error.retryable:
                raise  # everybody's trouble, such as a database that is away
            # What one agent says must not end the watch over the others: a revocation would find nobody.
            _log.error("tunnel.not_watched", **key._asdict(), exc_info=True)
            for session in self._sessions.of(key):
                session.conversation.close("internal_error", "a defect of the relay; its log has it")

    async def _look_at(self, key: InstanceKey, agent: Agent | None) -> None:
        sessions = self._sessions.of(key)
        if not sessions or agent is None:
            return
        metrics.write_credit.labels(*key).set(sum(session.conversation.protocol.write_credit for session in sessions))
        newest = max(sessions, key=lambda session: session.highest_sequence)
        if newest.highest_sequence > agent.journal.sequence:
            await self._registry.observed(key, newest.hello.journal_id, newest.highest_sequence)
        await self._look_at_clock(key, sessions)
        await self._look_for_clones(key, sessions, agent)

    async def _look_at_clock(self, key: InstanceKey, sessions: list[LiveSession]) -> None:
        worst = max((session.clock_offset for session in sessions), key=abs)
        standing, before = clock_standing(worst), self._clocks.get(key)
        self._clocks[key] = standing
        if standing == before:
            return
        seconds = worst.total_seconds()
        if standing.warns:
            _log.warning("tunnel.clock_off", **key._asdict(), seconds=round(seconds, 3), stops=standing.stops)
        sentence = (
            f"the clock of {key.instance} is {seconds:.0f} s off ours; above {CLOCK_STOPS_SECONDS:.0f} s nothing is"
            " posted; synchronise it by NTP"
        )
        await self._sink.condition(key, Condition.CLOCK, sentence if standing.stops else "")

    async def _look_for_clones(self, key: InstanceKey, sessions: list[LiveSession], agent: Agent) -> None:
        boots = {session.hello.boot_id for session in sessions} | {agent.journal.boot_id}
        if len(boots) == 1 or agent.quarantined:
            return
        suspects = [session for session in sessions if session.hello.boot_id != agent.journal.boot_id]
        alive = await asyncio.gather(*(session.lives() for session in suspects))
        if any(alive):
            reason = f"two processes use one certificate: boots {', '.join(sorted(boots))}"
            _log.error("tunnel.quarantined", **key._asdict(), reason=reason)
            await self._registry.quarantine(key, reason)
            await self._sink.condition(key, Condition.QUARANTINE, reason)
