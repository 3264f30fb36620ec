"""The table of posting dates that SAP refused since their period is closed; kept like `tables`."""

from typing import Final

from sqlalchemy import BigInteger, Integer, Table, Text

from .columns import key, maybe, metadata, of, tenant
from .types import Moment

__all__ = ["refused_days"]

refused_days: Final = Table(
    "refused_days",
    metadata,
    tenant(),
    key("sysid", Text, "SAP system"),
    key("client", Text, "SAP client"),
    key("company_code", Text, "SAP company code"),
    key("day", Text, "posting date that was refused, YYYYMMDD"),
    of("period", Text, "posting period it lies in, as SAP said: 010/2026"),
    of("refused_at", Moment, "when SAP refused it last"),
    of("tries", Integer, "how often the period was tried again in vain"),
    of("try_at", Moment, "when the period is tried again, or a try that has no answer is given up"),
    maybe("trial_store", Text, "store of the order that tries the period again; null while none does"),
    maybe("trial_order", BigInteger, "that order"),
    comment="posting dates that SAP refused since their period is closed, until it takes them again",
)
