"""Which company code posts an order, with what the rules for its documents say."""

from ..bigcommerce.models import OrderSnapshot
from .facts import LineFacts, StoreFacts
from .mapping import Mapping
from .mapping_file import CompanyCode
from .values import Gap

__all__ = ["company_of"]


def company_of(snapshot: OrderSnapshot, mapping: Mapping, store: StoreFacts) -> CompanyCode | Gap:
    """Return the company code of an order, or what the mapping lacks to tell."""
    order = snapshot.order
    company = mapping.company(store, order.channel_id, order.default_currency_code)
    if isinstance(company, Gap):
        return company
    facts = LineFacts(
        company_code=company.company_code,
        segments=snapshot.customer_segments,
        customer_group=snapshot.customer_group_id,
        channel=order.channel_id,
        country=order.billing_address.country_iso2.strip().upper(),
        region=order.billing_address.state,
        payment_method=order.payment_method,
        order_source=order.order_source,
    )
    return mapping.documents(company, facts)
