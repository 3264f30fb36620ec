"""Where an amount goes: what a mapping answers."""

from dataclasses import dataclass, field

__all__ = ["Accounts", "TaxCode"]


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


@dataclass(frozen=True, slots=True)
class TaxCode:
    """A tax code, and which rule says so.

    Its rate is the one the store charged: other rules are gaps.

    Attributes:
        liability_account: takes the tax itself; the code then carries none.
        reason: why nothing was charged, in the mapping's words; empty where something was.
    """

    code: str
    condition_key: str
    account_key: str
    liability_account: str
    rule: str = field(compare=False)
    reason: str = field(default="", compare=False)

    @property
    def because(self) -> str:
        """Return which rule says so, with its reason where it has one."""
        return f"{self.rule} ({self.reason})" if self.reason else self.rule
