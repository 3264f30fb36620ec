"""Which order or tenant a command means, when it need not be said."""

from mlconnector_shared.errors import ConnectorError

from ..db import jobs, stores
from ..db.engine import Transaction
from ..db.jobs import Job

__all__ = ["NotOne", "find_job", "one_tenant", "tenants_of"]


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
    found = []
    for name in await tenants_of(tx, tenant):
        for store in await stores.of_tenant(tx, name):
            job = await jobs.of_order(tx, name, store.store_hash, order)
            if job and store_hash in {"", store.store_hash}:
                found.append(job)
    if not found:
        raise NotOne(f"order {order} was never heard of; is the number right, and has its callback or a sweep come?")
    if len(found) > 1:
        where = ", ".join(f"--tenant {job.tenant} --store-hash {job.store_hash}" for job in found)
        raise NotOne(f"order {order} exists in several stores; name one: {where}")
    return found[0]
