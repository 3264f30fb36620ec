"""Reading back: documents by reference and by number, customers' amounts, update requests. One session throughout."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from ..rfc.errors import Kind, RfcError
from ..rfc.session import RfcSession
from . import where
from .documents import Expectation, Found, object_key_parts
from .settings import LuwSettings
from .trace import Trace

__all__ = ["Lookup", "UpdateRequest"]

_HEADER: Final = ["BUKRS", "BELNR", "GJAHR", "BLART", "BLDAT", "BUDAT", "WAERS", "USNAM", "STBLG", "STJAH", "XBLNR"]
_HITS: Final = 20
"""More documents with one reference than this need not be told apart."""

_LINES: Final = 999
_OPEN_STATES: Final = {"254", "255"}
_WINDOW: Final = timedelta(days=1)
"""VBHDR carries SAP's own, unknown time zone; a wider window can only keep a posting in doubt longer."""


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """A row of VBHDR: an update that waits or runs (`is_open`), or one that failed."""

    key: str
    created: str
    is_open: bool


class Lookup:
    """Look-ups on one session, each noted in the trace."""

    def __init__(self, session: RfcSession, trace: Trace, settings: LuwSettings) -> None:
        self._session = session
        self._trace = trace
        self._settings = settings

    async def by_references(self, references: Sequence[str], company_codes: Sequence[str]) -> list[Found]:
        """Find documents by reference in these company codes, whatever their type, year or user."""
        conditions = [
            where.any_of("BUKRS", company_codes),
            where.compare("BSTAT", "EQ", ""),
            where.any_of("XBLNR", references),
        ]
        return await self._headers(conditions, _HITS * len(references))

    async def by_reference(self, reference: str) -> list[Found]:
        """Find documents by reference in every company code the policy allows."""
        return await self.by_references([reference], self._settings.company_codes)

    async def by_key(self, object_key: str) -> Found | None:
        """Find a document by its number."""
        number, company_code, fiscal_year = object_key_parts(object_key)
        conditions = [
            where.compare("BUKRS", "EQ", company_code),
            where.compare("BELNR", "EQ", number),
            where.compare("GJAHR", "EQ", fiscal_year),
        ]
        found = await self._headers(conditions, 1)
        return found[0] if found else None

    async def amounts(self, found: Found, expected: Expectation) -> Mapping[str, Decimal]:
        """Read what the expected customers owe by this document, open or cleared, in the document's currency."""
        if not expected.amounts:
            return {}
        places = await self._decimals(found.currency)
        totals = dict.fromkeys(expected.amounts, Decimal(0))
        conditions = [
            where.compare("BUKRS", "EQ", found.company_code),
            where.any_of("KUNNR", list(expected.amounts)),
            where.compare("GJAHR", "EQ", found.fiscal_year),
            where.compare("BELNR", "EQ", found.number),
        ]
        options = where.lines(where.both(conditions))
        for table in ("BSID", "BSAD"):
            for customer, side, amount in await self._rows(table, ["KUNNR", "SHKZG", "WRBTR"], options, _LINES):
                # SAP stores amounts with two decimals whatever the currency: 1000 JPY as 10.00.
                value = Decimal(amount).scaleb(2 - places)
                totals[customer] = totals.get(customer, Decimal(0)) + (value if side == "S" else -value)
        return totals

    async def update_requests(
        self, users: Sequence[str], client: str, since: datetime, until: datetime
    ) -> tuple[UpdateRequest, ...] | None:
        """List users' update requests around this time that are not done, None where VBHDR may not be read.

        Those that are done leave no row.
        """
        if not self._settings.update_requests_readable:
            return None
        conditions = [
            where.any_of("VBUSR", users),
            where.compare("VBMANDT", "EQ", client),
            where.compare("VBDATE", "GE", (since - _WINDOW).strftime("%Y%m%d000000")),
            where.compare("VBDATE", "LE", (until + _WINDOW).strftime("%Y%m%d235959")),
        ]
        options = where.lines(where.both(conditions))
        try:
            rows = await self._rows("VBHDR", ["VBKEY", "VBDATE", "VBSTATE"], options, _HITS)
        except RfcError as error:
            if error.kind is Kind.APPLICATION:
                return None  # Basis does not let us
            raise
        return tuple(UpdateRequest(key, created, state in _OPEN_STATES) for key, created, state in rows)

    async def cleared_by(self, found: Found, customers: Sequence[str]) -> str:
        """Return the number of a document that cleared an item of these customers, empty where all are open."""
        conditions = [
            where.compare("BUKRS", "EQ", found.company_code),
            where.any_of("KUNNR", customers),
            where.compare("GJAHR", "EQ", found.fiscal_year),
            where.compare("BELNR", "EQ", found.number),
        ]
        rows = await self._rows("BSAD", ["AUGBL"], where.lines(where.both(conditions)), 1)
        return rows[0][0] if rows else ""

    async def item(
        self, object_key: str, customers: Sequence[str], line: str, fields: Sequence[str]
    ) -> Mapping[str, str] | None:
        """Read these fields of a customer item, open or cleared; None where there is no such item."""
        number, company_code, fiscal_year = object_key_parts(object_key)
        conditions = [
            where.compare("BUKRS", "EQ", company_code),
            where.any_of("KUNNR", customers),
            where.compare("GJAHR", "EQ", fiscal_year),
            where.compare("BELNR", "EQ", number),
            where.compare("BUZEI", "EQ", line),
        ]
        options = where.lines(where.both(conditions))
        for table in ("BSID", "BSAD"):
            for row in await self._rows(table, list(fields), options, 1):
                return dict(zip(fields, (cell.strip() for cell in row), strict=True))
        return None

    async def _decimals(self, currency: str) -> int:
        options = where.lines(where.compare("CURRKEY", "EQ", currency))
        rows = await self._rows("TCURX", ["CURRKEY", "CURRDEC"], options, 1)
        return int(rows[0][1]) if rows else 2

    async def _headers(self, conditions: list[where.Tokens], row_count: int) -> list[Found]:
        return [
            Found(*row) for row in await self._rows("BKPF", _HEADER, where.lines(where.both(conditions)), row_count)
        ]

    async def _rows(self, table: str, fields: list[str], options: list[str], row_count: int) -> list[list[str]]:
        seconds = self._settings.lookup_timeout_seconds
        return (await self._trace.read(self._session, table, fields, options, row_count, seconds)).rows
