"""The policy's verdict on one piece of work."""

from datetime import date

from mlconnector_shared.envelope import Change, Post, ReadTable, Reverse, Work

from .bases import judge_base
from .changes import judge_change
from .documents import judge_document
from .limits import CHANGING, POSTING, READING, REVERSAL, SIMULATION, Denial, Policy
from .reads import judge_read
from .reversals import judge_reversal

__all__ = ["judge"]


def judge(work: Work, policy: Policy, today: date) -> Denial | None:
    """Return why the policy forbids this work, or None where it permits it.

    Args:
        work: what the relay asks.
        policy: what Basis permits.
        today: the date, for the window of posting dates.
    """
    function, known = _function(work)
    if function not in known:
        return Denial("function_module", f"{function[:30]!r} has no rules in this agent; it knows {', '.join(known)}")
    if function not in policy.function_modules:
        return Denial("function_module", f"{function} is not named in [policy] function_modules")
    if isinstance(work, ReadTable):
        return judge_read(work, policy)
    if isinstance(work, Reverse):
        return judge_reversal(work, policy, today)
    if isinstance(work, Change):
        return judge_change(work, policy)
    denial = judge_document(work.call.parameters, policy, today)
    if denial is None and isinstance(work, Post) and work.base is not None:
        denial = judge_base(work.base, policy)
    return denial


def _function(work: Work) -> tuple[str, frozenset[str]]:
    if isinstance(work, ReadTable):
        return "RFC_READ_TABLE", READING
    permitted = {Post: POSTING, Reverse: REVERSAL, Change: CHANGING}.get(type(work), SIMULATION)
    return work.call.function, permitted
