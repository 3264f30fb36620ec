"""The function modules that do something; all others have an interface only."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from . import accounting, connection, drivers, metadata, table_read, transaction

if TYPE_CHECKING:
    from ..session import Call

__all__ = ["IMPLEMENTATIONS"]

IMPLEMENTATIONS: Mapping[str, Callable[["Call"], None]] = {
    **connection.MODULES,
    **metadata.MODULES,
    **accounting.MODULES,
    **transaction.MODULES,
    **table_read.MODULES,
    **drivers.MODULES,
}
