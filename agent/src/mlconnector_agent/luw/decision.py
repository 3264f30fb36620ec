"""A person's decision about a posting in doubt that no look at SAP will settle by itself."""

from mlconnector_shared.envelope import ResultEnvelope
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from ..journal.journal import Journal
from ..journal.records import Phase
from .documents import Unfit, object_key_parts
from .goals import goal_of
from .results import Results
from .trace import Trace

__all__ = ["Undecidable", "decide"]


class Undecidable(ConnectorError):
    """There is nothing for a person to decide about this posting, or the decision is not one."""


async def decide(
    journal: Journal, instance: str, runtime: Runtime, posting_id: str, object_key: str, who: str
) -> ResultEnvelope:
    """Settle a posting in doubt as a person has found it in SAP. A running agent notices and tells the relay.

    Args:
        journal: the agent's journal, which a running agent may have open, too.
        instance: name of the agent instance.
        runtime: clocks.
        posting_id: the posting in doubt.
        object_key: number, company code and fiscal year of its document; empty where it is not in SAP and no update
            request of it is left in SM13.
        who: the person, for the record.

    Raises:
        Undecidable: it is not in doubt, or the object key is not one.
    """
    posting = await journal.posting(posting_id)
    if posting is None or posting.phase is not Phase.IN_DOUBT:
        raise Undecidable(f"posting {posting_id} is {posting.phase if posting else 'unknown'}, not in doubt")
    try:
        is_present = bool(object_key) and bool(object_key_parts(object_key))
    except Unfit as error:
        raise Undecidable(str(error)) from error
    phase = Phase.COMMITTED if is_present else Phase.ROLLED_BACK
    build = Results(instance, runtime).at(
        posting.envelope(),
        Trace(runtime),
        goal_of(posting.envelope()).outcomes[0] if is_present else "failed",
        object_key=object_key,
        reason="decided_by_person",
        detail=f"{who} has found it {'as ' + object_key if is_present else 'not to be in SAP'}",
        retryable=not is_present,
    )
    evidence = {"reason": "decided_by_person", "who": who, "object_key": object_key, "verified": is_present}
    result = await journal.settle(posting, phase, build, **evidence)
    if result is None:
        raise Undecidable(f"posting {posting_id} was settled meanwhile")
    return result
