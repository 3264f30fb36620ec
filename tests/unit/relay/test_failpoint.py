"""Failpoints: held exactly where armed, invisible elsewhere."""

import asyncio
from pathlib import Path

import pytest
from mlconnector_relay.config import FAILPOINT_VARIABLE, SettingsInvalid, load_settings
from mlconnector_relay.failpoint import Failpoints
from mlconnector_relay.runtime import SystemRuntime


async def test_only_the_armed_point_holds(tmp_path: Path) -> None:
    """Other points are passed; the armed one leaves its file and never returns."""
    failpoints = Failpoints("before_result", tmp_path, SystemRuntime())
    await failpoints.reach("after_intent")
    held = asyncio.create_task(failpoints.reach("before_result"))
    await asyncio.sleep(0.02)
    assert not held.done()
    assert [file.name for file in tmp_path.iterdir()] == ["failpoint.before_result"]
    held.cancel()


async def test_none_armed(tmp_path: Path) -> None:
    """Without a name nothing happens."""
    await Failpoints("", tmp_path, SystemRuntime()).reach("before_result")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_point_is_refused(tmp_path: Path) -> None:
    """A misspelt name would make a test pass for the wrong reason."""
    with pytest.raises(ValueError, match="before_result"):
        Failpoints("before_resultt", tmp_path, SystemRuntime())


@pytest.mark.parametrize(("environment", "refused"), [("production", True), ("test", False)])
def test_production_refuses(tmp_path: Path, environment: str, refused: bool) -> None:
    """A relay that posts for real never stops at a point because a variable was left over."""
    file = tmp_path / "relay.toml"
    file.write_text(
        f'[relay]\nenvironment = "{environment}"\nstate_dir = "state"\n'
        '[database]\nurl = "sqlite+aiosqlite:///relay.db"\n[mapping]\ndirectory = "mapping"\n'
    )
    armed = {FAILPOINT_VARIABLE: "after_intent"}
    if refused:
        with pytest.raises(SettingsInvalid, match=FAILPOINT_VARIABLE):
            load_settings(file, armed)
    else:
        assert load_settings(file, armed).relay.environment == environment
