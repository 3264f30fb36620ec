"""How many decimals a currency has, and amounts as whole numbers of its smallest unit."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from iso4217 import Currency
from mlconnector_shared.errors import ConnectorError

__all__ = ["UnknownCurrency", "decimals", "from_minor", "quantize", "spell", "to_minor", "unit"]

NO_OVERRIDES: Final[Mapping[str, int]] = {}


class UnknownCurrency(ConnectorError):
    """ISO 4217 has no amounts in this currency."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code!r:.20} is no currency of ISO 4217; name its decimals in [currency_decimals]")
        self.code = code


def decimals(code: str, overrides: Mapping[str, int] = NO_OVERRIDES) -> int:
    """Return the decimals of a currency: the SAP system's own where they differ (TCURX), else those of ISO 4217.

    Raises:
        UnknownCurrency: neither knows it.
    """
    if code in overrides:
        return overrides[code]
    try:
        exponent = Currency(code).exponent
    except ValueError as error:
        raise UnknownCurrency(code) from error
    if exponent is None:
        raise UnknownCurrency(code)
    return int(exponent)


def unit(places: int) -> Decimal:
    """Return the smallest amount with these decimals."""
    return Decimal(1).scaleb(-places)


def quantize(amount: Decimal, places: int) -> Decimal:
    """Round an amount half up to these decimals."""
    return amount.quantize(unit(places), ROUND_HALF_UP)


def to_minor(amount: Decimal, places: int) -> int:
    """Round an amount half up and return it in smallest units."""
    return int(quantize(amount, places).scaleb(places))


def from_minor(count: int, places: int) -> Decimal:
    """Return the amount of so many smallest units."""
    return Decimal(count).scaleb(-places)


def spell(amount: Decimal, places: int) -> str:
    """Write an amount the way it travels to SAP: no exponent, the currency's decimals."""
    return format(quantize(amount, places), "f")
