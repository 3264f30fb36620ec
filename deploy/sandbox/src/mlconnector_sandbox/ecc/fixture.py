"""Fill an empty system with the master data and customizing of a fixture file."""

import tomllib
from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources
from pathlib import Path

from .database import Database
from .master_rows import (
    Fixture,
    Rows,
    account_rows,
    cost_center_row,
    customer_rows,
    flag,
    order_row,
    padded,
    profit_center_row,
    tax_code_rows,
    wbs_element_row,
)

__all__ = ["Fixture", "account_rows", "cost_center_row", "customer_rows", "load", "read"]


def read(path: Path | None = None) -> Fixture:
    """Read a fixture file, by default the one of this package."""
    source = resources.files(__package__).joinpath("fixture.toml") if path is None else path
    return tomllib.loads(source.read_text(encoding="utf-8"))


def load(database: Database, fixture: Fixture) -> None:
    """Write everything the fixture describes."""
    client = fixture["system"]["main_client"]
    with database.transaction():
        for table, row in _all(fixture, client):
            database.replace(table, row)
        _passwords(database, fixture)


def _all(fixture: Fixture, client: str) -> Rows:
    """Give the rows of all tables."""
    rows: Rows = []
    for source in (_system, _users, _organisation, _currencies, _document_types, _terms, _periods, _taxes):
        rows += source(fixture, client)
    codes = [entry["code"] for entry in fixture["company_codes"]]
    for entry in fixture["accounts"]:
        rows += account_rows(fixture, client, codes, entry)
    for entry in fixture["cost_centers"]:
        rows += [cost_center_row(fixture, client, {**entry, "number": number}) for number in entry["numbers"]]
    for table, build in (
        ("profit_centers", profit_center_row),
        ("orders", order_row),
        ("wbs_elements", wbs_element_row),
    ):
        rows += [build(fixture, client, entry) for entry in fixture[table]]
    for entry in fixture["customers"]:
        rows += customer_rows(client, entry)
    return rows


def _passwords(database: Database, fixture: Fixture) -> None:
    for user in fixture["users"]:
        for name in user["names"]:
            for client in fixture["system"]["clients"]:
                values = (client, name, user["password"], user["company_codes"], user["tables"])
                database.execute("INSERT OR REPLACE INTO sandbox_user VALUES (?, ?, ?, ?, ?)", values)


def _system(fixture: Fixture, client: str) -> Rows:
    del client
    system = fixture["system"]
    return [
        (
            "T000",
            {
                "MANDT": number,
                "MTEXT": text,
                "ORT01": "Sandbox",
                "MWAER": "EUR",
                "LOGSYS": f"{system['id']}CLNT{number}",
            },
        )
        for number, text in system["clients"].items()
    ]


def _users(fixture: Fixture, client: str) -> Rows:
    del client
    return [
        ("USR02", {"MANDT": any_client, "BNAME": name, "USTYP": "B"})
        for user in fixture["users"]
        for name in user["names"]
        for any_client in fixture["system"]["clients"]
    ]


def _organisation(fixture: Fixture, client: str) -> Rows:
    rows: Rows = []
    chart, area = fixture["organisation"]["chart_of_accounts"], fixture["organisation"]["controlling_area"]
    for entry in fixture["company_codes"]:
        code = entry["code"]
        rows += [
            (
                "T001",
                {
                    "MANDT": client,
                    "BUKRS": code,
                    "BUTXT": entry["name"],
                    "ORT01": entry["city"],
                    "LAND1": entry["country"],
                    "WAERS": entry["currency"],
                    "SPRAS": "E",
                    "KTOPL": chart,
                    "PERIV": "K4",
                    "OPVAR": code,
                },
            ),
            ("TKA02", {"MANDT": client, "BUKRS": code, "KOKRS": area}),
        ]
    for country, procedure in fixture["countries"].items():
        line_by_line = "X" if procedure in fixture["taxes"]["line_by_line"] else ""
        rows += [
            ("T005", {"MANDT": client, "LAND1": country, "LANDK": country, "INTCA": country, "KALSM": procedure}),
            ("TTXD", {"MANDT": client, "KALSM": procedure, "XTXIT": line_by_line}),
        ]
    rows.append(("TTYP", {"AWTYP": "BKPFF"}))
    return rows


def _currencies(fixture: Fixture, client: str) -> Rows:
    source = fixture["currencies"]
    rows: Rows = [("TCURX", {"CURRKEY": c, "CURRDEC": places}) for c, places in source["decimals"].items()]
    rows += [("TCURC", {"MANDT": client, "WAERS": c, "ISOCD": c, "XPRIMARY": "X"}) for c in source["known"]]
    rates = {c: Decimal(r) for c, r in source["rates"].items()}
    locals_ = {c["currency"] for c in fixture["company_codes"]}
    # Valid from 1 January 2000; SAP stores dates inverted here, and factors keep small rates precise.
    inverted = str(99999999 - 20000101)
    for local in sorted(locals_):
        for foreign, rate in rates.items():
            factor = 1000 if rate / rates[local] < Decimal("0.1") else 1
            value = int((rate / rates[local] * factor * 100000).to_integral_value())
            key: dict[str, str | int] = {
                "MANDT": client,
                "KURST": "M",
                "FCURR": foreign,
                "TCURR": local,
                "GDATU": inverted,
            }
            rows.append(("TCURR", {**key, "UKURS": value, "FFACT": factor, "TFACT": 1}))
    return rows


def _document_types(fixture: Fixture, client: str) -> Rows:
    return [
        (
            "T003",
            {
                "MANDT": client,
                "BLART": entry["type"],
                "NUMKR": entry["number_range"],
                "KOARS": entry["account_types"],
                "STBLA": entry["reversal"],
            },
        )
        for entry in fixture["document_types"]
    ]


def _terms(fixture: Fixture, client: str) -> Rows:
    rows: Rows = []
    for terms, (first, second, net) in fixture["payment_terms"].items():
        rows.append(("T052", {"MANDT": client, "ZTERM": terms, "ZTAG1": first, "ZTAG2": second, "ZTAG3": net}))
    rows += [("T008", {"MANDT": client, "ZAHLS": reason}) for reason in fixture["blocks"]["payment"]]
    rows += [("T040S", {"MANDT": client, "MANSP": reason}) for reason in fixture["blocks"]["dunning"]]
    for code, areas in fixture["dunning_areas"].items():
        rows += [("T047M", {"MANDT": client, "BUKRS": code, "MABER": area}) for area in areas]
    rows += [("TTXID", {"TDOBJECT": o, "TDID": i}) for o, ids in fixture["text_ids"].items() for i in ids]
    for entry in fixture["reversal_reasons"]:
        flags = {"XABWD": flag(entry, "another_date"), "XNEGP": flag(entry, "negative")}
        rows.append(("T041C", {"MANDT": client, "STGRD": entry["reason"], **flags}))
    return rows


def _periods(fixture: Fixture, client: str) -> Rows:
    year = datetime.now(tz=UTC).year
    first = year - fixture["organisation"]["years_open_back"]
    last = year + fixture["organisation"]["years_open_ahead"]
    rows: Rows = []
    for entry in fixture["company_codes"]:
        interval = {"FRYE1": str(first), "FRPE1": "001", "TOYE1": str(last), "TOPE1": "012"}
        rows += [
            (
                "T001B",
                {
                    "MANDT": client,
                    "BUKRS": entry["code"],
                    "RRCTY": "0",
                    "MKOAR": kind,
                    "VKONT": "ZZZZZZZZZZ",
                    **interval,
                },
            )
            for kind in "+DKS"
        ]
        for number, (lowest, highest) in fixture["number_ranges"].items():
            key = {"CLIENT": client, "OBJECT": "RF_BELEG", "SUBOBJECT": entry["code"], "NRRANGENR": number}
            rows += [
                ("NRIV", {**key, "TOYEAR": str(y), "FROMNUMBER": lowest, "TONUMBER": highest, "NRLEVEL": "0"})
                for y in range(first, last + 1)
            ]
    return rows


def _taxes(fixture: Fixture, client: str) -> Rows:
    rows: Rows = []
    chart = fixture["organisation"]["chart_of_accounts"]
    steps: dict[tuple[str, str], int] = {}
    for entry in fixture["tax_codes"]:
        procedure = entry.get("procedure") or fixture["countries"][entry["country"]]
        first = entry.get("condition") or entry["conditions"][0]
        step = steps.setdefault((procedure, first), 100 + 10 * len(steps))
        rows += tax_code_rows(fixture, client, entry, step)
    for procedure, source in fixture["jurisdictions"].items():
        lengths: dict[str, str | int] = {f"LENG{n}": f"{length:02d}" for n, length in enumerate(source["lengths"], 1)}
        rows.append(("TTXD", {"MANDT": client, "KALSM": procedure, **lengths}))
        rows += [("TTXJ", {"MANDT": client, "KALSM": procedure, "TXJCD": code}) for code in source["codes"]]
    rows += [
        ("T030K", {"MANDT": client, "KTOPL": chart, "KTOSL": key, "KONTS": padded(account), "KONTH": padded(account)})
        for key, account in fixture["tax_accounts"].items()
    ]
    return rows
