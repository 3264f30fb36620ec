"""Checks of account types, customers, vendors and G/L accounts."""

from typing import Any

import pytest

from tests.support.ecc import a_document, amounts, codes
from tests.support.rfc_wire import WireClient


def customer(number: str, **fields: str) -> list[dict[str, str]]:
    """Give a customer line."""
    return [{"ITEMNO_ACC": "0000000001", "CUSTOMER": number, **fields}]


def gl(number: str, **fields: str) -> dict[str, Any]:
    """Give a document with this G/L account and no taxes."""
    return {
        "ACCOUNTGL": [{"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": number, **fields}],
        "ACCOUNTTAX": [],
        "CURRENCYAMOUNT": amounts("119.00", "-119.00"),
    }


def messages(client: WireClient, **changes: Any) -> list[str]:
    """Check a document, and give its messages behind RW 609."""
    return codes(client.call("BAPI_ACC_DOCUMENT_CHECK", **a_document(**changes)))[1:]


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("0000004711", []),
        ("4711", ["F5 102"]),  # ALPHA conversion is the caller's
        ("0000000099", ["F5 102"]),
        ("0000004802", ["F5 102"]),  # no company code
        ("0000004800", ["F5 351"]),
        ("0000004801", ["F5 351"]),
    ],
)
def test_customers_exist_and_are_not_blocked(client: WireClient, number: str, expected: list[str]) -> None:
    """A customer needs general data and the company code, and no block in either."""
    assert messages(client, ACCOUNTRECEIVABLE=customer(number)) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ({}, ["F5 150"]),
        ({"NAME": "Ada", "CITY": "Bonn"}, ["F5 150"]),
        ({"NAME": "Ada", "CITY": "Bonn", "COUNTRY": "DE"}, []),
        ({"NAME": "Ada", "CITY": "Bonn", "COUNTRY_ISO": "DE"}, []),
    ],
)
def test_a_one_time_customer_needs_an_address(client: WireClient, address: dict[str, str], expected: list[str]) -> None:
    """Name, city and country at least."""
    assert messages(client, ACCOUNTRECEIVABLE=customer("0000099000"), CUSTOMERCPD=address) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("0000176500", []),
        ("176500", ["F5 506"]),
        ("0000999999", ["F5 506"]),
        ("0000140000", ["F5 354"]),  # a reconciliation account
    ],
)
def test_gl_accounts_exist_and_can_be_posted_to(client: WireClient, number: str, expected: list[str]) -> None:
    """The account needs chart of accounts and company code, and is no reconciliation account."""
    assert messages(client, **gl(number)) == expected


def test_a_blocked_account_is_refused(client: WireClient) -> None:
    """The account exists and is closed for posting."""
    assert messages(client, ACCOUNTGL=gl("0000899000", TAX_CODE="A1", COSTCENTER="0000004100")["ACCOUNTGL"]) == [
        "F5 155"
    ]


def test_the_document_type_allows_account_types(client: WireClient) -> None:
    """SA is for G/L accounts only; vendors are in no document type of the shop, and in no master data."""
    vendor: dict[str, Any] = {
        "ACCOUNTRECEIVABLE": [],
        "ACCOUNTPAYABLE": [{"ITEMNO_ACC": "0000000001", "VENDOR_NO": "0001000000"}],
    }

    assert messages(client, DOC_TYPE="SA") == ["F5 241"]
    assert messages(client, **vendor) == ["F5 241", "F5 104"]
