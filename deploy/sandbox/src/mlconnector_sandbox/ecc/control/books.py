"""Reading the books back, and posting a document by hand."""

import asyncio
from typing import Any

from aiohttp import web

from ..books import DocumentKey
from ..database import Row
from ..fi.reversal import REVERSING
from ..system import System
from .desk import RefusedError
from .filters import condition, date
from .manual import ManualDocument, post
from .requests import body, found, number, refuse
from .sums import shown, signed

__all__ = ["routes"]

_MAX_DOCUMENTS = 1000
_PAGING = frozenset({"limit", "offset"})


def routes(system: System) -> list[web.RouteDef]:
    """Give the routes."""
    handlers = _Books(system)
    return [
        web.get("/sandbox/documents", handlers.documents),
        web.post("/sandbox/documents", handlers.post),
        web.get("/sandbox/documents/{company_code}/{number}/{fiscal_year}", handlers.document),
        web.get("/sandbox/summary", handlers.summary),
    ]


class _Books:
    def __init__(self, system: System) -> None:
        self._system = system

    async def documents(self, request: web.Request) -> web.Response:
        """List documents in the order of entry."""
        limit, offset = int(number(request, "limit", _MAX_DOCUMENTS)), int(number(request, "offset", 0))
        where, values = condition(request.query, _PAGING)
        headers = await asyncio.to_thread(self._system.books.headers, where, values, (limit, offset))
        total = self._system.books.count(where, values)
        return web.json_response({"total": total, "documents": [self._render(h) for h in headers]})

    async def document(self, request: web.Request) -> web.Response:
        """Show one document."""
        where, values = condition({"client": self._system.main_client, **request.match_info})
        headers = self._system.books.headers(where, values, (1, 0))
        return web.json_response(self._render(found(headers[0] if headers else None, "such document")))

    async def post(self, request: web.Request) -> web.Response:
        """Post a document as somebody at a desk does."""
        manual = await body(request, ManualDocument)
        try:
            header = await asyncio.to_thread(post, self._system, manual)
        except RefusedError as error:
            raise refuse(web.HTTPUnprocessableEntity, str(error)) from error
        return web.json_response(self._render(header), status=201)

    async def summary(self, request: web.Request) -> web.Response:
        """Count documents and add up their debits and customer items, by company code, document type and currency."""
        where, values = condition(request.query)
        rows = await asyncio.to_thread(self._system.books.totals, where, values)
        content = [
            {
                "company_code": row["BUKRS"],
                "document_type": row["BLART"],
                "currency": row["WAERS"],
                "documents": row["documents"],
                "debits": shown(row["debits"], self._places(row["WAERS"])),
                "receivables": shown(row["receivables"], self._places(row["WAERS"])),
            }
            for row in rows
        ]
        return web.json_response({"summary": content})

    def _places(self, currency: str) -> int:
        return self._system.master.decimals(currency)

    def _render(self, header: Row) -> dict[str, Any]:
        books = self._system.books
        key: DocumentKey = (header["MANDT"], header["BUKRS"], header["BELNR"], header["GJAHR"])
        places, local = self._places(header["WAERS"]), self._places(header["HWAER"])
        addresses = {row["BUZEI"]: row for row in books.lines("BSEC", key)}
        return {
            "client": header["MANDT"],
            "company_code": header["BUKRS"],
            "number": header["BELNR"],
            "fiscal_year": header["GJAHR"],
            "document_type": header["BLART"],
            "document_date": date(header["BLDAT"]),
            "posting_date": date(header["BUDAT"]),
            "entered": f"{date(header['CPUDT'])}T{header['CPUTM'][:2]}:{header['CPUTM'][2:4]}:{header['CPUTM'][4:]}",
            "user": header["USNAM"],
            "transaction": header["TCODE"],
            "reference": header["XBLNR"],
            "header_text": header["BKTXT"],
            "vat_date": date(header["VATDATE"]),
            "translation_date": date(header["WWERT"]),
            "currency": header["WAERS"],
            "local_currency": header["HWAER"],
            "object_type": header["AWTYP"],
            "object_key": header["AWKEY"],
            "status": header["BSTAT"],
            "reversed_by": "" if header["XREVERSAL"] == REVERSING else header["STBLG"],
            "reverses": header["STBLG"] if header["XREVERSAL"] == REVERSING else "",
            "reversal_reason": header["STGRD"],
            "lines": [_line(row, places, local, addresses.get(row["BUZEI"])) for row in books.lines("BSEG", key)],
            "taxes": [_tax(row, places) for row in books.lines("BSET", key)],
        }


def _line(row: Row, places: int, local: int, address: Row | None) -> dict[str, Any]:
    line = {
        "line": int(row["BUZEI"]),
        "account_type": row["KOART"],
        "account": row["KUNNR"] or row["HKONT"],
        "gl_account": row["HKONT"],
        "posting_key": row["BSCHL"],
        "amount": signed(row, "WRBTR", places),
        "local_amount": signed(row, "DMBTR", local),
        "tax": row["BUZID"] == "T",
        "tax_code": row["MWSKZ"],
        "cost_center": row["KOSTL"],
        "profit_center": row["PRCTR"],
        "order": row["AUFNR"],
        "wbs_element": row["PROJK"],
        "allocation": row["ZUONR"],
        "text": row["SGTXT"],
        "reference_keys": [row["XREF1"], row["XREF2"], row["XREF3"]],
        "payment_reference": row["KIDNO"],
        "payment_method": row["ZLSCH"],
        "payment_provider": [row["PAYS_PROV"], row["PAYS_TRAN"]],
        "payment_terms": row["ZTERM"],
        "net_days": row["ZBD3T"],
        "baseline_date": date(row["ZFBDT"]),
        "value_date": date(row["VALUT"]),
        "vat_registration": row["STCEG"],
        "special_gl": row["UMSKZ"],
        "negative": bool(row["XNEGP"]),
        "cleared_by": row["AUGBL"],
        "cleared_on": date(row["AUGDT"]),
        "refers_to": row["REBZG"],
        "dunning_area": row["MABER"],
        "dunning_block": row["MANSP"],
        "payment_block": row["ZLSPR"],
    }
    if address is not None:
        line["one_time"] = {
            "names": [address[f"NAME{i}"] for i in range(1, 5)],
            "street": address["STRAS"],
            "postal_code": address["PSTLZ"],
            "city": address["ORT01"],
            "region": address["REGIO"],  # codespell:ignore regio
            "country": address["LAND1"],
            "language": address["SPRAS"],
        }
    return line


def _tax(row: Row, places: int) -> dict[str, Any]:
    return {
        "tax_code": row["MWSKZ"],
        "account": row["HKONT"],
        "jurisdiction": row["TXJCD"],
        "condition": row["KSCHL"],
        "key": row["KTOSL"],
        "rate": f"{row['KBETR'] / 1000:g}",
        "base": signed(row, "FWBAS", places),
        "amount": signed(row, "FWSTE", places),
    }
