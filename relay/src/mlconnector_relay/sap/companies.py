"""Which company code posts an order, with what the rules for its documents say."""

from ..bigcommerce.models import OrderSnapshot
from .buyers import as_ordered, buyer_of
from .facts import LineFacts, StoreFacts
from .mapping import Mapping
from .mapping_file import CompanyCode
from .values import Gap

__all__ = ["company_of", "order_facts"]


def company_of(snapshot: OrderSnapshot, mapping: Mapping, store: StoreFacts) -> CompanyCode | Gap:
    """Return the company code of an order, or what the mapping lacks to tell."""
    order = snapshot.order
    company = mapping.company(store, order.channel_id, order.default_currency_code)
    if isinstance(company, Gap):
        return company
    ordered = as_ordered(company, snapshot, mapping.file.companies)
    return mapping.documents(ordered, order_facts(snapshot, company.company_code))


def order_facts(snapshot: OrderSnapshot, company_code: str) -> LineFacts:
    """Return what rules for an order's documents select on."""
    order, buyer = snapshot.order, buyer_of(snapshot)
    return LineFacts(
        company_code=company_code,
        segments=snapshot.customer_segments,
        customer_group=snapshot.customer_group_id,
        channel=order.channel_id,
        country=order.billing_address.country_iso2.strip().upper(),
        region=order.billing_address.state,
        payment_method=order.payment_method,
        company=buyer.company_id if buyer else None,
        order_source=order.order_source,
    )
