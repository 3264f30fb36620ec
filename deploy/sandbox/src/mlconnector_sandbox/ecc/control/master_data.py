"""Master data and posting periods: list, add, change, block, close."""

from typing import Any

import msgspec
from aiohttp import web

from ..database import Row
from ..fixture import account_rows, cost_center_row, customer_rows, padded
from ..system import System
from .periods import IntervalsExhaustedError, Period, change, describe
from .requests import body, found, refuse

__all__ = ["routes"]


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


class _CostCenter(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    number: str
    company_code: str
    text: str = ""
    valid_from: str = "19000101"
    valid_to: str = "99991231"
    locked_for_costs: bool = False
    locked_for_revenues: bool = False


class _Block(msgspec.Struct, forbid_unknown_fields=True):
    blocked: bool
    company_code: str = ""


class _Period(msgspec.Struct, forbid_unknown_fields=True):
    company_code: str
    period: str
    open: bool
    account_types: str = "+"


def routes(system: System) -> list[web.RouteDef]:
    """Give the routes."""
    handlers = _MasterData(system)
    return [
        web.get("/sandbox/customers", handlers.customers),
        web.post("/sandbox/customers", handlers.add_customer),
        web.patch("/sandbox/customers/{number}", handlers.block_customer),
        web.get("/sandbox/accounts", handlers.accounts),
        web.post("/sandbox/accounts", handlers.add_account),
        web.patch("/sandbox/accounts/{number}", handlers.block_account),
        web.get("/sandbox/cost-centers", handlers.cost_centers),
        web.post("/sandbox/cost-centers", handlers.add_cost_center),
        web.get("/sandbox/periods", handlers.periods),
        web.put("/sandbox/periods", handlers.change_period),
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
        return self._put(customer_rows(self._client, _given(await body(request, _Customer))))

    async def block_customer(self, request: web.Request) -> web.Response:
        """Block or release a customer, everywhere or in one company code."""
        wanted, number = await body(request, _Block), padded(request.match_info["number"])
        flag = {"SPERR": "X" if wanted.blocked else ""}
        table, key = (
            ("KNB1", (self._client, number, wanted.company_code))
            if wanted.company_code
            else ("KNA1", (self._client, number))
        )
        found(self._system.master.change(table, key, flag) or None, f"customer {number}")
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
                "blocked": bool(row["XSPEB"]),
            }
            for row in self._system.master.select("SKB1", self._client, company_code)
        ]
        return web.json_response({"company_code": company_code, "accounts": content})

    async def add_account(self, request: web.Request) -> web.Response:
        """Add or replace a G/L account, by default in every company code."""
        entry = await body(request, _Account)
        everywhere = [row["BUKRS"] for row in self._system.master.select("T001", self._client)]
        codes = entry.company_codes or everywhere
        return self._put(account_rows(self._system.fixture, self._client, codes, _given(entry)))

    async def block_account(self, request: web.Request) -> web.Response:
        """Block or release a G/L account in one company code."""
        wanted, number = await body(request, _Block), padded(request.match_info["number"])
        key = (self._client, wanted.company_code or "1000", number)
        changed = self._system.master.change("SKB1", key, {"XSPEB": "X" if wanted.blocked else ""})
        found(changed or None, f"account {number} in company code {key[1]}")
        return web.json_response({})

    async def cost_centers(self, request: web.Request) -> web.Response:
        del request
        content = [
            {
                "number": row["KOSTL"],
                "company_code": row["BUKRS"],
                "text": row["VERAK"],
                "valid_from": row["DATAB"],
                "valid_to": row["DATBI"],
                "locked_for_costs": bool(row["BKZKP"]),
                "locked_for_revenues": bool(row["BKZER"]),
            }
            for row in self._system.master.select("CSKS", self._client)
        ]
        return web.json_response({"cost_centers": content})

    async def add_cost_center(self, request: web.Request) -> web.Response:
        """Add or replace a cost center."""
        return self._put(
            [cost_center_row(self._system.fixture, self._client, _given(await body(request, _CostCenter)))]
        )

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


def _given(value: msgspec.Struct) -> dict[str, Any]:
    """Give the fields as an entry of the fixture, which leaves out what is not said."""
    content: dict[str, Any] = msgspec.to_builtins(value)
    return content
