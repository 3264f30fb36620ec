"""Agents: one-time tokens, certificates and keys that can be revoked, sessions that fence, journals watched."""

import asyncio
from datetime import timedelta

import pytest
from mlconnector_relay.db import agents, fleet
from mlconnector_relay.db.agents import Agent, Certificate, EnrolmentToken, Hello
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.errors import DatabaseRefused
from mlconnector_relay.db.tables import agent_certificates
from sqlalchemy import select

from tests.support.relay_state import NOW

LATER = NOW + timedelta(minutes=15)


def a_token(**changes: object) -> EnrolmentToken:
    fields = {"tenant": "acme", "token_id": "t1", "instance": "agent-1", "sysid": "ECC", "client": "100"}
    return EnrolmentToken(**(fields | {"proof_key": b"k", "created_at": NOW, "expires_at": LATER} | changes))  # type: ignore[arg-type]


def a_certificate(serial: str = "0a") -> Certificate:
    return Certificate("acme", "agent-1", serial, f"sha-{serial}", NOW, LATER, NOW)


async def enrol(database: Database) -> None:
    await database.write(lambda tx: agents.enrol(tx, "acme", "agent-1", "ECC", "100", NOW))


async def known(database: Database) -> Agent:
    async with database.read() as tx:
        agent = await agents.by_instance(tx, "acme", "agent-1")
    assert agent is not None
    return agent


async def test_a_token_works_once(database_url: str) -> None:
    """Of many that try at the same moment one succeeds."""
    one, two = Database(database_url), Database(database_url)
    await one.write(lambda tx: agents.add_token(tx, a_token()))

    used = await asyncio.gather(
        *(
            database.write(lambda tx: agents.use_token(tx, "acme", "t1", NOW))
            for database in (one, two)
            for _ in range(3)
        )
    )

    assert sorted(used) == [False] * 5 + [True]
    async with one.read() as tx:
        found = await agents.token(tx, "t1")
        assert await agents.token(tx, "unknown") is None
    assert found == a_token(used_at=NOW)
    await one.close()
    await two.close()


async def test_a_token_dies_at_its_time(database: Database) -> None:
    """At the end of its life it is of no use, nor for another tenant."""
    await database.write(lambda tx: agents.add_token(tx, a_token()))

    assert not await database.write(lambda tx: agents.use_token(tx, "acme", "t1", LATER))
    assert not await database.write(lambda tx: agents.use_token(tx, "other", "t1", NOW))
    assert await database.write(lambda tx: agents.use_token(tx, "acme", "t1", LATER - timedelta(seconds=1)))


async def test_enrolling_again_keeps_what_is_known_of_the_journal(database: Database) -> None:
    """A restored machine that enrols anew is still recognised by its journal."""
    await enrol(database)
    await database.write(lambda tx: agents.hello(tx, "acme", "agent-1", Hello("b1", "j1", 50, "1.0"), NOW))
    await enrol(database)

    agent = await known(database)
    assert (agent.state, agent.journal_id, agent.journal_sequence) == ("enrolled", "j1", 50)


async def test_a_hello_shows_what_was_known_before(database: Database) -> None:
    """The highest position of a journal stays, however low the next hello is: that is how going back is noticed."""
    await enrol(database)
    assert (await database.write(lambda tx: agents.hello(tx, "acme", "nobody", Hello("b", "j", 1, "1.0"), NOW))) is None
    positions = []
    for said in (Hello("b1", "j1", 50, "1.0"), Hello("b2", "j1", 20, "1.0"), Hello("b3", "j2", 5, "1.1")):
        before = await database.write(lambda tx, said=said: agents.hello(tx, "acme", "agent-1", said, LATER))
        assert before is not None
        positions.append((before.journal_id, before.journal_sequence))

    assert positions == [("", 0), ("j1", 50), ("j1", 50)]
    agent = await known(database)
    assert (agent.journal_id, agent.journal_sequence, agent.boot_id, agent.last_seen_at) == ("j2", 5, "b3", LATER)


async def test_a_released_agent_s_journal_is_taken_as_it_is(database: Database) -> None:
    """One that went back could not come as far again while it may only read; the next hello counts anew."""
    await enrol(database)
    await database.write(lambda tx: agents.hello(tx, "acme", "agent-1", Hello("b1", "j1", 50, "1.0"), NOW))
    await database.write(lambda tx: agents.set_state(tx, "acme", "agent-1", "quarantined", "went back"))
    await database.write(lambda tx: agents.hello(tx, "acme", "agent-1", Hello("b2", "j1", 40, "1.0"), NOW))
    await database.write(lambda tx: agents.release(tx, "acme", "agent-1"))
    known = await database.write(lambda tx: agents.hello(tx, "acme", "agent-1", Hello("b2", "j1", 40, "1.0"), NOW))
    assert known
    assert (known.state, known.state_reason, known.journal_id, known.journal_sequence) == ("enrolled", "", "", 0)
    async with database.read() as tx:
        after = await agents.by_instance(tx, "acme", "agent-1")
    assert after
    assert (after.journal_id, after.journal_sequence, after.boot_id) == ("j1", 40, "b2")


async def test_each_session_of_a_slot_has_a_higher_generation(database: Database) -> None:
    """The newest session fences the older ones of its slot, and no other slot's."""

    async def next_of(slot: int) -> int:
        return await database.write(lambda tx: agents.next_generation(tx, "acme", "agent-1", slot, "s", "relay-1", NOW))

    assert [await next_of(slot) for slot in (0, 0, 1, 0)] == [1, 2, 1, 3]


async def test_revocation_reaches_every_certificate_and_key(database: Database) -> None:
    """After it nothing of the agent is trusted; the time of an earlier revocation stays."""
    await enrol(database)
    for serial in ("0a", "0b"):
        await database.write(lambda tx, serial=serial: agents.add_certificate(tx, a_certificate(serial)))
    for _ in range(2):
        await database.write(lambda tx: agents.add_key(tx, "acme", "agent-1", "k1", b"public", NOW))
    async with database.read() as tx:
        [member] = await fleet.members(tx, [("acme", "agent-1")])
    assert (member.fingerprints, member.keys) == ({"sha-0a", "sha-0b"}, {"k1": b"public"})

    for at in (NOW, LATER):
        await database.write(lambda tx, at=at: agents.revoke(tx, "acme", "agent-1", "stolen", at))

    assert ((await known(database)).state, (await known(database)).state_reason) == ("revoked", "stolen")
    async with database.read() as tx:
        [member] = await fleet.members(tx, [("acme", "agent-1")])
        times = set((await tx.execute(select(agent_certificates.c.revoked_at))).scalars())
    assert (member.fingerprints, member.keys, times) == (frozenset(), {}, {NOW})


async def test_a_serial_number_is_given_once(database: Database) -> None:
    """Two certificates of one agent never share a serial number."""
    await database.write(lambda tx: agents.add_certificate(tx, a_certificate()))

    with pytest.raises(DatabaseRefused):
        await database.write(lambda tx: agents.add_certificate(tx, a_certificate()))


async def test_agents_are_listed_by_tenant(database: Database) -> None:
    """Every instance with its state."""
    await enrol(database)
    await database.write(lambda tx: agents.enrol(tx, "acme", "agent-0", "ECC", "100", NOW))

    async with database.read() as tx:
        assert [agent.instance for agent in await agents.of_tenant(tx, "acme")] == ["agent-0", "agent-1"]
