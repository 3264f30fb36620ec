"""Linux: children die with their parent by the kernel's hand, and a shared lock shows whether any still lives."""

import ctypes
import fcntl
import os
import signal
import sys
from pathlib import Path
from typing import BinaryIO, Final

__all__ = ["adopt", "all_gone", "claim", "die_with_parent", "hold"]

assert sys.platform != "win32"  # noqa: S101 - tells mypy which platform this module is for

_PR_SET_PDEATHSIG: Final = 1


def die_with_parent(parent: int) -> None:
    """In the child: be killed when the thread that started us ends. Exit at once if it already has."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed; without it a child could outlive the agent")
    if os.getppid() != parent:
        os._exit(1)


def adopt(pid: int) -> None:
    """In the parent: nothing to do, the child has asked the kernel itself."""
    del pid


def hold(path: Path) -> None:
    """In the child: hold a shared lock until this process ends, however it ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def claim(path: Path) -> BinaryIO | None:
    """Hold a lock against everybody else until the file is closed, or this process ends; None while somebody has it."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def all_gone(path: Path) -> bool:
    """In the parent: tell whether no child of an earlier life holds the lock any more."""
    file = claim(path)
    if file is None:
        return False
    file.close()
    return True
