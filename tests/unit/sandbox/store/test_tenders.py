"""Gift certificates and store credit pay what they have, and no more."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from mlconnector_sandbox.store.description import DescriptionError, OrderDescription
from mlconnector_sandbox.store.tenders import credit_of, new_certificate, tenders_of, with_balance, with_credit

D = Decimal
NOW = datetime(2026, 3, 4, tzinfo=UTC)
CUSTOMER: dict[str, Any] = {"id": 5, "store_credit_amounts": [{"amount": D("12.50")}]}
ORDER = {"id": 7, "customer_id": 5, "default_currency_code": "EUR", "billing_address": {"first_name": "Ada"}}
CERTIFICATE = with_balance(new_certificate(3, ORDER, D(50), NOW, active=True), D(-10))


def wanted(**fields: Any) -> OrderDescription:
    """Describe an order."""
    return msgspec.convert({"lines": [{"price": "100"}], "currency": "EUR", "id": 9, **fields}, OrderDescription)


def blocks(description: OrderDescription, customer: Any = CUSTOMER, *rows: Any) -> list[Any]:
    """Give how the tenders show."""
    certificates = {row["id"]: row for row in rows or [CERTIFICATE]}
    return [
        (tender.gateway, tender.amount, dict(tender.block))
        for tender in tenders_of(description, customer, certificates)
    ]


def test_blocks_show_what_is_left() -> None:
    """Of credit and of the certificate, with what the certificate was worth before."""
    code = str(CERTIFICATE["code"])
    shown = blocks(wanted(store_credit="2.50", gift_certificate="15", gift_certificate_code=code))

    assert shown == [
        ("storecredit", D("2.50"), {"remaining_balance": D(10)}),
        (
            "giftcertificate",
            D(15),
            {
                "code": code,
                "original_balance": D(50),
                "starting_balance": D(40),
                "remaining_balance": D(25),
                "status": "active",
            },
        ),
    ]


def test_certificate_without_code_had_just_enough() -> None:
    """It is none of this store's."""
    ((_, _, block),) = blocks(wanted(gift_certificate="15"))

    assert (block["code"], block["starting_balance"], block["remaining_balance"]) == ("GC-9", D(15), D(0))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"store_credit": "12.51"}, "has 12.50 of store credit"),
        ({"gift_certificate": "41", "gift_certificate_code": CERTIFICATE["code"]}, "has 40.0000, not 41"),
        ({"gift_certificate": "1", "gift_certificate_code": "WRONG"}, "no active gift certificate WRONG in EUR"),
        ({"gift_certificate": "1", "gift_certificate_code": CERTIFICATE["code"], "currency": "USD"}, "in USD"),
    ],
)
def test_more_than_there_is_is_refused(fields: dict[str, Any], sentence: str) -> None:
    """Also a certificate of another currency."""
    with pytest.raises(DescriptionError, match=sentence):
        blocks(wanted(**fields))


def test_guests_and_pending_certificates_pay_nothing() -> None:
    """Who has no account has no credit; what is not paid for cannot be used."""
    pending = new_certificate(4, ORDER, D(5), NOW, active=False)

    with pytest.raises(DescriptionError, match="guest"):
        blocks(wanted(store_credit="1"), None)
    with pytest.raises(DescriptionError, match="no active"):
        blocks(wanted(gift_certificate="1", gift_certificate_code=pending["code"]), CUSTOMER, pending)


def test_credit_goes_up_and_down() -> None:
    """One amount, in the store's currency."""
    assert credit_of(with_credit(CUSTOMER, D("-2.50"))) == D(10)
    assert credit_of({}) == 0
