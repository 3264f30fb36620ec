"""The one-time customer's address: split or shortened by rule, both texts kept for the audit trail.

Names: the company first, then the person, each broken between words into NAME to NAME_4 of 35 characters; what needs a
fifth line is left out. Street: both lines joined by a comma where they fit 35 characters, else the first line shortened
after its last whole word that fits. City 35, postal code 10.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..bigcommerce.models import Address
from .text import clean, shorten, wrap
from .values import Refusal
from .vat_ids import NO_ID, VatId

__all__ = ["DEBTOR", "NO_CUSTOMER", "OneTimeCustomer", "one_time_customer"]

NAMES: Final = ("NAME", "NAME_2", "NAME_3", "NAME_4")
LENGTH: Final = 35
POSTAL_LENGTH: Final = 10
REGION_LENGTH: Final = 3
ISO_LENGTH: Final = 2


@dataclass(frozen=True, slots=True)
class OneTimeCustomer:
    """CUSTOMERCPD as SAP takes it, and what was left out of it.

    Attributes:
        vat_id: for the customer's line, which has VAT_REG_NO.
    """

    fields: dict[str, str]
    decisions: tuple[str, ...]
    vat_id: str = ""


DEBTOR: Final = OneTimeCustomer({}, ("a debtor of one's own: no address goes with the document",))
"""Nothing: the master data of the customer say who it is."""

NO_CUSTOMER: Final = OneTimeCustomer({}, ())
"""Of a document that nobody owes."""


def one_time_customer(
    address: Address, language: str, regions: Mapping[str, Mapping[str, str]], vat_id: VatId = NO_ID
) -> OneTimeCustomer | Refusal:
    """Write an address into CUSTOMERCPD.

    Args:
        address: the order's billing address.
        language: of the company code, two letters.
        regions: per country SAP's regions by the name the store uses.
        vat_id: the buyer's.
    """
    decisions: list[str] = []
    fields = _names(address, decisions)
    street = [part for part in (clean(address.street_1), clean(address.street_2)) if part]
    country = address.country_iso2.strip().upper()
    fields |= {
        "STREET": _street(street, decisions),
        "CITY": _kept("CITY", clean(address.city), LENGTH, decisions),
        "POSTL_CODE": _kept("POSTL_CODE", clean(address.zip), POSTAL_LENGTH, decisions),
        "REGION": _region(clean(address.state), regions.get(country, {}), decisions),
        "COUNTRY": country,
        "LANGU_ISO": language,
    }
    missing = [name for name in ("NAME", "CITY") if not fields.get(name)]
    if len(country) != ISO_LENGTH:
        missing.append("COUNTRY")
    if missing:
        sentence = f"SAP's one-time customer needs {', '.join(missing)}; the billing address has none"
        return Refusal("refused:address", f"{sentence}; complete it in the store")
    decisions += vat_id.decisions
    return OneTimeCustomer({name: value for name, value in fields.items() if value}, tuple(decisions), vat_id.number)


def _names(address: Address, decisions: list[str]) -> dict[str, str]:
    person = clean(f"{address.first_name} {address.last_name}")
    lines = [*wrap(clean(address.company), LENGTH), *wrap(person, LENGTH)]
    if len(lines) > len(NAMES):
        decisions.append(f"NAME to NAME_4 hold {lines[: len(NAMES)]}, left out: {lines[len(NAMES) :]}")
    return dict(zip(NAMES, lines, strict=False))


def _street(lines: list[str], decisions: list[str]) -> str:
    whole = ", ".join(lines)
    if len(whole) <= LENGTH:
        return whole
    kept = shorten(lines[0], LENGTH)
    decisions.append(f"STREET holds {kept!r} of {whole!r}")
    return kept


def _kept(name: str, text: str, length: int, decisions: list[str]) -> str:
    kept = shorten(text, length)
    if kept != text:
        decisions.append(f"{name} holds {kept!r} of {text!r}")
    return kept


def _region(state: str, regions: Mapping[str, str], decisions: list[str]) -> str:
    if not state:
        return ""
    known = {name.casefold(): region for name, region in regions.items()}
    if state.casefold() in known:
        return known[state.casefold()]
    if len(state) <= REGION_LENGTH and state.isascii() and state.isalnum():
        return state.upper()
    if regions:
        decisions.append(f"REGION is left empty: [regions] has none for {state!r}")
    return ""
