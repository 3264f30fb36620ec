"""Whether what was given back is on the shelf again: the store does not say, so a rule does.

Pieces that were never shipped are given back first; what is more had been shipped. Or the refund's reason decides.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from ..bigcommerce.models import OrderSnapshot
from .frozen import FrozenLine
from .mapping import Mapping
from .mapping_file import CompanyCode
from .refund_items import Given
from .remaining import amount_of
from .shares import apportion
from .targets import Accounts

__all__ = ["Stock"]


@dataclass(frozen=True, slots=True)
class Stock:
    """Splits lines of products where the company code has accounts for either case.

    Attributes:
        snapshot: the order, for what was shipped.
        reason: the refund's, where its item has none.
    """

    snapshot: OrderSnapshot
    mapping: Mapping
    company: CompanyCode
    reason: str

    def parts(self, given: Given, line: FrozenLine) -> Iterator[FrozenLine]:
        """Return the parts of a line, each on its account."""
        on = self.mapping.adjustment(self.company, "restocked")
        off = self.mapping.adjustment(self.company, "not_restocked")
        if line.role != "product" or not line.quantity or not (on or off):
            yield line
            return
        back = self._restocked(given, line.quantity)
        quantities = (back, line.quantity - back)
        nets = apportion(line.net, [Fraction(quantity) for quantity in quantities])
        taxes = apportion(line.tax, [Fraction(quantity) for quantity in quantities])
        for quantity, net, tax, target in zip(quantities, nets, taxes, (on, off), strict=True):
            if quantity:
                part = line if quantity == line.quantity else amount_of(given.left, net, tax, quantity)
                yield _on(part, target)

    def _restocked(self, given: Given, quantity: int) -> int:
        if self.company.restock == "by_reason":
            reasons = {reason.casefold() for reason in self.company.restock_reasons}
            return quantity if (given.reason or self.reason).casefold() in reasons else 0
        shipped = sum(line.quantity_shipped for line in self.snapshot.products if line.id == given.left.line.source)
        # What was given back before was not shipped either, as far as there was any.
        return min(quantity, max(given.left.rest.quantity - shipped, 0))


def _on(line: FrozenLine, target: Accounts | None) -> FrozenLine:
    return replace(line, accounts=target) if target else line
