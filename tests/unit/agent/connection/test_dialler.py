"""The dialler never gives up, and never hammers."""

import asyncio
from collections.abc import Callable

from mlconnector_agent.connection.dialler import Dialler
from mlconnector_agent.connection.links import DialFailed, Link
from mlconnector_shared import frames

from tests.support.desk import RelayDouble, agent_links
from tests.support.virtual import VirtualRuntime, virtual
from tests.unit.agent.connection.test_conversation import Recorder, a_hello


class Relay:
    """Where the dialler dials: fails as long as told, then greets, then does as told."""

    def __init__(self, runtime: VirtualRuntime) -> None:
        self.runtime = runtime
        self.dialled: list[float] = []
        self.sessions: list[RelayDouble] = []
        self.away = False
        self.failure: Callable[[], Exception] = lambda: DialFailed("not reached")

    async def dial(self) -> Link:
        self.dialled.append(self.runtime.monotonic())
        if self.away:
            raise self.failure()
        here, there = agent_links()
        relay = RelayDouble(there, self.runtime)
        self.sessions.append(relay)
        return here

    def pauses(self) -> list[float]:
        return [later - earlier for earlier, later in zip(self.dialled, self.dialled[1:], strict=False)]


class Running:
    """A dialler at work."""

    def __init__(self) -> None:
        self.runtime = VirtualRuntime(seed=1)
        self.relay = Relay(self.runtime)
        self.handler = Recorder()
        self.dialler = Dialler(self.relay.dial, lambda: a_hello(self.runtime), self.handler, self.runtime)

    def start(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self.dialler.run())


@virtual
async def test_the_first_try_may_fail_too() -> None:
    """An agent that starts before its network is up connects once it is; waits grow, at most a minute, with jitter."""
    running = Running()
    running.relay.away = True
    task = running.start()
    await running.runtime.sleep(6 * 3600)
    pauses = running.relay.pauses()

    assert max(pauses) <= 60
    assert min(pauses[10:]) >= 30
    assert pauses[0] <= 1
    assert len(set(pauses)) > len(pauses) / 2

    running.relay.away = False
    await running.runtime.sleep(61)
    await running.relay.sessions[0].greet()
    await running.runtime.sleep(1)
    assert len(running.handler.attached) == 1
    task.cancel()


@virtual
async def test_a_steady_session_forgets_earlier_failures() -> None:
    """After an hour of good service a broken line is dialled again within a second."""
    running = Running()
    running.relay.away = True
    task = running.start()
    await running.runtime.sleep(600)
    running.relay.away = False
    await running.runtime.sleep(61)
    relay = running.relay.sessions[0]
    await relay.greet()
    await running.runtime.sleep(3600)
    await relay.leave()
    await running.runtime.sleep(1.1)

    assert len(running.relay.sessions) == 2
    task.cancel()


@virtual
async def test_a_relay_that_sends_us_away_is_not_hammered() -> None:
    """What only a person can cure is tried once a minute, not at once."""
    running = Running()
    task = running.start()
    await running.runtime.sleep(0.1)
    await running.relay.sessions[0].hear(frames.Hello)
    await running.relay.sessions[0].say(frames.Close("revoked", "no more"))
    await running.runtime.sleep(29)
    assert len(running.relay.dialled) == 1
    await running.runtime.sleep(32)
    assert len(running.relay.dialled) == 2
    task.cancel()


@virtual
async def test_a_defect_does_not_end_the_dialling() -> None:
    """Whatever goes wrong in a session is logged, and dialled again."""
    running = Running()
    running.relay.away = True
    running.relay.failure = lambda: ValueError("a defect")
    task = running.start()
    await running.runtime.sleep(120)
    running.relay.away = False
    await running.runtime.sleep(61)

    assert len(running.relay.sessions) == 1
    task.cancel()


@virtual
async def test_stop_closes_and_dials_no_more() -> None:
    """Drain asks for no more calls, stop closes; then the loop returns."""
    running = Running()
    running.dialler.drain("nobody is there")
    task = running.start()
    await running.runtime.sleep(0.1)
    relay = running.relay.sessions[0]
    await relay.greet()
    await running.runtime.sleep(0.1)

    running.dialler.drain("the agent stops")
    running.dialler.stop("stopped")
    await task

    assert [type(one).__name__ for one in relay.heard] == ["Hello", "Drain", "Close"]
    assert len(running.relay.dialled) == 1


@virtual
async def test_stop_between_two_tries_ends_the_loop() -> None:
    """An agent that cannot reach its relay can still be stopped."""
    running = Running()
    running.relay.away = True
    task = running.start()
    await running.runtime.sleep(0.1)
    running.dialler.stop("stopped")
    await running.runtime.sleep(0.1)

    assert task.done()
