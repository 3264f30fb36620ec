"""Which orders wait for a decision of finance, whatever their figures."""

from collections.abc import Iterable

from ..bigcommerce.models import OrderSnapshot
from .components import Component
from .facts import TaxGroup
from .values import Refusal

__all__ = ["credit_across_currencies", "single_purpose"]


def credit_across_currencies(snapshot: OrderSnapshot) -> Refusal | None:
    """Refuse store credit in an order that is charged in another currency than the store's own.

    The customer's credit is kept in the store's currency; at which rate it was used is not said.
    """
    order = snapshot.order
    own = order.store_default_currency_code
    if not order.store_credit_amount or own in {"", order.default_currency_code}:
        return None
    sentence = f"store credit is kept in {own}, the order is charged in {order.default_currency_code}"
    return Refusal("decision:store_credit_currency", f"{sentence}: at which rate it was used must be decided")


def single_purpose(components: Iterable[Component], groups: Iterable[TaxGroup]) -> Refusal | None:
    """Refuse gift certificates that were sold with tax.

    A voucher for one purpose is taxed when it is sold, one for many when it is used; both at once would tax it twice.
    """
    for part, tax in zip(components, groups, strict=True):
        if part.role == "gift_certificate" and tax.rate:
            sentence = f"a gift certificate was sold with {tax.rate.normalize():f} % of tax"
            return Refusal("decision:voucher", f"{sentence}: a single-purpose voucher, whose treatment must be decided")
    return None
