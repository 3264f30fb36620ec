"""When two names are one person's, as far as names tell; pure."""

import unicodedata

__all__ = ["same_person"]


def same_person(one: str, other: str) -> bool:
    """Tell whether two names differ in case, width or composition alone: that makes no second pair of eyes."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
