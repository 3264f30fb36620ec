"""The policy as a value: which function modules, company codes, amounts, dates, accounts and tables are permitted."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

__all__ = [
    "CHANGING",
    "IMPLIED",
    "POSTING",
    "READING",
    "REVERSAL",
    "SIMULATION",
    "AccountRange",
    "Denial",
    "Policy",
    "TableLimits",
]

POSTING: Final = frozenset({"BAPI_ACC_DOCUMENT_POST"})
"""Function modules a posting may call; for no other is there a rule on its parameters."""

REVERSAL: Final = frozenset({"BAPI_ACC_DOCUMENT_REV_POST"})
"""Function modules a reversal may call."""

CHANGING: Final = frozenset({"Z_MLC_DOCUMENT_CHANGE", "RFC_SAVE_TEXT"})
"""Function modules a change of a posted document may call."""

SIMULATION: Final = frozenset({"BAPI_ACC_DOCUMENT_CHECK"})
"""Function modules a simulation may call; they take the parameters of a posting."""

READING: Final = frozenset({"RFC_READ_TABLE"})
"""Function modules a table read needs."""

IMPLIED: Final = frozenset({"BAPI_TRANSACTION_COMMIT", "BAPI_TRANSACTION_ROLLBACK", "RFC_PING", "RFC_SYSTEM_INFO"})
"""The agent calls these by itself; no envelope can. A policy may name them, so that it equals the list in S_RFC."""


@dataclass(frozen=True, slots=True)
class Denial:
    """Why something is not permitted.

    Attributes:
        rule: stable name of the rule, listed in docs/reference/gate-rules.md.
        detail: one sentence for a person; quotes no personal data.
    """

    rule: str
    detail: str


@dataclass(frozen=True, slots=True)
class AccountRange:
    """G/L accounts from `low` to `high`, both included, as SAP stores them: digits padded to ten."""

    low: str
    high: str

    def __contains__(self, account: str) -> bool:
        """Tell whether an account as SAP stores it lies in the range."""
        return self.low <= account <= self.high


@dataclass(frozen=True, slots=True)
class TableLimits:
    """What may be read of one table.

    Attributes:
        fields: the columns that may be selected and that conditions may name.
        max_rows: rows of one read at most.
    """

    fields: frozenset[str]
    max_rows: int


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits on what the relay may ask; what is not named is refused.

    Attributes:
        function_modules: names, exact.
        company_codes: company codes documents may be posted to, and rows read of.
        document_types: such as DR.
        max_amount: by currency, the gross debits one document may have; another currency is refused.
        store_codes: what the reference of a document must begin with.
        accounts: ranges of G/L accounts; None permits any.
        days_back: how far a posting date may lie before today.
        days_ahead: how far it may lie after today.
        tables: tables and columns that may be read.
        reversal_reasons: reasons (T041C) our documents may be reversed for; empty permits no reversal.
        change_fields: fields of a posted customer item that may be changed; empty permits no change.
        text_ids: ids of document texts that may be saved; empty permits none.
        transfer_types: document types that may move amounts between G/L accounts alone; empty permits none.
    """

    function_modules: frozenset[str]
    company_codes: frozenset[str]
    document_types: frozenset[str]
    max_amount: Mapping[str, Decimal]
    store_codes: frozenset[str]
    accounts: tuple[AccountRange, ...] | None
    days_back: int
    days_ahead: int
    tables: Mapping[str, TableLimits]
    reversal_reasons: frozenset[str] = frozenset()
    change_fields: frozenset[str] = frozenset()
    text_ids: frozenset[str] = frozenset()
    transfer_types: frozenset[str] = frozenset()
