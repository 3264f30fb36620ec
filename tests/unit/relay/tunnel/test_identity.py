"""The relay's signing keys: made once, kept private, rotated with overlap."""

import base64
import stat
from pathlib import Path

import pytest
from mlconnector_relay.tunnel.errors import KeyUnusable
from mlconnector_relay.tunnel.identity import Identity
from mlconnector_shared.signing import Signer

from tests.support.virtual import VirtualRuntime, virtual


@virtual
async def _load(folder: Path) -> Identity:
    return Identity.load(folder, VirtualRuntime())


def test_the_first_start_makes_a_key(tmp_path: Path) -> None:
    """The next one reads it; nobody else can."""
    first, second = _load(tmp_path), _load(tmp_path)

    assert first.signer.key_id == second.signer.key_id
    [path] = (tmp_path / "signing").glob("*")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@virtual
async def test_of_two_processes_at_once_one_key_stays(tmp_path: Path) -> None:
    """The slower one takes the faster one's: agents pin whichever answers them, and both must be able to seal."""

    class Slow(VirtualRuntime):
        def token(self, size: int) -> bytes:
            self.faster = Identity.load(tmp_path, VirtualRuntime())
            return b"s" * size

    slow = Slow()
    loaded = Identity.load(tmp_path, slow)

    assert loaded.public_keys == slow.faster.public_keys
    assert len(loaded.public_keys) == 1


@pytest.mark.parametrize("content", [b"", b"x" * 31])
def test_a_damaged_key_is_named(tmp_path: Path, content: bytes) -> None:
    """With its file and what to do; a new one would be believed by no agent."""
    _load(tmp_path)
    (tmp_path / "signing" / "20990101T000000.key").write_bytes(content)
    with pytest.raises(KeyUnusable, match=r"20990101T000000\.key cannot be used .*restore it"):
        _load(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """Such as a state folder that is a file, or on a disk that cannot be written."""
    (tmp_path / "signing").write_text("a file")
    with pytest.raises(KeyUnusable, match="signing cannot be used"):
        _load(tmp_path)


def test_the_newest_key_seals_and_all_are_told(tmp_path: Path) -> None:
    """Agents that pinned both accept either, before and after the switch."""
    old = _load(tmp_path)
    new = Signer.from_seed(b"n" * 32)
    (tmp_path / "signing" / "20990101T000000.key").write_bytes(b"n" * 32)

    rotated = _load(tmp_path)

    assert rotated.signer.key_id == new.key_id
    assert rotated.public_keys == {
        old.signer.key_id: base64.b64encode(old.signer.public_bytes).decode(),
        new.key_id: base64.b64encode(new.public_bytes).decode(),
    }
