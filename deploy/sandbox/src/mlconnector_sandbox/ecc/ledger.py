"""Sums over the books: what an independent check compares with what was owed."""

from collections.abc import Mapping, Sequence
from typing import Any

from .database import Database, Row

__all__ = ["DIMENSIONS", "TAX_DIMENSIONS", "Ledger"]

_HEADER = {
    "company_code": "h.BUKRS",
    "document_type": "h.BLART",
    "reference": "h.XBLNR",
    "user": "h.USNAM",
    "document_date": "h.BLDAT",
    "posting_date": "h.BUDAT",
    "entry_date": "h.CPUDT",
    "fiscal_year": "h.GJAHR",
    "number": "h.BELNR",
}
DIMENSIONS: Mapping[str, str] = {
    **_HEADER,
    "account_type": "i.KOART",
    "account": "i.HKONT",
    "customer": "i.KUNNR",
    "tax_code": "i.MWSKZ",
    "cost_center": "i.KOSTL",
    "profit_center": "i.PRCTR",
    "order": "i.AUFNR",
    "wbs_element": "i.PROJK",
    "allocation": "i.ZUONR",
    "posting_key": "i.BSCHL",
}
TAX_DIMENSIONS: Mapping[str, str] = {
    **_HEADER,
    "tax_code": "i.MWSKZ",
    "account": "i.HKONT",
    "condition": "i.KSCHL",
    "jurisdiction": "i.TXJCD",
}
_JOIN = "h.MANDT = i.MANDT AND h.BUKRS = i.BUKRS AND h.BELNR = i.BELNR AND h.GJAHR = i.GJAHR"
_SIGN = "CASE i.SHKZG WHEN 'S' THEN 1 ELSE -1 END"
_DOCUMENTS = "count(DISTINCT h.BUKRS || h.BELNR || h.GJAHR) AS documents"


class Ledger:
    """Adds up documents. Amounts of different currencies are never added: a sum belongs to one pair of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sums(self, by: Sequence[str], condition: str, parameters: Sequence[Any]) -> list[Row]:
        """Add up line items by some of the DIMENSIONS, in the smallest unit of document and local currency."""
        return self._sums(
            "BSEG",
            [DIMENSIONS[name] for name in by],
            by,
            "sum(CASE i.SHKZG WHEN 'S' THEN i.WRBTR ELSE 0 END) AS debits,"
            " sum(CASE i.SHKZG WHEN 'S' THEN 0 ELSE i.WRBTR END) AS credits,"
            f" sum(i.WRBTR * {_SIGN}) AS amount, sum(i.DMBTR * {_SIGN}) AS local_amount",
            (condition, parameters),
        )

    def tax_sums(self, by: Sequence[str], condition: str, parameters: Sequence[Any]) -> list[Row]:
        """Add up tax bases and taxes by some of the TAX_DIMENSIONS."""
        return self._sums(
            "BSET",
            [TAX_DIMENSIONS[name] for name in by],
            by,
            f"sum(i.FWBAS * {_SIGN}) AS base, sum(i.FWSTE * {_SIGN}) AS tax,"
            f" sum(i.HWBAS * {_SIGN}) AS local_base, sum(i.HWSTE * {_SIGN}) AS local_tax",
            (condition, parameters),
        )

    def customer_items(self, condition: str, parameters: Sequence[Any]) -> list[Row]:
        """List customer items with the header of their documents, by number."""
        return self._database.rows(
            "SELECT i.*, h.WAERS, h.HWAER, h.BLART, h.XBLNR, h.BUDAT, h.BLDAT FROM BSEG i"  # noqa: S608 - our own names
            f" JOIN BKPF h ON {_JOIN} WHERE i.KOART = 'D' AND {condition or '1 = 1'}"
            " ORDER BY h.BUKRS, h.GJAHR, h.BELNR, i.BUZEI",
            tuple(parameters),
        )

    def _sums(
        self, table: str, columns: list[str], by: Sequence[str], measures: str, where: tuple[str, Sequence[Any]]
    ) -> list[Row]:
        condition, parameters = where
        named = "".join(f'{column} AS "{name}", ' for column, name in zip(columns, by, strict=True))
        keys = ", ".join([*columns, "h.WAERS", "h.HWAER"])
        return self._database.rows(
            f"SELECT {named}h.WAERS AS currency, h.HWAER AS local_currency, {_DOCUMENTS}, count(*) AS items,"  # noqa: S608
            f" {measures} FROM {table} i JOIN BKPF h ON {_JOIN} WHERE {condition or '1 = 1'}"
            f" GROUP BY {keys} ORDER BY {keys}",
            tuple(parameters),
        )
