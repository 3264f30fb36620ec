"""The agent as Basis installs it: its settings file, its commands, and the process."""

import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.sdk import sdk_home

__all__ = ["ROOT", "AgentProcess", "example", "write_settings"]

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "mlc-secret"


def example() -> dict[str, Any]:
    """Give the settings of the documented example."""
    return tomllib.loads((ROOT / "deploy" / "agent" / "agent.example.toml").read_text("utf-8"))


def write_settings(folder: Path, sysnr: str = "00", **sections: Mapping[str, Any]) -> Path:
    """Write settings of a test agent that reaches a simulator, and its password file; sections replace keys."""
    folder.mkdir(parents=True, exist_ok=True)
    password = folder / "sap-password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    settings: dict[str, dict[str, Any]] = {
        "agent": {"instance": "agent-1", "environment": "test", "state_dir": "state"},
        "sap": {
            "sysid": "ECC",
            "client": "100",
            "ashost": "127.0.0.1",
            "sysnr": sysnr,
            "sdk_home": str(sdk_home()),
            "users": [{"user": "MLC_RFC", "password_file": "sap-password"}],
        },
        "pool": {"write_connections": 1, "read_connections": 1},
        "luw": {"settle_interval_seconds": 0.2, "settle_window_seconds": 1.0, "resolve_base_seconds": 0.1},
        "policy": {
            "function_modules": ["BAPI_ACC_DOCUMENT_POST", "BAPI_ACC_DOCUMENT_CHECK", "RFC_READ_TABLE"],
            "company_codes": ["1000"],
            "document_types": ["DR"],
            "currencies": ["EUR"],
            "max_amount": {"EUR": "5000.00"},
            "store_codes": ["B1"],
            "accounts": ["800000-899999"],
            "posting_days_back": 3660,
            "posting_days_ahead": 400,
            "tables": {"BKPF": ["BUKRS", "BELNR", "GJAHR", "XBLNR"], "T000": ["MANDT", "LOGSYS"]},
        },
    }
    for name, keys in sections.items():
        settings.setdefault(name, {}).update(keys)
    path = folder / "agent.toml"
    path.write_text(_toml(settings), "utf-8")
    return path


class AgentProcess:
    """`mlconnector-agent` on a settings file."""

    def __init__(self, config: Path, **environment: str) -> None:
        self.config = config
        self.log = config.with_name("agent.log")
        self.variables = environment
        self._process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [*self._program, *arguments], capture_output=True, text=True, check=False, timeout=50, env=self._environment
        )

    def start(self) -> None:
        """Start `run`."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([*self._program, "run"], stdout=log, stderr=log, env=self._environment)

    def stop(self) -> int:
        """Ask it to end, and give its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(20)

    def cut(self) -> int:
        """Ask it twice to end, and give its exit code."""
        assert self._process is not None
        self._process.terminate()
        time.sleep(0.3)
        self._process.terminate()
        return self._process.wait(10)

    def kill(self) -> None:
        """Kill it as the operating system would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def _program(self) -> list[str]:
        return [sys.executable, "-m", "mlconnector_agent", "--config", str(self.config)]

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.variables}


def _toml(settings: Mapping[str, Mapping[str, Any]]) -> str:
    lines: list[str] = []
    for section, keys in settings.items():
        lines.append(f"[{section}]")
        lines += [f"{name} = {_value(value)}" for name, value in keys.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_value(item)}" for name, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, int | float):
        return str(value)
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
