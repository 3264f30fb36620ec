"""`mlconnector-sandbox store` runs as a process of its own."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from mlconnector_sandbox.cli import main


@contextmanager
def process(folder: Path, *options: str) -> Iterator[dict[str, Any]]:
    """Run the command until the ready file is there, end it by SIGTERM, and expect a clean exit."""
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "mlconnector_sandbox", "store", "--store-hash", "abc123"]
    running = subprocess.Popen([*command, "--ready-file", str(ready), *options])
    try:
        deadline = time.monotonic() + 20
        while not ready.exists():
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield json.loads(ready.read_bytes())
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(10) == 0


def get(ready: dict[str, Any], path: str) -> Any:
    """Call the store's REST interface."""
    url = f"http://127.0.0.1:{ready['port']}/stores/{ready['store_hash']}{path}"
    request = urllib.request.Request(url, headers={"X-Auth-Token": ready["access_token"]})
    with urllib.request.urlopen(request, timeout=5) as response:
        return json.load(response)


def test_store_runs_and_keeps_its_state(tmp_path: Path) -> None:
    """Credentials stay the same over restarts, and the ready file is for its owner only."""
    options = ("--state", str(tmp_path / "state"), "--profile", "kw")
    with process(tmp_path, *options) as first:
        assert get(first, "/v2/store")["currency"] == "KWD"
        assert (tmp_path / "ready.json").stat().st_mode & 0o777 == 0o600
    with process(tmp_path, *options) as second:
        assert {name: second[name] for name in ("access_token", "client_id", "client_secret")} == {
            name: first[name] for name in ("access_token", "client_id", "client_secret")
        }
    with process(tmp_path, *options, "--access-token", "mine", "--client-secret", "own") as third:
        assert (third["access_token"], third["client_secret"], third["client_id"]) == (
            "mine",
            "own",
            first["client_id"],
        )


def test_unknown_profile_is_a_usage_error() -> None:
    """The message lists what there is."""
    result = CliRunner().invoke(main, ["store", "--store-hash", "abc", "--profile", "moon"])

    assert result.exit_code == 2
    assert "eu, jp, kw, us" in result.output
