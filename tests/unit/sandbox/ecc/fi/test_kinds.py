"""Each kind of document that an order's life can need, posted and read back as the balance of its accounts."""

from decimal import Decimal
from typing import Any

import pytest

from tests.support.ecc import Ecc, a_document, amounts, codes
from tests.support.rfc_wire import WireClient

CUSTOMER, REVENUE, TAX = "0000004711", "0000800000", "0000175000"
BANK, DEFERRED = "0000113100", "0000249000"


def customer(item: int, **fields: str) -> dict[str, Any]:
    """Give a customer line."""
    return {"ITEMNO_ACC": f"{item:010d}", "CUSTOMER": CUSTOMER, **fields}


def ledger(item: int, account: str, **fields: str) -> dict[str, Any]:
    """Give a G/L line; revenue gets tax code and cost center."""
    objects = {"TAX_CODE": "A1", "COSTCENTER": "0000004100"} if account == REVENUE else {}
    return {"ITEMNO_ACC": f"{item:010d}", "GL_ACCOUNT": account, **objects, **fields}


def tax(item: int, code: str = "A1") -> dict[str, Any]:
    """Give a tax line."""
    return {"ITEMNO_ACC": f"{item:010d}", "TAX_CODE": code, "COND_KEY": "MWAS", "ACCT_KEY": "MWS"}


CREDIT_MEMO = {
    "DOC_TYPE": "DG",
    "ACCOUNTRECEIVABLE": [customer(1, ALLOC_NMBR="BC1-1000123")],
    "ACCOUNTGL": [ledger(2, REVENUE)],
    "ACCOUNTTAX": [tax(3)],
    "CURRENCYAMOUNT": amounts("-23.80", "20.00", "3.80", base="20.00"),
}
PAYMENT = {
    "DOC_TYPE": "DZ",
    "ACCOUNTRECEIVABLE": [customer(1)],
    "ACCOUNTGL": [ledger(2, BANK, VALUE_DATE="20260302")],
    "ACCOUNTTAX": [],
    "CURRENCYAMOUNT": amounts("-119.00", "119.00"),
}
RELEASE = {
    "DOC_TYPE": "SA",
    "ACCOUNTRECEIVABLE": [],
    "ACCOUNTGL": [ledger(1, DEFERRED), ledger(2, REVENUE, TAX_CODE="A0")],
    "ACCOUNTTAX": [tax(3, "A0")],
    "CURRENCYAMOUNT": amounts("100.00", "-100.00", "0.00", base="-100.00"),
}
SHOWN_DEBTOR = {
    "ACCOUNTRECEIVABLE": [customer(1), customer(2)],
    "ACCOUNTGL": [ledger(3, "0000176500"), ledger(4, REVENUE)],
    "ACCOUNTTAX": [tax(5)],
    "CURRENCYAMOUNT": amounts("119.00", "-119.00", "119.00", "-100.00", "-19.00", base="-100.00"),
}
SWAP = {  # one tax code gives base and tax to another: both tax lines have the sign of their base
    "ACCOUNTRECEIVABLE": [],
    "DOC_TYPE": "SA",
    "ACCOUNTGL": [ledger(1, REVENUE), ledger(2, REVENUE, TAX_CODE="A2"), ledger(3, "0000176000")],
    "ACCOUNTTAX": [tax(4), tax(5, "A2")],
    "CURRENCYAMOUNT": [
        *amounts("100.00", "-100.00", "-12.00"),
        {"ITEMNO_ACC": "0000000004", "CURR_TYPE": "00", "CURRENCY": "EUR", "AMT_DOCCUR": Decimal("19.00"),
         "AMT_BASE": Decimal("100.00")},
        {"ITEMNO_ACC": "0000000005", "CURR_TYPE": "00", "CURRENCY": "EUR", "AMT_DOCCUR": Decimal("-7.00"),
         "AMT_BASE": Decimal("-100.00")},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("document", "balances", "keys"),
    [
        (CREDIT_MEMO, {"0000140000": -2380, REVENUE: 2000, TAX: 380}, ["11", "40", "40"]),
        (PAYMENT, {"0000140000": -11900, BANK: 11900}, ["11", "40"]),
        (RELEASE, {DEFERRED: 10000, REVENUE: -10000}, ["40", "50"]),
        (
            SHOWN_DEBTOR,
            {"0000140000": 0, "0000176500": 11900, REVENUE: -10000, TAX: -1900},
            ["01", "11", "40", "50", "50"],
        ),
        (SWAP, {REVENUE: 0, "0000176000": -1200, TAX: 1200}, ["40", "50", "50", "40", "50"]),
    ],
    ids=["credit memo", "payment", "release of deferred revenue", "customer shown at zero", "shift between codes"],
)
def test_a_kind_of_document_posts(
    ecc: Ecc, client: WireClient, document: dict[str, Any], balances: dict[str, int], keys: list[str]
) -> None:
    """Balance by account, and posting keys in the order of the lines."""
    answer = client.call("BAPI_ACC_DOCUMENT_POST", **a_document(**document))
    assert codes(answer) == ["RW 605"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    key = answer["OBJ_KEY"]
    lines = ecc.system.books.lines("BSEG", ("100", key[10:14], key[:10], key[14:]))
    found: dict[str, int] = {}
    for line in lines:
        signed = line["WRBTR"] if line["SHKZG"] == "S" else -line["WRBTR"]
        found[line["HKONT"]] = found.get(line["HKONT"], 0) + signed

    assert found == balances
    assert [line["BSCHL"] for line in lines] == keys


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"DOC_TYPE": "SA"}, "F5 241"),
        ({"CURRENCYAMOUNT": amounts("-23.81", "20.00", "3.80", base="20.00")}, "F5 702"),
        ({"CURRENCYAMOUNT": amounts("-3.80", "0.00", "3.80", base="0.00")}, "FF 747"),
        ({"CURRENCYAMOUNT": amounts("-5.80", "2.00", "3.80", base="2.00")}, "FF 747"),
        ({"ACCOUNTTAX": [], "CURRENCYAMOUNT": amounts("-20.00", "20.00")}, "FF 805"),
        ({"ACCOUNTGL": [ledger(2, REVENUE, TAX_CODE="")]}, "FF 740"),
        ({"ACCOUNTRECEIVABLE": [customer(1, PMNT_BLOCK="Z")]}, "00 058"),
    ],
)
def test_a_credit_memo_is_refused(client: WireClient, changes: dict[str, Any], expected: str) -> None:
    """Each way a refund can be wrong has its own message, behind RW 609."""
    found = codes(client.call("BAPI_ACC_DOCUMENT_POST", **a_document(**{**CREDIT_MEMO, **changes})))

    assert found[0] == "RW 609"
    assert found[-1] == expected


@pytest.mark.parametrize(("items", "code"), [(999, "RW 614"), (1000, "F5 727")])
def test_a_document_has_999_items_at_most(client: WireClient, items: int, code: str) -> None:
    """Customer and tax lines count."""
    lines = [ledger(n, REVENUE) for n in range(2, items)]
    gross = f"{items - 2:d}.00"
    document = a_document(
        ACCOUNTGL=lines,
        ACCOUNTTAX=[tax(items)],
        CURRENCYAMOUNT=amounts(gross, *["-1.00"] * len(lines), "0.00", base=f"-{gross}"),
    )

    assert codes(client.call("BAPI_ACC_DOCUMENT_CHECK", **document))[-1] == code


def test_what_the_caller_sends_can_be_read_back(client: WireClient) -> None:
    """References, texts, blocks and dates of a customer line stand in BSID, where the agent reads them."""
    sent = {
        "ALLOC_NMBR": "BC1-1000123", "ITEM_TEXT": "Web order", "REF_KEY_1": "K1", "REF_KEY_2": "K2", "REF_KEY_3": "K3",
        "PAYMT_REF": "PAY-1", "DUNN_BLOCK": "B", "PMNT_BLOCK": "A", "DUNN_AREA": "01", "PMNTTRMS": "ZB30",
    }  # fmt: skip
    client.call("BAPI_ACC_DOCUMENT_POST", **a_document("READ", ACCOUNTRECEIVABLE=[customer(1, **sent)]))
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    columns = (
        "ZUONR", "SGTXT", "XREF1", "XREF2", "XREF3", "KIDNO", "MANSP", "ZLSPR", "MABER", "ZTERM", "ZBD3T", "WRBTR"
    )  # fmt: skip
    answer = client.call(
        "RFC_READ_TABLE",
        QUERY_TABLE="BSID",
        DELIMITER="|",
        OPTIONS=[{"TEXT": "BUKRS = '1000' AND KUNNR = '0000004711'"}],
        FIELDS=[{"FIELDNAME": name} for name in columns],
    )
    (row,) = answer["DATA"]

    assert [cell.strip() for cell in row["WA"].split("|")] == [*sent.values(), "30", "119.00"]
