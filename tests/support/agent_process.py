"""A small agent for kill tests: it posts one document with a failpoint armed, and is killed there.

Run as a program: system number, state folder, failpoint (or `none`), reference, attempt, and the key of the document to
reverse instead, where there is one. It says `ready`, then posts or reverses.
"""

import asyncio
import subprocess
import sys
from pathlib import Path

from tests.support.execution import an_execution
from tests.support.postings import a_reversal

__all__ = ["AgentProcess"]

ROOT = Path(__file__).resolve().parents[2]


class AgentProcess:
    """The program as a process."""

    def __init__(
        self, sysnr: str, state_dir: Path, failpoint: str, reference: str, attempt: int = 1, reverses: str = ""
    ) -> None:
        self._state_dir = state_dir
        self._failpoint = failpoint
        command = [sys.executable, "-m", "tests.support.agent_process"]
        arguments = [sysnr, str(state_dir), failpoint, reference, str(attempt), reverses]
        self._process = subprocess.Popen([*command, *arguments], cwd=ROOT, stdout=subprocess.PIPE)

    def has_reached(self) -> bool:
        """Tell whether it is held at its failpoint."""
        assert self._process.poll() is None, "the agent ended before its failpoint"
        return (self._state_dir / f"failpoint.{self._failpoint}").exists()

    def await_ready(self) -> None:
        """Wait until it is logged on and about to post."""
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == b"ready"

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


async def _main(sysnr: str, state_dir: Path, failpoint: str, reference: str, attempt: int, reverses: str) -> None:
    armed = "" if failpoint == "none" else failpoint
    async with an_execution(sysnr, state_dir, failpoint=armed) as run:
        await run.pool.probe()
        print("ready", flush=True)
        if reverses:
            await run.do(a_reversal(reverses, reference), step="reversal/1/1", attempt=attempt)
        else:
            await run.post(reference, attempt=attempt)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5]), sys.argv[6]))
