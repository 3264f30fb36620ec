"""The relay's signing keys: made once, kept private, rotated with overlap."""

import base64
import stat
from pathlib import Path

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
