"""Windows: children die with their parent by a Job Object, and a shared lock shows whether any still lives."""

import ctypes
import msvcrt
import sys
from ctypes import wintypes
from pathlib import Path
from typing import BinaryIO, Final

__all__ = ["adopt", "all_gone", "claim", "die_with_parent", "hold"]

assert sys.platform == "win32"  # noqa: S101 - tells mypy which platform this module is for

_KILL_ON_JOB_CLOSE: Final = 0x2000
_EXTENDED_LIMIT_INFORMATION: Final = 9
_PROCESS_SET_QUOTA_AND_TERMINATE: Final = 0x0100 | 0x0001
_LOCK_EXCLUSIVE_AT_ONCE: Final = 0x2 | 0x1

_kernel = ctypes.WinDLL("kernel32", use_last_error=True)
_kernel.CreateJobObjectW.restype = wintypes.HANDLE
_kernel.OpenProcess.restype = wintypes.HANDLE


class _Basic(ctypes.Structure):
    _fields_ = (
        ("PerProcessUserTimeLimit", ctypes.c_int64),
        ("PerJobUserTimeLimit", ctypes.c_int64),
        ("LimitFlags", wintypes.DWORD),
        ("MinimumWorkingSetSize", ctypes.c_size_t),
        ("MaximumWorkingSetSize", ctypes.c_size_t),
        ("ActiveProcessLimit", wintypes.DWORD),
        ("Affinity", ctypes.c_size_t),
        ("PriorityClass", wintypes.DWORD),
        ("SchedulingClass", wintypes.DWORD),
    )


class _Extended(ctypes.Structure):
    _fields_ = (
        ("BasicLimitInformation", _Basic),
        ("IoInfo", ctypes.c_uint64 * 6),
        ("ProcessMemoryLimit", ctypes.c_size_t),
        ("JobMemoryLimit", ctypes.c_size_t),
        ("PeakProcessMemoryUsed", ctypes.c_size_t),
        ("PeakJobMemoryUsed", ctypes.c_size_t),
    )


class _Overlapped(ctypes.Structure):
    _fields_ = (
        ("Internal", ctypes.c_size_t),
        ("InternalHigh", ctypes.c_size_t),
        ("Offset", wintypes.DWORD),
        ("OffsetHigh", wintypes.DWORD),
        ("hEvent", wintypes.HANDLE),
    )


_jobs: list[int] = []


def _job() -> int:
    """Return the process's job; its only handle closes when the agent ends, and takes the children along."""
    if not _jobs:
        handle = _kernel.CreateJobObjectW(None, None)
        limits = _Extended()
        limits.BasicLimitInformation.LimitFlags = _KILL_ON_JOB_CLOSE
        size = ctypes.sizeof(limits)
        if not handle or not _kernel.SetInformationJobObject(
            wintypes.HANDLE(handle), _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), size
        ):
            raise ctypes.WinError(ctypes.get_last_error())
        _jobs.append(handle)
    return _jobs[0]


def die_with_parent(parent: int) -> None:
    """In the child: nothing to do, the parent has put us into its job."""
    del parent


def adopt(pid: int) -> None:
    """In the parent: put a child into the job that ends with us."""
    process = _kernel.OpenProcess(_PROCESS_SET_QUOTA_AND_TERMINATE, False, pid)  # noqa: FBT003 - Win32's own signature
    if not process:
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        if not _kernel.AssignProcessToJobObject(wintypes.HANDLE(_job()), wintypes.HANDLE(process)):
            raise ctypes.WinError(ctypes.get_last_error())
    finally:
        _kernel.CloseHandle(wintypes.HANDLE(process))


_held: list[BinaryIO] = []


def _lock(path: Path, flags: int) -> BinaryIO | None:
    file = path.open("a+b")
    handle = wintypes.HANDLE(msvcrt.get_osfhandle(file.fileno()))
    if _kernel.LockFileEx(handle, flags, 0, 1, 0, ctypes.byref(_Overlapped())):
        return file
    file.close()
    return None


def hold(path: Path) -> None:
    """In the child: hold a shared lock until this process ends, however it ends."""
    file = _lock(path, 0)
    if file is None:
        raise ctypes.WinError(ctypes.get_last_error())
    _held.append(file)


def claim(path: Path) -> BinaryIO | None:
    """Hold a lock against everybody else until the file is closed, or this process ends; None while somebody has it."""
    return _lock(path, _LOCK_EXCLUSIVE_AT_ONCE)


def all_gone(path: Path) -> bool:
    """In the parent: tell whether no child of an earlier life holds the lock any more."""
    file = claim(path)
    if file is None:
        return False
    file.close()
    return True
