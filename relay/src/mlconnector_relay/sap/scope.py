"""Which orders cannot be posted yet, whatever their figures: what no document of ours can express so far."""

from ..bigcommerce.models import OrderSnapshot
from .values import Refusal

__all__ = ["not_yet"]


def not_yet(snapshot: OrderSnapshot) -> tuple[Refusal, ...]:
    """Return every reason why this order waits for a later version, each with a rule of its own."""
    order = snapshot.order
    found = []
    if any(line.type == "giftcertificate" for line in snapshot.products):
        sentence = "the order sells a gift certificate, which is a liability and no revenue"
        found.append(Refusal("not_yet:gift_certificate_sold", sentence))
    if order.gift_certificate_amount:
        sentence = f"{order.gift_certificate_amount} were paid by gift certificate, which is a means of payment"
        found.append(Refusal("not_yet:gift_certificate_redeemed", sentence))
    if order.store_credit_amount:
        sentence = f"{order.store_credit_amount} were paid by store credit, which is a means of payment"
        found.append(Refusal("not_yet:store_credit", sentence))
    return tuple(found)
