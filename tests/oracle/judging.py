"""Holds the books against the oracle, order by order."""

from .books import Books, Refused, mappings
from .corpus import Cart
from .expected import expected
from .lives import lives_of
from .sums import Sums

__all__ = ["disagreements", "found", "judge", "wanted"]


def judge(books: Books, number: int, cart: Cart) -> list[str]:
    """Return what an order's documents in SAP and the oracle do not agree on, as lines to read."""
    try:
        return disagreements(wanted(number, cart), found(books, number, cart))
    except Refused as refused:
        return [str(refused)]


def wanted(number: int, cart: Cart) -> Sums:
    """Return what the oracle expects of an order."""
    stages = lives_of(number, cart)
    return expected(stages, mappings(stages, cart.get("options", ())))


def found(books: Books, number: int, cart: Cart) -> Sums:
    """Return what the product has posted of an order."""
    return books.after(lives_of(number, cart), cart.get("options", ()))


def disagreements(expected_: Sums, posted: Sums) -> list[str]:
    """Return each sum that is outside its range."""
    lines: list[str] = []
    for key in sorted({*expected_, *posted}):
        (low, high), (amount, _) = expected_.get(key, (0, 0)), posted.get(key, (0, 0))
        if not low <= amount <= high:
            lines.append(f"{' '.join(key)}: {amount} in the books, {_range(low, high)} expected")
    return lines


def _range(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"
