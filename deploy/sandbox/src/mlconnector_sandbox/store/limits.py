"""The request quota of the store, shared by all clients: a fixed window, as the headers describe it."""

import time
from typing import Annotated

import msgspec

__all__ = ["QuotaSettings", "RateLimit"]


class QuotaSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The quota; the smaller plans have 150 or 450 requests in 30 seconds."""

    quota: Annotated[int, msgspec.Meta(ge=1)] = 1_000_000
    window_ms: Annotated[int, msgspec.Meta(ge=1)] = 30_000


class RateLimit:
    """Counts requests in windows that begin with the first request after the last window's end."""

    def __init__(self) -> None:
        self.settings = QuotaSettings()
        self._ends = 0.0
        self._used = 0

    def configure(self, settings: QuotaSettings) -> None:
        """Change the quota; the running window keeps what was used, as when other apps take their share."""
        self.settings = settings

    def take(self) -> bool:
        """Count one request; tell whether it is within the quota."""
        now = time.monotonic()
        if now >= self._ends:
            self._ends, self._used = now + self.settings.window_ms / 1000, 0
        if self._used >= self.settings.quota:
            return False
        self._used += 1
        return True

    def headers(self) -> dict[str, str]:
        """Give the headers that every answer carries."""
        return {
            "X-Rate-Limit-Time-Window-Ms": str(self.settings.window_ms),
            "X-Rate-Limit-Time-Reset-Ms": str(self._reset_ms()),
            "X-Rate-Limit-Requests-Quota": str(self.settings.quota),
            "X-Rate-Limit-Requests-Left": str(max(0, self.settings.quota - self._used)),
        }

    def retry_after(self) -> str:
        """Give the whole seconds until the next window."""
        return str(-(-self._reset_ms() // 1000))

    def _reset_ms(self) -> int:
        return max(0, round((self._ends - time.monotonic()) * 1000))
