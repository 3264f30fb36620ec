"""What was paid and paid back of an order beside what its documents come to. Pure.

Gift certificates and store credit are in neither: they are in the documents as what they are.
"""

from dataclasses import dataclass
from decimal import Decimal

from ..bigcommerce.models import Refund
from ..sap.currency import quantize
from ..sap.payment import captured
from ..sap.refund import TENDERS_BY_PROVIDER, provider_key
from .posted import PostedOrder

__all__ = ["Balance", "balance_of"]


@dataclass(frozen=True, slots=True)
class Balance:
    """Amounts in the order's currency.

    Attributes:
        posted: what the customer owes by the order's documents.
        paid: what was captured; `None` where the store shows no payment.
        back: what was paid back by the refunds that count.
    """

    posted: Decimal
    paid: Decimal | None
    back: Decimal

    def fits(self, change: Decimal) -> bool:
        """Tell whether with another document the documents come to what the customer has paid and not got back."""
        return self.paid is not None and self.posted + change == self.paid - self.back

    def sentence(self, change: Decimal) -> str:
        """Return the arithmetic for a person."""
        stands = f"its documents stand at {self.posted}, with this at {self.posted + change}"
        if self.paid is None:
            return f"{stands}; the store shows no payment, {self.back} was refunded"
        return f"{stands}; {self.paid} was paid, less {self.back} refunded is {self.paid - self.back}"

    def unpaid(self, change: Decimal) -> str:
        """Return what is not paid once another document is posted, for a person."""
        owed = self.posted + change
        if self.paid is None:
            return f"of {owed} the store shows no payment"
        unpaid = owed + self.back - self.paid
        return f"of {owed} in all {unpaid if unpaid > 0 else 'nothing'} is unpaid"


def balance_of(case: PostedOrder, also: Refund | None = None) -> Balance:
    """Return how an order stands.

    Args:
        case: the order.
        also: a refund that is to be posted, beside those that are.
    """
    places = case.invoice.facts.places
    count = [one for one in case.snapshot.refunds if one is also or case.memo_of(one.id) or case.is_covered(one.id)]
    back = sum((_paid_back(refund) for refund in count), Decimal(0))
    paid = captured(case.snapshot, case.mapping)
    return Balance(
        posted=sum((entry.gross for entry in case.posted), Decimal(0)),
        paid=None if paid is None else quantize(paid, places),
        back=quantize(back, places),
    )


def _paid_back(refund: Refund) -> Decimal:
    counting = [payment for payment in refund.payments if not payment.is_declined]
    money = [one.amount for one in counting if provider_key(one.provider_id) not in TENDERS_BY_PROVIDER]
    return sum(money, Decimal(0))
