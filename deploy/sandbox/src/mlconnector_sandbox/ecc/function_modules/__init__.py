"""The function modules that do something; all others have an interface only."""

from collections.abc import Callable, Mapping

from ..call import Call
from . import (
    accounting,
    connection,
    document_change,
    document_post,
    metadata,
    reversal,
    table_read,
    texts,
    transaction,
)

__all__ = ["IMPLEMENTATIONS"]

IMPLEMENTATIONS: Mapping[str, Callable[[Call], None]] = {
    **connection.MODULES,
    **metadata.MODULES,
    **accounting.MODULES,
    **reversal.MODULES,
    **document_change.MODULES,
    **document_post.MODULES,
    **texts.MODULES,
    **transaction.MODULES,
    **table_read.MODULES,
}
