"""Where each part of an order goes: its accounts and its tax code, or everything the mapping lacks at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ..bigcommerce.models import OrderSnapshot
from .components import Component
from .facts import LineFacts, TaxFacts, TaxGroup
from .frozen import FrozenLine
from .mapping import Mapping
from .mapping_file import CompanyCode
from .paths import category_path
from .readings import Reading
from .shipping import is_fetched, is_sent
from .targets import Accounts, TaxCode
from .taxes import Taxes
from .values import Gap
from .vat_ids import vat_id_of

__all__ = ["Assigned", "assign", "line_facts_of", "tax_facts_of"]


@dataclass(frozen=True, slots=True)
class Assigned:
    """A part of an order with where it goes.

    Attributes:
        place: of the component.
        amount: what is charged for it, in the reading's basis; never 0.
        full: the same before reductions.
        tax: what the store charged on it.
        code: `None` for what is not taxed here, such as gift certificates.
        earned: where deferred revenue goes once the goods have left; then `accounts` is the deferred one.
    """

    part: Component
    place: int
    amount: Decimal
    full: Decimal
    tax: TaxGroup
    accounts: Accounts
    code: TaxCode | None
    earned: Accounts | None = None


def assign(
    snapshot: OrderSnapshot,
    mapping: Mapping,
    company: CompanyCode,
    components: Sequence[Component],
    taxes: Taxes,
    reading: Reading,
    posted: Sequence[FrozenLine] = (),
) -> tuple[list[Assigned], list[Gap]]:
    """Find accounts and tax code of every part that is charged; what is missing is told all at once.

    Lines that were posted before keep their accounts, and their tax codes while their rates are the same.
    """
    known = {(line.role, line.source): line for line in posted}
    assigned: list[Assigned] = []
    gaps: dict[str, Gap] = {}
    read = zip(components, taxes.groups, reading.amounts, reading.full, strict=True)
    for place, (part, group, amount, full) in enumerate(read):
        if not amount:
            continue
        before = known.get((part.role, part.source))
        accounts = before.accounts if before else _accounts(snapshot, mapping, company, part)
        facts = tax_facts_of(snapshot, mapping, part, group, company.company_code)
        code = _code(mapping, part, facts, before)
        if isinstance(accounts, Accounts) and not isinstance(code, Gap):
            standing = (
                (before.accounts, before.earned) if before else _standing(snapshot, mapping, company, part, accounts)
            )
            assigned.append(Assigned(part, place, amount, full, group, standing[0], code, standing[1]))
        for gap in (accounts, code):
            if isinstance(gap, Gap):
                gaps.setdefault(gap.question or gap.key, replace(gap, sentence=f"{part.text}: {gap.sentence}"))
    return assigned, list(gaps.values())


def line_facts_of(snapshot: OrderSnapshot, part: Component, company_code: str) -> LineFacts:
    """Return the facts a product's accounts are chosen by; a custom or deleted product has no categories."""
    order, product = snapshot.order, snapshot.product_facts.get(part.catalog_id)
    line = next((line for line in snapshot.products if line.id == part.product_id), None)
    paths = {category_path(snapshot.categories, category) for category in (product.categories if product else ())}
    sent_to = next((place for place in snapshot.destinations if place.id == part.address_id), None)
    return LineFacts(
        company_code=company_code,
        categories=tuple(sorted(paths)),
        segments=snapshot.customer_segments,
        customer_group=snapshot.customer_group_id,
        sku=line.sku if line else "",
        brand=(product.brand_id or None) if product else None,
        product_type=_product_type(snapshot, part),
        channel=order.channel_id,
        country=part.place.country,
        region=part.place.region,
        payment_method=order.payment_method,
        shipping_method=sent_to.shipping_method if sent_to else "",
    )


def tax_facts_of(
    snapshot: OrderSnapshot, mapping: Mapping, part: Component, group: TaxGroup, company_code: str
) -> TaxFacts:
    """Return the facts a part's tax code is chosen by: what was charged, on what, and to whom."""
    return TaxFacts(
        company_code=company_code,
        country=group.country,
        region=group.region,
        rate=group.rate,
        tax_class=group.tax_class,
        provider=snapshot.order.tax_provider_id,
        vat_id=vat_id_of(snapshot, mapping.file.vat_ids).country,
        exempt_category=snapshot.tax_exempt_category,
        customer_group=snapshot.customer_group_id,
        product_type=_product_type(snapshot, part) if part.role == "product" else "",
    )


def _product_type(snapshot: OrderSnapshot, part: Component) -> str:
    line = next((line for line in snapshot.products if line.id == part.product_id), None)
    return "custom" if not part.catalog_id else line.type if line else ""


def _accounts(snapshot: OrderSnapshot, mapping: Mapping, company: CompanyCode, part: Component) -> Accounts | Gap:
    if part.role == "product":
        return mapping.accounts(line_facts_of(snapshot, part, company.company_code))
    return mapping.role(company, part.role)


def _standing(
    snapshot: OrderSnapshot, mapping: Mapping, company: CompanyCode, part: Component, accounts: Accounts
) -> tuple[Accounts, Accounts | None]:
    """Return where a part stands until its goods have left, and where it goes then."""
    deferred = mapping.adjustment(company, "deferred_revenue") if company.revenue == "deferred" else None
    line = next((line for line in snapshot.products if part.role == "product" and line.id == part.product_id), None)
    if deferred is None or line is None or not (is_sent(line) or is_fetched(line)):
        return accounts, None
    return replace(deferred, profit_center=deferred.profit_center or accounts.profit_center), accounts


def _code(mapping: Mapping, part: Component, facts: TaxFacts, before: FrozenLine | None) -> TaxCode | Gap | None:
    if part.role == "gift_certificate":
        return None
    return before.code if before and before.code and before.rate == facts.rate else mapping.tax(facts)
