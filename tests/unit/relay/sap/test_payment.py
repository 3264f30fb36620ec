"""A payment debits the clearing account and credits the invoice's customer; what is paid back does the opposite."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import OrderSnapshot, Transaction
from mlconnector_relay.sap.explanation import explanation
from mlconnector_relay.sap.frozen import NO_BLOCKS, Blocks
from mlconnector_relay.sap.mapping import Mapping
from mlconnector_relay.sap.payment import captured, counted, payment_document
from mlconnector_relay.sap.reference import Kind, StepId
from mlconnector_relay.sap.values import Built, Refusal

from tests.support.building import built, posted, with_parts
from tests.support.mappings import STORE, a_mapping
from tests.support.orders import an_order, revised

CLEARING = '[payments]\npost = true\n[[clearing]]\ngl_account = "113100"\n'


def a_transaction(number: int = 41, **more: Any) -> dict[str, Any]:
    """A capture of a card payment, a day after the order."""
    return {
        "id": number,
        "event": "capture",
        "method": "credit_card",
        "amount": "119.00",
        "currency": "EUR",
        "gateway": "stripe",
        "gateway_transaction_id": "pi_3NxKey",
        "status": "ok",
        "date_created": "2026-03-06T22:59:00Z",
    } | more


def paid(*transactions: dict[str, Any], **order: Any) -> OrderSnapshot:
    return with_parts(revised(an_order(), **order), transactions=list(transactions))


def document(mapping: Mapping, **more: Any) -> Any:
    """Build the document of a transaction."""
    snapshot = paid(a_transaction(**more))
    invoice = built(an_order()).facts
    transaction = snapshot.transactions[0]
    step = StepId("acme", "abc123", 1000123, Kind.PAYMENT, transaction.id)
    return payment_document(transaction, invoice, snapshot, mapping, STORE, step)


def good(rules: str = CLEARING, **more: Any) -> Built:
    found = document(a_mapping(more=rules), **more)
    assert isinstance(found, Built), found
    return found


def test_a_payment_is_a_document_of_clearing_against_customer() -> None:
    """Under the transaction's id and day, with the order's assignment, by which SAP clears it against the invoice."""
    made = good()
    assert (made.reference, made.document_type, made.gross) == ("B1-1000123-41P", "DZ", Decimal("-119.00"))
    assert posted(made) == [("customer", "99000", "", "-119.00"), ("payment", "113100", "", "119.00")]
    parameters = made.call.parameters
    header = parameters["DOCUMENTHEADER"]
    assert (header["DOC_DATE"], header["PSTNG_DATE"]) == ("20260306", "20260306")
    assert parameters["ACCOUNTRECEIVABLE"] == [
        {
            "ITEMNO_ACC": "0000000001",
            "CUSTOMER": "0000099000",
            "REF_KEY_1": "1000123",
            "REF_KEY_3": "pi_3NxKey",
            "PAYMT_REF": "B1-1000123",
            "ALLOC_NMBR": "B1-1000123",
            "ITEM_TEXT": "Web order 1000123",
        }
    ]
    assert parameters["ACCOUNTGL"] == [
        {
            "ITEMNO_ACC": "0000000002",
            "GL_ACCOUNT": "0000113100",
            "ITEM_TEXT": "Payment 41 stripe",
            "ALLOC_NMBR": "B1-1000123",
            "REF_KEY_3": "pi_3NxKey",
            "VALUE_DATE": "20260306",
        }
    ]
    assert parameters["ACCOUNTTAX"] == []
    [_, line] = explanation(made.facts)
    assert line.because == (
        "Payment 41 stripe: -119.00, no tax code; from transactions[id=41].amount; account by clearing of stripe",
    )
    assert "matching key 'pi_3NxKey' in reference_key_3 (whole) of 'pi_3NxKey'" in made.decisions
    assert "document and posting date 20260306: the transaction's, in Europe/Berlin" in made.decisions
    assert (made.reading, made.facts.about) == ("the transaction's amount", "payment 41")


def test_a_payment_without_gateway_is_told_without_one() -> None:
    """By the clearing rule for any."""
    made = good(gateway="")
    assert made.lines[1].text == "Payment 41"
    assert explanation(made.facts)[1].because[0].endswith("account by clearing of any gateway")


def test_a_payment_has_nothing_of_its_invoice_s_own() -> None:
    """Neither its discounts nor its days nor its blocks, which no shipment would release, nor what followed it."""
    snapshot = paid(a_transaction())
    own_account = a_mapping(('language = "DE"', 'language = "DE"\ndiscounts = "own_account"'))
    first = built(an_order(), own_account).facts
    invoice = replace(first, posted="20260401", translated="20260301", blocks=Blocks("A", "B"), following=(first,))
    step = StepId("acme", "abc123", 1000123, Kind.PAYMENT, 41)
    made = payment_document(snapshot.transactions[0], invoice, snapshot, a_mapping(more=CLEARING), STORE, step)
    assert isinstance(made, Built)
    assert (made.facts.discount, made.facts.translated, made.facts.following) == (None, "", ())
    assert made.facts.posted != invoice.posted
    assert made.facts.blocks == NO_BLOCKS
    assert made.call == good().call


def test_what_was_paid_back_is_the_opposite() -> None:
    """Whether the store writes the amount with a sign or without."""
    for amount in ("59.50", "-59.50"):
        made = good(event="refund", amount=amount)
        assert posted(made) == [("customer", "99000", "", "59.50"), ("payment", "113100", "", "-59.50")]
        assert made.lines[1].text == "Paid back 41 stripe"


@pytest.mark.parametrize(
    ("field", "customer", "general"),
    [
        ("assignment", ("B1-1000123", "B1-1000123", ""), ("pi_3NxKey", "")),
        ("payment_reference", ("B1-1000123", "pi_3NxKey", ""), ("B1-1000123", "")),
        ("reference_key_3", ("B1-1000123", "B1-1000123", "pi_3NxKey"), ("B1-1000123", "pi_3NxKey")),
    ],
)
def test_the_key_goes_where_the_rule_says(field: str, customer: tuple[str, ...], general: tuple[str, ...]) -> None:
    """The customer's assignment is always the order's."""
    parameters = good(f'{CLEARING}match_field = "{field}"\n').call.parameters
    [owed], [bank] = parameters["ACCOUNTRECEIVABLE"], parameters["ACCOUNTGL"]
    assert tuple(owed.get(name, "") for name in ("ALLOC_NMBR", "PAYMT_REF", "REF_KEY_3")) == customer
    assert tuple(bank.get(name, "") for name in ("ALLOC_NMBR", "REF_KEY_3")) == general
    assert "PAYMT_REF" not in bank


def test_the_key_may_be_the_text() -> None:
    """Of both lines."""
    parameters = good(f'{CLEARING}match_field = "text"\n').call.parameters
    assert parameters["ACCOUNTRECEIVABLE"][0]["ITEM_TEXT"] == parameters["ACCOUNTGL"][0]["ITEM_TEXT"] == "pi_3NxKey"


def test_terms_of_payment_are_the_invoice_s_alone() -> None:
    """A payment is due at once."""
    terms = ('language = "DE"', 'language = "DE"\npayment_terms = "0030"')
    snapshot, mapping = paid(a_transaction()), a_mapping(terms, more=CLEARING)
    invoice = built(an_order(), mapping)
    assert invoice.call.parameters["ACCOUNTRECEIVABLE"][0]["PMNTTRMS"] == "0030"
    step = StepId("acme", "abc123", 1000123, Kind.PAYMENT, 41)
    made = payment_document(snapshot.transactions[0], invoice.facts, snapshot, mapping, STORE, step)
    assert isinstance(made, Built)
    assert "PMNTTRMS" not in made.call.parameters["ACCOUNTRECEIVABLE"][0]


def test_a_transaction_that_names_no_currency_has_the_order_s() -> None:
    """Older ones do not."""
    assert good(currency="").call == good().call


def test_a_payment_that_cannot_be_posted_says_why() -> None:
    """Another currency, a key that does not fit, no account, no company code."""
    mapping = a_mapping(more=CLEARING)
    foreign = document(mapping, currency="USD")
    assert isinstance(foreign, Refusal)
    assert (foreign.rule, foreign.sentence) == (
        "refused:currency",
        "transaction 41 moved 119.00 USD, the order is in EUR",
    )
    long = document(mapping, gateway_transaction_id="x" * 49)
    assert isinstance(long, Refusal)
    assert long.rule == "refused:match_key"
    assert long.sentence == (
        f"'{'x' * 49}' of transaction 41 does not fit reference_key_3 whole; give clearing of stripe another match_rule"
    )
    [gap] = document(a_mapping(more="[payments]\npost = true\n"))
    assert gap.key == "clearing:gateway=stripe,currency=EUR,company_code=1000"
    [gap] = document(a_mapping(('language = "DE"', 'language = "DE"\ncurrencies = ["USD"]'), more=CLEARING))
    assert gap.key.startswith("company_code:")


def test_a_transaction_without_a_date_has_the_order_s_last_change() -> None:
    """Nothing else is known of it."""
    header = good(date_created=None).call.parameters["DOCUMENTHEADER"]
    assert header["PSTNG_DATE"] == "20260305"


# --- which transactions count ---


def ids(*transactions: dict[str, Any], rules: str = CLEARING, **order: Any) -> list[int]:
    found: list[Transaction] = counted(paid(*transactions, **order), a_mapping(more=rules))
    return [one.id for one in found]


def test_nothing_is_posted_unless_the_mapping_says_so() -> None:
    """Off by default."""
    assert ids(a_transaction(), rules="") == []


@pytest.mark.parametrize(
    ("transaction", "counts"),
    [
        ({"event": "purchase"}, True),
        ({"event": "capture"}, True),
        ({"event": "refund"}, True),
        ({"event": "authorization"}, False),
        ({"event": "void"}, False),
        ({"event": "pending"}, False),
        ({"status": "error"}, False),
        ({"event": "refund", "status": "error"}, False),
        ({"test": True}, False),
        ({"amount": "0"}, False),
        ({"id": 0}, False),
        ({"method": "gift_certificate"}, False),
        ({"method": "store_credit"}, False),
        ({"method": "offline"}, False),
        ({"method": "custom"}, False),
        ({"method": "apple_pay_token"}, True),
    ],
)
def test_only_money_that_a_provider_moved_counts(transaction: dict[str, Any], *, counts: bool) -> None:
    """Authorised only is not paid; certificates and credit are in the invoice."""
    assert bool(ids(a_transaction(**transaction))) == counts


def test_offline_methods_count_where_they_are_named() -> None:
    """As the store names the order's, in any case; in the order of the transactions' ids."""
    rules = CLEARING.replace("post = true", 'post = true\noffline = ["Bank Deposit"]')
    two = a_transaction(7, method="offline"), a_transaction(5, method="custom")
    assert ids(*two, rules=rules, payment_method="bank deposit") == [5, 7]
    assert ids(*two, rules=rules, payment_method="Cash on Delivery") == []


@pytest.mark.parametrize(
    ("transactions", "amount"),
    [
        ([a_transaction(41, amount="100.00"), a_transaction(42, amount="19.00", currency="")], "119.00"),
        ([a_transaction(41), a_transaction(42, event="refund")], "119.00"),
        ([a_transaction(41), a_transaction(42, test=True)], "119.00"),
        ([a_transaction(41), a_transaction(42, currency="USD")], None),
        ([a_transaction(41, event="authorization")], None),
        ([], None),
    ],
)
def test_what_came_in_is_known_where_all_of_it_is_in_the_order_s_currency(
    transactions: list[dict[str, Any]], amount: str | None
) -> None:
    """Whether payments are posted or not; what went back is none of it."""
    assert captured(paid(*transactions), a_mapping()) == (None if amount is None else Decimal(amount))
