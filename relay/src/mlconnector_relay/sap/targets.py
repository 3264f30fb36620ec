"""Where an amount goes: what a mapping answers."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

__all__ = ["Accounts", "TaxCode", "TaxLevel"]


@dataclass(frozen=True, slots=True)
class Accounts:
    """Where an amount goes, and which rule says so."""

    gl_account: str
    cost_center: str
    profit_center: str
    rule: str
    internal_order: str = ""
    wbs_element: str = ""

    @property
    def objects(self) -> tuple[str, str, str, str, str]:
        """Return what SAP sums amounts by: account, cost center, profit center, internal order, WBS element."""
        return (self.gl_account, self.cost_center, self.profit_center, self.internal_order, self.wbs_element)


class TaxLevel(NamedTuple):
    """One authority's part of a tax that is posted by jurisdiction.

    Attributes:
        jurisdiction: the authority's own (TXJCD).
        rate: in percent.
    """

    jurisdiction: str
    condition_key: str
    account_key: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class TaxCode:
    """A tax code, and which rule says so.

    Its rate is the one the store charged: other rules are gaps.

    Attributes:
        liability_account: takes the tax itself; the code then carries none.
        jurisdiction: where the tax is posted by jurisdiction (TAXJURCODE), the whole of it.
        levels: then its parts, the state's first.
        reason: why nothing was charged, in the mapping's words; empty where something was.
    """

    code: str
    condition_key: str
    account_key: str
    liability_account: str
    rule: str = field(compare=False)
    jurisdiction: str = ""
    levels: tuple[TaxLevel, ...] = ()
    reason: str = field(default="", compare=False)

    @property
    def because(self) -> str:
        """Return which rule says so, with its reason where it has one."""
        return f"{self.rule} ({self.reason})" if self.reason else self.rule

    @property
    def key(self) -> str:
        """Return what bases and taxes are summed by: the code, with its jurisdiction where there is one."""
        return f"{self.code} {self.jurisdiction}" if self.jurisdiction else self.code

    @property
    def name(self) -> str:
        """Return what people tell it by: the code, with where its tax goes, since one code may stand for several."""
        return "@".join(part for part in (self.code, self.jurisdiction, self.liability_account) if part)

    @property
    def items(self) -> tuple[str, tuple[tuple[str, str, str], ...]]:
        """Return what tax items are summed by: the key, with authorities and their keys, whatever their rates."""
        return self.key, tuple((level.jurisdiction, level.condition_key, level.account_key) for level in self.levels)
