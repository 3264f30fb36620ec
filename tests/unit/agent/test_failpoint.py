"""Failpoints: held exactly where armed, invisible elsewhere."""

import asyncio
from pathlib import Path

import pytest
from mlconnector_agent.failpoint import Failpoints
from mlconnector_agent.runtime import SystemRuntime


async def test_only_the_armed_point_holds(tmp_path: Path) -> None:
    """Other points are passed; the armed one leaves its file and never returns."""
    failpoints = Failpoints("before_commit", tmp_path, SystemRuntime())
    await failpoints.reach("after_intent")
    held = asyncio.create_task(failpoints.reach("before_commit"))
    await asyncio.sleep(0.02)
    assert not held.done()
    assert [file.name for file in tmp_path.iterdir()] == ["failpoint.before_commit"]
    held.cancel()


async def test_none_armed(tmp_path: Path) -> None:
    """Without a name nothing happens."""
    await Failpoints("", tmp_path, SystemRuntime()).reach("before_commit")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_point_is_refused(tmp_path: Path) -> None:
    """A misspelt name would make a test pass for the wrong reason."""
    with pytest.raises(ValueError, match="before_commit"):
        Failpoints("before_comit", tmp_path, SystemRuntime())
