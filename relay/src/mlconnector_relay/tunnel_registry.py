"""The tunnel's registry on the relay's database."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from mlconnector_shared.signing import fingerprint, public_from_bytes

from .db import agents, audit, fleet, ledger, meta, writers
from .db.engine import Database, Transaction
from .trail.vault import Vault
from .tunnel.registry import (
    MOST_CERTIFICATES,
    Agent,
    EnrolmentToken,
    Greeting,
    InstanceKey,
    Issued,
    JournalMark,
    Lease,
    RelayState,
    System,
)

__all__ = ["DatabaseRegistry"]


class DatabaseRegistry:
    """Implements `tunnel.registry.AgentRegistry`.

    Args:
        database: where agents, tokens and leases are kept.
        vault: encrypts the keys of enrolment tokens.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def agent(self, key: InstanceKey) -> Agent | None:
        """Return one agent."""
        return (await self.agents([key])).get(key)

    async def agents(self, keys: Collection[InstanceKey]) -> Mapping[InstanceKey, Agent]:
        """Return several agents."""
        if not keys:
            return {}
        async with self._database.read() as tx:
            return {agent.key: agent for agent in map(_agent, await fleet.members(tx, keys))}

    async def greeted(self, key: InstanceKey, greeting: Greeting, at: datetime) -> int:
        """Record a session that is let in; return its generation."""
        journal = greeting.journal
        said = agents.Hello(journal.boot_id, journal.journal_id, journal.sequence, greeting.agent_version)

        async def work(tx: Transaction) -> int:
            await agents.hello(tx, *key, said, at)
            return await agents.next_generation(tx, *key, greeting.slot, greeting.session_id, greeting.relay_id, at)

        return await self._database.write(work)

    async def observed(self, key: InstanceKey, journal_id: str, sequence: int) -> None:
        """Raise the known position of a journal."""
        await self._database.write(lambda tx: fleet.observed(tx, *key, journal_id, sequence))

    async def seen(self, keys: Collection[InstanceKey], at: datetime) -> None:
        """Note that agents are connected."""
        await self._database.write(lambda tx: fleet.seen(tx, keys, at))

    async def quarantine(self, key: InstanceKey, reason: str) -> None:
        """Let an agent only read; an older reason, and a revocation, stay."""

        async def work(tx: Transaction) -> None:
            known = await agents.by_instance(tx, *key)
            if known is not None and known.state == "enrolled":
                await agents.set_state(tx, *key, "quarantined", reason)

        await self._database.write(work)

    async def certified(self, key: InstanceKey, certificate: Issued, at: datetime) -> bool:
        """Record a renewed certificate, unless the agent has too many."""

        async def work(tx: Transaction) -> bool:
            if await agents.valid_certificates(tx, *key, at) >= MOST_CERTIFICATES:
                return False
            await agents.add_certificate(tx, _certificate(key, certificate, at))
            return True

        return await self._database.write(work)

    async def offer(self, token: EnrolmentToken, at: datetime) -> None:
        """Record a new enrolment token; its key is kept encrypted."""
        row = agents.EnrolmentToken(
            tenant=token.agent.tenant,
            token_id=token.token_id,
            instance=token.agent.instance,
            sysid=token.sysid,
            client=token.client,
            proof_key=self._vault.seal_secret(token.key.hex()),
            created_at=at,
            expires_at=token.expires_at,
        )
        await self._database.write(lambda tx: agents.add_token(tx, row))

    async def token(self, token_id: str) -> EnrolmentToken | None:
        """Return a token, used or not."""
        async with self._database.read() as tx:
            row = await agents.token(tx, token_id)
        if row is None:
            return None
        return EnrolmentToken(
            token_id=row.token_id,
            agent=InstanceKey(row.tenant, row.instance),
            sysid=row.sysid,
            client=row.client,
            key=bytes.fromhex(self._vault.open_secret(row.proof_key)),
            expires_at=row.expires_at,
            used_at=row.used_at,
        )

    async def redeem(self, token: EnrolmentToken, certificate: Issued, signing_key: bytes, at: datetime) -> bool:
        """Use a token up and enrol its agent, in one transaction."""
        key, key_id = token.agent, fingerprint(public_from_bytes(signing_key))

        async def work(tx: Transaction) -> bool:
            if not await agents.use_token(tx, key.tenant, token.token_id, at):
                return False
            await agents.enrol(tx, *key, token.sysid, token.client, at)
            await agents.add_certificate(tx, _certificate(key, certificate, at))
            await agents.add_key(tx, *key, key_id, signing_key, at)
            return True

        return await self._database.write(work)

    async def claim(self, system: System, live: Sequence[str], at: datetime, transfer_before: datetime) -> Lease:
        """Return the writer lease; it passes on only when its holder is long gone and owes no answer."""

        async def work(tx: Transaction) -> writers.WriterLease:
            held = await writers.take(tx, *system, live[0], at)
            if held.instance in live or not await _is_free(tx, held, transfer_before):
                return held
            moved = await writers.transfer(tx, held, live[0], at)
            return moved or await writers.take(tx, *system, live[0], at)

        async with self._database.read() as tx:
            lease = await writers.holder(tx, *system)
        if lease is None or lease.instance not in live:
            lease = await self._database.write(work)
        return Lease(lease.instance, lease.fencing_token)

    async def state(self, tenant: str, batch: int) -> RelayState:
        """Return how far the durable state has come, with the head of one audit batch of the tenant's."""
        async with self._database.read() as tx:
            chain = await audit.chain_of(tx, tenant)
            head = await audit.head_at(tx, tenant, batch)
            return RelayState(await meta.incarnation(tx), chain.high_water if chain else 0, head)


async def _is_free(tx: Transaction, held: writers.WriterLease, transfer_before: datetime) -> bool:
    holder = await agents.by_instance(tx, held.tenant, held.instance)
    lately = holder and holder.last_seen_at and holder.last_seen_at >= transfer_before
    if holder and lately and holder.state != "revoked":
        return False
    # Time alone moves nothing that was sent: SAP does not see our tokens, and a paused agent can wake up.
    return not await ledger.open_(tx, held.tenant, held.instance, limit=1)


def _agent(member: fleet.Member) -> Agent:
    known = member.agent
    return Agent(
        key=InstanceKey(known.tenant, known.instance),
        sysid=known.sysid,
        client=known.client,
        certificates=member.fingerprints,
        signing_keys=member.keys,
        revoked=known.state == "revoked",
        quarantined=(known.state_reason or "quarantined") if known.state == "quarantined" else "",
        journal=JournalMark(known.boot_id, known.journal_id, known.journal_sequence),
        generations=member.generations,
    )


def _certificate(key: InstanceKey, issued: Issued, at: datetime) -> agents.Certificate:
    return agents.Certificate(
        tenant=key.tenant,
        instance=key.instance,
        serial=issued.serial,
        fingerprint=issued.fingerprint,
        not_before=issued.not_before,
        not_after=issued.not_after,
        issued_at=at,
    )
