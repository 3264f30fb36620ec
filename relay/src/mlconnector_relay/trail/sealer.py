"""Put the audit records into the chain: Merkle batches per tenant, each chained to the one before.

Records are taken by flag, never by a watermark: commits arrive out of order. The chain's row is the lock, so that any
number of relays may seal; business transactions never wait for it. Records are sealed within seconds, and how far the
sealer lags is a metric.
"""

from collections.abc import Callable
from typing import Final

import structlog
from mlconnector_shared.chain import GENESIS, ChainHead, anchor, head, merkle_root
from mlconnector_shared.runtime import Runtime
from prometheus_client import Counter, Gauge

from ..db import audit, stores
from ..db.audit import Batch
from ..db.engine import Database, Transaction

__all__ = ["BATCH", "SEAL_SECONDS", "Sealer"]

_log = structlog.get_logger(__name__)
_sealed = Counter("mlconnector_audit_sealed_total", "Audit records sealed into the chain", ["tenant"])
_lag = Gauge("mlconnector_audit_lag_seconds", "Age of the oldest audit record that is not sealed", ["tenant"])

BATCH: Final = 1000
"""Records per batch: few enough to verify one in memory, enough to keep up with any rate of orders."""

SEAL_SECONDS: Final = 1.0
"""Pause between rounds: how long a record may at best be removed unnoticed."""


class Sealer:
    """The loop that seals.

    Args:
        database: the audit trail.
        runtime: clocks.
        anchor: told of every new head (tenant, payload), to be witnessed by the tenant's agents.
    """

    def __init__(
        self, database: Database, runtime: Runtime, anchor: Callable[[str, bytes], object] | None = None
    ) -> None:
        self._database = database
        self._runtime = runtime
        self._anchor = anchor

    async def run(self) -> None:
        """Seal for ever."""
        while True:
            await self.seal_all()
            await self._runtime.sleep(SEAL_SECONDS)

    async def seal_all(self) -> None:
        """Seal everything of every tenant."""
        async with self._database.read() as tx:
            tenants = [tenant.tenant for tenant in await stores.all_tenants(tx)]
        for tenant in tenants:
            while (batch := await self.seal(tenant)) is not None and batch.count == BATCH:
                pass
            await self._measure(tenant)

    async def seal(self, tenant: str) -> Batch | None:
        """Seal one batch; None when there is nothing to seal, or another relay is at it."""
        async with self._database.read() as tx:
            if await audit.unsealed_since(tx, tenant) is None:
                return None
        sealed = await self._database.write(lambda tx: self._seal(tx, tenant))
        if sealed is None:
            return None
        batch, records = sealed
        _sealed.labels(tenant).inc(batch.count)
        if self._anchor is not None:
            self._anchor(tenant, anchor(ChainHead("relay", batch.sequence, records, batch.head)))
        return batch

    async def _seal(self, tx: Transaction, tenant: str) -> tuple[Batch, int] | None:
        """Seal one batch; return it with how many records are sealed by then."""
        chain = await audit.lock_chain(tx, tenant, GENESIS)
        if chain is None:
            return None
        # Not by the database: its collation may sort ids otherwise.
        rows = sorted(await audit.unsealed_digests(tx, tenant, BATCH))
        if not rows:
            return None
        leaves = [digest for _, digest in rows]
        sequence, root = chain.batches + 1, merkle_root(leaves)
        batch = Batch(
            tenant=tenant,
            sequence=sequence,
            previous=chain.head,
            root=root,
            count=len(leaves),
            head=head(chain.head, sequence, root, len(leaves)),
            leaves=bytes.fromhex("".join(leaves)),
            sealed_at=self._runtime.now(),
        )
        await audit.seal(tx, batch, [record_id for record_id, _ in rows])
        return batch, chain.high_water + batch.count

    async def _measure(self, tenant: str) -> None:
        async with self._database.read() as tx:
            oldest = await audit.unsealed_since(tx, tenant)
        _lag.labels(tenant).set(0.0 if oldest is None else (self._runtime.now() - oldest).total_seconds())
