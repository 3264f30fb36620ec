"""Files written whole and durable or not at all, also by several processes; most are their owner's only."""

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["create_private", "private_folder", "write_private", "write_whole"]


def private_folder(path: Path) -> Path:
    """Create a folder that only its owner can enter, and return it.

    Raises:
        OSError: it cannot be made.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def write_private(path: Path, data: bytes) -> None:
    """Write a file of mode 0600; it replaces an older one only once it is durable.

    Raises:
        OSError: it cannot be written; an older one stays.
    """
    with _draft(path, data) as draft:
        draft.replace(path)
        _keep_entry(path)


def write_whole(path: Path, data: bytes) -> None:
    """Write a file for anybody whom its folder lets read; an older one keeps its mode and is replaced whole.

    Raises:
        OSError: it cannot be written; an older one stays.
    """
    mode = path.stat().st_mode if path.exists() else 0o666 & ~_umask()
    with _draft(path, data) as draft:
        draft.chmod(stat.S_IMODE(mode))
        draft.replace(path)
        _keep_entry(path)


def create_private(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 unless there is one: of several processes at once the first one's stays.

    Raises:
        OSError: it cannot be written.
    """
    with _draft(path, data) as draft:
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
        _keep_entry(path)


@contextmanager
def _draft(path: Path, data: bytes) -> Iterator[Path]:
    # A name of its own: another process's half-written draft must never be taken for ours.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _keep_entry(path: Path) -> None:
    """Make the name durable too: a key lost with the power would take with it what it encrypted meanwhile."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
