"""`up --once`, the demo without an audience, is an acceptance test of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sdk import sdk_home

pytestmark = [pytest.mark.timeout(400), pytest.mark.slow]


def test_the_demo_ends_without_a_difference(tmp_path: Path) -> None:
    """Parked and cured, in doubt and settled, traced; in the end store and books agree."""
    done = subprocess.run(
        [sys.executable, "-m", "mlconnector_sandbox", "up", "--once", "--state", str(tmp_path / "demo")],
        capture_output=True,
        text=True,
        check=False,
        timeout=380,
        env={**os.environ, "SAPNWRFC_HOME": str(sdk_home())},
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "11 documents in SAP, 0 differences" in done.stdout
    assert "is parked: its category has no mapping" in done.stdout
    assert "everything has ended" in done.stdout
