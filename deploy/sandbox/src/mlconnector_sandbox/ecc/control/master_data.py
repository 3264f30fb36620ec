"""Customers, G/L accounts and posting periods: list, add, block, flag for deletion, delete; open and close."""

import msgspec
from aiohttp import web

from ..database import Row
from ..master_rows import account_rows, customer_rows, padded
from ..system import System
from .periods import IntervalsExhaustedError, Period, change, describe, open_only
from .requests import body, found, given, refuse

__all__ = ["routes"]

_CHART = "*"


class _Customer(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    number: str
    name: str
    company_codes: list[str] = []
    country: str = "DE"
    city: str = ""
    postal_code: str = ""
    street: str = ""
    one_time: bool = False
    terms: str = ""
    blocked: bool = False
    deleted: bool = False
    blocked_in: list[str] = []


class _Account(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    number: str
    text: str = ""
    company_codes: list[str] = []
    tax: str = ""
    without_tax: bool = False
    open_items: bool = False
    cost_element: int = 0
    reconciliation: str = ""
    blocked: bool = False
    deleted: bool = False


class _Flags(msgspec.Struct, forbid_unknown_fields=True):
    blocked: bool | None = None
    deleted: bool | None = None
    company_code: str = ""

    def columns(self, blocked: str, deleted: str) -> dict[str, str | int]:
        """Give what is said as columns of a table."""
        said = ((blocked, self.blocked), (deleted, self.deleted))
        return {column: "X" if value else "" for column, value in said if value is not None}


class _Period(msgspec.Struct, forbid_unknown_fields=True):
    company_code: str
    period: str
    open: bool
    account_types: str = "+"


class _Window(msgspec.Struct, forbid_unknown_fields=True):
    company_code: str
    first: str
    last: str
    account_types: str = "+"


def routes(system: System) -> list[web.RouteDef]:
    """Give the routes."""
    handlers = _MasterData(system)
    return [
        web.get("/sandbox/customers", handlers.customers),
        web.post("/sandbox/customers", handlers.add_customer),
        web.patch("/sandbox/customers/{number}", handlers.flag_customer),
        web.delete("/sandbox/customers/{number}", handlers.delete_customer),
        web.get("/sandbox/accounts", handlers.accounts),
        web.post("/sandbox/accounts", handlers.add_account),
        web.patch("/sandbox/accounts/{number}", handlers.flag_account),
        web.delete("/sandbox/accounts/{number}", handlers.delete_account),
        web.get("/sandbox/periods", handlers.periods),
        web.put("/sandbox/periods", handlers.change_period),
        web.put("/sandbox/periods/window", handlers.open_window),
    ]


class _MasterData:
    def __init__(self, system: System) -> None:
        self._system = system

    @property
    def _client(self) -> str:
        return self._system.main_client

    def _put(self, rows: list[tuple[str, dict[str, str | int]]]) -> web.Response:
        with self._system.database.transaction():
            for table, row in rows:
                self._system.master.put(table, row)
        return web.json_response({}, status=201)

    async def customers(self, request: web.Request) -> web.Response:
        del request
        content = [
            {
                "number": row["KUNNR"],
                "name": row["NAME1"],
                "city": row["ORT01"],
                "country": row["LAND1"],
                "one_time": bool(row["XCPDK"]),
                "blocked": bool(row["SPERR"]),
                "deleted": bool(row["LOEVM"]),
                "company_codes": [r["BUKRS"] for r in self._local(row)],
                "blocked_in": [r["BUKRS"] for r in self._local(row) if r["SPERR"]],
            }
            for row in self._system.master.select("KNA1", self._client)
        ]
        return web.json_response({"customers": content})

    def _local(self, row: Row) -> list[Row]:
        return self._system.master.select("KNB1", self._client, row["KUNNR"])

    async def add_customer(self, request: web.Request) -> web.Response:
        """Add or replace a customer."""
        return self._put(customer_rows(self._client, given(await body(request, _Customer))))

    async def flag_customer(self, request: web.Request) -> web.Response:
        """Block or release a customer, or flag it for deletion, everywhere or in one company code."""
        wanted, number = await body(request, _Flags), padded(request.match_info["number"])
        table, key = (
            ("KNB1", (self._client, number, wanted.company_code))
            if wanted.company_code
            else ("KNA1", (self._client, number))
        )
        changed = self._system.master.change(table, key, wanted.columns("SPERR", "LOEVM"))
        found(changed or None, f"customer {number}")
        return web.json_response({})

    async def delete_customer(self, request: web.Request) -> web.Response:
        """Delete a customer, everywhere or from one company code."""
        number, code = padded(request.match_info["number"]), request.query.get("company_code", "")
        keys = [("KNB1", (self._client, number, *((code,) if code else ())))]
        if not code:
            keys.append(("KNA1", (self._client, number)))
        count = sum(self._system.master.delete(table, *key) for table, key in keys)
        found(count or None, f"customer {number}")
        return web.json_response({})

    async def accounts(self, request: web.Request) -> web.Response:
        company_code = request.query.get("company_code", "1000")
        content = [
            {
                "number": row["SAKNR"],
                "text": row["STEXT"],
                "tax": row["MWSKZ"],
                "without_tax": bool(row["XMWNO"]),
                "reconciliation": row["MITKZ"],
                "open_items": bool(row["XOPVW"]),
                "blocked": bool(row["XSPEB"]),
                "deleted": bool(row["XLOEB"]),
            }
            for row in self._system.master.select("SKB1", self._client, company_code)
        ]
        return web.json_response({"company_code": company_code, "accounts": content})

    async def add_account(self, request: web.Request) -> web.Response:
        """Add or replace a G/L account, by default in every company code."""
        entry = await body(request, _Account)
        everywhere = [row["BUKRS"] for row in self._system.master.select("T001", self._client)]
        codes = entry.company_codes or everywhere
        return self._put(account_rows(self._system.fixture, self._client, codes, given(entry)))

    async def flag_account(self, request: web.Request) -> web.Response:
        """Block or release a G/L account, or flag it for deletion, in one company code or (`*`) in the chart."""
        wanted, number = await body(request, _Flags), padded(request.match_info["number"])
        code = wanted.company_code or "1000"
        if code == _CHART:
            chart = str(self._system.fixture["organisation"]["chart_of_accounts"])
            changed = self._system.master.change(
                "SKA1", (self._client, chart, number), wanted.columns("XSPEB", "XLOEV")
            )
        else:
            changed = self._system.master.change("SKB1", (self._client, code, number), wanted.columns("XSPEB", "XLOEB"))
        found(changed or None, f"account {number} in company code {code}")
        return web.json_response({})

    async def delete_account(self, request: web.Request) -> web.Response:
        """Delete a G/L account from one company code."""
        number, code = padded(request.match_info["number"]), request.query.get("company_code", "1000")
        count = self._system.master.delete("SKB1", self._client, code, number)
        found(count or None, f"account {number} in company code {code}")
        return web.json_response({})

    async def periods(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"periods": describe(self._system.master, self._client)})

    async def change_period(self, request: web.Request) -> web.Response:
        """Open or close one month for account types, `+` meaning all."""
        wanted = await body(request, _Period)
        try:
            period = Period.parse(wanted.period)
            change(
                self._system.master, self._client, wanted.company_code, wanted.account_types, period, opened=wanted.open
            )
        except ValueError as error:
            raise refuse(web.HTTPBadRequest, str(error)) from error
        except IntervalsExhaustedError as error:
            raise refuse(web.HTTPConflict, str(error)) from error
        return await self.periods(request)

    async def open_window(self, request: web.Request) -> web.Response:
        """Open the months from first to last, and close all others."""
        wanted = await body(request, _Window)
        try:
            first, last = Period.parse(wanted.first), Period.parse(wanted.last)
            open_only(self._system.master, self._client, wanted.company_code, wanted.account_types, first, last)
        except ValueError as error:
            raise refuse(web.HTTPBadRequest, str(error)) from error
        return await self.periods(request)
