"""Amounts as the comparison counts them: whole numbers of a currency's smallest unit. Pure."""

from ..sap.currency import UnknownCurrency, decimals, from_minor, spell

__all__ = ["places_of", "spelled"]


def places_of(currency: str) -> int:
    """Return the decimals in which amounts of a currency are counted here; two where ISO 4217 does not know it."""
    try:
        return decimals(currency)
    except UnknownCurrency:
        return 2


def spelled(amount: int, currency: str) -> str:
    """Write an amount of smallest units with its currency's decimals."""
    places = places_of(currency)
    return spell(from_minor(amount, places), places)
