"""Files of a tenant that are watched: read once they rest, and what is wrong with them told once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from mlconnector_shared.errors import ConnectorError

__all__ = ["LARGEST_FILE_BYTES", "Watched", "look"]

T = TypeVar("T")

LARGEST_FILE_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Watched(Generic[T]):
    """What was seen of a file.

    Attributes:
        mark: its time and size.
        settled: whether it was read at this mark.
        value: what it held when it was last valid.
        complaint: why it cannot be used now.
    """

    mark: tuple[int, int] | None
    settled: bool
    value: T | None
    complaint: str = ""


def look(path: Path, known: Watched[T] | None, read: Callable[[str, str], T]) -> Watched[T]:
    """Look at a file once; one that just changed is read at the next look, when it is written to the end.

    Args:
        path: the file.
        known: what was seen at the last look.
        read: reads text and name; its `ConnectorError` becomes the complaint.
    """
    value = known.value if known else None
    mark: tuple[int, int] | None = None
    try:
        status = path.stat()
        mark = (status.st_mtime_ns, status.st_size)
        if known and known.mark == mark and known.settled:
            return known
        if value is not None and known and known.mark != mark:
            return Watched(mark, settled=False, value=value, complaint=known.complaint)
        if status.st_size > LARGEST_FILE_BYTES:
            too_large = f"{path.name}: larger than {LARGEST_FILE_BYTES} bytes"
            return Watched(mark, settled=True, value=value, complaint=too_large)
        return Watched(mark, settled=True, value=read(path.read_text("utf-8"), path.name))
    except UnicodeDecodeError as error:
        return Watched(mark, settled=True, value=value, complaint=f"{path.name}: not UTF-8: {error}")
    except ConnectorError as error:
        return Watched(mark, settled=True, value=value, complaint=str(error))
    except OSError as error:
        return Watched(None, settled=False, value=value, complaint=f"{path}: {error.strerror}")
