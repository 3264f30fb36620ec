"""What is owed follows from the order as it is and from what was posted; only positive evidence makes anything owed."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.reconcile.plan import (
    Cause,
    Entry,
    EntryState,
    Owe,
    Park,
    Plan,
    Settle,
    Settled,
    Skip,
    Wait,
    is_paid_unseen,
    needs_transactions,
    plan,
)
from mlconnector_relay.sap.mapping import Mapping
from mlconnector_relay.sap.reference import Kind
from mlconnector_shared.bapi import content_digest

from tests.support.building import posted, with_parts
from tests.support.lives import Life
from tests.support.mappings import STEP, STORE, a_mapping
from tests.support.orders import PLACED, Charge, Line, an_order, revised
from tests.unit.relay.sap.test_change import a_shipment

STATES: tuple[EntryState, ...] = ("intended", "sent", "in_doubt", "posted", "rejected", "failed", "conflict")
REFUND = {"id": 3, "order_id": 1000123, "total_amount": 5, "total_tax": 0}


def planned(snapshot: OrderSnapshot | None, *entries: Entry, mapping: Mapping | None = None, **store: Any) -> Plan:
    """Plan an order."""
    return plan(snapshot, entries, mapping or a_mapping(), replace(STORE, **store))


def entry(state: EntryState, snapshot: OrderSnapshot | None = None, **fields: Any) -> Entry:
    """Return the ledger entry that the first posting of an order leaves."""
    base = snapshot or an_order()
    owed = planned(base)
    assert isinstance(owed, Owe)
    found = Entry(
        posting_id=STEP.posting_id,
        state=state,
        digest=content_digest(owed.built.call),
        gross=owed.built.gross,
        currency="EUR",
        object_key="180000000010002026" if state == "posted" else "",
        snapshot_digest=base.digest(),
        date_modified=base.order.date_modified,
        facts=owed.built.facts,
    )
    return replace(found, **fields)


def causes(found: Plan) -> list[str]:
    """Return the keys an order parks on."""
    assert isinstance(found, Park), found
    return [cause.key for cause in found.causes]


def test_a_paid_order_is_owed() -> None:
    """Under the first step of its kind."""
    found = planned(an_order())
    assert isinstance(found, Owe)
    assert found.step.posting_id == "acme/abc123/1000123/invoice/1/1"
    assert found.built.reference == "B1-1000123-I"


def test_a_posted_order_is_settled() -> None:
    """Planning again after posting finds nothing to do."""
    found = planned(an_order(), entry("posted"))
    assert found == Settled("posted as document 1800000000 of company code 1000, fiscal year 2026")


@settings(deadline=None)
@given(st.sampled_from(["intended", "sent", "in_doubt"]), st.lists(st.sampled_from(STATES), max_size=3))
def test_nothing_is_planned_over_an_open_posting(state: EntryState, others: list[EntryState]) -> None:
    """Whatever else is known, and whatever the store shows, an open posting is settled first."""
    entries = [entry(other, posting_id=f"acme/abc123/1000123/invoice/{n}/1") for n, other in enumerate(others, 2)]
    entries = [other for other in entries if other.state not in {"intended", "sent", "in_doubt"}]
    for snapshot in (None, an_order(Line("5.00")), revised(an_order(), status_id=5)):
        assert planned(snapshot, *entries, entry(state)) == Settle(STEP.posting_id)


def test_a_conflict_waits_for_a_person() -> None:
    """SAP holds something else under our reference."""
    found = planned(an_order(), entry("conflict"))
    assert isinstance(found, Park)
    assert found.causes[0].key == f"conflict:{STEP.posting_id}"
    assert found.causes[0].owner == "finance"


# --- what a snapshot proves ---


def test_absence_never_posts_or_reverses() -> None:
    """A 404 proves nothing: what was posted stays, what was not is asked for again."""
    asked = Wait("the store does not show the order; that proves nothing, it is asked again", refetch=True)
    assert planned(None) == planned(None, entry("rejected")) == asked
    assert planned(None, entry("posted")) == Settled(
        "posted; the store does not show the order any more, which changes nothing that is owed"
    )


def test_an_older_version_than_the_last_entrys_is_fetched_again() -> None:
    """Stores serve stale reads; whatever an old version shows, nothing is decided by it."""
    stale = revised(an_order(), date_modified=PLACED - timedelta(seconds=1), status_id=5)
    for state in ("posted", "rejected"):
        served = "the store served the order as of 2026-03-04T23:29:59+00:00, older than 2026-03-04T23:30:00+00:00"
        assert planned(stale, entry(state)) == Wait(served, refetch=True)


def test_archiving_changes_nothing() -> None:
    """The archive flag is no cancellation: owed before, owed after; posted before, posted after."""
    archived = revised(an_order(), is_deleted=True)
    assert isinstance(planned(archived), Owe)
    found = planned(archived, entry("posted"))
    assert isinstance(found, Settled)
    assert "archived in the store since" in found.sentence


# --- after posting ---


def test_progress_after_posting_is_nothing_to_post() -> None:
    """Shipped, completed, paid, and another name on the address."""
    address = an_order().order.billing_address.model_dump() | {"last_name": "Winter", "street_1": "Elsewhere 1"}
    later = revised(
        an_order(),
        status_id=2,
        items_shipped=1,
        date_modified=PLACED + timedelta(days=1),
        billing_address=address,
    )
    assert isinstance(planned(later, entry("posted")), Settled)


def test_what_a_person_decided_counts_after_posting_too() -> None:
    """An edit that is left alone changes nothing."""
    life = Life()
    life.post()
    life.snapshot = revised(an_order(Line("119.00", 2)), date_modified=PLACED + timedelta(days=1))
    assert isinstance(life.plan(), Park)
    assert isinstance(life.decide("leave").plan(), Settled)


def test_a_changed_mapping_or_catalog_never_reposts_history() -> None:
    """Only the order itself can change what was posted."""
    elsewhere = a_mapping(('gl_account = "800000"', 'gl_account = "800777"'))
    moved = with_parts(an_order(), product_facts={111: {"id": 111, "categories": [22]}}, customer_group_id=4)
    assert isinstance(planned(moved, entry("posted"), mapping=elsewhere), Settled)


@pytest.mark.parametrize(
    ("later", "key"),
    [
        (an_order(Line("119.00", 2)), "decision:edit:1000123"),
        (an_order(shipping=Charge("5.90")), "decision:edit:1000123"),
        (revised(an_order(), status_id=5, items_shipped=1), "decision:after_shipment:1000123"),
        (revised(an_order(), status_id=4, status="Refunded"), "decision:no_record:1000123"),
        (revised(an_order(), status_id=14), "decision:no_record:1000123"),
    ],
)
def test_what_would_change_a_posted_document_waits(later: OrderSnapshot, key: str) -> None:
    """A person decides unless a rule does; the document is named."""
    found = planned(later, entry("posted"))
    assert causes(found) == [key]
    assert isinstance(found, Park)
    assert "document 1800000000 of company code 1000" in found.causes[0].sentence


# --- before posting ---


def test_orders_before_the_cut_over_are_not_ours() -> None:
    """Created before, whatever happens to them now."""
    found = planned(an_order(), cut_over=PLACED + timedelta(seconds=1))
    assert isinstance(found, Skip)
    assert found.rule == "before_cut_over"
    assert isinstance(planned(an_order(), cut_over=PLACED), Owe)


@pytest.mark.parametrize(
    ("snapshot", "rule"),
    [
        (revised(an_order(), external_source="M-MIG"), "imported"),
        (revised(an_order(), payment_method="Test Payment Gateway"), "test_payment"),
        (with_parts(an_order(), transactions=[{"id": 1, "test": True}]), "test_payment"),
        (revised(an_order(), status_id=0, status="Incomplete"), "status"),
        (revised(an_order(), status_id=5, payment_status="void"), "cancelled"),
        (revised(an_order(), status_id=6, payment_status="declined"), "cancelled"),
        (an_order(Line("0")), "nothing_to_post"),
    ],
)
def test_what_is_not_ours_is_skipped_visibly(snapshot: OrderSnapshot, rule: str) -> None:
    """Each with the rule that says so."""
    found = planned(snapshot)
    assert isinstance(found, Skip)
    assert found.rule == rule


def test_skip_rules_are_the_mappings() -> None:
    """A sandbox may want its test orders posted."""
    mapping = a_mapping(more="[skip]\nexternal_sources = []\npayment_methods = []\ntest_transactions = false\n")
    snapshot = with_parts(
        revised(an_order(), external_source="M-MIG", payment_method="Test Payment Gateway"),
        transactions=[{"id": 1, "test": True}],
    )
    assert isinstance(planned(snapshot, mapping=mapping), Owe)


@pytest.mark.parametrize("status_id", [1, 7, 12, 13])
def test_statuses_that_do_not_post_wait(status_id: int) -> None:
    """The store's next event decides."""
    held = revised(an_order(), status_id=status_id, status="Held", payment_status="authorized")
    assert planned(held) == Wait(f"status {status_id} (Held) does not post yet")
    assert planned(revised(held, status="")) == Wait(f"status {status_id} (unnamed) does not post yet")
    paid = planned(revised(held, payment_status="captured"))
    assert isinstance(paid, Owe)
    assert not paid.more


@pytest.mark.parametrize(
    "taken",
    [
        {"payment_status": "Captured"},
        {"payment_status": "refunded"},
    ],
)
def test_a_cancelled_order_whose_money_was_taken_is_owed_and_owed_back(taken: dict[str, str]) -> None:
    """The invoice first, and more after it."""
    found = planned(revised(an_order(), status_id=5, **taken))
    assert isinstance(found, Owe)
    assert (found.step.kind, found.more) == ("invoice", True)


@pytest.mark.parametrize(
    ("transaction", "owed"),
    [
        ({"event": "purchase", "status": "ok"}, True),
        ({"event": "capture", "status": "ok"}, True),
        ({"event": "capture", "status": "error"}, False),
        ({"event": "authorization", "status": "ok"}, False),
    ],
)
def test_transactions_tell_whether_money_was_taken(transaction: dict[str, str], owed: bool) -> None:
    """Authorised only is not paid."""
    cancelled = revised(an_order(), status_id=5, payment_status="")
    found = planned(with_parts(cancelled, transactions=[{"id": 1, "amount": 5, **transaction}]))
    assert isinstance(found, Owe if owed else Skip)


PURCHASE = {"id": 1, "event": "purchase", "status": "ok", "amount": 5, "currency": "EUR"}


@pytest.mark.parametrize(
    ("transactions", "rule"),
    [
        ([{**PURCHASE, "test": True}], "test_payment"),
        ([{**PURCHASE, "test": True, "status": "error"}, PURCHASE], ""),
        ([{**PURCHASE, "test": True}, {**PURCHASE, "status": "error"}], "test_payment"),
    ],
)
def test_a_test_beside_a_real_payment_is_no_reason_to_skip(transactions: list[dict[str, Any]], rule: str) -> None:
    """Only money that moved in test mode alone makes an order a test."""
    found = planned(with_parts(an_order(), transactions=transactions))
    assert (found.rule if isinstance(found, Skip) else "") == rule


@pytest.mark.parametrize(
    ("transaction", "parked"),
    [({"currency": "USD"}, True), ({"currency": ""}, False), ({"currency": "USD", "status": "error"}, False)],
)
def test_money_in_another_currency_is_refused(transaction: dict[str, str], parked: bool) -> None:
    """The order's currency is what the shopper is charged in; anything else contradicts it."""
    found = planned(with_parts(an_order(), transactions=[PURCHASE | transaction]))
    assert (causes(found) if isinstance(found, Park) else []) == ["refused:currency"] * parked


@pytest.mark.parametrize(
    ("order", "states", "needed"),
    [
        ({}, (), True),
        ({}, ("rejected",), True),
        ({}, ("posted",), False),
        ({"status_id": 7}, (), True),
        ({"status_id": 7, "payment_status": ""}, (), True),
        ({"status_id": 7, "payment_status": "pending"}, (), False),
        ({"status_id": 0, "payment_status": ""}, (), False),
        ({"status_id": 13, "payment_status": "Partially Refunded"}, (), True),
        ({"status_id": 0}, (), False),
        ({"external_source": "M-MIG"}, (), False),
    ],
)
def test_transactions_are_asked_for_where_they_decide(
    order: dict[str, Any], states: tuple[EntryState, ...], needed: bool
) -> None:
    """About to be invoiced, by its status or its money: once per order; refunded and void orders ask in any case."""
    snapshot = revised(an_order(), **order)
    entries = [entry(state) for state in states]
    assert needs_transactions(snapshot.order, entries, a_mapping(), STORE) == needed


def test_the_transactions_of_a_posted_order_are_asked_for_once_it_costs_more() -> None:
    """Who approves an increase sees what is not paid of it; what costs as much or less is not asked about.

    What SAP refused of it was not posted, and a refund takes nothing off what the order costs.
    """
    snapshot = revised(an_order(Line("119.00")), gift_certificate_amount="20")
    known = entry("posted", snapshot)
    refund = replace(known, posting_id="acme/abc123/1000123/refund/7/1", facts=replace(known.facts, about="refund 7"))
    for total, needed in (("119.00", False), ("99.00", False), ("119.01", True)):
        order = revised(snapshot, total_inc_tax=total).order
        assert needs_transactions(order, [entry("rejected"), known, refund], a_mapping(), STORE) == needed


@pytest.mark.parametrize("status_id", [4, 14])
def test_an_order_first_seen_refunded_owes_its_invoice_first(status_id: int) -> None:
    """By captured money or by a refund record, at any status; without either a person decides."""
    seen = revised(an_order(), status_id=status_id, payment_status="")
    for evidence in (revised(seen, payment_status="refunded"), with_parts(seen, refunds=[REFUND])):
        found = planned(evidence)
        assert isinstance(found, Owe)
        assert (found.step.kind, found.more) == ("invoice", True)
    assert causes(planned(seen)) == ["decision:no_record:1000123"]


def test_an_order_refunded_without_record_is_what_a_person_chooses() -> None:
    """The invoice, and what is taken back after it; or nothing. The choice is for the order as it was shown."""
    life = Life(revised(an_order(), status_id=4, status="Refunded", payment_status=""))
    shown = life.plan()
    assert isinstance(shown, Park)
    assert shown.causes[0].choices == ("invoice", "leave")
    left = Life(life.snapshot).decide("leave").plan()
    assert left == Skip("decided", "status 4 (Refunded); leave: decided by ida")
    invoiced = life.decide("invoice").plan()
    assert isinstance(invoiced, Owe)
    assert (invoiced.step.kind, invoiced.more) == ("invoice", True)
    for changed in ({"status_id": 14}, {"total_inc_tax": "119.01", "total_tax": "19.01"}):
        assert causes(Life(life.snapshot).decide("invoice").now(**changed).plan()) == ["decision:no_record:1000123"]


def test_more_is_owed_where_payments_are_posted_or_goods_were_shipped() -> None:
    """So that the order is planned again at once."""
    taken = with_parts(an_order(), transactions=[PURCHASE])
    paying = a_mapping(more='[payments]\npost = true\n[[clearing]]\ngl_account = "113100"\n')
    sent = with_parts(an_order(), shipments=[a_shipment()])
    found = [planned(taken), planned(taken, mapping=paying), planned(sent)]
    assert [one.more for one in found if isinstance(one, Owe)] == [False, True, True]


def test_skips_say_why() -> None:
    """In a sentence, beside the rule."""
    assert planned(an_order(Line("0"))) == Skip("nothing_to_post", "the order costs nothing")
    tested = with_parts(an_order(), transactions=[{"id": 1, "test": True}])
    assert planned(tested) == Skip("test_payment", "paid by a test transaction, which moves no money")


def test_an_order_from_a_marketplace_waits_for_a_decision() -> None:
    """Nobody has said who owes the tax."""
    assert causes(planned(revised(an_order(), order_source="amazon"))) == ["marketplace:source=amazon"]


# --- means of payment of the store ---

OWN_DOCUMENT = ('language = "DE"', 'language = "DE"\ntenders = "own_document"')
PAID = {"gift_certificate_amount": "50", "store_credit_amount": "69"}


def test_an_order_paid_wholly_by_tenders_is_owed_even_at_a_total_of_nothing() -> None:
    """Whether the store's total is before or after them: something was sold."""
    before = planned(revised(an_order(), **PAID))
    after = planned(revised(an_order(), total_inc_tax="0", total_ex_tax="-19", **PAID))
    assert isinstance(before, Owe)
    assert isinstance(after, Owe)
    assert not before.more
    assert [line.amount for line in before.built.lines] == [line.amount for line in after.built.lines]


def test_tenders_may_have_a_document_of_their_own() -> None:
    """The invoice in full first; once it is posted, the second part of its step, as it was planned with the invoice."""
    snapshot, mapping = revised(an_order(), gift_certificate_amount="50"), a_mapping(OWN_DOCUMENT)
    first = planned(snapshot, mapping=mapping)
    assert isinstance(first, Owe)
    assert (first.built.gross, first.more) == (Decimal("119.00"), True)
    assert [one.about for one in (first.built.facts, *first.built.facts.following)] == ["order", "tenders"]
    invoice = entry("posted", facts=first.built.facts)
    # What was planned stays, whatever the mapping says now; only the order's address is read again.
    second = planned(snapshot, invoice, mapping=a_mapping(('gl_account = "176500"', 'gl_account = "1"')))
    assert isinstance(second, Owe)
    assert second.step.posting_id == "acme/abc123/1000123/invoice/1/2"
    assert (second.built.reference, second.built.document_type, second.more) == ("B1-1000123-1-2I", "DZ", False)
    assert posted(second.built) == [
        ("customer", "99000", "", "-50.00"),
        ("gift_certificate_used", "176500", "", "50.00"),
    ]
    both = entry("posted", posting_id=second.step.posting_id, facts=second.built.facts)
    assert isinstance(planned(snapshot, invoice, both, mapping=mapping), Settled | Park)


def test_a_later_document_belongs_beside_the_first() -> None:
    """A mapping that has moved the store to another company code does not tear an order apart."""
    snapshot = revised(an_order(), gift_certificate_amount="50")
    first = planned(snapshot, mapping=a_mapping(OWN_DOCUMENT))
    assert isinstance(first, Owe)
    invoice = entry("posted", facts=first.built.facts)
    moved = a_mapping(('company_code = "1000"', 'company_code = "2000"'))
    found = planned(snapshot, invoice, mapping=moved)
    assert causes(found) == ["decision:company_code"]
    assert isinstance(found, Park)
    assert found.causes[0].sentence == (
        "posted in company code 1000, the mapping says 2000 by now: later documents belong beside the first"
    )
    gone = a_mapping(('language = "DE"', 'language = "DE"\ncurrencies = ["USD"]'))
    assert causes(planned(snapshot, invoice, mapping=gone)) == ["company_code:store=abc123,channel=1,currency=EUR"]
    nameless = revised(snapshot, billing_address={"country_iso2": "DE"})
    assert causes(planned(nameless, invoice)) == ["refused:address"]


def test_missing_mappings_park_with_every_cause() -> None:
    """Each is what the order waits for, and what releases it."""
    mapping = a_mapping(
        ('[[accounts]]\ngl_account = "800900"\ncost_center = "4100"\n', ""),
        ('countries = ["DE"]\nrate = 19', 'countries = ["AT"]\nrate = 19'),
    )
    found = causes(planned(an_order(Line("10", categories=(99,))), mapping=mapping))
    assert found[0] == "account:category=99,company_code=1000"
    assert found[1].startswith("tax:country=DE,")
    assert all(a_mapping().cures(key) and not mapping.cures(key) for key in found)


def test_a_refused_order_parks_with_the_arithmetic() -> None:
    """For finance; an incomplete address is the store's."""
    wrong = planned(revised(an_order(), total_inc_tax="120", total_ex_tax="101"))
    assert isinstance(wrong, Park)
    assert (wrong.causes[0].key, wrong.causes[0].owner) == ("refused:reading", "finance")
    assert "119" in wrong.causes[0].sentence
    nameless = planned(revised(an_order(), billing_address={"country_iso2": "DE"}))
    assert isinstance(nameless, Park)
    assert nameless.causes[0] == Cause("refused:address", nameless.causes[0].sentence, "store")


# --- after SAP refused ---


@pytest.mark.parametrize("state", ["rejected", "failed"])
def test_the_same_content_is_tried_again_under_the_same_step(state: EntryState) -> None:
    """Nothing was committed: same identity, same reference, another attempt."""
    found = planned(an_order(), entry(state))
    assert isinstance(found, Owe)
    assert found.step == STEP
    assert content_digest(found.built.call) == entry(state).digest


@pytest.mark.parametrize("state", ["rejected", "failed"])
def test_changed_content_takes_the_next_ordinal(state: EntryState) -> None:
    """A posting id keeps its content for ever, so corrected content is another posting."""
    found = planned(an_order(Line("120.00")), entry(state))
    assert isinstance(found, Owe)
    assert found.step.posting_id == "acme/abc123/1000123/invoice/2/1"
    assert found.built.reference == "B1-1000123-2I"
    third = planned(an_order(), entry(state), entry(state, posting_id=found.step.posting_id, digest="other"))
    assert isinstance(third, Owe)
    assert third.step.ordinal == 3


def test_a_refused_order_after_a_rejection_parks() -> None:
    """The next ordinal is only for what can be built."""
    wrong = revised(an_order(), total_inc_tax="120", total_ex_tax="101")
    assert causes(planned(wrong, entry("rejected"))) == ["refused:reading"]


# --- every history ---


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(STATES), max_size=4),
    st.sampled_from(range(15)),
    st.booleans(),
    st.sampled_from(["119.00", "120.00"]),
)
def test_no_history_posts_twice(states: list[EntryState], status_id: int, archived: bool, price: str) -> None:
    """Whatever the ledger holds and the store shows: never a posting beside an open, posted or conflicting one."""
    entries = [entry(state, posting_id=f"acme/abc123/1000123/invoice/{n}/1") for n, state in enumerate(states, 1)]
    snapshot = revised(an_order(Line(price)), status_id=status_id, is_deleted=archived)
    found = planned(snapshot, *entries)
    if set(states) - {"rejected", "failed"}:
        assert not isinstance(found, Owe) or found.step.kind is not Kind.INVOICE
    if isinstance(found, Owe):
        known = {one.posting_id: one.digest for one in entries}
        assert known.get(found.step.posting_id, content_digest(found.built.call)) == content_digest(found.built.call)


# --- what makes the invoice owed ---


def on(trigger: str) -> Mapping:
    """The mapping whose invoices are owed so."""
    return a_mapping(more=f'[[triggers]]\ninvoice_on = "{trigger}"\n')


def test_captured_money_is_what_counts_and_no_status() -> None:
    """An order that awaits fulfillment is only authorised; captured later, it is owed."""
    waiting = revised(an_order(), status_id=11, status="Awaiting Fulfillment", payment_status="authorized")
    assert isinstance(planned(waiting), Owe)
    assert planned(waiting, mapping=on("captured")) == Wait("status 11 (Awaiting Fulfillment): not captured yet")
    assert isinstance(planned(revised(waiting, payment_status="captured"), mapping=on("captured")), Owe)


@pytest.mark.parametrize(("status_id", "trigger"), [(1, "paid"), (7, "paid"), (7, "captured"), (11, "captured")])
def test_an_order_whose_header_does_not_tell_is_paid_by_its_transactions(status_id: int, trigger: str) -> None:
    """It is looked at again when it is twice as old: nobody may tell of a transaction that moves nothing else."""
    silent = revised(an_order(), status_id=status_id, payment_status="")
    mapping = on(trigger)
    assert needs_transactions(silent.order, [], mapping, STORE)
    assert is_paid_unseen(silent, [entry("rejected")], mapping)
    assert not is_paid_unseen(silent, [entry("posted")], mapping)
    for age, pause in ((timedelta(minutes=1), timedelta(minutes=15)), (timedelta(hours=1), timedelta(hours=1))):
        found = planned(with_parts(silent, fetched_at=PLACED + age), mapping=mapping)
        assert isinstance(found, Wait)
        assert (found.refetch, found.again_at) == (False, PLACED + age + pause)
    assert isinstance(planned(with_parts(silent, transactions=[PURCHASE]), mapping=mapping), Owe)


def test_an_order_whose_header_tells_is_not_asked_again_whether_it_was_paid() -> None:
    """Nor one that waits for its shipment, or is never posted."""
    pending = revised(an_order(), status_id=7, payment_status="pending")
    assert planned(pending) == Wait("status 7 (Awaiting Fulfillment) does not post yet")
    assert not is_paid_unseen(pending, [], a_mapping())
    silent = revised(pending, payment_status="", status_id=11)
    assert not is_paid_unseen(silent, [], a_mapping())
    assert planned(silent, mapping=on("shipped")) == Wait("status 11 (Awaiting Fulfillment): not shipped yet")
    assert not is_paid_unseen(revised(silent, status_id=0), [], on("captured"))


@pytest.mark.parametrize("method", ["gift_certificate", "store_credit", "offline", "custom"])
def test_what_a_certificate_or_nobody_paid_makes_no_invoice_owed(method: str) -> None:
    """Of a bank transfer that was only promised the store may show a purchase: it counts where the mapping says so."""
    promised = revised(an_order(), status_id=7, payment_status="", payment_method="Bank Deposit")
    promised = with_parts(promised, transactions=[PURCHASE | {"method": method}])
    assert isinstance(planned(promised), Wait)
    counts = planned(promised, mapping=a_mapping(more='[payments]\noffline = ["bank deposit"]\n'))
    assert isinstance(counts, Owe if method in {"offline", "custom"} else Wait)
    assert is_paid_unseen(promised, [], a_mapping())
    assert not is_paid_unseen(with_parts(promised, transactions=[PURCHASE]), [], a_mapping())


@pytest.mark.parametrize(
    ("order", "transaction", "tenders", "owed"),
    [
        ({"gift_certificate_amount": "119.00"}, {}, "net", True),
        ({"gift_certificate_amount": "119.00", "total_inc_tax": "0"}, {}, "net", True),
        ({"store_credit_amount": "119.00"}, {"method": "store_credit"}, "own_document", True),
        ({"gift_certificate_amount": "119.00"}, {"event": "authorization"}, "net", False),
        ({"gift_certificate_amount": "100.00"}, {}, "net", False),
        ({"gift_certificate_amount": "119.00", "payment_status": "pending"}, {}, "net", True),
        ({"gift_certificate_amount": "119.00", "total_inc_tax": "7.00"}, {}, "net", False),
    ],
)
def test_what_certificates_and_store_credit_paid_wholly_waits_for_no_money(
    order: dict[str, Any], transaction: dict[str, Any], tenders: str, owed: bool
) -> None:
    """Nothing is left that could be captured, whether the order's total is before or after them."""
    captured = '[[triggers]]\ninvoice_on = "captured"\n'
    mapping = a_mapping(('language = "DE"', f'language = "DE"\ntenders = "{tenders}"'), more=captured)
    taken = PURCHASE | {"method": "gift_certificate", "amount": "119.00"} | transaction
    paid = with_parts(revised(an_order(), status_id=11, **{"payment_status": ""} | order), transactions=[taken])
    found = planned(paid, mapping=mapping)
    assert isinstance(found, Owe if owed else Wait)
    assert isinstance(planned(revised(paid, status_id=5), mapping=mapping), Skip)


def test_an_order_invoiced_on_shipment_waits_for_the_last_one() -> None:
    """Paid or not; what is cancelled or refunded before is owed by its money, as ever."""
    paid = revised(an_order(), status_id=11, status="Awaiting Fulfillment", payment_status="captured")
    assert planned(paid, mapping=on("shipped")) == Wait("status 11 (Awaiting Fulfillment): not shipped yet")
    partly = revised(paid, status_id=3, status="Partially Shipped", items_shipped=1)
    assert isinstance(planned(partly, mapping=on("shipped")), Wait)
    assert isinstance(planned(revised(paid, status_id=2), mapping=on("shipped")), Owe)
    assert isinstance(planned(revised(paid, status_id=5), mapping=on("shipped")), Owe)
    assert isinstance(planned(revised(paid, status_id=5, payment_status=""), mapping=on("shipped")), Skip)


def test_an_order_invoiced_at_once_needs_no_payment() -> None:
    """Awaiting payment it is owed, incomplete never; its transactions are asked for, since a test moves no money."""
    unpaid = revised(an_order(), status_id=7, payment_status="")
    assert isinstance(planned(unpaid), Wait)
    assert isinstance(planned(unpaid, mapping=on("ordered")), Owe)
    assert needs_transactions(unpaid.order, [], on("ordered"), STORE)
    pending = revised(unpaid, payment_status="pending")
    assert needs_transactions(pending.order, [], on("ordered"), STORE)
    assert not needs_transactions(pending.order, [], on("captured"), STORE)
    incomplete = revised(unpaid, status_id=0)
    assert isinstance(planned(incomplete, mapping=on("ordered")), Skip)
    assert not needs_transactions(incomplete.order, [], on("ordered"), STORE)
