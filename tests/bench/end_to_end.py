"""P4: orders from callback to committed document through a whole landscape, beside the least such a path needs."""

import json
import os
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from mlconnector_sandbox.landscape.landscape import Landscape, Options, http_json

from tests.support.sdk import sdk_home

from .figures import Figure, against, percentile
from .mutual_tls import make_certificate
from .store_api import callback_target, get
from .traces import trace_of
from .workers import Worker, cpu_seconds

__all__ = ["run"]

ROUNDS = 3
ORDERS = 150
FLOOR_ORDERS = 1500
STEADY_RATE = 10.0
STEADY_ORDERS = 60
PATIENCE_SECONDS = 90.0

OPEN = ("waiting", "posting", "in_doubt", "parked", "failed")

RELAY = {"work": {"settle_seconds": 0.0, "sweep_seconds": 300.0}}
"""No wait before the first look; the sweep as seldom as in production, lest it finds orders whose callbacks we hold."""


def run(folder: Path) -> list[Figure]:
    """Measure orders a second, and what is added to one order's time at ten a second."""
    os.environ["SAPNWRFC_HOME"] = str(sdk_home())
    with ExitStack() as stack:
        landscape = Landscape(Options(state=folder / "landscape", relay=RELAY))
        stack.callback(landscape.stop)
        landscape.start()
        _post(landscape, 1)  # the first document qualifies its kind
        floor = _Floor(stack, folder, landscape)
        rounds: list[tuple[float, float]] = []
        costs: list[tuple[float, float]] = []
        for _ in range(ROUNDS):
            (least, floor_cost), (ours, our_cost) = floor.post(), _posted(landscape)
            rounds.append((least, ours))
            costs.append((floor_cost, our_cost))
        steady = _steady(landscape)
        added = [one["total"] - one["store"] - one["sap"] for one in steady]
        return [
            against("p4", "orders, callback to document", "orders/s", rounds, ">= 0.2"),
            against("p4", "processor time of an order, relay and agent", "ms", costs),
            Figure("p4", "p50 added to an order at 10 orders/s", "ms", percentile(added, 0.5), goal="<= 25 ms"),
            Figure("p4", "p99 of the same", "ms", percentile(added, 0.99)),
            Figure("p4", "p50 of its whole time", "ms", percentile([one["total"] for one in steady], 0.5)),
        ]


class _Floor:
    """The whole path's floor, and the load for it."""

    def __init__(self, stack: ExitStack, folder: Path, landscape: Landscape) -> None:
        certificate = folder / "floor.pem"
        make_certificate(certificate)
        number = http_json("GET", f"{landscape.store_url}/sandbox/orders")["data"][0]["id"]
        bodies = {
            "order": get(landscape, f"v2/orders/{number}"),
            "products": get(landscape, f"v2/orders/{number}/products"),
        }
        self._target = callback_target(landscape)
        store = Worker("path_store", folder, **bodies)
        stack.callback(store.stop)
        common = {"folder": str(folder), "certificate": str(certificate)}
        secret = self._target["client_secret"]
        self._relay = Worker("path_relay", folder, **common, store_port=store.facts["port"], client_secret=secret)
        stack.callback(self._relay.stop)
        self._agent = Worker("floor_agent", folder, **common, port=self._relay.facts["tunnel_port"], journal_writes=2)
        stack.callback(self._agent.stop)
        self._load = Worker("callbacks", folder)
        stack.callback(self._load.stop)

    def post(self) -> tuple[float, float]:
        """Give orders a second, and the milliseconds of processor time of one."""
        pids = self._relay.pid, self._agent.pid
        used = cpu_seconds(*pids)
        self._load.tell("load", **{**self._target, "port": self._relay.facts["port"]}, count=FLOOR_ORDERS)
        rate: float = self._relay.ask("wait", count=FLOOR_ORDERS)["per_second"]
        self._load.answer()
        return rate, (cpu_seconds(*pids) - used) * 1000 / FLOOR_ORDERS


def _posted(landscape: Landscape) -> tuple[float, float]:
    """Give documents a second, and the milliseconds of processor time of one; the RFC library's processes excepted."""
    pids = landscape.relay.pid, landscape.agent.pid
    used = cpu_seconds(*pids)
    rate = _post(landscape, ORDERS)
    return rate, (cpu_seconds(*pids) - used) * 1000 / ORDERS


def _post(landscape: Landscape, count: int) -> float:
    """Place orders while callbacks are held back, let them go, and give documents a second."""
    control = f"{landscape.store_url}/sandbox"
    http_json("PATCH", f"{control}/callbacks", {"paused": True})
    owed = _documents(landscape) + count
    for _ in range(count):
        _place(landscape)
    if _documents(landscape) != owed - count:
        raise RuntimeError("orders were posted before their callbacks left")
    began = time.perf_counter()
    http_json("PATCH", f"{control}/callbacks", {"paused": False})
    _await_documents(landscape, owed)
    return count / (time.perf_counter() - began)


def _steady(landscape: Landscape) -> list[dict[str, float]]:
    """Place ten orders a second, and take each one's times from its trace."""
    owed, began, placed = _documents(landscape) + STEADY_ORDERS, time.perf_counter(), []
    for number in range(STEADY_ORDERS):
        time.sleep(max(0.0, began + number / STEADY_RATE - time.perf_counter()))
        placed.append(_place(landscape))
    _await_documents(landscape, owed)
    time.sleep(1.0)
    return [_times(trace_of(landscape, number)) for number in placed]


def _times(records: list[dict[str, Any]]) -> dict[str, float]:
    """Give the milliseconds from the first callback to the recorded answer, and those of store and SAP within."""
    first = next(one for one in records if one["kind"] == "callback.accepted")
    answer = next(one for one in records if one["kind"] == "agent.result")
    at = records.index(answer)
    fetches = [one for one in records[:at] if one["kind"] == "store.fetched"]
    whole = datetime.fromisoformat(answer["at"]) - datetime.fromisoformat(first["at"])
    return {
        "total": whole.total_seconds() * 1000,
        "store": sum(_store_time(one["requests"]) for one in fetches),
        "sap": sum(step["milliseconds"] for step in answer["steps"]),
    }


def _store_time(requests: list[dict[str, Any]]) -> float:
    """Give the time of a look at an order: the order itself, then its parts, which are asked for at once."""
    first, *parts = (one["milliseconds"] for one in requests)
    return float(first) + max(parts, default=0.0)


def _place(landscape: Landscape) -> int:
    description = {"lines": [{"product_id": 111}, {"product_id": 121}], "destinations": [{"shipping": "5.90"}]}
    return int(http_json("POST", f"{landscape.store_url}/sandbox/orders", description)["id"])


def _documents(landscape: Landscape) -> int:
    return int(http_json("GET", f"{landscape.ecc_url}/sandbox/health")["documents"])


def _await_documents(landscape: Landscape, owed: int) -> None:
    end = time.perf_counter() + PATIENCE_SECONDS
    while (found := _documents(landscape)) < owed:
        if time.perf_counter() > end:
            others = [json.loads(landscape.relay_command("orders", "list", "--json", "--state", one)) for one in OPEN]
            raise RuntimeError(f"{found} documents of {owed} after {PATIENCE_SECONDS:.0f} s: {others}")
        time.sleep(0.01)
