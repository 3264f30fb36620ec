"""Tax codes and tax lines."""

from decimal import Decimal
from typing import Any

import pytest

from tests.support.ecc import Ecc, a_document, amounts, codes
from tests.support.rfc_wire import WireClient


def gl(tax_code: str, account: str = "0000800000", **fields: str) -> list[dict[str, str]]:
    """Give a revenue line."""
    return [
        {"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": account, "TAX_CODE": tax_code, "COSTCENTER": "0000004100", **fields}
    ]


def tax(tax_code: str, **fields: str) -> list[dict[str, str]]:
    """Give a tax line."""
    return [{"ITEMNO_ACC": "0000000003", "TAX_CODE": tax_code, "COND_KEY": "MWAS", "ACCT_KEY": "MWS", **fields}]


def messages(client: WireClient, **changes: Any) -> list[str]:
    """Check a document, and give its messages behind RW 609."""
    return codes(client.call("BAPI_ACC_DOCUMENT_CHECK", **a_document(**changes)))[1:]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"ACCOUNTGL": gl("A9"), "ACCOUNTTAX": tax("A9")}, ["FF 713"]),
        ({"ACCOUNTGL": gl("")}, ["FF 740"]),  # the account needs a tax code
        ({"ACCOUNTGL": gl("V1"), "ACCOUNTTAX": tax("V1", COND_KEY="MWVS", ACCT_KEY="VST")}, ["FF 740"]),  # input tax
        ({"ACCOUNTGL": gl("A1", "0000176500")}, ["FF 740"]),  # the account has no tax category
        ({"ACCOUNTTAX": tax("A1", COND_KEY="XXXX")}, ["FF 740"]),
        ({"ACCOUNTTAX": tax("A1", ACCT_KEY="VST")}, ["FF 740"]),
        ({"ACCOUNTTAX": tax("A1", COND_KEY="", ACCT_KEY="")}, []),
        ({"ACCOUNTTAX": tax("A1", ITEMNO_TAX="000001")}, ["FF 818"]),  # taxes are not line by line here
        ({"ACCOUNTTAX": tax("A2")}, ["FF 805"]),  # a tax line, but of another code
        ({"ACCOUNTGL": gl("", "0000898000")}, []),  # the account allows lines without tax
    ],
)
def test_tax_codes_fit_accounts_and_tax_lines(client: WireClient, changes: dict[str, Any], expected: list[str]) -> None:
    """Each tax code exists, fits its account, and has its tax line."""
    assert messages(client, **changes) == expected


def test_a_tax_code_without_tax_line_is_refused(client: WireClient) -> None:
    """The BAPI calculates no taxes; a rate of zero needs its line as well."""
    gross = amounts("100.00", "-100.00")

    assert messages(client, ACCOUNTTAX=[], CURRENCYAMOUNT=gross) == ["FF 805"]
    assert messages(client, ACCOUNTGL=gl("A0"), ACCOUNTTAX=[], CURRENCYAMOUNT=gross) == ["FF 805"]
    zero = amounts("100.00", "-100.00", "0.00", base="-100.00")
    assert messages(client, ACCOUNTGL=gl("A0"), ACCOUNTTAX=tax("A0"), CURRENCYAMOUNT=zero) == []


@pytest.mark.parametrize(
    ("base", "expected"), [("0", ["FF 747"]), ("-18.99", ["FF 747"]), ("-19.00", []), ("-100.00", [])]
)
def test_a_tax_is_not_greater_than_its_base(client: WireClient, base: str, expected: list[str]) -> None:
    """The base has to come with the tax line."""
    assert messages(client, CURRENCYAMOUNT=amounts("119.00", "-100.00", "-19.00", base=base)) == expected


def test_a_direct_tax_needs_no_base(client: WireClient) -> None:
    """A row that is nothing but tax."""
    rows = amounts("119.00", "-100.00", "-19.00")

    assert messages(client, ACCOUNTTAX=tax("A1", DIRECT_TAX="X"), CURRENCYAMOUNT=rows) == []


def test_the_tax_amount_itself_is_the_callers(client: WireClient) -> None:
    """SAP takes 7 % under a code of 19 % without a word."""
    assert messages(client, CURRENCYAMOUNT=amounts("107.00", "-100.00", "-7.00", base="-100.00")) == []


def test_line_by_line_taxes_need_the_reference(ecc: Ecc) -> None:
    """Where taxes are item by item, the tax line has to name its item."""
    ecc.system.master.change("TTXD", ("100", "TAXD"), {"XTXIT": "X"})
    client = ecc.connect()

    assert messages(client) == ["FF 818"]
    assert messages(client, ACCOUNTTAX=tax("A1", ITEMNO_TAX="000001")) == []


JURISDICTION = {"TAXJURCODE": "TX45301000"}
LEVELS = (("JR1", "TX00000000"), ("JR2", "TX45300000"), ("JR3", "TX45301000"))


def us_document(**jurisdiction: str) -> dict[str, Any]:
    """Give an invoice of 100.00 with the taxes of state, county and city."""
    levels = [
        {"ITEMNO_ACC": f"{n:010d}", "TAX_CODE": "O1", "COND_KEY": condition, "ACCT_KEY": "MWS", "TAXJURCODE": code}
        for n, (condition, code) in enumerate(LEVELS, 3)
    ]
    rows = amounts("108.25", "-100.00", "-6.25", "-1.00", "-1.00", currency="USD")
    return {
        "COMP_CODE": "2000",
        "ACCOUNTRECEIVABLE": [{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000004711"}],
        "ACCOUNTGL": gl("O1", COSTCENTER="0000005100", **jurisdiction),
        "ACCOUNTTAX": levels,
        "CURRENCYAMOUNT": [*rows[:2], *({**row, "AMT_BASE": Decimal("-100.00")} for row in rows[2:])],
    }


def test_taxes_by_jurisdiction_have_a_line_for_each_level(ecc: Ecc) -> None:
    """Each leaves its condition and jurisdiction behind."""
    ecc.system.master.change("T005", ("100", "US"), {"KALSM": "TAXUSJ"})
    client = ecc.connect()
    key = client.call("BAPI_ACC_DOCUMENT_POST", **a_document(**us_document(**JURISDICTION)))["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    rows = ecc.system.books.lines("BSET", ("100", "2000", key[:10], key[14:]))

    assert [(row["KSCHL"], row["TXJCD"], row["FWSTE"], row["FWBAS"]) for row in rows] == [
        ("JR1", "TX00000000", 625, 10000),
        ("JR2", "TX45300000", 100, 10000),
        ("JR3", "TX45301000", 100, 10000),
    ]


def test_a_jurisdiction_is_named_and_known(ecc: Ecc) -> None:
    """On each line with a tax code; without such a procedure nobody asks for one."""
    client = ecc.connect()
    assert messages(client, **us_document()) == ["FF 740"]  # TAXUS knows no JR1
    ecc.system.master.change("T005", ("100", "US"), {"KALSM": "TAXUSJ"})

    assert messages(client, **us_document()) == ["FF 718"]
    assert messages(client, **us_document(TAXJURCODE="ZZ00000000")) == ["FF 719"]
