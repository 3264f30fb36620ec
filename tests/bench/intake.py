"""P1: callbacks verified and durable before the answer, beside a handler that only answers."""

import json
import sqlite3
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from mlconnector_sandbox.landscape.landscape import STORE_HASH, TENANT, Landscape, Options

from tests.support.postgres import PostgresUnavailable, postgres_server

from .figures import Figure, against
from .workers import Worker

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
            rounds = _rounds(load, bare, target)
            figures.append(against("p1", "intake on SQLite", "callbacks/s", rounds, ">= 0.6"))
            half = figures[0].figure / 2
            late = load.ask("load", **target, rate=half, seconds=SECONDS)
            quiet = load.ask("load", **_bare_target(bare, target), rate=half, seconds=SECONDS)
            figures.append(Figure("p1", "p99 at half load, SQLite", "ms", late["p99"], quiet["p99"], goal="< 25 ms"))
            _fill(landscape.state / "relay" / "relay.db")
            full = _rounds(load, bare, target)
            figures.append(against("p1", "with 1,000,000 jobs waiting", "callbacks/s", full, "unchanged"))
        try:
            url = stack.enter_context(postgres_server(durable=True))
        except PostgresUnavailable as error:
            print(f"p1: PostgreSQL is left out: {error}")
            return figures
        with _relay(folder / "postgres", url) as (_, target):
            rounds = _rounds(load, bare, target)
            figures.append(against("p1", "intake on PostgreSQL", "callbacks/s", rounds, ">= 0.4"))
    return figures


def _rounds(load: Worker, bare: Worker, target: dict[str, Any]) -> Iterator[tuple[float, float]]:
    for _ in range(ROUNDS):
        floor = load.ask("load", **_bare_target(bare, target), seconds=SECONDS)
        answer = load.ask("load", **target, seconds=SECONDS)
        if answer["refused"]:
            raise RuntimeError(f"{answer['refused']} callbacks were not accepted")
        yield floor["per_second"], answer["per_second"]


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
        yield landscape, _target(landscape)
    finally:
        landscape.stop()


def _target(landscape: Landscape) -> dict[str, Any]:
    facts = landscape.store_facts
    address = f"{landscape.store_url}/stores/{STORE_HASH}/v3/hooks"
    request = urllib.request.Request(address, headers={"X-Auth-Token": str(facts["access_token"])})
    with urllib.request.urlopen(request, timeout=30) as answer:
        hooks = json.load(answer)["data"]
    created = next(hook for hook in hooks if hook["scope"].startswith("store/order"))
    hook = next((hook for hook in hooks if hook["scope"] == "store/order/created"), created)
    return {
        "port": landscape.relay_port,
        "store_hash": STORE_HASH,
        "client_secret": facts["client_secret"],
        "headers": hook["headers"],
    }


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
