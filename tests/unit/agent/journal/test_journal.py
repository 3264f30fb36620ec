"""The journal: what is durable when, what an envelope meets, and what a restart remembers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mlconnector_agent.journal.audit import records, verify
from mlconnector_agent.journal.errors import JournalError, JournalUnavailable, SchemaUnknown
from mlconnector_agent.journal.journal import BuildResult, Journal
from mlconnector_agent.journal.records import (
    ChannelState,
    Document,
    Fenced,
    New,
    Phase,
    Settled,
    Taken,
    Unsettled,
    Witness,
)
from mlconnector_agent.journal.schema import connect
from mlconnector_agent.journal.vault import subject_of
from mlconnector_agent.runtime import SystemRuntime
from mlconnector_shared.envelope import CallEnvelope, Outcome, Post, ResultEnvelope, from_bytes
from msgspec.structs import replace

from tests.support.postings import a_call, an_envelope, sealed

RUNTIME = SystemRuntime()
DOCUMENT = Document("digest-1", "1000", "DR", "BC1-1-I")
DOCUMENT_2 = Document("digest-2", "1000", "DR", "BC1-2-I")
KEY = "180000000010002026"


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    opened = await Journal.open(tmp_path / "journal.db", RUNTIME)
    yield opened
    await opened.close()


def _envelope(**changes: Any) -> CallEnvelope:
    return an_envelope(Post(a_call("BC1-1-I")), RUNTIME.now(), **changes)


def _result(envelope: CallEnvelope, outcome: Outcome) -> BuildResult:
    def build(sequence: int) -> ResultEnvelope:
        return ResultEnvelope(
            envelope.envelope_id, envelope.posting_id, "agent-1", outcome, RUNTIME.now(), journal_sequence=sequence
        )

    return build


async def _admitted(journal: Journal, document: Document = DOCUMENT, **changes: Any) -> CallEnvelope:
    envelope = _envelope(**changes)
    assert await journal.admit(envelope, sealed(envelope), document) == New()
    return envelope


async def _committed(journal: Journal) -> CallEnvelope:
    envelope = await _admitted(journal)
    await journal.conclude(envelope.posting_id, Phase.COMMITTED, _result(envelope, "posted"), object_key=KEY)
    return envelope


# --- phases -------------------------------------------------------------------------------------------------------


async def test_each_phase_takes_the_next_position(journal: Journal, tmp_path: Path) -> None:
    """Every phase is a record of its own at a growing position, with who posted and what POST returned."""
    envelope = await _admitted(journal)
    await journal.record(envelope.posting_id, Phase.CALLED, sap_user="MLC_RFC1", called_at=RUNTIME.now().isoformat())
    await journal.commit_follows(envelope.posting_id, KEY)
    result = await journal.conclude(envelope.posting_id, Phase.IN_DOUBT, _result(envelope, "in_doubt"))
    assert journal.sequence == result.journal_sequence == 5
    (posting,) = await journal.open_postings()
    assert (posting.phase, posting.object_key, posting.sap_user) == (Phase.IN_DOUBT, KEY, "MLC_RFC1")
    assert posting.called_at is not None
    assert posting.envelope() == envelope
    reader = connect(tmp_path / "journal.db")
    phases = [row[0] for row in reader.execute("SELECT phase FROM phases ORDER BY sequence")]
    reader.close()
    assert phases == ["intent", "called", "returned", "commit_sent", "in_doubt"]


async def test_a_phase_and_the_audit_of_it_are_one_transaction(journal: Journal, tmp_path: Path) -> None:
    """Every phase is in the audit as soon as it is in the journal; what cannot be audited is not journalled either."""
    envelope = await _admitted(journal)
    await journal.record(envelope.posting_id, Phase.CALLED)
    await journal.commit_follows(envelope.posting_id, KEY)
    await journal.conclude(envelope.posting_id, Phase.COMMITTED, _result(envelope, "posted"), object_key=KEY)

    told = list(records(tmp_path / "journal.db"))
    assert {(record.kind, record.subject) for record in told} == {("posting.phase", envelope.envelope_id)}
    assert [record.facts["phase"] for record in told] == ["intent", "called", "returned", "commit_sent", "committed"]
    assert verify(tmp_path / "journal.db").batch == 4

    other = connect(tmp_path / "journal.db")
    other.execute("DROP TABLE audit_records")
    with pytest.raises(JournalUnavailable):
        await journal.record(envelope.posting_id, Phase.IN_DOUBT)
    assert other.execute("SELECT count(*) FROM phases WHERE phase = 'in_doubt'").fetchone() == (0,)
    other.close()


async def test_the_record_between_post_and_commit_shares_no_transaction(journal: Journal, tmp_path: Path) -> None:
    """It is durable before what came earlier and waits: another posting's record, and the audit's of something else."""
    first = await _admitted(journal)
    second = await _admitted(journal, DOCUMENT_2, order=2)
    journal.audit.record("envelope.admitted", "another")

    await asyncio.gather(journal.record(second.posting_id, Phase.CALLED), journal.commit_follows(first.posting_id, KEY))

    told = [(record.subject, record.facts.get("phase")) for record in records(tmp_path / "journal.db", after=2)]
    assert told == [
        (first.envelope_id, "returned"),
        (first.envelope_id, "commit_sent"),
        ("another", None),
        (second.envelope_id, "called"),
    ]
    assert verify(tmp_path / "journal.db").batch == 4


async def test_a_restart_remembers(journal: Journal, tmp_path: Path) -> None:
    """Another opening of the file has the same journal id and position, another boot id, and the open posting."""
    envelope = await _admitted(journal, token=7)
    await journal.witness_relay(Witness("life-1", 42, 7, "ab"))
    await journal.close()
    again = await Journal.open(tmp_path / "journal.db", RUNTIME)
    assert (again.journal_id, again.sequence, again.fencing_token) == (journal.journal_id, 1, 7)
    assert again.boot_id != journal.boot_id
    assert again.witness == Witness("life-1", 42, 7, "ab")
    assert [posting.posting_id for posting in await again.open_postings()] == [envelope.posting_id]
    await again.close()


async def test_a_copy_put_back_is_told_by_its_position(journal: Journal, tmp_path: Path) -> None:
    """A restored copy has the journal's id but a smaller position: the relay sees that it went back."""
    await _admitted(journal)
    copy = connect(tmp_path / "journal.db")
    copy.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
    copy.close()
    (tmp_path / "copy.key").write_bytes((tmp_path / "journal.key").read_bytes())
    (tmp_path / "copy.key").chmod(0o600)
    await journal.record("acme/abc123/1000123/invoice/1/1", Phase.CALLED)
    restored = await Journal.open(tmp_path / "copy.db", RUNTIME)
    assert restored.journal_id == journal.journal_id
    assert restored.sequence < journal.sequence
    await restored.close()


# --- admission ----------------------------------------------------------------------------------------------------


async def test_what_an_envelope_meets(journal: Journal) -> None:
    """New once; unsettled while under way; settled with its own result, or without one for a later attempt."""
    envelope = await _admitted(journal)
    assert isinstance(await journal.admit(envelope, b"", DOCUMENT), Unsettled)
    result = await journal.conclude(envelope.posting_id, Phase.COMMITTED, _result(envelope, "posted"), object_key=KEY)
    again = await journal.admit(envelope, b"", DOCUMENT)
    assert isinstance(again, Settled)
    assert again.result is not None
    assert from_bytes(ResultEnvelope, again.result.payload) == result
    later = await journal.admit(_envelope(attempt=2), b"", DOCUMENT)
    assert isinstance(later, Settled)
    assert (later.result, later.posting.object_key) == (None, KEY)


async def test_a_rolled_back_posting_may_come_again(journal: Journal) -> None:
    """With a new attempt, not with the old envelope: that one stays answered."""
    envelope = await _admitted(journal)
    await journal.conclude(envelope.posting_id, Phase.ROLLED_BACK, _result(envelope, "rejected"))
    old = await journal.admit(envelope, b"", DOCUMENT)
    assert isinstance(old, Settled)
    assert old.result is not None
    await _admitted(journal, attempt=2)
    assert isinstance(await journal.admit(envelope, b"", DOCUMENT), Unsettled)


async def test_a_question_about_an_attempt_never_begins_anew(journal: Journal) -> None:
    """Asked again about an attempt that was rolled back, the answer is what became of it, not another posting."""
    envelope = await _admitted(journal)
    await journal.conclude(envelope.posting_id, Phase.ROLLED_BACK, _result(envelope, "failed"))
    question = replace(envelope, envelope_id=f"{envelope.envelope_id}.1772668832764")
    answer = await journal.admit(question, b"", DOCUMENT)
    assert isinstance(answer, Settled)
    assert answer.result is not None
    assert from_bytes(ResultEnvelope, answer.result.payload).outcome == "failed"


async def test_other_content_or_another_posting_of_the_reference_is_taken(journal: Journal) -> None:
    """Other digest: taken, even after a roll-back. Same reference in another posting: taken while that may stand."""
    envelope = await _admitted(journal)
    other = Document("digest-2", "1000", "DR", "BC1-1-I")
    assert isinstance(await journal.admit(_envelope(attempt=2), b"", other), Taken)
    assert isinstance(await journal.admit(_envelope(order=2), b"", DOCUMENT), Taken)
    await journal.conclude(envelope.posting_id, Phase.ROLLED_BACK, _result(envelope, "rejected"))
    assert isinstance(await journal.admit(_envelope(attempt=2), b"", other), Taken)
    await _admitted(journal, order=2)


async def test_an_older_fencing_token_is_refused(journal: Journal) -> None:
    """The highest token of an admitted envelope counts; equal ones go on."""
    await _admitted(journal, token=5)
    second = Document("digest-2", "1000", "DR", "BC1-2-I")
    assert await journal.admit(_envelope(order=2, token=4), b"", second) == Fenced(5)
    assert await journal.admit(_envelope(order=2, token=5), b"", second) == New()


async def test_reads_are_remembered_for_their_life(journal: Journal) -> None:
    """A read's envelope passes once; past its life it is forgotten, as the gate refuses it by then."""
    short = an_envelope(Post(a_call("X")), RUNTIME.now() - timedelta(seconds=20), order=5, life=10)
    read = CallEnvelope(**{**{f: getattr(short, f) for f in short.__struct_fields__}, "posting_id": ""})
    assert await journal.remember(read)
    assert await journal.remember(read)  # its life had ended, so it was forgotten
    living = CallEnvelope(
        **{**{f: getattr(read, f) for f in read.__struct_fields__}, "not_after": RUNTIME.now() + timedelta(minutes=1)}
    )
    await journal.remember(living)
    assert not await journal.remember(living)


async def test_a_posting_is_settled_only_as_it_was_seen(journal: Journal) -> None:
    """Whoever proves something about a posting that has moved on meanwhile changes nothing."""
    envelope = await _admitted(journal)
    (seen,) = await journal.open_postings()
    await journal.record(envelope.posting_id, Phase.CALLED)
    assert await journal.settle(seen, Phase.ROLLED_BACK, _result(envelope, "failed")) is None
    (current,) = await journal.open_postings()
    assert current.phase is Phase.CALLED
    assert await journal.results_unacknowledged() == []
    assert await journal.settle(current, Phase.ROLLED_BACK, _result(envelope, "failed")) is not None
    assert await journal.open_postings() == []


# --- results ------------------------------------------------------------------------------------------------------


async def test_results_wait_for_their_acknowledgement(journal: Journal, tmp_path: Path) -> None:
    """A result is repeated until acknowledged at its own position; a later one of the envelope replaces it."""
    envelope = await _admitted(journal)
    doubt = await journal.conclude(envelope.posting_id, Phase.IN_DOUBT, _result(envelope, "in_doubt"))
    final = await journal.conclude(envelope.posting_id, Phase.COMMITTED, _result(envelope, "posted"), object_key=KEY)
    (waiting,) = await journal.results_unacknowledged()
    assert from_bytes(ResultEnvelope, waiting.payload) == final
    await journal.acknowledge(envelope.envelope_id, doubt.journal_sequence)
    assert len(await journal.results_unacknowledged()) == 1
    await journal.acknowledge(envelope.envelope_id, final.journal_sequence)
    assert await journal.results_unacknowledged() == []
    assert journal.acknowledged_sequence == final.journal_sequence
    await journal.close()
    again = await Journal.open(tmp_path / "journal.db", RUNTIME)
    assert again.acknowledged_sequence == final.journal_sequence
    await again.close()


async def test_results_come_in_order_and_in_pages(journal: Journal) -> None:
    """Unacknowledged results are listed by position; `after` continues the list."""
    for number in range(5):
        envelope = await _admitted(journal, Document(f"d{number}", "1000", "DR", f"R{number}"), order=number)
        await journal.conclude(envelope.posting_id, Phase.ROLLED_BACK, _result(envelope, "failed"))
    listed = await journal.results_unacknowledged()
    assert [stored.sequence for stored in listed] == sorted(stored.sequence for stored in listed)
    assert await journal.results_unacknowledged(listed[2].sequence) == listed[3:]


# --- channels -----------------------------------------------------------------------------------------------------


async def test_the_first_committed_document_begins_its_channel(journal: Journal) -> None:
    """Committed: qualifying; found again: verified, and the document that looks are checked by."""
    assert await journal.channel("1000", "DR") is None
    envelope = await _committed(journal)
    channel = await journal.channel("1000", "DR")
    assert channel is not None
    assert channel.state is ChannelState.QUALIFYING
    assert [posting.posting_id for posting in await journal.unverified()] == [envelope.posting_id]
    assert await journal.sentinel() == ""
    await journal.verified([envelope.posting_id])
    assert await journal.unverified() == []
    assert await journal.sentinel() == KEY
    assert await journal.posted_as("BC1-1-I") == KEY


async def test_a_released_channel_qualifies_anew(journal: Journal) -> None:
    """Stopped channels are listed until a person releases them; then it is as before the first document."""
    await journal.set_channel("1000", "DR", ChannelState.STOPPED, KEY, "not found again")
    assert [channel.reason for channel in await journal.channels()] == ["not found again"]
    await journal.release_channel("1000", "DR")
    assert await journal.channel("1000", "DR") is None


# --- at rest ------------------------------------------------------------------------------------------------------


async def test_payloads_are_encrypted(journal: Journal, tmp_path: Path) -> None:
    """Neither the customer nor any text of the document stands in the files; both files are for the agent alone."""
    await _admitted(journal)
    await journal.close()
    for file in tmp_path.iterdir():
        assert "Größe".encode() not in file.read_bytes()
        assert b"0000004711" not in file.read_bytes()
    for name in ("journal.db", "journal.key"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


async def test_an_erased_order_leaves_its_phases(journal: Journal, tmp_path: Path) -> None:
    """With the order's data key gone its payloads cannot be read, while identity and phases stay."""
    envelope = await _committed(journal)
    await journal.close()
    connection = connect(tmp_path / "journal.db")
    connection.execute("DELETE FROM subject_keys WHERE subject = ?", (subject_of(envelope.posting_id),))
    connection.close()
    again = await Journal.open(tmp_path / "journal.db", RUNTIME)
    with pytest.raises(JournalError, match="erased"):
        await again.posting(envelope.posting_id)
    assert again.sequence == 2
    assert await again.posted_as("BC1-1-I") == KEY
    await again.close()


def test_refund_and_invoice_of_an_order_share_a_subject() -> None:
    """Erasure is by order: kind, ordinal and part do not matter."""
    assert subject_of("acme/abc/1/invoice/1/1") == subject_of("acme/abc/1/refund/17/2") == "acme/abc/1"


async def test_a_key_others_may_read_is_refused(tmp_path: Path) -> None:
    """The agent does not work with a key file that is open to others."""
    await (await Journal.open(tmp_path / "journal.db", RUNTIME)).close()
    (tmp_path / "journal.key").chmod(0o644)
    with pytest.raises(JournalError, match="chmod 600"):
        await Journal.open(tmp_path / "journal.db", RUNTIME)


async def test_the_wrong_key_is_named(tmp_path: Path) -> None:
    """A journal with another key says so instead of going on."""
    first = await Journal.open(tmp_path / "journal.db", RUNTIME)
    await _admitted(first)
    await first.close()
    (tmp_path / "journal.key").write_text("ab" * 32)
    again = await Journal.open(tmp_path / "journal.db", RUNTIME)
    with pytest.raises(JournalError, match="another"):
        await again.open_postings()
    await again.close()


async def test_a_missing_key_is_not_made_anew(tmp_path: Path) -> None:
    """It would open nothing of what is there, and lie beside it as if it did."""
    await (await Journal.open(tmp_path / "journal.db", RUNTIME)).close()
    (tmp_path / "journal.key").unlink()
    with pytest.raises(JournalError, match=r"journal\.key is missing; restore it"):
        await Journal.open(tmp_path / "journal.db", RUNTIME)
    assert not (tmp_path / "journal.key").exists()


async def test_a_start_killed_while_it_makes_the_key_can_be_repeated(tmp_path: Path) -> None:
    """The key is there whole or not at all: an empty one would have to come from a backup that never was."""

    class Killed(SystemRuntime):
        def token(self, size: int) -> bytes:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await Journal.open(tmp_path / "journal.db", Killed())

    await (await Journal.open(tmp_path / "journal.db", RUNTIME)).close()
    assert len((tmp_path / "journal.key").read_text().split()[0]) == 64


async def test_another_schema_version_is_refused(tmp_path: Path) -> None:
    """A file of a later agent is left alone."""
    await (await Journal.open(tmp_path / "journal.db", RUNTIME)).close()
    connection = connect(tmp_path / "journal.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(SchemaUnknown, match="version 99"):
        await Journal.open(tmp_path / "journal.db", RUNTIME)


async def test_a_closed_journal_says_so(tmp_path: Path) -> None:
    """Nothing is posted once the journal cannot be written."""
    journal = await Journal.open(tmp_path / "journal.db", RUNTIME)
    await journal.close()
    with pytest.raises(JournalUnavailable):
        await journal.record("x", Phase.CALLED)
