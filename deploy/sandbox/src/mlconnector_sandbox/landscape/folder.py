"""A landscape's folder: emptied only when a landscape wrote it, and used by one landscape at a time."""

import fcntl
import os
import shutil
from pathlib import Path
from typing import IO, Final

from .processes import LandscapeError

__all__ = ["Folder"]

MARKER: Final = "landscape.lock"
"""Says that a landscape wrote the folder; locked, and holding the process id, while one uses it."""


class Folder:
    """The folder of everything a landscape writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: IO[str] | None = None

    def claim(self) -> None:
        """Take the folder and forget what an earlier landscape left in it; once taken, only the latter.

        Raises:
            LandscapeError: it holds files that no landscape wrote, or another landscape uses it.
        """
        self._path.mkdir(parents=True, exist_ok=True)
        marker = self._path / MARKER
        if not marker.exists() and any(self._path.iterdir()):
            raise LandscapeError(
                f"{self._path} holds files that no landscape wrote, and all of them would be deleted; "
                "name an empty folder with --state, or delete it yourself"
            )
        if self._held is None:
            self._held = _locked(marker)
        for entry in self._path.iterdir():
            if entry == marker:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def release(self) -> None:
        """Let another landscape have it; its files stay."""
        if self._held:
            self._held.close()
            self._held = None


def _locked(marker: Path) -> IO[str]:
    held = marker.open("a+", encoding="utf-8")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        held.seek(0)
        owner = held.read().strip() or "unknown"
        held.close()
        raise LandscapeError(
            f"another landscape (process {owner}) runs in {marker.parent}; end it, or name another folder with --state"
        ) from error
    held.truncate(0)
    held.write(f"{os.getpid()}\n")
    held.flush()
    return held
