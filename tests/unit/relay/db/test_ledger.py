"""The ledger: one entry per posting for ever, its content fixed, its outcome told once and kept."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from mlconnector_relay.db import ledger
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.errors import DatabaseRefused, LedgerConflict
from mlconnector_relay.db.ledger import EntryState, LedgerEntry, NewEntry, judge
from mlconnector_shared.envelope import Outcome

from tests.support.relay_state import NOW, add_store, an_entry

LATER = NOW + timedelta(minutes=1)
DOCUMENT = "180000000110002026"
OTHER = "180000000210002026"


async def intend(database: Database, entry: NewEntry | None = None, at: Any = NOW) -> LedgerEntry:
    return await database.write(lambda tx: ledger.intend(tx, entry or an_entry(), at))


async def send(database: Database, entry: LedgerEntry) -> bool:
    return await database.write(
        lambda tx: ledger.sent(tx, entry.tenant, entry.posting_id, entry.attempt, "agent-1", 3, NOW)
    )


async def tell(database: Database, entry: LedgerEntry, outcome: Outcome, **told: Any) -> ledger.Recorded:
    attempt = told.pop("attempt", entry.attempt)
    told = {"instance": "agent-1"} | told
    recorded = await database.write(
        lambda tx: ledger.outcome(tx, entry.tenant, entry.posting_id, attempt, outcome, LATER, **told)
    )
    assert recorded
    return recorded


async def test_a_posting_is_written_down_once(database: Database) -> None:
    """Intending the same posting again changes nothing; all it was made from is kept to the digit."""
    first = await intend(database, an_entry(gross=Decimal("119.000")))
    second = await intend(database, an_entry(gross=Decimal("119.000")), LATER)

    assert first == second
    assert (first.state, first.attempt, str(first.gross)) == ("intended", 1, "119.000")
    assert first.envelope_id == "acme/abc123/7/invoice/1/1#1"


async def test_the_same_posting_with_other_content_is_a_conflict(database: Database) -> None:
    """A posting id keeps its content digest for ever: seen with another digest is for a person."""
    await intend(database)

    with pytest.raises(LedgerConflict, match="next ordinal") as caught:
        await intend(database, an_entry(digest="e" * 64))
    assert caught.value.known == "d" * 64


async def test_a_reference_is_never_given_twice(database: Database) -> None:
    """Two postings with one REF_DOC_NO in one SAP client cannot both be written down."""
    await intend(database, an_entry(7))

    with pytest.raises(DatabaseRefused):
        await intend(database, an_entry(8, reference=an_entry(7).reference))


async def test_simultaneous_intents_make_one_entry(database_url: str) -> None:
    """Two processes that intend the same posting at once get the same entry."""
    one, two = Database(database_url), Database(database_url)

    entries = await asyncio.gather(*(intend(database) for database in (one, two) for _ in range(5)))
    await one.close()
    await two.close()

    assert {(entry.posting_id, entry.attempt) for entry in entries} == {("acme/abc123/7/invoice/1/1", 1)}


async def test_after_a_rejection_the_same_content_is_tried_again(database: Database) -> None:
    """Proof that nothing was committed lets the next attempt begin, under the same posting id."""
    entry = await intend(database)
    await send(database, entry)
    await tell(database, entry, "rejected", reason="sap_message", detail="F5 702", retryable=True)

    again = await intend(database, an_entry(mapping_version="m2", snapshot_digest="t" * 64), LATER)

    assert (again.state, again.attempt, again.instance, again.sent_at, again.settled_at) == (
        "intended", 2, "", None, None,
    )  # fmt: skip
    assert (again.mapping_version, again.snapshot_digest) == ("m2", "t" * 64)


async def test_only_the_open_attempt_is_sent(database: Database) -> None:
    """Sending is noted once; a repeat, or an attempt that is over, is told so."""
    entry = await intend(database)

    assert await send(database, entry)
    assert not await send(database, entry)
    async with database.read() as tx:
        [found] = await ledger.of_order(tx, "acme", "abc123", 7)
    assert (found.state, found.instance, found.fencing_token, found.sent_at) == ("sent", "agent-1", 3, NOW)


async def test_an_outcome_is_applied_once_however_often_it_is_told(database: Database) -> None:
    """The first telling is recorded, each repeat changes nothing."""
    entry = await intend(database)
    await send(database, entry)

    changes = [(await tell(database, entry, "posted", object_key=DOCUMENT)).change for _ in range(3)]

    assert changes == ["recorded", "repeated", "repeated"]
    async with database.read() as tx:
        found = await ledger.by_posting(tx, "acme", entry.posting_id)
        assert found is not None
        assert (found.state, found.object_key, found.settled_at) == ("posted", DOCUMENT, LATER)
        assert await ledger.open_(tx, "acme") == []


async def test_outcomes_told_at_the_same_moment_are_recorded_once(database_url: str) -> None:
    """Whichever process receives a result applies it; only one of them changes the ledger."""
    one, two = Database(database_url), Database(database_url)
    entry = await intend(one)

    told = await asyncio.gather(
        *(tell(database, entry, "posted", object_key=DOCUMENT) for database in (one, two) for _ in range(4))
    )
    await one.close()
    await two.close()

    assert sorted(recorded.change for recorded in told) == ["recorded"] + ["repeated"] * 7


async def test_doubt_stays_open_until_it_is_settled(database: Database) -> None:
    """In doubt is no outcome: the entry stays open, then takes the proof."""
    entry = await intend(database)
    await send(database, entry)
    doubt = await tell(database, entry, "in_doubt", detail="no answer to COMMIT")
    assert (doubt.entry.state, doubt.entry.settled_at, doubt.entry.is_open) == ("in_doubt", None, True)
    async with database.read() as tx:
        assert [one.posting_id for one in await ledger.open_(tx, "acme", "agent-1")] == [entry.posting_id]
        assert await ledger.open_(tx, "acme", "agent-2") == []

    proven = await tell(database, entry, "already_posted", object_key=DOCUMENT)
    assert (proven.change, proven.before, proven.entry.state) == ("recorded", "in_doubt", "posted")


async def test_a_document_that_turns_up_after_a_proof_of_absence_is_a_conflict(database: Database) -> None:
    """Nothing is posted over it any more: a person decides."""
    entry = await intend(database)
    await tell(database, entry, "failed", reason="commit_never_sent")

    late = await tell(database, entry, "posted", object_key=DOCUMENT)

    assert (late.change, late.entry.state, late.entry.object_key) == ("contradicts", "conflict", DOCUMENT)
    assert (await intend(database)).state == "conflict"


async def test_a_second_document_is_told_and_changes_nothing(database: Database) -> None:
    """Posted stays posted under its first number; another number is a contradiction someone must see."""
    entry = await intend(database)
    await tell(database, entry, "posted", object_key=DOCUMENT)

    second = await tell(database, entry, "posted", object_key=OTHER)

    assert (second.change, second.entry.object_key) == ("contradicts", DOCUMENT)


async def test_an_outcome_of_an_unknown_posting_is_no_row(database: Database) -> None:
    """What was never intended is not in the ledger afterwards either, and the caller hears of it."""
    unknown = "acme/abc123/9/invoice/1/1"
    assert (
        await database.write(lambda tx: ledger.outcome(tx, "acme", unknown, 1, "posted", NOW, instance="agent-1"))
        is None
    )


def entry_in(state: EntryState, attempt: int = 2) -> LedgerEntry:
    return LedgerEntry(
        **{name: getattr(an_entry(), name) for name in NewEntry.__slots__},
        state=state,
        attempt=attempt,
        instance="agent-1",
        fencing_token=1,
        object_key=DOCUMENT if state == "posted" else "",
        reason="",
        detail="",
        retryable=False,
        intended_at=NOW,
        sent_at=NOW,
        settled_at=None,
        updated_at=NOW,
    )


EXPECTED = {
    # state: outcome of the current attempt -> (change, state)
    "open": {
        "posted": ("recorded", "posted"), "rejected": ("recorded", "rejected"), "failed": ("recorded", "failed"),
        "in_doubt": ("recorded", "in_doubt"), "conflict": ("recorded", "conflict"),
    },
    "posted": {
        "posted": ("repeated", "posted"), "rejected": ("stale", "posted"), "failed": ("stale", "posted"),
        "in_doubt": ("stale", "posted"), "conflict": ("contradicts", "posted"),
    },
    "rejected": {
        "posted": ("contradicts", "conflict"), "rejected": ("repeated", "rejected"), "failed": ("stale", "rejected"),
        "in_doubt": ("stale", "rejected"), "conflict": ("contradicts", "conflict"),
    },
    "failed": {
        "posted": ("contradicts", "conflict"), "rejected": ("stale", "failed"), "failed": ("repeated", "failed"),
        "in_doubt": ("stale", "failed"), "conflict": ("contradicts", "conflict"),
    },
    "conflict": {
        "posted": ("contradicts", "conflict"), "rejected": ("repeated", "conflict"),
        "failed": ("repeated", "conflict"), "in_doubt": ("repeated", "conflict"), "conflict": ("repeated", "conflict"),
    },
}  # fmt: skip


@pytest.mark.parametrize("state", get_args(EntryState))
@pytest.mark.parametrize("outcome", ["posted", "rejected", "failed", "in_doubt", "conflict"])
def test_every_outcome_has_its_meaning_in_every_state(state: EntryState, outcome: Outcome) -> None:
    """The whole product of states and outcomes, for the current attempt."""
    group = "open" if state in {"intended", "sent", "in_doubt"} else state

    assert judge(entry_in(state), 2, outcome, DOCUMENT) == EXPECTED[group][outcome]


@pytest.mark.parametrize("state", ["intended", "sent", "in_doubt"])
@pytest.mark.parametrize("outcome", ["rejected", "failed", "in_doubt"])
def test_an_earlier_attempts_failure_says_nothing_about_the_current_one(state: EntryState, outcome: Outcome) -> None:
    """A late *not posted* of attempt 1 does not settle attempt 2."""
    assert judge(entry_in(state), 1, outcome, "") == ("stale", state)


def test_an_earlier_attempts_document_counts() -> None:
    """A late *posted* of attempt 1 settles the posting: the document is there."""
    assert judge(entry_in("sent"), 1, "posted", DOCUMENT) == ("recorded", "posted")


@pytest.mark.parametrize("outcome", ["simulated", "read"])
def test_outcomes_of_other_work_mean_nothing(outcome: Outcome) -> None:
    """A simulation or a read settles no posting."""
    assert judge(entry_in("sent"), 2, outcome, "") == ("stale", "sent")


def test_a_conflict_with_the_same_number_stays_a_contradiction() -> None:
    """A document told over a conflict is shown to a person again."""
    assert judge(replace(entry_in("conflict"), object_key=DOCUMENT), 2, "posted", DOCUMENT)[0] == "contradicts"


@pytest.mark.parametrize("outcome", get_args(Outcome))
@pytest.mark.parametrize("state", sorted(ledger.OPEN - {"intended"}))
async def test_only_who_has_a_posting_ends_it(database: Database, state: Any, outcome: Any) -> None:
    """Another agent of the tenant, such as the test system's, proves nothing about a COMMIT that may still come."""
    entry = await intend(database)
    await send(database, entry)
    if state == "in_doubt":
        await tell(database, entry, "in_doubt")

    recorded = await tell(database, entry, outcome, instance="agent-2", object_key=DOCUMENT)

    assert (recorded.entry.state, recorded.entry.object_key) == (state, "")
    assert recorded.change == ("stale" if outcome in {"simulated", "read"} else "contradicts")
    assert (await tell(database, entry, "posted", object_key=DOCUMENT)).change == "recorded"


async def test_a_document_found_by_another_after_an_absence_is_a_conflict(database: Database) -> None:
    """Whoever tells it: nothing is posted over it until a person has looked."""
    entry = await intend(database)
    await send(database, entry)
    await tell(database, entry, "rejected")

    recorded = await tell(database, entry, "posted", instance="agent-2", object_key=DOCUMENT)

    assert (recorded.change, recorded.entry.state) == ("contradicts", "conflict")


async def test_a_document_of_others_is_written_down_once(database: Database) -> None:
    """As posted, without an attempt; neither a second time nor for another order, nor over a posting of ours."""
    entry = an_entry(facts='{"v":1}')

    async def adopt(new: NewEntry, object_key: str = DOCUMENT) -> LedgerEntry | None:
        return await database.write(lambda tx: ledger.adopt(tx, new, object_key, "adopt: decided by ida", NOW))

    made = await adopt(entry)
    assert made
    assert (made.state, made.attempt, made.instance, made.object_key) == ("posted", 0, "", DOCUMENT)
    assert (made.reason, made.detail, made.sent_at, made.settled_at) == ("adopted", "adopt: decided by ida", None, NOW)
    async with database.read() as tx:
        assert await ledger.by_document(tx, "acme", entry.sysid, entry.client, DOCUMENT) == made
        assert await ledger.by_document(tx, "acme", entry.sysid, "200", DOCUMENT) is None
        assert await ledger.open_(tx, "acme") == []
    assert await adopt(an_entry(8)) is None
    assert await adopt(entry, OTHER) is None
    assert await intend(database, entry) == made


async def test_of_orders_that_adopt_a_document_at_once_one_does(database: Database) -> None:
    """Refunds of two would be taken off the same document."""
    await add_store(database)

    async def adopt(order: int) -> LedgerEntry | None:
        new = an_entry(order, facts='{"v":1}')
        return await database.write(lambda tx: ledger.adopt(tx, new, DOCUMENT, "adopt: decided by ida", NOW))

    made = await asyncio.gather(*map(adopt, range(101, 109)))
    assert len([entry for entry in made if entry]) == 1
