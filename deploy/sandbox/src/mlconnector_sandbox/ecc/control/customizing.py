"""Customizing: tax codes, document types, exchange rates."""

from decimal import Decimal, InvalidOperation

import msgspec
from aiohttp import web

from ..master_rows import tax_code_rows
from ..system import System
from .requests import body, found, given, refuse

__all__ = ["routes"]


class _TaxCode(msgspec.Struct, forbid_unknown_fields=True):
    country: str
    code: str
    rate: str
    condition: str = "MWAS"
    key: str = "MWS"
    inactive: bool = False


class _Procedure(msgspec.Struct, forbid_unknown_fields=True):
    procedure: str


class _DocumentType(msgspec.Struct, forbid_unknown_fields=True):
    account_types: str | None = None
    number_range: str | None = None
    reversal: str | None = None

    def columns(self) -> dict[str, str | int]:
        """Give what is said as columns of T003."""
        said = (("KOARS", self.account_types), ("NUMKR", self.number_range), ("STBLA", self.reversal))
        return {column: value for column, value in said if value is not None}


class _Rate(msgspec.Struct, forbid_unknown_fields=True):
    currency: str
    local_currency: str
    rate: str
    valid_from: str


def routes(system: System) -> list[web.RouteDef]:
    """Give the routes."""
    handlers = _Customizing(system)
    return [
        web.get("/sandbox/tax-codes", handlers.tax_codes),
        web.post("/sandbox/tax-codes", handlers.add_tax_code),
        web.delete("/sandbox/tax-codes/{country}/{code}", handlers.delete_tax_code),
        web.put("/sandbox/tax-procedures/{country}", handlers.change_procedure),
        web.get("/sandbox/document-types", handlers.document_types),
        web.patch("/sandbox/document-types/{type}", handlers.change_document_type),
        web.post("/sandbox/exchange-rates", handlers.add_rate),
    ]


class _Customizing:
    def __init__(self, system: System) -> None:
        self._system = system
        self._client = system.main_client

    def _procedure(self, country: str) -> str:
        row = self._system.master.find("T005", self._client, country)
        return str(found(row, f"country {country}")["KALSM"])

    async def tax_codes(self, request: web.Request) -> web.Response:
        """List tax codes by country, with their rates in percent."""
        del request
        master = self._system.master
        content = []
        for country in self._system.fixture["countries"]:
            for row in master.select("T007A", self._client, self._procedure(country)):
                records = [r for r in master.select("A003", self._client, "TX") if r["ALAND"] == country]
                number = next((r["KNUMH"] for r in records if r["MWSKZ"] == row["MWSKZ"]), "")
                price = master.find("KONP", self._client, number) or {"KBETR": 0}
                content.append(
                    {
                        "country": country,
                        "code": row["MWSKZ"],
                        "rate": f"{Decimal(price['KBETR']) / 1000:f}",
                        "inactive": bool(row["XINAC"]),
                    }
                )
        return web.json_response({"tax_codes": content})

    async def add_tax_code(self, request: web.Request) -> web.Response:
        """Add or replace a tax code."""
        entry = await body(request, _TaxCode)
        master, procedure = self._system.master, self._procedure(entry.country)
        steps = master.select("T683S", self._client, "A", "TX", procedure)
        own = [int(step["STUNR"]) for step in steps if step["KSCHL"] == entry.condition]
        step = own[0] if own else max((int(s["STUNR"]) for s in steps), default=99) + 1
        try:
            values = {**given(entry), "procedure": procedure}
            rows = tax_code_rows(self._system.fixture, self._client, values, step)
        except InvalidOperation as error:
            raise refuse(web.HTTPBadRequest, f"{entry.rate} is not a rate in percent") from error
        for table, row in rows:
            master.put(table, row)
        return web.json_response({}, status=201)

    async def delete_tax_code(self, request: web.Request) -> web.Response:
        """Delete a tax code."""
        country, code = request.match_info["country"], request.match_info["code"]
        count = self._system.master.delete("T007A", self._client, self._procedure(country), code)
        found(count or None, f"tax code {code} in {country}")
        return web.json_response({})

    async def change_procedure(self, request: web.Request) -> web.Response:
        """Give a country another tax procedure; TAXUSJ has taxes by jurisdiction."""
        wanted, country = await body(request, _Procedure), request.match_info["country"]
        known = self._system.master.find("TTXD", self._client, wanted.procedure)
        found(known, f"tax procedure {wanted.procedure}")
        changed = self._system.master.change("T005", (self._client, country), {"KALSM": wanted.procedure})
        found(changed or None, f"country {country}")
        return web.json_response({})

    async def document_types(self, request: web.Request) -> web.Response:
        del request
        content = [
            {
                "type": row["BLART"],
                "account_types": row["KOARS"],
                "number_range": row["NUMKR"],
                "reversal": row["STBLA"],
            }
            for row in self._system.master.select("T003", self._client)
        ]
        return web.json_response({"document_types": content})

    async def change_document_type(self, request: web.Request) -> web.Response:
        """Change the account types, the number range or the reversal type of a document type."""
        wanted, kind = await body(request, _DocumentType), request.match_info["type"]
        changed = self._system.master.change("T003", (self._client, kind), wanted.columns())
        found(changed or None, f"document type {kind}")
        return web.json_response({})

    async def add_rate(self, request: web.Request) -> web.Response:
        """Add a rate of type M: the local currency for one unit of a currency, valid from a date."""
        wanted = await body(request, _Rate)
        try:
            # Dates are stored inverted; a factor keeps small rates precise.
            inverted = str(99999999 - int(wanted.valid_from.replace("-", "")))
            rate = Decimal(wanted.rate)
        except (InvalidOperation, ValueError) as error:
            raise refuse(web.HTTPBadRequest, f"{wanted.rate} from {wanted.valid_from} is not a rate") from error
        factor = 1000 if rate < Decimal("0.1") else 1
        key = {"MANDT": self._client, "KURST": "M", "FCURR": wanted.currency, "TCURR": wanted.local_currency}
        value = int((rate * factor * 100000).to_integral_value())
        row: dict[str, str | int] = {**key, "GDATU": inverted, "UKURS": value, "FFACT": factor, "TFACT": 1}
        self._system.master.put("TCURR", row)
        return web.json_response({}, status=201)
