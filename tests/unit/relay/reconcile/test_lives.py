"""Whatever happens to an order, in whatever order: the books end at what is owed, and looking again changes nothing.

The model is integers of its own: what was sold less what was given back. It knows no mapping and no document.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from mlconnector_relay.reconcile.plan import Owe, Park, Settled, Skip, Wait
from mlconnector_relay.sap.reference import Kind

from tests.support.lives import Life, a_refund, an_item, entry_of, paid_back
from tests.support.mappings import a_mapping
from tests.support.orders import PLACED, Charge, Line, an_order
from tests.unit.relay.sap.test_change import a_shipment
from tests.unit.relay.sap.test_deferral import DEFERRED

LAMP, RICE, SHIPPING = (61, 11900, 1900), (62, 5350, 350), (51, 595, 95)
"""Source, gross and tax of a piece, in cents, by the tests' own arithmetic: 19 %, 7 %, 19 %."""

REVERSAL = ('language = "DE"', 'language = "DE"\non_cancel = "reversal"')
OTHERS = (('gl_account = "800000"', 'gl_account = "800777"'), ('cost_center = "4200"', 'cost_center = "9"'))
SHOWN = '[shipments]\npayment_block = "B"\nfields = { XREF3 = "{tracking}" }\ntext_id = "0001"\n'
MAPPINGS = (
    a_mapping(),
    a_mapping(*OTHERS),
    a_mapping(REVERSAL),
    a_mapping(DEFERRED),
    a_mapping(DEFERRED, *OTHERS, more=SHOWN),
)
DEFERRED_REVENUE = ("249000", "", "A1"), ("249000", "", "A2")
REVENUE = {"800000", "800777", "800100"}


def money(cents: int) -> str:
    return f"{Decimal(cents) / 100:.2f}"


class Lives(RuleBasedStateMachine):
    """An order through every event, with callbacks that come twice or late and a SAP that refuses now and then."""

    @initialize(
        lamps=st.integers(2, 4),
        rice=st.integers(1, 3),
        index=st.sampled_from((2, *range(len(MAPPINGS)))),
        posted=st.sampled_from((True, True, True, False)),
    )
    def sell(self, lamps: int, rice: int, index: int, posted: bool) -> None:
        """Most lives begin with the invoice, so that they get on from there."""
        lines = (Line("119.00", lamps), Line("53.50", rice, rate="7", product_id=112, categories=(22,)))
        self.life = Life(an_order(*lines, shipping=Charge("5.95")), MAPPINGS[index])
        self.life.now(status_id=7, payment_status="")
        self.shipments: list[dict[str, Any]] = []
        self.sent = {LAMP: 0, RICE: 0}
        self.sold_pieces = {LAMP: lamps, RICE: rice}
        self.left = {LAMP: lamps, RICE: rice, SHIPPING: 1}
        self.sold = sum(one[1] * count for one, count in self.left.items())
        self.refunds: dict[int, tuple[dict[str, Any], int]] = {}
        self.transactions: list[dict[str, Any]] = []
        self.status, self.paid, self.cancelled, self.shipped = 7, False, False, False
        self.clock = 0
        if posted:
            self.pay()
            self.life.post()

    # --- events of the store ---

    def show(self) -> None:
        """The store shows the order as it is now."""
        self.clock += 1
        self.life.now(
            status_id=self.status,
            payment_status="captured" if self.paid else "",
            items_shipped=sum(self.sent.values()),
            date_modified=PLACED + timedelta(minutes=self.clock),
        ).parts(
            refunds=[refund for refund, _ in self.refunds.values()],
            transactions=self.transactions,
            shipments=self.shipments,
            fetched_at=PLACED + timedelta(days=2, minutes=self.clock),
        )

    @precondition(lambda self: not self.cancelled)
    @rule()
    def pay(self) -> None:
        self.paid, self.status = True, 11 if self.status == 7 else self.status
        self.show()

    @precondition(lambda self: self.paid and not self.cancelled and self.unsent())
    @rule(data=st.data())
    def ship(self, data: st.DataObject) -> None:
        """Some pieces of a line, perhaps such as were refunded."""
        what = data.draw(st.sampled_from(self.unsent()))
        pieces = data.draw(st.integers(1, self.sold_pieces[what] - self.sent[what]))
        self.sent[what] += pieces
        self.shipped, self.status = True, (3 if self.unsent() else 2) if self.status in {11, 3} else self.status
        items = [{"order_product_id": what[0], "quantity": pieces}]
        self.shipments.append(a_shipment(77 + len(self.shipments), f"JJD{self.clock}", items=items))
        self.show()

    @precondition(lambda self: self.shipments)
    @rule(data=st.data())
    def correct(self, data: st.DataObject) -> None:
        """Another tracking number."""
        place = data.draw(st.sampled_from(range(len(self.shipments))))
        self.shipments[place] = self.shipments[place] | {"tracking_number": f"JJD{self.clock}"}
        self.show()

    def unsent(self) -> list[tuple[int, int, int]]:
        return [one for one, pieces in self.sent.items() if pieces < self.sold_pieces[one]]

    @precondition(lambda self: not self.cancelled)
    @rule(status_id=st.sampled_from([5, 6]))
    def cancel(self, status_id: int) -> None:
        self.cancelled, self.status = True, status_id
        self.show()

    @precondition(lambda self: not self.cancelled and not self.shipped and not self.open_refunds())
    @rule(piece=st.sampled_from((True, False)))
    def cancel_what_is_posted(self, piece: bool) -> None:
        """By a reversal where it may be: everything is posted, perhaps a piece refunded, then it ends."""
        if piece and self.paid and self.left[LAMP] > 1:
            self.give_back(LAMP, 1, online=False)
        self.settled()
        self.life.mapping = MAPPINGS[2]
        self.cancel(5)
        self.settled()

    @rule(flag=st.booleans())
    def archive(self, flag: bool) -> None:
        self.life.now(is_deleted=flag)

    @precondition(lambda self: self.paid and any(self.left.values()))
    @rule(data=st.data(), online=st.booleans())
    def refund(self, data: st.DataObject, online: bool) -> None:
        """Some pieces of a line; also of an order that is cancelled already."""
        what = data.draw(st.sampled_from([one for one, count in self.left.items() if count]))
        self.give_back(what, data.draw(st.integers(1, self.left[what])), online=online)

    @precondition(lambda self: self.paid)
    @rule()
    def refund_everything(self) -> None:
        """All that is left, line by line."""
        for what, count in list(self.left.items()):
            if count:
                self.give_back(what, count, online=False)

    def give_back(self, what: tuple[int, int, int], count: int, *, online: bool) -> None:
        self.left[what] -= count
        number, (source, gross, tax) = len(self.refunds) + 1, what
        kind = "SHIPPING" if what is SHIPPING else "PRODUCT"
        item = an_item(kind, source, money(gross * count), None if kind == "SHIPPING" else count)
        payment = {
            "id": number,
            "provider_id": "stripe",
            "amount": money(gross * count),
            "offline": not online,
            "is_declined": False,
            "transaction_id": str(500 + number),
        }
        refund = a_refund(number, money(gross * count), money(tax * count), item, payments=[payment])
        self.refunds[number] = (refund, gross * count)
        if not self.cancelled:
            self.status = 4 if not any(self.left.values()) else 14
        self.show()

    @precondition(lambda self: self.open_refunds())
    @rule(data=st.data(), declined=st.booleans())
    def answer(self, data: st.DataObject, declined: bool) -> None:
        number = data.draw(st.sampled_from(self.open_refunds()))
        refund, amount = self.refunds[number]
        if declined:
            refund["payments"][0]["is_declined"] = True
            self.refunds[number] = (refund, 0)
        else:
            self.transactions.append(paid_back(money(amount), 500 + number))
        self.show()

    def open_refunds(self) -> list[int]:
        done = {row["id"] - 500 for row in self.transactions}
        payments = {number: refund["payments"][0] for number, (refund, _) in self.refunds.items()}
        return [
            number
            for number, payment in payments.items()
            if number not in done and not payment["offline"] and not payment["is_declined"]
        ]

    # --- the relay ---

    @rule(index=st.sampled_from(range(len(MAPPINGS))))
    def another_mapping(self, index: int) -> None:
        """Before or after posting: what was posted is not changed by it."""
        self.life.mapping = MAPPINGS[index]

    @rule()
    def look(self) -> None:
        """A callback, or the same one again."""
        found = self.life.plan()
        if isinstance(found, Owe):
            self.life.post()

    @rule(reason=st.sampled_from(["sap:F5 308", "sap:F5 201", "sap:F5 351"]))
    def rejected(self, reason: str) -> None:
        """SAP refuses what is owed, a reversal perhaps for good; nothing was posted."""
        found = self.life.plan()
        if isinstance(found, Owe) and found.step.posting_id not in {one.posting_id for one in self.life.entries}:
            self.life.entries.append(replace(entry_of(found, self.life.snapshot, 0, "rejected"), reason=reason))

    @invariant()
    def never_twice(self) -> None:
        """One invoice, one credit memo per refund, one cancellation."""
        if not hasattr(self, "life"):
            return
        posted = [entry.step for entry in self.life.entries if entry.state == "posted"]
        assert [step.kind for step in posted].count(Kind.INVOICE) <= 1
        assert [step.kind for step in posted].count(Kind.REVERSAL) <= 1
        assert all(
            len(posted) == 2 and not self.refunds_before_it()
            for entry in self.life.entries
            if entry.state == "posted" and entry.step.kind is Kind.REVERSAL and not entry.facts.document_type
        )
        memos = [step.ordinal for step in posted if step.kind is Kind.REFUND]
        assert len(memos) == len(set(memos))
        earned = [document.facts.about for document in self.life.documents if document.document_type == "SA"]
        assert len(earned) == len(set(earned))

    @rule()
    def settle(self) -> None:
        """Let everything be posted: the customer owes exactly what the model says, and looking again finds nothing."""
        found = self.settled()
        count = len(self.life.documents)
        assert type(self.settled()) is type(found)
        assert len(self.life.documents) == count
        assert all(document.lines or document.document_type == "change" for document in self.life.documents)
        self.revenue_is_earned()
        assert not (self.taken_back() and self.shipped)
        if self.life.documents:
            assert self.life.owed_by_customer == Decimal(self.owed()) / 100
            assert isinstance(found, self.ending()), found
            assert self.owed() or self.life.books() == {}
        else:
            assert isinstance(found, Wait | Skip)
            assert not self.paid

    def revenue_is_earned(self) -> None:
        """What was not shipped is deferred, as far as anything is; what was shipped or given back is not."""
        books = self.life.books()
        deferred = [books.get(key, Decimal(0)) for key in DEFERRED_REVENUE]
        assert all(amount <= 0 for amount in deferred)
        facts = [line for document in self.life.documents[:1] for line in document.facts.lines]
        if any(line.earned for line in facts):
            if not self.sent[LAMP] and not self.sent[RICE]:
                revenue = sum((amount for (account, *_), amount in books.items() if account in REVENUE), Decimal(0))
                assert revenue == 0
            for what, amount in zip((LAMP, RICE), deferred, strict=True):
                net = what[1] - what[2]
                unsent = self.sold_pieces[what] - self.sent[what]
                assert -amount * 100 <= net * unsent
                if not unsent:
                    assert amount == 0
        else:
            assert deferred == [0, 0]

    def settled(self) -> Any:
        for _ in range(60):
            found = self.life.plan()
            if not isinstance(found, Owe):
                return found
            self.life.post()
        raise AssertionError("it never ends")

    def taken_back(self) -> bool:
        """Whether a cancellation has taken back the rest; later refunds pay that back."""
        return any(entry.step.kind is Kind.REVERSAL and entry.state == "posted" for entry in self.life.entries)

    def refunds_before_it(self) -> bool:
        """Whether anything was refunded before the order was reversed."""
        return any(entry.step.kind is Kind.REFUND and entry.state == "posted" for entry in self.life.entries)

    def paid_back(self) -> int:
        pending = set(self.open_refunds())
        return sum(amount for number, (_, amount) in self.refunds.items() if number not in pending)

    def owed(self) -> int:
        """The model: sold, less what was paid back; nothing once a cancellation took the rest back."""
        return 0 if self.taken_back() else self.sold - self.paid_back()

    def ending(self) -> type[Any]:
        """How an order ends that has nothing more to post."""
        if self.taken_back():
            return Settled
        if self.open_refunds():
            return Wait
        if self.cancelled:
            return Park if self.owed() else Settled
        # Refunded by its status, but every refund was declined.
        return Park if self.status in {4, 14} and not self.paid_back() else Settled

    @rule()
    def cancelled_orders_end_at_nothing(self) -> None:
        """Unless the goods have left, or a refund waits."""
        if self.cancelled and not self.shipped and not self.open_refunds():
            self.settled()
            assert sum((document.gross for document in self.life.documents), Decimal(0)) == 0


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
pytestmark = pytest.mark.timeout(240)
