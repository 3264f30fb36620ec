"""Rows of master data: customers, accounts, CO objects and tax codes as an entry of a fixture describes them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

__all__ = [
    "Fixture",
    "Rows",
    "account_rows",
    "cost_center_row",
    "customer_rows",
    "flag",
    "order_row",
    "padded",
    "profit_center_row",
    "tax_code_rows",
    "wbs_element_row",
]

Fixture = dict[str, Any]
Rows = list[tuple[str, dict[str, str | int]]]
_FOREVER = "99991231"
_FROM_THE_START = "19000101"


def padded(number: str) -> str:
    """Pad a number of ten characters with zeros if it consists of digits, as conversion exit ALPHA does."""
    return number.zfill(10) if number.isdecimal() else number


def flag(entry: dict[str, Any], name: str) -> str:
    """Give an ABAP flag."""
    return "X" if entry.get(name) else ""


def tax_code_rows(fixture: Fixture, client: str, entry: dict[str, Any], step: int) -> Rows:
    """Give the rows of a tax code and its conditions, which are steps of the procedure from that one on."""
    procedure = entry.get("procedure") or fixture["countries"][entry["country"]]
    direction, inactive = "V" if entry["key"] == "VST" else "A", flag(entry, "inactive")
    key: dict[str, str | int] = {"MANDT": client, "KALSM": procedure, "MWSKZ": entry["code"]}
    rows: Rows = [("T007A", {**key, "MWART": direction, "XINAC": inactive})]
    for position, condition in enumerate(entry.get("conditions") or [entry["condition"]]):
        rows += _condition_rows(client, entry, procedure, condition, step + position)
    return rows


def _condition_rows(client: str, entry: dict[str, Any], procedure: str, condition: str, step: int) -> Rows:
    record = f"{entry['country']}{entry['code']}{condition}"
    tax: dict[str, str | int] = {"MANDT": client, "KAPPL": "TX", "KSCHL": condition}
    return [
        ("T683S", {**tax, "KVEWE": "A", "KALSM": procedure, "STUNR": str(step), "KVSL1": entry["key"]}),
        ("A003", {**tax, "ALAND": entry["country"], "MWSKZ": entry["code"], "KNUMH": record}),
        # Percentages are stored in tenths.
        (
            "KONP",
            {
                **tax,
                "KNUMH": record,
                "KOPOS": "01",
                "KRECH": "A",
                "KBETR": int(Decimal(entry["rate"]) * 10 * 100),
                "KONWA": "%",
            },
        ),
    ]


def account_rows(fixture: Fixture, client: str, company_codes: list[str], entry: dict[str, Any]) -> Rows:
    """Give the rows of a G/L account: chart of accounts, company codes, cost element."""
    number, blocked, deleted = padded(entry["number"]), flag(entry, "blocked"), flag(entry, "deleted")
    balance_sheet = "" if entry.get("cost_element") else "X"
    key: dict[str, str | int] = {"MANDT": client, "SAKNR": number}
    chart, area = fixture["organisation"]["chart_of_accounts"], fixture["organisation"]["controlling_area"]
    rows: Rows = [
        ("SKA1", {**key, "KTOPL": chart, "XBILK": balance_sheet, "SAKAN": number, "XSPEB": blocked, "XLOEV": deleted})
    ]
    rows += [
        (
            "SKB1",
            {
                **key,
                "BUKRS": code,
                "STEXT": entry.get("text", ""),
                "MITKZ": entry.get("reconciliation", ""),
                "MWSKZ": entry.get("tax", ""),
                "XMWNO": flag(entry, "without_tax"),
                "XSPEB": blocked,
                "XLOEB": deleted,
                "XKRES": "X",
                "XOPVW": flag(entry, "open_items"),
            },
        )
        for code in company_codes
    ]
    if entry.get("cost_element"):
        rows += [
            ("CSKA", {"MANDT": client, "KTOPL": chart, "KSTAR": number}),
            (
                "CSKB",
                {
                    "MANDT": client,
                    "KOKRS": area,
                    "KSTAR": number,
                    "DATBI": _FOREVER,
                    "DATAB": _FROM_THE_START,
                    "KATYP": str(entry["cost_element"]).zfill(2),
                },
            ),
        ]
    return rows


def cost_center_row(fixture: Fixture, client: str, entry: dict[str, Any]) -> tuple[str, dict[str, str | int]]:
    """Give the row of a cost center."""
    return (
        "CSKS",
        {
            "MANDT": client,
            "KOKRS": fixture["organisation"]["controlling_area"],
            "KOSTL": padded(entry["number"]),
            "DATBI": entry.get("valid_to", _FOREVER),
            "DATAB": entry.get("valid_from", _FROM_THE_START),
            "BUKRS": entry["company_code"],
            "PRCTR": padded(entry.get("profit_center", "")),
            "VERAK": entry.get("text", "")[:20],
            "BKZKP": flag(entry, "locked_for_costs"),
            "BKZER": flag(entry, "locked_for_revenues"),
        },
    )


def customer_rows(client: str, entry: dict[str, Any]) -> Rows:
    """Give the rows of a customer: general data and company codes."""
    number = padded(entry["number"])
    today = datetime.now(tz=UTC).strftime("%Y%m%d")
    made = {"ERDAT": today, "ERNAM": "SANDBOX"}
    rows: Rows = [
        (
            "KNA1",
            {
                "MANDT": client,
                "KUNNR": number,
                "LAND1": entry.get("country", "DE"),
                "NAME1": entry["name"][:35],
                "ORT01": entry.get("city", ""),
                "PSTLZ": entry.get("postal_code", ""),
                "STRAS": entry.get("street", ""),
                "SORTL": entry["name"][:10].upper(),
                "XCPDK": flag(entry, "one_time"),
                "KTOKD": "CPD" if entry.get("one_time") else "KUNA",
                "SPERR": flag(entry, "blocked"),
                "LOEVM": flag(entry, "deleted"),
                "SPRAS": "E",
                **made,
            },
        )
    ]
    reconciliation = entry.get("reconciliation_account", "140100" if entry.get("one_time") else "140000")
    rows += [
        (
            "KNB1",
            {
                "MANDT": client,
                "KUNNR": number,
                "BUKRS": code,
                "AKONT": padded(reconciliation),
                "ZTERM": entry.get("terms", ""),
                "SPERR": "X" if code in entry.get("blocked_in", ()) else "",
                **made,
            },
        )
        for code in entry.get("company_codes", ())
    ]
    return rows


def profit_center_row(fixture: Fixture, client: str, entry: dict[str, Any]) -> tuple[str, dict[str, str | int]]:
    """Give the row of a profit center."""
    return (
        "CEPC",
        {
            "MANDT": client,
            "PRCTR": padded(entry["number"]),
            "DATBI": entry.get("valid_to", _FOREVER),
            "KOKRS": fixture["organisation"]["controlling_area"],
            "DATAB": entry.get("valid_from", _FROM_THE_START),
            "LOCK_IND": flag(entry, "locked"),
        },
    )


def order_row(fixture: Fixture, client: str, entry: dict[str, Any]) -> tuple[str, dict[str, str | int]]:
    """Give the row of an internal order."""
    number = entry["number"]
    return (
        "AUFK",
        {
            "MANDT": client,
            "AUFNR": number.zfill(12) if number.isdecimal() else number,
            "AUART": "0100",
            "AUTYP": "01",
            "KTEXT": entry.get("text", "")[:40],
            "BUKRS": entry["company_code"],
            "KOKRS": fixture["organisation"]["controlling_area"],
            "LOEKZ": flag(entry, "deleted"),
            "PHAS2": flag(entry, "completed"),
        },
    )


def wbs_element_row(fixture: Fixture, client: str, entry: dict[str, Any]) -> tuple[str, dict[str, str | int]]:
    """Give the row of a WBS element."""
    return (
        "PRPS",
        {
            "MANDT": client,
            "POSID": entry["number"],
            "POST1": entry.get("text", "")[:40],
            "PBUKR": entry["company_code"],
            "PKOKR": fixture["organisation"]["controlling_area"],
            "BELKZ": "" if entry.get("locked") else "X",
            "LOEVM": flag(entry, "deleted"),
        },
    )
