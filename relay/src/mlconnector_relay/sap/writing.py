"""A document made of frozen lines, written as SAP takes it: summed where it would be too long."""

from dataclasses import replace
from typing import Final

from .call import Header, built_of
from .currency import from_minor
from .draft import Draft, draft_of, summed
from .frozen import Frozen
from .one_time_customer import OneTimeCustomer
from .reference import ReferenceTooLong
from .values import Built, Refusal

__all__ = ["MOST_LINES", "fitting", "write"]

MOST_LINES: Final = 999
"""Items of one accounting document, the customer's and the tax items counted (BUZEI has three digits)."""


def fitting(frozen: Frozen) -> Draft:
    """Return a document's lines, summed per account, cost center and tax code where they would be too many."""
    draft = draft_of(frozen)
    return replace(draft, lines=summed(draft.lines)) if draft.size > MOST_LINES else draft


def write(frozen: Frozen, header: Header, customer: OneTimeCustomer) -> Built | Refusal:
    """Write a document.

    Args:
        frozen: what it is made of.
        header: its identity and dates.
        customer: the one-time customer's address.
    """
    draft = fitting(frozen)
    if draft.size > MOST_LINES:
        return Refusal("not_yet:split", f"{draft.size} items even when summed; one document holds {MOST_LINES}")
    for code, tax in draft.codes:
        base = sum(line.amount for line in draft.lines if line.code == code.code)
        if abs(tax) > abs(base):
            sentence = f"{from_minor(tax, frozen.places)} of tax on a base of {from_minor(base, frozen.places)}"
            return Refusal("refused:tax_base", f"{sentence} for {code.code}: SAP takes no tax above its base (FF 747)")
    try:
        return built_of(frozen, draft, header, customer)
    except ReferenceTooLong as error:
        return Refusal("refused:reference", str(error))
