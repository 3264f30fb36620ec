"""Which rows of SAP's tables tell whether what a mapping names exists, is open and allowed; pure.

The agent's policy must name each table with these columns; it writes the WHERE clauses itself. Names and meanings of
the columns are those of SAP ECC's dictionary.
"""

from collections.abc import Collection
from typing import Final

from mlconnector_shared.envelope import Predicate, ReadTable

__all__ = [
    "DOCUMENT_TYPES",
    "DUNNING_BLOCKS",
    "PAYMENT_BLOCKS",
    "PAYMENT_TERMS",
    "REVERSAL_REASONS",
    "accounts_of_chart",
    "accounts_of_company",
    "company",
    "condition",
    "controlling_area",
    "cost_centers",
    "cost_elements",
    "customer",
    "customer_in_company",
    "dunning_areas",
    "internal_order",
    "jurisdiction",
    "procedure",
    "profit_centers",
    "rate",
    "tax_codes",
    "wbs_element",
]

DOCUMENT_TYPES: Final = ReadTable("T003", ("BLART", "KOARS"), key=("BLART",))
PAYMENT_TERMS: Final = ReadTable("T052", ("ZTERM", "ZTAGG"), key=("ZTERM", "ZTAGG"))
PAYMENT_BLOCKS: Final = ReadTable("T008", ("ZAHLS",), key=("ZAHLS",))
REVERSAL_REASONS: Final = ReadTable("T041C", ("STGRD", "XABWD"), key=("STGRD",))
DUNNING_BLOCKS: Final = ReadTable("T040S", ("MANSP",), key=("MANSP",))


def company(code: str) -> ReadTable:
    """Return the read of a company code: chart of accounts, country."""
    return ReadTable("T001", ("KTOPL", "LAND1"), (Predicate("BUKRS", "EQ", code),))


def controlling_area(code: str) -> ReadTable:
    """Return the read of a company code's controlling area."""
    return ReadTable("TKA02", ("KOKRS",), (Predicate("BUKRS", "EQ", code),))


def accounts_of_chart(chart: str, accounts: Collection[str]) -> ReadTable:
    """Return the read of accounts in their chart: blocked, to be deleted."""
    where = (Predicate("KTOPL", "EQ", chart), *_between("SAKNR", accounts))
    return ReadTable("SKA1", ("SAKNR", "XSPEB", "XLOEV"), where, key=("SAKNR",))


def accounts_of_company(code: str, accounts: Collection[str]) -> ReadTable:
    """Return the read of accounts in a company code: blocked, to be deleted, reconciliation account, taxes."""
    where = (Predicate("BUKRS", "EQ", code), *_between("SAKNR", accounts))
    return ReadTable("SKB1", ("SAKNR", "XSPEB", "XLOEB", "MITKZ", "MWSKZ", "XMWNO"), where, key=("SAKNR",))


def cost_elements(area: str, accounts: Collection[str]) -> ReadTable:
    """Return the read of the accounts that are cost elements: when, and of which category."""
    where = (Predicate("KOKRS", "EQ", area), *_between("KSTAR", accounts))
    return ReadTable("CSKB", ("KSTAR", "DATBI", "DATAB", "KATYP"), where, key=("KSTAR", "DATBI"))


def cost_centers(code: str, numbers: Collection[str]) -> ReadTable:
    """Return the read of a company code's cost centers: when they are valid, and what they are locked for."""
    where = (Predicate("BUKRS", "EQ", code), *_between("KOSTL", numbers))
    return ReadTable("CSKS", ("KOSTL", "DATBI", "DATAB", "BKZKP", "BKZER"), where, key=("KOSTL", "DATBI"))


def profit_centers(area: str, numbers: Collection[str]) -> ReadTable:
    """Return the read of profit centers: when they are valid, and whether they are locked."""
    where = (Predicate("KOKRS", "EQ", area), *_between("PRCTR", numbers))
    return ReadTable("CEPC", ("PRCTR", "DATBI", "DATAB", "LOCK_IND"), where, key=("PRCTR", "DATBI"))


def internal_order(code: str, number: str) -> ReadTable:
    """Return the read of an internal order of a company code: to be deleted, completed."""
    where = (Predicate("BUKRS", "EQ", code), Predicate("AUFNR", "EQ", number))
    return ReadTable("AUFK", ("AUFNR", "LOEKZ", "PHAS2"), where)


def wbs_element(number: str) -> ReadTable:
    """Return the read of a WBS element: company code, account assignment allowed, to be deleted."""
    return ReadTable("PRPS", ("PBUKR", "BELKZ", "LOEVM"), (Predicate("POSID", "EQ", number),))


def procedure(country: str) -> ReadTable:
    """Return the read of a country's tax procedure."""
    return ReadTable("T005", ("KALSM",), (Predicate("LAND1", "EQ", country),))


def tax_codes(name: str) -> ReadTable:
    """Return the read of a tax procedure's codes: input or output, inactive."""
    return ReadTable("T007A", ("MWSKZ", "MWART", "XINAC"), (Predicate("KALSM", "EQ", name),), key=("MWSKZ",))


def jurisdiction(name: str, code: str) -> ReadTable:
    """Return the read of a jurisdiction of a tax procedure."""
    return ReadTable("TTXJ", ("TXJCD",), (Predicate("KALSM", "EQ", name), Predicate("TXJCD", "EQ", code)))


def condition(country: str, code: str) -> ReadTable:
    """Return the read of a tax code's conditions."""
    where = (Predicate("KAPPL", "EQ", "TX"), Predicate("ALAND", "EQ", country), Predicate("MWSKZ", "EQ", code))
    return ReadTable("A003", ("KSCHL", "KNUMH"), where)


def rate(record: str) -> ReadTable:
    """Return the read of a condition's rate, in tenths of a percent."""
    return ReadTable("KONP", ("KBETR",), (Predicate("KNUMH", "EQ", record),))


def customer(number: str) -> ReadTable:
    """Return the read of a customer: one-time, blocked, to be deleted."""
    return ReadTable("KNA1", ("XCPDK", "SPERR", "LOEVM"), (Predicate("KUNNR", "EQ", number),))


def customer_in_company(code: str, number: str) -> ReadTable:
    """Return the read of a customer in a company code: blocked, to be deleted."""
    where = (Predicate("BUKRS", "EQ", code), Predicate("KUNNR", "EQ", number))
    return ReadTable("KNB1", ("SPERR", "LOEVM"), where)


def dunning_areas(code: str) -> ReadTable:
    """Return the read of a company code's dunning areas."""
    return ReadTable("T047M", ("MABER",), (Predicate("BUKRS", "EQ", code),), key=("MABER",))


def _between(field: str, values: Collection[str]) -> tuple[Predicate, Predicate]:
    return Predicate(field, "GE", min(values)), Predicate(field, "LE", max(values))
