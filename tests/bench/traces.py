"""The relay's own trace of an order, asked by its command."""

import json
from typing import Any

from click.testing import CliRunner
from mlconnector_relay.cli.main import main as relay_main
from mlconnector_sandbox.landscape.landscape import Landscape

__all__ = ["trace_of"]


def trace_of(landscape: Landscape, order: int) -> list[dict[str, Any]]:
    """Give the audit records of an order, oldest first."""
    command = ["--config", str(landscape.relay_config), "trace", str(order), "--json"]
    done = CliRunner().invoke(relay_main, command)  # in this process, since it is asked again and again
    if done.exit_code:
        raise RuntimeError(done.output)
    records: list[dict[str, Any]] = json.loads(done.stdout)["records"]
    return records
