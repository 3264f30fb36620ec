"""From amounts and accounts to the lines a document is made of."""

from collections.abc import Sequence
from decimal import Decimal

from ..bigcommerce.models import Order
from .amounts import Amounts
from .assignment import Assigned
from .currency import from_minor, to_minor, unit
from .frozen import FrozenLine
from .mapping import Mapping, Role
from .mapping_file import CompanyCode
from .targets import Accounts
from .values import Gap

__all__ = ["amount_line", "frozen_lines", "tenders_of"]


def frozen_lines(
    parts: Sequence[Assigned], amounts: Amounts, places: int, rounding: Accounts | None
) -> tuple[FrozenLine, ...]:
    """Freeze everything that is charged for, and by how much the store's totals contradict each other.

    Args:
        parts: everything that is charged for.
        amounts: the same in smallest units.
        places: decimals of the currency.
        rounding: where a contradiction of the totals goes; needed where there is one.
    """
    lines = [
        FrozenLine(
            role=part.part.role,
            source=part.part.source,
            quantity=part.part.quantity,
            label=part.part.label,
            full=_full(part, net, places),
            net=net,
            tax=tax,
            rate=part.tax.rate,
            accounts=part.accounts,
            code=part.code,
            earned=part.earned,
        )
        for part, net, tax in zip(parts, amounts.nets, amounts.taxes, strict=True)
    ]
    if rounding and amounts.rounding:
        lines.append(amount_line("rounding", "Rounding difference of the store", amounts.rounding, rounding))
    return tuple(lines)


def tenders_of(
    order: Order, mapping: Mapping, company: CompanyCode, places: int
) -> tuple[tuple[FrozenLine, ...], list[Gap]]:
    """Return what the store's own means of payment paid of an order, and the liability accounts that are missing."""
    lines: list[FrozenLine] = []
    gaps: list[Gap] = []
    tenders: tuple[tuple[Role, str, Decimal], ...] = (
        ("gift_certificate", "Gift certificate used", order.gift_certificate_amount),
        ("store_credit", "Store credit used", order.store_credit_amount),
    )
    for role, label, paid in tenders:
        amount = to_minor(paid, places)
        if amount:
            target = mapping.role(company, role)
            if isinstance(target, Gap):
                gaps.append(target)
            else:
                lines.append(amount_line(f"{role}_used", label, -amount, target))
    return tuple(lines), gaps


def amount_line(role: str, label: str, amount: int, accounts: Accounts) -> FrozenLine:
    """Return a line that is only an amount: nothing is counted or taxed."""
    return FrozenLine(role, 0, 0, label, amount, amount, 0, Decimal(0), accounts, None)


def _full(part: Assigned, net: int, places: int) -> int:
    # Scaled from the rounded net, so that a line without a reduction shows no difference at all.
    if part.full - part.amount < unit(places):
        return net
    return to_minor(from_minor(net, places) * part.full / part.amount, places)
