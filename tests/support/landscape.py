"""A whole landscape for acceptance tests: orders go in at the store, documents come out of the books, parts are killed.

One landscape of real processes serves all tests of a worker: every test takes fresh order numbers, and what it changed
is put back after it. Asked are only the programs' own commands and the simulators' control interfaces.
"""

import itertools
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from click.testing import CliRunner
from mlconnector_relay.cli.main import main as relay_main
from mlconnector_sandbox.landscape.compare import compare, order_of_document
from mlconnector_sandbox.landscape.landscape import STORE_HASH, TENANT, Landscape, Options, http_json
from mlconnector_sandbox.landscape.processes import Process, wait_for

from tests.support.sdk import sdk_home

__all__ = ["COMMIT", "POST", "Hold", "Site", "landscapes", "posting", "reference", "site"]

T = TypeVar("T")

POST: Final = "BAPI_ACC_DOCUMENT_POST"
COMMIT: Final = "BAPI_TRANSACTION_COMMIT"

PATIENCE: Final = 120.0
"""Seconds within which anything happens on a busy machine, also an agent that waits before it dials once more."""

QUICK: Final = {
    "MLCONNECTOR_AGENT_LUW__SETTLE_INTERVAL_SECONDS": "0.5",
    "MLCONNECTOR_AGENT_LUW__SETTLE_WINDOW_SECONDS": "3",
    "MLCONNECTOR_AGENT_LUW__RESOLVE_BASE_SECONDS": "0.5",
    "MLCONNECTOR_AGENT_LUW__RESOLVE_CAP_SECONDS": "1",
}
"""The agent's proofs, at the pace of a test."""

RELAY: Final = {"work": {"lease_seconds": 5.0, "answer_seconds": 2.0, "sweep_seconds": 3.0}}

CALM: Final = {"paused": False, "copies": 1, "loss": 0, "disorder_seconds": 0, "delay_seconds": 0}


class Hold:
    """Somebody is held at a point inside SAP, or will be."""

    def __init__(self, site: "Site", **rule: Any) -> None:
        self._site = site
        self._id = str(site.ecc("POST", "/holds", rule)["id"])

    def reached(self) -> None:
        """Wait until somebody is held there."""
        answer = self._site.ecc("GET", f"/holds/{self._id}/wait?count=1&timeout={PATIENCE:.0f}")
        assert answer["in_time"], f"nobody came to the hold; see {self._site.logs}"

    def release(self) -> None:
        """Let it go on."""
        self._site.ecc("POST", f"/holds/{self._id}/release", {})


class Site:
    """A running landscape, and what a test does with it."""

    def __init__(self, state: Path) -> None:
        # Orders of the last two months count, for those that come late.
        cut_over = f"{datetime.now(UTC) - timedelta(days=62):%Y-%m-%dT%H:%M:%S+00:00}"
        self.landscape = Landscape(Options(state=state, relay=RELAY, agent_environment=QUICK, cut_over=cut_over))
        self._numbers = itertools.count(20_000_001)
        self._mapping = self._agent_toml = ""

    @property
    def agent(self) -> Process:
        """The agent's process."""
        return self.landscape.agent

    @property
    def relay(self) -> Process:
        """The relay's process."""
        return self.landscape.relay

    @property
    def logs(self) -> Path:
        """Where every process writes its log."""
        return self.landscape.state / "log"

    def start(self) -> None:
        """Bring everything up, and post one order: SAP then has a document of ours, by which reading back is proven."""
        self.landscape.start()
        self._mapping = self.landscape.mapping_file.read_text("utf-8")
        self._agent_toml = self.landscape.agent_config.read_text("utf-8")
        self.posted_once(self.place())

    def stop(self) -> None:
        """End everything."""
        self.landscape.stop()

    def restore(self) -> None:
        """Put back what a test may have changed, so that the next one finds an ordinary landscape."""
        self.ecc("DELETE", "/faults")
        self.ecc("PUT", "/update", {"running": True, "delay": 0})
        self.store("DELETE", "/faults")
        self.store("PATCH", "/callbacks", CALM)
        self.landscape.mapping_file.write_text(self._mapping, "utf-8")
        changed = self.landscape.agent_config.read_text("utf-8") != self._agent_toml
        self.landscape.agent_config.write_text(self._agent_toml, "utf-8")
        for process in (self.relay, self.agent):
            if process.running() and (
                process.environment != self._usual(process) or (changed and process is self.agent)
            ):
                process.kill()
            if not process.running():
                self.start_again(process)

    def ecc(self, method: str, path: str, body: Any = None) -> Any:
        """Call ECC's control interface."""
        return http_json(method, f"{self.landscape.ecc_url}/sandbox{path}", body, PATIENCE + 30)

    def store(self, method: str, path: str, body: Any = None) -> Any:
        """Call the store's control interface."""
        return http_json(method, f"{self.landscape.store_url}/sandbox{path}", body)

    def change_mapping(self, old: str = "", new: str = "") -> None:
        """Replace a text of the mapping, or add to it, and wait until it is in force."""
        file = self.landscape.mapping_file
        text, before = file.read_text("utf-8"), self.ask("mapping", "list", "--json")
        assert old in text
        file.write_text(text.replace(old, new, 1) if old else text + new, "utf-8")
        self.until(lambda: self.ask("mapping", "list", "--json") != before or None, "the mapping is not in force")
        # Decided is not read yet: each relay looks every two seconds.
        time.sleep(3.0)

    def number(self) -> int:
        """Give an order number nobody has used."""
        return next(self._numbers)

    def place(self, number: int = 0, **description: Any) -> int:
        """Place an order of one ordinary line, or as described; give its number."""
        wanted = {"id": number or self.number(), "lines": [{"product_id": 111}], **description}
        return int(self.store("POST", "/orders", wanted)["id"])

    def hold(self, order: int, point: str, function: str = "", **rule: Any) -> Hold:
        """Hold whoever comes to a point inside SAP with the order's invoice."""
        return Hold(self, point=point, function=function, reference=reference(order), **rule)

    def fault(self, order: int, point: str, action: str, function: str = "", **rule: Any) -> None:
        """Script what goes wrong at a point inside SAP with the order's invoice."""
        script = {"point": point, "action": action, "function": function, "reference": reference(order), **rule}
        self.ecc("POST", "/faults", script)

    def documents(self, order: int) -> list[dict[str, Any]]:
        """Give every document in the books that carries the order's reference or names it in its header."""
        found: list[dict[str, Any]] = self.ecc("GET", "/documents?limit=100000")["documents"]
        return [one for one in found if one["reference"] == reference(order) or order_of_document(one) == order]

    def ask(self, *arguments: str) -> Any:
        """Run a command of the relay and read its JSON."""
        command = ["--config", str(self.landscape.relay_config), *arguments]
        done = CliRunner().invoke(relay_main, command)  # in this process, since it is asked again and again
        assert not done.exit_code, f"{' '.join(arguments)} exited {done.exit_code}: {done.output}"
        return json.loads(done.stdout)

    def ask_agent(self, *arguments: str) -> Any:
        """Run a command of the agent and read its JSON."""
        return json.loads(self.landscape.agent_command(*arguments))

    def orders(self) -> dict[int, dict[str, Any]]:
        """Give how the relay says every order stands."""
        return {int(row["order"]): row for row in self.ask("orders", "list", "--json")}

    def show(self, order: int) -> Any:
        """Give what the relay shows of one order."""
        return self.ask("orders", "show", str(order), "--json")

    def state(self, order: int) -> str:
        """Give the state the relay shows for an order; empty where it knows none."""
        return str(self.orders().get(order, {}).get("state", ""))

    def phase(self, order: int) -> str:
        """Give the phase the agent's journal shows for the order's invoice."""
        return str(self.ask_agent("journal", "show", posting(order), "--json")["phase"])

    def until(self, look: Callable[[], T | None], complaint: str, seconds: float = PATIENCE) -> T:
        """Look until there is something, and give it."""
        return wait_for(look, seconds, f"{complaint}; see {self.logs}")

    def becomes(self, order: int, *states: str, seconds: float = PATIENCE) -> dict[str, Any]:
        """Wait until the relay shows the order in one of the states; give its row."""
        shown: list[Any] = []

        def look() -> dict[str, Any] | None:
            shown[:] = [row] if (row := self.orders().get(order)) else []
            return row if row and row["state"] in states else None

        try:
            return self.until(look, "", seconds)
        except Exception as error:
            raise AssertionError(f"order {order} is not {' or '.join(states)}: {shown}; see {self.logs}") from error

    def stays(self, order: int, seconds: float, *states: str) -> None:
        """Watch that the relay shows nothing else for a while."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            row = self.orders()[order]
            assert row["state"] in states, f"order {order}: {row}; see {self.logs}"
            time.sleep(0.1)

    def trace(self, order: int) -> str:
        """Give the whole way of an order as the relay prints it."""
        return self.landscape.relay_command("trace", str(order))

    def posted_once(self, *orders: int, seconds: float = PATIENCE) -> None:
        """Wait until the orders are posted; each then has exactly one document, balanced and to the cent."""
        sold = {int(one["id"]): one for one in self.store("GET", "/orders")["data"]}
        for order in orders:
            row = self.becomes(order, "posted", seconds=seconds)
            documents = self.documents(order)
            assert compare([sold[order]], documents) == []
            assert [one["number"] for one in documents] == [row["document"].zfill(10)]

    def failpoint(self, process: Process, point: str) -> None:
        """Start agent or relay again with a point armed at which it will be held."""
        process.stop()
        self._mark(process, point).unlink(missing_ok=True)
        self.start_again(process, {f"MLCONNECTOR_{process.name.upper()}_FAILPOINT": point})

    def is_held(self, process: Process, point: str) -> None:
        """Wait until agent or relay is held at its armed point."""
        self.until(lambda: self._mark(process, point).exists() or None, f"{process.name} did not come to {point}")
        process.must_run()

    def start_again(self, process: Process, environment: Mapping[str, str] | None = None) -> None:
        """Start agent or relay, nothing armed unless the environment says so."""
        process.environment = {**self._usual(process), **(environment or {})}
        process.start()
        if process is self.relay:
            self.landscape.await_relay()

    def start_again_with_short_envelopes(self, seconds: int) -> None:
        """Start the relay again, so that what it seals from now on lives that long."""
        self.relay.stop()
        self.start_again(self.relay, {"MLCONNECTOR_RELAY_WORK__ENVELOPE_SECONDS": str(seconds)})

    def reconfigure_agent(self, old: str = "", new: str = "") -> None:
        """Change the agent's settings file as Basis would, or change it back, and start the agent again."""
        assert old in self._agent_toml
        self.agent.stop()
        self.landscape.agent_config.write_text(
            self._agent_toml.replace(old, new, 1) if old else self._agent_toml, "utf-8"
        )
        self.start_again(self.agent)

    def rfc_children(self) -> list[int]:
        """Give the process ids of the agent's RFC children."""
        return [int(pid) for pid in Path(f"/proc/{self.agent.pid}/task/{self.agent.pid}/children").read_text().split()]

    def pause_agent(self) -> None:
        """Freeze the agent and its children, as a paused virtual machine is."""
        os.killpg(self.agent.pid, signal.SIGSTOP)

    def resume_agent(self) -> None:
        """Let the agent go on."""
        os.killpg(self.agent.pid, signal.SIGCONT)

    def events(self, process: Process, event: str) -> list[dict[str, Any]]:
        """Give the JSON lines of a process's log with that event name."""
        lines = [line for line in process.log.read_text("utf-8").splitlines() if line.startswith("{")]
        return [record for record in map(json.loads, lines) if record.get("event") == event]

    def _usual(self, process: Process) -> Mapping[str, str]:
        return QUICK if process is self.agent else {}

    def _mark(self, process: Process, point: str) -> Path:
        return self.landscape.state / process.name / f"failpoint.{point}"


def reference(order: int) -> str:
    """Give the reference document number of an order's invoice."""
    return f"B1-{order}-I"


def posting(order: int) -> str:
    """Give the posting id of an order's invoice."""
    return f"{TENANT}/{STORE_HASH}/{order}/invoice/1/1"


class Landscapes:
    """Keeps one landscape for as long as it is in order."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self._folder = folder
        self._site: Site | None = None

    def get(self) -> Site:
        """Give the running landscape, or bring up one."""
        if self._site is None:
            self._site = Site(self._folder())
            try:
                self._site.start()
            except BaseException:
                self.drop()
                raise
        return self._site

    def drop(self) -> None:
        """End the landscape, if there is one."""
        site, self._site = self._site, None
        if site is not None:
            site.stop()


@pytest.fixture(scope="session")
def landscapes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Landscapes]:
    """Keep a landscape for the tests of this worker."""
    os.environ["SAPNWRFC_HOME"] = str(sdk_home())
    kept = Landscapes(lambda: tmp_path_factory.mktemp("landscape"))
    yield kept
    kept.drop()


@pytest.fixture
def site(landscapes: Landscapes) -> Iterator[Site]:
    """Give a running landscape, and put it in order afterwards; one that cannot be is not used again."""
    running = landscapes.get()
    yield running
    try:
        running.restore()
    except BaseException:
        landscapes.drop()
        raise
