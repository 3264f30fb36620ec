"""Processes of a benchmark that take commands: one JSON line in, one JSON line out; the end of input ends them."""

import asyncio
import json
import os
import select
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.support.sdk import sdk_home

__all__ = ["Worker", "answer_commands", "children_of", "cpu_seconds", "peak_mib"]

STOP_SECONDS = 20.0
ANSWER_SECONDS = 120.0
"""How long a worker may take for an answer: many times what any needs, so that only one that is stuck is given up."""


class Worker:
    """A module of this package in a process of its own.

    Whatever waits for it raises a RuntimeError with the end of its log where it ended or got stuck.

    Attributes:
        facts: what it said when it was ready.
    """

    def __init__(self, module: str, folder: Path, /, **plan: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / f"{module}.log"
        answers, said = os.pipe()  # not standard output, which belongs to whoever logs
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"tests.bench.{module}", json.dumps(plan), str(said)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                pass_fds=(said,),
                env={**os.environ, "SAPNWRFC_HOME": str(sdk_home())},
            )
        os.close(said)
        self._answers = os.fdopen(answers, "rb")
        self.facts = self._read()

    @property
    def pid(self) -> int:
        """Give its process id."""
        return self._process.pid

    def ask(self, do: str, **details: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self.tell(do, **details)
        return self._read()

    def tell(self, do: str, **details: Any) -> None:
        """Send a command; `answer` waits for what it brings."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **details}).encode() + b"\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the answer of the command told before."""
        return self._read()

    def stop(self) -> None:
        """Let it end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()

    def _read(self) -> dict[str, Any]:
        """Take the next answer; never more than one is owed."""
        if not select.select([self._answers], [], [], ANSWER_SECONDS)[0]:
            raise RuntimeError(self._complaint(f"gave no answer within {ANSWER_SECONDS:.0f} s"))
        line = self._answers.readline()
        if not line:
            self._process.wait()
            raise RuntimeError(self._complaint("ended"))
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _complaint(self, what: str) -> str:
        return f"{self.log.stem} {what}; see {self.log}\n{self.log.read_text('utf-8', 'replace')[-2000:]}"


async def answer_commands(facts: dict[str, Any], act: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]) -> None:
    """Say that this process is ready, then answer commands until input ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    with os.fdopen(int(sys.argv[2]), "wb", buffering=0) as said:
        said.write(json.dumps(facts).encode() + b"\n")
        while line := await reader.readline():
            said.write(json.dumps(await act(json.loads(line))).encode() + b"\n")


def peak_mib(pid: int) -> float:
    """Give the most memory a process has held."""
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def cpu_seconds(*pids: int) -> float:
    """Give the processor time processes have used: what is comparable when others use the machine, too."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def children_of(pid: int) -> list[int]:
    """Give the processes a process has started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()]
