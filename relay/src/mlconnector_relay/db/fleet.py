"""Named queries about many agents at once: what the tunnel looks at again and again while they are connected."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select, tuple_, update

from .agents import Agent
from .engine import Transaction
from .statements import columns_of
from .tables import agent_certificates, agent_keys, agent_slots, agents

__all__ = ["Member", "members", "observed", "seen"]

_AGENT = columns_of(agents, Agent)


@dataclass(frozen=True, slots=True)
class Member:
    """An agent with everything that identifies it now.

    Attributes:
        fingerprints: of its certificates that are not revoked.
        keys: raw public keys by key id that are not revoked.
        generations: of the newest session by connection slot.
    """

    agent: Agent
    fingerprints: frozenset[str]
    keys: dict[str, bytes]
    generations: dict[int, int]


async def members(tx: Transaction, keys: Collection[tuple[str, str]]) -> list[Member]:
    """Return agents by tenant and instance, with what is valid of theirs now."""
    wanted = sorted(keys)
    rows = await tx.execute(select(*_AGENT).where(tuple_(agents.c.tenant, agents.c.instance).in_(wanted)))
    found = [Agent(*row) for row in rows]
    fingerprints: dict[tuple[str, str], set[str]] = defaultdict(set)
    c = agent_certificates.c
    certified = select(c.tenant, c.instance, c.fingerprint).where(
        tuple_(c.tenant, c.instance).in_(wanted), c.revoked_at.is_(None)
    )
    for tenant, instance, fingerprint in await tx.execute(certified):
        fingerprints[tenant, instance].add(fingerprint)
    trusted: dict[tuple[str, str], dict[str, bytes]] = defaultdict(dict)
    k = agent_keys.c
    keyed = select(k.tenant, k.instance, k.key_id, k.public_key).where(
        tuple_(k.tenant, k.instance).in_(wanted), k.revoked_at.is_(None)
    )
    for tenant, instance, key_id, public_key in await tx.execute(keyed):
        trusted[tenant, instance][key_id] = public_key
    generations: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    s = agent_slots.c
    counted = select(s.tenant, s.instance, s.slot, s.generation).where(tuple_(s.tenant, s.instance).in_(wanted))
    for tenant, instance, slot, generation in await tx.execute(counted):
        generations[tenant, instance][slot] = generation
    by_key = [((agent.tenant, agent.instance), agent) for agent in found]
    return [Member(agent, frozenset(fingerprints[key]), trusted[key], generations[key]) for key, agent in by_key]


async def seen(tx: Transaction, keys: Collection[tuple[str, str]], now: datetime) -> None:
    """Note that agents are connected."""
    await tx.execute(
        update(agents).where(tuple_(agents.c.tenant, agents.c.instance).in_(sorted(keys))).values(last_seen_at=now)
    )


async def observed(tx: Transaction, tenant: str, instance: str, journal_id: str, sequence: int) -> None:
    """Raise the highest known position of a journal; of another journal, or a lower one, changes nothing."""
    await tx.execute(
        update(agents)
        .where(
            and_(agents.c.tenant == tenant, agents.c.instance == instance),
            agents.c.journal_id == journal_id,
            agents.c.journal_sequence < sequence,
        )
        .values(journal_sequence=sequence)
    )
