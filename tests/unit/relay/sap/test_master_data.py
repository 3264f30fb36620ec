"""What a mapping names is looked up in SAP's tables: everything that is missing, blocked or not allowed, at once."""

from typing import Any

import pytest
from mlconnector_relay.sap.findings import Finding
from mlconnector_relay.sap.mapping import load_mapping
from mlconnector_relay.sap.master_data import Examination, examine

from tests.support.mappings import a_mapping
from tests.support.sap_books import Books

DAY = "20260301"
FOREVER = {"DATAB": "19000101", "DATBI": "99991231"}
REVENUES = ("0000800000", "0000800100", "0000800900", "0000808000", "0000808100", "0000808200", "0000808300")
LIABILITIES = ("0000176500", "0000176600")


def account(number: str, **changes: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return an account's rows in the chart and in the company code."""
    chart = {"KTOPL": "INT", "SAKNR": number, "XSPEB": "", "XLOEV": ""}
    company = {"BUKRS": "1000", "SAKNR": number, "XSPEB": "", "XLOEB": "", "MITKZ": "", "MWSKZ": "+", "XMWNO": ""}
    return chart, company | changes


def tables() -> dict[str, list[dict[str, str]]]:
    """Return the master data in which the mapping of the tests is good."""
    accounts = [account(number) for number in (*REVENUES, "0000888000")]
    accounts += [account(number, MWSKZ="") for number in LIABILITIES] + [account("0000898000", XMWNO="X")]
    centers = [
        {"BUKRS": "1000", "KOSTL": number, "BKZKP": "", "BKZER": ""} | FOREVER
        for number in ("0000004100", "0000004200", "0000004900", "PACK")
    ]
    rates = {"A0": "0.00", "A1": "190.00", "A2": "70.00"}
    return {
        "T001": [{"BUKRS": "1000", "KTOPL": "INT", "LAND1": "DE"}],
        "TKA02": [{"BUKRS": "1000", "KOKRS": "1000"}],
        "SKA1": [chart for chart, _ in accounts],
        "SKB1": [company for _, company in accounts],
        "CSKB": [{"KOKRS": "1000", "KSTAR": number, "KATYP": "11"} | FOREVER for number in REVENUES],
        "CSKS": centers,
        "CEPC": [{"KOKRS": "1000", "PRCTR": "0000000077", "LOCK_IND": ""} | FOREVER],
        "AUFK": [{"BUKRS": "1000", "AUFNR": "000000400100", "LOEKZ": "", "PHAS2": ""}],
        "PRPS": [{"POSID": "P-1", "PBUKR": "1000", "BELKZ": "X", "LOEVM": ""}],
        "T005": [{"LAND1": "DE", "KALSM": "TAXD"}],
        "T007A": [{"KALSM": "TAXD", "MWSKZ": code, "MWART": "A", "XINAC": ""} for code in rates],
        "A003": [{"KAPPL": "TX", "ALAND": "DE", "MWSKZ": code, "KSCHL": "MWAS", "KNUMH": f"R{code}"} for code in rates],
        "KONP": [{"KNUMH": f"R{code}", "KBETR": rate} for code, rate in rates.items()],
        "KNA1": [{"KUNNR": "0000099000", "XCPDK": "X", "SPERR": "", "LOEVM": ""}],
        "KNB1": [{"BUKRS": "1000", "KUNNR": "0000099000", "SPERR": "", "LOEVM": ""}],
        "T052": [{"ZTERM": "ZB30", "ZTAGG": "00"}],
        "T008": [{"ZAHLS": "B"}],
        "T041C": [{"STGRD": "01", "XABWD": ""}, {"STGRD": "02", "XABWD": "X"}],
        "T040S": [{"MANSP": "R"}],
        "T047M": [{"BUKRS": "1000", "MABER": "01"}, {"BUKRS": "2000", "MABER": "02"}],
        "T003": [
            {"BLART": kind, "KOARS": kinds} for kind, kinds in (("DR", "DS"), ("DG", "DS"), ("DZ", "DS"), ("SA", "S"))
        ],
    }


def found(
    books: dict[str, list[dict[str, str]]], *changes: tuple[str, str], refused: str = "", more: str = ""
) -> list[Finding]:
    """Check the mapping against tables; one of them may not be read."""
    return driven(examine(a_mapping(*changes, more=more).file, DAY), books, refused)


def driven(examination: Examination, books: dict[str, list[dict[str, str]]], refused: str = "") -> list[Finding]:
    """Answer a check's reads from tables."""
    known, answer = Books(tables=books), None
    try:
        while True:
            work = examination.send(answer) if answer is not None else next(examination)
            answer = "refused" if work.table == refused else known.read_table("", "", "", work)._rows
    except StopIteration as end:
        findings: list[Finding] = end.value
        return findings


def sentences(*args: Any, **options: Any) -> list[str]:
    """Return what was found, without places."""
    return [one.sentence for one in found(*args, **options)]


def changed(table: str, number: str, **columns: str) -> dict[str, list[dict[str, str]]]:
    """Return the good tables with one row changed, found by any of its values."""
    books = tables()
    next(row for row in books[table] if number in row.values()).update(columns)
    return books


def lacking(table: str, number: str) -> dict[str, list[dict[str, str]]]:
    """Return the good tables without the rows of a number."""
    books = tables()
    books[table] = [row for row in books[table] if number not in row.values()]
    return books


REVERSALS = 'language = "DE"\non_cancel = "reversal"\nreversal_reason_other_period = "{}"'


def test_reversal_reasons_exist_and_that_of_another_period_allows_its_date() -> None:
    """They are asked for only where cancelled orders are reversed."""
    assert found(tables(), ('language = "DE"', REVERSALS.format("02"))) == []
    assert sentences(tables(), ('language = "DE"', REVERSALS.format("01"))) == [
        "reversal reason 01 allows no posting date but the document's own; name one that does (T041C-XABWD)"
    ]
    [one] = found(lacking("T041C", "01"), ('language = "DE"', REVERSALS.format("02")))
    assert one.sentence == "reversal reason 01 does not exist (table T041C lists them)"
    assert one.loc == ("company_codes", 0, "reversal_reason_same_period")
    assert found(lacking("T041C", "01")) == []
    same_period_only = ('language = "DE"', 'language = "DE"\non_cancel = "reversal"')
    assert found(lacking("T041C", "02"), same_period_only) == []


CARRIED = """
[[documents]]
one_time_customer = "99000"
payment_terms = "ZB30"
payment_block = "B"
dunning_block = "R"
dunning_area = "01"
[[documents]]
channels = [1]
payment_terms = ""
dunning_block = ""
[[clearing]]
gl_account = "176500"
"""
OBJECTS = (
    ('cost_center = "4200"', 'cost_center = "4200"\nprofit_center = "77"'),
    ('cost_center = "PACK"', 'cost_center = ""\ninternal_order = "400100"'),
    ('gl_account = "800900"\ncost_center = "4100"', 'gl_account = "800900"\ncost_center = ""\nwbs_element = "P-1"'),
    ('language = "DE"', 'language = "DE"\npayment_terms = "ZB30"\ntenders = "own_document"'),
)


def test_a_mapping_that_names_only_what_is_good_has_no_finding() -> None:
    """With every kind of object there is."""
    assert found(tables()) == []
    assert found(tables(), *OBJECTS, more=CARRIED) == []


def test_a_company_code_that_is_not_there_is_told_once() -> None:
    """Nothing below it can be looked up."""
    (finding,) = found(lacking("T001", "1000"))
    assert finding.loc == ("company_codes", 0, "company_code")
    assert finding.sentence == "company code 1000 does not exist (table T001); nothing of it was checked"


@pytest.mark.parametrize(
    ("books", "sentence"),
    [
        (lacking("SKA1", "0000800000"), "account 0000800000 does not exist in chart of accounts INT; create it (FS00)"),
        (
            lacking("SKB1", "0000800000"),
            "account 0000800000 exists in chart INT, not in company code 1000; extend it (FS00)",
        ),
        (
            changed("SKB1", "0000800000", XSPEB="X"),
            "account 0000800000 in company code 1000 is blocked for posting; unblock it (FS00), or name another",
        ),
        (
            changed("SKA1", "0000800000", XSPEB="X"),
            "account 0000800000 in company code 1000 is blocked for posting; unblock it (FS00), or name another",
        ),
        (
            changed("SKA1", "0000800000", XLOEV="X"),
            "account 0000800000 in company code 1000 is marked for deletion; name another",
        ),
        (
            changed("SKB1", "0000800000", MITKZ="D"),
            (
                "account 0000800000 in company code 1000 is a reconciliation account, which takes no direct posting; "
                "name another"
            ),
        ),
        (
            changed("SKB1", "0000800000", MWSKZ="-"),
            (
                "account 0000800000 in company code 1000 takes input tax only, and is posted with one; "
                "change its tax category, or name another"
            ),
        ),
        (
            changed("SKB1", "0000176500", MWSKZ="+"),
            (
                "account 0000176500 in company code 1000 needs a tax code, and is posted without; permit that (FS00), "
                "or name another"
            ),
        ),
        (
            lacking("CSKS", "0000004200"),
            (
                "cost center 0000004200 does not exist in company code 1000 or is not valid on 2026-03-01; "
                "create or extend it, or name another"
            ),
        ),
        (
            changed("CSKS", "0000004200", DATBI="20260228"),
            (
                "cost center 0000004200 does not exist in company code 1000 or is not valid on 2026-03-01; "
                "create or extend it, or name another"
            ),
        ),
        (
            changed("CSKS", "0000004200", BKZER="X"),
            (
                "cost center 0000004200 is locked for revenues, which account 0000800000 in company code 1000 posts; "
                "unlock it (KS02)"
            ),
        ),
        (
            lacking("T007A", "A1"),
            "tax code A1 does not exist in the tax procedure of country DE; name another (FTXP lists them)",
        ),
        (changed("T007A", "A1", MWART="V"), "tax code A1 is one of input tax; sales need output tax"),
        (changed("T007A", "A1", XINAC="X"), "tax code A1 is inactive; name another"),
        (
            changed("KONP", "RA1", KBETR="160.00"),
            "tax code A1 has 16 % in country DE in SAP; correct the rate or the code",
        ),
        (
            changed("A003", "RA1", KSCHL="MWVS"),
            "tax code A1 has the conditions MWVS, not MWAS; name one of them",
        ),
        (lacking("KNA1", "0000099000"), "customer 0000099000 does not exist at all; create or extend it (FD01)"),
        (
            lacking("KNB1", "0000099000"),
            "customer 0000099000 does not exist in company code 1000; create or extend it (FD01)",
        ),
        (
            changed("KNA1", "0000099000", XCPDK=""),
            "customer 0000099000 is no one-time customer (account group); it cannot take an address",
        ),
        (changed("KNB1", "0000099000", SPERR="X"), "customer 0000099000 is blocked for posting; unblock it (FD05)"),
        (changed("KNA1", "0000099000", LOEVM="X"), "customer 0000099000 is marked for deletion; name another"),
        (lacking("T003", "DG"), "document type DG does not exist (OBA7 lists them)"),
        (
            changed("T003", "DR", KOARS="S"),
            "document type DR takes account types S; customers (D) and G/L accounts (S) must be permitted (OBA7)",
        ),
    ],
)
def test_what_is_missing_or_not_allowed_is_told(books: dict[str, list[dict[str, str]]], sentence: str) -> None:
    """With what to do; nothing else is complained of."""
    assert sentences(books) == [sentence]


@pytest.mark.parametrize(
    ("books", "sentence"),
    [
        (
            lacking("CEPC", "0000000077"),
            (
                "profit center 0000000077 does not exist in company code 1000 or is not valid on 2026-03-01; "
                "create or extend it, or name another"
            ),
        ),
        (changed("CEPC", "0000000077", LOCK_IND="X"), "profit center 0000000077 is locked; unlock it, or name another"),
        (
            lacking("AUFK", "000000400100"),
            "internal order 000000400100 does not exist in company code 1000; name another",
        ),
        (
            changed("AUFK", "000000400100", LOEKZ="X"),
            "internal order 000000400100 is marked for deletion; name another",
        ),
        (
            changed("AUFK", "000000400100", PHAS2="X"),
            "internal order 000000400100 is technically completed; ask controlling",
        ),
        (changed("PRPS", "P-1", PBUKR="2000"), "WBS element P-1 does not exist in company code 1000; name another"),
        (
            changed("PRPS", "P-1", BELKZ=""),
            "WBS element P-1 takes no postings: no account assignment element, or to be deleted",
        ),
        (lacking("T052", "ZB30"), "payment terms ZB30 do not exist (OBB8 lists them)"),
        (lacking("T003", "DZ"), "document type DZ does not exist (OBA7 lists them)"),
    ],
)
def test_other_objects_are_looked_up_where_they_are_named(
    books: dict[str, list[dict[str, str]]], sentence: str
) -> None:
    """Profit centers, orders, WBS elements, terms."""
    assert sentences(books, *OBJECTS) == [sentence]


@pytest.mark.parametrize(
    ("key", "more", "lacks"),
    [
        ('document_types = { invoice = "DZ", refund = "DZ" }', "", "DG"),
        ('document_types = { invoice = "DZ", refund = "DZ", reversal = "DZ" }', "", "DR"),
        ("", "[payments]\npost = true\n", "DZ"),
        ('revenue = "deferred"\ndeferred_revenue = { gl_account = "176500", cost_center = "" }', "", "SA"),
    ],
)
def test_every_document_type_that_may_be_posted_is_looked_up(key: str, more: str, lacks: str) -> None:
    """Also where the mapping leaves the type to SAP's default: of cancellations, supplements, payments, shipments."""
    change = ('language = "DE"', f'language = "DE"\n{key}')
    assert found(tables(), change, more=more) == []
    (finding,) = found(lacking("T003", lacks), change, more=more)
    assert finding.loc == ("company_codes", 0, "document_types")
    assert finding.sentence == f"document type {lacks} does not exist (OBA7 lists them)"


@pytest.mark.parametrize(
    "change",
    [
        (
            'language = "DE"',
            'language = "DE"\nrevenue = "deferred"\ndeferred_revenue = { gl_account = "176500", cost_center = "" }',
        ),
        ('language = "DE"', 'language = "DE"\ndocument_types = { invoice = "DR", completion = "SA" }'),
    ],
)
def test_what_a_shipment_earns_has_no_customer(change: tuple[str, str]) -> None:
    """Its document type need permit G/L accounts only."""
    (finding,) = found(changed("T003", "SA", KOARS="D"), change)
    sentence = "document type SA takes account types D; G/L accounts (S) must be permitted (OBA7)"
    assert finding.sentence == sentence


def test_a_cost_element_needs_an_object() -> None:
    """The same account with a cost center, an order or a WBS element is fine."""
    (finding,) = found(tables(), ('cost_center = "4200"', 'cost_center = ""'))
    assert finding.loc == ("accounts", 1, "gl_account")
    assert finding.sentence == (
        "account 0000800000 in company code 1000 is a cost element and needs a CO object; "
        "give cost_center, internal_order or wbs_element"
    )


def test_accounts_without_controlling_need_no_cost_center() -> None:
    """A system may have no controlling area; a mapping need not name any object."""
    books = tables()
    books["TKA02"] = books["CSKB"] = books["CSKS"] = []
    changes = [('cost_center = "4200"', 'cost_center = ""')]
    assert all(one.sentence.startswith("cost center") for one in found(books, *changes))


def test_everything_is_told_at_once_with_its_place() -> None:
    """Also the same mistake at each place it stands, once each."""
    books = changed("SKB1", "0000808000", XSPEB="X")
    books["CSKS"] = [row for row in books["CSKS"] if row["KOSTL"] != "0000004900"]
    places = [one.loc for one in found(books)]
    assert places[0] == ("company_codes", 0, "freight", "gl_account")
    assert [loc[2] for loc in places[1:]] == ["freight", "handling", "wrapping", "fee", "rounding"]


def test_a_code_in_two_entries_is_looked_up_once() -> None:
    """Two entries of one company code, such as for two channels; a rule of taxes for one company code."""
    second = '[[company_codes]]\ncompany_code = "1000"\nchannels = [2]\none_time_customer = "99001"\n'
    second += '[[taxes]]\ncountries = ["US"]\ncompany_codes = ["1000"]\ntax_code = "A0"\nliability_account = "176000"\n'
    second += '[[accounts]]\nskus = ["X"]\ncompany_codes = ["1000"]\ngl_account = "800000"\ncost_center = "4100"\n'
    assert [(one.loc, one.severity) for one in found(tables(), more=second)] == [
        (("taxes", 3, "liability_account"), "error"),
        (("company_codes", 1, "one_time_customer"), "error"),
    ]


def test_jurisdictions_are_looked_up_with_their_levels() -> None:
    """In the tax procedure of the company code's country."""
    more = """
[[taxes]]
countries = ["US"]
rate = 8.25
tax_code = "A0"
jurisdiction = "TX4"
[jurisdictions.TX4]
levels = [{ jurisdiction = "TX0", rate = 6.25 }, { jurisdiction = "TX4", rate = 2 }]
"""
    change = ("[tax_codes.A0]\nrate = 0\n", "[tax_codes.A0]\n")
    known = [{"KALSM": "TAXD", "TXJCD": "TX0"}, {"KALSM": "TAXD", "TXJCD": "TX4"}]
    assert found(tables() | {"TTXJ": known}, change, more=more) == []
    told = found(tables() | {"TTXJ": known[1:]}, change, more=more)
    assert [(one.loc, one.sentence) for one in told] == [
        (
            ("jurisdictions", "TX4", "levels", 0, "jurisdiction"),
            "tax jurisdiction TX0 does not exist in the tax procedure of country DE; name another (OBCP lists them)",
        )
    ]


@pytest.mark.parametrize("table", sorted(tables()))
def test_a_table_that_is_not_read_is_told_and_stops_nothing_else(table: str) -> None:
    """The agent's policy may not name it: the check says what it could not check."""
    books = changed("KNB1", "0000099000", SPERR="X") if table not in {"KNA1", "KNB1"} else lacking("T003", "DG")
    more = CARRIED.replace('one_time_customer = "99000"\n', "")
    reversals = ('language = "DE"', REVERSALS.format("02"))
    found_ = found(books, *OBJECTS, reversals, refused=table, more=more)
    unread = [one for one in found_ if one.sentence.startswith(f"table {table} was not read")]
    assert [(one.severity, one.loc) for one in unread] == [("warning", ())]
    assert unread[0].sentence.endswith("by it: refused")
    assert len(found_) == (1 if table in {"T001", "TKA02"} else 2)


def test_rates_that_say_nothing_are_left_alone() -> None:
    """Codes without conditions (US jurisdictions), without a rate of their own, or with one that is no number."""
    books = tables()
    books["A003"] = [row for row in books["A003"] if row["MWSKZ"] != "A0"]
    books["KONP"] = [row | {"KBETR": "*0.00"} for row in books["KONP"] if row["KNUMH"] != "RA2"]
    assert found(books) == []
    change = ("[tax_codes.A1]\nrate = 19\n", "[tax_codes.A1]\n")
    assert found(changed("KONP", "RA1", KBETR="160.00"), change) == []


def test_a_country_without_procedure_has_no_codes() -> None:
    """Each code is told."""
    assert len(found(lacking("T005", "DE"))) == 3
    without_taxes = [
        ('[[taxes]]\ncountries = ["DE"]\nrate = 19\ntax_code = "A1"\n', ""),
        ('[[taxes]]\ncountries = ["DE"]\nrate = 7\ntax_code = "A2"\n', ""),
        ('[[taxes]]\ncountries = ["DE"]\nrate = 0\nreason = "zero_rated"\ntax_code = "A0"\n', ""),
    ]
    assert found(lacking("T005", "DE"), *without_taxes) == []


def test_what_holds_for_two_company_codes_is_told_once() -> None:
    """A tax code belongs to a country; a mapping without any account names none."""
    books = lacking("T007A", "A1")
    books["T001"].append({"BUKRS": "2000", "KTOPL": "INT", "LAND1": "DE"})
    books["KNB1"].append({"BUKRS": "2000", "KUNNR": "0000099000", "SPERR": "", "LOEVM": ""})
    text = 'name = "x"\n' + "".join(
        f'[[company_codes]]\ncompany_code = "{code}"\nstores = ["{code}"]\none_time_customer = "99000"\n'
        for code in (1000, 2000)
    )
    text += '[tax_codes.A1]\nrate = 19\ncondition_key = "MWAS"\naccount_key = "MWS"\n[[taxes]]\ntax_code = "A1"\n'
    examination = examine(load_mapping(text, "x.toml").file, DAY)
    assert [one.sentence for one in driven(examination, books)] == [
        "tax code A1 does not exist in the tax procedure of country DE; name another (FTXP lists them)"
    ]


def test_debtors_terms_and_types_of_rules_for_documents_are_looked_up() -> None:
    """A debtor of one's own must not be a one-time customer, nor the other way round."""
    rules = '[[documents]]\ncustomer_groups = [2]\ncustomer = "99000"\npayment_terms = "ZB99"\n'
    rules += 'document_types = { invoice = "RV" }\n[[documents]]\nchannels = [2]\ncompany_codes = ["1000"]\n'
    change = ('language = "DE"', 'language = "DE"\ncustomer = "4711"')
    assert [(one.loc, one.sentence) for one in found(tables(), change, more=rules)] == [
        (
            ("company_codes", 0, "customer"),
            "customer 0000004711 does not exist at all; create or extend it (FD01)",
        ),
        (
            ("documents", 0, "customer"),
            "customer 0000099000 is a one-time customer, which needs an address; name it one_time_customer",
        ),
        (("documents", 0, "payment_terms"), "payment terms ZB99 do not exist (OBB8 lists them)"),
        (("documents", 0, "document_types"), "document type RV does not exist (OBA7 lists them)"),
    ]


def test_what_customer_lines_carry_and_clearing_accounts_are_looked_up() -> None:
    """Of rules, company codes and [shipments]; an area belongs to its company code."""
    more = CARRIED.replace('"B"', '"Q"').replace('"R"', '"Q"').replace('"01"', '"02"').replace("176500", "113100")
    more += '[shipments]\npayment_block = "X"\ndunning_block = "Y"\n'
    change = ('language = "DE"', 'language = "DE"\ndunning_area = "09"')
    assert [(one.loc, one.sentence) for one in found(tables(), change, more=more)] == [
        (
            ("clearing", 0, "gl_account"),
            "account 0000113100 does not exist in chart of accounts INT; create it (FS00)",
        ),
        (("documents", 0, "payment_block"), "payment block Q does not exist (OB27 lists them)"),
        (("shipments", "payment_block"), "payment block X does not exist (OB27 lists them)"),
        (("documents", 0, "dunning_block"), "dunning block Q does not exist (OB18 lists them)"),
        (("shipments", "dunning_block"), "dunning block Y does not exist (OB18 lists them)"),
        (
            ("company_codes", 0, "dunning_area"),
            "dunning area 09 does not exist in company code 1000 (OB61 lists them)",
        ),
        (
            ("documents", 0, "dunning_area"),
            "dunning area 02 does not exist in company code 1000 (OB61 lists them)",
        ),
    ]
