"""A disk that takes nothing more, by the operating system's own word: no file of a process can be written."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["full_disk"]


@contextmanager
def full_disk(pid: int = 0) -> Iterator[None]:
    """Let every write of a process to a file fail meanwhile, of this one unless told otherwise; it may still read."""
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
