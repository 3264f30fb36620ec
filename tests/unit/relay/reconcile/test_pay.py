"""Each payment of an order is posted once, whatever else it owes, and holds nothing else up."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import CompanyOrder
from mlconnector_relay.reconcile.plan import Owe, Park, Settled, Skip, needs_transactions

from tests.support.building import posted
from tests.support.lives import Life, a_refund, an_item, entry_of, paid_back
from tests.support.mappings import STORE, a_mapping
from tests.support.orders import Line, an_order

CLEARING = '[payments]\npost = true\n[[clearing]]\ngl_account = "113100"\n'
HALF = an_item("PRODUCT", 61, "59.50", 1)


def a_payment(number: int, amount: str, **more: Any) -> dict[str, Any]:
    return (
        paid_back(amount, number, event="capture", method="credit_card", gateway_transaction_id=f"pi_{number}") | more
    )


def two_lamps(*transactions: dict[str, Any], rules: str = CLEARING) -> Life:
    """An order of two lamps at 59.50, not posted yet."""
    life = Life(an_order(Line("59.50", 2)), mapping=a_mapping(more=rules))
    return life.parts(transactions=list(transactions))


def kinds(life: Life) -> list[str]:
    return ["/".join(entry.posting_id.split("/")[3:5]) for entry in life.entries]


def test_payments_follow_the_invoice_by_their_ids() -> None:
    """Two partial captures; the customer owes nothing then, and replaying changes nothing."""
    life = two_lamps(a_payment(9, "19.00"), a_payment(8, "100.00"))
    assert isinstance(life.settle(), Settled)
    assert kinds(life) == ["invoice/1", "payment/8", "payment/9"]
    assert life.owed_by_customer == 0
    assert life.books()["113100", "", ""] == 119
    assert isinstance(life.plan(), Settled)


def test_nothing_of_it_happens_unless_the_mapping_says_so() -> None:
    """The invoice stays open for the bank statement."""
    life = two_lamps(a_payment(8, "119.00"), rules="")
    assert isinstance(life.settle(), Settled)
    assert kinds(life) == ["invoice/1"]


def test_a_refund_and_what_was_paid_back_are_both_posted() -> None:
    """The credit memo by the refund's id, its payment by the transaction's; books and customer agree."""
    life = two_lamps(a_payment(8, "119.00"))
    life.settle()
    payment = {"id": 30, "provider_id": "stripe", "amount": "59.50", "offline": False, "is_declined": False}
    life.now(status_id=14).parts(
        refunds=[a_refund(7, "59.50", "9.50", HALF, payments=[payment])],
        transactions=[a_payment(8, "119.00"), paid_back("59.50", 12, method="credit_card")],
    )
    assert isinstance(life.settle(), Settled)
    assert kinds(life) == ["invoice/1", "payment/8", "payment/12", "refund/7"]
    assert life.owed_by_customer == 0
    assert posted(life.documents[2]) == [("customer", "99000", "", "59.50"), ("payment", "113100", "", "-59.50")]


def test_an_edit_is_compared_without_the_payments() -> None:
    """They are no part of what the order charges."""
    life = two_lamps(a_payment(8, "119.00"))
    life.mapping = a_mapping(('language = "DE"', 'language = "DE"\non_edit = "supplement"'), more=CLEARING)
    life.settle()
    more = an_order(Line("59.50", 3))
    life.snapshot = more
    life.parts(transactions=[a_payment(8, "119.00")]).now(date_modified="2026-04-01T10:00:00Z")
    assert isinstance(life.settle(), Settled)
    assert kinds(life) == ["invoice/1", "payment/8", "supplement/1"]
    assert life.owed_by_customer == more.order.total_inc_tax - 119


def test_a_payment_that_cannot_be_posted_holds_nothing_up() -> None:
    """Others and the credit memo are posted; the order parks on the one account that is missing."""
    only = CLEARING.replace("[[clearing]]\n", '[[clearing]]\ngateways = ["paypal"]\n')
    life = two_lamps(a_payment(8, "100.00"), a_payment(9, "19.00", gateway="paypal"), rules=only)
    life.settle()
    missing = "clearing:gateway=stripe,currency=EUR,company_code=1000"
    assert (kinds(life), life.causes()) == (["invoice/1", "payment/9"], [missing])
    life.now(status_id=14).parts(refunds=[a_refund(7, "59.50", "9.50", HALF)])
    found = life.plan()
    assert isinstance(found, Owe)
    assert found.more
    life.settle()
    assert (kinds(life)[-1], life.causes()) == ("refund/7", [missing])
    unclear = a_refund(6, "5.00", "0", an_item("ORDER", 1000123, "5.00"))
    life.parts(refunds=[a_refund(7, "59.50", "9.50", HALF), unclear])
    assert life.causes() == ["decision:refund_order:1000123/6", missing]
    life.mapping = a_mapping(more=CLEARING)
    life.settle()
    assert kinds(life)[-1] == "payment/8"


def test_an_order_is_looked_at_again_for_a_payment_that_waits() -> None:
    """After the cancellation, which nothing would follow otherwise."""
    life = two_lamps(a_payment(8, "119.00"), rules="[payments]\npost = true\n")
    life.post()
    life.now(status_id=5)
    found = life.plan()
    assert isinstance(found, Owe)
    assert (found.step.kind, found.more) == ("reversal", True)


def test_a_pending_refund_is_asked_about_although_a_payment_cannot_be_posted() -> None:
    """People see the payment, and the next look is kept."""
    life = two_lamps(a_payment(8, "119.00"), rules="[payments]\npost = true\n")
    life.post()
    payment = {"id": 30, "provider_id": "stripe", "amount": "59.50", "offline": False, "is_declined": False}
    life.now(status_id=14).parts(refunds=[a_refund(7, "59.50", "9.50", HALF, payments=[payment])])
    found = life.plan()
    assert isinstance(found, Park)
    assert [cause.key for cause in found.causes] == ["clearing:gateway=stripe,currency=EUR,company_code=1000"]
    assert found.again_at == life.snapshot.fetched_at + timedelta(minutes=1)


def test_changed_content_takes_the_next_part_under_the_same_id() -> None:
    """The reference of what SAP refused is never used for anything else."""
    life = two_lamps(a_payment(8, "119.00"))
    life.post()
    first = life.plan()
    assert isinstance(first, Owe)
    life.entries.append(entry_of(first, life.snapshot, 0, "rejected"))
    again = life.plan()
    assert isinstance(again, Owe)
    assert again.step == first.step
    life.mapping = a_mapping(more=CLEARING.replace("113100", "113200"))
    changed = life.plan()
    assert isinstance(changed, Owe)
    assert (changed.step.ordinal, changed.step.part, changed.built.reference) == (8, 2, "B1-1000123-8-2P")


def test_transactions_are_asked_for_as_long_as_payments_are_posted() -> None:
    """Else once, before the invoice."""
    life = two_lamps(a_payment(8, "119.00"))
    life.post()
    order = life.snapshot.order
    assert needs_transactions(order, life.entries, life.mapping, STORE)
    assert not needs_transactions(order, life.entries, a_mapping(), STORE)


def test_a_cancellation_takes_back_what_was_charged_and_no_payment() -> None:
    """The money stays with us until it is paid back; then the customer owes nothing."""
    life = two_lamps(a_payment(8, "119.00"))
    life.settle()
    life.now(status_id=5)
    memo = life.post()
    assert [line.role for line in memo.lines] == ["customer", "product", "tax"]
    assert (memo.gross, life.owed_by_customer) == (-119, -119)
    life.parts(transactions=[a_payment(8, "119.00"), paid_back("119.00", 12, method="credit_card")])
    life.settle()
    assert (kinds(life), life.owed_by_customer) == (["invoice/1", "payment/8", "reversal/1", "payment/12"], 0)
    by_sap = two_lamps(a_payment(8, "119.00"))
    by_sap.mapping = a_mapping(('language = "DE"', 'language = "DE"\non_cancel = "reversal"'), more=CLEARING)
    by_sap.settle()
    assert by_sap.now(status_id=5).post().call.function == "BAPI_ACC_DOCUMENT_REV_POST"


ON_ACCOUNT = (
    '[payments]\npost = true\ncompany_invoices = true\n[[clearing]]\ngl_account = "113100"\n'
    '[companies]\ndebtor_field = "SAP debtor"\n'
)


def an_invoice_paid(*transactions: dict[str, Any], rules: str = ON_ACCOUNT, **company: Any) -> Life:
    """An order that pays invoice 4712 of a company whose debtor is 4711."""
    known = {"company_id": 500, "invoice_number": "4712", "fields": {"SAP debtor": "4711"}} | company
    life = Life(an_order(Line("119.00", 1)), mapping=a_mapping(more=rules))
    life.parts(transactions=list(transactions))
    company_order = CompanyOrder(standing="invoice_payment", **known)
    life.snapshot = life.snapshot.model_copy(update={"company": company_order})
    return life


def test_what_pays_an_invoice_of_a_company_is_posted_on_its_account() -> None:
    """By the transaction's id, on the company's debtor, and nothing else; what is paid back, the opposite."""
    life = an_invoice_paid(a_payment(8, "119.00"))
    built = life.post()
    row = built.call.parameters["ACCOUNTRECEIVABLE"][0]
    assert (row["CUSTOMER"], row["ITEM_TEXT"]) == ("0000004711", f"Web order {life.snapshot.order.id} pays 4712")
    assert life.owed_by_customer == -119
    assert life.books()["113100", "", ""] == 119
    done = life.plan()
    assert isinstance(done, Skip)
    assert (done.rule, done.sentence.endswith("what was paid is posted on its account")) == ("invoice_payment", True)

    life.parts(transactions=[a_payment(8, "119.00"), paid_back("19.00", 12, method="credit_card")])
    assert needs_transactions(life.snapshot.order, life.entries, life.mapping, STORE)
    assert needs_transactions(life.snapshot.order, life.entries, a_mapping(), STORE)
    assert isinstance(life.settle(), Skip)
    assert kinds(life) == ["payment/8", "payment/12"]
    assert life.owed_by_customer == -100


@pytest.mark.parametrize(
    ("rules", "transactions"),
    [
        (ON_ACCOUNT.replace("company_invoices = true\n", ""), [a_payment(8, "119.00")]),
        (ON_ACCOUNT.replace("post = true\n", ""), [a_payment(8, "119.00")]),
        (ON_ACCOUNT, []),
        (ON_ACCOUNT, [a_payment(8, "119.00", event="authorization")]),
    ],
)
def test_an_invoice_s_payment_that_is_not_ours_to_post_is_skipped(rules: str, transactions: list[Any]) -> None:
    """Without the option the bank statement clears it; without money there is nothing."""
    plan = an_invoice_paid(*transactions, rules=rules).plan()
    assert isinstance(plan, Skip)
    assert plan.sentence.endswith("provider's settlement clears that")


@pytest.mark.parametrize(
    ("rules", "company", "payment", "key"),
    [
        (ON_ACCOUNT, {"fields": {}}, {}, "debtor:company=500,company_code=1000"),
        (ON_ACCOUNT + 'debtor = "optional"\n', {"fields": {}}, {}, "refused:debtor"),
        (ON_ACCOUNT, {"company_id": 0}, {}, "refused:debtor"),
        (ON_ACCOUNT, {}, {"currency": "USD"}, "refused:currency"),
        (ON_ACCOUNT.replace('[[clearing]]\ngl_account = "113100"\n', ""), {}, {}, "clearing:gateway"),
    ],
)
def test_money_that_is_nobody_s_waits_for_finance(rules: str, company: Any, payment: Any, key: str) -> None:
    """A company without debtor, another currency, a gateway without account: nothing goes to a one-time customer."""
    plan = an_invoice_paid(a_payment(8, "119.00", **payment), rules=rules, **company).plan()
    assert isinstance(plan, Park)
    assert plan.causes[0].key.startswith(key)


def test_money_of_a_company_that_is_not_known_goes_to_no_debtor_of_one_s_own() -> None:
    """That one is owed by shoppers, and by companies that have none themselves."""
    one_s_own = a_mapping(('language = "DE"', 'language = "DE"\ncustomer = "77777"'), more=ON_ACCOUNT)
    unknown = an_invoice_paid(a_payment(8, "119.00"), company_id=0)
    unknown.mapping = one_s_own
    assert unknown.causes() == ["refused:debtor"]


@pytest.mark.parametrize(("rules", "company"), [(ON_ACCOUNT, {"fields": {}}), (ON_ACCOUNT, {"company_id": 0})])
def test_what_waits_is_what_was_paid_and_not_what_was_ordered(rules: str, company: Any) -> None:
    """A deposit on an invoice of 119.00, and what of it was paid back; what the bank statement brought is no part."""
    deposit, back = a_payment(8, "20.00"), paid_back("5.00", 9, method="credit_card")
    old = a_payment(7, "50.00", date_created="2025-12-31T10:00:00Z")
    life = an_invoice_paid(deposit, back, old, rules=rules, **company)
    plan = life.plan()
    assert isinstance(plan, Park)
    assert [cause.amount for cause in plan.causes] == [Decimal("25.00")]


def test_what_is_posted_waits_no_more() -> None:
    """The company has lost its debtor since: only what comes from now on waits for that."""
    life = an_invoice_paid(a_payment(8, "20.00"))
    life.post()
    life.snapshot = life.snapshot.model_copy(update={"company": CompanyOrder(standing="invoice_payment")})
    assert isinstance(life.plan(), Skip)
    life.parts(transactions=[a_payment(8, "20.00"), a_payment(9, "7.00")])
    plan = life.plan()
    assert isinstance(plan, Park)
    assert [cause.amount for cause in plan.causes] == [Decimal("7.00")]


def test_an_invoice_s_payment_needs_a_company_code_and_a_known_currency() -> None:
    """What the mapping lacks is told as for any order."""
    life = an_invoice_paid(a_payment(8, "119.00", currency=""))
    assert isinstance(life.now(default_currency_code="XXQ").plan(), Park)
    assert life.causes() != []


def test_an_order_with_an_invoice_stays_what_it_is() -> None:
    """Whatever the B2B Edition says of it later."""
    life = two_lamps(a_payment(8, "119.00"))
    life.settle()
    life.snapshot = life.snapshot.model_copy(update={"company": CompanyOrder(standing="invoice_payment")})
    assert isinstance(life.plan(), Settled)
