"""The agent as it is installed: enrolled by its command, then run."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.agent import AgentProcess
from tests.support.sdk import sdk_home

__all__ = ["an_enrolled_agent", "enrol"]

STOP_SECONDS = 20.0


def enrol(config: Path, token: str) -> None:
    """Exchange the token for a certificate.

    Raises:
        RuntimeError: the relay refused.
    """
    done = AgentProcess(config).command("enrol", token)
    if done.returncode:
        raise RuntimeError(done.stderr)


@contextmanager
def an_enrolled_agent(config: Path, token: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run an agent on these settings."""
    enrol(config, token)
    command = [sys.executable, "-m", "mlconnector_agent", "--config", str(config), "run"]
    with config.with_name("agent.log").open("ab") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env={**os.environ, "SAPNWRFC_HOME": str(sdk_home())}
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
