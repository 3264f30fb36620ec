"""Named queries of agents: enrolment tokens, certificates, keys, sessions' generations and journal positions."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import and_, func, select, update

from .engine import Transaction
from .statements import columns_of, insert
from .tables import agent_certificates, agent_keys, agent_slots, agents, enrolment_tokens

__all__ = [
    "Agent",
    "AgentState",
    "Certificate",
    "EnrolmentToken",
    "Hello",
    "add_certificate",
    "add_key",
    "add_token",
    "by_instance",
    "enrol",
    "hello",
    "next_generation",
    "of_tenant",
    "release",
    "revoke",
    "set_state",
    "token",
    "use_token",
    "valid_certificates",
]

AgentState = Literal["enrolled", "quarantined", "revoked"]
"""quarantined: reads only, until its open postings are settled and a person releases it."""


@dataclass(frozen=True, slots=True)
class EnrolmentToken:
    """A one-time token; its secret is not kept.

    Attributes:
        proof_key: the key derived from the secret, encrypted.
    """

    tenant: str
    token_id: str
    instance: str
    sysid: str
    client: str
    proof_key: bytes
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent instance as last heard of.

    Attributes:
        journal_sequence: highest position of its journal ever seen.
    """

    tenant: str
    instance: str
    sysid: str
    client: str
    state: AgentState
    state_reason: str
    boot_id: str
    journal_id: str
    journal_sequence: int
    agent_version: str
    last_seen_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Certificate:
    """A client certificate of an agent."""

    tenant: str
    instance: str
    serial: str
    fingerprint: str
    not_before: datetime
    not_after: datetime
    issued_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hello:
    """What a hello tells about an agent."""

    boot_id: str
    journal_id: str
    journal_sequence: int
    agent_version: str


_AGENT: Final = columns_of(agents, Agent)
_TOKEN: Final = columns_of(enrolment_tokens, EnrolmentToken)


async def add_token(tx: Transaction, new: EnrolmentToken) -> None:
    """Keep a new token."""
    await tx.execute(insert(tx, enrolment_tokens).values(asdict(new)))


async def token(tx: Transaction, token_id: str) -> EnrolmentToken | None:
    """Return a token by its public part; the only query by it, for the tenant is not known before."""
    row = (await tx.execute(select(*_TOKEN).where(enrolment_tokens.c.token_id == token_id))).first()
    return None if row is None else EnrolmentToken(*row)


async def use_token(tx: Transaction, tenant: str, token_id: str, now: datetime) -> bool:
    """Use a token up; False if it was used before, has expired or never was."""
    used = await tx.execute(
        update(enrolment_tokens)
        .where(
            enrolment_tokens.c.tenant == tenant,
            enrolment_tokens.c.token_id == token_id,
            enrolment_tokens.c.used_at.is_(None),
            enrolment_tokens.c.expires_at > now,
        )
        .values(used_at=now)
    )
    return used.rowcount == 1


async def enrol(tx: Transaction, tenant: str, instance: str, sysid: str, client: str, now: datetime) -> None:
    """Add an agent, or enrol it anew: what is known of its journal stays, for it tells a restored one."""
    row = {"tenant": tenant, "instance": instance, "sysid": sysid, "client": client, "created_at": now}
    row |= {"boot_id": "", "journal_id": "", "journal_sequence": 0, "agent_version": ""}
    state = {"sysid": sysid, "client": client, "state": "enrolled", "state_reason": ""}
    statement = insert(tx, agents).values(row | state)
    await tx.execute(statement.on_conflict_do_update(index_elements=["tenant", "instance"], set_=state))


async def by_instance(tx: Transaction, tenant: str, instance: str) -> Agent | None:
    """Return an agent."""
    row = (await tx.execute(select(*_AGENT).where(_is(tenant, instance)))).first()
    return None if row is None else Agent(*row)


async def of_tenant(tx: Transaction, tenant: str) -> list[Agent]:
    """Return the agents of a tenant."""
    rows = await tx.execute(select(*_AGENT).where(agents.c.tenant == tenant).order_by(agents.c.instance))
    return [Agent(*row) for row in rows]


async def set_state(tx: Transaction, tenant: str, instance: str, state: AgentState, reason: str = "") -> None:
    """Quarantine or revoke an agent."""
    await tx.execute(update(agents).where(_is(tenant, instance)).values(state=state, state_reason=reason))


async def release(tx: Transaction, tenant: str, instance: str) -> None:
    """Let a quarantined agent post again, with its journal as it is: what was known of it is forgotten.

    Else one that went back would be quarantined again at its next hello: it comes no further while it only reads.
    """
    values = {"state": "enrolled", "state_reason": "", "journal_id": "", "journal_sequence": 0}
    await tx.execute(update(agents).where(_is(tenant, instance)).values(values))


async def hello(tx: Transaction, tenant: str, instance: str, said: Hello, now: datetime) -> Agent | None:
    """Note a hello and return the agent as it was known before, or None if it is unknown."""
    query = select(*_AGENT).where(_is(tenant, instance)).with_for_update()
    row = (await tx.execute(query)).first()
    if row is None:
        return None
    known = Agent(*row)
    same_journal = known.journal_id == said.journal_id
    highest = max(known.journal_sequence, said.journal_sequence) if same_journal else said.journal_sequence
    values = {**asdict(said), "journal_sequence": highest, "last_seen_at": now}
    await tx.execute(update(agents).where(_is(tenant, instance)).values(values))
    return known


async def next_generation(
    tx: Transaction, tenant: str, instance: str, slot: int, session_id: str, relay_id: str, now: datetime
) -> int:
    """Return the generation of a new session, higher than that of every session of the slot before."""
    row = {"tenant": tenant, "instance": instance, "slot": slot, "generation": 1}
    session = {"session_id": session_id, "relay_id": relay_id, "since": now}
    statement = insert(tx, agent_slots).values(row | session)
    raised = await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant", "instance", "slot"],
            set_={**session, "generation": agent_slots.c.generation + 1},
        ).returning(agent_slots.c.generation)
    )
    return int(raised.scalar_one())


async def add_certificate(tx: Transaction, issued: Certificate) -> None:
    """Keep a certificate that was issued."""
    await tx.execute(insert(tx, agent_certificates).values(asdict(issued)))


async def valid_certificates(tx: Transaction, tenant: str, instance: str, now: datetime) -> int:
    """Return how many certificates of an agent are valid; nobody else adds one to it until the transaction ends."""
    await tx.execute(select(agents.c.instance).where(_is(tenant, instance)).with_for_update())
    c = agent_certificates.c
    valid = and_(c.tenant == tenant, c.instance == instance, c.not_after > now, c.revoked_at.is_(None))
    return int((await tx.execute(select(func.count()).where(valid))).scalar_one())


async def add_key(tx: Transaction, tenant: str, instance: str, key_id: str, public_key: bytes, now: datetime) -> None:
    """Trust a key of an agent; one that is known stays as it is."""
    row = {"tenant": tenant, "instance": instance, "key_id": key_id, "public_key": public_key, "added_at": now}
    await tx.execute(insert(tx, agent_keys).values(row).on_conflict_do_nothing())


async def revoke(tx: Transaction, tenant: str, instance: str, reason: str, now: datetime) -> None:
    """Revoke an agent with all its certificates and keys."""
    await set_state(tx, tenant, instance, "revoked", reason)
    for table in (agent_certificates, agent_keys):
        of_agent = and_(table.c.tenant == tenant, table.c.instance == instance)
        await tx.execute(update(table).where(of_agent).values(revoked_at=func.coalesce(table.c.revoked_at, now)))


def _is(tenant: str, instance: str) -> Any:
    return and_(agents.c.tenant == tenant, agents.c.instance == instance)
