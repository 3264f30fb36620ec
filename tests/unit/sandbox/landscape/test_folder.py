"""Whose files a landscape deletes, and that two never share a folder."""

import os
from pathlib import Path

import pytest
from mlconnector_sandbox.landscape.folder import Folder
from mlconnector_sandbox.landscape.processes import LandscapeError


def test_what_an_earlier_landscape_left_is_forgotten(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    earlier = Folder(state)
    earlier.claim()
    (state / "relay").mkdir()
    (state / "relay" / "relay.db").write_text("old")
    (state / "link").symlink_to(tmp_path)
    earlier.release()

    later = Folder(state)
    later.claim()

    later.release()
    assert [entry.name for entry in state.iterdir()] == ["landscape.lock"]
    assert tmp_path.exists()


def test_files_of_somebody_else_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("two years of work")

    with pytest.raises(LandscapeError, match="holds files that no landscape wrote"):
        Folder(tmp_path).claim()

    assert (tmp_path / "thesis.txt").read_text() == "two years of work"


def test_a_folder_in_use_is_refused_with_its_user(tmp_path: Path) -> None:
    first = Folder(tmp_path)
    first.claim()
    (tmp_path / "relay.db").write_text("in use")

    with pytest.raises(LandscapeError, match=f"another landscape \\(process {os.getpid()}\\) runs in"):
        Folder(tmp_path).claim()

    assert (tmp_path / "relay.db").read_text() == "in use"
    first.release()
    second = Folder(tmp_path)
    second.claim()
    second.release()


def test_a_landscape_prepares_its_own_folder_twice(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.claim()
    (tmp_path / "log").mkdir()

    folder.claim()

    folder.release()
    assert not (tmp_path / "log").exists()
