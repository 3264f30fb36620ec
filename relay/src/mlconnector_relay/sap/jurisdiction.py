"""Taxes that SAP posts by jurisdiction: which authorities share a tax, and how. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from .section import Section
from .targets import TaxLevel

__all__ = ["Jurisdiction", "JurisdictionCode", "Level", "levels_of"]

JurisdictionCode = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,15}$")]
"""SAP's TXJCD."""


class Level(Section):
    """An authority's part of a jurisdiction's tax."""

    jurisdiction: JurisdictionCode = Field(description="the authority's own code")
    rate: Decimal = Field(gt=0, lt=100, decimal_places=6, description="in percent")
    condition_key: Annotated[str, Field(pattern=r"^[A-Z0-9]{0,4}$")] = Field(
        "", description="JR1 for the first level, JR2 for the second, and so on where left out"
    )
    account_key: Annotated[str, Field(pattern=r"^[A-Z0-9]{0,3}$")] = Field(
        "", description="the tax code's where left out"
    )


class Jurisdiction(Section):
    """A place with the authorities that tax there, the state first (TAXUSJ)."""

    levels: tuple[Level, ...] = Field(min_length=1, max_length=4)

    @property
    def rate(self) -> Decimal:
        """Return what a shopper pays there in all, in percent."""
        return sum((level.rate for level in self.levels), Decimal(0))


def levels_of(levels: Sequence[Level], account_key: str) -> tuple[TaxLevel, ...]:
    """Return the levels with every key filled in.

    Args:
        levels: the state's first.
        account_key: the tax code's.
    """
    return tuple(
        TaxLevel(one.jurisdiction, one.condition_key or f"JR{place}", one.account_key or account_key, one.rate)
        for place, one in enumerate(levels, 1)
    )
