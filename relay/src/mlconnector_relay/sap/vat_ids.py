"""The buyer's VAT id: where the store keeps it, and what of it decides a tax code.

The store has no field for it. A mapping names the form fields and attributes it may stand in; what the order itself
says counts before the customer's account. An id that names no country, or is none that its country of the EU gives out,
is told apart from none, and is not sent to SAP. Whether one that is well formed belongs to the buyer nobody is asked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from ..bigcommerce.models import OrderSnapshot
from .facts import MALFORMED_VAT_ID, NO_VAT_ID, UNREADABLE_VAT_ID
from .tax_rules import VatIds

__all__ = ["NO_ID", "VatId", "vat_id_of"]

BLANKS: Final = re.compile(r"[\s.\-/]+")
SHAPE: Final = re.compile(r"[A-Z]{2}(?=.*[0-9])[0-9A-Z+*]{2,18}")
"""The country's prefix, then what it gives out, never without a digit; VAT_REG_NO holds twenty characters."""

PREFIXES: Final = {"EL": "GR"}
"""Prefixes that are not their country's ISO code. XI, of Northern Ireland, stays: what goes there stays in the EU."""

NO_COUNTRY: Final = {
    UNREADABLE_VAT_ID: "is no VAT id with its country",
    MALFORMED_VAT_ID: "is no VAT id as its country gives them out",
}
"""What is wrong with an id that is not sent."""


@dataclass(frozen=True, slots=True)
class VatId:
    """A buyer's VAT id.

    Attributes:
        number: as SAP takes it; empty where there is none that can be read.
        country: its country, `NO_VAT_ID`, `UNREADABLE_VAT_ID` or `MALFORMED_VAT_ID`.
        source: where it stands in the store.
    """

    number: str
    country: str
    source: str

    @property
    def decisions(self) -> tuple[str, ...]:
        """Return what is sent of it, without the id itself."""
        if self.country in NO_COUNTRY:
            return (f"VAT_REG_NO is left empty: what stands in the {self.source} {NO_COUNTRY[self.country]}",)
        return (f"VAT_REG_NO holds the VAT id of {self.country} from the {self.source}",) if self.number else ()


NO_ID: Final = VatId("", NO_VAT_ID, "")


def vat_id_of(snapshot: OrderSnapshot, wanted: VatIds) -> VatId:
    """Return the buyer's VAT id: the first that is filled in, the fields in the order of the mapping."""
    for source, value in _found(snapshot, wanted):
        number = BLANKS.sub("", value).upper()
        if number:
            return _read(number, source)
    return NO_ID


def _read(number: str, source: str) -> VatId:
    if not SHAPE.fullmatch(number):
        return VatId("", UNREADABLE_VAT_ID, source)
    country = PREFIXES.get(number[:2], number[:2])
    if country.casefold() in vat.MEMBER_STATES:
        try:
            number = vat.validate(number)
        except ValidationError:
            return VatId("", MALFORMED_VAT_ID, source)
    # Typed with the ISO code, it is sent with the prefix.
    prefix = next((known for known, iso in PREFIXES.items() if iso == country), number[:2])
    return VatId(prefix + number[2:], country, source)


def _found(snapshot: OrderSnapshot, wanted: VatIds) -> Iterator[tuple[str, str]]:
    places = (
        ("billing address", snapshot.order.billing_address.form_fields),
        ("customer's account", snapshot.customer_fields),
    )
    for place, fields in places:
        given = {one.name.strip().casefold(): one.value for one in fields}
        for name in wanted.form_fields:
            yield f"{place}'s form field {name}", given.get(name.strip().casefold(), "")
    for attribute in wanted.attributes:
        yield f"customer's attribute {attribute}", snapshot.customer_attributes.get(attribute, "")
