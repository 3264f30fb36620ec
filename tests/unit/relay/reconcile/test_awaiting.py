"""A company's order that the B2B Edition does not show yet waits, then parks; it is never posted as private unasked."""

from datetime import timedelta
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import CompanyOrder, OrderSnapshot
from mlconnector_relay.reconcile.plan import Decision, Owe, Park, Plan, Skip, Wait, plan

from tests.support.mappings import STORE, a_mapping
from tests.support.orders import PLACED, an_order

MAPPING = a_mapping(more='[companies]\nwait_minutes = 15\ndebtor = "optional"\n')


def awaiting(age: timedelta, standing: Any = "awaited", **company: Any) -> OrderSnapshot:
    """Return an order of that age."""
    known = CompanyOrder(standing=standing, **company)
    return an_order().model_copy(update={"company": known, "fetched_at": PLACED + age})


def planned(snapshot: OrderSnapshot, *decisions: Decision) -> Plan:
    return plan(snapshot, (), MAPPING, STORE, decisions)


@pytest.mark.parametrize(("seconds", "pause"), [(0, 15), (30, 15), (400, 100), (899, 1)])
def test_it_is_asked_about_again_until_the_minutes_are_over(seconds: int, pause: int) -> None:
    """The older, the less often, and once more at the end."""
    found = planned(awaiting(timedelta(seconds=seconds)))
    assert isinstance(found, Wait)
    assert found.again_at == PLACED + timedelta(seconds=seconds + pause)


@pytest.mark.parametrize(("minutes", "pause"), [(15, 3.75), (600, 60)])
def test_then_it_parks_with_one_cause_per_store(minutes: int, pause: float) -> None:
    """And is still asked about, at least hourly; it is released when it comes."""
    age = timedelta(minutes=minutes)
    found = planned(awaiting(age))
    assert isinstance(found, Park)
    [cause] = found.causes
    assert (cause.key, cause.choices) == ("company:abc123", ("private",))
    assert "does not show the company and purchase order" in cause.sentence
    assert found.again_at == PLACED + age + timedelta(minutes=pause)
    assert isinstance(planned(awaiting(age, "company", company_id=500)), Owe)


def test_a_person_may_decide_that_it_is_private() -> None:
    """For this order only; then it is posted as any other."""
    snapshot = awaiting(timedelta(hours=1))
    parked = planned(snapshot)
    assert isinstance(parked, Park)
    [cause] = parked.causes
    decided = Decision(cause.key, cause.proposal, "private", "ann")
    assert isinstance(planned(snapshot, decided), Owe)
    other = Decision(cause.key, "another", "private", "ann")
    assert isinstance(planned(snapshot, other), Park)


def test_an_order_that_pays_an_invoice_is_skipped() -> None:
    """It is money for an earlier order, whatever its status; one from before the cut-over is skipped for that."""
    found = planned(awaiting(timedelta(0), "invoice_payment", company_id=500, invoice_number="4712"))
    assert isinstance(found, Skip)
    assert found.rule == "invoice_payment"
    assert found.sentence.startswith("pays invoice 4712 of the B2B Edition: no sale")


def test_private_orders_and_those_of_other_stores_go_on() -> None:
    """Nothing is awaited."""
    for snapshot in (an_order(), awaiting(timedelta(0), "private")):
        assert isinstance(planned(snapshot), Owe)
