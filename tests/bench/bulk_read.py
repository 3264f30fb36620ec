"""P3: a large table through RFC, tunnel and relay, beside pyrfc alone; its memory, and what it does to postings."""

import statistics
from contextlib import ExitStack
from pathlib import Path

from tests.support.agent import write_settings
from tests.support.ecc import an_ecc_process
from tests.support.sdk import sdk_home

from .agent_process import an_enrolled_agent
from .bulk_fields import FIELDS
from .figures import Figure, against, percentile
from .workers import Worker, children_of, peak_mib

__all__ = ["run"]

ROUNDS = 3
ROWS = 100_000
SECONDS = 3.0


def run(folder: Path) -> list[Figure]:
    """Measure rows a second, peak memory and the delay of postings."""
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        ecc = stack.enter_context(an_ecc_process(folder / "ecc"))
        ecc.control("/bulk-table", "PUT", {"rows": ROWS})
        alone = Worker("pyrfc_reader", folder, connection=ecc.parameters)
        stack.callback(alone.stop)
        relay = Worker("tunnel_relay", folder, folder=str(folder))
        stack.callback(relay.stop)
        tables = {"tables": {"ZMLC_BULK": list(FIELDS), "BKPF": ["BUKRS"]}}
        pool = {"write_connections": 2, "read_connections": 2}
        config = write_settings(
            folder / "agent", sysnr=str(ecc.where["sysnr"]), policy=tables, pool=pool, sap={"sdk_home": str(sdk_home())}
        )
        agent = stack.enter_context(an_enrolled_agent(config, relay.facts["token"]))
        relay.ask("post_beside", seconds=0.2)
        lines: list[tuple[float, float]] = []
        cells: list[tuple[float, float]] = []
        for _ in range(ROUNDS):
            ours = _whole(relay.ask("read", fields=FIELDS))
            lines.append((_whole(alone.ask("read", cut=False)), ours))
            cells.append((_whole(alone.ask("read", cut=True)), ours))
        idle = relay.ask("post_beside", seconds=SECONDS)["posted_ms"]
        beside_alone: list[float] = []
        meanwhile: list[float] = []
        for _ in range(ROUNDS):
            alone.tell("read", cut=True)
            beside_alone += relay.ask("post_beside", seconds=SECONDS)["posted_ms"]
            alone.answer()
            meanwhile += relay.ask("read_and_post", fields=FIELDS)["posted_ms"]
        usual = statistics.median(idle)
        children = sum(peak_mib(child) for child in children_of(agent.pid))
        return [
            against("p3", "100,000 rows of 40 fields", "rows/s", cells, ">= 0.8"),
            against("p3", "the same, floor leaves the fields joined", "rows/s", lines),
            Figure("p3", "peak memory of the agent", "MiB", peak_mib(agent.pid), goal="< 200"),
            Figure("p3", "peak memory of its RFC children together", "MiB", children),
            Figure("p3", "peak memory of the relay", "MiB", peak_mib(relay.pid), goal="< 150"),
            Figure("p3", "p50 of a posting while nothing is read", "ms", usual),
            Figure(
                "p3",
                "delay at p99 of a posting while that is read",
                "ms",
                percentile(meanwhile, 0.99) - usual,
                percentile(beside_alone, 0.99) - usual,
                goal="< 50 ms",
            ),
        ]


def _whole(answer: dict[str, float]) -> float:
    if answer["rows"] != ROWS:
        raise RuntimeError(f"{answer['rows']} rows arrived, not {ROWS}")
    return answer["per_second"]
