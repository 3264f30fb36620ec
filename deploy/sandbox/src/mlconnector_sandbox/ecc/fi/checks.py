"""The checks of a posting, in the order in which SAP's accounting interface makes them.

Each check notes every error it finds, so that the caller sees all of them at once.
"""

from .accounts import check_customers, check_gl_accounts, check_types, check_vendors
from .co import check_controlling
from .customizing import check_entries
from .interface import check_amounts, check_balance, check_header, check_items
from .periods import check_period
from .posting import Posting
from .rates import check_rate
from .taxes import check_taxes

__all__ = ["check"]


def check(posting: Posting) -> None:
    """Run all checks."""
    if not check_header(posting):
        return
    check_items(posting)
    check_amounts(posting)
    check_balance(posting)
    check_rate(posting)
    check_types(posting)
    check_period(posting)
    check_customers(posting)
    check_entries(posting)
    check_vendors(posting)
    check_gl_accounts(posting)
    check_taxes(posting)
    check_controlling(posting)
    if not posting.user.may_post(posting.company_code):
        posting.fail("F5", "083", posting.company_code, field_name="COMP_CODE")
