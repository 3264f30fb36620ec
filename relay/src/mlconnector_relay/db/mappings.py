"""Named queries of the mappings: every version ever proposed, and which of them was put in force when, by whom."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import bindparam, func, select

from .engine import Transaction
from .mapping_tables import mapping_activations, mapping_versions
from .statements import columns_of, insert, rows_of

__all__ = ["Activation", "MappingVersion", "activate", "activations", "content", "propose", "versions"]


@dataclass(frozen=True, slots=True)
class MappingVersion:
    """A mapping that was proposed.

    Attributes:
        version: its name and digest, as every posting keeps it.
        source: where it was read from.
        author: who proposed it.
    """

    tenant: str
    version: str
    source: str
    author: str
    proposed_at: datetime


@dataclass(frozen=True, slots=True)
class Activation:
    """A mapping that was put in force.

    Attributes:
        sequence: counts from 1; of those that apply to an order the highest wins.
        effective_from: it applies to orders placed from this day on; to every order not posted yet where `None`.
        approver: who put it in force.
        reason: why, in the approver's words.
    """

    tenant: str
    sequence: int
    version: str
    effective_from: date | None
    approver: str
    reason: str
    activated_at: datetime


_VERSION: Final = columns_of(mapping_versions, MappingVersion)
_ACTIVATION: Final = columns_of(mapping_activations, Activation)
_version_row: Final = rows_of(MappingVersion)
_activation_row: Final = rows_of(Activation)
_VERSIONS: Final = (
    select(*_VERSION)
    .where(mapping_versions.c.tenant == bindparam("of_tenant"))
    .order_by(mapping_versions.c.proposed_at, mapping_versions.c.version)
)
_ACTIVATIONS: Final = (
    select(*_ACTIVATION)
    .where(mapping_activations.c.tenant == bindparam("of_tenant"))
    .order_by(mapping_activations.c.sequence)
)
_CONTENT: Final = select(mapping_versions.c.content).where(
    mapping_versions.c.tenant == bindparam("of_tenant"), mapping_versions.c.version == bindparam("of_version")
)
_LAST: Final = select(func.max(mapping_activations.c.sequence)).where(
    mapping_activations.c.tenant == bindparam("of_tenant")
)


async def propose(tx: Transaction, new: MappingVersion, text: str) -> bool:
    """Keep a mapping under its version; False when it was known, as it was first proposed."""
    row = _version_row(new) | {"content": text}
    kept = insert(tx, mapping_versions).values(row).on_conflict_do_nothing().returning(mapping_versions.c.version)
    return (await tx.execute(kept)).first() is not None


async def activate(
    tx: Transaction,
    tenant: str,
    version: str,
    effective_from: date | None,
    *,
    approver: str,
    reason: str,
    now: datetime,
) -> Activation:
    """Put a version in force, after all that were before.

    Raises:
        DatabaseRefused: another one was put in force at the same moment; look again and repeat.
    """
    last = (await tx.execute(_LAST, {"of_tenant": tenant})).scalar_one()
    made = Activation(tenant, (last or 0) + 1, version, effective_from, approver, reason, now)
    await tx.execute(insert(tx, mapping_activations).values(_activation_row(made)))
    return made


async def versions(tx: Transaction, tenant: str) -> list[MappingVersion]:
    """Return every version of a tenant, the first proposed first."""
    return [MappingVersion(*row) for row in await tx.execute(_VERSIONS, {"of_tenant": tenant})]


async def activations(tx: Transaction, tenant: str) -> list[Activation]:
    """Return everything that was ever put in force for a tenant, in order."""
    return [Activation(*row) for row in await tx.execute(_ACTIVATIONS, {"of_tenant": tenant})]


async def content(tx: Transaction, tenant: str, version: str) -> str | None:
    """Return a version's text, or `None` when there is no such version."""
    return (await tx.execute(_CONTENT, {"of_tenant": tenant, "of_version": version})).scalar_one_or_none()
