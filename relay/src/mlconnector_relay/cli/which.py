"""Which order or tenant a command means, when it need not be said."""

from typing import Final

from mlconnector_shared.errors import ConnectorError

from ..db import jobs, stores
from ..db.engine import Transaction
from ..db.jobs import Job

__all__ = ["NotOne", "find_job", "one_tenant", "tenants_of"]

LARGEST_ORDER: Final = 2**63 - 1
"""No order has a number beyond what the database holds."""


class NotOne(ConnectorError):
    """What was named is unknown, or there are several of that name."""


async def tenants_of(tx: Transaction, tenant: str) -> list[str]:
    """Return the tenant asked for, or all where none was.

    Raises:
        NotOne: there is no such tenant.
    """
    known = [one.tenant for one in await stores.all_tenants(tx)]
    if tenant and tenant not in known:
        raise NotOne(f"there is no tenant {tenant}; known: {', '.join(known) or 'none'}; `tenant add` adds one")
    return [tenant] if tenant else known


async def one_tenant(tx: Transaction, tenant: str) -> str:
    """Return the tenant asked for, or the only one there is.

    Raises:
        NotOne: there is no such tenant, or none or several where none was named.
    """
    names = await tenants_of(tx, tenant)
    if len(names) != 1:
        raise NotOne(f"name one with --tenant: {', '.join(names) or 'there is none yet, see `tenant add`'}")
    return names[0]


async def find_job(tx: Transaction, order: int, tenant: str, store_hash: str) -> Job:
    """Return the job of the order that is meant.

    Raises:
        NotOne: there is none, or more than one.
    """
    known, found = [], []
    for name in await tenants_of(tx, tenant):
        for store in await stores.of_tenant(tx, name):
            known.append(store.store_hash)
            if order > LARGEST_ORDER or store_hash not in {"", store.store_hash}:
                continue
            job = await jobs.of_order(tx, name, store.store_hash, order)
            if job:
                found.append(job)
    if store_hash and store_hash not in known:
        raise NotOne(f"there is no store {store_hash}; known: {', '.join(known) or 'none'}; `store add` adds one")
    if not found:
        raise NotOne(f"order {order} was never heard of; is the number right, and has its callback or a sweep come?")
    if len(found) > 1:
        where = ", ".join(f"--tenant {job.tenant} --store-hash {job.store_hash}" for job in found)
        raise NotOne(f"order {order} exists in several stores; name one: {where}")
    return found[0]
