"""Numbers as people read them."""

__all__ = ["how_many"]


def how_many(number: int, one: str, many: str = "") -> str:
    """Write a number with its noun, whose plural ends in s where none is given: `1 order`, `2 orders`."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"
