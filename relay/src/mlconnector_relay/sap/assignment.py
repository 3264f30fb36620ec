"""Where each part of an order goes: its accounts and its tax code, or everything the mapping lacks at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..bigcommerce.models import OrderSnapshot
from .components import Component
from .facts import LineFacts, TaxFacts
from .mapping import Mapping
from .mapping_file import CompanyCode
from .readings import Reading
from .targets import Accounts, TaxCode
from .taxes import Taxes
from .values import Gap

__all__ = ["Assigned", "assign", "line_facts_of"]


@dataclass(frozen=True, slots=True)
class Assigned:
    """A part of an order with where it goes.

    Attributes:
        amount: what is charged for it, in the reading's basis; never 0.
        full: the same before reductions.
        tax: what the store charged on it.
        code: `None` for what is not taxed here, such as gift certificates.
    """

    part: Component
    amount: Decimal
    full: Decimal
    tax: TaxFacts
    accounts: Accounts
    code: TaxCode | None


def assign(
    snapshot: OrderSnapshot,
    mapping: Mapping,
    company: CompanyCode,
    components: Sequence[Component],
    taxes: Taxes,
    reading: Reading,
) -> tuple[list[Assigned], list[Gap]]:
    """Find accounts and tax code of every part that is charged; what is missing is told all at once."""
    assigned: list[Assigned] = []
    gaps: dict[str, Gap] = {}
    for part, facts, amount, full in zip(components, taxes.facts, reading.amounts, reading.full, strict=True):
        if not amount:
            continue
        accounts = _accounts(snapshot, mapping, company, part)
        code = None if part.role == "gift_certificate" else mapping.tax(facts)
        if isinstance(accounts, Accounts) and not isinstance(code, Gap):
            assigned.append(Assigned(part, amount, full, facts, accounts, code))
        for gap in (accounts, code):
            if isinstance(gap, Gap):
                gaps.setdefault(gap.key, Gap(gap.key, f"{part.text}: {gap.sentence}"))
    return assigned, list(gaps.values())


def line_facts_of(snapshot: OrderSnapshot, catalog_id: int, company_code: str) -> LineFacts:
    """Return the facts a product's accounts are chosen by; a custom or deleted product has no categories."""
    product = snapshot.product_facts.get(catalog_id)
    paths = {_path(snapshot, category) for category in (product.categories if product else ())}
    return LineFacts(company_code, tuple(sorted(paths)), snapshot.customer_segments, snapshot.customer_group_id)


def _accounts(snapshot: OrderSnapshot, mapping: Mapping, company: CompanyCode, part: Component) -> Accounts | Gap:
    if part.role == "product":
        return mapping.accounts(line_facts_of(snapshot, part.catalog_id, company.company_code))
    return mapping.role(company, part.role)


def _path(snapshot: OrderSnapshot, category_id: int) -> tuple[int, ...]:
    path = [category_id]
    while True:
        category = snapshot.categories.get(path[-1])
        # A tree that loops must not loop us.
        if category is None or not category.parent_id or category.parent_id in path:
            return tuple(path)
        path.append(category.parent_id)
