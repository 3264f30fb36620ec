"""The story the demo tells: orders are posted, one waits for a mapping, one is in doubt, one is traced, all agree."""

import shlex
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.live import Live

from .board import Status, statuses, table
from .compare import POSTING_STATUSES, compare
from .landscape import TENANT, Landscape, http_json
from .orders import DEMO_ORDERS, LOST_ANSWER_ORDER, UNMAPPED_CATEGORY
from .processes import LandscapeError

__all__ = ["Demo"]

PATIENCE_SECONDS: Final = 120.0
PARKED_ORDER: Final = 10_000_010

MISSING_RULE: Final = f"""
[[accounts]]
categories = [{UNMAPPED_CATEGORY}]
gl_account = "800300"
cost_center = "4300"
"""


class Demo:
    """Plays the demo on a landscape and writes to a console."""

    def __init__(self, landscape: Landscape, console: Console) -> None:
        self._landscape = landscape
        self._console = console
        self._started = time.monotonic()

    def start(self) -> None:
        """Bring the landscape up, saying what is done."""
        self._landscape.start(self._say)
        self._say("the landscape is up:")
        self._write(self._reachable())

    def show(self) -> None:
        """Let the orders flow in and tell the whole story."""
        self._say("a dozen orders flow in; the answer to one COMMIT will be lost on purpose")
        self._lose_an_answer()
        for order in DEMO_ORDERS:
            http_json("POST", f"{self._landscape.store_url}/sandbox/orders", order.description)
        doubted = self._watch(lambda known: known.get(LOST_ANSWER_ORDER, {}).get("state") in {"in_doubt", "posted"})
        if doubted.get(LOST_ANSWER_ORDER, {}).get("state") == "in_doubt":
            self._say(f"order {LOST_ANSWER_ORDER} is in doubt: SAP never answered COMMIT; it is being read back")
        self._watch(lambda known: self._done(known, besides={PARKED_ORDER}))
        self._say(f"order {PARKED_ORDER} is parked: its category has no mapping; now the mapping is added")
        self._write(self._landscape.relay_command("alerts", "list"))
        with self._landscape.mapping_file.open("a", encoding="utf-8") as mapping:
            mapping.write(MISSING_RULE)
        self._watch(lambda known: self._done(known, besides=frozenset()))
        self._say(f"everything owed is posted; the trace of order {LOST_ANSWER_ORDER}:")
        self._write(self._landscape.relay_command("trace", str(LOST_ANSWER_ORDER)))

    def compare(self) -> int:
        """Compare store and books line by line; return the exit code."""
        orders = http_json("GET", f"{self._landscape.store_url}/sandbox/orders")["data"]
        documents = http_json("GET", f"{self._landscape.ecc_url}/sandbox/documents")["documents"]
        differences = compare(orders, documents)
        for difference in differences:
            self._console.print(f"order {difference.order}: {difference.what}", style="red", markup=False)
        owed = sum(1 for order in orders if int(order["status_id"]) in POSTING_STATUSES)
        self._say(
            f"{len(orders)} orders in the store, {owed} to be posted, {len(documents)} documents in SAP, "
            f"{len(differences)} differences"
        )
        return 1 if differences else 0

    def addresses(self) -> None:
        """Say how to go on from here, in lines that can be copied."""
        landscape = self._landscape
        bin_folder = Path(sys.executable).parent
        relay = shlex.join([str(bin_folder / "mlconnector-relay"), "--config", str(landscape.relay_config)])
        agent = shlex.join([str(bin_folder / "mlconnector-agent"), "--config", str(landscape.agent_config)])
        order = '{"lines": [{"product_id": 112, "quantity": 3}]}'
        self._say("everything goes on running; now try your own orders (deploy/sandbox/README.md tells more):")
        self._write(
            f"  an order     curl -s {landscape.store_url}/sandbox/orders -d '{order}'\n"
            f"  many         curl -s {landscape.store_url}/sandbox/orders/generate -d '{{\"count\": 20}}'\n"
            f"  the relay    {relay} orders list\n"
            f"               {relay} trace ORDER\n"
            f"  the agent    {agent} journal list\n"
            f"  SAP's books  curl -s {landscape.ecc_url}/sandbox/documents\n"
            f"  the mapping  {landscape.mapping_file}\n"
            f"  logs         {landscape.state / 'log'}\n"
            "Ctrl-C ends everything."
        )

    def _reachable(self) -> str:
        landscape = self._landscape
        return (
            f"  store        {landscape.store_url}/sandbox\n"
            f"  SAP ECC      {landscape.ecc_url}/sandbox/health\n"
            f"  relay        {landscape.relay_url}/healthz\n"
            f"               {landscape.relay_url}/metrics\n"
            f"  agent        dials wss://127.0.0.1:{landscape.tunnel_port}, serves tenant {TENANT}\n"
        )

    def _lose_an_answer(self) -> None:
        reference = "B1-10000011-I"
        fault = {"point": "executed", "function": "BAPI_TRANSACTION_COMMIT", "action": "drop", "reference": reference}
        http_json("POST", f"{self._landscape.ecc_url}/sandbox/faults", fault)

    def _done(self, known: Mapping[int, Status], besides: frozenset[int] | set[int]) -> bool:
        for order in DEMO_ORDERS:
            number = int(order.description["id"])
            owed = order.description.get("status_id", 11) in POSTING_STATUSES
            state = known.get(number, {}).get("state")
            wanted = {"parked"} if number in besides else {"posted"} if owed else {"waiting", "skipped"}
            if state not in wanted:
                return False
        return True

    def _watch(self, until: Callable[[Mapping[int, Status]], bool]) -> Mapping[int, Status]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        known: Mapping[int, Status] = {}
        with Live(console=self._console, refresh_per_second=4, transient=True) as live:
            while True:
                asked = time.monotonic()
                known = statuses(self._landscape)
                live.update(table(DEMO_ORDERS, known, self._landscape))
                if until(known):
                    break
                if time.monotonic() > deadline:
                    raise LandscapeError(f"not settled after {PATIENCE_SECONDS:.0f} s; see {self._landscape.state}/log")
                # The relay is asked by a process of its own, which costs much more than its answer.
                time.sleep(max(1.0, 2 * (time.monotonic() - asked)))
        self._console.print(table(DEMO_ORDERS, known, self._landscape))
        return known

    def _say(self, sentence: str) -> None:
        self._console.print(f"[bold]{time.monotonic() - self._started:6.1f} s[/]  {sentence}", highlight=False)

    def _write(self, text: str) -> None:
        """Write lines as they are: what is wrapped cannot be copied."""
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)
