"""The function modules that do something; all others have an interface only."""

from collections.abc import Callable, Mapping

from ..call import Call
from . import accounting, connection, metadata, reversal, table_read, transaction

__all__ = ["IMPLEMENTATIONS"]

IMPLEMENTATIONS: Mapping[str, Callable[[Call], None]] = {
    **connection.MODULES,
    **metadata.MODULES,
    **accounting.MODULES,
    **reversal.MODULES,
    **transaction.MODULES,
    **table_read.MODULES,
}
