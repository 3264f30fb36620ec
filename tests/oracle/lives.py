"""What becomes of an order that was placed: refunds, payments, cancellations, edits."""

import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from .goods import STEPS, Document, Given, Stage, amount_text, placed, sub, whole
from .till import Till

__all__ = ["lives_of"]


def lives_of(number: int, cart: Document) -> list[Stage]:
    """Return an order of a cart, and what becomes of it, one stage per event of its life; first those not seen."""
    cart = dict(cart) | {"lines": [line for line in cart["lines"] for _ in range(line.get("times", 1))]}
    stages = [
        replace(
            Till(number, cart).stage(),
            changes=tuple(map(tuple, cart.get("changes", ()))),
            choices=tuple(cart.get("chosen", ())),
            closed=frozenset(month.replace("-", "") for month in cart.get("closed", ())),
        )
    ]
    for day, event in enumerate(cart.get("life", ()), 2):
        stages.append(Counter(number, cart, stages, day).after(event))
    return stages[cart.get("unseen", 0) :]


@dataclass
class Counter:
    """Changes an order that was placed: refunds, cancellations, edits."""

    number: int
    cart: Document
    stages: list[Stage]
    day: int

    def after(self, event: Document) -> Stage:
        """Return the order after an event."""
        (kind,) = event
        last = self.stages[-1]
        stage = replace(last, documents=copy.deepcopy(last.documents))
        now = placed(self.cart) + timedelta(days=self.day)
        stage.documents["fetched_at"] = (now + timedelta(hours=1)).isoformat()
        stage.documents["order"]["date_modified"] = now.strftime("%a, %d %b %Y %H:%M:%S +0000")
        changed: Stage = getattr(self, f"_{kind}")(stage, event[kind], now)
        return changed

    def _order(self, stage: Stage, fields: Document, now: datetime) -> Stage:
        """Change fields of the order."""
        stage.documents["order"] |= fields
        return stage

    def _mapping(self, stage: Stage, change: list[str], now: datetime) -> Stage:
        """Change the mapping."""
        return replace(stage, changes=(*stage.changes, (change[0], change[1])))

    def _remap(self, stage: Stage, choice: str, now: datetime) -> Stage:
        """Have a person ask that the order be mapped anew, and decide it."""
        return replace(stage, remaps=stage.remaps + 1, choices=(*stage.choices, choice))

    def _choose(self, stage: Stage, choice: str, now: datetime) -> Stage:
        """Have a person decide."""
        return replace(stage, choices=(*stage.choices, choice))

    def _edit(self, stage: Stage, changes: Document, now: datetime) -> Stage:
        """Edit the cart."""
        self.cart |= changes
        edited = Till(self.number, {key: value for key, value in self.cart.items() if key != "life"}).stage()
        for name in ("date_modified", "status_id"):
            edited.documents["order"][name] = stage.documents["order"][name]
        edited.documents["fetched_at"] = stage.documents["fetched_at"]
        for name in ("refunds", "shipments"):
            edited.documents[name] = stage.documents[name]
        edited.documents["transactions"] = stage.documents["transactions"]
        _ship_again(edited.documents)
        return replace(stage, documents=edited.documents, parts=edited.parts, total=edited.total)

    def _capture(self, stage: Stage, amount: str, now: datetime) -> Stage:
        """Take more of the order's money."""
        row = {"id": 800 + self.day, "event": "capture", "status": "ok", "amount": amount, "currency": "EUR"}
        stage.documents["transactions"].append(row)
        return stage

    def _settle(self, stage: Stage, refund: int, now: datetime) -> Stage:
        """Let the provider carry a refund out."""
        shown = next(one for one in stage.documents["refunds"] if one["id"] == refund)
        stage.documents["transactions"].append(
            {
                "id": 900 + refund,
                "event": "refund",
                "status": "ok",
                "amount": shown["total_amount"],
                "currency": stage.documents["order"]["default_currency_code"],
                "gateway": "stripe",
                "gateway_transaction_id": f"re_{900 + refund}",
                "date_created": now.isoformat(),
            }
        )
        return stage

    def _pay(self, stage: Stage, payment: Document, now: datetime) -> Stage:
        """Let money be captured."""
        number = 801 + len(stage.documents["transactions"])
        stage.documents["transactions"].append(
            {
                "id": number,
                "event": "capture",
                "status": "ok",
                "currency": stage.documents["order"]["default_currency_code"],
                "gateway": "stripe",
                "gateway_transaction_id": f"pi_{number}",
                "date_created": now.isoformat(),
                **payment,
            }
        )
        return stage

    def _ship(self, stage: Stage, pieces: Document, now: datetime) -> Stage:
        """Send pieces of lines away."""
        shipments = stage.documents["shipments"]
        number = 77 + len(shipments)
        shipments.append(
            {
                "id": number,
                "date_created": now.isoformat(),
                "tracking_number": f"JJD{number}",
                "tracking_carrier": "dhl",
                "items": [{"order_product_id": int(line), "quantity": count} for line, count in pieces.items()],
            }
        )
        _ship_again(stage.documents)
        left = any(line["quantity_shipped"] < line["quantity"] for line in stage.documents["products"])
        stage.documents["order"]["status_id"] = 3 if left else 2
        return stage

    def _unship(self, stage: Stage, shipment: int, now: datetime) -> Stage:
        """Delete a shipment."""
        stage.documents["shipments"] = [one for one in stage.documents["shipments"] if one["id"] != shipment]
        for line in stage.documents["products"]:
            line["quantity_shipped"] = 0
        _ship_again(stage.documents)
        return stage

    def _clear(self, stage: Stage, what: str, now: datetime) -> Stage:
        """Have somebody clear the invoice's receivable in SAP."""
        return replace(stage, cleared=True)

    def _adopt(self, stage: Stage, how: str, now: datetime) -> Stage:
        """Have the relay take the invoice over as a document of somebody else's."""
        return replace(stage, adopted=True)

    def _close(self, stage: Stage, month: str, now: datetime) -> Stage:
        """Close a posting period."""
        return replace(stage, closed=stage.closed | {month.replace("-", "")})

    def _open(self, stage: Stage, month: str, now: datetime) -> Stage:
        """Open a posting period."""
        return replace(stage, closed=stage.closed - {month.replace("-", "")})

    def _wait(self, stage: Stage, days: int, now: datetime) -> Stage:
        """Look at the order again after some days."""
        stage.documents["fetched_at"] = (now + timedelta(days=days)).isoformat()
        return stage

    def _decline(self, stage: Stage, refund: int, now: datetime) -> Stage:
        """Let a refund's payment be declined."""
        shown = next(one for one in stage.documents["refunds"] if one["id"] == refund)
        for payment in shown["payments"]:
            payment["is_declined"] = True
        return stage

    def _decline_part(self, stage: Stage, part: list[Any], now: datetime) -> Stage:
        """Let so much of a refund's payment be declined."""
        number, amount = part
        shown = next(one for one in stage.documents["refunds"] if one["id"] == number)
        (payment,) = shown["payments"]
        rest = sub(payment["amount"]) - sub(amount)
        shown["payments"] = [
            payment | {"amount": amount_text(rest)},
            payment | {"id": number * 10 + 1, "amount": amount, "is_declined": True},
        ]
        return stage

    def _refund(self, stage: Stage, refund: Document, now: datetime) -> Stage:
        """Give something back."""
        number = 1 + len(stage.documents["refunds"])
        given = [self._given(stage, item) for item in refund["items"]]
        gross, tax = sum(one.gross for one in given), sum(one.tax for one in given)
        total = sub(refund["total"]) if "total" in refund else gross + sub(refund.get("more", "0"))
        to = refund.get("to", "custom")
        stage.documents["refunds"].append(
            {
                "id": number,
                "order_id": self.number,
                "created": now.isoformat(),
                "total_amount": amount_text(total),
                "total_tax": amount_text(sub(refund["tax"]) if "tax" in refund else tax),
                "reason": refund.get("reason", ""),
                "uses_merchant_override_values": "override" in refund,
                "items": [
                    _refund_item(self.number, item, one, refund)
                    for item, one in zip(refund["items"], given, strict=True)
                ],
                "payments": [
                    {
                        "id": number * 10,
                        "provider_id": to,
                        "amount": amount_text(total),
                        "offline": to == "custom",
                        "is_declined": False,
                    }
                ],
            }
        )
        stage = replace(stage, given={**stage.given, number: tuple(given)})
        return self._decline_part(stage, [number, refund["declined"]], now) if "declined" in refund else stage

    def _given(self, stage: Stage, item: Document) -> Given:
        (kind, what) = next((key, value) for key, value in item.items() if key not in {"qty", "amount"})
        if kind == "order":
            return Given(None, sub(what))
        part = next(part for part in stage.parts if part.key == (kind, what))
        before = [one for refund in stage.given.values() for one in refund if one.part == part.key]
        left_gross = part.gross - sum(one.gross for one in before)
        left_tax = part.tax - sum(one.tax for one in before)
        step = int(self.cart.get("step") or _step_of(stage))
        if "amount" in item:
            gross = sub(item["amount"])
            return Given(part.key, gross, whole(part.tax * gross, part.gross, step), item.get("qty", part.quantity))
        left = part.quantity - sum(one.quantity for one in before)
        quantity = item.get("qty", left)
        if quantity == left:
            return Given(part.key, left_gross, left_tax, quantity)
        gross, tax = (whole(amount * quantity, part.quantity, step) for amount in (part.gross, part.tax))
        return Given(part.key, min(gross, left_gross), min(tax, left_tax), quantity)


def _ship_again(documents: Document) -> None:
    """Count what the shipments hold."""
    if documents["shipments"]:
        for line in documents["products"]:
            items = [item for one in documents["shipments"] for item in one["items"]]
            line["quantity_shipped"] = sum(i["quantity"] for i in items if i["order_product_id"] == line["id"])
    documents["order"]["items_shipped"] = sum(line["quantity_shipped"] for line in documents["products"])


def _step_of(stage: Stage) -> int:
    return STEPS.get(stage.documents["order"]["default_currency_code"], 100)


TYPES = {
    "product": "PRODUCT",
    "gift_certificate": "PRODUCT",
    "freight": "SHIPPING",
    "handling": "HANDLING",
    "wrapping": "GIFT_WRAPPING",
    "fee": "FEE",
}


def _refund_item(order: int, item: Document, given: Given, refund: Document) -> Document:
    says = refund.get("says", "gross")
    stated = {"gross": given.gross, "net": given.gross - given.tax}.get(says)
    shown: Document = {
        "item_type": "ORDER" if given.part is None else TYPES[given.part[0]],
        "item_id": order if given.part is None else given.part[1],
        "requested_amount": None if stated is None else amount_text(stated + sub(refund.get("kept", "0"))),
        "reason": given.reason,
    }
    if "kept" in refund:
        shown["adjustments"] = [{"amount": amount_text(-sub(refund["kept"]))}]
    if given.part and given.part[0] in {"product", "gift_certificate"}:
        shown["quantity"] = given.quantity
    return shown
