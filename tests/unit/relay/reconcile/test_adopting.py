"""A document of somebody else's is proposed, decided, and followed by refunds, cancellations and edits."""

from dataclasses import replace
from datetime import timedelta

from mlconnector_relay.reconcile.adopting import ASKED, proposed, request, requested
from mlconnector_relay.reconcile.plan import Entry, Owe, Park, Settled, Skip
from mlconnector_relay.reconcile.values import Adopt, Decision
from mlconnector_relay.sap.adoption import Adoption, Place, Posted, adoption_of
from mlconnector_relay.sap.reference import Kind, StepId
from mlconnector_relay.sap.values import Refusal

from tests.support.building import built, posted
from tests.support.lives import Life, a_refund, an_item, paid_back
from tests.support.mappings import STORE, a_mapping
from tests.support.orders import PLACED, Line, an_order, revised
from tests.unit.relay.sap.test_change import a_shipment

KEY = "140000471110002026"
SKIP = Skip("before_cut_over", "created long ago")
LATE = PLACED + timedelta(days=1)
"""When orders began to be ours."""

REVERSE = 'on_cancel = "reversal"\nreversal_reason_same_period = "01"'


def standing(life: Life) -> tuple[Posted, Adoption]:
    """What stands in SAP for the order: what the relay would have posted, on another account."""
    mine = built(life.snapshot, life.mapping).facts
    nets = {Place("0000805000", "", "", "A1"): sum(line.net for line in mine.lines)}
    taxes = {"A1": sum(line.tax for line in mine.lines)}
    owed = sum(line.gross for line in mine.lines)
    found = Posted(KEY, "DR", "R 4711", "CLERK", "20260305", "20260305", "20260305", "EUR", "", owed, "", nets, taxes)
    made = adoption_of(mine, found)
    assert isinstance(made, Adoption)
    return found, made


def asked_for(life: Life) -> Adopt | Park | Skip:
    """Propose the document."""
    life.store = replace(STORE, cut_over=LATE)
    found, made = standing(life)
    return proposed(life.snapshot, life.store, found, made, life.decisions, SKIP)


def decided(life: Life, choice: str) -> Adopt | Park | Skip:
    """Choose for what is proposed."""
    found = asked_for(life)
    assert isinstance(found, Park), found
    [cause] = found.causes
    life.decisions.append(Decision(cause.key, cause.proposal, choice, "ida"))
    return asked_for(life)


def adopted() -> Life:
    """An order of two lamps whose document was adopted."""
    life = Life(an_order(Line("59.50", 2)))
    adopt = decided(life, "adopt")
    assert isinstance(adopt, Adopt)
    step = StepId("acme", "abc123", 1000123, Kind.INVOICE)
    digest, modified = life.snapshot.digest(), life.snapshot.order.date_modified
    gross = built(life.snapshot, life.mapping).gross
    entry = Entry(step.posting_id, "posted", "d", gross, "EUR", KEY, digest, modified, adopt.facts)
    life.entries.append(entry)
    return life


def test_a_wish_names_its_document() -> None:
    """Several may be asked for; the order of the wishes is kept."""
    one, other = request(7, KEY), request(7, "140000471210002026")
    assert one.key == f"{ASKED}7/{KEY}"
    assert requested(["decision:edit:7", one.key, other.key]) == [KEY, "140000471210002026"]
    assert one.proposal != other.proposal
    assert one.choices == ("propose",)


def test_a_document_is_shown_before_it_is_taken_over() -> None:
    """Line by line, and what would follow at once: somebody may have booked that by hand."""
    life = Life(an_order(Line("119.00"))).parts(refunds=[a_refund(7, "59.50", "9.50")])
    life.now(status_id=5, status="Cancelled")
    found = asked_for(life)
    assert isinstance(found, Park)
    [cause] = found.causes
    assert (cause.key, cause.choices) == ("decision:adopt:1000123", ("adopt", "leave"))
    assert cause.sentence.startswith("document 1400004711 of company code 1000, fiscal year 2026; DR of 2026-03-05")
    assert "account 805000 A1: 100.00 in SAP, 0.00 by the relay; refund 7 of 59.50 would" in cause.sentence
    assert "refund 7 of 59.50 would then be posted; the order is Cancelled: what is left" in cause.sentence
    assert cause.sentence.endswith("what is left of it would then be taken back; decide")
    assert isinstance(decided(life, "adopt"), Adopt)
    assert isinstance(asked_for(life.now(staff_notes="edited meanwhile", status_id=11)), Park)


def test_a_cancelled_order_is_called_so_where_the_store_has_no_word_for_it() -> None:
    """The status itself is a number."""
    found = asked_for(Life(an_order(Line("119.00"))).now(status_id=5, status=""))
    assert isinstance(found, Park)
    assert "the order is cancelled: what is left of it would" in found.causes[0].sentence


def test_what_was_decided_counts_for_the_order_and_the_lines_that_were_shown() -> None:
    """Whatever of them is another, the sentence may be the same."""
    life = Life(an_order(Line("119.00")))
    life.store = replace(STORE, cut_over=LATE)
    found, made = standing(life)
    edited = revised(life.snapshot, subtotal_tax="18.99")
    other = Adoption(replace(made.facts, lines=made.facts.lines[:0]), made.told)
    shown = [
        proposed(snapshot, life.store, found, adoption, (), SKIP)
        for snapshot, adoption in ((life.snapshot, made), (edited, made), (life.snapshot, other))
    ]
    causes = [plan.causes[0] for plan in shown if isinstance(plan, Park)]
    assert (len({cause.sentence for cause in causes}), len({cause.proposal for cause in causes})) == (1, 3)


def test_what_does_not_fit_or_was_left_stays_skipped() -> None:
    """With the reason; nothing waits for anybody then."""
    life = Life(an_order(Line("119.00")))
    found, _ = standing(life)
    plan = proposed(life.snapshot, STORE, found, Refusal("adopt", "it is in USD, the order in EUR"), (), SKIP)
    named = "document 1400004711 of company code 1000, fiscal year 2026 is not adopted: "
    assert plan == Skip("before_cut_over", f"created long ago; {named}it is in USD, the order in EUR")
    assert decided(life, "leave") == Skip("before_cut_over", f"created long ago; {named}leave: decided by ida")
    early = a_refund(3, "10.00", "0.00", created=PLACED.isoformat())
    kept = asked_for(Life(an_order(Line("119.00"))).parts(refunds=[early]))
    assert isinstance(kept, Skip)
    assert "refund 3 is from before the cut-over, too" in kept.sentence
    since = a_refund(3, "10.00", "0.00", created=LATE.isoformat())
    assert isinstance(asked_for(Life(an_order(Line("119.00"))).parts(refunds=[since])), Park)


def test_refunds_are_taken_off_the_adopted_document() -> None:
    """As a credit memo on its accounts, built on its key and its own reference; the last piece takes the rest."""
    life = adopted()
    assert isinstance(life.plan(), Settled)
    for number in (7, 8):
        piece = an_item("PRODUCT", 61, "59.50", 1)
        known = life.snapshot.model_dump()["refunds"]
        life.parts(refunds=[*known, a_refund(number, "59.50", "9.50", piece)]).now(status_id=14)
        owed = life.plan()
        assert isinstance(owed, Owe)
        memo = life.post()
        assert (memo.reference, memo.document_type) == (f"B1-1000123-{number}R", "DG")
        assert ("product", "805000", "A1", "50.00") in posted(memo)
        assert memo.facts.adopted is None
    assert isinstance(life.plan(), Settled)
    assert life.owed_by_customer == -119


def test_a_cancellation_is_a_credit_memo_whatever_the_mapping_says() -> None:
    """Reversing what others posted is for them."""
    life = adopted()
    life.mapping = a_mapping(('language = "DE"', f'language = "DE"\n{REVERSE}'))
    memo = life.now(status_id=5).post()
    assert (memo.document_type, str(memo.gross)) == ("DG", "-119.00")
    assert any("was posted by somebody else" in decision for decision in memo.decisions)


def test_an_edit_is_proposed_beside_it() -> None:
    """As for any invoice."""
    life = adopted()
    assert isinstance(life.parts(products=an_order(Line("59.50", 3)).model_dump()["products"]).plan(), Park)


def test_what_others_wrote_or_booked_before_is_left_alone() -> None:
    """No field of the document is changed for a shipment, no payment from before the cut-over is posted."""
    clearing = '[payments]\npost = true\n[[clearing]]\ngl_account = "113100"\n[shipments]\ntext_id = "0001"\n'
    life = adopted()
    life.mapping = a_mapping(more=clearing)
    bought = paid_back("119.00", event="purchase", id=1, date_created=PLACED.isoformat())
    given = paid_back("59.50", id=2, date_created=(LATE + timedelta(days=1)).isoformat())
    life.parts(shipments=[a_shipment(3)], transactions=[bought, given])
    owed = life.plan()
    assert isinstance(owed, Owe)
    assert owed.step.posting_id.endswith("/payment/2/1")
    life.post()
    assert isinstance(life.plan(), Settled)
    life.parts(transactions=[{**bought, "date_created": None}, given])
    assert isinstance(life.plan(), Owe)
