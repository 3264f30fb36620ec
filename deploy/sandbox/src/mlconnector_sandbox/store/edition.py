"""How this store's B2B Edition behaves: whether it has one, its own quota, and when it shows which orders."""

import time
from typing import Annotated, Literal

import msgspec

from .limits import QuotaSettings, RateLimit
from .record import OrderRecord

__all__ = ["Edition", "EditionSettings"]


class EditionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The switches; first positions are defaults.

    Attributes:
        enabled: a store without the B2B Edition is refused.
        quota: requests in a window; 150 in a minute, as documented.
        window_ms: its length.
        seconds: how long after an order was placed it does not show yet.
        private_orders: whether orders of guests and of customers without company show (with company 0), or do not.
    """

    enabled: bool = True
    quota: Annotated[int, msgspec.Meta(ge=1)] = 150
    window_ms: Annotated[int, msgspec.Meta(ge=1)] = 60_000
    seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    private_orders: Literal["shown", "missing"] = "shown"


class Edition:
    """The B2B Edition of one store."""

    def __init__(self) -> None:
        self.rate_limit = RateLimit()
        self.configure(EditionSettings())

    def configure(self, settings: EditionSettings) -> None:
        """Change the switches."""
        self.settings = settings
        self.rate_limit.configure(QuotaSettings(settings.quota, settings.window_ms))

    def shows(self, record: OrderRecord) -> bool:
        """Tell whether an order is to be seen by now."""
        if not record.parts["b2b"] and self.settings.private_orders == "missing":
            return False
        return time.time() - record.facts().created >= self.settings.seconds
