"""Records commit to themselves; what is personal is only in payloads, which open for the trail and die with the key."""

import json
from decimal import Decimal

import pytest
from mlconnector_relay.db import audit as rows
from mlconnector_relay.db.engine import Database
from mlconnector_relay.runtime import SystemRuntime
from mlconnector_relay.trail.audit import Audit, Record, digest_of
from mlconnector_relay.trail.errors import SubjectErased, Undecryptable
from mlconnector_relay.trail.vault import Vault
from mlconnector_shared.errors import Malformed
from sqlalchemy import event, text

from tests.support.relay_state import NOW

SUBJECT = "abc123/7"


@pytest.fixture
def vault() -> Vault:
    return Vault(b"m" * 32, SystemRuntime())


@pytest.fixture
def audit(vault: Vault) -> Audit:
    return Audit(vault, SystemRuntime())


def a_record(number: int = 1, payload: bytes | None = b"personal", **changes: object) -> Record:
    fields = {"number": number, "gross": Decimal("1.50")}
    return Record(**({"tenant": "acme", "kind": "order.fetched", "subject": SUBJECT, "trace": "00-t", "fields": fields,
                      "payload": payload} | changes))  # fmt: skip


async def test_records_come_back_in_their_order(database: Database, audit: Audit) -> None:
    """What was recorded is found under its subject, in order, with its facts."""
    await database.write(lambda tx: audit.record_many(tx, [a_record(number) for number in range(12)], NOW))
    await database.write(lambda tx: audit.record(tx, a_record(99, subject="abc123/8"), NOW))

    async with database.read() as tx:
        found = await rows.of_subject(tx, "acme", SUBJECT)

    assert [json.loads(row.fields)["number"] for row in found] == list(range(12))
    assert (found[0].kind, found[0].trace, found[0].at) == ("order.fetched", "00-t", NOW)
    assert all(row.digest == digest_of(row) for row in found)


async def test_payloads_are_encrypted_and_open_again(database: Database, audit: Audit) -> None:
    """The payload is nowhere in clear text, and comes back whole."""
    await database.write(lambda tx: audit.record_many(tx, [a_record(1), a_record(2, None)], NOW))

    async with database.read() as tx:
        [kept] = [
            bytes(row[0])
            for row in await tx.execute(text("SELECT payload FROM audit_records WHERE payload IS NOT NULL"))
        ]
        with_payload, without = await rows.of_subject(tx, "acme", SUBJECT)
        assert b"personal" not in kept
        assert await audit.payload(tx, with_payload) == b"personal"
        assert await audit.payload(tx, without) is None


async def test_a_payload_swapped_for_another_is_told(database: Database, audit: Audit) -> None:
    """The record commits to its payload: another one of the same subject is not taken for it."""
    await database.write(lambda tx: audit.record_many(tx, [a_record(1, b"one"), a_record(2, b"two")], NOW))
    async with database.transaction() as tx:
        first, second = await rows.of_subject(tx, "acme", SUBJECT)
        await tx.execute(
            text("UPDATE audit_records SET payload = (SELECT payload FROM audit_records WHERE record_id = :two)"),
            {"two": second.record_id},
        )
        with pytest.raises(Undecryptable, match="committed"):
            await audit.payload(tx, first)


async def test_a_payload_that_is_gone_is_told(database: Database, audit: Audit) -> None:
    """A record whose payload was removed says so; that is not the same as carrying none."""
    await database.write(lambda tx: audit.record(tx, a_record(), NOW))
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE audit_records SET payload = NULL"))
        [row] = await rows.of_subject(tx, "acme", SUBJECT)
        with pytest.raises(Undecryptable, match="not there"):
            await audit.payload(tx, row)
        assert await audit.record_many(tx, [], NOW) == []


async def test_erasing_a_subject_leaves_its_records_and_their_commitments(
    database: Database, audit: Audit, vault: Vault
) -> None:
    """Payloads are gone, records and digests stay; nothing personal is recorded any more."""
    await database.write(lambda tx: audit.record(tx, a_record(), NOW))
    await database.write(lambda tx: vault.erase(tx, "acme", SUBJECT, "asked"))

    async with database.transaction() as tx:
        [row] = await rows.of_subject(tx, "acme", SUBJECT)
        assert row.digest == digest_of(row)
        with pytest.raises(SubjectErased):
            await audit.payload(tx, row)
        with pytest.raises(SubjectErased):
            await audit.record(tx, a_record(), NOW)
        await audit.record(tx, a_record(payload=None), NOW)


async def test_equal_contents_have_different_commitments(database: Database, audit: Audit) -> None:
    """Commitments are salted: nobody can guess a content from its digest."""
    await database.write(lambda tx: audit.record_many(tx, [a_record(), a_record()], NOW))

    async with database.read() as tx:
        one, two = await rows.of_subject(tx, "acme", SUBJECT)
    assert one.payload_digest != two.payload_digest
    assert one.digest != two.digest


async def test_recording_costs_few_statements(database: Database, audit: Audit) -> None:
    """However many records: one statement for their subject's key, also a new one, and one for the records."""
    counted: list[str] = []
    event.listen(database._writer.sync_engine, "before_cursor_execute", lambda *arguments: counted.append(arguments[2]))

    async with database.transaction() as tx:
        await audit.record_many(tx, [a_record(number) for number in range(5)], NOW)

    assert len([one for one in counted if not one.startswith("BEGIN")]) == 2


async def test_an_agents_head_is_kept_as_first_told(database: Database, audit: Audit) -> None:
    """The relay is a witness: what it heard first of a position stays."""
    for head in ("a" * 64, "b" * 64):
        told = json.dumps({"chain": "agent", "batch": 4, "records": 9, "head": head}).encode()
        await database.write(lambda tx, told=told: audit.witness(tx, "acme", "agent-1", told, NOW))

    async with database.read() as tx:
        assert await rows.witnessed(tx, "acme", "agent-1") == {4: "a" * 64}
        assert await rows.witnessed(tx, "acme", "agent-2") == {}


async def test_an_unreadable_head_is_refused(database: Database, audit: Audit) -> None:
    """An anchor without a head is none."""
    with pytest.raises(Malformed, match="agent-1"):
        await database.write(lambda tx: audit.witness(tx, "acme", "agent-1", b'{"batch": 1}', NOW))
