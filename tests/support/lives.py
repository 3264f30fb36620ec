"""The life of an order in tests: planned and posted again and again, as relay, agent and SAP would."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.reconcile.plan import Decision, Entry, EntryState, Owe, Park, Plan, plan
from mlconnector_relay.sap.mapping import Mapping
from mlconnector_relay.sap.values import Built
from mlconnector_shared.bapi import content_digest

from .building import with_parts
from .mappings import STORE, a_mapping
from .orders import PLACED, an_order, revised

__all__ = ["Life", "a_refund", "an_item", "entry_of", "paid_back"]


def an_item(item_type: str, item_id: int, amount: str | None = None, quantity: int | None = None, **more: Any) -> Any:
    """Return an item of a refund as V3 shows it."""
    row = {"item_type": item_type, "item_id": item_id, "requested_amount": amount, "reason": "", **more}
    return row if quantity is None else row | {"quantity": quantity}


def a_refund(number: int, total: str, tax: str, *items: Any, **more: Any) -> dict[str, Any]:
    """Return a refund that was paid back offline, two days after the order."""
    payment = {"id": number * 10, "provider_id": "custom", "amount": total, "offline": True, "is_declined": False}
    return {
        "id": number,
        "order_id": 1000123,
        "created": (PLACED + timedelta(days=2)).isoformat(),
        "total_amount": total,
        "total_tax": tax,
        "items": list(items),
        "payments": [payment],
    } | more


def paid_back(amount: str, number: int = 90, **more: Any) -> dict[str, Any]:
    """Return the transaction that carried out an online refund."""
    return {
        "id": number,
        "event": "refund",
        "status": "ok",
        "amount": amount,
        "currency": "EUR",
        "gateway": "stripe",
        "test": False,
    } | more


def entry_of(owed: Owe, snapshot: OrderSnapshot, number: int, state: EntryState = "posted") -> Entry:
    """Return the ledger entry that posting leaves."""
    return Entry(
        posting_id=owed.step.posting_id,
        state=state,
        digest=content_digest(owed.built.call),
        gross=owed.built.gross,
        currency=owed.built.currency,
        object_key=f"{number:010}10002026" if state == "posted" else "",
        snapshot_digest=snapshot.digest(),
        date_modified=snapshot.order.date_modified,
        facts=owed.built.facts,
    )


class Life:
    """An order, its ledger and its documents."""

    def __init__(self, snapshot: OrderSnapshot | None = None, mapping: Mapping | None = None) -> None:
        self.snapshot = snapshot or an_order()
        self.mapping = mapping or a_mapping()
        self.store = STORE
        self.entries: list[Entry] = []
        self.documents: list[Built] = []
        self.decisions: list[Decision] = []

    def now(self, **order: Any) -> "Life":
        """Change the order."""
        self.snapshot = revised(self.snapshot, **order)
        return self

    def parts(self, **parts: Any) -> "Life":
        """Change what is below the order, refunds and transactions for instance."""
        self.snapshot = with_parts(self.snapshot, **parts)
        return self

    def later(self, **passed: float) -> "Life":
        """Fetch the order again after some time."""
        return self.parts(fetched_at=PLACED + timedelta(days=2) + timedelta(**passed))

    def plan(self) -> Plan:
        """Decide what is owed."""
        return plan(self.snapshot, self.entries, self.mapping, self.store, self.decisions)

    def decide(self, choice: str, **confirmed: str) -> "Life":
        """Have a person choose for what the order is parked on."""
        found = self.plan()
        assert isinstance(found, Park), found
        [cause] = found.causes
        assert choice in cause.choices
        self.decisions.append(Decision(cause.key, cause.proposal, choice, "ida", **confirmed))
        return self

    def post(self) -> Built:
        """Post the next document, which must be owed."""
        owed = self.plan()
        assert isinstance(owed, Owe), owed
        for known in [entry for entry in self.entries if entry.posting_id == owed.step.posting_id]:
            assert (known.state, known.digest) == ("rejected", content_digest(owed.built.call))
            self.entries.remove(known)
        self.entries.append(entry_of(owed, self.snapshot, 1800000000 + len(self.entries)))
        self.documents.append(owed.built)
        return owed.built

    def settle(self) -> Plan:
        """Post everything that is owed and return what the plan says then."""
        for _ in range(20):
            found = self.plan()
            if not isinstance(found, Owe):
                return found
            self.post()
            assert found.more or not isinstance(self.plan(), Owe), "more is owed, but nobody will look again"
        raise AssertionError("it never ends")

    def causes(self) -> list[str]:
        """Return the keys the order parks on."""
        found = self.plan()
        assert isinstance(found, Park), found
        return [cause.key for cause in found.causes]

    def books(self) -> dict[tuple[str, str, str], Decimal]:
        """Return the balance per account, cost center and tax code; tax under the code alone."""
        sums: Counter[tuple[str, str, str]] = Counter()
        for document in self.documents:
            for line in document.lines:
                sums[line.account, line.cost_center, line.tax_code] += line.amount  # type: ignore[assignment]
        return {key: Decimal(amount) for key, amount in sums.items() if amount}

    @property
    def owed_by_customer(self) -> Decimal:
        """Return the customer's balance."""
        return sum((document.gross for document in self.documents), Decimal(0))
