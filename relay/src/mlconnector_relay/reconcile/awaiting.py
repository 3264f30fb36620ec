"""Orders that the store's B2B Edition does not show yet, although a company's user placed them. Pure."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from ..bigcommerce.models import OrderSnapshot
from ..sap.mapping import Mapping
from .deciding import ask, chosen, digest_of
from .values import Decision, Park, Wait

__all__ = ["COMPANY", "PRIVATE", "awaited"]

COMPANY: Final = "company:"
"""Cause of orders whose company is not known, by their store."""

PRIVATE: Final = "private"
"""What a person may decide: that it is no company's order."""

SHORTEST_PAUSE: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(hours=1)


def awaited(
    snapshot: OrderSnapshot, mapping: Mapping, store_hash: str, decisions: Sequence[Decision]
) -> Wait | Park | None:
    """Wait for what the B2B Edition will say of an order, after some minutes visibly; None where nothing is missing.

    The B2B Edition fires no event for it, so that the order is looked at again by itself, the older, the less often.
    """
    if snapshot.company is None or snapshot.company.standing != "awaited":
        return None
    order, minutes = snapshot.order, mapping.file.companies.wait_minutes
    age = snapshot.fetched_at - order.date_created
    again_at = snapshot.fetched_at + min(max(age / 4, SHORTEST_PAUSE), LONGEST_PAUSE)
    missing = "the B2B Edition does not show the company and purchase order of this order of a company's user"
    until = order.date_created + timedelta(minutes=minutes)
    if snapshot.fetched_at < until:
        return Wait(f"{missing} yet; asked again", again_at=min(again_at, until))
    sentence = f"{missing} {minutes} minutes after it was placed; asked again by itself; where it is no company's order"
    proposal = digest_of(snapshot.digest())
    cause = ask(f"{COMPANY}{store_hash}", f"{sentence}, decide {PRIVATE}", (PRIVATE,), proposal)
    decided = chosen(decisions, cause)
    return Park((cause,), again_at) if decided is None else None
