"""The tunnel's records on the database: the same rules as the registry in memory, on both engines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from mlconnector_agent.runtime import SystemRuntime
from mlconnector_relay.db import agents, ledger
from mlconnector_relay.db.engine import Database, Transaction
from mlconnector_relay.trail.audit import Audit, Record
from mlconnector_relay.trail.sealer import Sealer
from mlconnector_relay.trail.vault import Vault
from mlconnector_relay.tunnel.registry import (
    MOST_CERTIFICATES,
    AgentRegistry,
    EnrolmentToken,
    Greeting,
    InstanceKey,
    Issued,
    JournalMark,
    Lease,
    RelayState,
    System,
)
from mlconnector_relay.tunnel_registry import DatabaseRegistry

from tests.support.landing import signer_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = InstanceKey("acme", "agent-1")
SYSTEM = System("acme", "ECC", "100")
LONG_AGO = NOW - timedelta(minutes=5)


def token(instance: str = "agent-1", token_id: str = "t-1") -> EnrolmentToken:
    return EnrolmentToken(token_id, InstanceKey("acme", instance), "ECC", "100", b"k" * 32, NOW + timedelta(minutes=15))


def issued(name: str = "first") -> Issued:
    return Issued(f"serial {name}", "PEM", f"fingerprint {name}", NOW, NOW + timedelta(days=90))


def greeting(slot: int = 0, **journal: object) -> Greeting:
    mark = replace(JournalMark("boot-1", "journal-1", 5), **journal)
    return Greeting(slot, f"session {slot}", "relay-1", "0.1.0", mark)


@pytest.fixture
def registry(database: Database) -> DatabaseRegistry:
    return DatabaseRegistry(database, Vault(b"m" * 32, SystemRuntime()))


async def enrolled(registry: DatabaseRegistry, instance: str = "agent-1") -> None:
    new = token(instance, f"t-{instance}")
    await registry.offer(new, NOW)
    assert await registry.redeem(new, issued(instance), signer_of(instance).public_bytes, NOW)


def test_it_is_the_port(registry: DatabaseRegistry) -> None:
    """The tunnel asks for nothing else."""
    port: AgentRegistry = registry
    assert port


async def test_a_token_is_kept_without_its_key_in_the_clear(registry: DatabaseRegistry, database: Database) -> None:
    """What comes back can check a proof; what is stored cannot."""
    await registry.offer(token(), NOW)

    assert await registry.token("t-1") == token()
    assert await registry.token("t-2") is None
    async with database.read() as tx:
        row = await agents.token(tx, "t-1")
    assert row
    assert b"k" * 32 not in row.proof_key
    assert (b"k" * 32).hex().encode() not in row.proof_key


async def test_redeeming_enrols_once(registry: DatabaseRegistry) -> None:
    """Agent, certificate and key appear together, and a token never works twice, or late."""
    assert await registry.agent(KEY) is None
    await enrolled(registry)

    agent = await registry.agent(KEY)

    assert agent
    assert agent.system == SYSTEM
    assert agent.certificates == {"fingerprint agent-1"}
    assert agent.signing_keys == {signer_of("agent-1").key_id: signer_of("agent-1").public_bytes}
    assert (agent.revoked, agent.quarantined, agent.journal) == (False, "", JournalMark())
    used = await registry.token("t-agent-1")
    assert used
    assert used.used_at == NOW
    assert not await registry.redeem(used, issued("second"), b"x" * 32, NOW)
    await registry.offer(token(), NOW)
    assert not await registry.redeem(token(), issued("late"), b"x" * 32, NOW + timedelta(hours=1))


async def test_generations_count_per_slot(registry: DatabaseRegistry) -> None:
    """A newer session always has the higher one."""
    await enrolled(registry)

    assert [await registry.greeted(KEY, greeting(slot), NOW) for slot in (0, 0, 1, 0)] == [1, 2, 1, 3]
    agent = await registry.agent(KEY)
    assert agent
    assert agent.generations == {0: 3, 1: 1}


async def test_a_journals_position_never_goes_down(registry: DatabaseRegistry) -> None:
    """Neither by a hello nor by a result; another journal starts anew."""
    await enrolled(registry)
    await registry.greeted(KEY, greeting(sequence=5), NOW)
    await registry.observed(KEY, "journal-1", 9)
    await registry.observed(KEY, "journal-1", 7)
    await registry.observed(KEY, "journal-0", 99)
    await registry.greeted(KEY, greeting(sequence=6), NOW)
    agent = await registry.agent(KEY)
    assert agent
    assert agent.journal == JournalMark("boot-1", "journal-1", 9)

    await registry.greeted(KEY, greeting(boot_id="boot-2", journal_id="journal-2", sequence=1), NOW)

    agent = await registry.agent(KEY)
    assert agent
    assert agent.journal == JournalMark("boot-2", "journal-2", 1)


async def test_the_first_reason_of_a_quarantine_stays(registry: DatabaseRegistry, database: Database) -> None:
    """And a revoked agent stays revoked."""
    await enrolled(registry)
    await registry.quarantine(KEY, "journal went back")
    await registry.quarantine(KEY, "two processes")
    agent = await registry.agent(KEY)
    assert agent
    assert agent.quarantined == "journal went back"

    await database.write(lambda tx: agents.revoke(tx, *KEY, "stolen", NOW))
    await registry.quarantine(KEY, "two processes")

    agent = await registry.agent(KEY)
    assert agent
    assert (agent.revoked, agent.quarantined) == (True, "")
    assert (agent.certificates, agent.signing_keys) == (frozenset(), {})


async def test_a_renewed_certificate_counts_beside_the_old_one(registry: DatabaseRegistry) -> None:
    """Old and new overlap."""
    await enrolled(registry)

    await registry.certified(KEY, issued("renewed"), NOW)

    agent = await registry.agent(KEY)
    assert agent
    assert agent.certificates == {"fingerprint agent-1", "fingerprint renewed"}


async def test_an_agent_keeps_a_limited_number_of_valid_certificates(registry: DatabaseRegistry) -> None:
    """Those that ran out make room."""
    await enrolled(registry)
    kept = [await registry.certified(KEY, issued(f"{n}"), NOW) for n in range(MOST_CERTIFICATES)]

    assert kept == [True] * (MOST_CERTIFICATES - 1) + [False]
    assert not await registry.certified(KEY, issued("soon"), NOW + timedelta(days=89))
    assert await registry.certified(KEY, issued("later"), NOW + timedelta(days=91))


async def test_several_agents_are_read_together(registry: DatabaseRegistry) -> None:
    """Each with its own keys; who is not enrolled is left out."""
    for instance in ("agent-1", "agent-2"):
        await enrolled(registry, instance)
    second = InstanceKey("acme", "agent-2")

    found = await registry.agents([KEY, second, InstanceKey("acme", "agent-3"), InstanceKey("rival", "agent-1")])

    assert set(found) == {KEY, second}
    assert found[second].certificates == {"fingerprint agent-2"}
    assert list(found[second].signing_keys) == [signer_of("agent-2").key_id]
    assert await registry.agents([]) == {}


# The writer lease.


async def leased(registry: DatabaseRegistry) -> None:
    for instance in ("agent-1", "agent-2"):
        await enrolled(registry, instance)
    assert await registry.claim(SYSTEM, ["agent-1", "agent-2"], NOW, LONG_AGO) == Lease("agent-1", 1)


async def test_the_lease_stays_with_a_holder_that_is_live(registry: DatabaseRegistry) -> None:
    """Here, or seen lately at another relay."""
    await leased(registry)

    assert await registry.claim(SYSTEM, ["agent-2", "agent-1"], NOW, NOW) == Lease("agent-1", 1)
    await registry.seen([KEY], NOW)
    assert await registry.claim(SYSTEM, ["agent-2"], NOW, LONG_AGO) == Lease("agent-1", 1)


async def test_the_lease_passes_on_when_its_holder_is_long_gone(registry: DatabaseRegistry) -> None:
    """With a higher token; and it does not come back by itself."""
    await leased(registry)
    await registry.seen([KEY], LONG_AGO - timedelta(seconds=1))

    assert await registry.claim(SYSTEM, ["agent-2"], NOW, LONG_AGO) == Lease("agent-2", 2)
    assert await registry.claim(SYSTEM, ["agent-1", "agent-2"], NOW, LONG_AGO) == Lease("agent-2", 2)


async def test_a_revoked_holder_loses_the_lease_at_once(registry: DatabaseRegistry, database: Database) -> None:
    """Nobody waits for an agent that may not come back."""
    await leased(registry)
    await registry.seen([KEY], NOW)
    await database.write(lambda tx: agents.revoke(tx, *KEY, "stolen", NOW))

    assert await registry.claim(SYSTEM, ["agent-2"], NOW, LONG_AGO) == Lease("agent-2", 2)


async def test_a_holder_that_owes_an_answer_keeps_the_lease(registry: DatabaseRegistry, database: Database) -> None:
    """Time alone moves nothing that was sent (rule 10)."""
    await leased(registry)
    entry = ledger.NewEntry(
        tenant="acme",
        posting_id="acme/abc123/1/invoice/1/1",
        store_hash="abc123",
        order_id=1,
        kind="invoice",
        ordinal=1,
        part=1,
        sysid="ECC",
        client="100",
        reference="B1-1-I",
        scheme_version=1,
        mapping_version="m1",
        digest="d1",
        snapshot_digest="s1",
        plan_digest="p1",
        date_modified=NOW,
        company_code="1000",
        document_type="DR",
        currency="EUR",
        gross=Decimal("119.00"),
        facts="",
        more=False,
        generation=1,
        trace="",
    )

    async def send(tx: Transaction) -> None:
        await ledger.intend(tx, entry, NOW)
        await ledger.sent(tx, "acme", entry.posting_id, 1, "agent-1", 1, NOW)

    await database.write(send)

    assert await registry.claim(SYSTEM, ["agent-2"], NOW + timedelta(days=9), NOW) == Lease("agent-1", 1)


async def test_the_state_of_the_relay(registry: DatabaseRegistry, database: Database) -> None:
    """An incarnation there always is; the mark counts sealed records, the head is that of the batch asked about."""
    before = await registry.state("acme", 1)
    audit, runtime = Audit(Vault(b"m" * 32, SystemRuntime()), SystemRuntime()), SystemRuntime()
    record = Record("acme", "order.planned", "abc123/7")
    await database.write(lambda tx: audit.record(tx, record, NOW))
    batch = await Sealer(database, runtime).seal("acme")

    assert batch
    assert before.incarnation
    assert (before.high_water, before.head) == (0, "")
    assert await registry.state("acme", 1) == RelayState(before.incarnation, 1, batch.head)
    assert await registry.state("acme", 2) == RelayState(before.incarnation, 1, "")
