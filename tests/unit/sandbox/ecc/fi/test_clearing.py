"""Which items can be cleared together."""

from decimal import Decimal

import pytest
from mlconnector_sandbox.ecc.books import DocumentKey
from mlconnector_sandbox.ecc.fi.clearing import ClearingError, Item, cleared, find_items, total, uncleared

from tests.support.ecc import DATE, Ecc, a_document, amounts
from tests.support.rfc_wire import WireClient

DEPOSIT = {"ACCOUNTGL": [{"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": "0000113100"}], "ACCOUNTTAX": []}


def post(client: WireClient, reference: str, **changes: object) -> DocumentKey:
    """Post and commit; give the document's key."""
    key = client.call("BAPI_ACC_DOCUMENT_POST", **a_document(reference, **changes))["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    return "100", key[10:14], key[:10], key[14:]


def find(ecc: Ecc, *wanted: tuple[DocumentKey, str]) -> list[Item]:
    """Find items."""
    return find_items(ecc.system.books, ecc.system.master, wanted)


def test_items_of_one_customer_add_up(ecc: Ecc, client: WireClient) -> None:
    """In the currency of the documents, debits positive."""
    invoice = post(client, "CLR-1")
    credit = post(client, "CLR-2", DOC_TYPE="DG", CURRENCYAMOUNT=amounts("-23.80", "20.00", "3.80", base="20.00"))
    items = find(ecc, (invoice, "001"), (credit, "001"))

    assert total(items, 2) == Decimal("95.20")
    assert items[0].account == ("D", "0000004711")


def test_clearing_and_its_reset_leave_the_items_as_they_were(ecc: Ecc, client: WireClient) -> None:
    """What is written is written back."""
    invoice = post(client, "CLR-3")
    ecc.system.books.write([], cleared(find(ecc, (invoice, "001")), "1400000000", DATE))
    with pytest.raises(ClearingError) as error:
        find(ecc, (invoice, "001"))
    assert (error.value.detail.number, error.value.detail.variables[2]) == ("265", "1400000000")
    row = ecc.system.books.lines("BSEG", invoice)[0]
    header = ecc.system.books.header(invoice)
    assert header is not None
    ecc.system.books.write([], uncleared([Item(header, row)]))

    assert [item.row["AUGDT"] for item in find(ecc, (invoice, "001"))] == ["00000000"]


def test_items_of_different_accounts_or_currencies_are_refused(ecc: Ecc, client: WireClient) -> None:
    """And so is nothing at all."""
    one = post(client, "CLR-4")
    other = post(client, "CLR-5", ACCOUNTRECEIVABLE=[{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000004712"}])
    dollars = post(
        client, "CLR-6", CURRENCYAMOUNT=amounts("119.00", "-100.00", "-19.00", currency="USD", base="-100.00")
    )
    for wanted in ([], [(one, "001"), (other, "001")], [(one, "001"), (dollars, "001")]):
        with pytest.raises(ClearingError, match="264"):
            find(ecc, *wanted)


def test_only_open_item_accounts_are_cleared(ecc: Ecc, client: WireClient) -> None:
    """Payment clearing is one, revenue is not; unknown items are said to be unknown."""
    invoice = post(client, "CLR-7")
    deposit = post(client, "CLR-8", DOC_TYPE="DZ", CURRENCYAMOUNT=amounts("-50.00", "50.00"), **DEPOSIT)
    assert find(ecc, (deposit, "002"))[0].account == ("S", "0000113100")
    for wanted, number in (
        ((invoice, "002"), "266"),
        ((invoice, "009"), "397"),
        ((("100", "1000", "1", "2"), "001"), "397"),
    ):
        with pytest.raises(ClearingError, match=number):
            find(ecc, wanted)
