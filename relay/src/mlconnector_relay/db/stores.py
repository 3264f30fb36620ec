"""Named queries of tenants and stores."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, select, update

from .engine import Transaction
from .statements import columns_of, insert
from .tables import stores, tenants

__all__ = ["Store", "Tenant", "active", "add_tenant", "all_tenants", "by_hash", "of_tenant", "save", "swept"]


@dataclass(frozen=True, slots=True)
class Tenant:
    """A merchant."""

    tenant: str
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Store:
    """A store as it is kept.

    Attributes:
        access_token: encrypted.
        client_secrets: encrypted, newest first.
        hook_secret: encrypted.
        b2b_url: address of its B2B Edition; None where it has none.
        b2b_token: encrypted; None where the B2B Edition takes the access token.
        tax_inclusive: None where the store does not say.
        cut_over: orders created before are not ours; never changes.
        webhooks: ids of the registered webhooks, JSON.
        swept_until: the sweep has seen every order modified before, by the store's own clock.
    """

    tenant: str
    store_hash: str
    store_code: str
    sysid: str
    client: str
    api_url: str
    access_token: bytes
    client_secrets: bytes
    hook_secret: bytes
    timezone: str
    currency: str
    tax_inclusive: bool | None
    cut_over: datetime
    webhooks: str
    active: bool
    swept_until: datetime | None
    created_at: datetime
    updated_at: datetime
    b2b_url: str | None = None
    b2b_token: bytes | None = None


_COLUMNS: Final = columns_of(stores, Store)
_FIXED: Final = frozenset({"tenant", "store_hash", "store_code", "cut_over", "swept_until", "created_at"})


async def add_tenant(tx: Transaction, tenant: str, name: str, now: datetime) -> bool:
    """Add a tenant; False if it was there."""
    row = {"tenant": tenant, "name": name, "created_at": now}
    statement = insert(tx, tenants).values(row).on_conflict_do_nothing().returning(tenants.c.tenant)
    return (await tx.execute(statement)).first() is not None


async def all_tenants(tx: Transaction) -> list[Tenant]:
    """Return all tenants by name of their slug."""
    rows = await tx.execute(select(*columns_of(tenants, Tenant)).order_by(tenants.c.tenant))
    return [Tenant(*row) for row in rows]


async def save(tx: Transaction, store: Store) -> Store:
    """Add a store, or bring its settings up to date; store code, cut-over and sweep of a known store stay.

    Raises:
        DatabaseRefused: on leaving the transaction, when the hash or the code belongs to another store.
    """
    row = asdict(store)
    statement = insert(tx, stores).values(row)
    changed = {name: statement.excluded[name] for name in row if name not in _FIXED}
    saved = await tx.execute(
        statement.on_conflict_do_update(index_elements=["tenant", "store_hash"], set_=changed).returning(*_COLUMNS)
    )
    return Store(*saved.one())


async def by_hash(tx: Transaction, tenant: str, store_hash: str) -> Store | None:
    """Return a store of a tenant."""
    query = select(*_COLUMNS).where(stores.c.tenant == tenant, stores.c.store_hash == store_hash)
    row = (await tx.execute(query)).first()
    return None if row is None else Store(*row)


async def of_tenant(tx: Transaction, tenant: str) -> list[Store]:
    """Return the stores of a tenant."""
    rows = await tx.execute(select(*_COLUMNS).where(stores.c.tenant == tenant).order_by(stores.c.store_hash))
    return [Store(*row) for row in rows]


async def active(tx: Transaction) -> list[Store]:
    """Return the stores this relay serves, of all tenants: for the callbacks' directory and the sweep only."""
    query = select(*_COLUMNS).where(stores.c.active).order_by(stores.c.tenant, stores.c.store_hash)
    return [Store(*row) for row in await tx.execute(query)]


async def swept(tx: Transaction, tenant: str, store_hash: str, until: datetime) -> None:
    """Note that the sweep has seen every order of a store modified before."""
    is_store = and_(stores.c.tenant == tenant, stores.c.store_hash == store_hash)
    await tx.execute(update(stores).where(is_store).values(swept_until=until))
