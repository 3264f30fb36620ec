"""What the executor needs to know; filled by the agent's configuration."""

from dataclasses import dataclass

__all__ = ["LuwSettings"]


@dataclass(frozen=True, slots=True)
class LuwSettings:
    """Deadlines of one LUW, and what counts as proof afterwards.

    Attributes:
        instance: name of this agent instance, as the results carry it.
        company_codes: every company code the policy allows; a reference is looked up in all of them.
        record_deadline_seconds: SAP locks the number range between POST and COMMIT; when the one journal record that
            stands there takes longer, the LUW is rolled back.
        lookup_timeout_seconds: deadline of one read-back.
        post_timeout_seconds: deadline of the posting call; past it the session is killed, which rolls back.
        commit_timeout_seconds: deadline of COMMIT; above SAP's `rdisp/max_wprun_time`. Past it the posting is in doubt.
        rollback_timeout_seconds: deadline of ROLLBACK; past it the session is killed, which rolls back, too.
        settle_interval_seconds: a document found counts after a second sighting so much later.
        settle_window_seconds: a document not found counts as absent after a second look so much later; above SAP's
            `rdisp/max_wprun_time`.
        resolve_base_seconds: pause after the first try to settle a posting in doubt; doubled up to the cap.
        resolve_cap_seconds: the longest such pause.
        doubt_limit_seconds: a posting in doubt for longer is reported as waiting for a person.
        update_requests_readable: whether Basis lets us read VBHDR; without it absence is never proven by the agent.
        sentinel: object key of a document known to exist in this client, read along with every look for absence; the
            latest document of the journal where empty.
        verify_interval_seconds: how often committed documents are read back in batches.
    """

    instance: str
    company_codes: tuple[str, ...]
    record_deadline_seconds: float = 2.0
    lookup_timeout_seconds: float = 60.0
    post_timeout_seconds: float = 300.0
    commit_timeout_seconds: float = 660.0
    rollback_timeout_seconds: float = 30.0
    settle_interval_seconds: float = 2.0
    settle_window_seconds: float = 660.0
    resolve_base_seconds: float = 2.0
    resolve_cap_seconds: float = 600.0
    doubt_limit_seconds: float = 3600.0
    update_requests_readable: bool = True
    sentinel: str = ""
    verify_interval_seconds: float = 20.0
