"""Money as BigCommerce writes it: four decimals in a string, whatever the currency."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from iso4217 import Currency

__all__ = ["FOUR_PLACES", "UnknownCurrencyError", "currency_decimals", "quantum", "round_to", "spread", "text4"]

FOUR_PLACES = Decimal("0.0001")


class UnknownCurrencyError(ValueError):
    """The code is not in ISO 4217 or has no minor unit."""


def currency_decimals(code: str) -> int:
    """Tell how many decimals ISO 4217 gives a currency."""
    try:
        exponent = Currency(code).exponent
    except ValueError as error:
        raise UnknownCurrencyError(f"{code!r} is not an ISO 4217 currency") from error
    if exponent is None:
        raise UnknownCurrencyError(f"{code!r} has no minor unit")
    return exponent


def quantum(code: str) -> Decimal:
    """Give the smallest amount of a currency, such as 0.01."""
    return Decimal(1).scaleb(-currency_decimals(code))


def round_to(amount: Decimal, step: Decimal) -> Decimal:
    """Round half up to a multiple of the step."""
    return amount.quantize(step, ROUND_HALF_UP)


def text4(amount: Decimal) -> str:
    """Write an amount as the V2 resources do: a plain string with four decimals."""
    return format(round_to(amount, FOUR_PLACES), "f")


def spread(amount: Decimal, weights: Sequence[Decimal], step: Decimal) -> list[Decimal]:
    """Split an amount over weights by largest remainder; the shares add up to the amount exactly.

    Shares are multiples of the step, but for what the amount itself has beyond it, which the heaviest takes. None is
    more than its weight, unless the amount is more than all of them.
    """
    if amount < 0:
        return [-share for share in spread(-amount, weights, step)]
    whole = sum(weights, Decimal(0))
    if not whole:
        return [Decimal(0)] * len(weights)
    exact = [amount * weight / whole for weight in weights]
    shares = [value.quantize(step, ROUND_DOWN) for value in exact]
    left = amount - sum(shares, Decimal(0))
    most = weights if amount <= whole else [amount] * len(weights)
    for index in sorted(range(len(weights)), key=lambda i: shares[i] - exact[i]):
        if left >= step and shares[index] + step <= most[index]:
            shares[index] += step
            left -= step
    for index in sorted(range(len(weights)), key=weights.__getitem__, reverse=True):
        more = min(left, most[index] - shares[index])
        shares[index] += more
        left -= more
    return shares
