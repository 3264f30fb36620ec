"""One agent at a time works with a journal: what one keeps in mind of it must not change under it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import JournalInUse

if sys.platform == "win32":
    from ..rfc import platform_windows as platform
else:
    from ..rfc import platform_linux as platform

__all__ = ["alone"]


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Have a journal for this process alone, but for commands that only read or add; others are told to wait.

    Raises:
        JournalInUse: another agent process has it.
    """
    file = platform.claim(path.with_suffix(".lock"))
    if file is None:
        raise JournalInUse(f"an agent works with the journal {path}; stop that process first")
    with file:
        yield
