"""P2: signed, policy-checked, journaled calls through the real tunnel, beside the same without the product."""

from contextlib import ExitStack
from pathlib import Path

from tests.support.agent import AgentProcess, write_settings

from .figures import Figure, against
from .mutual_tls import make_certificate
from .workers import Worker

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
        stack.callback(Worker("floor_agent", folder, **place, journal_writes=1).stop)
        relay = Worker("tunnel_relay", folder, folder=str(folder))
        stack.callback(relay.stop)
        config = write_settings(folder / "agent")
        enrolled = AgentProcess(config).command("enrol", relay.facts["token"])
        if enrolled.returncode:
            raise RuntimeError(enrolled.stderr)
        stack.callback(Worker("noop_agent", folder, config=str(config), write_slots=64).stop)
        full, single = [], []
        relay.ask("post", in_flight=1, seconds=0.5)  # the first document qualifies its kind
        for _ in range(ROUNDS):
            for found, in_flight, name in ((full, 64, "per_second"), (single, 1, "p50")):
                plan = {"in_flight": in_flight, "seconds": SECONDS}
                found.append((floor.ask("post", **plan)[name], relay.ask("post", **plan)[name]))
    return [
        against("p2", "calls, 64 in flight", "calls/s", full, ">= 0.7"),
        against("p2", "p50 of a call, one at a time", "ms", single, "<= 2"),
    ]
