"""One look at SAP for one document: by reference in every company code allowed and, where known, by number."""

from dataclasses import dataclass

from .documents import Expectation, Found, difference
from .lookup import Lookup

__all__ = ["Sighting", "look"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one look has shown.

    Attributes:
        ours: object key of the one document that is what was called for, empty where there is none.
        foreign: what is wrong with a document that carries our reference, empty where there is none.
        lookalike: a document under our number, of our user, date and amount, but with another reference.
    """

    ours: str = ""
    foreign: str = ""
    lookalike: Found | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was found."""
        return not (self.ours or self.foreign or self.lookalike)


async def look(lookup: Lookup, expected: Expectation, object_key: str = "", user: str = "") -> Sighting:
    """Look for the document of a call; with `object_key` also under the number that POST returned to `user`.

    Raises:
        RfcError: SAP could not be read; nothing is known.
    """
    hits = await lookup.by_reference(expected.reference)
    numbered = await lookup.by_key(object_key) if object_key else None
    if numbered is not None and numbered.reference == expected.reference and numbered not in hits:
        hits.append(numbered)
    ours: list[Found] = []
    for hit in hits:
        wrong = difference(expected, hit, await lookup.amounts(hit, expected))
        if wrong or (object_key and hit.object_key != object_key):
            return Sighting(
                foreign=f"document {hit.object_key} carries {expected.reference}: {wrong or 'another number'}"
            )
        ours.append(hit)
    if len(ours) > 1:
        keys = ", ".join(found.object_key for found in ours)
        return Sighting(foreign=f"several documents carry {expected.reference}: {keys}")
    if ours:
        return Sighting(ours=ours[0].object_key)
    if numbered is not None and await _resembles(lookup, expected, numbered, user):
        return Sighting(lookalike=numbered)
    return Sighting()


async def _resembles(lookup: Lookup, expected: Expectation, found: Found, user: str) -> bool:
    if found.user != user or found.posting_date != expected.posting_date:
        return False
    return await lookup.amounts(found, expected) == expected.amounts
