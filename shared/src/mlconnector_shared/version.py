"""Version and features of the session protocol, with the dated history of every change."""

from typing import Final

__all__ = ["FEATURES", "PROTOCOL_MAX", "PROTOCOL_MIN", "SUBPROTOCOL", "agree"]

SUBPROTOCOL: Final = "mlconnector.v1"
"""The websocket subprotocol both sides must name."""

PROTOCOL_MIN: Final = 1
PROTOCOL_MAX: Final = 1
"""1: 2026-11-23, first version: hello to close, write credit, row credit, signed results and receipts.
2026-11-28, before its first release: a posting may name its `base`; works `reverse` and `change`, outcome `done`."""

FEATURES: Final = frozenset({"rows", "anchor", "renew"})
"""rows: paged table reads under credit; anchor: exchange of audit heads; renew: certificates over the live session."""


def agree(peer_min: int, peer_max: int, peer_features: frozenset[str]) -> tuple[int, frozenset[str]] | None:
    """Choose the highest common protocol version and the common features, or None where there is no common version."""
    version = min(PROTOCOL_MAX, peer_max)
    if version < max(PROTOCOL_MIN, peer_min):
        return None
    return version, FEATURES & peer_features
