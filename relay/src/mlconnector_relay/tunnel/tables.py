"""Reading a table of SAP's through the tunnel, whole."""

from contextlib import aclosing
from typing import Protocol

from mlconnector_shared.envelope import ReadTable

from .errors import CallFailed
from .reads import TableRead

__all__ = ["Reads", "all_rows"]


class Reads(Protocol):
    """What reads a table of an SAP client."""

    def read_table(self, tenant: str, sysid: str, client: str, work: ReadTable, *, trace: str = "") -> TableRead:
        """Return the chunks of a read."""


async def all_rows(read: TableRead) -> list[list[str]]:
    """Return every row of a read.

    Raises:
        TunnelError: it did not come to its end, or the agent's limit ended it.
    """
    async with aclosing(read) as chunks:
        found = [row async for chunk in chunks for row in chunk]
    if read.result is not None and read.result.cut:
        why = f"{read.result.rows} rows were not all; read fewer days, or raise the agent's max_rows"
        raise CallFailed("rows_cut", why)
    return found
