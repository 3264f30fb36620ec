"""The state table: every situation has one action, and finance's rules hold in all of them."""

from mlconnector_relay.reconcile.states import MEANINGS, Action, Situation, action

from tests.support.order_states_page import PAGE, rendered, situations

REDUCING = {Action.CREDIT_MEMO, Action.CANCEL}


def those(**facts: object) -> list[tuple[Situation, Action]]:
    """The situations with these facts, and their actions."""
    return [
        (one, action(one)) for one in situations() if all(getattr(one, name) == value for name, value in facts.items())
    ]


def test_the_page_is_current() -> None:
    """After a change of the table: `python -m tests.support.order_states_page`."""
    assert PAGE.read_text("utf-8") == rendered()


def test_every_action_occurs_and_has_its_meaning() -> None:
    """None is dead, none is unexplained."""
    assert {found for _, found in those()} == set(Action) == set(MEANINGS)


def test_nothing_is_taken_back_that_was_not_posted() -> None:
    """And nothing is invoiced twice."""
    assert not REDUCING & {found for _, found in those(books="empty")}
    assert all(found is not Action.INVOICE for one, found in those() if one.books != "empty")


def test_captured_money_or_a_refund_makes_the_invoice_owed() -> None:
    """At any status but those that the mapping never posts; money alone, unless shipping is what is invoiced."""
    for one, found in those(books="empty"):
        if one.refund in {"pending", "paid"} or (one.money and one.status not in {"never", "unshipped"}):
            assert found is Action.INVOICE, one


def test_an_order_invoiced_on_shipment_waits_whatever_was_paid() -> None:
    """Until it is shipped, cancelled or refunded."""
    assert {found for _, found in those(books="empty", status="unshipped", refund="none")} == {Action.WAIT}


def test_only_a_cancellation_or_a_refund_record_reduces() -> None:
    """No status alone, and no shipment."""
    for one, found in those():
        if found in REDUCING:
            assert one.refund == "paid" or one.status == "cancelled", one
        if found is Action.CREDIT_MEMO:
            assert one.refund == "paid", one


def test_there_is_exactly_one_reducing_document() -> None:
    """What was taken back is not taken back again, by whichever means."""
    assert not REDUCING & {found for _, found in those(books="cancelled")}
    assert Action.CANCEL not in {found for _, found in those(books="reduced")}


def test_shipped_goods_are_not_taken_back_by_a_cancellation() -> None:
    """A person decides."""
    assert Action.CANCEL not in {found for _, found in those(shipped=True)}


def test_nothing_is_decided_while_a_refund_is_pending() -> None:
    """Once the invoice is posted."""
    assert {found for _, found in those(refund="pending", books="open")} == {Action.ASK_REFUND}
