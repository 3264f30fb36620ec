"""Sums and open items, for whoever compares the books with what was owed."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from aiohttp import web

from ..database import Row
from ..ledger import DIMENSIONS, TAX_DIMENSIONS, Ledger
from ..master_rows import padded
from ..system import System
from .filters import condition, date
from .requests import refuse

__all__ = ["routes", "shown", "signed"]

_DOCUMENT_CURRENCY = ("debits", "credits", "amount", "base", "tax")
_LOCAL_CURRENCY = ("local_amount", "local_base", "local_tax")
_STATES = {"open": "i.AUGBL = ''", "cleared": "i.AUGBL <> ''", "all": "1 = 1"}


def routes(system: System) -> list[web.RouteDef]:
    """Give the routes."""
    handlers = _Sums(system)
    return [
        web.get("/sandbox/sums", handlers.sums),
        web.get("/sandbox/tax-sums", handlers.tax_sums),
        web.get("/sandbox/customer-items", handlers.customer_items),
    ]


def shown(value: int, places: int) -> str:
    """Show an amount that is stored in the smallest unit of its currency."""
    return f"{Decimal(value).scaleb(-places):.{places}f}"


def signed(row: Row, column: str, places: int) -> str:
    """Show an amount of a line, debits positive."""
    return shown(-row[column] if row["SHKZG"] == "H" else row[column], places)


class _Sums:
    def __init__(self, system: System) -> None:
        self._system = system
        self._ledger = Ledger(system.database)

    async def sums(self, request: web.Request) -> web.Response:
        """Add up line items by any of their dimensions."""
        return await self._add_up(request, DIMENSIONS, self._ledger.sums)

    async def tax_sums(self, request: web.Request) -> web.Response:
        """Add up taxes and their bases."""
        return await self._add_up(request, TAX_DIMENSIONS, self._ledger.tax_sums)

    async def customer_items(self, request: web.Request) -> web.Response:
        """List customer items, open ones unless said otherwise, with their balance in each currency."""
        query = request.query
        state, customer = query.get("state", "open"), query.get("customer", "")
        if state not in _STATES:
            raise refuse(web.HTTPBadRequest, f"state={state}: there are {', '.join(_STATES)}.")
        where, values = condition(query, {"state", "customer"})
        parts = [part for part in (where, _STATES[state], "i.KUNNR = ?" if customer else "") if part]
        parameters = (*values, *((padded(customer),) if customer else ()))
        rows = await asyncio.to_thread(self._ledger.customer_items, " AND ".join(parts), parameters)
        balance: defaultdict[str, int] = defaultdict(int)
        for row in rows:
            balance[row["WAERS"]] += -row["WRBTR"] if row["SHKZG"] == "H" else row["WRBTR"]
        content = {
            "items": [self._item(row) for row in rows],
            "balance": {currency: shown(total, self._places(currency)) for currency, total in sorted(balance.items())},
        }
        return web.json_response(content)

    async def _add_up(
        self, request: web.Request, dimensions: Mapping[str, str], add_up: Callable[..., list[Row]]
    ) -> web.Response:
        by = [name for name in request.query.get("by", "").split(",") if name]
        unknown = [name for name in by if name not in dimensions]
        if unknown:
            text = f"Cannot add up by {', '.join(unknown)}; there are {', '.join(dimensions)}."
            raise refuse(web.HTTPBadRequest, text)
        where, values = condition(request.query, {"by"})
        rows = await asyncio.to_thread(add_up, by, where, values)
        return web.json_response({"sums": [self._sum(row) for row in rows]})

    def _sum(self, row: Row) -> dict[str, Any]:
        places, local = self._places(row["currency"]), self._places(row["local_currency"])
        amounts = {name: shown(row[name], places) for name in _DOCUMENT_CURRENCY if name in row}
        local_amounts = {name: shown(row[name], local) for name in _LOCAL_CURRENCY if name in row}
        dates = {name: date(row[name]) for name in row if name.endswith("_date")}
        return {**row, **dates, **amounts, **local_amounts}

    def _item(self, row: Row) -> dict[str, Any]:
        return {
            "company_code": row["BUKRS"],
            "number": row["BELNR"],
            "fiscal_year": row["GJAHR"],
            "line": int(row["BUZEI"]),
            "document_type": row["BLART"],
            "reference": row["XBLNR"],
            "customer": row["KUNNR"],
            "currency": row["WAERS"],
            "amount": signed(row, "WRBTR", self._places(row["WAERS"])),
            "local_currency": row["HWAER"],
            "local_amount": signed(row, "DMBTR", self._places(row["HWAER"])),
            "posting_date": date(row["BUDAT"]),
            "baseline_date": date(row["ZFBDT"]),
            "net_days": row["ZBD3T"],
            "allocation": row["ZUONR"],
            "text": row["SGTXT"],
            "dunning_block": row["MANSP"],
            "payment_block": row["ZLSPR"],
            "cleared_by": row["AUGBL"],
            "cleared_on": date(row["AUGDT"]),
            "refers_to": row["REBZG"],
        }

    def _places(self, currency: str) -> int:
        return self._system.master.decimals(currency)
