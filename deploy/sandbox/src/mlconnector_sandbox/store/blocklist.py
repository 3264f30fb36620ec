"""BigCommerce's blocklist: a domain that answers too few callbacks well is left alone for a while; pure."""

from collections import Counter, deque
from dataclasses import dataclass, field

__all__ = ["BlockedDomain", "Blocklist"]

WINDOW_SECONDS = 120.0
BLOCK_SECONDS = 180.0
REQUESTS_BEFORE_JUDGING = 100
SUCCESS_RATIO = 0.9


@dataclass(frozen=True, slots=True)
class BlockedDomain:
    """A domain that gets nothing until a moment, and why."""

    client_id: str
    domain: str
    until: float
    reasons: dict[str, int]
    since: float


@dataclass(slots=True)
class _Window:
    answers: deque[tuple[float, str]] = field(default_factory=deque)
    blocked: BlockedDomain | None = None


class Blocklist:
    """Success ratio per client and domain in a sliding window. All paths of a domain count together.

    Window and blocking time are scaled like the retries, so that a day of BigCommerce's can pass in seconds.
    """

    def __init__(self, factor: float) -> None:
        self._window_seconds = WINDOW_SECONDS * factor
        self._block_seconds = BLOCK_SECONDS * factor
        self._windows: dict[tuple[str, str], _Window] = {}

    def note(self, client_id: str, domain: str, failure: str, now: float) -> BlockedDomain | None:
        """Count one answer, `failure` empty for a good one; give the block if this answer caused one."""
        window = self._windows.setdefault((client_id, domain), _Window())
        window.answers.append((now, failure))
        while window.answers[0][0] < now - self._window_seconds:
            window.answers.popleft()
        failures = Counter(text for _, text in window.answers if text)
        judged = len(window.answers) >= REQUESTS_BEFORE_JUDGING
        if not judged or 1 - failures.total() / len(window.answers) >= SUCCESS_RATIO:
            return None
        window.blocked = BlockedDomain(client_id, domain, now + self._block_seconds, dict(failures), now)
        window.answers.clear()
        return window.blocked

    def blocks(self, client_id: str, domain: str, now: float) -> bool:
        """Tell whether a domain gets nothing now."""
        window = self._windows.get((client_id, domain))
        return window is not None and window.blocked is not None and now < window.blocked.until

    def blocked(self, client_id: str, now: float) -> list[BlockedDomain]:
        """Give a client's blocked domains."""
        found = (window.blocked for window in self._windows.values())
        return [block for block in found if block and block.client_id == client_id and now < block.until]
