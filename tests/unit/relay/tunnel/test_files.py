"""Private files: whole or not at all, and for their owner only."""

import stat
from pathlib import Path

from mlconnector_relay.tunnel.files import private_folder, write_private


def test_a_private_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """Also over what a crash left behind; nothing is left beside it."""
    folder = private_folder(private_folder(tmp_path / "keys"))
    (folder / "a.key.new").write_text("half of someth")
    write_private(folder / "a.key", b"first")
    write_private(folder / "a.key", b"second")

    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("a.key", b"second")]
    assert stat.S_IMODE((folder / "a.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
