"""An ECC simulator for tests: in this process over a socket pair, or as a process; and documents to post."""

import json
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from mlconnector_sandbox.ecc.dialog import serve
from mlconnector_sandbox.ecc.fixture import Fixture
from mlconnector_sandbox.ecc.session import Sessions
from mlconnector_sandbox.ecc.system import System

from tests.support.rfc_wire import WireClient

__all__ = ["Ecc", "EccProcess", "a_document", "amounts", "an_ecc", "an_ecc_process", "codes", "find", "until"]

DATE = time.strftime("%Y0301")
NET, TAX, GROSS = Decimal("100.00"), Decimal("19.00"), Decimal("119.00")


class Ecc:
    """A simulated system without gateway and control interface."""

    def __init__(self, state: Path, fixture: Fixture | None = None) -> None:
        self.system = System(state, fixture)
        self.sessions = Sessions()
        self._clients: list[WireClient] = []
        self._threads: list[threading.Thread] = []

    def connect(self, **logon: str) -> WireClient:
        """Log on."""
        ours, theirs = socket.socketpair()
        thread = threading.Thread(target=serve, args=(self.system, self.sessions, theirs))
        thread.start()
        self._threads.append(thread)
        client = WireClient(ours, **logon)
        self._clients.append(client)
        return client

    def close(self) -> None:
        """End all sessions and the system."""
        self.system.points.close()
        for client in self._clients:
            client.close()
        for thread in self._threads:
            thread.join(5)
        self.system.close()


@contextmanager
def an_ecc(state: Path, fixture: Fixture | None = None) -> Iterator[Ecc]:
    """Run a system in this process, with the simulator's own customizing unless another is given."""
    ecc = Ecc(state, fixture)
    try:
        yield ecc
    finally:
        ecc.close()


class EccProcess:
    """A simulator as users run it, with its control interface."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.where: dict[str, Any] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it listens."""
        ready = self.state / "ready.json"
        ready.unlink(missing_ok=True)
        number = self.where.get("sysnr", "auto")
        command = [sys.executable, "-m", "mlconnector_sandbox", "ecc", "--sysnr", number]
        self.state.mkdir(parents=True, exist_ok=True)
        with (self.state / "log.txt").open("ab") as log:
            process = subprocess.Popen(
                [*command, "--state", str(self.state), "--ready-file", str(ready)], stdout=log, stderr=log
            )
        self._process = process
        until(lambda: ready.exists() or process.poll() is not None)
        if not ready.exists():
            raise RuntimeError((self.state / "log.txt").read_text())
        self.where = json.loads(ready.read_text())

    def kill(self) -> None:
        """Kill the process as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """Ask the process to end, and give its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(20)

    @property
    def parameters(self) -> dict[str, Any]:
        """Give connection parameters for pyrfc."""
        place = {"ashost": "127.0.0.1", "sysnr": str(self.where["sysnr"]), "client": "100", "lang": "EN"}
        return {**place, "user": "MLC_RFC", "passwd": "mlc-secret"}

    def control(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """Call the control interface; the path comes after `/sandbox`."""
        url = f"http://127.0.0.1:{self.where['control_port']}/sandbox{path}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{method} {path}: {error.status} {error.read().decode()}") from error


@contextmanager
def an_ecc_process(state: Path) -> Iterator[EccProcess]:
    """Run a simulator as a process of its own."""
    ecc = EccProcess(state)
    ecc.start()
    try:
        yield ecc
    finally:
        ecc.kill()


def until(condition: Any, seconds: float = 20) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the condition did not come true")
        time.sleep(0.01)


def amounts(*values: str | Decimal, currency: str = "EUR", base: str | Decimal = "0") -> list[dict[str, Any]]:
    """Give CURRENCYAMOUNT rows for items 1, 2, ...; the last one gets the base."""
    last = len(values)
    return [
        {
            "ITEMNO_ACC": f"{n:010d}",
            "CURR_TYPE": "00",
            "CURRENCY": currency,
            "AMT_DOCCUR": Decimal(value),
            "AMT_BASE": Decimal(base) if n == last else Decimal(0),
        }
        for n, value in enumerate(values, 1)
    ]


def a_document(reference: str = "BC1-1000123-I", **changes: Any) -> dict[str, Any]:
    """Give an invoice of 100.00 plus 19 % tax to customer 4711; `changes` are header fields or whole parameters."""
    header = {
        "BUS_ACT": "RFBU",
        "USERNAME": "MLC_RFC",
        "COMP_CODE": "1000",
        "DOC_DATE": DATE,
        "PSTNG_DATE": DATE,
        "DOC_TYPE": "DR",
        "REF_DOC_NO": reference,
        "HEADER_TXT": "BC 1000123",
    }
    parameters = {
        "ACCOUNTRECEIVABLE": [{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000004711", "ALLOC_NMBR": "BC1-1000123"}],
        "ACCOUNTGL": [
            {
                "ITEMNO_ACC": "0000000002",
                "GL_ACCOUNT": "0000800000",
                "TAX_CODE": "A1",
                "COSTCENTER": "0000004100",
                "ITEM_TEXT": "Größe Ω",
            }
        ],
        "ACCOUNTTAX": [{"ITEMNO_ACC": "0000000003", "TAX_CODE": "A1", "COND_KEY": "MWAS", "ACCT_KEY": "MWS"}],
        "CURRENCYAMOUNT": amounts(GROSS, -NET, -TAX, base=-NET),
    }
    fields = {name: value for name, value in changes.items() if isinstance(value, str)}
    return {
        "DOCUMENTHEADER": {**header, **fields},
        **parameters,
        **{k: v for k, v in changes.items() if k not in fields},
    }


def codes(answer: dict[str, Any]) -> list[str]:
    """List the messages of RETURN, each once, as class and number."""
    return list(dict.fromkeys(f"{row['ID']} {row['NUMBER']}" for row in answer["RETURN"]))


def find(client: Any, reference: str, *fields: str) -> list[list[str]]:
    """Look a reference up in BKPF as the agent does."""
    names = fields or ("BELNR", "GJAHR")
    rows = client.call(
        "RFC_READ_TABLE",
        QUERY_TABLE="BKPF",
        DELIMITER="|",
        OPTIONS=[{"TEXT": "BUKRS = '1000' AND BSTAT = ' '"}, {"TEXT": f"AND XBLNR = '{reference}'"}],
        FIELDS=[{"FIELDNAME": name} for name in names],
    )["DATA"]
    return [[cell.strip() for cell in row["WA"].split("|")] for row in rows]
