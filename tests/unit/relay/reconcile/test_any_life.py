"""Random carts and random lives: whatever comes in whatever order, the books end at what is owed, and stay there.

Edits, refunds of what was edited or of tax alone, paid back, declined, declined later or in part, cancellations that
are withdrawn, archiving, shipments, payments that show late, every trigger, closed periods, decisions of one or two
people, orders mapped anew and mappings that change in between; stale answers and refusals of SAP. The model is whole
cents: what the store charges, what the books took over of it, how much of which refund they know.
"""

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from mlconnector_relay.reconcile.plan import Decision, Owe, Park, Plan, Settled, Skip, Wait, plan
from mlconnector_relay.reconcile.posted import posted_documents
from mlconnector_relay.reconcile.remapping import cannot_be_mapped_anew, request
from mlconnector_relay.reconcile.settlement import Payback, paybacks
from mlconnector_relay.sap.change import CHANGE
from mlconnector_relay.sap.edit import REPOST, REVERSAL, SUPPLEMENT
from mlconnector_relay.sap.facts import Books
from mlconnector_relay.sap.reference import Kind
from mlconnector_relay.sap.remaining import CANCELLATION, REINSTATED, REMAP_REPOST, REMAP_REVERSAL

from tests.support.lives import Life, a_refund, an_item, entry_of, paid_back
from tests.support.mappings import STORE, a_mapping
from tests.support.orders import PLACED, Charge, Line, an_order
from tests.unit.relay.sap.test_change import a_shipment
from tests.unit.relay.sap.test_deferral import ACCOUNT

LIVES = int(os.environ.get("MLCONNECTOR_LIVES", "400"))
CALLBACKS = st.sampled_from((0, 1, 1, 2))
NOW = datetime(2026, 5, 20, tzinfo=UTC)
SHIPPING = 595
GOODWILL = 'goodwill = { gl_account = "889000", cost_center = "4900" }'
DEFERRED = f'revenue = "deferred"\n{ACCOUNT}'
PAYMENTS = '[payments]\npost = true\n\n[[clearing]]\ngl_account = "113100"\n'
SHOWN = '[shipments]\npayment_block = "B"\nfields = { XREF3 = "{tracking}" }\n'
OTHERS = ('gl_account = "800000"', 'gl_account = "800777"')


def ruled(*options: str, more: str = "", moved: bool = False) -> Any:
    """Write a mapping with options of its company code, perhaps with another revenue account."""
    text = "\n".join(('language = "DE"', GOODWILL, *options))
    return a_mapping(('language = "DE"', text), *([OTHERS] if moved else []), more=more)


MAPPINGS = (
    ruled(),
    ruled('on_edit = "supplement"'),
    ruled('on_edit = "reverse_and_repost"', 'discounts = "own_account"', moved=True),
    ruled('on_edit = "supplement"', 'on_cancel = "reversal"', 'closed_period = "next_open"'),
    ruled(DEFERRED, 'on_edit = "supplement"', 'credit_memo_rate = "original"', moved=True),
    ruled(DEFERRED, 'on_edit = "reverse_and_repost"', 'closed_period = "next_open"'),
    ruled('on_edit = "supplement"', "sum_lines = true", more=PAYMENTS),
    ruled(more=SHOWN + PAYMENTS),
    ruled('order_level_refund = "goodwill"', moved=True),
    ruled('on_edit = "supplement"', more='[[triggers]]\ninvoice_on = "captured"\n'),
    ruled(DEFERRED, more='[[triggers]]\ninvoice_on = "shipped"\n'),
    ruled('on_edit = "supplement"', more='[[triggers]]\ninvoice_on = "ordered"\n', moved=True),
)
POSTING_PAYMENTS = MAPPINGS[6:8]
QUIET = (*MAPPINGS[:6], *MAPPINGS[8:])
KNOWN = ("decision:", "period:", "refund:unsettled:")
"""Why an order may wait for somebody; any other cause, a refusal for one, is a defect."""


@dataclass
class Sold:
    """A line: cents and pieces."""

    price: int
    pieces: int
    rate: str
    sent: int = 0
    given: int = 0
    known: int = 0

    @property
    def free(self) -> int:
        """Pieces that nobody gave back, whether the books know of them or not."""
        return self.pieces - self.given

    def tax(self, pieces: int) -> int:
        """The tax in so many pieces, of what the store charges for the line."""
        rate = int(self.rate)
        whole = (2 * self.price * self.pieces * rate + 100 + rate) // (2 * (100 + rate))
        return (2 * whole * pieces + self.pieces) // (2 * self.pieces)


@dataclass
class GivenBack:
    """A refund: cents, how much of it is paid back apart from the rest, and how it stands."""

    shown: dict[str, Any]
    amount: int
    online: bool
    paid: bool
    apart: int = 0
    declined: bool = False

    @property
    def counts(self) -> int:
        """Cents that were not declined."""
        return sum(cents(one["amount"]) for one in self.shown["payments"] if not one["is_declined"])


class AnyLife(RuleBasedStateMachine):
    """An order, what the store shows of it, and what the books have of it."""

    @initialize(
        lines=st.lists(
            st.builds(Sold, st.integers(100, 20000), st.integers(1, 4), st.sampled_from(("19", "7", "0"))),
            min_size=1,
            max_size=3,
        ),
        index=st.integers(0, len(MAPPINGS) - 1),
        paid=st.sampled_from((True, True, True, False)),
        four_eyes=st.booleans(),
    )
    def sell(self, lines: list[Sold], index: int, paid: bool, four_eyes: bool) -> None:
        self.lines = [replace(line) for line in lines]
        self.status, self.archived, self.clock, self.modified = 7, False, 0, 0
        self.money: list[dict[str, Any]] = []
        self.unseen: list[dict[str, Any]] = []
        self.payment_status, self.shifted, self.whole = "", False, False
        self.four_eyes, self.to_confirm = four_eyes, list[Decision]()
        self.shipments: list[dict[str, Any]] = []
        self.refunds: dict[int, GivenBack] = {}
        self.accepted, self.taken, self.credited = 0, False, dict[int, int]()
        self.months = set[str]()
        self.closed: dict[tuple[str, str], str] = {}
        self.history: list[Any] = []
        self.life = Life(mapping=MAPPINGS[index])
        self.show()
        if paid:
            self.pay(parts=1, seen=True, told=True, callbacks=1)

    # --- the store ---

    @property
    def value(self) -> int:
        return sum(line.price * line.pieces for line in self.lines) + SHIPPING

    def show(self, callbacks: int = 0, *, modified: bool = True) -> None:
        """Show the order as it is now, and tell of it so many times: not at all, once, or doubled."""
        self.clock += 1
        self.modified += modified
        lines = [
            Line(money(one.price), one.pieces, one.rate, product_id=111 + place) for place, one in enumerate(self.lines)
        ]
        self.life.snapshot = an_order(*lines, shipping=Charge(money(SHIPPING)))
        products = [
            one.model_dump() | {"quantity_shipped": line.sent, "quantity_refunded": line.given}
            for one, line in zip(self.life.snapshot.products, self.lines, strict=True)
        ]
        self.life.now(
            status_id=self.status,
            payment_status=self.payment_status,
            items_shipped=sum(line.sent for line in self.lines),
            is_deleted=self.archived,
            date_modified=PLACED + timedelta(minutes=self.modified),
        ).parts(
            products=products,
            refunds=[one.shown for one in self.refunds.values()],
            transactions=self.money,
            shipments=self.shipments,
            fetched_at=PLACED + timedelta(days=2, minutes=self.clock),
        )
        self.history.append(self.life.snapshot)
        for _ in range(callbacks):
            self.settle()

    @precondition(lambda self: not self.is_paid and self.status == 7)
    @rule(parts=st.integers(1, 2), seen=st.booleans(), told=st.booleans(), callbacks=CALLBACKS)
    def pay(self, parts: int, seen: bool, told: bool, callbacks: int) -> None:
        """At once or in two parts; the header tells, or only the transactions, or only the status until these show."""
        first = self.value // parts
        for number, amount in enumerate((first, self.value - first), 800):
            if amount:
                self.unseen.append(paid_back(money(amount), number, event="capture"))
        if seen:
            self.money, self.unseen = self.unseen, []
        self.payment_status = "captured" if seen and told else ""
        self.status = 11 if told else 7
        self.show(callbacks)

    @property
    def is_paid(self) -> bool:
        return bool(self.money or self.unseen)

    @precondition(lambda self: self.unseen)
    @rule(callbacks=CALLBACKS)
    def show_the_payment(self, callbacks: int) -> None:
        """Its transactions come to light, which moves nothing else."""
        self.money, self.unseen = [*self.unseen, *self.money], []
        self.show(callbacks, modified=False)

    @precondition(lambda self: self.status in {11, 3, 14} and not self.shifted)
    @rule(data=st.data(), callbacks=CALLBACKS)
    def edit(self, data: st.DataObject, callbacks: int) -> None:
        """More or fewer pieces, a higher price, another line; not of what was sent or given back."""
        line = data.draw(st.sampled_from(self.lines))
        how = data.draw(st.sampled_from(("pieces", "price", "line")))
        if how == "line" and len(self.lines) < 4:
            self.lines.append(Sold(data.draw(st.integers(100, 20000)), 1, data.draw(st.sampled_from(("19", "7")))))
        elif how == "price" and not line.given:
            line.price += data.draw(st.integers(1, 5000))
        else:
            least = max(line.sent + line.given, line.known if line.given else 1)
            line.pieces = data.draw(st.integers(least, max(least, 8)))
        self.show(callbacks)

    @precondition(lambda self: self.is_paid and not self.shifted and any(line.free > 0 for line in self.lines))
    @rule(
        data=st.data(),
        online=st.booleans(),
        carried_out=st.booleans(),
        apart=st.sampled_from((0, 0, 0, 40)),
        callbacks=CALLBACKS,
    )
    def refund(self, data: st.DataObject, online: bool, carried_out: bool, apart: int, callbacks: int) -> None:
        """Pieces at the price of today, by one payment or by two."""
        place = data.draw(st.sampled_from([place for place, line in enumerate(self.lines) if line.free > 0]))
        line = self.lines[place]
        pieces = data.draw(st.integers(1, line.free))
        amount = line.price * pieces
        tax = line.tax(line.given + pieces) - line.tax(line.given)
        line.given += pieces
        self.give_back(amount, tax, an_item("PRODUCT", 61 + place, money(amount), pieces), online=online, apart=apart)
        if online and carried_out:
            self.paid_back(len(self.refunds))
        self.show(callbacks)

    @precondition(lambda self: self.is_paid and not self.shifted and any(self.taxed()))
    @rule(data=st.data(), callbacks=CALLBACKS)
    def refund_tax(self, data: st.DataObject, callbacks: int) -> None:
        """Of a line or of pieces of it, whose tax code was wrong."""
        line = data.draw(st.sampled_from(self.taxed()))
        tax = line.tax(data.draw(st.integers(1, line.pieces)))
        self.shifted = True
        self.give_back(tax, tax, online=False)
        self.show(callbacks)

    def taxed(self) -> list[Sold]:
        return [line for line in self.lines if line.tax(1) and line.known == line.pieces and not line.given]

    @precondition(lambda self: self.is_paid and self.accepted and not self.taken and not self.whole)
    @rule(amount=st.integers(1, 90), callbacks=CALLBACKS)
    def refund_the_order(self, amount: int, callbacks: int) -> None:
        """A little of the whole, which a person or the mapping makes something of."""
        self.whole = True
        self.give_back(amount, 0, an_item("ORDER", 1000123, money(amount)), online=False)
        self.show(callbacks)

    def give_back(self, amount: int, tax: int, *items: Any, online: bool, apart: int = 0) -> None:
        number = len(self.refunds) + 1
        apart = min(apart, amount - 1)
        payments = [
            {
                "id": 10 * number + place,
                "provider_id": "stripe",
                "amount": money(part),
                "offline": not online,
                "is_declined": False,
                "transaction_id": str(500 + 10 * number + place),
            }
            for place, part in enumerate((amount - apart, apart))
            if part
        ]
        shown = a_refund(number, money(amount), money(tax), *items, payments=payments)
        self.refunds[number] = GivenBack(shown, amount, online, not online, apart)
        if self.status not in {5, 6}:
            self.status = 4 if all(line.given == line.pieces for line in self.lines) else 14

    def undecided(self) -> list[int]:
        return [number for number, one in self.refunds.items() if one.online and not one.paid and not one.declined]

    @precondition(lambda self: self.undecided())
    @rule(data=st.data(), callbacks=CALLBACKS)
    def carry_out(self, data: st.DataObject, callbacks: int) -> None:
        self.paid_back(data.draw(st.sampled_from(self.undecided())))
        self.show(callbacks)

    def paid_back(self, number: int) -> None:
        self.refunds[number].paid = True
        for one in self.refunds[number].shown["payments"]:
            if not one["is_declined"]:
                self.money.append(paid_back(one["amount"], int(one["transaction_id"])))

    @precondition(lambda self: any(one.online and not one.declined for one in self.refunds.values()))
    @rule(data=st.data(), callbacks=CALLBACKS)
    def decline(self, data: st.DataObject, callbacks: int) -> None:
        """At once, or after it was carried out."""
        open_ = [number for number, one in self.refunds.items() if one.online and not one.declined]
        one = self.refunds[data.draw(st.sampled_from(open_))]
        one.declined = True
        for payment in one.shown["payments"]:
            payment["is_declined"] = True
        self.show(callbacks)

    @precondition(lambda self: any(one.apart and one.counts == one.amount for one in self.refunds.values()))
    @rule(data=st.data(), callbacks=CALLBACKS)
    def decline_a_part(self, data: st.DataObject, callbacks: int) -> None:
        """At once, after the rest was carried out, or after both were."""
        open_ = [number for number, one in self.refunds.items() if one.apart and one.counts == one.amount]
        self.refunds[data.draw(st.sampled_from(open_))].shown["payments"][1]["is_declined"] = True
        self.show(callbacks)

    @precondition(lambda self: self.status in {11, 3, 14} and any(one.sent < one.pieces for one in self.lines))
    @rule(data=st.data(), callbacks=CALLBACKS)
    def ship(self, data: st.DataObject, callbacks: int) -> None:
        place = data.draw(st.sampled_from([at for at, one in enumerate(self.lines) if one.sent < one.pieces]))
        line = self.lines[place]
        pieces = data.draw(st.integers(1, line.pieces - line.sent))
        line.sent += pieces
        items = [{"order_product_id": 61 + place, "quantity": pieces}]
        self.shipments.append(a_shipment(77 + len(self.shipments), f"JJD{self.clock}", items=items))
        self.status = 3 if self.status == 11 else self.status
        self.show(callbacks)

    @precondition(lambda self: self.status not in {5, 6})
    @rule(status=st.sampled_from((5, 6)), callbacks=CALLBACKS)
    def cancel(self, status: int, callbacks: int) -> None:
        self.status = status
        self.show(callbacks)

    @precondition(lambda self: self.status in {5, 6} and self.is_paid)
    @rule(callbacks=CALLBACKS)
    def withdraw_the_cancellation(self, callbacks: int) -> None:
        self.status = 3 if self.shipments else 11
        self.show(callbacks)

    @precondition(lambda self: self.status == 11)
    @rule(callbacks=CALLBACKS)
    def say_refunded(self, callbacks: int) -> None:
        """The status alone, without a record."""
        self.status = 4
        self.show(callbacks)

    @rule(callbacks=CALLBACKS)
    def archive(self, callbacks: int) -> None:
        """Archived, or no longer."""
        self.archived = not self.archived
        self.show(callbacks)

    # --- the relay, the people, SAP ---

    @rule(index=st.integers(0, len(MAPPINGS) - 1))
    def another_mapping(self, index: int) -> None:
        self.life.mapping = MAPPINGS[index]

    @precondition(lambda self: not cannot_be_mapped_anew(posted_documents(self.life.entries)))
    @rule(index=st.integers(0, len(MAPPINGS) - 1))
    def ask_for_another_mapping(self, index: int) -> None:
        """As `orders remap` does, where it may."""
        self.life.mapping = MAPPINGS[index]
        cause = request(1000123, posted_documents(self.life.entries))
        self.life.decisions.append(Decision(cause.key, cause.proposal, "propose", "ida"))

    @rule(month=st.sampled_from(("202603", "202604")))
    def close(self, month: str) -> None:
        self.months.add(month)

    @precondition(lambda self: self.months)
    @rule()
    def open(self) -> None:
        self.months.clear()
        self.closed.clear()

    @rule()
    def look(self) -> None:
        found = self.plan()
        if isinstance(found, Owe):
            self.post(found)

    @rule(reason=st.sampled_from(("sap:F5 308", "sap:F5 351")))
    def refuse(self, reason: str) -> None:
        """SAP refuses what is owed, a reversal perhaps for good."""
        found = self.plan()
        if isinstance(found, Owe):
            self.keep(replace(entry_of(found, self.life.snapshot, 0, "rejected"), reason=reason))

    @precondition(lambda self: len(self.history) > 1)
    @rule(data=st.data())
    def answer_late(self, data: st.DataObject) -> None:
        """An answer older than what was posted from makes nothing owed."""
        old = data.draw(st.sampled_from(self.history[:-1]))
        known = max((one.date_modified for one in self.life.entries), default=None)
        if known is not None and old.order.date_modified < known:
            found = plan(old, self.life.entries, self.life.mapping, self.life.store, self.life.decisions)
            assert isinstance(found, Wait)
            assert found.refetch

    @rule(data=st.data())
    def decide(self, data: st.DataObject) -> None:
        """A person chooses for what the order waits for, and it is planned at once."""
        found = self.settled()
        if isinstance(found, Park):
            cause = next((one for one in found.causes if one.choices), None)
            if cause is not None:
                choice = data.draw(st.sampled_from(cause.choices))
                made = Decision(cause.key, cause.proposal, choice, "ida")
                (self.to_confirm if self.four_eyes else self.life.decisions).append(made)
        self.settle()

    @precondition(lambda self: self.to_confirm)
    @rule()
    def confirm(self) -> None:
        """Another person agrees, whatever the order has become since."""
        self.life.decisions.append(replace(self.to_confirm.pop(0), confirmed_by="otto"))
        self.settle()

    @rule()
    def settle(self) -> None:
        """Nothing more is owed, the books are what the model says, and doing everything again changes nothing."""
        found = self.settled()
        self.compare(found)
        count = len(self.life.documents)
        assert type(self.settled()) is type(found)
        if isinstance(found, Settled) and not was_left(found):
            for mapping in QUIET:
                again = plan(self.life.snapshot, self.life.entries, mapping, self.life.store, self.life.decisions)
                assert not isinstance(again, Owe), again.built.facts.about
        assert len(self.life.documents) == count

    def plan(self) -> Plan:
        self.life.store = replace(STORE, books=Books(NOW, dict(self.closed)))
        return self.life.plan()

    def settled(self) -> Plan:
        for _ in range(80):
            found = self.plan()
            if not isinstance(found, Owe):
                return found
            self.post(found)
        raise AssertionError("it never ends")

    def post(self, owed: Owe) -> None:
        """Let SAP take a document, unless its period is closed."""
        facts, step = owed.built.facts, owed.step
        if facts.posting_day[:6] in self.months and facts.document_type != CHANGE:
            self.closed[facts.company_code, facts.posting_day] = f"0{facts.posting_day[4:6]}/2026"
            self.keep(replace(entry_of(owed, self.life.snapshot, 0, "rejected"), reason="sap:F5 201"))
            return
        self.keep(entry_of(owed, self.life.snapshot, 1800000000 + len(self.life.documents)))
        self.life.documents.append(owed.built)
        if step.part == 1 and facts.about in {"order", SUPPLEMENT, REPOST, REINSTATED, REMAP_REPOST}:
            self.accepted, self.taken = self.value, False
            for line in self.lines:
                line.known = line.pieces
        elif facts.about in {REVERSAL, REMAP_REVERSAL}:
            self.accepted = 0
        elif facts.about == CANCELLATION:
            self.taken = True
        elif step.kind is Kind.REFUND:
            self.credited[step.ordinal] = self.refunds[step.ordinal].counts
        elif " declined" in facts.about:
            number = int(facts.about.split()[1])
            self.credited[number] = self.refunds[number].counts
            if facts.about.endswith(" declined"):
                del self.credited[number]

    def keep(self, entry: Any) -> None:
        assert [one.state for one in self.life.entries if one.posting_id == entry.posting_id] in ([], ["rejected"])
        kept = [one for one in self.life.entries if one.posting_id != entry.posting_id]
        self.life.entries = [*kept, entry]

    # --- the model ---

    def compare(self, found: Plan) -> None:
        charged = [one for one in self.life.documents if one.document_type not in {"DZ", CHANGE}]
        assert all(sum(line.amount for line in one.lines) == 0 for one in self.life.documents)
        back = sum(self.credited.values())
        assert sum((one.gross for one in charged), Decimal(0)) * 100 == (0 if self.taken else self.accepted - back)
        waits = [cause.key for cause in found.causes] if isinstance(found, Park) else []
        # A reduction is of every line, so that a line's whole price is more than is left of it.
        reduced = any(one.choice == "price_reduction" for one in self.life.decisions)
        known = (*KNOWN, "refused:refund_exceeds") if reduced else KNOWN
        assert [key for key in waits if not key.startswith(known)] == [], found
        if not charged:
            assert isinstance(found, Wait | Skip | Park)
            assert isinstance(found, Park) or not self.is_due()
            if isinstance(found, Wait) and not self.payment_status and self.trigger != "shipped":
                assert found.again_at is not None
            return
        self.compare_accounts(charged)
        if any(key.startswith("period:") for key in waits):
            return
        if not self.months:
            self.compare_payments()
        if isinstance(found, Settled):
            standing = paybacks(self.life.snapshot, 24)
            paid = {number for number, how in standing.items() if how in {Payback.PAID, Payback.PARTLY_DECLINED}}
            assert self.taken or not (self.accepted - back) or paid == self.credited.keys()
            left = was_left(found)
            assert self.taken or left or self.accepted in {self.value, back, 0}
            assert self.taken or left or self.status not in {5, 6} or self.accepted == back

    @property
    def trigger(self) -> str:
        triggers = self.life.mapping.file.triggers
        return triggers[0].invoice_on if triggers else "paid"

    def is_due(self) -> bool:
        """Tell whether the invoice is owed while nothing is posted."""
        if any(one.counts for one in self.refunds.values()):
            return True
        if self.status in {4, 5, 6, 14}:
            return bool(self.money)
        sent = any(one.sent for one in self.lines) and all(one.sent >= one.pieces - one.given for one in self.lines)
        paid = bool(self.money)
        return {"ordered": True, "paid": paid or self.status != 7, "captured": paid, "shipped": sent}[self.trigger]

    def compare_accounts(self, charged: list[Any]) -> None:
        """Lines stay where they were posted first; what was taken back leaves nothing; deferred revenue is no claim."""
        homes: dict[int, set[str]] = {}
        anew = [place for place, document in enumerate(charged) if document.facts.about == REMAP_REPOST]
        since = charged[max(anew, default=0) :]
        for line in (line for document in since for line in document.facts.lines if line.role == "product"):
            homes.setdefault(line.source, set()).add((line.earned or line.accounts).gl_account)
        assert all(len(accounts) == 1 for accounts in homes.values()), homes
        sums: dict[str, Decimal] = {}
        for posted in (posted for document in charged for posted in document.lines):
            sums[posted.account] = sums.get(posted.account, Decimal(0)) + posted.amount
        assert sums.get("249000", 0) <= 0
        if self.taken:
            assert {account: amount for account, amount in sums.items() if amount} == {}

    def compare_payments(self) -> None:
        """What a provider moved, where that is posted; nothing of it twice."""
        posted = {one.reference: one.gross for one in self.life.documents if one.document_type == "DZ"}
        assert len(posted) == sum(one.document_type == "DZ" for one in self.life.documents)
        if any(self.life.mapping is one for one in POSTING_PAYMENTS):
            moved = [Decimal(one["amount"]) * (1 if one["event"] == "refund" else -1) for one in self.money]
            assert sum(posted.values()) == sum(moved)


def was_left(found: Settled) -> bool:
    """Tell whether a person said that the books stay as they are."""
    return "leave: decided by" in found.sentence


def money(amount: int) -> str:
    return f"{Decimal(amount) / 100:.2f}"


def cents(amount: str) -> int:
    return int(Decimal(amount) * 100)


TestAnyLife = AnyLife.TestCase
TestAnyLife.settings = settings(
    max_examples=LIVES, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
pytestmark = pytest.mark.timeout(600)
