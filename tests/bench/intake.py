"""P1: callbacks verified and durable before the answer, beside a handler that only answers."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from mlconnector_sandbox.landscape.landscape import TENANT, Landscape, Options

from tests.support.postgres import PostgresUnavailable, postgres_server

from .figures import Figure, against
from .store_api import callback_target
from .workers import Worker, cpu_seconds

__all__ = ["run"]

ROUNDS = 3
SECONDS = 3.0
WAITING = 1_000_000


def run(folder: Path) -> list[Figure]:
    """Measure the intake on SQLite, with a million jobs waiting, and on PostgreSQL."""
    with ExitStack() as stack:
        load, bare = Worker("callbacks", folder), Worker("bare_handler", folder)
        stack.callback(load.stop)
        stack.callback(bare.stop)
        figures = []
        with _relay(folder / "sqlite", "") as (landscape, target):
            costs: list[tuple[float, float]] = []
            rounds = _rounds(load, bare, target, landscape.relay.pid, costs)
            figures.append(against("p1", "intake on SQLite", "callbacks/s", rounds, ">= 0.6"))
            figures.append(against("p1", "processor time of a callback, SQLite", "ms", costs))
            half = figures[0].figure / 2
            late = load.ask("load", **target, rate=half, seconds=SECONDS)
            quiet = load.ask("load", **_bare_target(bare, target), rate=half, seconds=SECONDS)
            figures.append(Figure("p1", "p99 at half load, SQLite", "ms", late["p99"], quiet["p99"], goal="< 25 ms"))
            _fill(landscape.state / "relay" / "relay.db")
            full = _rounds(load, bare, target, landscape.relay.pid)
            figures.append(against("p1", "with 1,000,000 jobs waiting", "callbacks/s", full, "unchanged"))
        try:
            url = stack.enter_context(postgres_server(durable=True))
        except PostgresUnavailable as error:
            print(f"p1: PostgreSQL is left out: {error}")
            return figures
        with _relay(folder / "postgres", url) as (landscape, target):
            rounds = _rounds(load, bare, target, landscape.relay.pid)
            figures.append(against("p1", "intake on PostgreSQL", "callbacks/s", rounds, ">= 0.4"))
    return figures


def _rounds(
    load: Worker, bare: Worker, target: dict[str, Any], relay: int, costs: list[tuple[float, float]] | None = None
) -> list[tuple[float, float]]:
    """Give callbacks a second of the bare handler and of the relay; `costs` takes the processor time of each."""
    rounds = []
    for _ in range(ROUNDS):
        floor, floor_cost = _load(load, _bare_target(bare, target), bare.pid)
        figure, cost = _load(load, target, relay)
        rounds.append((floor, figure))
        if costs is not None:
            costs.append((floor_cost, cost))
    return rounds


def _load(load: Worker, target: dict[str, Any], pid: int) -> tuple[float, float]:
    used = cpu_seconds(pid)
    answer = load.ask("load", **target, seconds=SECONDS)
    if answer["refused"]:
        raise RuntimeError(f"{answer['refused']} callbacks were not accepted")
    return answer["per_second"], (cpu_seconds(pid) - used) * 1000 / answer["count"]


def _bare_target(bare: Worker, target: dict[str, Any]) -> dict[str, Any]:
    return {**target, "port": bare.facts["port"]}


@contextmanager
def _relay(state: Path, database_url: str) -> Iterator[tuple[Landscape, dict[str, Any]]]:
    """Run a relay with one registered store and no agent, and say how to reach it."""
    landscape = Landscape(Options(state=state, database_url=database_url))
    landscape.prepare()
    try:
        landscape.store.start()
        landscape.store_facts = landscape.store.ready()
        landscape.relay_command("db", "upgrade")
        landscape.relay_command("tenant", "add", TENANT)
        landscape.start_relay()
        landscape.add_store()
        yield landscape, callback_target(landscape)
    finally:
        landscape.stop()


def _fill(database: Path) -> None:
    """Copy one waiting job a million times, each for another order."""
    with sqlite3.connect(database, timeout=60) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(jobs)")]
        taken = ", ".join("1000000000 + x" if name == "order_id" else name for name in columns)
        connection.execute(
            f"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {WAITING}) "
            f"INSERT INTO jobs ({', '.join(columns)}) SELECT {taken} FROM n, (SELECT * FROM jobs LIMIT 1)"
        )
    connection.close()
    time.sleep(1.0)
