"""P2: signed, policy-checked, journaled calls through the real tunnel, beside the same without the product."""

from contextlib import ExitStack
from pathlib import Path

from tests.support.agent import write_settings

from .agent_process import enrol
from .figures import Figure, against
from .mutual_tls import make_certificate
from .workers import Worker, cpu_seconds

__all__ = ["run"]

ROUNDS = 3
SECONDS = 3.0


def run(folder: Path) -> list[Figure]:
    """Measure calls a second at 64 in flight and the time of a single one."""
    folder.mkdir(parents=True)
    certificate = folder / "floor.pem"
    make_certificate(certificate)
    with ExitStack() as stack:
        floor = Worker("floor_relay", folder, certificate=str(certificate))
        stack.callback(floor.stop)
        place = {"port": floor.facts["port"], "certificate": str(certificate), "folder": str(folder)}
        floor_agent = Worker("floor_agent", folder, **place, journal_writes=1)
        stack.callback(floor_agent.stop)
        relay = Worker("tunnel_relay", folder, folder=str(folder))
        stack.callback(relay.stop)
        config = write_settings(folder / "agent")
        enrol(config, relay.facts["token"])
        agent = Worker("noop_agent", folder, config=str(config), write_slots=64)
        stack.callback(agent.stop)
        full: list[tuple[float, float]] = []
        single: list[tuple[float, float]] = []
        cost: list[tuple[float, float]] = []
        relay.ask("post", in_flight=1, seconds=0.5)  # the first document qualifies its kind
        for _ in range(ROUNDS):
            (rate, floor_cost), (ours, our_cost) = _full(floor, floor_agent), _full(relay, agent)
            full.append((rate, ours))
            cost.append((floor_cost, our_cost))
            plan = {"in_flight": 1, "seconds": SECONDS}
            single.append((floor.ask("post", **plan)["p50"], relay.ask("post", **plan)["p50"]))
    return [
        against("p2", "calls, 64 in flight", "calls/s", full, ">= 0.7"),
        against("p2", "processor time of a call, both ends", "ms", cost),
        against("p2", "p50 of a call, one at a time", "ms", single, "<= 2"),
    ]


def _full(relay: Worker, agent: Worker) -> tuple[float, float]:
    """Give calls a second at 64 in flight, and the milliseconds of processor time of one."""
    used = cpu_seconds(relay.pid, agent.pid)
    answer = relay.ask("post", in_flight=64, seconds=SECONDS)
    return answer["per_second"], (cpu_seconds(relay.pid, agent.pid) - used) * 1000 / answer["count"]
