"""A SAP client's tables as the tunnel reads them, without tunnel and SAP: rows in memory, conditions applied."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from mlconnector_relay.tunnel.errors import SessionLost
from mlconnector_shared.envelope import ReadTable
from mlconnector_shared.errors import ConnectorError

__all__ = ["Books", "a_directory_of"]

_COMPARE = {"EQ": str.__eq__, "GE": str.__ge__, "LE": str.__le__}


class _Read:
    def __init__(self, rows: list[list[str]], trouble: ConnectorError | None, *, cut: bool) -> None:
        self.result: Any = None
        self._rows = rows
        self._trouble = trouble
        self._cut = cut

    async def __aiter__(self) -> AsyncIterator[list[list[str]]]:
        if self._trouble:
            raise self._trouble
        for start in range(0, len(self._rows), 2):
            yield self._rows[start : start + 2]
        self.result = SimpleNamespace(cut=self._cut, rows=len(self._rows))

    async def aclose(self) -> None:
        """Stop."""


@dataclass
class Books:
    """The tables of one SAP client.

    Attributes:
        tables: rows by column, by table.
        reads: what was asked for.
        trouble: how every read of a table ends.
        cut: whether every read ends at its limit.
        connected: whether an agent is.
    """

    tables: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    reads: list[ReadTable] = field(default_factory=list)
    trouble: dict[str, ConnectorError] = field(default_factory=dict)
    cut: bool = False
    connected: bool = True

    def post(self, number: str, reference: str, amount: str, **changes: str) -> dict[str, str]:
        """Enter a document of one customer line; negative amounts are credits. Returns its header."""
        header = {
            "BUKRS": "1000",
            "BELNR": number.zfill(10),
            "GJAHR": "2026",
            "BLART": "DR",
            "XBLNR": reference,
            "USNAM": "MLC",
            "BUDAT": "20260301",
            "CPUDT": "20260301",
            "WAERS": "EUR",
            "BSTAT": "",
            "STBLG": "",
            "STJAH": "0000",
        } | changes
        self.tables.setdefault("BKPF", []).append(header)
        side, plain = ("H", amount[1:]) if amount.startswith("-") else ("S", amount)
        item = {"BUZEI": "001", "KUNNR": "0000099000", "SHKZG": side, "WRBTR": plain, "AUGDT": "00000000"}
        self.tables.setdefault("BSID", []).append(header | item)
        other = "S" if side == "H" else "H"
        self.tables.setdefault("BSET", []).append(
            header | {"BUZEI": "001", "MWSKZ": "A1", "SHKZG": other, "FWSTE": "1.90"}
        )
        return header

    def read_table(self, tenant: str, sysid: str, client: str, work: ReadTable, *, trace: str = "") -> Any:
        """Read as the dispatcher does."""
        if not self.connected:
            raise SessionLost(f"no agent of {sysid} client {client} is connected here")
        self.reads.append(work)
        found = [
            row
            for row in self.tables.get(work.table, [])
            if all(_COMPARE[one.op](row[one.field], one.value) for one in work.where)
        ]
        rows = [[row[name] for name in work.fields] for row in found]
        return _Read(rows, self.trouble.get(work.table), cut=self.cut)


class _Directory:
    def __init__(self, accounts: list[Any], mapping: Any) -> None:
        self._accounts = accounts
        self._mapping = mapping

    def accounts(self) -> list[Any]:
        return self._accounts

    def accounts_of(self, tenant: str) -> list[Any]:
        return [one for one in self._accounts if one.store.tenant == tenant]

    def mapping(self, tenant: str) -> Any:
        if isinstance(self._mapping, ConnectorError):
            raise self._mapping
        return self._mapping


def a_directory_of(*stores: Any, mapping: Any) -> Any:
    """Return a directory of these stores; a mapping that is an error is raised."""
    return _Directory([SimpleNamespace(store=store) for store in stores], mapping)
