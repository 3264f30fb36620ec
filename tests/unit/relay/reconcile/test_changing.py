"""Which change an order owes its invoice, under which step, and when it owes none."""

from datetime import timedelta

import pytest
from mlconnector_relay.reconcile.changing import owed_change
from mlconnector_relay.reconcile.plan import Owe, Park, Settled, Wait
from mlconnector_relay.sap.frozen import NO_BLOCKS

from tests.support.lives import Life, a_refund, an_item, entry_of
from tests.support.mappings import STORE, a_mapping
from tests.support.orders import PLACED, Charge, an_order
from tests.unit.relay.sap.test_change import a_shipment

RULES = '[shipments]\npayment_block = "B"\nfields = { XREF3 = "{tracking}" }\ntext_id = "0001"\n'


@pytest.fixture
def life() -> Life:
    """An unpaid order under rules for every means, with its invoice posted."""
    life = Life(an_order(), a_mapping(more=RULES)).now(payment_status="")
    life.post()
    assert isinstance(life.plan(), Settled)
    return life


def test_each_shipment_is_told_once_by_every_means(life: Life) -> None:
    """Under the shipment's id; whatever callbacks come again."""
    life.now(status_id=2, items_shipped=1).parts(shipments=[a_shipment()])
    assert isinstance(life.settle(), Settled)
    assert [entry.posting_id for entry in life.entries[1:]] == [
        f"acme/abc123/1000123/shipment/77/{part}" for part in (1, 2, 3)
    ]
    assert [entry.facts.about.split()[0] for entry in life.entries[1:]] == ["release", "fields", "text"]
    assert isinstance(life.plan(), Settled)


def test_a_correction_and_a_deletion_are_told_again(life: Life) -> None:
    """Of what is there; of an order whose last shipment is deleted nothing is told, and its block stays released."""
    life.now(status_id=2, items_shipped=1).parts(shipments=[a_shipment(), a_shipment(78, "SECOND")])
    life.settle()
    life.parts(shipments=[a_shipment(tracking="CORRECTED"), a_shipment(78, "SECOND")])
    text = life.post()
    assert (life.entries[-1].posting_id[-4:], text.facts.about[:4]) == ("78/4", "text")
    life.parts(shipments=[a_shipment(tracking="CORRECTED")])
    fields, text = life.post(), life.post()
    assert fields.call.parameters["T_ACCCHG"] == [{"FDNAME": "XREF3", "NEWVAL": "CORRECTED"}]
    assert (text.facts.about[:4], life.entries[-1].posting_id[-4:]) == ("text", "77/2")
    life.parts(shipments=[a_shipment(tracking="CORRECTED"), a_shipment(78, "SECOND")])
    assert [life.post().facts.about.split()[0] for _ in range(2)] == ["fields", "text"]
    life.parts(shipments=[]).now(status_id=3, items_shipped=0)
    assert isinstance(life.plan(), Settled)


def test_a_pickup_has_no_shipment() -> None:
    """Its block is released by the order's completion."""
    life = Life(an_order(), a_mapping(more=RULES)).now(payment_status="")
    life.post()
    life.now(status_id=10)
    assert life.post().facts.about.startswith("release")
    assert life.entries[-1].posting_id.endswith("/completion/1/1")
    assert isinstance(life.plan(), Settled)


def test_what_sap_refused_is_tried_again_and_holds_up_no_document(life: Life) -> None:
    """Under its step while it is the same; a credit memo goes first."""
    life.now(status_id=2, items_shipped=1).parts(shipments=[a_shipment()])
    owed = life.plan()
    assert isinstance(owed, Owe)
    life.entries.append(entry_of(owed, life.snapshot, 0, "rejected"))
    again = life.plan()
    assert isinstance(again, Owe)
    assert (again.step, again.more) == (owed.step, True)

    life.parts(refunds=[a_refund(12, "119.00", "19.00", an_item("PRODUCT", 61, "119.00", 1))])
    assert life.post().reference == "B1-1000123-12R"
    assert life.post().facts.about.startswith("release")


def test_changes_are_made_while_something_else_waits(life: Life) -> None:
    """A refund that is not paid back yet keeps no block."""
    payment = [{"id": 1, "provider_id": "stripe", "amount": "119.00", "offline": False, "is_declined": False}]
    refund = a_refund(12, "119.00", "19.00", an_item("PRODUCT", 61, "119.00", 1), payments=payment)
    life.now(status_id=2, items_shipped=1).parts(refunds=[refund]).later(minutes=1)
    assert life.post().facts.about.startswith("release")
    assert isinstance(life.settle(), Wait)


def test_a_change_that_cannot_be_made_hides_nothing_else(life: Life) -> None:
    """What waits for a person is listed beside it, and a refund that waits for its payment is asked about again."""
    unnamed = a_shipment(10**14)
    life.now(status_id=2, items_shipped=1).parts(shipments=[unnamed])
    assert life.causes() == ["refused:reference"]

    refund = a_refund(12, "9.00", "0", an_item("ORDER", 1000123, "9.00"))
    life.parts(refunds=[refund])
    assert life.causes() == ["decision:refund_order:1000123/12", "refused:reference"]

    payment = [{"id": 1, "provider_id": "stripe", "amount": "9.00", "offline": False, "is_declined": False}]
    life.parts(refunds=[refund | {"payments": payment}]).later(minutes=20)
    found = life.plan()
    assert isinstance(found, Park)
    assert [cause.key for cause in found.causes] == ["refused:reference"]
    assert found.again_at == life.snapshot.fetched_at + timedelta(minutes=5)


def test_an_order_shipped_before_it_is_posted_is_looked_at_again() -> None:
    """No block then; the shipment is told after the invoice."""
    life = Life(an_order(), a_mapping(more=RULES)).now(payment_status="", status_id=2, items_shipped=1)
    life.parts(shipments=[a_shipment()])
    first = life.plan()
    assert isinstance(first, Owe)
    assert (first.more, life.post().facts.blocks) == (True, NO_BLOCKS)
    assert isinstance(life.settle(), Settled)
    assert [entry.facts.about.split()[0] for entry in life.entries[1:]] == ["fields", "text"]


def test_a_deleted_shipment_never_blocks_again() -> None:
    """Not even where an edit posts the order anew; the new document is the one that is changed later."""
    on_edit = ('language = "DE"', 'language = "DE"\non_edit = "reverse_and_repost"')
    life = Life(an_order(), a_mapping(on_edit, more=RULES)).now(payment_status="")
    life.post()
    life.now(status_id=2, items_shipped=1).parts(shipments=[a_shipment()]).settle()
    edited = an_order(shipping=Charge("5.95"), order={"payment_status": ""})
    life.snapshot = edited
    life.now(date_modified=PLACED.replace(day=6))
    reversal, repost = life.post(), life.post()
    assert (reversal.facts.blocks, repost.facts.blocks) == (NO_BLOCKS, NO_BLOCKS)
    assert "PMNT_BLOCK" not in repost.call.parameters["ACCOUNTRECEIVABLE"][0]

    life.parts(shipments=[a_shipment(79, "NEW")])
    assert life.post().call.parameters["I_BELNR"] == life.entries[-2].object_key[:10]


def test_a_reposted_order_is_blocked_while_nothing_was_released() -> None:
    """It waits for its shipment like the first one."""
    on_edit = ('language = "DE"', 'language = "DE"\non_edit = "reverse_and_repost"')
    life = Life(an_order(), a_mapping(on_edit, more=RULES)).now(payment_status="")
    life.post()
    life.snapshot = an_order(shipping=Charge("5.95"), order={"payment_status": ""})
    life.now(date_modified=PLACED.replace(day=6))
    life.post()
    assert life.post().facts.blocks.payment == "B"
    life.now(status_id=2, items_shipped=1)
    assert life.post().call.parameters["I_BELNR"] == life.entries[2].object_key[:10]
    assert isinstance(life.plan(), Settled)


def test_a_release_that_sap_refused_has_released_nothing() -> None:
    """An order that is posted anew waits for its next shipment, blocked."""
    on_edit = ('language = "DE"', 'language = "DE"\non_edit = "reverse_and_repost"')
    life = Life(an_order(), a_mapping(on_edit, more=RULES)).now(payment_status="")
    life.post()
    life.now(status_id=2, items_shipped=1).parts(shipments=[a_shipment()])
    owed = life.plan()
    assert isinstance(owed, Owe)
    life.entries.append(entry_of(owed, life.snapshot, 0, "rejected"))
    life.snapshot = an_order(shipping=Charge("5.95"), order={"payment_status": ""})
    life.now(date_modified=PLACED.replace(day=6)).post()
    assert life.post().facts.blocks.payment == "B"


def test_a_change_is_no_document_that_keeps_the_invoice_from_its_reversal() -> None:
    """Only the invoice is taken back, whatever was changed in it."""
    on_cancel = ('language = "DE"', 'language = "DE"\non_cancel = "reversal"')
    life = Life(an_order(), a_mapping(on_cancel, more=RULES)).now(payment_status="")
    life.post()
    life.now(status_id=10).post()
    assert life.now(status_id=5).post().call.function == "BAPI_ACC_DOCUMENT_REV_POST"


def test_what_a_cancellation_took_back_is_not_changed() -> None:
    """The invoice may be reversed by now; a person decides about the order."""
    life = Life(an_order(), a_mapping(more=RULES)).now(payment_status="")
    life.post()
    life.now(status_id=5).post()
    life.now(status_id=2, items_shipped=1).parts(shipments=[a_shipment()])
    assert life.causes() == ["decision:reinstated:1000123"]


def test_nothing_is_owed_before_anything_is_posted() -> None:
    """There is no document to change."""
    snapshot = Life(an_order()).now(status_id=2).parts(shipments=[a_shipment()]).snapshot
    assert owed_change(snapshot, [], a_mapping(more=RULES), STORE) is None
