"""Private files: whole or not at all, and for their owner only."""

import stat
from pathlib import Path

import pytest
from mlconnector_relay.files import create_private, private_folder, write_private, write_whole


def test_a_private_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """And nothing is left beside it."""
    folder = private_folder(private_folder(tmp_path / "keys"))
    write_private(folder / "a.key", b"first")
    write_private(folder / "a.key", b"second")

    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("a.key", b"second")]
    assert stat.S_IMODE((folder / "a.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_file_for_others_keeps_its_mode(tmp_path: Path) -> None:
    """A new one is as open as the process makes its files; an older one stays as it was."""
    (tmp_path / "old.toml").touch()
    (tmp_path / "old.toml").chmod(0o640)
    (tmp_path / "plain").touch()
    for name in ("old.toml", "new.toml"):
        write_whole(tmp_path / name, b"text")

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"old.toml": 0o640, "new.toml": modes["plain"], "plain": modes["plain"]}
    assert (tmp_path / "old.toml").read_bytes() == b"text"


def test_what_a_crash_left_behind_is_in_nobody_s_way(tmp_path: Path) -> None:
    """A half-written draft, of this process or another, is never taken for the file."""
    (tmp_path / "a.key.new").write_text("half of someth")
    (tmp_path / "a.key.x1y2").write_text("half of someth")
    create_private(tmp_path / "a.key", b"whole")

    assert (tmp_path / "a.key").read_bytes() == b"whole"
    assert sorted(tmp_path.glob("*.key")) == [tmp_path / "a.key"]


def test_of_several_creations_the_first_stays(tmp_path: Path) -> None:
    """Whoever comes later reads it."""
    create_private(tmp_path / "a.key", b"first")
    create_private(tmp_path / "a.key", b"second")

    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.key", b"first")]
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("write", [create_private, write_private])
def test_a_folder_that_is_not_there_is_said_to_be(tmp_path: Path, write: object) -> None:
    """The callers name the file and the remedy."""
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "gone" / "a.key", b"x")  # type: ignore[operator]
