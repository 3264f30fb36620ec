"""A posting's outcome brings its job up to date, and never takes the turn of a newer event."""

from datetime import timedelta

import pytest
from mlconnector_relay.db import jobs, ledger
from mlconnector_relay.db.conclusions import conclude
from mlconnector_relay.db.engine import Database, Transaction
from mlconnector_relay.db.jobs import Cause, Done, Failed, Job, Outcome, Parked, Retry
from mlconnector_relay.db.ledger import LedgerEntry

from tests.support.relay_state import NOW, add_store, an_entry, key_of, leased

ASK_AGAIN = NOW + timedelta(minutes=1)
TOLD = NOW + timedelta(seconds=5)


async def posting(database: Database) -> LedgerEntry:
    """Bring order 7 to where it waits for the agent's answer."""
    await add_store(database)
    await database.write(lambda tx: jobs.enqueue(tx, key_of(7), NOW, trace="00-trace"))
    [job] = await leased(database)

    async def send(tx: Transaction) -> LedgerEntry:
        entry = await ledger.intend(tx, an_entry(7), NOW)
        await ledger.sent(tx, entry.tenant, entry.posting_id, 1, "agent-1", 1, NOW)
        await jobs.settle(tx, job, Done("posting", "sent to agent agent-1", "agent", ASK_AGAIN), NOW)
        [sent] = await ledger.of_order(tx, "acme", "abc123", 7)
        return sent

    return await database.write(send)


async def concluded(database: Database, entry: LedgerEntry, outcome: Outcome) -> Job:
    await database.write(lambda tx: conclude(tx, entry, outcome, TOLD))
    async with database.read() as tx:
        job = await jobs.of_order(tx, "acme", "abc123", 7)
    assert job is not None
    return job


@pytest.mark.parametrize(
    ("outcome", "state", "due_at"),
    [
        (Done("posted", "document 1"), "posted", None),
        (Done("in_doubt", "no answer", "agent", ASK_AGAIN), "in_doubt", ASK_AGAIN),
        (Parked((Cause("sap:F5 702", "F5 702"),), "SAP said no"), "parked", None),
        (Failed("impossible"), "failed", None),
        (Retry(ASK_AGAIN, "connection"), "waiting", ASK_AGAIN),
    ],
)
async def test_the_job_stands_as_its_posting_does(
    database: Database, outcome: Outcome, state: str, due_at: object
) -> None:
    """State, reason and next look follow from the outcome."""
    job = await concluded(database, await posting(database), outcome)

    assert (job.state, job.reason, job.due_at, job.state_since) == (state, outcome.reason, due_at, TOLD)


async def test_a_newer_event_keeps_its_turn(database: Database) -> None:
    """An order that changed while its posting was open is looked at again, though the posting succeeded."""
    entry = await posting(database)
    await database.write(lambda tx: jobs.enqueue(tx, key_of(7), TOLD, trace="00-newer"))

    job = await concluded(database, entry, Done("posted", "document 1"))

    assert (job.state, job.due_at) == ("posted", TOLD)
    assert len(await leased(database, TOLD)) == 1


async def test_an_answer_after_a_doubt_needs_no_other_look(database: Database) -> None:
    """Asking about the posting is no news about the order, however often it was asked before the answer came."""
    entry = await posting(database)
    for minute in range(1, 4):
        [job] = await leased(database, NOW + timedelta(minutes=minute))
        again = Done("in_doubt", "silence", "agent", NOW + timedelta(minutes=minute + 1))
        await database.write(lambda tx, job=job, again=again: jobs.settle(tx, job, again, TOLD))
    job = await concluded(database, entry, Done("posted", "document 1"))

    assert (job.state, job.due_at) == ("posted", None)


async def test_whoever_works_on_the_job_meanwhile_looks_again(database: Database) -> None:
    """A worker that leased the job before the answer came does not settle it over the outcome for good."""
    entry = await posting(database)
    [job] = await leased(database, ASK_AGAIN)
    await concluded(database, entry, Done("posted", "document 1"))

    assert await database.write(lambda tx: jobs.settle(tx, job, Done("in_doubt", "silence", "agent"), ASK_AGAIN))
    assert len(await leased(database, ASK_AGAIN)) == 1


async def test_what_a_rejected_posting_waits_for_can_be_cured(database: Database) -> None:
    """The causes are the job's; curing them makes it due."""
    entry = await posting(database)
    await concluded(database, entry, Parked((Cause("sap:F5 702", "F5 702"),), "SAP said no"))
    await concluded(database, entry, Parked((Cause("sap:RW 602", "RW 602"),), "SAP said no"))

    async with database.read() as tx:
        assert [cause.key for cause in await jobs.causes_of(tx, key_of(7))] == ["sap:RW 602"]
    assert await database.write(lambda tx: jobs.release(tx, "acme", "sap:RW 602", TOLD)) == 1
    assert len(await leased(database, TOLD)) == 1
