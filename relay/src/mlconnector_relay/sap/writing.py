"""A document made of frozen lines, written as SAP takes it."""

from .call import Header, built_of
from .currency import from_minor
from .draft import draft_of
from .frozen import Frozen
from .one_time_customer import OneTimeCustomer
from .reference import ReferenceTooLong
from .values import Built, Refusal

__all__ = ["write"]


def write(frozen: Frozen, header: Header, customer: OneTimeCustomer) -> Built | Refusal:
    """Write a document that has no more items than SAP takes.

    Args:
        frozen: what it is made of.
        header: its identity and dates.
        customer: the one-time customer's address.
    """
    draft = draft_of(frozen)
    if draft.above_base is not None:
        code, tax, base = draft.above_base
        sentence = f"{from_minor(tax, frozen.places)} of tax on a base of {from_minor(base, frozen.places)}"
        return Refusal("refused:tax_base", f"{sentence} for {code.key}: SAP takes no tax above its base (FF 747)")
    try:
        return built_of(frozen, draft, header, customer)
    except ReferenceTooLong as error:
        return Refusal("refused:reference", str(error))
