"""The master key: made once, whole, readable by its owner alone."""

from pathlib import Path

import pytest
from mlconnector_relay.config import Settings
from mlconnector_relay.keys import KEY_BYTES, MasterKeyInvalid, master_key

from tests.support.hasty import HastyRuntime


def settings(folder: Path, key: Path | None = None) -> Settings:
    return Settings.model_validate(
        {
            "relay": {"state_dir": folder / "state"},
            "database": {"url": "sqlite:///x"},
            "mapping": {"directory": folder},
            "secrets": {"master_key_file": key},
        }
    )


def test_a_key_is_made_once(tmp_path: Path) -> None:
    """Every later start, and every other process, reads the same."""
    made = master_key(settings(tmp_path), HastyRuntime(1))
    file = tmp_path / "state" / "master.key"

    assert len(made) == KEY_BYTES
    assert master_key(settings(tmp_path), HastyRuntime(2)) == made
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [one.name for one in file.parent.iterdir()] == ["master.key"]


def test_of_two_processes_at_once_one_key_stays(tmp_path: Path) -> None:
    """The slower one takes the faster one's, or half of what is encrypted would be lost."""

    class Slow(HastyRuntime):
        def token(self, size: int) -> bytes:
            self.other = master_key(settings(tmp_path), HastyRuntime(7))
            return super().token(size)

    slow = Slow(8)

    assert master_key(settings(tmp_path), slow) == slow.other
    assert [one.name for one in (tmp_path / "state").iterdir()] == ["master.key"]


def test_a_key_that_was_named_is_never_made(tmp_path: Path) -> None:
    """A wrong path must not begin a new life of the encryption."""
    with pytest.raises(MasterKeyInvalid, match=r"missing\.key: No such file"):
        master_key(settings(tmp_path, tmp_path / "missing.key"), HastyRuntime())
    assert not (tmp_path / "missing.key").exists()


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_length_is_none(tmp_path: Path, size: int) -> None:
    """Named with what a key has."""
    (tmp_path / "k").write_bytes(bytes(size))
    with pytest.raises(MasterKeyInvalid, match=f"{size} bytes, a key has 32"):
        master_key(settings(tmp_path, tmp_path / "k"), HastyRuntime())
