"""The test server as a process that tests start and kill."""

import os
import subprocess
import sys
from typing import Any

from tests.support.sdk import ROOT

__all__ = ["ServerProcess"]


class ServerProcess:
    """A test server; `parameters` lead a connection to it."""

    def __init__(self, *arguments: str) -> None:
        """Start it and wait for its port."""
        environment = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
        command = [sys.executable, "-m", "tests.support.rfc_server", *arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    @property
    def parameters(self) -> dict[str, Any]:
        """Connection parameters."""
        logon = {"client": "100", "user": "demo", "passwd": "welcome", "lang": "EN"}
        return {"ashost": "127.0.0.1", "sysnr": "00", "gwserv": str(self.port), **logon}

    def kill(self) -> None:
        """End it without a word; again is harmless."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
