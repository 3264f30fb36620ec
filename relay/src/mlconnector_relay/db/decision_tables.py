"""The table of decisions: what people chose for orders that no rule decides; kept like `tables`."""

from typing import Final

from sqlalchemy import BigInteger, Table, Text

from .columns import key, maybe, metadata, of, tenant
from .types import Moment

__all__ = ["decisions"]

decisions: Final = Table(
    "decisions",
    metadata,
    tenant(),
    key("store_hash", Text, "the store"),
    key("order_id", BigInteger, "the order"),
    key("cause", Text, "what was to be decided"),
    key("proposal", Text, "digest of what was shown; anything else asks again"),
    of("choice", Text, "what was chosen"),
    of("decided_by", Text, "who chose it"),
    of("reason", Text, "why, in their words"),
    of("decided_at", Moment, "when"),
    of("confirmed_by", Text, "who confirmed it, where the mapping wants two people; empty until then"),
    maybe("confirmed_at", Moment, "when it was confirmed"),
    comment="what people decided for orders; a choice is never changed once it counts",
)
