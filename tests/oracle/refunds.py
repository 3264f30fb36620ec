"""What refunds give back: credit memos at the store's totals, by what was invoiced."""

from collections.abc import Sequence
from dataclasses import dataclass

from .goods import HUNDRED, Given, sub
from .ledger import Ledger
from .rules import Data, Rules
from .sums import Booking, Code, Document, Posted, Range, exact, ratio, shares, summed

__all__ = ["credit_refunds", "money_agrees", "undo_declined"]

CENTS = 2
"""Decimals of what the store pays back, whatever the currency has."""

LIABILITIES = {"storecredit": "store_credit", "giftcertificate": "gift_certificate"}


def credit_refunds(ledger: Ledger, rules: Rules) -> None:
    """Add a credit memo for each refund that was paid back."""
    for shown in rules.stage.documents["refunds"]:
        number = shown["id"]
        if number in ledger.given or ledger.cancelled or not _paid_back(shown, rules):
            continue
        memo = _Refund(shown, rules.stage.given[number], ledger, rules).document()
        if memo is not None and ledger.reduced and not money_agrees(ledger, rules, memo.owed, number):
            continue
        if memo is not None and ledger.add(memo, rules):
            ledger.given[number] = rules.stage.given[number]
            ledger.memos[number] = memo


def _paid_back(shown: Data, rules: Rules) -> bool:
    """Tell whether a refund's money is back: at once offline and as a claim on the store, else by its transaction."""
    settled = [
        one for one in rules.stage.documents["transactions"] if one["event"] == "refund" and one["status"] == "ok"
    ]
    for payment in shown["payments"]:
        if payment["is_declined"]:
            if "paid_part" not in rules.stage.choices:
                return False
            continue
        if payment["offline"] or payment["provider_id"] in LIABILITIES:
            continue
        if not any((one["amount"], one["currency"]) == (payment["amount"], rules.currency) for one in settled):
            return False
    return True


def money_agrees(ledger: Ledger, rules: Rules, change: int, also: int = 0) -> bool:
    """Tell whether with a change the documents come to what was captured, less what refunds paid back."""
    documents = rules.stage.documents
    money = [
        one for one in documents["transactions"] if one["event"] in {"purchase", "capture"} and one["status"] == "ok"
    ]
    back = sum(
        rules.minor(sub(payment["amount"]))
        for shown in documents["refunds"]
        if shown["id"] in {*ledger.memos, also}
        for payment in shown["payments"]
        if not payment["is_declined"] and payment["provider_id"] not in LIABILITIES
    )
    paid = sum(rules.minor(sub(one["amount"])) for one in money)
    return bool(money) and sum(one.owed for one in ledger.documents) + change == paid - back


def undo_declined(ledger: Ledger, rules: Rules) -> None:
    """Undo the credit memo of a refund whose payment was declined since."""
    for shown in rules.stage.documents["refunds"]:
        memo = ledger.memos.get(shown["id"])
        if memo and all(payment["is_declined"] for payment in shown["payments"]):
            undone = memo.turned(rules.document_type("supplement"), rules.today, memo.rate_day)
            if ledger.add(undone, rules):
                del ledger.memos[shown["id"]]
        elif memo and "declined_part" in rules.stage.choices:
            declined = -memo.owed - rules.minor(sub(shown["total_amount"])) + _declined(shown, rules)
            if declined:
                part = _part(memo, declined)
                undone = part.turned(rules.document_type("supplement"), rules.today, memo.rate_day)
                if ledger.add(undone, rules):
                    ledger.memos[shown["id"]] = summed([memo, part.turned("", "")], memo.kind, memo.day, 1)


def _declined(shown: Data, rules: Rules) -> int:
    return sum(rules.minor(sub(payment["amount"])) for payment in shown["payments"] if payment["is_declined"])


def _part(memo: Document, amount: int) -> Document:
    """Return so much of a credit memo of one part, with its share of the tax."""
    ((code, tax),) = memo.taxes.items()
    ((account, cost_center, name),) = memo.accounts
    part = Document(memo.kind, memo.day, memo.translated)
    share = ratio(-tax, amount, -memo.owed)
    part.book((account, cost_center), name, (share - amount, share - amount))
    part.nets[code.name], part.taxes[code], part.owed = share - amount, -share, -amount
    return part


@dataclass
class _Refund:
    """A refund, and what it is of."""

    shown: Data
    given: Sequence[Given]
    ledger: Ledger
    rules: Rules

    def document(self) -> Document | None:
        """Return the credit memo; nothing where a person must decide."""
        rules, shown = self.rules, self.shown
        day = rules.day(shown["created"])
        original = rules.company.get("credit_memo_rate") == "original"
        memo = Document(rules.document_type("refund"), day, self.ledger.documents[0].rate_day if original else "")
        total, tax = rules.minor(sub(shown["total_amount"])), rules.minor(sub(shown["total_tax"]))
        if not shown["items"]:
            return self._of_tax(memo, total, tax)
        whole = sum(rules.minor(one.gross) for one in self.given if one.part is None)
        if whole and not self._of_order(memo, whole):
            return None
        if not self._of_items(memo, total - whole, tax):
            return None
        memo.owed -= total
        declined = _declined(shown, rules)
        if declined:
            return _part(memo, total - declined)
        for payment in shown["payments"]:
            role = LIABILITIES.get(payment["provider_id"])
            if role:
                amount = rules.minor(sub(payment["amount"]))
                memo.book(rules.role(role), "", (amount, amount))
                memo.owed += amount
                memo.tendered -= amount
        return memo

    def _of_tax(self, memo: Document, total: int, back: int) -> Document | None:
        """Move as much base to the code that a person named as gives the tax back; the carts leave no unit open.

        What is given back beside the tax comes off what moves; nothing else happens where no other code is named.
        """
        named = [choice.split(":")[1:] for choice in self.rules.stage.choices if choice[:5] in {"move:", "reduc"}]
        if not named:
            return None
        ((source, *targets),) = named
        parts, beside = [one for one in self.ledger.parts if one.code.name == source], total - back
        wrong, right = (self.rules.mapping["tax_codes"][name]["rate"] for name in (source, *targets, source)[:2])
        base, rest = divmod(100 * back - right * beside, wrong - right) if targets else (beside, 0)
        gone, part_of_unit = divmod(base * wrong, 100)
        assert not rest, "base with a part of a unit: choose another amount"
        assert not part_of_unit, "tax with a part of a unit: choose another amount"
        assert base <= sum(one.net[0] for one in parts), "more than was invoiced"
        for one, (low, high) in zip(parts, shares(base, [one.net[0] for one in parts]), strict=True):
            memo.book(one.account, source, (-high, -low))
        memo.nets[source], memo.taxes[parts[0].code] = -base, -gone
        for target in targets:
            for one, part in zip(parts, shares(base - beside, [one.net[0] for one in parts]), strict=True):
                memo.book(one.account, target, part)
            memo.nets[target], memo.taxes[Code(target)] = base - beside, gone - back
        memo.owed, memo.moved = -total, 0 if total else base + gone
        return memo

    def _of_order(self, memo: Document, amount: int) -> bool:
        how = self.rules.company.get("order_level_refund", "park")
        if how == "goodwill":
            memo.book(self.rules.role("goodwill"), "", (-amount, -amount))
        elif how == "price_reduction":
            self._reduce(memo, amount)
        return bool(how != "park")

    def _reduce(self, memo: Document, amount: int) -> None:
        """Carve the tax out, over what is left of the taxed parts."""
        taxed = [one for one in self.ledger.parts if one.code.name]
        for one, (low, high) in zip(taxed, shares(amount, [self._left(one) for one in taxed]), strict=True):
            assert low == high, "two parts with the same remainder: choose another amount"
            tax = ratio(low, one.part.rate, HUNDRED + one.part.rate)
            memo.book(one.account, one.code.name, (tax - low, tax - low))
            memo.nets[one.code.name] -= low - tax
            memo.taxes[one.code] -= tax

    def _left(self, one: Posted) -> int:
        back = [given.gross for refund in self.ledger.given.values() for given in refund if given.part == one.part.key]
        return one.gross - self.rules.minor(sum(back))

    def _left_of_tax(self, one: Posted) -> int:
        back = [given.tax for refund in self.ledger.given.values() for given in refund if given.part == one.part.key]
        return one.tax[1] - self.rules.minor(sum(back))

    def _of_items(self, memo: Document, gross: int, tax: int) -> bool:
        known = {posted.part.key for posted in self.ledger.parts}
        if any(one.part is not None and one.part not in known for one in self.given):
            return False
        items = [(one, self._invoiced(one)) for one in self.given if one.part is not None]
        if any(self.rules.minor(one.gross) > self._left(part) for one, part in items):
            return False
        if sum(self.rules.minor(one.gross) for one, _ in items) != gross:
            return self._remainder(memo, items, gross, tax)
        codes = list(dict.fromkeys(part.code for _, part in items))
        mine = {code: [one for one in items if one[1].code == code] for code in codes}
        if self.rules.places > CENTS:
            tax = min(tax, sum(self._left_of_tax(part) for _, part in items))
        taxes = exact(tax, [sum(one.tax for one, _ in mine[code]) for code in codes])
        for code, code_tax in zip(codes, taxes, strict=True):
            grosses = [self.rules.minor(one.gross) for one, _ in mine[code]]
            if self.shown["uses_merchant_override_values"] and self._leaves_tax_alone(code, sum(grosses), code_tax):
                return False
            item_taxes = shares(code_tax, [max(one.tax, 0) for one, _ in mine[code]])
            for (one, part), item_gross, (low, high) in zip(mine[code], grosses, item_taxes, strict=True):
                self._back(memo, one, part, (item_gross - high, item_gross - low))
            memo.nets[code.name] -= sum(grosses) - code_tax
            memo.taxes[code] -= code_tax
        return True

    def _leaves_tax_alone(self, code: Code, gross: int, tax: int) -> bool:
        """Tell whether more tax than base would be left of a code, which nothing could take back."""
        parts = [one for one in self.ledger.parts if one.code == code]
        left = sum(self._left_of_tax(one) for one in parts) - tax
        return left > sum(self._left(one) for one in parts) - gross - left

    def _remainder(self, memo: Document, items: Sequence[tuple[Given, Posted]], gross: int, tax: int) -> bool:
        """Put what is more than the items on its account, where there is one."""
        more = gross - sum(self.rules.minor(one.gross) for one, _ in items)
        if "refund_remainder" not in self.rules.company or more < 0:
            return False
        memo.book(self.rules.role("refund_remainder"), "", (-more, -more))
        return self._of_items(memo, gross - more, tax)

    def _invoiced(self, one: Given) -> Posted:
        return next(posted for posted in self.ledger.parts if posted.part.key == one.part)

    def _back(self, memo: Document, one: Given, part: Posted, net: Range) -> None:
        """Take a part back: from its account, or by whether the goods are on the shelf again."""
        code, full = part.code.name, self._full(part, net)
        if full != net and self._left(part) < part.gross:
            # The last piece takes what is left of the discount, which may be a unit more or less.
            full = full[0] - 1, full[1] + 1
        if full != net:
            memo.book(self.rules.role("discount"), code, (full[0] - net[1], full[1] - net[0]))
        if part.deferred is not None:
            self._undefer(memo, one, part, full)
            return
        memo.book(part.account, code, (-full[1], -full[0]))
        company = self.rules.company
        if part.part.key[0] == "product" and {"restocked", "not_restocked"} & company.keys():
            assert net[0] == net[1], "pieces with the same remainder: choose another amount"
            shelf = self._on_the_shelf(one)
            halves = [self._full(part, half) for half in shares(net[0], [shelf, one.quantity - shelf])]
            away: Booking = (part.account, code, (-full[1], -full[0]))
            here = [
                (self.rules.role(name) if name in company else part.account, code, (-high, -low))
                for name, (low, high) in zip(("restocked", "not_restocked"), halves, strict=True)
            ]
            memo.elsewhere.append((away, tuple(here)))

    def _undefer(self, memo: Document, one: Given, part: Posted, full: Range) -> None:
        """Take pieces that were not shipped from deferred revenue first; with the last of them goes all there is."""
        assert part.deferred is not None
        assert full[0] == full[1], "pieces with the same remainder: choose another amount"
        pieces, waits = self.ledger.deferred[part.part.key]
        unshipped = min(one.quantity, pieces)
        taken = waits if unshipped == pieces else ratio(full[0], unshipped, one.quantity)
        memo.book(part.deferred, part.code.name, (-taken, -taken))
        memo.book(part.account, part.code.name, (taken - full[0], taken - full[0]))
        memo.defer(part.part.key, -unshipped, -taken)

    def _full(self, part: Posted, net: Range) -> Range:
        if part.full == part.net:
            return net
        return ratio(net[0], part.full[0], part.net[0]), ratio(net[1], part.full[1], part.net[1])

    def _on_the_shelf(self, one: Given) -> int:
        """Return how many pieces are on the shelf again: what was never shipped comes first."""
        company = self.rules.company
        if company.get("restock") == "by_reason":
            reasons = [reason.lower() for reason in company.get("restock_reasons", ())]
            return one.quantity if self.shown["reason"].lower() in reasons else 0
        line = next(row for row in self.rules.stage.documents["products"] if one.part and row["id"] == one.part[1])
        before = sum(
            given.quantity for refund in self.ledger.given.values() for given in refund if given.part == one.part
        )
        unshipped: int = line["quantity"] - line["quantity_shipped"] - before
        return max(min(unshipped, one.quantity), 0)
