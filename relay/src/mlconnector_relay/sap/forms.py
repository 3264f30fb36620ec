"""Texts of a mapping with places to fill in: which places each may have, and their filling; pure.

A place is a name alone: no width, which would fill the memory, and no conversion. What is filled in is a value of the
order, never a name of a person: these texts stay in the books and in the ledger when personal data are erased.
"""

from collections.abc import Callable, Mapping
from string import Formatter
from typing import Annotated, Final

from pydantic import AfterValidator, Field

__all__ = ["CustomerText", "HeaderText", "ItemText", "ShipmentText", "item_label", "settled"]

OF_ORDER: Final = ("order", "store", "external_order")
OF_LINE: Final = ("sku", "name", "order")
OF_SHIPMENT: Final = ("tracking", "carrier", "shipment", "date", "order", "store", "count")
"""Of the newest shipment, its order and store, and how many shipments there are."""


def settled(form: str, values: Mapping[str, str]) -> str:
    """Return a text with some of its places filled in for good, and the others left as places."""
    parts = []
    for literal, name, *_ in Formatter().parse(form):
        parts.append(_literal(literal))
        if name is not None:
            parts.append(_literal(values[name]) if name in values else f"{{{name}}}")
    return "".join(parts)


def item_label(form: str, *, sku: str, name: str, order: int) -> str:
    """Return what a product line says after its quantity; a product without SKU is called by its name."""
    return form.format(sku=sku or name, name=name, order=order)


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _only(*allowed: str, least: int = 0) -> Callable[[str], str]:
    """Return a check that a text has no other places than these, and so many of them at least.

    The check raises `ValueError` where it has.
    """

    def check(form: str) -> str:
        if len(_places(form, allowed)) < least:
            raise ValueError(f"expected at least one place to fill in, such as {{{allowed[0]}}}")
        return form

    return check


def _places(form: str, allowed: tuple[str, ...]) -> list[str]:
    *some, last = (f"{{{name}}}" for name in allowed)
    expected = f"expected a text with no other places than {', '.join(some)} and {last}"
    try:
        places = [place for _, *place in Formatter().parse(form) if place[0] is not None]
    except ValueError as error:
        raise ValueError(expected) from error
    # No width either, which would fill the memory, and nothing that fits a text but not a number.
    if any(name not in allowed or more != ["", None] for name, *more in places):
        raise ValueError(expected)
    return [str(name) for name, *_ in places]


HeaderText = Annotated[str, Field(min_length=1, max_length=60), AfterValidator(_only(*OF_ORDER))]
CustomerText = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_only(*OF_ORDER))]
ItemText = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_only(*OF_LINE))]
ShipmentText = Annotated[str, AfterValidator(_only(*OF_SHIPMENT, least=1))]
