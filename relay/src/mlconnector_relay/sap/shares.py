"""Largest remainder: sharing out a whole number so that the parts add up to it exactly."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

__all__ = ["apportion"]


def apportion(total: int, weights: Sequence[Decimal | Fraction]) -> list[int]:
    """Share `total` in proportion to the weights; no part is a whole unit away from its exact share.

    Ties go to the earlier part, so that the same input always gives the same parts.

    Args:
        total: smallest units to share out, of either sign.
        weights: none negative; all zero only where there is nothing to share out.
    """
    whole = sum((Fraction(weight) for weight in weights), Fraction(0))
    if not whole:
        if total:
            raise ValueError(f"{total} cannot be shared out over nothing")
        return [0] * len(weights)
    exact = [abs(total) * Fraction(weight) / whole for weight in weights]
    parts = [int(share) for share in exact]
    left = abs(total) - sum(parts)
    for index in sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))[:left]:
        parts[index] += 1
    return parts if total >= 0 else [-part for part in parts]
