"""Start, watch and end the landscape's processes; every one writes its own log file."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import msgspec

__all__ = ["LandscapeError", "Process", "free_port", "run_command", "wait_for"]

T = TypeVar("T")
STOP_SECONDS: Final = 10.0


class LandscapeError(Exception):
    """A part of the landscape did not start or ended early; the message names it and its log."""


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(slots=True)
class Process:
    """One process of the landscape.

    Attributes:
        name: what it is called in messages.
        command: program and arguments.
        folder: where its log and ready file go.
        environment: variables on top of our own.
    """

    name: str
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _child: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Return the path of its log."""
        return self.folder / f"{self.name}.log"

    @property
    def ready_file(self) -> Path:
        """Return the path of the file it writes once it listens."""
        return self.folder / f"{self.name}.ready.json"

    @property
    def pid(self) -> int:
        """Return its process id; 0 before it started."""
        return self._child.pid if self._child else 0

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches us alone and we end it in order."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ready_file.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", *self.command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )

    def running(self) -> bool:
        """Tell whether it lives; raise nothing."""
        return self._child is not None and self._child.poll() is None

    def ready(self, seconds: float = 30.0) -> dict[str, object]:
        """Wait for its ready file and return what is in it.

        Raises:
            LandscapeError: it ended or was not ready in time.
        """

        def look() -> dict[str, object] | None:
            self.must_run()
            if not self.ready_file.exists():
                return None
            return msgspec.json.decode(self.ready_file.read_bytes(), type=dict[str, object])

        return wait_for(look, seconds, f"{self.name} is not ready; see {self.log}")

    def must_run(self) -> None:
        """Raise when it ended by itself.

        Raises:
            LandscapeError: it is not running; the end of its log is quoted.
        """
        if not self.running():
            tail = self.log.read_text("utf-8", "replace")[-2000:] if self.log.exists() else ""
            raise LandscapeError(f"{self.name} ended; see {self.log}\n{tail}")

    def stop(self) -> None:
        """End it: SIGTERM, then SIGKILL after a while."""
        if self._child is None:
            return
        if self.running():
            self._child.send_signal(signal.SIGTERM)
            try:
                self._child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it at once with SIGKILL."""
        if self._child and self.running():
            self._child.kill()
            self._child.wait()


def run_command(command: Sequence[str], environment: Mapping[str, str] | None = None, seconds: float = 60.0) -> str:
    """Run a short command to its end and return its output.

    Raises:
        LandscapeError: it failed, and what it printed is quoted; or it did not end in time.
    """
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-m", *command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, **(environment or {})},
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LandscapeError(f"{' '.join(command)} did not end within {seconds:.0f} s") from error
    if done.returncode:
        printed = (done.stdout + done.stderr).decode("utf-8", "replace")
        raise LandscapeError(f"{' '.join(command)} exited {done.returncode}:\n{printed}")
    return done.stdout.decode()


def wait_for(look: Callable[[], T | None], seconds: float, complaint: str) -> T:
    """Look again and again until there is something to return.

    Raises:
        LandscapeError: there was nothing in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise LandscapeError(complaint)
        time.sleep(0.05)
