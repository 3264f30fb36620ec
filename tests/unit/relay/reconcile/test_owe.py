"""A document keeps its step while its content is the same; changed content, and the next of its kind, take another."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from mlconnector_relay.reconcile.owe import beside, owe
from mlconnector_relay.reconcile.values import Cause, Entry, EntryState, Owe, Park, Plan, Settled, Wait
from mlconnector_relay.sap.document import ar_document
from mlconnector_relay.sap.reference import Kind, StepId

from tests.support.lives import entry_of
from tests.support.mappings import STORE, a_mapping
from tests.support.orders import PLACED, Line, an_order, revised

SNAPSHOT = an_order()


def step(kind: Kind, ordinal: int = 1, part: int = 1) -> StepId:
    return StepId("acme", "abc123", 1000123, kind, ordinal, part)


def owed(first: StepId, *entries: Entry, price: str = "119.00") -> StepId:
    found = owe(first, entries, partial(ar_document, an_order(Line(price)), a_mapping(), STORE))
    assert isinstance(found, Owe)
    return found.step


def entry(at: StepId, state: EntryState) -> Entry:
    found = owe(at, [], partial(ar_document, SNAPSHOT, a_mapping(), STORE))
    assert isinstance(found, Owe)
    return entry_of(replace(found, step=at), SNAPSHOT, 1, state)


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (step(Kind.INVOICE), step(Kind.INVOICE, 2)),
        (step(Kind.INVOICE, 1, 2), step(Kind.INVOICE, 2, 2)),
        (step(Kind.SUPPLEMENT), step(Kind.SUPPLEMENT, 2)),
        (step(Kind.REFUND, 7), step(Kind.REFUND, 7, 2)),
    ],
)
def test_only_changed_content_takes_another_step(first: StepId, again: StepId) -> None:
    """The ordinal counts; where it is the store's own id, the part does."""
    assert owed(first) == first
    assert owed(first, entry(first, "rejected")) == first
    assert owed(first, entry(first, "rejected"), price="120.00") == again
    assert owed(first, entry(first, "failed"), entry(again, "rejected"), price="120.00") == replace(
        again, **({"part": 3} if first.kind is Kind.REFUND else {"ordinal": 3})
    )


def test_the_next_of_its_kind_takes_the_next_ordinal() -> None:
    """Also with the same content: what is posted is posted."""
    first = step(Kind.SUPPLEMENT)
    assert owed(first, entry(first, "posted")) == step(Kind.SUPPLEMENT, 2)
    assert owed(first, entry(first, "posted"), entry(step(Kind.SUPPLEMENT, 2), "rejected")) == step(Kind.SUPPLEMENT, 2)


def test_other_steps_do_not_count() -> None:
    """Another kind, another refund, another part."""
    others = [entry(step(Kind.INVOICE), "posted"), entry(step(Kind.REFUND, 8), "rejected")]
    assert owed(step(Kind.REFUND, 7), *others, price="120.00") == step(Kind.REFUND, 7)
    assert owed(step(Kind.INVOICE, 1, 2), *others, price="120.00") == step(Kind.INVOICE, 1, 2)


def test_what_cannot_be_built_parks() -> None:
    """With its owner; nothing is numbered for it."""
    nameless = revised(SNAPSHOT, billing_address={"country_iso2": "DE"})
    found = owe(step(Kind.INVOICE), [], partial(ar_document, nameless, a_mapping(), STORE))
    assert isinstance(found, Park)
    assert [(cause.key, cause.owner) for cause in found.causes] == [("refused:address", "store")]


def test_what_the_mapping_lacks_can_be_asked_again() -> None:
    """By every fact behind it, so that a mapping that knows the account cures the order."""
    others = '[[accounts]]\ngl_account = "800900"\ncost_center = "4100"\n'
    lacking = a_mapping((others, ""), ("categories = [21]", "categories = [23]"))
    found = owe(step(Kind.INVOICE), [], partial(ar_document, SNAPSHOT, lacking, STORE))
    assert isinstance(found, Park)
    [cause] = found.causes
    assert a_mapping().cures(cause.question)
    assert not lacking.cures(cause.question)


def test_nothing_follows_unless_somebody_says_so() -> None:
    """Who asks, or the document itself; else the order is not looked at again."""
    build = partial(ar_document, SNAPSHOT, a_mapping(), STORE)
    alone, first = (owe(step(Kind.INVOICE), [], build, **more) for more in ({}, {"more": True}))
    assert isinstance(alone, Owe)
    assert isinstance(first, Owe)
    assert (alone.more, first.more) == (False, True)


ONE, OTHER = Cause("one", "the one"), Cause("other", "the other")
SOON = PLACED + timedelta(hours=1)


@pytest.mark.parametrize(
    ("planned", "found"),
    [
        (Park((ONE,), SOON), Park((ONE, OTHER), SOON)),
        (Wait("not paid back yet", again_at=SOON), Park((OTHER,), SOON)),
        (Settled("posted"), Park((OTHER,))),
    ],
)
def test_what_else_an_order_waits_for_stands_beside_its_plan(planned: Plan, found: Plan) -> None:
    """Every cause is seen, and the plan's own next look is kept."""
    assert beside(planned, (OTHER,)) == found
    assert beside(planned, ()) is planned


def test_what_is_owed_is_posted_although_something_else_waits() -> None:
    """It is looked at again after it."""
    found = owe(step(Kind.INVOICE), [], partial(ar_document, SNAPSHOT, a_mapping(), STORE))
    assert isinstance(found, Owe)
    assert beside(found, (OTHER,)) == replace(found, more=True)
